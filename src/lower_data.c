// lower_data.c -- data: sources, parts, take, where; from expressions to steps that make rows.
#include "lower.h"

#include "lower_prepare.h"
#include "lower_source.h"

#include <string.h>

static uint32_t add(struct lowering *l, enum step_kind kind, uint32_t input, struct value attrs,
                    struct step_facts facts, const char *label)
{
    struct step step = {.kind = kind, .in = &input, .n_in = 1, .seed = SEED_NONE, .label = label,
                        .attrs = attrs, .facts = facts};
    return plan_add(l->plan, &step, NULL);
}

// A word that names nothing else stands for itself.
static const struct expr *as_text(struct lowering *l, struct scoped s)
{
    if (!lower_follow(l, &s) || s.expr->kind != EXPR_NAME || program_find(l->program, s.expr->text) != NULL)
        return s.expr;
    struct expr *text = arena_alloc(l->scratch, sizeof *text);
    *text = *s.expr;
    text->kind = EXPR_STRING;
    return text;
}

// The call with what the settings `label` and `group` say among its arguments, as if it stood there.
static const struct expr *with_columns(struct lowering *l, const struct symbol *data)
{
    static const char *const names[] = {"label", "group"};
    struct expr *call = arena_alloc(l->scratch, sizeof *call);
    *call = *data->value;
    if (call->kind == EXPR_NAME)
        *call = (struct expr){.kind = EXPR_CALL, .span = call->span, .left = data->value};
    const char *source = call->left->kind == EXPR_NAME ? call->left->text : "";
    bool array = strcmp(source, "npz") == 0 || strcmp(source, "safetensors") == 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct setting *setting = symbol_setting(data, names[i]);
        if (setting == NULL)
            continue;
        struct arg *last = arena_alloc(l->scratch, sizeof *last);
        *last = (struct arg){.name = array && i == 0 ? "labels" : names[i],
                             .name_span = setting->name_span,
                             .value = as_text(l, (struct scoped){setting->value, setting->block})};
        const struct arg **end = &call->args;
        for (; *end != NULL; end = (const struct arg **)&((struct arg *)*end)->next) {
            struct arg *copy = arena_alloc(l->scratch, sizeof *copy);
            *copy = **end;
            *end = copy;
        }
        *end = last;
    }
    return call;
}

static uint32_t lower_source(struct lowering *l, const struct symbol *data)
{
    struct scoped s = {with_columns(l, data), NULL};
    struct value source, scale;
    bool ok = lower_call(l, &source, GROUP_SOURCE, s);
    ok &= lower_setting(l, &scale, data, "scale");
    if (!ok)
        return STEP_NONE;
    struct source_facts facts;
    if (!source_facts(l, &facts, &source))
        return STEP_NONE;
    const struct value *group = value_arg(&source, "group");
    facts.facts.group = group != NULL ? group->text : NULL;
    struct value_arg args[] = {{"source", source}, {"scale", scale}};
    struct step step = {.kind = STEP_load, .seed = SEED_NONE, .label = data->name, .facts = facts.facts,
                        .attrs = lower_make_call(l, "load", ARRAY_LEN(args), args)};
    return plan_add(l->plan, &step, &facts.digest);
}

// What the value of a data declaration gives, before its settings.
static uint32_t lower_raw(struct lowering *l, const struct symbol *data)
{
    const struct expr *value = data->value;
    if (value->kind == EXPR_CALL ||
        value->kind == EXPR_NAME) // a name: a source without its arguments
        return lower_source(l, data);
    static const char *const of_source[] = {"scale", "label", "group"};
    for (size_t i = 0; i < ARRAY_LEN(of_source); i++) {
        const struct setting *setting = symbol_setting(data, of_source[i]);
        if (setting == NULL)
            continue;
        diag_error(l->diags, DIAG_UNSUPPORTED, setting->name_span,
                   "'%s' belongs to the data that has the source", of_source[i]);
        return STEP_NONE;
    }
    if (!lower_open(l, data))
        return STEP_NONE;
    bool seen;
    uint32_t step = lower_used_data(l, &seen, (struct scoped){value, NULL});
    lower_close(l, data);
    if (!seen)
        return step;
    diag_error(l->diags, DIAG_WRONG_KIND, value->span,
               "seen() belongs where the rows are used, in 'on' and in 'train'");
    return STEP_NONE;
}

