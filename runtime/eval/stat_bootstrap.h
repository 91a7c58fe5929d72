// stat_bootstrap.h -- the BCa bootstrap interval: bias-corrected and accelerated.
#ifndef W2S_STAT_BOOTSTRAP_H
#define W2S_STAT_BOOTSTRAP_H

#include "base/err.h"
#include "base/rng.h"
#include "eval/stat.h"

// A number about a sample; it may reorder x, which is a copy.
typedef double stat_function(double *x, size_t n);

double stat_bootstrap_mean(double *x, size_t n); // stat_mean, as such a function

struct bootstrap {
    stat_function *function;
    double level;
    size_t resamples; // 1 or more; resample i draws its n rows from rng_at(key, i)
    struct rng_key key;
};

// The two-sided interval of Efron 1987, J. Am. Stat. Assoc. 82:171, with the acceleration from the
// jackknife (Efron & Tibshirani 1993, eq. 14.15); out->mean is the function of x itself. Quantiles
// interpolate linearly between resamples. When all resamples are equal, low and high are that
// number; n < 2, NaN in x, or no resample on one side of the value: NaN.
W2S_MUST_CHECK int stat_bootstrap(struct interval *out, const double *x, size_t n,
                                  const struct bootstrap *how, struct err *err);

#endif
