// grad.h -- reverse-mode differentiation (Griewank & Walther 2008), as more nodes.
#ifndef W2S_GRAD_H
#define W2S_GRAD_H

#include "graph/graph.h"

// Appends d loss / d parameter for every parameter `loss` (1 x 1) depends on, each with a STORE to
// its place in the gradient array. Parameters it does not depend on get no store: whoever owns the
// array zeroes it once. Fails, through the graph's err, where an op on the way has no gradient.
W2S_MUST_CHECK int graph_gradient(struct graph *g, uint32_t loss);

#endif
