// test_train.c -- losses against naive formulas, optimisers and training against naive loops in
// double, equal bits from every kernel table, and the ways a training ends.
#include "../grad/rig.h"

#include "base/detmath.h"
#include "model/objective.h"
#include "model/optimiser.h"
#include "model/schedule.h"
#include "model/train.h"

#include <sched.h>
#include <stdio.h>

#define NUMBER(x) {.kind = VALUE_NUMBER, .number = (x)}
#define ARGS(...) .args = (const struct value_arg[]){__VA_ARGS__},                                 \
                  .n = sizeof((const struct value_arg[]){__VA_ARGS__}) / sizeof(struct value_arg)
#define CALL(name, ...) ((struct value){.kind = VALUE_CALL, .text = name, ARGS(__VA_ARGS__)})
#define CALL0(name) ((struct value){.kind = VALUE_CALL, .text = name})
#define ARG(name, x) {name, NUMBER(x)}
#define ADAM(name, rate, decay)                                                                    \
    CALL(name, ARG("lr", rate), ARG("beta1", 0.9), ARG("beta2", 0.999), ARG("eps", 1e-8),          \
         ARG("weight_decay", decay))
#define SGD(rate, mu, nag, decay)                                                                  \
    CALL("sgd", ARG("lr", rate), ARG("momentum", mu),                                              \
         {"nesterov", {.kind = VALUE_BOOL, .number = nag}}, ARG("weight_decay", decay))

static const struct kernels *fastest(void)
{
    return kernel_select(NULL);
}

// --- schedules -----------------------------------------------------------------------------------
static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("got %.17g, want %.17g", got, want);
}

static void test_schedules(void **state)
{
    (void)state;
    struct value ramp = CALL("ramp", ARG("from", 1), ARG("to", 3), ARG("over", 0.5));
    struct value cosine = CALL("cosine", ARG("from", 2), ARG("to", 0), ARG("over", 1));
    struct value step = CALL("step", ARG("from", 1), ARG("to", 4), ARG("at", 0.25));
    struct value none = CALL("ramp", ARG("from", 1), ARG("to", 3), ARG("over", 0));
    struct value cyclic = CALL("cyclic", ARG("from", 1), ARG("to", 3), ARG("period", 0.25));
    struct value sum =
        CALL("sub", {"x", CALL("mul", {"x", ramp}, ARG("y", 2))}, {"y", CALL("neg", {"x", step})});
    near(schedule_at(&ramp, 0), 1, 0);
    near(schedule_at(&ramp, 0.25), 2, 0);
    near(schedule_at(&ramp, 0.5), 3, 0);
    near(schedule_at(&ramp, 0.9), 3, 0);
    near(schedule_at(&none, 0), 3, 0);
    near(schedule_at(&cosine, 0), 2, 0);
    near(schedule_at(&cosine, 0.5), 1, 1e-15);
    near(schedule_at(&cosine, 1), 0, 0);
    near(schedule_at(&step, 0.2499), 1, 0);
    near(schedule_at(&step, 0.25), 4, 0);
    near(schedule_at(&cyclic, 0), 1, 0);
    near(schedule_at(&cyclic, 0.0625), 2, 0);
    near(schedule_at(&cyclic, 0.125), 3, 0);
    near(schedule_at(&cyclic, 0.6875), 2, 0);
    near(schedule_at(&cyclic, 0.75), 1, 0);
    near(schedule_at(&sum, 0.25), 8, 0);
    struct err err = {0};
    assert_int_equal(schedule_check(&sum, &err), 0);
    struct value wrong = CALL("add", ARG("x", 1), {"y", CALL0("relu")});
    assert_int_equal(schedule_check(&wrong, &err), -1);
    assert_string_equal(err.text, "'relu' is neither a number nor a schedule");
}

static void test_schedule_depth(void **state)
{
    enum { DEEP = 200 };
    static struct value_arg arg[DEEP];
    struct value v = NUMBER(1);
    struct err err = {0};
    (void)state;
    for (size_t i = 0; i < DEEP; i++) {
        arg[i] = (struct value_arg){"x", v};
        v = (struct value){.kind = VALUE_CALL, .text = "neg", .args = &arg[i], .n = 1};
    }
    assert_int_equal(schedule_check(&v, &err), -1);
    assert_string_equal(err.text, "a schedule nested more than 100 deep");
}

// --- losses: naive formulas in double ------------------------------------------------------------
struct batch {
    size_t rows, cols;
    const double *z, *target;
    double progress;
};

static double xent(const double *t, const double *z, size_t n)
{
    double loss = 0;
    for (size_t c = 0; c < n; c++)
        loss -= t[c] * (z[c] - interp_log_sum_exp(z, n));
    return loss;
}

static double naive_soft(const struct batch *b, double temperature)
{
    double sum = 0, z[16];
    for (size_t r = 0; r < b->rows; r++) {
        for (size_t c = 0; c < b->cols; c++)
            z[c] = b->z[r * b->cols + c] / temperature;
        sum += xent(b->target + r * b->cols, z, b->cols);
    }
    return temperature * temperature * sum / (double)b->rows;
}

