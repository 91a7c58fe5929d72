// split.h -- disjoint parts of a table, and rows chosen from it. Fixed by the data's seed and name.
//
// Part sizes are by largest remainder, so they differ from share * n by less than one row and add up to
// floor(n * sum of shares); with `stratify`, that holds within each class. The permutation is keyed by
// (seed, "split " name) and by nothing else. Rows inside a part are in the order of the permutation.
// Streams: index 0 shuffles all rows; with `stratify`, k + 1 shuffles class k, 0 the part's rows.
// A part may be chosen by a condition over rows (row_expr.h) instead, such as year < 2010: splits by time, by
// place, by domain (Koh et al. 2021, arXiv 2012.07421). A row belongs to the first part whose condition
// holds; shares are of the rows that are left. Stream UINT64_MAX - i shuffles part i of this sort.
// A part, and what `where` leaves, may be empty; who needs rows says so.
#ifndef W2S_SPLIT_H
#define W2S_SPLIT_H

#include "data/table.h"
#include "plan/value.h"

struct split_spec {
    const char *name;    // the data's name: part of the key
    uint64_t seed;
    const double *share; // n_parts shares, each > 0, sum <= 1 (+ 1e-9); 0 for a part with a condition
    size_t n_parts;
    bool stratify;       // needs labels
    const struct value *const *condition; // n_parts, NULL for a part with a share; or NULL: all have shares
};

W2S_MUST_CHECK int split_part(struct rows *out, const struct rows *in, const struct split_spec *spec,
                              size_t part, struct err *err);

// How many rows each part of n rows would have, without data; exact unless stratified.
void split_sizes(size_t *size, size_t n, const struct split_spec *spec);

void rows_all(struct rows *out, const struct table *table);
// The first n rows (parts are already shuffled). Fails when there are fewer.
W2S_MUST_CHECK int rows_take(struct rows *out, const struct rows *in, size_t n, struct err *err);

// The rows an expression (row_expr.h) holds for: where class < 5, where group == 2 and age > 0.5.
W2S_MUST_CHECK int rows_where(struct rows *out, const struct rows *in, const struct value *predicate,
                              struct err *err);

#endif
