// stat_paired.c -- see stat_paired.h.
#include "eval/stat_paired.h"

#include "base/mem.h"

#include <math.h> // NAN and isnan only
#include <string.h>

static const char *const words[] = {
    [PAIRED_T] = "t", [PAIRED_WILCOXON] = "wilcoxon", [PAIRED_PERMUTATION] = "permutation"};

bool paired_kind_of(enum paired_kind *out, const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(words[i], word) == 0) {
            *out = (enum paired_kind)i;
            return true;
        }
    return false;
}

// Both tails of Student's t. Differences that are all 0 lie in neither: p is 1.
static struct test_p both_tails(double *d, size_t n, double level)
{
    struct test_p p = {.greater = stat_paired_greater(d, n, 0, level).p};
    for (size_t i = 0; i < n; i++)
        d[i] = -d[i];
    double less = stat_paired_greater(d, n, 0, level).p;
    p.two_sided = 2 * (p.greater < less ? p.greater : less);
    if (p.two_sided > 1)
        p.two_sided = 1;
    return p;
}

static int test(struct test_p *out, enum paired_kind kind, double *d, size_t n, double level, struct err *err)
{
    struct signed_rank ranks;
    switch (kind) {
    case PAIRED_T:
        *out = both_tails(d, n, level);
        return 0;
    case PAIRED_PERMUTATION:
        *out = stat_sign_flip(d, n, rng_key_of(0, "tests"), PAIRED_DRAWS);
        return 0;
    case PAIRED_WILCOXON:
        if (stat_signed_rank(&ranks, d, n, err) < 0)
            return -1;
        *out = ranks.p;
        return 0;
    }
    BUG("no such test");
}

int stat_paired(struct paired *out, enum paired_kind kind, const double *x, const double *y, size_t n, double level,
                struct err *err)
{
    double *d = mem_try(n, sizeof *d, "differences", err);
    if (d == NULL)
        return -1;
    bool sound = true;
    for (size_t i = 0; i < n; i++) {
        d[i] = x[i] - y[i];
        sound &= !isnan(d[i]);
    }
    *out = (struct paired){.difference = stat_interval(d, n, level), .p = {NAN, NAN, false}, .delta = NAN};
    int status = 0;
    if (sound)
        out->delta = stat_cliffs_delta(x, n, y, n);
    if (sound && n >= 2)
        status = test(&out->p, kind, d, n, level, err);
    mem_free(d);
    return status;
}

double paired_smallest_p(enum paired_kind kind, size_t n)
{
    double p = 2;
    if (kind == PAIRED_T)
        return 0;
    for (size_t i = 0; i < n && p > 0; i++)
        p /= 2;
    return p < 1 ? p : 1;
}
