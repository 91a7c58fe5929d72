// rules_vote.c -- see rules_vote.h.
#include "hook/rules_vote.h"

#include "hook/env.h"
#include "hook/sandbox.h"

#include <string.h>

static const char TYPE[] = "vote";

static const char shape_key; // its address is the registry key of the shape

static const double SUM_SLACK = 1e-6; // probabilities add up to 1 within this

struct vote {
    size_t n; // C; 0 while the file is loaded
    float p[];
};

static const struct vote_shape *shape_of(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &shape_key);
    const struct vote_shape *shape = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return shape;
}

// Pushes a vote of zeros.
static struct vote *push_vote(lua_State *L, const struct vote_shape *shape)
{
    size_t n = shape->voting ? shape->classes : 0;
    struct vote *vote = lua_newuserdatauv(L, sizeof *vote + n * sizeof *vote->p, 0);
    vote->n = n;
    for (size_t i = 0; i < n; i++)
        vote->p[i] = 0;
    luaL_setmetatable(L, TYPE);
    return vote;
}

// --- classes -------------------------------------------------------------------------------------

// Raises: the name at `at` is none of the classes.
static _Noreturn void fail_class(lua_State *L, const struct vote_shape *shape, const char *name)
{
    if (shape->name == NULL)
        sandbox_fail(L,
                     "there is no class '%s': the classes have no names\n"
                     "They have numbers from 0 to %d; 'classes' in the table the file returns "
                     "names them.",
                     name, (int)shape->classes - 1);
    lua_newtable(L);
    for (size_t i = 0; i < shape->classes; i++) {
        lua_pushboolean(L, true);
        lua_setfield(L, -2, shape->name[i]);
    }
    const char *near = env_nearest(L, -1, name);
    if (near != NULL)
        sandbox_fail(L, "there is no class '%s'\nDid you mean '%s'?", name, near);
    sandbox_fail(L, "there is no class '%s'", name);
}

static size_t class_named(lua_State *L, const struct vote_shape *shape, const char *name)
{
    for (size_t i = 0; shape->name != NULL && i < shape->classes; i++)
        if (strcmp(shape->name[i], name) == 0)
            return i;
    fail_class(L, shape, name);
}

// The class that the string or number at `at` means.
static size_t class_at(lua_State *L, const struct vote_shape *shape, int at)
{
    if (lua_type(L, at) == LUA_TSTRING)
        return class_named(L, shape, lua_tostring(L, at));
    double x = lua_tonumber(L, at);
    if (!(x >= 0 && x < (double)shape->classes && x == (double)(size_t)x))
        sandbox_fail(L, "there is no class %g among %d, counted from 0", x, (int)shape->classes);
    return (size_t)x;
}

// --- the functions -------------------------------------------------------------------------------

static int one_class(lua_State *L, const char *function, float value)
{
    const struct vote_shape *shape = shape_of(L);
    if (lua_type(L, 1) != LUA_TSTRING && lua_type(L, 1) != LUA_TNUMBER)
        sandbox_fail(L, "%s: expected the name or the number of a class, found %s", function,
                     sandbox_describe(L, 1));
    struct vote *vote = push_vote(L, shape);
    if (shape->voting)
        vote->p[class_at(L, shape, 1)] = value;
    return 1;
}

static int vote_class(lua_State *L)
{
    return one_class(L, "class", 1);
}

static int vote_not_class(lua_State *L)
{
    return one_class(L, "not_class", -1);
}

// The probability on the top of the stack.
static double check_probability(lua_State *L)
{
    if (lua_type(L, -1) != LUA_TNUMBER)
        sandbox_fail(L, "probs: expected numbers, found %s", sandbox_describe(L, -1));
    double p = lua_tonumber(L, -1);
    if (p != p)
        sandbox_fail(L, "probs: expected numbers from 0 to 1, found NaN");
    if (!(p >= 0 && p <= 1 + SUM_SLACK))
        sandbox_fail(L, "probs: expected numbers from 0 to 1, found %g", p);
    return p;
}

// Raises for a key of the table at 1 that is no class: all have names, or all places 1 .. `length`.
static void check_keys(lua_State *L, const struct vote_shape *shape, size_t length)
{
    size_t keys = 0;
    for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1), keys++)
        if (length == 0 && lua_type(L, -2) == LUA_TSTRING)
            class_named(L, shape, lua_tostring(L, -2));
        else if (length == 0 || lua_type(L, -2) == LUA_TSTRING)
            sandbox_fail(L, "probs: expected all by position, or all by name");
    if (length > 0 && (length != shape->classes || keys != length))
        sandbox_fail(L, "probs: %d numbers for %d classes", (int)keys, (int)shape->classes);
}

// The table at 1 by position or by name, into the vote; gives the sum.
static double fill_probs(lua_State *L, struct vote *vote, const struct vote_shape *shape)
{
    size_t length = lua_rawlen(L, 1);
    double sum = 0;
    check_keys(L, shape, length);
    for (size_t i = 0; i < shape->classes; i++) {
        if (length > 0)
            lua_rawgeti(L, 1, (lua_Integer)i + 1);
        else if (shape->name != NULL)
            lua_getfield(L, 1, shape->name[i]);
        else
            lua_pushnil(L);
        bool absent = length == 0 && lua_isnil(L, -1);
        double p = absent ? 0 : check_probability(L);
        lua_pop(L, 1);
        vote->p[i] = (float)p;
        sum += p;
    }
    return sum;
}

static int vote_probs(lua_State *L)
{
    const struct vote_shape *shape = shape_of(L);
    if (lua_type(L, 1) != LUA_TTABLE)
        sandbox_fail(L, "probs: expected a table, found %s\nWrite probs{0.9, 0.1}.",
                     sandbox_describe(L, 1));
    struct vote *vote = push_vote(L, shape);
    if (!shape->voting)
        return 1;
    double sum = fill_probs(L, vote, shape);
    if (!(sum >= 1 - SUM_SLACK && sum <= 1 + SUM_SLACK))
        sandbox_fail(L, "probs: the numbers add up to %g, expected 1", sum);
    lua_settop(L, 2);
    return 1;
}

static int vote_text(lua_State *L)
{
    lua_pushliteral(L, "vote");
    return 1;
}

void vote_register(lua_State *L, const struct vote_shape *shape)
{
    lua_pushlightuserdata(L, (void *)shape);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &shape_key);
    luaL_newmetatable(L, TYPE);
    lua_pushcfunction(L, vote_text);
    lua_setfield(L, -2, "__tostring");
    lua_pop(L, 1);
}

void vote_add(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"class", vote_class}, {"not_class", vote_not_class}, {"probs", vote_probs}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
    struct vote *nothing = lua_newuserdatauv(L, sizeof *nothing, 0);
    nothing->n = 0;
    luaL_setmetatable(L, TYPE);
    lua_setfield(L, -2, "abstain");
}

void vote_take(lua_State *L, float *out, const char *id, int line)
{
    const struct vote_shape *shape = shape_of(L);
    const struct vote *vote = luaL_testudata(L, -1, TYPE);
    for (size_t i = 0; i < shape->classes; i++)
        out[i] = vote != NULL && i < vote->n ? vote->p[i] : 0;
    if (vote == NULL && !lua_isnil(L, -1))
        sandbox_fail(L,
                     SANDBOX_CHUNK ":%d: rule '%s': expected a vote, found %s\n"
                                   "A rule returns class(...), not_class(...), probs{...}, or "
                                   "nothing where it abstains.",
                     line, id, sandbox_describe(L, -1));
}
