// metric.h -- numbers about predictions: probabilities (N rows x C classes, f32) and gold labels.
//
// Sums run in double over the rows in order, counts are whole numbers; nothing depends on how a
// sort orders equals. A metric fails through err where the data give it no meaning (no rows, a
// label outside 0..C-1, no groups, one class to rank). It is NaN where the predictions do: a NaN
// among them, a teacher without errors to correct, an F1 of 0/0. In metrics of predicted classes a
// row with a NaN has no prediction and counts as wrong. docs/metrics.md has every formula;
// citations stand at each function.
#ifndef W2S_METRIC_H
#define W2S_METRIC_H

#include "base/err.h"
#include "plan/value.h"

struct predictions {
    size_t n;
    uint32_t classes;
    const float *p; // N x C, rows sum to 1
};

// Rows in the order a teacher gives them: n lists of k row numbers, best first.
struct rankings {
    size_t n, k;
    const uint32_t *row; // n x k
};

struct metric_input {
    struct predictions model;
    const float *z;                   // the model's logits, N x C, for pairwise_accuracy
    const uint32_t *gold;             // N
    const uint32_t *group;            // N numbers from 0; or NULL: no groups
    const struct predictions *others; // what the metric's call names $1, $2, ...: others[0] is $1
    size_t n_others;
    const struct rankings *rankings; // that pairwise_accuracy compares with; or NULL
};

// The metric is a call of the language, arguments complete; metrics.def lists them.
//   ece(bins: 15, binning: equal_mass)   equal_width, or absent, for bins of equal width
//   auroc, auprc(class: 2)   or without: all classes
//   ood_auroc(data: $1)   the model's predictions of other rows
//   worst_group(metric: accuracy, by: group)   or by: class; the metric is a name, or a call that
//     has arguments: ece(bins: 15), agreement(with: $1)
//   pairwise_accuracy(class: 1)   the class whose log-odds rank
//   agreement(with: $1)
//   error_imitation, correction, gain, misfit(teacher: $1)
// The others take no arguments.
W2S_MUST_CHECK int metric_compute(double *out, const struct value *metric,
                                  const struct metric_input *input, struct err *err);

// True for metrics of which more is better, false for losses (nll, ece, brier) and distances.
bool metric_more_is_better(const char *name);
// The same of a call: worst_group(metric: nll) is a loss as nll is.
bool metric_call_more_is_better(const struct value *metric);

#endif
