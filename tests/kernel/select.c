// select.c -- the choice of a table, and the floating-point control register.
#include "check.h"

#include <fenv.h>
#include <stdio.h>
#include <string.h>

static bool select_run(const struct kernels *kernels, const void *what, uint64_t seed)
{
    const struct kernels *const *all = kernel_tables();
    size_t n = 0;

    (void)what, (void)seed;
    while (all[n])
        n++;
    return strcmp(all[0]->isa, "ref") == 0 && kernel_select(kernels->isa) == kernels &&
           kernel_select(NULL) == all[n - 1] && kernel_select("") == all[n - 1] &&
           !kernel_select("none") && !kernel_select("avx");
}

static bool pin_run(const struct kernels *kernels, const void *what, uint64_t seed)
{
    (void)kernels, (void)what, (void)seed;
    bool before = kernel_fp_is_pinned();
    fesetround(FE_UPWARD);
    bool after = kernel_fp_is_pinned();
    kernel_fp_pin();
    bool pinned = kernel_fp_is_pinned();
    fesetround(FE_TONEAREST); // x87 has a control word of its own, which libm looks at
    return before && !after && pinned;
}

void select_run_all(struct tally *t)
{
    for (const struct kernels *const *k = kernel_tables(); *k; k++)
        tally_run(t, "select", *k, select_run, NULL);
    tally_run(t, "fp_pin", kernel_tables()[0], pin_run, NULL);
}
