// lower_sweep.h -- the cells of a plan: seeds times points of the sweep.
#ifndef W2S_LOWER_SWEEP_H
#define W2S_LOWER_SWEEP_H

#include "lower.h"

// Fills plan->points. `overrides` are the params fixed by --set, which leave the sweep.
bool lower_points(struct lowering *l, const struct ast *overrides);

// Starts a cell at a point: its params are fixed, all else is forgotten.
void lower_enter_point(struct lowering *l, const struct plan_point *point);

// Fills plan->seeds from a number, a list or a range.
bool lower_seeds(struct lowering *l, struct scoped s);

#endif
