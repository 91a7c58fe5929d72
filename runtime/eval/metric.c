// metric.c -- see metric.h. Predictions become numbers; every sum is in double, over the rows in order.
#include "eval/metric.h"

#include "base/detmath.h"
#include "base/mem.h"

#include <string.h>

static bool top_class(uint32_t *top, const struct predictions *p, size_t row)
{
    const float *x = p->p + row * p->classes;
    bool sane = true;
    *top = 0;
    for (uint32_t c = 0; c < p->classes; c++) {
        sane &= x[c] == x[c];
        if (x[c] > x[*top])
            *top = c;
    }
    return sane;
}

static int accuracy(double *out, const struct value *metric, const struct metric_input *in, struct err *err)
{
    (void)metric;
    (void)err;
    size_t right = 0;
    for (size_t i = 0; i < in->model.n; i++) {
        uint32_t top;
        right += top_class(&top, &in->model, i) && top == in->gold[i];
    }
    *out = (double)right / (double)in->model.n;
    return 0;
}

static int nll(double *out, const struct value *metric, const struct metric_input *in, struct err *err)
{
    (void)metric;
    (void)err;
    double sum = 0;
    for (size_t i = 0; i < in->model.n; i++) {
        double p = in->model.p[i * in->model.classes + in->gold[i]];
        sum -= det_log(p < 0x1p-126 ? 0x1p-126 : p);
    }
    *out = sum / (double)in->model.n;
    return 0;
}

static int brier(double *out, const struct value *metric, const struct metric_input *in, struct err *err)
{
    (void)metric;
    (void)err;
    double sum = 0;
    for (size_t i = 0; i < in->model.n; i++)
        for (uint32_t c = 0; c < in->model.classes; c++) {
            double d = (double)in->model.p[i * in->model.classes + c] - (c == in->gold[i]);
            sum += d * d;
        }
    *out = sum / (double)in->model.n;
    return 0;
}

static int ece(double *out, const struct value *metric, const struct metric_input *in, struct err *err)
{
    size_t bins = (size_t)value_arg_int(metric, "bins");
    double *gap = mem_try(bins, sizeof *gap, "bins", err);
    if (gap == NULL)
        return -1;
    double sum = 0;
    for (size_t i = 0; i < in->model.n; i++) {
        uint32_t top;
        bool sane = top_class(&top, &in->model, i);
        double p = in->model.p[i * in->model.classes + top];
        if (!sane) {
            sum = p - p + (0.0 / 0.0);
            continue;
        }
        size_t bin = 0;
        while (bin + 1 < bins && p > (double)(bin + 1) / (double)bins)
            bin++;
        gap[bin] += (top == in->gold[i]) - p;
    }
    for (size_t b = 0; b < bins; b++)
        sum += gap[b] < 0 ? -gap[b] : gap[b];
    mem_free(gap);
    *out = sum / (double)in->model.n;
    return 0;
}

static int agreement(double *out, const struct value *metric, const struct metric_input *in, struct err *err)
{
    const struct value *with = value_arg(metric, "with");
    if (with == NULL || with->kind != VALUE_INPUT || with->index < 1 || with->index > in->n_others)
        BUG("agreement without another model");
    const struct predictions *other = &in->others[with->index - 1];
    if (other->n != in->model.n)
        return err_set(err, ERR_DATA, "agreement of %zu rows with %zu rows", in->model.n, other->n);
    size_t same = 0;
    for (size_t i = 0; i < in->model.n; i++) {
        uint32_t a, b;
        bool sane = top_class(&a, &in->model, i);
        sane &= top_class(&b, other, i);
        same += sane && a == b;
    }
    *out = (double)same / (double)in->model.n;
    return 0;
}

typedef int metric_function(double *out, const struct value *metric, const struct metric_input *in, struct err *err);

static const struct {
    const char *name;
    metric_function *function;
    bool more_is_better;
} metrics[] = {
#define METRIC(name, function, more_is_better, doc) {#name, function, more_is_better},
#include "eval/metrics.def"
#undef METRIC
};

int metric_compute(double *out, const struct value *metric, const struct metric_input *in, struct err *err)
{
    if (in->model.n == 0)
        return err_set(err, ERR_DATA, "there are no rows to measure");
    for (size_t i = 0; i < in->model.n; i++)
        if (in->gold[i] >= in->model.classes)
            return err_set(err, ERR_DATA, "row %zu has class %u, and the model knows %u classes", i, in->gold[i],
                           in->model.classes);
    for (size_t i = 0; i < ARRAY_LEN(metrics); i++)
        if (value_is_call(metric, metrics[i].name))
            return metrics[i].function(out, metric, in, err);
    BUG("no metric %s()", metric->text);
}
