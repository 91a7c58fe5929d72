// lower_generation.h -- students over generations: Furlanello et al. 2018 (arXiv 1805.04770) for students
// as the next teachers, Burns et al. 2023, section 4.3.1, for chains from weak to strong.
#ifndef W2S_LOWER_GENERATION_H
#define W2S_LOWER_GENERATION_H

#include "lower.h"

// What a symbol says about generations. `any` is false, and n is 1, when it says nothing.
struct generations {
    bool any;
    uint32_t n;
    const struct symbol *first;
    struct value stop; // a share of rows, or NONE
};

// The generation that is being lowered; l->generation, NULL where `previous` has no meaning.
struct generation {
    const struct symbol *student, *first;
    struct value stop;
    uint32_t number; // from 1
    uint32_t *step;  // of the generations before, by number - 1
    bool says_previous;
};

bool lower_generations(struct lowering *l, struct generations *out, const struct symbol *symbol);

// `previous` where a teacher may stand: its step, and the symbol that a gap is measured from.
bool lower_is_previous(const struct lowering *l, const struct expr *e);
struct taught_by {
    const struct symbol *teacher;
    uint32_t trained;
    const char *name; // "line[1]"
};
bool lower_previous(struct lowering *l, struct taught_by *out, const struct expr *name);

// `line[2]`, the second generation, as a model that can be asked.
bool lower_generation_ref(struct lowering *l, struct model_ref *out, struct scoped s);

// Inputs of the training that is lowered: it takes over `last` when at least 1 - share of the rows are
// classified as before. STEP_NONE: it is always trained.
struct stop_rule {
    uint32_t agreement, last;
    struct value share;
};
bool lower_stop(struct lowering *l, struct stop_rule *out, uint32_t rows);

#endif
