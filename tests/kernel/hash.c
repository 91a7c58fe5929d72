// hash.c -- one hash of what all kernels of a table make of fixed inputs. It is the same number
// for every table on every machine: the numerics contract in one line.
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t digest_bytes(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ p[i]) * 0x100000001b3u;
    return hash;
}

// Values, not bytes, little-endian, with one NaN for all.
static uint64_t digest_u64(uint64_t hash, uint64_t x)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(x >> 8 * i);
    return digest_bytes(hash, bytes, sizeof bytes);
}

static uint64_t digest_array(uint64_t hash, const struct array *a, const void *at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t x = 0;
        bool nan = false;
        memcpy(&x, (const char *)at + i * array_size(a), array_size(a));
        if (a->content == DOUBLES)
            nan = ((const double *)at)[i] != ((const double *)at)[i];
        else if (a->content == FLOATS || a->content == POSITIVE)
            nan = ((const float *)at)[i] != ((const float *)at)[i];
        hash = digest_u64(hash, nan ? 0x7fc00000 : x);
    }
    return hash;
}

static uint64_t digest_case(uint64_t hash, const struct kernel_case *kernel,
                            const struct kernels *kernels, struct args args, enum pattern pattern)
{
    struct random r = { 20240101 };

    scalars_fill(&args, &r, pattern);
    for (int i = 0; i < MAX_ARRAYS; i++) {
        const struct array *a = &kernel->arrays[i];
        args.p[i] = calloc(array_count(a, &args) + 1, array_size(a));
        if (!args.p[i])
            abort();
        array_fill(args.p[i], a, &args, &r, pattern);
    }
    kernel->run(kernels, &args);
    for (int i = 0; i < MAX_ARRAYS; i++) {
        const struct array *a = &kernel->arrays[i];
        if (array_is_written(a))
            hash = digest_array(hash, a, args.p[i], array_count(a, &args));
        free(args.p[i]);
    }
    return hash;
}

static uint64_t digest_of(const struct kernels *kernels)
{
    static const struct args sizes[] = {
        { .n = 7, .rows = 3, .cols = 10 },
        { .n = 1003, .rows = 37, .cols = 53 },
    };
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < kernel_case_count; i++) {
        for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++) {
            for (int pattern = 0; pattern < PATTERNS; pattern++)
                hash = digest_case(hash, kernel_cases[i], kernels, sizes[j], (enum pattern)pattern);
        }
    }
    return digest_gemm(kernels, hash);
}

static bool digest_run(const struct kernels *kernels, const void *expected, uint64_t seed)
{
    (void)seed;
    return digest_of(kernels) == *(const uint64_t *)expected;
}

void digest_run_all(struct tally *t, bool print)
{
    uint64_t expected = 0;

    for (const struct kernels *const *k = kernel_tables(); *k; k++) {
        if (!wanted(t, "digest", (*k)->isa))
            continue;
        if (expected == 0)
            expected = digest_of(kernel_tables()[0]);
        if (print)
            printf("digest %-6s %016llx\n", (*k)->isa, (unsigned long long)digest_of(*k));
        tally_run(t, "digest", *k, digest_run, &expected);
    }
}
