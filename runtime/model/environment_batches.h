// environment_batches.h -- batches that hold rows of every environment (Arjovsky et al. 2019 and
// its kin compare environments within a step).
//
// A step sees min(batch, rows) rows of each environment, environment after environment. An epoch
// has as many steps as the environment with the most of them needs; in the others, and at the end
// of an epoch, rows come again in the same order. The order of an environment in an epoch is keyed
// by (seed, "order", epoch and number of the environment).
#ifndef W2S_ENVIRONMENT_BATCHES_H
#define W2S_ENVIRONMENT_BATCHES_H

#include "data/table.h"

enum { ENVIRONMENTS_MAX = 64 };

// Rows are positions: those in `kept` (ascending), or all when it is NULL.
struct environment_batches {
    const struct rows *rows; // borrowed; its table has environments
    const uint32_t *kept;    // borrowed
    size_t n_rows;           // of positions
    size_t n;                // environments; 0: the training has none
    size_t size[ENVIRONMENTS_MAX];
    size_t part[ENVIRONMENTS_MAX]; // rows of each in a batch
    size_t batch, steps;           // rows of a batch; steps of an epoch
};

W2S_MUST_CHECK int environment_batches_init(struct environment_batches *b, const struct rows *rows,
                                            const uint32_t *kept, size_t n_rows, size_t n,
                                            size_t batch, struct err *err);

// The positions of an epoch, steps x batch. `pool` is room for n_rows positions.
void environment_batches_order(uint32_t *order, uint32_t *pool, const struct environment_batches *b,
                               uint64_t seed, size_t epoch);

#endif
