// shift_poisson.h -- Poisson draws: exact up to rounding in double, the same on every machine.
//
// Inversion by sequential search below a mean of 10, the transformed rejection PTRS of Hörmann 1993
// ("The transformed rejection method for generating Poisson random variables", Insurance:
// Mathematics and Economics 12) above. Means up to 1e9.
#ifndef W2S_SHIFT_POISSON_H
#define W2S_SHIFT_POISSON_H

#include "base/rng.h"

double shift_poisson(struct rng *rng, double mean); // a whole number >= 0

#endif
