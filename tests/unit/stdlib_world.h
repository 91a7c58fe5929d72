// stdlib_world.h -- what a loss sees when it is traced in a test: a tanh student, random inputs
// that come into being when they are asked for, and the same as plain numbers, for formulas to use.
#ifndef W2S_TEST_STDLIB_WORLD_H
#define W2S_TEST_STDLIB_WORLD_H

#include "../grad/rig.h"

#include "hook/loss.h"
#include "hook/stdlib.h"

enum { SIDE = 16, MAX_LAYERS = 3, MAX_OWN = 4, MAX_RANDOM = 6, MAX_ARGS = 12, MAX_PARTS = 3 };

// A matrix of numbers for formulas.
struct mat {
    size_t rows, cols;
    double at[SIDE][SIDE];
};

struct shape {
    size_t rows, classes, features, hidden, source, layers;
    size_t rankings, ranked; // of a preference, whose rows are rankings x ranked
};

struct own_parameter {
    const char *name;
    uint32_t node;
};

struct world {
    struct rig rig;
    struct shape shape;
    size_t size[MAX_LAYERS + 1]; // units, from the features to the classes
    uint32_t weight[MAX_LAYERS], bias[MAX_LAYERS];
    uint32_t features, logits, hidden[MAX_LAYERS];
    uint32_t given[SOURCE_PROGRESS + 1][MAX_LAYERS]; // inputs made so far, by source and index
    double progress;
    bool one_hot; // the teacher is sure
    double scale; // of the teacher's logits and layers; 0: random numbers are 0 too
    struct own_parameter own[MAX_OWN];
    size_t n_own;
    uint32_t random[MAX_RANDOM]; // in the order of the calls
    size_t n_random;
    size_t part[MAX_PARTS], n_parts; // rows of each environment
    struct loss_world view;
};

// --- the student ---------------------------------------------------------------------------------
static inline uint32_t world_forward(void *data, uint32_t x, uint32_t *hidden)
{
    struct world *w = data;
    struct graph *g = &w->rig.g;
    for (size_t i = 0; i < w->shape.layers; i++) {
        x = graph_add(g, graph_matmul(g, x, false, w->weight[i], false), w->bias[i]);
        if (i + 1 == w->shape.layers)
            break;
        x = graph_tanh(g, x);
        hidden[i] = x;
    }
    return x;
}

// One number a row: the log-odds of the last of two classes; of more, the last against the first.
static inline uint32_t world_scores(struct world *w, uint32_t logits)
{
    struct graph *g = &w->rig.g;
    size_t rows = w->shape.rows;
    uint32_t last = graph_slice(g, logits, 0, w->shape.classes - 1, rows, 1);
    uint32_t odds = graph_sub(g, last, graph_slice(g, logits, 0, 0, rows, 1));
    return graph_reshape(g, odds, w->shape.rankings, w->shape.ranked);
}

// --- inputs --------------------------------------------------------------------------------------
static inline double *world_values(struct world *w, uint32_t node)
{
    assert_int_not_equal(node, NODE_NONE);
    assert_int_equal(w->rig.g.node[node].op, OP_INPUT);
    return w->rig.input[w->rig.g.node[node].index];
}

static inline void world_one_hot(struct world *w, uint32_t node)
{
    const struct node *n = &w->rig.g.node[node];
    double *x = world_values(w, node);
    for (size_t r = 0; r < n->rows; r++) {
        size_t pick = rng_below(&w->rig.rng, n->cols);
        for (size_t c = 0; c < n->cols; c++)
            x[r * n->cols + c] = c == pick;
    }
}

static inline uint32_t world_input(struct world *w, enum loss_source source, size_t index)
{
    const struct shape *s = &w->shape;
    struct rig *rig = &w->rig;
    uint32_t id;
    switch (source) {
    case SOURCE_LABELS:
        id = rig_input(rig, s->rows, s->classes, 0, 1);
        world_one_hot(w, id);
        return id;
    case SOURCE_GROUPS: case SOURCE_WEIGHTS: return rig_input(rig, s->rows, 1, 0, 1);
    case SOURCE_GUIDANCE_PROBS:
        id = rig_distribution(rig, s->rows, s->classes);
        if (w->one_hot)
            world_one_hot(w, id);
        return id;
    case SOURCE_GUIDANCE_LOGITS: case SOURCE_REFERENCE_LOGITS:
        return rig_input(rig, s->rows, s->classes, -2 * w->scale, 2 * w->scale);
    case SOURCE_REPRESENTATION_FROM:
        return rig_input(rig, s->rows, s->source, -w->scale, w->scale);
    case SOURCE_REFERENCE_SCORES:
        return rig_input(rig, s->rankings, s->ranked, -2 * w->scale, 2 * w->scale);
    case SOURCE_START_WEIGHT: return rig_input(rig, w->size[index], w->size[index + 1], -1, 1);
    case SOURCE_START_BIAS: return rig_input(rig, 1, w->size[index + 1], -1, 1);
    case SOURCE_PROGRESS:
        id = rig_input(rig, 1, 1, 0, 1);
        *world_values(w, id) = (float)w->progress;
        return id;
    default: fail_msg("no such source: %d", (int)source);
    }
    return NODE_NONE;
}

