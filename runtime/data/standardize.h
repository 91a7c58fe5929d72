// standardize.h -- the mean and the deviation of every feature, which models see as (x - mean) /
// deviation.
//
// The statistics come from rows that are named, once each, so that no others leak into what a model
// sees. Population deviation (divided by N), in two passes in f64, rows in the order of the table
// whatever the order they are named in. A feature that is constant on those rows up to rounding, by
// the rule of sklearn.preprocessing.StandardScaler (variance <= N eps variance + (N mean eps)^2),
// keeps its unit: its factor is 1.
#ifndef W2S_STANDARDIZE_H
#define W2S_STANDARDIZE_H

#include "data/table.h"

// `table` borrows the columns of the table that all of `from` are rows of (rows_borrow), and then
// owns `center` and `factor`. Fails, and leaves it as it was, when there are no rows.
W2S_MUST_CHECK int standardize(struct table *table, const struct rows *const *from, size_t n_from,
                               struct err *err);

#endif
