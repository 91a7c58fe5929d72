// test_metric_class.c -- metrics by class, group and rank against scikit-learn
// (fixtures/metric.txt) and against naive versions of their definitions; by hand where a class is
// absent, all is tied, or NaN.
#include "cmocka_first.h"

#include "metric_call.h"

#include <stdio.h>
#include <string.h>

enum { MAX_N = 120, MAX_C = METRIC_MAX_C };

static const char *const by_rank[] = {"auroc", "auprc"};

static void near(double got, double wanted)
{
    if (!(fabs(got - wanted) < 1e-12))
        fail_msg("got %.17g, expected %.17g", got, wanted);
}

// --- scikit-learn -------------------------------------------------------------------------------

static void read_rows(FILE *file, float *p, uint32_t *gold, size_t n, uint32_t classes)
{
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(fscanf(file, "%u", &gold[i]), 1);
        for (uint32_t c = 0; c < classes; c++) {
            unsigned part;
            assert_int_equal(fscanf(file, "%u", &part), 1);
            p[i * classes + c] = (float)part / 64;
        }
    }
}

static void test_scikit_learn(void **state)
{
    (void)state;
    FILE *file = fopen("tests/unit/fixtures/metric.txt", "r");
    if (file == NULL)
        fail_msg("run this from the top folder");
    static float p[MAX_N * MAX_C];
    static uint32_t gold[MAX_N];
    struct metric_input in = {.model = {.p = p}, .gold = gold};
    char line[400], word[32];
    size_t checked = 0;
    assert_non_null(fgets(line, sizeof line, file)); // the comment
    while (fscanf(file, "%31s", word) == 1) {
        if (strcmp(word, "case") == 0) {
            assert_int_equal(fscanf(file, "%zu %u", &in.model.n, &in.model.classes), 2);
            assert_true(in.model.n <= MAX_N && in.model.classes <= MAX_C);
            read_rows(file, p, gold, in.model.n, in.model.classes);
            continue;
        }
        double wanted;
        assert_int_equal(fscanf(file, "%lf", &wanted), 1);
        near(metric_plain(word, &in), wanted);
        checked++;
    }
    fclose(file);
    assert_int_equal(checked, 21 * 5);
}

// --- naive versions -----------------------------------------------------------------------------

static double naive_recall(const struct metric_input *in, const uint32_t *group, uint32_t g)
{
    double rows = 0, right = 0;
    for (size_t i = 0; i < in->model.n; i++) {
        const float *row = in->model.p + i * in->model.classes;
        rows += group[i] == g;
        right += group[i] == g && metric_naive_top(row, in->model.classes) == in->gold[i];
    }
    return rows > 0 ? right / rows : NAN;
}

static double naive_f1(const struct metric_input *in, uint32_t cls)
{
    double hit = 0, miss = 0, alarm = 0;
    for (size_t i = 0; i < in->model.n; i++) {
        bool said = metric_naive_top(in->model.p + i * in->model.classes, in->model.classes) == cls;
        bool is = in->gold[i] == cls;
        hit += said && is;
        miss += !said && is;
        alarm += said && !is;
    }
    if (hit == 0)
        return miss + alarm > 0 ? 0 : NAN;
    double precision = hit / (hit + alarm), recall = hit / (hit + miss);
    return 2 * precision * recall / (precision + recall);
}

// All pairs of a row of the class and another: the share ranked right, a tie counting half.
static double naive_auroc(const struct metric_input *in, uint32_t cls)
{
    double pairs = 0, right = 0;
    uint32_t classes = in->model.classes;
    for (size_t i = 0; i < in->model.n; i++)
        for (size_t k = 0; k < in->model.n; k++) {
            if (in->gold[i] != cls || in->gold[k] == cls)
                continue;
            float a = in->model.p[i * classes + cls], b = in->model.p[k * classes + cls];
            pairs++;
            right += a > b ? 1 : a == b ? 0.5 : 0;
        }
    return right / pairs;
}

// The mean over rows of the class of the precision among all rows that score as much: each
// threshold has the weight of the rows it adds.
static double naive_auprc(const struct metric_input *in, uint32_t cls)
{
    double positives = 0, sum = 0;
    uint32_t classes = in->model.classes;
    for (size_t i = 0; i < in->model.n; i++) {
        if (in->gold[i] != cls)
            continue;
        double above = 0, right = 0;
        for (size_t k = 0; k < in->model.n; k++) {
            bool counts = in->model.p[k * classes + cls] >= in->model.p[i * classes + cls];
            above += counts;
            right += counts && in->gold[k] == cls;
        }
        positives++;
        sum += right / above;
    }
    return positives < (double)in->model.n ? sum / positives : NAN;
}

