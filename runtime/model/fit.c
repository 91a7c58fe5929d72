// fit.c -- see fit.h: the rows and their class shares for a fit, and predictions of what was
// fitted.
#include "model/fit.h"

#include "base/detmath.h"
#include "base/mem.h"
#include "model/batch.h"
#include "model/knn.h"
#include "model/tree.h"

#include <string.h>

enum { BATCH = 64 }; // rows gathered at once; changes no bit

const char *fit_refuses(const struct value *call, const struct value *weight)
{
    bool soft = value_is_call(call, "soft_labels");
    if (!soft && !value_is_call(call, "cross_entropy") && !value_is_call(call, "hard_labels"))
        return "it learns from cross_entropy(labels), soft_labels and hard_labels only";
    const struct value *temperature = soft ? value_arg(call, "temperature") : NULL;
    if (temperature != NULL && (temperature->kind != VALUE_NUMBER || temperature->number != 1))
        return "it learns from soft labels at temperature 1 only";
    if (weight->kind != VALUE_NUMBER || !(weight->number > 0))
        return "the weight of what it learns from must be a positive number";
    return NULL;
}

// --- class shares --------------------------------------------------------------------------------
// What a filter makes of a row.
static double row_factor(const struct train_term *term, size_t row)
{
    return term->mask.data != NULL ? (double)term->mask.data[row] : 1;
}

static int add_gold(float *shares, const struct train_spec *spec, const struct train_term *term,
                    double weight, struct err *err)
{
    const struct rows *rows = spec->rows;
    size_t C = spec->model->classes;
    if (rows->table->y == NULL)
        return err_set(err, ERR_DATA, "the objective needs labels, and the data have none");
    for (size_t i = 0; i < rows->n; i++) {
        uint32_t y = rows->table->y[rows->index[i]];
        if (y >= C)
            return err_set(err, ERR_DATA, "label %u in row %zu, and the model knows %zu classes",
                           (unsigned)y, (size_t)rows->index[i], C);
        shares[i * C + y] += (float)(weight * row_factor(term, i));
    }
    return 0;
}

static size_t largest(const float *x, size_t n)
{
    size_t at = 0;
    for (size_t i = 1; i < n; i++)
        at = x[i] > x[at] ? i : at;
    return at;
}

static int add_term(float *shares, const struct train_spec *spec, const struct train_term *term,
                    double weight, struct err *err)
{
    size_t C = spec->model->classes;
    if (fit_refuses(&term->call, &term->weight) != NULL)
        BUG("a fit to %s", term->call.text);
    if (value_is_call(&term->call, "cross_entropy"))
        return add_gold(shares, spec, term, weight, err);
    if (term->probs.data == NULL || term->probs.cols != C)
        BUG("targets over %zu classes", term->probs.cols);
    for (size_t i = 0; i < spec->rows->n; i++) {
        const float *probs = term->probs.data + i * C;
        double w = weight * row_factor(term, i);
        if (value_is_call(&term->call, "hard_labels"))
            shares[i * C + largest(probs, C)] += (float)w;
        else
            for (size_t c = 0; c < C; c++)
                shares[i * C + c] += (float)(w * (double)probs[c]);
    }
    return 0;
}

// The weighted mean of the terms' targets, N x C.
static float *class_shares(const struct train_spec *spec, struct err *err)
{
    size_t C = spec->model->classes;
    float *shares = mem_try(spec->rows->n, C * sizeof *shares, "class shares", err);
    double sum = 0;
    int status = shares != NULL ? 0 : -1;
    for (size_t i = 0; i < spec->n_terms; i++)
        sum += spec->terms[i].weight.number;
    for (size_t i = 0; i < spec->n_terms && status == 0; i++)
        status = add_term(shares, spec, &spec->terms[i], spec->terms[i].weight.number / sum, err);
    if (status == 0)
        return shares;
    mem_free(shares);
    return NULL;
}

