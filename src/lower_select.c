// lower_select.c -- see lower_select.h.
#include "lower_select.h"

#include <string.h>

static bool lower_choice(struct lowering *l, struct lowered_select *out, struct scoped s);

// A metric of the predictions of one model, which needs nothing but labels (and groups).
static bool lower_metric_alone(struct lowering *l, struct value *out, struct scoped s)
{
    if (!lower_follow(l, &s) || s.expr->kind == EXPR_ERROR)
        return false;
    const struct schema_row *call = lower_callee(l, GROUP_METRIC, s);
    const struct expr *bound[CALL_MAX_ARGS];
    struct metric_ref metric;
    if (call == NULL || !lower_bind(l, bound, call, s) || !lower_metric(l, &metric, call, bound, s))
        return false;
    *out = metric.call;
    const struct value *by = value_arg(out, "by");
    if (by != NULL && strcmp(by->text, "group") != 0 && strcmp(by->text, "class") != 0) {
        diag_error(l->diags, DIAG_UNKNOWN_CHOICE, metric.by,
                   "where an epoch is selected, 'by' is 'group' or 'class'");
        return false;
    }
    bool alone = !metric.has_other && !metric.is_pgr && metric.rankings.expr == NULL &&
                 metric.outside.expr == NULL && metric.constraint.kind == VALUE_NONE;
    if (alone)
        return true;
    struct diag *diag =
        diag_error(l->diags, DIAG_WRONG_KIND, s.expr->span,
                   "'%s' reads more than predictions and labels, and an epoch is selected by these", call->name);
    diag_hint(l->diags, diag, "Select by accuracy, nll, brier, ece, auroc, worst_group, …");
    return false;
}

static const struct expr *bound_to(const struct schema_row *call, const struct expr *const *bound,
                                   const char *name)
{
    const struct schema_row *arg;
    for (size_t i = 0; (arg = schema_arg(call, i)) != NULL; i++)
        if (strcmp(arg->name, name) == 0)
            return bound[i];
    BUG("%s() has no argument '%s'", call->name, name);
}

static bool holdout_share(struct lowering *l, double *out, struct scoped s)
{
    if (!lower_number(l, out, s))
        return false;
    if (*out > 0 && *out < 1)
        return true;
    diag_error(l->diags, DIAG_OUT_OF_RANGE, s.expr->span,
               "the share of a holdout must be more than 0%% and less than 100%%");
    return false;
}

static bool lower_best(struct lowering *l, struct lowered_select *out,
                       const struct schema_row *call, const struct expr *const *bound,
                       struct scoped s)
{
    const struct expr *holdout = bound_to(call, bound, "holdout"),
                      *on = bound_to(call, bound, "on");
    out->best = true;
    bool ok = lower_metric_alone(l, &out->metric,
                                 (struct scoped){bound_to(call, bound, "metric"), s.block});
    if ((holdout != NULL) == (on != NULL)) {
        struct diag *diag =
            diag_error(l->diags, holdout == NULL ? DIAG_MISSING_ARGUMENT : DIAG_DUPLICATE_ARGUMENT,
                       s.expr->span,
                       holdout == NULL ? "best() needs 'holdout' or 'on'"
                                       : "best() takes 'holdout' or 'on', not both");
        diag_hint(l->diags, diag,
                  "holdout: 10%% takes rows out of 'train'; on: DATA names rows of their own.");
        return false;
    }
    if (holdout != NULL)
        return ok & holdout_share(l, &out->holdout, (struct scoped){holdout, s.block});
    out->on_span = on->span;
    bool seen;
    out->on = lower_used_data(l, &seen, (struct scoped){on, s.block});
    if (seen) {
        struct diag *diag = diag_error(
            l->diags, DIAG_WRONG_KIND, on->span,
            "seen() belongs where rows are used, in 'on' of what is measured and in 'train'");
        diag_hint(l->diags, diag, "Write oracle(best(…)) to select by any rows.");
    }
    return ok && !seen && out->on != STEP_NONE;
}

