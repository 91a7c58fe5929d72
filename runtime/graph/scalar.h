// scalar.h -- ops without a vector kernel, in plain C: one order of operations, so the same bits.
#ifndef W2S_GRAPH_SCALAR_H
#define W2S_GRAPH_SCALAR_H

#include "base/base.h"

// The value at rank q (n - 1) of the n >= 1 values in x, linear between neighbours: the default of
// numpy.quantile and torch.quantile, computed in f32 as the latter does. q is clamped to 0..1; a
// NaN in x or q gives NaN. Time: a few passes over x; nothing is sorted.
float scalar_quantile(const float *x, size_t n, float q);

// Rectangles: `part` is rows x cols, from or into `x` of ld columns; pad zeroes the rest of its
// x_rows x ld values first.
void scalar_slice(float *part, const float *x, size_t ld, size_t rows, size_t cols);
void scalar_pad(float *x, size_t x_rows, size_t ld, size_t row, size_t col, const float *part,
                size_t rows, size_t cols);

// Indices are whole numbers counted from 1; others read 0 and add nothing. Additions are f32, in
// the order of the indices, row by row.
void scalar_argmax(float *out, const uint32_t *cls, size_t rows);
// Stable, ascending, NaN last; `spare` holds cols values.
void scalar_argsort(float *out, const float *x, size_t rows, size_t cols, float *spare);
void scalar_gather(float *out, const float *x, const float *index, size_t rows, size_t cols,
                   size_t picked);
void scalar_scatter(float *out, const float *dy, const float *index, size_t rows, size_t cols,
                    size_t picked);
void scalar_gather_rows(float *out, const float *x, const float *index, size_t rows, size_t cols,
                        size_t picked);
void scalar_scatter_rows(float *out, const float *dy, const float *index, size_t rows, size_t cols,
                         size_t picked);

#endif
