// test_layers.c -- what the layers of a network compute, against naive loops in double; their
// gradients, against central differences.
#include "cmocka_first.h"

#include "../grad/rig.h"
#include "model/forward.h"
#include "model/train.h"

#include <stdio.h>

#define NUMBER(x)                                                                                  \
    {                                                                                              \
        .kind = VALUE_NUMBER, .number = (x)                                                        \
    }
#define NAME(x)                                                                                    \
    {                                                                                              \
        .kind = VALUE_NAME, .text = (x)                                                            \
    }
#define LIST(array)                                                                                \
    {                                                                                              \
        .kind = VALUE_LIST, .n = ARRAY_LEN(array), .items = (array)                                \
    }
#define CALL(name, ...)                                                                            \
    {                                                                                              \
        .kind = VALUE_CALL, .text = (name),                                                        \
        .n = sizeof((const struct value_arg[]){__VA_ARGS__}) / sizeof(struct value_arg),           \
        .args = (const struct value_arg[])                                                         \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

static const struct value image_6x5x3[] = {NUMBER(6), NUMBER(5), NUMBER(3)};
static const struct value hidden_4[] = {NUMBER(4)};
enum { ROWS = 9, PIXELS = 30, CHANNELS = 3, FEATURES = PIXELS * CHANNELS, CLASSES = 4 };

struct images {
    float x[ROWS * FEATURES];
    uint32_t index[ROWS];
    struct table table;
    struct rows rows;
};

static void images_init(struct images *im)
{
    struct rng rng = rng_at(rng_key_of(1, "images"), 0);
    *im = (struct images){0};
    for (size_t i = 0; i < ROWS * FEATURES; i++)
        im->x[i] = (float)(2 * rng_unit(&rng) - 1);
    for (uint32_t i = 0; i < ROWS; i++)
        im->index[i] = ROWS - 1 - i;
    im->table = (struct table){.n = ROWS, .d = FEATURES, .x = im->x, .image = {6, 5, 3}};
    im->rows = (struct rows){&im->table, ROWS, im->index};
}

static struct model make_model(const struct value *call)
{
    struct model model;
    struct err err = {0};
    if (model_init(&model, call, FEATURES, CLASSES, &err) < 0)
        fail_msg("%s", err.text);
    return model;
}

static void logits_of(float *out, const struct model *model, const float *params,
                      const struct images *im)
{
    struct step_context context = {.kernels = kernel_select(NULL)};
    struct err err = {0};
    if (predict(out, model, params, &im->rows, &context, &err) < 0)
        fail_msg("%s", err.text);
}

// A linear model of the sum, or the mean, of the channels of each pixel.
static void test_inputs(void **state)
{
    static struct images im;
    (void)state;
    images_init(&im);
    const char *name[] = {"sum_channels", "gray"};
    for (size_t k = 0; k < ARRAY_LEN(name); k++) {
        struct value call = CALL("linear", {"input", NAME(name[k])}, {"image", LIST(image_6x5x3)});
        struct model model = make_model(&call);
        float params[PIXELS * CLASSES + CLASSES], logits[ROWS * CLASSES];
        assert_int_equal(model.n_params, ARRAY_LEN(params));
        model_start(params, &model, 3);
        logits_of(logits, &model, params, &im);
        for (size_t r = 0; r < ROWS; r++)
            for (size_t c = 0; c < CLASSES; c++) {
                double want = params[PIXELS * CLASSES + c];
                const float *row = im.x + im.index[r] * FEATURES;
                for (size_t i = 0; i < FEATURES; i++)
                    want += row[i] * (double)params[i / CHANNELS * CLASSES + c] /
                            (k == 0 ? 1 : CHANNELS);
                assert_true(fabs(logits[r * CLASSES + c] - want) < 2e-6);
            }
    }
}

static void test_images_that_do_not_fit(void **state)
{
    static struct images im;
    (void)state;
    images_init(&im);
    struct err err = {0};
    struct model model;
    const struct value other[] = {NUMBER(6), NUMBER(5), NUMBER(2)};
    struct value call = CALL("linear", {"input", NAME("gray")}, {"image", LIST(other)});
    assert_int_equal(model_init(&model, &call, FEATURES, CLASSES, &err), -1);
    assert_string_equal(err.text, "images of 6 x 5 x 2, and rows of 90 features");
    const struct value none[] = {NUMBER(0), NUMBER(5), NUMBER(2)};
    struct value empty = CALL("linear", {"input", NAME("gray")}, {"image", LIST(none)});
    err = (struct err){0};
    assert_int_equal(model_init(&model, &empty, FEATURES, CLASSES, &err), -1);
    assert_string_equal(err.text, "an image with a side of 0");
    // The data have another shape, and as many features.
    struct value right = CALL("linear", {"input", NAME("gray")}, {"image", LIST(image_6x5x3)});
    model = make_model(&right);
    im.table.image = (struct image_shape){5, 6, 3};
    struct step_context context = {.kernels = kernel_select(NULL)};
    float params[PIXELS * CLASSES + CLASSES] = {0}, logits[ROWS * CLASSES];
    err = (struct err){0};
    assert_int_equal(predict(logits, &model, params, &im.rows, &context, &err), -1);
    assert_string_equal(err.text, "the data are images of 5 x 6 x 3, the model takes 6 x 5 x 3");
}

// --- random features ----------------------------------------------------------------------------
static void test_random_features(void **state)
{
    enum { WIDTH = 3000 };
    const double gamma = 0.02;
    static struct images im;
    (void)state;
    images_init(&im);
    for (int relu = 0; relu < 2; relu++) {
        struct value call = CALL("random_features", {"width", NUMBER(WIDTH)},
                                 {"gamma", NUMBER(gamma)}, {"kernel", NAME(relu ? "relu" : "rbf")});
        struct model model = make_model(&call);
        assert_int_equal(model.n_params, (WIDTH + 1) * CLASSES);
        assert_int_equal(model.n_state, (FEATURES + 1) * WIDTH);
        float *params = mem_new(model_size(&model) * sizeof(*params));
        float *z = mem_new(ROWS * WIDTH * sizeof(*z));
        struct step_context context = {.kernels = kernel_select(NULL)};
        struct err err = {0};
        model_start(params, &model, 3);
        assert_int_equal(predict_layer(z, &model, params, 1, &im.rows, &context, &err), 0);
        const float *w = params + model_weight_at(&model, 0),
                    *b = params + model_bias_at(&model, 0);
        for (size_t r = 0; r < ROWS; r++) // the map
            for (size_t j = 0; j < WIDTH; j += 97) {
                double sum = b[j];
                for (size_t i = 0; i < FEATURES; i++)
                    sum += (double)im.x[im.index[r] * FEATURES + i] * w[i * WIDTH + j];
                double want = sqrt(2.0 / WIDTH) * (relu ? fmax(sum, 0) : cos(sum));
                assert_true(fabs(z[r * WIDTH + j] - want) < 1e-7);
            }
        for (size_t r = 0; r < ROWS; r++) // the kernel it approaches
            for (size_t s = 0; s < ROWS; s++) {
                double dot = 0, rr = 0, ss = 0, rs = 0;
                for (size_t j = 0; j < WIDTH; j++)
                    dot += (double)z[r * WIDTH + j] * z[s * WIDTH + j];
                for (size_t i = 0; i < FEATURES; i++) {
                    double p = im.x[im.index[r] * FEATURES + i],
                           q = im.x[im.index[s] * FEATURES + i];
                    rr += p * p, ss += q * q, rs += p * q;
                }
                double angle = acos(fmin(rs / sqrt(rr * ss), 1));
                double want = relu ? 2 * gamma * sqrt(rr * ss) / M_PI *
                                         (sin(angle) + (M_PI - angle) * cos(angle))
                                   : exp(-gamma * (rr + ss - 2 * rs));
                assert_true(fabs(dot - want) < 5 / sqrt(WIDTH));
            }
        mem_free(params);
        mem_free(z);
    }
}

// --- convolutions -------------------------------------------------------------------------------
static void sequence(float *x, size_t n, size_t step)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(((double)(i * step % 101)) / 101 - 0.5);
}

