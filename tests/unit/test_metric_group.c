// test_metric_group.c -- metrics in each group of rows, and of rankings, against naive versions.
#include "cmocka_first.h"

#include "metric_call.h"

#include "eval/log_odds.h"

enum { MAX_N = 120, MAX_C = 5, GROUPS = 4 };

static double worst_of(struct value metric, const char *by, const struct metric_input *in)
{
    const struct value_arg args[] = {{"metric", metric}, {"by", value_name(by)}};
    return metric_of("worst_group", 2, args, in);
}

// --- in groups ------------------------------------------------------------------------------------

struct sample {
    float p[MAX_N * MAX_C], q[MAX_N * MAX_C];
    uint32_t gold[MAX_N], group[MAX_N];
    size_t n;
    uint32_t classes;
};

// Of metric 0 accuracy, 1 nll, 2 agreement, over the rows of one group (or class); NaN without rows.
static double naive(const struct sample *s, int metric, bool by_class, uint32_t group)
{
    double sum = 0, n = 0;
    for (size_t i = 0; i < s->n; i++) {
        const float *p = s->p + i * s->classes, *q = s->q + i * s->classes;
        if ((by_class ? s->gold[i] : s->group[i]) != group)
            continue;
        n++;
        sum += metric == 0   ? metric_naive_top(p, s->classes) == s->gold[i]
               : metric == 1 ? -log(fmax(p[s->gold[i]], 0x1p-126))
                             : metric_naive_top(p, s->classes) == metric_naive_top(q, s->classes);
    }
    return sum / n;
}

static void test_each_metric(void **state)
{
    (void)state;
    struct rng rng = rng_at(rng_key_of(3, "groups"), 0);
    static struct sample s;
    const struct value_arg with[] = {{"with", {.kind = VALUE_INPUT, .index = 1}}};
    const struct value metric[] = {
        value_name("accuracy"),
        value_name("nll"),
        {.kind = VALUE_CALL, .text = "agreement", .n = 1, .args = with},
    };
    for (int trial = 0; trial < 60; trial++) {
        uint32_t unused[MAX_N];
        s.n = 1 + (size_t)rng_below(&rng, MAX_N);
        s.classes = 2 + (uint32_t)rng_below(&rng, MAX_C - 1);
        metric_random_rows(&rng, s.p, s.gold, s.n, s.classes);
        metric_random_rows(&rng, s.q, unused, s.n, s.classes);
        for (size_t i = 0; i < s.n; i++)
            s.group[i] = (uint32_t)rng_below(&rng, GROUPS);
        const struct predictions other = {.n = s.n, .classes = s.classes, .p = s.q};
        const struct metric_input in = {.model = {.n = s.n, .classes = s.classes, .p = s.p},
                                        .gold = s.gold, .group = s.group,
                                        .others = &other, .n_others = 1};
        for (int m = 0; m < 3; m++)
            for (int by_class = 0; by_class < 2; by_class++) {
                double expected = NAN;
                for (uint32_t g = 0; g < MAX_C; g++) {
                    double x = naive(&s, m, by_class, g);
                    expected = isnan(expected) ? x : isnan(x) ? expected
                               : m == 1 ? fmax(x, expected) : fmin(x, expected);
                }
                double got = worst_of(metric[m], by_class ? "class" : "group", &in);
                assert_true(fabs(got - expected) < 1e-12);
            }
    }
}

static void test_unmeasured_group(void **state)
{
    (void)state;
    const float p[] = {0.75f, 0.25f, 0.5f, 0.5f, 0.25f, 0.75f, NAN, 0.5f};
    const uint32_t gold[] = {0, 1, 0, 0}, group[] = {0, 0, 3, 3};
    struct metric_input in = {.model = {.n = 3, .classes = 2, .p = p}, .gold = gold, .group = group};
    const struct value_arg args[] = {{"metric", value_name("auroc")}, {"by", value_name("group")}};
    struct err err = {0};
    double out = 7;
    assert_true(metric_try(&out, "worst_group", 2, args, &in, &err) < 0 && out == 7);
    assert_string_equal(err.text, "in group 3: auroc of rows that are all of class 0");
    in.model.n = 4; // a NaN in one group is no number of the whole, whichever is worse
    assert_true(isnan(worst_of(value_name("brier"), "group", &in)));
}

