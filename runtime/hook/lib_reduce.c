// lib_reduce.c -- sums, means and extremes over all, within rows, or down columns.
#include "hook/library.h"

#include "hook/sandbox.h"
#include "hook/tensor.h"

// x with what is reduced lying along its rows: `over` becomes a reduction of rows.
static uint32_t along_rows(lua_State *L, uint32_t x, enum over over)
{
    struct graph *g = tensor_graph(L);
    if (over == OVER_BATCH)
        return tensor_built(L, graph_transpose(g, x));
    return over == OVER_ROW ? x : tensor_built(L, graph_reshape(g, x, 1, node_size(&g->node[x])));
}

// A number a row as what `over` gives: 1 x C for the batch.
static uint32_t from_rows(lua_State *L, uint32_t x, enum over over)
{
    struct graph *g = tensor_graph(L);
    tensor_built(L, x);
    return over == OVER_BATCH ? graph_reshape(g, x, 1, g->node[x].rows) : x;
}

static uint32_t sum_over(lua_State *L, uint32_t x, enum over over)
{
    struct graph *g = tensor_graph(L);
    return over == OVER_ALL   ? graph_sum(g, x)
           : over == OVER_ROW ? graph_row_sum(g, x)
                              : graph_col_sum(g, x);
}

static uint32_t mean_over(lua_State *L, uint32_t x, enum over over)
{
    struct graph *g = tensor_graph(L);
    if (over == OVER_ALL)
        return graph_mean(g, tensor_weighed(L, x));
    size_t n = over == OVER_ROW ? g->node[x].cols : g->node[x].rows;
    if (over == OVER_BATCH)
        x = tensor_weighed(L, x);
    return graph_div(g, sum_over(L, x, over), graph_constant(g, (float)n));
}

static uint32_t max_over(lua_State *L, uint32_t x, enum over over)
{
    return from_rows(L, graph_row_max(tensor_graph(L), along_rows(L, x, over)), over);
}

int lib_sum(lua_State *L)
{
    uint32_t x = tensor_check(L, 1);
    return tensor_push(L, sum_over(L, x, library_over(L, 2)));
}

int lib_row_sum(lua_State *L)
{
    return tensor_push(L, sum_over(L, tensor_check(L, 1), OVER_ROW));
}

int lib_mean(lua_State *L)
{
    uint32_t x = tensor_check(L, 1);
    return tensor_push(L, mean_over(L, x, library_over(L, 2)));
}

int lib_max(lua_State *L)
{
    uint32_t x = tensor_check(L, 1);
    return tensor_push(L, max_over(L, x, library_over(L, 2)));
}

int lib_min(lua_State *L)
{
    uint32_t x = tensor_check(L, 1);
    struct graph *g = tensor_graph(L);
    enum over over = library_over(L, 2);
    return tensor_push(L, graph_neg(g, max_over(L, graph_neg(g, x), over)));
}

int lib_var(lua_State *L)
{
    uint32_t x = tensor_check(L, 1);
    struct graph *g = tensor_graph(L);
    enum over over = library_over(L, 2);
    uint32_t centred = tensor_built(L, graph_sub(g, x, mean_over(L, x, over)));
    return tensor_push(L, mean_over(L, graph_mul(g, centred, centred), over));
}

// log sum exp(x - m) + m; m may be a constant, since its two gradients cancel.
int lib_logsumexp(lua_State *L)
{
    uint32_t x = tensor_check(L, 1);
    struct graph *g = tensor_graph(L);
    uint32_t m = graph_detach(g, graph_row_max(g, x));
    uint32_t sum = graph_row_sum(g, graph_exp(g, graph_sub(g, x, m)));
    return tensor_push(L, graph_add(g, graph_log(g, sum), m));
}

// One number a row, between two columns of the sorted rows: the arithmetic of OP_QUANTILE.
static uint32_t quantile_of_rows(lua_State *L, uint32_t x, float q)
{
    struct graph *g = tensor_graph(L);
    size_t height = g->node[x].rows, n = g->node[x].cols;
    float rank = q * (float)(n - 1);
    size_t below = (size_t)rank < n ? (size_t)rank : n - 1;
    float weight = rank - (float)below;
    uint32_t sorted = graph_row_gather(g, x, graph_row_argsort(g, x));
    uint32_t low = graph_slice(g, sorted, 0, below, height, 1);
    if (!(weight > 0) || below + 1 >= n)
        return low;
    uint32_t high = graph_slice(g, sorted, 0, below + 1, height, 1);
    uint32_t gap = graph_sub(g, high, low);
    if (weight < 0.5f)
        return graph_add(g, low, graph_mul(g, gap, graph_constant(g, weight)));
    return graph_sub(g, high, graph_mul(g, gap, graph_constant(g, 1 - weight)));
}

int lib_quantile(lua_State *L)
{
    uint32_t x = tensor_check(L, 1), q = tensor_check(L, 2);
    struct graph *g = tensor_graph(L);
    enum over over = library_over(L, 3);
    double number = tensor_is(L, 2) ? 0.5 : lua_tonumber(L, 2);
    luaL_argcheck(L, number >= 0 && number <= 1, 2, "expected a number in 0..1");
    luaL_argcheck(L, node_size(&g->node[x]) > 0, 1, "expected a tensor that is not empty");
    if (over == OVER_ALL)
        return tensor_push(
            L, graph_quantile(g, graph_reshape(g, x, node_size(&g->node[x]), 1), q));
    luaL_argcheck(L, !tensor_is(L, 2), 2, "expected a number: only over all may it be a tensor");
    uint32_t rows = quantile_of_rows(L, along_rows(L, x, over), (float)number);
    return tensor_push(L, from_rows(L, rows, over));
}

int lib_cross_entropy(lua_State *L)
{
    uint32_t target = tensor_check(L, 1), logits = tensor_check(L, 2);
    struct graph *g = tensor_graph(L);
    uint32_t product = graph_mul(g, target, graph_log_softmax(g, logits));
    uint32_t losses = tensor_built(L, graph_neg(g, graph_row_sum(g, product)));
    return tensor_push(L, graph_mean(g, tensor_weighed(L, losses)));
}
