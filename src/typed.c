// typed.c -- one value of a type of the schema: its kind, its range, its words; and settings, which are such
// values with a default.
#include "lower.h"

#include "model/model.h"

#include <stdlib.h>
#include <string.h>

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
    *out = value_name(arena_text(l->scratch, s.expr->text));
    return true;
}

static bool word(struct lowering *l, struct value *out, struct scoped s, const struct schema_row *row)
{
    if (!lower_follow(l, &s))
        return false;
    if (s.expr->kind != EXPR_NAME)
        return wrong_type(l, s.expr->span, row, "a word without quotes");
    *out = value_name(arena_text(l->scratch, s.expr->text));
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
    if (row->choices[0] == '\0' || is_choice(row->choices, out->text))
        return true;
    return unknown_choice(l, s.expr->span, row, out->text);
}

enum { MAX_COLUMNS = 4096 };

static bool texts_item(struct lowering *l, struct value *out, struct scoped s, const struct schema_row *row)
{
    if (!lower_follow(l, &s))
        return false;
    const struct symbol *symbol =
        s.expr->kind == EXPR_NAME ? program_find(l->program, s.expr->text) : NULL;
    if (s.expr->kind == EXPR_NAME && symbol == NULL) {
        *out = value_text(arena_text(l->scratch, s.expr->text));
        return true;
    }
    if (symbol != NULL && symbol->decl->kind != DECL_PARAM) {
        struct diag *diag = diag_error(l->diags, DIAG_WRONG_TYPE, s.expr->span,
                                       "'%s' wants texts, and %s is declared", row->name, s.expr->text);
        diag_hint(l->diags, diag, "did you mean \"%s\"?", s.expr->text);
        return false;
    }
    if (!lower_constant(l, out, s))
        return false;
    return out->kind == VALUE_TEXT || wrong_type(l, s.expr->span, row, "texts in quotes");
}

static bool texts(struct lowering *l, struct value *out, struct scoped s, const struct schema_row *row)
{
    if (!lower_follow(l, &s))
        return false;
    bool one = s.expr->kind != EXPR_LIST;
    size_t n = one ? 1 : s.expr->n_args;
    if (n == 0 || n > MAX_COLUMNS) {
        diag_error(l->diags, DIAG_OUT_OF_RANGE, s.expr->span, "'%s' has %zu items, expected 1 to %d",
                   row->name, n, MAX_COLUMNS);
        return false;
    }
    struct value *items = arena_array(l->scratch, n, sizeof *items);
    bool ok = !one || texts_item(l, &items[0], s, row);
    size_t i = 0;
    for (const struct arg *a = one ? NULL : s.expr->args; a != NULL && ok; a = a->next, i++) {
        ok = texts_item(l, &items[i], (struct scoped){a->value, s.block}, row);
        for (size_t k = 0; k < i && ok; k++) {
            ok = strcmp(items[k].text, items[i].text) != 0;
            if (!ok)
                diag_error(l->diags, DIAG_DUPLICATE_ARGUMENT, a->value->span, "'%s' stands twice in '%s'",
                           items[i].text, row->name);
        }
    }
    *out = (struct value){.kind = VALUE_LIST, .n = n, .items = items};
    return ok;
}

static bool list_item(struct lowering *l, struct value *out, struct scoped s, const struct schema_row *row)
{
    if (row->type != TYPE_COLUMNS)
        return number_in_range(l, out, s, row, row->type == TYPE_INTS);
    if (!lower_follow(l, &s))
        return false;
    if (s.expr->kind == EXPR_NAME && program_find(l->program, s.expr->text) == NULL) {
        *out = value_text(arena_text(l->scratch, s.expr->text)); // a column's name
        return true;
    }
    if (!lower_constant(l, out, s))
        return false;
    return out->kind == VALUE_TEXT || number_in_range(l, out, s, row, true);
}

