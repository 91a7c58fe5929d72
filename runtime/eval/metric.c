// metric.c -- the table of metrics, what is checked for all of them, and what they share; see
// metric.h.
#include "metric_impl.h"

#include <math.h> // only isnan; no function is called
#include <string.h>

typedef int metric_function(double *out, const struct value *call, const struct metric_input *in,
                            struct err *err);

static const struct {
    const char *name;
    metric_function *function;
    bool more_is_better;
} metrics[] = {
#define METRIC(name, more_is_better, doc) {#name, metric_##name, more_is_better},
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
    double value = 0;
    if (metrics[find(metric->text)].function(&value, metric, in, err) < 0)
        return -1;
    *out = value;
    return 0;
}

bool metric_more_is_better(const char *name)
{
    return metrics[find(name)].more_is_better;
}

bool metric_call_more_is_better(const struct value *metric)
{
    const struct value *inner = value_arg(metric, "metric");
    return metric_more_is_better(inner != NULL ? inner->text : metric->text);
}

bool metric_top(uint32_t *top, const struct predictions *p, size_t row)
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

bool metric_says(const struct predictions *p, size_t row, uint32_t cls)
{
    uint32_t top;
    return metric_top(&top, p, row) && top == cls;
}

bool metric_has_nan(const struct predictions *p)
{
    for (size_t i = 0; i < p->n * p->classes; i++)
        if (isnan(p->p[i]))
            return true;
    return false;
}

int metric_other(const struct predictions **out, const struct value *call, const char *name,
                 const struct metric_input *in, struct err *err)
{
    const struct value *other = value_arg(call, name);
    if (other == NULL || other->kind != VALUE_INPUT || other->index < 1 ||
        other->index > in->n_others)
        BUG("%s() without another model", call->text);
    *out = &in->others[other->index - 1];
    if ((*out)->n != in->model.n || (*out)->classes != in->model.classes)
        return err_set(err, ERR_DATA, "%s of %zu rows of %u classes with %zu rows of %u",
                       call->text, in->model.n, in->model.classes, (*out)->n, (*out)->classes);
    return 0;
}
