// frame.c -- columns and what they are for, and values as they come in; see frame.h.
#include "data/frame.h"

#include "base/mem.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const ROLE[] = {
    [LABEL] = "label",   [GROUP] = "group",       [WEIGHT] = "weight",   [KEY] = "key",
    [NUMBER] = "number", [LEVEL] = "categorical", [DROPPED] = "dropped",
};

void frame_fail(struct frame *f, const char *format, ...)
{
    struct str text = {0};
    char message[256];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    str_format(&text, "line %zu of '%s' %s", f->line, f->path, message);
    err_set(f->err, ERR_DATA, "%s", str_text(&text));
    str_release(&text);
    f->stop = true;
}

static enum missing missing_of(const struct value *call)
{
    static const char *const WORD[] = {
        [MISSING_MEAN] = "mean", [MISSING_ZERO] = "zero", [MISSING_DROP] = "drop"};
    if (value_arg(call, "missing") == NULL)
        return MISSING_ERROR;
    const char *word = value_arg_text(call, "missing");
    for (enum missing m = MISSING_MEAN; m <= MISSING_DROP; m++)
        if (strcmp(word, WORD[m]) == 0)
            return m;
    BUG("no way '%s' with missing values", word);
}

void frame_start(struct frame *f, const struct value *call, const char *path, double scale,
                 struct err *err)
{
    *f = (struct frame){.err = err, .path = path, .line = 1, .call = call, .scale = (float)scale};
    for (enum role role = LABEL; role < ROLES; role++) {
        const struct value *name = value_arg(call, ROLE[role]);
        f->asked[role] = name != NULL ? name->text : NULL;
    }
    f->missing = missing_of(call);
    f->classes = value_arg(call, "classes");
    for (size_t i = 0; f->classes != NULL && i < f->classes->n; i++) {
        const char *name = f->classes->items[i].text;
        uint32_t number;
        if (label_set_add(&number, &f->names[LABEL], name, strlen(name)) < 0 || number != i)
            BUG("'%s' among the classes", name);
    }
}

void frame_release(struct frame *f)
{
    for (size_t i = 0; i < f->n_columns; i++)
        label_set_release(&f->column[i].level);
    mem_free(f->column);
    arena_release(&f->text);
    mem_free(f->x);
    mem_free(f->weight);
    mem_free(f->key);
    for (enum role role = LABEL; role < NAMED; role++) {
        label_set_release(&f->names[role]);
        mem_free(f->number[role]);
    }
}

// --- columns -------------------------------------------------------------------------------------

