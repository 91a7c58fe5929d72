// predict.c -- see train.h: logits of rows, batch by batch, by a program of the forward pass.
#include "model/train.h"

#include "graph/rewrite.h"
#include "model/batch.h"

#include <string.h>

enum { BATCH = 256 }; // rows at once; changes no bit, since no row sees another

struct predictor {
    struct graph graph;
    struct placement placement;
    struct program program;
    struct carve memory;
    float *features;
};

static int predictor_init(struct predictor *p, const struct model *model, const float *params,
                          size_t rows, const struct kernels *kernels, struct err *err)
{
    *p = (struct predictor){0};
    graph_init(&p->graph, err);
    uint32_t x = graph_input(&p->graph, SLOT_FEATURES, rows, model->features);
    graph_output(&p->graph, model_forward(&p->graph, model, x));
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
        .input = (float *[]){p->features},
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

// Rows from..to in batches of `batch`, which divides their number.
static int predict_range(float *logits, const struct model *model, const float *params,
                         const struct rows *rows, size_t from, size_t to, size_t batch,
                         const struct step_context *context, struct err *err)
{
    struct predictor p;
    int status = predictor_init(&p, model, params, batch, context->kernels, err);
    for (size_t at = from; status == 0 && at < to; at += batch) {
        if (context->stop != NULL && *context->stop != 0) {
            status = err_set(err, ERR_INTERRUPTED, "interrupted while predicting");
            break;
        }
        batch_features(p.features, context->kernels, rows->table, rows->index + at, batch);
        program_run(&p.program);
        memcpy(logits + at * model->classes, p.program.output[0],
               batch * model->classes * sizeof(*logits));
    }
    predictor_release(&p);
    return status;
}

int predict(float *logits, const struct model *model, const float *params, const struct rows *rows,
            const struct step_context *context, struct err *err)
{
    if (batch_check(model, rows, err) < 0)
        return -1;
    kernel_fp_pin();
    size_t whole = rows->n / BATCH * BATCH;
    if (whole > 0 &&
        predict_range(logits, model, params, rows, 0, whole, BATCH, context, err) < 0)
        return -1;
    if (whole == rows->n)
        return 0;
    return predict_range(logits, model, params, rows, whole, rows->n, rows->n - whole, context,
                         err);
}
