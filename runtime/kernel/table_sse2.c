// table_sse2.c -- the kernels for every x86-64 machine: the templates over vec_sse2.h.
#include "tables.h"

#if defined(__x86_64__)

#include "vec_sse2.h"

#include "math.inc.h"

#include "elementwise.inc.h"
#include "reduce.inc.h"
#include "rowwise.inc.h"
#include "movement.inc.h"
#include "gemm.inc.h"

const struct kernels kernels_sse2 = {
    .isa = "sse2",
    .tile_rows = GEMM_ROWS,
    .tile_cols = GEMM_VECTORS * LANES,
#define KERNEL(result, name, arguments) .name = k_##name,
#include "kernels.def"
#undef KERNEL
};

#endif
