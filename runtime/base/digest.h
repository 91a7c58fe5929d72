// digest.h -- SHA-256 (FIPS 180-4) through libcrypto: plan keys, data digests, result digests.
#ifndef W2S_DIGEST_H
#define W2S_DIGEST_H

#include "base/base.h"

struct digest {
    uint8_t bytes[32];
};

struct digest_state; // opaque, from digest_new

struct digest_state *digest_new(void);
void digest_add(struct digest_state *state, const void *bytes, size_t n);
// With its length, so ("ab", "c") differs from ("a", "bc").
void digest_add_text(struct digest_state *state, const char *text);
void digest_add_u64(struct digest_state *state, uint64_t x);        // little-endian
struct digest digest_take(struct digest_state *state);              // finishes and frees the state

struct digest digest_of(const void *bytes, size_t n);
bool digest_equal(const struct digest *a, const struct digest *b);

enum { DIGEST_HEX = 65, DIGEST_SHORT = 13 };
void digest_hex(char hex[DIGEST_HEX], const struct digest *d);     // 64 hex digits
void digest_short(char hex[DIGEST_SHORT], const struct digest *d); // the first 12, for people

#endif