static size_t first_largest(const double *x, size_t n)
{
    size_t best = 0;
    for (size_t c = 1; c < n; c++)
        best = x[c] > x[best] ? c : best;
    return best;
}

static double naive_hard(const struct batch *b)
{
    double sum = 0;
    for (size_t r = 0; r < b->rows; r++) {
        const double *z = b->z + r * b->cols;
        sum += interp_log_sum_exp(z, b->cols) - z[first_largest(b->target + r * b->cols, b->cols)];
    }
    return sum / (double)b->rows;
}

static double probability(const double *z, size_t n, size_t c)
{
    return exp(z[c] - interp_log_sum_exp(z, n));
}

// `hard` is the student's class of each row.
static double naive_mixed(const struct batch *b, const size_t *hard, double share)
{
    double sum = 0, t[16];
    for (size_t r = 0; r < b->rows; r++) {
        for (size_t c = 0; c < b->cols; c++)
            t[c] = (1 - share) * b->target[r * b->cols + c] + share * (c == hard[r]);
        sum += xent(t, b->z + r * b->cols, b->cols);
    }
    return sum / (double)b->rows;
}

static double naive_paper(const struct batch *b, double alpha, double warmup)
{
    size_t hard[128];
    double p[128];
    for (size_t r = 0; r < b->rows; r++) {
        hard[r] = first_largest(b->z + r * b->cols, b->cols);
        p[r] = probability(b->z + r * b->cols, b->cols, b->cols - 1);
    }
    double median = interp_quantile(p, b->rows, 0.5);
    for (size_t r = 0; b->cols == 2 && r < b->rows; r++)
        hard[r] = p[r] > median;
    double grown = warmup > 0 && b->progress < warmup ? b->progress / warmup : 1;
    return naive_mixed(b, hard, alpha * grown);
}

static double naive_openai(const struct batch *b, double alpha, double warmup)
{
    size_t hard[64];
    double p[64], weak = 0;
    for (size_t r = 0; r < b->rows; r++) {
        p[r] = probability(b->z + r * 2, 2, 0);
        weak += b->target[r * 2 + 1] / (double)b->rows;
    }
    double threshold = interp_quantile(p, b->rows, weak);
    for (size_t r = 0; r < b->rows; r++)
        hard[r] = p[r] >= threshold ? 0 : 1;
    return naive_mixed(b, hard, alpha * (b->progress > warmup ? 1 : b->progress));
}

static double naive_product(const struct batch *b, double alpha, double beta)
{
    double sum = 0, t[16];
    for (size_t r = 0; r < b->rows; r++) {
        double total = 0;
        for (size_t c = 0; c < b->cols; c++) {
            t[c] = pow(probability(b->z + r * b->cols, b->cols, c), beta) *
                   pow(b->target[r * b->cols + c], alpha);
            total += t[c];
        }
        for (size_t c = 0; c < b->cols; c++)
            t[c] /= total;
        sum += xent(t, b->z + r * b->cols, b->cols);
    }
    return sum / (double)b->rows;
}

// A loss over logits that are parameters: its value against `want`, and all that rig.h checks.
struct loss_case {
    struct rig rig;
    uint32_t z, target, progress;
    struct batch batch;
};

static void loss_case_init(struct loss_case *k, uint64_t seed, size_t rows, size_t cols,
                           double progress)
{
    rig_init(&k->rig, seed);
    k->z = rig_param(&k->rig, rows, cols, -3, 3);
    k->target = rig_distribution(&k->rig, rows, cols);
    k->progress = rig_input(&k->rig, 1, 1, 0, 1);
    *k->rig.input[1] = progress;
    k->batch = (struct batch){rows, cols, k->rig.params, k->rig.input[0], progress};
}

static uint32_t loss_case_get(void *data, enum loss_source source, size_t index)
{
    const struct loss_case *k = data;
    (void)index;
    return source == SOURCE_LOGITS ? k->z : source == SOURCE_PROGRESS ? k->progress : k->target;
}

// The loss of the standard library, traced over these logits.
static uint32_t loss_case_build(struct loss_case *k, const struct value *call)
{
    struct loss *loss;
    struct err err = {0};
    if (objective_load_loss(&loss, call, &err) < 0)
        fail_msg("%s", err.text);
    struct loss_world world = {.graph = &k->rig.g, .rows = k->batch.rows, .layers = 1,
                               .classes = k->batch.cols, .data = k, .get = loss_case_get};
    uint32_t node = loss_trace(loss, call, &world);
    loss_free(loss);
    return node;
}

static void check_loss(struct loss_case *k, const struct value *call, double want)
{
    uint32_t loss = loss_case_build(k, call);
    if (loss == NODE_NONE)
        fail_msg("%s", k->rig.err.text);
    near(rig_loss_at(&k->rig, &k->rig.g, loss, k->rig.params, NULL), want, 1e-6);
    rig_check(&k->rig, loss);
    rig_release(&k->rig);
}

