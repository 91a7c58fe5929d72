// results_holm.c -- p-values of a file's claims, adjusted for being several: the family of Holm's procedure
// is every claim that was tested, at all points of the sweep. Whether a claim held is decided by its own
// level; this is what a reader of all of them should look at.
#include "results.h"

#include "base/mem.h"
#include "eval/stat_test.h"

#include <math.h> // only NAN and isnan

enum { FAMILY_MAX = 10000 }; // stat_holm takes the square of it

double *results_holm(size_t *n_tested, const struct run *run)
{
    const struct plan *plan = run->plan;
    *n_tested = 0;
    if (plan->n_claims < 2 || plan->n_claims > FAMILY_MAX)
        return NULL;
    double *p = mem_new(2 * plan->n_claims * sizeof *p), *adjusted = p + plan->n_claims;
    for (size_t i = 0; i < plan->n_claims; i++) {
        uint32_t step = plan->claims[i].step;
        bool ready = step != STEP_NONE && run->artifacts[step].state == ARTIFACT_READY;
        p[i] = ready ? run->artifacts[step].claim.test.p : NAN;
        *n_tested += !isnan(p[i]);
    }
    stat_holm(adjusted, p, plan->n_claims);
    for (size_t i = 0; i < plan->n_claims; i++)
        p[i] = adjusted[i];
    return p;
}
