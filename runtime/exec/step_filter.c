// step_filter.c -- which rows guidance is for, and targets made better.
//
// A filter scores every row, higher is more trustworthy, and keeps the best share of the rows, those from
// a least score on, or both; ties are kept in the order of the rows. What it gives are weights: 0 for rows
// that are left out, N / kept for the others, so that the mean over all rows is the mean over those kept.
#include "exec/steps.h"

#include "base/detmath.h"
#include "base/mem.h"
#include "model/batch.h"
#include "model/knn.h"

#include <stdlib.h> // qsort
#include <string.h>

static size_t argmax(const float *x, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        best = x[i] > x[best] ? i : best;
    return best;
}

// log of the softmax of `z` at class `cls`, in double.
static double log_probability(const float *z, size_t n, size_t cls)
{
    double most = z[argmax(z, n)], sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += det_exp((double)z[i] - most);
    return (double)z[cls] - most - det_log(sum);
}

// The teacher's own probability of its first class.
static double confidence(const float *target, size_t classes)
{
    return target[argmax(target, classes)];
}

// The probability that the other model gives to the target's first class; 0 where its own is another.
static double agreement(const float *target, const float *z, size_t classes)
{
    size_t cls = argmax(target, classes);
    return argmax(z, classes) == cls ? det_exp(log_probability(z, classes, cls)) : 0;
}

// Minus the cross-entropy of the model's probabilities with the target: what is learned early is more
// often right (Han et al. 2018, arXiv 1804.06872).
static double small_loss(const float *target, const float *z, size_t classes)
{
    double sum = 0;
    for (size_t c = 0; c < classes; c++)
        sum += target[c] > 0 ? (double)target[c] * log_probability(z, classes, c) : 0;
    return sum;
}

// --- neighbours ----------------------------------------------------------------------------------
// The rows as a model of nearest neighbours sees them, and room for one answer.
struct vicinity {
    struct model model;
    float *values; // N x D features, then N x C shares
    struct neighbour *nearest;
    double *shares;
    size_t k;
};

static void vicinity_release(struct vicinity *v)
{
    mem_free(v->values);
    mem_free(v->nearest);
    mem_free(v->shares);
}

// One neighbour more than is asked for: a row is mostly the nearest of itself.
static int vicinity_init(struct vicinity *v, const struct step_call *c, struct err *err)
{
    const struct artifact *target = c->in[0];
    const struct rows *rows = &c->in[1]->rows;
    size_t D = rows->table->d, C = target->classes, n = target->n, width;
    *v = (struct vicinity){.k = (size_t)value_arg_int(&c->step->attrs, "k")};
    if (rows->n != n)
        return err_set(err, ERR_DATA, "targets of %zu rows meet %zu rows", n, rows->n);
    if (v->k >= n)
        return err_set(err, ERR_DATA, "%zu neighbours are asked for, and there are %zu other rows", v->k, n - 1);
    if (__builtin_add_overflow(D, C, &width))
        return err_set(err, ERR_MEMORY, "rows of %zu features are too large", D);
    v->values = mem_try(n, width * sizeof(float), "rows and their targets", err);
    v->nearest = mem_try(v->k + 1, sizeof(*v->nearest), "neighbours", err);
    v->shares = mem_try(C, sizeof(*v->shares), "class shares", err);
    if (v->values == NULL || v->nearest == NULL || v->shares == NULL)
        return -1;
    batch_features(v->values, c->context.kernels, rows->table, rows->index, n);
    memcpy(v->values + n * D, target->values, n * C * sizeof(float));
    v->model = (struct model){.kind = MODEL_KNN, .features = D, .classes = C, .neighbours = v->k + 1,
                              .n_params = n * width};
    return 0;
}

// The k nearest other rows of row i: their numbers, in v->nearest from `first` on, that one left out.
static void neighbours_of(struct vicinity *v, size_t i)
{
    knn_shares(v->shares, v->nearest, &v->model, v->values, v->values + i * v->model.features);
    size_t at = 0;
    while (at < v->k && v->nearest[at].row != i)
        at++;
    for (; at < v->k; at++) // one of many equal rows may not find itself: then the last is too many
        v->nearest[at] = v->nearest[at + 1];
}

// The share of the k nearest rows whose target has the same first class (Bahri, Jiang, Gupta 2020,
// arXiv 2004.12289).
static double nearby(struct vicinity *v, const struct artifact *target, size_t i)
{
    size_t C = target->classes, same = 0, cls = argmax(target->values + i * C, C);
    neighbours_of(v, i);
    for (size_t j = 0; j < v->k; j++)
        same += argmax(target->values + v->nearest[j].row * C, C) == cls;
    return (double)same / (double)v->k;
}

static bool is_stopped(const struct step_call *c, struct err *err)
{
    if (c->context.stop == NULL || atomic_load(c->context.stop) == 0)
        return false;
    err_set(err, ERR_INTERRUPTED, "interrupted");
    return true;
}

// --- scores --------------------------------------------------------------------------------------
struct scored {
    double score;
    size_t row;
};