// Logits of two images of 7 x 6 x 2 against PyTorch's (tests/tool/make_conv_fixture.py).
static void test_conv_fixture(void **state)
{
    static const struct value channels[] = {NUMBER(4), NUMBER(3)}, hidden[] = {NUMBER(5)};
    static const struct value sides[] = {NUMBER(7), NUMBER(6), NUMBER(2)};
    FILE *file = fopen("tests/unit/fixtures/conv.txt", "r");
    int kernel, stride, pool, mean, cases = 0;
    (void)state;
    assert_non_null(file);
    assert_int_equal(fscanf(file, "#%*[^\n]"), 0);
    while (fscanf(file, "%d %d %d %d", &kernel, &stride, &pool, &mean) == 4) {
        struct value call = CALL("conv", {"channels", LIST(channels)}, {"kernel", NUMBER(kernel)},
                                 {"stride", NUMBER(stride)}, {"pool", NUMBER(pool)},
                                 {"pooling", NAME(mean ? "mean" : "max")}, {"hidden", LIST(hidden)},
                                 {"activation", NAME("relu")}, {"image", LIST(sides)});
        struct model model;
        struct err err = {0};
        float x[2 * 84], logits[6], *params;
        const uint32_t index[] = {0, 1};
        assert_int_equal(model_init(&model, &call, 84, 3, &err), 0);
        params = mem_new(model.n_params * sizeof(*params));
        sequence(params, model.n_params, 37);
        sequence(x, ARRAY_LEN(x), 53);
        struct table table = {.n = 2, .d = 84, .x = x, .image = {7, 6, 2}};
        struct rows rows = {&table, 2, (uint32_t *)index};
        struct step_context context = {.kernels = kernel_select(NULL)};
        assert_int_equal(predict(logits, &model, params, &rows, &context, &err), 0);
        for (size_t i = 0; i < ARRAY_LEN(logits); i++) {
            double want;
            assert_int_equal(fscanf(file, "%lf", &want), 1);
            assert_true(fabs(logits[i] - want) < 1e-6);
        }
        mem_free(params);
        cases++;
    }
    assert_int_equal(cases, 4);
    fclose(file);
}

