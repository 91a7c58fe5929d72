// lua_text.h -- the one change made to a script before it is compiled: `a ^ b` becomes
// `a ^ __power ^ b`.
//
// Lua's VM computes ^ of two numbers with the C library's pow, whose last bit differs between
// systems, and no metamethod can step in. But ^ groups to the right, so the rewritten text is
// a ^ (__power ^ b), in every place where the operator may stand: the global `__power` is an object
// whose metamethod wraps b, and the wrapped b is an object too, so that a ^ it is ours (power.h).
// Lines stay where they are. A script may write neither `__power` nor `_ENV` itself.
#ifndef W2S_LUA_TEXT_H
#define W2S_LUA_TEXT_H

#include <stddef.h>

#include <lua5.4/lua.h>

#define LUA_TEXT_POWER "__power"

// Pushes the rewritten text and returns it; a byte order mark at the start is left out. Raises for
// compiled code, for a text that is too long, and for the two names.
const char *lua_text_rewrite(lua_State *L, const char *text, size_t size, size_t *n);

#endif
