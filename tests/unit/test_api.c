// test_api.c -- libw2s as a program sees it: through include/w2s.h alone. What the numbers are is the
// business of other tests; here they must be those of the command line, and every refusal must be one.
#include "cmocka_first.h"

#include "../../include/w2s.h"

#include <fenv.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char small[] = "tests/lang/plan/small.w2s";

static struct w2s_experiment *compile_small(const char *const *set, const char *seeds)
{
    struct w2s_error error = {0};
    struct w2s_experiment *x = w2s_compile_file(small, set, seeds, &error);
    assert_string_equal(error.text, "");
    assert_non_null(x);
    assert_int_equal(w2s_is_right(x), 1);
    return x;
}

static void test_plan(void **state)
{
    (void)state;
    struct w2s_experiment *x = compile_small(NULL, NULL);
    struct w2s_plan plan = w2s_plan(x);
    assert_string_equal(plan.title, "small");
    assert_int_equal(plan.n_points, 3);
    assert_int_equal(plan.n_seeds, 2);
    assert_int_equal(plan.seeds[0], 0);
    assert_int_equal(plan.seeds[1], 1);
    assert_true(plan.n_steps > 10 && plan.n_results > 0 && plan.flop > 0);
    assert_non_null(strstr(w2s_plan_text(x), "small"));
    assert_string_equal(w2s_messages(x), "");
    assert_int_equal(w2s_n_diagnostics(x), 0);

    // lambda > 0 or width == 4: (0, 4), (0.5, 4), (0.5, 8), in the order of the sweep
    assert_int_equal(w2s_n_params(x, 0), 2);
    assert_string_equal(w2s_param(x, 0, 0).name, "lambda");
    assert_string_equal(w2s_param(x, 0, 0).value, "0");
    assert_true(w2s_param(x, 1, 0).number == 0.5);
    assert_true(w2s_param(x, 2, 1).number == 8);
    assert_int_equal(w2s_n_params(x, 3), 0);
    assert_null(w2s_param(x, 3, 0).name);
    assert_null(w2s_param(x, 0, 2).name);
    w2s_experiment_free(x);
}

static void test_overrides(void **state)
{
    (void)state;
    static const char *const set[] = {"lambda=0.25", "width=6", NULL};
    struct w2s_experiment *x = compile_small(set, "[7, 9, 11]");
    struct w2s_plan plan = w2s_plan(x);
    assert_int_equal(plan.n_points, 1); // both have left the sweep
    assert_int_equal(plan.n_seeds, 3);
    assert_int_equal(plan.seeds[2], 11);
    w2s_experiment_free(x);
}

static void expect_refusal(const char *path, const char *set, const char *seeds,
                           enum w2s_status status, const char *text)
{
    struct w2s_error error = {0};
    const char *const sets[] = {set, NULL};
    struct w2s_experiment *x = w2s_compile_file(path, sets, seeds, &error);
    assert_null(x);
    assert_int_equal(error.status, status);
    assert_non_null(strstr(error.text, text));
    assert_null(w2s_compile_file(path, sets, seeds, NULL)); // nobody has to listen
}

static void test_refused(void **state)
{
    (void)state;
    expect_refusal("tests/lang/plan/none.w2s", NULL, NULL, W2S_MISSING, "none.w2s");
    expect_refusal(NULL, NULL, NULL, W2S_MISUSE, "no path");
    expect_refusal(small, "lambda", NULL, W2S_MISUSE, "NAME=VALUE");
    expect_refusal(small, "lambada=1", NULL, W2S_MISUSE, "no param 'lambada'");
    expect_refusal(small, "lambda=1\nparam width = 3", NULL, W2S_MISUSE, "one value each");
    struct w2s_error error = {0};
    assert_null(w2s_compile_text("a", "\0", 1, ".", NULL, NULL, &error));
    assert_int_equal(error.status, W2S_SOURCE);
    assert_null(w2s_compile_text(NULL, "", 0, ".", NULL, NULL, &error));
    assert_int_equal(error.status, W2S_MISUSE);
}

static void test_diagnostics(void **state)
{
    (void)state;
    static const char text[] = "experiment \"e\" { seeds = 0 }\n"
                               "data d = builtin(\"digits\")\n"
                               "teacher t {\n"
                               "  model = linear()\n"
                               "  train = e.all\n"
                               "}\n";
    struct w2s_error error = {0};
    struct w2s_experiment *x =
        w2s_compile_text("here.w2s", text, sizeof text - 1, ".", NULL, NULL, &error);
    assert_non_null(x);
    assert_int_equal(w2s_is_right(x), 0);
    assert_true(w2s_n_diagnostics(x) > 0);
    struct w2s_diagnostic d = {0};
    for (size_t i = 0; i < w2s_n_diagnostics(x) && d.span.line == 0; i++) // some have no place
        d = w2s_diagnostic(x, i);
    assert_int_equal(d.is_error, 1);
    assert_int_equal(strlen(d.code), 7);
    assert_memory_equal(d.code, "W2S", 3);
    assert_string_equal(d.file, "here.w2s");
    assert_int_equal(d.span.line, 5);
    assert_int_equal(d.span.column, 11);
    char head[64];
    snprintf(head, sizeof head, "error[%s]: %s", d.code, d.message);
    assert_non_null(strstr(w2s_messages(x), head));
    assert_null(w2s_diagnostic(x, w2s_n_diagnostics(x)).message);
    assert_null(w2s_run_new(x));
    assert_int_equal(w2s_plan(x).n_steps, 0);
    assert_string_equal(w2s_plan_text(x), "");
    w2s_experiment_free(x);
}