static const size_t loss_shapes[][2] = {{1, 2},  {1, 10}, {2, 2},  {7, 2},
                                        {32, 2}, {33, 3}, {16, 10}};

static void test_plain_losses(void **state)
{
    struct loss_case k;
    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(loss_shapes); s++) {
        size_t rows = loss_shapes[s][0], cols = loss_shapes[s][1];
        struct value cross_entropy = CALL0("cross_entropy"), hard = CALL0("hard_labels");
        loss_case_init(&k, 10 + s, rows, cols, 0);
        check_loss(&k, &cross_entropy, naive_soft(&k.batch, 1));
        loss_case_init(&k, 10 + s, rows, cols, 0);
        check_loss(&k, &hard, naive_hard(&k.batch));
        static const double temperature[] = {1, 2, 0.5, 20};
        for (size_t t = 0; t < ARRAY_LEN(temperature); t++) {
            struct value soft = CALL("soft_labels", ARG("temperature", temperature[t]));
            loss_case_init(&k, 10 + s, rows, cols, 0);
            check_loss(&k, &soft, naive_soft(&k.batch, temperature[t]));
        }
    }
}

static struct value confidence(double alpha, double warmup, const char *variant)
{
    static struct value_arg arg[3];
    arg[0] = (struct value_arg)ARG("alpha", alpha);
    arg[1] = (struct value_arg)ARG("warmup", warmup);
    arg[2] = (struct value_arg){"variant", value_name(variant)};
    return (struct value){.kind = VALUE_CALL, .text = "log_confidence", .args = arg, .n = 3};
}

static void test_confidence_losses(void **state)
{
    static const double progress[] = {0, 0.125, 0.25, 0.75};
    struct loss_case k;
    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(loss_shapes); s++)
        for (size_t p = 0; p < ARRAY_LEN(progress); p++) {
            size_t rows = loss_shapes[s][0], cols = loss_shapes[s][1];
            struct value paper = confidence(0.5, 0.25, "paper");
            loss_case_init(&k, 100 + s, rows, cols, progress[p]);
            check_loss(&k, &paper, naive_paper(&k.batch, 0.5, 0.25));
            paper = confidence(0.75, 0, "paper");
            loss_case_init(&k, 100 + s, rows, cols, progress[p]);
            check_loss(&k, &paper, naive_paper(&k.batch, 0.75, 0));
            struct value product = CALL("product_confidence", ARG("alpha", 1.5), ARG("beta", 0.5));
            loss_case_init(&k, 100 + s, rows, cols, progress[p]);
            check_loss(&k, &product, naive_product(&k.batch, 1.5, 0.5));
            if (cols != 2)
                continue;
            struct value openai = confidence(0.5, 0.25, "openai2024");
            loss_case_init(&k, 100 + s, rows, cols, progress[p]);
            check_loss(&k, &openai, naive_openai(&k.batch, 0.5, 0.25));
        }
}

// With alpha 0 the confidence loss is soft labels; half of an even batch is hardened to class 1.
static void test_closed_forms(void **state)
{
    struct loss_case k;
    (void)state;
    struct value off = confidence(0, 0.2, "paper");
    loss_case_init(&k, 7, 12, 5, 0.6);
    check_loss(&k, &off, naive_soft(&k.batch, 1));
    struct value even = CALL0("cross_entropy"); // equal logits: log C whatever the target
    loss_case_init(&k, 8, 12, 5, 0);
    for (size_t i = 0; i < 60; i++)
        k.rig.params[i] = 1.5;
    check_loss(&k, &even, log(5));
    struct value plain =
        CALL("product_confidence", ARG("alpha", 0), ARG("beta", 0)); // uniform target
    loss_case_init(&k, 9, 3, 4, 0);
    for (size_t i = 0; i < 12; i++)
        k.rig.input[0][i] = i % 4 == 0; // zeros in the target: 0^0 = 1
    check_loss(&k, &plain, naive_product(&k.batch, 0, 0));
}

static void test_openai_needs_two_classes(void **state)
{
    struct loss_case k;
    (void)state;
    struct value openai = confidence(0.5, 0.2, "openai2024");
    loss_case_init(&k, 3, 4, 3, 0);
    assert_int_equal(loss_case_build(&k, &openai), NODE_NONE);
    assert_int_equal(k.rig.err.kind, ERR_DATA);
    assert_non_null(strstr(k.rig.err.text, "variant 'openai2024' is only defined for 2 classes"));
    rig_release(&k.rig);
}

// --- data for training ---------------------------------------------------------------------------
enum { N = 90, D = 5, C = 3 };

struct fixture {
    float x[N * D];
    uint8_t bytes[N * D];
    uint32_t y[N], index[N];
    float target[N * C];
    struct table table;
    struct rows rows;
};

