// test_run.c -- the executor: the same results on any number of threads, failures that stay where
// they are, and an end when it is asked for.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "compile_text.h"
#include "exec/run.h"

#define HEAD                                                                                       \
    "experiment \"t\" { seeds = 0..1 }\n"                                                          \
    "data d = builtin(\"digits\") { split = { a: 20%, b: 40%, test: 20% } }\n"                     \
    "model m = mlp(hidden: [4])\n"                                                                 \
    "teacher t { model = m; train = d.a; epochs = 2 }\n"                                           \
    "student s { model = m; train = d.b; learn = soft_labels(from: t); epochs = 2 }\n"

static const char small[] =
    HEAD "student c = s { learn = log_confidence(hard_labels(from: t), alpha: 0.5) }\n"
         "control shuffled_labels(s)\n"
         "evaluate { models = [t, s, c]; on = [d.test, d.test |> rotate(degrees: 10)]; metrics = "
         "[accuracy, nll, agreement(t), pgr] }\n"
         "claim \"c\" { accuracy(ceiling(s), on: d.test) > accuracy(t, on: d.test) }\n";

// At w = 1e39 the loss is infinite; every other point is sound.
static const char partly_wrong[] = HEAD "param w = 1\n"
                                        "student u = s { learn = w * soft_labels(from: t) }\n"
                                        "sweep { w = [1, 1e39, 2] }\n"
                                        "evaluate { models = [t, u]; on = [d.test] }\n";

static int run_text(struct run *run, const struct compiled_text *c, unsigned threads,
                    const atomic_int *stop, struct err *err)
{
    struct run_options how = {
        .kernels = kernel_select(NULL), .threads = threads, .folder = ".", .stop = stop};
    run_init(run, &c->plan);
    return run_execute(run, &how, err);
}

static void test_threads_change_nothing(void **state)
{
    (void)state;
    struct compiled_text c;
    struct digest first = {{0}};
    compile_right(&c, small);
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct run run;
        struct err err = {0};
        assert_int_equal(run_text(&run, &c, threads, NULL, &err), 0);
        assert_false(err_is_set(&err));
        assert_int_equal(run.n_failed, 0);
        for (size_t i = 0; i < c.plan.n; i++)
            assert_int_equal(run.artifacts[i].state, ARTIFACT_READY);
        struct digest digest = run_digest(&run);
        if (threads == 1)
            first = digest;
        assert_true(digest_equal(&digest, &first));
        run_release(&run);
    }
    compile_text_release(&c);
}

static void test_a_failure_stays_where_it_is(void **state)
{
    (void)state;
    struct compiled_text c;
    compile_right(&c, partly_wrong);
    for (unsigned threads = 1; threads <= 3; threads++) {
        struct run run;
        struct err err = {0};
        assert_true(run_text(&run, &c, threads, NULL, &err) < 0);
        assert_int_equal(err.kind, ERR_DATA);
        assert_non_null(
            strstr(err.text, "u, seed 0: ")); // of two seeds that fail the first, on any threads
        assert_int_equal(c.plan.n_numbers, 6);
        for (size_t i = 0; i < c.plan.n_numbers; i++) {
            const struct plan_number *number = &c.plan.numbers[i];
            bool wrong = number->point == 1 && strcmp(number->model, "u") == 0;
            assert_int_equal(run.artifacts[number->step].state,
                             wrong ? ARTIFACT_FAILED : ARTIFACT_READY);
        }
        run_release(&run);
    }
    compile_text_release(&c);
}

static void test_stop_before_the_start(void **state)
{
    (void)state;
    struct compiled_text c;
    struct run run;
    struct err err = {0};
    const atomic_int stop = 1;
    compile_right(&c, small);
    assert_true(run_text(&run, &c, 2, &stop, &err) < 0);
    assert_int_equal(err.kind, ERR_INTERRUPTED);
    run_release(&run);
    compile_text_release(&c);
}

struct stopper {
    atomic_int stop;
    const struct run *run;
    enum run_event_kind at;
    bool after_failure;
};

static void stop_at(void *data, const struct run_event *event)
{
    struct stopper *s = data;
    if (event->kind == s->at && (!s->after_failure || s->run->n_failed > 0))
        s->stop = 1;
}

// The stop is what is told, even when a step failed before it: the run can go on.
static void test_stop_in_the_middle(void **state)
{
    (void)state;
    static const struct {
        enum run_event_kind at;
        bool after_failure;
    } when[] = {{RUN_EPOCH, false}, {RUN_FINISHED, false}, {RUN_FINISHED, true}};
    struct compiled_text c;
    compile_right(&c, partly_wrong);
    for (size_t i = 0; i < 2 * ARRAY_LEN(when); i++) {
        struct run run;
        struct err err = {0};
        struct stopper stopper = {
            .run = &run, .at = when[i / 2].at, .after_failure = when[i / 2].after_failure};
        struct run_options how = {.kernels = kernel_select(NULL),
                                  .threads = 1 + i % 2,
                                  .folder = ".",
                                  .stop = &stopper.stop,
                                  .on_event = stop_at,
                                  .data = &stopper};
        run_init(&run, &c.plan);
        assert_true(run_execute(&run, &how, &err) < 0);
        assert_int_equal(err.kind, ERR_INTERRUPTED);
        assert_string_equal(err.text, "interrupted");
        run_release(&run);
    }
    compile_text_release(&c);
}

