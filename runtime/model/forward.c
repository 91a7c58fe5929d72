// forward.c -- see forward.h: layer by layer, weights, normalisation, activation, dropout.
#include "model/forward.h"

#include "base/detmath.h"

static const float EPS = 1e-5f; // added to variances

static uint32_t state_part(struct graph *g, const struct model_pass *pass, size_t offset,
                           size_t rows, size_t cols)
{
    return graph_view(g, pass->state, offset, rows, cols);
}

uint32_t model_weight(struct graph *g, const struct model_pass *pass, size_t layer)
{
    const struct layer *l = &pass->model->layer[layer];
    return l->kind == LAYER_FIXED ? state_part(g, pass, l->weight, l->in, l->out)
                                  : graph_param(g, l->weight, l->in, l->out);
}

uint32_t model_bias(struct graph *g, const struct model_pass *pass, size_t layer)
{
    const struct layer *l = &pass->model->layer[layer];
    return l->kind == LAYER_FIXED ? state_part(g, pass, l->bias, 1, l->out)
                                  : graph_param(g, l->bias, 1, l->out);
}

// The product and the bias. Of a stage of a convolution: pixels B x P rows, channels columns.
static uint32_t affine(struct graph *g, const struct model_pass *pass, size_t l, uint32_t x)
{
    const struct layer *layer = &pass->model->layer[l];
    uint32_t w = model_weight(g, pass, l);
    uint32_t z = layer->kind == LAYER_CONV ? graph_conv(g, x, w, &layer->window)
                                           : graph_matmul(g, x, false, w, false);
    return graph_add(g, z, model_bias(g, pass, l));
}

static size_t rows_of(const struct graph *g, uint32_t x)
{
    return graph_failed(g) || x == NODE_NONE ? 0 : g->node[x].rows;
}

// Channels stand last, so those of a pixel are a row of their own.
static uint32_t project(struct graph *g, const struct model *model, uint32_t x)
{
    size_t rows = rows_of(g, x), channels = model->image.channels;
    size_t pixels = model->features / channels;
    uint32_t sum = graph_row_sum(g, graph_reshape(g, x, rows * pixels, channels));
    if (model->input == INPUT_GRAY)
        sum = graph_div(g, sum, graph_constant(g, (float)channels));
    return graph_reshape(g, sum, rows, pixels);
}

// sqrt(2 / width) cos(z), or of relu(z).
static uint32_t map(struct graph *g, const struct model *model, const struct layer *layer,
                    uint32_t z)
{
    uint32_t y = model->map == MAP_RBF ? graph_cos(g, z) : graph_relu(g, z);
    return graph_mul(g, y, graph_constant(g, (float)det_sqrt(2 / (double)layer->out)));
}

static uint32_t activate(struct graph *g, enum activation activation, uint32_t z)
{
    switch (activation) {
    case ACTIVATION_RELU:
        return graph_relu(g, z);
    case ACTIVATION_TANH:
        return graph_tanh(g, z);
    case ACTIVATION_GELU:
        return graph_gelu(g, z);
    }
    BUG("activation %d is unknown", (int)activation);
}

// The sum of each channel of z, B x P rows: first over the batch, then over the pixels, so that no
// chain of additions is as long as both together.
static uint32_t channel_sums(struct graph *g, uint32_t z, size_t rows, size_t pixels)
{
    if (pixels == 1)
        return graph_col_sum(g, z);
    size_t channels = g->node[z].cols;
    uint32_t over_batch = graph_col_sum(g, graph_reshape(g, z, rows, pixels * channels));
    return graph_col_sum(g, graph_reshape(g, over_batch, pixels, channels));
}

// The mean of each channel, where `batch`, or of each row.
static uint32_t mean_of(struct graph *g, uint32_t z, size_t rows, size_t pixels, bool batch)
{
    if (graph_failed(g) || z == NODE_NONE)
        return NODE_NONE;
    size_t n = batch ? g->node[z].rows : g->node[z].cols;
    uint32_t sum = batch ? channel_sums(g, z, rows, pixels) : graph_row_sum(g, z);
    return graph_div(g, sum, graph_constant(g, (float)n));
}

// Mean and variance.
static void moments(struct graph *g, uint32_t out[2], uint32_t z, size_t rows, size_t pixels,
                    bool batch)
{
    out[0] = mean_of(g, z, rows, pixels, batch);
    uint32_t centred = graph_sub(g, z, out[0]);
    out[1] = mean_of(g, graph_mul(g, centred, centred), rows, pixels, batch);
}

// `rows` is B; z may have a row for each pixel, which layer normalisation takes together.
static uint32_t normalise(struct graph *g, const struct model_pass *pass, size_t l, size_t number,
                          size_t rows, uint32_t z)
{
    const struct layer *layer = &pass->model->layer[l];
    bool batch = pass->model->norm == NORM_BATCH;
    bool layer_wise = !batch && layer->kind == LAYER_CONV;
    bool running = batch && (!pass->training || rows < 2);
    uint32_t moment[2] = {NODE_NONE, NODE_NONE};
    if (running) {
        moment[0] = state_part(g, pass, layer->mean, 1, layer->out);
        moment[1] = state_part(g, pass, layer->variance, 1, layer->out);
    } else {
        z = layer_wise ? graph_reshape(g, z, rows, layer->pixels * layer->out) : z;
        moments(g, moment, z, rows, layer->pixels, batch);
    }
    for (size_t i = 0; batch && pass->statistic != NULL && i < 2; i++)
        pass->statistic[2 * number + i] = running ? NODE_NONE : moment[i];
    uint32_t spread = graph_sqrt(g, graph_add(g, moment[1], graph_constant(g, EPS)));
    z = graph_div(g, graph_sub(g, z, moment[0]), spread);
    z = layer_wise ? graph_reshape(g, z, rows * layer->pixels, layer->out) : z;
    z = graph_mul(g, z, graph_param(g, layer->gain, 1, layer->out));
    return graph_add(g, z, graph_param(g, layer->shift, 1, layer->out));
}

static uint32_t pool(struct graph *g, const struct model *model, const struct layer *layer,
                     size_t rows, uint32_t x)
{
    x = graph_reshape(g, x, rows, layer->pixels * layer->out);
    if (layer->pool.size == 1)
        return x;
    return (model->mean_pooling ? graph_pool_mean : graph_pool_max)(g, x, &layer->pool);
}

static uint32_t drop(struct graph *g, const struct model_pass *pass, uint32_t x)
{
    if (!pass->training || pass->model->dropout == 0 || graph_failed(g) || x == NODE_NONE)
        return x;
    uint32_t mask = pass->mask(pass->data, g->node[x].rows, g->node[x].cols);
    return graph_mul(g, x, mask);
}

uint32_t model_forward(struct graph *g, const struct model_pass *pass, uint32_t x, uint32_t *hidden)
{
    const struct model *model = pass->model;
    size_t normalised = 0, rows = rows_of(g, x);
    if (model->input != INPUT_FLAT)
        x = project(g, model, x);
    for (size_t l = 0; l < model->n_layers; l++) {
        const struct layer *layer = &model->layer[l];
        x = affine(g, pass, l, x);
        if (l + 1 == model->n_layers)
            break;
        if (layer->normalised)
            x = normalise(g, pass, l, normalised++, rows, x);
        x = layer->kind == LAYER_FIXED ? map(g, model, layer, x)
                                       : activate(g, model->activation, x);
        if (layer->kind == LAYER_CONV)
            x = pool(g, model, layer, rows, x);
        if (hidden != NULL)
            hidden[l] = x;
        x = drop(g, pass, x);
    }
    return x;
}