static void test_override_diagnostics(void **state)
{
    (void)state;
    static const char *const set[] = {"lambda=(", NULL};
    struct w2s_experiment *x = w2s_compile_file(small, set, NULL, NULL);
    assert_non_null(x);
    assert_int_equal(w2s_is_right(x), 0);
    assert_string_equal(w2s_diagnostic(x, 0).file, "command line");
    w2s_experiment_free(x);
}

// The mean and the t interval of the values, once more by hand: for two seeds the half width is
// t(0.975, 1) |a - b| / 2, and t(0.975, 1) = tan(0.475 pi) (the Cauchy distribution).
static void check_interval(const struct w2s_result *r)
{
    assert_int_equal(r->n_values, 2);
    double a = r->values[0], b = r->values[1];
    double half = 12.706204736174698 * fabs(a - b) / 2;
    assert_true(fabs(r->mean - (a + b) / 2) < 1e-12);
    assert_true(fabs(r->low - (r->mean - half)) < 1e-9);
    assert_true(fabs(r->high - (r->mean + half)) < 1e-9);
    assert_true(r->level == 0.95);
}

static void test_results(void **state)
{
    (void)state;
    struct w2s_experiment *x = compile_small(NULL, NULL);
    struct w2s_run *run = w2s_run_new(x);
    assert_int_equal(w2s_n_results(run), 0);
    assert_string_equal(w2s_run_summary(run).digest, "");
    struct w2s_error error = {0};
    assert_int_equal(w2s_run_execute(run, NULL, &error), W2S_OK);
    assert_int_equal(error.status, 0);
    size_t n = w2s_n_results(run), n_t = 0, n_refused = 0;
    assert_int_equal(n, w2s_plan(x).n_results);
    for (size_t i = 0; i < n; i++) {
        struct w2s_result r = w2s_run_result(run, i);
        assert_true(r.point < 3 && strlen(r.model) > 0 && strlen(r.on) > 0 && strlen(r.metric) > 0);
        if (strcmp(r.interval, "t") == 0) {
            check_interval(&r);
            n_t++;
        }
        if (r.refused != NULL) {
            assert_true(isnan(r.mean) && isnan(r.low));
            n_refused++;
        }
    }
    assert_true(n_t > 10 && n_refused > 0);
    assert_null(w2s_run_result(run, n).model);
    assert_true(w2s_n_claims(run) == w2s_plan(x).n_claims);
    size_t n_held = 0;
    for (size_t i = 0; i < w2s_n_claims(run); i++)
        n_held += w2s_run_claim(run, i).held == W2S_HELD && w2s_run_claim(run, i).p < 0.1;
    assert_int_equal(n_held, 2); // lambda == 0.5 at two points
    assert_null(w2s_run_claim(run, w2s_n_claims(run)).text);
    assert_int_equal(w2s_n_tests(run), 0); // none are asked for
    assert_null(w2s_run_test(run, 0).test);
    struct w2s_summary s = w2s_run_summary(run);
    assert_int_equal(strlen(s.digest), 64);
    assert_true(s.n_made > 0 && s.n_made <= w2s_plan(x).n_steps);
    assert_int_equal(s.n_known, 0);
    assert_int_equal(s.n_failed, 0);

    assert_int_equal(w2s_run_execute(run, NULL, &error), W2S_MISUSE); // once
    assert_string_equal(w2s_run_summary(run).digest, s.digest);
    w2s_run_free(run);
    w2s_experiment_free(x);
}

struct told {
    struct w2s_run *run;
    size_t started, finished, epochs, stop_after;
};

static int progress(void *data, const struct w2s_event *event)
{
    struct told *told = data;
    assert_true(event->done <= event->total && event->seed >= -1);
    told->started += event->kind == W2S_STARTED;
    told->finished += event->kind == W2S_FINISHED;
    told->epochs += event->kind == W2S_EPOCH;
    if (event->kind == W2S_EPOCH)
        assert_true(event->epoch >= 1 && event->epoch <= event->epochs && event->loss > 0);
    return told->finished == told->stop_after;
}

static void run_and_digest(char digest[65], struct told *told, const struct w2s_experiment *x,
                           unsigned threads, const char *store)
{
    struct w2s_run *run = w2s_run_new(x);
    struct w2s_run_options how = {.threads = threads, .store = store, .progress = progress, .data = told};
    assert_int_equal(w2s_run_execute(run, &how, NULL), W2S_OK);
    memcpy(digest, w2s_run_summary(run).digest, 65);
    w2s_run_free(run);
}