// --- filters -------------------------------------------------------------------------------------
static const char filtered[] =
    HEAD "teacher o { model = linear(); train = d.a; epochs = 5; using = adam(lr: 1e-2) }\n"
         "student f = s { learn = filter(soft_labels(from: t), keep: 25%) }\n"
         "student g = s { learn = filter(soft_labels(from: t), by: agreement, with: o) }\n"
         "student h = s { learn = filter(soft_labels(from: t), by: small_loss, with: o, keep: 25%) }\n"
         "student r = s { learn = relabel(soft_labels(from: t), with: o, least: 0.5) }\n"
         "student n = s { learn = filter(soft_labels(from: t), by: neighbours, k: 5, keep: 25%) }\n"
         "student k = s { learn = relabel(soft_labels(from: o), by: neighbours, k: 5) }\n"
         "evaluate { models = [f, g, h, r, n, k]; on = [d.test] }\n";

static double softmax_at(const float *z, size_t n, size_t cls)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += exp((double)z[i] - z[cls]);
    return 1 / sum;
}

static size_t top(const float *x, size_t n)
{
    size_t best = 0;
    for (size_t i = 0; i < n; i++)
        best = x[i] > x[best] ? i : best;
    return best;
}

// The k nearest other rows, by brute force.
static void nearest_of(size_t *out, size_t k, const struct rows *rows, size_t i)
{
    const struct table *t = rows->table;
    double best[16];
    size_t n = 0;
    for (size_t j = 0; j < rows->n; j++) {
        double sum = 0;
        const float *a = t->x + rows->index[i] * t->d, *b = t->x + rows->index[j] * t->d;
        for (size_t d = 0; d < t->d; d++)
            sum += ((double)a[d] - b[d]) * ((double)a[d] - b[d]);
        size_t at = n < k ? n : k;
        for (; j != i && at > 0 && best[at - 1] > sum; at--)
            if (at < k) {
                best[at] = best[at - 1];
                out[at] = out[at - 1];
            }
        if (j != i && at < k) {
            best[at] = sum;
            out[at] = j;
            n += n < k;
        }
    }
}

static double share_near(const struct artifact *q, const struct rows *rows, size_t i)
{
    size_t near[5], C = q->classes, same = 0;
    nearest_of(near, 5, rows, i);
    for (size_t j = 0; j < 5; j++)
        same += top(q->values + near[j] * C, C) == top(q->values + i * C, C);
    return (double)same / 5;
}

static double score_of(const char *by, const float *q, const float *z, size_t n)
{
    double sum = 0;
    if (strcmp(by, "confidence") == 0)
        return q[top(q, n)];
    if (strcmp(by, "agreement") == 0)
        return top(q, n) == top(z, n) ? softmax_at(z, n, top(q, n)) : 0;
    for (size_t c = 0; c < n; c++)
        sum += q[c] * log(softmax_at(z, n, c));
    return sum;
}

// Every row that is kept has a score no lower than every row that is not.
static void check_filter(const struct run *run, const struct step *step, const struct artifact *out)
{
    const struct artifact *q = &run->artifacts[step->in[0]];
    const float *z = step->n_in > 1 ? run->artifacts[step->in[1]].values : NULL;
    const char *by = value_arg_text(&step->attrs, "by");
    double worst_kept = INFINITY, best_left = -INFINITY, sum = 0;
    size_t kept = 0, C = q->classes;
    assert_int_equal(out->n, q->n);
    for (size_t i = 0; i < q->n; i++) {
        double score = strcmp(by, "neighbours") == 0
                           ? share_near(q, &run->artifacts[step->in[1]].rows, i)
                           : score_of(by, q->values + i * C, z != NULL ? z + i * C : NULL, C);
        bool is_kept = out->values[i] > 0;
        kept += is_kept;
        sum += out->values[i];
        worst_kept = is_kept ? fmin(worst_kept, score) : worst_kept;
        best_left = is_kept ? best_left : fmax(best_left, score);
    }
    assert_true(worst_kept >= best_left - 1e-6);
    assert_true(fabs(sum / (double)q->n - 1) < 1e-5);
    if (value_arg(&step->attrs, "keep") != NULL)
        assert_int_equal(kept, (q->n + 2) / 4);
    else
        if (!(worst_kept > 0 && best_left <= 0 && kept < q->n))
        fail_msg("kept %zu of %zu: %g, %g", kept, q->n, worst_kept, best_left);
}