typedef double naive_metric(const struct metric_input *in, uint32_t cls);

static double mean_over_classes(naive_metric *metric, const struct metric_input *in, uint32_t first)
{
    double sum = 0, n = 0;
    for (uint32_t c = first; c < in->model.classes; c++) {
        double x = metric(in, c);
        if (!isnan(x)) {
            sum += x;
            n++;
        }
    }
    return sum / n;
}

static double recall_of_class(const struct metric_input *in, uint32_t cls)
{
    return naive_recall(in, in->gold, cls);
}

static double smallest(const struct metric_input *in, const uint32_t *group, uint32_t n_groups)
{
    double least = INFINITY;
    for (uint32_t g = 0; g < n_groups; g++)
        least = fmin(least, naive_recall(in, group, g)); // fmin leaves a NaN out
    return least;
}

// For each row its bin from the definition: floor(bins * rows below / n).
static double naive_equal_mass(const struct metric_input *in, size_t bins)
{
    const struct predictions *m = &in->model;
    double sum = 0;
    for (size_t k = 0; k < bins; k++) {
        double gap = 0;
        for (size_t i = 0; i < m->n; i++) {
            const float *row = m->p + i * m->classes;
            uint32_t top = metric_naive_top(row, m->classes);
            size_t below = 0;
            for (size_t j = 0; j < m->n; j++) {
                const float *other = m->p + j * m->classes;
                below += other[metric_naive_top(other, m->classes)] < row[top];
            }
            if (bins * below / m->n == k)
                gap += (top == in->gold[i]) - (double)row[top];
        }
        sum += fabs(gap);
    }
    return sum / (double)m->n;
}

static bool two_classes_occur(const struct metric_input *in)
{
    for (size_t i = 1; i < in->model.n; i++)
        if (in->gold[i] != in->gold[0])
            return true;
    return false;
}

static void check_naive(const struct metric_input *in, size_t bins)
{
    uint32_t first = in->model.classes == 2 ? 1 : 0;
    double f1 = mean_over_classes(naive_f1, in, first);
    if (isnan(f1))
        assert_true(isnan(metric_plain("f1", in)));
    else
        near(metric_plain("f1", in), f1);
    near(metric_plain("balanced_accuracy", in), mean_over_classes(recall_of_class, in, 0));
    near(metric_worst("class", in), smallest(in, in->gold, in->model.classes));
    near(metric_worst("group", in), smallest(in, in->group, 5));
    near(metric_ece_of(bins, "equal_mass", in), naive_equal_mass(in, bins));
    if (two_classes_occur(in)) {
        near(metric_plain("auroc", in), mean_over_classes(naive_auroc, in, first));
        near(metric_plain("auprc", in), mean_over_classes(naive_auprc, in, first));
    }
}

static void test_against_naive(void **state)
{
    (void)state;
    struct rng rng = rng_at(rng_key_of(2, "metric"), 0);
    static float p[MAX_N * MAX_C];
    static uint32_t gold[MAX_N], group[MAX_N];
    for (int trial = 0; trial < 120; trial++) {
        uint32_t classes = 1 + (uint32_t)rng_below(&rng, MAX_C);
        size_t n = 1 + (size_t)rng_below(&rng, trial % 2 ? 8 : 60);
        metric_random_rows(&rng, p, gold, n, classes);
        for (size_t i = 0; i < n; i++)
            group[i] = (uint32_t)rng_below(&rng, 5);
        for (size_t i = 0; trial % 3 == 0 && i < n * classes; i++)
            p[i] = (float)(int)(8 * p[i]) / 8; // many ties
        const struct metric_input in = {.model = {n, classes, p}, .gold = gold, .group = group};
        check_naive(&in, 1 + (size_t)rng_below(&rng, 20));
    }
}

// --- by hand ------------------------------------------------------------------------------------

