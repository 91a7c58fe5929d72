// robustness.h -- accuracy under a shift beside accuracy on clean rows (Taori et al. 2020, arXiv 2007.00644).
//
//   gap = clean - here
//   effective robustness = here - beta(clean),  logit(beta(x)) = a + b logit(x)
//
// a and b by least squares over models other than the one that is measured: what its clean accuracy lets expect.
#ifndef W2S_ROBUSTNESS_H
#define W2S_ROBUSTNESS_H

#include "base/err.h"

#include <stddef.h>

// Accuracies of one model.
struct accuracies {
    double clean, here;
};

// Fails where an accuracy of 0 or 1 has no logit, and where the others, 2 or more, have one clean accuracy, through
// which there are many lines.
W2S_MUST_CHECK int robustness_effective(double *out, const struct accuracies *model, const struct accuracies *others,
                                        size_t n, struct err *err);

#endif
