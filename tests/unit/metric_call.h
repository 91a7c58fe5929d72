// metric_call.h -- calls of metrics with their arguments, for tests of them.
#ifndef W2S_TEST_METRIC_CALL_H
#define W2S_TEST_METRIC_CALL_H

#include "base/rng.h"
#include "eval/metric.h"

#include <math.h>

static int metric_try(double *out, const char *name, size_t n_args, const struct value_arg *args,
                      const struct metric_input *in, struct err *err)
{
    const struct value call = {.kind = VALUE_CALL, .text = name, .n = n_args, .args = args};
    return metric_compute(out, &call, in, err);
}

static double metric_of(const char *name, size_t n_args, const struct value_arg *args,
                        const struct metric_input *in)
{
    struct err err = {0};
    double out = -1;
    if (metric_try(&out, name, n_args, args, in, &err) < 0)
        fail_msg("%s", err.text);
    return out;
}

static inline double metric_plain(const char *name, const struct metric_input *in)
{
    return metric_of(name, 0, NULL, in);
}

// A metric beside the first of the other models, which `arg` names.
static inline double metric_beside(const char *name, const char *arg, const struct metric_input *in)
{
    const struct value_arg args[] = {{arg, {.kind = VALUE_INPUT, .index = 1}}};
    return metric_of(name, 1, args, in);
}

// `binning` may be NULL: left out.
static inline double metric_ece_of(size_t bins, const char *binning, const struct metric_input *in)
{
    const struct value_arg args[] = {
        {"bins", value_number((double)bins)},
        {"binning", binning != NULL ? value_name(binning) : (struct value){0}}};
    return metric_of("ece", 2, args, in);
}

static inline double metric_worst(const char *by, const struct metric_input *in)
{
    const struct value_arg args[] = {{"metric", value_name("accuracy")}, {"by", value_name(by)}};
    return metric_of("worst_group", 2, args, in);
}

enum { METRIC_MAX_C = 12 };

static inline void metric_random_rows(struct rng *rng, float *p, uint32_t *gold, size_t n,
                                      uint32_t classes)
{
    for (size_t i = 0; i < n; i++) {
        double sum = 0, x[METRIC_MAX_C];
        for (uint32_t c = 0; c < classes; c++)
            sum += x[c] = exp(3 * rng_normal(rng));
        for (uint32_t c = 0; c < classes; c++)
            p[i * classes + c] = (float)(x[c] / sum);
        gold[i] = (uint32_t)rng_below(rng, classes);
    }
}

// The prediction of a row, from the back, so that the first of equals wins.
static inline uint32_t metric_naive_top(const float *p, uint32_t classes)
{
    uint32_t best = classes - 1;
    for (uint32_t c = classes; c-- > 0;)
        if (p[c] >= p[best])
            best = c;
    return best;
}

#endif