static void test_perfect_and_inverted(void **state)
{
    (void)state;
    const float p[] = {0.75f, 0.25f, 0.875f, 0.125f, 0.25f, 0.75f, 0.375f, 0.625f};
    const uint32_t right[] = {0, 0, 1, 1}, wrong[] = {1, 1, 0, 0};
    struct metric_input in = {.model = {4, 2, p}, .gold = right};
    for (size_t i = 0; i < 2; i++)
        assert_true(metric_plain(by_rank[i], &in) == 1);
    assert_true(metric_plain("f1", &in) == 1 && metric_plain("balanced_accuracy", &in) == 1 &&
                metric_worst("class", &in) == 1);
    in.gold = wrong;
    assert_true(metric_plain("auroc", &in) == 0 && metric_plain("f1", &in) == 0 &&
                metric_plain("balanced_accuracy", &in) == 0 && metric_worst("class", &in) == 0);
    near(metric_plain("auprc", &in), (1.0 / 3 + 2.0 / 4) / 2); // the best that is right is third
}

static void test_all_tied(void **state)
{
    (void)state;
    const float p[] = {0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f};
    const uint32_t gold[] = {0, 1, 0, 0};
    const struct metric_input in = {.model = {4, 2, p}, .gold = gold};
    assert_true(metric_plain("auroc", &in) == 0.5);
    assert_true(metric_plain("auprc", &in) == 0.25);          // the share of the class
    assert_true(metric_ece_of(3, "equal_mass", &in) == 0.25); // one bin: 3/4 right at 1/2
}

static void test_absent_classes(void **state)
{
    (void)state;
    // three classes, of which 2 occurs nowhere, and 1 only as a prediction
    const float p[] = {0.75f, 0.25f, 0, 0.25f, 0.75f, 0};
    const uint32_t gold[] = {0, 0};
    struct metric_input in = {.model = {2, 3, p}, .gold = gold};
    assert_true(metric_plain("balanced_accuracy", &in) == 0.5 && metric_worst("class", &in) == 0.5);
    near(metric_plain("f1", &in), (2.0 / 3 + 0) / 2);
    // two classes, neither labels nor predictions of class 1: F1 is 0/0
    const float zeros[] = {1, 0, 1, 0};
    in.model = (struct predictions){2, 2, zeros};
    assert_true(isnan(metric_plain("f1", &in)));
    for (size_t i = 0; i < 2; i++) {
        struct err err = {0};
        double out = 7;
        assert_true(metric_try(&out, by_rank[i], 0, NULL, &in, &err) < 0 && out == 7);
        assert_int_equal(err.kind, ERR_DATA);
        assert_non_null(strstr(err.text, " of rows that are all of class 0"));
    }
    in.gold = (const uint32_t[]){1, 1};
    assert_true(metric_plain("f1", &in) == 0);
}

static void test_one_row(void **state)
{
    (void)state;
    const float p[] = {0.25f, 0.75f};
    const uint32_t gold[] = {1}, group[] = {3};
    const struct metric_input in = {.model = {1, 2, p}, .gold = gold, .group = group};
    assert_true(metric_plain("balanced_accuracy", &in) == 1 && metric_plain("f1", &in) == 1);
    assert_true(metric_worst("group", &in) == 1 && metric_worst("class", &in) == 1);
    assert_true(metric_ece_of(15, "equal_mass", &in) == 0.25);
}

static void test_groups(void **state)
{
    (void)state;
    const float p[] = {0.75f, 0.25f, 0.75f, 0.25f, 0.75f, 0.25f, 0.75f, 0.25f};
    const uint32_t gold[] = {0, 0, 1, 0}, group[] = {0, 2, 2, 0};
    struct metric_input in = {.model = {4, 2, p}, .gold = gold, .group = group};
    assert_true(metric_worst("group", &in) == 0.5 && metric_worst("class", &in) == 0);
    in.group = NULL;
    const struct value_arg args[] = {{"metric", value_name("accuracy")},
                                     {"by", value_name("group")}};
    struct err err = {0};
    double out = 7;
    assert_true(metric_try(&out, "worst_group", 2, args, &in, &err) < 0 && out == 7);
    assert_string_equal(err.text, "worst_group on rows that belong to no groups");
}

static void test_nan(void **state)
{
    (void)state;
    const float p[] = {NAN, 0.5f, 0, 1, 1, 0};
    const uint32_t gold[] = {1, 1, 0};
    const struct metric_input in = {.model = {3, 2, p}, .gold = gold};
    for (size_t i = 0; i < 2; i++)
        assert_true(isnan(metric_plain(by_rank[i], &in)));
    assert_true(isnan(metric_ece_of(5, "equal_mass", &in)));
    assert_true(metric_plain("balanced_accuracy", &in) == 0.75); // no prediction counts as wrong
    near(metric_plain("f1", &in), 2.0 / 3); // found once of twice, and never falsely
    assert_true(metric_worst("class", &in) == 0.5);
}

