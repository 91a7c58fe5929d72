// graph.c -- see graph.h: nodes are added, equal ones shared; nothing is computed here.
#include "graph/graph.h"

#include "base/mem.h"
#include "graph/shape.h"

#include <string.h>

enum { BUCKETS = 1024 };

void graph_init(struct graph *g, struct err *err)
{
    *g = (struct graph){.err = err};
    g->bucket = mem_new(BUCKETS * sizeof(*g->bucket));
    for (size_t i = 0; i < BUCKETS; i++)
        g->bucket[i] = NODE_NONE;
}

void graph_release(struct graph *g)
{
    mem_free(g->node);
    mem_free(g->output);
    mem_free(g->externs);
    mem_free(g->chain);
    mem_free(g->bucket);
    *g = (struct graph){0};
}

bool graph_failed(const struct graph *g)
{
    return err_is_set(g->err);
}

static uint32_t float_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return bits;
}

static unsigned node_bucket(const struct node *n)
{
    const uint64_t part[] = {
        n->op,   n->in[0], n->in[1],  n->in[2],
        n->rows, n->cols,  n->offset, n->index ^ (uint64_t)float_bits(n->value) << 32,
        n->window.height ^ (uint64_t)n->window.width << 32};
    uint64_t h =
        (uint64_t)n->transposed[0] | (uint64_t)n->transposed[1] << 1 | (uint64_t)n->relu << 2;
    for (size_t i = 0; i < ARRAY_LEN(part); i++)
        h = (h ^ part[i]) * 0x9e3779b97f4a7c15u;
    return (unsigned)(h >> 54);
}

static bool node_equal(const struct node *a, const struct node *b)
{
    return a->op == b->op && memcmp(a->in, b->in, sizeof(a->in)) == 0 && node_same_shape(a, b) &&
           a->offset == b->offset && a->index == b->index &&
           float_bits(a->value) == float_bits(b->value) && a->transposed[0] == b->transposed[0] &&
           a->transposed[1] == b->transposed[1] && a->relu == b->relu &&
           memcmp(&a->window, &b->window, sizeof(a->window)) == 0;
}

static uint32_t find_or_append(struct graph *g, const struct node *n)
{
    unsigned h = node_bucket(n);
    for (uint32_t i = g->bucket[h]; i != NODE_NONE; i = g->chain[i])
        if (node_equal(&g->node[i], n))
            return i;
    if (g->n >= GRAPH_MAX_NODES) {
        err_set(g->err, ERR_DATA, "more than %d tensor operations in one graph", GRAPH_MAX_NODES);
        return NODE_NONE;
    }
    g->node = mem_grow(g->node, &g->cap, g->n + 1, sizeof(*g->node));
    g->chain = mem_grow(g->chain, &g->chain_cap, g->n + 1, sizeof(*g->chain));
    g->node[g->n] = *n;
    g->chain[g->n] = g->bucket[h];
    g->bucket[h] = g->n;
    return g->n++;
}

uint32_t graph_add_node(struct graph *g, const struct node *node)
{
    struct node n = *node;
    for (unsigned i = 0; i < NODE_MAX_ARITY; i++) {
        bool used = i < op_info[n.op].arity;
        if (used && (n.in[i] == NODE_NONE || n.in[i] >= g->n))
            return NODE_NONE; // an operand failed before
        if (!used)
            n.in[i] = NODE_NONE;
    }
    if (graph_failed(g) || node_infer_shape(&n, g) < 0)
        return NODE_NONE;
    return find_or_append(g, &n);
}

uint32_t graph_input(struct graph *g, uint32_t slot, size_t rows, size_t cols)
{
    return graph_add_node(
        g, &(struct node){.op = OP_INPUT, .index = slot, .rows = rows, .cols = cols});
}

uint32_t graph_param(struct graph *g, size_t offset, size_t rows, size_t cols)
{
    return graph_add_node(
        g, &(struct node){.op = OP_PARAM, .offset = offset, .rows = rows, .cols = cols});
}

