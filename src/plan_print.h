// plan_print.h -- a plan for people (a tree) and for tools (JSON).
#ifndef W2S_PLAN_PRINT_H
#define W2S_PLAN_PRINT_H

#include "plan/plan.h"

#include <stdio.h>

// Steps as a tree, each under the first of its inputs, for the first seed; the others are counted.
void plan_print(FILE *out, const struct plan *plan);

// {"experiment", "seeds", "points", "steps": [{"id", "kind", "label", "seed", "key", "in", "attrs", …}],
//  "numbers", "claims"}; documented in docs/json.md.
void plan_print_json(FILE *out, const struct plan *plan);

#endif