// Three overlapping clouds, so that the optimum is finite.
static void fixture_init(struct fixture *f)
{
    struct rng rng = rng_at(rng_key_of(5, "clouds"), 0);
    for (size_t i = 0; i < N; i++) {
        f->y[i] = (uint32_t)rng_below(&rng, C);
        f->index[i] = (uint32_t)(N - 1 - i);
        for (size_t d = 0; d < D; d++) {
            f->x[i * D + d] = (float)(rng_normal(&rng) + (d == f->y[i]));
            f->bytes[i * D + d] = (uint8_t)rng_below(&rng, 256);
        }
    }
    for (size_t i = 0; i < N; i++)
        for (size_t c = 0; c < C; c++)
            f->target[i * C + c] = f->y[f->index[i]] == c ? 0.8f : 0.1f;
    f->table = (struct table){.n = N, .d = D, .classes = C, .x = f->x, .y = f->y};
    f->rows = (struct rows){&f->table, N, f->index};
}

static struct model make_model(const struct value *call, size_t features, size_t classes)
{
    struct model model;
    struct err err = {0};
    assert_int_equal(model_init(&model, call, features, classes, &err), 0);
    return model;
}

static struct model small_mlp(const char *activation)
{
    static const struct value hidden[] = {NUMBER(7), NUMBER(6)};
    struct value call = CALL("mlp", {"hidden", {.kind = VALUE_LIST, .items = hidden, .n = 2}},
                             {"activation", {.kind = VALUE_NAME, .text = activation}});
    return make_model(&call, D, C);
}

static void run(float *params, double *curve, const struct train_spec *spec,
                const struct kernels *kernels)
{
    struct step_context context = {.kernels = kernels};
    struct err err = {0};
    model_start(params, spec->model, 11);
    if (train(params, curve, spec, &context, &err) < 0)
        fail_msg("%s", err.text);
}

static void test_model_start(void **state)
{
    struct model model = small_mlp("relu");
    static float params[200], again[200];
    (void)state;
    assert_int_equal(model.n_params, 5 * 7 + 7 + 7 * 6 + 6 + 6 * 3 + 3);
    assert_true(model_flops(&model) == 2 * (35 + 42 + 18));
    model_start(params, &model, 3);
    model_start(again, &model, 3);
    assert_memory_equal(params, again, model.n_params * sizeof(float));
    double largest = 0;
    for (size_t i = 0; i < 42; i++)
        largest = fabs(params[i]) > largest ? fabs(params[i]) : largest;
    assert_true(largest <= 1 / sqrt(5) && largest > 0.8 / sqrt(5));
    model_start(again, &model, 4);
    assert_memory_not_equal(params, again, model.n_params * sizeof(float));
}

static void test_kinds_without_layers(void **state)
{
    (void)state;
    struct value call = CALL("tree", {"depth", NUMBER(3)}, {"min_leaf", NUMBER(5)},
                             {"min_split", NUMBER(2)},
                             {"criterion", {.kind = VALUE_NAME, .text = "entropy"}});
    struct model tree = make_model(&call, D, C);
    assert_int_equal(tree.kind, MODEL_TREE);
    assert_int_equal(tree.tree.depth, 3);
    assert_int_equal(tree.tree.min_leaf, 5);
    assert_int_equal(tree.tree.criterion, TREE_ENTROPY);
    call = (struct value)CALL("knn", {"k", NUMBER(7)});
    struct model knn = make_model(&call, D, C);
    assert_int_equal(knn.kind, MODEL_KNN);
    assert_int_equal(knn.neighbours, 7);
    assert_int_equal(tree.n_params + tree.n_layers + knn.n_params + knn.n_layers, 0);
}

// --- optimisers: naive loops in double, full batches ---------------------------------------------
struct naive {
    const char *name;
    double lr, momentum, decay;
    bool nesterov;
    double m[64], v[64];
};

// The gradient of the mean cross-entropy of a linear model.
static double linear_gradient(double *gradient, const double *w, const struct fixture *f)
{
    double loss = 0;
    memset(gradient, 0, (D + 1) * C * sizeof(double));
    for (size_t i = 0; i < N; i++) {
        double z[C];
        for (size_t c = 0; c < C; c++) {
            z[c] = w[D * C + c];
            for (size_t d = 0; d < D; d++)
                z[c] += f->x[i * D + d] * w[d * C + c];
        }
        loss += (interp_log_sum_exp(z, C) - z[f->y[i]]) / N;
        for (size_t c = 0; c < C; c++) {
            double slope = (probability(z, C, c) - (c == f->y[i])) / N;
            gradient[D * C + c] += slope;
            for (size_t d = 0; d < D; d++)
                gradient[d * C + c] += slope * f->x[i * D + d];
        }
    }
    return loss;
}

