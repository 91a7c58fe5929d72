// ref_math.h -- the scalar functions of the reference: the same operations, in the same order, as
// the vector functions of math.inc.h, written a second time. No libm; only ref.c includes this.
#ifndef W2S_KERNEL_REF_MATH_H
#define W2S_KERNEL_REF_MATH_H

#include "constants.h"

#include <stdbool.h>
#include <stddef.h>
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
//
// None of that is needed unless the sum, as it was rounded, lies halfway between two floats: its last 29
// bits are a one and zeros, or the float would be subnormal. A sum that is 0 is exactly 0.
static inline bool f_may_be_halfway(double sum)
{
    uint64_t bits, size;
    memcpy(&bits, &sum, sizeof bits);
    size = bits << 1 >> 33; // the upper word without the sign
    return (bits & 0x1fffffff) == 0x10000000 || (size != 0 && size < 0x38100000);
}

static inline float f_fma(float a, float b, float c)
{
    double product = (double)a * b, sum = product + c;
    if (!f_may_be_halfway(sum))
        return (float)sum;
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

// c[0] + c[1] x + .. + c[n - 1] x^(n - 1)
static inline float f_poly(float x, const float *c, size_t n)
{
    float p = c[n - 1];
    for (size_t i = n - 1; i-- > 0;)
        p = f_fma(x, p, c[i]);
    return p;
}

// The parts of exp: n = x / ln 2 to the nearest, and exp(x - n ln 2) - 1.
static inline float f_exp_parts(float *n, float x)
{
    *n = f_fma(x, LOG2_E, ROUND) - ROUND;

    float r = f_fma(*n, -LN2_LOW, f_fma(*n, -LN2_HIGH, x));
    return f_fma(r * r, f_poly(r, exp_poly, 5), r);
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

// A positive x as 2^e (1 + f), sqrt(1/2) <= 1 + f < sqrt(2).
static inline float f_log_split(float *e, float x)
{
    float offset = 0;
    if (x < 0x1p-126f) {
        x *= 0x1p23f;
        offset = -23;
    }

    int32_t i = (int32_t)(f_bits(x) - SQRT_HALF_BITS);
    *e = (float)(i >> 23) + offset;
    return f_from_bits((uint32_t)(i & 0x7fffff) + SQRT_HALF_BITS) - 1;
}

// log(1 + f) - f
static inline float f_log_tail(float f)
{
    return f * f * f_fma(f, f_poly(f, log_poly, 8), -0.5f);
}

static inline float f_log_join(float e, float f)
{
    return f_fma(e, LN2_HIGH, f + f_fma(e, LN2_LOW, f_log_tail(f)));
}

static inline float f_log(float x)
{
    float e, f = f_log_split(&e, x), y = f_log_join(e, f);
    if (!(x > 0))
        return x == 0 ? -__builtin_inff() : __builtin_nanf("");
    return x == __builtin_inff() ? x : y;
}

// log(1 + x) of a finite x > -1: 1 + x is 2^e (1 + f), f taken from x so that it is rounded once.
// Where the 1 makes no difference 2^-e need not be a float.
static inline float f_log1p_inside(float x)
{
    float e, f = f_log_split(&e, 1 + x);
    if (!(x > 0x1p30f)) {
        float scale = f_power_of_2((int)-e);
        f = f_fma(x, scale, scale - 1);
    }
    return f_log_join(e, f);
}

static inline float f_log1p(float x)
{
    if (!(x > -1))
        return x == -1 ? -__builtin_inff() : __builtin_nanf("");
    if (f_abs(x) < 0x1p-25f || x == __builtin_inff())
        return x; // -0 too
    return f_log1p_inside(x);
}

// e^x - 1 = 2^n (e^r - 1) + (2^n - 1), halved since 2^128 is no float.
static inline float f_expm1(float x)
{
    float n, p = f_exp_parts(&n, f_max(EXPM1_MIN, f_min(EXP_MAX, x)));
    if (f_is_nan(p) || f_abs(x) < 0x1p-25f)
        return x; // -0 too

    float half = f_power_of_2((int)n - 1);
    float t = f_fma(half, p, half - 0.5f);
    return t + t;
}

// log(1 + e^x) without overflow
static inline float f_softplus(float x)
{
    return f_max(x, 0) + f_log1p_inside(f_exp(-f_abs(x)));
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
    *density = f_exp(a * a * -0.5f);

    float tail = *density * (t * f_poly(t, phi_poly, 9));
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

static inline float f_erf(float x)
{
    float a = f_min(ERF_MAX, f_abs(x));
    float inside = f_fma(a, f_poly(a * a, erf_poly, 6), a);
    float outside = 1 - f_exp(a * f_poly(a, erfc_poly, 6));
    float y = a < ERF_SPLIT ? inside : outside;
    return f_from_bits(f_bits(y) | (f_bits(x) & 0x80000000u));
}

// log x as a sum of two floats: where the first is multiplied by x and x is subtracted again, its
// own rounding would show.
static inline float f_log_two(float *low, float x)
{
    float e, f = f_log_split(&e, x), tail = f_log_tail(f);
    float sum = f + tail, whole = e * LN2_HIGH, high = whole + sum;
    float part = f_fma(e, LN2_HIGH, -whole) + (tail - (sum - f));
    *low = (sum - (high - whole)) + f_fma(e, LN2_LOW, part);
    return high;
}

// Up to 3 the polynomial around 2, with lgamma(x) = lgamma(x + 1) - log x below 1; then Stirling.
static inline float f_lgamma(float x)
{
    if (!(x > 0))
        return x == 0 ? __builtin_inff() : __builtin_nanf("");
    if (x == __builtin_inff())
        return x;

    float low, high = f_log_two(&low, x);
    float d = x < 1 ? x - 1 : x - 2;
    float near = f_fma(d * (1 + d), f_poly(d, lgamma_poly, 12), 0); // +0 at 1
    float t = 1 / x, rest = f_fma(t, f_poly(t * t, stirling_poly, 3), HALF_LOG_2PI);
    float far = f_fma(x - 0.5f, high, -x) + f_fma(x - 0.5f, low, rest);
    return x > 3 ? far : x < 1 ? near - high - low : near;
}

// digamma(x) = digamma(x + 1) - 1/x below 1
static inline float f_digamma(float x)
{
    if (!(x > 0))
        return x == 0 ? -__builtin_inff() : __builtin_nanf("");

    float y = x < 1 ? x + 1 : x, t = 1 / y;
    float sum = f_fma(-t, f_fma(t, f_poly(t, digamma_poly, 7), 0.5f), f_log(y));
    return x < 1 ? sum - 1 / x : sum;
}

// trigamma(x) = trigamma(x + 1) + 1/x^2 below 1
static inline float f_trigamma(float x)
{
    if (!(x > 0))
        return x == 0 ? __builtin_inff() : __builtin_nanf("");

    float y = x < 1 ? x + 1 : x, t = 1 / y, u = 1 / x;
    float sum = f_fma(t * t, f_fma(t, f_poly(t, trigamma_poly, 8), 0.5f), t);
    return x < 1 ? f_fma(u, u, sum) : sum;
}

// (-1)^whole sin(x - n pi), n next to `whole`: the sign is that of an even or an odd half turn.
static inline float f_sin_turned(float x, float n, float whole)
{
    float r = f_fma(n, -PI_LOW, f_fma(n, -PI_MIDDLE, f_fma(n, -PI_HIGH, x)));
    float half = whole * 0.5f, odd = whole - 2 * (half + ROUND - ROUND);
    float y = f_fma(r * r * r, f_poly(r * r, sin_poly, 5), r);
    return f_abs(x) <= TRIG_MAX ? y * (1 - 2 * f_abs(odd)) : __builtin_nanf("");
}

static inline float f_sin(float x)
{
    float n = f_fma(x, INV_PI, ROUND) - ROUND;
    return f_abs(x) < 0x1p-13f ? x : f_sin_turned(x, n, n); // -0 too
}

// cos(x) = -sin(x - (n + 1/2) pi) (-1)^n
static inline float f_cos(float x)
{
    float n = f_fma(x, INV_PI, -0.5f) + ROUND - ROUND;
    return f_sin_turned(x, n + 0.5f, n + 1);
}

#endif
