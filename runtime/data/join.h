// join.h -- the rows of several tables as one table, which knows where each came from.
#ifndef W2S_JOIN_H
#define W2S_JOIN_H

#include "data/table.h"

// Rows of in[0], then of in[1], ..., with the number of their input in `environment`. Groups,
// weights and keys stay where all have them. Names, and how features are standardised, are those of
// in[0]; all inputs must outlive the table. Fails where features, classes, image shapes or the
// standardisation differ.
W2S_MUST_CHECK int rows_join(struct table *out, const struct rows *const *in, size_t n,
                             struct err *err);

#endif
