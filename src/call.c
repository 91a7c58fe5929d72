// call.c -- settings and calls by the schema: arguments matched, defaults filled in, types and ranges
// checked. What refers to declarations (models, data, guidance) is left to lower_*.c.
#include "lower.h"

#include "model/model.h"

#include <stdlib.h>
#include <string.h>

bool lower_enter(struct lowering *l, struct span span)
{
    if (l->spent)
        return false; // reported
    if (++l->work > LOWER_MAX_WORK || ++l->total > LOWER_MAX_TOTAL) {
        l->spent = true;
        diag_error(l->diags, DIAG_TOO_DEEP, span,
                   "the file asks for too much: more than %d expressions%s",
                   l->work > LOWER_MAX_WORK ? LOWER_MAX_WORK : LOWER_MAX_TOTAL,
                   l->work > LOWER_MAX_WORK ? ", names expanded" : " in all points and seeds");
        return false;
    }
    if (l->depth == LOWER_MAX_DEPTH) {
        diag_error(l->diags, DIAG_TOO_DEEP, span, "nested deeper than %d levels", LOWER_MAX_DEPTH);
        return false;
    }
    l->depth++;
    return true;
}

void lower_leave(struct lowering *l)
{
    l->depth--;
}

bool lower_open(struct lowering *l, const struct symbol *symbol)
{
    if (symbol->broken)
        return false; // reported
    if (l->open[symbol->number]) {
        diag_error(l->diags, DIAG_CYCLE, symbol->span, "'%s' is made from itself", symbol->name);
        return false;
    }
    l->open[symbol->number] = true;
    return true;
}

void lower_close(struct lowering *l, const struct symbol *symbol)
{
    l->open[symbol->number] = false;
}

