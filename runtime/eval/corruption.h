// corruption.h -- the mean corruption error (Hendrycks and Dietterich 2019, arXiv 1903.12261, eq.
// in section 4.2).
//
//   mCE = mean over corruptions c of  sum_s (E[c,s] - E_clean) / sum_s (B[c,s] - B_clean)
//
// where E and B are the errors of the model and of the baseline at severity s; E_clean and B_clean
// are 0 for the mCE, and the errors on clean rows for the relative mCE. 1 is the baseline; the
// paper writes 100. Fails where the baseline's sum is not above 0, since nothing can be measured by
// it.
#ifndef W2S_CORRUPTION_H
#define W2S_CORRUPTION_H

#include "base/err.h"

#include <stddef.h>

struct corruption_errors {
    const size_t *members; // severities of each corruption
    size_t n_corruptions;
    const double *model, *baseline; // errors, corruption after corruption
    double clean_model, clean_baseline;
};

W2S_MUST_CHECK int corruption_mce(double *out, const struct corruption_errors *errors,
                                  struct err *err);

#endif
