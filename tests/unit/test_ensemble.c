// test_ensemble.c -- ensembles in a run: what they say against the same by hand, from the logits and
// the votes of their members.
#include "cmocka_first.h"

#include "base/mem.h"
#include "compile_text.h"
#include "eval/label_model.h"
#include "exec/run.h"

#include <math.h>

enum { C = 3, R = 4, V = R + 1, N = 6 };

// The rules of rules.lua vote for a class, against one, softly, or abstain; row 0 gets no vote of
// theirs.
static const char program[] =
    "experiment \"t\" { seeds = 0 }\n"
    "data d = csv(\"tests/unit/fixtures/rules.csv\", label: \"kind\")\n"
    "teacher net { model = linear(); train = d; epochs = 3 }\n"
    "teacher people = rules(\"tests/unit/fixtures/rules.lua\")\n"
    "teacher mean = ensemble(people, net)\n"
    "teacher sure = ensemble(people, net, weights: entropy)\n"
    "teacher hard = ensemble(people, net, votes: hard)\n"
    "teacher told = ensemble(people, net, weights: label_model, on: seen(d), smoothing: 0.5)\n"
    "teacher tied = ensemble(people, net, weights: label_model, on: seen(d), abstentions: missing,\n"
    "    votes: soft, dependent: [[people, net]], prior: [0.5, 0.25, 0.25])\n"
    "teacher rows = ensemble(people)\n"
    "teacher nested = ensemble(rows, net)\n"
    "evaluate { models = [people, net, mean, sure, hard, told, tied, rows, nested]; on = [seen(d)] }\n";

struct world {
    struct compiled_text c;
    struct run run;
    double soft[N][V][C]; // the votes as probabilities, "not k" as well; all 0: abstains
    float raw[N][V][C];   // as they are
};

// What the step with this label gave.
static const float *values_of(const struct world *w, enum step_kind kind, const char *label)
{
    for (uint32_t i = 0; i < w->c.plan.n; i++)
        if (w->c.plan.steps[i].kind == kind && strcmp(w->c.plan.steps[i].label, label) == 0)
            return w->run.artifacts[i].values;
    fail_msg("no step '%s'", label);
    return NULL;
}

static void fill_votes(struct world *w)
{
    const float *logits = values_of(w, STEP_predict, "net on d");
    const float *votes = values_of(w, STEP_vote, "votes of people on d");
    for (size_t i = 0; i < N; i++) {
        double sum = 0;
        for (size_t k = 0; k < C; k++)
            sum += exp((double)logits[i * C + k]);
        for (size_t k = 0; k < C; k++)
            w->raw[i][R][k] = (float)(w->soft[i][R][k] = exp((double)logits[i * C + k]) / sum);
        for (size_t r = 0; r < R; r++) {
            const float *vote = votes + (i * R + r) * C;
            bool refuses = vote[0] < 0 || vote[1] < 0 || vote[2] < 0;
            for (size_t k = 0; k < C; k++) {
                w->raw[i][r][k] = vote[k];
                w->soft[i][r][k] = !refuses ? (double)vote[k] : vote[k] < 0 ? 0 : 0.5;
            }
        }
    }
}

static void setup(struct world *w)
{
    struct err err = {0};
    compile_right(&w->c, program);
    bool *wanted = mem_new(w->c.plan.n * sizeof *wanted);
    for (uint32_t i = 0; i < w->c.plan.n; i++)
        wanted[i] = w->c.plan.steps[i].kind != STEP_compare;
    run_init(&w->run, &w->c.plan);
    w->run.wanted = wanted;
    struct run_options how = {.kernels = kernel_select(NULL), .threads = 2, .folder = "."};
    if (run_execute(&w->run, &how, &err) < 0)
        fail_msg("%s", err.text);
    mem_free(wanted);
    fill_votes(w);
}

static void teardown(struct world *w)
{
    run_release(&w->run);
    compile_text_release(&w->c);
}

static double log_floored(double p)
{
    return log(p > 1e-6 ? p : 1e-6);
}

