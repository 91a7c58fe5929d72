// library.c -- see library.h.
#include "hook/library.h"

const struct library_function library_functions[] = {
#define FUNCTION(name, arguments, result, doc) {#name, arguments, result, doc, lib_##name},
#include "hook/library.def"
    {0},
};

void library_add(lua_State *L)
{
    for (const struct library_function *f = library_functions; f->name != NULL; f++) {
        lua_pushcfunction(L, f->call);
        lua_setfield(L, -2, f->name);
    }
}

enum over library_over(lua_State *L, int at)
{
    static const char *const words[] = {"classes", "features", "batch", NULL};
    static const enum over meaning[] = {OVER_ROW, OVER_ROW, OVER_BATCH};
    if (lua_isnoneornil(L, at))
        return OVER_ALL;
    return meaning[luaL_checkoption(L, at, NULL, words)];
}
