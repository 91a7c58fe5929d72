// lower_filter.c -- guidance made from guidance row by row: filter() for some of the rows, relabel()
// with better targets. The loss stays that of the guidance it is made from.
#include "lower.h"

#include <string.h>

static const struct expr *argument(const struct schema_row *call, const struct expr *const *bound,
                                   const char *name)
{
    const struct schema_row *arg;
    for (size_t i = 0; (arg = schema_arg(call, i)) != NULL; i++)
        if (strcmp(arg->name, name) == 0)
            return bound[i];
    return NULL;
}

// Logits of the model that `with` names. STEP_NONE after a diagnostic.
static uint32_t other_logits(struct lowering *l, const struct expr *with, struct scoped s,
                             uint32_t rows)
{
    const struct symbol *other =
        lower_symbol(l, (struct scoped){with, s.block},
                     KIND_BIT(DECL_TEACHER) | KIND_BIT(DECL_STUDENT), "a teacher or a student");
    uint32_t trained =
        other != NULL ? lower_training(l, other, TRAINING_PLAIN) : STEP_NONE;
    return trained != STEP_NONE && rows != STEP_NONE
               ? lower_predict(l, trained, rows, other->name, with->span)
               : STEP_NONE;
}

static uint32_t add_step(struct lowering *l, enum step_kind kind, const uint32_t *in, uint32_t n_in,
                         const struct value *args, const char *label, uint64_t classes)
{
    struct value_arg kept[] = {
        {"by", {0}},
        {"keep", {0}},
        {"least", {0}},
    };
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        const struct value *given = value_arg(args, kept[i].name);
        if (given != NULL)
            kept[i].value = *given;
    }
    struct step step = {.kind = kind, .in = in, .n_in = n_in, .seed = l->seed, .label = label,
                        .attrs = lower_make_call(l, step_kind_name(kind), ARRAY_LEN(kept), kept),
                        .facts = l->plan->steps[in[0]].facts};
    step.facts.flops = 0;
    step.facts.classes = classes;
    return plan_add(l->plan, &step, NULL);
}

// What a way of filtering needs besides the targets.
static bool fits_way(struct lowering *l, const char *by, const struct expr *with,
                     const struct value *args, struct scoped s)
{
    bool alone = strcmp(by, "confidence") == 0;
    bool agrees = strcmp(by, "agreement") == 0; // its score 0 is a no
    bool ok = true;
    if (alone && with != NULL) {
        diag_error(l->diags, DIAG_WRONG_KIND, with->span,
                   "by: confidence looks at the targets alone, and takes no 'with'");
        ok = false;
    }
    if (!alone && with == NULL) {
        struct diag *diag = diag_error(l->diags, DIAG_MISSING_ARGUMENT, s.expr->span,
                                       "filter() by %s needs 'with', another model", by);
        diag_hint(l->diags, diag, agrees
                                      ? "Name the teacher or student that has to agree."
                                      : "Name a student that was trained for a short while.");
        ok = false;
    }
    if (!agrees && value_arg(args, "keep") == NULL && value_arg(args, "least") == NULL) {
        struct diag *diag =
            diag_error(l->diags, DIAG_MISSING_ARGUMENT, s.expr->span,
                       "filter() needs 'keep', a share of the rows, or 'least', a score");
        diag_hint(l->diags, diag, "For example keep: 80%%.");
        ok = false;
    }
    return ok;
}

static bool filter(struct lowering *l, struct lowered_term *out, const struct value *args,
                   const struct expr *with, struct scoped s, uint32_t rows)
{
    const char *by = value_arg_text(args, "by");
    uint32_t in[2] = {out->target, STEP_NONE};
    if (!fits_way(l, by, with, args, s))
        return false;
    if (out->mask != STEP_NONE) {
        diag_error(l->diags, DIAG_UNSUPPORTED, s.expr->span, "this guidance has been filtered already");
        return false;
    }
    if (with != NULL && (in[1] = other_logits(l, with, s, rows)) == STEP_NONE)
        return false;
    const char *label = arena_format(l->scratch, "rows of %s by %s",
                                     l->plan->steps[out->target].label, by);
    out->mask = add_step(l, STEP_filter, in, with != NULL ? 2 : 1, args, label, 1);
    return true;
}

static bool relabel(struct lowering *l, struct lowered_term *out, const struct value *args,
                    const struct expr *with, struct scoped s, uint32_t rows)
{
    uint32_t in[2] = {out->target, other_logits(l, with, s, rows)};
    if (in[1] == STEP_NONE)
        return false;
    const struct step *target = &l->plan->steps[out->target];
    const char *label = arena_format(l->scratch, "%s, relabelled", target->label);
    out->target = add_step(l, STEP_relabel, in, 2, args, label, target->facts.classes);
    out->logits = STEP_NONE; // they are not those of the new targets
    return true;
}

bool lower_filtered(struct lowering *l, struct lowered_term *out, const struct schema_row *call,
                    struct scoped s, uint32_t rows)
{
    const struct expr *bound[CALL_MAX_ARGS];
    struct value args;
    if (!lower_bind(l, bound, call, s))
        return false;
    bool ok = lower_bound_call(l, &args, call, bound, s);
    const struct expr *from = argument(call, bound, "from"), *with = argument(call, bound, "with");
    if (!lower_guidance(l, out, (struct scoped){from, s.block}, rows) || !ok)
        return false;
    out->span = s.expr->span;
    if (out->target == STEP_NONE) {
        diag_error(l->diags, DIAG_WRONG_KIND, from->span,
                   "%s() wants guidance with targets, found %s", call->name, out->call.text);
        return false;
    }
    return strcmp(call->name, "filter") == 0 ? filter(l, out, &args, with, s, rows)
                                             : relabel(l, out, &args, with, s, rows);
}
