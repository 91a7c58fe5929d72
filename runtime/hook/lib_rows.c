// lib_rows.c -- functions of whole rows. Positions are counted from 1, as all of Lua does.
#include "hook/library.h"

#include "hook/sandbox.h"
#include "hook/tensor.h"

int lib_softmax(lua_State *L)
{
    uint32_t x = tensor_check(L, 1);
    return tensor_push(L, graph_softmax(tensor_graph(L), x));
}

int lib_log_softmax(lua_State *L)
{
    uint32_t x = tensor_check(L, 1);
    return tensor_push(L, graph_log_softmax(tensor_graph(L), x));
}

// x / sqrt(max(sum x^2, eps^2)): the square root is never taken at 0, where it has no gradient.
uint32_t library_normalize(lua_State *L, uint32_t x, double eps)
{
    struct graph *g = tensor_graph(L);
    uint32_t squares = graph_row_sum(g, graph_mul(g, x, x));
    uint32_t least = tensor_constant(L, eps * eps);
    return tensor_built(L, graph_div(g, x, graph_sqrt(g, graph_max(g, squares, least))));
}

int lib_normalize(lua_State *L)
{
    uint32_t x = tensor_check(L, 1);
    double eps = luaL_optnumber(L, 2, 1e-12);
    luaL_argcheck(L, eps >= 1e-18 && eps <= 1e18, 2, "expected a number in 1e-18..1e18");
    return tensor_push(L, library_normalize(L, x, eps));
}

int lib_cumsum(lua_State *L)
{
    static const char *const words[] = {"reverse", NULL};
    uint32_t x = tensor_check(L, 1);
    bool reverse = !lua_isnoneornil(L, 2) && luaL_checkoption(L, 2, NULL, words) == 0;
    return tensor_push(L, graph_cumsum(tensor_graph(L), x, reverse));
}

int lib_sort(lua_State *L)
{
    uint32_t x = tensor_check(L, 1);
    struct graph *g = tensor_graph(L);
    return tensor_push(L, graph_row_gather(g, x, graph_row_argsort(g, x)));
}

int lib_argsort(lua_State *L)
{
    uint32_t x = tensor_check(L, 1);
    return tensor_push(L, graph_row_argsort(tensor_graph(L), x));
}

int lib_topk(lua_State *L)
{
    uint32_t x = tensor_check(L, 1);
    struct graph *g = tensor_graph(L);
    size_t height = g->node[x].rows, k = tensor_check_whole(L, 2, 1, g->node[x].cols);
    uint32_t order = graph_row_argsort(g, graph_neg(g, x));
    uint32_t index = tensor_built(L, graph_slice(g, order, 0, 0, height, k));
    tensor_push(L, graph_row_gather(g, x, index));
    tensor_push(L, index);
    return 2;
}

int lib_argmax(lua_State *L)
{
    uint32_t x = tensor_check(L, 1);
    return tensor_push(L, graph_row_argmax(tensor_graph(L), x));
}

int lib_one_hot(lua_State *L)
{
    uint32_t index = tensor_check(L, 1);
    struct graph *g = tensor_graph(L);
    size_t n = tensor_check_whole(L, 2, 1, 1 << 24);
    if (g->node[index].cols != 1)
        sandbox_fail(L, "one_hot: expected one position a row, found a tensor of %zu x %zu",
                     g->node[index].rows, g->node[index].cols);
    return tensor_push(L, graph_equal(g, index, graph_iota(g, n)));
}

int lib_gather(lua_State *L)
{
    uint32_t x = tensor_check(L, 1), index = tensor_check(L, 2);
    return tensor_push(L, graph_row_gather(tensor_graph(L), x, index));
}

int lib_gather_rows(lua_State *L)
{
    uint32_t x = tensor_check(L, 1), index = tensor_check(L, 2);
    return tensor_push(L, graph_gather_rows(tensor_graph(L), x, index));
}
