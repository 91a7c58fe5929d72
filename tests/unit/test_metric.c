// test_metric.c -- metrics against naive versions of their definitions, and by hand at borders.
#include "cmocka_first.h"

#include "metric_call.h"

enum { MAX_N = 400, MAX_C = METRIC_MAX_C };

static double plain(const char *name, const float *p, const uint32_t *gold, size_t n,
                    uint32_t classes)
{
    const struct metric_input in = {.model = {n, classes, p}, .gold = gold};
    return metric_plain(name, &in);
}

static double ece_of(size_t bins, const float *p, const uint32_t *gold, size_t n, uint32_t classes)
{
    const struct metric_input in = {.model = {n, classes, p}, .gold = gold};
    double ece = metric_ece_of(bins, NULL, &in), named = metric_ece_of(bins, "equal_width", &in);
    assert_true(ece == named || (isnan(ece) && isnan(named)));
    return ece;
}

static double agreement(const float *p, const uint32_t *gold, size_t n, uint32_t classes,
                        const struct predictions *other)
{
    const struct metric_input in = {
        .model = {n, classes, p}, .gold = gold, .others = other, .n_others = 1};
    return metric_beside("agreement", "with", &in);
}

// From the definition: for each bin, the rows whose confidence lies in (k / bins, (k + 1) / bins].
static double naive_ece(size_t bins, const float *p, const uint32_t *gold, size_t n,
                        uint32_t classes)
{
    double sum = 0;
    for (size_t k = 0; k < bins; k++) {
        double right = 0, confidence = 0, count = 0;
        for (size_t i = 0; i < n; i++) {
            uint32_t top = metric_naive_top(p + i * classes, classes);
            double q = p[i * classes + top];
            if ((q > k / (double)bins || k == 0) && q <= (k + 1) / (double)bins) {
                right += top == gold[i];
                confidence += q;
                count++;
            }
        }
        if (count > 0)
            sum += count / (double)n * fabs(right / count - confidence / count);
    }
    return sum;
}

static void test_against_naive(void **state)
{
    (void)state;
    struct rng rng = rng_at(rng_key_of(1, "metric"), 0);
    static float p[MAX_N * MAX_C], q[MAX_N * MAX_C];
    static uint32_t gold[MAX_N], unused[MAX_N];
    for (int trial = 0; trial < 200; trial++) {
        uint32_t classes = 1 + (uint32_t)rng_below(&rng, MAX_C);
        size_t n = 1 + (size_t)rng_below(&rng, MAX_N);
        metric_random_rows(&rng, p, gold, n, classes);
        metric_random_rows(&rng, q, unused, n, classes);
        double right = 0, surprise = 0, miss = 0, same = 0;
        for (size_t i = 0; i < n; i++) {
            const float *row = p + i * classes;
            right += metric_naive_top(row, classes) == gold[i];
            same += metric_naive_top(row, classes) == metric_naive_top(q + i * classes, classes);
            surprise -= log(fmax(row[gold[i]], 0x1p-126));
            for (uint32_t c = 0; c < classes; c++)
                miss += pow(row[c] - (c == gold[i] ? 1.0 : 0.0), 2);
        }
        size_t bins = 1 + (size_t)rng_below(&rng, 30);
        struct predictions other = {n, classes, q};
        assert_true(plain("accuracy", p, gold, n, classes) == right / (double)n);
        assert_true(fabs(plain("nll", p, gold, n, classes) - surprise / (double)n) < 1e-12);
        assert_true(fabs(plain("brier", p, gold, n, classes) - miss / (double)n) < 1e-12);
        assert_true(fabs(ece_of(bins, p, gold, n, classes) - naive_ece(bins, p, gold, n, classes)) <
                    1e-12);
        assert_true(agreement(p, gold, n, classes, &other) == same / (double)n);
    }
}

static void test_by_hand(void **state)
{
    (void)state;
    const float p[] = {0.5f, 0.5f, 0.25f, 0.75f};
    const uint32_t gold[] = {0, 0};
    assert_true(plain("accuracy", p, gold, 2, 2) == 0.5); // a tie is the first class
    assert_true(fabs(plain("nll", p, gold, 2, 2) - (log(2) + log(4)) / 2) < 1e-15);
    assert_true(plain("brier", p, gold, 2, 2) == (0.5 + 1.125) / 2);
    // confidences 0.5 (right) and 0.75 (wrong): two bins put 0.5 in the first, since bins end with
    // their border
    assert_true(ece_of(2, p, gold, 2, 2) == 0.5 * 0.5 + 0.5 * 0.75);
    assert_true(ece_of(1, p, gold, 2, 2) == fabs(0.5 - 0.625));
    assert_true(ece_of(4, p, gold, 2, 2) == 0.5 * 0.5 + 0.5 * 0.75);
    const float sure[] = {1, 0, 1, 0};
    assert_true(ece_of(15, sure, gold, 2, 2) == 0 && plain("nll", sure, gold, 2, 2) == 0);
    const uint32_t wrong[] = {1, 1};
    assert_true(fabs(plain("nll", sure, wrong, 2, 2) - 126 * log(2)) < 1e-12); // no infinity
    const float none[] = {0, 0};
    assert_true(ece_of(3, none, gold, 1, 2) == 1); // p = 0 is in the first bin; it counts as right
}

