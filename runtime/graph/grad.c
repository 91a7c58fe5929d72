// grad.c -- see grad.h. One rule per op: given dy, the gradient of the loss by this node's value,
// it adds what flows to each operand. dy always has the shape of the node.
#include "graph/grad.h"

#include "base/mem.h"

struct back {
    struct graph *g;
    uint32_t *adjoint; // by node; NODE_NONE: nothing has arrived
    bool *needs;       // by node: a parameter is below
};

static struct node node_at(const struct back *b, uint32_t id)
{
    return b->g->node[id]; // a copy: the array moves when nodes are added
}

// Undoes broadcasting: sums `dy` down to the shape of node `to`.
static uint32_t reduced(struct graph *g, uint32_t dy, uint32_t to)
{
    size_t rows = g->node[to].rows, cols = g->node[to].cols;
    if (rows == 1 && cols == 1)
        return node_size(&g->node[dy]) == 1 ? dy : graph_sum(g, dy);
    if (rows == 1 && g->node[dy].rows != 1)
        return graph_col_sum(g, dy);
    if (cols == 1 && g->node[dy].cols != 1)
        return graph_row_sum(g, dy);
    return dy;
}

static void flow(struct back *b, uint32_t to, uint32_t dy)
{
    if (!b->needs[to] || dy == NODE_NONE)
        return;
    dy = reduced(b->g, dy, to);
    b->adjoint[to] = b->adjoint[to] == NODE_NONE ? dy : graph_add(b->g, b->adjoint[to], dy);
}

// --- rules ---------------------------------------------------------------------------------------
static void grad_leaf(struct back *b, uint32_t id, uint32_t dy)
{
    (void)b, (void)id, (void)dy;
}

static void grad_zero(struct back *b, uint32_t id, uint32_t dy)
{
    (void)b, (void)id, (void)dy;
}

static void grad_missing(struct back *b, uint32_t id, uint32_t dy)
{
    (void)dy;
    err_set(b->g->err, ERR_UNSUPPORTED, "%s has no gradient", op_info[node_at(b, id).op].name);
    err_hint(b->g->err, "Put its result through detach to use it as a constant.");
}

static void grad_neg(struct back *b, uint32_t id, uint32_t dy)
{
    flow(b, node_at(b, id).in[0], graph_neg(b->g, dy));
}

static void grad_abs(struct back *b, uint32_t id, uint32_t dy) // 0 at 0
{
    struct graph *g = b->g;
    uint32_t x = node_at(b, id).in[0];
    uint32_t sign = graph_sub(g, graph_step(g, x), graph_step(g, graph_neg(g, x)));
    flow(b, x, graph_mul(g, dy, sign));
}

static void grad_sqrt(struct back *b, uint32_t id, uint32_t dy)
{
    struct graph *g = b->g;
    uint32_t half = graph_mul(g, dy, graph_constant(g, 0.5f));
    flow(b, node_at(b, id).in[0], graph_div(g, half, id));
}

static void grad_exp(struct back *b, uint32_t id, uint32_t dy)
{
    flow(b, node_at(b, id).in[0], graph_mul(b->g, dy, id));
}

static void grad_log(struct back *b, uint32_t id, uint32_t dy)
{
    uint32_t x = node_at(b, id).in[0];
    flow(b, x, graph_div(b->g, dy, x));
}

static void grad_relu(struct back *b, uint32_t id, uint32_t dy)
{
    flow(b, node_at(b, id).in[0], graph_op2(b->g, OP_RELU_BACK, id, dy));
}

static void grad_tanh(struct back *b, uint32_t id, uint32_t dy)
{
    flow(b, node_at(b, id).in[0], graph_op2(b->g, OP_TANH_BACK, id, dy));
}

static void grad_sigmoid(struct back *b, uint32_t id, uint32_t dy)
{
    struct graph *g = b->g;
    uint32_t slope = graph_mul(g, id, graph_sub(g, graph_constant(g, 1), id));
    flow(b, node_at(b, id).in[0], graph_mul(g, dy, slope));
}

