// seeds.c -- see seeds.h.
#include "seeds.h"

#include "eval/stat_test.h"

#define LEVEL 0.95
#define POWER 0.8

enum { ENOUGH = 3 };

bool seeds_power(struct str *out, size_t n_seeds)
{
    double effect = stat_detectable(n_seeds, LEVEL, POWER);
    if (!(effect > 0))
        return false;
    str_format(out, "%zu seeds detect a difference of %.2f sd at %g %% power, where a claim is tested at %g %%",
               n_seeds, effect, 100 * POWER, 100 * LEVEL);
    return true;
}

bool seeds_warning(struct str *out, size_t n_seeds)
{
    if (n_seeds >= ENOUGH)
        return false;
    if (n_seeds == 1)
        str_add(out, "1 seed has no intervals, and no claim can hold");
    else // half an interval is t(0.975, n - 1) / sqrt(n) standard deviations
        str_add(out, "2 seeds have intervals of 9.0 sd to each side, 3 seeds of 2.5");
    return true;
}
