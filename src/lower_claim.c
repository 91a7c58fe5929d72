// lower_claim.c -- claims: an assertion over metrics, tested paired over the seeds; and the steps that
// turn numbers per seed into results.
#include "lower.h"
#include "flow.h"
#include "lower_slope.h"

#include "base/mem.h"

#include <string.h>

struct claim_walk {
    struct lowering *l;
    struct asked_claim *claim;
    size_t n_seeds, seed_index;
    size_t leaf;
    bool ok;
    const char *over_seeds; // the function around that sums seeds up, or NULL
    bool sums_up, of_each;  // seen so far: such a function, and a metric outside of one
    bool in_slope;
    bool slopes, outside; // seen so far: slope(), and a metric outside of it
};

// accuracy(model, on: data, bins: 10): the model and the data are the claim's, the rest the metric's.
static bool split_arguments(struct lowering *l, const struct expr *call, struct expr *metric, const struct expr **model,
                            const struct expr **on)
{
    *metric = *call;
    metric->args = NULL;
    metric->n_args = 0;
    struct arg *last = NULL;
    *model = *on = NULL;
    for (const struct arg *a = call->args; a != NULL; a = a->next) {
        if (a->name == NULL && *model == NULL) {
            *model = a->value;
            continue;
        }
        if (a->name != NULL && strcmp(a->name, "on") == 0 && *on == NULL) {
            *on = a->value;
            continue;
        }
        struct arg *copy = arena_alloc(l->scratch, sizeof *copy);
        *copy = *a;
        copy->next = NULL;
        if (last != NULL)
            last->next = copy;
        else
            metric->args = copy;
        last = copy;
        metric->n_args++;
    }
    if (*model != NULL && *on != NULL)
        return true;
    struct diag *diag = diag_error(l->diags, DIAG_MISSING_ARGUMENT, call->span, "%s() in a claim needs %s",
                                   call->left->text, *model == NULL ? "a model" : "'on'");
    diag_hint(l->diags, diag, "For example %s(student, on: data.test).", call->left->text);
    return false;
}

static uint32_t *leaf_steps(struct claim_walk *w, size_t leaf)
{
    if (leaf == w->claim->leaves) {
        w->claim->step = mem_resize(w->claim->step, (leaf + 1) * w->n_seeds * sizeof(uint32_t));
        w->claim->leaves++;
    }
    return w->claim->step + leaf * w->n_seeds;
}

static struct value add_leaf(struct claim_walk *w, uint32_t step)
{
    size_t leaf = w->leaf++;
    w->outside |= !w->in_slope;
    leaf_steps(w, leaf)[w->seed_index] = step;
    return (struct value){.kind = VALUE_INPUT, .index = (unsigned)leaf};
}

// One number of all seeds cannot stand inside another; what it is made of follows.
static bool sums_seeds_up(struct claim_walk *w, const char *name, struct span span)
{
    w->sums_up = true;
    if (w->over_seeds == NULL)
        return true;
    diag_error(w->l->diags, DIAG_WRONG_KIND, span, "%s() cannot stand inside %s(): it is one number of all seeds", name,
               w->over_seeds);
    return false;
}

// A ratio of means over the seeds, as it is in tables.
static struct value pgr_of(struct claim_walk *w, const struct evaluation *e, struct span span)
{
    static const char *const part[] = {"student", "teacher", "ceiling"};
    struct value_arg args[ARRAY_LEN(part)];
    w->ok = sums_seeds_up(w, "pgr", span);
    for (size_t i = 0; i < ARRAY_LEN(part); i++)
        args[i] = (struct value_arg){part[i], add_leaf(w, e->step[i])};
    return lower_make_call(w->l, "pgr", ARRAY_LEN(part), args);
}

