// test_label_model.c -- the label model against a naive EM in Python (fixtures/label_model.txt), on
// votes whose truth is known, and where there is nothing to learn.
#include "cmocka_first.h"

#include "base/mem.h"
#include "base/rng.h"
#include "eval/label_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_V = 8, MAX_C = 5, MAX_SIZE = MAX_C + MAX_V * MAX_C * (MAX_C + 1) };

static struct label_model_fit fitted(double *params, const struct votes *votes,
                                     const struct label_model_options *o)
{
    struct label_model_fit fit;
    struct err err = {0};
    if (label_model_fit(params, &fit, votes, o, NULL, &err) < 0)
        fail_msg("%s", err.text);
    return fit;
}

static double *posterior(const double *params, const struct votes *votes, bool abstentions)
{
    struct err err = {0};
    double *out = mem_new(votes->n * votes->classes * sizeof *out);
    if (label_model_posterior(out, params, votes, abstentions, &err) < 0)
        fail_msg("%s", err.text);
    return out;
}

// --- against Python ------------------------------------------------------------------------------
static void read_vote(float *out, const char *word, size_t classes)
{
    memset(out, 0, classes * sizeof *out);
    if (word[0] == '.')
        return;
    if (word[0] == '!')
        out[atoi(word + 1)] = -1;
    else if (strchr(word, '/') == NULL)
        out[atoi(word)] = 1;
    else
        for (size_t c = 0; c < classes; c++, word += strcspn(word, "/") + 1)
            out[c] = (float)atoi(word) / 64;
}

static void read_numbers(double *out, FILE *file, const char *name, size_t n)
{
    char word[32];
    assert_int_equal(fscanf(file, "%31s", word), 1);
    assert_string_equal(word, name);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(fscanf(file, "%lf", &out[i]), 1);
}

static void expect_near(const double *x, const double *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs(x[i] - y[i]) <= 1e-9))
            fail_msg("%.17g at %zu, expected %.17g", x[i], i, y[i]);
}

// False at the end of the file.
static bool check_case(FILE *file)
{
    size_t n, V, C;
    int informative;
    double smoothing, prior[MAX_C], group_of[MAX_V], want[MAX_SIZE], params[MAX_SIZE],
        first[5 * MAX_C], iterations;
    uint32_t group[MAX_V];
    char word[64];
    if (fscanf(file, " case %zu %zu %zu %d %lf", &n, &V, &C, &informative, &smoothing) != 5)
        return false;
    read_numbers(group_of, file, "groups", V);
    for (size_t v = 0; v < V; v++)
        group[v] = (uint32_t)group_of[v];
    read_numbers(prior, file, "given", 1);
    for (size_t c = 1; c < C && prior[0] > 0; c++)
        assert_int_equal(fscanf(file, "%lf", &prior[c]), 1);
    float *value = mem_new(n * V * C * sizeof *value);
    for (size_t i = 0; i < n * V; i++) {
        assert_int_equal(fscanf(file, "%63s", word), 1);
        read_vote(value + i * C, word, C);
    }
    read_numbers(&iterations, file, "iterations", 1);
    read_numbers(want, file, "params", label_model_size(V, C));
    read_numbers(first, file, "posterior", 5 * C);

    const struct votes votes = {n, V, C, value, group};
    const struct label_model_options o = {prior[0] > 0 ? prior : NULL, informative != 0, smoothing};
    struct label_model_fit fit = fitted(params, &votes, &o);
    assert_true(fit.converged);
    assert_int_equal(fit.iterations, (size_t)iterations);
    expect_near(params, want, label_model_size(V, C));
    double *p = posterior(params, &votes, informative != 0);
    expect_near(p, first, 5 * C);
    mem_free(p);
    mem_free(value);
    return true;
}

static void test_against_python(void **state)
{
    (void)state;
    FILE *file = fopen("tests/unit/fixtures/label_model.txt", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "#%*[^\n]"), 0);
    int cases = 0;
    while (check_case(file))
        cases++;
    fclose(file);
    assert_int_equal(cases, 6);
}

// --- votes whose truth is known ------------------------------------------------------------------
struct world {
    size_t n, voters, classes;
    double accuracy[MAX_V], silent;
    float *value;
    uint32_t *gold;
    double right[MAX_V]; // the share of right votes that was drawn
};

