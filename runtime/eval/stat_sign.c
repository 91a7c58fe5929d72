// stat_sign.c -- paired tests over the signs of differences: signed ranks and sign flips; see
// stat_test.h.
#include "eval/stat_test.h"

#include "base/detmath.h"
#include "base/mem.h"
#include "eval/stat_normal.h"

#include <math.h> // only NAN and isnan; no function is called
#include <stdlib.h>

static double magnitude(double x)
{
    return x < 0 ? -x : x;
}

static double least(double x, double y)
{
    return x < y ? x : y;
}

static struct test_p unknown(void)
{
    return (struct test_p){.greater = NAN, .two_sided = NAN};
}

// --- signed ranks -------------------------------------------------------------------------------

static int by_magnitude(const void *a, const void *b)
{
    double x = magnitude(*(const double *)a), y = magnitude(*(const double *)b);
    return (x > y) - (x < y);
}

// What the ranks of n sorted differences come to; ranks are doubled, so that the mean rank of a tie
// is whole.
struct ranks {
    size_t doubled[STAT_EXACT_RANKS]; // of the first differences, for the exact distribution
    double positive;                  // sum of the doubled ranks of those above 0
    double ties;                      // sum over ties of t^3 - t
};

static struct ranks rank(const double *sorted, size_t n)
{
    struct ranks r = {.positive = 0};
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && magnitude(sorted[end]) == magnitude(sorted[i]);)
            end++;
        double t = (double)(end - i);
        r.ties += t * t * t - t;
        for (size_t k = i; k < end; k++) {
            if (k < STAT_EXACT_RANKS)
                r.doubled[k] = i + end + 1; // i+1 .. end
            if (sorted[k] > 0)
                r.positive += (double)(i + end + 1);
        }
    }
    return r;
}

// Counts the 2^n sign patterns by the sum of the doubled ranks that are positive: exact whole
// numbers.
static struct test_p exact_ranks(const struct ranks *r, size_t n)
{
    enum { SUMS = STAT_EXACT_RANKS * (STAT_EXACT_RANKS + 1) + 1 };
    double patterns[SUMS] = {1};
    for (size_t k = 0, most = 0; k < n; k++) {
        most += r->doubled[k];
        for (size_t s = most + 1; s-- > r->doubled[k];)
            patterns[s] += patterns[s - r->doubled[k]];
    }
    double all = 0, above = 0, below = 0;
    for (size_t s = 0; s < SUMS; s++) {
        all += patterns[s];
        above += (double)s >= r->positive ? patterns[s] : 0;
        below += (double)s <= r->positive ? patterns[s] : 0;
    }
    return (struct test_p){above / all, least(1, 2 * least(above, below) / all), true};
}

static struct test_p normal_ranks(const struct ranks *r, double n)
{
    double excess = 0.5 * r->positive - n * (n + 1) / 4;
    double deviation = det_sqrt(n * (n + 1) * (2 * n + 1) / 24 - r->ties / 48);
    double nearer = magnitude(excess) > 0.5 ? magnitude(excess) - 0.5 : 0;
    return (struct test_p){stat_normal_cdf((0.5 - excess) / deviation),
                           least(1, 2 * stat_normal_cdf(-nearer / deviation)), false};
}

int stat_signed_rank(struct signed_rank *out, const double *d, size_t n, struct err *err)
{
    struct signed_rank test = {.w = NAN, .p = unknown()};
    double *sorted = mem_try(n, sizeof *sorted, "differences", err);
    if (sorted == NULL)
        return -1;
    bool known = true;
    for (size_t i = 0; i < n; i++) {
        known = known && !isnan(d[i]);
        if (d[i] != 0)
            sorted[test.n++] = d[i];
    }
    if (known) {
        qsort(sorted, test.n, sizeof *sorted, by_magnitude);
        struct ranks ranks = rank(sorted, test.n);
        test.w = 0.5 * ranks.positive;
        test.p = test.n <= STAT_EXACT_RANKS ? exact_ranks(&ranks, test.n)
                                            : normal_ranks(&ranks, (double)test.n);
    }
    mem_free(sorted);
    *out = test;
    return 0;
}

// --- sign flips ---------------------------------------------------------------------------------

// Of the patterns so far: those whose sum is at least the observed one, and at least as far from 0.
struct flips {
    double sum, slack; // observed; within which sums are equal
    double above, beyond, all;
};

static void count(struct flips *f, double sum)
{
    f->above += sum >= f->sum - f->slack;
    f->beyond += magnitude(sum) >= magnitude(f->sum) - f->slack;
    f->all++;
}

static double flipped_sum(const double *d, size_t n, uint32_t pattern)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += pattern >> i & 1 ? -d[i] : d[i];
    return sum;
}

static double random_sum(const double *d, size_t n, struct rng *rng)
{
    double sum = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < n; i++, bits >>= 1) {
        if (i % 32 == 0)
            bits = rng_u32(rng);
        sum += bits & 1 ? -d[i] : d[i];
    }
    return sum;
}

struct test_p stat_sign_flip(const double *d, size_t n, struct rng_key key, size_t draws)
{
    struct flips f = {.sum = 0};
    double total = 0;
    for (size_t i = 0; i < n; i++) {
        f.sum += d[i];
        total += magnitude(d[i]);
    }
    f.slack = 1e-12 * total;
    if (n == 0 || isnan(total))
        return unknown();
    bool exact = n <= STAT_EXACT_FLIPS;
    for (uint32_t pattern = 0; exact && pattern < (uint32_t)1 << n; pattern++)
        count(&f, flipped_sum(d, n, pattern));
    if (!exact)
        count(&f, f.sum);
    for (size_t i = 0; !exact && i < draws; i++) {
        struct rng rng = rng_at(key, i);
        count(&f, random_sum(d, n, &rng));
    }
    return (struct test_p){f.above / f.all, f.beyond / f.all, exact};
}
