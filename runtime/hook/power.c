// power.c -- see power.h.
#include "hook/power.h"

#include "base/detmath.h"
#include "hook/lua_text.h"
#include "hook/sandbox.h"
#include "hook/tensor.h"

#include <math.h> // constants only

static const char MARK[] = "power", EXPONENT[] = "exponent";

// Whole exponents up to here are multiplied out, so that the base may be negative.
enum { MAX_MULTIPLIED = 64 };

static bool is_whole(double x, double most)
{
    return x >= -most && x <= most && x == (double)(long)x;
}

double power_of_numbers(double a, double b)
{
    if (b == 0 || a == 1)
        return 1;
    if (a != a || b != b)
        return NAN;
    if (!is_whole(b, 1024))
        return a < 0 ? NAN : det_pow(a, b);
    double product = 1, square = a;
    for (long n = b < 0 ? -(long)b : (long)b; n > 0; n /= 2) {
        if (n % 2 != 0)
            product *= square;
        square *= square;
    }
    return b < 0 ? 1 / product : product;
}

static uint32_t multiplied(lua_State *L, uint32_t x, unsigned n)
{
    struct graph *g = tensor_graph(L);
    uint32_t product = NODE_NONE, square = x;
    for (; n > 0; n /= 2) {
        if (n % 2 != 0)
            product = product == NODE_NONE ? square : graph_mul(g, product, square);
        if (n > 1)
            square = graph_mul(g, square, square);
    }
    return tensor_built(L, product);
}

static uint32_t to_number(lua_State *L, uint32_t x, double e)
{
    struct graph *g = tensor_graph(L);
    if (e == 0) // also where x is 0 or less
        return tensor_broadcast(L, graph_constant(g, 1), tensor_node(L, x)->rows,
                                tensor_node(L, x)->cols);
    if (e == 0.5)
        return graph_sqrt(g, x);
    if (!is_whole(e, MAX_MULTIPLIED))
        return graph_pow(g, x, tensor_constant(L, e));
    unsigned n = (unsigned)(e < 0 ? -e : e);
    uint32_t product = n <= 8 ? graph_pow(g, x, graph_constant(g, (float)n)) : multiplied(L, x, n);
    return e > 0 ? product : graph_div(g, graph_constant(g, 1), product);
}

int power_of_tensors(lua_State *L, int x, int e)
{
    struct graph *g = tensor_graph(L);
    if (!tensor_is(L, x) && tensor_is(L, e)) { // a number to a tensor
        double base = luaL_checknumber(L, x);
        if (!(base > 0))
            sandbox_fail(L, "%g cannot be raised to a tensor\nThe base must be above 0.", base);
        uint32_t log_base = tensor_constant(L, det_log(base));
        return tensor_push(L, graph_exp(g, graph_mul(g, tensor_check(L, e), log_base)));
    }
    if (tensor_is(L, e))
        sandbox_fail(L, "the exponent must be a number, found a tensor\n"
                        "For x above 0, exp(e * log(x)) takes a tensor as exponent.");
    return tensor_push(L, to_number(L, tensor_check(L, x), luaL_checknumber(L, e)));
}

// Pushes an exponent that holds the value at `at`.
static int wrap(lua_State *L, int at)
{
    lua_newuserdatauv(L, 0, 1);
    lua_pushvalue(L, at);
    lua_setiuservalue(L, -2, 1);
    luaL_setmetatable(L, EXPONENT);
    return 1;
}

static void check_base(lua_State *L, int at)
{
    if (!tensor_is(L, at) && lua_type(L, at) != LUA_TNUMBER)
        sandbox_fail(L, "expected numbers or tensors around ^, found %s",
                     sandbox_describe(L, at));
}

int power_operator(lua_State *L)
{
    if (luaL_testudata(L, 1, MARK) != NULL)
        return wrap(L, 2);
    if (luaL_testudata(L, 2, EXPONENT) != NULL) {
        lua_getiuservalue(L, 2, 1);
        lua_replace(L, 2);
    }
    check_base(L, 1);
    check_base(L, 2);
    if (tensor_is(L, 1) || tensor_is(L, 2))
        return power_of_tensors(L, 1, 2);
    lua_pushnumber(L, power_of_numbers(lua_tonumber(L, 1), lua_tonumber(L, 2)));
    return 1;
}

void power_register(lua_State *L)
{
    static const char *const types[] = {MARK, EXPONENT};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        luaL_newmetatable(L, types[i]);
        lua_pushcfunction(L, power_operator);
        lua_setfield(L, -2, "__pow");
        lua_pop(L, 1);
    }
    lua_newuserdatauv(L, 0, 0);
    luaL_setmetatable(L, MARK);
    lua_setfield(L, -2, LUA_TEXT_POWER);
}