static void test_conv_errors(void **state)
{
    static const struct value channels[] = {NUMBER(4), NUMBER(3), NUMBER(2)};
    struct model model;
    struct err err = {0};
    (void)state;
    struct value call =
        CALL("conv", {"channels", LIST(channels)}, {"kernel", NUMBER(3)}, {"stride", NUMBER(1)},
             {"pool", NUMBER(2)}, {"image", LIST(image_6x5x3)});
    assert_int_equal(model_init(&model, &call, FEATURES, CLASSES, &err), -1);
    assert_string_equal(err.text, "stage 3 would pool images of 1 x 1 by 2 x 2");
}

// --- gradients ----------------------------------------------------------------------------------
static uint32_t rig_mask(void *data, size_t rows, size_t cols)
{
    struct rig *rig = data;
    uint32_t mask = rig_input(rig, rows, cols, -1, 1);
    double *x = rig->input[rig->n_inputs - 1];
    for (size_t i = 0; i < rows * cols; i++)
        x[i] = x[i] > 0 ? 2 : 0;
    return mask;
}

static void check_gradient(const struct value *call, size_t features, size_t rows, bool training)
{
    static struct rig rig;
    struct model model;
    struct err err = {0};
    assert_int_equal(model_init(&model, call, features, 3, &err), 0);
    rig_init(&rig, rows);
    rig_param(&rig, 1, model.n_params, -0.8, 0.8);
    for (size_t l = 0; l < model.n_layers; l++) // gains as they are in use
        for (size_t i = 0; model.layer[l].normalised && i < model.layer[l].out; i++)
            rig.params[model.layer[l].gain + i] = rig_draw(&rig, 0.5, 1.5);
    struct model_pass pass = {
        .model = &model, .training = training, .mask = rig_mask, .data = &rig};
    uint32_t x = rig_input(&rig, rows, features, -2, 2), w = rig_input(&rig, rows, 3, -1, 1);
    if (model.n_state > 0)
        pass.state = rig_input(&rig, 1, model.n_state, 0.2, 1.2); // of variances and others
    uint32_t y = graph_tanh(&rig.g, model_forward(&rig.g, &pass, x, NULL));
    rig_check_within(&rig, graph_sum(&rig.g, graph_mul(&rig.g, y, w)), 2e-5);
    rig_release(&rig);
}