static bool lower_oracle(struct lowering *l, struct lowered_select *out, struct scoped s)
{
    if (!lower_choice(l, out, s))
        return false;
    if (out->best && out->on != STEP_NONE && !out->oracle) {
        out->oracle = true;
        return true;
    }
    diag_error(l->diags, DIAG_WRONG_TYPE, s.expr->span, "oracle() wants best(…, on: DATA)");
    return false;
}

static bool lower_choice(struct lowering *l, struct lowered_select *out, struct scoped s)
{
    if (!lower_follow(l, &s) || !lower_enter(l, s.expr->span))
        return false;
    const struct schema_row *call = lower_callee(l, GROUP_SELECT, s);
    const struct expr *bound[CALL_MAX_ARGS];
    bool ok = call != NULL && lower_bind(l, bound, call, s);
    if (ok && strcmp(call->name, "best") == 0)
        ok = lower_best(l, out, call, bound, s);
    else if (ok && strcmp(call->name, "oracle") == 0)
        ok = lower_oracle(l, out, (struct scoped){bound[0], s.block});
    lower_leave(l);
    return ok;
}

bool lower_select(struct lowering *l, struct lowered_select *out, const struct symbol *symbol)
{
    const struct setting *setting = symbol_setting(symbol, "select");
    *out = (struct lowered_select){.on = STEP_NONE};
    if (setting == NULL)
        return true;
    out->span = setting->value->span;
    return lower_choice(l, out, (struct scoped){setting->value, setting->block});
}

static bool reads_gold(const struct lowered_terms *terms)
{
    bool gold = false;
    for (size_t i = 0; i < terms->n; i++)
        gold |= terms->items[i].gold;
    return gold;
}

struct value lower_select_value(struct lowering *l, const struct lowered_select *select,
                                const struct lowered_terms *terms, struct value on)
{
    if (!select->best)
        return (struct value){0};
    bool other = select->on != STEP_NONE;
    struct value_arg args[] = {
        {"metric", select->metric},
        {"holdout", other ? (struct value){0} : value_number(select->holdout)},
        {"labels", other ? (struct value){0} : value_name(reads_gold(terms) ? "gold" : "guidance")},
        {"on", on},
        {"oracle", select->oracle ? value_bool(true) : (struct value){0}},
    };
    return lower_make_call(l, "best", ARRAY_LEN(args), args);
}

static bool same_size(struct lowering *l, const struct lowered_select *select, uint64_t have,
                      uint64_t want, const char *noun, const char *who)
{
    if (have == 0 || want == 0 || have == want)
        return true;
    diag_error(l->diags, DIAG_SHAPE, select->on_span,
               "'%s' is trained on %llu %s, and '%s' has %llu", who, (unsigned long long)want, noun,
               l->plan->steps[select->on].label, (unsigned long long)have);
    return false;
}

bool lower_select_fits(struct lowering *l, const struct lowered_select *select,
                       const struct lowered_terms *terms, uint32_t rows, const char *who)
{
    if (!select->best)
        return true;
    const struct step_facts *own = &l->plan->steps[rows].facts;
    if (select->on != STEP_NONE) {
        const struct step_facts *other = &l->plan->steps[select->on].facts;
        return same_size(l, select, other->features, own->features, "features", who) &&
               same_size(l, select, other->classes, own->classes, "classes", who);
    }
    uint64_t held = (uint64_t)(select->holdout * (double)own->rows + 0.5);
    if (own->rows > 0 && (held == 0 || held >= own->rows)) {
        diag_error(l->diags, DIAG_OUT_OF_RANGE, select->span,
                   "a holdout of %llu rows out of %llu leaves nothing to %s",
                   (unsigned long long)held, (unsigned long long)own->rows,
                   held == 0 ? "select by" : "train on");
        return false;
    }
    bool labels = reads_gold(terms);
    for (size_t i = 0; i < terms->n; i++)
        labels |= terms->items[i].target != STEP_NONE;
    if (labels)
        return true;
    struct diag *diag =
        diag_error(l->diags, DIAG_NOTHING_TO_LEARN, select->span,
                   "'%s' has no labels to select by: no term of its objective has targets", who);
    diag_hint(l->diags, diag, "Select by the gold labels of rows of their own: best(…, on: DATA).");
    return false;
}