// All rows of a data declaration.
static uint32_t lower_whole(struct lowering *l, const struct symbol *data)
{
    if (data->value == NULL) {
        if (data->base == NULL && data->decl->value == NULL)
            diag_error(l->diags, DIAG_MISSING_SETTING, data->span,
                       "data '%s' needs a source: data %s = …", data->name, data->name);
        return STEP_NONE;
    }
    if (data->broken)
        return STEP_NONE;
    uint32_t step = lower_prepare(l, data, lower_raw(l, data));
    struct value on;
    if (!lower_setting(l, &on, data, "standardize") || step == STEP_NONE || on.number == 0)
        return step;
    return lower_standardize(l, data, step);
}

static const struct symbol *data_symbol(struct lowering *l, struct scoped s)
{
    return lower_symbol(l, s, KIND_BIT(DECL_DATA), "data");
}

static bool part_index(struct lowering *l, size_t *at, const struct value *parts, const struct expr *e)
{
    const char *names[64];
    for (*at = 0; *at < parts->n; ++*at)
        if (strcmp(parts->args[*at].name, e->text) == 0)
            return true;
    struct diag *diag = diag_error(l->diags, DIAG_UNKNOWN_PART, e->name_span, "'%s' has no part '%s'",
                                   e->left->kind == EXPR_NAME ? e->left->text : "data", e->text);
    size_t n = 0;
    struct str all = {0};
    for (; n < parts->n && n < ARRAY_LEN(names); n++) {
        names[n] = parts->args[n].name;
        str_format(&all, "%s%s", n > 0 ? ", " : "", names[n]);
    }
    const char *nearest = diag_nearest(e->text, names, n);
    if (nearest != NULL)
        diag_hint(l->diags, diag, "did you mean '%s'?", nearest);
    else
        diag_hint(l->diags, diag, "Its parts: %s.", str_text(&all));
    str_release(&all);
    return false;
}

static uint32_t lower_part(struct lowering *l, struct scoped s)
{
    const struct symbol *data = data_symbol(l, (struct scoped){s.expr->left, s.block});
    if (data == NULL)
        return STEP_NONE;
    uint32_t whole = lower_whole(l, data);
    struct split split;
    if (!lower_split(l, &split, data))
        return STEP_NONE;
    if (split.parts.kind == VALUE_NONE) {
        struct diag *diag = diag_error(l->diags, DIAG_UNKNOWN_PART, s.expr->name_span,
                                       "'%s' has no parts, so no '%s'", data->name, s.expr->text);
        diag_hint(l->diags, diag, "Add split = { %s: …, … } to data '%s'.", s.expr->text, data->name);
        return STEP_NONE;
    }
    size_t at;
    if (!part_index(l, &at, &split.parts, s.expr) || whole == STEP_NONE)
        return STEP_NONE;
    return lower_split_part(l, &split, whole, at, lower_label(l, s));
}

static uint32_t lower_take(struct lowering *l, struct scoped s)
{
    uint32_t input = lower_data(l, (struct scoped){s.expr->left, s.block});
    double n;
    if (!lower_number(l, &n, (struct scoped){s.expr->right, s.block}))
        return STEP_NONE;
    if (!(n >= 1 && n <= 4294967295.0) || n != (double)(uint64_t)n) {
        diag_error(l->diags, DIAG_OUT_OF_RANGE, s.expr->right->span, "take wants a whole number of rows, at least 1");
        return STEP_NONE;
    }
    if (input == STEP_NONE)
        return STEP_NONE;
    struct step_facts facts = l->plan->steps[input].facts;
    if (facts.rows > 0 && n > (double)facts.rows) {
        diag_error(l->diags, DIAG_OUT_OF_RANGE, s.expr->right->span,
                   "take %.0f, and there are %llu rows", n, (unsigned long long)facts.rows);
        return STEP_NONE;
    }
    facts.rows = (uint64_t)n;
    struct value_arg args[] = {{"n", value_number(n)}};
    return add(l, STEP_take, input, lower_make_call(l, "take", 1, args), facts, lower_label(l, s));
}