// The weighted mean of voters `from` .. V - 1.
static void expect_mean(const struct world *w, const char *label, size_t from, size_t to,
                        double soft[N][V][C], bool by_entropy)
{
    const float *logits = values_of(w, STEP_combine, label);
    for (size_t i = 0; i < N; i++) {
        double sum[C] = {0}, total = 0;
        for (size_t v = from; v < to; v++) {
            double says = 0, entropy = 0;
            for (size_t k = 0; k < C; k++) {
                double p = soft[i][v][k];
                says += p;
                entropy -= p > 0 ? p * log(p) : 0;
            }
            double weight = says == 0 ? 0 : by_entropy ? exp(-entropy) : 1;
            total += weight;
            for (size_t k = 0; k < C; k++)
                sum[k] += weight * soft[i][v][k];
        }
        for (size_t k = 0; k < C; k++) {
            double want = total > 0 ? log_floored(sum[k] / total) : 0;
            if (!(fabs((double)logits[i * C + k] - want) < 1e-5))
                fail_msg("%s, row %zu, class %zu: %g, expected %g", label, i, k,
                         (double)logits[i * C + k], want);
        }
    }
}

static void test_means(void **state)
{
    (void)state;
    struct world w;
    setup(&w);
    expect_mean(&w, "mean on d", 0, V, w.soft, false);
    expect_mean(&w, "sure on d", 0, V, w.soft, true);
    expect_mean(&w, "rows on d", 0, R, w.soft, false);
    double hard[N][V][C];
    memcpy(hard, w.soft, sizeof hard);
    for (size_t i = 0; i < N; i++) {
        size_t top = 0;
        for (size_t k = 1; k < C; k++)
            top = hard[i][R][k] > hard[i][R][top] ? k : top;
        for (size_t k = 0; k < C; k++)
            hard[i][R][k] = k == top;
    }
    expect_mean(&w, "hard on d", 0, V, hard, false);
    teardown(&w);
}

// An ensemble within an ensemble is one voter, and abstains where none of its own says anything.
static void test_an_ensemble_is_one_voter(void **state)
{
    (void)state;
    struct world w;
    setup(&w);
    double soft[N][V][C] = {{{0}}};
    const float *inner = values_of(&w, STEP_combine, "rows on d");
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < C; k++) {
            soft[i][0][k] = i == 0 ? 0 : exp((double)inner[i * C + k]);
            soft[i][1][k] = w.soft[i][R][k];
        }
    for (size_t k = 0; k < C; k++)
        assert_true(inner[k] == 0);
    expect_mean(&w, "nested on d", 0, 2, soft, false);
    teardown(&w);
}

static void expect_label_model(struct world *w, const char *label, const uint32_t *group,
                               const struct label_model_options *o)
{
    double params[C + V * C * (C + 1)], log_p[N * C];
    struct label_model_fit fit;
    struct err err = {0};
    const struct votes votes = {N, V, C, &w->raw[0][0][0], group};
    assert_int_equal(label_model_fit(params, &fit, &votes, o, NULL, &err), 0);
    assert_int_equal(label_model_posterior(log_p, params, &votes, o->abstentions, &err), 0);
    const float *logits = values_of(w, STEP_combine, label);
    for (size_t i = 0; i < N * C; i++)
        assert_true(fabs((double)logits[i] - log_floored(exp(log_p[i]))) < 1e-4);
}

// Rule soft says that it depends on hard; tied says that all depend on each other.
static void test_label_models(void **state)
{
    (void)state;
    struct world w;
    setup(&w);
    static const uint32_t tied[V] = {0, 0, 0, 0, 0};
    const double prior[C] = {0.5, 0.25, 0.25};
    expect_label_model(&w, "tied on d", tied,
                       &(struct label_model_options){.prior = prior, .smoothing = 0.1});
    for (size_t i = 0; i < N; i++) { // votes for classes: the net's first
        size_t top = 0;
        for (size_t k = 1; k < C; k++)
            top = w.raw[i][R][k] > w.raw[i][R][top] ? k : top;
        for (size_t k = 0; k < C; k++)
            w.raw[i][R][k] = k == top;
    }
    static const uint32_t declared[V] = {0, 1, 0, 3, 4};
    expect_label_model(&w, "told on d", declared,
                       &(struct label_model_options){.abstentions = true, .smoothing = 0.5});
    teardown(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_means),
        cmocka_unit_test(test_an_ensemble_is_one_voter),
        cmocka_unit_test(test_label_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
