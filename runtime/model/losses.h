// losses.h -- the built-in terms of an objective: functions that build graph nodes of general ops.
//
// Every term is a mean over the B rows of a batch. CE(t, p) = -sum_c t_c log p_c. Formulas and
// papers stand at the functions in losses.c; train.h lists the calls.
#ifndef W2S_LOSSES_H
#define W2S_LOSSES_H

#include "graph/graph.h"
#include "plan/value.h"

struct loss_inputs {
    uint32_t logits;   // B x C
    uint32_t target;   // B x C: one-hot gold labels, or the guidance's distribution
    uint32_t progress; // 1 x 1
    size_t classes;
};

// True for terms that compare with the gold labels rather than with a guidance's target.
bool loss_uses_gold(const struct value *call);

// The term as a 1 x 1 node; NODE_NONE on failure, which is in the graph's err.
uint32_t loss_build(struct graph *g, const struct value *call, const struct loss_inputs *in);

#endif
