// declare.c -- see declare.h.
#include "hook/declare.h"

#include "hook/env.h"
#include "hook/returned.h"
#include "hook/sandbox.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { MAX_NUMBERS = 1000, MAX_PARAM_NAME = 32 };

static const double ANY = 1e30;           // the range of a number when none is stated
static const double WHOLE = 0x1p53;       // whole numbers are exact up to here

static const char *const kind_names[LOSS_KINDS] = {
    [LOSS_TARGET] = "target",
    [LOSS_PREFERENCE] = "preference",
    [LOSS_REPRESENTATION] = "representation",
    [LOSS_REGULARIZER] = "regularizer",
    [LOSS_CONSTRAINT] = "constraint",
    [LOSS_INVARIANCE] = "invariance",
    [LOSS_SHIFT] = "shift",
};

static const char *const type_names[] = {
    [LOSS_PARAM_NUMBER] = "number", [LOSS_PARAM_WHOLE] = "whole", [LOSS_PARAM_BOOL] = "bool",
    [LOSS_PARAM_CHOICE] = "choice", [LOSS_PARAM_NUMBERS] = "numbers",
};

// In the order of the bits of enum loss_reads.
static const char *const reads_names[] = {"labels",          "features",  "groups", "weights",
                                          "guidance.logits", "reference", "start"};

static const char *const table_fields[] = {"kind",  "title", "formula", "doc",  "cite",
                                           "params", "order", "reads",   "loss", "eager", "broken",
                                           "shift"};
static const char *const param_fields[] = {"type", "default", "min", "max", "choices", "doc"};

const char *loss_kind_name(enum loss_kind kind)
{
    return kind_names[kind];
}

const char *declare_reads_word(unsigned bit)
{
    size_t i = 0;
    while (i + 1 < ARRAY_LEN(reads_names) && bit >> i != 1)
        i++;
    return reads_names[i];
}

struct reader {
    struct returned t;
    struct loss_description *d;
};

static double read_number(const struct reader *r, const char *name, double fallback)
{
    if (!returned_push(&r->t, name, LUA_TNUMBER, "a number"))
        return fallback;
    double x = lua_tonumber(r->t.L, -1);
    lua_pop(r->t.L, 1);
    if (!(x >= -ANY && x <= ANY))
        sandbox_fail(r->t.L, "%s%s: expected a number in -1e30..1e30, found %g", r->t.of, name, x);
    return x;
}

static void read_reads(struct reader *r)
{
    if (!returned_push(&r->t, "reads", LUA_TTABLE, "a list of strings"))
        return;
    size_t n = returned_length(&r->t, "reads", ARRAY_LEN(reads_names));
    for (size_t i = 0; i < n; i++) {
        const char *word = returned_push_word(&r->t, "reads", i);
        r->d->reads |=
            1u << returned_word(&r->t, "reads", word, reads_names, ARRAY_LEN(reads_names));
        lua_pop(r->t.L, 1);
    }
    lua_pop(r->t.L, 1);
    if ((r->d->reads & READS_GUIDANCE_LOGITS) != 0 && r->d->kind != LOSS_TARGET)
        sandbox_fail(r->t.L, "reads: 'guidance.logits' are there in losses of kind 'target' only");
    unsigned of_rows = READS_LABELS | READS_FEATURES | READS_GROUPS;
    bool only_rows = r->d->kind == LOSS_CONSTRAINT || r->d->kind == LOSS_SHIFT;
    if (only_rows && (r->d->reads & ~of_rows) != 0)
        sandbox_fail(r->t.L, "reads: a %s reads 'labels', 'features' and 'groups' only",
                     loss_kind_name(r->d->kind));
}

// --- params --------------------------------------------------------------------------------------

static bool is_choice(const char *choices, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = choices; *p != '\0';) {
        const char *bar = strchr(p, '|');
        size_t length = bar != NULL ? (size_t)(bar - p) : strlen(p);
        if (length == n && memcmp(p, word, n) == 0)
            return true;
        p += length + (bar != NULL);
    }
    return false;
}

