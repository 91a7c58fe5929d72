// seeds.h -- what a number of repetitions can tell, before and after a run.
#ifndef W2S_SEEDS_H
#define W2S_SEEDS_H

#include "base/str.h"

// "5 seeds detect a difference of 1.36 sd at 80 % power, …": the smallest true mean of the paired
// differences that a claim at 95 % would find in four of five experiments (stat_detectable). False, and
// nothing is written, for one seed: it detects nothing.
bool seeds_power(struct str *out, size_t n_seeds);

// True where there are too few seeds for what stands in tables and claims; `out` receives why.
bool seeds_warning(struct str *out, size_t n_seeds);

#endif
