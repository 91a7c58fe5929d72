// objective.c -- see objective.h.
#include "model/objective.h"

#include "base/detmath.h"
#include "base/mem.h"
#include "base/rng.h"
#include "graph/grad.h"
#include "hook/stdlib.h"
#include "model/forward.h"

#include <stdio.h>
#include <string.h>

// --- losses --------------------------------------------------------------------------------------
const struct value *objective_params(const struct value *call)
{
    return value_is_call(call, "lua") ? value_arg(call, "params") : call;
}

int objective_load_loss(struct loss **out, const struct value *call, struct err *err)
{
    if (value_is_call(call, "lua")) {
        const char *text = value_arg_text(call, "text");
        return loss_load(out, value_arg_text(call, "file"), text, strlen(text), err);
    }
    const struct stdlib_file *file = stdlib_loss(call->text);
    if (file == NULL)
        BUG("no loss '%s' ships with w2s", call->text);
    char name[128];
    snprintf(name, sizeof(name), "%s.lua", file->name);
    return loss_load(out, name, file->text, file->size, err);
}

int objective_init(struct objective *o, const struct model *model, const struct train_term *terms,
                   size_t n_terms, size_t lists_per_step, struct err *err)
{
    *o = (struct objective){.model = model,
                            .terms = terms,
                            .n_terms = n_terms,
                            .lists_per_step = lists_per_step,
                            .n_params = model->n_params,
                            .loss = mem_new(n_terms * sizeof(*o->loss))};
    for (size_t i = 0; i < n_terms; i++)
        if (objective_load_loss(&o->loss[i], &terms[i].call, err) < 0)
            return -1;
    return 0;
}

void objective_release(struct objective *o)
{
    for (size_t i = 0; i < o->n_terms && o->loss != NULL; i++)
        loss_free(o->loss[i]);
    for (size_t i = 0; i < o->n_parameters; i++)
        mem_free((char *)o->parameter[i].name);
    mem_free(o->loss);
    mem_free(o->slot);
    mem_free(o->parameter);
    *o = (struct objective){0};
}

unsigned objective_reads(const struct objective *o)
{
    unsigned reads = 0;
    for (size_t i = 0; i < o->n_terms; i++)
        reads |= loss_description(o->loss[i])->reads;
    return reads;
}

const struct err *objective_eager_error(const struct objective *o)
{
    for (size_t i = 0; i < o->n_terms; i++)
        if (loss_eager_error(o->loss[i]) != NULL)
            return loss_eager_error(o->loss[i]);
    return NULL;
}

void objective_start(float *params, const struct objective *o, uint64_t seed)
{
    struct rng_key key = rng_key_of(seed, "loss parameters");
    for (size_t i = 0; i < o->n_parameters; i++) {
        const struct loss_parameter *p = &o->parameter[i];
        struct rng rng = rng_at(key, i);
        double bound = 1 / det_sqrt((double)p->rows);
        for (size_t k = 0; k < p->rows * p->cols; k++)
            params[p->offset + k] =
                p->has_start ? p->start : (float)((2 * rng_unit(&rng) - 1) * bound);
    }
}

enum { MAX_RANDOM = 1 << 26 }; // numbers of one tensor a step

// --- slots ---------------------------------------------------------------------------------------
// Random numbers may be asked for in any shape, and in another one for the smaller last batch.
static bool same_slot(const struct slot *a, const struct slot *b)
{
    bool is_random =
        a->kind == SLOT_UNIFORM || a->kind == SLOT_NORMAL || a->kind == SLOT_DROPOUT;
    return a->kind == b->kind && a->term == b->term && a->array.data == b->array.data &&
           a->array.cols == b->array.cols && a->ordinal == b->ordinal &&
           (is_random || a->cols == b->cols);
}

