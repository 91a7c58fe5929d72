// chance.c -- see chance.h.
#include "model/chance.h"

#include "base/rng.h"

static struct rng stream_of(const struct slot *slot, uint64_t seed, const char *stage, size_t step)
{
    return rng_at(rng_key_of(seed, stage), (uint64_t)step << 16 | slot->ordinal);
}

void chance_fill(float *out, const struct slot *slot, uint64_t seed, size_t step)
{
    bool normal = slot->kind == SLOT_NORMAL;
    struct rng rng = stream_of(slot, seed, normal ? "loss normal" : "loss uniform", step);
    for (size_t i = 0; i < slot->rows * slot->cols; i++)
        out[i] = (float)(normal ? rng_normal(&rng) : rng_unit(&rng));
}

void chance_fill_dropout(float *out, const struct slot *slot, double p, uint64_t seed, size_t step)
{
    struct rng rng = stream_of(slot, seed, "dropout", step);
    const uint64_t dropped = (uint64_t)(p * 0x1p32); // of the 2^32 words
    const float kept = (float)(1 / (1 - p));
    for (size_t i = 0; i < slot->rows * slot->cols; i++)
        out[i] = rng_u32(&rng) < dropped ? 0 : kept;
}
