// stat_effect.c -- corrections for several tests, sizes of effects, and what n seeds can detect;
// see stat_test.h.
#include "eval/stat.h"
#include "eval/stat_normal.h"
#include "eval/stat_test.h"

#include "base/detmath.h"

#include <math.h> // only HUGE_VAL, NAN and isnan; no function is called
#include <stdlib.h>

// The first p-value after number `last` in ascending order, equals in the order they stand; n:
// none. No last: n.
static size_t next_smallest(const double *p, size_t n, size_t last)
{
    size_t best = n;
    for (size_t i = 0; i < n; i++) {
        bool later = last == n || p[i] > p[last] || (p[i] == p[last] && i > last);
        if (!isnan(p[i]) && later && (best == n || p[i] < p[best]))
            best = i;
    }
    return best;
}

// The k-th smallest of m p-values, from 0, is multiplied by m - k; none falls below the one before
// it.
void stat_holm(double *adjusted, const double *p, size_t n)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        adjusted[i] = NAN;
        m += !isnan(p[i]);
    }
    double most = 0;
    for (size_t at = next_smallest(p, n, n); at < n; at = next_smallest(p, n, at), m--) {
        double x = (double)m * p[at];
        most = x > most ? x : most;
        adjusted[at] = most < 1 ? most : 1;
    }
}

double stat_cliffs_delta(const double *x, size_t n, const double *y, size_t m)
{
    double sum = 0;
    bool known = n > 0 && m > 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < m; k++) {
            known = known && !isnan(x[i]) && !isnan(y[k]);
            sum += (x[i] > y[k]) - (x[i] < y[k]);
        }
    return known ? sum / ((double)n * (double)m) : NAN;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double stat_interquartile_mean(double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (isnan(x[i]))
            return NAN;
    if (n > 0)
        qsort(x, n, sizeof *x, ascending);
    size_t cut = n / 4;
    return n > 0 ? stat_mean(x + cut, n - 2 * cut) : NAN;
}

// --- power of the paired t test -----------------------------------------------------------------
//
// T = (Z + shift) / S, S = sqrt(chi^2_df / df): P(T > t) = integral of f(s) Phi(shift - t s) ds,
// with the density f(s) ~ s^(df-1) exp(-df s^2 / 2), whose factor is had from its own integral.
// Simpson's rule, cut where Phi turns, since it does so within 1/t.

struct power_integral {
    double df, t, shift;
    double mass, power; // integrals of f, and of f Phi
};

static void add_panel(struct power_integral *p, double from, double to)
{
    enum { INTERVALS = 512 };
    double h = (to - from) / INTERVALS;
    double top = (p->df - 1) / p->df; // s^2 where f is largest, for scale
    for (int i = 0; h > 0 && i <= INTERVALS; i++) {
        double s = from + h * i;
        double weight = (i == 0 || i == INTERVALS ? 1 : i % 2 ? 4 : 2) * h / 3;
        double rise = p->df > 1 ? (p->df - 1) * det_log(s / det_sqrt(top)) : 0; // -inf at 0
        double f = weight * det_exp(rise - 0.5 * p->df * (s * s - top));
        p->mass += f;
        p->power += f * stat_normal_cdf(p->shift - p->t * s);
    }
}

static double between(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

double stat_power(size_t n, double level, double effect)
{
    if (n < 2 || !(level > 0 && level < 1) || isnan(effect))
        return NAN;
    double df = (double)(n - 1);
    struct power_integral p = {
        .df = df, .t = stat_t_quantile(level, df), .shift = effect * det_sqrt((double)n)};
    double width = 10 / det_sqrt(df), low = 1 > width ? 1 - width : 0, high = 1 + width;
    double turn = p.t != 0 ? p.shift / p.t : 0, reach = p.t != 0 ? 9 / (p.t < 0 ? -p.t : p.t) : 0;
    double first = between(turn - reach, low, high), second = between(turn + reach, low, high);
    add_panel(&p, low, first);
    add_panel(&p, first, second);
    add_panel(&p, second, high);
    return p.power / p.mass;
}

double stat_detectable(size_t n, double level, double power)
{
    enum { HALVINGS = 50 };
    if (n < 2 || !(level > 0 && level < 1) || !(power > 1 - level && power < 1))
        return NAN;
    double low = 0, high = 1;
    while (stat_power(n, level, high) < power && high < 1e9)
        high *= 2;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = 0.5 * (low + high);
        if (stat_power(n, level, middle) < power)
            low = middle;
        else
            high = middle;
    }
    return high;
}
