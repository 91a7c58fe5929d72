// fma.c -- the fused multiply-add of a table, seen through a gemm tile with k = 1, against libm's
// fmaf: ties, sticky bits far below, cancellation, denormals, infinities, NaNs and signed zeros.
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static float fma_of(const struct kernels *kernels, float a, float b, float c)
{
    float bs[16] = { b }, out = c;
    kernels->gemm_tile(&out, 1, &a, 1, 1, bs, 16, 1, 1, 1, 1, NULL, 0);
    return out;
}

static bool fma_is_right(const struct kernels *kernels, float a, float b, float c)
{
    float got = fma_of(kernels, a, b, c), expected = fmaf(a, b, c);

    if (same_float(got, expected))
        return true;
    printf("  fma %s: fma(%a, %a, %a) is %a, expected %a\n", kernels->isa, (double)a, (double)b,
           (double)c, (double)got, (double)expected);
    return false;
}

static bool special_values(const struct kernels *kernels)
{
    static const float value[] = {
        0.0f,
        -0.0f,
        1,
        -1,
        INFINITY,
        -INFINITY,
        NAN,
        0x1p-149f,
        -0x1p-149f,
        0x1p-126f,
        0x1.fffffep-127f,
        0x1.fffffep127f,
        -0x1.fffffep127f,
        0x1p-75f,
        -0x1p-74f,
        0x1.000002p0f,
        0x1.fffffep-1f,
        0x1p24f,
    };
    enum { COUNT = sizeof value / sizeof *value };

    for (int i = 0; i < COUNT * COUNT * COUNT; i++) {
        if (!fma_is_right(kernels, value[i % COUNT], value[i / COUNT % COUNT],
                          value[i / COUNT / COUNT]))
            return false;
    }
    return true;
}

static float mantissa(struct random *r) // [1, 2) with few or many bits set
{
    uint32_t bits = (uint32_t)random_u64(r) & 0x7fffff;

    switch (random_below(r, 4)) {
    case 0: bits &= 0xfff; break;             // bits at the end
    case 1: bits |= 0x7ff000; break;          // nearly 2
    case 2: bits &= (uint32_t)random_u64(r) & (uint32_t)random_u64(r); break;
    }
    return 1 + (float)bits * 0x1p-23f;
}

static float number(struct random *r, int exponent) // any mantissa, either sign
{
    float x = ldexpf(mantissa(r), exponent);
    return random_below(r, 2) ? x : -x;
}

// Products that fall on or next to half a unit of c: (1 + i e)(1 - j e / 2), e = 2^-23, is just
// beside 1.
static bool near_ties(const struct kernels *kernels, struct random *r, int c_exponent)
{
    float i = (float)random_below(r, 4), j = (float)random_below(r, 4);
    int below = 24 + (int)random_below(r, 3), split = (int)random_below(r, 20);
    float a = ldexpf(1 + i * 0x1p-23f, split), c = number(r, c_exponent);
    float b = ldexpf(1 - j * 0x1p-24f, c_exponent - below - split);

    return fma_is_right(kernels, a, b, c) && fma_is_right(kernels, -a, b, c);
}

// Exponents of a and b that add up to `product`.
static bool apart(const struct kernels *kernels, struct random *r, int product, int c_exponent)
{
    int split = (int)random_below(r, 120) - 60;
    float a = number(r, split), b = number(r, product - split), c = number(r, c_exponent);
    return fma_is_right(kernels, a, b, c);
}

static bool any_bits(const struct kernels *kernels, struct random *r)
{
    float a = random_float(r, BITS), b = random_float(r, BITS), c = random_float(r, BITS);
    return fma_is_right(kernels, a, b, c);
}

static bool fma_run(const struct kernels *kernels, const void *what, uint64_t seed)
{
    struct random r = { seed };
    bool right = special_values(kernels);

    (void)what;
    for (int i = 0; i < 100000 && right; i++) {
        int gap = (int)random_below(&r, 110) - 55, denormal = -126 - (int)random_below(&r, 23);
        right = near_ties(kernels, &r, gap) && near_ties(kernels, &r, denormal + 20) &&
                near_ties(kernels, &r, denormal) && apart(kernels, &r, gap, 0) &&
                apart(kernels, &r, denormal + gap / 4, denormal) && any_bits(kernels, &r);
    }
    return right;
}

void fma_run_all(struct tally *t)
{
    for (const struct kernels *const *k = kernel_tables(); *k; k++)
        tally_run(t, "fma", *k, fma_run, NULL);
}
