// train.c -- see train.h: the objective becomes a graph, the graph two programs (one for full
// batches, one for the smaller last batch of an epoch) over one block of memory, and training is a
// loop that fills inputs and runs a program. Nothing is allocated inside the loop, and no Lua runs
// unless a loss is eager.
#include "model/train.h"

#include "base/mem.h"
#include "base/rng.h"
#include "graph/grad.h"
#include "graph/rewrite.h"
#include "model/batch.h"
#include "model/chance.h"
#include "model/environment_batches.h"
#include "model/lbfgs.h"
#include "model/optimiser.h"
#include "model/schedule.h"
#include "model/trainer.h"

#include <math.h>
#include <string.h>

static float *state_of(const struct trainer *t)
{
    return t->whole + t->spec->model->n_params;
}

// --- checks --------------------------------------------------------------------------------------
static int check_labels(const struct trainer *t, struct err *err)
{
    const struct rows *rows = t->spec->rows;
    if (rows->table->y == NULL)
        return err_set(err, ERR_DATA, "the objective needs labels, and the data have none");
    for (size_t i = 0; i < rows->n; i++) {
        uint32_t y = rows->table->y[rows->index[i]];
        if (y >= t->spec->model->classes)
            return err_set(err, ERR_DATA, "label %u in row %zu, and the model knows %zu classes",
                           (unsigned)y, (size_t)rows->index[i], t->spec->model->classes);
    }
    return 0;
}

static int check_reads(const struct trainer *t, struct err *err)
{
    unsigned reads = objective_reads(&t->objective);
    const struct table *table = t->spec->rows->table;
    if ((reads & READS_GROUPS) != 0 && table->group == NULL)
        return err_set(err, ERR_DATA, "the objective reads groups, and the data have none");
    if ((reads & READS_WEIGHTS) != 0 && table->weight == NULL)
        return err_set(err, ERR_DATA, "the objective reads row weights, and the data have none");
    return (reads & READS_LABELS) != 0 ? check_labels(t, err) : 0;
}

static int check(const struct trainer *t, struct err *err)
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
    for (size_t i = 0; i < spec->n_terms; i++)
        if (schedule_check(&spec->terms[i].weight, err) < 0)
            return -1;
    return 0;
}

// --- lists ---------------------------------------------------------------------------------------
size_t trainer_steps(const struct trainer *t)
{
    return (t->n + t->batch[0] - 1) / t->batch[0];
}

// Lists of a step: each is seen at least once an epoch.
static size_t lists_per_step(const struct trainer *t)
{
    size_t most = 0;
    for (size_t i = 0; i < t->spec->n_terms; i++)
        most = t->spec->terms[i].lists.n > most ? t->spec->terms[i].lists.n : most;
    return (most + trainer_steps(t) - 1) / trainer_steps(t);
}

static size_t widest_list(const struct trainer *t)
{
    size_t widest = 0;
    for (size_t i = 0; i < t->spec->n_terms; i++)
        widest = t->spec->terms[i].lists.k > widest ? t->spec->terms[i].lists.k : widest;
    return widest;
}

static size_t all_lists(const struct trainer *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->spec->n_terms; i++)
        n += t->spec->terms[i].lists.n;
    return n;
}

// Layers with running statistics; the program gives two outputs for each behind the loss, but for a
// batch of a single row.
static size_t batch_norms(const struct model *model)
{
    size_t n = 0;
    for (size_t l = 0; l < model->n_layers; l++)
        n += model->norm == NORM_BATCH && model->layer[l].normalised;
    return n;
}

static int build_graph(struct graph *g, struct trainer *t, size_t rows)
{
    uint32_t loss = objective_build(&t->objective, g, rows);
    if (graph_gradient(g, loss) < 0)
        return -1;
    graph_output(g, loss);
    for (size_t i = 0; i < 2 * batch_norms(t->spec->model) && rows > 1; i++)
        graph_output(g, t->objective.statistic[i]);
    graph_optimise(g, t->objective.n_params);
    return 0;
}