static const struct stmt *find_let(const struct block *block, const char *name)
{
    for (const struct stmt *s = block != NULL ? block->first : NULL; s != NULL; s = s->next)
        if (s->kind == STMT_LET && strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

bool lower_follow(struct lowering *l, struct scoped *s)
{
    struct span first = s->expr->span;
    for (int steps = 0; s->expr->kind == EXPR_NAME; steps++) {
        const struct stmt *let = find_let(s->block, s->expr->text);
        if (let == NULL)
            return true;
        if (steps == LOWER_MAX_DEPTH) {
            diag_error(l->diags, DIAG_CYCLE, first, "'%s' is defined by itself", s->expr->text);
            return false;
        }
        s->expr = let->value;
    }
    return true;
}

struct value lower_make_call(struct lowering *l, const char *callee, size_t n, const struct value_arg *args)
{
    struct value_arg *copy = arena_array(&l->plan->arena, n, sizeof *copy);
    if (n > 0)
        memcpy(copy, args, n * sizeof *copy);
    return (struct value){.kind = VALUE_CALL, .text = callee, .n = n, .args = copy};
}

struct value lower_make_list(struct lowering *l, size_t n, const struct value *items)
{
    struct value *copy = arena_array(&l->plan->arena, n, sizeof *copy);
    if (n > 0)
        memcpy(copy, items, n * sizeof *copy);
    return (struct value){.kind = VALUE_LIST, .n = n, .items = copy};
}

static const struct expr *without_lets(struct lowering *l, struct scoped s);

static const struct arg *args_without_lets(struct lowering *l, const struct arg *args,
                                           const struct block *block)
{
    const struct arg *first = NULL, **end = &first;
    for (const struct arg *a = args; a != NULL; a = a->next) {
        struct arg *copy = arena_alloc(&l->plan->arena, sizeof *copy);
        *copy = *a;
        copy->value = without_lets(l, (struct scoped){a->value, block});
        *end = copy;
        end = &copy->next;
    }
    return first;
}

static const struct expr *without_lets(struct lowering *l, struct scoped s)
{
    if (!lower_follow(l, &s) || !lower_enter(l, s.expr->span))
        return s.expr; // reported
    struct expr *copy = arena_alloc(&l->plan->arena, sizeof *copy);
    *copy = *s.expr;
    if (copy->left != NULL && copy->kind != EXPR_CALL) // what is called is no `let` name
        copy->left = without_lets(l, (struct scoped){copy->left, s.block});
    if (copy->right != NULL)
        copy->right = without_lets(l, (struct scoped){copy->right, s.block});
    copy->args = args_without_lets(l, copy->args, s.block);
    lower_leave(l);
    return copy;
}

static bool has_lets(const struct block *block)
{
    for (const struct stmt *s = block != NULL ? block->first : NULL; s != NULL; s = s->next)
        if (s->kind == STMT_LET)
            return true;
    return false;
}

const char *lower_label(struct lowering *l, struct scoped s)
{
    struct str text = {0};
    expr_format(&text, has_lets(s.block) ? without_lets(l, s) : s.expr);
    const char *label = arena_text(&l->plan->arena, str_text(&text));
    str_release(&text);
    return label;
}

// --- one value of a type --------------------------------------------------------------------------------

static bool wrong_type(struct lowering *l, struct span span, const struct schema_row *row,
                       const char *expected)
{
    diag_error(l->diags, DIAG_WRONG_TYPE, span, "'%s' wants %s", row->name, expected);
    return false;
}

static bool in_range(struct lowering *l, struct span span, const struct schema_row *row, double x)
{
    if (x >= row->min && x <= row->max)
        return true;
    struct str text = {0};
    str_format(&text, "'%s' is ", row->name);
    str_number(&text, x);
    str_add(&text, ", expected ");
    str_number(&text, row->min);
    str_add(&text, "..");
    str_number(&text, row->max);
    diag_error(l->diags, DIAG_OUT_OF_RANGE, span, "%s", str_text(&text));
    str_release(&text);
    return false;
}

static bool number_in_range(struct lowering *l, struct value *out, struct scoped s,
                            const struct schema_row *row, bool whole)
{
    if (!lower_constant(l, out, s))
        return false;
    if (out->kind != VALUE_NUMBER)
        return wrong_type(l, s.expr->span, row, whole ? "a whole number" : "a number");
    if (!in_range(l, s.expr->span, row, out->number))
        return false;
    if (whole && out->number != (double)(int64_t)out->number)
        return wrong_type(l, s.expr->span, row, "a whole number");
    return true;
}

// A number, or both ends of a schedule; what is computed from schedules is not looked into.
static bool weight_in_range(struct lowering *l, const struct value *weight, struct span span,
                            const struct schema_row *row)
{
    if (weight->kind == VALUE_NUMBER)
        return in_range(l, span, row, weight->number);
    const struct value *from = value_arg(weight, "from"), *to = value_arg(weight, "to");
    return from == NULL || to == NULL ||
           (in_range(l, span, row, from->number) && in_range(l, span, row, to->number));
}

static bool is_choice(const char *choices, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = choices; *p != '\0';) {
        size_t length = strcspn(p, "|");
        if (length == n && memcmp(p, word, n) == 0)
            return true;
        p += length + (p[length] == '|');
    }
    return false;
}

static bool unknown_choice(struct lowering *l, struct span span, const struct schema_row *row,
                           const char *word)
{
    char *copy = arena_text(l->diags->arena, row->choices);
    const char *names[32];
    size_t n = 0;
    for (char *p = copy; p != NULL && n < ARRAY_LEN(names);) {
        if (*p != '~')
            names[n++] = p;
        p = strchr(p, '|');
        if (p != NULL)
            *p++ = '\0';
    }
    struct diag *diag = diag_error(l->diags, DIAG_UNKNOWN_CHOICE, span, "'%s' cannot be '%s'",
                                   row->name, word);
    const char *nearest = diag_nearest(word, names, n);
    if (nearest != NULL) {
        diag_hint(l->diags, diag, "did you mean '%s'?", nearest);
        return false;
    }
    struct str list = {0};
    for (size_t i = 0; i < n; i++)
        str_format(&list, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", names[i]);
    diag_hint(l->diags, diag, "Known: %s.", str_text(&list));
    str_release(&list);
    return false;
}

static bool choice(struct lowering *l, struct value *out, struct scoped s, const struct schema_row *row)
{
    if (!lower_follow(l, &s))
        return false;
    if (s.expr->kind != EXPR_NAME)
        return wrong_type(l, s.expr->span, row, "one of a few words");
    if (!is_choice(row->choices, s.expr->text))
        return unknown_choice(l, s.expr->span, row, s.expr->text);
    *out = value_name(arena_text(&l->plan->arena, s.expr->text));
    return true;
}

static bool text(struct lowering *l, struct value *out, struct scoped s, const struct schema_row *row)
{
    if (!lower_follow(l, &s))
        return false;
    if (s.expr->kind == EXPR_NAME && program_find(l->program, s.expr->text) == NULL) {
        struct diag *diag = diag_error(l->diags, DIAG_WRONG_TYPE, s.expr->span,
                                       "'%s' wants a text in quotes", row->name);
        diag_hint(l->diags, diag, "did you mean \"%s\"?", s.expr->text);
        return false;
    }
    if (!lower_constant(l, out, s))
        return false;
    if (out->kind != VALUE_TEXT)
        return wrong_type(l, s.expr->span, row, "a text in quotes");
    bool marked = out->text[0] == '~'; // as the choices that are not built yet are
    if (row->choices[0] == '\0' || (!marked && is_choice(row->choices, out->text)))
        return true;
    const char *later = arena_format(l->diags->arena, "~%s", out->text);
    if (!is_choice(row->choices, later))
        return unknown_choice(l, s.expr->span, row, out->text);
    diag_error(l->diags, DIAG_UNSUPPORTED, s.expr->span, "\"%s\" is not supported yet", out->text);
    return false;
}

static bool whole_numbers(struct lowering *l, struct value *out, struct scoped s,
                          const struct schema_row *row)
{
    if (!lower_follow(l, &s))
        return false;
    if (s.expr->kind != EXPR_LIST)
        return wrong_type(l, s.expr->span, row, "a list of whole numbers");
    if (s.expr->n_args > MODEL_MAX_LAYERS - 1) {
        diag_error(l->diags, DIAG_OUT_OF_RANGE, s.expr->span,
                   "'%s' has %zu items, expected at most %d", row->name, s.expr->n_args,
                   MODEL_MAX_LAYERS - 1);
        return false;
    }
    struct value *items = arena_array(&l->plan->arena, s.expr->n_args, sizeof *items);
    size_t n = 0;
    bool ok = true;
    for (const struct arg *a = s.expr->args; a != NULL; a = a->next)
        ok &= number_in_range(l, &items[n++], (struct scoped){a->value, s.block}, row, true);
    *out = (struct value){.kind = VALUE_LIST, .n = n, .items = items};
    return ok;
}

enum { MAX_PARTS = 64 };

static bool parts(struct lowering *l, struct value *out, struct scoped s, const struct schema_row *row)
{
    if (!lower_follow(l, &s))
        return false;
    if (s.expr->kind != EXPR_MAP || s.expr->n_args == 0)
        return wrong_type(l, s.expr->span, row, "parts such as { train: 80%, test: 20% }");
    if (s.expr->n_args > MAX_PARTS) {
        diag_error(l->diags, DIAG_OUT_OF_RANGE, s.expr->span, "%zu parts, expected at most %d",
                   s.expr->n_args, MAX_PARTS);
        return false;
    }
    struct value_arg *args = arena_array(&l->plan->arena, s.expr->n_args, sizeof *args);
    size_t n = 0;
    double sum = 0;
    bool ok = true;
    for (const struct arg *a = s.expr->args; a != NULL; a = a->next) {
        for (size_t i = 0; i < n; i++)
            if (strcmp(args[i].name, a->name) == 0) {
                diag_error(l->diags, DIAG_DUPLICATE_ARGUMENT, a->name_span, "part '%s' stands twice", a->name);
                ok = false;
            }
        double share = 0;
        if (!lower_number(l, &share, (struct scoped){a->value, s.block})) {
            ok = false;
        } else if (!(share > 0 && share <= 1)) {
            diag_error(l->diags, DIAG_OUT_OF_RANGE, a->value->span,
                       "the share of '%s' must be more than 0%% and at most 100%%", a->name);
            ok = false;
        }
        sum += share;
        args[n++] = (struct value_arg){arena_text(&l->plan->arena, a->name), value_number(share)};
    }
    if (ok && sum > 1 + 1e-9) {
        struct str total = {0};
        str_number(&total, (double)(int64_t)(sum * 1e6 + 0.5) / 1e4);
        diag_error(l->diags, DIAG_SHARES, s.expr->span, "the parts add up to %s%%, more than the whole",
                   str_text(&total));
        str_release(&total);
        ok = false;
    }
    *out = (struct value){.kind = VALUE_CALL, .text = "parts", .n = n, .args = args};
    return ok;
}

bool lower_value(struct lowering *l, struct value *out, struct scoped s, const struct schema_row *row)
{
    *out = (struct value){0};
    if (s.expr->kind == EXPR_ERROR)
        return false;
    switch (row->type) {
    case TYPE_NUMBER:
    case TYPE_SHARE:
        return number_in_range(l, out, s, row, false);
    case TYPE_INT:
        return number_in_range(l, out, s, row, true);
    case TYPE_BOOL:
        if (!lower_constant(l, out, s))
            return false;
        return out->kind == VALUE_BOOL || wrong_type(l, s.expr->span, row, "true or false");
    case TYPE_TEXT:
        return text(l, out, s, row);
    case TYPE_CHOICE:
        return choice(l, out, s, row);
    case TYPE_INTS:
        return whole_numbers(l, out, s, row);
    case TYPE_PARTS:
        return parts(l, out, s, row);
    case TYPE_WEIGHT:
        return lower_weight(l, out, s) && weight_in_range(l, out, s.expr->span, row);
    case TYPE_MODEL:
        return lower_model(l, out, s);
    case TYPE_OPTIMISER:
        return lower_call(l, out, GROUP_OPTIMISER, s);
    default:
        BUG("'%s' is no value by itself", row->name);
    }
}

static bool fallback(struct lowering *l, struct value *out, const struct schema_row *row)
{
    const char *text_of = row->fallback;
    *out = (struct value){0};
    if (strcmp(text_of, "-") == 0)
        return true;
    switch (row->type) {
    case TYPE_BOOL:
        *out = value_bool(strcmp(text_of, "true") == 0);
        return true;
    case TYPE_CHOICE:
        *out = value_name(text_of);
        return true;
    case TYPE_OPTIMISER: {
        const struct expr *none[CALL_MAX_ARGS] = {0};
        return lower_bound_call(l, out, schema_call(GROUP_OPTIMISER, text_of), none, (struct scoped){0});
    }
    default:
        *out = value_number(strtod(text_of, NULL));
        return true;
    }
}

void lower_missing(struct lowering *l, const struct symbol *symbol, const char *name)
{
    const char *keyword = decl_keyword(symbol->decl->kind);
    if (symbol->decl->name == NULL)
        diag_error(l->diags, DIAG_MISSING_SETTING, symbol->span, "%s needs '%s'", keyword, name);
    else
        diag_error(l->diags, DIAG_MISSING_SETTING, symbol->span, "%s '%s' needs '%s'", keyword, symbol->name, name);
}

bool lower_setting(struct lowering *l, struct value *out, const struct symbol *symbol, const char *name)
{
    const struct schema_row *row = schema_setting(symbol->decl->kind, name);
    if (row == NULL)
        BUG("no setting '%s' of %s", name, decl_keyword(symbol->decl->kind));
    const struct setting *setting = symbol_setting(symbol, name);
    if (setting != NULL)
        return lower_value(l, out, (struct scoped){setting->value, setting->block}, row);
    if (schema_required(row)) {
        lower_missing(l, symbol, name);
        return false;
    }
    return fallback(l, out, row);
}

// --- calls ----------------------------------------------------------------------------------------------

// The word that is called: of a bare name or of a call of a name.
static const struct expr *callee_name(const struct expr *e)
{
    if (e->kind == EXPR_CALL)
        e = e->left;
    return e->kind == EXPR_NAME ? e : NULL;
}

static void unknown_function(struct lowering *l, enum schema_group group, const struct expr *name)
{
    struct diag *diag = diag_error(l->diags, DIAG_UNKNOWN_FUNCTION, name->span, "'%s' is not %s",
                                   name->text, schema_group_noun(group));
    const char *names[64];
    size_t n = 0;
    const struct schema_row *row = NULL;
    while ((row = schema_next_call(group, row)) != NULL && n < ARRAY_LEN(names))
        names[n++] = row->name;
    const char *nearest = diag_nearest(name->text, names, n);
    if (nearest != NULL)
        diag_hint(l->diags, diag, "did you mean '%s'?", nearest);
}

bool lower_is_call(const struct lowering *l, enum schema_group group, enum decl_kind kind,
                   const char *word)
{
    const struct symbol *symbol = program_find(l->program, word);
    return schema_call(group, word) != NULL && (symbol == NULL || symbol->decl->kind != kind);
}

const struct schema_row *lower_callee(struct lowering *l, enum schema_group group, struct scoped s)
{
    if (!lower_follow(l, &s) || s.expr->kind == EXPR_ERROR)
        return NULL;
    const struct expr *name = callee_name(s.expr);
    if (name == NULL) {
        diag_error(l->diags, DIAG_WRONG_TYPE, s.expr->span, "expected %s", schema_group_noun(group));
        return NULL;
    }
    const struct schema_row *call = schema_call(group, name->text);
    if (call == NULL) {
        unknown_function(l, group, name);
        return NULL;
    }
    if (call->state == STATE_LATER) {
        diag_error(l->diags, DIAG_UNSUPPORTED, name->span, "'%s' is not supported yet", name->text);
        return NULL;
    }
    return call;
}

static const struct schema_row *find_arg(const struct schema_row *call, const char *name, size_t *at)
{
    const struct schema_row *row;
    for (*at = 0; (row = schema_arg(call, *at)) != NULL; ++*at)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

static void unknown_argument(struct lowering *l, const struct schema_row *call, const struct arg *arg)
{
    struct diag *diag = diag_error(l->diags, DIAG_UNKNOWN_ARGUMENT, arg->name_span,
                                   "%s() has no argument '%s'", call->name, arg->name);
    const char *names[CALL_MAX_ARGS];
    size_t n = 0;
    for (const struct schema_row *row; (row = schema_arg(call, n)) != NULL; n++)
        names[n] = row->name;
    const char *nearest = diag_nearest(arg->name, names, n);
    if (nearest != NULL)
        diag_hint(l->diags, diag, "did you mean '%s'?", nearest);
    else if (n == 0)
        diag_hint(l->diags, diag, "It takes none.");
}

// Where argument `arg` goes, or -1 after a report.
static int place_argument(struct lowering *l, const struct expr **bound, const struct schema_row *call,
                          const struct arg *arg, size_t position)
{
    size_t at = position;
    const struct schema_row *row =
        arg->name != NULL ? find_arg(call, arg->name, &at) : schema_arg(call, position);
    if (row == NULL && arg->name != NULL) {
        unknown_argument(l, call, arg);
        return -1;
    }
    if (row == NULL) {
        if (position == 0)
            diag_error(l->diags, DIAG_TOO_MANY_ARGUMENTS, arg->value->span, "%s() takes no arguments", call->name);
        else
            diag_error(l->diags, DIAG_TOO_MANY_ARGUMENTS, arg->value->span, "%s() takes %zu argument%s", call->name,
                       position, position == 1 ? "" : "s");
        return -1;
    }
    if (bound[at] != NULL) {
        diag_error(l->diags, DIAG_DUPLICATE_ARGUMENT, arg->value->span, "'%s' of %s() is given twice",
                   row->name, call->name);
        return -1;
    }
    if (row->state == STATE_LATER) {
        diag_error(l->diags, DIAG_UNSUPPORTED, arg->name != NULL ? arg->name_span : arg->value->span,
                   "'%s' of %s() is not supported yet", row->name, call->name);
        return -1;
    }
    return (int)at;
}

// ramp(0 -> 0.5, …) gives two arguments at once.
static bool is_arrow(const struct schema_row *call, size_t at, const struct expr *value)
{
    const struct schema_row *first = schema_arg(call, at), *second = schema_arg(call, at + 1);
    return value->kind == EXPR_BINARY && value->op == OP_ARROW && first != NULL && second != NULL &&
           strcmp(first->name, "from") == 0 && strcmp(second->name, "to") == 0;
}

bool lower_bind(struct lowering *l, const struct expr **bound, const struct schema_row *call,
                struct scoped s)
{
    memset(bound, 0, CALL_MAX_ARGS * sizeof *bound);
    if (!lower_follow(l, &s))
        return false;
    bool ok = true;
    size_t position = 0;
    const struct expr *e = s.expr;
    for (const struct arg *arg = e->kind == EXPR_CALL ? e->args : NULL; arg != NULL; arg = arg->next) {
        int at = place_argument(l, bound, call, arg, position);
        if (at < 0) {
            ok = false;
            if (arg->name == NULL)
                return false; // one report for the first that is too many
            continue;
        }
        if (arg->name == NULL)
            position++;
        if (is_arrow(call, (size_t)at, arg->value)) {
            bound[at] = arg->value->left;
            bound[at + 1] = arg->value->right;
            if (arg->name == NULL)
                position++;
        } else {
            bound[at] = arg->value;
        }
    }
    const struct schema_row *row;
    for (size_t i = 0; ok && (row = schema_arg(call, i)) != NULL; i++)
        if (bound[i] == NULL && schema_required(row)) {
            diag_error(l->diags, DIAG_MISSING_ARGUMENT, e->span, "%s() needs '%s'", call->name, row->name);
            ok = false;
        }
    return ok;
}

static bool is_reference(enum schema_type type)
{
    return type == TYPE_LABELS || type == TYPE_GUIDANCE || type == TYPE_TEACHER || type == TYPE_STUDENT ||
           type == TYPE_MODEL_REF;
}

bool lower_bound_call(struct lowering *l, struct value *out, const struct schema_row *call,
                      const struct expr *const *bound, struct scoped s)
{
    struct value_arg args[CALL_MAX_ARGS];
    size_t n = 0;
    bool ok = true;
    const struct schema_row *row;
    for (size_t i = 0; (row = schema_arg(call, i)) != NULL; i++) {
        if (is_reference(row->type) || row->state == STATE_LATER)
            continue;
        args[n].name = row->name;
        struct value *value = &args[n++].value;
        ok &= bound[i] != NULL ? lower_value(l, value, (struct scoped){bound[i], s.block}, row)
                               : fallback(l, value, row);
    }
    *out = lower_make_call(l, call->name, n, args);
    return ok;
}

bool lower_call(struct lowering *l, struct value *out, enum schema_group group, struct scoped s)
{
    *out = (struct value){0};
    if (!lower_follow(l, &s))
        return false;
    const struct schema_row *call = lower_callee(l, group, s);
    const struct expr *bound[CALL_MAX_ARGS];
    return call != NULL && lower_bind(l, bound, call, s) && lower_bound_call(l, out, call, bound, s);
}

const struct symbol *lower_symbol(struct lowering *l, struct scoped s, unsigned kinds, const char *noun)
{
    if (!lower_follow(l, &s) || s.expr->kind == EXPR_ERROR)
        return NULL;
    if (s.expr->kind != EXPR_NAME) {
        diag_error(l->diags, DIAG_WRONG_TYPE, s.expr->span, "expected the name of %s", noun);
        return NULL;
    }
    const struct symbol *symbol = program_find(l->program, s.expr->text);
    if (symbol == NULL) {
        report_unknown_name(l->program, l->diags, s.expr->span, s.expr->text, kinds);
        return NULL;
    }
    if (!(kinds & KIND_BIT(symbol->decl->kind))) {
        struct diag *diag = diag_error(l->diags, DIAG_WRONG_KIND, s.expr->span, "'%s' is %s, expected %s", symbol->name,
                                       decl_noun(symbol->decl->kind), noun);
        diag_other(l->diags, diag, symbol->span, "declared here");
        return NULL;
    }
    return symbol;
}
