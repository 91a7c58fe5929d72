// lower_metric.c -- a metric as it is asked for: what it refers to besides the model, and what it is on
// the rows it is asked about.
#include "lower.h"

#include <string.h>

static bool is_pgr(const struct schema_row *call)
{
    return strcmp(call->name, "pgr") == 0;
}

static const struct schema_row *arg_of_type(const struct schema_row *call, enum schema_type type)
{
    const struct schema_row *arg = schema_arg(call, 0);
    return arg != NULL && arg->type == type ? arg : NULL;
}

// Whether a metric can stand inside `outer`: pgr, mce, violations and gaps in nothing; in groups neither groups, nor
// pairs of rows.
static bool fits_inside(struct lowering *l, const struct schema_row *inner, const struct schema_row *outer,
                        struct span span)
{
    bool grouped = arg_of_type(inner, TYPE_METRIC) != NULL || arg_of_type(inner, TYPE_GUIDANCE) != NULL ||
                   arg_of_type(inner, TYPE_DATA) != NULL;
    static const char *const words[] = {"violations", "mce", "relative_mce", "gap", "effective_robustness"};
    bool alone = is_pgr(inner);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        alone |= strcmp(inner->name, words[i]) == 0;
    if (!alone && (is_pgr(outer) || !grouped))
        return true;
    diag_error(l->diags, DIAG_WRONG_KIND, span, "%s() cannot be measured inside %s()", inner->name, outer->name);
    return false;
}

// The metric that `outer` measures: `expr`, or the schema's default where nothing is said.
static bool lower_inner(struct lowering *l, struct metric_ref *out, const struct schema_row *outer,
                        const struct schema_row *arg, const struct expr *expr, struct scoped s)
{
    const struct expr usual = {.kind = EXPR_NAME, .span = s.expr->span, .text = arg->fallback};
    struct scoped inner = expr != NULL ? (struct scoped){expr, s.block} : (struct scoped){&usual, NULL};
    const struct schema_row *call = lower_callee(l, GROUP_METRIC, inner);
    const struct expr *bound[CALL_MAX_ARGS];
    return call != NULL && fits_inside(l, call, outer, inner.expr->span) && lower_bind(l, bound, call, inner) &&
           lower_metric(l, out, call, bound, inner);
}

// pgr(metric) asks for the metric of three models; worst_group(metric, by) holds it as an argument. A metric
// without arguments stands there as a name.
static bool with_inner(struct lowering *l, struct metric_ref *out, const struct schema_row *call,
                       const struct expr *expr, struct scoped s)
{
    const struct schema_row *arg = arg_of_type(call, TYPE_METRIC);
    struct metric_ref inner;
    if (!lower_inner(l, &inner, call, arg, expr, s))
        return false;
    out->has_other = inner.has_other;
    out->other = inner.other;
    out->rankings = inner.rankings;
    out->outside = inner.outside;
    if (is_pgr(call)) {
        out->is_pgr = true;
        out->call = inner.call;
        out->by = inner.by;
        return true;
    }
    struct value_arg args[] = {
        {arg->name, inner.call.n > 0 ? inner.call : value_name(inner.call.text)},
        out->call.args[0],
    };
    out->call = lower_make_call(l, call->name, ARRAY_LEN(args), args);
    return true;
}

bool lower_metric(struct lowering *l, struct metric_ref *out, const struct schema_row *call,
                  const struct expr *const *bound, struct scoped s)
{
    *out = (struct metric_ref){.label = lower_label(l, s)};
    if (!lower_bound_call(l, &out->call, call, bound, s))
        return false;
    const struct schema_row *first = schema_arg(call, 0), *second = first != NULL ? schema_arg(call, 1) : NULL;
    if (second != NULL && second->type == TYPE_WORD && bound[1] != NULL)
        out->by = bound[1]->span;
    if (first == NULL)
        return true;
    if (strcmp(first->name, "class") == 0 && bound[0] != NULL)
        out->by = bound[0]->span;
    if (first->type == TYPE_METRIC) {
        bool ok = lower_enter(l, s.expr->span) && with_inner(l, out, call, bound[0], s);
        lower_leave(l);
        return ok;
    }
    if (strcmp(call->name, "violations") == 0)
        return lower_violations(l, out, (struct scoped){bound[0], s.block});
    if (first->type == TYPE_GUIDANCE) {
        out->rankings = (struct scoped){bound[0], s.block};
        return true;
    }
    if (first->type == TYPE_DATA) {
        struct value_arg of[] = {{first->name, {.kind = VALUE_INPUT, .index = 1}}};
        out->call = lower_make_call(l, call->name, ARRAY_LEN(of), of);
        out->outside = (struct scoped){bound[0], s.block};
        return true;
    }
    if (first->type != TYPE_MODEL_REF)
        return true;
    out->has_other = true;
    struct value_arg args[1 + CALL_MAX_ARGS] = {{first->name, {.kind = VALUE_INPUT, .index = 1}}};
    if (out->call.n > 0) // the suite of mce()
        memcpy(args + 1, out->call.args, out->call.n * sizeof *args);
    out->call = lower_make_call(l, call->name, 1 + out->call.n, args);
    return lower_model_ref(l, &out->other, (struct scoped){bound[0], s.block});
}