// --- beside a teacher ---------------------------------------------------------------------------

static void test_teacher_by_hand(void **state)
{
    (void)state;
    // the teacher is wrong in rows 1..3; the student repeats row 1, corrects row 2, errs anew in
    // row 3
    const float student[] = {1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1};
    const float teacher[] = {1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0};
    const uint32_t gold[] = {0, 0, 0, 0};
    const struct predictions other = {4, 3, teacher}, own = {4, 3, student};
    struct metric_input in = {.model = own, .gold = gold, .others = &other, .n_others = 1};
    near(metric_beside("error_imitation", "teacher", &in), 1.0 / 3);
    near(metric_beside("correction", "teacher", &in), 1.0 / 3);
    near(metric_beside("gain", "teacher", &in), 6.0 / 4 - 4.0 / 4); // a wrong row costs 2
    near(metric_beside("misfit", "teacher", &in), 4.0 / 4);         // two rows differ
    in.others = &own;                                               // beside itself
    assert_true(metric_beside("error_imitation", "teacher", &in) == 1);
    assert_true(metric_beside("correction", "teacher", &in) == 0);
    assert_true(metric_beside("gain", "teacher", &in) == 0 &&
                metric_beside("misfit", "teacher", &in) == 0);
    const float perfect[] = {1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0};
    const struct predictions faultless = {4, 3, perfect};
    in.others = &faultless;
    assert_true(isnan(metric_beside("error_imitation", "teacher", &in)));
    assert_true(isnan(metric_beside("correction", "teacher", &in)));
    const float broken[] = {NAN, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0};
    in.others = &(const struct predictions){4, 3, broken}; // an error nobody repeats
    assert_true(metric_beside("error_imitation", "teacher", &in) == 0);
    assert_true(metric_beside("correction", "teacher", &in) == 1);
    assert_true(isnan(metric_beside("gain", "teacher", &in)) &&
                isnan(metric_beside("misfit", "teacher", &in)));
}

// What the definitions imply, on random rows: errors are repeated, corrected or new; a student's
// accuracy follows from correction and what it keeps; and the gain is a difference of Brier scores.
static void test_teacher_identities(void **state)
{
    (void)state;
    struct rng rng = rng_at(rng_key_of(3, "metric"), 0);
    static float p[MAX_N * MAX_C], q[MAX_N * MAX_C];
    static uint32_t gold[MAX_N], unused[MAX_N];
    for (int trial = 0; trial < 100; trial++) {
        uint32_t classes = 2 + (uint32_t)rng_below(&rng, MAX_C - 1);
        size_t n = 20 + (size_t)rng_below(&rng, MAX_N - 20);
        metric_random_rows(&rng, p, gold, n, classes);
        metric_random_rows(&rng, q, unused, n, classes);
        const struct predictions teacher = {n, classes, q};
        const struct metric_input in = {
            .model = {n, classes, p}, .gold = gold, .others = &teacher, .n_others = 1};
        const struct metric_input theirs = {.model = teacher, .gold = gold};
        double errors = 0, kept = 0, imitated = 0, misfit = 0;
        for (size_t i = 0; i < n; i++) {
            uint32_t own = metric_naive_top(p + i * classes, classes);
            uint32_t said = metric_naive_top(q + i * classes, classes);
            errors += said != gold[i];
            kept += said == gold[i] && own == gold[i];
            imitated += said != gold[i] && own == said;
            for (uint32_t c = 0; c < classes; c++)
                misfit += pow((double)p[i * classes + c] - (double)q[i * classes + c], 2);
        }
        if (errors == 0)
            continue;
        double correction = metric_beside("correction", "teacher", &in);
        near(metric_beside("error_imitation", "teacher", &in), imitated / errors);
        near(metric_plain("accuracy", &in), (kept + correction * errors) / (double)n);
        near(metric_beside("gain", "teacher", &in),
             metric_plain("brier", &theirs) - metric_plain("brier", &in));
        near(metric_beside("misfit", "teacher", &in), misfit / (double)n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_scikit_learn),
                                       cmocka_unit_test(test_against_naive),
                                       cmocka_unit_test(test_perfect_and_inverted),
                                       cmocka_unit_test(test_all_tied),
                                       cmocka_unit_test(test_absent_classes),
                                       cmocka_unit_test(test_one_row),
                                       cmocka_unit_test(test_groups),
                                       cmocka_unit_test(test_nan),
                                       cmocka_unit_test(test_teacher_by_hand),
                                       cmocka_unit_test(test_teacher_identities)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