static void naive_step(struct naive *o, double *p, const double *g, size_t n, unsigned t)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(o->name, "sgd") == 0) {
            double slope = g[i] + o->decay * p[i];
            o->v[i] = o->momentum * o->v[i] + slope;
            p[i] -= o->lr * (o->nesterov ? slope + o->momentum * o->v[i] : o->v[i]);
            continue;
        }
        bool decoupled = strcmp(o->name, "adamw") == 0;
        double slope = g[i] + (decoupled ? 0 : o->decay * p[i]);
        p[i] *= decoupled ? 1 - o->lr * o->decay : 1;
        o->m[i] = 0.9 * o->m[i] + 0.1 * slope;
        o->v[i] = 0.999 * o->v[i] + 0.001 * slope * slope;
        double m = o->m[i] / (1 - pow(0.9, t)), v = o->v[i] / (1 - pow(0.999, t));
        p[i] -= o->lr * m / (sqrt(v) + 1e-8);
    }
}

static void check_optimiser(const struct value *call, struct naive o)
{
    enum { EPOCHS = 40 };
    static struct fixture f;
    struct value linear = CALL0("linear");
    struct model model = make_model(&linear, D, C);
    struct train_term term = {.weight = NUMBER(1), .call = CALL0("cross_entropy")};
    struct train_spec spec = {.model = &model, .rows = &f.rows, .terms = &term, .n_terms = 1,
                              .optimiser = *call, .epochs = EPOCHS, .batch = N, .seed = 1};
    float params[64];
    double want[64], gradient[64], curve[EPOCHS];
    fixture_init(&f);
    run(params, curve, &spec, fastest());
    float start[64];
    model_start(start, &model, 11);
    for (size_t i = 0; i < model.n_params; i++)
        want[i] = start[i];
    for (unsigned t = 1; t <= EPOCHS; t++) {
        near(curve[t - 1], linear_gradient(gradient, want, &f), 2e-6);
        naive_step(&o, want, gradient, model.n_params, t);
    }
    for (size_t i = 0; i < model.n_params; i++)
        near(params[i], want[i], 3e-5);
}

static void test_optimisers(void **state)
{
    (void)state;
    check_optimiser(&ADAM("adam", 0.01, 0), (struct naive){.name = "adam", .lr = 0.01});
    check_optimiser(&ADAM("adam", 0.01, 0.1),
                    (struct naive){.name = "adam", .lr = 0.01, .decay = 0.1});
    check_optimiser(&ADAM("adamw", 0.02, 0.1),
                    (struct naive){.name = "adamw", .lr = 0.02, .decay = 0.1});
    check_optimiser(&SGD(0.1, 0, 0, 0), (struct naive){.name = "sgd", .lr = 0.1});
    check_optimiser(&SGD(0.1, 0.9, 0, 0.01),
                    (struct naive){.name = "sgd", .lr = 0.1, .momentum = 0.9, .decay = 0.01});
    check_optimiser(
        &SGD(0.1, 0.9, 1, 0.01),
        (struct naive){.name = "sgd", .lr = 0.1, .momentum = 0.9, .decay = 0.01, .nesterov = true});
}

// Multinomial logistic regression with an L2 penalty has one optimum: training must reach the one
// that plain gradient descent in double finds.
static void test_known_optimum(void **state)
{
    enum { EPOCHS = 600 };
    static struct fixture f;
    static double curve[EPOCHS];
    struct value linear = CALL0("linear");
    struct model model = make_model(&linear, D, C);
    struct train_term term = {.weight = NUMBER(1), .call = CALL0("cross_entropy")};
    struct train_spec spec = {.model = &model, .rows = &f.rows, .terms = &term, .n_terms = 1,
                              .optimiser = SGD(0.5, 0, 0, 0.05), .epochs = EPOCHS, .batch = N, .seed = 1};
    double w[64] = {0}, gradient[64];
    float params[64];
    (void)state;
    fixture_init(&f);
    for (unsigned i = 0; i < 20000; i++) {
        linear_gradient(gradient, w, &f);
        for (size_t j = 0; j < model.n_params; j++)
            w[j] -= 0.2 * (gradient[j] + 0.05 * w[j]);
    }
    run(params, curve, &spec, fastest());
    for (size_t j = 0; j < model.n_params; j++)
        near(params[j], w[j], 1e-5);
    near(curve[EPOCHS - 1], linear_gradient(gradient, w, &f), 1e-6);
}

// --- whole runs ----------------------------------------------------------------------------------
static void spec_of(struct train_spec *spec, struct train_term *terms, const struct model *model,
                    const struct fixture *f)
{
    static struct value_arg ramp[] = {ARG("from", 0.1), ARG("to", 1), ARG("over", 0.5)};
    static struct value_arg temperature[] = {ARG("temperature", 2)};
    terms[0] = (struct train_term){.weight = NUMBER(0.5), .call = CALL0("cross_entropy")};
    terms[1] = (struct train_term){
        .weight = {.kind = VALUE_CALL, .text = "ramp", .args = ramp, .n = 3},
        .call = {.kind = VALUE_CALL, .text = "soft_labels", .args = temperature, .n = 1},
        .probs = {f->target, C}};
    terms[2] = (struct train_term){.weight = NUMBER(0.25), .call = confidence(0.5, 0.2, "paper"),
                                   .probs = {f->target, C}};
    static struct value adam;
    static struct value_arg arg[] = {ARG("lr", 0.01), ARG("beta1", 0.9), ARG("beta2", 0.999),
                                     ARG("eps", 1e-8), ARG("weight_decay", 0)};
    adam = (struct value){.kind = VALUE_CALL, .text = "adam", .args = arg, .n = 5};
    *spec = (struct train_spec){.model = model, .rows = &f->rows, .terms = terms, .n_terms = 3,
                                .optimiser = adam, .epochs = 6, .batch = 32, .seed = 9};
}

