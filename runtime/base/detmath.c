// detmath.c -- see detmath.h. Range reduction, then a series long enough for double.
//
// exp and log follow the textbook reductions (Muller, Elementary Functions, ch. 11): exp by
// x = k ln 2 + r with |r| <= ln(2)/2 and a Taylor polynomial; log by x = 2^k m with m in
// [sqrt(1/2), sqrt(2)) and the odd series of atanh((m - 1)/(m + 1)).
#include "base/detmath.h"

#include <math.h> // only HUGE_VAL, NAN and isnan; no function is called
#include <stdint.h>
#include <string.h>

static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint64_t to_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

// x * 2^k for k in -1080..1024 without overflow on the way.
static double scale_by_power(double x, int k)
{
    if (k > 1023)
        return x * 0x1p1023 * from_bits((uint64_t)(k - 1023 + 1023) << 52);
    if (k < -1022)
        return x * from_bits((uint64_t)(k + 100 + 1023) << 52) * 0x1p-100;
    return x * from_bits((uint64_t)(k + 1023) << 52);
}

double det_sqrt(double x)
{
    return __builtin_sqrt(x);
}

double det_exp(double x)
{
    if (isnan(x))
        return x;
    if (x > 709.782712893384)
        return HUGE_VAL;
    if (x < -745.2)
        return 0.0;
    double scaled = x * 1.4426950408889634074;
    int k = (int)(scaled + (scaled < 0 ? -0.5 : 0.5));
    // ln 2 in two parts, so that k * high is exact
    double r = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
    double sum = 0.0;
    for (int i = 14; i >= 2; i--)
        sum = (1.0 + sum) * r / i;
    return scale_by_power(1.0 + (r + sum * r), k);
}

double det_log(double x)
{
    if (isnan(x) || x < 0)
        return NAN;
    if (x == 0)
        return -HUGE_VAL;
    if (x > 1.7976931348623157e308)
        return x;
    int k = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        k = -54;
    }
    uint64_t bits = to_bits(x);
    k += (int)(bits >> 52) - 1023;
    double m = from_bits((bits & 0xFFFFFFFFFFFFFull) | 0x3FF0000000000000ull);
    if (m > 1.41421356237309504880) {
        m *= 0.5;
        k++;
    }
    double f = m - 1.0; // exact
    double s = f / (2.0 + f);
    double z = s * s;
    double series = 0.0;
    for (int i = 23; i >= 3; i -= 2)
        series = (series + 2.0 / i) * z;
    // log m = 2s + s * series, and 2s = f - s f, which keeps the low bits of f
    double correction = s * (f - series);
    double low = k * 1.90821492927058770002e-10;
    double high = k * 6.93147180369123816490e-01;
    return high + (f - (correction - low));
}

double det_pow(double x, double y)
{
    if (y == 0)
        return 1.0;
    if (x == 0)
        return y > 0 ? 0.0 : HUGE_VAL;
    return det_exp(y * det_log(x));
}

void det_sincos(double *sine, double *cosine, double x)
{
    // x = q * pi/2 + r with |r| <= pi/4, pi/2 in three parts; n times the first two is exact
    double scaled = x * 0.63661977236758134308;
    int64_t q = (int64_t)(scaled + (scaled < 0 ? -0.5 : 0.5));
    double n = (double)q;
    double r = ((x - n * 1.57079632673412561417e+00) - n * 6.07710050630396597660e-11) -
               n * 2.02226624879595063154e-21;
    double z = r * r;
    double s = 0.0, c = 0.0;
    for (int i = 17; i >= 3; i -= 2)
        s = (1.0 + s) * -z / (i * (i - 1));
    for (int i = 18; i >= 4; i -= 2)
        c = (1.0 + c) * -z / (i * (i - 1));
    double sin_r = r + r * s;
    double cos_r = 1.0 - (z * 0.5) * (1.0 + c);
    switch (q & 3) {
    case 0: *sine = sin_r; *cosine = cos_r; break;
    case 1: *sine = cos_r; *cosine = -sin_r; break;
    case 2: *sine = -sin_r; *cosine = -cos_r; break;
    default: *sine = -cos_r; *cosine = sin_r; break;
    }
}
