// digest_set.h -- a set of digests: what a run needs, what was seen.
#ifndef W2S_DIGEST_SET_H
#define W2S_DIGEST_SET_H

#include "base/digest.h"

struct digest_set {
    struct digest *slot; // open addressing; all zero is free, and never a member
    size_t n, n_slots;
};

void digest_set_release(struct digest_set *set);
void digest_set_add(struct digest_set *set, const struct digest *digest);
bool digest_set_has(const struct digest_set *set, const struct digest *digest);

#endif
