// test_stat.c -- intervals and tests against SciPy (fixtures/stat.txt), tables, and a search.
#include "cmocka_first.h"

#include "base/rng.h"
#include "eval/stat.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_N = 64 };

static void near(double got, double wanted, double relative)
{
    if (!(fabs(got - wanted) <= relative * fabs(wanted) + 1e-300))
        fail_msg("got %.17g, expected %.17g", got, wanted);
}

// Two-sided 95 % points of Student's t as every textbook prints them.
static void test_table(void **state)
{
    static const struct {
        double df, t;
    } table[] = {{1, 12.7062}, {2, 4.30265},  {4, 2.77645},
                 {9, 2.26216}, {30, 2.04227}, {1e6, 1.95997}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        assert_true(fabs(stat_t_quantile(0.975, table[i].df) - table[i].t) < 5e-6);
}

// The distribution functions that have a closed form.
static void test_closed_forms(void **state)
{
    (void)state;
    for (double t = -5; t <= 30; t += 0.37) {
        double third = t / sqrt(3);
        near(stat_t_cdf(t, 1), 0.5 - atan2(-t, 1) / M_PI, 1e-11);
        near(stat_t_cdf(t, 2), 0.5 + t / (2 * sqrt(2 + t * t)), 1e-11);
        near(stat_t_cdf(t, 3), 0.5 + (third / (1 + third * third) + atan(third)) / M_PI, 1e-11);
    }
    for (double p = 0.001; p < 1; p += 0.0137) {
        near(stat_t_quantile(p, 1), tan(M_PI * (p - 0.5)), 1e-9);
        near(stat_t_quantile(p, 2), (2 * p - 1) / sqrt(2 * p * (1 - p)), 1e-9);
    }
}

// The quantile is the inverse of the distribution function, in both tails and for all degrees of
// freedom.
static void test_inverse(void **state)
{
    (void)state;
    static const double df[] = {0.5, 1, 2, 3.3, 10, 57, 1000, 1e5, 1e7};
    static const double p[] = {1e-60, 1e-12, 1e-5, 0.01, 0.2, 0.4999, 0.7, 0.99, 0.99999};
    for (size_t i = 0; i < ARRAY_LEN(df); i++)
        for (size_t k = 0; k < ARRAY_LEN(p); k++) {
            double t = stat_t_quantile(p[k], df[i]);
            near(stat_t_cdf(t, df[i]), p[k], 1e-10);
            near(stat_t_cdf(-t, df[i]), 1 - p[k], 1e-10);
        }
    assert_true(stat_t_quantile(0, 3) == -HUGE_VAL && stat_t_quantile(1, 3) == HUGE_VAL);
    assert_true(stat_t_quantile(0.5, 3) == 0);
    assert_true(stat_t_cdf(-HUGE_VAL, 3) == 0 && stat_t_cdf(HUGE_VAL, 3) == 1 &&
                stat_t_cdf(0, 3) == 0.5);
    assert_true(isnan(stat_t_quantile(-0.1, 3)) && isnan(stat_t_quantile(1.1, 3)) &&
                isnan(stat_t_quantile(NAN, 3)));
    assert_true(isnan(stat_t_quantile(0.5, 0)) && isnan(stat_t_quantile(0.5, NAN)) &&
                isnan(stat_t_cdf(1, -1)));
    assert_true(isnan(stat_t_cdf(NAN, 3)));
}

static size_t read_numbers(FILE *file, double *x)
{
    size_t n;
    assert_int_equal(fscanf(file, "%zu", &n), 1);
    assert_true(n <= MAX_N);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(fscanf(file, "%lf", &x[i]), 1);
    return n;
}

static void check_line(FILE *file, const char *kind)
{
    double x[MAX_N], a, b, c, d;
    if (strcmp(kind, "quantile") == 0) {
        assert_int_equal(fscanf(file, "%lf %lf %lf", &a, &b, &c), 3);
        near(stat_t_quantile(a, b), c, 1e-9);
    } else if (strcmp(kind, "cdf") == 0) {
        assert_int_equal(fscanf(file, "%lf %lf %lf", &a, &b, &c), 3);
        near(stat_t_cdf(a, b), c, 1e-9);
    } else if (strcmp(kind, "paired") == 0) {
        size_t n = read_numbers(file, x);
        assert_int_equal(fscanf(file, "%lf %lf %lf %lf", &a, &b, &c, &d), 4);
        struct paired_test test = stat_paired_greater(x, n, a, b);
        near(test.bound, c, 1e-9);
        near(test.p, d, 1e-9);
    } else if (strcmp(kind, "interval") == 0) {
        size_t n = read_numbers(file, x);
        assert_int_equal(fscanf(file, "%lf %lf %lf", &a, &b, &c), 3);
        struct interval interval = stat_interval(x, n, a);
        near(interval.low, b, 1e-9);
        near(interval.high, c, 1e-9);
    } else if (strcmp(kind, "ratio") == 0) {
        double den[MAX_N];
        size_t n = read_numbers(file, x);
        assert_int_equal(read_numbers(file, den), n);
        assert_int_equal(fscanf(file, "%lf %lf %lf %lf", &a, &b, &c, &d), 4);
        struct ratio ratio = stat_ratio(x, den, n, a);
        assert_true(ratio.significant);
        near(ratio.low, b, 1e-9);
        near(ratio.high, c, 1e-9);
        near(ratio.den_p, d, 1e-9);
    } else {
        fail_msg("unknown line '%s'", kind);
    }
}

static void test_scipy(void **state)
{
    (void)state;
    FILE *file = fopen("tests/unit/fixtures/stat.txt", "r");
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

static void test_degenerate(void **state)
{
    (void)state;
    const double same[] = {0.3, 0.3, 0.3}, one[] = {2}, with_nan[] = {1, NAN};
    assert_true(isnan(stat_mean(NULL, 0)) && isnan(stat_variance(one, 1)) &&
                isnan(stat_variance(NULL, 0)));
    assert_true(isnan(stat_interval(NULL, 0, 0.95).mean) &&
                isnan(stat_interval(with_nan, 2, 0.95).low));
    assert_true(isnan(stat_paired_greater(NULL, 0, 0, 0.95).p) &&
                isnan(stat_ratio(NULL, NULL, 0, 0.95).value));
    struct interval i = stat_interval(one, 1, 0.95);
    assert_true(i.mean == 2 && isnan(i.low) && isnan(i.high));
    i = stat_interval(same, 3, 0.95);
    assert_true(i.low == 0.3 && i.high == 0.3);
    struct paired_test t = stat_paired_greater(same, 3, 0.2, 0.95);
    assert_true(t.p == 0 && t.bound == 0.3);
    t = stat_paired_greater(same, 3, 0.3, 0.95);
    assert_true(t.p == 1);
    t = stat_paired_greater(one, 1, 0, 0.95);
    assert_true(isnan(t.p) && isnan(t.bound) && t.mean == 2);
    t = stat_paired_greater(with_nan, 2, 0, 0.95);
    assert_true(isnan(t.bound) && isnan(t.p));
}

static void test_degenerate_ratio(void **state)
{
    (void)state;
    const double same[] = {0.3, 0.3, 0.3}, one[] = {2}, with_nan[] = {1, NAN};
    struct ratio r = stat_ratio(one, one, 1, 0.95);
    assert_false(r.significant);
    assert_true(isnan(r.low) && isnan(r.high) && isnan(r.den_p) && r.value == 1);
    const double zero[] = {0, 0, 0}, around_zero[] = {-1, 0, 1};
    r = stat_ratio(same, zero, 3, 0.95);
    assert_true(!r.significant && isnan(r.value) && isnan(r.low) && isnan(r.high) && r.den_p == 1);
    r = stat_ratio(same, around_zero, 3, 0.95);
    assert_true(!r.significant && isnan(r.value) && isnan(r.low) && r.den_p == 1);
    r = stat_ratio(same, same, 3, 0.95);
    assert_true(r.significant && r.value == 1 && r.low == 1 && r.high == 1);
    r = stat_ratio(with_nan, with_nan, 2, 0.95);
    assert_true(!r.significant && isnan(r.low) && isnan(r.den_p));
    // a denominator that does not vary only scales the interval of the numerator
    const double num[] = {0.1, 0.4, 0.25, -0.05}, den[] = {-0.5, -0.5, -0.5, -0.5};
    struct interval i = stat_interval(num, 4, 0.9);
    r = stat_ratio(num, den, 4, 0.9);
    assert_true(r.significant && r.den_p == 0);
    near(r.low, i.high / -0.5, 1e-12);
    near(r.high, i.low / -0.5, 1e-12);
    // a NaN in the numerator never gives a number
    const double broken[] = {0.1, NAN, 0.25, -0.05};
    r = stat_ratio(broken, den, 4, 0.9);
    assert_true(isnan(r.value) && isnan(r.low) && isnan(r.high));
}

// |t| of mean(num - r den) = 0 less the critical value: negative inside Fieller's interval.
static double outside(const double *num, const double *den, size_t n, double level, double r)
{
    double d[MAX_N];
    for (size_t i = 0; i < n; i++)
        d[i] = num[i] - r * den[i];
    double error = sqrt(stat_variance(d, n) / (double)n);
    return fabs(stat_mean(d, n)) / error - stat_t_quantile(0.5 + 0.5 * level, (double)(n - 1));
}

static double border(const double *num, const double *den, size_t n, double level, double inside,
                     double step)
{
    double far = inside + step;
    while (outside(num, den, n, level, far) < 0)
        far = inside + (step *= 2);
    for (int i = 0; i < 200; i++) {
        double middle = 0.5 * (inside + far);
        if (outside(num, den, n, level, middle) < 0)
            inside = middle;
        else
            far = middle;
    }
    return inside;
}

static void test_fieller(void **state)
{
    (void)state;
    struct rng rng = rng_at(rng_key_of(4, "fieller"), 0);
    int bounded = 0, refused = 0;
    for (int trial = 0; trial < 300; trial++) {
        double num[12], den[12];
        size_t n = 3 + (size_t)(trial % 10);
        double gap = trial % 3 == 0 ? 0.02 : 0.2;
        for (size_t i = 0; i < n; i++) {
            double shared = rng_normal(&rng);
            den[i] = gap + 0.03 * shared + 0.02 * rng_normal(&rng);
            num[i] = 0.3 * gap + 0.02 * shared + 0.03 * rng_normal(&rng);
        }
        struct ratio r = stat_ratio(num, den, n, 0.95);
        double error = sqrt(stat_variance(den, n) / (double)n);
        bool significant =
            fabs(stat_mean(den, n)) / error > stat_t_quantile(0.975, (double)(n - 1));
        assert_int_equal(r.significant, significant);
        assert_int_equal(r.den_p < 0.05, significant);
        refused += !significant;
        if (!significant)
            continue;
        bounded++;
        near(r.low, border(num, den, n, 0.95, r.value, -1e-3), 1e-6);
        near(r.high, border(num, den, n, 0.95, r.value, 1e-3), 1e-6);
    }
    assert_true(bounded > 100 && refused > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),      cmocka_unit_test(test_closed_forms),
        cmocka_unit_test(test_inverse),    cmocka_unit_test(test_scipy),
        cmocka_unit_test(test_degenerate), cmocka_unit_test(test_degenerate_ratio),
        cmocka_unit_test(test_fieller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
