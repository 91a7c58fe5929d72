// lower_evaluate.c -- evaluate and control: which model, on which data, by which metric.
#include "lower.h"
#include "flow.h"
#include "lower_environment.h"
#include "lower_suite.h"
#include "lower_tests.h"
#include "lower_generation.h"
#include "lower_robustness.h"

#include "base/mem.h"

#include <string.h>

enum { TRAINED_KINDS = KIND_BIT(DECL_TEACHER) | KIND_BIT(DECL_STUDENT) };

void asked_release(struct asked *asked)
{
    for (size_t i = 0; i < asked->n_numbers; i++)
        mem_free(asked->numbers[i].step);
    for (size_t i = 0; i < asked->n_claims; i++)
        mem_free(asked->claims[i].step);
    mem_free(asked->numbers);
    mem_free(asked->claims);
    mem_free(asked->tests);
    *asked = (struct asked){0};
}

// --- what can be asked ----------------------------------------------------------------------------------

static bool of_student(struct lowering *l, struct model_ref *out, enum schema_group group, enum training how,
                       struct scoped s)
{
    const struct schema_row *call = lower_callee(l, group, s);
    const struct expr *bound[CALL_MAX_ARGS];
    if (call == NULL || !lower_bind(l, bound, call, s) || !lower_enter(l, s.expr->span))
        return false;
    lower_leave(l);
    const struct symbol *student =
        lower_symbol(l, (struct scoped){bound[0], s.block}, KIND_BIT(DECL_STUDENT), "a student");
    *out = (struct model_ref){student, how, lower_label(l, s), s.expr->span, 0};
    return student != NULL;
}

bool lower_model_ref(struct lowering *l, struct model_ref *out, struct scoped s)
{
    *out = (struct model_ref){0};
    if (!lower_follow(l, &s) || s.expr->kind == EXPR_ERROR)
        return false;
    if (s.expr->kind == EXPR_CALL)
        return of_student(l, out, GROUP_REFERENCE, TRAINING_CEILING, s);
    if (s.expr->kind == EXPR_INDEX)
        return lower_generation_ref(l, out, s);
    const struct symbol *symbol = lower_symbol(l, s, TRAINED_KINDS, "a teacher or a student");
    *out = (struct model_ref){symbol, TRAINING_PLAIN,
                              symbol != NULL ? arena_text(l->scratch, symbol->name) : NULL,
                              s.expr->span, 0};
    return symbol != NULL;
}

bool lower_same_model(const struct model_ref *a, const struct model_ref *b)
{
    return a->symbol == b->symbol && a->how == b->how && a->generation == b->generation;
}

bool lower_control(struct lowering *l, struct model_ref *out, struct scoped s)
{
    if (!of_student(l, out, GROUP_CONTROL, TRAINING_SHUFFLED, s))
        return false;
    lower_follow(l, &s);
    const char *name = s.expr->kind == EXPR_CALL ? s.expr->left->text : s.expr->text;
    while (strcmp(training_call(out->how), name) != 0)
        out->how++;
    return true;
}

// --- one number for one seed ----------------------------------------------------------------------------

static uint32_t trained_of(struct lowering *l, const struct model_ref *model)
{
    uint32_t trained = lower_training(l, model->symbol, model->how);
    if (trained != STEP_NONE && model->generation > 0)
        trained = l->trained[model->symbol->number][model->how].generation[model->generation - 1];
    return trained;
}

static uint32_t logits_of(struct lowering *l, const struct model_ref *model, uint32_t rows)
{
    uint32_t trained = trained_of(l, model);
    return trained != STEP_NONE ? lower_predict(l, trained, rows, model->label, model->span)
                                : STEP_NONE;
}