static void test_gradients(void **state)
{
    static const struct value hidden[] = {NUMBER(6), NUMBER(5)};
    (void)state;
    const char *norm[] = {"none", "layer", "batch"};
    for (size_t i = 0; i < ARRAY_LEN(norm); i++) {
        struct value call = CALL("mlp", {"hidden", LIST(hidden)}, {"activation", NAME("tanh")},
                                 {"norm", NAME(norm[i])}, {"dropout", NUMBER(0.5)});
        check_gradient(&call, 4, 7, true);
        check_gradient(&call, 4, 1, true); // a batch of one row
        check_gradient(&call, 4, 7, false);
    }
    static const struct value channels[] = {NUMBER(3)}, image[] = {NUMBER(4), NUMBER(4), NUMBER(2)};
    for (size_t i = 0; i < ARRAY_LEN(norm); i++) {
        struct value call =
            CALL("conv", {"channels", LIST(channels)}, {"kernel", NUMBER(3)}, {"stride", NUMBER(1)},
                 {"pool", NUMBER(2)}, {"hidden", LIST(hidden_4)}, {"activation", NAME("gelu")},
                 {"norm", NAME(norm[i])}, {"dropout", NUMBER(0.5)}, {"image", LIST(image)});
        check_gradient(&call, 32, 3, true);
        check_gradient(&call, 32, 1, true);
        check_gradient(&call, 32, 3, false);
    }
    struct value map = CALL("random_features", {"width", NUMBER(9)}, {"kernel", NAME("rbf")});
    check_gradient(&map, 4, 7, true);
}

// --- training -----------------------------------------------------------------------------------
static struct train_spec spec_of(const struct model *model, const struct images *im, size_t epochs,
                                 size_t batch)
{
    static const struct train_term gold = {.weight = NUMBER(1),
                                           .call = {.kind = VALUE_CALL, .text = "cross_entropy"}};
    static const struct value_arg args[] = {{"lr", NUMBER(0.1)},
                                            {"momentum", NUMBER(0.5)},
                                            {"nesterov", {.kind = VALUE_BOOL}},
                                            {"weight_decay", NUMBER(0.1)}};
    struct value sgd = {.kind = VALUE_CALL, .text = "sgd", .n = ARRAY_LEN(args), .args = args};
    return (struct train_spec){.model = model,
                               .rows = &im->rows,
                               .terms = &gold,
                               .n_terms = 1,
                               .optimiser = sgd,
                               .epochs = epochs,
                               .batch = batch,
                               .seed = 2};
}

static void labelled(struct images *im, uint32_t y[ROWS])
{
    images_init(im);
    for (uint32_t i = 0; i < ROWS; i++)
        y[i] = i % CLASSES;
    im->table.classes = CLASSES;
    im->table.y = y;
}

static void test_state_stays(void **state)
{
    static struct images im;
    uint32_t y[ROWS];
    (void)state;
    labelled(&im, y);
    struct value call = CALL("random_features", {"width", NUMBER(20)});
    struct model model = make_model(&call);
    size_t n = model_size(&model);
    float *start = mem_new(n * sizeof(*start)), *params = mem_new(n * sizeof(*params));
    model_start(start, &model, 1);
    memcpy(params, start, n * sizeof(*start));
    struct train_spec spec = spec_of(&model, &im, 3, 4);
    struct step_context context = {.kernels = kernel_select(NULL)};
    struct err err = {0};
    assert_int_equal(train(params, NULL, &spec, &context, &err), 0);
    assert_memory_not_equal(params, start, model.n_params * sizeof(*params));
    assert_memory_equal(params + model.n_params, start + model.n_params,
                        model.n_state * sizeof(*params));
    mem_free(start);
    mem_free(params);
}

