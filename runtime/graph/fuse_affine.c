// fuse_affine.c -- bias and relu in the epilogue of the matrix product.
//
//     matmul a b + bias          ->  affine a b bias           bias 1 x n
//     relu (affine a b bias)     ->  affine a b bias, relu
//     conv x w + bias            ->  conv_affine x w bias, and likewise its relu
//
// Only where nothing else reads the value in between.
#include "graph/rewrite.h"

static bool read_once(const struct rewrite *r, unsigned operand)
{
    return r->uses[r->old->in[operand]] == 1;
}

static uint32_t with_bias(struct rewrite *r, const struct node *add)
{
    struct graph *g = r->to;
    for (unsigned i = 0; i < 2; i++) {
        struct node product = g->node[add->in[i]];
        const struct node *bias = &g->node[add->in[1 - i]];
        if ((product.op != OP_MATMUL && product.op != OP_CONV) || !read_once(r, i) || bias->rows != 1 ||
            bias->cols != product.cols)
            continue;
        product.op = product.op == OP_CONV ? OP_CONV_AFFINE : OP_AFFINE;
        product.in[2] = add->in[1 - i];
        return graph_add_node(g, &product);
    }
    return NODE_NONE;
}

uint32_t rule_affine(struct rewrite *r, const struct node *n)
{
    if (n->op == OP_ADD)
        return with_bias(r, n);
    if (n->op != OP_RELU || !read_once(r, 0))
        return NODE_NONE;
    struct node product = r->to->node[n->in[0]];
    if ((product.op != OP_AFFINE && product.op != OP_CONV_AFFINE) || product.relu)
        return NODE_NONE;
    product.relu = true;
    return graph_add_node(r->to, &product);
}
