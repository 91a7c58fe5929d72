// shift_poisson.c -- see shift_poisson.h.
#include "data/shift_poisson.h"

#include "base/detmath.h"

// ln k!: the product up to 9, then Stirling's series, whose first left-out term is below 1e-11.
static double log_factorial(double k)
{
    if (k < 10) {
        double product = 1;
        for (double i = 2; i <= k; i++)
            product *= i;
        return det_log(product);
    }
    double n = k + 1, inverse = 1 / n, square = inverse * inverse;
    double series =
        inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680)));
    return (n - 0.5) * det_log(n) - n + 0.5 * det_log(2 * DET_PI) + series;
}

// The probabilities sum to 1 only up to rounding: the search ends where they have become nothing.
static double by_inversion(struct rng *rng, double mean)
{
    double left = rng_unit(rng), probability = det_exp(-mean), k = 0;
    while (left >= probability && (k < mean || probability > 1e-18)) {
        left -= probability;
        k++;
        probability *= mean / k;
    }
    return k;
}

// Hörmann's names for the constants.
static double by_rejection(struct rng *rng, double mean)
{
    double b = 0.931 + 2.53 * det_sqrt(mean), a = -0.059 + 0.02483 * b;
    double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2);
    double log_mean = det_log(mean);
    for (;;) {
        double u = rng_unit(rng) - 0.5, v = rng_unit(rng);
        double us = 0.5 - (u < 0 ? -u : u);
        if (us <= 0 || v <= 0)
            continue;
        double k = (2 * a / us + b) * u + mean + 0.43;
        if (k < 0 || (us < 0.013 && v > us))
            continue;
        k = (double)(uint64_t)k;
        if (us >= 0.07 && v <= v_r)
            return k;
        if (det_log(v * inverse_alpha / (a / (us * us) + b)) <=
            k * log_mean - mean - log_factorial(k))
            return k;
    }
}

double shift_poisson(struct rng *rng, double mean)
{
    return mean < 10 ? by_inversion(rng, mean) : by_rejection(rng, mean);
}