static uint32_t evaluate(struct lowering *l, const struct metric_ref *metric,
                         const struct model_ref *model, uint32_t rows)
{
    uint32_t in[4];
    uint32_t n = 0;
    in[n++] = logits_of(l, model, rows);
    if (metric->has_other)
        in[n++] = logits_of(l, &metric->other, rows);
    if (metric->outside_rows != STEP_NONE)
        in[n++] = logits_of(l, model, metric->outside_rows);
    if (in[0] == STEP_NONE || in[n - 1] == STEP_NONE)
        return STEP_NONE;
    if (metric->lists != STEP_NONE)
        in[n++] = metric->lists;
    in[n++] = rows;
    struct value_arg args[] = {{"metric", metric->call}};
    struct str text = {0};
    value_write(&text, &metric->call);
    struct step step = {.kind = STEP_evaluate, .in = in, .n_in = n, .seed = l->seed,
                        .attrs = lower_make_call(l, "evaluate", 1, args)};
    step.label = arena_format(l->scratch, "%s of %s on %s", str_text(&text), model->label,
                              l->plan->steps[rows].label);
    str_release(&text);
    return plan_add(l->plan, &step, NULL);
}

// The teacher whose guidance comes first in `learn`: the one a gap is measured from.
const struct symbol *lower_teacher_of(struct lowering *l, const struct symbol *student)
{
    const struct setting *learn = symbol_setting(student, "learn");
    struct generations all;
    if (learn == NULL || !lower_generations(l, &all, student))
        return NULL;
    if (all.any)
        return all.first;
    struct lowered_terms terms;
    struct training_rows train;
    if (learn == NULL || !lower_training_rows(l, &train, student) ||
        !lower_objective(l, &terms, (struct scoped){learn->value, learn->block}, train.rows))
        return NULL;
    for (size_t i = 0; i < terms.n; i++)
        if (terms.items[i].teacher != NULL)
            return terms.items[i].teacher;
    return NULL;
}

static bool pgr(struct lowering *l, struct evaluation *out, const struct metric_ref *metric,
                const struct model_ref *model, uint32_t rows)
{
    if (model->symbol->decl->kind != DECL_STUDENT || model->how != TRAINING_PLAIN) {
        out->why_none = model->how == TRAINING_PLAIN ? "a teacher has no gap to recover" : "not a student of a teacher";
        return true;
    }
    const struct symbol *teacher = lower_teacher_of(l, model->symbol);
    if (teacher == NULL) {
        out->why_none = "no teacher guides it";
        return true;
    }
    const struct model_ref weak = {teacher, TRAINING_PLAIN, teacher->name, model->span, 0};
    const struct model_ref ceiling = {
        model->symbol, TRAINING_CEILING,
        arena_format(l->scratch, "ceiling(%s)", model->symbol->name), model->span, 0};
    out->step[0] = evaluate(l, metric, model, rows);
    out->step[1] = evaluate(l, metric, &weak, rows);
    out->step[2] = evaluate(l, metric, &ceiling, rows);
    out->n = 3;
    return out->step[0] != STEP_NONE && out->step[1] != STEP_NONE && out->step[2] != STEP_NONE;
}

bool lower_evaluation(struct lowering *l, struct evaluation *out, const struct metric_ref *metric,
                      const struct model_ref *model, uint32_t rows)
{
    if (is_mce(&metric->call))
        return lower_mce(l, out, metric, model, rows);
    if (is_robustness(&metric->call))
        return lower_robustness(l, out, metric, model, rows);
    *out = (struct evaluation){.outside = metric->outside_rows, .outside_seen = metric->outside_seen};
    if (metric->outside.expr != NULL)
        out->outside_span = metric->outside.expr->span;
    if (metric->is_pgr)
        return pgr(l, out, metric, model, rows);
    if (metric->constraint.kind != VALUE_NONE)
        return lower_violations_of(l, out, metric, model, trained_of(l, model), rows);
    out->step[0] = evaluate(l, metric, model, rows);
    out->n = 1;
    return out->step[0] != STEP_NONE;
}

// --- all numbers of the file ------------------------------------------------------------------------------

static struct asked_number *number_at(struct asked *asked, size_t at)
{
    if (at == asked->n_numbers) {
        asked->numbers = mem_grow(asked->numbers, &asked->cap_numbers, at + 1, sizeof *asked->numbers);
        asked->numbers[at].step = mem_new(asked->n_seeds * 3 * sizeof(uint32_t));
        asked->n_numbers++;
    }
    return &asked->numbers[at];
}