void frame_add_column(struct frame *f, const char *name, size_t n)
{
    if (n == 0) {
        frame_fail(f, "gives column %zu no name", f->n_columns + 1);
        err_hint(f->err, "A table index saved by pandas looks so: to_csv(path, index=False).");
        return;
    }
    if (strlen(name) != n) {
        frame_fail(f, "has a zero byte in a column name");
        return;
    }
    if (f->n_columns > MAX_FEATURES) {
        frame_fail(f, "has more than %d columns", MAX_FEATURES);
        return;
    }
    f->column = mem_grow(f->column, &f->column_cap, f->n_columns + 1, sizeof *f->column);
    f->column[f->n_columns++] =
        (struct frame_column){.name = arena_copy(&f->text, name, n), .role = NUMBER};
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void check_no_duplicates(struct frame *f)
{
    const char **sorted = mem_new(f->n_columns * sizeof *sorted);
    for (size_t i = 0; i < f->n_columns; i++)
        sorted[i] = f->column[i].name;
    qsort(sorted, f->n_columns, sizeof *sorted, by_text);
    for (size_t i = 1; i < f->n_columns && !f->stop; i++) {
        char show[SHOWN];
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            frame_fail(f, "has two columns named '%s'", shown(show, sorted[i], strlen(sorted[i])));
    }
    mem_free(sorted);
}

static void fail_no_column(struct frame *f, const char *asked)
{
    struct str names = {0};
    char show[SHOWN];
    size_t i = 0;
    for (; i < f->n_columns && names.len < 300; i++)
        str_format(&names, "%s%s", i > 0 ? ", " : "",
                   shown(show, f->column[i].name, strlen(f->column[i].name)));
    err_set(f->err, ERR_DATA, "'%s' has no column '%s'", f->path,
            shown(show, asked, strlen(asked)));
    err_hint(f->err, "Its columns are %s%s.", str_text(&names), i < f->n_columns ? ", ..." : "");
    str_release(&names);
    f->stop = true;
}

// The column of this name is for `role`, and for nothing else.
static void give_role(struct frame *f, const char *asked, enum role role)
{
    if (f->stop)
        return;
    struct frame_column *column = f->column, *end = f->column + f->n_columns;
    while (column < end && strcmp(column->name, asked) != 0)
        column++;
    if (column == end) {
        fail_no_column(f, asked);
        return;
    }
    if (column->role != NUMBER) {
        char show[SHOWN];
        err_set(f->err, ERR_DATA, "column '%s' of '%s' is both %s and %s",
                shown(show, column->name, strlen(column->name)), f->path, ROLE[column->role],
                ROLE[role]);
        err_hint(f->err, "Label, group, weight and key need a column each.");
        f->stop = true;
        return;
    }
    column->role = role;
}

static void give_roles(struct frame *f, const struct value *asked, enum role role)
{
    for (size_t i = 0; asked != NULL && i < asked->n; i++)
        give_role(f, asked->items[i].text, role);
}

void frame_end_columns(struct frame *f)
{
    if (f->n_columns == 0) { // an empty JSON object
        frame_fail(f, "has no column of features");
        return;
    }
    check_no_duplicates(f);
    for (enum role role = LABEL; role < ROLES; role++)
        if (f->asked[role] != NULL)
            give_role(f, f->asked[role], role);
    give_roles(f, value_arg(f->call, "drop"), DROPPED);
    give_roles(f, value_arg(f->call, "categorical"), LEVEL);
    for (size_t i = 0; i < f->n_columns; i++) {
        enum role role = f->column[i].role;
        if (role == NUMBER || role == LEVEL)
            f->column[i].at = f->n_inputs++;
        f->n_levels += role == LEVEL;
    }
    if (!f->stop && f->n_inputs == 0)
        frame_fail(f, "has no column of features");
}

size_t frame_known_features(const struct frame *f)
{
    return f->n_levels == 0 ? f->n_inputs : 0;
}

// The product does not overflow: check_shape has seen it.
static void *room_for(struct frame *f, size_t each, size_t size, const char *what)
{
    if (f->stop)
        return NULL;
    void *room = mem_try(f->room * each, size, what, f->err);
    f->stop |= room == NULL;
    return room;
}

void frame_make_room(struct frame *f, size_t rows)
{
    struct table_facts facts;
    f->room = rows;
    if (check_shape(&facts, rows, f->n_inputs, f->path, f->err) < 0) {
        f->stop = true;
        return;
    }
    f->x = room_for(f, f->n_inputs, sizeof *f->x, "the features");
    f->number[LABEL] = room_for(f, 1, sizeof **f->number, "the labels");
    if (f->asked[GROUP] != NULL)
        f->number[GROUP] = room_for(f, 1, sizeof **f->number, "the groups");
    if (f->asked[WEIGHT] != NULL)
        f->weight = room_for(f, 1, sizeof *f->weight, "the weights");
    if (f->asked[KEY] != NULL)
        f->key = room_for(f, 1, sizeof *f->key, "the keys");
}

// --- values --------------------------------------------------------------------------------------

static bool has_text(struct frame *f, enum role role, const char *text, size_t n)
{
    if (n > 0 && strlen(text) == n)
        return true;
    if (n == 0)
        frame_fail(f, "has no %s", ROLE[role]);
    else
        frame_fail(f, "has a zero byte in its %s", ROLE[role]);
    return false;
}

static void fail_no_class(struct frame *f, const char *text, size_t n)
{
    struct str known = {0};
    char show[SHOWN];
    size_t i = 0;
    for (; i < f->classes->n && known.len < 120; i++)
        str_format(&known, "%s'%s'", i > 0 ? ", " : "", f->classes->items[i].text);
    frame_fail(f, "has the label '%s', expected one of %.160s%s", shown(show, text, n),
               str_text(&known), i < f->classes->n ? ", ..." : "");
    str_release(&known);
}

static void take_named(struct frame *f, enum role role, const char *text, size_t n)
{
    if (!has_text(f, role, text, n))
        return;
    uint32_t *number = &f->number[role][f->n];
    if (label_set_add(number, &f->names[role], text, n) < 0)
        frame_fail(f, "has the %dth %s; is '%.60s' the right column?", MAX_CLASSES + 1, ROLE[role],
                   f->asked[role]);
    else if (role == LABEL && f->classes != NULL && *number >= f->classes->n)
        fail_no_class(f, text, n);
}

// Pixels and counts are most of what there is; up to seven digits are exact in f32 without strtof.
static float number_of(const char *text, size_t n)
{
    uint32_t whole = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned digit = (unsigned)text[i] - '0';
        if (digit > 9 || n > 7)
            return strtof(text, NULL);
        whole = whole * 10 + digit;
    }
    return (float)whole;
}

