// report_models.h -- the members "predictions" and "curves" of a report; see docs/json.md.
#ifndef W2S_REPORT_MODELS_H
#define W2S_REPORT_MODELS_H

#include "replay.h"

#include <jansson.h>

// Reads what the store has of the plan at the first point of its sweep. *why_not is set, and
// nothing added, where it has not enough, or too much: nothing is trained for a report. `how` needs
// kernels, threads, store, folder and id.
W2S_MUST_CHECK int report_models(json_t *root, const char **why_not, const struct replay *replay,
                                 const struct run_options *how, struct err *err);

#endif
