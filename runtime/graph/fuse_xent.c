// fuse_xent.c -- cross-entropy and its gradient in one pass over the logits.
//
//     y = log_softmax z;  m = t * y                          X = softmax_xent z t
//     row_sum m                                  ->          - (losses of X)
//     log_softmax_back y (g * t)                 ->          (dz of X) * -g
//     log_softmax_back y (g1 * t1 + g2 * t2)     ->          the sum of both
//
// for g one number or one per row: the kernel's dz is softmax(z) rowsum(t) - t, and
// log_softmax_back of g t is g (t - softmax(z) rowsum(t)).
#include "graph/rewrite.h"

enum { MAX_TERMS = 8 }; // of the sum; a chain of additions that deep stays as it is

static uint32_t xent_view(struct graph *g, uint32_t z, uint32_t t, bool losses)
{
    size_t rows = g->node[z].rows, cols = g->node[z].cols;
    uint32_t x = graph_op2(g, OP_SOFTMAX_XENT, z, t);
    return losses ? graph_view(g, x, rows * cols, rows, 1) : graph_view(g, x, 0, rows, cols);
}

static uint32_t fused_loss(struct graph *g, const struct node *sum)
{
    const struct node *m = &g->node[sum->in[0]];
    if (m->op != OP_MUL)
        return NODE_NONE;
    for (unsigned i = 0; i < 2; i++) {
        const struct node *y = &g->node[m->in[i]];
        uint32_t t = m->in[1 - i];
        if (y->op == OP_LOG_SOFTMAX && node_same_shape(y, &g->node[t]))
            return graph_neg(g, xent_view(g, y->in[0], t, true));
    }
    return NODE_NONE;
}

static uint32_t fused_back(struct graph *g, uint32_t z, uint32_t dy, unsigned depth)
{
    struct node d = g->node[dy];
    if (d.op == OP_ADD && depth < MAX_TERMS) {
        uint32_t left = fused_back(g, z, d.in[0], depth + 1);
        uint32_t right = left == NODE_NONE ? NODE_NONE : fused_back(g, z, d.in[1], depth + 1);
        return right == NODE_NONE ? NODE_NONE : graph_add(g, left, right);
    }
    if (d.op != OP_MUL)
        return NODE_NONE;
    for (unsigned i = 0; i < 2; i++) {
        uint32_t scale = d.in[i], t = d.in[1 - i];
        if (g->node[scale].cols == 1 && d.cols > 1 && node_same_shape(&g->node[t], &g->node[z]))
            return graph_mul(g, xent_view(g, z, t, false), graph_neg(g, scale));
    }
    return NODE_NONE;
}

uint32_t rule_xent(struct rewrite *r, const struct node *n)
{
    struct graph *g = r->to;
    if (n->op == OP_ROW_SUM)
        return fused_loss(g, n);
    if (n->op == OP_LOG_SOFTMAX_BACK && g->node[n->in[0]].op == OP_LOG_SOFTMAX)
        return fused_back(g, g->node[n->in[0]].in[0], n->in[1], 0);
    return NODE_NONE;
}