static struct value metric_leaf(struct claim_walk *w, struct scoped s)
{
    struct lowering *l = w->l;
    struct expr metric;
    const struct expr *model_expr, *on;
    const struct schema_row *call = lower_callee(l, GROUP_METRIC, s);
    w->ok = false;
    if (call == NULL || !split_arguments(l, s.expr, &metric, &model_expr, &on))
        return value_number(0);
    const struct expr *bound[CALL_MAX_ARGS];
    struct metric_ref ref;
    struct model_ref model;
    struct scoped m = {&metric, s.block};
    bool ok = lower_bind(l, bound, call, m) && lower_metric(l, &ref, call, bound, m);
    ok &= lower_model_ref(l, &model, (struct scoped){model_expr, s.block});
    bool seen;
    uint32_t rows = lower_used_data(l, &seen, (struct scoped){on, s.block});
    struct evaluation e;
    if (!ok || rows == STEP_NONE || !lower_metric_on(l, &ref, &ref, rows) || !lower_evaluation(l, &e, &ref, &model, rows))
        return value_number(0);
    if (e.n == 0) {
        diag_error(l->diags, DIAG_SHAPE, s.expr->span, "%s of '%s' cannot be measured: %s", ref.label,
                   model.label, e.why_none);
        return value_number(0);
    }
    flow_measure(l, &e, on->span, seen);
    if (ref.is_pgr)
        return pgr_of(w, &e, s.expr->span);
    w->of_each |= w->over_seeds == NULL;
    w->ok = true;
    return add_leaf(w, e.step[0]);
}

static struct value claim_number(struct claim_walk *w, struct scoped s);

// slope(x, y): two numbers of each point; over the seeds they are what they are without it.
static struct value slope_of(struct claim_walk *w, const struct schema_row *function, const struct expr *const *bound,
                             struct scoped s)
{
    struct value_arg args[2] = {{"x", {0}}, {"y", {0}}};
    const char *inside = w->in_slope ? "slope" : w->over_seeds;
    if (inside != NULL) {
        struct diag *diag = diag_error(w->l->diags, DIAG_WRONG_KIND, s.expr->span, "slope() cannot stand inside %s()", inside);
        if (!w->in_slope)
            diag_hint(w->l->diags, diag, "Sum the seeds up inside: slope(x, %s( … )).", inside);
        w->ok = false;
        return value_number(0);
    }
    w->slopes = w->in_slope = true;
    bool ok = true;
    for (size_t i = 0; i < ARRAY_LEN(args); i++) {
        args[i].value = claim_number(w, (struct scoped){bound[i], s.block});
        ok &= w->ok;
    }
    w->ok = ok;
    w->in_slope = false;
    return lower_make_call(w->l, function->name, ARRAY_LEN(args), args);
}

// That there are points, and nothing else in the claim is about one of them.
static bool slopes_fit(struct claim_walk *w, struct span span)
{
    struct lowering *l = w->l;
    bool sweep = false;
    for (const struct decl *d = l->program->ast->first; d != NULL; d = d->next)
        sweep |= d->kind == DECL_SWEEP;
    if (!sweep)
        diag_error(l->diags, DIAG_EMPTY, span, "slope() is over the points of a sweep, and the file has none");
    else if (w->outside)
        diag_error(l->diags, DIAG_WRONG_TYPE, span, "the claim is about all points, and a metric outside of slope() about one");
    return sweep && !w->outside;
}

// abs(x), log(x); mean(x) and variance(x) make one number of all seeds, so they do not stand in each other.
static struct value claim_function(struct claim_walk *w, const struct schema_row *function, struct scoped s)
{
    struct lowering *l = w->l;
    const struct expr *bound[CALL_MAX_ARGS];
    bool over_seeds = strcmp(function->name, "mean") == 0 || strcmp(function->name, "variance") == 0;
    const char *around = w->over_seeds;
    w->ok = lower_bind(l, bound, function, s);
    if (w->ok && strcmp(function->name, "slope") == 0)
        return slope_of(w, function, bound, s);
    if (w->ok && over_seeds)
        w->ok = sums_seeds_up(w, function->name, s.expr->span);
    if (!w->ok)
        return value_number(0);
    if (over_seeds)
        w->over_seeds = function->name;
    struct value_arg x = {"x", claim_number(w, (struct scoped){bound[0], s.block})};
    w->over_seeds = around;
    return lower_make_call(l, function->name, 1, &x);
}

