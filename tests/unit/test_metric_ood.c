// test_metric_ood.c -- ranking rows of one class, and rows against those of other data, against naive counts
// of pairs.
#include "cmocka_first.h"

#include "metric_call.h"

enum { MAX_N = 60, MAX_C = 6 };

static float top_of(const float *p, uint32_t classes)
{
    return p[metric_naive_top(p, classes)];
}

static double naive_ood(const struct predictions *in, const struct predictions *out)
{
    double won = 0;
    for (size_t i = 0; i < in->n; i++)
        for (size_t k = 0; k < out->n; k++) {
            float x = top_of(in->p + i * in->classes, in->classes);
            float y = top_of(out->p + k * out->classes, out->classes);
            won += x > y ? 1 : x == y ? 0.5 : 0;
        }
    return won / (double)(in->n * out->n);
}

static double naive_auroc(const struct predictions *m, const uint32_t *gold, uint32_t cls)
{
    double won = 0, pairs = 0;
    for (size_t i = 0; i < m->n; i++)
        for (size_t k = 0; k < m->n; k++) {
            float x = m->p[i * m->classes + cls], y = m->p[k * m->classes + cls];
            if (gold[i] != cls || gold[k] == cls)
                continue;
            won += x > y ? 1 : x == y ? 0.5 : 0;
            pairs++;
        }
    return won / pairs; // NaN when all rows are of the class, or none
}

static void test_against_naive(void **state)
{
    (void)state;
    struct rng rng = rng_at(rng_key_of(6, "ood"), 0);
    static float p[MAX_N * MAX_C], q[MAX_N * MAX_C];
    static uint32_t gold[MAX_N], unused[MAX_N];
    for (int trial = 0; trial < 80; trial++) {
        uint32_t classes = 2 + (uint32_t)rng_below(&rng, MAX_C - 1), cls = (uint32_t)rng_below(&rng, classes);
        size_t n = 2 + (size_t)rng_below(&rng, MAX_N - 1), m = 1 + (size_t)rng_below(&rng, MAX_N);
        metric_random_rows(&rng, p, gold, n, classes);
        metric_random_rows(&rng, q, unused, m, classes);
        for (size_t i = 0; trial % 2 && i < n * classes; i++) // ties
            p[i] = (float)(int)(8 * p[i]) / 8;
        for (size_t i = 0; trial % 2 && i < m * classes; i++)
            q[i] = (float)(int)(8 * q[i]) / 8;
        const struct predictions away = {m, classes, q};
        const struct metric_input in = {
            .model = {n, classes, p}, .gold = gold, .others = &away, .n_others = 1};
        assert_true(fabs(metric_beside("ood_auroc", "data", &in) - naive_ood(&in.model, &away)) < 1e-12);
        const struct value_arg args[] = {{"class", value_number(cls)}};
        double expected = naive_auroc(&in.model, gold, cls), got = NAN;
        struct err err = {0};
        int status = metric_try(&got, "auroc", 1, args, &in, &err);
        assert_true(isnan(expected) ? status < 0 : status == 0 && fabs(got - expected) < 1e-12);
    }
}

static void test_edges(void **state)
{
    (void)state;
    const float p[] = {0.75f, 0.25f, 1, 0}, broken[] = {NAN, 1};
    const uint32_t gold[] = {0, 0};
    struct predictions away = {0, 2, p};
    struct metric_input in = {.model = {2, 2, p}, .gold = gold, .others = &away, .n_others = 1};
    const struct value_arg data[] = {{"data", {.kind = VALUE_INPUT, .index = 1}}};
    const struct value_arg cls[] = {{"class", value_number(1)}}, none[] = {{"class", value_number(7)}};
    struct err err = {0};
    double out = 7;
    assert_true(metric_try(&out, "ood_auroc", 1, data, &in, &err) < 0);
    assert_string_equal(err.text, "there are no rows to tell from");
    err = (struct err){0};
    assert_true(metric_try(&out, "auprc", 1, cls, &in, &err) < 0);
    assert_string_equal(err.text, "auprc of class 1, of which all rows are, or none");
    err = (struct err){0};
    assert_true(metric_try(&out, "auroc", 1, none, &in, &err) < 0 && out == 7);
    away = (struct predictions){1, 2, broken};
    assert_true(isnan(metric_beside("ood_auroc", "data", &in)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_naive), cmocka_unit_test(test_edges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