static void refuse(struct frame *f, size_t column, const char *text, size_t n, const char *why)
{
    char show[SHOWN], show_name[SHOWN];
    const char *name = f->column[column].name;
    frame_fail(f, "has '%s' in column '%s', %s", shown(show, text, n),
               shown(show_name, name, strlen(name)), why);
}

// As pandas, R and scikit-learn's data sets write that there is no value.
static bool is_missing(const char *text, size_t n)
{
    static const char *const MARK[] = {"", "NA", "N/A", "NaN", "nan", "?"};
    for (size_t i = 0; i < ARRAY_LEN(MARK); i++)
        if (n == strlen(MARK[i]) && memcmp(text, MARK[i], n) == 0)
            return true;
    return false;
}

static float *cell(const struct frame *f, size_t column)
{
    return &f->x[f->n * f->n_inputs + f->column[column].at];
}

static void take_missing(struct frame *f, size_t column, const char *text, size_t n)
{
    *cell(f, column) = NAN;
    if (f->missing != MISSING_ERROR)
        return;
    bool number = f->column[column].role == NUMBER;
    refuse(f, column, text, n, number ? "expected a finite number" : "expected a word");
    err_hint(f->err, "What a missing value becomes is said by missing: mean, zero or drop.");
}

// The text is a decimal number.
static void take_decimal(float *out, struct frame *f, size_t column, const char *text, size_t n,
                         float scale)
{
    *out = number_of(text, n) * scale;
    if (!(*out >= -FLT_MAX && *out <= FLT_MAX))
        refuse(f, column, text, n, "too large for a 32-bit float");
}

static void take_weight(struct frame *f, size_t column, const char *text, size_t n)
{
    float weight = -1;
    if (text_is_decimal(text, n))
        take_decimal(&weight, f, column, text, n, 1);
    if (weight < 0)
        refuse(f, column, text, n, "expected a finite number, 0 or more");
    f->weight[f->n] = weight > 0 ? weight : 0; // one zero: -0 is 0
}

static void take_feature(struct frame *f, size_t column, const char *text, size_t n)
{
    if (text_is_decimal(text, n)) {
        take_decimal(cell(f, column), f, column, text, n, f->scale);
    } else if (is_missing(text, n)) {
        take_missing(f, column, text, n);
    } else {
        refuse(f, column, text, n, "expected a finite number");
        err_hint(f->err,
                 "Columns of words are listed: categorical: [\"%s\"]; or left out: drop: [...].",
                 f->column[column].name);
    }
}

static void take_level(struct frame *f, size_t column, const char *text, size_t n)
{
    struct frame_column *c = &f->column[column];
    uint32_t level = 0;
    if (is_missing(text, n)) {
        take_missing(f, column, text, n);
        return;
    }
    if (strlen(text) != n)
        frame_fail(f, "has a zero byte in column '%.60s'", c->name);
    else if (label_set_add(&level, &c->level, text, n) < 0 || level >= MAX_LEVELS)
        frame_fail(f, "has the %dth value of column '%.60s'; is it categorical?", MAX_LEVELS + 1,
                   c->name);
    *cell(f, column) = (float)level;
}

void frame_take_text(struct frame *f, size_t column, const char *text, size_t n)
{
    enum role role = f->column[column].role;
    switch (role) {
    case NUMBER:
        take_feature(f, column, text, n);
        break;
    case LEVEL:
        take_level(f, column, text, n);
        break;
    case WEIGHT:
        take_weight(f, column, text, n);
        break;
    case KEY:
        if (has_text(f, KEY, text, n))
            f->key[f->n] = arena_copy(&f->text, text, n);
        break;
    case DROPPED:
        break;
    default:
        take_named(f, role, text, n);
    }
}

void frame_take_number(struct frame *f, size_t column, double x)
{
    struct str text = {0};
    float feature = (float)x * f->scale;
    bool number = f->column[column].role == NUMBER;
    if (number && feature >= -FLT_MAX && feature <= FLT_MAX) {
        *cell(f, column) = feature;
        return;
    }
    str_number(&text, x);
    if (number)
        refuse(f, column, text.data, text.len, "too large for a 32-bit float");
    else
        frame_take_text(f, column, text.data, text.len);
    str_release(&text);
}

void frame_end_row(struct frame *f)
{
    f->n++;
}
