// declare.c -- see declare.h.
#include "hook/declare.h"

#include "hook/env.h"
#include "hook/sandbox.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { MAX_LINE = 200, MAX_PROSE = 4000, MAX_CITE = 16, MAX_NUMBERS = 1000, MAX_PARAM_NAME = 32 };

static const double ANY = 1e30;           // the range of a number when none is stated
static const double WHOLE = 0x1p53;       // whole numbers are exact up to here

static const char *const kind_names[LOSS_KINDS] = {
    [LOSS_TARGET] = "target",
    [LOSS_PREFERENCE] = "preference",
    [LOSS_REPRESENTATION] = "representation",
    [LOSS_REGULARIZER] = "regularizer",
};

static const char *const type_names[] = {
    [LOSS_PARAM_NUMBER] = "number", [LOSS_PARAM_WHOLE] = "whole", [LOSS_PARAM_BOOL] = "bool",
    [LOSS_PARAM_CHOICE] = "choice", [LOSS_PARAM_NUMBERS] = "numbers",
};

// In the order of the bits of enum loss_reads.
static const char *const reads_names[] = {"labels",          "features",  "groups", "weights",
                                          "guidance.logits", "reference", "start"};

static const char *const table_fields[] = {"kind",  "title", "formula", "doc",  "cite",
                                           "params", "order", "reads",   "loss", "eager"};
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
    lua_State *L;
    struct loss_description *d;
    struct arena *arena;
    const char *of; // "params.gamma.", "" for the table itself: what messages put before a field
};

// --- words of a fixed set ------------------------------------------------------------------------

// Raises: `word` is none of the set.
static _Noreturn void fail_word(const struct reader *r, const char *what, const char *word,
                                const char *const *set, size_t n)
{
    lua_State *L = r->L;
    lua_newtable(L);
    for (size_t i = 0; i < n; i++) {
        lua_pushboolean(L, true);
        lua_setfield(L, -2, set[i]);
    }
    const char *near = env_nearest(L, -1, word);
    if (near != NULL)
        sandbox_fail(L, "%s%s: '%s' is not known\nDid you mean '%s'?", r->of, what, word, near);
    luaL_Buffer all;
    luaL_buffinit(L, &all);
    for (size_t i = 0; i < n; i++) {
        luaL_addstring(&all, i == 0 ? "" : i + 1 < n ? ", " : " or ");
        luaL_addstring(&all, set[i]);
    }
    luaL_pushresult(&all);
    sandbox_fail(L, "%s%s: '%s' is not known\nIt is one of %s.", r->of, what, word,
                 lua_tostring(L, -1));
}

static size_t word_of(const struct reader *r, const char *what, const char *word,
                      const char *const *set, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(word, set[i]) == 0)
            return i;
    fail_word(r, what, word, set, n);
}

// Every key of the table on the top of the stack is one of the set.
static void check_keys(const struct reader *r, const char *const *set, size_t n)
{
    lua_State *L = r->L;
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
        if (lua_type(L, -2) != LUA_TSTRING)
            sandbox_fail(L, "%sfields have names, found the key %s", r->of, env_text(L, -2));
        else
            word_of(r, "field", lua_tostring(L, -2), set, n);
}

// --- single fields -------------------------------------------------------------------------------

// Pushes a field of the table on the top of the stack; false when it is absent, and nothing pushed.
static bool push_field(const struct reader *r, const char *name, int type, const char *expected)
{
    int found = lua_getfield(r->L, -1, name);
    if (found == LUA_TNIL) {
        lua_pop(r->L, 1);
        return false;
    }
    if (found != type)
        sandbox_fail(r->L, "%s%s: expected %s, found %s", r->of, name, expected,
                     sandbox_describe(r->L, -1));
    return true;
}

// A text without control characters, copied; `at` on the stack.
static const char *copy_text(const struct reader *r, const char *name, int at, size_t most)
{
    size_t n;
    const char *text = lua_tolstring(r->L, at, &n);
    if (n > most)
        sandbox_fail(r->L, "%s%s: a text of %zu bytes, at most %zu are allowed", r->of, name, n,
                     most);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < ' ' && !(c == '\n' && most > MAX_LINE)) || c == 0x7f)
            sandbox_fail(r->L, "%s%s: a control character in the text", r->of, name);
    }
    return arena_copy(r->arena, text, n);
}

static const char *read_text(const struct reader *r, const char *name, size_t most)
{
    if (!push_field(r, name, LUA_TSTRING, "a string"))
        return "";
    const char *text = copy_text(r, name, -1, most);
    lua_pop(r->L, 1);
    return text;
}

static double read_number(const struct reader *r, const char *name, double fallback)
{
    if (!push_field(r, name, LUA_TNUMBER, "a number"))
        return fallback;
    double x = lua_tonumber(r->L, -1);
    lua_pop(r->L, 1);
    if (!(x >= -ANY && x <= ANY))
        sandbox_fail(r->L, "%s%s: expected a number in -1e30..1e30, found %g", r->of, name, x);
    return x;
}

