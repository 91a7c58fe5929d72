// lower_environment.h -- the rows that a teacher or a student is trained on: those of `train`, or
// those of all `environments`, joined.
#ifndef W2S_LOWER_ENVIRONMENT_H
#define W2S_LOWER_ENVIRONMENT_H

#include "lower.h"

struct training_rows {
    uint32_t rows;
    struct span span;    // as the file says them
    bool seen;           // and it says seen(...)
    size_t environments; // 0: `train`
};

// False after a diagnostic. A setting of the declaration itself comes before one that is inherited.
bool lower_training_rows(struct lowering *l, struct training_rows *out,
                         const struct symbol *symbol);

// False after a diagnostic: a term compares environments, and there are none, for the reason `why`.
bool lower_needs_no_environments(struct lowering *l, const struct lowered_terms *terms,
                                 const char *why);

// False after a diagnostic: weights that are learned with the student begin with rows of their own.
bool lower_environments_fit(struct lowering *l, const struct lowered_terms *terms);

// The rows of each environment in a batch, from a `batch` of the language; 0 of an environment
// whose size only the run can tell. Gives the rows of the batch, 0 if any is not known.
size_t lower_environment_batch(struct lowering *l, size_t *rows, uint32_t join,
                               const struct value *batch);

#endif
