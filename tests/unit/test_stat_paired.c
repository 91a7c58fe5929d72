// test_stat_paired.c -- two models beside each other: against SciPy (fixtures/stat_paired.txt), and at the edges.
#include "cmocka_first.h"

#include "eval/stat_paired.h"

#include <math.h>
#include <stdio.h>

enum { MAX_N = 16 };

static struct paired paired_of(enum paired_kind kind, const double *x, const double *y, size_t n)
{
    struct paired out;
    struct err err = {0};
    if (stat_paired(&out, kind, x, y, n, 0.95, &err) < 0)
        fail_msg("%s", err.text);
    return out;
}

static double next(FILE *file)
{
    double x;
    assert_int_equal(fscanf(file, "%lf", &x), 1);
    return x;
}

static void near(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 1e-9 * (1 + fabs(wanted)))) // as the quantile of t
        fail_msg("got %.17g, expected %.17g", got, wanted);
}

static void test_scipy(void **state)
{
    (void)state;
    FILE *file = fopen("tests/unit/fixtures/stat_paired.txt", "r");
    if (file == NULL)
        fail_msg("run this from the top folder");
    char line[200], word[32];
    size_t n, lines = 0;
    assert_non_null(fgets(line, sizeof line, file)); // the comment
    for (; fscanf(file, "%31s %zu", word, &n) == 2; lines++) {
        double x[MAX_N], y[MAX_N];
        enum paired_kind kind;
        assert_true(paired_kind_of(&kind, word) && n <= MAX_N);
        for (size_t i = 0; i < 2 * n; i++)
            *(i < n ? &x[i] : &y[i - n]) = next(file);
        struct paired got = paired_of(kind, x, y, n);
        near(got.difference.mean, next(file));
        near(got.difference.low, next(file));
        near(got.difference.high, next(file));
        near(got.p.greater, next(file));
        near(got.p.two_sided, next(file));
        near(got.delta, next(file));
    }
    fclose(file);
    assert_int_equal(lines, 36);
}

static void test_edges(void **state)
{
    (void)state;
    static const double x[] = {0.5, 0.7, 0.9}, y[] = {0.5, NAN, 0.9};
    enum paired_kind none;
    assert_false(paired_kind_of(&none, "welch"));
    for (enum paired_kind kind = PAIRED_T; kind <= PAIRED_PERMUTATION; kind++) {
        struct paired same = paired_of(kind, x, x, 3), wrong = paired_of(kind, x, y, 3), one = paired_of(kind, x, y, 1);
        assert_true(same.p.two_sided == 1 && same.delta == 0 && same.difference.mean == 0);
        assert_true(isnan(wrong.p.two_sided) && isnan(wrong.delta) && isnan(wrong.difference.mean));
        assert_true(isnan(one.p.two_sided) && isnan(one.difference.low) && one.difference.mean == 0);
    }
}

// No differences of n seeds are further apart than those that all have one sign.
static void test_smallest_p(void **state)
{
    (void)state;
    static const double x[] = {1, 2, 3, 4, 5, 6, 7}, y[7] = {0};
    for (enum paired_kind kind = PAIRED_WILCOXON; kind <= PAIRED_PERMUTATION; kind++)
        for (size_t n = 2; n <= 7; n++)
            near(paired_of(kind, x, y, n).p.two_sided, paired_smallest_p(kind, n));
    assert_true(paired_smallest_p(PAIRED_WILCOXON, 1) == 1 && paired_smallest_p(PAIRED_T, 3) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scipy), cmocka_unit_test(test_edges), cmocka_unit_test(test_smallest_p)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