static void draw(struct world *w, uint64_t seed)
{
    struct rng rng = rng_at(rng_key_of(seed, "votes"), 0);
    w->value = mem_new(w->n * w->voters * w->classes * sizeof *w->value);
    w->gold = mem_new(w->n * sizeof *w->gold);
    double said[MAX_V] = {0};
    memset(w->right, 0, sizeof w->right);
    for (size_t i = 0; i < w->n; i++) {
        w->gold[i] = (uint32_t)rng_below(&rng, w->classes);
        for (size_t v = 0; v < w->voters; v++) {
            bool right = rng_unit(&rng) < w->accuracy[v], silent = rng_unit(&rng) < w->silent;
            uint64_t wrong = 1 + rng_below(&rng, w->classes - 1);
            size_t k = right ? w->gold[i] : (size_t)((w->gold[i] + wrong) % w->classes);
            if (silent)
                continue;
            w->value[(i * w->voters + v) * w->classes + k] = 1;
            w->right[v] += right;
            said[v]++;
        }
    }
    for (size_t v = 0; v < w->voters; v++)
        w->right[v] /= said[v];
}

static void world_release(struct world *w)
{
    mem_free(w->value);
    mem_free(w->gold);
}

static size_t top(const double *p, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        best = p[i] > p[best] ? i : best;
    return best;
}

static double accuracy_of(const double *p, const struct world *w)
{
    size_t right = 0;
    for (size_t i = 0; i < w->n; i++)
        right += top(p + i * w->classes, w->classes) == w->gold[i];
    return (double)right / (double)w->n;
}

static double majority_accuracy(const struct world *w)
{
    double *sum = mem_new(w->n * w->classes * sizeof *sum);
    for (size_t i = 0; i < w->n; i++)
        for (size_t j = 0; j < w->voters * w->classes; j++)
            sum[i * w->classes + j % w->classes] += w->value[i * w->voters * w->classes + j];
    double accuracy = accuracy_of(sum, w);
    mem_free(sum);
    return accuracy;
}

static const struct label_model_options usual = {.smoothing = 0.1};

// Dense votes: the accuracies of the voters, as they were drawn, to a mean error of 0.01 with 1,000
// rows and more; and better labels than the majority's.
static void test_recovers_accuracies(void **state)
{
    (void)state;
    static const size_t rows[] = {1000, 1200};
    for (size_t k = 0; k < 2; k++)
        for (size_t classes = 2; classes <= 3; classes++) {
            struct world w = {.n = rows[k],
                              .voters = 7,
                              .classes = classes,
                              .accuracy = {0.95, 0.9, 0.65, 0.6, 0.7, 0.6, 0.65}};
            double params[MAX_SIZE], error = 0;
            draw(&w, 10 * k + classes);
            const struct votes votes = {w.n, w.voters, classes, w.value, NULL};
            assert_true(fitted(params, &votes, &usual).converged);
            for (size_t v = 0; v < w.voters; v++)
                error += fabs(label_model_accuracy(params, w.voters, classes, v) - w.right[v]) /
                         (double)w.voters;
            if (!(error <= 0.01))
                fail_msg("mean error %.4f with %zu rows, %zu classes", error, w.n, classes);
            double *p = posterior(params, &votes, false);
            assert_true(accuracy_of(p, &w) > majority_accuracy(&w));
            mem_free(p);
            world_release(&w);
        }
}

// A voter that speaks on a fifth of the rows of class 0, and on four fifths of those of class 1.
static void test_accuracy_is_that_of_votes(void **state)
{
    (void)state;
    const double params[] = {0.75, 0.25, 0.1, 0.9, 0.8, 0, 1, 0.2};
    assert_true(fabs(label_model_accuracy(params, 1, 2, 0) - 0.215 / 0.35) < 1e-15);
}

static void test_sparse_votes_beat_majority(void **state)
{
    (void)state;
    struct world w = {.n = 1000,
                      .voters = 7,
                      .classes = 3,
                      .silent = 0.6,
                      .accuracy = {0.95, 0.9, 0.45, 0.5, 0.45, 0.5, 0.4}};
    double params[MAX_SIZE];
    draw(&w, 5);
    const struct votes votes = {w.n, w.voters, w.classes, w.value, NULL};
    fitted(params, &votes, &usual);
    double *p = posterior(params, &votes, false);
    assert_true(accuracy_of(p, &w) > majority_accuracy(&w) + 0.05);
    mem_free(p);
    world_release(&w);
}