static inline uint32_t world_get(void *data, enum loss_source source, size_t index)
{
    struct world *w = data;
    switch (source) {
    case SOURCE_LOGITS: return w->logits;
    case SOURCE_HIDDEN: return w->hidden[index];
    case SOURCE_REPRESENTATION_TO: return w->hidden[w->shape.layers - 2];
    case SOURCE_WEIGHT: return w->weight[index];
    case SOURCE_BIAS: return w->bias[index];
    case SOURCE_FEATURES: return w->features;
    case SOURCE_SCORES: return world_scores(w, w->logits);
    default: break;
    }
    uint32_t *given = &w->given[source][index];
    if (*given == NODE_NONE)
        *given = world_input(w, source, index);
    return *given;
}

static inline uint32_t world_parameter(void *data, const char *name, size_t rows, size_t cols,
                                       const float *start)
{
    struct world *w = data;
    for (size_t i = 0; i < w->n_own; i++)
        if (strcmp(w->own[i].name, name) == 0)
            return w->own[i].node;
    assert_true(w->n_own < MAX_OWN);
    double reach = 1 / sqrt((double)rows);
    uint32_t id = rig_param(&w->rig, rows, cols, -reach, reach);
    for (size_t i = 0; start != NULL && i < rows * cols; i++)
        w->rig.params[w->rig.n_params - 1 - i] = *start;
    w->own[w->n_own++] = (struct own_parameter){strdup(name), id};
    return id;
}

static inline uint32_t world_random(void *data, bool normal, size_t rows, size_t cols)
{
    struct world *w = data;
    assert_true(w->n_random < MAX_RANDOM);
    uint32_t id = rig_input(&w->rig, rows, cols, 0, 1);
    for (size_t i = 0; normal && i < rows * cols; i++)
        world_values(w, id)[i] = (float)rng_normal(&w->rig.rng);
    for (size_t i = 0; w->scale == 0 && i < rows * cols; i++)
        world_values(w, id)[i] = 0;
    w->random[w->n_random++] = id;
    return id;
}

// --- life cycle ----------------------------------------------------------------------------------
// Three environments, the last the largest; of few rows two, of one row one.
static inline void world_environments(struct world *w)
{
    size_t rows = w->shape.rows;
    w->n_parts = rows >= 6 ? 3 : rows >= 2 ? 2 : 1;
    for (size_t e = 0; e < w->n_parts; e++)
        w->part[e] = rows / w->n_parts;
    w->part[w->n_parts - 1] += rows % w->n_parts;
    w->view.n_environments = w->n_parts;
    w->view.environment_rows = w->part;
}

static inline void world_init(struct world *w, const struct shape *shape, enum loss_kind kind,
                              uint64_t seed)
{
    memset(w, 0, sizeof(*w));
    rig_init(&w->rig, seed);
    w->shape = *shape;
    if (kind == LOSS_PREFERENCE)
        w->shape.rows = shape->rankings * shape->ranked;
    if (kind == LOSS_REPRESENTATION && shape->layers < 2)
        w->shape.layers = 2;
    w->progress = 0.125;
    w->scale = 1;
    for (size_t i = 0; i < ARRAY_LEN(w->given); i++)
        for (size_t k = 0; k < MAX_LAYERS; k++)
            w->given[i][k] = NODE_NONE;
    w->size[0] = shape->features;
    for (size_t i = 1; i < w->shape.layers; i++)
        w->size[i] = shape->hidden;
    w->size[w->shape.layers] = shape->classes;
    for (size_t i = 0; i < w->shape.layers; i++) {
        w->weight[i] = rig_param(&w->rig, w->size[i], w->size[i + 1], -1, 1);
        w->bias[i] = rig_param(&w->rig, 1, w->size[i + 1], -0.5, 0.5);
    }
    w->features = rig_input(&w->rig, w->shape.rows, shape->features, -2, 2);
    w->logits = world_forward(w, w->features, w->hidden);
    w->view = (struct loss_world){
        .graph = &w->rig.g, .rows = w->shape.rows, .classes = shape->classes,
        .features = shape->features, .layers = w->shape.layers, .data = w, .get = world_get,
        .forward = world_forward, .parameter = world_parameter, .random = world_random};
    if (kind == LOSS_INVARIANCE)
        world_environments(w);
}

static inline void world_release(struct world *w)
{
    for (size_t i = 0; i < w->n_own; i++)
        free((char *)w->own[i].name);
    rig_release(&w->rig);
}

