// selection.h -- which epoch's parameters a training keeps: the last one's, or the best one's by a
// score.
//
// After every epoch the parameters are scored on rows that the training does not see, and those of
// the best epoch are what it gives; of equals the first wins, and NaN is never best. What the score
// is and what labels it reads is the business of whoever fills `score` (exec/step_select.c).
#ifndef W2S_SELECTION_H
#define W2S_SELECTION_H

#include "base/err.h"

struct selection {
    bool more_is_better;
    const uint32_t *kept; // positions of the rows that are trained on, ascending; NULL: all
    size_t n_kept;
    // The score of these parameters, the model's state behind them; those of losses are not needed.
    int (*score)(void *data, double *out, const float *params, struct err *err);
    void *data;
};

// The best so far.
struct epoch_choice {
    double score;
    uint64_t epoch; // from 1; 0: none yet
};

// Notes the parameters of `epoch`, from 0, in `best` when they are better. `score`, unless NULL,
// receives theirs.
W2S_MUST_CHECK int selection_look(struct epoch_choice *choice, float *best, double *score,
                                  const struct selection *by, const float *params, size_t n_params,
                                  size_t epoch, struct err *err);

#endif
