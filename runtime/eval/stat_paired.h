// stat_paired.h -- two models beside each other: one number of each for every seed. How much larger the first
// is, the p-value of the test that is asked for, and Cliff's delta.
#ifndef W2S_STAT_PAIRED_H
#define W2S_STAT_PAIRED_H

#include "eval/stat.h"
#include "eval/stat_test.h"

enum paired_kind { PAIRED_T, PAIRED_WILCOXON, PAIRED_PERMUTATION };
bool paired_kind_of(enum paired_kind *out, const char *word); // "t", "wilcoxon", "permutation"

struct paired {
    struct interval difference; // mean of x - y; Student's interval
    struct test_p p;            // that x and y are the same; of n pairs, so NaN for n < 2
    double delta;               // of all n x n pairs of seeds, in -1..1: the pairing is not used
};

// The permutation test flips the signs of the differences, under more than STAT_EXACT_FLIPS seeds in
// PAIRED_DRAWS keyed patterns. With a NaN among the numbers p and delta are NaN.
enum { PAIRED_DRAWS = 10000 };
W2S_MUST_CHECK int stat_paired(struct paired *out, enum paired_kind kind, const double *x, const double *y, size_t n,
                               double level, struct err *err);

// The smallest two-sided p-value that n pairs can give: 2^(1 - n) of the tests that know only ranks and signs,
// 0 of t.
double paired_smallest_p(enum paired_kind kind, size_t n);

#endif