static struct value claim_number(struct claim_walk *w, struct scoped s)
{
    struct lowering *l = w->l;
    struct value out = value_number(0);
    if (!lower_follow(l, &s) || !lower_enter(l, s.expr->span)) {
        w->ok = false;
        return out;
    }
    const struct expr *e = s.expr;
    bool arithmetic = e->kind == EXPR_BINARY && e->op >= OP_ADD && e->op <= OP_DIV;
    if (e->kind == EXPR_CALL && e->left->kind == EXPR_NAME) {
        const struct schema_row *function = schema_call(GROUP_FUNCTION, e->left->text);
        out = function != NULL ? claim_function(w, function, s) : metric_leaf(w, s);
    } else if (arithmetic || (e->kind == EXPR_UNARY && e->op == OP_NEG)) {
        struct value_arg args[2] = {{"x", {0}}, {"y", {0}}};
        args[0].value = claim_number(w, (struct scoped){e->left, s.block});
        bool ok = w->ok;
        if (arithmetic)
            args[1].value = claim_number(w, (struct scoped){e->right, s.block});
        w->ok &= ok;
        if (e->op == OP_DIV && w->ok && args[1].value.kind == VALUE_NUMBER &&
            args[1].value.number == 0) {
            diag_error(l->diags, DIAG_DIVISION_BY_ZERO, e->right->span, "division by zero");
            w->ok = false;
        }
        out = lower_make_call(l, op_callee(e->op), arithmetic ? 2 : 1, args);
    } else {
        w->ok = lower_number(l, &out.number, s);
    }
    lower_leave(l);
    return out;
}

// `a > b at 95%` as claim(difference: a - b, level: 0.95): it holds when the lower bound exceeds 0.
static bool assertion(struct claim_walk *w, const struct stmt *stmt, const struct block *block)
{
    struct lowering *l = w->l;
    struct scoped s = {stmt->value, block};
    if (!lower_follow(l, &s) || s.expr->kind == EXPR_ERROR)
        return false;
    const struct expr *e = s.expr;
    bool greater = e->kind == EXPR_BINARY && (e->op == OP_GT || e->op == OP_GE);
    bool less = e->kind == EXPR_BINARY && (e->op == OP_LT || e->op == OP_LE);
    if (!greater && !less) {
        struct diag *diag = diag_error(l->diags, DIAG_WRONG_TYPE, e->span, "a claim compares two numbers with > or <");
        diag_hint(l->diags, diag, "For example accuracy(student, on: d.test) > accuracy(teacher, on: d.test) at 95%%.");
        return false;
    }
    struct value left = claim_number(w, (struct scoped){e->left, s.block});
    bool ok = w->ok;
    struct value right = claim_number(w, (struct scoped){e->right, s.block});
    double level = 0.95;
    w->ok &= ok;
    if (stmt->at != NULL && lower_number(l, &level, (struct scoped){stmt->at, block}) && !(level > 0 && level < 1)) {
        diag_error(l->diags, DIAG_OUT_OF_RANGE, stmt->at->span, "a confidence lies between 0%% and 100%%");
        return false;
    }
    if (w->ok && w->leaf == 0) {
        diag_error(l->diags, DIAG_WRONG_TYPE, e->span, "the claim measures nothing");
        return false;
    }
    if (w->ok && w->sums_up && w->of_each) {
        struct diag *diag = diag_error(l->diags, DIAG_WRONG_TYPE, e->span,
                                       "the claim compares numbers of each seed with one of all seeds");
        diag_hint(l->diags, diag, "Write mean( … ) around the others.");
        return false;
    }
    if (w->ok && w->slopes && !slopes_fit(w, e->span))
        return false;
    w->claim->slopes = w->slopes;
    struct value_arg sides[] = {{"x", greater ? left : right}, {"y", greater ? right : left}};
    struct value_arg args[] = {{"difference", lower_make_call(l, "sub", 2, sides)}, {"level", value_number(level)}};
    w->claim->assertion = lower_make_call(l, "claim", 2, args);
    return w->ok;
}

static bool condition(struct lowering *l, bool *holds, const struct stmt *stmt, const struct block *block)
{
    *holds = true;
    struct value v;
    if (stmt->when == NULL)
        return true;
    if (!lower_constant(l, &v, (struct scoped){stmt->when, block}))
        return false;
    if (v.kind != VALUE_BOOL) {
        diag_error(l->diags, DIAG_WRONG_TYPE, stmt->when->span, "'when' wants a condition over params");
        return false;
    }
    *holds = v.number != 0;
    return true;
}

