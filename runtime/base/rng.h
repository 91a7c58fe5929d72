// rng.h -- randomness: Philox4x32-10, a counter-based generator.
//
// Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. A stream is
// addressed, not consumed: rng_key_of(seed, stage) names it, rng_at(key, index) starts at item
// `index` (a row, an epoch). So a new stage, another thread or another order changes no other
// stream. Every function here is exact integer or IEEE double arithmetic: the same bits on every
// machine.
#ifndef W2S_RNG_H
#define W2S_RNG_H

#include "base/base.h"

void philox4x32_10(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2]);

struct rng_key {
    uint32_t word[2];
};

struct rng {
    struct rng_key key;
    uint32_t counter[4]; // {draw low, draw high, index low, index high}
    uint32_t block[4];
    unsigned left; // words of `block` not yet handed out
};

// `stage` is a text such as "init" or "order"; the key is the start of SHA-256 over both.
struct rng_key rng_key_of(uint64_t seed, const char *stage);
struct rng rng_at(struct rng_key key, uint64_t index);

uint32_t rng_u32(struct rng *rng);
double rng_unit(struct rng *rng);                   // [0, 1), 53 random bits
uint64_t rng_below(struct rng *rng, uint64_t n);    // 0 .. n-1, unbiased; n >= 1
double rng_normal(struct rng *rng);                 // N(0, 1), Box-Muller; two units a call
void rng_shuffle(struct rng *rng, uint32_t *items, size_t n); // Fisher-Yates

#endif
