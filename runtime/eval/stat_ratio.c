// stat_ratio.c -- Fieller's interval for a ratio of paired means; see stat.h.
//
// The interval is the set of r for which a t test does not reject mean(num - r den) = 0:
//     (N - r D)^2 <= t^2 / n * var(num - r den),         N, D the means.
// With r = R + z, R = N / D and e = num - R den (whose mean is 0), this reads
//     (1 - g) z^2 + 2 h z - k <= 0,
// where g = q var(den), h = q cov(e, den), k = q var(e) and q = t^2 / (n D^2).
// It is bounded exactly when g < 1, which says that D differs from 0 significantly. Nothing
// cancels: k >= 0, so the roots are real and of opposite signs, and the interval always holds R.
#include "eval/stat.h"

#include "base/detmath.h"

#include <math.h> // only NAN; no function is called

static double two_sided_p(double mean, double error, size_t n)
{
    if (error == 0)
        return mean != 0 ? 0.0 : 1.0;
    return 2.0 * stat_t_cdf(-__builtin_fabs(mean) / error, (double)(n - 1));
}

struct ratio stat_ratio(const double *num, const double *den, size_t n, double level)
{
    double mean_num = stat_mean(num, n), mean_den = stat_mean(den, n);
    struct ratio r = {.value = mean_den != 0 ? mean_num / mean_den : NAN,
                      .low = NAN, .high = NAN, .den_mean = mean_den, .den_p = NAN, .n = n};
    if (n < 2)
        return r;
    double var_den = stat_variance(den, n);
    r.den_p = two_sided_p(mean_den, det_sqrt(var_den / (double)n), n);
    double t = stat_t_quantile(0.5 + 0.5 * level, (double)(n - 1));
    double scale = t / mean_den;
    double q = scale * scale / (double)n;
    double g = q * var_den;
    r.significant = mean_den != 0 && g < 1.0;
    if (!r.significant)
        return r;

    double sum_ee = 0.0, sum_ed = 0.0;
    for (size_t i = 0; i < n; i++) {
        double e = num[i] - r.value * den[i];
        sum_ee += e * e;
        sum_ed += e * (den[i] - mean_den);
    }
    double h = q * sum_ed / (double)(n - 1);
    double k = q * sum_ee / (double)(n - 1);
    // the root away from 0 by the formula, the other by their product -k / (1 - g)
    double root = det_sqrt(h * h + (1.0 - g) * k);
    double far = h > 0 ? -(h + root) : root - h;
    double far_z = far / (1.0 - g);
    double near_z = far != 0 ? -k / far : 0.0;
    r.low = r.value + (h > 0 ? far_z : near_z);
    r.high = r.value + (h > 0 ? near_z : far_z);
    return r;
}