static void test_threads_and_store(void **state)
{
    (void)state;
    char digest[3][65], store[] = "/tmp/w2s_api_XXXXXX", command[64];
    assert_non_null(mkdtemp(store));
    struct w2s_experiment *x = compile_small(NULL, NULL);
    struct told one = {0}, three = {0}, warm = {0};
    one.stop_after = three.stop_after = warm.stop_after = SIZE_MAX;
    run_and_digest(digest[0], &one, x, 1, NULL);
    run_and_digest(digest[1], &three, x, 3, store);
    run_and_digest(digest[2], &warm, x, 1, store);
    assert_string_equal(digest[0], digest[1]);
    assert_string_equal(digest[0], digest[2]);
    assert_int_equal(one.started, w2s_plan(x).n_steps);
    assert_int_equal(one.finished, one.started);
    assert_true(one.epochs > 0 && one.epochs == three.epochs);
    assert_int_equal(warm.epochs, 0); // nothing is trained again
    w2s_experiment_free(x);
    snprintf(command, sizeof command, "rm -r %s", store);
    assert_int_equal(system(command), 0);
}

static void test_stopped(void **state)
{
    (void)state;
    struct w2s_experiment *x = compile_small(NULL, NULL);
    struct told told = {.stop_after = 5};
    struct w2s_run *run = w2s_run_new(x);
    struct w2s_run_options how = {.threads = 1, .progress = progress, .data = &told};
    struct w2s_error error;
    assert_int_equal(w2s_run_execute(run, &how, &error), W2S_INTERRUPTED);
    assert_int_equal(error.status, W2S_INTERRUPTED);
    assert_true(told.finished < w2s_plan(x).n_steps);
    assert_non_null(w2s_run_result(run, 0).refused);
    w2s_run_free(run);

    run = w2s_run_new(x);
    w2s_run_stop(run);
    assert_int_equal(w2s_run_execute(run, NULL, &error), W2S_INTERRUPTED);
    w2s_run_free(run);
    w2s_experiment_free(x);
}

static void test_wrong_options(void **state)
{
    (void)state;
    struct w2s_experiment *x = compile_small(NULL, "0");
    struct w2s_run *run = w2s_run_new(x);
    static const struct w2s_run_options wrong[] = {
        {.threads = 1025}, {.checkpoint_seconds = -1}, {.checkpoint_seconds = NAN}, {.store = ""}};
    struct w2s_error error;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(w2s_run_execute(run, &wrong[i], &error), W2S_MISUSE);
    assert_int_equal(w2s_run_execute(run, &(struct w2s_run_options){.store = "/dev/null/no"}, &error), W2S_IO);
    assert_int_equal(w2s_n_results(run), 0);
    assert_int_equal(w2s_run_execute(NULL, NULL, &error), W2S_MISUSE);
    w2s_run_free(run);
    w2s_run_free(NULL);
    w2s_experiment_free(x);
    w2s_experiment_free(NULL);
}

// A program that rounds otherwise gets the same bits, and its own rounding back.
static void test_rounding(void **state)
{
    (void)state;
    char digest[2][65];
    struct told told = {.stop_after = SIZE_MAX};
    for (int i = 0; i < 2; i++) {
        fesetround(i == 0 ? FE_TONEAREST : FE_UPWARD);
        struct w2s_experiment *x = compile_small(NULL, "0");
        run_and_digest(digest[i], &told, x, 1, NULL);
        assert_int_equal(fegetround(), i == 0 ? FE_TONEAREST : FE_UPWARD);
        w2s_experiment_free(x);
    }
    fesetround(FE_TONEAREST);
    assert_string_equal(digest[0], digest[1]);
}

struct shared_run {
    const struct w2s_experiment *experiment;
    char digest[65];
};

static void *run_one(void *data)
{
    struct shared_run *shared = data;
    struct told told = {.stop_after = SIZE_MAX};
    run_and_digest(shared->digest, &told, shared->experiment, 2, NULL);
    return NULL;
}

// Two runs of one experiment, and one of another, at the same time.
static void test_at_once(void **state)
{
    (void)state;
    struct w2s_experiment *one = compile_small(NULL, "0"), *other = compile_small(NULL, "0");
    struct shared_run run[] = {{.experiment = one}, {.experiment = one}, {.experiment = other}};
    pthread_t thread[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, run_one, &run[i]), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
    assert_string_equal(run[0].digest, run[1].digest);
    assert_string_equal(run[0].digest, run[2].digest);
    w2s_experiment_free(one);
    w2s_experiment_free(other);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan),
        cmocka_unit_test(test_overrides),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_diagnostics),
        cmocka_unit_test(test_override_diagnostics),
        cmocka_unit_test(test_results),
        cmocka_unit_test(test_threads_and_store),
        cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_wrong_options),
        cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
