// steps.h -- one function for every kind of step: from the artifacts of its inputs to its own.
// Called by run.c only, from any thread; inputs are ready and read-only, `out` is empty.
#ifndef W2S_STEPS_H
#define W2S_STEPS_H

#include "exec/run.h"

struct step_call {
    const struct plan *plan;
    const struct step *step;
    const struct artifact *const *in; // by input
    const struct run_options *options;
    struct step_context context;
};

// Rankings, n x classes row positions, in the memory of `values`.
static inline uint32_t *artifact_lists(const struct artifact *a)
{
    return (uint32_t *)(void *)a->values;
}

#define STEP(id, doc) W2S_MUST_CHECK int step_##id(struct artifact *out, const struct step_call *c, struct err *err);
#include "plan/steps.def"
#undef STEP

#endif
