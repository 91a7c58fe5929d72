// env_table.c -- table: Lua's own functions, each charged for its work before it starts, since no
// budget is looked at inside of them.
#include "hook/env.h"

#include "hook/sandbox.h"

#include <lua5.4/lualib.h>

enum { MAX_UNPACKED = 250 }; // what every call passes on is copied, and nobody counts that

static uint64_t length(lua_State *L, int at)
{
    luaL_checktype(L, at, LUA_TTABLE);
    return lua_rawlen(L, at);
}

static uint64_t span(lua_Integer from, lua_Integer to)
{
    return to < from ? 0 : (lua_Unsigned)to - (lua_Unsigned)from + 1;
}

static uint64_t work_concat(lua_State *L)
{
    lua_Integer n = (lua_Integer)length(L, 1);
    return span(luaL_optinteger(L, 3, 1), luaL_optinteger(L, 4, n));
}

static uint64_t work_insert(lua_State *L)
{
    uint64_t n = length(L, 1);
    return lua_gettop(L) == 3 ? n : 1;
}

static uint64_t work_remove(lua_State *L)
{
    uint64_t n = length(L, 1);
    return lua_gettop(L) > 1 ? n : 1;
}

static uint64_t work_move(lua_State *L)
{
    length(L, 1);
    return span(luaL_checkinteger(L, 2), luaL_checkinteger(L, 3));
}

static uint64_t work_sort(lua_State *L)
{
    uint64_t n = length(L, 1), work = 0;
    for (uint64_t left = n; left > 0; left /= 2)
        work += 4 * n;
    return work;
}

static uint64_t work_unpack(lua_State *L)
{
    lua_Integer n = (lua_Integer)length(L, 1);
    uint64_t results = span(luaL_optinteger(L, 2, 1), luaL_optinteger(L, 3, n));
    if (results > MAX_UNPACKED)
        sandbox_fail(L, "unpack: more than %d values", MAX_UNPACKED);
    return results;
}

static const struct {
    const char *name;
    uint64_t (*work)(lua_State *L);
} charged[] = {
    {"concat", work_concat}, {"insert", work_insert}, {"move", work_move},
    {"remove", work_remove}, {"sort", work_sort},     {"unpack", work_unpack},
};

// Upvalue 1: Lua's own; 2: the row of `charged`.
static int call_charged(lua_State *L)
{
    lua_Integer which = lua_tointeger(L, lua_upvalueindex(2));
    sandbox_spend(L, charged[which].work(L));
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

void env_add_table(lua_State *L)
{
    static const char *const stock[] = {"pack", NULL};
    luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 0);
    lua_newtable(L);
    env_copy(L, stock);
    for (size_t i = 0; i < ARRAY_LEN(charged); i++) {
        lua_getfield(L, -2, charged[i].name);
        lua_pushinteger(L, (lua_Integer)i);
        lua_pushcclosure(L, call_charged, 2);
        lua_setfield(L, -2, charged[i].name);
    }
    lua_remove(L, -2);
    lua_setfield(L, -2, "table");
}
