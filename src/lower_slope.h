// lower_slope.h -- claims with slope(x, y), which are about all points of the sweep together. What each point
// gives is put aside until the last; then there is one claim, whose slopes have a list of x and one of y.
#ifndef W2S_LOWER_SLOPE_H
#define W2S_LOWER_SLOPE_H

#include "lower.h"

struct slope_claims;
void slope_claims_free(struct slope_claims *claims);

// Puts aside what the claim, number `at` of the file, is at the current point. False after a diagnostic: what stands
// around the slopes is not the same at all points.
bool lower_slope_add(struct lowering *l, size_t at, const struct asked_claim *claim, size_t n_seeds);

// The claim over all points: its assertion, and its steps [leaf][seed]. The memory is the lowering's. False where no
// point was put aside.
bool lower_slope_claim(struct lowering *l, size_t at, struct asked_claim *claim);

#endif