static uint32_t input(struct objective *o, struct graph *g, struct slot slot)
{
    size_t i = 0;
    while (i < o->n_slots && !same_slot(&o->slot[i], &slot))
        i++;
    if (i == o->n_slots) {
        o->slot = mem_grow(o->slot, &o->slot_cap, i + 1, sizeof(*o->slot));
        o->slot[o->n_slots++] = slot;
    }
    if (slot.rows * slot.cols > o->slot[i].rows * o->slot[i].cols) {
        o->slot[i].rows = slot.rows;
        o->slot[i].cols = slot.cols;
    }
    return graph_input(g, (uint32_t)i, slot.rows, slot.cols);
}

// --- the world of one term --------------------------------------------------------------------------
struct tracing {
    struct objective *o;
    struct graph *g;
    size_t term, rows;
    size_t n_random, n_masks; // so far, in this graph
    struct model_pass pass;
    uint32_t logits, hidden[MODEL_MAX_LAYERS];
};

// Masks are told apart by their order: first those of the batch, layer by layer.
static uint32_t dropout_mask(void *data, size_t rows, size_t cols)
{
    struct tracing *t = data;
    return input(t->o, t->g, (struct slot){SLOT_DROPOUT, .ordinal = t->n_masks++, .rows = rows,
                                           .cols = cols});
}

static void begin_tracing(struct tracing *t, struct objective *o, struct graph *g, size_t rows)
{
    size_t n = o->model->n_state;
    *t = (struct tracing){.o = o, .g = g, .rows = rows};
    t->pass = (struct model_pass){.model = o->model, .training = true, .mask = dropout_mask, .data = t};
    if (n > 0)
        t->pass.state = input(o, g, (struct slot){SLOT_STATE, .rows = 1, .cols = n});
}

static uint32_t missing(struct tracing *t, const char *what)
{
    err_set(t->g->err, ERR_DATA, "there is no %s here", what);
    return NODE_NONE;
}

static uint32_t array_rows(struct tracing *t, const struct train_array *array, const char *what)
{
    if (array->cols == 0)
        return missing(t, what);
    return input(t->o, t->g,
                 (struct slot){SLOT_ARRAY, .array = *array, .rows = t->rows, .cols = array->cols});
}

static struct loss_parameter *find_parameter(struct objective *o, size_t term, const char *name)
{
    for (size_t i = 0; i < o->n_parameters; i++)
        if (o->parameter[i].term == term && strcmp(o->parameter[i].name, name) == 0)
            return &o->parameter[i];
    return NULL;
}

static uint32_t parameter_of(struct tracing *t, size_t term, const char *name, size_t rows,
                             size_t cols, const float *start)
{
    struct objective *o = t->o;
    struct loss_parameter *p = find_parameter(o, term, name);
    if (p == NULL) {
        size_t size, end;
        if (rows == 0 || cols == 0 || __builtin_mul_overflow(rows, cols, &size) ||
            __builtin_add_overflow(o->n_params, size, &end) || end > (size_t)1 << 40) {
            err_set(t->g->err, ERR_DATA, "parameter '%s': %zu x %zu is no size", name, rows, cols);
            return NODE_NONE;
        }
        o->parameter =
            mem_grow(o->parameter, &o->parameter_cap, o->n_parameters + 1, sizeof(*o->parameter));
        p = &o->parameter[o->n_parameters++];
        size_t length = strlen(name) + 1;
        *p = (struct loss_parameter){.name = memcpy(mem_new(length), name, length),
                                     .term = term, .rows = rows, .cols = cols,
                                     .offset = o->n_params, .has_start = start != NULL,
                                     .start = start != NULL ? *start : 0};
        o->n_params = end;
    }
    if (p->rows != rows || p->cols != cols) {
        err_set(t->g->err, ERR_DATA, "parameter '%s' is %zu x %zu, and %zu x %zu is asked for", name,
                p->rows, p->cols, rows, cols);
        err_hint(t->g->err, "Its size must not depend on the number of rows in a batch.");
        return NODE_NONE;
    }
    return graph_param(t->g, p->offset, rows, cols);
}

static uint32_t parameter(void *data, const char *name, size_t rows, size_t cols,
                          const float *start)
{
    struct tracing *t = data;
    return parameter_of(t, t->term, name, rows, cols, start);
}

