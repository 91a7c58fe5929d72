// ref_math.h -- the scalar functions of the reference: the same operations, in the same order, as
// the vector functions of math.inc.h, written a second time. No libm; only ref.c includes this.
#ifndef W2S_KERNEL_REF_MATH_H
#define W2S_KERNEL_REF_MATH_H

#include "constants.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t f_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float f_from_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline bool f_is_nan(float x)
{
    return x != x;
}

// a b + c, rounded once. The product of two floats is exact in double and TwoSum (Knuth, TAOCP 2,
// 4.2.2) gives the error of the sum. Where there is one, the sum is moved to the neighbour with an
// odd last bit that brackets the exact value: rounded to odd, it can be rounded again without harm,
// since double has more than two bits more than float (Boldo & Melquiond 2008).
static inline float f_fma(float a, float b, float c)
{
    double product = (double)a * b, sum = product + c;
    double part = sum - product, error = (product - (sum - part)) + (c - part);

    if (error < 0 || error > 0) { // false for the NaN that infinities leave
        uint64_t bits;
        memcpy(&bits, &sum, sizeof bits);
        if ((error < 0) != (sum < 0))
            bits--;
        bits |= 1;
        memcpy(&sum, &bits, sizeof bits);
    }
    return (float)sum;
}

static inline float f_min(float a, float b) // b when either is NaN
{
    return a < b ? a : b;
}

static inline float f_max(float a, float b)
{
    return a > b ? a : b;
}

static inline float f_max_nan(float a, float b)
{
    return f_is_nan(a) ? a : f_max(a, b);
}

static inline float f_min_nan(float a, float b)
{
    return f_is_nan(a) ? a : f_min(a, b);
}

static inline float f_abs(float x)
{
    return f_from_bits(f_bits(x) & 0x7fffffffu);
}

static inline float f_relu(float x)
{
    return x <= 0 ? 0.0f : x;
}

static inline float f_power_of_2(int n) // -126 <= n <= 127
{
    return f_from_bits((uint32_t)(n + 127) << 23);
}

// The parts of exp: n = x / ln 2 to the nearest, and exp(x - n ln 2) - 1.
static inline float f_exp_parts(float *n, float x)
{
    *n = f_fma(x, LOG2_E, ROUND) - ROUND;

    float r = f_fma(*n, -LN2_LOW, f_fma(*n, -LN2_HIGH, x));
    float p = f_fma(r, EXP_4, EXP_3);
    p = f_fma(r, p, EXP_2);
    p = f_fma(r, p, EXP_1);
    p = f_fma(r, p, EXP_0);
    return f_fma(r * r, p, r);
}

static inline float f_exp(float x)
{
    float n, p = f_exp_parts(&n, f_max(EXP_MIN, f_min(EXP_MAX, x)));
    if (f_is_nan(p))
        return p;

    // Two steps, of which only the last can round: 2^n itself need not be a float.
    int whole = (int)n, half = whole >> 1;
    return (1 + p) * f_power_of_2(half) * f_power_of_2(whole - half);
}

static inline float f_log(float x)
{
    float offset = 0, y = x;
    if (y < 0x1p-126f) {
        y *= 0x1p23f;
        offset = -23;
    }

    int32_t i = (int32_t)(f_bits(y) - SQRT_HALF_BITS);
    float e = (float)(i >> 23) + offset;
    float f = f_from_bits((uint32_t)(i & 0x7fffff) + SQRT_HALF_BITS) - 1;
    float p = f_fma(f, LOG_7, LOG_6);
    p = f_fma(f, p, LOG_5);
    p = f_fma(f, p, LOG_4);
    p = f_fma(f, p, LOG_3);
    p = f_fma(f, p, LOG_2);
    p = f_fma(f, p, LOG_1);
    p = f_fma(f, p, LOG_0);
    p = f_fma(f, p, -0.5f);
    y = f_fma(e, LN2_HIGH, f + f_fma(e, LN2_LOW, f * f * p));

    if (!(x > 0))
        return x == 0 ? -__builtin_inff() : __builtin_nanf("");
    return x == __builtin_inff() ? x : y;
}

// (e^2x - 1) / (e^2x + 1), with e^2x - 1 computed without cancellation.
static inline float f_tanh(float x)
{
    float n, a = f_min(TANH_MAX, f_abs(x));
    float p = f_exp_parts(&n, a + a);
    if (f_is_nan(p))
        return p;

    float power = f_power_of_2((int)n);
    float t = f_fma(power, p, power - 1);
    return f_from_bits(f_bits(t / (t + 2)) | (f_bits(x) & 0x80000000u));
}

static inline float f_sigmoid(float x)
{
    float e = f_exp(-f_abs(x));
    return (x >= 0 ? 1 : e) / (1 + e);
}

// Phi(x), the normal distribution, and the exp(-x^2 / 2) it is made of.
static inline float f_phi(float *density, float x)
{
    float a = f_min(PHI_MAX, f_abs(x));
    float t = 1 / f_fma(a, PHI_C, 1);
    float p = f_fma(t, PHI_9, PHI_8);
    p = f_fma(t, p, PHI_7);
    p = f_fma(t, p, PHI_6);
    p = f_fma(t, p, PHI_5);
    p = f_fma(t, p, PHI_4);
    p = f_fma(t, p, PHI_3);
    p = f_fma(t, p, PHI_2);
    p = f_fma(t, p, PHI_1);
    *density = f_exp(a * a * -0.5f);

    float tail = *density * (t * p);
    return x < 0 ? tail : 1 - tail;
}

static inline float f_gelu(float x)
{
    float density;
    return f_max(-PHI_MAX, x) * f_phi(&density, x);
}

static inline float f_gelu_slope(float x)
{
    float density, phi = f_phi(&density, x);
    return f_fma(f_min(PHI_MAX, f_max(-PHI_MAX, x)), density * INV_SQRT_2PI, phi);
}

static inline float f_pow(float a, float b)
{
    // b = 0 gives 1 although log(0) or log(inf) is infinite: the logarithm is limited there.
    float limit = b == 0 ? 1 : __builtin_inff();
    return f_exp(b * f_max(-limit, f_min(limit, f_log(a))));
}

#endif
