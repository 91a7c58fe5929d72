// standardize.c -- see standardize.h.
#include "data/standardize.h"

#include "base/detmath.h"
#include "base/mem.h"

// N flags: the rows that are in any of `from`. Returns how many they are.
static size_t mark_rows(bool *in, const struct rows *const *from, size_t n_from)
{
    size_t n = 0;
    for (size_t i = 0; i < n_from; i++)
        for (size_t k = 0; k < from[i]->n; k++) {
            bool *flag = &in[from[i]->index[k]];
            n += !*flag;
            *flag = true;
        }
    return n;
}

// Adds up the features of the marked rows or, given their means, the squares of the distances from
// them.
static void add_rows(double *sum, const struct table *table, const bool *in, const double *mean)
{
    for (size_t row = 0; row < table->n; row++) {
        for (size_t i = 0; in[row] && i < table->d; i++) {
            double x = table_feature(table, row, i);
            if (mean == NULL)
                sum[i] += x;
            else
                sum[i] += (x - mean[i]) * (x - mean[i]);
        }
    }
}

static float factor_of(double mean, double variance, double n)
{
    const double eps = 2.220446049250313e-16;
    double rounding = n * mean * eps;
    if (variance <= n * eps * variance + rounding * rounding)
        return 1;
    return (float)(1 / det_sqrt(variance));
}

int standardize(struct table *table, const struct rows *const *from, size_t n_from, struct err *err)
{
    size_t d = table->d;
    bool *in = mem_try(table->n, sizeof *in, "the rows to standardize by", err);
    double *sum = mem_try(d, 2 * sizeof *sum, "the means of features", err);
    float *standard = mem_try(d, 2 * sizeof *standard, "the standardisation", err);
    int status = in != NULL && sum != NULL && standard != NULL ? 0 : -1;
    size_t n = status == 0 ? mark_rows(in, from, n_from) : 0;
    if (status == 0 && n == 0)
        status = err_set(err, ERR_DATA, "'standardize' has no rows to learn from");
    if (status == 0) {
        double *mean = sum, *variance = sum + d;
        add_rows(mean, table, in, NULL);
        for (size_t i = 0; i < d; i++)
            mean[i] /= (double)n;
        add_rows(variance, table, in, mean);
        for (size_t i = 0; i < d; i++) {
            standard[i] = (float)mean[i];
            standard[d + i] = factor_of(mean[i], variance[i] / (double)n, (double)n);
        }
        table->center = table_own(table, standard);
        table->factor = standard + d;
        standard = NULL;
    }
    mem_free(in);
    mem_free(sum);
    mem_free(standard);
    return status;
}
