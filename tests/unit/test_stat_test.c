// test_stat_test.c -- tests without normality, effects, power and the bootstrap: against SciPy
// (fixtures/stat_test.txt), brute force, and published values.
#include "cmocka_first.h"

#include "eval/stat_bootstrap.h"
#include "eval/stat_normal.h"
#include "eval/stat_test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_N = 64 };

static void near(double got, double wanted, double relative)
{
    if (!(fabs(got - wanted) <= relative * fabs(wanted) + 1e-300))
        fail_msg("got %.17g, expected %.17g", got, wanted);
}

static struct signed_rank ranks_of(const double *d, size_t n)
{
    struct signed_rank test;
    struct err err = {0};
    if (stat_signed_rank(&test, d, n, &err) < 0)
        fail_msg("%s", err.text);
    return test;
}

static struct test_p flip(const double *d, size_t n)
{
    return stat_sign_flip(d, n, rng_key_of(1, "flip"), 20000);
}

static struct interval bootstrap(stat_function *function, const double *x, size_t n, double level,
                                 size_t resamples)
{
    const struct bootstrap how = {function, level, resamples, rng_key_of(1, "bootstrap")};
    struct interval interval;
    struct err err = {0};
    if (stat_bootstrap(&interval, x, n, &how, &err) < 0)
        fail_msg("%s", err.text);
    return interval;
}

static double plug_in_variance(double *x, size_t n)
{
    return stat_variance(x, n) * (double)(n - 1) / (double)n;
}

// --- SciPy --------------------------------------------------------------------------------------

static double number(FILE *file)
{
    double x;
    assert_int_equal(fscanf(file, "%lf", &x), 1);
    return x;
}

static size_t numbers(FILE *file, double *x)
{
    size_t n = (size_t)number(file);
    assert_true(n <= MAX_N);
    for (size_t i = 0; i < n; i++)
        x[i] = number(file);
    return n;
}

static void check_normal(FILE *file, const char *kind)
{
    double at = number(file), wanted = number(file);
    near(strcmp(kind, "cdf") == 0 ? stat_normal_cdf(at) : stat_normal_quantile(at), wanted, 1e-12);
}

static void check_ranks(FILE *file)
{
    double d[MAX_N];
    size_t n = numbers(file, d);
    struct signed_rank test = ranks_of(d, n);
    assert_true(test.p.exact == (test.n <= STAT_EXACT_RANKS));
    near(test.w, number(file), 1e-12);
    near(test.p.greater, number(file), 1e-10);
    near(test.p.two_sided, number(file), 1e-10);
}

static void check_flip(FILE *file)
{
    double d[MAX_N];
    size_t n = numbers(file, d);
    struct test_p p = flip(d, n);
    assert_true(p.exact);
    near(p.greater, number(file), 1e-12);
    near(p.two_sided, number(file), 1e-12);
}

static void check_effect(FILE *file, const char *kind)
{
    double x[MAX_N], y[MAX_N];
    size_t n = numbers(file, x);
    if (strcmp(kind, "cliff") == 0) {
        size_t m = numbers(file, y);
        near(1 + stat_cliffs_delta(x, n, y, m), 1 + number(file), 1e-12);
    } else {
        near(stat_interquartile_mean(x, n), number(file), 1e-12);
    }
}

static void check_power(FILE *file)
{
    size_t n = (size_t)number(file);
    double level = number(file), effect = number(file);
    near(stat_power(n, level, effect), number(file), 1e-7);
}

// The resamples differ from SciPy's, so the ends agree within their noise: a hundredth of the
// width.
static void check_bca(FILE *file)
{
    double x[MAX_N];
    char name[16];
    assert_int_equal(fscanf(file, "%15s", name), 1);
    stat_function *function = strcmp(name, "mean") == 0  ? stat_bootstrap_mean
                              : strcmp(name, "iqm") == 0 ? stat_interquartile_mean
                                                         : plug_in_variance;
    size_t n = numbers(file, x);
    double level = number(file), low = number(file), high = number(file);
    struct interval got = bootstrap(function, x, n, level, 100000);
    if (!(fabs(got.low - low) < 0.012 * (high - low) &&
          fabs(got.high - high) < 0.012 * (high - low)))
        fail_msg("%s: got %g..%g, expected %g..%g", name, got.low, got.high, low, high);
}

static void check_line(FILE *file, const char *kind)
{
    if (strcmp(kind, "cdf") == 0 || strcmp(kind, "quantile") == 0)
        check_normal(file, kind);
    else if (strcmp(kind, "ranks") == 0)
        check_ranks(file);
    else if (strcmp(kind, "flip") == 0)
        check_flip(file);
    else if (strcmp(kind, "cliff") == 0 || strcmp(kind, "iqm") == 0)
        check_effect(file, kind);
    else if (strcmp(kind, "power") == 0)
        check_power(file);
    else if (strcmp(kind, "bca") == 0)
        check_bca(file);
    else
        fail_msg("unknown line '%s'", kind);
}

