// lower_objective.c -- the algebra of `learn`: numbers, schedules and losses with + - * /.
//
// An expression is either a weight (a number, or a schedule over progress) or a sum of weighted terms.
// Weights may be added and multiplied; a loss may be scaled and added to losses; a loss times a loss has
// no meaning. Terms whose weight is exactly 0 are dropped, so that lambda = 0 is the same plan, and the
// same step, as an objective that never mentioned them.
#include "lower.h"
#include "lower_loss.h"

#include <math.h> // isfinite: classification only
#include <string.h>

enum { MAX_TERMS = 64 };

struct algebra {
    bool is_loss;
    struct value weight;        // !is_loss
    struct lowered_terms terms; // is_loss
};

struct context {
    struct lowering *l;
    uint32_t rows; // of the student, for guidance; STEP_NONE where only weights may stand
    bool weights_only;
};

static bool algebra(struct context *c, struct algebra *out, struct scoped s);

static bool fail(struct context *c, struct span span, const char *text, const char *hint)
{
    struct diag *diag = diag_error(c->l->diags, DIAG_WRONG_TYPE, span, "%s", text);
    if (hint != NULL)
        diag_hint(c->l->diags, diag, "%s", hint);
    return false;
}

// x op y over weights: folded when both are numbers, otherwise a call the runtime evaluates each step.
static bool weight_op(struct lowering *l, struct value *out, enum op op, struct value x,
                      struct value y, struct span span)
{
    if (x.kind == VALUE_NUMBER && y.kind == VALUE_NUMBER) {
        double a = x.number, b = y.number;
        *out = value_number(op == OP_ADD   ? a + b
                            : op == OP_SUB ? a - b
                            : op == OP_MUL ? a * b
                                           : a / b);
        if (isfinite(out->number))
            return true;
        diag_error(l->diags, DIAG_OUT_OF_RANGE, span, "the result is not a finite number");
        return false;
    }
    struct value_arg args[] = {{"x", x}, {"y", y}};
    if (op == OP_MUL && x.kind == VALUE_NUMBER && (x.number == 0 || x.number == 1))
        *out = x.number == 0 ? x : y;
    else if (op == OP_MUL && y.kind == VALUE_NUMBER && (y.number == 0 || y.number == 1))
        *out = y.number == 0 ? y : x;
    else
        *out = lower_make_call(l, op_callee(op), 2, args);
    return true;
}

static bool is_zero(const struct value *v)
{
    return v->kind == VALUE_NUMBER && v->number == 0;
}

static bool scale(struct lowering *l, struct lowered_terms *terms, enum op op, struct value by,
                  struct span span)
{
    bool ok = true;
    for (size_t i = 0; ok && i < terms->n; i++)
        ok = weight_op(l, &terms->items[i].weight, op, terms->items[i].weight, by, span);
    return ok;
}

static struct lowered_terms join(struct lowering *l, const struct lowered_terms *a, const struct lowered_terms *b)
{
    struct lowered_terms sum = {arena_array(l->scratch, a->n + b->n, sizeof *sum.items), a->n + b->n};
    if (a->n > 0)
        memcpy(sum.items, a->items, a->n * sizeof *sum.items);
    if (b->n > 0)
        memcpy(sum.items + a->n, b->items, b->n * sizeof *sum.items);
    return sum;
}

static bool combine(struct context *c, struct algebra *out, const struct expr *e, struct algebra *x, struct algebra *y)
{
    struct lowering *l = c->l;
    bool sum = e->op == OP_ADD || e->op == OP_SUB;
    if (!x->is_loss && !y->is_loss) {
        if (e->op == OP_DIV && is_zero(&y->weight)) {
            diag_error(l->diags, DIAG_DIVISION_BY_ZERO, e->right->span, "division by zero");
            return false;
        }
        *out = (struct algebra){0};
        return weight_op(l, &out->weight, e->op, x->weight, y->weight, e->span);
    }
    if (sum && x->is_loss && y->is_loss) {
        if (x->terms.n + y->terms.n > MAX_TERMS) {
            diag_error(l->diags, DIAG_TOO_DEEP, e->span, "an objective of more than %d terms",
                       MAX_TERMS);
            return false;
        }
        if (e->op == OP_SUB && !scale(l, &y->terms, OP_MUL, value_number(-1), e->span))
            return false;
        *out = (struct algebra){.is_loss = true, .terms = join(l, &x->terms, &y->terms)};
        return true;
    }
    if (sum)
        return fail(c, e->span, "a number is added to a loss", "Multiply the loss by the number instead.");
    if (x->is_loss && y->is_loss)
        return fail(c, e->span, e->op == OP_MUL ? "a loss is multiplied by a loss" : "a loss is divided by a loss", NULL);
    if (e->op == OP_DIV && y->is_loss)
        return fail(c, e->span, "a number is divided by a loss", NULL);
    if (e->op == OP_DIV && is_zero(&y->weight)) {
        diag_error(l->diags, DIAG_DIVISION_BY_ZERO, e->right->span, "division by zero");
        return false;
    }
    *out = x->is_loss ? *x : *y;
    return scale(l, &out->terms, e->op, x->is_loss ? y->weight : x->weight, e->span);
}

