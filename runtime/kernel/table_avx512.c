// table_avx512.c -- the kernels for AVX-512 F, DQ, BW and VL: the templates over vec_avx512.h.
#include "tables.h"

#if defined(__x86_64__)

#include "vec_avx512.h"

#include "math.inc.h"

#include "elementwise.inc.h"
#include "reduce.inc.h"
#include "rowwise.inc.h"
#include "movement.inc.h"
#include "gemm.inc.h"

const struct kernels kernels_avx512 = {
    .isa = "avx512",
    .tile_rows = GEMM_ROWS,
    .tile_cols = GEMM_VECTORS * LANES,
#define KERNEL(result, name, arguments) .name = k_##name,
#include "kernels.def"
#undef KERNEL
};

#endif
