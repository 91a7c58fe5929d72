// digest_set.c -- see digest_set.h.
#include "store/digest_set.h"

#include "base/mem.h"
#include "store/records.h"

#include <string.h>

void digest_set_release(struct digest_set *set)
{
    mem_free(set->slot);
    *set = (struct digest_set){0};
}

static size_t slot_of(const struct digest_set *set, const struct digest *digest)
{
    uint64_t hash;
    memcpy(&hash, digest->bytes, sizeof hash);
    size_t at = (size_t)hash & (set->n_slots - 1);
    while (!digest_is_zero(&set->slot[at]) && !digest_equal(&set->slot[at], digest))
        at = (at + 1) & (set->n_slots - 1);
    return at;
}

static void grow(struct digest_set *set)
{
    struct digest_set larger = {.n_slots = set->n_slots > 0 ? 2 * set->n_slots : 64};
    larger.slot = mem_new(larger.n_slots * sizeof *larger.slot);
    for (size_t i = 0; i < set->n_slots; i++)
        if (!digest_is_zero(&set->slot[i]))
            digest_set_add(&larger, &set->slot[i]);
    digest_set_release(set);
    *set = larger;
}

void digest_set_add(struct digest_set *set, const struct digest *digest)
{
    if (digest_is_zero(digest))
        return;
    if (2 * (set->n + 1) > set->n_slots)
        grow(set);
    size_t at = slot_of(set, digest);
    set->n += digest_is_zero(&set->slot[at]);
    set->slot[at] = *digest;
}

bool digest_set_has(const struct digest_set *set, const struct digest *digest)
{
    return set->n > 0 && !digest_is_zero(digest) &&
           digest_equal(&set->slot[slot_of(set, digest)], digest);
}
