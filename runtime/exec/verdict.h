// verdict.h -- what may be said of a run's numbers and claims: which are refused, and what a claim is
// worth among others. For all who print results.
#ifndef W2S_VERDICT_H
#define W2S_VERDICT_H

#include "base/str.h"
#include "exec/run.h"

// Why a number is not given; false: it is. `text` receives the reason.
bool results_refused(struct str *text, const struct run *run, const struct plan_number *number);

// By claim of the plan, its p-value adjusted by Holm for all claims that were tested, *n_tested, at all points
// of the sweep; NaN for one that was not. Whether a claim held is decided by its own level; this is what a
// reader of all of them should look at. To be freed with mem_free; NULL for a single claim, and for more than
// anybody reads.
double *results_holm(size_t *n_tested, const struct run *run);

#endif
