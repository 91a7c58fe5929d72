// pack.c -- see pack.h.
#include "store/pack.h"

#include <string.h>

void pack_u8(struct str *s, uint8_t x)
{
    str_add_bytes(s, &x, 1);
}

static void pack_le(struct str *s, uint64_t x, size_t n)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(x >> (8 * i));
    str_add_bytes(s, bytes, n);
}

void pack_u32(struct str *s, uint32_t x)
{
    pack_le(s, x, 4);
}

void pack_u64(struct str *s, uint64_t x)
{
    pack_le(s, x, 8);
}

void pack_double(struct str *s, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    pack_u64(s, bits);
}

void pack_bytes(struct str *s, const void *bytes, size_t n)
{
    pack_u64(s, n);
    str_add_bytes(s, bytes, n);
}

void pack_text(struct str *s, const char *text)
{
    text = text != NULL ? text : "";
    pack_bytes(s, text, strlen(text));
}

void pack_digest(struct str *s, const struct digest *d)
{
    str_add_bytes(s, d->bytes, sizeof d->bytes);
}

static const uint8_t *take(struct unpack *u, size_t n)
{
    if (u->bad || n > u->left) {
        u->bad = true;
        return NULL;
    }
    const uint8_t *at = u->at;
    u->at += n;
    u->left -= n;
    return at;
}

static uint64_t unpack_le(struct unpack *u, size_t n)
{
    const uint8_t *at = take(u, n);
    uint64_t x = 0;
    for (size_t i = 0; at != NULL && i < n; i++)
        x |= (uint64_t)at[i] << (8 * i);
    return x;
}

uint8_t unpack_u8(struct unpack *u)
{
    return (uint8_t)unpack_le(u, 1);
}

uint32_t unpack_u32(struct unpack *u)
{
    return (uint32_t)unpack_le(u, 4);
}

uint64_t unpack_u64(struct unpack *u)
{
    return unpack_le(u, 8);
}

double unpack_double(struct unpack *u)
{
    uint64_t bits = unpack_u64(u);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

const uint8_t *unpack_bytes(struct unpack *u, size_t *n)
{
    uint64_t size = unpack_u64(u);
    const uint8_t *at = take(u, size <= u->left ? (size_t)size : SIZE_MAX);
    *n = at != NULL ? (size_t)size : 0;
    return at;
}

const char *unpack_text(struct unpack *u, struct arena *arena)
{
    size_t n;
    const uint8_t *at = unpack_bytes(u, &n);
    if (at == NULL)
        return "";
    if (memchr(at, '\0', n) != NULL) {
        u->bad = true;
        return "";
    }
    return arena_copy(arena, at, n);
}

struct digest unpack_digest(struct unpack *u)
{
    struct digest d = {{0}};
    const uint8_t *at = take(u, sizeof d.bytes);
    if (at != NULL)
        memcpy(d.bytes, at, sizeof d.bytes);
    return d;
}

size_t unpack_count(struct unpack *u, size_t size)
{
    uint64_t n = unpack_u64(u);
    if (n > u->left / size)
        u->bad = true;
    return u->bad ? 0 : (size_t)n;
}

bool unpack_end(const struct unpack *u)
{
    return !u->bad && u->left == 0;
}
