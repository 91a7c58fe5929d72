// rewrite.h -- passes over a graph: one rule a file, before and after drawn at its top.
//
// A pass builds a new graph from what the outputs and stores of the old one need. A rule sees one
// node at a time, its operands already rewritten; it returns a replacement it built in `to`, or
// NODE_NONE to keep the node. So a rule sees the results of its own earlier work, and dead nodes
// vanish by themselves.
//
// To add one: a file with the rule, a line below, a line in graph_optimise, a test of its effect.
#ifndef W2S_REWRITE_H
#define W2S_REWRITE_H

#include "graph/graph.h"

struct rewrite {
    struct graph *to;
    const uint32_t *uses; // of the old graph's nodes
    const struct node *old; // the node as the old graph has it
};

// All passes in their order; ends with a verified graph. BUG() when a pass broke it.
void graph_optimise(struct graph *g, size_t n_params);

// One pass; rule NULL only drops dead nodes.
void graph_rewrite(struct graph *g, uint32_t (*rule)(struct rewrite *r, const struct node *n));

uint32_t rule_fold(struct rewrite *r, const struct node *n);      // fold.c
uint32_t rule_broadcast(struct rewrite *r, const struct node *n); // fuse_broadcast.c
uint32_t rule_xent(struct rewrite *r, const struct node *n);      // fuse_xent.c
uint32_t rule_affine(struct rewrite *r, const struct node *n);    // fuse_affine.c

#endif