static void test_scipy(void **state)
{
    (void)state;
    FILE *file = fopen("tests/unit/fixtures/stat_test.txt", "r");
    if (file == NULL)
        fail_msg("run this from the top folder");
    char line[400], kind[32];
    size_t n = 0;
    assert_non_null(fgets(line, sizeof line, file)); // the comment
    for (; fscanf(file, "%31s", kind) == 1; n++)
        check_line(file, kind);
    fclose(file);
    assert_true(n > 150);
}

// --- signed ranks and flips ---------------------------------------------------------------------

// With ties SciPy has no exact distribution: all signs of the mean ranks, one by one.
static void test_ranks_with_ties(void **state)
{
    (void)state;
    struct rng rng = rng_at(rng_key_of(4, "ranks"), 0);
    for (int trial = 0; trial < 40; trial++) {
        size_t n = 1 + (size_t)rng_below(&rng, 10);
        double d[10], rank[10], w = 0;
        for (size_t i = 0; i < n; i++)
            d[i] = (double)(1 + rng_below(&rng, 3)) * (rng_below(&rng, 3) == 0 ? -1 : 1);
        for (size_t i = 0; i < n; i++) {
            double below = 0, equal = 0;
            for (size_t k = 0; k < n; k++) {
                below += fabs(d[k]) < fabs(d[i]);
                equal += fabs(d[k]) == fabs(d[i]);
            }
            rank[i] = below + (equal + 1) / 2;
            w += d[i] > 0 ? rank[i] : 0;
        }
        double above = 0, under = 0, all = (double)((size_t)1 << n);
        for (size_t pattern = 0; pattern < (size_t)1 << n; pattern++) {
            double sum = 0;
            for (size_t i = 0; i < n; i++)
                sum += pattern >> i & 1 ? rank[i] : 0;
            above += sum >= w;
            under += sum <= w;
        }
        struct signed_rank test = ranks_of(d, n);
        assert_true(test.p.exact && test.w == w && test.n == n);
        near(test.p.greater, above / all, 1e-14);
        near(test.p.two_sided, fmin(1, 2 * fmin(above, under) / all), 1e-14);
    }
}

// Published: Darwin's plants (Fisher 1935, The Design of Experiments, section 21), crossed less
// self-fertilized in eighths of an inch: of the 32,768 patterns 863 have a sum of at least the
// observed 314; in absolute value 1,726.
static void test_darwin(void **state)
{
    (void)state;
    const double d[] = {49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48};
    struct test_p p = flip(d, ARRAY_LEN(d));
    assert_true(p.exact && p.greater == 863.0 / 32768 && p.two_sided == 1726.0 / 32768);
}

static void test_random_flips(void **state)
{
    (void)state;
    double d[MAX_N];
    struct rng rng = rng_at(rng_key_of(5, "flips"), 0);
    for (size_t i = 0; i < MAX_N; i++)
        d[i] = rng_normal(&rng) + 0.2;
    struct test_p p = flip(d, MAX_N), again = flip(d, MAX_N);
    double z = stat_mean(d, MAX_N) / sqrt(stat_variance(d, MAX_N) / MAX_N);
    assert_true(!p.exact && p.greater == again.greater && p.two_sided == again.two_sided);
    assert_true(fabs(p.greater - stat_normal_cdf(-z)) < 0.01);
    assert_true(p.two_sided >= p.greater && p.two_sided < 2.5 * p.greater + 0.001);
}

static void test_degenerate_tests(void **state)
{
    (void)state;
    const double zeros[] = {0, 0, 0}, with_nan[] = {1, NAN, 2};
    struct signed_rank none = ranks_of(zeros, 3);
    assert_true(none.n == 0 && none.w == 0 && none.p.greater == 1 && none.p.two_sided == 1);
    assert_true(isnan(ranks_of(with_nan, 3).p.greater) && isnan(ranks_of(with_nan, 3).w));
    assert_true(flip(zeros, 3).greater == 1 && flip(zeros, 3).two_sided == 1);
    assert_true(isnan(flip(with_nan, 3).greater) && isnan(flip(NULL, 0).two_sided));
    assert_true(ranks_of(NULL, 0).p.greater == 1);
}

// --- corrections and effects --------------------------------------------------------------------

static void test_holm(void **state)
{
    (void)state;
    const double p[] = {0.01, 0.04, 0.03, 0.005}, wanted[] = {0.03, 0.06, 0.06, 0.02};
    double got[4];
    stat_holm(got, p, 4);
    for (size_t i = 0; i < 4; i++)
        near(got[i], wanted[i], 1e-14);
    const double rest[] = {0.5, NAN, 0.5, 0.04}; // three tests; equals stay equal; at most 1
    stat_holm(got, rest, 4);
    assert_true(got[0] == 1 && isnan(got[1]) && got[2] == 1);
    near(got[3], 0.12, 1e-14);
    stat_holm(got, p, 1);
    assert_true(got[0] == 0.01);
}

