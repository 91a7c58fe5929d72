// constrain.c -- see constrain.h.
#include "model/constrain.h"

#include "data/split.h"
#include "graph/rewrite.h"
#include "model/batch.h"
#include "model/fit.h"
#include "model/forward.h"

#include <string.h>

enum { BATCH = 256, MAX_ASKED = 16 };
enum { INPUT_FEATURES, INPUT_STATE, INPUT_LABELS, INPUT_GROUPS, INPUT_LOGITS, INPUT_ASKED };
enum { N_INPUTS = INPUT_ASKED + MAX_ASKED };

// What a fitted model is asked about: changed rows, a node, whose logits are an input.
struct question {
    uint32_t x;
    size_t rows;
};

// The graph of a batch and what it runs on.
struct measure {
    const struct constrain_spec *spec;
    struct loss *loss;
    size_t rows; // of the batch
    struct graph graph;
    struct model_pass pass;
    uint32_t features, logits, hidden[MODEL_MAX_LAYERS];
    struct question asked[MAX_ASKED];
    size_t n_asked;
    struct placement placement;
    struct program program;
    struct carve memory;
    float *input[N_INPUTS];
};

static bool is_network(const struct constrain_spec *spec)
{
    return spec->model != NULL && spec->model->kind == MODEL_NET;
}

// --- the world of the constraint -----------------------------------------------------------------

static uint32_t get(void *data, enum loss_source source, size_t index)
{
    struct measure *m = data;
    switch (source) {
    case SOURCE_LOGITS:
        return m->logits;
    case SOURCE_HIDDEN:
        return m->hidden[index];
    case SOURCE_WEIGHT:
        return model_weight(&m->graph, &m->pass, index);
    case SOURCE_BIAS:
        return model_bias(&m->graph, &m->pass, index);
    case SOURCE_FEATURES:
        return m->features;
    case SOURCE_LABELS:
        return graph_input(&m->graph, INPUT_LABELS, m->rows, m->spec->classes);
    case SOURCE_GROUPS:
        return graph_input(&m->graph, INPUT_GROUPS, m->rows, 1);
    default:
        BUG("a constraint reads source %d", (int)source);
    }
}

static uint32_t ask(struct measure *m, uint32_t x)
{
    if (x == m->features)
        return m->logits;
    if (m->n_asked == MAX_ASKED) {
        err_set(m->graph.err, ERR_DATA, "a constraint asks about changed rows more than %d times",
                MAX_ASKED);
        return NODE_NONE;
    }
    size_t rows = m->graph.node[x].rows;
    m->asked[m->n_asked] = (struct question){x, rows};
    return graph_input(&m->graph, (uint32_t)(INPUT_ASKED + m->n_asked++), rows, m->spec->classes);
}

static uint32_t forward(void *data, uint32_t x, uint32_t *hidden)
{
    struct measure *m = data;
    if (is_network(m->spec))
        return model_forward(&m->graph, &m->pass, x, hidden);
    if (m->spec->model != NULL)
        return ask(m, x);
    err_set(m->graph.err, ERR_DATA, "only a trained model can be asked about changed rows");
    return NODE_NONE;
}

static uint32_t build(struct measure *m)
{
    const struct constrain_spec *spec = m->spec;
    struct graph *g = &m->graph;
    m->features = graph_input(g, INPUT_FEATURES, m->rows, spec->features);
    if (is_network(spec)) {
        m->pass = (struct model_pass){.model = spec->model};
        if (spec->model->n_state > 0)
            m->pass.state = graph_input(g, INPUT_STATE, 1, spec->model->n_state);
        m->logits = model_forward(g, &m->pass, m->features, m->hidden);
    } else {
        m->logits = graph_input(g, INPUT_LOGITS, m->rows, spec->classes);
    }
    const struct table *table = spec->rows != NULL ? spec->rows->table : NULL;
    struct loss_world world = {
        .graph = g,
        .rows = m->rows,
        .classes = spec->classes,
        .features = spec->features,
        .layers = is_network(spec) ? spec->model->n_layers : 0,
        .columns = table != NULL ? (const char *const *)table->columns : NULL,
        .names_unknown = table == NULL,
        .data = m,
        .get = get,
        .forward = forward,
    };
    return loss_trace_broken(m->loss, objective_params(spec->call), &world);
}

int constrain_check(const struct constrain_spec *spec, struct err *err)
{
    struct measure m = {.spec = spec, .rows = 8};
    graph_init(&m.graph, err);
    int status = objective_load_loss(&m.loss, spec->call, err);
    if (status == 0 && build(&m) == NODE_NONE)
        status = -1;
    graph_release(&m.graph);
    loss_free(m.loss);
    return status;
}

// --- a batch -------------------------------------------------------------------------------------

static size_t input_cols(const struct measure *m, size_t slot)
{
    switch (slot) {
    case INPUT_FEATURES:
        return m->spec->features;
    case INPUT_STATE:
        return 0; // behind the parameters
    case INPUT_GROUPS:
        return 1;
    default:
        return m->spec->classes;
    }
}

static int allocate(struct measure *m, const struct kernels *kernels, struct err *err)
{
    size_t at[N_INPUTS];
    for (size_t i = 0; i < INPUT_ASKED + m->n_asked; i++)
        at[i] =
            carve_reserve(&m->memory, i < INPUT_ASKED ? m->rows : m->asked[i - INPUT_ASKED].rows,
                          input_cols(m, i));
    size_t block = carve_reserve(&m->memory, m->placement.block, 1);
    size_t workspace =
        carve_reserve(&m->memory, program_workspace(&m->graph, kernels) / sizeof(float) + 1, 1);
    if (carve_allocate(&m->memory, "a constraint", err) < 0)
        return -1;
    for (size_t i = 0; i < INPUT_ASKED + m->n_asked; i++)
        m->input[i] = m->memory.block + at[i];
    if (m->pass.model != NULL)
        m->input[INPUT_STATE] = (float *)m->spec->params + m->spec->model->n_params;
    struct program_memory memory = {
        .params = (float *)m->spec->params, // read only: the graph has no store and no update
        .input = m->input,
        .block = m->memory.block + block,
        .workspace = m->memory.block + workspace,
    };
    program_compile(&m->program, &m->graph, &m->placement, kernels, &memory);
    return 0;
}