static void test_same_bits(void **state)
{
    static const char *const activation[] = {"relu", "tanh", "gelu"};
    static struct fixture f;
    (void)state;
    fixture_init(&f);
    for (size_t a = 0; a < ARRAY_LEN(activation); a++) {
        struct model model = small_mlp(activation[a]);
        struct train_term terms[3];
        struct train_spec spec;
        spec_of(&spec, terms, &model, &f);
        float first[200], params[200], first_logits[N * C], logits[N * C];
        double first_curve[6], curve[6];
        for (const struct kernels *const *k = kernel_tables(); *k != NULL; k++) {
            struct step_context context = {.kernels = *k};
            struct err err = {0};
            run(params, curve, &spec, *k);
            assert_int_equal(predict(logits, &model, params, &f.rows, &context, &err), 0);
            if (k == kernel_tables()) {
                memcpy(first, params, sizeof(params));
                memcpy(first_curve, curve, sizeof(curve));
                memcpy(first_logits, logits, sizeof(logits));
            }
            assert_memory_equal(first, params, model.n_params * sizeof(float));
            assert_memory_equal(first_curve, curve, sizeof(curve));
            assert_memory_equal(first_logits, logits, sizeof(logits));
        }
    }
}

// Weights and losses see the progress of their step: with a learning rate of 0 and one batch an
// epoch, the curve is the naive loss of one model at progress 0, 1/8, 2/8 ..
static void test_progress(void **state)
{
    enum { EPOCHS = 8 };
    static struct fixture f;
    struct value linear = CALL0("linear");
    struct model model = make_model(&linear, D, C);
    struct value ramp = CALL("ramp", ARG("from", 1), ARG("to", 3), ARG("over", 0.5));
    struct train_term term = {.weight = ramp, .call = confidence(0.5, 0.75, "paper"),
                              .probs = {f.target, C}};
    struct train_spec spec = {.model = &model, .rows = &f.rows, .terms = &term, .n_terms = 1,
                              .optimiser = SGD(0, 0, 0, 0), .epochs = EPOCHS, .batch = N, .seed = 1};
    struct step_context context = {.kernels = fastest()};
    struct err err = {0};
    float params[64], logits[N * C];
    double curve[EPOCHS], z[N * C], target[N * C];
    (void)state;
    fixture_init(&f);
    run(params, curve, &spec, fastest());
    assert_int_equal(predict(logits, &model, params, &f.rows, &context, &err), 0);
    for (size_t i = 0; i < N * C; i++)
        z[i] = logits[i], target[i] = f.target[i];
    for (unsigned e = 0; e < EPOCHS; e++) {
        struct batch batch = {N, C, z, target, e / 8.0};
        double weight = e < 4 ? 1 + e / 2.0 : 3;
        near(curve[e], weight * naive_paper(&batch, 0.5, 0.75), 3e-6);
    }
}

// Threads that help with large products and updates change no bit. 40 rows of 1,400 features into
// 500 units is work enough to be cut, forward by columns and backward by rows.
struct helpers {
    struct crew crew;
    atomic_bool done;
    atomic_uint helped;
    pthread_t thread[2];
};

static void *help(void *data)
{
    struct helpers *h = data;
    kernel_fp_pin();
    pthread_mutex_lock(&h->crew.lock);
    while (!atomic_load(&h->done))
        if (crew_help(&h->crew))
            atomic_fetch_add(&h->helped, 1);
        else
            crew_wait(&h->crew);
    pthread_mutex_unlock(&h->crew.lock);
    return NULL;
}

static void helpers_start(struct helpers *h)
{
    crew_init(&h->crew, 3);
    for (size_t i = 0; i < ARRAY_LEN(h->thread); i++)
        assert_int_equal(pthread_create(&h->thread[i], NULL, help, h), 0);
    while (atomic_load(&h->crew.idle) < ARRAY_LEN(h->thread))
        sched_yield();
}

static void helpers_stop(struct helpers *h)
{
    pthread_mutex_lock(&h->crew.lock);
    atomic_store(&h->done, true);
    pthread_cond_broadcast(&h->crew.changed);
    pthread_mutex_unlock(&h->crew.lock);
    for (size_t i = 0; i < ARRAY_LEN(h->thread); i++)
        pthread_join(h->thread[i], NULL);
    crew_release(&h->crew);
}

