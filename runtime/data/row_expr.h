// row_expr.h -- expressions over a row: class < 5, group == 2, age > 0.5 and class != 3, class % 2.
//
// The value is a call tree: and/or/not, lt/le/gt/ge/eq/ne, add/sub/mul/div/mod/neg of x: and y:,
// over numbers and truths, the names `class` and `group`, and texts, which are columns of features
// by name. Features are those of the table, before standardisation. Truths are 1 and 0; x % y is x
// - y floor(x / y).
//
// Life cycle: row_expr_bind, row_expr_at for any row, row_expr_release. Table and value are
// borrowed. A failure to bind leaves nothing behind: the rows lack labels, groups or the column, or
// the tree is too deep.
#ifndef W2S_ROW_EXPR_H
#define W2S_ROW_EXPR_H

#include "data/table.h"
#include "plan/value.h"

struct row_op;
struct row_expr {
    const struct table *table;
    struct row_op *ops; // in postfix order
    size_t n;
};

// `who` is whose expression it is, for messages: "'where'".
W2S_MUST_CHECK int row_expr_bind(struct row_expr *out, const struct value *value,
                                 const struct table *table, const char *who, struct err *err);
double row_expr_at(const struct row_expr *expr, size_t row);
// Whether it is true or false of a row, and no number.
bool row_expr_is_truth(const struct value *value);
void row_expr_release(struct row_expr *expr);

#endif
