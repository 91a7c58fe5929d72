// lower_select.h -- `select`: which epoch's parameters a training keeps.
//
//   select = last                                 the last epoch's, as without the setting
//   select = best(accuracy, holdout: 10%)         the best epoch's, by a metric on rows taken out
//   of `train` select = best(accuracy, on: d.valid)          by gold labels of rows of their own
//   select = oracle(best(accuracy, on: d.test))   the same on any rows; marks all that depends on
//   it
//
// Whose rows and labels these are is checked by flow.c.
#ifndef W2S_LOWER_SELECT_H
#define W2S_LOWER_SELECT_H

#include "lower.h"

struct lowered_select {
    bool best;           // false: the last epoch
    struct value metric; // a call without references
    double holdout;      // a share; 0: other rows
    uint32_t on;         // these rows, or STEP_NONE
    bool oracle;         // the file says oracle(...)
    struct span span, on_span;
};

// The setting of a teacher or a student. False after a diagnostic.
bool lower_select(struct lowering *l, struct lowered_select *out, const struct symbol *symbol);

// What the train step says; `on` is the number of its input with the rows. NONE without a
// selection.
struct value lower_select_value(struct lowering *l, const struct lowered_select *select,
                                const struct lowered_terms *terms, struct value on);

// False after a diagnostic: there are no labels to select by, or the rows do not fit the model.
bool lower_select_fits(struct lowering *l, const struct lowered_select *select,
                       const struct lowered_terms *terms, uint32_t rows, const char *who);

#endif
