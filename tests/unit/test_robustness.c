// test_robustness.c -- effective robustness: against NumPy (fixtures/robustness.txt), and what has no number.
#include "cmocka_first.h"

#include "base/base.h"
#include "eval/robustness.h"

#include <math.h>
#include <stdio.h>

enum { MAX_N = 64 };

static double next(FILE *file)
{
    double x;
    assert_int_equal(fscanf(file, "%lf", &x), 1);
    return x;
}

static void test_numpy(void **state)
{
    (void)state;
    FILE *file = fopen("tests/unit/fixtures/robustness.txt", "r");
    if (file == NULL)
        fail_msg("run this from the top folder");
    char line[200];
    size_t n, lines = 0;
    assert_non_null(fgets(line, sizeof line, file)); // the comment
    for (; fscanf(file, "%zu", &n) == 1; lines++) {
        struct accuracies models[1 + MAX_N];
        struct err err = {0};
        assert_true(n <= MAX_N);
        for (size_t i = 0; i <= n; i++) {
            models[i].clean = next(file);
            models[i].here = next(file);
        }
        double got, wanted = next(file);
        assert_int_equal(robustness_effective(&got, models, models + 1, n, &err), 0);
        if (!(fabs(got - wanted) < 1e-11))
            fail_msg("got %.17g, expected %.17g", got, wanted);
    }
    fclose(file);
    assert_int_equal(lines, 15);
}

// A model that loses everything, or nothing, is measured all the same: only the line needs logits.
static void test_edges(void **state)
{
    (void)state;
    const struct accuracies good = {0.8, 0.4}, half = {0.5, 0.5};
    const struct accuracies perfect = {1, 0.9}, lost = {0.8, 0};
    const struct accuracies others[] = {half, {0.9, 0.9}}, same[] = {half, {0.5, 0.7}, {0.5, 0.1}}, none[] = {good, lost};
    struct err err = {0};
    double x;
    assert_int_equal(robustness_effective(&x, &good, others, 2, &err), 0);
    assert_true(fabs(x - (0.4 - 0.8)) < 1e-12); // on the line, here is clean
    assert_int_equal(robustness_effective(&x, &lost, others, 2, &err), 0);
    assert_true(fabs(x - (0 - 0.8)) < 1e-12);
    assert_int_equal(robustness_effective(&x, &perfect, others, 2, &err), -1);
    assert_string_equal(err.text, "an accuracy of 0 or 1 has no logit, and the line is fitted to logits");
    err = (struct err){0};
    assert_int_equal(robustness_effective(&x, &good, none, 2, &err), -1);
    assert_string_equal(err.text, "an accuracy of 0 or 1 has no logit, and the line is fitted to logits");
    err = (struct err){0};
    assert_int_equal(robustness_effective(&x, &good, same, ARRAY_LEN(same), &err), -1);
    assert_string_equal(err.text, "the other models have one clean accuracy, so no line goes through them");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_numpy), cmocka_unit_test(test_edges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
