// fit.h -- models that are not trained by gradient: fitted once to rows with class shares.
//
// Their objective is a sum of cross_entropy(labels), soft_labels at temperature 1 and hard_labels,
// each with a positive number as weight (fit_refuses). Cross-entropy is linear in its target, so
// they learn from one target a row: the weighted mean of the terms' targets, each times the weight
// that a filter gives the row. Rows without any target are left out.
//
// Predictions are logits whose softmax is the model's class probabilities: their logs, with
// probabilities below FIT_FLOOR taken as FIT_FLOOR.
#ifndef W2S_FIT_H
#define W2S_FIT_H

#include "model/train.h"

#define FIT_FLOOR 1e-9

// NULL, or what it is about a term that such a model cannot learn from; `call` and `weight` are
// those of a train_term.
const char *fit_refuses(const struct value *call, const struct value *weight);

// Gives the learned array (mem_free) and its length, the n_params of the model from then on. Reads
// the spec's model, rows and terms. A tree counts a row by the table's weight, where it has
// weights.
W2S_MUST_CHECK int fit(float **values, size_t *n_values, const struct train_spec *spec,
                       const struct step_context *context, struct err *err);

// Whether an array from outside is what this model, not yet fitted, could have learned.
bool fit_is_valid(const struct model *model, const float *values, size_t n_values);

// Logits, N x C, of a fitted model.
W2S_MUST_CHECK int fit_predict(float *logits, const struct model *model, const float *values,
                               const struct rows *rows, const struct step_context *context,
                               struct err *err);

#endif
