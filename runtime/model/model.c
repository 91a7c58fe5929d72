// model.c -- see model.h: the layers of a call, their sizes, and what they start from.
#include "model/model.h"

#include "base/detmath.h"
#include "base/rng.h"

#include <string.h>

// Which of `names`, up to a NULL, the argument is; the first when it is absent.
static int choice_of(const struct value *call, const char *arg, const char *const *names)
{
    const struct value *given = value_arg(call, arg);
    for (int i = 0; given != NULL && names[i] != NULL; i++)
        if (strcmp(names[i], given->text) == 0)
            return i;
    if (given != NULL)
        BUG("'%s' cannot be '%s'", arg, given->text);
    return 0;
}

static enum model_input input_of(const struct value *call)
{
    static const char *const names[] = {"flat", "gray", "sum_channels", NULL};
    return (enum model_input)choice_of(call, "input", names);
}

bool model_wants_images(const struct value *call)
{
    return value_is_call(call, "conv") || input_of(call) != INPUT_FLAT;
}

static int add_image(struct model *model, const struct value *call, struct err *err)
{
    const struct value *image = value_arg(call, "image");
    uint32_t side[3];
    size_t size = 1;
    if (image == NULL || image->n != ARRAY_LEN(side))
        return err_set(err, ERR_DATA, "'%s' wants images, and their shape is not known",
                       call->text);
    for (size_t i = 0; i < ARRAY_LEN(side); i++) {
        double x = image->items[i].number;
        if (!(x >= 1 && x <= UINT32_MAX) || x != (double)(uint32_t)x ||
            __builtin_mul_overflow(size, (size_t)x, &size))
            return err_set(err, ERR_DATA, "an image with a side of %g", x);
        side[i] = (uint32_t)x;
    }
    if (size != model->features)
        return err_set(err, ERR_DATA, "images of %u x %u x %u, and rows of %zu features",
                       (unsigned)side[0], (unsigned)side[1], (unsigned)side[2], model->features);
    model->image = (struct image_shape){side[0], side[1], side[2]};
    return 0;
}

// Reserves `n` numbers behind *end.
static int reserve(size_t *at, size_t *end, size_t n, struct err *err)
{
    *at = *end;
    if (__builtin_add_overflow(*end, n, end) || *end > SIZE_MAX / 64)
        return err_set(err, ERR_DATA, "a model of more than %zu numbers", SIZE_MAX / 64);
    return 0;
}

static int add_norm(struct model *model, struct layer *layer, struct err *err)
{
    layer->normalised = true;
    if (reserve(&layer->gain, &model->n_params, layer->out, err) < 0 ||
        reserve(&layer->shift, &model->n_params, layer->out, err) < 0)
        return -1;
    if (model->norm == NORM_LAYER)
        return 0;
    return reserve(&layer->mean, &model->n_state, layer->out, err) < 0
               ? -1
               : reserve(&layer->variance, &model->n_state, layer->out, err);
}

static struct layer *add_layer(struct model *model, enum layer_kind kind, size_t in, size_t out,
                               struct err *err)
{
    size_t weights, *end = kind == LAYER_FIXED ? &model->n_state : &model->n_params;
    struct layer *layer = &model->layer[model->n_layers];
    if (model->n_layers == MODEL_MAX_LAYERS) {
        err_set(err, ERR_DATA, "a model of more than %d layers", MODEL_MAX_LAYERS);
        return NULL;
    }
    if (in == 0 || out == 0) {
        err_set(err, ERR_DATA, "a layer of %zu inputs and %zu outputs", in, out);
        return NULL;
    }
    *layer = (struct layer){.kind = kind, .in = in, .out = out, .width = out, .pixels = 1};
    if (__builtin_mul_overflow(in, out, &weights)) {
        err_set(err, ERR_DATA, "a layer of %zu x %zu weights is too large", in, out);
        return NULL;
    }
    if (reserve(&layer->weight, end, weights, err) < 0 || reserve(&layer->bias, end, out, err) < 0)
        return NULL;
    model->n_layers++;
    return layer;
}

static void init_tree(struct model *model, const struct value *call)
{
    bool gini = strcmp(value_arg_text(call, "criterion"), "gini") == 0;
    model->kind = MODEL_TREE;
    model->tree = (struct tree_settings){
        .depth = (size_t)value_arg_int(call, "depth"),
        .min_leaf = (size_t)value_arg_int(call, "min_leaf"),
        .min_split = (size_t)value_arg_int(call, "min_split"),
        .criterion = gini ? TREE_GINI : TREE_ENTROPY,
    };
}

static int add_hidden(struct model *model, size_t *in, const struct value *units, struct err *err)
{
    double out = units->number;
    if (!(out >= 1 && out <= 0x1p40) || out != (double)(size_t)out)
        return err_set(err, ERR_DATA, "a hidden layer of %g units", out);
    struct layer *layer = add_layer(model, LAYER_AFFINE, *in, (size_t)out, err);
    if (layer == NULL)
        return -1;
    *in = layer->out;
    return model->norm != NORM_NONE ? add_norm(model, layer, err) : 0;
}

