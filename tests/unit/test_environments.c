// test_environments.c -- batches that hold rows of every environment, joined tables, and trainings
// on them against a naive loop in double.
#include "cmocka_first.h"

#include "base/mem.h"
#include "compile_text.h"
#include "data/join.h"
#include "exec/run.h"
#include "model/environment_batches.h"

#include <math.h>
#include <stdlib.h>

// --- batches
// ---------------------------------------------------------------------------------------
enum { N = 23 };

static void test_every_step_has_every_environment(void **state)
{
    (void)state;
    static uint32_t environment[N], index[N], order[200], pool[N], again[200];
    struct table table = {.n = N, .environment = environment};
    struct rows rows = {&table, N, index};
    struct environment_batches b;
    struct err err = {0};
    static const size_t size[] = {11, 3, 9};
    for (size_t i = 0; i < N; i++) {
        index[i] = (uint32_t)(N - 1 - i);
        environment[i] = i % 2 == 0 && i < 22 ? 0 : i % 8 == 1 ? 1 : 2;
    }
    assert_int_equal(environment_batches_init(&b, &rows, NULL, N, 3, 4, &err), 0);
    for (size_t e = 0; e < 3; e++)
        assert_int_equal(b.size[e], size[e]);
    assert_int_equal(b.batch, 4 + 3 + 4);
    assert_int_equal(b.steps, 3); // 11 rows by 4
    environment_batches_order(order, pool, &b, 5, 2);
    unsigned seen[N] = {0};
    for (size_t s = 0; s < b.steps; s++)
        for (size_t k = 0; k < b.batch; k++) {
            uint32_t at = order[s * b.batch + k];
            assert_int_equal(environment[index[at]], k < 4 ? 0 : k < 7 ? 1 : 2);
            seen[at]++;
        }
    for (size_t i = 0; i < N;
         i++) { // the small one is seen whole at every step, others once or twice
        bool small = environment[index[i]] == 1;
        assert_true(small ? seen[i] == 3 : seen[i] == 1 || seen[i] == 2);
    }
    environment_batches_order(again, pool, &b, 5, 2);
    assert_memory_equal(order, again, b.steps * b.batch * sizeof *order);
    environment_batches_order(again, pool, &b, 5, 3);
    assert_memory_not_equal(order, again, b.steps * b.batch * sizeof *order);
    const uint32_t kept[] = {0, 1, 2, 4}; // rows 22, 21, 20, 18
    assert_int_equal(environment_batches_init(&b, &rows, kept, 4, 3, 4, &err), -1);
    assert_string_equal(err.text, "environment 2 has no rows to train on");
}

// --- joined tables
// ---------------------------------------------------------------------------------
static void test_join(void **state)
{
    (void)state;
    static const float x[] = {1, 2, 3, 4};
    static const uint8_t bytes[] = {0, 10, 20, 30, 40, 50};
    static const uint32_t y[] = {0, 1, 1}, group[] = {1, 0, 2};
    static const uint64_t id[] = {7, 8};
    const struct table a = {.n = 2, .d = 2, .classes = 2, .x = x, .y = y, .group = group, .id = id};
    const struct table b = {
        .n = 3, .d = 2, .classes = 2, .x_bytes = bytes, .scale = 0.5f, .y = y, .group = group};
    static uint32_t first[] = {1}, second[] = {2, 0};
    const struct rows rows[] = {{&a, 1, first}, {&b, 2, second}};
    const struct rows *in[] = {&rows[0], &rows[1]};
    struct table out;
    struct err err = {0};
    assert_int_equal(rows_join(&out, in, 2, &err), 0);
    static const float want[] = {3, 4, 20, 25, 0, 5};
    static const uint32_t labels[] = {1, 1, 0}, groups[] = {0, 2, 1}, environments[] = {0, 1, 1};
    static const uint64_t ids[] = {8, 2, 0};
    assert_int_equal(out.n, 3);
    assert_memory_equal(out.x, want, sizeof want);
    assert_memory_equal(out.y, labels, sizeof labels);
    assert_memory_equal(out.group, groups, sizeof groups);
    assert_memory_equal(out.environment, environments, sizeof environments);
    assert_memory_equal(out.id, ids, sizeof ids);
    struct digest digest = table_digest(&out);
    ((uint32_t *)out.environment)[0] = 1;
    struct digest other = table_digest(&out);
    assert_false(digest_equal(&digest, &other));
    table_release(&out);
    struct table wide = b;
    wide.d = 3;
    const struct rows wrong = {&wide, 1, first};
    in[1] = &wrong;
    assert_int_equal(rows_join(&out, in, 2, &err), -1);
    assert_string_equal(err.text, "environment 2 has 3 features, the first 2");
}

// --- whole trainings
// -------------------------------------------------------------------------------
#define HEAD                                                                                       \
    "experiment \"t\" { seeds = 3 }\n"                                                             \
    "data d = builtin(\"digits\") { split = { a: 10%, b: 5%, test: 85% } }\n"                      \
    "student s { model = linear(); environments = [d.a, d.b |> gaussian_noise(sigma: 0.5)];\n"     \
    "  epochs = 6; batch = all; learn = "
#define TAIL_AT(lr) "; using = sgd(lr: " lr ") }\nevaluate { models = [s]; on = [d.test] }\n"
#define TAIL        TAIL_AT("0.2")

struct made {
    struct compiled_text compiled;
    struct run run;
    bool *wanted;
    const struct step *step;
    const struct artifact *trained;
};

