// stat.h -- intervals and tests over repetitions (seeds). Everything in double, without libm.
//
// n is the number of repetitions. Levels are confidences in (0, 1), such as 0.95.
#ifndef W2S_STAT_H
#define W2S_STAT_H

#include "base/base.h"

double stat_mean(const double *x, size_t n);
double stat_variance(const double *x, size_t n); // unbiased (n - 1); NaN for n < 2

// Quantile of Student's t with `df` > 0 degrees of freedom, p in (0, 1); and its distribution
// function. By the regularized incomplete beta function (Abramowitz & Stegun 26.5.27, 26.7.1).
// Relative error < 1e-9 for df up to 1e7 and |t| up to 1e150, in both tails; beyond, less exact.
double stat_t_quantile(double p, double df);
double stat_t_cdf(double t, double df);

// Two-sided interval mean -+ t_{(1+level)/2, n-1} s / sqrt(n). low and high are NaN for n < 2.
struct interval {
    double mean, low, high;
    size_t n;
};
struct interval stat_interval(const double *x, size_t n, double level);

// One-sided paired test of mean(d) > bound: the lower confidence bound of mean(d) at `level`, and
// the p-value. NaN for n < 2. With zero variance the bound is the mean itself and p is 0 or 1.
struct paired_test {
    double mean, bound, p;
    size_t n;
};
struct paired_test stat_paired_greater(const double *d, size_t n, double bound, double level);

// Interval for a ratio of means of paired samples, mean(num) / mean(den), by Fieller (1954), J.
// Roy. Stat. Soc. B 16:175. It is bounded exactly when mean(den) differs from 0 significantly
// (two-sided t test at `level`); otherwise `significant` is false and low and high are NaN. n < 2:
// not significant.
struct ratio {
    double value, low, high;
    bool significant;
    double den_mean, den_p; // two-sided p of mean(den) = 0
    size_t n;
};
struct ratio stat_ratio(const double *num, const double *den, size_t n, double level);

#endif