static void check_threads(const struct value *call)
{
    enum { ROWS = 80, WIDTH = 1400, MOST_ROUNDS = 100 };
    static float x[ROWS * WIDTH];
    static uint32_t y[ROWS], index[ROWS];
    static struct helpers helpers;
    struct model model = make_model(call, WIDTH, C);
    struct rng rng = rng_at(rng_key_of(6, "threads"), 0);
    atomic_store(&helpers.helped, 0);
    atomic_store(&helpers.done, false);
    for (size_t i = 0; i < ROWS * WIDTH; i++)
        x[i] = (float)rng_normal(&rng);
    for (size_t i = 0; i < ROWS; i++)
        index[i] = (uint32_t)i, y[i] = (uint32_t)rng_below(&rng, C);
    struct table table = {.n = ROWS, .d = WIDTH, .classes = C, .x = x, .y = y, .image = {35, 20, 2}};
    struct rows rows = {&table, ROWS, index};
    struct train_term gold = {.weight = NUMBER(1), .call = CALL0("cross_entropy")};
    struct train_spec spec = {.model = &model, .rows = &rows, .terms = &gold, .n_terms = 1,
                              .optimiser = ADAM("adam", 0.001, 0), .epochs = 2, .batch = 40, .seed = 2};
    size_t bytes = model.n_params * sizeof(float);
    float *alone = mem_new(bytes), *together = mem_new(bytes);
    run(alone, NULL, &spec, fastest());
    helpers_start(&helpers);
    struct step_context context = {.kernels = fastest(), .crew = &helpers.crew};
    struct err err = {0};
    for (unsigned i = 0; i < MOST_ROUNDS && atomic_load(&helpers.helped) == 0; i++) {
        model_start(together, &model, 11);
        assert_int_equal(train(together, NULL, &spec, &context, &err), 0);
        assert_memory_equal(alone, together, bytes);
    }
    helpers_stop(&helpers);
    assert_true(atomic_load(&helpers.helped) > 0);
    mem_free(alone);
    mem_free(together);
}

static void test_threads(void **state)
{
    static const struct value hidden[] = {NUMBER(500)};
    struct value call = CALL("mlp", {"hidden", {.kind = VALUE_LIST, .items = hidden, .n = 1}},
                             {"activation", {.kind = VALUE_NAME, .text = "relu"}});
    (void)state;
    check_threads(&call);
}

static void test_threads_conv(void **state)
{
    static const struct value channels[] = {NUMBER(6), NUMBER(5)};
    static const struct value image[] = {NUMBER(35), NUMBER(20), NUMBER(2)};
    struct value call = CALL("conv", {"channels", {.kind = VALUE_LIST, .items = channels, .n = 2}},
                             {"kernel", NUMBER(5)}, {"stride", NUMBER(1)}, {"pool", NUMBER(2)},
                             {"image", {.kind = VALUE_LIST, .items = image, .n = 3}});
    (void)state;
    check_threads(&call);
}

// Bytes times scale are the same features as the floats they make.
static void test_bytes(void **state)
{
    static struct fixture f;
    static float scaled[N * D];
    struct model model = small_mlp("relu");
    struct train_term terms[3];
    struct train_spec spec;
    float params[200], from_bytes[200];
    (void)state;
    fixture_init(&f);
    spec_of(&spec, terms, &model, &f);
    for (size_t i = 0; i < N * D; i++)
        scaled[i] = (float)f.bytes[i] * (1.0f / 255);
    f.table.x = scaled;
    run(params, NULL, &spec, fastest());
    f.table.x = NULL;
    f.table.x_bytes = f.bytes;
    f.table.scale = 1.0f / 255;
    run(from_bytes, NULL, &spec, fastest());
    assert_memory_equal(params, from_bytes, model.n_params * sizeof(float));
}

// One-hot soft labels at temperature 1 are gold labels.
static void test_one_hot_is_gold(void **state)
{
    static struct fixture f;
    struct model model = small_mlp("tanh");
    struct train_term gold = {.weight = NUMBER(1), .call = CALL0("cross_entropy")};
    struct train_term soft = {.weight = NUMBER(1),
                              .call = CALL("soft_labels", ARG("temperature", 1)),
                              .probs = {f.target, C}};
    struct train_spec spec = {.model = &model, .rows = &f.rows, .terms = &gold, .n_terms = 1,
                              .optimiser = ADAM("adam", 0.01, 0), .epochs = 4, .batch = 16, .seed = 2};
    float from_gold[200], from_soft[200];
    (void)state;
    fixture_init(&f);
    for (size_t i = 0; i < N * C; i++)
        f.target[i] = f.target[i] > 0.5f;
    run(from_gold, NULL, &spec, fastest());
    spec.terms = &soft;
    run(from_soft, NULL, &spec, fastest());
    assert_memory_equal(from_gold, from_soft, model.n_params * sizeof(float));
}