static int by_score(const void *x, const void *y)
{
    const struct scored *a = x, *b = y;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

static int score_by_neighbours(struct scored *rows, const struct step_call *c, struct err *err)
{
    struct vicinity v;
    int status = vicinity_init(&v, c, err);
    for (size_t i = 0; status == 0 && i < c->in[0]->n; i++) {
        rows[i] = (struct scored){nearby(&v, c->in[0], i), i};
        status = is_stopped(c, err) ? -1 : 0;
    }
    vicinity_release(&v);
    return status;
}

static int same_shape(const struct step_call *c, struct err *err)
{
    const struct artifact *target = c->in[0], *other = c->in[c->step->n_in - 1];
    if (other->n == target->n && other->classes == target->classes)
        return 0;
    return err_set(err, ERR_DATA, "targets of %zu x %zu meet a model's %zu x %zu", target->n,
                   target->classes, other->n, other->classes);
}

static int score_rows(struct scored *rows, const struct step_call *c, struct err *err)
{
    const struct artifact *target = c->in[0], *other = c->step->n_in > 1 ? c->in[1] : NULL;
    const char *by = value_arg_text(&c->step->attrs, "by");
    size_t C = target->classes;
    if (strcmp(by, "neighbours") == 0)
        return score_by_neighbours(rows, c, err);
    if (same_shape(c, err) < 0)
        return -1;
    for (size_t i = 0; i < target->n; i++) {
        const float *q = target->values + i * C;
        const float *z = other != NULL ? other->values + i * C : NULL;
        rows[i].row = i;
        rows[i].score = strcmp(by, "confidence") == 0  ? confidence(q, C)
                        : strcmp(by, "agreement") == 0 ? agreement(q, z, C)
                                                       : small_loss(q, z, C);
    }
    return 0;
}

int step_filter(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct value *attrs = &c->step->attrs;
    const struct value *keep = value_arg(attrs, "keep"), *least = value_arg(attrs, "least");
    size_t n = c->in[0]->n, kept = 0;
    struct scored *rows = mem_try(n, sizeof(*rows), "scores", err);
    out->values = mem_try(n, sizeof(float), "weights", err);
    if (rows == NULL || out->values == NULL || score_rows(rows, c, err) < 0) {
        mem_free(rows);
        return -1;
    }
    out->n = out->n_values = n;
    out->classes = 1;
    qsort(rows, n, sizeof(*rows), by_score);
    size_t most = keep != NULL ? (size_t)(keep->number * (double)n + 0.5) : n;
    bool wants_yes = strcmp(value_arg_text(attrs, "by"), "agreement") == 0;
    while (kept < most && (least == NULL || rows[kept].score >= least->number) &&
           (!wants_yes || rows[kept].score > 0))
        kept++;
    if (kept == 0) {
        err_set(err, ERR_DATA, "the filter keeps none of %zu rows", n);
        err_hint(err, "The best row has %.6g; raise 'keep' or lower 'least'.", rows[0].score);
    }
    memset(out->values, 0, n * sizeof(float));
    for (size_t i = 0; i < kept; i++)
        out->values[rows[i].row] = (float)((double)n / (double)kept);
    mem_free(rows);
    return kept > 0 ? 0 : -1;
}

// The mean of the targets of a row and of its k nearest.
static int relabel_by_neighbours(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct artifact *target = c->in[0];
    struct vicinity v;
    size_t C = target->classes;
    int status = vicinity_init(&v, c, err);
    for (size_t i = 0; status == 0 && i < target->n; i++) {
        neighbours_of(&v, i);
        for (size_t k = 0; k < C; k++) {
            double sum = target->values[i * C + k];
            for (size_t j = 0; j < v.k; j++)
                sum += (double)target->values[v.nearest[j].row * C + k];
            out->values[i * C + k] = (float)(sum / (double)(v.k + 1));
        }
        status = is_stopped(c, err) ? -1 : 0;
    }
    vicinity_release(&v);
    return status;
}

// Targets of rows of which a model is sure become what it says (Tanaka et al. 2018, arXiv 1803.11364, for
// the idea; here with a threshold instead of for all rows).
static int relabel_by_model(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct artifact *target = c->in[0], *model = c->in[1];
    double least = value_arg_number(&c->step->attrs, "least");
    size_t C = target->classes;
    if (same_shape(c, err) < 0)
        return -1;
    for (size_t i = 0; i < target->n; i++) {
        const float *z = model->values + i * C;
        double top = det_exp(log_probability(z, C, argmax(z, C)));
        for (size_t k = 0; k < C; k++)
            out->values[i * C + k] = top >= least ? (float)det_exp(log_probability(z, C, k))
                                                  : target->values[i * C + k];
    }
    return 0;
}

int step_relabel(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct artifact *target = c->in[0];
    out->values = mem_try(target->n_values, sizeof(float), "targets", err);
    if (out->values == NULL)
        return -1;
    out->n = target->n;
    out->classes = target->classes;
    out->n_values = target->n_values;
    return value_arg(&c->step->attrs, "k") != NULL ? relabel_by_neighbours(out, c, err)
                                                   : relabel_by_model(out, c, err);
}