// One step of a full batch: running statistics are a tenth of the way to the batch's; predictions
// are normalised by them.
static void test_batch_norm(void **state)
{
    static struct images im;
    uint32_t y[ROWS];
    float logits[ROWS * CLASSES];
    (void)state;
    labelled(&im, y);
    struct value call = CALL("mlp", {"hidden", LIST(hidden_4)}, {"activation", NAME("relu")},
                             {"norm", NAME("batch")});
    struct model model = make_model(&call);
    float *params = mem_new(model_size(&model) * sizeof(*params));
    model_start(params, &model, 1);
    const struct layer *l = &model.layer[0], *last = &model.layer[1];
    double mean[4] = {0}, variance[4] = {0}, z[ROWS][4];
    for (size_t u = 0; u < 4; u++) {
        for (size_t r = 0; r < ROWS; r++) {
            z[r][u] = params[l->bias + u];
            for (size_t i = 0; i < FEATURES; i++)
                z[r][u] += (double)im.x[im.index[r] * FEATURES + i] * params[l->weight + i * 4 + u];
            mean[u] += z[r][u] / ROWS;
        }
        for (size_t r = 0; r < ROWS; r++)
            variance[u] += (z[r][u] - mean[u]) * (z[r][u] - mean[u]) / (ROWS - 1);
    }
    struct train_spec spec = spec_of(&model, &im, 1, ROWS);
    struct step_context context = {.kernels = kernel_select(NULL)};
    struct err err = {0};
    assert_int_equal(train(params, NULL, &spec, &context, &err), 0);
    const float *running = params + model.n_params;
    for (size_t u = 0; u < 4; u++) {
        assert_true(fabs(running[l->mean + u] - 0.1 * mean[u]) < 1e-6);
        assert_true(fabs(running[l->variance + u] - (0.9 + 0.1 * variance[u])) < 1e-6);
    }
    logits_of(logits, &model, params, &im);
    for (size_t r = 0; r < ROWS; r++)
        for (size_t c = 0; c < CLASSES; c++) {
            double want = params[last->bias + c];
            for (size_t u = 0; u < 4; u++) {
                double in = params[l->bias + u];
                for (size_t i = 0; i < FEATURES; i++)
                    in += (double)im.x[im.index[r] * FEATURES + i] * params[l->weight + i * 4 + u];
                in = (in - running[l->mean + u]) / sqrt(running[l->variance + u] + 1e-5);
                in = in * params[l->gain + u] + params[l->shift + u];
                want += fmax(in, 0) * params[last->weight + u * CLASSES + c];
            }
            assert_true(fabs(logits[r * CLASSES + c] - want) < 1e-5);
        }
    mem_free(params);
}

// A training that stops after every step and is taken up again.
struct kept {
    struct checkpoint checkpoint;
    atomic_int stop;
    bool has;
    char bytes[12][8192];
};

static bool due(void *data)
{
    atomic_store(&((struct kept *)data)->stop, 1); // seen at the next step
    return false;
}

static int save(void *data, const struct checkpoint_part *parts, size_t n, struct err *err)
{
    struct kept *kept = data;
    (void)err;
    for (size_t i = 0; i < n; i++)
        if (parts[i].n > 0)
            memcpy(kept->bytes[i], parts[i].bytes, parts[i].n);
    kept->has = true;
    return 0;
}

static int load(void *data, const struct checkpoint_part *parts, size_t n, struct err *err)
{
    const struct kept *kept = data;
    (void)err;
    for (size_t i = 0; kept->has && i < n; i++)
        if (parts[i].n > 0)
            memcpy(parts[i].bytes, kept->bytes[i], parts[i].n);
    return kept->has;
}

// Batches of 4, 4 and a last one of a single row; dropout and running statistics go on where they
// were; every kernel table gives the same bits.
static void test_resume(void **state)
{
    static struct images im;
    static struct kept kept;
    uint32_t y[ROWS];
    (void)state;
    labelled(&im, y);
    struct value call = CALL("mlp", {"hidden", LIST(hidden_4)}, {"activation", NAME("gelu")},
                             {"norm", NAME("batch")}, {"dropout", NUMBER(0.3)});
    struct model model = make_model(&call);
    size_t bytes = model_size(&model) * sizeof(float);
    float *whole = mem_new(bytes), *pieces = mem_new(bytes);
    struct train_spec spec = spec_of(&model, &im, 3, 4);
    struct err err = {0};
    for (const struct kernels *const *k = kernel_tables(); *k != NULL; k++) {
        struct step_context context = {.kernels = *k};
        model_start(pieces, &model, 1);
        assert_int_equal(train(pieces, NULL, &spec, &context, &err), 0);
        if (k == kernel_tables())
            memcpy(whole, pieces, bytes);
        assert_memory_equal(whole, pieces, bytes);
    }
    kept.checkpoint = (struct checkpoint){due, save, load, &kept};
    struct step_context context = {
        .kernels = kernel_select(NULL), .checkpoint = &kept.checkpoint, .stop = &kept.stop};
    int status = -1, calls = 0;
    for (; status < 0 && calls < 20; calls++) {
        atomic_store(&kept.stop, 0);
        err = (struct err){0};
        model_start(pieces, &model, 1);
        status = train(pieces, NULL, &spec, &context, &err);
    }
    assert_int_equal(status, 0);
    assert_int_equal(calls, 9);
    assert_memory_equal(whole, pieces, bytes);
    mem_free(whole);
    mem_free(pieces);
}

