// relabel.c -- see relabel.h.
#include "data/relabel.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "data/row_expr.h"

static bool is_class(double x)
{
    return x >= 0 && x < RELABEL_MAX_CLASSES && x == (double)(uint32_t)x;
}

// Tried on a table that has one row a class.
static int largest(uint32_t *out, const struct value *to, uint32_t classes, struct err *err)
{
    uint32_t *y = mem_try(classes, sizeof *y, "classes", err);
    if (y == NULL)
        return -1;
    for (uint32_t k = 0; k < classes; k++)
        y[k] = k;
    struct table table = {.n = classes, .classes = classes, .y = y};
    struct row_expr expr = {0};
    int status = row_expr_bind(&expr, to, &table, "'relabel'", err);
    *out = 0;
    for (uint32_t k = 0; status == 0 && k < classes; k++) {
        double x = row_expr_at(&expr, k);
        if (!is_class(x))
            status = err_set(err, ERR_DATA,
                             "'relabel' makes %g of class %u, expected a whole number in 0..%d", x,
                             k, RELABEL_MAX_CLASSES - 1);
        else if ((uint32_t)x > *out)
            *out = (uint32_t)x;
    }
    row_expr_release(&expr);
    mem_free(y);
    return status;
}

int relabel_classes(uint32_t *out, const struct value *to, uint32_t classes, struct err *err)
{
    uint32_t most = 1;
    if (!row_expr_is_truth(to) && largest(&most, to, classes, err) < 0)
        return -1;
    *out = most + 1;
    return 0;
}

int relabel(struct table *table, const struct rows *rows, const struct value *to, struct err *err)
{
    uint32_t classes;
    struct row_expr expr;
    if (relabel_classes(&classes, to, table->classes, err) < 0 ||
        row_expr_bind(&expr, to, table, "'relabel'", err) < 0)
        return -1;
    uint32_t *y = mem_try(table->n, sizeof *y, "labels", err);
    for (size_t i = 0; y != NULL && i < rows->n; i++)
        y[rows->index[i]] = (uint32_t)row_expr_at(&expr, rows->index[i]);
    row_expr_release(&expr);
    if (y == NULL)
        return -1;
    table->y = table_own(table, y);
    table->classes = classes;
    table->class_names = NULL;
    return 0;
}

static uint32_t flipped(uint32_t label, uint32_t classes, double share, struct rng rng)
{
    if (!(rng_unit(&rng) < share))
        return label;
    uint32_t step = 1 + rng_below(&rng, classes - 1);
    return step < classes - label ? label + step : label - (classes - step);
}

int flip_labels(struct table *table, const struct rows *rows, double share, const char *name,
                uint64_t seed, struct err *err)
{
    if (table->y == NULL)
        return err_set(err, ERR_DATA, "'noise' needs labels, and these rows have none");
    if (table->classes < 2)
        return err_set(err, ERR_DATA,
                       "'noise' flips a label to another class, and there is only one");
    uint32_t *y = mem_try(table->n, sizeof *y, "labels", err);
    if (y == NULL)
        return -1;
    struct str stage = {0};
    str_format(&stage, "noise %s", name);
    struct rng_key key = rng_key_of(seed, str_text(&stage));
    str_release(&stage);
    for (size_t i = 0; i < rows->n; i++) {
        size_t row = rows->index[i];
        y[row] = flipped(table->y[row], table->classes, share, rng_at(key, table_id(table, row)));
    }
    table->y = table_own(table, y);
    return 0;
}
