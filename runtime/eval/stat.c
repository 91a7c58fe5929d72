// stat.c -- means, intervals of a mean and one-sided paired tests; see stat.h.
#include "eval/stat.h"

#include "base/detmath.h"

#include <math.h> // only NAN and isfinite; no function is called

// Two passes: the second gives back what rounding took in the first, so that the mean of n equal
// numbers is that number and their variance is exactly 0.
double stat_mean(const double *x, size_t n)
{
    if (n == 0)
        return NAN;
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    double mean = sum / (double)n;
    if (!isfinite(mean))
        return mean;
    double rest = 0.0;
    for (size_t i = 0; i < n; i++)
        rest += x[i] - mean;
    return mean + rest / (double)n;
}

double stat_variance(const double *x, size_t n)
{
    if (n < 2)
        return NAN;
    double mean = stat_mean(x, n);
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return sum / (double)(n - 1);
}

struct interval stat_interval(const double *x, size_t n, double level)
{
    double mean = stat_mean(x, n);
    if (n < 2)
        return (struct interval){.mean = mean, .low = NAN, .high = NAN, .n = n};
    double error = det_sqrt(stat_variance(x, n) / (double)n);
    double half = stat_t_quantile(0.5 + 0.5 * level, (double)(n - 1)) * error;
    return (struct interval){.mean = mean, .low = mean - half, .high = mean + half, .n = n};
}

struct paired_test stat_paired_greater(const double *d, size_t n, double bound, double level)
{
    struct paired_test test = {.mean = stat_mean(d, n), .bound = NAN, .p = NAN, .n = n};
    if (n < 2)
        return test;
    double error = det_sqrt(stat_variance(d, n) / (double)n);
    if (error == 0) {
        test.bound = test.mean;
        test.p = test.mean > bound ? 0.0 : 1.0;
        return test;
    }
    double df = (double)(n - 1);
    test.bound = test.mean - stat_t_quantile(level, df) * error;
    test.p = stat_t_cdf((bound - test.mean) / error, df);
    return test;
}