// --- memory and programs -------------------------------------------------------------------------
struct parts { // offsets into the carved block
    size_t *input; // by slot
    size_t params, gradient, state, best, block, workspace, row, cls, pool, order, list_order, position;
    size_t workspace_bytes; // for one thread
};

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static bool slot_is_read(const struct graph *g, uint32_t slot)
{
    for (uint32_t id = 0; id < g->n; id++)
        if (g->node[id].op == OP_INPUT && g->node[id].index == slot)
            return true;
    return false;
}

static void reserve(struct parts *parts, struct trainer *t, const struct graph *g, size_t block,
                    size_t workspace)
{
    struct carve *c = &t->memory;
    const struct objective *o = &t->objective;
    for (uint32_t i = 0; i < o->n_slots; i++)
        parts->input[i] = o->slot[i].kind != SLOT_STATE &&
                                  (slot_is_read(&g[0], i) || slot_is_read(&g[1], i))
                              ? carve_reserve(c, o->slot[i].rows, o->slot[i].cols)
                              : SIZE_MAX;
    size_t listed = o->lists_per_step * widest_list(t);
    parts->params = carve_reserve(c, o->n_parameters > 0 ? o->n_params : 0, 1);
    parts->gradient = carve_reserve(c, o->n_params, 1);
    parts->state = carve_reserve(c, o->n_params, optimiser_arrays(&t->optimiser));
    parts->best = carve_reserve(c, t->spec->selection != NULL ? model_size(t->spec->model) : 0, 1);
    parts->block = carve_reserve(c, block, 1);
    parts->workspace = carve_reserve(c, workspace / sizeof(float), crew_size(t->crew));
    parts->row = carve_reserve(c, t->batch[0], 1);
    parts->cls = carve_reserve(c, t->batch[0], 1);
    parts->pool = carve_reserve(c, t->environments.n > 0 ? t->environments.n_rows : 0, 1);
    parts->order = carve_reserve(c, t->n, 1);
    parts->list_order = carve_reserve(c, all_lists(t), 1);
    parts->position = carve_reserve(c, listed, 1);
}

// Parameters of the losses lie behind those of the model, in memory of the training's own.
static void set_params(struct trainer *t, float *params, float *own)
{
    t->params = params;
    if (t->objective.n_parameters == 0)
        return;
    memcpy(own, params, t->spec->model->n_params * sizeof(*own));
    objective_start(own, &t->objective, t->spec->seed);
    t->params = own;
}

static void compile(struct trainer *t, float *params, const struct parts *parts,
                    const struct graph *g, const struct placement *placement)
{
    float *base = t->memory.block;
    t->whole = params;
    for (size_t i = 0; i < t->objective.n_slots; i++) {
        t->input[i] = parts->input[i] != SIZE_MAX ? base + parts->input[i] : NULL;
        if (t->objective.slot[i].kind == SLOT_STATE)
            t->input[i] = state_of(t);
    }
    t->row = (uint32_t *)(void *)(base + parts->row);
    t->cls = (uint32_t *)(void *)(base + parts->cls);
    t->pool = (uint32_t *)(void *)(base + parts->pool);
    t->order = (uint32_t *)(void *)(base + parts->order);
    t->list_order = (uint32_t *)(void *)(base + parts->list_order);
    t->position = (uint32_t *)(void *)(base + parts->position);
    set_params(t, params, base + parts->params);
    struct program_memory memory = {
        .params = t->params,
        .gradient = base + parts->gradient,
        .input = t->input,
        .block = base + parts->block,
        .workspace = base + parts->workspace,
        .workspace_bytes = parts->workspace_bytes,
        .crew = t->crew,
    };
    t->gradient = memory.gradient;
    t->state = base + parts->state;
    t->best = base + parts->best;
    for (size_t i = 0; i < 2 && t->batch[i] > 0; i++) {
        program_compile(&t->program[i], &g[i], &placement[i], t->kernels, &memory);
        optimiser_attach(&t->optimiser, &t->program[i], t->params, t->state,
                         memory.gradient, t->objective.n_params);
    }
}

