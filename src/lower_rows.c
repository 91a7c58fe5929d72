// lower_rows.c -- expressions over rows, such as class < 5, as the call trees of data/row_expr.h.
#include "lower.h"

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

// The type of the operands of an operation over rows; ROW_WRONG for what is none.
static enum row_type operands_of(const struct expr *e)
{
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

static bool mentions_row(struct lowering *l, struct scoped s)
{
    if (!lower_follow(l, &s) || !lower_enter(l, s.expr->span))
        return false;
    bool found = row_word(l, s.expr) != NULL;
    if (!found && operands_of(s.expr) != ROW_WRONG)
        found = mentions_row(l, (struct scoped){s.expr->left, s.block}) ||
                (s.expr->kind == EXPR_BINARY &&
                 mentions_row(l, (struct scoped){s.expr->right, s.block}));
    lower_leave(l);
    return found;
}

// A name that means nothing; true after a report.
static bool is_unknown(struct lowering *l, const struct expr *e)
{
    static const char *const words[] = {"class", "group"};
    if (e->kind != EXPR_NAME || program_find(l->program, e->text) != NULL)
        return false;
    const char *nearest = diag_nearest(e->text, words, ARRAY_LEN(words));
    if (nearest == NULL)
        return false; // lower_constant reports it
    struct diag *diag =
        diag_error(l->diags, DIAG_UNKNOWN_NAME, e->span, "unknown name '%s'", e->text);
    diag_hint(l->diags, diag, "did you mean '%s'?", nearest);
    return true;
}

static enum row_type constant(struct lowering *l, struct value *out, struct scoped s)
{
    if (is_unknown(l, s.expr) || !lower_constant(l, out, s))
        return ROW_WRONG;
    if (out->kind == VALUE_NUMBER || out->kind == VALUE_BOOL)
        return out->kind == VALUE_NUMBER ? ROW_NUMBER : ROW_TRUTH;
    diag_error(l->diags, DIAG_WRONG_TYPE, s.expr->span, "expected a number, or true or false");
    return ROW_WRONG;
}

static bool operand(struct lowering *l, struct value *out, struct scoped s, enum row_type wanted)
{
    enum row_type type = lower_row_expr(l, out, s);
    if (type != ROW_WRONG && type != wanted)
        diag_error(l->diags, DIAG_WRONG_TYPE, s.expr->span, "expected %s",
                   wanted == ROW_TRUTH ? "a condition, such as class < 5" : "a number");
    return type == wanted;
}

static enum row_type operation(struct lowering *l, struct value *out, struct scoped s)
{
    const struct expr *e = s.expr;
    enum row_type wanted = operands_of(e);
    struct value_arg args[2] = {{"x", {0}}, {"y", {0}}};
    bool ok = operand(l, &args[0].value, (struct scoped){e->left, s.block}, wanted);
    if (e->kind == EXPR_BINARY)
        ok &= operand(l, &args[1].value, (struct scoped){e->right, s.block}, wanted);
    if (!ok)
        return ROW_WRONG;
    *out = lower_make_call(l, op_callee(e->op), e->kind == EXPR_BINARY ? 2 : 1, args);
    return is_arithmetic(e) ? ROW_NUMBER : ROW_TRUTH;
}

static enum row_type row_expr(struct lowering *l, struct value *out, struct scoped s)
{
    const char *word = row_word(l, s.expr);
    if (word != NULL) {
        *out = value_name(word);
        return ROW_NUMBER;
    }
    // Arithmetic without a word for the row is computed here, so that equal conditions are equal
    // steps.
    bool folds = operands_of(s.expr) == ROW_WRONG || (is_arithmetic(s.expr) && !mentions_row(l, s));
    return folds ? constant(l, out, s) : operation(l, out, s);
}

enum row_type lower_row_expr(struct lowering *l, struct value *out, struct scoped s)
{
    *out = (struct value){0};
    if (!lower_follow(l, &s) || !lower_enter(l, s.expr->span))
        return ROW_WRONG;
    enum row_type type = row_expr(l, out, s);
    lower_leave(l);
    return type;
}
