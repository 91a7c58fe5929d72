// verify.c -- the spec of a graph, checked apart from the code that builds it: see graph_verify.
#include "graph/graph.h"

static bool is_shape(const struct node *n, size_t rows, size_t cols)
{
    return n->rows == rows && n->cols == cols;
}

static bool side_fits(size_t side, size_t result)
{
    return side == result || side == 1;
}

static bool broadcasts_to(const struct node *n, const struct node *result)
{
    return side_fits(n->rows, result->rows) && side_fits(n->cols, result->cols);
}

static bool product_is_right(const struct node *n, const struct node *const *in)
{
    bool ta = n->transposed[0], tb = n->transposed[1];
    size_t m = ta ? in[0]->cols : in[0]->rows, k = ta ? in[0]->rows : in[0]->cols;
    bool fits =
        is_shape(n, m, n->cols) && (tb ? is_shape(in[1], n->cols, k) : is_shape(in[1], k, n->cols));
    return fits && (n->op == OP_MATMUL ? !n->relu : is_shape(in[2], 1, n->cols));
}

static bool given_is_right(const struct node *n, const struct node *const *in)
{
    switch (n->op) {
    case OP_BROADCAST:
        return broadcasts_to(in[0], n);
    case OP_VIEW:
        return n->offset + node_size(n) <= node_size(in[0]);
    case OP_SLICE:
        return n->offset + n->rows <= in[0]->rows && n->index + n->cols <= in[0]->cols;
    case OP_PAD:
        return n->offset + in[0]->rows <= n->rows && n->index + in[0]->cols <= n->cols;
    case OP_ROW_SCATTER:
        return node_same_shape(in[0], in[1]) && n->rows == in[0]->rows;
    case OP_SCATTER_ROWS:
        return is_shape(in[1], in[0]->rows, 1) && n->cols == in[0]->cols;
    case OP_IOTA:
        return n->rows == 1;
    default:
        return n->op == OP_INPUT || n->op == OP_PARAM;
    }
}

static bool window_is_right(const struct node *n, const struct node *const *in)
{
    const struct window *w = &n->window;
    size_t P = window_out_height(w) * window_out_width(w), C = w->channels;
    size_t image = (size_t)w->height * w->width * C, patch = (size_t)w->size * w->size * C;
    switch (n->op) {
    case OP_CONV: case OP_CONV_AFFINE:
        return is_shape(in[0], n->rows / P, image) && is_shape(in[1], patch, n->cols) &&
               n->rows % P == 0 && (in[2] == NULL || is_shape(in[2], 1, n->cols));
    case OP_CONV_INPUT:
        return is_shape(n, n->rows, image) && is_shape(in[0], n->rows * P, in[1]->cols) &&
               in[1]->rows == patch;
    case OP_CONV_WEIGHT:
        return is_shape(n, patch, in[1]->cols) && is_shape(in[0], in[1]->rows / P, image);
    case OP_POOL_PICK:
        return is_shape(n, in[0]->rows, P * C) && in[0]->cols == image &&
               node_same_shape(in[0], in[1]);
    case OP_POOL_SPREAD:
        return node_same_shape(n, in[0]) && is_shape(in[1], n->rows, P * C);
    case OP_POOL_MEAN:
        return is_shape(n, in[0]->rows, P * C) && in[0]->cols == image;
    default:
        return is_shape(n, in[0]->rows, image) && in[0]->cols == P * C;
    }
}

static bool other_is_right(const struct node *n, const struct node *const *in)
{
    switch (n->op) {
    case OP_SOFTMAX_XENT:
        return node_same_shape(in[0], in[1]) && is_shape(n, in[0]->rows, in[0]->cols + 1);
    case OP_TRANSPOSE:
        return is_shape(n, in[0]->cols, in[0]->rows);
    case OP_ROW_GATHER:
        return is_shape(n, in[0]->rows, in[1]->cols) && in[1]->rows == in[0]->rows;
    case OP_GATHER_ROWS:
        return is_shape(n, in[1]->rows, in[0]->cols) && in[1]->cols == 1;
    case OP_EXTERN:
        return is_shape(n, 1, node_size(in[0]) + 1);
    case OP_CONV: case OP_CONV_AFFINE: case OP_CONV_INPUT: case OP_CONV_WEIGHT:
    case OP_POOL_PICK: case OP_POOL_SPREAD: case OP_POOL_MEAN: case OP_POOL_MEAN_SPREAD:
        return window_out_height(&n->window) > 0 && window_out_width(&n->window) > 0 &&
               window_is_right(n, in);
    default:
        return false;
    }
}