// --- a mixture of teachers -----------------------------------------------------------------------
static const char mixture_name[] = "weights of the mixture";

const struct train_term *objective_mixture(const struct train_term *terms, size_t n_terms)
{
    for (size_t i = 0; i < n_terms; i++)
        if (terms[i].mixture.voters > 0)
            return &terms[i];
    return NULL;
}

size_t objective_mixture_offset(const struct objective *o)
{
    for (size_t i = 0; i < o->n_parameters; i++)
        if (o->parameter[i].term == o->n_terms)
            return o->parameter[i].offset;
    BUG("an objective without a mixture");
}

// sum_k w_k p_k over the voters that do not abstain, B x C; a little is added so that a row whose
// voters have all lost their weight is uniform.
static uint32_t mixed(struct tracing *t)
{
    const struct mixture *m = &t->o->terms[t->term].mixture;
    size_t C = t->o->model->classes;
    const float zero = 0;
    struct graph *g = t->g;
    uint32_t votes = input(t->o, g, (struct slot){SLOT_ARRAY, .array = {m->votes, m->voters * C},
                                                  .rows = t->rows, .cols = m->voters * C});
    size_t first = (size_t)(objective_mixture(t->o->terms, t->o->n_terms) - t->o->terms);
    uint32_t rate = input(t->o, g, (struct slot){SLOT_RATE, .term = first, .rows = 1, .cols = 1});
    uint32_t a = parameter_of(t, t->o->n_terms, mixture_name, 1, m->voters, &zero);
    if (graph_failed(g))
        return NODE_NONE;
    uint32_t w = graph_softmax(g, graph_mul(g, a, rate)), sum = graph_constant(g, 1e-12f);
    for (size_t v = 0; v < m->voters; v++)
        sum = graph_add(g, sum, graph_mul(g, graph_slice(g, votes, 0, v * C, t->rows, C),
                                          graph_slice(g, w, 0, v, 1, 1)));
    return graph_div(g, sum, graph_row_sum(g, sum));
}

// What guide steps do for a single teacher: softened by the temperature of the loss.
static uint32_t mixed_probs(struct tracing *t)
{
    const struct value *params = objective_params(&t->o->terms[t->term].call);
    const struct value *given = value_arg(params, "temperature");
    double temperature = given != NULL && given->kind == VALUE_NUMBER ? given->number : 1;
    uint32_t p = mixed(t);
    if (temperature == 1 || p == NODE_NONE)
        return p;
    uint32_t softened = graph_div(t->g, graph_log(t->g, p), graph_constant(t->g, (float)temperature));
    return graph_softmax(t->g, softened);
}

// The log-odds of class `cls`: z_cls - log sum over the other classes of exp z.
static uint32_t log_odds(struct graph *g, uint32_t logits, size_t cls)
{
    if (logits == NODE_NONE || graph_failed(g))
        return NODE_NONE;
    size_t rows = g->node[logits].rows, classes = g->node[logits].cols;
    uint32_t own = graph_slice(g, logits, 0, cls, rows, 1);
    if (classes == 2)
        return graph_sub(g, own, graph_slice(g, logits, 0, 1 - cls, rows, 1));
    uint32_t others = NODE_NONE;
    for (size_t part = 0; part < 2; part++) { // before cls, after it, side by side
        size_t from = part == 0 ? 0 : cls + 1, n = part == 0 ? cls : classes - cls - 1;
        if (n == 0)
            continue;
        uint32_t slice = graph_pad(g, graph_slice(g, logits, 0, from, rows, n), 0,
                                   part == 0 ? 0 : cls, rows, classes - 1);
        others = others == NODE_NONE ? slice : graph_add(g, others, slice);
    }
    uint32_t most = graph_row_max(g, graph_detach(g, others));
    uint32_t sum = graph_row_sum(g, graph_exp(g, graph_sub(g, others, most)));
    return graph_sub(g, own, graph_add(g, graph_log(g, sum), most));
}

