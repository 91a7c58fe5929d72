// holdout.h -- rows that are taken out of a training, to choose an epoch by.
//
// Every row has a number of chance, keyed by (seed, "holdout", id of the row in its source); the
// rows with the lowest numbers are held out. So a row is held out or not whatever stands around it,
// in this order or in another, and rows that stand twice (environments, resampled tables) are never
// on both sides: those with the number of the last one go with it.
#ifndef W2S_HOLDOUT_H
#define W2S_HOLDOUT_H

#include "data/table.h"

// Positions among the rows, ascending; both lie in one block.
struct holdout {
    uint32_t *kept, *held;
    size_t n_kept, n_held;
};

// Holds out the nearest whole number of rows to share * n, and those that stand for the same. Fails
// with ERR_DATA when one side would be empty.
W2S_MUST_CHECK int holdout_choose(struct holdout *out, const struct rows *rows, double share,
                                  uint64_t seed, struct err *err);
void holdout_release(struct holdout *holdout);

#endif
