// lib_shape.c -- products, parts, and tensors made of other tensors or of nothing.
#include "hook/library.h"

#include "hook/sandbox.h"
#include "hook/tensor.h"

enum { MAX_SIDE = 1 << 24 }; // whole numbers are exact in f32 up to here

// The operand of a product: a transposition is part of the product.
static uint32_t product_operand(const struct graph *g, uint32_t x, bool *transposed)
{
    *transposed = g->node[x].op == OP_TRANSPOSE;
    return *transposed ? g->node[x].in[0] : x;
}

int lib_matmul(lua_State *L)
{
    uint32_t a = tensor_check(L, 1), b = tensor_check(L, 2);
    struct graph *g = tensor_graph(L);
    const struct node *na = tensor_node(L, a), *nb = tensor_node(L, b);
    if (na->cols != nb->rows) // said here, of the shapes the script sees
        sandbox_fail_for_good(L, "matmul: a tensor of %zu x %zu does not fit one of %zu x %zu\n"
                                 "The inner sides of a product must be equal.",
                              na->rows, na->cols, nb->rows, nb->cols);
    bool ta, tb;
    a = product_operand(g, a, &ta);
    b = product_operand(g, b, &tb);
    return tensor_push(L, graph_matmul(g, a, ta, b, tb));
}

int lib_transpose(lua_State *L)
{
    uint32_t x = tensor_check(L, 1);
    struct graph *g = tensor_graph(L);
    if (g->node[x].op == OP_TRANSPOSE)
        return tensor_push(L, g->node[x].in[0]);
    return tensor_push(L, graph_transpose(g, x));
}

// All arguments in one tensor, along columns or along rows: each is padded with zeros to the whole,
// and these are added.
static int join(lua_State *L, const char *name, bool columns)
{
    struct graph *g = tensor_graph(L);
    int n = lua_gettop(L);
    size_t total = 0, side = 0, at = 0;
    for (int i = 1; i <= n; i++) {
        const struct node *x = tensor_node(L, tensor_check(L, i));
        size_t across = columns ? x->rows : x->cols;
        if (i > 1 && across != side)
            sandbox_fail_for_good(L, "%s: expected %zu %s, found a tensor of %zu x %zu", name, side,
                                  columns ? "rows" : "columns", x->rows, x->cols);
        side = across;
        total += columns ? x->cols : x->rows;
    }
    luaL_argcheck(L, n >= 1, 1, "expected a tensor");
    uint32_t all = NODE_NONE;
    for (int i = 1; i <= n; i++) {
        uint32_t x = tensor_check(L, i);
        size_t length = columns ? g->node[x].cols : g->node[x].rows;
        uint32_t part = n == 1    ? x
                        : columns ? graph_pad(g, x, 0, at, side, total)
                                  : graph_pad(g, x, at, 0, total, side);
        all = i == 1 ? part : graph_add(g, all, part);
        at += length;
    }
    return tensor_push(L, all);
}

int lib_concat(lua_State *L)
{
    return join(L, "concat", true);
}

int lib_stack(lua_State *L)
{
    return join(L, "stack", false);
}

// Columns or rows `from` .. `to`, stack places 2 and 3.
static int part(lua_State *L, bool columns, int from_at, int to_at)
{
    uint32_t x = tensor_check(L, 1);
    struct graph *g = tensor_graph(L);
    size_t height = g->node[x].rows, width = g->node[x].cols;
    size_t side = columns ? width : height;
    size_t from = tensor_check_whole(L, from_at, 1, side);
    size_t to = tensor_check_whole(L, to_at, from, side), n = to - from + 1;
    if (n == side)
        return tensor_push(L, x);
    return tensor_push(L, columns ? graph_slice(g, x, 0, from - 1, height, n)
                                  : graph_slice(g, x, from - 1, 0, n, width));
}

int lib_slice(lua_State *L)
{
    return part(L, true, 2, 3);
}

int lib_column(lua_State *L)
{
    return part(L, true, 2, 2);
}

int lib_rows(lua_State *L)
{
    return part(L, false, 2, 3);
}

int lib_reshape(lua_State *L)
{
    uint32_t x = tensor_check(L, 1);
    size_t r = tensor_check_whole(L, 2, 1, MAX_SIDE), c = tensor_check_whole(L, 3, 1, MAX_SIDE);
    return tensor_push(L, graph_reshape(tensor_graph(L), x, r, c));
}

int lib_broadcast(lua_State *L)
{
    uint32_t x = tensor_check(L, 1);
    size_t r = tensor_check_whole(L, 2, 1, MAX_SIDE), c = tensor_check_whole(L, 3, 1, MAX_SIDE);
    return tensor_push(L, tensor_broadcast(L, x, r, c));
}

static uint32_t iota_column(struct graph *g, size_t n)
{
    return graph_reshape(g, graph_iota(g, n), n, 1);
}

int lib_reverse_rows(lua_State *L)
{
    uint32_t x = tensor_check(L, 1);
    struct graph *g = tensor_graph(L);
    size_t n = g->node[x].rows;
    uint32_t index = graph_sub(g, graph_constant(g, (float)n + 1), iota_column(g, n));
    return tensor_push(L, graph_gather_rows(g, x, index));
}

int lib_iota(lua_State *L)
{
    size_t n = tensor_check_whole(L, 1, 1, MAX_SIDE);
    return tensor_push(L, graph_iota(tensor_graph(L), n));
}

int lib_identity(lua_State *L)
{
    struct graph *g = tensor_graph(L);
    size_t n = tensor_check_whole(L, 1, 1, MAX_SIDE);
    return tensor_push(L, graph_equal(g, iota_column(g, n), graph_iota(g, n)));
}

static int filled(lua_State *L, uint32_t value, int rows_at)
{
    size_t r = tensor_check_whole(L, rows_at, 1, MAX_SIDE);
    size_t c = tensor_check_whole(L, rows_at + 1, 1, MAX_SIDE);
    return tensor_push(L, tensor_broadcast(L, value, r, c));
}

int lib_zeros(lua_State *L)
{
    return filled(L, tensor_constant(L, 0), 1);
}

int lib_ones(lua_State *L)
{
    return filled(L, tensor_constant(L, 1), 1);
}

int lib_fill(lua_State *L)
{
    uint32_t value = tensor_check(L, 1);
    bool single = node_size(tensor_node(L, value)) == 1;
    luaL_argcheck(L, single, 1, "expected a number or a 1 x 1 tensor");
    return filled(L, value, 2);
}
