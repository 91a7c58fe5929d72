// model_tests.c -- see model_tests.h.
#include "exec/model_tests.h"

#include "base/mem.h"

#include <math.h> // NAN and isnan only

enum { FAMILY_MAX = 10000 }; // stat_holm takes the square of it

static const struct comparison *comparison_of(const struct run *run, uint32_t number)
{
    const struct artifact *a = &run->artifacts[run->plan->numbers[number].step];
    return a->state == ARTIFACT_READY ? &a->comparison : NULL;
}

static void compute(struct model_test *t, const struct run *run)
{
    const struct comparison *x = comparison_of(run, t->test->x), *y = comparison_of(run, t->test->y);
    struct err no_memory = {0};
    t->holm = NAN;
    if (!paired_kind_of(&t->kind, t->test->kind))
        BUG("no test '%s'", t->test->kind);
    t->ready = x != NULL && y != NULL &&
               stat_paired(&t->paired, t->kind, x->value, y->value, x->n, MODEL_TEST_LEVEL, &no_memory) == 0;
}

static void adjust(struct model_test *tests, size_t n, uint32_t family)
{
    double *p = mem_new(2 * n * sizeof *p), *adjusted = p + n;
    size_t n_family = 0, n_tested = 0;
    for (size_t i = 0; i < n; i++)
        if (tests[i].test->family == family) {
            p[n_family] = tests[i].ready ? tests[i].paired.p.two_sided : NAN;
            n_tested += !isnan(p[n_family++]);
        }
    if (n_family <= FAMILY_MAX)
        stat_holm(adjusted, p, n_family);
    size_t at = 0;
    for (size_t i = 0; i < n; i++)
        if (tests[i].test->family == family) {
            tests[i].holm = n_family <= FAMILY_MAX ? adjusted[at++] : NAN;
            tests[i].n_family = n_tested;
        }
    mem_free(p);
}

// At each point the tests of a family stand together, so that the loop is rarely entered, and ends within
// the first point.
bool model_test_is_first(const struct plan_test *tests, size_t at)
{
    if (at > 0 && tests[at - 1].family == tests[at].family)
        return false;
    for (size_t i = 0; i < at; i++)
        if (tests[i].family == tests[at].family)
            return false;
    return true;
}

struct model_test *results_tests(const struct run *run)
{
    const struct plan *plan = run->plan;
    struct model_test *tests = mem_new(plan->n_tests * sizeof *tests);
    for (size_t i = 0; i < plan->n_tests; i++) {
        tests[i] = (struct model_test){.test = &plan->tests[i]};
        compute(&tests[i], run);
    }
    for (size_t i = 0; i < plan->n_tests; i++)
        if (model_test_is_first(plan->tests, i))
            adjust(tests, plan->n_tests, plan->tests[i].family);
    return tests;
}
