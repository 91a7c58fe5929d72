// pack.h -- records as bytes: little-endian integers, doubles by their bits, texts with their
// length.
//
// Writing appends to a struct str. Reading never goes past the end: the first thing that does not
// fit sets `bad`, and from then on every read gives zeros or empty texts. Check `bad` once, at the
// end.
#ifndef W2S_PACK_H
#define W2S_PACK_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/str.h"

void pack_u8(struct str *s, uint8_t x);
void pack_u32(struct str *s, uint32_t x);
void pack_u64(struct str *s, uint64_t x);
void pack_double(struct str *s, double x);
void pack_text(struct str *s, const char *text); // NULL as the empty text
void pack_digest(struct str *s, const struct digest *d);
void pack_bytes(struct str *s, const void *bytes, size_t n); // with their number

struct unpack {
    const uint8_t *at;
    size_t left;
    bool bad;
};

uint8_t unpack_u8(struct unpack *u);
uint32_t unpack_u32(struct unpack *u);
uint64_t unpack_u64(struct unpack *u);
double unpack_double(struct unpack *u);
const char *unpack_text(struct unpack *u, struct arena *arena); // a NUL inside is bad
struct digest unpack_digest(struct unpack *u);
const uint8_t *unpack_bytes(struct unpack *u, size_t *n); // borrowed
// A number of items that take at least `size` bytes each; more than can be there is bad, and gives
// 0.
size_t unpack_count(struct unpack *u, size_t size);
bool unpack_end(const struct unpack *u); // all was read, and nothing was bad

#endif