// --- on rows ----------------------------------------------------------------------------------------------

// What the groups of the rows are called, or NULL where they have no name.
static const char *group_name(const struct plan *plan, uint32_t rows)
{
    const struct step *step = &plan->steps[rows];
    for (; step->n_in > 0; step = &plan->steps[step->in[0]])
        if (step->kind == STEP_shift && value_is_call(value_arg(&step->attrs, "shift"), "colorize"))
            return "color"; // as shift_colorize.c calls them
    const struct value *source = value_arg(&step->attrs, "source");
    const struct value *group = source != NULL ? value_arg(source, "group") : NULL;
    return group != NULL && group->kind == VALUE_TEXT ? group->text : NULL;
}

// `by: site` is `by: group` where the groups are called so: the same number has one key.
static bool resolve_groups(struct lowering *l, struct metric_ref *out, uint32_t rows)
{
    const struct value *by = value_arg(&out->call, "by");
    if (by == NULL || strcmp(by->text, "group") == 0 || strcmp(by->text, "class") == 0)
        return true;
    const char *name = group_name(l->plan, rows);
    if (name == NULL || strcmp(name, by->text) != 0) {
        struct diag *diag = diag_error(l->diags, DIAG_UNKNOWN_CHOICE, out->by, "the rows of '%s' have no groups by '%s'",
                                       l->plan->steps[rows].label, by->text);
        if (name != NULL)
            diag_hint(l->diags, diag, "Their groups are by '%s'.", name);
        else
            diag_hint(l->diags, diag, "Name the column with 'group:' of the source, or measure 'by: class'.");
        return false;
    }
    struct value_arg args[] = {out->call.args[0], {"by", value_name("group")}};
    out->call = lower_make_call(l, out->call.text, ARRAY_LEN(args), args);
    return true;
}

static bool class_exists(struct lowering *l, const struct metric_ref *metric, uint32_t rows)
{
    uint64_t classes = l->plan->steps[rows].facts.classes;
    const struct value *cls = value_arg(&metric->call, "class");
    if (cls == NULL || classes == 0 || cls->number < (double)classes)
        return true;
    diag_error(l->diags, DIAG_OUT_OF_RANGE, metric->by, "there is no class %.0f among %llu", cls->number,
               (unsigned long long)classes);
    return false;
}

static bool resolve_outside(struct lowering *l, struct metric_ref *out)
{
    out->outside_rows = STEP_NONE;
    if (out->outside.expr == NULL)
        return true;
    out->outside_rows = lower_used_data(l, &out->outside_seen, out->outside);
    return out->outside_rows != STEP_NONE;
}

// The teacher's rankings of these rows, drawn as the guidance draws those of its own, without its noise:
// what is asked is whether the model learned the teacher's order, not that of its slips.
static bool resolve_rankings(struct lowering *l, struct metric_ref *out, uint32_t rows)
{
    struct lowered_term term;
    struct scoped s = out->rankings;
    if (s.expr == NULL)
        return true;
    lowered_term_init(&term, s.expr->span);
    if (!lower_guidance(l, &term, s, rows))
        return false;
    if (term.lists == STEP_NONE) {
        struct diag *diag = diag_error(l->diags, DIAG_WRONG_KIND, s.expr->span,
                                       "%s() wants guidance that ranks, found %s", out->call.text, term.call.text);
        diag_hint(l->diags, diag, "Such as preferences(from: …, pairs: …, loss: bradley_terry).");
        return false;
    }
    struct step step = l->plan->steps[term.lists];
    struct value_arg *args = arena_array(l->scratch, step.attrs.n, sizeof *args);
    for (size_t i = 0; i < step.attrs.n; i++) {
        args[i] = step.attrs.args[i];
        if (strcmp(args[i].name, "noise") == 0)
            args[i].value = value_number(0);
    }
    step.attrs = lower_make_call(l, step.attrs.text, step.attrs.n, args);
    out->lists = plan_add(l->plan, &step, NULL);
    struct value_arg of[] = {
        {"guidance", {.kind = VALUE_INPUT, .index = 1}},
        {"class", *value_arg(&step.attrs, "class")},
    };
    out->call = lower_make_call(l, out->call.text, ARRAY_LEN(of), of);
    return true;
}

bool lower_metric_on(struct lowering *l, struct metric_ref *out, const struct metric_ref *metric, uint32_t rows)
{
    *out = *metric;
    out->lists = STEP_NONE;
    return resolve_groups(l, out, rows) && class_exists(l, out, rows) && resolve_outside(l, out) &&
           resolve_rankings(l, out, rows);
}
