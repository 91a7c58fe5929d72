// test_detmath.c -- exp, log, sine, cosine and powers against long double libm, errors in ULP.
#include "cmocka_first.h"

#include "base/detmath.h"
#include "base/rng.h"

#include <math.h>

enum { DRAWS = 200000 };

// The error of `got` in units of the last place that a double near `exact` has.
static double ulps(double got, long double exact)
{
    int exponent;
    frexpl(exact, &exponent);
    int unit = exponent - 53 < -1074 ? -1074 : exponent - 53;
    return (double)ldexpl(fabsl(got - exact), -unit);
}

static double between(struct rng *rng, double low, double high)
{
    return low + (high - low) * rng_unit(rng);
}

static double worst_exp(double low, double high)
{
    struct rng rng = rng_at(rng_key_of(1, "exp"), 0);
    double worst = 0;
    for (int i = 0; i < DRAWS; i++) {
        double x = between(&rng, low, high);
        worst = fmax(worst, ulps(det_exp(x), expl(x)));
    }
    return worst;
}

static double worst_log(double low, double high, int exponents)
{
    struct rng rng = rng_at(rng_key_of(1, "log"), 0);
    double worst = 0;
    for (int i = 0; i < DRAWS; i++) {
        double x = between(&rng, low, high);
        if (exponents > 0)
            x = ldexp(x, (int)rng_below(&rng, 2 * (uint64_t)exponents) - exponents);
        worst = fmax(worst, ulps(det_log(x), logl(x)));
    }
    return worst;
}

static double worst_sincos(double low, double high)
{
    struct rng rng = rng_at(rng_key_of(1, "sin"), 0);
    double worst = 0;
    for (int i = 0; i < DRAWS; i++) {
        double x = between(&rng, low, high), sine, cosine;
        det_sincos(&sine, &cosine, x);
        worst = fmax(worst, fmax(ulps(sine, sinl(x)), ulps(cosine, cosl(x))));
    }
    return worst;
}

static void below(double worst, double limit, const char *what)
{
    print_message("%s: at most %.3f ULP\n", what, worst);
    assert_true(worst < limit);
}

static void test_exp(void **state)
{
    (void)state;
    below(worst_exp(-1e-6, 1e-6), 1, "exp near 0");
    below(worst_exp(-1, 1), 1, "exp in -1..1");
    below(worst_exp(-708, 709.78), 1, "exp, all normal results");
    below(worst_exp(-745.2, -708), 1, "exp, denormal results");
    assert_true(det_exp(0) == 1 && det_exp(-0.0) == 1 && det_exp(1e-320) == 1);
    assert_true(det_exp(-HUGE_VAL) == 0 && det_exp(HUGE_VAL) == HUGE_VAL && isnan(det_exp(NAN)));
    assert_true(det_exp(-746) == 0 && det_exp(-745.13) == 0x1p-1074);
    assert_true(det_exp(709.782712893383973) < HUGE_VAL && det_exp(709.7827128933841) == HUGE_VAL);
}

static void test_log(void **state)
{
    (void)state;
    below(worst_log(1 - 1e-6, 1 + 1e-6, 0), 1, "log near 1");
    below(worst_log(0.5, 2, 0), 1, "log in 0.5..2");
    below(worst_log(1, 2, 1022), 1, "log, all normal numbers");
    below(worst_log(0, 0x1p-1022, 0), 1, "log, denormal numbers");
    assert_true(det_log(1) == 0 && det_log(0) == -HUGE_VAL && det_log(-0.0) == -HUGE_VAL);
    assert_true(isnan(det_log(-1)) && isnan(det_log(-0x1p-1074)) && isnan(det_log(-HUGE_VAL)) &&
                isnan(det_log(NAN)));
    assert_true(det_log(HUGE_VAL) == HUGE_VAL);
    assert_true(ulps(det_log(0x1p-1074), logl(0x1p-1074L)) < 1);
    assert_true(ulps(det_log(0x1.fffffffffffffp1023), logl(0x1.fffffffffffffp1023L)) < 1);
    for (int k = 1; k < 1000; k++) { // the two doubles beside 1, and so on
        assert_true(ulps(det_log(1 + k * 0x1p-52), logl(1 + k * 0x1p-52L)) < 1);
        assert_true(ulps(det_log(1 - k * 0x1p-53), logl(1 - k * 0x1p-53L)) < 1);
    }
}

static void test_sincos(void **state)
{
    (void)state;
    below(worst_sincos(-0x1p-1022, 0x1p-1022), 1, "sine, cosine of denormals");
    below(worst_sincos(-1, 1), 1.5, "sine, cosine in -1..1");
    below(worst_sincos(0, 2 * DET_PI), 3, "sine, cosine in one turn");
    below(worst_sincos(-1e5, 1e5), 3, "sine, cosine in -1e5..1e5");
    double sine, cosine, worst = 0;
    for (int k = -63660; k <= 63660; k++) { // the doubles nearest to the zeros
        double x = k * (DET_PI / 2);
        det_sincos(&sine, &cosine, x);
        worst = fmax(worst, fmax(ulps(sine, sinl(x)), ulps(cosine, cosl(x))));
    }
    below(worst, 3, "sine, cosine at their zeros");
    det_sincos(&sine, &cosine, 0);
    assert_true(sine == 0 && cosine == 1);
}

// The relative error of exp(y log x) grows with the exponent.
static void test_pow(void **state)
{
    (void)state;
    assert_true(det_pow(0, 0) == 1 && det_pow(0, 2) == 0 && det_pow(0, -1) == HUGE_VAL &&
                det_pow(5, 0) == 1);
    assert_true(det_pow(1, 1e300) == 1 && isnan(det_pow(-1, 0.5)));
    struct rng rng = rng_at(rng_key_of(1, "pow"), 0);
    for (int i = 0; i < DRAWS; i++) {
        double x = between(&rng, 0.01, 100), y = between(&rng, -20, 20);
        long double exact = powl(x, y);
        assert_true(fabsl(det_pow(x, y) - exact) <= exact * 4e-16L * (1 + fabsl(y * logl(x))));
    }
}

static void test_sqrt(void **state)
{
    (void)state;
    struct rng rng = rng_at(rng_key_of(1, "sqrt"), 0);
    for (int i = 0; i < DRAWS; i++) {
        double x = ldexp(between(&rng, 1, 2), (int)rng_below(&rng, 2090) - 1070);
        assert_true(ulps(det_sqrt(x), sqrtl(x)) <= 0.5);
    }
    assert_true(det_sqrt(0) == 0 && isnan(det_sqrt(-1)) && det_sqrt(HUGE_VAL) == HUGE_VAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exp), cmocka_unit_test(test_log),  cmocka_unit_test(test_sincos),
        cmocka_unit_test(test_pow), cmocka_unit_test(test_sqrt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
