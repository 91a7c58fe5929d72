// test_detmath.c -- exp, log, sine and cosine against long double libm: errors in units of the last place.
#include "cmocka_first.h"

#include "base/detmath.h"
#include "base/rng.h"

#include <float.h>
#include <math.h>

enum { DRAWS = 300000 };

static double ulps(double got, long double exact)
{
    if (got == (double)exact)
        return fabs((double)((got - exact) / (fabsl(exact) > DBL_MIN ? fabsl(exact) * DBL_EPSILON : 0x1p-1074L)));
    double unit = nextafter(fabs((double)exact), INFINITY) - fabs((double)exact);
    return fabs((double)((got - exact) / unit));
}

static double between(struct rng *rng, double low, double high)
{
    return low + (high - low) * rng_unit(rng);
}

static void test_exp(void **state)
{
    (void)state;
    struct rng rng = rng_at(rng_key_of(1, "exp"), 0);
    double worst = 0;
    for (int i = 0; i < DRAWS; i++) {
        double x = i % 3 == 0 ? between(&rng, -745, 709.7) : i % 3 == 1 ? between(&rng, -1, 1) : between(&rng, -30, 30);
        worst = fmax(worst, ulps(det_exp(x), expl(x)));
    }
    print_message("exp: at most %.3f ULP\n", worst);
    assert_true(worst < 2);
    assert_true(det_exp(0) == 1 && det_exp(-HUGE_VAL) == 0 && det_exp(HUGE_VAL) == HUGE_VAL && isnan(det_exp(NAN)));
    assert_true(det_exp(-746) == 0 && det_exp(710) == HUGE_VAL && det_exp(-745) > 0);
}

static void test_log(void **state)
{
    (void)state;
    struct rng rng = rng_at(rng_key_of(1, "log"), 0);
    double worst = 0;
    for (int i = 0; i < DRAWS; i++) {
        double x = i % 3 == 0 ? between(&rng, 0.5, 2) : i % 3 == 1 ? ldexp(between(&rng, 1, 2), (int)rng_below(&rng, 2090) - 1070)
                                                              : 1 + between(&rng, -1e-6, 1e-6);
        worst = fmax(worst, ulps(det_log(x), logl(x)));
    }
    print_message("log: at most %.3f ULP\n", worst);
    assert_true(worst < 2);
    assert_true(det_log(1) == 0 && det_log(0) == -HUGE_VAL && isnan(det_log(-1)) && isnan(det_log(NAN)));
    assert_true(det_log(HUGE_VAL) == HUGE_VAL);
    assert_true(ulps(det_log(0x1p-1074), logl(0x1p-1074L)) < 2);
}

static void test_sincos(void **state)
{
    (void)state;
    struct rng rng = rng_at(rng_key_of(1, "sin"), 0);
    double worst = 0;
    for (int i = 0; i < DRAWS; i++) {
        double x = i % 2 == 0 ? between(&rng, -7, 7) : between(&rng, -1e5, 1e5), sine, cosine;
        det_sincos(&sine, &cosine, x);
        worst = fmax(worst, fmax(ulps(sine, sinl(x)), ulps(cosine, cosl(x))));
    }
    print_message("sine, cosine: at most %.3f ULP\n", worst);
    assert_true(worst < 3);
}

static void test_pow(void **state)
{
    (void)state;
    assert_true(det_pow(0, 0) == 1 && det_pow(0, 2) == 0 && det_pow(0, -1) == HUGE_VAL && det_pow(5, 0) == 1);
    struct rng rng = rng_at(rng_key_of(1, "pow"), 0);
    for (int i = 0; i < DRAWS; i++) {
        double x = between(&rng, 0.01, 100), y = between(&rng, -20, 20);
        long double exact = powl(x, y);
        assert_true(fabsl(det_pow(x, y) - exact) <= exact * 4e-16L * (1 + fabsl(y * logl(x))));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_exp), cmocka_unit_test(test_log),
                                       cmocka_unit_test(test_sincos), cmocka_unit_test(test_pow)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
