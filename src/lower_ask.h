// lower_ask.h -- what a model of a finished plan says on rows of that plan, asked or not.
#ifndef W2S_LOWER_ASK_H
#define W2S_LOWER_ASK_H

#include "plan/plan.h"

// The step with the logits of `model` (a step of kind train, weigh, rules or labels) on `rows`, for
// the plan's first seed: the one that is there, or a new one with the key it would have had.
// STEP_NONE: the rows do not fit the model. `folder` is where relative paths start.
uint32_t lower_ask(struct plan *plan, uint32_t model, uint32_t rows, const char *folder);

#endif
