// lower_ensemble.h -- several teachers as one, for lower_train.c.
#ifndef W2S_LOWER_ENSEMBLE_H
#define W2S_LOWER_ENSEMBLE_H

#include "lower.h"

// The weigh step of teacher NAME = ensemble(…); STEP_NONE after diagnostics.
uint32_t lower_ensemble(struct lowering *l, const struct symbol *symbol);

// What the ensemble of a weigh step says on rows: logits.
uint32_t lower_combine(struct lowering *l, uint32_t weigh, uint32_t rows, const char *who,
                       struct span span);

#endif