static void grad_gelu(struct back *b, uint32_t id, uint32_t dy)
{
    uint32_t x = node_at(b, id).in[0];
    flow(b, x, graph_mul(b->g, dy, graph_gelu_slope(b->g, x)));
}

static void grad_add(struct back *b, uint32_t id, uint32_t dy)
{
    struct node n = node_at(b, id);
    flow(b, n.in[0], dy);
    flow(b, n.in[1], dy);
}

static void grad_sub(struct back *b, uint32_t id, uint32_t dy)
{
    struct node n = node_at(b, id);
    flow(b, n.in[0], dy);
    if (b->needs[n.in[1]])
        flow(b, n.in[1], graph_neg(b->g, dy));
}

static void grad_mul(struct back *b, uint32_t id, uint32_t dy)
{
    struct node n = node_at(b, id);
    for (unsigned i = 0; i < 2; i++)
        if (b->needs[n.in[i]])
            flow(b, n.in[i], graph_mul(b->g, dy, n.in[1 - i]));
}

static void grad_div(struct back *b, uint32_t id, uint32_t dy)
{
    struct graph *g = b->g;
    struct node n = node_at(b, id);
    uint32_t da = graph_div(g, dy, n.in[1]);
    flow(b, n.in[0], da);
    if (b->needs[n.in[1]])
        flow(b, n.in[1], graph_neg(g, graph_mul(g, da, id)));
}

// max and min: to the operand that was taken; the second one at a tie, as the kernels take it.
static void grad_max(struct back *b, uint32_t id, uint32_t dy)
{
    struct graph *g = b->g;
    struct node n = node_at(b, id);
    flow(b, n.in[0], graph_mul(g, dy, graph_greater(g, n.in[0], n.in[1])));
    flow(b, n.in[1], graph_mul(g, dy, graph_greater_equal(g, n.in[1], n.in[0])));
}

static void grad_min(struct back *b, uint32_t id, uint32_t dy)
{
    struct graph *g = b->g;
    struct node n = node_at(b, id);
    flow(b, n.in[0], graph_mul(g, dy, graph_greater(g, n.in[1], n.in[0])));
    flow(b, n.in[1], graph_mul(g, dy, graph_greater_equal(g, n.in[0], n.in[1])));
}

static void grad_pow(struct back *b, uint32_t id, uint32_t dy)
{
    struct graph *g = b->g;
    struct node n = node_at(b, id);
    if (b->needs[n.in[1]]) {
        err_set(g->err, ERR_UNSUPPORTED, "pow has no gradient by its exponent");
        err_hint(g->err, "Write exp(e * log(x)) when the exponent depends on the model.");
        return;
    }
    uint32_t less_one = graph_sub(g, n.in[1], graph_constant(g, 1));
    uint32_t slope = graph_mul(g, graph_pow(g, n.in[0], less_one), n.in[1]);
    flow(b, n.in[0], graph_mul(g, dy, slope));
}

static void grad_broadcast(struct back *b, uint32_t id, uint32_t dy)
{
    flow(b, node_at(b, id).in[0], dy);
}

static void spread(struct back *b, uint32_t to, uint32_t dy)
{
    struct node x = node_at(b, to);
    flow(b, to, graph_broadcast(b->g, dy, x.rows, x.cols));
}

static void grad_row_sum(struct back *b, uint32_t id, uint32_t dy)
{
    spread(b, node_at(b, id).in[0], dy);
}

static void grad_col_sum(struct back *b, uint32_t id, uint32_t dy)
{
    spread(b, node_at(b, id).in[0], dy);
}

static void grad_sum(struct back *b, uint32_t id, uint32_t dy)
{
    spread(b, node_at(b, id).in[0], dy);
}

static void grad_mean(struct back *b, uint32_t id, uint32_t dy)
{
    struct graph *g = b->g;
    uint32_t x = node_at(b, id).in[0];
    spread(b, x, graph_div(g, dy, graph_constant(g, (float)node_size(&g->node[x]))));
}

