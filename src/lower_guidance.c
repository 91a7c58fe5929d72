// lower_guidance.c -- guidance: from a teacher to a target for each row, and the term that uses it.
#include "lower.h"

#include <string.h>

static uint32_t guide(struct lowering *l, uint32_t logits, struct value how, const char *label)
{
    struct value_arg args[] = {{"target", how}};
    struct step step = {.kind = STEP_guide, .in = &logits, .n_in = 1, .label = label,
                        .seed = l->plan->steps[logits].seed,
                        .attrs = lower_make_call(l, "guide", 1, args),
                        .facts = l->plan->steps[logits].facts};
    step.facts.flops = 0;
    return plan_add(l->plan, &step, NULL);
}

// soft_labels and hard_labels: guidance that comes straight from a teacher.
static bool from_teacher(struct lowering *l, struct lowered_term *out, const struct schema_row *call,
                         const struct expr *const *bound, struct scoped s, uint32_t rows)
{
    unsigned kinds = KIND_BIT(DECL_TEACHER) | KIND_BIT(DECL_STUDENT);
    const struct symbol *teacher = lower_symbol(l, (struct scoped){bound[0], s.block}, kinds, "a teacher");
    if (!lower_bound_call(l, &out->call, call, bound, s) || teacher == NULL)
        return false;
    out->teacher = teacher;
    uint32_t trained = lower_training(l, teacher, TRAINING_PLAIN);
    if (trained == STEP_NONE || rows == STEP_NONE)
        return false;
    uint32_t logits = lower_predict(l, trained, rows, teacher->name, s.expr->span);
    if (logits == STEP_NONE)
        return false;
    out->target = guide(l, logits, out->call, arena_format(l->scratch, "%s of %s", call->name, teacher->name));
    return true;
}

// log_confidence and product_confidence: guidance made from guidance.
static bool from_guidance(struct lowering *l, struct lowered_term *out, const struct schema_row *call,
                          const struct expr *const *bound, struct scoped s, uint32_t rows)
{
    struct lowered_term base = {.target = STEP_NONE};
    struct value made;
    bool ok = lower_guidance(l, &base, (struct scoped){bound[0], s.block}, rows);
    ok &= lower_bound_call(l, &made, call, bound, s);
    if (base.call.kind != VALUE_CALL)
        return false; // what it is made from is wrong
    out->call = made;
    if (!value_is_call(&base.call, "soft_labels") && !value_is_call(&base.call, "hard_labels")) {
        diag_error(l->diags, DIAG_WRONG_KIND, bound[0]->span, "%s() wants soft_labels or hard_labels, found %s",
                   call->name, base.call.text);
        return false;
    }
    if (!ok)
        return false;
    uint64_t classes = rows != STEP_NONE ? l->plan->steps[rows].facts.classes : 0;
    const struct value *variant = value_arg(&out->call, "variant");
    if (variant != NULL && strcmp(variant->text, "openai2024") == 0 && classes > 2) {
        struct diag *diag = diag_error(l->diags, DIAG_SHAPE, s.expr->span,
                                       "the variant openai2024 is defined for 2 classes, found %llu",
                                       (unsigned long long)classes);
        diag_hint(l->diags, diag, "Use variant: paper.");
        return false;
    }
    out->target = base.target;
    out->teacher = base.teacher;
    return true;
}

static bool guidance(struct lowering *l, struct lowered_term *out, struct scoped s, uint32_t rows)
{
    if (s.expr->kind == EXPR_NAME &&
        !lower_is_call(l, GROUP_GUIDANCE, DECL_GUIDANCE, s.expr->text)) {
        const struct symbol *symbol = lower_symbol(l, s, KIND_BIT(DECL_GUIDANCE), "guidance");
        if (symbol == NULL)
            return false;
        if (symbol->value == NULL) {
            if (symbol->decl->value == NULL)
                diag_error(l->diags, DIAG_MISSING_SETTING, symbol->span,
                           "guidance '%s' needs a value: guidance %s = …", symbol->name, symbol->name);
            return false;
        }
        if (!lower_open(l, symbol))
            return false;
        bool ok = lower_guidance(l, out, (struct scoped){symbol->value, NULL}, rows);
        lower_close(l, symbol);
        return ok;
    }
    const struct schema_row *call = lower_callee(l, GROUP_GUIDANCE, s);
    const struct expr *bound[CALL_MAX_ARGS];
    if (call == NULL || !lower_bind(l, bound, call, s))
        return false;
    if (schema_arg(call, 0)->type == TYPE_GUIDANCE)
        return from_guidance(l, out, call, bound, s, rows);
    return from_teacher(l, out, call, bound, s, rows);
}

bool lower_guidance(struct lowering *l, struct lowered_term *out, struct scoped s, uint32_t rows)
{
    if (!lower_follow(l, &s) || !lower_enter(l, s.expr->span))
        return false;
    bool ok = guidance(l, out, s, rows);
    lower_leave(l);
    return ok;
}
