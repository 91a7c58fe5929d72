// constrain.h -- how much rows break a constraint (hook/loss.h) under a model: what the metric
// `violations` counts.
//
// A network is asked inside the graph, as in training. A fitted model (fit.h) is asked about
// changed rows between runs of the graph. Of whatever else predicts only the logits are known: a
// constraint that asks it about changed rows cannot be measured.
#ifndef W2S_CONSTRAIN_H
#define W2S_CONSTRAIN_H

#include "model/train.h"

struct constrain_spec {
    const struct value *call;  // of the constraint: lua(file, text, params), as in a term
    const struct model *model; // NULL: only logits are known
    const float *params;       // of the model; NULL in a check
    const float *logits;       // N x C, where there is no model
    const struct rows *rows;
    size_t features, classes;
};

// What each row gives, N x 1; the slack is not subtracted.
W2S_MUST_CHECK int constrain(float *broken, const struct constrain_spec *spec,
                             const struct step_context *context, struct err *err);

// Whether it can be measured: traces it without rows. Reads the spec's call, model and sizes.
W2S_MUST_CHECK int constrain_check(const struct constrain_spec *spec, struct err *err);

#endif
