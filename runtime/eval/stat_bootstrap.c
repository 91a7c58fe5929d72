// stat_bootstrap.c -- see stat_bootstrap.h.
#include "eval/stat_bootstrap.h"

#include "base/detmath.h"
#include "base/mem.h"
#include "eval/stat_normal.h"

#include <math.h> // only NAN, isnan and isfinite; no function is called
#include <stdlib.h>
#include <string.h>

double stat_bootstrap_mean(double *x, size_t n)
{
    return stat_mean(x, n);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void resample(double *values, double *sample, const double *x, size_t n,
                     const struct bootstrap *how)
{
    for (size_t i = 0; i < how->resamples; i++) {
        struct rng rng = rng_at(how->key, i);
        for (size_t k = 0; k < n; k++)
            sample[k] = x[rng_below(&rng, n)];
        values[i] = how->function(sample, n);
    }
}

// a = sum u^3 / (6 (sum u^2)^(3/2)), u the mean of the leave-one-out values less each. 0 when they
// are equal.
static double acceleration(double *left_out, double *sample, const double *x, size_t n,
                           stat_function *function)
{
    for (size_t i = 0; i < n; i++) {
        memcpy(sample, x, i * sizeof *x);
        memcpy(sample + i, x + i + 1, (n - i - 1) * sizeof *x);
        left_out[i] = function(sample, n - 1);
    }
    double mean = stat_mean(left_out, n), squares = 0, cubes = 0;
    for (size_t i = 0; i < n; i++) {
        double u = mean - left_out[i];
        squares += u * u;
        cubes += u * u * u;
    }
    return squares > 0 ? cubes / (6.0 * squares * det_sqrt(squares)) : 0.0;
}

static double quantile(const double *sorted, size_t n, double p)
{
    double at = p * (double)(n - 1);
    size_t low = (size_t)at;
    if (low + 1 >= n)
        return sorted[n - 1];
    return sorted[low] + (at - (double)low) * (sorted[low + 1] - sorted[low]);
}

// The share of resamples the end of the interval leaves below it; z is its normal quantile without
// correction.
static double corrected(double z, double bias, double a)
{
    return stat_normal_cdf(bias + (bias + z) / (1.0 - a * (bias + z)));
}

static void bca(struct interval *out, const double *sorted, double a, const struct bootstrap *how)
{
    size_t below = 0, equal = 0, b = how->resamples;
    for (size_t i = 0; i < b; i++) {
        below += sorted[i] < out->mean;
        equal += sorted[i] == out->mean;
    }
    if (sorted[0] == sorted[b - 1]) {
        out->low = out->high = sorted[0];
        return;
    }
    double bias = stat_normal_quantile(((double)below + 0.5 * (double)equal) / (double)b);
    double z = stat_normal_quantile(0.5 + 0.5 * how->level);
    double low = corrected(-z, bias, a), high = corrected(z, bias, a);
    if (!isfinite(bias) || isnan(low) || isnan(high))
        return;
    out->low = quantile(sorted, b, low);
    out->high = quantile(sorted, b, high);
}

static bool all_finite(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

int stat_bootstrap(struct interval *out, const double *x, size_t n, const struct bootstrap *how,
                   struct err *err)
{
    struct interval result = {.mean = NAN, .low = NAN, .high = NAN, .n = n};
    double *sample = mem_try(n, sizeof *sample, "a bootstrap sample", err);
    double *left_out = mem_try(n, sizeof *left_out, "a jackknife", err);
    double *values = mem_try(how->resamples, sizeof *values, "bootstrap values", err);
    int status = sample != NULL && left_out != NULL && values != NULL ? 0 : -1;
    if (status == 0 && n > 0) {
        memcpy(sample, x, n * sizeof *x);
        result.mean = how->function(sample, n);
    }
    if (status == 0 && n >= 2 && all_finite(x, n)) {
        resample(values, sample, x, n, how);
        double a = acceleration(left_out, sample, x, n, how->function);
        qsort(values, how->resamples, sizeof *values, ascending);
        if (all_finite(values, how->resamples))
            bca(&result, values, a, how);
    }
    mem_free(sample);
    mem_free(left_out);
    mem_free(values);
    if (status == 0)
        *out = result;
    return status;
}