static bool binary(struct context *c, struct algebra *out, struct scoped s)
{
    const struct expr *e = s.expr;
    if (e->op == OP_POW) {
        out->weight.kind = VALUE_NUMBER;
        return lower_number(c->l, &out->weight.number, s);
    }
    if (e->op != OP_ADD && e->op != OP_SUB && e->op != OP_MUL && e->op != OP_DIV)
        return fail(c, e->span, c->weights_only ? "expected a number or a schedule" : "expected a loss",
                    "Losses are combined with + - * and /.");
    struct algebra x = {0}, y = {0};
    bool left = algebra(c, &x, (struct scoped){e->left, s.block});
    bool right = algebra(c, &y, (struct scoped){e->right, s.block});
    return left && right && combine(c, out, e, &x, &y);
}

static bool single(struct context *c, struct algebra *out, struct lowered_term term)
{
    struct lowered_term *item = arena_alloc(c->l->scratch, sizeof *item);
    *item = term;
    item->weight = value_number(1);
    *out = (struct algebra){.is_loss = true, .terms = {item, 1}};
    return true;
}

static bool gold_term(struct context *c, struct algebra *out, struct scoped s)
{
    struct lowering *l = c->l;
    const struct schema_row *call = lower_callee(l, GROUP_TERM, s);
    const struct expr *bound[CALL_MAX_ARGS];
    if (call == NULL || !lower_bind(l, bound, call, s))
        return false;
    if (bound[0] == NULL || bound[0]->kind != EXPR_NAME || strcmp(bound[0]->text, "labels") != 0)
        return fail(c, bound[0] != NULL ? bound[0]->span : s.expr->span,
                    "cross_entropy() wants the word 'labels', the gold labels of the rows",
                    "For a teacher's labels, use soft_labels(from: …) or hard_labels(from: …).");
    struct lowered_term term;
    lowered_term_init(&term, s.expr->span);
    term.call = lower_make_call(l, call->name, 0, NULL);
    term.gold = term.says_labels = true;
    return single(c, out, term);
}

static bool guidance_term(struct context *c, struct algebra *out, struct scoped s)
{
    struct lowered_term term;
    lowered_term_init(&term, s.expr->span);
    return lower_guidance(c->l, &term, s, c->rows) && single(c, out, term);
}

static bool is_call(const struct context *c, const char *word)
{
    return schema_call(GROUP_SCHEDULE, word) != NULL ||
           (!c->weights_only &&
            (schema_call(GROUP_TERM, word) != NULL || guidance_is_known(word)));
}

static void not_in_objective(struct context *c, const struct expr *name)
{
    struct diag *diag = diag_error(c->l->diags, DIAG_UNKNOWN_FUNCTION, name->span, "'%s' is neither %s", name->text,
                                   c->weights_only ? "a number nor a schedule" : "a loss, nor guidance, nor a schedule");
    const char *names[96];
    size_t n = 0;
    static const enum schema_group groups[] = {GROUP_SCHEDULE, GROUP_TERM, GROUP_GUIDANCE};
    for (size_t g = 0; g < (c->weights_only ? 1 : ARRAY_LEN(groups)); g++) {
        const struct schema_row *row = NULL;
        while ((row = schema_next_call(groups[g], row)) != NULL && n < ARRAY_LEN(names))
            names[n++] = row->name;
    }
    const char *nearest = diag_nearest(name->text, names, n);
    if (nearest == NULL && !c->weights_only)
        nearest = lower_nearest_loss(name->text);
    if (nearest != NULL)
        diag_hint(c->l->diags, diag, "did you mean '%s'?", nearest);
}

static bool call_or_word(struct context *c, struct algebra *out, struct scoped s, const struct expr *name)
{
    if (schema_call(GROUP_SCHEDULE, name->text) != NULL) {
        bool ok = lower_call(c->l, &out->weight, GROUP_SCHEDULE, s);
        if (ok && value_is_call(&out->weight, "constant"))
            out->weight = *value_arg(&out->weight, "value"); // the same thing has the same key
        return ok;
    }
    if (!c->weights_only && schema_call(GROUP_TERM, name->text) != NULL)
        return gold_term(c, out, s);
    if (!c->weights_only && guidance_is_known(name->text))
        return guidance_term(c, out, s);
    not_in_objective(c, name);
    return false;
}

