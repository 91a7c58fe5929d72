// scalar.h -- ops without a vector kernel, in plain C: one order of operations, so the same bits.
#ifndef W2S_GRAPH_SCALAR_H
#define W2S_GRAPH_SCALAR_H

#include "base/base.h"

// The value at rank q (n - 1) of the n >= 1 values in x, linear between neighbours: the default of
// numpy.quantile and torch.quantile, computed in f32 as the latter does. q is clamped to 0..1; a
// NaN in x or q gives NaN. Time: a few passes over x; nothing is sorted.
float scalar_quantile(const float *x, size_t n, float q);

void scalar_column(float *out, const float *x, uint32_t index, size_t rows, size_t cols);
void scalar_put_column(float *out, const float *x, uint32_t index, size_t rows, size_t cols);

#endif
