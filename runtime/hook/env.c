// env.c -- see env.h: the table of globals, which only answers.
#include "hook/env.h"

#include "base/str.h"
#include "hook/sandbox.h"

#include <string.h>

void env_copy(lua_State *L, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (lua_getfield(L, -2, *names) == LUA_TNIL)
            BUG("Lua's library has no '%s'", *names);
        lua_setfield(L, -2, *names);
    }
}

// Of two names equally far, the one with the same beginning, then the first in the alphabet: the
// order of keys in a table is random.
static bool is_nearer(const char *name, const char *a, const char *b)
{
    if ((a[0] == name[0]) != (b[0] == name[0]))
        return a[0] == name[0];
    return strcmp(a, b) < 0;
}

const char *env_nearest(lua_State *L, int at, const char *name)
{
    const char *best = NULL;
    unsigned least = strlen(name) > 4 ? 2 : 1; // what is farther is no misspelling
    at = lua_absindex(L, at);
    for (lua_pushnil(L); lua_next(L, at) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            continue;
        const char *key = lua_tostring(L, -2);
        unsigned distance = text_distance(name, key);
        if (distance < least ||
            (distance == least && (best == NULL || is_nearer(name, key, best)))) {
            best = key;
            least = distance;
        }
    }
    return best;
}

static int global_missing(lua_State *L)
{
    const char *name = luaL_tolstring(L, 2, NULL);
    const char *near = env_nearest(L, lua_upvalueindex(1), name);
    if (near != NULL)
        sandbox_fail(L, "'%s' is not defined\nDid you mean '%s'?", name, near);
    sandbox_fail(L,
                 "'%s' is not defined\nThere are the functions of docs/lua.md: no files, no "
                 "modules, no metatables, no coroutines, no random numbers of a script's own.",
                 name);
}

static int global_assigned(lua_State *L)
{
    sandbox_fail(L, "the global '%s' cannot be assigned\nDeclare it: local %s = ...",
                 luaL_tolstring(L, 2, NULL), luaL_tolstring(L, 2, NULL));
}

static int library_assigned(lua_State *L)
{
    sandbox_fail(L, "'%s' of a library cannot be assigned", env_text(L, 2));
}

// Puts a table that only answers in the place of a library of the table on the top of the stack:
// what a script wrote there would outlive the call (rules.h needs that it cannot).
static void seal(lua_State *L, const char *library)
{
    lua_newtable(L);
    lua_newtable(L);
    lua_getfield(L, -3, library);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, library_assigned);
    lua_setfield(L, -2, "__newindex");
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, library);
}

void env_push(lua_State *L, void (*add)(lua_State *L))
{
    static const char *const libraries[] = {"math", "string", "table", "utf8"};
    lua_newtable(L); // the environment itself stays empty, so that every assignment is seen
    lua_newtable(L); // its metatable
    lua_newtable(L); // what is there
    env_add_base(L);
    env_add_math(L);
    env_add_text(L);
    env_add_table(L);
    add(L);
    for (size_t i = 0; i < ARRAY_LEN(libraries); i++)
        seal(L, libraries[i]);
    lua_newtable(L); // the metatable of what is there
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, global_missing, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, global_assigned);
    lua_setfield(L, -2, "__newindex");
    lua_setmetatable(L, -2);
}

void env_apply(lua_State *L)
{
    if (lua_setupvalue(L, -2, 1) == NULL)
        BUG("a chunk without an environment");
}
