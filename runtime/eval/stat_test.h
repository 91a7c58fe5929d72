// stat_test.h -- paired tests without normality, corrections for several tests, and how large an
// effect is. Everything in double, without libm; what is drawn at random is keyed and the same
// everywhere.
//
// d are n paired differences, one for each seed; a NaN among them gives NaN.
#ifndef W2S_STAT_TEST_H
#define W2S_STAT_TEST_H

#include "base/err.h"
#include "base/rng.h"

// `greater` is the one-sided p-value of "the differences lie above 0", `two_sided` of "they lie
// elsewhere".
struct test_p {
    double greater, two_sided;
    bool exact; // by all 2^n signs; otherwise an approximation
};

// Wilcoxon 1945, signed ranks: zeros are dropped, ties have their mean rank. Up to STAT_EXACT_RANKS
// differences the distribution of the rank sum is computed, ties included; above, it is taken as
// normal, its variance corrected for ties, with the continuity correction (Hollander & Wolfe 1999,
// section 3.1).
enum { STAT_EXACT_RANKS = 25 };
struct signed_rank {
    double w;        // sum of the ranks of the differences above 0
    size_t n;        // differences that are not 0
    struct test_p p; // 1 when there are none
};
W2S_MUST_CHECK int stat_signed_rank(struct signed_rank *out, const double *d, size_t n,
                                    struct err *err);

// Fisher's test of the mean by flipping signs: exact up to STAT_EXACT_FLIPS differences; above,
// from `draws` random patterns, the observed one counted (Phipson & Smyth 2010). Sums within 1e-12
// of the sum of |d| are ties.
enum { STAT_EXACT_FLIPS = 20 };
struct test_p stat_sign_flip(const double *d, size_t n, struct rng_key key, size_t draws);

// Holm 1979: p-values adjusted for n tests, so that each may be compared with the level. NaN stays
// NaN and does not count as a test. `adjusted` must not be p.
void stat_holm(double *adjusted, const double *p, size_t n);

// Cliff 1993: P(x > y) - P(x < y) over all pairs, in -1..1. NaN where either is empty.
double stat_cliffs_delta(const double *x, size_t n, const double *y, size_t m);

// The mean without the lowest and the highest quarter, floor(n / 4) numbers each (Agarwal et al.
// 2021, arXiv 2108.13264). Sorts x.
double stat_interquartile_mean(double *x, size_t n);

// The smallest mean of n paired differences, in units of their standard deviation, that the
// one-sided t test of stat_paired_greater at `level` detects with probability `power` (noncentral
// t: Cohen 1988, chapter 2). For a two-sided test at L give (1 + L) / 2. NaN for n < 2 and unless
// power > 1 - level.
double stat_detectable(size_t n, double level, double power);
// The probability for an effect in those units.
double stat_power(size_t n, double level, double effect);

#endif
