// model.c -- see model.h: layer sizes from a call, initial parameters, and the forward pass as a
// graph.
#include "model/model.h"

#include "base/detmath.h"
#include "base/rng.h"
#include "graph/graph.h"

#include <string.h>

static const struct {
    const char *name;
    enum activation activation;
    uint32_t (*build)(struct graph *g, uint32_t x);
} activations[] = {
    {"relu", ACTIVATION_RELU, graph_relu},
    {"tanh", ACTIVATION_TANH, graph_tanh},
    {"gelu", ACTIVATION_GELU, graph_gelu},
};

static enum activation activation_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(activations); i++)
        if (strcmp(activations[i].name, name) == 0)
            return activations[i].activation;
    BUG("unknown activation '%s'", name);
}

static const struct {
    const char *name;
    enum model_input input;
} inputs[] = {
    {"flat", INPUT_FLAT},
    {"gray", INPUT_GRAY},
    {"sum_channels", INPUT_SUM_CHANNELS},
};

static enum model_input input_of(const struct value *call)
{
    const struct value *input = value_arg(call, "input");
    if (input == NULL)
        return INPUT_FLAT;
    for (size_t i = 0; i < ARRAY_LEN(inputs); i++)
        if (strcmp(inputs[i].name, input->text) == 0)
            return inputs[i].input;
    BUG("unknown input '%s'", input->text);
}

bool model_wants_images(const struct value *call)
{
    return input_of(call) != INPUT_FLAT;
}

static int add_image(struct model *model, const struct value *call, struct err *err)
{
    const struct value *image = value_arg(call, "image");
    uint32_t side[3];
    size_t size = 1;
    if (image == NULL || image->n != ARRAY_LEN(side))
        return err_set(err, ERR_DATA, "'%s' wants images, and their shape is not known", call->text);
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

static int add_layer(struct model *model, size_t in, size_t out, struct err *err)
{
    if (model->n_layers == MODEL_MAX_LAYERS)
        return err_set(err, ERR_DATA, "a model of more than %d layers", MODEL_MAX_LAYERS);
    size_t weights, end;
    if (in == 0 || out == 0)
        return err_set(err, ERR_DATA, "a layer of %zu inputs and %zu outputs", in, out);
    if (__builtin_mul_overflow(in, out, &weights) ||
        __builtin_add_overflow(model->n_params, weights, &end) ||
        __builtin_add_overflow(end, out, &end) || end > SIZE_MAX / 64)
        return err_set(err, ERR_DATA, "a layer of %zu x %zu weights is too large", in, out);
    model->layer[model->n_layers++] =
        (struct layer){in, out, model->n_params, model->n_params + weights};
    model->n_params = end;
    return 0;
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
        const struct value *hidden = value_arg(call, "hidden");
        model->activation = activation_of(value_arg_text(call, "activation"));
        for (size_t i = 0; hidden != NULL && i < hidden->n; i++) {
            double units = hidden->items[i].number;
            if (!(units >= 1 && units <= 0x1p40) || units != (double)(size_t)units)
                return err_set(err, ERR_DATA, "a hidden layer of %g units", units);
            if (add_layer(model, in, (size_t)units, err) < 0)
                return -1;
            in = (size_t)units;
        }
    } else if (!value_is_call(call, "linear")) {
        BUG("unknown model '%s'", call->kind == VALUE_CALL ? call->text : "?");
    }
    return add_layer(model, in, classes, err);
}

void model_start(float *params, const struct model *model, uint64_t seed)
{
    struct rng_key key = rng_key_of(seed, "init");
    for (size_t l = 0; l < model->n_layers; l++) {
        const struct layer *layer = &model->layer[l];
        struct rng rng = rng_at(key, l);
        double bound = 1 / det_sqrt((double)layer->in);
        size_t n = layer->in * layer->out + layer->out; // the bias follows its weights
        for (size_t i = 0; i < n; i++)
            params[layer->weight + i] = (float)((2 * rng_unit(&rng) - 1) * bound);
    }
}

// Channels stand last, so those of a pixel are a row of their own.
static uint32_t project(struct graph *g, const struct model *model, uint32_t x)
{
    size_t channels = model->image.channels, pixels = model->features / channels;
    if (graph_failed(g) || x == NODE_NONE)
        return NODE_NONE;
    size_t rows = g->node[x].rows;
    uint32_t sum = graph_row_sum(g, graph_reshape(g, x, rows * pixels, channels));
    if (model->input == INPUT_GRAY)
        sum = graph_div(g, sum, graph_constant(g, (float)channels));
    return graph_reshape(g, sum, rows, pixels);
}

uint32_t model_forward(struct graph *g, const struct model *model, uint32_t x, uint32_t *hidden)
{
    if (model->input != INPUT_FLAT)
        x = project(g, model, x);
    for (size_t l = 0; l < model->n_layers; l++) {
        const struct layer *layer = &model->layer[l];
        uint32_t weight = graph_param(g, layer->weight, layer->in, layer->out);
        uint32_t bias = graph_param(g, layer->bias, 1, layer->out);
        x = graph_add(g, graph_matmul(g, x, false, weight, false), bias);
        if (l + 1 == model->n_layers)
            break;
        x = activations[model->activation].build(g, x);
        if (hidden != NULL)
            hidden[l] = x;
    }
    return x;
}

double model_flops(const struct model *model)
{
    double flops = 0;
    for (size_t l = 0; l < model->n_layers; l++)
        flops += 2.0 * (double)model->layer[l].in * (double)model->layer[l].out;
    return flops;
}
