// stat_t.c -- Student's t: distribution function and quantile.
//
// P(|T| > t) = I_x(df/2, 1/2) with x = df / (df + t^2) (Abramowitz & Stegun 26.7.1), where I is the
// regularized incomplete beta function, by its continued fraction (26.5.8). Since b = 1/2 is fixed,
// the beta function in front needs no log-gamma: only Gamma(a + 1/2) / Gamma(a), which has a short
// series. A number near 1 or near 0 is never had from its complement, so both tails and the centre
// keep their relative precision.
#include "eval/stat.h"

#include "base/detmath.h"

#include <math.h> // only HUGE_VAL, NAN and isnan; no function is called

#define SQRT_PI 1.77245385090551602730

// log(1 + u) for u >= 0, precise for small u: the rounding error of 1 + u cancels in the quotient.
static double log_1p(double u)
{
    double w = 1.0 + u;
    if (w == 1.0)
        return u;
    return w - 1.0 == HUGE_VAL ? HUGE_VAL : det_log(w) * (u / (w - 1.0));
}

// Gamma(a + 1/2) / Gamma(a), a > 0, by R(a) = R(a + 1) a / (a + 1/2) and Stirling's series for log
// R at large a: 1/2 log a - 1/(8a) + 1/(192a^3) - 1/(640a^5) + 17/(14336a^7); the rest is below
// 5e-17 at 32.
static double gamma_ratio(double a)
{
    double product = 1.0;
    for (; a < 32.0; a += 1.0)
        product *= a / (a + 0.5);
    double y = 1.0 / (a * a);
    double series = -1.0 / 8 + y * (1.0 / 192 + y * (-1.0 / 640 + y * (17.0 / 14336)));
    return product * det_sqrt(a) * det_exp(series / a);
}

// The continued fraction of I_x(a, b) without the factor x^a (1-x)^b / (a B(a, b)), by Lentz's
// method. It converges fast for x < (a + 1) / (a + b + 2): in O(sqrt(max(a, b))) rounds.
static double beta_fraction(double x, double a, double b)
{
    enum { MAX_ROUNDS = 1000000 };
    const double tiny = 1e-300;
    double c = 1.0;
    double d = 1.0 - (a + b) * x / (a + 1.0);
    d = 1.0 / (d == 0 ? tiny : d);
    double value = d;
    for (int m = 1; m <= MAX_ROUNDS; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1.0 + even * d;
        c = 1.0 + even / c;
        d = 1.0 / (d == 0 ? tiny : d);
        c = c == 0 ? tiny : c;
        value *= c * d;
        d = 1.0 + odd * d;
        c = 1.0 + odd / c;
        d = 1.0 / (d == 0 ? tiny : d);
        c = c == 0 ? tiny : c;
        double step = c * d;
        value *= step;
        if (step > 1.0 - 1e-15 && step < 1.0 + 1e-15)
            break;
    }
    return value;
}

// The distribution cut at t >= 0: centre = P(0 < T < t) and tail = P(T > t).
struct cut {
    double centre, tail;
};

static struct cut cut_at(double t, double df)
{
    double a = 0.5 * df;
    double u = t * (t / df); // (t / df) first: t * t overflows sooner
    double x = 1.0 / (1.0 + u);
    double y = u == HUGE_VAL ? 1.0 : u / (1.0 + u); // 1 - x
    // x^a y^(1/2) / B(a, 1/2)
    double front = det_exp(-a * log_1p(u)) * det_sqrt(y) * gamma_ratio(a) / SQRT_PI;
    if (x < (a + 1.0) / (a + 2.5)) {
        double tail = 0.5 * front / a * beta_fraction(x, a, 0.5);
        return (struct cut){.centre = 0.5 - tail, .tail = tail};
    }
    double centre = front * beta_fraction(y, 0.5, a); // 1/2 front / (1/2)
    return (struct cut){.centre = centre, .tail = 0.5 - centre};
}

static double density(double t, double df)
{
    double front = gamma_ratio(0.5 * df) / (SQRT_PI * det_sqrt(df));
    return front * det_exp(-0.5 * (df + 1.0) * log_1p(t * (t / df)));
}

double stat_t_cdf(double t, double df)
{
    if (isnan(t) || !(df > 0))
        return NAN;
    struct cut cut = cut_at(t < 0 ? -t : t, df);
    if (t < 0)
        return cut.tail;
    return cut.centre < 0.25 ? 0.5 + cut.centre : 1.0 - cut.tail;
}

// The distribution function is concave right of 0, so Newton's method from 0 climbs to the root and
// never passes it: it needs no bracket, and ends where rounding keeps it from climbing further. Far
// out in a heavy tail a step multiplies t by about 1 + 1/df, hence the generous limit.
static double positive_quantile(double centre, double tail, double df)
{
    enum { MAX_STEPS = 10000 };
    double t = 0.0;
    for (int i = 0; i < MAX_STEPS; i++) {
        struct cut at = cut_at(t, df);
        double missing = centre < 0.25 ? centre - at.centre : at.tail - tail;
        double next = t + missing / density(t, df);
        if (!(next > t + t * 1e-15))
            break;
        t = next;
    }
    return t;
}

double stat_t_quantile(double p, double df)
{
    if (!(p >= 0 && p <= 1) || !(df > 0))
        return NAN;
    if (p == 0 || p == 1)
        return p == 0 ? -HUGE_VAL : HUGE_VAL;
    if (p < 0.5)
        return -positive_quantile(0.5 - p, p, df);
    return positive_quantile(p - 0.5, 1.0 - p, df);
}
