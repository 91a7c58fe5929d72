// checkpoint.h -- the state of a training on its way, so that one that was killed goes on at the same bits.
//
// Between two steps a training is its parameters, the optimiser's arrays and powers, the curve so far, and
// the place (epoch, step, sum of losses); everything else follows from the spec. train() asks `due` after
// every step and saves when it says so, and when it is interrupted. Whoever keeps the state knows that it
// belongs to this training; train() only checks sizes.
#ifndef W2S_CHECKPOINT_H
#define W2S_CHECKPOINT_H

#include "base/err.h"

struct checkpoint_part {
    void *bytes;
    size_t n;
};

struct checkpoint {
    bool (*due)(void *data);
    // Both see the parts in the same order. load: 1 filled them, 0 there is nothing that fits.
    int (*save)(void *data, const struct checkpoint_part *parts, size_t n, struct err *err);
    int (*load)(void *data, const struct checkpoint_part *parts, size_t n, struct err *err);
    void *data;
};

#endif
