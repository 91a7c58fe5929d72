// lower_report.c -- report: which of the numbers are drawn. A plot is a description over numbers that are
// evaluated anyway; it adds no step and changes no key.
#include "lower.h"

#include "base/mem.h"

#include <string.h>

struct plot_place {
    struct lowering *l;
    struct plan *plan; // receives the plots
    const struct asked *asked;
    const struct stmt *stmt;
    const struct block *block;
};

static struct scoped scoped_part(const struct plot_place *p, const struct expr *part)
{
    return (struct scoped){part, p->block};
}

static bool is_swept(const struct plan *plan, const char *name)
{
    for (size_t i = 0; plan->n_points > 0 && i < plan->points[0].n; i++)
        if (strcmp(plan->points[0].name[i], name) == 0)
            return true;
    return false;
}

// A swept param by its name. One that --set fixes leaves nothing to plot over: *fixed.
static const char *swept_param(const struct plot_place *p, bool *fixed, const struct expr *part)
{
    struct lowering *l = p->l;
    const struct symbol *param = lower_symbol(l, scoped_part(p, part), KIND_BIT(DECL_PARAM), "a swept param");
    if (param == NULL)
        return NULL;
    *fixed |= param->fixed;
    if (param->fixed || is_swept(p->plan, param->name))
        return param->name;
    struct diag *diag = diag_error(l->diags, DIAG_WRONG_KIND, part->span, "'%s' is not swept", param->name);
    diag_hint(l->diags, diag, "Add it to a sweep: sweep { %s = [ … ] }.", param->name);
    return NULL;
}

static const char *series_of(const struct plot_place *p, bool *fixed, const char *over)
{
    const struct expr *by = p->stmt->by;
    if (by == NULL || (by->kind == EXPR_NAME && strcmp(by->text, "model") == 0))
        return "model";
    const char *param = swept_param(p, fixed, by);
    if (param == NULL || over == NULL || strcmp(param, over) != 0)
        return param;
    diag_error(p->l->diags, DIAG_DUPLICATE_ARGUMENT, by->span, "'%s' is plotted over itself", param);
    return NULL;
}

static void add_plot(const struct plot_place *p, const char *metric, const char *over, const char *by,
                     const char *on)
{
    struct plan *plan = p->plan;
    for (size_t i = 0; i < plan->n_plots; i++) {
        const struct plan_plot *plot = &plan->plots[i];
        if (strcmp(plot->metric, metric) == 0 && strcmp(plot->over, over) == 0 && strcmp(plot->by, by) == 0 &&
            strcmp(plot->on, on) == 0)
            return;
    }
    plan->plots = mem_grow(plan->plots, &plan->cap_plots, plan->n_plots + 1, sizeof *plan->plots);
    plan->plots[plan->n_plots++] = (struct plan_plot){
        arena_text(&plan->arena, metric), arena_text(&plan->arena, over), arena_text(&plan->arena, by),
        arena_text(&plan->arena, on)};
}

// Adds a plot for each data (or the one that is named) on which the metric is evaluated.
static void add_evaluated(const struct plot_place *p, const char *metric, const char *over, const char *by,
                          const char *on)
{
    struct lowering *l = p->l;
    bool any = false, any_metric = false;
    for (size_t i = 0; i < p->asked->n_numbers; i++) {
        const struct asked_number *number = &p->asked->numbers[i];
        bool same = strcmp(number->metric, metric) == 0;
        any_metric |= same;
        if (!same || (on != NULL && strcmp(number->on, on) != 0))
            continue;
        any = true;
        add_plot(p, metric, over, by, number->on);
    }
    if (any)
        return;
    struct diag *diag;
    if (any_metric)
        diag = diag_error(l->diags, DIAG_UNKNOWN_CHOICE, p->stmt->on->span, "'%s' is not evaluated on '%s'", metric, on);
    else
        diag = diag_error(l->diags, DIAG_UNKNOWN_CHOICE, p->stmt->value->span, "'%s' is not evaluated", metric);
    diag_hint(l->diags, diag, "A plot shows numbers of evaluate, as they are written there.");
}

static void plot(const struct plot_place *p)
{
    struct lowering *l = p->l;
    bool fixed = false;
    const struct expr *none[CALL_MAX_ARGS];
    const char *over = NULL, *on = NULL;
    const struct schema_row *metric = lower_callee(l, GROUP_METRIC, scoped_part(p, p->stmt->value));
    bool ok = metric != NULL && lower_bind(l, none, metric, scoped_part(p, p->stmt->value));
    if (p->stmt->over == NULL) {
        struct diag *diag = diag_error(l->diags, DIAG_MISSING_ARGUMENT, p->stmt->span, "a plot needs 'over'");
        diag_hint(l->diags, diag, "For example: plot accuracy over lambda by model.");
    } else {
        over = swept_param(p, &fixed, p->stmt->over);
    }
    const char *by = series_of(p, &fixed, over);
    if (p->stmt->on != NULL) {
        ok &= lower_data(l, scoped_part(p, p->stmt->on)) != STEP_NONE;
        on = lower_label(l, scoped_part(p, p->stmt->on));
    }
    if (ok && over != NULL && by != NULL && !fixed && p->asked != NULL)
        add_evaluated(p, lower_label(l, scoped_part(p, p->stmt->value)), over, by, on);
}

void lower_report(struct lowering *l, struct plan *plan, const struct asked *asked)
{
    for (const struct decl *d = l->program->ast->first; d != NULL; d = d->next) {
        if (d->kind != DECL_REPORT)
            continue;
        for (const struct stmt *s = d->block != NULL ? d->block->first : NULL; s != NULL; s = s->next) {
            if (s->kind == STMT_PLOT)
                plot(&(struct plot_place){l, plan, asked, s, d->block});
            else if (s->kind != STMT_LET)
                diag_error(l->diags, DIAG_UNKNOWN_SETTING, s->span,
                           "a report holds plots: plot METRIC over PARAM by model on DATA");
        }
    }
}
