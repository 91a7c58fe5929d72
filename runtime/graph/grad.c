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
    uint32_t below = graph_greater(g, graph_constant(g, 0), x);
    uint32_t sign = graph_sub(g, graph_step(g, x), below);
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

static void grad_log1p(struct back *b, uint32_t id, uint32_t dy)
{
    uint32_t x = node_at(b, id).in[0];
    flow(b, x, graph_div(b->g, dy, graph_add(b->g, x, graph_constant(b->g, 1))));
}

static void grad_expm1(struct back *b, uint32_t id, uint32_t dy)
{
    uint32_t x = node_at(b, id).in[0];
    flow(b, x, graph_mul(b->g, dy, graph_exp(b->g, x)));
}

static void grad_softplus(struct back *b, uint32_t id, uint32_t dy)
{
    uint32_t x = node_at(b, id).in[0];
    flow(b, x, graph_mul(b->g, dy, graph_sigmoid(b->g, x)));
}

static void grad_erf(struct back *b, uint32_t id, uint32_t dy) // 2 / sqrt(pi) exp(-x^2)
{
    struct graph *g = b->g;
    uint32_t x = node_at(b, id).in[0];
    uint32_t bell = graph_exp(g, graph_neg(g, graph_mul(g, x, x)));
    uint32_t slope = graph_mul(g, bell, graph_constant(g, 1.12837916709551257f));
    flow(b, x, graph_mul(g, dy, slope));
}

static void grad_lgamma(struct back *b, uint32_t id, uint32_t dy)
{
    uint32_t x = node_at(b, id).in[0];
    flow(b, x, graph_mul(b->g, dy, graph_digamma(b->g, x)));
}

static void grad_digamma(struct back *b, uint32_t id, uint32_t dy)
{
    uint32_t x = node_at(b, id).in[0];
    flow(b, x, graph_mul(b->g, dy, graph_trigamma(b->g, x)));
}

static void grad_sin(struct back *b, uint32_t id, uint32_t dy)
{
    uint32_t x = node_at(b, id).in[0];
    flow(b, x, graph_mul(b->g, dy, graph_cos(b->g, x)));
}

