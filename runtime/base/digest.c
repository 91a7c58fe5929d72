// digest.c -- see digest.h.
#include "base/digest.h"
#include "base/mem.h"

#include <openssl/evp.h>
#include <string.h>

struct digest_state *digest_new(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
        mem_end("libcrypto has no SHA-256");
    return (struct digest_state *)context;
}

void digest_add(struct digest_state *state, const void *bytes, size_t n)
{
    if (n > 0 && EVP_DigestUpdate((EVP_MD_CTX *)state, bytes, n) != 1)
        BUG("SHA-256 update failed");
}

void digest_add_u64(struct digest_state *state, uint64_t x)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(x >> (8 * i));
    digest_add(state, bytes, sizeof bytes);
}

void digest_add_text(struct digest_state *state, const char *text)
{
    size_t n = strlen(text);
    digest_add_u64(state, n);
    digest_add(state, text, n);
}

struct digest digest_take(struct digest_state *state)
{
    struct digest d;
    if (EVP_DigestFinal_ex((EVP_MD_CTX *)state, d.bytes, NULL) != 1)
        BUG("SHA-256 final failed");
    EVP_MD_CTX_free((EVP_MD_CTX *)state);
    return d;
}

struct digest digest_of(const void *bytes, size_t n)
{
    struct digest_state *state = digest_new();
    digest_add(state, bytes, n);
    return digest_take(state);
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static void hex_of(char *hex, const uint8_t *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    hex[2 * n] = '\0';
}

void digest_hex(char hex[DIGEST_HEX], const struct digest *d)
{
    hex_of(hex, d->bytes, 32);
}

void digest_short(char hex[DIGEST_SHORT], const struct digest *d)
{
    hex_of(hex, d->bytes, 6);
}
