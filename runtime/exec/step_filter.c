// step_filter.c -- which rows guidance is for, and targets made better.
//
// A filter scores every row, higher is more trustworthy, and keeps the best share of the rows, those from
// a least score on, or both; ties are kept in the order of the rows. What it gives are weights: 0 for rows
// that are left out, N / kept for the others, so that the mean over all rows is the mean over those kept.
#include "exec/steps.h"

#include "base/detmath.h"
#include "base/mem.h"

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

static void score_rows(struct scored *rows, const struct step_call *c)
{
    const struct artifact *target = c->in[0], *other = c->step->n_in > 1 ? c->in[1] : NULL;
    const char *by = value_arg_text(&c->step->attrs, "by");
    size_t C = target->classes;
    for (size_t i = 0; i < target->n; i++) {
        const float *q = target->values + i * C;
        const float *z = other != NULL ? other->values + i * C : NULL;
        rows[i].row = i;
        rows[i].score = strcmp(by, "confidence") == 0  ? confidence(q, C)
                        : strcmp(by, "agreement") == 0 ? agreement(q, z, C)
                                                       : small_loss(q, z, C);
    }
}

static int same_shape(const struct step_call *c, struct err *err)
{
    const struct artifact *target = c->in[0], *other = c->in[c->step->n_in - 1];
    if (other->n == target->n && other->classes == target->classes)
        return 0;
    return err_set(err, ERR_DATA, "targets of %zu x %zu meet a model's %zu x %zu", target->n,
                   target->classes, other->n, other->classes);
}

int step_filter(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct value *attrs = &c->step->attrs;
    const struct value *keep = value_arg(attrs, "keep"), *least = value_arg(attrs, "least");
    size_t n = c->in[0]->n, kept = 0;
    if (same_shape(c, err) < 0)
        return -1;
    struct scored *rows = mem_try(n, sizeof(*rows), "scores", err);
    out->values = mem_try(n, sizeof(float), "weights", err);
    if (rows == NULL || out->values == NULL) {
        mem_free(rows);
        return -1;
    }
    out->n = out->n_values = n;
    out->classes = 1;
    score_rows(rows, c);
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

// Targets of rows of which a model is sure become what it says (Tanaka et al. 2018, arXiv 1803.11364, for
// the idea; here with a threshold instead of for all rows).
int step_relabel(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct artifact *target = c->in[0], *model = c->in[1];
    double least = value_arg_number(&c->step->attrs, "least");
    size_t C = target->classes;
    if (same_shape(c, err) < 0)
        return -1;
    out->values = mem_try(target->n_values, sizeof(float), "targets", err);
    if (out->values == NULL)
        return -1;
    out->n = target->n;
    out->classes = C;
    out->n_values = target->n_values;
    for (size_t i = 0; i < target->n; i++) {
        const float *z = model->values + i * C;
        double top = det_exp(log_probability(z, C, argmax(z, C)));
        for (size_t k = 0; k < C; k++)
            out->values[i * C + k] = top >= least ? (float)det_exp(log_probability(z, C, k))
                                                  : target->values[i * C + k];
    }
    return 0;
}
