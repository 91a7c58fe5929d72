// lower_rows.c -- expressions over rows, such as class < 5, as the call trees of data/row_expr.h.
#include "lower.h"
#include "lower_source.h"

#include <string.h>

static const char *row_word(const struct lowering *l, const struct expr *e)
{
    if (e->kind != EXPR_NAME)
        return NULL;
    if (strcmp(e->text, "class") == 0)
        return "class";
    return strcmp(e->text, "group") == 0 && program_find(l->program, "group") == NULL ? "group"
                                                                                      : NULL;
}

// mod(x, y): the remainder.
static bool is_mod(const struct expr *e)
{
    return e->kind == EXPR_CALL && e->left->kind == EXPR_NAME && strcmp(e->left->text, "mod") == 0;
}

// The type of the operands of an operation over rows; ROW_WRONG for what is none.
static enum row_type operands_of(const struct expr *e)
{
    if (is_mod(e))
        return ROW_NUMBER;
    if (e->kind == EXPR_UNARY)
        return e->op == OP_NOT ? ROW_TRUTH : ROW_NUMBER;
    if (e->kind != EXPR_BINARY)
        return ROW_WRONG;
    if (e->op == OP_OR || e->op == OP_AND)
        return ROW_TRUTH;
    bool compares = e->op >= OP_EQ && e->op <= OP_GE;
    return compares || (e->op >= OP_ADD && e->op <= OP_DIV) ? ROW_NUMBER : ROW_WRONG;
}

static bool is_arithmetic(const struct expr *e)
{
    return (e->kind == EXPR_BINARY && e->op >= OP_ADD && e->op <= OP_DIV) ||
           (e->kind == EXPR_UNARY && e->op == OP_NEG);
}

// A name that nothing declares, or a text, is a column; images have none.
static const char *column_of(const struct lowering *l, const struct expr *e)
{
    bool undeclared = e->kind == EXPR_NAME && program_find(l->program, e->text) == NULL;
    return undeclared || e->kind == EXPR_STRING ? e->text : NULL;
}

static bool has_columns(struct lowering *l, uint32_t rows, const struct expr *e)
{
    if (rows == STEP_NONE)
        return true; // only the run can tell
    if (l->plan->steps[rows].facts.height == 0)
        return lower_has_column(l, rows, e->text, e->span);
    static const char *const words[] = {"class", "group"};
    struct diag *diag = diag_error(
        l->diags, DIAG_UNKNOWN_NAME, e->span,
        e->kind == EXPR_NAME ? "unknown name '%s'" : "images have no column '%s'", e->text);
    const char *nearest = diag_nearest(e->text, words, ARRAY_LEN(words));
    if (nearest != NULL)
        diag_hint(l->diags, diag, "did you mean '%s'?", nearest);
    return false;
}

static bool mentions_row(struct lowering *l, struct scoped s)
{
    if (!lower_follow(l, &s) || !lower_enter(l, s.expr->span))
        return false;
    bool found = row_word(l, s.expr) != NULL || column_of(l, s.expr) != NULL || is_mod(s.expr);
    if (!found && operands_of(s.expr) != ROW_WRONG)
        found = mentions_row(l, (struct scoped){s.expr->left, s.block}) ||
                (s.expr->kind == EXPR_BINARY &&
                 mentions_row(l, (struct scoped){s.expr->right, s.block}));
    lower_leave(l);
    return found;
}

static enum row_type constant(struct lowering *l, struct value *out, struct scoped s)
{
    if (!lower_constant(l, out, s))
        return ROW_WRONG;
    if (out->kind == VALUE_NUMBER || out->kind == VALUE_BOOL)
        return out->kind == VALUE_NUMBER ? ROW_NUMBER : ROW_TRUTH;
    diag_error(l->diags, DIAG_WRONG_TYPE, s.expr->span, "expected a number, or true or false");
    return ROW_WRONG;
}

static bool operand(struct lowering *l, struct value *out, struct scoped s, uint32_t rows,
                    enum row_type wanted)
{
    enum row_type type = lower_row_expr(l, out, s, rows);
    if (type != ROW_WRONG && type != wanted)
        diag_error(l->diags, DIAG_WRONG_TYPE, s.expr->span, "expected %s",
                   wanted == ROW_TRUTH ? "a condition, such as class < 5" : "a number");
    return type == wanted;
}

// The two sides of an operation, or its one; false after a report.
static bool sides_of(struct lowering *l, const struct expr *side[2], const struct expr *e)
{
    side[0] = e->left;
    side[1] = e->right;
    if (!is_mod(e))
        return true;
    const struct arg *x = e->args, *y = x != NULL ? x->next : NULL;
    if (y == NULL || y->next != NULL || x->name != NULL || y->name != NULL) {
        diag_error(l->diags, DIAG_MISSING_ARGUMENT, e->span,
                   "mod() wants two numbers, such as mod(class, 2)");
        return false;
    }
    side[0] = x->value;
    side[1] = y->value;
    return true;
}

static enum row_type operation(struct lowering *l, struct value *out, struct scoped s,
                               uint32_t rows)
{
    const struct expr *e = s.expr, *side[2];
    enum row_type wanted = operands_of(e);
    struct value_arg args[2] = {{"x", {0}}, {"y", {0}}};
    bool ok = sides_of(l, side, e);
    if (!ok)
        return ROW_WRONG;
    size_t n = e->kind == EXPR_UNARY ? 1 : 2;
    for (size_t i = 0; i < n; i++)
        ok &= operand(l, &args[i].value, (struct scoped){side[i], s.block}, rows, wanted);
    if (ok && (is_mod(e) || e->op == OP_DIV) && args[1].value.kind == VALUE_NUMBER &&
        args[1].value.number == 0) {
        diag_error(l->diags, DIAG_DIVISION_BY_ZERO, side[1]->span, "division by zero");
        return ROW_WRONG;
    }
    if (!ok)
        return ROW_WRONG;
    *out = lower_make_call(l, is_mod(e) ? "mod" : op_callee(e->op), n, args);
    return is_mod(e) || is_arithmetic(e) ? ROW_NUMBER : ROW_TRUTH;
}

static enum row_type row_expr(struct lowering *l, struct value *out, struct scoped s, uint32_t rows)
{
    const char *word = row_word(l, s.expr), *column = column_of(l, s.expr);
    if (word != NULL) {
        *out = value_name(word);
        return ROW_NUMBER;
    }
    if (column != NULL) {
        *out = value_text(arena_text(l->scratch, column));
        return has_columns(l, rows, s.expr) ? ROW_NUMBER : ROW_WRONG;
    }
    // Arithmetic without a word for the row is computed here, so that equal conditions are equal
    // steps.
    bool folds = operands_of(s.expr) == ROW_WRONG || (is_arithmetic(s.expr) && !mentions_row(l, s));
    return folds ? constant(l, out, s) : operation(l, out, s, rows);
}

enum row_type lower_row_expr(struct lowering *l, struct value *out, struct scoped s, uint32_t rows)
{
    *out = (struct value){0};
    if (!lower_follow(l, &s) || !lower_enter(l, s.expr->span))
        return ROW_WRONG;
    enum row_type type = row_expr(l, out, s, rows);
    lower_leave(l);
    return type;
}

bool lower_is_condition(struct lowering *l, struct scoped s)
{
    if (!lower_follow(l, &s))
        return false;
    const struct expr *e = s.expr;
    return e->kind == EXPR_BINARY ? e->op >= OP_OR && e->op <= OP_GE
                                  : e->kind == EXPR_UNARY && e->op == OP_NOT;
}
