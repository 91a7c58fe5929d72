// metric.h -- numbers about predictions: probabilities (N rows x C classes, f32) and gold labels.
//
// Sums run in double over the rows in order. A metric fails through err where it has no meaning (no
// rows, a label outside 0..C-1) rather than give a number; NaN probabilities give NaN, except
// accuracy and agreement, where a row with a NaN has no prediction and counts as wrong.
#ifndef W2S_METRIC_H
#define W2S_METRIC_H

#include "base/err.h"
#include "plan/value.h"

struct predictions {
    size_t n;
    uint32_t classes;
    const float *p; // N x C, rows sum to 1
};

struct metric_input {
    struct predictions model;
    const uint32_t *gold;             // N
    const struct predictions *others; // what the metric's call names $1, $2, ...: others[0] is $1
    size_t n_others;
};

// The metric is a call of the language, arguments complete: accuracy(), nll(), brier(),
// ece(bins: 15), agreement(with: $1). metrics.def lists them. Citations stand at each function.
//   accuracy   share of rows whose first largest probability is the gold class
//   nll        mean of -log p[gold], p no smaller than 2^-126
//   brier      mean over rows of sum_c (p_c - [c = gold])^2 (Brier 1950; 0..2)
//   ece        expected calibration error; bins (k/bins, (k+1)/bins] of the top probability, 0 in
//              the first (Naeini et al. 2015; Guo et al. 2017, eq. 3)
//   agreement  share of rows where both predict the same class
W2S_MUST_CHECK int metric_compute(double *out, const struct value *metric,
                                  const struct metric_input *input, struct err *err);

// True for metrics of which more is better, false for losses (nll, ece, brier).
bool metric_more_is_better(const char *name);

#endif