static void test_effects(void **state)
{
    (void)state;
    double x[] = {1, 2, 3}, y[] = {4, 5}, with_nan[] = {1, NAN}, outlier[] = {1e9, 3, 1, 2, -1e9};
    assert_true(stat_cliffs_delta(x, 3, y, 2) == -1 && stat_cliffs_delta(y, 2, x, 3) == 1 &&
                stat_cliffs_delta(x, 3, x, 3) == 0);
    assert_true(isnan(stat_cliffs_delta(x, 3, y, 0)) &&
                isnan(stat_cliffs_delta(x, 3, with_nan, 2)));
    assert_true(stat_interquartile_mean(outlier, 5) == 2);
    assert_true(isnan(stat_interquartile_mean(with_nan, 2)) &&
                isnan(stat_interquartile_mean(NULL, 0)));
}

// --- power --------------------------------------------------------------------------------------

static void test_detectable(void **state)
{
    (void)state;
    for (size_t n = 2; n < 40; n += 5) {
        double effect = stat_detectable(n, 0.95, 0.8);
        near(stat_power(n, 0.95, effect), 0.8, 1e-9);
        assert_true(stat_detectable(n + 1, 0.95, 0.8) < effect);
    }
    // Cohen 1988: 34 pairs for a medium effect, two-sided at 5 %, power 0.8; 33 do not do
    assert_true(stat_power(34, 0.975, 0.5) > 0.8 && stat_power(33, 0.975, 0.5) < 0.8);
    assert_true(isnan(stat_detectable(1, 0.95, 0.8)) && isnan(stat_detectable(5, 1, 0.8)) &&
                isnan(stat_detectable(5, 0.95, 0.05)) && isnan(stat_power(5, 0.95, NAN)));
}

// --- bootstrap ----------------------------------------------------------------------------------

// Published: Efron & Tibshirani 1993, An Introduction to the Bootstrap, table 14.2: the variance of
// the spatial test data, 90 % BCa interval (115.8, 259.6) from 2,000 resamples.
static void test_spatial_data(void **state)
{
    (void)state;
    const double x[] = {48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6,
                        0,  33, 28, 34, 4,  32, 24, 47, 41, 24, 26, 30, 41};
    struct interval got = bootstrap(plug_in_variance, x, ARRAY_LEN(x), 0.9, 40000);
    assert_true(fabs(got.mean - 171.5) < 0.05);
    assert_true(fabs(got.low - 115.8) < 3 && fabs(got.high - 259.6) < 4);
    struct interval again = bootstrap(plug_in_variance, x, ARRAY_LEN(x), 0.9, 40000);
    assert_true(got.low == again.low && got.high == again.high);
}

static void test_degenerate_bootstrap(void **state)
{
    (void)state;
    const double same[] = {0.3, 0.3, 0.3}, with_nan[] = {1, NAN};
    struct interval i = bootstrap(stat_bootstrap_mean, same, 3, 0.95, 100);
    assert_true(i.mean == 0.3 && i.low == 0.3 && i.high == 0.3 && i.n == 3);
    i = bootstrap(stat_bootstrap_mean, same, 1, 0.95, 100);
    assert_true(i.mean == 0.3 && isnan(i.low) && isnan(i.high));
    i = bootstrap(stat_bootstrap_mean, with_nan, 2, 0.95, 100);
    assert_true(isnan(i.mean) && isnan(i.low));
    i = bootstrap(stat_bootstrap_mean, NULL, 0, 0.95, 100);
    assert_true(isnan(i.mean) && isnan(i.high));
}

static void test_normal_borders(void **state)
{
    (void)state;
    assert_true(stat_normal_cdf(0) == 0.5 && stat_normal_cdf(-HUGE_VAL) == 0 &&
                stat_normal_cdf(HUGE_VAL) == 1 && isnan(stat_normal_cdf(NAN)));
    assert_true(stat_normal_quantile(0.5) == 0 && stat_normal_quantile(0) == -HUGE_VAL &&
                stat_normal_quantile(1) == HUGE_VAL && isnan(stat_normal_quantile(-0.1)) &&
                isnan(stat_normal_quantile(NAN)));
    for (double x = -37; x < 8; x += 0.083)
        near(stat_normal_cdf(x), 0.5 * erfc(-x / sqrt(2)), 2e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scipy),         cmocka_unit_test(test_ranks_with_ties),
        cmocka_unit_test(test_darwin),        cmocka_unit_test(test_random_flips),
        cmocka_unit_test(test_holm),          cmocka_unit_test(test_degenerate_tests),
        cmocka_unit_test(test_effects),       cmocka_unit_test(test_detectable),
        cmocka_unit_test(test_spatial_data),  cmocka_unit_test(test_degenerate_bootstrap),
        cmocka_unit_test(test_normal_borders)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
