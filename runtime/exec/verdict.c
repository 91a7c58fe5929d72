// verdict.c -- see verdict.h.
#include "exec/verdict.h"

#include "base/mem.h"
#include "eval/stat_test.h"

#include <math.h> // only NAN and isnan

enum { FAMILY_MAX = 10000 }; // stat_holm takes the square of it

bool results_refused(struct str *text, const struct run *run, const struct plan_number *number)
{
    if (number->step == STEP_NONE) {
        str_add(text, number->why_none);
        return true;
    }
    const struct artifact *a = &run->artifacts[number->step];
    if (a->state != ARTIFACT_READY) {
        str_add(text, "a step it needs failed");
        return true;
    }
    const struct ratio *ratio = &a->comparison.ratio;
    if (!a->comparison.is_ratio || ratio->significant)
        return false;
    if (ratio->n < 2)
        str_add(text, "one seed cannot tell whether there is a gap between teacher and ceiling");
    else if (isnan(ratio->den_p))
        str_format(text, "the gap between teacher and ceiling is no number");
    else if (ratio->den_mean < 0)
        str_format(text, "the ceiling is worse than the teacher, by %.4f: there is no gap to recover", -ratio->den_mean);
    else
        str_format(text, "the gap between teacher and ceiling is not significant: %.4f, p = %.2g over %zu seeds",
                   ratio->den_mean, ratio->den_p, ratio->n);
    return true;
}

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