// What hidden layers have in common.
static void init_hidden(struct model *model, const struct value *call)
{
    static const char *const activations[] = {"relu", "tanh", "gelu", NULL};
    static const char *const norms[] = {"none", "layer", "batch", NULL};
    const struct value *dropout = value_arg(call, "dropout");
    model->activation = (enum activation)choice_of(call, "activation", activations);
    model->norm = (enum normalisation)choice_of(call, "norm", norms);
    model->dropout = dropout != NULL ? dropout->number : 0;
}

static int add_hidden_layers(struct model *model, size_t *in, const struct value *call,
                             struct err *err)
{
    const struct value *hidden = value_arg(call, "hidden");
    for (size_t i = 0; hidden != NULL && i < hidden->n; i++)
        if (add_hidden(model, in, &hidden->items[i], err) < 0)
            return -1;
    return 0;
}

static int too_small(size_t stage, size_t height, size_t width, uint32_t pool, struct err *err)
{
    err_set(err, ERR_DATA, "stage %zu would pool images of %zu x %zu by %u x %u", stage, height,
            width, (unsigned)pool, (unsigned)pool);
    err_hint(err, "Fewer stages, or pool: 1, keep them larger.");
    return -1;
}

// A setting of stages; the schema has looked, a plan from elsewhere may not have.
static int stage_setting(uint32_t *out, const struct value *call, const char *name, struct err *err)
{
    double x = value_arg_number(call, name);
    if (!(x >= 1 && x <= 255) || x != (double)(uint32_t)x)
        return err_set(err, ERR_DATA, "'%s' is %g, expected a whole number in 1..255", name, x);
    *out = (uint32_t)x;
    return 0;
}

// How stages slide over an image; the image is filled in stage by stage.
static int stage_windows(struct window *conv, struct window *pool, const struct value *call,
                         struct err *err)
{
    uint32_t kernel = 0, stride = 0, side = 0;
    if (stage_setting(&kernel, call, "kernel", err) < 0 ||
        stage_setting(&stride, call, "stride", err) < 0 ||
        stage_setting(&side, call, "pool", err) < 0)
        return -1;
    if (kernel % 2 == 0)
        return err_set(err, ERR_DATA, "a kernel of %u x %u has no centre, expected an odd size",
                       (unsigned)kernel, (unsigned)kernel);
    *conv = (struct window){.size = kernel, .stride = stride, .pad = kernel / 2};
    *pool = (struct window){.size = side, .stride = side};
    return 0;
}

static void set_image(struct window *w, const struct image_shape *image)
{
    w->height = image->height;
    w->width = image->width;
    w->channels = image->channels;
}

// The image behind the windows; a stride of 1 or more makes none larger, so its sides fit.
static struct image_shape image_behind(const struct window *w, uint32_t channels)
{
    return (struct image_shape){(uint32_t)window_out_height(w), (uint32_t)window_out_width(w),
                                channels};
}

// A stage for images of the shape `image`, which becomes that of what the stage makes.
static int add_stage(struct model *model, struct image_shape *image, struct window conv,
                     struct window pool, double channels, struct err *err)
{
    size_t stage = model->n_layers + 1;
    if (!(channels >= 1 && channels <= 65536) || channels != (double)(uint32_t)channels)
        return err_set(err, ERR_DATA, "a stage of %g channels", channels);
    size_t in = (size_t)conv.size * conv.size * image->channels;
    set_image(&conv, image);
    *image = image_behind(&conv, (uint32_t)channels);
    set_image(&pool, image);
    if (image->height < pool.size || image->width < pool.size)
        return too_small(stage, image->height, image->width, pool.size, err);
    struct layer *layer = add_layer(model, LAYER_CONV, in, (size_t)channels, err);
    if (layer == NULL)
        return -1;
    layer->window = conv;
    layer->pool = pool;
    layer->pixels = (size_t)image->height * image->width;
    if (layer->pixels > SIZE_MAX / 64 / layer->out)
        return err_set(err, ERR_DATA, "stage %zu is too large", stage);
    *image = image_behind(&pool, image->channels);
    layer->width = (size_t)image->height * image->width * image->channels;
    return model->norm != NORM_NONE ? add_norm(model, layer, err) : 0;
}

static int init_conv(struct model *model, size_t *in, const struct value *call, struct err *err)
{
    const struct value *channels = value_arg(call, "channels");
    struct image_shape image = model->image;
    struct window window, pool;
    if (stage_windows(&window, &pool, call, err) < 0)
        return -1;
    if (model->input != INPUT_FLAT)
        image.channels = 1;
    static const char *const poolings[] = {"max", "mean", NULL};
    model->mean_pooling = choice_of(call, "pooling", poolings) == 1;
    init_hidden(model, call);
    for (size_t i = 0; i < channels->n; i++)
        if (add_stage(model, &image, window, pool, channels->items[i].number, err) < 0)
            return -1;
    *in = (size_t)image.height * image.width * image.channels;
    return add_hidden_layers(model, in, call, err);
}