struct column {
    struct metric_ref *metrics;
    size_t n_metrics;
    struct model_ref *models;
    size_t n_models, n_controls; // controls are the last of the models
    bool bca, iqm;
    struct block_tests tests;
};

// The items of a list setting; a single item may stand without brackets. None is an error.
static size_t list_items(struct lowering *l, struct scoped **out, struct scoped s)
{
    lower_follow(l, &s);
    if (s.expr->kind != EXPR_LIST) {
        *out = arena_alloc(l->scratch, sizeof **out);
        **out = s;
        return 1;
    }
    *out = arena_array(l->scratch, s.expr->n_args, sizeof **out);
    size_t n = 0;
    if (s.expr->args == NULL)
        diag_error(l->diags, DIAG_EMPTY, s.expr->span,
                   "the list is empty, so nothing is evaluated");
    for (const struct arg *a = s.expr->args; a != NULL; a = a->next)
        (*out)[n++] = (struct scoped){a->value, s.block};
    return n;
}

static bool lower_models(struct lowering *l, struct column *c, struct scoped s)
{
    struct scoped *items;
    size_t n = list_items(l, &items, s), controls = 0;
    for (const struct decl *d = l->program->ast->first; d != NULL; d = d->next)
        controls += d->kind == DECL_CONTROL;
    c->models = arena_array(l->scratch, n + controls, sizeof *c->models);
    bool ok = true;
    for (size_t i = 0; i < n; i++)
        ok &= lower_model_ref(l, &c->models[c->n_models++], items[i]);
    for (const struct decl *d = l->program->ast->first; d != NULL; d = d->next) {
        if (d->kind != DECL_CONTROL || d->value == NULL)
            continue;
        ok &= lower_control(l, &c->models[c->n_models++], (struct scoped){d->value, NULL});
        c->n_controls++;
    }
    return ok;
}

static bool lower_metrics(struct lowering *l, struct column *c, struct scoped s)
{
    struct scoped *items;
    size_t n = list_items(l, &items, s);
    c->metrics = arena_array(l->scratch, n, sizeof *c->metrics);
    bool ok = true;
    for (size_t i = 0; i < n; i++) {
        const struct schema_row *call = lower_callee(l, GROUP_METRIC, items[i]);
        const struct expr *bound[CALL_MAX_ARGS];
        ok &= call != NULL && lower_bind(l, bound, call, items[i]) &&
              lower_metric(l, &c->metrics[c->n_metrics++], call, bound, items[i]);
    }
    return ok;
}

// Rows that are evaluated on, as the file says them and as the tables call them.
struct measured_rows {
    uint32_t rows;
    const char *label;
    struct span span;
    bool seen;
    bool member; // of a suite: what is of all corruptions together has no meaning here
};

static bool numbers_of(struct lowering *l, struct asked *asked, size_t *at, size_t seed_index,
                       const struct column *c, const struct measured_rows *on)
{
    struct metric_ref *metrics = arena_array(l->scratch, c->n_metrics, sizeof *metrics);
    bool ok = true;
    for (size_t k = 0; k < c->n_metrics; k++)
        ok &= lower_metric_on(l, &metrics[k], &c->metrics[k], on->rows);
    if (!ok)
        return false;
    size_t first = *at;
    for (size_t m = 0; m < c->n_models; m++) {
        for (size_t k = 0; k < c->n_metrics; k++) {
            struct evaluation e = {.why_none = "it is of the whole suite: ask it on the clean rows"};
            if (!lower_enter(l, c->models[m].span))
                return false;
            if (!on->member || !is_mce(&c->metrics[k].call))
                ok &= lower_evaluation(l, &e, &metrics[k], &c->models[m], on->rows);
            lower_leave(l);
            flow_measure(l, &e, on->span, on->seen);
            struct asked_number *number = number_at(asked, (*at)++);
            number->model = c->models[m].label;
            number->on = on->label;
            number->metric = c->metrics[k].label;
            number->is_pgr = c->metrics[k].is_pgr;
            number->control = m >= c->n_models - c->n_controls;
            number->bca = c->bca;
            number->iqm = c->iqm;
            number->why_none = e.why_none;
            number->parts = e.n;
            memcpy(number->step + seed_index * 3, e.step, sizeof e.step);
        }
    }
    if (ok && seed_index == 0 && c->tests.kind != NULL)
        ok = lower_add_tests(l, asked, &c->tests, first, c->n_metrics, on->span);
    return ok;
}