static void read_choices(const struct reader *r, struct loss_param *p)
{
    p->choices = returned_text(&r->t, "choices", RETURNED_LINE);
    bool choice = p->type == LOSS_PARAM_CHOICE;
    if (choice != (p->choices[0] != '\0'))
        sandbox_fail(r->t.L, "%schoices: %s", r->t.of,
                     choice ? "a 'choice' needs them, as \"paper|openai2024\""
                            : "only a 'choice' has them");
    for (const char *c = p->choices; *c != '\0'; c++) {
        bool bar = *c == '|';
        if (!bar && !isalnum((unsigned char)*c) && *c != '_')
            sandbox_fail(r->t.L, "%schoices: expected words between bars, found '%c'", r->t.of, *c);
        if (bar && (c == p->choices || c[1] == '|' || c[1] == '\0'))
            sandbox_fail(r->t.L, "%schoices: an empty word", r->t.of);
    }
}

static void read_range(const struct reader *r, struct loss_param *p)
{
    bool number = p->type == LOSS_PARAM_NUMBER || p->type == LOSS_PARAM_WHOLE ||
                  p->type == LOSS_PARAM_NUMBERS;
    double most = p->type == LOSS_PARAM_WHOLE ? WHOLE : ANY;
    p->min = read_number(r, "min", -most);
    p->max = read_number(r, "max", most);
    if (!number && (p->min != -most || p->max != most))
        sandbox_fail(r->t.L, "%smin, max: only numbers have a range", r->t.of);
    if (p->min > p->max)
        sandbox_fail(r->t.L, "%smin: %g is above max, %g", r->t.of, p->min, p->max);
    if (p->type == LOSS_PARAM_WHOLE && (p->min < -WHOLE || p->max > WHOLE))
        sandbox_fail(r->t.L, "%smin, max: whole numbers lie within 2^53", r->t.of);
}

// The number on the top of the stack, as a value of the parameter.
static struct value fallback_number(const struct reader *r, const struct loss_param *p)
{
    if (lua_type(r->t.L, -1) != LUA_TNUMBER)
        sandbox_fail(r->t.L, "%sdefault: expected a number, found %s", r->t.of,
                     sandbox_describe(r->t.L, -1));
    double x = lua_tonumber(r->t.L, -1);
    if (x != x)
        sandbox_fail(r->t.L, "%sdefault: it is NaN", r->t.of);
    if (!(x >= p->min && x <= p->max))
        sandbox_fail(r->t.L, "%sdefault: %g is not in %g..%g", r->t.of, x, p->min, p->max);
    if (p->type == LOSS_PARAM_WHOLE && x != (double)(int64_t)x)
        sandbox_fail(r->t.L, "%sdefault: expected a whole number, found %g", r->t.of, x);
    return value_number(x);
}

static struct value fallback_list(const struct reader *r, const struct loss_param *p)
{
    if (lua_type(r->t.L, -1) != LUA_TTABLE)
        sandbox_fail(r->t.L, "%sdefault: expected a list of numbers, found %s", r->t.of,
                     sandbox_describe(r->t.L, -1));
    size_t n = returned_length(&r->t, "default", MAX_NUMBERS);
    struct value *items = arena_array(r->t.arena, n, sizeof(*items));
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(r->t.L, -1, (lua_Integer)i + 1);
        items[i] = fallback_number(r, p);
        lua_pop(r->t.L, 1);
    }
    return (struct value){.kind = VALUE_LIST, .n = n, .items = items};
}

// The default on the top of the stack.
static struct value fallback_of(const struct reader *r, const struct loss_param *p)
{
    lua_State *L = r->t.L;
    switch (p->type) {
    case LOSS_PARAM_NUMBER:
    case LOSS_PARAM_WHOLE:
        return fallback_number(r, p);
    case LOSS_PARAM_BOOL:
        if (lua_type(L, -1) != LUA_TBOOLEAN)
            sandbox_fail(L, "%sdefault: expected true or false, found %s", r->t.of,
                         sandbox_describe(L, -1));
        return value_bool(lua_toboolean(L, -1));
    case LOSS_PARAM_CHOICE:
        if (lua_type(L, -1) != LUA_TSTRING || !is_choice(p->choices, lua_tostring(L, -1)))
            sandbox_fail(L, "%sdefault: '%s' is none of %s", r->t.of, env_text(L, -1), p->choices);
        return value_name(returned_copy(&r->t, "default", -1, RETURNED_LINE));
    case LOSS_PARAM_NUMBERS:
        return fallback_list(r, p);
    }
    BUG("parameter type %d", (int)p->type);
}

