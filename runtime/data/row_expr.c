// row_expr.c -- see row_expr.h: the tree becomes a list of operations on a stack, so that a row
// costs no look-up of names.
#include "data/row_expr.h"

#include "base/mem.h"

#include <string.h>

enum { MAX_DEPTH = 200 };

enum row_op_kind { OP_NUMBER, OP_CLASS, OP_GROUP, OP_COLUMN, OP_ONE, OP_TWO };

struct row_op {
    enum row_op_kind kind;
    double number;                     // NUMBER
    size_t column;                     // COLUMN
    double (*compute)(double, double); // ONE: of x, x; TWO: of x, y
};

static double floor_of(double x) // |x| >= 2^53 is whole
{
    if (!(x > -9007199254740992.0 && x < 9007199254740992.0))
        return x;
    double whole = (double)(int64_t)x;
    return whole - (whole > x);
}

#define OPERATION(name, result)                                                                    \
    static double op_##name(double x, double y)                                                    \
    {                                                                                              \
        return (void)y, result;                                                                    \
    }
OPERATION(lt, x < y)
OPERATION(le, x <= y)
OPERATION(gt, x > y)
OPERATION(ge, x >= y)
OPERATION(eq, x == y)
OPERATION(ne, x != y)
OPERATION(and, x != 0 && y != 0)
OPERATION(or, x != 0 || y != 0)
OPERATION(not, x == 0)
OPERATION(add, x + y)
OPERATION(sub, x - y)
OPERATION(mul, x *y)
OPERATION(div, x / y)
OPERATION(mod, x - y * floor_of(x / y))
OPERATION(neg, -x)

static const struct operation {
    const char *name;
    unsigned operands;
    bool is_truth;
    double (*compute)(double x, double y);
} OPERATIONS[] = {
    {"lt", 2, true, op_lt},    {"le", 2, true, op_le},    {"gt", 2, true, op_gt},
    {"ge", 2, true, op_ge},    {"eq", 2, true, op_eq},    {"ne", 2, true, op_ne},
    {"and", 2, true, op_and},  {"or", 2, true, op_or},    {"not", 1, true, op_not},
    {"add", 2, false, op_add}, {"sub", 2, false, op_sub}, {"mul", 2, false, op_mul},
    {"div", 2, false, op_div}, {"mod", 2, false, op_mod}, {"neg", 1, false, op_neg},
};

static const struct operation *operation_of(const struct value *call)
{
    for (size_t i = 0; i < ARRAY_LEN(OPERATIONS); i++)
        if (value_is_call(call, OPERATIONS[i].name))
            return &OPERATIONS[i];
    BUG("no operation '%s' over rows", call->kind == VALUE_CALL ? call->text : "");
}

// What is needed to bind: the list as it grows.
struct binding {
    struct row_expr *expr;
    const char *who;
    size_t cap;
    struct err *err;
};

static void add_op(struct binding *b, struct row_op op)
{
    struct row_expr *expr = b->expr;
    expr->ops = mem_grow(expr->ops, &b->cap, expr->n + 1, sizeof *expr->ops);
    expr->ops[expr->n++] = op;
}

static int bind_name(struct binding *b, const char *name)
{
    const struct table *table = b->expr->table;
    bool is_class = strcmp(name, "class") == 0;
    if (!is_class && strcmp(name, "group") != 0)
        BUG("no '%s' of a row", name);
    if (is_class ? table->y == NULL : table->group == NULL)
        return err_set(b->err, ERR_DATA, "%s needs %s, and these rows have none", b->who,
                       is_class ? "labels" : "groups");
    add_op(b, (struct row_op){.kind = is_class ? OP_CLASS : OP_GROUP});
    return 0;
}

static int bind_column(struct binding *b, const char *name)
{
    size_t at;
    if (table_find_column(&at, b->expr->table, name, b->who, b->err) < 0)
        return -1;
    add_op(b, (struct row_op){.kind = OP_COLUMN, .column = at});
    return 0;
}

static int bind(struct binding *b, const struct value *value, unsigned depth)
{
    if (value == NULL)
        BUG("an operation over rows lacks a side");
    if (value->kind == VALUE_NUMBER || value->kind == VALUE_BOOL) {
        add_op(b, (struct row_op){.kind = OP_NUMBER, .number = value->number});
        return 0;
    }
    if (value->kind == VALUE_NAME)
        return bind_name(b, value->text);
    if (value->kind == VALUE_TEXT)
        return bind_column(b, value->text);
    if (depth == MAX_DEPTH)
        return err_set(b->err, ERR_DATA, "the predicate is nested more than %d levels deep",
                       MAX_DEPTH);
    const struct operation *operation = operation_of(value);
    if (bind(b, value_arg(value, "x"), depth + 1) < 0)
        return -1;
    if (operation->operands == 2 && bind(b, value_arg(value, "y"), depth + 1) < 0)
        return -1;
    add_op(b, (struct row_op){.kind = operation->operands == 2 ? OP_TWO : OP_ONE,
                              .compute = operation->compute});
    return 0;
}

int row_expr_bind(struct row_expr *out, const struct value *value, const struct table *table,
                  const char *who, struct err *err)
{
    struct row_expr expr = {.table = table};
    struct binding b = {.expr = &expr, .who = who, .err = err};
    int status = bind(&b, value, 0);
    if (status < 0)
        row_expr_release(&expr);
    else
        *out = expr;
    return status;
}

double row_expr_at(const struct row_expr *expr, size_t row)
{
    const struct table *table = expr->table;
    double stack[MAX_DEPTH + 1];
    size_t top = 0; // one past the last
    for (const struct row_op *op = expr->ops; op < expr->ops + expr->n; op++) {
        switch (op->kind) {
        case OP_NUMBER:
            stack[top++] = op->number;
            break;
        case OP_CLASS:
            stack[top++] = table->y[row];
            break;
        case OP_GROUP:
            stack[top++] = table->group[row];
            break;
        case OP_COLUMN:
            stack[top++] = table_feature(table, row, op->column);
            break;
        case OP_ONE:
            stack[top - 1] = op->compute(stack[top - 1], stack[top - 1]);
            break;
        case OP_TWO:
            top--;
            stack[top - 1] = op->compute(stack[top - 1], stack[top]);
            break;
        }
    }
    return stack[0];
}

bool row_expr_is_truth(const struct value *value)
{
    return value->kind == VALUE_BOOL ||
           (value->kind == VALUE_CALL && operation_of(value)->is_truth);
}

void row_expr_release(struct row_expr *expr)
{
    mem_free(expr->ops);
    *expr = (struct row_expr){0};
}