// Terms with one set of lists share its slots.
static size_t first_with_lists(const struct tracing *t)
{
    const struct train_term *terms = t->o->terms;
    size_t first = 0;
    while (terms[first].lists.k == 0 || terms[first].lists.row != terms[t->term].lists.row)
        first++;
    return first;
}

static uint32_t scores(struct tracing *t, bool of_reference)
{
    struct objective *o = t->o;
    const struct train_term *term = &o->terms[t->term];
    const struct train_lists *lists = &term->lists;
    if (lists->k == 0)
        return missing(t, "ranking");
    size_t P = o->lists_per_step, rows = P * lists->k;
    struct slot slot = {.kind = SLOT_LIST_ROWS, .term = first_with_lists(t), .rows = rows,
                        .cols = o->model->features};
    uint32_t logits;
    if (of_reference) {
        if (term->reference.cols == 0)
            return missing(t, "reference model");
        slot.kind = SLOT_LIST_ARRAY;
        slot.array = term->reference;
        slot.cols = term->reference.cols;
        logits = input(o, t->g, slot);
    } else {
        logits = model_forward(t->g, &t->pass, input(o, t->g, slot), NULL);
    }
    return graph_reshape(t->g, log_odds(t->g, logits, lists->cls), P, lists->k);
}

static uint32_t start_part(struct tracing *t, size_t offset, size_t rows, size_t cols)
{
    size_t n = t->o->model->n_params;
    uint32_t start = input(t->o, t->g, (struct slot){SLOT_START, .rows = 1, .cols = n});
    return graph_view(t->g, start, offset, rows, cols);
}

static uint32_t row_number(struct tracing *t, enum slot_kind kind)
{
    return input(t->o, t->g, (struct slot){kind, .rows = t->rows, .cols = 1});
}

static uint32_t student_layer(struct tracing *t, size_t layer)
{
    size_t hidden = t->o->model->n_layers - 1;
    if (layer == 0)
        return missing(t, "layer of the student");
    if (layer <= hidden)
        return t->hidden[layer - 1];
    err_set(t->g->err, ERR_DATA, "the student has %zu hidden layer%s, and no hidden[%zu]", hidden,
            hidden == 1 ? "" : "s", layer);
    return NODE_NONE;
}

static uint32_t get(void *data, enum loss_source source, size_t index)
{
    struct tracing *t = data;
    const struct objective *o = t->o;
    const struct train_term *term = &o->terms[t->term];
    const struct layer *layer = &o->model->layer[index < o->model->n_layers ? index : 0];
    switch (source) {
    case SOURCE_LOGITS: return t->logits;
    case SOURCE_HIDDEN: return t->hidden[index];
    case SOURCE_WEIGHT: return model_weight(t->g, &t->pass, index);
    case SOURCE_BIAS: return model_bias(t->g, &t->pass, index);
    case SOURCE_START_WEIGHT:
        return layer->kind == LAYER_FIXED ? model_weight(t->g, &t->pass, index)
                                          : start_part(t, layer->weight, layer->in, layer->out);
    case SOURCE_START_BIAS:
        return layer->kind == LAYER_FIXED ? model_bias(t->g, &t->pass, index)
                                          : start_part(t, layer->bias, 1, layer->out);
    case SOURCE_FEATURES:
        return input(t->o, t->g, (struct slot){SLOT_ROWS, .rows = t->rows,
                                               .cols = o->model->features});
    case SOURCE_LABELS:
        return input(t->o, t->g, (struct slot){SLOT_LABELS, .rows = t->rows,
                                               .cols = o->model->classes});
    case SOURCE_GROUPS: return row_number(t, SLOT_ROW_GROUP);
    case SOURCE_WEIGHTS: return row_number(t, SLOT_ROW_WEIGHT);
    case SOURCE_GUIDANCE_PROBS:
        return term->mixture.voters > 0 ? mixed_probs(t) : array_rows(t, &term->probs, "guidance");
    case SOURCE_GUIDANCE_LOGITS:
        if (term->mixture.voters > 0)
            return graph_log(t->g, mixed(t));
        return array_rows(t, &term->logits, "teacher with logits");
    case SOURCE_REPRESENTATION_FROM: return array_rows(t, &term->from, "layer of a teacher");
    case SOURCE_REPRESENTATION_TO: return student_layer(t, term->to);
    case SOURCE_SCORES: return scores(t, false);
    case SOURCE_REFERENCE_SCORES: return scores(t, true);
    case SOURCE_REFERENCE_LOGITS: return array_rows(t, &term->reference, "reference model");
    case SOURCE_PROGRESS:
        return input(t->o, t->g, (struct slot){SLOT_PROGRESS, .rows = 1, .cols = 1});
    }
    BUG("source %d is unknown", (int)source);
}