static bool list(struct lowering *l, struct value *out, struct scoped s, const struct schema_row *row)
{
    const char *wanted = row->type == TYPE_INTS      ? "a list of whole numbers"
                         : row->type == TYPE_NUMBERS ? "a list of numbers"
                                                     : "a list of numbers or names of columns";
    size_t most = row->type == TYPE_COLUMNS ? MAX_COLUMNS : MODEL_MAX_LAYERS - 1;
    if (!lower_follow(l, &s))
        return false;
    if (s.expr->kind != EXPR_LIST)
        return wrong_type(l, s.expr->span, row, wanted);
    if (s.expr->n_args > most) {
        diag_error(l->diags, DIAG_OUT_OF_RANGE, s.expr->span, "'%s' has %zu items, expected at most %zu",
                   row->name, s.expr->n_args, most);
        return false;
    }
    struct value *items = arena_array(l->scratch, s.expr->n_args, sizeof *items);
    size_t n = 0;
    bool ok = true;
    for (const struct arg *a = s.expr->args; a != NULL; a = a->next)
        ok &= list_item(l, &items[n++], (struct scoped){a->value, s.block}, row);
    *out = (struct value){.kind = VALUE_LIST, .n = n, .items = items};
    return ok;
}

static bool batch(struct lowering *l, struct value *out, struct scoped s,
                  const struct schema_row *row)
{
    if (!lower_follow(l, &s))
        return false;
    if (s.expr->kind != EXPR_NAME || program_find(l->program, s.expr->text) != NULL)
        return number_in_range(l, out, s, row, true);
    if (strcmp(s.expr->text, "all") != 0)
        return wrong_type(l, s.expr->span, row, "a whole number or the word 'all'");
    *out = value_name("all");
    return true;
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
    struct value_arg *args = arena_array(l->scratch, s.expr->n_args, sizeof *args);
    size_t n = 0;
    double sum = 0;
    bool ok = true;
    for (const struct arg *a = s.expr->args; a != NULL; a = a->next) {
        for (size_t i = 0; i < n; i++)
            if (strcmp(args[i].name, a->name) == 0) {
                diag_error(l->diags, DIAG_DUPLICATE_ARGUMENT, a->name_span, "part '%s' stands twice", a->name);
                ok = false;
            }
        struct scoped part = {a->value, s.block};
        args[n].name = arena_text(l->scratch, a->name);
        if (lower_is_condition(l, part)) {
            ok &= lower_row_expr(l, &args[n++].value, part, STEP_NONE) == ROW_TRUTH;
            continue;
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
        args[n++].value = value_number(share);
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
    case TYPE_BATCH:
        return batch(l, out, s, row);
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
    case TYPE_WORD:
        return word(l, out, s, row);
    case TYPE_INTS:
    case TYPE_NUMBERS:
    case TYPE_COLUMNS:
        return list(l, out, s, row);
    case TYPE_TEXTS:
        return texts(l, out, s, row);
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

// "[1, 2]", as value_write wrote it.
static bool fallback_list(struct lowering *l, struct value *out, const char *text_of)
{
    size_t n = 0;
    for (const char *p = text_of; *p != '\0'; p++)
        n += *p == ',' || *p == ']';
    struct value *items = arena_array(l->scratch, n, sizeof *items);
    const char *p = text_of + 1;
    size_t i = 0;
    for (char *end; i < n && *p != ']' && *p != '\0'; p = end + strspn(end, ", "))
        items[i++] = value_number(strtod(p, &end));
    *out = (struct value){.kind = VALUE_LIST, .n = i, .items = items};
    return true;
}

bool lower_fallback(struct lowering *l, struct value *out, const struct schema_row *row)
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
    case TYPE_WORD:
        *out = value_name(text_of);
        return true;
    case TYPE_OPTIMISER: {
        const struct expr *none[CALL_MAX_ARGS] = {0};
        return lower_bound_call(l, out, schema_call(GROUP_OPTIMISER, text_of), none, (struct scoped){0});
    }
    case TYPE_NUMBERS:
        return fallback_list(l, out, text_of);
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
    return lower_fallback(l, out, row);
}
