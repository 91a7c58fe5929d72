// flow.h -- which data reaches which model, and which must not; kept while a file is lowered.
//
// Every model that is trained in a cell is noted with its rows, whether its objective reads their
// gold labels, and the models it learned from, directly or through others. Four rules follow
// (docs/flow.md):
//
// 1. No model is measured on rows that it, or a model behind it, was trained on.
// 2. Who learns without gold labels does not learn, on its own rows, from a model that was trained
//    on their gold labels.
// 3. Where a loss reads gold labels, the file says `labels`.
//
// 4. An epoch that is selected by gold labels of rows (select = best(..., on: DATA)) is selected on
//    rows that the model does not learn from, and no model that depends on it is measured on them.
//
// seen(DATA) in `on` lifts the first, in `train` the second, for those rows; oracle(best(...))
// lifts the fourth. Two sets of rows are
// disjoint when that can be proven: other sources, other parts of one split, or classes that
// exclude each other; `take`, `where` and shifts of rows are those rows. All repetitions have the
// same flow, so only the first seed is looked at; every point of the sweep is.
#ifndef W2S_FLOW_H
#define W2S_FLOW_H

#include "lower.h"

struct flow_training {
    uint32_t step;     // in the plan that is being lowered
    struct digest key; // of the step: it finds it in the finished plan
    const struct symbol *symbol;
    enum training how;
    uint32_t generation;    // from 1; 0: there is only one
    struct span train;      // its rows, as the file says them
    bool gold;              // the objective reads their gold labels
    bool seen;              // the file says seen(...)
    bool no_rows;           // it was trained on none: an ensemble that only averages
    struct span select;     // rows of their own that select its epoch, as the file says them
    const uint32_t *behind; // numbers of the trainings it learned from
    size_t n_behind;
    uint32_t next; // another name of the same step, or FLOW_NONE
};

#define FLOW_NONE UINT32_MAX

// Two places that were reported, so that one mistake is one message.
struct flow_pair {
    struct span place, other;
};

// Zero it to start. Symbols are borrowed from the program.
struct flow {
    struct arena arena;
    struct flow_training *items; // in the order of training
    size_t n, cap;
    uint32_t *of_step; // by step: 1 + the number of its first training; 0: none
    size_t cap_steps;
    struct flow_pair *reported;
    size_t n_reported, cap_reported;
};

void flow_release(struct flow *flow);

// Notes what `step` trained. Reports what breaks rule 2 or 3.
void flow_note(struct lowering *l, uint32_t step, const struct flow_training *training,
               const struct lowered_terms *terms);

// Reports what breaks rule 1 in the evaluate steps of one number. `on`: the rows, as the file says
// them.
void flow_measure(struct lowering *l, const struct evaluation *evaluation, struct span on,
                  bool seen);

// The rows of their own whose gold labels select the epoch of a train step, or STEP_NONE.
uint32_t flow_selecting(const struct plan *plan, uint32_t step);

// Whether two steps that give rows surely share none.
bool flow_disjoint(const struct plan *plan, uint32_t a, uint32_t b);

// "weak", "ceiling(naive)", "shuffled_labels(naive)": as the model is called where it is asked for.
void flow_name(struct str *out, const struct flow_training *training);

// The first training with this key, or NULL.
const struct flow_training *flow_find(const struct flow *flow, const struct digest *key);

#endif