static int prepare(struct trainer *t, float *params, struct err *err)
{
    struct graph g[2];
    struct placement placement[2] = {{0}};
    struct parts parts = {0};
    size_t block = 0, workspace = 0;
    int status = 0;
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
        parts.input = mem_new(t->objective.n_slots * sizeof(*parts.input));
        t->input = mem_new(t->objective.n_slots * sizeof(*t->input));
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
    mem_free(t->easy);
    mem_free(t->input);
    objective_release(&t->objective);
}

// --- the loop ------------------------------------------------------------------------------------
static int not_finite(double x, const char *what, size_t epoch, size_t step, struct err *err)
{
    err_set(err, ERR_DATA, "%s became %s at epoch %zu, step %zu", what,
            isnan(x) ? "nan" : "infinite", epoch, step);
    err_hint(err, "Lower the learning rate.");
    return -1;
}

static int check_loss(const struct trainer *t, double loss, size_t epoch, size_t step,
                      struct err *err)
{
    const struct err *eager = objective_eager_error(&t->objective);
    if (eager != NULL)
        return err_set(err, eager->kind, "%s", eager->text);
    return isfinite(loss) ? 0 : not_finite(loss, "the loss", epoch + 1, step + 1, err);
}

// --- where a training stands -----------------------------------------------------------------------
struct stand { // the next step, and what the epoch has brought so far
    uint64_t epoch, step;
    double sum;
};

enum { CHECKPOINT_PARTS = 10 };

// Numbers of a curve: losses, and scores behind them.
static size_t curve_size(const struct train_spec *spec)
{
    return spec->selection != NULL ? 2 * spec->epochs : spec->epochs;
}

static void checkpoint_parts(struct checkpoint_part parts[CHECKPOINT_PARTS], struct trainer *t,
                             struct stand *stand, double *curve)
{
    size_t n_params = t->objective.n_params;
    parts[0] = (struct checkpoint_part){stand, sizeof *stand};
    parts[1] = (struct checkpoint_part){&t->optimiser.beta1_power, sizeof(double)};
    parts[2] = (struct checkpoint_part){&t->optimiser.beta2_power, sizeof(double)};
    parts[3] = (struct checkpoint_part){t->params, n_params * sizeof(float)};
    parts[4] = (struct checkpoint_part){t->state,
                                        n_params * optimiser_arrays(&t->optimiser) * sizeof(float)};
    parts[5] = (struct checkpoint_part){curve,
                                        curve != NULL ? curve_size(t->spec) * sizeof *curve : 0};
    bool selects = t->spec->selection != NULL;
    parts[6] = (struct checkpoint_part){&t->choice, selects ? sizeof t->choice : 0};
    parts[7] = (struct checkpoint_part){
        t->best, selects ? model_size(t->spec->model) * sizeof(float) : 0};
    bool moves = batch_norms(t->spec->model) > 0; // a fixed state is that of the start
    parts[8] = (struct checkpoint_part){state_of(t),
                                        moves ? t->spec->model->n_state * sizeof(float) : 0};
    const struct mixture *mixed = t->mixture;
    bool told = mixed != NULL && mixed->history != NULL;
    parts[9] = (struct checkpoint_part){
        told ? mixed->history : NULL, told ? mixed->voters * t->spec->epochs * sizeof(double) : 0};
}

static int save_stand(struct trainer *t, struct stand *stand, double *curve,
                      const struct step_context *context, struct err *err)
{
    struct checkpoint_part parts[CHECKPOINT_PARTS];
    checkpoint_parts(parts, t, stand, curve);
    return context->checkpoint->save(context->checkpoint->data, parts, CHECKPOINT_PARTS, err);
}

