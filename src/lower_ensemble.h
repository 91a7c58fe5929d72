// lower_ensemble.h -- several teachers as one, for lower_train.c.
#ifndef W2S_LOWER_ENSEMBLE_H
#define W2S_LOWER_ENSEMBLE_H

#include "lower.h"

// The weigh step of teacher NAME = ensemble(…); STEP_NONE after diagnostics.
uint32_t lower_ensemble(struct lowering *l, const struct symbol *symbol);

// Ensembles whose weights a student learns: as targets they are a mixture. Fills out->poll and
// out->mixture. False after a diagnostic, and without rows.
bool lower_is_mixture(const struct symbol *symbol);
bool lower_mixture(struct lowering *l, struct lowered_term *out, const struct symbol *symbol,
                   uint32_t rows, struct span span);
// False after a diagnostic: a model learns the weights of one ensemble, in epochs, to the last.
bool lower_one_mixture(struct lowering *l, const struct lowered_terms *terms, bool all_rows,
                       bool selects);

// What the ensemble of a weigh step says on rows: logits.
uint32_t lower_combine(struct lowering *l, uint32_t weigh, uint32_t rows, const char *who,
                       struct span span);

#endif
