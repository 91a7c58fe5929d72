// metric_impl.h -- what a metric implements; shared by metric.c and the metric_*.c, nobody else.
#ifndef W2S_METRIC_IMPL_H
#define W2S_METRIC_IMPL_H

#include "eval/metric.h"

// Each gives the metric's value for at least one row, every gold label below C; `call` holds its
// arguments.
#define METRIC(name, more_is_better, doc)                                                          \
    W2S_MUST_CHECK int metric_##name(double *out, const struct value *call,                        \
                                     const struct metric_input *in, struct err *err);
#include "eval/metrics.def"
#undef METRIC

// The first of the most probable classes; false when a probability of the row is NaN.
bool metric_top(uint32_t *top, const struct predictions *p, size_t row);

// The prediction of the row is `cls`, and there is one.
bool metric_says(const struct predictions *p, size_t row, uint32_t cls);

bool metric_has_nan(const struct predictions *p);

static inline double metric_probability(const struct predictions *p, size_t row, uint32_t cls)
{
    return p->p[row * p->classes + cls];
}

// The other model that argument `name` of the call means, if its predictions have the model's
// shape.
W2S_MUST_CHECK int metric_other(const struct predictions **out, const struct value *call,
                                const char *name, const struct metric_input *in, struct err *err);

#endif
