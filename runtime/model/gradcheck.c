// gradcheck.c -- see gradcheck.h.
#include "model/gradcheck.h"

#include "base/mem.h"
#include "base/rng.h"
#include "graph/grad.h"
#include "graph/interp.h"

#include <math.h> // fabs, isfinite: nothing a run computes comes from here
#include <stdio.h>
#include <string.h>

static const struct gradcheck_shape shapes[GRADCHECK_SHAPES] = {
    {4, 3, 2, 2}, {5, 4, 3, 2}, {7, 2, 2, 3}, {3, 5, 4, 3}, {1, 3, 2, 2}, {6, 1, 5, 4},
};

enum { LISTS = 3, SOURCE_WIDTH = 4 }; // as wide as the student's layer, since some losses ask for it

struct check {
    struct objective objective;
    struct graph graph;
    struct model model;
    struct train_term term;
    struct value_arg model_args[2];
    struct value hidden[2];
    double *params;
    double **input; // by slot
    struct rng rng;
};

static double uniform(struct check *c, double low, double high)
{
    return (float)(low + (high - low) * rng_unit(&c->rng));
}

// --- the student and its guidance ----------------------------------------------------------------
static int make_model(struct check *c, const struct gradcheck_shape *s, struct err *err)
{
    c->hidden[0] = value_number(4);
    c->hidden[1] = value_number(3);
    c->model_args[0] = (struct value_arg){
        "hidden", {.kind = VALUE_LIST, .n = 2, .items = c->hidden}};
    c->model_args[1] = (struct value_arg){"activation", value_name("tanh")};
    struct value call = {.kind = VALUE_CALL, .text = "mlp", .n = 2, .args = c->model_args};
    return model_init(&c->model, &call, s->features, s->classes, err);
}

// Guidance whose data the interpreter gets by slot: only the shapes stand here, told apart by
// addresses that are never read.
static void make_term(struct check *c, const struct gradcheck_shape *s, const struct value *call)
{
    static const float mark[4];
    static const uint32_t list_mark[1];
    c->term = (struct train_term){
        .weight = value_number(1),
        .call = *call,
        .probs = {&mark[0], s->classes},
        .logits = {&mark[1], s->classes},
        .from = {&mark[2], SOURCE_WIDTH},
        .to = 1,
        .reference = {&mark[3], s->classes},
        .lists = {list_mark, LISTS, s->list, s->classes - 1},
    };
}

// Rows that add up to 1.
static void fill_distribution(struct check *c, double *x, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++) {
        double sum = 0;
        for (size_t k = 0; k < cols; k++)
            sum += x[r * cols + k] = uniform(c, 0.05, 1);
        for (size_t k = 0; k < cols; k++)
            x[r * cols + k] /= sum;
    }
}

static void fill_slot(struct check *c, double *x, const struct slot *slot)
{
    size_t n = slot->rows * slot->cols;
    for (size_t i = 0; i < n; i++)
        x[i] = uniform(c, -1.5, 1.5);
    for (size_t i = 0; slot->kind == SLOT_NORMAL && i < n; i++)
        x[i] = rng_normal(&c->rng);
    switch (slot->kind) {
    case SLOT_LABELS:
        memset(x, 0, n * sizeof(*x));
        for (size_t r = 0; r < slot->rows; r++)
            x[r * slot->cols + rng_below(&c->rng, slot->cols)] = 1;
        break;
    case SLOT_ROW_GROUP:
        for (size_t i = 0; i < n; i++)
            x[i] = (double)rng_below(&c->rng, 2);
        break;
    case SLOT_ROW_WEIGHT:
    case SLOT_PROGRESS:
    case SLOT_UNIFORM:
        for (size_t i = 0; i < n; i++)
            x[i] = uniform(c, 0, 1);
        break;
    case SLOT_ARRAY:
        if (slot->array.data == c->term.probs.data)
            fill_distribution(c, x, slot->rows, slot->cols);
        break;
    case SLOT_START:
        for (size_t i = 0; i < n; i++)
            x[i] = uniform(c, -0.8, 0.8);
        break;
    default:
        break;
    }
}

static void fill(struct check *c)
{
    const struct objective *o = &c->objective;
    c->params = mem_new(o->n_params * sizeof(*c->params));
    for (size_t i = 0; i < o->n_params; i++)
        c->params[i] = uniform(c, -0.8, 0.8);
    for (size_t i = 0; i < o->n_parameters; i++) {
        const struct loss_parameter *p = &o->parameter[i];
        for (size_t k = 0; p->has_start && k < p->rows * p->cols; k++)
            c->params[p->offset + k] = p->start + uniform(c, -0.1, 0.1);
    }
    c->input = mem_new(o->n_slots * sizeof(*c->input));
    for (size_t i = 0; i < o->n_slots; i++) {
        c->input[i] = mem_new((o->slot[i].rows * o->slot[i].cols + 1) * sizeof(double));
        fill_slot(c, c->input[i], &o->slot[i]);
    }
}