// --- the same as numbers -------------------------------------------------------------------------
static inline struct mat mat_of(const double *x, size_t rows, size_t cols)
{
    struct mat m = {.rows = rows, .cols = cols};
    assert_true(rows <= SIDE && cols <= SIDE);
    for (size_t i = 0; i < rows * cols; i++)
        m.at[i / cols][i % cols] = x[i];
    return m;
}

static inline struct mat node_mat(const struct world *w, uint32_t id)
{
    assert_int_not_equal(id, NODE_NONE);
    const struct node *n = &w->rig.g.node[id];
    assert_true(n->op == OP_INPUT || n->op == OP_PARAM);
    const double *x = n->op == OP_INPUT ? w->rig.input[n->index] : w->rig.params + n->offset;
    return mat_of(x, n->rows, n->cols);
}

static inline struct mat given_mat(const struct world *w, enum loss_source source, size_t index)
{
    return node_mat(w, w->given[source][index]);
}

static inline struct mat own_mat(const struct world *w, const char *name)
{
    for (size_t i = 0; i < w->n_own; i++)
        if (strcmp(w->own[i].name, name) == 0)
            return node_mat(w, w->own[i].node);
    fail_msg("the loss has no parameter '%s'", name);
    return (struct mat){0};
}

static inline struct mat times(const struct mat *a, const struct mat *b)
{
    struct mat m = {.rows = a->rows, .cols = b->cols};
    assert_int_equal(a->cols, b->rows);
    for (size_t r = 0; r < m.rows; r++)
        for (size_t c = 0; c < m.cols; c++)
            for (size_t k = 0; k < a->cols; k++)
                m.at[r][c] += a->at[r][k] * b->at[k][c];
    return m;
}

static inline struct mat student_layer(const struct world *w, struct mat x, size_t layers)
{
    for (size_t i = 0; i < layers; i++) {
        struct mat weight = node_mat(w, w->weight[i]), bias = node_mat(w, w->bias[i]);
        x = times(&x, &weight);
        for (size_t r = 0; r < x.rows; r++)
            for (size_t c = 0; c < x.cols; c++) {
                double z = x.at[r][c] + bias.at[0][c];
                x.at[r][c] = i + 1 < w->shape.layers ? tanh(z) : z;
            }
    }
    return x;
}

static inline struct mat student_logits(const struct world *w, const struct mat *x)
{
    return student_layer(w, *x, w->shape.layers);
}

static inline struct mat softened(const struct mat *z, double temperature)
{
    struct mat p = *z;
    for (size_t r = 0; r < z->rows; r++) {
        double sum = 0;
        for (size_t c = 0; c < z->cols; c++)
            sum += p.at[r][c] = exp(z->at[r][c] / temperature);
        for (size_t c = 0; c < z->cols; c++)
            p.at[r][c] /= sum;
    }
    return p;
}

static inline struct mat features_mat(const struct world *w)
{
    return node_mat(w, w->features);
}

static inline struct mat logits_mat(const struct world *w)
{
    struct mat x = features_mat(w);
    return student_logits(w, &x);
}

static inline struct mat probs_mat(const struct world *w)
{
    struct mat z = logits_mat(w);
    return softened(&z, 1);
}

static inline struct mat teacher_mat(const struct world *w)
{
    return given_mat(w, SOURCE_GUIDANCE_PROBS, 0);
}

static inline struct mat source_mat(const struct world *w)
{
    return given_mat(w, SOURCE_REPRESENTATION_FROM, 0);
}

static inline struct mat hidden_mat(const struct world *w)
{
    return student_layer(w, features_mat(w), w->shape.layers - 1);
}

static inline struct mat scores_mat(const struct world *w)
{
    struct mat z = logits_mat(w), s = {.rows = w->shape.rankings, .cols = w->shape.ranked};
    for (size_t i = 0; i < z.rows; i++)
        s.at[i / s.cols][i % s.cols] = z.at[i][z.cols - 1] - z.at[i][0];
    return s;
}

static inline size_t largest(const double *x, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        best = x[i] > x[best] ? i : best;
    return best;
}

static inline double cross_entropy_of(const double *target, const double *p, size_t n)
{
    double sum = 0;
    for (size_t c = 0; c < n; c++)
        sum -= target[c] * log(p[c]);
    return sum;
}

// A Beta(a, a) number from a uniform and two normal ones: Bailey's polar method for Student's t,
// with the angle it is named after, and what makes Beta of it (stdlib/losses/mixup.lua).
static inline double beta_from(double uniform, double x, double y, double a)
{
    double n = 2 * a;
    double t = sqrt(n * (pow(uniform, -2 / n) - 1)) * cos(atan2(y, x));
    return (1 + t / sqrt(n + t * t)) / 2;
}

#endif
