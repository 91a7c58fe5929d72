// test_mixture.c -- weights of teachers that are learned with the student: a step against its
// gradient by hand, a better and two worse teachers, the rows that voters agree on, and the store's
// bytes.
#include "cmocka_first.h"

#include "base/mem.h"
#include "base/rng.h"
#include "exec/payload.h"
#include "model/train.h"

#include <math.h>
#include <string.h>

enum { N = 240, D = 2, C = 3, V = 3, PARAMS = D * C + C };

#define NUMBER(x)                                                                                  \
    {                                                                                              \
        .kind = VALUE_NUMBER, .number = (x)                                                        \
    }
#define ARGS(...)                                                                                  \
    .args = (const struct value_arg[]){__VA_ARGS__},                                               \
    .n = sizeof((const struct value_arg[]){__VA_ARGS__}) / sizeof(struct value_arg)
#define CALL(name, ...) ((struct value){.kind = VALUE_CALL, .text = name, ARGS(__VA_ARGS__)})

struct world {
    float x[N * D], votes[N * V * C];
    uint32_t index[N];
    struct table table;
    struct rows rows;
    struct model model;
    float params[PARAMS];
};

static void softmax(double *p, const double *z)
{
    double sum = 0;
    for (size_t k = 0; k < C; k++)
        sum += exp(z[k]);
    for (size_t k = 0; k < C; k++)
        p[k] = exp(z[k]) / sum;
}

// The first voter knows the rule that made the data; the second is confident and wrong in one row
// of two; the third guesses. A voter abstains in every seventh row, another in every fifth.
static void setup(struct world *w)
{
    static const double rule[D][C] = {{4, -4, 0}, {0, 0, 4}};
    struct rng rng = rng_at(rng_key_of(7, "mixture"), 0);
    struct err err = {0};
    *w = (struct world){.table = {.n = N, .d = D, .classes = C}, .rows = {.n = N}};
    for (size_t i = 0; i < N; i++) {
        double z[C] = {0}, p[C];
        for (size_t j = 0; j < D; j++) {
            w->x[i * D + j] = (float)rng_normal(&rng);
            for (size_t k = 0; k < C; k++)
                z[k] += (double)w->x[i * D + j] * rule[j][k];
        }
        softmax(p, z);
        size_t top = p[0] > p[1] ? 0 : 1, wrong = (size_t)rng_below(&rng, C);
        top = p[2] > p[top] ? 2 : top;
        float *row = w->votes + i * V * C;
        for (size_t k = 0; k < C; k++) {
            row[k] = i % 7 != 0 ? (float)p[k] : 0;
            row[C + k] = k == (i % 2 ? top : wrong);
            row[2 * C + k] = i % 5 != 0 ? k == i % C : 0;
        }
        w->index[i] = (uint32_t)i;
    }
    w->table.x = w->x;
    w->rows.table = &w->table;
    w->rows.index = w->index;
    struct value linear = {.kind = VALUE_CALL, .text = "linear"};
    assert_int_equal(model_init(&w->model, &linear, D, C, &err), 0);
    model_start(w->params, &w->model, 3);
}

static void run_training(struct world *w, double *weights, struct value using, double easy,
                         double rate, size_t epochs, size_t batch)
{
    struct train_term term = {
        .weight = NUMBER(1),
        .call = CALL("soft_labels", {"temperature", NUMBER(1)}),
        .mixture = {w->votes, V, easy, rate, weights},
    };
    struct train_spec spec = {.model = &w->model,
                              .rows = &w->rows,
                              .terms = &term,
                              .n_terms = 1,
                              .optimiser = using,
                              .epochs = epochs,
                              .batch = batch,
                              .seed = 1};
    struct step_context context = {.kernels = kernel_select(NULL)};
    struct err err = {0};
    if (train(w->params, NULL, &spec, &context, &err) < 0)
        fail_msg("%s", err.text);
}

// The loss of the start as a function of the parameters `a` of the weights, in double.
static double loss_at(const struct world *w, const double *a, double rate)
{
    double sum = 0, weight[V], total = 0;
    for (size_t v = 0; v < V; v++)
        total += exp(rate * a[v]);
    for (size_t v = 0; v < V; v++)
        weight[v] = exp(rate * a[v]) / total;
    for (size_t i = 0; i < N; i++) {
        double z[C], q[C], target[C] = {0}, all = 0;
        for (size_t k = 0; k < C; k++) {
            z[k] = (double)w->params[D * C + k];
            for (size_t j = 0; j < D; j++)
                z[k] += (double)w->x[i * D + j] * (double)w->params[j * C + k];
            for (size_t v = 0; v < V; v++)
                target[k] += weight[v] * (double)w->votes[(i * V + v) * C + k];
            all += target[k];
        }
        softmax(q, z);
        for (size_t k = 0; k < C; k++)
            sum -= target[k] / all * log(q[k]) / N;
    }
    return sum;
}

