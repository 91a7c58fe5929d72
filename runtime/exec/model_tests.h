// model_tests.h -- tests between models, computed from the numbers of a run: they take no time and are no steps.
#ifndef W2S_MODEL_TESTS_H
#define W2S_MODEL_TESTS_H

#include "eval/stat_paired.h"
#include "exec/run.h"

#define MODEL_TEST_LEVEL 0.95 // of the intervals

struct model_test {
    const struct plan_test *test;
    enum paired_kind kind;
    bool ready;           // otherwise a step it needs failed, and what follows is not there
    struct paired paired;
    double holm;          // its p-value among those of its family; NaN where it has none
    size_t n_family;      // tests of the family that have a p-value
};

// By test of the plan; to be freed with mem_free. `holm` of a family of more than anybody reads is NaN.
struct model_test *results_tests(const struct run *run);

// Whether no earlier test of the plan is of the family of this one.
bool model_test_is_first(const struct plan_test *tests, size_t at);

#endif
