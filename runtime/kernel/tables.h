// tables.h -- the tables of kernels that may exist, one per instruction set. Private to this
// folder: others go through kernel_select. A table a build has no compiler support for is simply
// not named.
#ifndef W2S_KERNEL_TABLES_H
#define W2S_KERNEL_TABLES_H

#include "kernel/kernel.h"

extern const struct kernels kernels_ref;
#if defined(__x86_64__)
extern const struct kernels kernels_sse2, kernels_avx2, kernels_avx512;
#elif defined(__aarch64__)
extern const struct kernels kernels_neon;
#endif

#endif
