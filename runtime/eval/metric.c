// metric.c -- see metric.h. Every sum is in double, over the rows in order.
#include "eval/metric.h"

#include "base/detmath.h"
#include "base/mem.h"

#include <math.h> // only NAN and isnan; no function is called
#include <string.h>

// The first of the most probable classes; false when a probability of the row is NaN.
static bool top_class(uint32_t *top, const struct predictions *p, size_t row)
{
    const float *x = p->p + row * p->classes;
    bool whole = true;
    *top = 0;
    for (uint32_t c = 0; c < p->classes; c++) {
        whole = whole && !isnan(x[c]);
        if (x[c] > x[*top])
            *top = c;
    }
    return whole;
}

static double probability(const struct predictions *p, size_t row, uint32_t cls)
{
    return p->p[row * p->classes + cls];
}

static int accuracy(double *sum, const struct value *metric, const struct metric_input *in,
                    struct err *err)
{
    (void)metric;
    (void)err;
    for (size_t i = 0; i < in->model.n; i++) {
        uint32_t top;
        *sum += top_class(&top, &in->model, i) && top == in->gold[i];
    }
    return 0;
}

static int nll(double *sum, const struct value *metric, const struct metric_input *in,
               struct err *err)
{
    (void)metric;
    (void)err;
    for (size_t i = 0; i < in->model.n; i++) {
        uint32_t top;
        double p = top_class(&top, &in->model, i) ? probability(&in->model, i, in->gold[i]) : NAN;
        *sum -= det_log(p < 0x1p-126 ? 0x1p-126 : p); // a NaN is not less and stays
    }
    return 0;
}

// Brier 1950, Monthly Weather Review 78:1, the sum over classes.
static int brier(double *sum, const struct value *metric, const struct metric_input *in,
                 struct err *err)
{
    (void)metric;
    (void)err;
    for (size_t i = 0; i < in->model.n; i++)
        for (uint32_t c = 0; c < in->model.classes; c++) {
            double miss = probability(&in->model, i, c) - (c == in->gold[i]);
            *sum += miss * miss;
        }
    return 0;
}

// The bin of p: the smallest k with p <= (k + 1) / bins, compared in double; beyond 1, the last.
static size_t bin_of(double p, size_t bins)
{
    if (!(p < 1))
        return bins - 1;
    size_t k = p > 0 ? (size_t)(p * (double)bins) : 0;
    k = k < bins ? k : bins - 1;
    while (k > 0 && p <= (double)k / (double)bins)
        k--;
    while (k + 1 < bins && p > (double)(k + 1) / (double)bins)
        k++;
    return k;
}

// Guo et al. 2017 (arXiv 1706.04599), eq. 3, times n: per bin |right - sum of confidence|.
static int ece(double *sum, const struct value *metric, const struct metric_input *in,
               struct err *err)
{
    size_t bins = (size_t)value_arg_int(metric, "bins");
    double *gap = mem_try(bins, sizeof *gap, "bins", err);
    if (gap == NULL)
        return -1;
    bool whole = true;
    for (size_t i = 0; i < in->model.n; i++) {
        uint32_t top;
        whole = top_class(&top, &in->model, i) && whole;
        double p = probability(&in->model, i, top);
        if (whole)
            gap[bin_of(p, bins)] += (top == in->gold[i]) - p;
    }
    for (size_t k = 0; k < bins; k++)
        *sum += gap[k] < 0 ? -gap[k] : gap[k];
    if (!whole)
        *sum = NAN;
    mem_free(gap);
    return 0;
}

static int agreement(double *sum, const struct value *metric, const struct metric_input *in,
                     struct err *err)
{
    const struct value *with = value_arg(metric, "with");
    if (with == NULL || with->kind != VALUE_INPUT || with->index < 1 || with->index > in->n_others)
        BUG("agreement without another model");
    const struct predictions *other = &in->others[with->index - 1];
    if (other->n != in->model.n || other->classes != in->model.classes)
        return err_set(err, ERR_DATA, "agreement of %zu rows of %u classes with %zu rows of %u",
                       in->model.n, in->model.classes, other->n, other->classes);
    for (size_t i = 0; i < in->model.n; i++) {
        uint32_t a, b;
        bool whole = top_class(&a, &in->model, i);
        whole = top_class(&b, other, i) && whole;
        *sum += whole && a == b;
    }
    return 0;
}

// Each gives a sum over rows; metric_compute divides.
typedef int metric_function(double *sum, const struct value *metric, const struct metric_input *in,
                            struct err *err);

static const struct {
    const char *name;
    metric_function *function;
    bool more_is_better;
} metrics[] = {
#define METRIC(name, function, more_is_better, doc) {#name, function, more_is_better},
#include "eval/metrics.def"
#undef METRIC
};

static size_t find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(metrics); i++)
        if (strcmp(metrics[i].name, name) == 0)
            return i;
    BUG("no metric %s()", name);
}

int metric_compute(double *out, const struct value *metric, const struct metric_input *in,
                   struct err *err)
{
    if (in->model.n == 0)
        return err_set(err, ERR_DATA, "there are no rows to measure");
    for (size_t i = 0; i < in->model.n; i++)
        if (in->gold[i] >= in->model.classes)
            return err_set(err, ERR_DATA, "row %zu has class %u, and the model knows %u classes", i,
                           in->gold[i], in->model.classes);
    double sum = 0;
    if (metrics[find(metric->text)].function(&sum, metric, in, err) < 0)
        return -1;
    *out = sum / (double)in->model.n;
    return 0;
}

bool metric_more_is_better(const char *name)
{
    return metrics[find(name)].more_is_better;
}
