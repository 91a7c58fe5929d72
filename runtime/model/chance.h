// chance.h -- slots of an objective that are new random numbers at every step, keyed by the seed, what
// they are for, the step and the slot's ordinal.
#ifndef W2S_CHANCE_H
#define W2S_CHANCE_H

#include "model/objective.h"

// SLOT_UNIFORM, SLOT_NORMAL: the numbers a loss asked for.
void chance_fill(float *out, const struct slot *slot, uint64_t seed, size_t step);

// SLOT_DROPOUT: 0 with chance p, else 1 / (1 - p). The first masks of a step are those of the batch's
// own rows, layer by layer.
void chance_fill_dropout(float *out, const struct slot *slot, double p, uint64_t seed, size_t step);

#endif
