// env.h -- what a script finds of Lua's own: an allow-list, and the few functions that had to be
// written anew because Lua's own can take forever, leak an address or depend on the machine.
//
//   base     assert error ipairs pairs pcall select tonumber tostring type
//   math     abs ceil cos deg exp floor fmod huge log max maxinteger min mininteger modf pi rad sin
//            sqrt tointeger type ult
//   string   byte char find format len lower rep reverse sub upper; find takes no patterns
//   table    concat insert move pack remove sort unpack
//   utf8     char charpattern codepoint codes len offset
#ifndef W2S_ENV_H
#define W2S_ENV_H

#include <lua5.4/lauxlib.h>

// Pushes the environment: a table that reads from the functions above and those of the caller's,
// which `add` puts into the table on the top of the stack. Neither it nor a library in it can be
// assigned to, and reading a global that is not there is an error.
void env_push(lua_State *L, void (*add)(lua_State *L));

// Pops the environment on the top of the stack and makes it that of the chunk below.
void env_apply(lua_State *L);

// Fills the table on the top of the stack; one file each.
void env_add_base(lua_State *L);  // env_base.c
void env_add_math(lua_State *L);  // env_math.c
void env_add_text(lua_State *L);  // env_text.c: string, utf8, and the methods of strings
void env_add_table(lua_State *L); // env_table.c

// Copies the functions of `names`, ended by NULL, from the table below the top to the one on top.
void env_copy(lua_State *L, const char *const *names);

// What tostring shows: no address, since a result must not depend on one. Pushes it.
const char *env_text(lua_State *L, int at);

// The name nearest to `name` among the string keys of the table at `at`, or NULL.
const char *env_nearest(lua_State *L, int at, const char *name);

#endif
