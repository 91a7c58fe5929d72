// relabel.h -- other labels beside the same features: new classes from the old, and labels flipped
// by chance.
//
// `rows` are rows of a table that borrows its columns (rows_borrow); the table then owns new
// labels, in which only the labels of `rows` mean something. On failure the table is as it was.
#ifndef W2S_RELABEL_H
#define W2S_RELABEL_H

#include "data/table.h"
#include "plan/value.h"

enum { RELABEL_MAX_CLASSES = 1 << 16 };

// How many classes an expression over rows (row_expr.h) makes: two of a truth, false 0 and true 1;
// of a number over `class` alone, one more than its largest value on 0..classes-1, which must be
// whole numbers from 0.
W2S_MUST_CHECK int relabel_classes(uint32_t *out, const struct value *to, uint32_t classes,
                                   struct err *err);
W2S_MUST_CHECK int relabel(struct table *table, const struct rows *rows, const struct value *to,
                           struct err *err);

// Symmetric label noise: each label becomes, with chance `share`, one of the others, all alike
// (Natarajan et al. 2013 for two classes). Row id draws from the stream (seed, "noise " name, id):
// a chance in 0..1, flipped when it lies below `share`, so that the flips of a smaller share are
// among those of a larger one; then the other class.
W2S_MUST_CHECK int flip_labels(struct table *table, const struct rows *rows, double share,
                               const char *name, uint64_t seed, struct err *err);

#endif