static void make(struct made *made, const char *text)
{
    struct run_options how = {.kernels = kernel_select(NULL), .threads = 1, .folder = "."};
    struct err err = {0};
    compile_right(&made->compiled, text);
    const struct plan *plan = &made->compiled.plan;
    made->wanted = mem_new(plan->n * sizeof *made->wanted);
    run_init(&made->run, plan);
    made->run.wanted = made->wanted;
    for (size_t i = 0; i < plan->n; i++) {
        made->wanted[i] = true;
        if (plan->steps[i].kind == STEP_train) {
            made->step = &plan->steps[i];
            made->trained = &made->run.artifacts[i];
        }
    }
    if (run_execute(&made->run, &how, &err) < 0)
        fail_msg("%s", err.text);
}

static void unmake(struct made *made)
{
    run_release(&made->run);
    mem_free(made->wanted);
    compile_text_release(&made->compiled);
}

enum { D = 64, C = 10, PARAMS = D * C + C };

// Risk of an environment, the slope d R(s z) / ds at 1, and the gradients of both by the
// parameters.
struct risk {
    double value, slope, gradient[PARAMS], slope_gradient[PARAMS];
};

static void risk_of(struct risk *r, const double *w, const struct rows *rows, uint32_t e)
{
    const struct table *t = rows->table;
    double n = 0;
    *r = (struct risk){0};
    for (size_t i = 0; i < rows->n; i++)
        n += t->environment[rows->index[i]] == e;
    for (size_t i = 0; i < rows->n; i++) {
        uint32_t row = rows->index[i];
        const float *x = t->x + (size_t)row * D;
        double z[C], p[C], sum = 0, mean = 0;
        if (t->environment[row] != e)
            continue;
        for (size_t c = 0; c < C; c++) {
            z[c] = w[D * C + c];
            for (size_t d = 0; d < D; d++)
                z[c] += x[d] * w[d * C + c];
            sum += exp(z[c]);
        }
        for (size_t c = 0; c < C; c++) {
            p[c] = exp(z[c]) / sum;
            mean += p[c] * z[c];
        }
        r->value -= log(p[t->y[row]]) / n;
        for (size_t c = 0; c < C; c++) {
            double error = p[c] - (c == t->y[row]);
            r->slope += error * z[c] / n;
            double bend = error + p[c] * (z[c] - mean); // d slope / d z_c
            for (size_t d = 0; d <= D; d++) {
                double feature = d < D ? x[d] : 1;
                r->gradient[d * C + c] += error * feature / n;
                r->slope_gradient[d * C + c] += bend * feature / n;
            }
        }
    }
}

// Full batches of both environments: cross-entropy of all rows, and a penalty that begins half-way.
static void check_training(const char *learn, bool irm)
{
    char text[1000];
    snprintf(text, sizeof text, "%s%s%s", HEAD, learn, TAIL);
    struct made made;
    make(&made, text);
    const struct rows *rows = &made.run.artifacts[made.step->in[0]].rows;
    const float *start = made.run.artifacts[made.step->in[1]].values;
    static double w[PARAMS];
    static struct risk r[2];
    size_t n[2] = {0, 0};
    for (size_t i = 0; i < rows->n; i++)
        n[rows->table->environment[rows->index[i]]]++;
    assert_true(n[0] > n[1] && n[1] > 80);
    for (size_t i = 0; i < PARAMS; i++)
        w[i] = start[i];
    for (int epoch = 0; epoch < 6; epoch++) {
        double penalty = epoch < 3 ? 1 : 5, loss = 0;
        for (uint32_t e = 0; e < 2; e++) {
            risk_of(&r[e], w, rows, e);
            loss += r[e].value * (double)n[e] / (double)rows->n;
            loss += irm ? penalty * r[e].slope * r[e].slope / 2 : 0;
        }
        double gap = r[0].value - r[1].value; // the variance of two is a quarter of it squared
        loss += irm ? 0 : penalty * gap * gap / 4;
        if (!(fabs(loss - made.trained->curve[epoch]) < 2e-5))
            fail_msg("epoch %d: %.9g, expected %.9g", epoch, made.trained->curve[epoch], loss);
        for (size_t i = 0; i < PARAMS; i++) {
            double g = 0;
            for (size_t e = 0; e < 2; e++)
                g += r[e].gradient[i] * (double)n[e] / (double)rows->n +
                     (irm ? penalty * r[e].slope * r[e].slope_gradient[i] : 0);
            g += irm ? 0 : penalty * gap * (r[0].gradient[i] - r[1].gradient[i]) / 2;
            w[i] -= 0.2 * g;
        }
    }
    for (size_t i = 0; i < PARAMS; i++)
        if (!(fabs(w[i] - made.trained->values[i]) < 2e-5))
            fail_msg("parameter %zu: %g, expected %g", i, made.trained->values[i], w[i]);
    unmake(&made);
}

static void test_trainings(void **state)
{
    (void)state;
    check_training("cross_entropy(labels) + irm(penalty: 5, anneal: 50%)", true);
    check_training("cross_entropy(labels) + step(1 -> 5, at: 50%) * vrex", false);
}

// The objective divided by its penalty is the same as a smaller step: `let` and algebra express the
// rescaling of the published code.
static void test_rescaling(void **state)
{
    (void)state;
    struct made plain, scaled;
    make(&plain, HEAD "cross_entropy(labels) + 4 * irm" TAIL);
    make(&scaled, HEAD "(cross_entropy(labels) + 4 * irm) / 4" TAIL_AT("0.8"));
    for (size_t i = 0; i < PARAMS; i++)
        assert_true(fabsf(plain.trained->values[i] - scaled.trained->values[i]) < 1e-5f);
    unmake(&plain);
    unmake(&scaled);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_step_has_every_environment),
        cmocka_unit_test(test_join),
        cmocka_unit_test(test_trainings),
        cmocka_unit_test(test_rescaling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