static int load_stand(struct stand *stand, struct trainer *t, double *curve,
                      const struct step_context *context, struct err *err)
{
    struct checkpoint_part parts[CHECKPOINT_PARTS];
    *stand = (struct stand){0};
    if (context->checkpoint == NULL)
        return 0;
    checkpoint_parts(parts, t, stand, curve);
    int status = context->checkpoint->load(context->checkpoint->data, parts, CHECKPOINT_PARTS, err);
    if (status >= 0 && (stand->epoch > t->spec->epochs || stand->step > trainer_steps(t)))
        status = err_set(err, ERR_DATA, "a saved state lies beyond the end of the training");
    return status;
}

// The rest of an epoch; its mean loss, weighted by the rows of each batch.
static int run_epoch(double *mean, struct trainer *t, struct stand *stand, double *curve,
                     const struct step_context *context, struct err *err)
{
    size_t n = t->n, full = t->batch[0], steps = trainer_steps(t);
    size_t epoch = (size_t)stand->epoch;
    double total_steps = (double)steps * (double)t->spec->epochs;
    for (; stand->step < steps; stand->step++) {
        bool stop = context->stop != NULL && *context->stop != 0;
        if (context->checkpoint != NULL && (stop || context->checkpoint->due(context->checkpoint->data)) &&
            save_stand(t, stand, curve, context, err) < 0)
            return -1;
        if (stop)
            return err_set(err, ERR_INTERRUPTED, "interrupted at epoch %zu", epoch + 1);
        size_t i = (size_t)stand->step, at = i * full, left = n - at;
        struct step step = {.order = t->order + at, .n = left < full ? left : full,
                            .index = epoch * steps + i, .in_epoch = i};
        const struct program *program = &t->program[step.n < full];
        step.progress = (double)step.index / total_steps;
        trainer_fill(t, &step);
        optimiser_step(&t->optimiser, step.progress);
        program_run(program);
        if (step.n > 1 && batch_norms(t->spec->model) > 0)
            model_follow(state_of(t), t->spec->model, program->output + 1, step.n);
        double loss = *program->output[0];
        if (check_loss(t, loss, epoch, step.index, err) < 0)
            return -1;
        stand->sum += loss * (double)step.n;
    }
    *mean = stand->sum / (double)n;
    return 0;
}

// A new order of the rows, and of the lists of every term, for an epoch.
static void shuffle(const struct trainer *t, size_t epoch)
{
    const struct train_spec *spec = t->spec;
    struct rng rng = rng_at(rng_key_of(spec->seed, "order"), epoch);
    const uint32_t *kept = spec->selection != NULL ? spec->selection->kept : NULL;
    if (t->environments.n > 0) {
        environment_batches_order(t->order, t->pool, &t->environments, spec->seed, epoch);
    } else {
        for (size_t i = 0; i < t->n; i++)
            t->order[i] = kept != NULL             ? kept[i]
                          : epoch < t->easy_epochs ? t->easy[(epoch * t->n + i) % t->n_easy]
                                                   : (uint32_t)i;
        rng_shuffle(&rng, t->order, t->n);
    }
    for (size_t term = 0; term < spec->n_terms; term++) {
        uint32_t *order = trainer_lists(t, term);
        struct rng lists = rng_at(rng_key_of(spec->seed, "list order"), epoch);
        for (size_t i = 0; i < spec->terms[term].lists.n; i++)
            order[i] = (uint32_t)i;
        rng_shuffle(&lists, order, spec->terms[term].lists.n);
    }
}

// The score of an epoch that has ended.
static int look(struct trainer *t, double *curve, size_t epoch, struct err *err)
{
    const struct train_spec *spec = t->spec;
    if (t->params != t->whole)
        memcpy(t->whole, t->params, spec->model->n_params * sizeof *t->whole);
    return selection_look(&t->choice, t->best, curve != NULL ? &curve[spec->epochs + epoch] : NULL,
                          spec->selection, t->whole, model_size(spec->model), epoch, err);
}

