// kernel.h -- the vector kernels: one table of pointers, chosen at run time.
//
// This folder includes nothing else of ours, so the kernels and their harness can be built alone
// and run under an emulator. Plain C fills the table (ref); sse2, avx2 (with FMA), avx512 (F, DQ,
// BW, VL) and neon override slots. All give the same bits: see kernels.def for each contract and
// docs/numerics.md for why it holds. The tables are constant; a run carries a pointer to one.
#ifndef W2S_KERNEL_H
#define W2S_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct adam_step {
    float beta1, one_minus_beta1, beta2, one_minus_beta2;
    float step_size; // lr / (1 - beta1^t)
    float root;      // 1 / sqrt(1 - beta2^t)
    float eps, l2, keep;
};

// How two operands cover a result of rows x cols: floats from one row of the operand to the next,
// and from one column to the next. R x C: cols, 1; a number per row: 1, 0; one per column: 0, 1.
struct cover {
    size_t rows, cols;
    size_t a_row, a_col; // a_col and b_col are 0 or 1, not both 0
    size_t b_row, b_col;
};

struct kernels {
    const char *isa;              // "ref", "sse2", "avx2", "avx512", "neon"
    size_t tile_rows, tile_cols;  // of gemm_tile
#define KERNEL(result, name, arguments) result(*name) arguments;
#include "kernels.def"
#undef KERNEL
};

// The tables this build and this machine can run, slowest first; ends with NULL. The first is
// "ref".
const struct kernels *const *kernel_tables(void);

// The fastest usable table, or the one named by `wanted` ("avx2", or NULL or "" for the fastest).
// NULL when `wanted` is unknown or this machine cannot run it.
const struct kernels *kernel_select(const char *wanted);

// Pins rounding to nearest and denormals on for the calling thread (MXCSR or FPCR). Call once per
// thread; kernel_fp_is_pinned says whether it still holds (a library loaded with -Ofast may undo
// it).
void kernel_fp_pin(void);
bool kernel_fp_is_pinned(void);

// C = act(A B + bias). A is m x k, stored k x m when a_transposed; B is k x n, stored n x k when
// b_transposed; C is m x n; ld_* are the row strides of what is stored. Each output is one chain of
// fused multiply-adds over k in order from +0, then one addition of bias[j], then act: the same
// bits however it is blocked, and for any split of C into row or column bands done by separate
// calls. k = 0 gives act(bias). Work is in `workspace` (64-byte aligned, gemm_workspace bytes; that
// number never shrinks as m, n or k grow, so the largest product of a program is enough for the
// smaller ones).
enum gemm_act { GEMM_NONE, GEMM_RELU };

struct gemm {
    size_t m, n, k;
    const float *a;
    size_t ld_a;
    bool a_transposed;
    const float *b;
    size_t ld_b;
    bool b_transposed;
    float *c;
    size_t ld_c;
    const float *bias; // n values or NULL
    enum gemm_act act;
    bool resume; // chains go on from C instead of +0: the next part of k
};

size_t gemm_workspace(const struct kernels *kernels, size_t m, size_t n, size_t k);
void gemm(const struct kernels *kernels, const struct gemm *g, void *workspace);

// A cut into bands for several threads, each band a product of its own. One band when the product
// is too small to share.
struct gemm_bands {
    size_t n, size; // bands; rows or columns of each but the last
    bool columns;
};

struct gemm_bands gemm_bands(const struct kernels *kernels, const struct gemm *g, unsigned threads);
struct gemm gemm_band(const struct gemm *g, const struct gemm_bands *bands, size_t number);

#endif