static void test_voters_may_be_permuted(void **state)
{
    (void)state;
    struct world w = {
        .n = 500, .voters = 5, .classes = 3, .silent = 0.3, .accuracy = {0.9, 0.8, 0.7, 0.6, 0.5}};
    static const size_t from[] = {3, 0, 4, 1, 2};
    double params[MAX_SIZE], permuted[MAX_SIZE];
    draw(&w, 9);
    size_t V = w.voters, C = w.classes;
    float *value = mem_new(w.n * V * C * sizeof *value);
    for (size_t i = 0; i < w.n; i++)
        for (size_t v = 0; v < V; v++)
            memcpy(value + (i * V + v) * C, w.value + (i * V + from[v]) * C, C * sizeof *value);
    const struct votes one = {w.n, V, C, w.value, NULL}, two = {w.n, V, C, value, NULL};
    fitted(params, &one, &usual);
    fitted(permuted, &two, &usual);
    expect_near(permuted, params, C);
    for (size_t v = 0; v < V; v++)
        expect_near(permuted + C + v * C * (C + 1), params + C + from[v] * C * (C + 1),
                    C * (C + 1));
    mem_free(value);
    world_release(&w);
}

// A voter and its copies, declared dependent, count as the one voter.
static void test_copies_count_once(void **state)
{
    (void)state;
    for (int abstentions = 0; abstentions < 2; abstentions++) {
        struct world w = {
            .n = 100, .voters = 4, .classes = 2, .silent = 0.25, .accuracy = {0.9, 0.8, 0.7, 0.75}};
        const uint32_t group[] = {0, 1, 2, 3, 3, 3};
        draw(&w, 3);
        float *value = mem_new(w.n * 6 * 2 * sizeof *value);
        for (size_t i = 0; i < w.n; i++)
            for (size_t v = 0; v < 6; v++)
                memcpy(value + (i * 6 + v) * 2, w.value + (i * 4 + (v < 4 ? v : 3)) * 2,
                       2 * sizeof *value);
        const struct votes one = {w.n, 4, 2, w.value, NULL}, many = {w.n, 6, 2, value, group};
        // A copy has a third of the counts, and smoothing of its own: next to none, here.
        const struct label_model_options o = {.abstentions = abstentions != 0, .smoothing = 1e-6};
        double params[MAX_SIZE];
        fitted(params, &one, &o);
        double *p = posterior(params, &one, o.abstentions);
        fitted(params, &many, &o);
        double *q = posterior(params, &many, o.abstentions);
        for (size_t i = 0; i < w.n * 2; i++)
            assert_true(fabs(p[i] - q[i]) < 1e-4);
        mem_free(p);
        mem_free(q);
        mem_free(value);
        world_release(&w);
    }
}

// With the prior moved a little, either way, the best that the other parameters can do is worse.
static void test_a_fit_is_a_maximum(void **state)
{
    (void)state;
    struct world w = {
        .n = 300, .voters = 5, .classes = 3, .silent = 0.2, .accuracy = {0.8, 0.7, 0.8, 0.6, 0.7}};
    const uint32_t group[] = {0, 1, 1, 3, 0};
    double params[MAX_SIZE];
    draw(&w, 21);
    const struct votes votes = {w.n, w.voters, w.classes, w.value, group};
    double best = fitted(params, &votes, &usual).objective;
    for (int k = 0; k < 2; k++) {
        double step = k == 0 ? 0.05 : -0.05, other[MAX_SIZE];
        const double prior[] = {params[0] + step, params[1] - step, params[2]};
        const struct label_model_options o = {prior, false, usual.smoothing};
        double objective = fitted(other, &votes, &o).objective; // has no density of the prior
        for (int c = 0; c < 3; c++)
            objective += usual.smoothing * log(prior[c]);
        assert_true(objective < best);
    }
    world_release(&w);
}

// One voter says nothing about its accuracy; it is believed, as far as LABEL_MODEL_BELIEF goes.
static void test_one_voter_is_believed(void **state)
{
    (void)state;
    struct world w = {.n = 300, .voters = 1, .classes = 5, .accuracy = {0.8}};
    double params[MAX_SIZE];
    draw(&w, 8);
    const struct votes votes = {w.n, 1, 5, w.value, NULL};
    fitted(params, &votes, &usual);
    double *p = posterior(params, &votes, false);
    for (size_t i = 0; i < w.n; i++)
        assert_true(w.value[i * 5 + top(p + i * 5, 5)] == 1);
    mem_free(p);
    world_release(&w);
}

// --- nothing to learn ----------------------------------------------------------------------------
static void expect_chances(const double *params, size_t V, size_t C)
{
    for (size_t i = 0; i < label_model_size(V, C); i++)
        assert_true(params[i] >= 0 && params[i] <= 1);
}