// What the training gives.
static int choose(struct trainer *t, struct err *err)
{
    if (t->spec->selection == NULL || t->spec->epochs == 0)
        return 0;
    if (t->choice.epoch == 0)
        return err_set(err, ERR_DATA,
                       "no epoch can be selected: the metric is nan after each of them");
    memcpy(t->whole, t->best, model_size(t->spec->model) * sizeof *t->best);
    if (t->params != t->whole)
        memcpy(t->params, t->best, t->spec->model->n_params * sizeof *t->best);
    return 0;
}

static int run_epochs(double *curve, struct trainer *t, const struct step_context *context,
                      struct err *err)
{
    const struct train_spec *spec = t->spec;
    struct stand stand;
    trainer_fill_start(t);
    if (load_stand(&stand, t, curve, context, err) < 0)
        return -1;
    for (; stand.epoch < spec->epochs; stand = (struct stand){.epoch = stand.epoch + 1}) {
        size_t epoch = (size_t)stand.epoch;
        shuffle(t, epoch);
        double mean = 0;
        if (run_epoch(&mean, t, &stand, curve, context, err) < 0)
            return -1;
        if (curve != NULL)
            curve[epoch] = mean;
        if (t->mixture != NULL)
            mixture_note(t->mixture, t->params + objective_mixture_offset(&t->objective), epoch);
        if (spec->selection != NULL && look(t, curve, epoch, err) < 0)
            return -1;
        if (context->on_epoch != NULL)
            context->on_epoch(context->data,
                              &(struct train_progress){mean, epoch + 1, spec->epochs});
    }
    return choose(t, err);
}

// --- all rows at once ----------------------------------------------------------------------------
static void in_order(const struct trainer *t)
{
    const struct train_spec *spec = t->spec;
    for (size_t i = 0; i < t->n; i++)
        t->order[i] = (uint32_t)i;
    for (size_t term = 0; term < spec->n_terms; term++)
        for (size_t i = 0; i < spec->terms[term].lists.n; i++)
            trainer_lists(t, term)[i] = (uint32_t)i;
}

static void add_penalty(double *loss, double *gradient, const struct trainer *t, double l2)
{
    const struct model *model = t->spec->model;
    double sum = 0;
    for (size_t l = 0; l < model->n_layers; l++) {
        const struct layer *layer = &model->layer[l];
        for (size_t i = layer->weight; layer->kind != LAYER_FIXED && i < layer->bias; i++) {
            double w = (double)t->params[i];
            sum += w * w;
            gradient[i] += l2 * w;
        }
    }
    *loss += l2 / 2 * sum;
}

static int all_rows(void *data, double *loss, double *gradient, double progress, struct err *err)
{
    const struct trainer *t = data;
    size_t n_params = t->objective.n_params;
    double sum = 0;
    memset(gradient, 0, n_params * sizeof *gradient);
    for (size_t at = 0, chunk = 0; at < t->n; at += t->batch[0], chunk++) {
        if (t->stop != NULL && *t->stop != 0)
            return err_set(err, ERR_INTERRUPTED, "interrupted at progress %.2f", progress);
        size_t left = t->n - at, n = left < t->batch[0] ? left : t->batch[0];
        struct step step = {.order = t->order + at, .n = n, .index = chunk, .in_epoch = chunk,
                            .progress = progress};
        const struct program *program = &t->program[n < t->batch[0]];
        trainer_fill(t, &step);
        program_run(program);
        const struct err *eager = objective_eager_error(&t->objective);
        if (eager != NULL)
            return err_set(err, eager->kind, "%s", eager->text);
        double share = (double)n / (double)t->n;
        sum += share * (double)*program->output[0];
        for (size_t i = 0; i < n_params; i++)
            gradient[i] += share * (double)t->gradient[i];
    }
    *loss = sum;
    double l2 = value_arg_number(&t->spec->optimiser, "l2");
    if (l2 > 0)
        add_penalty(loss, gradient, t, l2);
    return 0;
}

