// test_step_vote.c -- rules as a teacher: the votes on rows of a file, what they come to, and that
// threads change nothing.
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "compile_text.h"
#include "exec/run.h"

#include <math.h>

enum { N = 6, R = 4, C = 3 };

static const char program[] =
    "experiment \"t\" { seeds = 0..1 }\n"
    "data d = csv(\"tests/unit/fixtures/rules.csv\", label: \"kind\") { scale = 1 }\n"
    "teacher t = rules(\"tests/unit/fixtures/rules.lua\")\n"
    "student s { model = mlp(hidden: [4]); train = d; learn = soft_labels(from: t); epochs = 2 }\n"
    "evaluate { models = [t, s]; on = [seen(d)]; metrics = [accuracy, nll, coverage] }\n";

static uint32_t find_step(const struct plan *plan, enum step_kind kind)
{
    uint32_t found = STEP_NONE;
    for (uint32_t i = 0; i < plan->n; i++)
        if (plan->steps[i].kind == kind) {
            assert_true(found == STEP_NONE); // one for both seeds, for the student and the metrics
            found = i;
        }
    assert_true(found != STEP_NONE);
    return found;
}

// What rules.lua says on row i, in the form of rules.h.
static const float said[R][C] = {{0, 1, 0}, {-1, 0, 0}, {0.125f, 0.125f, 0.75f}, {1, 0, 0}};
static const size_t from_row[R] = {1, 2, 3, 4};

static void check_votes(const struct artifact *votes)
{
    assert_int_equal(votes->n, N);
    assert_int_equal(votes->classes, R * C);
    for (size_t i = 0; i < N; i++)
        for (size_t r = 0; r < R; r++)
            for (size_t k = 0; k < C; k++)
                assert_true(votes->values[(i * R + r) * C + k] ==
                            (i >= from_row[r] ? said[r][k] : 0));
}

// The mean of the votes of each row by hand: nobody; b; b and (b or c); ...
static const double mean[N][C] = {
    {1 / 3., 1 / 3., 1 / 3.},
    {1e-9, 1, 1e-9},
    {1e-9, 0.75, 0.25},
    {0.125 / 3, 1.625 / 3, 1.25 / 3},
    {1.125 / 4, 1.625 / 4, 1.25 / 4},
    {1.125 / 4, 1.625 / 4, 1.25 / 4},
};

static void check_logits(const struct artifact *logits)
{
    assert_int_equal(logits->n, N);
    assert_int_equal(logits->classes, C);
    for (size_t k = 0; k < C; k++)
        assert_true(logits->values[k] == 0); // abstains: uniform
    for (size_t i = 1; i < N; i++)
        for (size_t k = 0; k < C; k++)
            assert_true(fabs((double)logits->values[i * C + k] - log(mean[i][k])) < 2e-6);
}

static double number_of(const struct run *run, const char *metric, const char *model)
{
    for (size_t i = 0; i < run->plan->n_numbers; i++) {
        const struct plan_number *number = &run->plan->numbers[i];
        if (strcmp(number->metric, metric) == 0 && strcmp(number->model, model) == 0)
            return run->artifacts[number->step].comparison.interval.mean;
    }
    fail();
    return 0;
}

static void test_a_file_of_rules(void **state)
{
    (void)state;
    static const size_t gold[N] = {0, 1, 2, 0, 1, 2};
    struct compiled_text c;
    struct digest first = {{0}};
    compile_right(&c, program);
    bool *wanted = mem_new(c.plan.n * sizeof *wanted);
    uint32_t votes = find_step(&c.plan, STEP_vote), logits = find_step(&c.plan, STEP_tally);
    find_step(&c.plan, STEP_rules);
    wanted[votes] = wanted[logits] = true;
    for (unsigned threads = 1; threads <= 3; threads++) {
        struct run run;
        struct err err = {0};
        run_init(&run, &c.plan);
        run.wanted = wanted;
        struct run_options how = {
            .kernels = kernel_select(NULL), .threads = threads, .folder = "."};
        assert_int_equal(run_execute(&run, &how, &err), 0);
        check_votes(&run.artifacts[votes]);
        check_logits(&run.artifacts[logits]);
        assert_true(number_of(&run, "coverage", "t") == 5. / 6);
        double nll = 0;
        for (size_t i = 0; i < N; i++)
            nll -= log(mean[i][gold[i]]) / N;
        assert_true(number_of(&run, "accuracy", "t") == 3. / 6); // rows 0 (the first class), 1, 4
        assert_true(fabs(number_of(&run, "nll", "t") - nll) < 1e-5);
        struct digest digest = run_digest(&run);
        if (threads == 1)
            first = digest;
        assert_true(digest_equal(&digest, &first));
        run_release(&run);
    }
    mem_free(wanted);
    compile_text_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_file_of_rules)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
