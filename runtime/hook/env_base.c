// env_base.c -- the base functions. pairs goes in a fixed order, since Lua's own order is random in
// each process; tostring shows no address; assert and error say where.
#include "hook/env.h"

#include "hook/object.h"
#include "hook/sandbox.h"

#include <lua5.4/lualib.h>
#include <string.h>

const char *env_text(lua_State *L, int at)
{
    int type = lua_type(L, at);
    bool plain = type == LUA_TNIL || type == LUA_TBOOLEAN || type == LUA_TNUMBER ||
                 type == LUA_TSTRING || luaL_getmetafield(L, at, "__tostring") != LUA_TNIL;
    if (!plain)
        return lua_pushstring(L, lua_typename(L, type));
    if (type == LUA_TUSERDATA)
        lua_pop(L, 1);
    return luaL_tolstring(L, at, NULL);
}

static int base_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    env_text(L, 1);
    return 1;
}

static int base_assert(lua_State *L)
{
    luaL_checkany(L, 1);
    if (lua_toboolean(L, 1))
        return lua_gettop(L);
    if (lua_type(L, 2) == LUA_TSTRING)
        sandbox_fail(L, "%s", lua_tostring(L, 2));
    if (!lua_isnoneornil(L, 2)) {
        lua_settop(L, 2);
        return lua_error(L);
    }
    sandbox_fail(L, "an assertion does not hold");
}

// --- iteration -----------------------------------------------------------------------------------

static int rank_of(int type)
{
    return type == LUA_TNUMBER ? 0 : type == LUA_TSTRING ? 1 : 2;
}

// Numbers by size, then strings by their bytes.
static bool key_less(lua_State *L, int a, int b)
{
    int ra = rank_of(lua_type(L, a)), rb = rank_of(lua_type(L, b));
    if (ra != rb)
        return ra < rb;
    if (ra == 0)
        return lua_compare(L, a, b, LUA_OPLT);
    size_t na, nb;
    const char *ta = lua_tolstring(L, a, &na), *tb = lua_tolstring(L, b, &nb);
    int order = memcmp(ta, tb, na < nb ? na : nb);
    return order < 0 || (order == 0 && na < nb);
}

// Sinks keys[root] in the heap of n keys at stack index `keys`; largest on top.
static void sink(lua_State *L, int keys, lua_Integer root, lua_Integer n)
{
    for (;;) {
        lua_Integer child = 2 * root;
        if (child > n)
            return;
        lua_rawgeti(L, keys, child);
        if (child < n) {
            lua_rawgeti(L, keys, child + 1);
            if (key_less(L, -2, -1)) {
                lua_remove(L, -2);
                child++;
            } else {
                lua_pop(L, 1);
            }
        }
        lua_rawgeti(L, keys, root);
        if (!key_less(L, -1, -2)) {
            lua_pop(L, 2);
            return;
        }
        lua_rawseti(L, keys, child);
        lua_rawseti(L, keys, root);
        root = child;
    }
}

// Heap sort: no recursion, n log n whatever the keys.
static void sort_keys(lua_State *L, int keys, lua_Integer n)
{
    for (lua_Integer root = n / 2; root >= 1; root--)
        sink(L, keys, root, n);
    for (lua_Integer last = n; last > 1; last--) {
        lua_rawgeti(L, keys, 1);
        lua_rawgeti(L, keys, last);
        lua_rawseti(L, keys, 1);
        lua_rawseti(L, keys, last);
        sink(L, keys, 1, last - 1);
    }
}

static int next_pair(lua_State *L)
{
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(3));
    for (;;) {
        i++;
        if (lua_rawgeti(L, lua_upvalueindex(2), i) == LUA_TNIL)
            return 1;
        lua_pushvalue(L, -1);
        if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
            break;
        lua_pop(L, 2); // removed while iterating
    }
    lua_pushinteger(L, i);
    lua_replace(L, lua_upvalueindex(3));
    return 2;
}

static int base_pairs(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    object_open(L, 1); // an object of ours is iterated as the table of what is in it
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_newtable(L);
    lua_Integer n = 0;
    for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1)) {
        int type = lua_type(L, -2);
        if (type != LUA_TNUMBER && type != LUA_TSTRING)
            sandbox_fail(L, "pairs: a key is %s, only numbers and strings have an order",
                         sandbox_describe(L, -2));
        lua_pushvalue(L, -2);
        lua_rawseti(L, 2, ++n);
    }
    uint64_t work = 8;
    for (lua_Integer left = n; left > 0; left /= 2)
        work += 4 * (uint64_t)n;
    sandbox_spend(L, work);
    sort_keys(L, 2, n);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_pair, 3);
    return 1;
}

static int next_item(lua_State *L)
{
    lua_Integer i = luaL_checkinteger(L, 2) + 1;
    lua_pushinteger(L, i);
    if (lua_rawgeti(L, lua_upvalueindex(1), i) == LUA_TNIL)
        return 1; // the nil ends the loop
    return 2;
}

static int base_ipairs(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    object_open(L, 1);
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_pushcclosure(L, next_item, 1);
    lua_pushnil(L);
    lua_pushinteger(L, 0);
    return 3;
}

void env_add_base(lua_State *L)
{
    static const char *const stock[] = {"error", "select", "tonumber", "type", NULL};
    static const luaL_Reg own[] = {
        {"assert", base_assert}, {"ipairs", base_ipairs},     {"pairs", base_pairs},
        {"pcall", sandbox_pcall}, {"tostring", base_tostring}, {NULL, NULL},
    };
    luaL_requiref(L, LUA_GNAME, luaopen_base, 0);
    lua_insert(L, -2);
    env_copy(L, stock);
    luaL_setfuncs(L, own, 0);
    lua_remove(L, -2);
}