static const char *claim_text(struct lowering *l, const struct stmt *stmt)
{
    struct str text = {0};
    expr_format(&text, stmt->value);
    if (stmt->at != NULL) {
        str_add(&text, " at ");
        expr_format(&text, stmt->at);
    }
    const char *copy = arena_text(l->scratch, str_text(&text));
    str_release(&text);
    return copy;
}

static struct asked_claim *claim_at(struct asked *asked, size_t at)
{
    if (at == asked->n_claims) {
        asked->claims = mem_grow(asked->claims, &asked->cap_claims, at + 1, sizeof *asked->claims);
        asked->n_claims++;
    }
    return &asked->claims[at];
}

static bool claim_statement(struct lowering *l, struct asked *asked, size_t at, size_t seed_index,
                            const struct decl *decl, const struct stmt *stmt)
{
    struct asked_claim *claim = claim_at(asked, at);
    bool holds;
    claim->title = decl->title != NULL ? arena_text(l->scratch, decl->title) : NULL;
    claim->text = claim_text(l, stmt);
    claim->span = stmt->value->span;
    if (!condition(l, &holds, stmt, decl->block))
        return false;
    claim->skipped = !holds;
    if (!holds && !l->dry)
        return true;
    struct claim_walk w = {.l = l, .claim = claim, .n_seeds = asked->n_seeds, .seed_index = seed_index, .ok = true};
    return assertion(&w, stmt, decl->block);
}

bool lower_claims(struct lowering *l, struct asked *asked, size_t seed_index)
{
    size_t at = 0;
    bool ok = true;
    for (const struct decl *d = l->program->ast->first; d != NULL; d = d->next) {
        if (d->kind != DECL_CLAIM)
            continue;
        size_t before = at;
        bool wrong = false;
        for (const struct stmt *s = d->block != NULL ? d->block->first : NULL; s != NULL; s = s->next)
            if (s->kind == STMT_EXPR) {
                ok &= claim_statement(l, asked, at++, seed_index, d, s);
            } else if (s->kind != STMT_LET) {
                diag_error(l->diags, DIAG_UNKNOWN_SETTING, s->span,
                           "a claim holds comparisons, with at and when, and let");
                ok = false;
                wrong = true;
            }
        if (at == before && !wrong) {
            diag_error(l->diags, DIAG_MISSING_SETTING, d->span, "the claim asserts nothing");
            ok = false;
        }
    }
    return ok;
}

// --- results ----------------------------------------------------------------------------------------------

static uint32_t compare(struct lowering *l, const struct asked_number *number, size_t n_seeds)
{
    uint32_t *in = mem_new(number->parts * n_seeds * sizeof *in);
    size_t n = 0;
    for (size_t part = 0; part < number->parts; part++)
        for (size_t seed = 0; seed < n_seeds; seed++)
            in[n++] = number->step[seed * 3 + part];
    struct value_arg args[] = {
        {"kind", value_name(number->is_pgr ? "pgr" : "mean")},
        {"level", value_number(0.95)},
        {"center", number->iqm && !number->is_pgr ? value_name("iqm") : (struct value){0}},
        {"intervals", number->bca && !number->is_pgr ? value_name("bca") : (struct value){0}},
    };
    struct step step = {.kind = STEP_compare, .in = in, .n_in = (uint32_t)n, .seed = SEED_NONE,
                        .attrs = lower_make_call(l, "compare", ARRAY_LEN(args), args)};
    step.label = arena_format(l->scratch, "%s of %s on %s", number->metric, number->model, number->on);
    uint32_t added = plan_add(l->plan, &step, NULL);
    mem_free(in);
    return added;
}

static uint32_t claim_step(struct lowering *l, const struct asked_claim *claim, size_t n_seeds)
{
    struct step step = {.kind = STEP_claim, .in = claim->step, .n_in = (uint32_t)(claim->leaves * n_seeds),
                        .seed = SEED_NONE, .attrs = claim->assertion,
                        .label = claim->title != NULL ? claim->title : claim->text};
    return plan_add(l->plan, &step, NULL);
}

