// env_text.c -- string and utf8. No patterns: one match can run for minutes inside a single call,
// where no budget is looked at. string.rep is bounded before it works, string.format shows no
// address.
#include "hook/env.h"

#include "hook/sandbox.h"

#include <lua5.4/lualib.h>
#include <string.h>

// rep(s, n [, separator])
static int text_rep(lua_State *L)
{
    size_t length, gap_length;
    const char *text = luaL_checklstring(L, 1, &length);
    lua_Integer n = luaL_checkinteger(L, 2);
    const char *gap = luaL_optlstring(L, 3, "", &gap_length);
    size_t each = length + gap_length;
    if (n <= 0 || each == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if ((lua_Unsigned)n > SANDBOX_MAX_STRING / each)
        sandbox_fail(L, "rep: a string of more than %d bytes", SANDBOX_MAX_STRING);
    sandbox_spend(L, (uint64_t)n);
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    for (lua_Integer i = 0; i < n; i++) {
        luaL_addlstring(&out, text, length);
        if (i + 1 < n)
            luaL_addlstring(&out, gap, gap_length);
    }
    luaL_pushresult(&out);
    return 1;
}

static const char *find_bytes(const char *text, size_t n, const char *needle, size_t m)
{
    for (; n >= m; text++, n--) {
        const char *first = memchr(text, needle[0], n - m + 1);
        if (first == NULL)
            return NULL;
        n -= (size_t)(first - text);
        text = first;
        if (memcmp(text, needle, m) == 0)
            return text;
    }
    return NULL;
}

// find(s, needle [, init]): first and last byte of the needle as it stands, or nil.
static int text_find(lua_State *L)
{
    size_t n, m;
    const char *text = luaL_checklstring(L, 1, &n);
    const char *needle = luaL_checklstring(L, 2, &m);
    lua_Integer init = luaL_optinteger(L, 3, 1);
    if (!lua_isnoneornil(L, 4) && !lua_toboolean(L, 4))
        sandbox_fail(L, "find: there are no patterns, the text is found as it stands");
    if (init < 0)
        init = (lua_Unsigned)0 - (lua_Unsigned)init > n ? 1 : (lua_Integer)n + init + 1;
    size_t from = init > 1 ? (size_t)init - 1 : 0;
    if (from > n) {
        lua_pushnil(L);
        return 1;
    }
    sandbox_spend(L, m > 0 ? (n / 64 + 1) * (m / 64 + 1) : 1);
    const char *found = m == 0 ? text + from : find_bytes(text + from, n - from, needle, m);
    if (found == NULL) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, found - text + 1);
    lua_pushinteger(L, found - text + (lua_Integer)m);
    return 2;
}

// Refuses %p. What else a conversion may be is checked by Lua's own.
static void check_format(lua_State *L, const char *format, size_t n)
{
    const char *end = format + n;
    for (const char *p = format; p < end; p++) {
        if (*p != '%')
            continue;
        p++;
        while (p < end && strchr("-+ #0123456789.", *p) != NULL && *p != '\0')
            p++;
        if (p < end && *p == 'p')
            sandbox_fail(L, "format: '%%p' is not available");
    }
}

// Lua's own, upvalue 1, on arguments whose text has no address.
static int text_format(lua_State *L)
{
    size_t n;
    const char *format = luaL_checklstring(L, 1, &n);
    int top = lua_gettop(L);
    check_format(L, format, n);
    luaL_checkstack(L, 4, "too many arguments");
    for (int i = 2; i <= top; i++) {
        int type = lua_type(L, i);
        if (type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TBOOLEAN || type == LUA_TNIL)
            continue;
        env_text(L, i);
        lua_replace(L, i);
        lua_settop(L, top);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, top, 1);
    return 1;
}

static void add_string(lua_State *L)
{
    static const char *const stock[] = {"byte",  "char",    "len", "lower",
                                        "upper", "reverse", "sub", NULL};
    luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 0);
    lua_newtable(L);
    env_copy(L, stock);
    lua_getfield(L, -2, "format");
    lua_pushcclosure(L, text_format, 1);
    lua_setfield(L, -2, "format");
    lua_pushcfunction(L, text_rep);
    lua_setfield(L, -2, "rep");
    lua_pushcfunction(L, text_find);
    lua_setfield(L, -2, "find");
    lua_remove(L, -2);
    // s:upper() and the like; Lua's own metatable also has arithmetic on strings, by libm's pow
    lua_pushliteral(L, "");
    lua_newtable(L);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
    lua_setfield(L, -2, "string");
}

void env_add_text(lua_State *L)
{
    static const char *const stock[] = {"char", "charpattern", "codepoint", "codes",
                                        "len",  "offset",      NULL};
    add_string(L);
    luaL_requiref(L, LUA_UTF8LIBNAME, luaopen_utf8, 0);
    lua_newtable(L);
    env_copy(L, stock);
    lua_remove(L, -2);
    lua_setfield(L, -2, "utf8");
}