// The number of items of the list on the top of the stack.
static size_t list_length(const struct reader *r, const char *name, size_t most)
{
    lua_Unsigned n = lua_rawlen(r->L, -1);
    if (n > most)
        sandbox_fail(r->L, "%s%s: more than %zu items", r->of, name, most);
    lua_Unsigned keys = 0;
    for (lua_pushnil(r->L); lua_next(r->L, -2) != 0; lua_pop(r->L, 1))
        if (++keys > n)
            sandbox_fail(r->L, "%s%s: expected a list, { a, b, ... }", r->of, name);
    return (size_t)n;
}

// Pushes item i of the list on the top of the stack, a string.
static const char *push_word(const struct reader *r, const char *name, size_t i)
{
    if (lua_rawgeti(r->L, -1, (lua_Integer)i + 1) != LUA_TSTRING)
        sandbox_fail(r->L, "%s%s: expected a list of strings, found %s in it", r->of, name,
                     sandbox_describe(r->L, -1));
    return lua_tostring(r->L, -1);
}

static void read_cite(struct reader *r)
{
    if (!push_field(r, "cite", LUA_TTABLE, "a list of strings"))
        return;
    size_t n = list_length(r, "cite", MAX_CITE);
    const char **cite = arena_array(r->arena, n, sizeof(*cite));
    for (size_t i = 0; i < n; i++) {
        push_word(r, "cite", i);
        cite[i] = copy_text(r, "cite", -1, MAX_LINE);
        lua_pop(r->L, 1);
    }
    r->d->cite = cite;
    r->d->n_cite = n;
    lua_pop(r->L, 1);
}

static void read_reads(struct reader *r)
{
    if (!push_field(r, "reads", LUA_TTABLE, "a list of strings"))
        return;
    size_t n = list_length(r, "reads", ARRAY_LEN(reads_names));
    for (size_t i = 0; i < n; i++) {
        const char *word = push_word(r, "reads", i);
        r->d->reads |= 1u << word_of(r, "reads", word, reads_names, ARRAY_LEN(reads_names));
        lua_pop(r->L, 1);
    }
    lua_pop(r->L, 1);
    if ((r->d->reads & READS_GUIDANCE_LOGITS) != 0 && r->d->kind != LOSS_TARGET)
        sandbox_fail(r->L, "reads: 'guidance.logits' are there in losses of kind 'target' only");
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
    p->choices = read_text(r, "choices", MAX_LINE);
    bool choice = p->type == LOSS_PARAM_CHOICE;
    if (choice != (p->choices[0] != '\0'))
        sandbox_fail(r->L, "%schoices: %s", r->of,
                     choice ? "a 'choice' needs them, as \"paper|openai2024\""
                            : "only a 'choice' has them");
    for (const char *c = p->choices; *c != '\0'; c++) {
        bool bar = *c == '|';
        if (!bar && !isalnum((unsigned char)*c) && *c != '_')
            sandbox_fail(r->L, "%schoices: expected words between bars, found '%c'", r->of, *c);
        if (bar && (c == p->choices || c[1] == '|' || c[1] == '\0'))
            sandbox_fail(r->L, "%schoices: an empty word", r->of);
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
        sandbox_fail(r->L, "%smin, max: only numbers have a range", r->of);
    if (p->min > p->max)
        sandbox_fail(r->L, "%smin: %g is above max, %g", r->of, p->min, p->max);
    if (p->type == LOSS_PARAM_WHOLE && (p->min < -WHOLE || p->max > WHOLE))
        sandbox_fail(r->L, "%smin, max: whole numbers lie within 2^53", r->of);
}

// The number on the top of the stack, as a value of the parameter.
static struct value fallback_number(const struct reader *r, const struct loss_param *p)
{
    if (lua_type(r->L, -1) != LUA_TNUMBER)
        sandbox_fail(r->L, "%sdefault: expected a number, found %s", r->of,
                     sandbox_describe(r->L, -1));
    double x = lua_tonumber(r->L, -1);
    if (x != x)
        sandbox_fail(r->L, "%sdefault: it is NaN", r->of);
    if (!(x >= p->min && x <= p->max))
        sandbox_fail(r->L, "%sdefault: %g is not in %g..%g", r->of, x, p->min, p->max);
    if (p->type == LOSS_PARAM_WHOLE && x != (double)(int64_t)x)
        sandbox_fail(r->L, "%sdefault: expected a whole number, found %g", r->of, x);
    return value_number(x);
}

static struct value fallback_list(const struct reader *r, const struct loss_param *p)
{
    if (lua_type(r->L, -1) != LUA_TTABLE)
        sandbox_fail(r->L, "%sdefault: expected a list of numbers, found %s", r->of,
                     sandbox_describe(r->L, -1));
    size_t n = list_length(r, "default", MAX_NUMBERS);
    struct value *items = arena_array(r->arena, n, sizeof(*items));
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(r->L, -1, (lua_Integer)i + 1);
        items[i] = fallback_number(r, p);
        lua_pop(r->L, 1);
    }
    return (struct value){.kind = VALUE_LIST, .n = n, .items = items};
}

