// rng.c -- see rng.h.
#include "base/rng.h"

#include "base/detmath.h"
#include "base/digest.h"

#include <string.h>

void philox4x32_10(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        uint32_t n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u; // Weyl constants: the golden ratio
        k1 += 0xBB67AE85u; // and sqrt(3) - 1
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

struct rng_key rng_key_of(uint64_t seed, const char *stage)
{
    struct digest_state *state = digest_new();
    digest_add_text(state, "w2s rng");
    digest_add_u64(state, seed);
    digest_add_text(state, stage);
    struct digest d = digest_take(state);
    struct rng_key key;
    for (int i = 0; i < 2; i++)
        key.word[i] = (uint32_t)d.bytes[4 * i] | (uint32_t)d.bytes[4 * i + 1] << 8 |
                      (uint32_t)d.bytes[4 * i + 2] << 16 | (uint32_t)d.bytes[4 * i + 3] << 24;
    return key;
}

struct rng rng_at(struct rng_key key, uint64_t index)
{
    struct rng rng = {.key = key};
    rng.counter[2] = (uint32_t)index;
    rng.counter[3] = (uint32_t)(index >> 32);
    return rng;
}

uint32_t rng_u32(struct rng *rng)
{
    if (rng->left == 0) {
        philox4x32_10(rng->block, rng->counter, rng->key.word);
        if (++rng->counter[0] == 0)
            rng->counter[1]++;
        rng->left = 4;
    }
    return rng->block[4 - rng->left--];
}

double rng_unit(struct rng *rng)
{
    uint64_t high = rng_u32(rng) >> 5; // 27 bits
    uint64_t low = rng_u32(rng) >> 6;  // 26 bits
    return (double)(high << 26 | low) * 0x1p-53;
}

uint64_t rng_below(struct rng *rng, uint64_t n)
{
    if (n == 0)
        BUG("rng_below(0)");
    // a multiple of n; values at or above it are redrawn
    uint64_t limit = UINT64_MAX - UINT64_MAX % n;
    for (;;) {
        uint64_t low = rng_u32(rng);
        uint64_t x = (uint64_t)rng_u32(rng) << 32 | low;
        if (x < limit)
            return x % n;
    }
}

double rng_normal(struct rng *rng)
{
    double u = 1.0 - rng_unit(rng); // (0, 1]
    double v = rng_unit(rng);
    double sine, cosine;
    det_sincos(&sine, &cosine, 2.0 * DET_PI * v);
    (void)sine;
    return det_sqrt(-2.0 * det_log(u)) * cosine;
}

void rng_shuffle(struct rng *rng, uint32_t *items, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)rng_below(rng, i);
        uint32_t t = items[i - 1];
        items[i - 1] = items[j];
        items[j] = t;
    }
}