// --- fits ----------------------------------------------------------------------------------------
static float *columns(const struct rows *rows, const struct kernels *kernels, struct err *err)
{
    size_t D = rows->table->d, N = rows->n;
    float *column = mem_try(N, D * sizeof *column, "the features by column", err);
    float *batch = mem_try(BATCH, D * sizeof *batch, "a batch", err);
    for (size_t at = 0; column != NULL && batch != NULL && at < N; at += BATCH) {
        size_t n = N - at < BATCH ? N - at : BATCH;
        batch_features(batch, kernels, rows->table, rows->index + at, n);
        for (size_t f = 0; f < D; f++)
            for (size_t i = 0; i < n; i++)
                column[f * N + at + i] = batch[i * D + f];
    }
    mem_free(batch);
    if (batch == NULL) {
        mem_free(column);
        column = NULL;
    }
    return column;
}

static float *weights(const struct rows *rows, struct err *err)
{
    float *weight = mem_try(rows->n, sizeof *weight, "row weights", err);
    for (size_t i = 0; weight != NULL && i < rows->n; i++)
        weight[i] = rows->table->weight[rows->index[i]];
    return weight;
}

static int fit_tree(float **values, size_t *n_values, const struct train_spec *spec,
                    const float *shares, const struct step_context *context, struct err *err)
{
    const struct rows *rows = spec->rows;
    float *column = columns(rows, context->kernels, err);
    float *weight = column != NULL && rows->table->weight != NULL ? weights(rows, err) : NULL;
    int status = -1;
    if (column != NULL && (weight != NULL || rows->table->weight == NULL)) {
        struct tree_rows of = {rows->n, column, shares, weight};
        status = tree_fit(values, n_values, spec->model, &of, context, err);
    }
    mem_free(weight);
    mem_free(column);
    return status;
}

static int fit_knn(float **values, size_t *n_values, const struct train_spec *spec,
                   const float *shares, const struct step_context *context, struct err *err)
{
    const struct rows *rows = spec->rows;
    size_t D = spec->model->features, C = spec->model->classes, width, n;
    if (spec->model->neighbours > rows->n)
        return err_set(err, ERR_DATA, "%zu neighbours are asked for, and there are %zu rows",
                       spec->model->neighbours, rows->n);
    if (__builtin_add_overflow(D, C, &width) || __builtin_mul_overflow(rows->n, width, &n))
        return err_set(err, ERR_MEMORY, "stored rows: too large");
    float *stored = mem_try(n, sizeof *stored, "stored rows", err);
    if (stored == NULL)
        return -1;
    batch_features(stored, context->kernels, rows->table, rows->index, rows->n);
    memcpy(stored + rows->n * D, shares, rows->n * C * sizeof *shares);
    *values = stored;
    *n_values = n;
    return 0;
}

// The rows that have a target, their shares moved together. The index is the caller's to free.
static int with_targets(struct rows *out, float *shares, const struct train_spec *spec,
                        struct err *err)
{
    size_t C = spec->model->classes;
    *out = (struct rows){spec->rows->table, 0, NULL};
    out->index = mem_try(spec->rows->n, sizeof *out->index, "rows with a target", err);
    if (out->index == NULL)
        return -1;
    for (size_t i = 0; i < spec->rows->n; i++) {
        float sum = 0;
        for (size_t c = 0; c < C; c++)
            sum += shares[i * C + c];
        if (!(sum > 0))
            continue;
        memmove(shares + out->n * C, shares + i * C, C * sizeof *shares);
        out->index[out->n++] = spec->rows->index[i];
    }
    return out->n > 0 ? 0 : err_set(err, ERR_DATA, "no row has a target to learn from");
}

static int fit_rows(float **values, size_t *n_values, const struct train_spec *spec, float *shares,
                    const struct step_context *context, struct err *err)
{
    struct rows rows;
    struct train_spec of = *spec;
    of.rows = &rows;
    int status = with_targets(&rows, shares, spec, err);
    if (status == 0)
        status = spec->model->kind == MODEL_TREE
                     ? fit_tree(values, n_values, &of, shares, context, err)
                     : fit_knn(values, n_values, &of, shares, context, err);
    rows_release(&rows);
    return status;
}