static int first_is_best(void *data, double *out, const float *params, struct err *err)
{
    (void)params, (void)err;
    *out = -(double)(*(int *)data)++;
    return 0;
}

// The best epoch's running statistics come with its parameters.
static void test_selection(void **state)
{
    static struct images im;
    uint32_t y[ROWS];
    (void)state;
    labelled(&im, y);
    struct value call = CALL("mlp", {"hidden", LIST(hidden_4)}, {"activation", NAME("relu")},
                             {"norm", NAME("batch")});
    struct model model = make_model(&call);
    size_t bytes = model_size(&model) * sizeof(float);
    float *one = mem_new(bytes), *best = mem_new(bytes);
    struct step_context context = {.kernels = kernel_select(NULL)};
    struct err err = {0};
    int looks = 0;
    const struct selection selection = {
        .more_is_better = true, .score = first_is_best, .data = &looks};
    struct train_spec spec = spec_of(&model, &im, 1, 4);
    model_start(one, &model, 1);
    assert_int_equal(train(one, NULL, &spec, &context, &err), 0);
    spec = spec_of(&model, &im, 4, 4);
    spec.selection = &selection;
    model_start(best, &model, 1);
    assert_int_equal(train(best, NULL, &spec, &context, &err), 0);
    assert_int_equal(looks, 4);
    assert_memory_equal(one, best, bytes);
    mem_free(one);
    mem_free(best);
}

// A unit that is dropped half of the time has the same mean: with a single weight of 1 and the
// gradient of the logits constant, what the bias and the weight receive shows the masks.
static void test_dropout_rate(void **state)
{
    enum { UNITS = 4000 };
    static struct images im;
    static const struct value hidden[] = {NUMBER(UNITS)};
    uint32_t y[ROWS];
    (void)state;
    labelled(&im, y);
    struct value call = CALL("mlp", {"hidden", LIST(hidden)}, {"activation", NAME("relu")},
                             {"dropout", NUMBER(0.25)});
    struct model model = make_model(&call);
    float *start = mem_new(model.n_params * sizeof(*start));
    float *params = mem_new(model.n_params * sizeof(*params));
    memset(start, 0, model.n_params * sizeof(*start));
    for (size_t u = 0; u < UNITS; u++)
        start[model.layer[0].bias + u] = 1; // every unit is 1, every logit 0
    memcpy(params, start, model.n_params * sizeof(*start));
    im.rows.n = 1;
    struct train_spec spec = spec_of(&model, &im, 1, 1);
    struct step_context context = {.kernels = kernel_select(NULL)};
    struct err err = {0};
    assert_int_equal(train(params, NULL, &spec, &context, &err), 0);
    // The weight to class c moves by lr (p_c - y_c) times what the unit became: 0 or 4/3.
    const float *w = params + model.layer[1].weight;
    size_t kept = 0, cls = y[im.index[0]];
    for (size_t u = 0; u < UNITS; u++) {
        double unit = w[u * CLASSES + cls] / (0.1 * 0.75);
        assert_true(fabs(unit) < 1e-6 || fabs(unit - 4.0 / 3) < 1e-5);
        kept += unit > 0.5;
    }
    assert_true(fabs((double)kept / UNITS - 0.75) < 4 * sqrt(0.75 * 0.25 / UNITS));
    mem_free(start);
    mem_free(params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inputs),          cmocka_unit_test(test_images_that_do_not_fit),
        cmocka_unit_test(test_random_features), cmocka_unit_test(test_conv_fixture),
        cmocka_unit_test(test_conv_errors),     cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_state_stays),     cmocka_unit_test(test_batch_norm),
        cmocka_unit_test(test_resume),          cmocka_unit_test(test_selection),
        cmocka_unit_test(test_dropout_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