// The default on the top of the stack.
static struct value fallback_of(const struct reader *r, const struct loss_param *p)
{
    lua_State *L = r->L;
    switch (p->type) {
    case LOSS_PARAM_NUMBER:
    case LOSS_PARAM_WHOLE:
        return fallback_number(r, p);
    case LOSS_PARAM_BOOL:
        if (lua_type(L, -1) != LUA_TBOOLEAN)
            sandbox_fail(L, "%sdefault: expected true or false, found %s", r->of,
                         sandbox_describe(L, -1));
        return value_bool(lua_toboolean(L, -1));
    case LOSS_PARAM_CHOICE:
        if (lua_type(L, -1) != LUA_TSTRING || !is_choice(p->choices, lua_tostring(L, -1)))
            sandbox_fail(L, "%sdefault: '%s' is none of %s", r->of, env_text(L, -1), p->choices);
        return value_name(copy_text(r, "default", -1, MAX_LINE));
    case LOSS_PARAM_NUMBERS:
        return fallback_list(r, p);
    }
    BUG("parameter type %d", (int)p->type);
}

// The description of a parameter, the table on the top of the stack.
static void read_param(struct reader *r, struct loss_param *p)
{
    lua_State *L = r->L;
    check_keys(r, param_fields, ARRAY_LEN(param_fields));
    const char *type = read_text(r, "type", MAX_LINE);
    p->type = (enum loss_param_type)word_of(r, "type", type, type_names, ARRAY_LEN(type_names));
    p->doc = read_text(r, "doc", MAX_PROSE);
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
    lua_State *L = r->L;
    if (!push_field(r, "order", LUA_TTABLE, "a list of strings")) {
        if (n > 1)
            sandbox_fail(L, "order: absent, and there are %zu params\n"
                            "It lists their names in the order of positional arguments.",
                         n);
        return 0;
    }
    size_t length = list_length(r, "order", LOSS_MAX_PARAMS);
    for (size_t i = 0; i < length; i++) {
        params[i].name = arena_text(r->arena, push_word(r, "order", i));
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
    lua_State *L = r->L;
    bool present = push_field(r, "params", LUA_TTABLE, "a table");
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
    struct loss_param *params = arena_array(r->arena, n, sizeof(*params));
    lua_insert(L, -2); // the table above params
    if (read_order(r, params, n) == 0 && n == 1)
        params[0].name = arena_text(r->arena, single);
    lua_insert(L, -2);
    for (size_t i = 0; i < n; i++) {
        int type = lua_getfield(L, -1, params[i].name);
        if (type != LUA_TTABLE)
            sandbox_fail(L, type == LUA_TNIL ? "order: there is no param '%s'"
                                             : "params.%s: expected a table",
                         params[i].name);
        r->of = arena_format(r->arena, "params.%s.", params[i].name);
        read_param(r, &params[i]);
        r->of = "";
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    r->d->params = params;
    r->d->n_params = n;
}

// --- the table -----------------------------------------------------------------------------------

static void read_function(struct reader *r)
{
    lua_State *L = r->L;
    bool traced = push_field(r, "loss", LUA_TFUNCTION, "a function");
    if (traced)
        lua_insert(L, -2);
    bool eager = push_field(r, "eager", LUA_TFUNCTION, "a function");
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
    struct reader r = {L, d, arena, ""};
    if (lua_type(L, -1) != LUA_TTABLE)
        sandbox_fail(L, "expected the file to return a table, found %s\n"
                        "The last line is: return { kind = ..., title = ..., loss = ... }",
                     lua_type(L, -1) == LUA_TNIL ? "nothing" : sandbox_describe(L, -1));
    luaL_checkstack(L, 20, NULL);
    check_keys(&r, table_fields, ARRAY_LEN(table_fields));
    const char *kind = read_text(&r, "kind", MAX_LINE);
    if (kind[0] == '\0')
        sandbox_fail(L, "kind: absent\nIt is target, preference, representation or regularizer.");
    d->kind = (enum loss_kind)word_of(&r, "kind", kind, kind_names, LOSS_KINDS);
    d->title = read_text(&r, "title", MAX_LINE);
    if (d->title[0] == '\0')
        sandbox_fail(L, "title: absent\nIt says in one line what the loss is.");
    d->formula = read_text(&r, "formula", MAX_PROSE);
    d->doc = read_text(&r, "doc", MAX_PROSE);
    read_cite(&r);
    read_params(&r);
    read_reads(&r);
    read_function(&r);
}
