// test_corruption.c -- the mean corruption error: by hand, and of a whole run from the accuracies
// under it.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "compile_text.h"
#include "eval/corruption.h"
#include "exec/run.h"

// Two corruptions of 3 and 1 severities; (0.1 + 0.2 + 0.3) / (0.2 + 0.4 + 0.6) and 0.5 / 0.25.
static void by_hand(void **state)
{
    (void)state;
    static const size_t members[] = {3, 1};
    static const double model[] = {0.1, 0.2, 0.3, 0.5}, baseline[] = {0.2, 0.4, 0.6, 0.25};
    struct corruption_errors errors = {members, 2, model, baseline, 0, 0};
    struct err err = {0};
    double x;
    assert_int_equal(corruption_mce(&x, &errors, &err), 0);
    assert_true(fabs(x - (0.5 + 2) / 2) < 1e-12);
    errors.clean_model = 0.05; // (0.6 - 0.15) / (1.2 - 0.3), 0.45 / 0.15
    errors.clean_baseline = 0.1;
    assert_int_equal(corruption_mce(&x, &errors, &err), 0);
    assert_true(fabs(x - (0.5 + 3) / 2) < 1e-12);
    errors.clean_baseline = 0.25;
    assert_int_equal(corruption_mce(&x, &errors, &err), -1);
    assert_string_equal(err.text,
                        "the baseline makes no more errors under corruption 2 of 2 than without");
}

static const char text[] =
    "experiment \"t\" { seeds = 3 }\n"
    "data d = builtin(\"digits\") { split = { a: 50%, test: 50% } }\n"
    "teacher t { model = linear(); train = d.a; epochs = 20 }\n"
    "teacher u { model = linear(); train = d.a take 100; epochs = 10 }\n"
    "evaluate { models = [u]; on = [d.test]; metrics = [mce(t, suite: imagenet_c), "
    "relative_mce(baseline: t, suite: imagenet_c), accuracy] }\n"
    "evaluate { models = [t]; on = [d.test]; metrics = [accuracy] }\n"
    "evaluate { models = [t, u]; on = [d.test |> suite(\"imagenet_c\")]; metrics = [accuracy] }\n";

static double number_of(const struct run *run, const char *model, const char *on,
                        const char *metric)
{
    const struct plan *plan = run->plan;
    for (size_t i = 0; i < plan->n_numbers; i++) {
        const struct plan_number *n = &plan->numbers[i];
        if (strcmp(n->model, model) == 0 && strcmp(n->on, on) == 0 &&
            strncmp(n->metric, metric, strlen(metric)) == 0)
            return run->artifacts[n->step].comparison.interval.mean;
    }
    fail_msg("no %s of %s on %s", metric, model, on);
    return 0;
}

// The table under the suite has all that is needed to compute it again.
static void of_a_run(void **state)
{
    (void)state;
    static const char *const names[] = {
        "gaussian_noise", "shot_noise", "impulse_noise", "defocus_blur", "motion_blur",
        "zoom_blur",      "fog",        "brightness",    "contrast",     "pixelate"};
    struct compiled_text c;
    struct run run;
    struct err err = {0};
    struct run_options how = {.kernels = kernel_select(NULL), .threads = 2, .folder = "."};
    compile_right(&c, text);
    run_init(&run, &c.plan);
    if (run_execute(&run, &how, &err) < 0)
        fail_msg("%s", err.text);
    double clean_t = 1 - number_of(&run, "t", "d.test", "accuracy");
    double clean_u = 1 - number_of(&run, "u", "d.test", "accuracy");
    double mce = 0, relative = 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        double t = 0, u = 0;
        for (int severity = 1; severity <= 5; severity++) {
            char on[80];
            snprintf(on, sizeof on, "d.test |> %s(severity: %d)", names[i], severity);
            t += 1 - number_of(&run, "t", on, "accuracy");
            u += 1 - number_of(&run, "u", on, "accuracy");
        }
        mce += u / t / 10;
        relative += (u - 5 * clean_u) / (t - 5 * clean_t) / 10;
    }
    assert_true(mce > 1); // it saw fewer rows
    assert_true(fabs(number_of(&run, "u", "d.test", "mce") - mce) < 1e-12);
    assert_true(fabs(number_of(&run, "u", "d.test", "relative_mce") - relative) < 1e-9);
    run_release(&run);
    compile_text_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand), cmocka_unit_test(of_a_run)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