static bool numbers_on(struct lowering *l, struct asked *asked, size_t *at, size_t seed_index,
                       const struct column *c, struct scoped on)
{
    struct suite_use use;
    bool ok, is_suite = lower_suite_use(l, &use, &ok, on);
    struct measured_rows measured = {.label = lower_label(l, on), .span = on.expr->span, .member = is_suite};
    measured.rows = ok ? lower_used_data(l, &measured.seen, is_suite ? use.data : on) : STEP_NONE;
    if (measured.rows == STEP_NONE)
        return false;
    if (!is_suite)
        return numbers_of(l, asked, at, seed_index, c, &measured);
    uint32_t clean = measured.rows;
    for (size_t i = 0; ok && i < suite_members(&use); i++) {
        measured.rows = lower_suite_member(l, &measured.label, &use, i, clean, measured.span);
        ok = measured.rows != STEP_NONE && numbers_of(l, asked, at, seed_index, c, &measured);
    }
    return ok;
}

// One of the settings that choose how seeds are summed up.
static bool chooses(struct lowering *l, bool *ok, const struct symbol *block, const char *name, const char *word)
{
    struct value v;
    bool good = lower_setting(l, &v, block, name);
    *ok &= good;
    return good && strcmp(v.text, word) == 0;
}

static bool evaluate_block(struct lowering *l, struct asked *asked, size_t *at, size_t seed_index,
                           const struct symbol *block)
{
    const struct setting *models = symbol_setting(block, "models"), *on = symbol_setting(block, "on");
    const struct setting *metrics = symbol_setting(block, "metrics");
    struct column c = {0};
    bool ok = true;
    c.bca = chooses(l, &ok, block, "intervals", "bca");
    c.iqm = chooses(l, &ok, block, "center", "iqm");
    if (models != NULL)
        ok &= lower_models(l, &c, (struct scoped){models->value, models->block});
    else
        lower_missing(l, block, "models");
    static const struct expr accuracy = {.kind = EXPR_NAME, .text = "accuracy"};
    struct scoped measured = metrics != NULL ? (struct scoped){metrics->value, metrics->block}
                                             : (struct scoped){&accuracy, NULL};
    ok &= lower_metrics(l, &c, measured);
    for (size_t i = 0; ok && i < c.n_metrics; i++)
        ok = lower_robustness_among(l, &c.metrics[i], c.models, c.n_models - c.n_controls);
    if (ok) {
        ok = lower_block_tests(l, &c.tests, block, c.models, c.n_models - c.n_controls);
        c.tests.family = (uint32_t)(block - l->program->symbols);
    }
    if (on == NULL)
        lower_missing(l, block, "on");
    if (models == NULL || on == NULL)
        return false;
    struct scoped *items;
    size_t n = list_items(l, &items, (struct scoped){on->value, on->block});
    for (size_t i = 0; i < n; i++) {
        struct suite_use use;
        bool sound;
        if (!ok) // one more look, for what is wrong with the data
            lower_data(l, lower_suite_use(l, &use, &sound, items[i]) && sound ? use.data : items[i]);
        else
            ok &= numbers_on(l, asked, at, seed_index, &c, items[i]);
    }
    return ok;
}

bool lower_numbers(struct lowering *l, struct asked *asked, size_t seed_index)
{
    size_t at = 0;
    bool ok = true;
    for (size_t i = 0; i < l->program->n_symbols && !l->spent; i++)
        if (l->program->symbols[i].decl->kind == DECL_EVALUATE)
            ok &= evaluate_block(l, asked, &at, seed_index, &l->program->symbols[i]);
    return ok;
}