static int init_map(struct model *model, size_t *in, const struct value *call, struct err *err)
{
    static const char *const maps[] = {"rbf", "relu", NULL};
    const struct value *gamma = value_arg(call, "gamma");
    model->map = (enum feature_map)choice_of(call, "kernel", maps);
    model->gamma = gamma != NULL ? gamma->number : 1 / (double)*in;
    struct layer *layer =
        add_layer(model, LAYER_FIXED, *in, (size_t)value_arg_int(call, "width"), err);
    if (layer == NULL)
        return -1;
    *in = layer->out;
    return 0;
}

int model_init(struct model *model, const struct value *call, size_t features, size_t classes,
               struct err *err)
{
    *model = (struct model){.features = features, .classes = classes, .input = input_of(call)};
    if (value_is_call(call, "tree")) {
        init_tree(model, call);
        return 0;
    }
    if (value_is_call(call, "knn")) {
        model->kind = MODEL_KNN;
        model->neighbours = (size_t)value_arg_int(call, "k");
        return 0;
    }
    if (model_wants_images(call) && add_image(model, call, err) < 0)
        return -1;
    size_t in = model->input == INPUT_FLAT ? features : features / model->image.channels;
    if (value_is_call(call, "mlp")) {
        init_hidden(model, call);
        if (add_hidden_layers(model, &in, call, err) < 0)
            return -1;
    } else if (value_is_call(call, "conv")) {
        if (init_conv(model, &in, call, err) < 0)
            return -1;
    } else if (value_is_call(call, "random_features")) {
        if (init_map(model, &in, call, err) < 0)
            return -1;
    } else if (!value_is_call(call, "linear")) {
        BUG("unknown model '%s'", call->kind == VALUE_CALL ? call->text : "?");
    }
    return add_layer(model, LAYER_AFFINE, in, classes, err) != NULL ? 0 : -1;
}

static void fill(float *x, size_t n, float value)
{
    for (size_t i = 0; i < n; i++)
        x[i] = value;
}

static void start_affine(float *params, const struct layer *layer, struct rng *rng)
{
    double bound = 1 / det_sqrt((double)layer->in);
    size_t n = layer->in * layer->out + layer->out; // the bias follows its weights
    for (size_t i = 0; i < n; i++)
        params[layer->weight + i] = (float)((2 * rng_unit(rng) - 1) * bound);
}

static void start_fixed(float *state, const struct model *model, const struct layer *layer,
                        struct rng *rng)
{
    const double two_pi = 6.283185307179586;
    double deviation = det_sqrt(2 * model->gamma);
    for (size_t i = 0; i < layer->in * layer->out; i++)
        state[layer->weight + i] = (float)(deviation * rng_normal(rng));
    for (size_t i = 0; i < layer->out; i++)
        state[layer->bias + i] = model->map == MAP_RBF ? (float)(two_pi * rng_unit(rng)) : 0;
}

void model_start(float *params, const struct model *model, uint64_t seed)
{
    struct rng_key key = rng_key_of(seed, "init");
    float *state = params + model->n_params;
    for (size_t l = 0; l < model->n_layers; l++) {
        const struct layer *layer = &model->layer[l];
        struct rng rng = rng_at(key, l);
        if (layer->kind == LAYER_FIXED)
            start_fixed(state, model, layer, &rng);
        else
            start_affine(params, layer, &rng);
        if (!layer->normalised)
            continue;
        fill(params + layer->gain, layer->out, 1);
        fill(params + layer->shift, layer->out, 0);
        if (model->norm == NORM_BATCH) {
            fill(state + layer->mean, layer->out, 0);
            fill(state + layer->variance, layer->out, 1);
        }
    }
}

void model_follow(float *state, const struct model *model, const float *const *statistic,
                  size_t rows)
{
    for (size_t l = 0; l < model->n_layers; l++) {
        const struct layer *layer = &model->layer[l];
        if (!layer->normalised)
            continue;
        double n = (double)rows * (double)layer->pixels;
        const float unbiased = (float)(n / (n - 1));
        float *mean = state + layer->mean, *variance = state + layer->variance;
        for (size_t i = 0; i < layer->out; i++) {
            mean[i] = 0.9f * mean[i] + 0.1f * statistic[0][i];
            variance[i] = 0.9f * variance[i] + 0.1f * (unbiased * statistic[1][i]);
        }
        statistic += 2;
    }
}

static double layer_flops(const struct layer *layer)
{
    return 2.0 * (double)layer->in * (double)layer->out * (double)layer->pixels;
}

double model_flops(const struct model *model)
{
    double flops = 0;
    for (size_t l = 0; l < model->n_layers; l++)
        flops += layer_flops(&model->layer[l]);
    return flops;
}

double model_training_flops(const struct model *model)
{
    double flops = 0;
    bool trained_below = false;
    for (size_t l = 0; l < model->n_layers; l++) {
        bool trained = model->layer[l].kind != LAYER_FIXED;
        flops += layer_flops(&model->layer[l]) * (1 + trained + trained_below);
        trained_below |= trained;
    }
    return flops;
}