// The description of a parameter, the table on the top of the stack.
static void read_param(struct reader *r, struct loss_param *p)
{
    lua_State *L = r->t.L;
    returned_check(&r->t, param_fields, ARRAY_LEN(param_fields));
    const char *type = returned_text(&r->t, "type", RETURNED_LINE);
    p->type = (enum loss_param_type)returned_word(&r->t, "type", type, type_names,
                                                  ARRAY_LEN(type_names));
    p->doc = returned_text(&r->t, "doc", RETURNED_PROSE);
    read_choices(r, p);
    read_range(r, p);
    p->has_fallback = lua_getfield(L, -1, "default") != LUA_TNIL;
    if (p->has_fallback)
        p->fallback = fallback_of(r, p);
    lua_pop(L, 1);
}

static bool is_name(const char *text)
{
    if (!isalpha((unsigned char)text[0]) || strlen(text) > MAX_PARAM_NAME)
        return false;
    for (; *text != '\0'; text++)
        if (!isalnum((unsigned char)*text) && *text != '_')
            return false;
    return true;
}

// The names in their order: `order`, or the one there is. The table is on the top of the stack,
// params below it.
static size_t read_order(struct reader *r, struct loss_param *params, size_t n)
{
    lua_State *L = r->t.L;
    if (!returned_push(&r->t, "order", LUA_TTABLE, "a list of strings")) {
        if (n > 1)
            sandbox_fail(L, "order: absent, and there are %zu params\n"
                            "It lists their names in the order of positional arguments.",
                         n);
        return 0;
    }
    size_t length = returned_length(&r->t, "order", LOSS_MAX_PARAMS);
    for (size_t i = 0; i < length; i++) {
        params[i].name = arena_text(r->t.arena, returned_push_word(&r->t, "order", i));
        lua_pop(L, 1);
        for (size_t k = 0; k < i; k++)
            if (strcmp(params[k].name, params[i].name) == 0)
                sandbox_fail(L, "order: '%s' twice", params[i].name);
    }
    lua_pop(L, 1);
    if (length != n)
        sandbox_fail(L, "order: %zu names for %zu params", length, n);
    return length;
}

static void read_params(struct reader *r)
{
    lua_State *L = r->t.L;
    bool present = returned_push(&r->t, "params", LUA_TTABLE, "a table");
    if (!present)
        lua_newtable(L);
    const char *single = "";
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING || !is_name(lua_tostring(L, -2)))
            sandbox_fail(L, "params: '%s' is no name\n"
                            "A name has letters, digits and _, and begins with a letter.",
                         env_text(L, -2));
        single = lua_tostring(L, -2);
        if (++n > LOSS_MAX_PARAMS)
            sandbox_fail(L, "params: more than %d", LOSS_MAX_PARAMS);
    }
    struct loss_param *params = arena_array(r->t.arena, n, sizeof(*params));
    lua_insert(L, -2); // the table above params
    if (read_order(r, params, n) == 0 && n == 1)
        params[0].name = arena_text(r->t.arena, single);
    lua_insert(L, -2);
    for (size_t i = 0; i < n; i++) {
        int type = lua_getfield(L, -1, params[i].name);
        if (type != LUA_TTABLE)
            sandbox_fail(L, type == LUA_TNIL ? "order: there is no param '%s'"
                                             : "params.%s: expected a table",
                         params[i].name);
        r->t.of = arena_format(r->t.arena, "params.%s.", params[i].name);
        read_param(r, &params[i]);
        r->t.of = "";
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    r->d->params = params;
    r->d->n_params = n;
}

// The param of every constraint, before its own.
static void add_slack(struct reader *r)
{
    size_t n = r->d->n_params;
    if (n == LOSS_MAX_PARAMS)
        sandbox_fail(r->t.L, "params: more than %d beside 'slack'", LOSS_MAX_PARAMS - 1);
    struct loss_param *params = arena_array(r->t.arena, n + 1, sizeof *params);
    params[0] = (struct loss_param){.name = "slack", .type = LOSS_PARAM_NUMBER, .min = 0, .max = ANY,
                                    .choices = "", .has_fallback = true,
                                    .fallback = value_number(0),
                                    .doc = "how much a row may break it"};
    for (size_t i = 0; i < n; i++) {
        params[i + 1] = r->d->params[i];
        if (strcmp(params[i + 1].name, "slack") == 0)
            sandbox_fail(r->t.L, "params: every constraint has 'slack'");
    }
    r->d->params = params;
    r->d->n_params = n + 1;
}

