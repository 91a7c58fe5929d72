// table_neon.c -- the kernels for AArch64: the templates over vec_neon.h.
#include "tables.h"

#if defined(__aarch64__)

#include "vec_neon.h"

#include "math.inc.h"

#include "elementwise.inc.h"
#include "reduce.inc.h"
#include "rowwise.inc.h"
#include "movement.inc.h"
#include "gemm.inc.h"

const struct kernels kernels_neon = {
    .isa = "neon",
    .tile_rows = GEMM_ROWS,
    .tile_cols = GEMM_VECTORS * LANES,
#define KERNEL(result, name, arguments) .name = k_##name,
#include "kernels.def"
#undef KERNEL
};

#endif
