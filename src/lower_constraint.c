// lower_constraint.c -- the metric violations(): the share of rows that break a constraint, which
// is guidance, whoever learned from it.
#include "lower.h"
#include "lower_loss.h"

#include "model/constrain.h"

#include <string.h>

// The word that makes the guidance: "constraint" of constraint("f.lua"), through names. NULL where
// there is none to be found, which lower_guidance reports.
static const char *made_by(struct lowering *l, struct scoped s)
{
    for (int steps = 0; steps < LOWER_MAX_DEPTH && lower_follow(l, &s); steps++) {
        const struct expr *e = s.expr;
        const struct symbol *symbol =
            e->kind == EXPR_NAME ? program_find(l->program, e->text) : NULL;
        if (e->kind == EXPR_CALL)
            return e->left->kind == EXPR_NAME ? e->left->text : NULL;
        if (symbol == NULL || symbol->decl->kind != DECL_GUIDANCE || symbol->value == NULL)
            return NULL;
        s = (struct scoped){symbol->value, NULL};
    }
    return NULL;
}

static bool wants_constraint(struct lowering *l, struct span span, const char *found)
{
    struct diag *diag = diag_error(l->diags, DIAG_WRONG_KIND, span,
                                   "violations() wants a constraint, found %s()", found);
    diag_hint(l->diags, diag, "guidance lawful = constraint(\"FILE.lua\", slack: 0.05) is one.");
    return false;
}

bool lower_violations(struct lowering *l, struct metric_ref *out, struct scoped guidance)
{
    const char *word = made_by(l, guidance);
    if (word != NULL && strcmp(word, "constraint") != 0)
        return wants_constraint(l, guidance.expr->span, word);
    struct lowered_term term;
    lowered_term_init(&term, guidance.expr->span);
    if (!lower_guidance(l, &term, guidance, STEP_NONE))
        return false;
    if (!value_is_call(&term.call, "lua")) // a bare word
        return wants_constraint(l, guidance.expr->span, term.call.text);
    out->constraint = term.call;
    out->span = guidance.expr->span;
    struct value_arg args[] = {{"slack", *value_arg(value_arg(&term.call, "params"), "slack")}};
    out->call = lower_make_call(l, "violations", ARRAY_LEN(args), args);
    return true;
}

// NULL when the constraint can be measured, else why not. Of a trained model that is an error of
// the file, and reported.
static const char *refuses(struct lowering *l, const struct metric_ref *metric,
                           const struct step *from, const struct step *data)
{
    struct model model;
    struct err err = {0};
    bool trained = from->kind == STEP_train;
    const struct step_facts *f = &data->facts;
    if (f->features == 0 || f->classes == 0)
        return NULL; // only the run can tell
    if (trained &&
        model_init(&model, value_arg(&from->attrs, "model"), f->features, f->classes, &err) < 0)
        return NULL; // its training says so
    struct constrain_spec spec = {.call = &metric->constraint,
                                  .model = trained ? &model : NULL,
                                  .features = f->features,
                                  .classes = f->classes};
    if (constrain_check(&spec, &err) == 0)
        return NULL;
    struct diag *diag =
        trained ? diag_error(l->diags, DIAG_SCRIPT, metric->span, "%s", err.text) : NULL;
    if (diag != NULL && err.hint[0] != '\0')
        diag_hint(l->diags, diag, "%s", err.hint);
    return arena_text(&l->plan->arena, err.text);
}

// A constraint that asks about changed rows needs the model; others are measured by its logits too.
bool lower_violations_of(struct lowering *l, struct evaluation *out,
                         const struct metric_ref *metric, const struct model_ref *model,
                         uint32_t trained, uint32_t rows)
{
    if (trained == STEP_NONE)
        return false;
    uint32_t logits = lower_predict(l, trained, rows, model->label, model->span);
    if (logits == STEP_NONE)
        return false;
    uint32_t in[] = {l->plan->steps[trained].kind == STEP_train ? trained : logits, rows};
    const struct step *from = &l->plan->steps[in[0]], *data = &l->plan->steps[rows];
    out->why_none = refuses(l, metric, from, data);
    if (out->why_none != NULL)
        return from->kind != STEP_train;
    struct value_arg args[] = {{"constraint", metric->constraint}};
    struct step step = {
        .kind = STEP_constrain,
        .in = in,
        .n_in = ARRAY_LEN(in),
        .seed = from->seed,
        .attrs = lower_make_call(l, "constrain", ARRAY_LEN(args), args),
        .facts = {.rows = data->facts.rows, .features = data->facts.features, .classes = 1}};
    step.label =
        arena_format(l->scratch, "%s of %s on %s", metric->label, model->label, data->label);
    uint32_t measured[] = {plan_add(l->plan, &step, NULL), rows};
    struct value_arg metrics[] = {{"metric", metric->call}};
    struct step number = {.kind = STEP_evaluate,
                          .in = measured,
                          .n_in = ARRAY_LEN(measured),
                          .seed = l->seed,
                          .label = step.label,
                          .attrs = lower_make_call(l, "evaluate", ARRAY_LEN(metrics), metrics)};
    out->step[0] = plan_add(l->plan, &number, NULL);
    out->n = 1;
    return true;
}