static void test_one_step(void **state)
{
    (void)state;
    static struct world w;
    const double lr = 0.05, rate = 4, h = 1e-5;
    double a[V] = {0}, want[V], got[V], total = 0;
    setup(&w);
    for (size_t v = 0; v < V; v++) {
        double up[V] = {0}, down[V] = {0};
        up[v] = h;
        down[v] = -h;
        a[v] = -lr * (loss_at(&w, up, rate) - loss_at(&w, down, rate)) / (2 * h);
    }
    for (size_t v = 0; v < V; v++)
        total += exp(rate * a[v]);
    for (size_t v = 0; v < V; v++)
        want[v] = exp(rate * a[v]) / total;
    struct value sgd = CALL("sgd", {"lr", NUMBER(lr)}, {"momentum", NUMBER(0)},
                            {"nesterov", {.kind = VALUE_BOOL}}, {"weight_decay", NUMBER(0)});
    run_training(&w, got, sgd, 0, rate, 1, N);
    for (size_t v = 0; v < V; v++) {
        assert_true(fabs(got[v] - want[v]) < 1e-6);
        assert_true(fabs(want[v] - 1. / V) > 1e-4); // and it moved
    }
}

static struct value adam(void)
{
    static const struct value_arg args[] = {{"lr", NUMBER(0.01)},
                                            {"beta1", NUMBER(0.9)},
                                            {"beta2", NUMBER(0.999)},
                                            {"eps", NUMBER(1e-8)},
                                            {"weight_decay", NUMBER(0)}};
    return (struct value){.kind = VALUE_CALL, .text = "adam", .args = args, .n = 5};
}

// The better teacher ends with most of the weight; while only easy rows are seen, all have the
// same.
static void test_the_better_teacher_wins(void **state)
{
    (void)state;
    enum { EPOCHS = 20, EASY = 4 };
    static struct world w;
    double weights[EPOCHS * V];
    setup(&w);
    run_training(&w, weights, adam(), 0.2, 10, EPOCHS, 16);
    for (size_t e = 0; e < EASY; e++)
        for (size_t v = 0; v < V; v++)
            assert_true(weights[e * V + v] == 1. / V);
    assert_true(weights[EASY * V] > 1. / V);
    const double *last = weights + (EPOCHS - 1) * V;
    if (!(last[0] > 0.9))
        fail_msg("weights %.3f %.3f %.3f", last[0], last[1], last[2]);
    assert_true(fabs(last[0] + last[1] + last[2] - 1) < 1e-12);
}

static void test_agreement(void **state)
{
    (void)state;
    static const float votes[][2 * 2] = {
        {1, 0, 0.6f, 0.4f},       // agree
        {1, 0, 0.4f, 0.6f},       // do not
        {1, 0, 0, 0},             // one abstains
        {0.5f, 0.5f, 0.5f, 0.5f}, // all do
        {0, 1, 0, 1},
    };
    struct mixture two = {&votes[0][0], 2, 0.25, 1, NULL}, one = {&votes[0][0], 1, 0, 1, NULL};
    struct err err = {0};
    size_t n;
    uint32_t *rows = mixture_agreement(&n, &two, 5, 2, &err);
    assert_int_equal(n, 2);
    assert_true(rows[0] == 0 && rows[1] == 4);
    mem_free(rows);
    rows = mixture_agreement(&n, &one, 10, 2, &err); // each vote is a row
    assert_int_equal(n, 7);                          // but for three that prefer nothing
    mem_free(rows);
    assert_int_equal(mixture_easy_epochs(&two, 10), 3);
    assert_int_equal(mixture_easy_epochs(&two, 1), 0);
    assert_int_equal(mixture_easy_epochs(&one, 10), 0);
}

static void test_weights_are_kept(void **state)
{
    (void)state;
    float values[] = {1, 2};
    double curve[] = {0.5}, weights[] = {0.25, 0.75, 0.125, 0.875};
    struct artifact made = {.n = 1,
                            .classes = 2,
                            .values = values,
                            .n_values = 2,
                            .curve = curve,
                            .n_curve = 1,
                            .weights = weights,
                            .n_weights = 4};
    for (size_t n = 0; n <= 4; n += 4) { // without them the bytes are as ever
        struct str bytes = {0};
        struct artifact read = {0};
        struct err err = {0};
        made.n_weights = n;
        payload_write(&bytes, &made);
        assert_int_equal(bytes.len, 8 * (4 + 1) + 4 * 2 + (n > 0 ? 8 * (1 + n) : 0));
        assert_int_equal(payload_read(&read, (const uint8_t *)bytes.data, bytes.len, &err), 0);
        assert_int_equal(read.n_weights, n);
        assert_true(n == 0 || memcmp(read.weights, weights, sizeof weights) == 0);
        mem_free(read.values);
        mem_free(read.curve);
        mem_free(read.weights);
        struct artifact cut = {0};
        assert_int_equal(payload_read(&cut, (const uint8_t *)bytes.data, bytes.len - 1, &err), -1);
        mem_free(cut.values);
        mem_free(cut.curve);
        mem_free(cut.weights);
        str_release(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_step),
        cmocka_unit_test(test_the_better_teacher_wins),
        cmocka_unit_test(test_agreement),
        cmocka_unit_test(test_weights_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
