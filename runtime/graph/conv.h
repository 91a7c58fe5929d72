// conv.h -- what convolutions need from a program: workspace, and their instructions (conv.c).
#ifndef W2S_GRAPH_CONV_H
#define W2S_GRAPH_CONV_H

#include "graph/instr.h"

// Bytes for one thread, enough for a convolution of these sizes and both its gradients.
size_t conv_workspace(const struct kernels *kernels, const struct window *w, size_t images,
                      size_t outputs);

INSTR(conv); // with its bias and relu
INSTR(conv_input);
INSTR(conv_weight);
INSTR(pool_pick);
INSTR(pool_spread);
INSTR(pool_mean);
INSTR(pool_mean_spread);

#endif
