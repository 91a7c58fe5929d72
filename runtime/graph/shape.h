// shape.h -- between graph.c and shape.c: works out rows and cols of a node whose operands are in
// `g` (checks them where the node states its own). Fails through the graph's err.
#ifndef W2S_GRAPH_SHAPE_H
#define W2S_GRAPH_SHAPE_H

#include "graph/graph.h"

W2S_MUST_CHECK int node_infer_shape(struct node *n, const struct graph *g);

#endif