static int run_all_rows(double *curve, struct trainer *t, const struct step_context *context,
                        struct err *err)
{
    const struct value *call = &t->spec->optimiser;
    if (batch_norms(t->spec->model) > 0)
        return err_set(err, ERR_DATA, "lbfgs() does not train models with batch normalisation");
    const struct lbfgs_settings settings = {.iterations = t->spec->epochs,
                                            .memory = (size_t)value_arg_int(call, "memory"),
                                            .tolerance = value_arg_number(call, "tolerance")};
    struct lbfgs_function function = {.evaluate = all_rows, .data = t};
    for (size_t i = 0; i < t->objective.n_slots; i++) {
        enum slot_kind kind = t->objective.slot[i].kind;
        function.moves |= kind == SLOT_PROGRESS || kind == SLOT_SCHEDULE;
    }
    trainer_fill_start(t);
    in_order(t);
    return lbfgs_minimise(t->params, t->objective.n_params, curve, &settings, &function, context, err);
}

// A mixture begins with the rows on which its voters agree.
static int prepare_mixture(struct trainer *t, struct err *err)
{
    const struct train_term *term = objective_mixture(t->spec->terms, t->spec->n_terms);
    if (term == NULL)
        return 0;
    t->mixture = &term->mixture;
    t->easy = mixture_agreement(&t->n_easy, t->mixture, t->n, t->spec->model->classes, err);
    if (t->n_easy > 0)
        t->easy_epochs = mixture_easy_epochs(t->mixture, t->spec->epochs);
    return t->easy != NULL ? 0 : -1;
}

// Every batch is full, and has its rows of each environment.
static int use_environments(struct trainer *t, struct err *err)
{
    const struct train_spec *spec = t->spec;
    const uint32_t *kept = spec->selection != NULL ? spec->selection->kept : NULL;
    if (environment_batches_init(&t->environments, spec->rows, kept, t->n, spec->environments,
                                 spec->batch, err) < 0)
        return -1;
    t->batch[0] = t->environments.batch;
    t->batch[1] = 0;
    if (!__builtin_mul_overflow(t->environments.batch, t->environments.steps, &t->n))
        return 0;
    return err_set(err, ERR_MEMORY, "the environments are too large");
}

int train(float *params, double *curve, const struct train_spec *spec,
          const struct step_context *context, struct err *err)
{
    bool holds_out = spec->selection != NULL && spec->selection->kept != NULL;
    size_t n = holds_out ? spec->selection->n_kept : spec->rows->n;
    struct trainer t = {.spec = spec, .kernels = context->kernels, .crew = context->crew,
                        .stop = context->stop, .n = n};
    if (check(&t, err) < 0 || optimiser_init(&t.optimiser, &spec->optimiser, err) < 0)
        return -1;
    t.batch[0] = spec->batch < n ? spec->batch : n;
    t.batch[1] = n % t.batch[0];
    if (spec->environments > 0 && use_environments(&t, err) < 0)
        return -1;
    kernel_fp_pin();
    int status = objective_init(&t.objective, spec->model, spec->terms, spec->n_terms,
                                lists_per_step(&t), err);
    t.objective.columns = (const char *const *)spec->rows->table->columns;
    t.objective.environments = (struct batch_parts){t.environments.n, t.environments.part};
    if (status == 0)
        status = check_reads(&t, err);
    if (status == 0)
        status = prepare_mixture(&t, err);
    if (status == 0)
        status = prepare(&t, params, err);
    if (status == 0)
        status = t.optimiser.kind == OPTIMISER_LBFGS ? run_all_rows(curve, &t, context, err)
                                                     : run_epochs(curve, &t, context, err);
    if (status == 0) { // a last step may spoil the parameters after the last loss was finite
        double sum = t.kernels->sum_f64(t.params, t.objective.n_params);
        if (!isfinite(sum))
            status = not_finite(sum, "the parameters", spec->epochs,
                                spec->epochs * trainer_steps(&t), err);
    }
    if (t.params != NULL && t.params != params)
        memcpy(params, t.params, spec->model->n_params * sizeof(*params));
    trainer_release(&t);
    return status;
}
