// lower_robustness.c -- see lower_robustness.h.
#include "lower_robustness.h"

#include <string.h>

enum { FEWEST_MODELS = 3 }; // a line through two others

static bool is_effective(const struct value *metric)
{
    return value_is_call(metric, "effective_robustness");
}

bool is_robustness(const struct value *metric)
{
    return value_is_call(metric, "gap") || is_effective(metric);
}

bool lower_robustness_among(struct lowering *l, struct metric_ref *metric, const struct model_ref *models, size_t n)
{
    if (!is_effective(&metric->call))
        return true;
    metric->among = models;
    metric->n_among = n;
    size_t different = 0;
    for (size_t i = 0; i < n; i++) {
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++)
            seen = lower_same_model(&models[k], &models[i]);
        different += !seen;
    }
    if (different >= FEWEST_MODELS)
        return true;
    struct diag *diag = diag_error(l->diags, DIAG_SHAPE, metric->outside.expr->span,
                                   "effective_robustness() needs %d models in the block, found %zu", FEWEST_MODELS,
                                   different);
    diag_hint(l->diags, diag, "What is expected of a model is a line through the others. gap() needs none.");
    return false;
}

// The accuracy of a model on clean rows, and here.
static bool add_pair(struct lowering *l, uint32_t *in, uint32_t *n, const struct metric_ref *metric,
                     const struct model_ref *model, uint32_t rows)
{
    const struct metric_ref accuracy = {
        .call = lower_make_call(l, "accuracy", 0, NULL), .lists = STEP_NONE, .outside_rows = STEP_NONE};
    struct evaluation e;
    for (unsigned i = 0; i < 2; i++) {
        if (!lower_enter(l, model->span))
            return false;
        bool ok = lower_evaluation(l, &e, &accuracy, model, i == 0 ? metric->outside_rows : rows);
        lower_leave(l);
        if (!ok)
            return false;
        in[(*n)++] = e.step[0];
    }
    return true;
}

bool lower_robustness(struct lowering *l, struct evaluation *out, const struct metric_ref *metric,
                      const struct model_ref *model, uint32_t rows)
{
    bool effective = is_effective(&metric->call);
    *out = (struct evaluation){.outside = metric->outside_rows,
                               .outside_span = metric->outside.expr->span,
                               .outside_seen = metric->outside_seen};
    if (rows == metric->outside_rows) {
        out->why_none = "these are the clean rows";
        return true;
    }
    if (effective && metric->n_among == 0) {
        out->why_none = "it takes the other models of an evaluate block";
        return true;
    }
    uint32_t *in = arena_array(l->scratch, 2 + 2 * metric->n_among, sizeof *in), n = 0;
    bool ok = add_pair(l, in, &n, metric, model, rows);
    for (size_t i = 0; ok && effective && i < metric->n_among; i++) {
        bool twice = lower_same_model(&metric->among[i], model);
        for (size_t k = 0; k < i && !twice; k++)
            twice = lower_same_model(&metric->among[k], &metric->among[i]);
        if (!twice)
            ok = add_pair(l, in, &n, metric, &metric->among[i], rows);
    }
    if (!ok)
        return false;
    struct step step = {.kind = STEP_robustness, .in = in, .n_in = n, .seed = l->seed,
                        .label = arena_format(l->scratch, "%s of %s on %s", metric->label, model->label,
                                              l->plan->steps[rows].label),
                        .attrs = lower_make_call(l, "robustness", 0, NULL)};
    out->step[0] = plan_add(l->plan, &step, NULL);
    out->n = 1;
    return true;
}
