// library.h -- the tensor functions of library.def as globals of a script.
//
// To add one: a row in library.def, lib_NAME in the file of its group, its row in docs/lua.md, and
// a case in tests/unit/test_hook_library.c.
#ifndef W2S_LIBRARY_H
#define W2S_LIBRARY_H

#include <lua5.4/lauxlib.h>
#include <stdint.h>

void library_add(lua_State *L); // to the table on the top of the stack

struct library_function {
    const char *name, *arguments, *result, *doc;
    lua_CFunction call;
};
extern const struct library_function library_functions[]; // ends with a NULL name

#define FUNCTION(name, arguments, result, doc) int lib_##name(lua_State *L);
#include "hook/library.def"

// Shared by the groups. `over` as the optional argument `at` says it.
enum over { OVER_ALL, OVER_ROW, OVER_BATCH };
enum over library_over(lua_State *L, int at);
uint32_t library_normalize(lua_State *L, uint32_t x, double eps);

#endif
