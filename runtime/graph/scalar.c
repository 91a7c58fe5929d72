// scalar.c -- see scalar.h.
#include "graph/scalar.h"

#include <math.h>
#include <string.h>

// Maps floats to integers of the same order (-0 just below +0): ranks are found digit by digit.
static uint32_t ordered_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}

static float from_ordered(uint32_t bits)
{
    float x;
    bits = (bits & 0x80000000u) != 0 ? bits & 0x7fffffffu : ~bits;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

// The value of rank `rank` (0 is the smallest): one byte of it at a time, most significant first.
static uint32_t select_rank(const float *x, size_t n, size_t rank)
{
    uint32_t prefix = 0, mask = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
        size_t count[256] = {0};
        for (size_t i = 0; i < n; i++) {
            uint32_t bits = ordered_bits(x[i]);
            if ((bits & mask) == prefix)
                count[bits >> shift & 255]++;
        }
        uint32_t digit = 0;
        while (rank >= count[digit])
            rank -= count[digit++];
        prefix |= digit << shift;
        mask |= 255u << shift;
    }
    return prefix;
}

// The value of the rank after that of `low`, which has rank `rank`.
static uint32_t next_rank(const float *x, size_t n, size_t rank, uint32_t low)
{
    size_t up_to_low = 0;
    uint32_t above = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = ordered_bits(x[i]);
        up_to_low += bits <= low;
        if (bits > low && bits < above)
            above = bits;
    }
    return rank + 1 < up_to_low ? low : above;
}

float scalar_quantile(const float *x, size_t n, float q)
{
    bool has_nan = q != q;
    for (size_t i = 0; i < n; i++)
        has_nan = has_nan || x[i] != x[i];
    if (has_nan || n == 0)
        return NAN;
    q = q < 0 ? 0 : q > 1 ? 1 : q;
    float rank = q * (float)(n - 1);
    size_t below = (size_t)rank;
    below = below < n ? below : n - 1; // (float)(n - 1) may round up
    float weight = rank - (float)below;
    uint32_t low_bits = select_rank(x, n, below);
    float low = from_ordered(low_bits);
    if (!(weight > 0) || below + 1 >= n)
        return low;
    float high = from_ordered(next_rank(x, n, below, low_bits));
    float gap = high - low;
    return weight < 0.5f ? low + weight * gap : high - gap * (1 - weight);
}

void scalar_column(float *out, const float *x, uint32_t index, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++)
        out[r] = x[r * cols + index];
}

void scalar_put_column(float *out, const float *x, uint32_t index, size_t rows, size_t cols)
{
    memset(out, 0, rows * cols * sizeof(*out));
    for (size_t r = 0; r < rows; r++)
        out[r * cols + index] = x[r];
}