static bool name(struct context *c, struct algebra *out, struct scoped s)
{
    const struct symbol *symbol = program_find(c->l->program, s.expr->text);
    if (symbol != NULL && symbol->decl->kind == DECL_GUIDANCE && !c->weights_only)
        return guidance_term(c, out, s);
    if (symbol != NULL && symbol->decl->kind == DECL_PARAM) {
        out->weight.kind = VALUE_NUMBER;
        return lower_number(c->l, &out->weight.number, s);
    }
    if (symbol != NULL) {
        struct diag *diag = diag_error(c->l->diags, DIAG_WRONG_KIND, s.expr->span, "'%s' is %s, expected %s", symbol->name,
                                       decl_noun(symbol->decl->kind), c->weights_only ? "a number" : "guidance or a number");
        diag_other(c->l->diags, diag, symbol->span, "declared here");
        return false;
    }
    if (is_call(c, s.expr->text))
        return call_or_word(c, out, s, s.expr);
    if (strcmp(s.expr->text, "labels") == 0)
        return fail(c, s.expr->span, "'labels' is no loss", "Write cross_entropy(labels).");
    report_unknown_name(c->l->program, c->l->diags, s.expr->span, s.expr->text,
                        KIND_BIT(DECL_PARAM) | KIND_BIT(DECL_GUIDANCE));
    return false;
}

static bool algebra_of(struct context *c, struct algebra *out, struct scoped s)
{
    const struct expr *e = s.expr;
    switch (e->kind) {
    case EXPR_ERROR:
        return false;
    case EXPR_NAME:
        return name(c, out, s);
    case EXPR_CALL:
        if (e->left->kind == EXPR_NAME)
            return call_or_word(c, out, s, e->left);
        return fail(c, e->span, "expected a loss or a number", NULL);
    case EXPR_BINARY:
        return binary(c, out, s);
    case EXPR_UNARY:
        if (e->op == OP_NEG) {
            if (!algebra(c, out, (struct scoped){e->left, s.block}))
                return false;
            return out->is_loss ? scale(c->l, &out->terms, OP_MUL, value_number(-1), e->span)
                                : weight_op(c->l, &out->weight, OP_MUL, value_number(-1),
                                            out->weight, e->span);
        }
        return fail(c, e->span, "expected a loss or a number", NULL);
    case EXPR_NUMBER:
        out->weight = value_number(e->number);
        return true;
    default:
        return fail(c, e->span, c->weights_only ? "expected a number or a schedule" : "expected a loss or a number", NULL);
    }
}

static bool algebra(struct context *c, struct algebra *out, struct scoped s)
{
    *out = (struct algebra){0};
    if (!lower_follow(c->l, &s) || !lower_enter(c->l, s.expr->span))
        return false;
    bool ok = algebra_of(c, out, s);
    lower_leave(c->l);
    return ok;
}

bool lower_weight(struct lowering *l, struct value *out, struct scoped s)
{
    struct context c = {.l = l, .rows = STEP_NONE, .weights_only = true};
    struct algebra a;
    bool ok = algebra(&c, &a, s);
    *out = a.weight;
    return ok;
}

// A penalty on the risks of cross_entropy(labels) reads the same labels: once is enough to say it.
static void share_labels(struct lowered_terms *terms)
{
    bool says = false;
    for (size_t i = 0; i < terms->n; i++)
        says |= terms->items[i].says_labels;
    for (size_t i = 0; i < terms->n; i++)
        terms->items[i].says_labels |= says && terms->items[i].invariance;
}

bool lower_objective(struct lowering *l, struct lowered_terms *out, struct scoped s, uint32_t rows)
{
    struct context c = {.l = l, .rows = rows};
    struct algebra a;
    *out = (struct lowered_terms){0};
    if (!algebra(&c, &a, s))
        return false;
    if (!a.is_loss) {
        diag_error(l->diags, DIAG_NOTHING_TO_LEARN, s.expr->span, "the objective is a number, and no loss");
        return false;
    }
    size_t kept = 0;
    for (size_t i = 0; i < a.terms.n; i++)
        if (!is_zero(&a.terms.items[i].weight))
            a.terms.items[kept++] = a.terms.items[i];
    if (kept == 0) {
        diag_error(l->diags, DIAG_NOTHING_TO_LEARN, s.expr->span, "every term of the objective has weight 0");
        return false;
    }
    *out = (struct lowered_terms){a.terms.items, kept};
    share_labels(out);
    return true;
}