static void test_coverage(void **state)
{
    (void)state;
    const uint32_t gold[] = {0, 0, 0, 0, 0};
    const float p[] = {1 / 3.f, 1 / 3.f, 1 / 3.f, 0.5f, 0.25f, 0.25f, 0.25f, 0.25f,
                       0.5f,    NAN,     0.5f,    0.5f, 0,     0.5f,  0.5f};
    assert_true(plain("coverage", p, gold, 5, 3) == 3. / 5); // not where all are equal, or NaN
    assert_true(plain("coverage", p, gold, 1, 3) == 0);
    assert_true(plain("coverage", p, gold, 5, 1) == 0); // one class: nothing to say
}

static void test_borders(void **state)
{
    (void)state;
    const uint32_t gold[] = {0};
    for (size_t bins = 1; bins <= 64; bins++) // the f32 next to each border, on both sides
        for (size_t k = 1; k <= bins; k++)
            for (int side = -1; side <= 1; side++) {
                float at = (float)((double)k / (double)bins);
                float p[2] = {side < 0 ? nextafterf(at, 0) : side > 0 ? nextafterf(at, 2) : at, 0};
                assert_true(ece_of(bins, p, gold, 1, 2) == fabs(1 - (double)p[0]));
            }
}

static void test_nan(void **state)
{
    (void)state;
    const float p[] = {NAN, 0.5f, 0, 1};
    const uint32_t gold[] = {1, 1};
    struct predictions other = {2, 2, p};
    assert_true(plain("accuracy", p, gold, 2, 2) == 0.5); // a row with a NaN has no prediction
    assert_true(agreement(p, gold, 2, 2, &other) == 0.5);
    assert_true(isnan(plain("brier", p, gold, 2, 2)) && isnan(ece_of(5, p, gold, 2, 2)));
    const uint32_t at_nan[] = {0, 1};
    assert_true(isnan(plain("nll", p, at_nan, 2, 2)) && isnan(plain("nll", p, gold, 2, 2)));
    const float behind[] = {0.5f, NAN, 1, 0, NAN, NAN}; // also where the NaN is not the first
    const uint32_t zeros[] = {0, 0, 0};
    assert_true(plain("accuracy", behind, zeros, 3, 2) == 1.0 / 3);
    assert_true(isnan(ece_of(5, behind, zeros, 3, 2)) && isnan(plain("nll", behind, zeros, 3, 2)));
    const float infinite[] = {INFINITY, 0}; // no probability, but no reason to crash
    assert_true(isinf(ece_of(5, infinite, zeros, 1, 2)) &&
                isinf(plain("brier", infinite, zeros, 1, 2)));
}

static void test_refused(void **state)
{
    (void)state;
    const float p[] = {1, 0};
    const uint32_t gold[] = {2};
    struct metric_input in = {.model = {1, 2, p}, .gold = gold};
    struct err err = {0};
    double out = 7;
    assert_true(metric_try(&out, "accuracy", 0, NULL, &in, &err) < 0);
    assert_string_equal(err.text, "row 0 has class 2, and the model knows 2 classes");
    err = (struct err){0};
    in.model.n = 0;
    assert_true(metric_try(&out, "accuracy", 0, NULL, &in, &err) < 0);
    assert_string_equal(err.text, "there are no rows to measure");
    const float q[] = {1, 0, 0, 1};
    const struct predictions others[] = {{2, 2, q}, {1, 3, q}};
    const uint32_t zero[] = {0};
    in = (struct metric_input){.model = {1, 2, p}, .gold = zero, .others = others, .n_others = 2};
    for (unsigned i = 0; i < 2; i++) {
        const struct value_arg with[] = {{"with", {.kind = VALUE_INPUT, .index = i + 1}}};
        err = (struct err){0};
        assert_true(metric_try(&out, "agreement", 1, with, &in, &err) < 0);
        assert_string_equal(err.text, i == 0 ? "agreement of 1 rows of 2 classes with 2 rows of 2"
                                             : "agreement of 1 rows of 2 classes with 1 rows of 3");
    }
    assert_true(out == 7); // untouched
}

static void test_direction(void **state)
{
    (void)state;
    assert_true(metric_more_is_better("accuracy") && metric_more_is_better("agreement"));
    assert_true(!metric_more_is_better("nll") && !metric_more_is_better("brier") &&
                !metric_more_is_better("ece"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_naive), cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_coverage),      cmocka_unit_test(test_borders),
        cmocka_unit_test(test_nan),           cmocka_unit_test(test_refused),
        cmocka_unit_test(test_direction)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
