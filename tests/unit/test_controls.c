// test_controls.c -- controls are the experiments one would write by hand: the same steps by key; and
// what a constant teacher says, averaged here in double.
#include "cmocka_first.h"

#include "base/mem.h"
#include "compile_text.h"
#include "exec/run.h"

#include <math.h>

#define HEAD                                                                                       \
    "experiment \"t\" { seeds = 3 }\n"                                                             \
    "data d = builtin(\"digits\") { split = { a: 20%, b: 20%, test: 60% } }\n"                     \
    "teacher t { model = mlp(hidden: [4]); train = d.a; epochs = 2; batch = 16 }\n"                \
    "student s { model = mlp(hidden: [8]); train = d.b; epochs = 3;\n"                             \
    "  learn = soft_labels(from: t) + 0.5 * hard_labels(from: t) }\n"

// The accuracies that both files ask for are numbers of the same step.
static void check_same(const char *control, const char *by_hand)
{
    struct compiled_text a, b;
    char text[1200];
    snprintf(text, sizeof text, "%scontrol %s\nevaluate { models = [s]; on = [d.test] }\n", HEAD,
             control);
    compile_right(&a, text);
    snprintf(text, sizeof text, "%s%s\nevaluate { models = [s, x]; on = [d.test] }\n", HEAD,
             by_hand);
    compile_right(&b, text);
    assert_int_equal(a.plan.n_numbers, 2);
    assert_true(a.plan.numbers[1].control && !a.plan.numbers[0].control);
    assert_string_equal(a.plan.numbers[1].model, control);
    for (size_t i = 0; i < 2; i++)
        assert_true(digest_equal(&a.plan.steps[a.plan.numbers[i].step].key,
                                 &b.plan.steps[b.plan.numbers[i].step].key));
    assert_false(digest_equal(&a.plan.steps[a.plan.numbers[0].step].key,
                              &a.plan.steps[a.plan.numbers[1].step].key));
    compile_text_release(&a);
    compile_text_release(&b);
}

static void test_as_by_hand(void **state)
{
    (void)state;
    check_same("same_size(s)", "student x = s { model = mlp(hidden: [4]) }");
    check_same("self_teacher(s)",
               "teacher like { model = mlp(hidden: [8]); train = d.a; epochs = 3 }\n"
               "student x = s { learn = soft_labels(from: like) + 0.5 * hard_labels(from: like) }");
}

static double last_number(const char *text)
{
    struct compiled_text c;
    struct run_options how = {.kernels = kernel_select(NULL), .threads = 1, .folder = "."};
    struct run run;
    struct err err = {0};
    compile_right(&c, text);
    run_init(&run, &c.plan);
    assert_int_equal(run_execute(&run, &how, &err), 0);
    uint32_t step = c.plan.numbers[c.plan.n_numbers - 1].step;
    double number = run.artifacts[step].comparison.interval.mean;
    run_release(&run);
    compile_text_release(&c);
    return number;
}

// A teacher trained for no epoch is what it was at the start.
static void test_random_teacher(void **state)
{
    (void)state;
#define ASK(models) "evaluate { models = [" models "]; on = [d.test]; metrics = [nll] }\n"
    double control = last_number(HEAD "control random_teacher(s)\n" ASK("s"));
    double by_hand = last_number(
        HEAD "teacher raw = t { epochs = 0 }\n"
             "student x = s { learn = soft_labels(from: raw) + 0.5 * hard_labels(from: raw) }\n"
             ASK("s, x"));
    double guided = last_number(HEAD ASK("s"));
    assert_true(control == by_hand && control != guided);
}

static void test_constant_teacher(void **state)
{
    (void)state;
    struct compiled_text c;
    compile_right(&c, HEAD "control constant_teacher(s)\n"
                           "evaluate { models = [s]; on = [d.test] }\n");
    bool *wanted = mem_new(c.plan.n * sizeof *wanted);
    struct run_options how = {.kernels = kernel_select(NULL), .threads = 1, .folder = "."};
    struct run run;
    struct err err = {0};
    size_t averages = 0;
    for (size_t i = 0; i < c.plan.n; i++)
        wanted[i] = true;
    run_init(&run, &c.plan);
    run.wanted = wanted;
    assert_int_equal(run_execute(&run, &how, &err), 0);
    for (size_t s = 0; s < c.plan.n; s++) {
        const struct artifact *out = &run.artifacts[s];
        if (c.plan.steps[s].kind != STEP_average)
            continue;
        const struct artifact *in = &run.artifacts[c.plan.steps[s].in[0]];
        averages++;
        assert_int_equal(out->n, in->n);
        for (size_t k = 0; k < 10; k++) {
            double sum = 0;
            for (size_t i = in->n; i-- > 0;)
                sum += in->values[i * 10 + k];
            for (size_t i = 0; i < in->n; i++)
                assert_true(fabs(out->values[i * 10 + k] - sum / (double)in->n) < 1e-7);
        }
    }
    assert_int_equal(averages, 2);
    run_release(&run);
    mem_free(wanted);
    compile_text_release(&c);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_by_hand),
        cmocka_unit_test(test_random_teacher),
        cmocka_unit_test(test_constant_teacher),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
