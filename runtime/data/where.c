// where.c -- rows_where of split.h: the rows for which an expression over them holds.
#include "data/split.h"

#include "base/mem.h"
#include "data/row_expr.h"

int rows_where(struct rows *out, const struct rows *in, const struct value *predicate,
               struct err *err)
{
    const struct table *table = in->table;
    struct row_expr expr;
    if (row_expr_bind(&expr, predicate, table, "'where'", err) < 0)
        return -1;
    struct rows rows = {.table = table};
    rows.index = mem_try(in->n, sizeof *rows.index, "the rows chosen by 'where'", err);
    for (size_t i = 0; rows.index != NULL && i < in->n; i++)
        if (row_expr_at(&expr, in->index[i]) != 0)
            rows.index[rows.n++] = in->index[i];
    row_expr_release(&expr);
    if (rows.index == NULL)
        return -1;
    *out = rows;
    return 0;
}
