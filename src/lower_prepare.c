// lower_prepare.c -- see lower_prepare.h: stride, relabel, noise.
#include "lower_prepare.h"

#include "data/relabel.h"

#include <string.h>

static uint32_t add(struct lowering *l, enum step_kind kind, uint32_t rows, struct value attrs,
                    struct step_facts facts, const struct symbol *data)
{
    struct step step = {.kind = kind,
                        .in = &rows,
                        .n_in = 1,
                        .seed = SEED_NONE,
                        .label = data->name,
                        .attrs = attrs,
                        .facts = facts};
    return plan_add(l->plan, &step, NULL);
}

static uint32_t lower_stride(struct lowering *l, const struct symbol *data, uint32_t rows)
{
    const struct setting *setting = symbol_setting(data, "stride");
    struct value n;
    if (!lower_setting(l, &n, data, "stride"))
        return STEP_NONE;
    if (rows == STEP_NONE || n.number == 1)
        return rows;
    struct step_facts facts = l->plan->steps[rows].facts;
    if (facts.features > 0 && facts.height == 0) {
        diag_error(l->diags, DIAG_SHAPE, setting->value->span,
                   "'stride' needs images, and these rows have no image shape");
        return STEP_NONE;
    }
    uint32_t by = (uint32_t)n.number;
    facts.height = (facts.height + by - 1) / by;
    facts.width = (facts.width + by - 1) / by;
    facts.features = (uint64_t)facts.height * facts.width * facts.channels;
    struct value_arg args[] = {{"n", n}};
    return add(l, STEP_stride, rows, lower_make_call(l, "stride", 1, args), facts, data);
}

// A number that is made of anything but the class does not tell how many classes there are.
static bool only_class(const struct value *v)
{
    bool ok = v->kind != VALUE_TEXT && (v->kind != VALUE_NAME || strcmp(v->text, "class") == 0);
    for (size_t i = 0; v->kind == VALUE_CALL && i < v->n; i++)
        ok &= only_class(&v->args[i].value);
    return ok;
}

static uint32_t lower_relabel(struct lowering *l, const struct symbol *data, uint32_t rows)
{
    const struct setting *setting = symbol_setting(data, "relabel");
    if (setting == NULL)
        return rows;
    struct value to;
    struct span span = setting->value->span;
    enum row_type type = lower_row_expr(l, &to, (struct scoped){setting->value, setting->block}, rows);
    if (type == ROW_NUMBER && !only_class(&to)) {
        diag_error(l->diags, DIAG_WRONG_TYPE, span,
                   "'relabel' wants a condition, such as class < 5, or a number over class");
        return STEP_NONE;
    }
    if (type == ROW_WRONG || rows == STEP_NONE)
        return STEP_NONE;
    struct step_facts facts = l->plan->steps[rows].facts;
    uint32_t classes;
    struct err err = {0};
    if (facts.classes > 0 && relabel_classes(&classes, &to, (uint32_t)facts.classes, &err) < 0) {
        diag_error(l->diags, DIAG_OUT_OF_RANGE, span, "%s", err.text);
        return STEP_NONE;
    }
    if (facts.classes > 0 || type == ROW_TRUTH)
        facts.classes = facts.classes > 0 ? classes : 2;
    struct value_arg args[] = {{"to", to}};
    return add(l, STEP_reclass, rows, lower_make_call(l, "reclass", 1, args), facts, data);
}

// The declaration whose block says it: a copy of data with other settings has the same flips.
static const struct symbol *owner_of(const struct symbol *data, const struct setting *setting)
{
    const struct setting *above;
    while (data->base != NULL && (above = symbol_setting(data->base, setting->name)) != NULL &&
           above->value == setting->value)
        data = data->base;
    return data;
}

static uint32_t lower_noise(struct lowering *l, const struct symbol *data, uint32_t rows)
{
    const struct setting *setting = symbol_setting(data, "noise");
    struct value share, seed;
    if (!lower_setting(l, &share, data, "noise"))
        return STEP_NONE;
    if (rows == STEP_NONE || share.number == 0)
        return rows;
    if (!lower_setting(l, &seed, data, "seed"))
        return STEP_NONE;
    struct step_facts facts = l->plan->steps[rows].facts;
    if (facts.classes == 1) {
        diag_error(l->diags, DIAG_SHAPE, setting->value->span,
                   "'noise' flips a label to another class, and there is only one");
        return STEP_NONE;
    }
    struct value_arg args[] = {
        {"share", share},
        {"data", value_text(arena_text(l->scratch, owner_of(data, setting)->name))},
        {"seed", seed},
    };
    return add(l, STEP_noise, rows, lower_make_call(l, "noise", ARRAY_LEN(args), args), facts,
               data);
}

uint32_t lower_prepare(struct lowering *l, const struct symbol *data, uint32_t rows)
{
    return lower_noise(l, data, lower_relabel(l, data, lower_stride(l, data, rows)));
}