// --- the comparison ------------------------------------------------------------------------------
static double loss_at(struct check *c, uint32_t loss, double *const *frozen)
{
    struct interp t = {.g = &c->graph, .params = c->params, .input = c->input, .frozen = frozen};
    interp_run(&t);
    double value = *t.value[loss];
    interp_release(&t);
    return value;
}

static void name_place(char *where, size_t size, const struct check *c, size_t i)
{
    const struct objective *o = &c->objective;
    for (size_t l = 0; l < c->model.n_layers; l++) {
        const struct layer *layer = &c->model.layer[l];
        size_t weights = layer->in * layer->out;
        if (i >= layer->weight && i < layer->weight + weights)
            snprintf(where, size, "student.weights[%zu], entry %zu of %zu", l + 1,
                     i - layer->weight + 1, weights);
        else if (i >= layer->bias && i < layer->bias + layer->out)
            snprintf(where, size, "student.biases[%zu], entry %zu of %zu", l + 1,
                     i - layer->bias + 1, layer->out);
    }
    for (size_t k = 0; k < o->n_parameters; k++) {
        const struct loss_parameter *p = &o->parameter[k];
        if (i >= p->offset && i < p->offset + p->rows * p->cols)
            snprintf(where, size, "parameter '%.20s', entry %zu of %zu", p->name,
                     i - p->offset + 1, p->rows * p->cols);
    }
}

static void compare(struct gradcheck_report *r, struct check *c, const double *derived,
                    const double *numeric)
{
    double scale = 1e-3;
    r->n = c->objective.n_params;
    r->worst = -1;
    for (size_t i = 0; i < r->n; i++)
        scale = fabs(numeric[i]) > scale ? fabs(numeric[i]) : scale;
    for (size_t i = 0; i < r->n; i++) {
        double error = fabs(derived[i] - numeric[i]) / (fabs(numeric[i]) + scale);
        if (!isfinite(error))
            error = INFINITY;
        if (error <= r->worst)
            continue;
        r->worst = error;
        r->derived = derived[i];
        r->numeric = numeric[i];
        name_place(r->where, sizeof(r->where), c, i);
    }
}

static void differentiate(struct gradcheck_report *r, struct check *c, uint32_t loss)
{
    const double h = 1e-5;
    size_t n = c->objective.n_params;
    double *derived = mem_new(n * sizeof(*derived)), *numeric = mem_new(n * sizeof(*numeric));
    struct interp base = {.g = &c->graph, .params = c->params, .input = c->input,
                          .gradient = derived};
    interp_run(&base);
    for (size_t i = 0; i < n; i++) {
        double x = c->params[i];
        c->params[i] = x + h;
        double up = loss_at(c, loss, base.value);
        c->params[i] = x - h;
        double down = loss_at(c, loss, base.value);
        c->params[i] = x;
        numeric[i] = (up - down) / (2 * h);
    }
    compare(r, c, derived, numeric);
    interp_release(&base);
    mem_free(derived);
    mem_free(numeric);
}

static void check_shape(struct gradcheck_report *r, const struct value *call, uint64_t seed)
{
    struct check c = {.rng = rng_at(rng_key_of(seed, "gradcheck"), r->shape.rows)};
    struct err *err = &r->refusal;
    graph_init(&c.graph, err);
    make_term(&c, &r->shape, call);
    uint32_t loss = NODE_NONE;
    const size_t parts[] = {r->shape.rows / 2, r->shape.rows - r->shape.rows / 2};
    if (make_model(&c, &r->shape, err) == 0 &&
        objective_init(&c.objective, &c.model, &c.term, 1, LISTS, err) == 0) {
        c.objective.names_unknown = true;
        if (parts[0] > 0)
            c.objective.environments = (struct batch_parts){2, parts};
        loss = objective_build(&c.objective, &c.graph, r->shape.rows);
    }
    if (loss != NODE_NONE && graph_gradient(&c.graph, loss) == 0) {
        fill(&c);
        differentiate(r, &c, loss);
        const struct err *eager = objective_eager_error(&c.objective);
        if (eager != NULL)
            err_set(err, eager->kind, "%s", eager->text);
    }
    r->refused = err_is_set(err);
    for (size_t i = 0; c.input != NULL && i < c.objective.n_slots; i++)
        mem_free(c.input[i]);
    mem_free(c.input);
    mem_free(c.params);
    objective_release(&c.objective);
    graph_release(&c.graph);
}

int gradcheck(struct gradcheck_report report[GRADCHECK_SHAPES], const struct value *call,
              uint64_t seed, struct err *err)
{
    struct loss *loss;
    if (objective_load_loss(&loss, call, err) < 0)
        return -1;
    loss_free(loss);
    for (size_t i = 0; i < GRADCHECK_SHAPES; i++) {
        report[i] = (struct gradcheck_report){.shape = shapes[i]};
        check_shape(&report[i], call, seed);
    }
    return 0;
}
