// returned.c -- see returned.h.
#include "hook/returned.h"

#include "hook/env.h"
#include "hook/sandbox.h"

#include <string.h>

enum { MAX_CITE = 16 };

// --- words of a fixed set ------------------------------------------------------------------------

// Raises: `word` is none of the set.
static _Noreturn void fail_word(const struct returned *r, const char *what, const char *word,
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

size_t returned_word(const struct returned *r, const char *what, const char *word,
                     const char *const *set, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(word, set[i]) == 0)
            return i;
    fail_word(r, what, word, set, n);
}

void returned_check(const struct returned *r, const char *const *set, size_t n)
{
    lua_State *L = r->L;
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
        if (lua_type(L, -2) != LUA_TSTRING)
            sandbox_fail(L, "%sfields have names, found the key %s", r->of, env_text(L, -2));
        else
            returned_word(r, "field", lua_tostring(L, -2), set, n);
}

// --- single fields -------------------------------------------------------------------------------

bool returned_push(const struct returned *r, const char *name, int type, const char *expected)
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

const char *returned_copy(const struct returned *r, const char *name, int at, size_t most)
{
    size_t n;
    const char *text = lua_tolstring(r->L, at, &n);
    if (n > most)
        sandbox_fail(r->L, "%s%s: a text of %zu bytes, at most %zu are allowed", r->of, name, n,
                     most);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < ' ' && !(c == '\n' && most > RETURNED_LINE)) || c == 0x7f)
            sandbox_fail(r->L, "%s%s: a control character in the text", r->of, name);
    }
    return arena_copy(r->arena, text, n);
}

const char *returned_text(const struct returned *r, const char *name, size_t most)
{
    if (!returned_push(r, name, LUA_TSTRING, "a string"))
        return "";
    const char *text = returned_copy(r, name, -1, most);
    lua_pop(r->L, 1);
    return text;
}

size_t returned_length(const struct returned *r, const char *name, size_t most)
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

const char *returned_push_word(const struct returned *r, const char *name, size_t i)
{
    if (lua_rawgeti(r->L, -1, (lua_Integer)i + 1) != LUA_TSTRING)
        sandbox_fail(r->L, "%s%s: expected a list of strings, found %s in it", r->of, name,
                     sandbox_describe(r->L, -1));
    return lua_tostring(r->L, -1);
}

const char *const *returned_cite(const struct returned *r, size_t *n)
{
    *n = 0;
    if (!returned_push(r, "cite", LUA_TTABLE, "a list of strings"))
        return NULL;
    *n = returned_length(r, "cite", MAX_CITE);
    const char **cite = arena_array(r->arena, *n, sizeof(*cite));
    for (size_t i = 0; i < *n; i++) {
        returned_push_word(r, "cite", i);
        cite[i] = returned_copy(r, "cite", -1, RETURNED_LINE);
        lua_pop(r->L, 1);
    }
    lua_pop(r->L, 1);
    return cite;
}