static void grad_cos(struct back *b, uint32_t id, uint32_t dy)
{
    uint32_t x = node_at(b, id).in[0];
    flow(b, x, graph_neg(b->g, graph_mul(b->g, dy, graph_sin(b->g, x))));
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

// The quantile weighs the value at sorted position i (from 0) by max(0, 1 - |i - rank|).
static void grad_quantile(struct back *b, uint32_t id, uint32_t dy)
{
    struct graph *g = b->g;
    struct node n = node_at(b, id);
    uint32_t x = n.in[0], q = n.in[1], one = graph_constant(g, 1), zero = graph_constant(g, 0);
    if (b->needs[q]) {
        err_set(g->err, ERR_UNSUPPORTED, "quantile has no gradient by its rank");
        err_hint(g->err, "Put the rank through detach to use it as a constant.");
        return;
    }
    size_t rows = node_at(b, x).rows;
    uint32_t share = graph_min(g, graph_max(g, q, zero), one);
    uint32_t rank = graph_mul(g, share, graph_constant(g, (float)(rows - 1)));
    uint32_t place = graph_sub(g, graph_sub(g, graph_iota(g, rows), one), rank);
    uint32_t weight = graph_relu(g, graph_sub(g, one, graph_abs(g, place)));
    uint32_t index = graph_row_argsort(g, graph_transpose(g, x));
    struct node spread_out = {.op = OP_ROW_SCATTER, .in = {graph_mul(g, weight, dy), index},
                              .rows = 1, .cols = rows};
    flow(b, x, graph_transpose(g, graph_add_node(g, &spread_out)));
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

static void grad_slice(struct back *b, uint32_t id, uint32_t dy)
{
    struct node n = node_at(b, id), x = node_at(b, n.in[0]);
    flow(b, n.in[0], graph_pad(b->g, dy, n.offset, n.index, x.rows, x.cols));
}

static void grad_pad(struct back *b, uint32_t id, uint32_t dy)
{
    struct node n = node_at(b, id), x = node_at(b, n.in[0]);
    flow(b, n.in[0], graph_slice(b->g, dy, n.offset, n.index, x.rows, x.cols));
}

static void grad_transpose(struct back *b, uint32_t id, uint32_t dy)
{
    flow(b, node_at(b, id).in[0], graph_transpose(b->g, dy));
}

static void grad_cumsum(struct back *b, uint32_t id, uint32_t dy)
{
    struct node n = node_at(b, id);
    flow(b, n.in[0], graph_cumsum(b->g, dy, n.index == 0));
}

static void grad_where(struct back *b, uint32_t id, uint32_t dy)
{
    struct graph *g = b->g;
    struct node n = node_at(b, id);
    uint32_t zero = graph_broadcast(g, graph_constant(g, 0), n.rows, n.cols);
    if (b->needs[n.in[1]])
        flow(b, n.in[1], graph_where(g, n.in[0], dy, zero));
    if (b->needs[n.in[2]])
        flow(b, n.in[2], graph_where(g, n.in[0], zero, dy));
}

// A gather's gradient adds into the places it read; a scatter's reads them.
static void scatter(struct back *b, uint32_t to, enum op op, uint32_t dy, uint32_t index)
{
    struct node x = node_at(b, to);
    struct node n = {.op = op, .in = {dy, index}, .rows = x.rows, .cols = x.cols};
    flow(b, to, graph_add_node(b->g, &n));
}

static void grad_row_gather(struct back *b, uint32_t id, uint32_t dy)
{
    struct node n = node_at(b, id);
    scatter(b, n.in[0], OP_ROW_SCATTER, dy, n.in[1]);
}

static void grad_row_scatter(struct back *b, uint32_t id, uint32_t dy)
{
    struct node n = node_at(b, id);
    flow(b, n.in[0], graph_row_gather(b->g, dy, n.in[1]));
}

static void grad_gather_rows(struct back *b, uint32_t id, uint32_t dy)
{
    struct node n = node_at(b, id);
    scatter(b, n.in[0], OP_SCATTER_ROWS, dy, n.in[1]);
}

static void grad_scatter_rows(struct back *b, uint32_t id, uint32_t dy)
{
    struct node n = node_at(b, id);
    flow(b, n.in[0], graph_gather_rows(b->g, dy, n.in[1]));
}

// A reshape goes back by another; the value of an extern brings its gradient along.
static void grad_view(struct back *b, uint32_t id, uint32_t dy)
{
    struct graph *g = b->g;
    struct node n = node_at(b, id), x = node_at(b, n.in[0]);
    if (x.op == OP_EXTERN) {
        struct node z = node_at(b, x.in[0]);
        flow(b, x.in[0], graph_mul(g, graph_view(g, n.in[0], 0, z.rows, z.cols), dy));
    } else if (node_size(&n) == node_size(&x)) {
        flow(b, n.in[0], graph_view(g, dy, 0, x.rows, x.cols));
    } else {
        BUG("the gradient of a partial view is asked for");
    }
}

// --- rules of second order: of the ops that gradients are made of -----------------------------------
static void grad_relu_back(struct back *b, uint32_t id, uint32_t dz) // flat in y
{
    struct node n = node_at(b, id);
    flow(b, n.in[1], graph_op2(b->g, OP_RELU_BACK, n.in[0], dz));
}

static void grad_tanh_back(struct back *b, uint32_t id, uint32_t dz) // (1 - y^2) dy
{
    struct graph *g = b->g;
    struct node n = node_at(b, id);
    flow(b, n.in[1], graph_op2(g, OP_TANH_BACK, n.in[0], dz));
    if (b->needs[n.in[0]]) {
        uint32_t slope = graph_mul(g, graph_mul(g, n.in[0], n.in[1]), graph_constant(g, -2));
        flow(b, n.in[0], graph_mul(g, slope, dz));
    }
}

// Phi + x phi has the slope phi (2 - x^2).
static void grad_gelu_slope(struct back *b, uint32_t id, uint32_t dy)
{
    struct graph *g = b->g;
    uint32_t x = node_at(b, id).in[0], square = graph_mul(g, x, x);
    uint32_t density = graph_exp(g, graph_mul(g, square, graph_constant(g, -0.5f)));
    density = graph_mul(g, density, graph_constant(g, 0.398942280401432678f)); // 1 / sqrt(2 pi)
    uint32_t slope = graph_mul(g, density, graph_sub(g, graph_constant(g, 2), square));
    flow(b, x, graph_mul(g, dy, slope));
}

// z = p (dp - sum(p dp)), linear and symmetric in dp.
static void grad_softmax_back(struct back *b, uint32_t id, uint32_t dz)
{
    struct graph *g = b->g;
    struct node n = node_at(b, id);
    uint32_t p = n.in[0], dp = n.in[1];
    flow(b, dp, graph_op2(g, OP_SOFTMAX_BACK, p, dz));
    if (b->needs[p]) {
        uint32_t centred = graph_sub(g, dp, graph_row_sum(g, graph_mul(g, p, dp)));
        uint32_t through_sum = graph_mul(g, dp, graph_row_sum(g, graph_mul(g, dz, p)));
        flow(b, p, graph_sub(g, graph_mul(g, dz, centred), through_sum));
    }
}

// z = dy - exp(y) sum(dy)
static void grad_log_softmax_back(struct back *b, uint32_t id, uint32_t dz)
{
    struct graph *g = b->g;
    struct node n = node_at(b, id);
    uint32_t y = n.in[0], dy = n.in[1], weighted = graph_mul(g, graph_exp(g, y), dz);
    if (b->needs[dy])
        flow(b, dy, graph_sub(g, dz, graph_row_sum(g, weighted)));
    if (b->needs[y])
        flow(b, y, graph_neg(g, graph_mul(g, weighted, graph_row_sum(g, dy))));
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

// A convolution is linear in each operand, and so are its two gradients: each of the three has the
// other two for its own.
static void flow_window(struct back *b, uint32_t to, enum op op, uint32_t x, uint32_t y,
                        const struct window *window)
{
    struct node n = {.op = op, .in = {x, y}, .window = *window};
    if (b->needs[to])
        flow(b, to, graph_add_node(b->g, &n));
}

static void grad_conv(struct back *b, uint32_t id, uint32_t dy)
{
    struct node n = node_at(b, id);
    flow_window(b, n.in[0], OP_CONV_INPUT, dy, n.in[1], &n.window);
    flow_window(b, n.in[1], OP_CONV_WEIGHT, n.in[0], dy, &n.window);
}

static void grad_conv_input(struct back *b, uint32_t id, uint32_t dx)
{
    struct node n = node_at(b, id);
    flow_window(b, n.in[0], OP_CONV, dx, n.in[1], &n.window);
    flow_window(b, n.in[1], OP_CONV_WEIGHT, dx, n.in[0], &n.window);
}

static void grad_conv_weight(struct back *b, uint32_t id, uint32_t dw)
{
    struct node n = node_at(b, id);
    flow_window(b, n.in[0], OP_CONV_INPUT, n.in[1], dw, &n.window);
    flow_window(b, n.in[1], OP_CONV, n.in[0], dw, &n.window);
}

// Flat in what is compared.
static void grad_pool_pick(struct back *b, uint32_t id, uint32_t dy)
{
    struct node n = node_at(b, id);
    flow_window(b, n.in[1], OP_POOL_SPREAD, n.in[0], dy, &n.window);
}

static void grad_pool_spread(struct back *b, uint32_t id, uint32_t dy)
{
    struct node n = node_at(b, id);
    flow_window(b, n.in[1], OP_POOL_PICK, n.in[0], dy, &n.window);
}

static void grad_pool_mean(struct back *b, uint32_t id, uint32_t dy)
{
    struct node n = node_at(b, id);
    flow_window(b, n.in[0], OP_POOL_MEAN_SPREAD, dy, NODE_NONE, &n.window);
}

static void grad_pool_mean_spread(struct back *b, uint32_t id, uint32_t dy)
{
    struct node n = node_at(b, id);
    flow_window(b, n.in[0], OP_POOL_MEAN, dy, NODE_NONE, &n.window);
}

static void (*const rule[OP_COUNT])(struct back *, uint32_t, uint32_t) = {
#define OP(ID, name, arity, shape, in_place, gradient) [OP_##ID] = grad_##gradient,
#include "graph/ops.def"
};

// --- the pass ------------------------------------------------------------------------------------
static bool depends(const struct back *b, uint32_t id)
{
    const struct node *n = &b->g->node[id];
    if (rule[n->op] == grad_zero)
        return false;
    for (unsigned i = 0; i < op_info[n->op].arity; i++)
        if (b->needs[n->in[i]])
            return true;
    return false;
}

// Fills `adjoint` for all nodes up to y that lead from `x`, or from any parameter, to y.
static int reverse(struct back *b, struct graph *g, uint32_t y, uint32_t x)
{
    uint32_t n = y + 1;
    *b = (struct back){g, mem_new(n * sizeof(uint32_t)), mem_new(n * sizeof(bool))};
    for (uint32_t id = 0; id < n; id++) {
        b->adjoint[id] = NODE_NONE;
        bool is_wanted = x != NODE_NONE ? id == x : g->node[id].op == OP_PARAM;
        b->needs[id] = is_wanted || depends(b, id);
    }
    if (b->needs[y])
        b->adjoint[y] = graph_constant(g, 1);
    for (uint32_t id = n; id-- > 0 && !graph_failed(g);)
        if (b->needs[id] && b->adjoint[id] != NODE_NONE && id != x)
            rule[g->node[id].op](b, id, b->adjoint[id]);
    return graph_failed(g) ? -1 : 0;
}

static void back_release(struct back *b)
{
    mem_free(b->adjoint);
    mem_free(b->needs);
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

static bool is_number(struct graph *g, uint32_t y, const char *what)
{
    if (graph_failed(g) || y == NODE_NONE)
        return false;
    if (node_size(&g->node[y]) == 1)
        return true;
    err_set(g->err, ERR_DATA, "%s must be a single number, found a tensor of %zu x %zu", what,
            g->node[y].rows, g->node[y].cols);
    return false;
}

int graph_gradient(struct graph *g, uint32_t loss)
{
    if (!is_number(g, loss, "a loss"))
        return -1;
    struct back b;
    int status = reverse(&b, g, loss, NODE_NONE);
    store_gradients(&b, loss + 1);
    back_release(&b);
    return graph_failed(g) ? -1 : status;
}

uint32_t graph_derivative(struct graph *g, uint32_t y, uint32_t x)
{
    if (x == NODE_NONE || !is_number(g, y, "what is differentiated"))
        return NODE_NONE;
    size_t rows = g->node[x].rows, cols = g->node[x].cols;
    uint32_t dx = NODE_NONE;
    if (x <= y) {
        struct back b;
        if (reverse(&b, g, y, x) == 0)
            dx = b.adjoint[x];
        back_release(&b);
    }
    return graph_broadcast(g, dx != NODE_NONE ? dx : graph_constant(g, 0), rows, cols);
}
