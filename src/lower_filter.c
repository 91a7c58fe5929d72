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

// `args`: those that the step keeps, by name; what is NONE is left out.
static uint32_t add_step(struct lowering *l, enum step_kind kind, const uint32_t *in, uint32_t n_in,
                         const struct value_arg *args, size_t n, const char *label, uint64_t classes)
{
    struct step step = {.kind = kind, .in = in, .n_in = n_in, .seed = l->seed, .label = label,
                        .attrs = lower_make_call(l, step_kind_name(kind), n, args),
                        .facts = l->plan->steps[in[0]].facts};
    step.facts.flops = 0;
    step.facts.classes = classes;
    return plan_add(l->plan, &step, NULL);
}

static struct value given(const struct value *args, const char *name)
{
    const struct value *v = value_arg(args, name);
    return v != NULL ? *v : (struct value){0};
}

static struct value or_number(struct value v, double fallback)
{
    return v.kind != VALUE_NONE ? v : value_number(fallback);
}

// An argument that this way has no use for. True after a report.
static bool idle(struct lowering *l, const struct expr *argument, const char *name, const char *by)
{
    if (argument == NULL)
        return false;
    diag_error(l->diags, DIAG_WRONG_KIND, argument->span, "by: %s has no use for '%s'", by, name);
    return true;
}

struct around {
    const struct expr *with, *k, *least;
};

// What a way of filtering needs besides the targets.
static bool fits_filter(struct lowering *l, const char *by, const struct around *a,
                        const struct value *args, struct scoped s)
{
    bool agrees = strcmp(by, "agreement") == 0; // its score 0 is a no
    bool asks = agrees || strcmp(by, "small_loss") == 0, near = strcmp(by, "neighbours") == 0;
    bool ok = !(!asks && idle(l, a->with, "with", by));
    ok &= !(!near && idle(l, a->k, "k", by));
    if (asks && a->with == NULL) {
        struct diag *diag = diag_error(l->diags, DIAG_MISSING_ARGUMENT, s.expr->span,
                                       "filter() by %s needs 'with', another model", by);
        diag_hint(l->diags, diag, agrees ? "Name the teacher or student that has to agree."
                                         : "Name a student that was trained for a short while.");
        ok = false;
    }
    if (!agrees && given(args, "keep").kind == VALUE_NONE && given(args, "least").kind == VALUE_NONE) {
        struct diag *diag =
            diag_error(l->diags, DIAG_MISSING_ARGUMENT, s.expr->span,
                       "filter() needs 'keep', a share of the rows, or 'least', a score");
        diag_hint(l->diags, diag, "For example keep: 80%%.");
        ok = false;
    }
    return ok;
}

static bool filter(struct lowering *l, struct lowered_term *out, const struct value *args,
                   const struct around *a, struct scoped s, uint32_t rows)
{
    const char *by = value_arg_text(args, "by");
    bool near = strcmp(by, "neighbours") == 0;
    uint32_t in[2] = {out->target, rows};
    if (!fits_filter(l, by, a, args, s))
        return false;
    if (out->mask != STEP_NONE) {
        diag_error(l->diags, DIAG_UNSUPPORTED, s.expr->span, "this guidance has been filtered already");
        return false;
    }
    if (a->with != NULL && (in[1] = other_logits(l, a->with, s, rows)) == STEP_NONE)
        return false;
    struct value_arg kept[] = {
        {"by", given(args, "by")},
        {"keep", given(args, "keep")},
        {"least", given(args, "least")},
        {"k", near ? or_number(given(args, "k"), 10) : (struct value){0}},
    };
    const char *label = arena_format(l->scratch, "rows of %s by %s",
                                     l->plan->steps[out->target].label, by);
    out->mask = add_step(l, STEP_filter, in, a->with != NULL || near ? 2 : 1, kept, ARRAY_LEN(kept),
                         label, 1);
    return true;
}

static bool relabel(struct lowering *l, struct lowered_term *out, const struct value *args,
                    const struct around *a, struct scoped s, uint32_t rows)
{
    const char *by = value_arg_text(args, "by");
    bool near = strcmp(by, "neighbours") == 0;
    bool ok = !(near && idle(l, a->with, "with", by));
    ok &= !(near && idle(l, a->least, "least", by));
    ok &= !(!near && idle(l, a->k, "k", by));
    if (!near && a->with == NULL) {
        diag_error(l->diags, DIAG_MISSING_ARGUMENT, s.expr->span, "relabel() by %s needs 'with', a model", by);
        ok = false;
    }
    uint32_t in[2] = {out->target, rows};
    if (!ok || (!near && (in[1] = other_logits(l, a->with, s, rows)) == STEP_NONE))
        return false;
    struct value_arg kept[] = {
        {"least", near ? (struct value){0} : or_number(given(args, "least"), 0.95)},
        {"k", near ? or_number(given(args, "k"), 10) : (struct value){0}},
    };
    const struct step *target = &l->plan->steps[out->target];
    const char *label = arena_format(l->scratch, "%s, relabelled", target->label);
    out->target = add_step(l, STEP_relabel, in, 2, kept, ARRAY_LEN(kept), label, target->facts.classes);
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
    const struct expr *from = argument(call, bound, "from");
    struct around around = {argument(call, bound, "with"), argument(call, bound, "k"),
                            argument(call, bound, "least")};
    if (!lower_guidance(l, out, (struct scoped){from, s.block}, rows) || !ok)
        return false;
    out->span = s.expr->span;
    if (out->target == STEP_NONE) {
        diag_error(l->diags, DIAG_WRONG_KIND, from->span,
                   "%s() wants guidance with targets, found %s", call->name, out->call.text);
        return false;
    }
    if (rows == STEP_NONE) // by itself, where nobody learns yet: its words have been looked at
        return false;
    return strcmp(call->name, "filter") == 0 ? filter(l, out, &args, &around, s, rows)
                                             : relabel(l, out, &args, &around, s, rows);
}