static void grad_row_max(struct back *b, uint32_t id, uint32_t dy)
{
    uint32_t x = node_at(b, id).in[0];
    flow(b, x, graph_mul(b->g, graph_one_hot_argmax(b->g, x), dy));
}

static void grad_softmax(struct back *b, uint32_t id, uint32_t dy)
{
    flow(b, node_at(b, id).in[0], graph_op2(b->g, OP_SOFTMAX_BACK, id, dy));
}

static void grad_log_softmax(struct back *b, uint32_t id, uint32_t dy)
{
    flow(b, node_at(b, id).in[0], graph_op2(b->g, OP_LOG_SOFTMAX_BACK, id, dy));
}

static void grad_column(struct back *b, uint32_t id, uint32_t dy)
{
    struct node n = node_at(b, id);
    flow(b, n.in[0], graph_put_column(b->g, dy, n.index, node_at(b, n.in[0]).cols));
}

static void grad_put_column(struct back *b, uint32_t id, uint32_t dy)
{
    struct node n = node_at(b, id);
    flow(b, n.in[0], graph_column(b->g, dy, n.index));
}

// Y = A' B', a prime for "transposed or not". dA' = dY B'^T, dB' = A'^T dY; where the operand is
// stored transposed, the same product with its factors swapped gives the gradient as stored.
static void grad_matmul(struct back *b, uint32_t id, uint32_t dy)
{
    struct graph *g = b->g;
    struct node n = node_at(b, id);
    uint32_t a = n.in[0], w = n.in[1];
    bool ta = n.transposed[0], tw = n.transposed[1];
    if (b->needs[a])
        flow(b, a, ta ? graph_matmul(g, w, tw, dy, true) : graph_matmul(g, dy, false, w, !tw));
    if (b->needs[w])
        flow(b, w, tw ? graph_matmul(g, dy, true, a, ta) : graph_matmul(g, a, !ta, dy, false));
}

static void (*const rule[OP_COUNT])(struct back *, uint32_t, uint32_t) = {
#define OP(ID, name, arity, shape, in_place, gradient) [OP_##ID] = grad_##gradient,
#include "graph/ops.def"
};

// --- the pass ------------------------------------------------------------------------------------
static bool depends(const struct back *b, uint32_t id)
{
    const struct node *n = &b->g->node[id];
    if (n->op == OP_PARAM)
        return true;
    if (rule[n->op] == grad_zero)
        return false;
    for (unsigned i = 0; i < op_info[n->op].arity; i++)
        if (b->needs[n->in[i]])
            return true;
    return false;
}

static void store_gradients(struct back *b, uint32_t n)
{
    struct graph *g = b->g;
    for (uint32_t id = 0; id < n; id++) {
        struct node p = node_at(b, id);
        if (p.op == OP_PARAM && b->adjoint[id] != NODE_NONE)
            graph_add_node(
                g, &(struct node){.op = OP_STORE, .in = {b->adjoint[id]}, .offset = p.offset});
    }
}

int graph_gradient(struct graph *g, uint32_t loss)
{
    if (graph_failed(g) || loss == NODE_NONE)
        return -1;
    if (node_size(&g->node[loss]) != 1)
        return err_set(g->err, ERR_DATA,
                       "a loss must be a single number, found a tensor of %zu x %zu",
                       g->node[loss].rows, g->node[loss].cols);
    uint32_t n = loss + 1;
    struct back b = {g, mem_new(n * sizeof(uint32_t)), mem_new(n * sizeof(bool))};
    for (uint32_t id = 0; id < n; id++) {
        b.adjoint[id] = NODE_NONE;
        b.needs[id] = depends(&b, id);
    }
    if (b.needs[loss])
        b.adjoint[loss] = graph_constant(g, 1);
    for (uint32_t id = n; id-- > 0 && !graph_failed(g);)
        if (b.needs[id] && b.adjoint[id] != NODE_NONE)
            rule[g->node[id].op](&b, id, b.adjoint[id]);
    store_gradients(&b, n);
    mem_free(b.adjoint);
    mem_free(b.needs);
    return graph_failed(g) ? -1 : 0;
}
