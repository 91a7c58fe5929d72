// constant.c -- evaluates expressions that stand for a number, a truth or a text.
#include "lower.h"

#include "base/detmath.h"

#include <math.h> // isnan, isinf: classification only
#include <string.h>

static bool wrong_type(struct lowering *l, struct span span, const char *expected)
{
    diag_error(l->diags, DIAG_WRONG_TYPE, span, "expected %s", expected);
    return false;
}

static bool constant_name(struct lowering *l, struct value *out, struct scoped s)
{
    const struct expr *e = s.expr;
    const struct symbol *symbol = program_find(l->program, e->text);
    if (symbol == NULL) {
        report_unknown_name(l->program, l->diags, e->span, e->text, KIND_BIT(DECL_PARAM));
        return false;
    }
    if (symbol->decl->kind != DECL_PARAM) {
        struct diag *diag =
            diag_error(l->diags, DIAG_WRONG_KIND, e->span, "'%s' is %s, expected a number or a param",
                       e->text, decl_noun(symbol->decl->kind));
        diag_other(l->diags, diag, symbol->span, "declared here");
        return false;
    }
    return lower_param(l, out, symbol);
}

// From the sweep, the command line or the declaration. What is wrong with a value is said where it stands.
static bool param_value(struct lowering *l, struct value *out, const struct symbol *symbol,
                        struct scoped swept)
{
    struct scoped s = swept.expr != NULL ? swept : (struct scoped){symbol->decl->value, NULL};
    if (s.expr == NULL) {
        diag_error(l->file, DIAG_MISSING_SETTING, symbol->span,
                   "param '%s' needs a value: param %s = 1", symbol->name, symbol->name);
        return false;
    }
    struct diags *outer = l->diags;
    l->diags = symbol->fixed ? l->command : l->file;
    bool ok = lower_constant(l, out, s);
    l->diags = outer;
    return ok;
}

bool lower_param(struct lowering *l, struct value *out, const struct symbol *symbol)
{
    struct param *param = &l->params[symbol->number];
    if (param->state == PARAM_OPEN) {
        diag_error(l->file, DIAG_CYCLE, symbol->span, "param '%s' depends on itself", symbol->name);
        param->state = PARAM_WRONG;
    } else if (param->state == PARAM_NEW) {
        param->state = PARAM_OPEN;
        bool ok = param_value(l, &param->value, symbol, param->swept);
        if (param->state == PARAM_OPEN)
            param->state = ok ? PARAM_DONE : PARAM_WRONG;
    }
    *out = param->value;
    return param->state == PARAM_DONE;
}

// Whole exponents by repeated multiplication, so that 2^10 is exact; others by exp and log.
static double power(double x, double y)
{
    if (!(y >= -1024 && y <= 1024) || y != (double)(int)y)
        return det_pow(x, y);
    double result = 1;
    int n = (int)y;
    for (int i = 0; i < (n < 0 ? -n : n); i++)
        result *= x;
    return n < 0 ? 1 / result : result;
}

static double compute(enum op op, double x, double y)
{
    switch (op) {
    case OP_ADD: return x + y;
    case OP_SUB: return x - y;
    case OP_MUL: return x * y;
    case OP_DIV: return x / y;
    case OP_POW: return power(x, y);
    case OP_EQ: return x == y;
    case OP_NE: return x != y;
    case OP_LT: return x < y;
    case OP_LE: return x <= y;
    case OP_GT: return x > y;
    case OP_GE: return x >= y;
    case OP_AND: return x != 0 && y != 0;
    case OP_OR: return x != 0 || y != 0;
    default: BUG("operator %d is no arithmetic", (int)op);
    }
}

static bool is_logical(enum op op)
{
    return op == OP_AND || op == OP_OR || op == OP_NOT;
}

static bool is_comparison(enum op op)
{
    return op >= OP_EQ && op <= OP_GE;
}

static bool constant_binary(struct lowering *l, struct value *out, struct scoped s)
{
    const struct expr *e = s.expr;
    if (e->op == OP_PIPE || e->op == OP_TAKE || e->op == OP_WHERE || e->op == OP_ARROW || e->op == OP_RANGE)
        return wrong_type(l, e->span, "a number");
    struct value x, y;
    bool left = lower_constant(l, &x, (struct scoped){e->left, s.block});
    bool right = lower_constant(l, &y, (struct scoped){e->right, s.block});
    if (!left || !right)
        return false;
    if (e->op == OP_EQ || e->op == OP_NE) {
        if (x.kind == y.kind && (x.kind == VALUE_TEXT || x.kind == VALUE_BOOL)) {
            *out = value_bool(value_equal(&x, &y) == (e->op == OP_EQ));
            return true;
        }
    }
    enum value_kind kind = is_logical(e->op) ? VALUE_BOOL : VALUE_NUMBER;
    const char *expected = kind == VALUE_BOOL ? "true or false" : "a number";
    if (x.kind != kind)
        return wrong_type(l, e->left->span, expected);
    if (y.kind != kind)
        return wrong_type(l, e->right->span, expected);
    if (e->op == OP_DIV && y.number == 0) {
        diag_error(l->diags, DIAG_DIVISION_BY_ZERO, e->right->span, "division by zero");
        return false;
    }
    double result = compute(e->op, x.number, y.number);
    if (isnan(result) || isinf(result)) {
        diag_error(l->diags, DIAG_OUT_OF_RANGE, e->span, "the result is not a finite number");
        return false;
    }
    *out = is_comparison(e->op) || kind == VALUE_BOOL ? value_bool(result != 0) : value_number(result);
    return true;
}

static bool constant_unary(struct lowering *l, struct value *out, struct scoped s)
{
    struct value x;
    if (!lower_constant(l, &x, (struct scoped){s.expr->left, s.block}))
        return false;
    if (s.expr->op == OP_NOT) {
        if (x.kind != VALUE_BOOL)
            return wrong_type(l, s.expr->left->span, "true or false");
        *out = value_bool(x.number == 0);
        return true;
    }
    if (x.kind != VALUE_NUMBER)
        return wrong_type(l, s.expr->left->span, "a number");
    *out = value_number(-x.number);
    return true;
}

static bool constant(struct lowering *l, struct value *out, struct scoped s)
{
    if (!lower_follow(l, &s))
        return false;
    switch (s.expr->kind) {
    case EXPR_NUMBER:
        *out = value_number(s.expr->number);
        return true;
    case EXPR_BOOL:
        *out = value_bool(s.expr->number != 0);
        return true;
    case EXPR_STRING:
        *out = value_text(arena_text(l->scratch, s.expr->text));
        return true;
    case EXPR_NAME:
        return constant_name(l, out, s);
    case EXPR_UNARY:
        return constant_unary(l, out, s);
    case EXPR_BINARY:
        return constant_binary(l, out, s);
    case EXPR_ERROR:
        return false; // reported by the parser
    default:
        return wrong_type(l, s.expr->span, "a number, a text, true or false");
    }
}

bool lower_constant(struct lowering *l, struct value *out, struct scoped s)
{
    *out = (struct value){0};
    if (!lower_enter(l, s.expr->span))
        return false;
    bool ok = constant(l, out, s);
    lower_leave(l);
    return ok;
}

bool lower_number(struct lowering *l, double *out, struct scoped s)
{
    struct value v;
    if (!lower_constant(l, &v, s))
        return false;
    if (v.kind != VALUE_NUMBER)
        return wrong_type(l, s.expr->span, "a number");
    *out = v.number;
    return true;
}
