// fold.c -- arithmetic that needs no run:
//
//     x * 1, x / 1, pow x 1     ->  x            - - x             ->  x
//     detach x                  ->  x            broadcast x       ->  x, when x has that shape
//     c1 op c2, - c             ->  c            (constants; IEEE operations of one rounding)
//     broadcast (broadcast x)   ->  broadcast x
//
// x + 0 stays: it would turn -0 into +0 the other way round.
#include "graph/rewrite.h"

static bool is_constant(const struct graph *g, uint32_t id, float value)
{
    return g->node[id].op == OP_CONSTANT && g->node[id].value == value;
}

static uint32_t fold_constants(struct graph *g, const struct node *n)
{
    float a = g->node[n->in[0]].value, b = g->node[n->in[1]].value;
    switch (n->op) {
    case OP_ADD:
        return graph_constant(g, a + b);
    case OP_SUB:
        return graph_constant(g, a - b);
    case OP_MUL:
        return graph_constant(g, a * b);
    case OP_DIV:
        return graph_constant(g, a / b);
    default:
        return NODE_NONE;
    }
}

static uint32_t fold_unary(struct graph *g, const struct node *n)
{
    const struct node *x = &g->node[n->in[0]];
    switch (n->op) {
    case OP_DETACH:
        return n->in[0];
    case OP_NEG:
        if (x->op == OP_CONSTANT)
            return graph_constant(g, -x->value);
        return x->op == OP_NEG ? x->in[0] : NODE_NONE;
    case OP_BROADCAST:
        if (node_same_shape(x, n))
            return n->in[0];
        return x->op == OP_BROADCAST ? graph_broadcast(g, x->in[0], n->rows, n->cols) : NODE_NONE;
    default:
        return NODE_NONE;
    }
}

uint32_t rule_fold(struct rewrite *r, const struct node *n)
{
    struct graph *g = r->to;
    if (op_info[n->op].arity == 1)
        return fold_unary(g, n);
    if (op_info[n->op].arity != 2)
        return NODE_NONE;
    if (g->node[n->in[0]].op == OP_CONSTANT && g->node[n->in[1]].op == OP_CONSTANT)
        return fold_constants(g, n);
    bool one_right = is_constant(g, n->in[1], 1);
    if ((n->op == OP_MUL || n->op == OP_DIV || n->op == OP_POW) && one_right)
        return n->in[0];
    if (n->op == OP_MUL && is_constant(g, n->in[0], 1))
        return n->in[1];
    return NODE_NONE;
}