static uint32_t forward(void *data, uint32_t features, uint32_t *hidden)
{
    struct tracing *t = data;
    return model_forward(t->g, &t->pass, features, hidden);
}

static uint32_t random_numbers(void *data, bool normal, size_t rows, size_t cols)
{
    struct tracing *t = data;
    size_t size;
    if (__builtin_mul_overflow(rows, cols, &size) || size > MAX_RANDOM) {
        err_set(t->g->err, ERR_DATA, "%zu x %zu random numbers are too many", rows, cols);
        return NODE_NONE;
    }
    return input(t->o, t->g, (struct slot){normal ? SLOT_NORMAL : SLOT_UNIFORM,
                                           .ordinal = t->n_random++, .rows = rows, .cols = cols});
}

// --- the graph -----------------------------------------------------------------------------------
static uint32_t build_term(struct tracing *t)
{
    struct objective *o = t->o;
    const struct train_term *term = &o->terms[t->term];
    struct loss_world world = {
        .graph = t->g,
        .rows = t->rows,
        .classes = o->model->classes,
        .features = o->model->features,
        .layers = o->model->n_layers,
        .columns = o->columns,
        .names_unknown = o->names_unknown,
        .n_environments = o->environments.n,
        .environment_rows = o->environments.rows,
        .data = t,
        .get = get,
        .forward = forward,
        .parameter = parameter,
        .random = random_numbers,
        .filtered = term->mask.cols > 0,
    };
    if (world.filtered)
        world.row_weights = array_rows(t, &term->mask, "filter");
    uint32_t loss = loss_trace(o->loss[t->term], objective_params(&term->call), &world);
    uint32_t weight =
        term->weight.kind == VALUE_NUMBER
            ? graph_constant(t->g, (float)term->weight.number)
            : input(o, t->g, (struct slot){SLOT_SCHEDULE, .term = t->term, .rows = 1, .cols = 1});
    return graph_mul(t->g, loss, weight);
}

static uint32_t build(struct objective *o, struct graph *g, size_t rows, size_t *term)
{
    struct tracing t;
    begin_tracing(&t, o, g, rows);
    uint32_t x = input(o, g, (struct slot){SLOT_ROWS, .rows = rows, .cols = o->model->features});
    t.pass.statistic = o->statistic;
    t.logits = model_forward(g, &t.pass, x, t.hidden);
    t.pass.statistic = NULL; // those of other passes are no statistics of the batch
    uint32_t total = NODE_NONE;
    for (; t.term < o->n_terms && !graph_failed(g); t.term++) {
        *term = t.term;
        uint32_t loss = build_term(&t);
        total = t.term == 0 ? loss : graph_add(g, total, loss);
    }
    return total;
}

uint32_t objective_build(struct objective *o, struct graph *g, size_t rows)
{
    size_t term;
    return build(o, g, rows, &term);
}

int objective_check(const struct model *model, const struct train_term *terms, size_t n_terms,
                    size_t rows, const struct batch_parts *environments, size_t *term,
                    struct err *err)
{
    struct objective o;
    struct graph g;
    *term = 0;
    graph_init(&g, err);
    int status = objective_init(&o, model, terms, n_terms, 1, err);
    o.names_unknown = true;
    o.environments = *environments;
    if (status == 0)
        status = graph_gradient(&g, build(&o, &g, rows, term));
    graph_release(&g);
    objective_release(&o);
    return status;
}
