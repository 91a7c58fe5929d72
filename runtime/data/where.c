// where.c -- rows_where of split.h: predicates over a row's class.
//
// A class either satisfies the predicate or does not, so the call tree is walked once a class, not
// once a row.
#include "data/split.h"

#include "base/mem.h"

#include <string.h>

enum { MAX_DEPTH = 200 };

static double operand(const struct value *call, const char *name, uint32_t class)
{
    const struct value *side = value_arg(call, name);
    if (side != NULL && side->kind == VALUE_NUMBER)
        return side->number;
    if (side != NULL && side->kind == VALUE_NAME && strcmp(side->text, "class") == 0)
        return class;
    BUG("%s() in a predicate compares neither a number nor class", call->text);
}

static bool is_less(double x, double y)
{
    return x < y;
}

static bool is_at_most(double x, double y)
{
    return x <= y;
}

static bool is_greater(double x, double y)
{
    return x > y;
}

static bool is_at_least(double x, double y)
{
    return x >= y;
}

static bool is_equal(double x, double y)
{
    return x == y;
}

static bool is_different(double x, double y)
{
    return x != y;
}

static const struct comparison {
    const char *name;
    bool (*holds)(double x, double y);
} COMPARISONS[] = {
    {"lt", is_less},     {"le", is_at_most}, {"gt", is_greater},
    {"ge", is_at_least}, {"eq", is_equal},   {"ne", is_different},
};

static bool compare(const struct value *call, uint32_t class)
{
    for (size_t i = 0; i < ARRAY_LEN(COMPARISONS); i++)
        if (strcmp(call->text, COMPARISONS[i].name) == 0)
            return COMPARISONS[i].holds(operand(call, "x", class), operand(call, "y", class));
    BUG("unknown operator %s() in a predicate", call->text);
}

// Both sides of `and` and `or` are walked, so that a tree is too deep for every class or for none.
static int satisfies(bool *holds, const struct value *predicate, uint32_t class, unsigned depth,
                     struct err *err)
{
    if (predicate->kind != VALUE_CALL)
        BUG("a predicate that is no call");
    if (depth == MAX_DEPTH)
        return err_set(err, ERR_DATA, "the predicate is nested more than %d levels deep",
                       MAX_DEPTH);
    bool is_and = value_is_call(predicate, "and"), is_or = value_is_call(predicate, "or");
    if (!is_and && !is_or && !value_is_call(predicate, "not")) {
        *holds = compare(predicate, class);
        return 0;
    }
    bool x = false, y = false;
    const struct value *left = value_arg(predicate, "x"), *right = value_arg(predicate, "y");
    if (left == NULL || ((is_and || is_or) && right == NULL))
        BUG("%s() in a predicate lacks a side", predicate->text);
    if (satisfies(&x, left, class, depth + 1, err) < 0)
        return -1;
    if ((is_and || is_or) && satisfies(&y, right, class, depth + 1, err) < 0)
        return -1;
    *holds = is_and ? x && y : is_or ? x || y : !x;
    return 0;
}

int rows_where(struct rows *out, const struct rows *in, const struct value *predicate,
               struct err *err)
{
    const struct table *table = in->table;
    if (table->y == NULL)
        return err_set(err, ERR_DATA, "'where' needs labels, and these rows have none");

    int status = -1;
    struct rows rows = {.table = table};
    rows.index = mem_try(in->n, sizeof *rows.index, "the rows chosen by 'where'", err);
    bool *chosen = mem_try(table->classes, sizeof *chosen, "the classes chosen by 'where'", err);
    if (rows.index == NULL || chosen == NULL)
        goto done;
    for (uint32_t k = 0; k < table->classes; k++)
        if (satisfies(&chosen[k], predicate, k, 0, err) < 0)
            goto done;
    for (size_t i = 0; i < in->n; i++)
        if (chosen[table->y[in->index[i]]])
            rows.index[rows.n++] = in->index[i];
    *out = rows;
    rows.index = NULL;
    status = 0;
done:
    rows_release(&rows);
    mem_free(chosen);
    return status;
}