static void check_mean_near(const struct run *run, const struct step *step, const struct artifact *out)
{
    const struct artifact *q = &run->artifacts[step->in[0]];
    size_t C = q->classes, near[5];
    for (size_t i = 0; i < q->n; i++) {
        nearest_of(near, 5, &run->artifacts[step->in[1]].rows, i);
        for (size_t c = 0; c < C; c++) {
            double sum = q->values[i * C + c];
            for (size_t j = 0; j < 5; j++)
                sum += q->values[near[j] * C + c];
            assert_true(fabs(out->values[i * C + c] - sum / 6) < 1e-6);
        }
    }
}

static void check_relabel(const struct run *run, const struct step *step, const struct artifact *out)
{
    if (value_arg(&step->attrs, "k") != NULL) {
        check_mean_near(run, step, out);
        return;
    }
    const struct artifact *q = &run->artifacts[step->in[0]], *z = &run->artifacts[step->in[1]];
    size_t C = q->classes, changed = 0;
    for (size_t i = 0; i < q->n; i++) {
        const float *row = z->values + i * C;
        double p = softmax_at(row, C, top(row, C));
        bool sure = p >= 0.5;
        changed += sure;
        for (size_t c = 0; c < C && fabs(p - 0.5) > 1e-6; c++)
            assert_true(fabs(out->values[i * C + c] -
                             (sure ? softmax_at(row, C, c) : q->values[i * C + c])) < 1e-6);
    }
    if (changed == 0 || changed == q->n)
        fail_msg("%zu of %zu targets are replaced", changed, q->n);
}

// Runs it and keeps all values. Gives what is to be freed after run_release.
static bool *run_whole(struct run *run, struct compiled_text *c, const char *text)
{
    struct err err = {0};
    compile_right(c, text);
    bool *wanted = calloc(c->plan.n, sizeof(*wanted));
    memset(wanted, 1, c->plan.n);
    struct run_options how = {.kernels = kernel_select(NULL), .threads = 2, .folder = "."};
    run_init(run, &c->plan);
    run->wanted = wanted;
    assert_int_equal(run_execute(run, &how, &err), 0);
    return wanted;
}

static void test_filters(void **state)
{
    (void)state;
    struct compiled_text c;
    struct run run;
    bool *wanted = run_whole(&run, &c, filtered);
    size_t n = 0;
    for (size_t i = 0; i < c.plan.n; i++) {
        n += c.plan.steps[i].kind == STEP_filter || c.plan.steps[i].kind == STEP_relabel;
        if (c.plan.steps[i].kind == STEP_filter)
            check_filter(&run, &c.plan.steps[i], &run.artifacts[i]);
        if (c.plan.steps[i].kind == STEP_relabel)
            check_relabel(&run, &c.plan.steps[i], &run.artifacts[i]);
    }
    assert_int_equal(n, 12); // six, for each of two seeds
    run_release(&run);
    free(wanted);
    compile_text_release(&c);
}

// --- generations ---------------------------------------------------------------------------------
static const char generations[] =
    HEAD "student g = s { learn = kl(from: previous); first = t; generations = 3; using = adam(lr: 0.01) }\n"
         "student stopped = g { stop = 100%; generations = 4 }\n"
         "teacher second = g1\n"
         "student g1 { model = m; train = d.b; learn = kl(from: t); epochs = 2; using = adam(lr: 0.01) }\n"
         "student g2 = g1 { learn = kl(from: second) }\n"
         "evaluate { models = [g, g[1], g[2], g2, stopped, stopped[2]]; on = [d.test] }\n";

static const struct artifact *model_behind(const struct run *run, const char *model)
{
    const struct plan *plan = run->plan;
    for (size_t i = 0; i < plan->n_numbers; i++) {
        if (strcmp(plan->numbers[i].model, model) != 0)
            continue;
        const struct step *compare = &plan->steps[plan->numbers[i].step];
        const struct step *evaluate = &plan->steps[compare->in[0]];
        return &run->artifacts[plan->steps[evaluate->in[0]].in[0]];
    }
    fail_msg("nothing measures '%s'", model);
    return NULL;
}

static bool same_values(const struct artifact *a, const struct artifact *b)
{
    assert_int_equal(a->n_values, b->n_values);
    return memcmp(a->values, b->values, a->n_values * sizeof(float)) == 0;
}

// A chain by hand is the same chain, even the same steps; and a rule that always holds stops at two.
static void test_generations(void **state)
{
    (void)state;
    struct compiled_text c;
    struct run run;
    bool *wanted = run_whole(&run, &c, generations);
    const struct artifact *second = model_behind(&run, "g[2]");
    assert_ptr_equal(second, model_behind(&run, "g2"));
    assert_false(same_values(second, model_behind(&run, "g[1]")));
    assert_false(same_values(second, model_behind(&run, "g")));
    const struct artifact *stopped = model_behind(&run, "stopped");
    assert_ptr_not_equal(stopped, second);
    assert_true(same_values(stopped, model_behind(&run, "stopped[2]")));
    assert_ptr_equal(second, model_behind(&run, "stopped[2]"));
    run_release(&run);
    free(wanted);
    compile_text_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generations),
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_threads_change_nothing),
        cmocka_unit_test(test_a_failure_stays_where_it_is),
        cmocka_unit_test(test_stop_before_the_start),
        cmocka_unit_test(test_stop_in_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