static void test_predict_any_number_of_rows(void **state)
{
    enum { MANY = 600 };
    static struct fixture f;
    static uint32_t index[MANY];
    static float logits[MANY * C], one[C];
    struct model model = small_mlp("gelu");
    struct step_context context = {.kernels = fastest()};
    struct err err = {0};
    float params[200];
    (void)state;
    fixture_init(&f);
    model_start(params, &model, 1);
    for (size_t i = 0; i < MANY; i++)
        index[i] = (uint32_t)(i * 7 % N);
    struct rows rows = {&f.table, MANY, index};
    assert_int_equal(predict(logits, &model, params, &rows, &context, &err), 0);
    for (size_t i = 0; i < MANY; i += 85) {
        struct rows single = {&f.table, 1, &index[i]};
        assert_int_equal(predict(one, &model, params, &single, &context, &err), 0);
        assert_memory_equal(one, logits + i * C, sizeof(one));
    }
    rows.n = 0;
    assert_int_equal(predict(logits, &model, params, &rows, &context, &err), 0);
}

static void stop_after_two(void *data, const struct train_progress *progress)
{
    if (progress->epoch == 2)
        *(atomic_int *)data = 1;
}

static void test_interrupt(void **state)
{
    static struct fixture f;
    struct model model = small_mlp("relu");
    struct train_term terms[3];
    struct train_spec spec;
    atomic_int stop = 0;
    struct step_context context = {.kernels = fastest(), .stop = &stop, .on_epoch = stop_after_two,
                                   .data = (void *)&stop};
    struct err err = {0};
    float params[200];
    (void)state;
    fixture_init(&f);
    spec_of(&spec, terms, &model, &f);
    model_start(params, &model, 1);
    assert_int_equal(train(params, NULL, &spec, &context, &err), -1);
    assert_int_equal(err.kind, ERR_INTERRUPTED);
    assert_string_equal(err.text, "interrupted at epoch 3");
}

static void test_divergence(void **state)
{
    static struct fixture f;
    struct model model = small_mlp("relu");
    struct train_term gold = {.weight = NUMBER(1), .call = CALL0("cross_entropy")};
    struct train_spec spec = {.model = &model, .rows = &f.rows, .terms = &gold, .n_terms = 1,
                              .optimiser = SGD(1e30, 0, 0, 0), .epochs = 5, .batch = 45, .seed = 2};
    struct step_context context = {.kernels = fastest()};
    struct err err = {0};
    float params[200];
    (void)state;
    fixture_init(&f);
    model_start(params, &model, 1);
    assert_int_equal(train(params, NULL, &spec, &context, &err), -1);
    assert_int_equal(err.kind, ERR_DATA);
    assert_string_equal(err.text, "the loss became nan at epoch 1, step 2");
    assert_string_equal(err.hint, "Lower the learning rate.");
}

static void expect_refusal(const struct train_spec *spec, const char *text)
{
    struct step_context context = {.kernels = fastest()};
    struct err err = {0};
    float params[200] = {0};
    assert_int_equal(train(params, NULL, spec, &context, &err), -1);
    assert_string_equal(err.text, text);
}

static void test_refusals(void **state)
{
    static struct fixture f;
    struct model model = small_mlp("relu");
    struct value linear = CALL0("linear");
    struct model two = make_model(&linear, D, 2), wide = make_model(&linear, D + 1, C);
    struct train_term gold = {.weight = NUMBER(1), .call = CALL0("cross_entropy")};
    struct train_spec spec = {.model = &model, .rows = &f.rows, .terms = &gold, .n_terms = 1,
                              .optimiser = SGD(0.1, 0, 0, 0), .epochs = 1, .batch = 45, .seed = 2};
    (void)state;
    fixture_init(&f);
    f.y[f.index[0]] = 2;
    spec.model = &two;
    f.rows.n = 1;
    char text[100];
    snprintf(text, sizeof(text), "label 2 in row %u, and the model knows 2 classes", f.index[0]);
    expect_refusal(&spec, text);
    spec.model = &wide;
    expect_refusal(&spec, "the data have 5 features, the model takes 6");
    spec.model = &model;
    f.table.y = NULL;
    expect_refusal(&spec, "the objective needs labels, and the data have none");
    f.rows.n = 0;
    expect_refusal(&spec, "there are no rows to train on");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schedules),        cmocka_unit_test(test_schedule_depth),
        cmocka_unit_test(test_plain_losses),     cmocka_unit_test(test_confidence_losses),
        cmocka_unit_test(test_closed_forms),     cmocka_unit_test(test_openai_needs_two_classes),
        cmocka_unit_test(test_model_start),      cmocka_unit_test(test_kinds_without_layers),
        cmocka_unit_test(test_optimisers),
        cmocka_unit_test(test_known_optimum),    cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_threads), cmocka_unit_test(test_threads_conv),
        cmocka_unit_test(test_bytes),            cmocka_unit_test(test_one_hot_is_gold),
        cmocka_unit_test(test_predict_any_number_of_rows),
        cmocka_unit_test(test_interrupt),        cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
