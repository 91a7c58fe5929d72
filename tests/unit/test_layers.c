// test_layers.c -- what the layers of a network compute, against naive loops in double.
#include "cmocka_first.h"

#include "base/mem.h"
#include "base/rng.h"
#include "model/train.h"

#include <math.h>
#include <string.h>

#define NUMBER(x) {.kind = VALUE_NUMBER, .number = (x)}
#define NAME(x) {.kind = VALUE_NAME, .text = (x)}
#define LIST(array) {.kind = VALUE_LIST, .n = ARRAY_LEN(array), .items = (array)}
#define CALL(name, ...)                                                                            \
    {.kind = VALUE_CALL, .text = (name),                                                           \
     .n = sizeof((const struct value_arg[]){__VA_ARGS__}) / sizeof(struct value_arg),              \
     .args = (const struct value_arg[]){__VA_ARGS__}}

static const struct value image_6x5x3[] = {NUMBER(6), NUMBER(5), NUMBER(3)};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inputs),
        cmocka_unit_test(test_images_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
