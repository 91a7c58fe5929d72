// train.c -- see train.h: the objective becomes a graph, the graph two programs (one for full
// batches, one for the smaller last batch of an epoch) over one block of memory, and training is a
// loop that fills inputs and runs a program. Nothing is allocated inside the loop.
#include "model/train.h"

#include "base/mem.h"
#include "base/rng.h"
#include "graph/grad.h"
#include "graph/rewrite.h"
#include "model/batch.h"
#include "model/losses.h"
#include "model/optimiser.h"
#include "model/schedule.h"

#include <math.h>

// Input slots: the features (batch.h), these, then two for each term.
enum { SLOT_GOLD = SLOT_FEATURES + 1, SLOT_PROGRESS, SLOT_TERMS };

struct trainer {
    const struct train_spec *spec;
    const struct kernels *kernels;
    struct crew *crew;
    struct optimiser optimiser;
    bool uses_gold;
    size_t batch[2];           // rows of a full batch, and of the last one (0: it is full too)
    struct program program[2]; // for each of them
    struct carve memory;
    float **input;             // by slot; NULL where no graph reads it
    uint32_t *row;             // batch: table rows of the batch
    uint32_t *cls;             // batch: their labels
    uint32_t *order;           // N: positions in the order of the epoch
};

static size_t n_slots(const struct trainer *t)
{
    return SLOT_TERMS + 2 * t->spec->n_terms;
}

static uint32_t weight_slot(size_t term)
{
    return (uint32_t)(SLOT_TERMS + 2 * term + 1);
}

// Terms with one target share its slot, so their graphs share what is computed from it.
static uint32_t target_slot(const struct trainer *t, size_t term)
{
    const struct train_term *terms = t->spec->terms;
    if (loss_uses_gold(&terms[term].call))
        return SLOT_GOLD;
    size_t first = 0;
    while (terms[first].target != terms[term].target || loss_uses_gold(&terms[first].call))
        first++;
    return (uint32_t)(SLOT_TERMS + 2 * first);
}

// --- checks --------------------------------------------------------------------------------------
static int check_labels(const struct trainer *t, struct err *err)
{
    const struct rows *rows = t->spec->rows;
    if (rows->table->y == NULL)
        return err_set(err, ERR_DATA, "cross_entropy needs labels, and the data have none");
    for (size_t i = 0; i < rows->n; i++) {
        uint32_t y = rows->table->y[rows->index[i]];
        if (y >= t->spec->model->classes)
            return err_set(err, ERR_DATA, "label %u in row %zu, and the model knows %zu classes",
                           (unsigned)y, (size_t)rows->index[i], t->spec->model->classes);
    }
    return 0;
}

static int check(struct trainer *t, struct err *err)
{
    const struct train_spec *spec = t->spec;
    if (spec->n_terms == 0 || spec->batch == 0)
        BUG("an objective of %zu terms, batches of %zu rows", spec->n_terms, spec->batch);
    if (spec->rows->n == 0)
        return err_set(err, ERR_DATA, "there are no rows to train on");
    if (spec->rows->n > UINT32_MAX)
        return err_set(err, ERR_DATA, "%zu rows are too many", spec->rows->n);
    if (batch_check(spec->model, spec->rows, err) < 0)
        return -1;
    for (size_t i = 0; i < spec->n_terms; i++) {
        if (loss_uses_gold(&spec->terms[i].call))
            t->uses_gold = true;
        else if (spec->terms[i].target == NULL)
            BUG("%s has no target", spec->terms[i].call.text);
        if (schedule_check(&spec->terms[i].weight, err) < 0)
            return -1;
    }
    return t->uses_gold ? check_labels(t, err) : 0;
}

// --- the objective as a graph --------------------------------------------------------------------
static uint32_t build_objective(struct graph *g, const struct trainer *t, size_t rows)
{
    const struct train_spec *spec = t->spec;
    size_t classes = spec->model->classes;
    uint32_t x = graph_input(g, SLOT_FEATURES, rows, spec->model->features);
    struct loss_inputs in = {
        .logits = model_forward(g, spec->model, x),
        .progress = graph_input(g, SLOT_PROGRESS, 1, 1),
        .classes = classes,
    };
    uint32_t total = NODE_NONE;
    for (size_t i = 0; i < spec->n_terms; i++) {
        const struct train_term *term = &spec->terms[i];
        in.target = graph_input(g, target_slot(t, i), rows, classes);
        uint32_t weight = term->weight.kind == VALUE_NUMBER
                              ? graph_constant(g, (float)term->weight.number)
                              : graph_input(g, weight_slot(i), 1, 1);
        uint32_t loss = graph_mul(g, loss_build(g, &term->call, &in), weight);
        total = i == 0 ? loss : graph_add(g, total, loss);
    }
    return total;
}