// --- the table -----------------------------------------------------------------------------------

// What stands for `loss` in the kinds that have a function of their own: `name`, and none of the others.
// Leaves the function; the table is gone.
static void read_own_function(struct reader *r, const char *name, const char *what)
{
    lua_State *L = r->t.L;
    const char *kind = loss_kind_name(r->d->kind);
    if (!returned_push(&r->t, name, LUA_TFUNCTION, "a function"))
        sandbox_fail(L, "%s: absent\nIt is a function of t that gives %s.", name, what);
    for (const char *const *other = (const char *const[]){"loss", "eager", NULL}; *other; other++)
        if (lua_getfield(L, -2, *other) != LUA_TNIL)
            sandbox_fail(L, "%s: a %s has '%s' in its place", *other, kind, name);
        else
            lua_pop(L, 1);
    lua_remove(L, -2); // the table
}

static const struct own_function {
    enum loss_kind kind;
    const char *name, *what;
} own_functions[] = {
    {LOSS_CONSTRAINT, "broken", "for each row, how much it breaks the constraint"},
    {LOSS_SHIFT, "shift", "features in the place of t.features"},
};

static void read_function(struct reader *r)
{
    lua_State *L = r->t.L;
    const struct own_function *own = NULL;
    for (const struct own_function *f = own_functions; f < own_functions + ARRAY_LEN(own_functions); f++)
        if (f->kind == r->d->kind)
            own = f;
        else if (returned_push(&r->t, f->name, LUA_TFUNCTION, "a function"))
            sandbox_fail(L, "%s: only a %s has it", f->name, loss_kind_name(f->kind));
    if (own != NULL) {
        read_own_function(r, own->name, own->what);
        return;
    }
    bool traced = returned_push(&r->t, "loss", LUA_TFUNCTION, "a function");
    if (traced)
        lua_insert(L, -2);
    bool eager = returned_push(&r->t, "eager", LUA_TFUNCTION, "a function");
    if (traced == eager)
        sandbox_fail(L, traced ? "both loss and eager are there\nA loss is traced or eager."
                               : "loss: absent\nIt is a function of t that gives a tensor.");
    if (eager)
        lua_insert(L, -2);
    lua_pop(L, 1);
    r->d->eager = eager;
    bool possible = r->d->kind == LOSS_TARGET || r->d->kind == LOSS_REGULARIZER;
    unsigned readable = READS_LABELS;
    if (eager && (!possible || (r->d->reads & ~readable) != 0))
        sandbox_fail(L, "eager: only for the kinds 'target' and 'regularizer', reading 'labels'");
}

void declare_read(lua_State *L, struct loss_description *d, struct arena *arena)
{
    struct reader r = {{L, arena, ""}, d};
    if (lua_type(L, -1) != LUA_TTABLE)
        sandbox_fail(L, "expected the file to return a table, found %s\n"
                        "The last line is: return { kind = ..., title = ..., loss = ... }",
                     lua_type(L, -1) == LUA_TNIL ? "nothing" : sandbox_describe(L, -1));
    luaL_checkstack(L, 20, NULL);
    returned_check(&r.t, table_fields, ARRAY_LEN(table_fields));
    const char *kind = returned_text(&r.t, "kind", RETURNED_LINE);
    if (kind[0] == '\0')
        sandbox_fail(L, "kind: absent\nIt is target, preference, representation, regularizer, "
                        "constraint or shift.");
    d->kind = (enum loss_kind)returned_word(&r.t, "kind", kind, kind_names, LOSS_KINDS);
    d->title = returned_text(&r.t, "title", RETURNED_LINE);
    if (d->title[0] == '\0')
        sandbox_fail(L, "title: absent\nIt says in one line what the loss is.");
    d->formula = returned_text(&r.t, "formula", RETURNED_PROSE);
    d->doc = returned_text(&r.t, "doc", RETURNED_PROSE);
    d->cite = returned_cite(&r.t, &d->n_cite);
    read_params(&r);
    if (d->kind == LOSS_CONSTRAINT)
        add_slack(&r);
    read_reads(&r);
    if (d->kind == LOSS_SHIFT)
        d->reads |= READS_FEATURES; // what it is about
    read_function(&r);
}