uint32_t graph_constant(struct graph *g, float value)
{
    return graph_add_node(g, &(struct node){.op = OP_CONSTANT, .value = value});
}

uint32_t graph_op1(struct graph *g, enum op op, uint32_t x)
{
    return graph_add_node(g, &(struct node){.op = op, .in = {x}});
}

uint32_t graph_op2(struct graph *g, enum op op, uint32_t a, uint32_t b)
{
    return graph_add_node(g, &(struct node){.op = op, .in = {a, b}});
}

uint32_t graph_pow(struct graph *g, uint32_t x, uint32_t exponent)
{
    if (graph_failed(g) || x == NODE_NONE || exponent == NODE_NONE)
        return NODE_NONE;
    const struct node *e = &g->node[exponent];
    if (e->op != OP_CONSTANT || !(e->value >= 1 && e->value <= 8) ||
        e->value != (float)(int)e->value)
        return graph_op2(g, OP_POW, x, exponent);
    int times = (int)e->value;
    uint32_t product = x;
    for (int i = 1; i < times; i++)
        product = graph_mul(g, product, x);
    return product;
}

uint32_t graph_detach(struct graph *g, uint32_t x)
{
    return graph_op1(g, OP_DETACH, x);
}

uint32_t graph_matmul(struct graph *g, uint32_t a, bool a_transposed, uint32_t b, bool b_transposed)
{
    return graph_add_node(g, &(struct node){.op = OP_MATMUL,
                                            .in = {a, b},
                                            .transposed = {a_transposed, b_transposed}});
}

uint32_t graph_broadcast(struct graph *g, uint32_t x, size_t rows, size_t cols)
{
    return graph_add_node(
        g, &(struct node){.op = OP_BROADCAST, .in = {x}, .rows = rows, .cols = cols});
}

static uint32_t window_op(struct graph *g, enum op op, uint32_t a, uint32_t b,
                          const struct window *window)
{
    return graph_add_node(g, &(struct node){.op = op, .in = {a, b}, .window = *window});
}

uint32_t graph_conv(struct graph *g, uint32_t x, uint32_t w, const struct window *window)
{
    return window_op(g, OP_CONV, x, w, window);
}

uint32_t graph_pool_max(struct graph *g, uint32_t x, const struct window *window)
{
    return window_op(g, OP_POOL_PICK, x, x, window);
}

uint32_t graph_pool_mean(struct graph *g, uint32_t x, const struct window *window)
{
    return window_op(g, OP_POOL_MEAN, x, NODE_NONE, window);
}

uint32_t graph_view(struct graph *g, uint32_t x, size_t offset, size_t rows, size_t cols)
{
    return graph_add_node(
        g, &(struct node){.op = OP_VIEW, .in = {x}, .offset = offset, .rows = rows, .cols = cols});
}

uint32_t graph_row_sum(struct graph *g, uint32_t x)
{
    return graph_op1(g, OP_ROW_SUM, x);
}

uint32_t graph_row_max(struct graph *g, uint32_t x)
{
    return graph_op1(g, OP_ROW_MAX, x);
}

uint32_t graph_col_sum(struct graph *g, uint32_t x)
{
    return graph_op1(g, OP_COL_SUM, x);
}

uint32_t graph_sum(struct graph *g, uint32_t x)
{
    return graph_op1(g, OP_SUM, x);
}

uint32_t graph_mean(struct graph *g, uint32_t x)
{
    return graph_op1(g, OP_MEAN, x);
}

uint32_t graph_quantile(struct graph *g, uint32_t x, uint32_t q)
{
    return graph_op2(g, OP_QUANTILE, x, q);
}

uint32_t graph_softmax(struct graph *g, uint32_t z)
{
    return graph_op1(g, OP_SOFTMAX, z);
}

uint32_t graph_log_softmax(struct graph *g, uint32_t z)
{
    return graph_op1(g, OP_LOG_SOFTMAX, z);
}