// The text in the plan's memory; that of the point before, where it is the same, as it nearly always is.
static const char *keep_text(struct plan *plan, const char *before, const char *text)
{
    if (text == NULL || (before != NULL && strcmp(before, text) == 0))
        return text == NULL ? NULL : before;
    return arena_text(&plan->arena, text);
}

// What depends on an oracle's choice says so wherever it is shown.
static const char *marked(struct lowering *l, uint32_t step, const char *text, const char *format)
{
    bool oracle = step != STEP_NONE && l->plan->steps[step].oracle;
    return oracle ? arena_format(l->scratch, format, text) : text;
}

static void add_number(struct lowering *l, const struct asked *asked, const struct asked_number *a, uint32_t point)
{
    struct plan *plan = l->plan;
    plan->numbers = mem_grow(plan->numbers, &plan->cap_numbers, plan->n_numbers + 1, sizeof *plan->numbers);
    struct plan_number before = {0};
    uint32_t step = a->parts > 0 ? compare(l, a, asked->n_seeds) : STEP_NONE;
    if (plan->n_numbers >= asked->n_numbers)
        before = plan->numbers[plan->n_numbers - asked->n_numbers];
    plan->numbers[plan->n_numbers++] = (struct plan_number){
        .step = step,
        .point = point,
        .model = keep_text(plan, before.model, marked(l, step, a->model, "oracle(%s)")),
        .on = keep_text(plan, before.on, a->on),
        .metric = keep_text(plan, before.metric, a->metric),
        .why_none = a->why_none,
        .control = a->control};
}

// The step of claim number `at` at the point. One with slopes is put together at the last; what --set leaves of
// the sweep may be one point, which has no slope.
static uint32_t claim_step_at(struct lowering *l, const struct asked *asked, size_t at, uint32_t point, bool *all_points)
{
    const struct asked_claim *a = &asked->claims[at];
    struct asked_claim all;
    bool last = point + 1 == l->plan->n_points;
    *all_points = false;
    if (!a->skipped && a->slopes && l->plan->n_points > 1 && !lower_slope_add(l, at, a, asked->n_seeds))
        return STEP_NONE;
    *all_points = last && lower_slope_claim(l, at, &all);
    if (*all_points) {
        all.title = a->title;
        all.text = a->text;
        return claim_step(l, &all, asked->n_seeds);
    }
    return a->skipped || a->slopes ? STEP_NONE : claim_step(l, a, asked->n_seeds);
}

static void add_claim(struct lowering *l, const struct asked *asked, size_t at, uint32_t point)
{
    const struct asked_claim *a = &asked->claims[at];
    struct plan *plan = l->plan;
    plan->claims = mem_grow(plan->claims, &plan->cap_claims, plan->n_claims + 1, sizeof *plan->claims);
    struct plan_claim before = {0};
    bool all_points;
    uint32_t step = claim_step_at(l, asked, at, point, &all_points);
    if (plan->n_claims >= asked->n_claims)
        before = plan->claims[plan->n_claims - asked->n_claims];
    plan->claims[plan->n_claims++] = (struct plan_claim){
        .step = step,
        .point = point,
        .title = keep_text(plan, before.title, a->title),
        .text = keep_text(plan, before.text, marked(l, step, a->text, "%s (oracle)")),
        .all_points = all_points};
}

static void add_test(struct plan *plan, const struct asked_test *a, uint32_t first)
{
    plan->tests = mem_grow(plan->tests, &plan->cap_tests, plan->n_tests + 1, sizeof *plan->tests);
    plan->tests[plan->n_tests++] = (struct plan_test){
        .kind = arena_text(&plan->arena, a->kind),
        .x = first + (uint32_t)a->x,
        .y = first + (uint32_t)a->y,
        .family = a->family};
}

void lower_results(struct lowering *l, const struct asked *asked, uint32_t point)
{
    uint32_t first = (uint32_t)l->plan->n_numbers;
    for (size_t i = 0; i < asked->n_numbers; i++)
        add_number(l, asked, &asked->numbers[i], point);
    for (size_t i = 0; i < asked->n_claims; i++)
        add_claim(l, asked, i, point);
    for (size_t i = 0; i < asked->n_tests; i++)
        add_test(l->plan, &asked->tests[i], first);
}
