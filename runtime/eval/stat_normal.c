// stat_normal.c -- see stat_normal.h. Near the centre the series of Abramowitz & Stegun 26.2.11,
// whose terms are all positive; in the tails the continued fraction 26.2.14. Neither is had from
// its complement there.
#include "eval/stat_normal.h"

#include "base/base.h"
#include "base/detmath.h"

#include <math.h> // only HUGE_VAL, NAN and isnan; no function is called

#define ROOT_2_PI 2.50662827463100050242

double stat_normal_density(double x)
{
    return det_exp(-0.5 * x * x) / ROOT_2_PI;
}

// P(0 < X < x) for 0 <= x <= 2.5: density(x) (x + x^3/3 + x^5/15 + ...).
static double centre(double x)
{
    double term = x, sum = x;
    for (int k = 3; term > sum * 1e-17; k += 2) {
        term *= x * x / k;
        sum += term;
    }
    return stat_normal_density(x) * sum;
}

// P(X > x) for x > 2.5: density(x) / (x + 1/(x + 2/(x + 3/...))), from the back.
static double tail(double x)
{
    enum { TERMS = 60 }; // the rest is below exp(-2 x sqrt(2 TERMS))
    double fraction = x;
    for (int k = TERMS; k >= 1; k--)
        fraction = x + k / fraction;
    return stat_normal_density(x) / fraction;
}

static double upper(double x) // P(X > x), x >= 0
{
    return x > 2.5 ? tail(x) : 0.5 - centre(x);
}

double stat_normal_cdf(double x)
{
    if (isnan(x))
        return NAN;
    if (x < 0)
        return upper(-x);
    return x > 2.5 ? 1.0 - tail(x) : 0.5 + centre(x);
}

// Newton's method from 0 climbs to the root and never passes it, as the tail is convex; a step
// gains at least about 1/x, hence the limit.
double stat_normal_quantile(double p)
{
    enum { MAX_STEPS = 2000 };
    if (!(p >= 0 && p <= 1))
        return NAN;
    if (p == 0 || p == 1)
        return p == 0 ? -HUGE_VAL : HUGE_VAL;
    double area = p < 0.5 ? p : 1.0 - p, x = 0.0;
    for (int i = 0; i < MAX_STEPS; i++) {
        double next = x + (upper(x) - area) / stat_normal_density(x);
        if (!(next > x + x * 1e-15))
            break;
        x = next;
    }
    return p < 0.5 ? -x : x;
}