static int build_graph(struct graph *g, const struct trainer *t, size_t rows)
{
    uint32_t loss = build_objective(g, t, rows);
    if (graph_gradient(g, loss) < 0)
        return -1;
    graph_output(g, loss);
    graph_optimise(g, t->spec->model->n_params);
    return 0;
}

// --- memory and programs -------------------------------------------------------------------------
struct parts { // offsets into the carved block
    size_t *input; // by slot
    size_t gradient, state, block, workspace, row, cls, order;
    size_t workspace_bytes; // for one thread
};

static bool slot_is_read(const struct graph *g, uint32_t slot)
{
    for (uint32_t id = 0; id < g->n; id++)
        if (g->node[id].op == OP_INPUT && g->node[id].index == slot)
            return true;
    return false;
}

static void slot_shape(size_t *rows, size_t *cols, const struct trainer *t, uint32_t slot)
{
    bool scalar = slot == SLOT_PROGRESS || (slot >= SLOT_TERMS && (slot - SLOT_TERMS) % 2 == 1);
    *rows = scalar ? 1 : t->batch[0];
    *cols = scalar ? 1 : slot == SLOT_FEATURES ? t->spec->model->features : t->spec->model->classes;
}

static void reserve(struct parts *parts, struct trainer *t, const struct graph *g, size_t block,
                    size_t workspace)
{
    struct carve *c = &t->memory;
    size_t n_params = t->spec->model->n_params, rows, cols;
    for (uint32_t slot = 0; slot < n_slots(t); slot++) {
        slot_shape(&rows, &cols, t, slot);
        parts->input[slot] = slot_is_read(g, slot) ? carve_reserve(c, rows, cols) : SIZE_MAX;
    }
    parts->gradient = carve_reserve(c, n_params, 1);
    parts->state = carve_reserve(c, n_params, optimiser_arrays(&t->optimiser));
    parts->block = carve_reserve(c, block, 1);
    parts->workspace = carve_reserve(c, workspace / sizeof(float), crew_size(t->crew));
    parts->row = carve_reserve(c, t->batch[0], 1);
    parts->cls = carve_reserve(c, t->batch[0], 1);
    parts->order = carve_reserve(c, t->spec->rows->n, 1);
}

