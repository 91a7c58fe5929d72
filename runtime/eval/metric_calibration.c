// metric_calibration.c -- ece: how far the top probability is from the share of rows it is right
// in.
#include "metric_impl.h"

#include "base/mem.h"

#include <math.h> // only NAN; no function is called
#include <stdlib.h>
#include <string.h>

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

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

// How many of the sorted numbers are less than x.
static size_t count_below(const float *sorted, size_t n, float x)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// The top probability of every row, sorted; none is NaN.
static float *sorted_confidence(const struct predictions *p, struct err *err)
{
    float *sorted = mem_try(p->n, sizeof *sorted, "confidences", err);
    for (size_t i = 0; sorted != NULL && i < p->n; i++) {
        uint32_t top;
        metric_top(&top, p, i);
        sorted[i] = p->p[i * p->classes + top];
    }
    if (sorted != NULL)
        qsort(sorted, p->n, sizeof *sorted, by_value);
    return sorted;
}

// Guo et al. 2017 (arXiv 1706.04599), eq. 3: the sum over bins of |right - sum of confidence| / n.
// equal_width: bins (k/bins, (k+1)/bins] of the confidence, 0 in the first. equal_mass (Nixon et
// al. 2019, arXiv 1904.01685): a row with r rows below it is in bin floor(bins r / n), so that rows
// of one confidence stay together, in whatever order the rows come.
int metric_ece(double *out, const struct value *call, const struct metric_input *in,
               struct err *err)
{
    const struct predictions *p = &in->model;
    const struct value *binning = value_arg(call, "binning");
    bool equal_mass = binning != NULL && strcmp(binning->text, "equal_mass") == 0;
    size_t bins = (size_t)value_arg_int(call, "bins");
    *out = NAN;
    if (metric_has_nan(p))
        return 0;
    float *sorted = NULL;
    double *gap = mem_try(bins, sizeof *gap, "bins", err);
    int status = gap != NULL ? 0 : -1;
    if (status == 0 && equal_mass && (sorted = sorted_confidence(p, err)) == NULL)
        status = -1;
    for (size_t i = 0; status == 0 && i < p->n; i++) {
        uint32_t top;
        metric_top(&top, p, i);
        float confidence = p->p[i * p->classes + top];
        size_t bin = equal_mass ? bins * count_below(sorted, p->n, confidence) / p->n
                                : bin_of(confidence, bins);
        gap[bin] += (top == in->gold[i]) - (double)confidence;
    }
    double sum = 0;
    for (size_t k = 0; status == 0 && k < bins; k++)
        sum += gap[k] < 0 ? -gap[k] : gap[k];
    *out = sum / (double)p->n;
    mem_free(sorted);
    mem_free(gap);
    return status;
}
