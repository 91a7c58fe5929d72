// lib_elementwise.c -- functions of single elements; numbers are 1 x 1 tensors.
#include "hook/library.h"

#include "hook/power.h"
#include "hook/tensor.h"

#define UNARY_FUNCTIONS(DO)                                                                        \
    DO(exp) DO(log) DO(log1p) DO(expm1) DO(sqrt) DO(abs) DO(tanh) DO(sigmoid) DO(softplus)         \
    DO(relu) DO(gelu) DO(erf) DO(lgamma) DO(digamma) DO(sin) DO(cos)

#define DEFINE(name)                                                                               \
    int lib_##name(lua_State *L)                                                                   \
    {                                                                                              \
        uint32_t x = tensor_check(L, 1);                                                           \
        return tensor_push(L, graph_##name(tensor_graph(L), x));                                   \
    }
UNARY_FUNCTIONS(DEFINE)
#undef DEFINE

int lib_sign(lua_State *L)
{
    uint32_t x = tensor_check(L, 1);
    struct graph *g = tensor_graph(L);
    return tensor_push(L, graph_sub(g, graph_step(g, x), graph_step(g, graph_neg(g, x))));
}

int lib_pow(lua_State *L)
{
    tensor_check(L, 1);
    tensor_check(L, 2);
    if (tensor_is(L, 1) || tensor_is(L, 2))
        return power_of_tensors(L, 1, 2);
    double x = power_of_numbers(lua_tonumber(L, 1), lua_tonumber(L, 2));
    return tensor_push(L, tensor_constant(L, x));
}

static int binary(lua_State *L, enum op op, int first, int second)
{
    uint32_t a = tensor_check(L, first), b = tensor_check(L, second);
    return tensor_push(L, graph_op2(tensor_graph(L), op, a, b));
}

int lib_maximum(lua_State *L)
{
    return binary(L, OP_MAX, 1, 2);
}

int lib_minimum(lua_State *L)
{
    return binary(L, OP_MIN, 1, 2);
}

int lib_clamp(lua_State *L)
{
    uint32_t x = tensor_check(L, 1), low = tensor_check(L, 2), high = tensor_check(L, 3);
    struct graph *g = tensor_graph(L);
    return tensor_push(L, graph_min(g, graph_max(g, x, low), high));
}

int lib_lt(lua_State *L)
{
    return binary(L, OP_GREATER, 2, 1);
}

int lib_le(lua_State *L)
{
    return binary(L, OP_GREATER_EQUAL, 2, 1);
}

int lib_gt(lua_State *L)
{
    return binary(L, OP_GREATER, 1, 2);
}

int lib_ge(lua_State *L)
{
    return binary(L, OP_GREATER_EQUAL, 1, 2);
}

int lib_eq(lua_State *L)
{
    return binary(L, OP_EQUAL, 1, 2);
}

int lib_ne(lua_State *L)
{
    uint32_t a = tensor_check(L, 1), b = tensor_check(L, 2);
    struct graph *g = tensor_graph(L);
    return tensor_push(L, graph_sub(g, graph_constant(g, 1), graph_equal(g, a, b)));
}

int lib_where(lua_State *L)
{
    uint32_t in[3];
    size_t rows = 1, cols = 1;
    for (int i = 0; i < 3; i++) {
        in[i] = tensor_check(L, i + 1);
        const struct node *n = tensor_node(L, in[i]);
        rows = n->rows != 1 ? n->rows : rows;
        cols = n->cols != 1 ? n->cols : cols;
    }
    for (int i = 0; i < 3; i++)
        in[i] = tensor_broadcast(L, in[i], rows, cols);
    return tensor_push(L, graph_where(tensor_graph(L), in[0], in[1], in[2]));
}