static uint32_t lower_where(struct lowering *l, struct scoped s)
{
    uint32_t input = lower_data(l, (struct scoped){s.expr->left, s.block});
    struct value predicate;
    enum row_type type = lower_row_expr(l, &predicate, (struct scoped){s.expr->right, s.block}, input);
    if (type == ROW_WRONG)
        return STEP_NONE;
    if (type != ROW_TRUTH) {
        diag_error(l->diags, DIAG_WRONG_TYPE, s.expr->right->span, "where wants a condition, such as class < 5");
        return STEP_NONE;
    }
    if (input == STEP_NONE)
        return STEP_NONE;
    struct step_facts facts = l->plan->steps[input].facts;
    facts.rows = 0; // only the data can tell
    struct value_arg args[] = {{"predicate", predicate}};
    return add(l, STEP_where, input, lower_make_call(l, "where", 1, args), facts, lower_label(l, s));
}

static uint32_t lower_pipe(struct lowering *l, struct scoped s)
{
    uint32_t input = lower_data(l, (struct scoped){s.expr->left, s.block});
    struct value shift;
    if (!lower_shift(l, &shift, (struct scoped){s.expr->right, s.block}) || input == STEP_NONE)
        return STEP_NONE;
    if (value_is_call(&shift, "suite")) {
        diag_error(l->diags, DIAG_WRONG_KIND, s.expr->right->span,
                   "suite() is many shifts: it stands last in 'on' of an evaluation");
        return STEP_NONE;
    }
    return lower_shifted(l, input, shift, lower_label(l, s), s.expr->right->span);
}

// seen(DATA): the rows of DATA, and the word that models may have been trained on them.
static uint32_t lower_marked(struct lowering *l, struct scoped s)
{
    const struct schema_row *call = lower_callee(l, GROUP_DATA, s);
    const struct expr *bound[CALL_MAX_ARGS];
    if (call == NULL || !lower_bind(l, bound, call, s))
        return STEP_NONE;
    l->seen = true;
    return lower_data(l, (struct scoped){bound[0], s.block});
}

static uint32_t data(struct lowering *l, struct scoped s)
{
    const struct expr *e = s.expr;
    if (e->kind == EXPR_ERROR)
        return STEP_NONE;
    if (e->kind == EXPR_NAME) {
        const struct symbol *symbol = data_symbol(l, s);
        return symbol != NULL ? lower_whole(l, symbol) : STEP_NONE;
    }
    if (e->kind == EXPR_MEMBER)
        return lower_part(l, s);
    if (e->kind == EXPR_BINARY && e->op == OP_TAKE)
        return lower_take(l, s);
    if (e->kind == EXPR_BINARY && e->op == OP_WHERE)
        return lower_where(l, s);
    if (e->kind == EXPR_BINARY && e->op == OP_PIPE)
        return lower_pipe(l, s);
    if (e->kind == EXPR_CALL && e->left->kind == EXPR_NAME &&
        schema_call(GROUP_DATA, e->left->text) != NULL)
        return lower_marked(l, s);
    struct diag *diag = diag_error(l->diags, DIAG_WRONG_TYPE, e->span, "expected data");
    diag_hint(l->diags, diag, "Data is a name, a part such as digits.test, or either of them with take, where or |>.");
    return STEP_NONE;
}

uint32_t lower_data(struct lowering *l, struct scoped s)
{
    if (!lower_follow(l, &s) || !lower_enter(l, s.expr->span))
        return STEP_NONE;
    uint32_t step = data(l, s);
    lower_leave(l);
    return step;
}

uint32_t lower_used_data(struct lowering *l, bool *seen, struct scoped s)
{
    bool outer = l->seen;
    l->seen = false;
    uint32_t step = lower_data(l, s);
    *seen = l->seen;
    l->seen = outer;
    return step;
}
