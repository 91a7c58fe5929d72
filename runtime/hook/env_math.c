// env_math.c -- math: what is exact, and exp, log, sin and cos of detmath.h. A plain number in a
// loss reaches results, so the C library's are not offered. No random numbers.
#include "hook/env.h"

#include "base/detmath.h"
#include "hook/sandbox.h"

#include <lua5.4/lualib.h>
#include <math.h> // fabs and constants only

static int math_exp(lua_State *L)
{
    lua_pushnumber(L, det_exp(luaL_checknumber(L, 1)));
    return 1;
}

// log(x), or to a base.
static int math_log(lua_State *L)
{
    double x = det_log(luaL_checknumber(L, 1));
    if (!lua_isnoneornil(L, 2))
        x /= det_log(luaL_checknumber(L, 2));
    lua_pushnumber(L, x);
    return 1;
}

static int math_sqrt(lua_State *L)
{
    lua_pushnumber(L, det_sqrt(luaL_checknumber(L, 1)));
    return 1;
}

static double checked_angle(lua_State *L)
{
    double x = luaL_checknumber(L, 1);
    if (!(fabs(x) <= 1e5))
        sandbox_fail(L, "an angle must lie within 1e5 radians");
    return x;
}

static int math_sin(lua_State *L)
{
    double sine, cosine;
    det_sincos(&sine, &cosine, checked_angle(L));
    lua_pushnumber(L, sine);
    return 1;
}

static int math_cos(lua_State *L)
{
    double sine, cosine;
    det_sincos(&sine, &cosine, checked_angle(L));
    lua_pushnumber(L, cosine);
    return 1;
}

void env_add_math(lua_State *L)
{
    static const char *const stock[] = {"abs", "ceil", "deg",        "floor",      "fmod",
                                        "max", "min",  "modf",       "rad",        "tointeger",
                                        "type", "ult", "maxinteger", "mininteger", NULL};
    static const luaL_Reg own[] = {
        {"exp", math_exp}, {"log", math_log}, {"sqrt", math_sqrt},
        {"sin", math_sin}, {"cos", math_cos}, {NULL, NULL},
    };
    luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 0);
    lua_newtable(L);
    env_copy(L, stock);
    luaL_setfuncs(L, own, 0);
    lua_pushnumber(L, DET_PI);
    lua_setfield(L, -2, "pi");
    lua_pushnumber(L, HUGE_VAL);
    lua_setfield(L, -2, "huge");
    lua_remove(L, -2);
    lua_setfield(L, -2, "math");
}