static void test_degenerate(void **state)
{
    (void)state;
    const float silent[12] = {0}, one_class[] = {1, 0, 1, -1}, not_all[] = {-1, 0, 0, -1, 0, 0};
    const float same[] = {0, 1, 0, 1, 0, 1};
    const struct {
        struct votes votes;
        bool abstentions;
    } cases[] = {
        {{3, 2, 2, silent, NULL}, false},
        {{3, 2, 2, silent, NULL}, true}, // all abstain
        {{4, 1, 1, one_class, NULL}, false},
        {{2, 2, 1, one_class, NULL}, true}, // one class, and "not" it
        {{2, 1, 3, not_all, NULL}, false},  // only "not 0"
        {{3, 1, 2, same, NULL}, false},
        {{3, 1, 2, same, NULL}, true},    // one voter, always the same
        {{0, 2, 2, silent, NULL}, false}, // no rows
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct votes *votes = &cases[i].votes;
        const struct label_model_options o = {.abstentions = cases[i].abstentions,
                                              .smoothing = 0.1};
        double params[MAX_SIZE];
        fitted(params, votes, &o);
        expect_chances(params, votes->voters, votes->classes);
        double *p = posterior(params, votes, cases[i].abstentions);
        for (size_t k = 0; k < votes->n * votes->classes; k++)
            assert_true(p[k] <= 1e-12 && p[k] > -800);
        mem_free(p);
    }
}

// Rows without votes do not move the fit, and get the prior.
static void test_rows_without_votes(void **state)
{
    (void)state;
    struct world w = {.n = 200, .voters = 3, .classes = 3, .accuracy = {0.9, 0.8, 0.7}};
    double with[MAX_SIZE], without[MAX_SIZE];
    draw(&w, 4);
    float *value = mem_new(2 * w.n * 9 * sizeof *value);
    memcpy(value, w.value, w.n * 9 * sizeof *value); // then as many rows of zeros
    const struct votes few = {w.n, 3, 3, w.value, NULL}, all = {2 * w.n, 3, 3, value, NULL};
    fitted(without, &few, &usual);
    fitted(with, &all, &usual);
    expect_near(with, without, 3);
    for (size_t v = 0; v < 9; v++) // but for the chances to abstain
        expect_near(with + 3 + 4 * v, without + 3 + 4 * v, 3);
    double *p = posterior(with, &all, false);
    for (size_t c = 0; c < 3; c++)
        assert_true(fabs(exp(p[w.n * 3 + c]) - with[c]) < 1e-12);
    mem_free(p);
    mem_free(value);
    world_release(&w);
}

static void test_prior_that_is_given(void **state)
{
    (void)state;
    struct world w = {.n = 200, .voters = 3, .classes = 2, .accuracy = {0.9, 0.8, 0.7}};
    const double prior[] = {0.25, 0.75};
    const struct label_model_options o = {prior, false, 0.1};
    double params[MAX_SIZE];
    draw(&w, 6);
    const struct votes votes = {w.n, 3, 2, w.value, NULL};
    fitted(params, &votes, &o);
    assert_true(params[0] == 0.25 && params[1] == 0.75);
    world_release(&w);
}

static void test_wrong_votes(void **state)
{
    (void)state;
    static const float wrong[][3] = {{2, 0, 0},     {-1, 1, 0},  {0.5f, 0.2f, 0},
                                     {-0.5f, 0, 0}, {NAN, 0, 0}, {-1, -1, 0}};
    const struct label_model_options o = {.smoothing = 0.1};
    for (size_t i = 0; i < 6; i++) {
        const struct votes votes = {1, 1, 3, wrong[i], NULL};
        struct label_model_fit fit;
        struct err err = {0};
        double params[MAX_SIZE];
        assert_true(label_model_fit(params, &fit, &votes, &o, NULL, &err) < 0);
        assert_string_equal(err.text,
                            "voter 1 gives no vote on row 0: expected a class, probabilities, "
                            "'not' a class, or nothing");
    }
}

static void test_stops(void **state)
{
    (void)state;
    const float same[] = {0, 1, 0, 1, 0, 1};
    const struct votes votes = {3, 1, 2, same, NULL};
    atomic_int stop = 1;
    struct label_model_fit fit;
    struct err err = {0};
    double params[MAX_SIZE];
    assert_true(label_model_fit(params, &fit, &votes, &usual, &stop, &err) < 0);
    assert_int_equal(err.kind, ERR_INTERRUPTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_python),
        cmocka_unit_test(test_recovers_accuracies),
        cmocka_unit_test(test_accuracy_is_that_of_votes),
        cmocka_unit_test(test_sparse_votes_beat_majority),
        cmocka_unit_test(test_voters_may_be_permuted),
        cmocka_unit_test(test_copies_count_once),
        cmocka_unit_test(test_a_fit_is_a_maximum),
        cmocka_unit_test(test_one_voter_is_believed),
        cmocka_unit_test(test_degenerate),
        cmocka_unit_test(test_rows_without_votes),
        cmocka_unit_test(test_prior_that_is_given),
        cmocka_unit_test(test_wrong_votes),
        cmocka_unit_test(test_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
