// dispatch.c -- which tables this machine can run. The compiler's cpuid support also checks that
// the operating system saves the wide registers; each set here contains the one before it.
#include "tables.h"

#include <string.h>

#if defined(__x86_64__)

static const struct kernels *const upto[3][5] = {
    { &kernels_ref, &kernels_sse2, NULL, NULL, NULL },
    { &kernels_ref, &kernels_sse2, &kernels_avx2, NULL, NULL },
    { &kernels_ref, &kernels_sse2, &kernels_avx2, &kernels_avx512, NULL },
};

static unsigned level(void)
{
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return 0;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512dq") ||
        !__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512vl"))
        return 1;
    return 2;
}

#elif defined(__aarch64__)

static const struct kernels *const upto[1][3] = { { &kernels_ref, &kernels_neon, NULL } };

static unsigned level(void)
{
    return 0; // NEON is part of the base architecture
}

#else

static const struct kernels *const upto[1][2] = { { &kernels_ref, NULL } };

static unsigned level(void)
{
    return 0;
}

#endif

const struct kernels *const *kernel_tables(void)
{
    return upto[level()];
}

const struct kernels *kernel_select(const char *wanted)
{
    const struct kernels *const *table = kernel_tables();
    bool any = !wanted || !*wanted;

    for (; *table; table++) {
        if (any ? !table[1] : strcmp(wanted, (*table)->isa) == 0)
            return *table;
    }
    return NULL;
}