static bool shape_is_right(const struct node *n, const struct node *const *in)
{
    switch (op_info[n->op].shape) {
    case SHAPE_GIVEN:
        return given_is_right(n, in);
    case SHAPE_SAME:
        return node_same_shape(n, in[0]) && (in[1] == NULL || node_same_shape(n, in[1])) &&
               (in[2] == NULL || node_same_shape(n, in[2]));
    case SHAPE_BROADCAST:
        return broadcasts_to(in[0], n) && broadcasts_to(in[1], n) &&
               (n->rows == in[0]->rows || n->rows == in[1]->rows) &&
               (n->cols == in[0]->cols || n->cols == in[1]->cols) &&
               (n->op != OP_POW || is_shape(in[1], 1, 1));
    case SHAPE_ROWS:
        return is_shape(n, in[0]->rows, 1);
    case SHAPE_COLS:
        return is_shape(n, 1, in[0]->cols);
    case SHAPE_SCALAR:
        return is_shape(n, 1, 1) && (n->op != OP_QUANTILE || (in[0]->cols == 1 && in[0]->rows > 0 &&
                                                              is_shape(in[1], 1, 1)));
    case SHAPE_PRODUCT:
        return product_is_right(n, in);
    case SHAPE_OTHER:
        return other_is_right(n, in);
    }
    return false;
}

static const char *node_fault(const struct graph *g, uint32_t id, size_t n_params)
{
    const struct node *n = &g->node[id], *in[NODE_MAX_ARITY] = {NULL};
    if ((unsigned)n->op >= OP_COUNT)
        return "has no op";
    for (unsigned i = 0; i < NODE_MAX_ARITY; i++) {
        if (i >= op_info[n->op].arity) {
            if (n->in[i] != NODE_NONE)
                return "has an operand too many";
        } else if (n->in[i] >= id) {
            return "comes before its operand";
        } else {
            in[i] = &g->node[n->in[i]];
            if (in[i]->op == OP_STORE)
                return "reads a store";
        }
    }
    if (!shape_is_right(n, in))
        return "has the wrong shape";
    if ((n->op == OP_PARAM || n->op == OP_STORE) &&
        (n->offset > n_params || node_size(n) > n_params - n->offset))
        return "lies outside the parameters";
    return NULL;
}

// Two gradients stored to one place would lose one of them.
static bool stores_overlap(const struct graph *g)
{
    for (uint32_t i = 0; i < g->n; i++)
        for (uint32_t j = 0; g->node[i].op == OP_STORE && j < i; j++) {
            const struct node *a = &g->node[i], *b = &g->node[j];
            if (b->op == OP_STORE && a->offset < b->offset + node_size(b) &&
                b->offset < a->offset + node_size(a))
                return true;
        }
    return false;
}

int graph_verify(const struct graph *g, size_t n_params, struct err *err)
{
    for (uint32_t id = 0; id < g->n; id++) {
        const char *fault = node_fault(g, id, n_params);
        if (fault != NULL)
            return err_set(err, ERR_DATA, "node %u (%s) %s", (unsigned)id,
                           (unsigned)g->node[id].op < OP_COUNT ? op_info[g->node[id].op].name : "?",
                           fault);
    }
    for (uint32_t i = 0; i < g->n_outputs; i++)
        if (g->output[i] >= g->n || g->node[g->output[i]].op == OP_STORE)
            return err_set(err, ERR_DATA, "output %u is no value", (unsigned)i);
    if (stores_overlap(g))
        return err_set(err, ERR_DATA, "two gradients are stored to one place");
    return 0;
}