static void test_direction(void **state)
{
    (void)state;
    const struct value_arg nll[] = {{"metric", value_name("nll")}, {"by", value_name("class")}};
    const struct value_arg f1[] = {{"metric", value_name("f1")}, {"by", value_name("class")}};
    const struct value of_nll = {.kind = VALUE_CALL, .text = "worst_group", .n = 2, .args = nll};
    const struct value of_f1 = {.kind = VALUE_CALL, .text = "worst_group", .n = 2, .args = f1};
    const struct value brier = {.kind = VALUE_CALL, .text = "brier"};
    assert_true(!metric_call_more_is_better(&of_nll) && metric_call_more_is_better(&of_f1) &&
                !metric_call_more_is_better(&brier));
}

// --- rankings -------------------------------------------------------------------------------------

static double pairwise(const float *z, size_t n, uint32_t classes, uint32_t cls,
                       const struct rankings *lists)
{
    uint32_t gold[MAX_N] = {0};
    float p[MAX_N * MAX_C] = {0};
    const struct value_arg args[] = {{"guidance", {.kind = VALUE_INPUT, .index = 1}},
                                     {"class", value_number(cls)}};
    const struct metric_input in = {.model = {.n = n, .classes = classes, .p = p},
                                    .z = z, .gold = gold, .rankings = lists};
    return metric_of("pairwise_accuracy", 2, args, &in);
}

// By the odds p / (1 - p) themselves.
static double naive_pairwise(const float *z, uint32_t classes, uint32_t cls,
                             const struct rankings *lists)
{
    double right = 0, pairs = 0;
    for (size_t i = 0; i < lists->n; i++)
        for (size_t a = 0; a < lists->k; a++)
            for (size_t b = 0; b < a; b++) {
                double odds[2];
                for (int side = 0; side < 2; side++) {
                    const float *row = z + lists->row[i * lists->k + (side ? a : b)] * classes;
                    double rest = 0;
                    for (uint32_t c = 0; c < classes; c++)
                        rest += c == cls ? 0 : exp((double)row[c]);
                    odds[side] = exp((double)row[cls]) / rest;
                }
                double tie = fabs(odds[0] / odds[1] - 1) < 1e-12;
                right += tie ? 0.5 : odds[0] > odds[1];
                pairs++;
            }
    return right / pairs;
}

static void test_pairs_against_naive(void **state)
{
    (void)state;
    struct rng rng = rng_at(rng_key_of(4, "pairs"), 0);
    for (int trial = 0; trial < 50; trial++) {
        float z[MAX_N * MAX_C];
        uint32_t row[40 * 4], classes = 2 + (uint32_t)rng_below(&rng, MAX_C - 1);
        size_t n = 2 + (size_t)rng_below(&rng, 20);
        for (size_t i = 0; i < n * classes; i++)
            z[i] = classes == 2 ? (float)rng_below(&rng, 4) : (float)rng_normal(&rng); // of two: ties
        const struct rankings lists = {40, 2 + (size_t)rng_below(&rng, 3), row};
        for (size_t i = 0; i < lists.n * lists.k; i++)
            row[i] = (uint32_t)rng_below(&rng, n);
        uint32_t cls = (uint32_t)rng_below(&rng, classes);
        assert_true(fabs(pairwise(z, n, classes, cls, &lists) -
                         naive_pairwise(z, classes, cls, &lists)) < 1e-12);
    }
}

static void test_pairs_by_hand(void **state)
{
    (void)state;
    const float z[] = {0, 200, 0, 201, 5, 5, 0, -300, NAN, 0}; // p is 1 in the first two
    const uint32_t best_first[] = {1, 0, 2, 3}, wrong[] = {3, 2, 0, 1};
    const struct rankings right = {1, 4, best_first}, reversed = {1, 4, wrong};
    assert_true(pairwise(z, 4, 2, 1, &right) == 1 && pairwise(z, 4, 2, 1, &reversed) == 0);
    assert_true(pairwise(z, 4, 2, 0, &right) == 0);
    const uint32_t mixed[] = {1, 0, 0, 1, 2, 2, 3, 2};
    const struct rankings pairs = {4, 2, mixed};
    assert_true(pairwise(z, 4, 2, 1, &pairs) == (1 + 0 + 0.5 + 0) / 4);
    const uint32_t at_nan[] = {0, 4};
    const struct rankings broken = {1, 2, at_nan};
    assert_true(isnan(pairwise(z, 5, 2, 1, &broken)) && isnan(log_odds(z + 8, 2, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_metric),         cmocka_unit_test(test_unmeasured_group),
        cmocka_unit_test(test_direction),           cmocka_unit_test(test_pairs_against_naive),
        cmocka_unit_test(test_pairs_by_hand)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
