// fuse_broadcast.c -- work on the small tensor, repeat it last or never:
//
//     f (broadcast x)              ->  broadcast (f x)               f elementwise
//     broadcast x  op  y           ->  x op y                        op broadcasts by itself
//     broadcast x  op  broadcast y ->  broadcast (x op y)
#include "graph/rewrite.h"

enum kind { KIND_OTHER, KIND_UNARY, KIND_BINARY };

static const enum kind kind[OP_COUNT] = {
#define OP(ID, name, arity, shape, in_place, gradient)
#define UNARY(ID, name, kernel, gradient) [OP_##ID] = KIND_UNARY,
#define COMMUTATIVE(ID, name, kernel, kernel_s, gradient) [OP_##ID] = KIND_BINARY,
#define ORDERED(ID, name, kernel, kernel_s, s_kernel, gradient) [OP_##ID] = KIND_BINARY,
#include "graph/ops.def"
};

static uint32_t source(const struct graph *g, uint32_t id)
{
    while (g->node[id].op == OP_BROADCAST)
        id = g->node[id].in[0];
    return id;
}

uint32_t rule_broadcast(struct rewrite *r, const struct node *n)
{
    struct graph *g = r->to;
    if (kind[n->op] == KIND_OTHER)
        return NODE_NONE;
    uint32_t a = source(g, n->in[0]);
    if (kind[n->op] == KIND_UNARY)
        return a == n->in[0] ? NODE_NONE
                             : graph_broadcast(g, graph_op1(g, n->op, a), n->rows, n->cols);
    uint32_t b = source(g, n->in[1]);
    if (a == n->in[0] && b == n->in[1])
        return NODE_NONE;
    uint32_t small = graph_op2(g, n->op, a, b);
    return node_same_shape(&g->node[small], n) ? small
                                               : graph_broadcast(g, small, n->rows, n->cols);
}
