// predict.c -- see train.h: logits or a hidden layer of rows, batch by batch, by a program of the
// forward pass.
#include "model/train.h"

#include "graph/rewrite.h"
#include "model/batch.h"
#include "model/fit.h"
#include "model/forward.h"

#include <string.h>

enum { INPUT_FEATURES, INPUT_STATE };
// Rows at once, fewer where a layer is wide; changes no bit, since no row sees another.
enum { BATCH = 256, MOST_FLOATS = 1 << 24 };

struct predictor {
    struct graph graph;
    struct placement placement;
    struct program program;
    struct carve memory;
    float *features;
};

static int predictor_init(struct predictor *p, const struct model *model, size_t layer,
                          const float *params, size_t rows, const struct kernels *kernels,
                          struct err *err)
{
    *p = (struct predictor){0};
    graph_init(&p->graph, err);
    uint32_t x = graph_input(&p->graph, INPUT_FEATURES, rows, model->features);
    struct model_pass pass = {.model = model};
    if (model->n_state > 0)
        pass.state = graph_input(&p->graph, INPUT_STATE, 1, model->n_state);
    uint32_t hidden[MODEL_MAX_LAYERS];
    uint32_t logits = model_forward(&p->graph, &pass, x, hidden);
    graph_output(&p->graph, layer > 0 ? hidden[layer - 1] : logits);
    if (graph_failed(&p->graph))
        return -1;
    graph_optimise(&p->graph, model->n_params);
    graph_place(&p->placement, &p->graph, false);
    size_t features = carve_reserve(&p->memory, rows, model->features);
    size_t block = carve_reserve(&p->memory, p->placement.block, 1);
    size_t workspace =
        carve_reserve(&p->memory, program_workspace(&p->graph, kernels) / sizeof(float) + 1, 1);
    if (carve_allocate(&p->memory, "prediction", err) < 0)
        return -1;
    p->features = p->memory.block + features;
    struct program_memory memory = {
        .params = (float *)params, // read only: the graph has no store and no update
        .input = (float *[]){p->features, (float *)params + model->n_params}, // the second too
        .block = p->memory.block + block,
        .workspace = p->memory.block + workspace,
    };
    program_compile(&p->program, &p->graph, &p->placement, kernels, &memory);
    return 0;
}

static void predictor_release(struct predictor *p)
{
    program_release(&p->program);
    placement_release(&p->placement);
    graph_release(&p->graph);
    carve_release(&p->memory);
}

// What is asked of which model: `layer` 0 is the logits.
struct request {
    const struct model *model;
    const float *params;
    size_t layer, width;
};

// Rows from..to in batches of `batch`, which divides their number.
static int predict_range(float *out, const struct request *of, const struct rows *rows, size_t from,
                         size_t to, size_t batch, const struct step_context *context,
                         struct err *err)
{
    struct predictor p;
    int status =
        predictor_init(&p, of->model, of->layer, of->params, batch, context->kernels, err);
    for (size_t at = from; status == 0 && at < to; at += batch) {
        if (context->stop != NULL && *context->stop != 0) {
            status = err_set(err, ERR_INTERRUPTED, "interrupted while predicting");
            break;
        }
        batch_features(p.features, context->kernels, rows->table, rows->index + at, batch);
        program_run(&p.program);
        memcpy(out + at * of->width, p.program.output[0], batch * of->width * sizeof(*out));
    }
    predictor_release(&p);
    return status;
}

static size_t rows_at_once(const struct model *model)
{
    size_t widest = model->features;
    for (size_t l = 0; l < model->n_layers; l++) {
        size_t made = model->layer[l].pixels * model->layer[l].out;
        widest = made > widest ? made : widest;
    }
    size_t rows = MOST_FLOATS / widest;
    return rows == 0 ? 1 : rows < BATCH ? rows : BATCH;
}

int predict_layer(float *out, const struct model *model, const float *params, size_t layer,
                  const struct rows *rows, const struct step_context *context, struct err *err)
{
    if (model->kind != MODEL_NET && layer == 0)
        return fit_predict(out, model, params, rows, context, err);
    if (batch_check(model, rows, err) < 0)
        return -1;
    if (model->kind != MODEL_NET)
        return err_set(err, ERR_DATA, "there is no hidden layer %zu in a model without layers", layer);
    if (layer >= model->n_layers)
        return err_set(err, ERR_DATA, "there is no hidden layer %zu in a model with %zu", layer,
                       model->n_layers - 1);
    kernel_fp_pin();
    struct request of = {model, params, layer, model_width(model, layer)};
    size_t batch = rows_at_once(model), whole = rows->n / batch * batch;
    if (whole > 0 && predict_range(out, &of, rows, 0, whole, batch, context, err) < 0)
        return -1;
    if (whole == rows->n)
        return 0;
    return predict_range(out, &of, rows, whole, rows->n, rows->n - whole, context, err);
}

int predict(float *logits, const struct model *model, const float *params, const struct rows *rows,
            const struct step_context *context, struct err *err)
{
    return predict_layer(logits, model, params, 0, rows, context, err);
}