int fit(float **values, size_t *n_values, const struct train_spec *spec,
        const struct step_context *context, struct err *err)
{
    if (spec->n_terms == 0 || spec->model->kind == MODEL_NET)
        BUG("a fit of %zu terms", spec->n_terms);
    if (spec->rows->n == 0)
        return err_set(err, ERR_DATA, "there are no rows to train on");
    if (batch_check(spec->model, spec->rows, err) < 0)
        return -1;
    kernel_fp_pin();
    float *shares = class_shares(spec, err);
    if (shares == NULL)
        return -1;
    int status = fit_rows(values, n_values, spec, shares, context, err);
    mem_free(shares);
    return status;
}

bool fit_is_valid(const struct model *model, const float *values, size_t n_values)
{
    return model->kind == MODEL_TREE ? tree_is_valid(model, values, n_values)
                                     : knn_is_valid(model, n_values);
}

// --- predictions ---------------------------------------------------------------------------------
struct prediction {
    float *logits;
    const struct model *model;
    const float *values;
    const struct rows *rows;
    const struct step_context *context;
    char *memory; // of one thread after the other
    size_t room;  // of each
};

// What a thread works with: BATCH rows, class shares, neighbours.
struct desk {
    struct neighbour *nearest;
    double *shares;
    float *x;
};

static size_t desk_size(const struct model *model)
{
    size_t bytes = model->neighbours * sizeof(struct neighbour) + model->classes * sizeof(double) +
                   BATCH * model->features * sizeof(float);
    return (bytes + 63) / 64 * 64;
}

static struct desk desk_of(const struct prediction *p, unsigned slot)
{
    char *at = p->memory + slot * p->room;
    struct desk desk = {.nearest = (void *)at};
    desk.shares = (void *)(desk.nearest + p->model->neighbours);
    desk.x = (void *)(desk.shares + p->model->classes);
    return desk;
}

static void predict_row(float *logits, const struct prediction *p, const struct desk *desk,
                        const float *x)
{
    size_t C = p->model->classes;
    if (p->model->kind == MODEL_TREE) {
        const float *leaf = tree_leaf(p->model, p->values, x);
        for (size_t c = 0; c < C; c++)
            desk->shares[c] = (double)leaf[TREE_HEAD + c];
    } else {
        knn_shares(desk->shares, desk->nearest, p->model, p->values, x);
    }
    for (size_t c = 0; c < C; c++)
        logits[c] = (float)det_log(desk->shares[c] > FIT_FLOOR ? desk->shares[c] : FIT_FLOOR);
}

static void predict_batch(void *data, size_t chunk, unsigned slot)
{
    const struct prediction *p = data;
    struct desk desk = desk_of(p, slot);
    size_t at = chunk * BATCH, left = p->rows->n - at, n = left < BATCH ? left : BATCH;
    if (p->context->stop != NULL && *p->context->stop != 0)
        return;
    batch_features(desk.x, p->context->kernels, p->rows->table, p->rows->index + at, n);
    for (size_t i = 0; i < n; i++)
        predict_row(p->logits + (at + i) * p->model->classes, p, &desk,
                    desk.x + i * p->model->features);
}

int fit_predict(float *logits, const struct model *model, const float *values,
                const struct rows *rows, const struct step_context *context, struct err *err)
{
    if (batch_check(model, rows, err) < 0)
        return -1;
    kernel_fp_pin();
    struct prediction p = {logits, model, values, rows, context, NULL, desk_size(model)};
    p.memory = mem_try(crew_size(context->crew), p.room, "prediction", err);
    if (p.memory == NULL)
        return -1;
    crew_run(context->crew, (rows->n + BATCH - 1) / BATCH, predict_batch, &p);
    mem_free(p.memory);
    if (context->stop != NULL && *context->stop != 0)
        return err_set(err, ERR_INTERRUPTED, "interrupted while predicting");
    return 0;
}
