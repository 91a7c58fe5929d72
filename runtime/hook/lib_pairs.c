// lib_pairs.c -- what lies between rows, and what concerns the gradient.
#include "hook/library.h"

#include "hook/sandbox.h"
#include "hook/tensor.h"

// |a|^2 + |b|^2 - 2 a.b of every row of a with every row of b, clamped at 0 against rounding.
static uint32_t squared_distances(lua_State *L, uint32_t a, uint32_t b)
{
    struct graph *g = tensor_graph(L);
    uint32_t aa = tensor_built(L, graph_row_sum(g, graph_mul(g, a, a)));
    uint32_t bb = tensor_built(L, graph_row_sum(g, graph_mul(g, b, b)));
    uint32_t across = graph_reshape(g, bb, 1, g->node[bb].rows);
    uint32_t dot = graph_matmul(g, a, false, b, true);
    uint32_t squared =
        graph_sub(g, graph_add(g, aa, across), graph_mul(g, graph_constant(g, 2), dot));
    return tensor_built(L, graph_relu(g, squared));
}

int lib_pairwise_squared(lua_State *L)
{
    uint32_t a = tensor_check(L, 1), b = tensor_check(L, 2);
    return tensor_push(L, squared_distances(L, a, b));
}

int lib_pairwise_distance(lua_State *L)
{
    uint32_t a = tensor_check(L, 1), b = tensor_check(L, 2);
    struct graph *g = tensor_graph(L);
    uint32_t squared = squared_distances(L, a, b);
    size_t height = g->node[squared].rows, width = g->node[squared].cols;
    uint32_t apart = graph_step(g, squared);
    uint32_t one = graph_broadcast(g, graph_constant(g, 1), height, width);
    uint32_t zero = graph_broadcast(g, graph_constant(g, 0), height, width);
    uint32_t root = graph_sqrt(g, graph_where(g, apart, squared, one));
    return tensor_push(L, graph_where(g, apart, root, zero));
}

int lib_cosine_similarity(lua_State *L)
{
    uint32_t a = library_normalize(L, tensor_check(L, 1), 1e-12);
    uint32_t b = library_normalize(L, tensor_check(L, 2), 1e-12);
    return tensor_push(L, graph_matmul(tensor_graph(L), a, false, b, true));
}

int lib_detach(lua_State *L)
{
    uint32_t x = tensor_check(L, 1);
    return tensor_push(L, graph_detach(tensor_graph(L), x));
}

int lib_stop(lua_State *L)
{
    return lib_detach(L);
}

int lib_grad(lua_State *L)
{
    uint32_t y = tensor_check(L, 1), x = tensor_check(L, 2);
    const struct node *n = tensor_node(L, y);
    if (node_size(n) != 1)
        sandbox_fail(L, "grad: expected a 1 x 1 tensor to differentiate, found %zu x %zu\n"
                        "sum(y) gives the derivative of all of y.",
                     n->rows, n->cols);
    sandbox_spend(L, tensor_graph(L)->n); // it walks the graph
    return tensor_push(L, graph_derivative(tensor_graph(L), y, x));
}