static void compile(struct trainer *t, float *params, const struct parts *parts,
                    const struct graph *g, const struct placement *placement)
{
    float *base = t->memory.block;
    for (size_t slot = 0; slot < n_slots(t); slot++)
        t->input[slot] = parts->input[slot] != SIZE_MAX ? base + parts->input[slot] : NULL;
    t->row = (uint32_t *)(void *)(base + parts->row);
    t->cls = (uint32_t *)(void *)(base + parts->cls);
    t->order = (uint32_t *)(void *)(base + parts->order);
    struct program_memory memory = {
        .params = params,
        .gradient = base + parts->gradient,
        .input = t->input,
        .block = base + parts->block,
        .workspace = base + parts->workspace,
        .workspace_bytes = parts->workspace_bytes,
        .crew = t->crew,
    };
    for (size_t i = 0; i < 2 && t->batch[i] > 0; i++) {
        program_compile(&t->program[i], &g[i], &placement[i], t->kernels, &memory);
        optimiser_attach(&t->optimiser, &t->program[i], params, base + parts->state,
                         memory.gradient, t->spec->model->n_params);
    }
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static int prepare(struct trainer *t, float *params, struct err *err)
{
    struct graph g[2];
    struct placement placement[2] = {{0}};
    struct parts parts = {.input = mem_new(n_slots(t) * sizeof(size_t))};
    size_t block = 0, workspace = 0;
    int status = 0;
    t->input = mem_new(n_slots(t) * sizeof(*t->input));
    for (size_t i = 0; i < 2; i++)
        graph_init(&g[i], err);
    for (size_t i = 0; i < 2 && t->batch[i] > 0 && status == 0; i++) {
        status = build_graph(&g[i], t, t->batch[i]);
        if (status < 0)
            break;
        graph_place(&placement[i], &g[i], false);
        block = larger(block, placement[i].block);
        workspace = larger(workspace, program_workspace(&g[i], t->kernels));
    }
    if (status == 0) {
        parts.workspace_bytes = (workspace + 63) / 64 * 64;
        reserve(&parts, t, &g[0], block, parts.workspace_bytes);
        status = carve_allocate(&t->memory, "training", err);
    }
    if (status == 0)
        compile(t, params, &parts, g, placement);
    for (size_t i = 0; i < 2; i++) {
        placement_release(&placement[i]);
        graph_release(&g[i]);
    }
    mem_free(parts.input);
    return status;
}

static void trainer_release(struct trainer *t)
{
    for (size_t i = 0; i < 2; i++)
        program_release(&t->program[i]);
    carve_release(&t->memory);
    mem_free(t->input);
}

// --- the loop ------------------------------------------------------------------------------------
static void fill_inputs(const struct trainer *t, const uint32_t *order, size_t n, double progress)
{
    const struct train_spec *spec = t->spec;
    const struct table *table = spec->rows->table;
    for (size_t i = 0; i < n; i++)
        t->row[i] = spec->rows->index[order[i]];
    batch_features(t->input[SLOT_FEATURES], t->kernels, table, t->row, n);
    if (t->uses_gold) {
        for (size_t i = 0; i < n; i++)
            t->cls[i] = table->y[t->row[i]];
        t->kernels->one_hot(t->input[SLOT_GOLD], t->cls, n, spec->model->classes);
    }
    if (t->input[SLOT_PROGRESS] != NULL)
        *t->input[SLOT_PROGRESS] = (float)progress;
    for (size_t i = 0; i < spec->n_terms; i++) {
        float *target = t->input[SLOT_TERMS + 2 * i], *weight = t->input[weight_slot(i)];
        if (target != NULL)
            t->kernels->gather(target, spec->terms[i].target, order, n, spec->model->classes);
        if (weight != NULL)
            *weight = (float)schedule_at(&spec->terms[i].weight, progress);
    }
}

static int not_finite(double x, const char *what, size_t epoch, size_t step, struct err *err)
{
    err_set(err, ERR_DATA, "%s became %s at epoch %zu, step %zu", what,
            isnan(x) ? "nan" : "infinite", epoch, step);
    err_hint(err, "Lower the learning rate.");
    return -1;
}

// One epoch; its mean loss, weighted by the rows of each batch.
static int run_epoch(double *mean, struct trainer *t, size_t epoch,
                     const struct step_context *context, struct err *err)
{
    size_t n = t->spec->rows->n, full = t->batch[0];
    size_t steps = (n + full - 1) / full, step = epoch * steps;
    double total_steps = (double)steps * (double)t->spec->epochs, sum = 0;
    for (size_t at = 0; at < n; at += full, step++) {
        if (context->stop != NULL && *context->stop != 0)
            return err_set(err, ERR_INTERRUPTED, "interrupted at epoch %zu", epoch + 1);
        size_t left = n - at, size = left < full ? left : full;
        const struct program *program = &t->program[size < full];
        double progress = (double)step / total_steps;
        fill_inputs(t, t->order + at, size, progress);
        optimiser_step(&t->optimiser, progress);
        program_run(program);
        double loss = *program->output[0];
        if (!isfinite(loss))
            return not_finite(loss, "the loss", epoch + 1, step + 1, err);
        sum += loss * (double)size;
    }
    *mean = sum / (double)n;
    return 0;
}

static int run_epochs(double *curve, struct trainer *t, const struct step_context *context,
                      struct err *err)
{
    const struct train_spec *spec = t->spec;
    struct rng_key key = rng_key_of(spec->seed, "order");
    for (size_t epoch = 0; epoch < spec->epochs; epoch++) {
        struct rng rng = rng_at(key, epoch);
        for (size_t i = 0; i < spec->rows->n; i++)
            t->order[i] = (uint32_t)i;
        rng_shuffle(&rng, t->order, spec->rows->n);
        double mean = 0;
        if (run_epoch(&mean, t, epoch, context, err) < 0)
            return -1;
        if (curve != NULL)
            curve[epoch] = mean;
        if (context->on_epoch != NULL)
            context->on_epoch(context->data,
                              &(struct train_progress){mean, epoch + 1, spec->epochs});
    }
    return 0;
}

int train(float *params, double *curve, const struct train_spec *spec,
          const struct step_context *context, struct err *err)
{
    size_t n = spec->rows->n;
    struct trainer t = {.spec = spec, .kernels = context->kernels, .crew = context->crew};
    if (check(&t, err) < 0 || optimiser_init(&t.optimiser, &spec->optimiser, err) < 0)
        return -1;
    t.batch[0] = spec->batch < n ? spec->batch : n;
    t.batch[1] = n % t.batch[0];
    kernel_fp_pin();
    int status = prepare(&t, params, err);
    if (status == 0)
        status = run_epochs(curve, &t, context, err);
    if (status == 0) { // a last step may spoil the parameters after the last loss was finite
        double sum = t.kernels->sum_f64(params, spec->model->n_params);
        if (!isfinite(sum))
            status = not_finite(sum, "the parameters", spec->epochs,
                                spec->epochs * ((n - 1) / t.batch[0] + 1), err);
    }
    trainer_release(&t);
    return status;
}