uint32_t graph_one_hot_argmax(struct graph *g, uint32_t x)
{
    return graph_op1(g, OP_ONE_HOT_ARGMAX, x);
}

// NODE_NONE when `x` failed before; the shape of x is needed to say the shape of the result.
static bool is_there(const struct graph *g, uint32_t x)
{
    return !graph_failed(g) && x != NODE_NONE;
}

uint32_t graph_slice(struct graph *g, uint32_t x, size_t row, size_t col, size_t rows, size_t cols)
{
    return graph_add_node(g, &(struct node){.op = OP_SLICE,
                                            .in = {x},
                                            .offset = row,
                                            .index = (uint32_t)col,
                                            .rows = rows,
                                            .cols = cols});
}

uint32_t graph_pad(struct graph *g, uint32_t x, size_t row, size_t col, size_t rows, size_t cols)
{
    return graph_add_node(g, &(struct node){.op = OP_PAD,
                                            .in = {x},
                                            .offset = row,
                                            .index = (uint32_t)col,
                                            .rows = rows,
                                            .cols = cols});
}

uint32_t graph_transpose(struct graph *g, uint32_t x)
{
    return graph_op1(g, OP_TRANSPOSE, x);
}

uint32_t graph_reshape(struct graph *g, uint32_t x, size_t rows, size_t cols)
{
    if (!is_there(g, x))
        return NODE_NONE;
    const struct node *n = &g->node[x];
    size_t size;
    if (__builtin_mul_overflow(rows, cols, &size) || size != node_size(n)) {
        err_set(g->err, ERR_DATA, "reshape: %zu x %zu does not hold a tensor of %zu x %zu", rows,
                cols, n->rows, n->cols);
        return NODE_NONE;
    }
    return graph_view(g, x, 0, rows, cols);
}

uint32_t graph_iota(struct graph *g, size_t n)
{
    return graph_add_node(g, &(struct node){.op = OP_IOTA, .rows = 1, .cols = n});
}

uint32_t graph_cumsum(struct graph *g, uint32_t x, bool reverse)
{
    return graph_add_node(g, &(struct node){.op = OP_CUMSUM, .in = {x}, .index = reverse});
}

uint32_t graph_where(struct graph *g, uint32_t cond, uint32_t a, uint32_t b)
{
    return graph_add_node(g, &(struct node){.op = OP_WHERE, .in = {cond, a, b}});
}

uint32_t graph_row_argmax(struct graph *g, uint32_t x)
{
    return graph_op1(g, OP_ROW_ARGMAX, x);
}

uint32_t graph_row_argsort(struct graph *g, uint32_t x)
{
    return graph_op1(g, OP_ROW_ARGSORT, x);
}

uint32_t graph_row_gather(struct graph *g, uint32_t x, uint32_t index)
{
    return graph_op2(g, OP_ROW_GATHER, x, index);
}

uint32_t graph_gather_rows(struct graph *g, uint32_t x, uint32_t index)
{
    return graph_op2(g, OP_GATHER_ROWS, x, index);
}

uint32_t graph_extern(struct graph *g, const struct graph_extern *e, const uint32_t in[3])
{
    if (!is_there(g, in[0]))
        return NODE_NONE;
    struct node n = {.op = OP_EXTERN, .index = g->n_externs};
    for (unsigned i = 0; i < 3; i++)
        n.in[i] = in[i] != NODE_NONE ? in[i] : in[0];
    g->externs = mem_grow(g->externs, &g->extern_cap, g->n_externs + 1, sizeof(*g->externs));
    g->externs[g->n_externs++] = *e;
    uint32_t both = graph_add_node(g, &n);
    return graph_view(g, both, node_size(&g->node[in[0]]), 1, 1);
}

void graph_output(struct graph *g, uint32_t x)
{
    if (x == NODE_NONE)
        return;
    g->output = mem_grow(g->output, &g->output_cap, g->n_outputs + 1, sizeof(*g->output));
    g->output[g->n_outputs++] = x;
}