static int measure_init(struct measure *m, const struct constrain_spec *spec, struct loss *loss,
                        size_t rows, const struct kernels *kernels, struct err *err)
{
    *m = (struct measure){.spec = spec, .loss = loss, .rows = rows};
    graph_init(&m->graph, err);
    uint32_t broken = build(m);
    if (broken == NODE_NONE)
        return -1;
    graph_output(&m->graph, broken);
    for (size_t i = 0; i < m->n_asked; i++)
        graph_output(&m->graph, m->asked[i].x);
    graph_optimise(&m->graph, is_network(spec) ? spec->model->n_params : 0);
    graph_place(&m->placement, &m->graph, false);
    return allocate(m, kernels, err);
}

static void measure_release(struct measure *m)
{
    program_release(&m->program);
    placement_release(&m->placement);
    graph_release(&m->graph);
    carve_release(&m->memory);
}

static int fill_logits(struct measure *m, size_t from, const struct step_context *context,
                       struct err *err)
{
    const struct constrain_spec *spec = m->spec;
    if (spec->model == NULL) {
        memcpy(m->input[INPUT_LOGITS], spec->logits + from * spec->classes,
               m->rows * spec->classes * sizeof(float));
        return 0;
    }
    const struct rows some = {spec->rows->table, m->rows, spec->rows->index + from};
    return fit_predict(m->input[INPUT_LOGITS], spec->model, spec->params, &some, context, err);
}

static int fill(struct measure *m, size_t from, const struct step_context *context, struct err *err)
{
    const struct table *table = m->spec->rows->table;
    const uint32_t *row = m->spec->rows->index + from;
    unsigned reads = loss_description(m->loss)->reads;
    batch_features(m->input[INPUT_FEATURES], context->kernels, table, row, m->rows);
    if ((reads & READS_LABELS) != 0) {
        uint32_t y[BATCH];
        for (size_t i = 0; i < m->rows; i++)
            y[i] = table->y[row[i]];
        context->kernels->one_hot(m->input[INPUT_LABELS], y, m->rows, m->spec->classes);
    }
    for (size_t i = 0; (reads & READS_GROUPS) != 0 && i < m->rows; i++)
        m->input[INPUT_GROUPS][i] = (float)table->group[row[i]];
    return is_network(m->spec) ? 0 : fill_logits(m, from, context, err);
}

// The rows of a question are right once the answers to those before it are, so each run of the
// program settles one more.
static int answer(struct measure *m, const struct step_context *context, struct err *err)
{
    int status = 0;
    for (size_t i = 0; status == 0 && i < m->n_asked; i++) {
        size_t n = m->asked[i].rows;
        program_run(&m->program);
        const struct table changed = {
            .n = n, .d = m->spec->features, .x = m->program.output[1 + i]};
        struct rows rows = {0};
        rows_all(&rows, &changed);
        status = fit_predict(m->input[INPUT_ASKED + i], m->spec->model, m->spec->params, &rows,
                             context, err);
        rows_release(&rows);
    }
    return status;
}

// Rows from..to in batches of `batch`, which divides their number.
static int constrain_range(float *broken, const struct constrain_spec *spec, struct loss *loss,
                           size_t from, size_t to, size_t batch, const struct step_context *context,
                           struct err *err)
{
    struct measure m;
    int status = measure_init(&m, spec, loss, batch, context->kernels, err);
    for (size_t at = from; status == 0 && at < to; at += batch) {
        if (context->stop != NULL && *context->stop != 0) {
            status = err_set(err, ERR_INTERRUPTED, "interrupted while a constraint is measured");
            break;
        }
        status = fill(&m, at, context, err);
        if (status == 0)
            status = answer(&m, context, err);
        if (status < 0)
            break;
        program_run(&m.program);
        memcpy(broken + at, m.program.output[0], batch * sizeof(*broken));
    }
    measure_release(&m);
    return status;
}

static int check_reads(const struct loss *loss, const struct table *table, struct err *err)
{
    unsigned reads = loss_description(loss)->reads;
    if ((reads & READS_LABELS) != 0 && table->y == NULL)
        return err_set(err, ERR_DATA, "the constraint reads labels, and the rows have none");
    if ((reads & READS_GROUPS) != 0 && table->group == NULL)
        return err_set(err, ERR_DATA, "the constraint reads groups, and the rows have none");
    return 0;
}

int constrain(float *broken, const struct constrain_spec *spec, const struct step_context *context,
              struct err *err)
{
    struct loss *loss = NULL;
    size_t n = spec->rows->n, whole = n / BATCH * BATCH;
    if (spec->model != NULL && batch_check(spec->model, spec->rows, err) < 0)
        return -1;
    kernel_fp_pin();
    int status = objective_load_loss(&loss, spec->call, err);
    if (status == 0)
        status = check_reads(loss, spec->rows->table, err);
    if (status == 0 && whole > 0)
        status = constrain_range(broken, spec, loss, 0, whole, BATCH, context, err);
    if (status == 0 && whole < n)
        status = constrain_range(broken, spec, loss, whole, n, n - whole, context, err);
    loss_free(loss);
    return status;
}
