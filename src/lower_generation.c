// lower_generation.c -- a student that teaches itself: `generations`, `first`, `stop`, and the word `previous`.
//
// Generation 1 learns from the teacher `first`, every later one from the one before it, from the same start
// and in the same order of rows. All of them are in the plan; with `stop`, one whose two predecessors hardly
// differ on the training rows takes over the parameters of the last and is not trained.
#include "lower_generation.h"

#include <string.h>

bool lower_generations(struct lowering *l, struct generations *out, const struct symbol *symbol)
{
    *out = (struct generations){.n = 1};
    const struct setting *n = symbol_setting(symbol, "generations");
    const struct setting *first = symbol_setting(symbol, "first");
    const struct setting *stop = symbol_setting(symbol, "stop");
    const struct setting *any = n != NULL ? n : first != NULL ? first : stop;
    if (any == NULL)
        return true;
    out->any = true;
    if (n == NULL || first == NULL) {
        struct diag *diag =
            diag_error(l->diags, DIAG_MISSING_SETTING, any->name_span, "'%s' needs '%s' beside it",
                       any->name, n == NULL ? "generations" : "first");
        diag_hint(l->diags, diag, "A student over generations says first = TEACHER, generations = 3, "
                                  "and learns from 'previous'.");
        return false;
    }
    struct value count, share;
    bool ok = lower_setting(l, &count, symbol, "generations");
    ok &= lower_setting(l, &share, symbol, "stop");
    out->first = lower_symbol(l, (struct scoped){first->value, first->block},
                              KIND_BIT(DECL_TEACHER) | KIND_BIT(DECL_STUDENT), "a teacher");
    if (!ok || out->first == NULL)
        return false;
    out->n = (uint32_t)count.number;
    out->stop = share;
    return true;
}

bool lower_previous(struct lowering *l, struct taught_by *out, const struct expr *name)
{
    struct generation *g = l->generation;
    if (g == NULL) {
        struct diag *diag = diag_error(l->diags, DIAG_UNKNOWN_NAME, name->span,
                                       "'previous' has a meaning only in what a student with "
                                       "'generations' learns");
        diag_hint(l->diags, diag, "Add generations = 3 and first = TEACHER to the student.");
        return false;
    }
    g->says_previous = true;
    *out = (struct taught_by){.teacher = g->first, .name = g->first->name};
    if (g->number == 1) {
        out->trained = lower_training(l, g->first, TRAINING_PLAIN);
        return out->trained != STEP_NONE;
    }
    out->trained = g->step[g->number - 2];
    out->name = arena_format(l->scratch, "%s[%u]", g->student->name, (unsigned)g->number - 1);
    return true;
}

bool lower_is_previous(const struct lowering *l, const struct expr *e)
{
    return e->kind == EXPR_NAME && strcmp(e->text, "previous") == 0 &&
           program_find(l->program, e->text) == NULL;
}

bool lower_generation_ref(struct lowering *l, struct model_ref *out, struct scoped s)
{
    const struct expr *e = s.expr;
    struct generations all;
    double number;
    const struct symbol *student =
        lower_symbol(l, (struct scoped){e->left, s.block},
                     KIND_BIT(DECL_TEACHER) | KIND_BIT(DECL_STUDENT), "a student with generations");
    if (student == NULL || student->broken || !lower_generations(l, &all, student) ||
        !lower_number(l, &number, (struct scoped){e->right, s.block}))
        return false;
    if (!(number >= 1 && number <= all.n) || number != (double)(uint32_t)number || !all.any) {
        diag_error(l->diags, DIAG_OUT_OF_RANGE, e->span, "'%s' has %u generation%s, counted from 1",
                   student->name, (unsigned)all.n, all.n == 1 ? "" : "s");
        return false;
    }
    *out = (struct model_ref){.symbol = student, .how = TRAINING_PLAIN, .label = lower_label(l, s),
                              .span = e->span, .generation = (uint32_t)number};
    return true;
}

// How far the two generations before agree on the rows they were trained on.
static uint32_t agreement(struct lowering *l, uint32_t a, uint32_t b, uint32_t rows,
                          const struct symbol *student)
{
    const char *name = student->name;
    uint32_t in[3] = {lower_predict(l, a, rows, name, student->span),
                      lower_predict(l, b, rows, name, student->span), rows};
    if (in[0] == STEP_NONE || in[1] == STEP_NONE)
        return STEP_NONE;
    struct value_arg with[] = {{"with", {.kind = VALUE_INPUT, .index = 1}}};
    struct value_arg args[] = {{"metric", lower_make_call(l, "agreement", 1, with)}};
    struct step step = {.kind = STEP_evaluate, .in = in, .n_in = 3, .seed = l->seed,
                        .label = arena_format(l->scratch, "agreement of generations of %s",
                                              student->name),
                        .attrs = lower_make_call(l, "evaluate", 1, args)};
    return plan_add(l->plan, &step, NULL);
}

bool lower_stop(struct lowering *l, struct stop_rule *out, uint32_t rows)
{
    const struct generation *g = l->generation;
    *out = (struct stop_rule){STEP_NONE, STEP_NONE, {0}};
    if (g == NULL || g->number < 3 || g->stop.kind == VALUE_NONE)
        return true;
    out->share = g->stop;
    out->last = g->step[g->number - 2];
    out->agreement = agreement(l, out->last, g->step[g->number - 3], rows, g->student);
    return out->agreement != STEP_NONE;
}
