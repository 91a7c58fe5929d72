// vec.h -- the vector vocabulary: what a kernel template may say, whatever the instruction set.
//
// A vector has sixteen lanes everywhere: one zmm register, two ymm, four xmm or NEON registers. So
// a template has one lane structure, and the fold of kernels.def follows from the type. Each
// vec_*.h defines the same types and functions; a table_*.c includes one of them, then the templates.
//
//   vf, vi, vm           sixteen f32, i32, truth values
//   vd                   sixteen f64 accumulators
//
//   v_load(p) v_store(p, x)            any alignment
//   v_load_part(p, n)                  the first n < 16 lanes, 0 in the others; no byte beyond
//   v_store_part(p, x, n)              the first n < 16 lanes; no byte beyond
//   v_load_u8(p) v_load_u8_part(p, n)  bytes to f32
//   v_set(s)                           the scalar in each lane
//   v_add v_sub v_mul v_div (x, y)     IEEE
//   v_sqrt(x) v_neg(x) v_abs(x)
//   v_fma(x, y, z)                     x y + z rounded once; emulated, exactly, where there is none
//   v_min(x, y) v_max(x, y)            x < y ? x : y, x > y ? x : y: y when either is NaN
//   v_max_nan(x, y) v_min_nan(x, y)    the same, but NaN when either is
//   v_with_sign(x, y)                  x >= 0 with the sign of y
//   v_scale(x, n)                      x 2^n rounded once, n whole, -151 <= n <= 128, 0.5 < x < 2
//   v_power_of_2(n)                    2^n, n whole, -126 <= n <= 127
//   v_less v_less_equal v_equal (x, y), v_is_nan(x)    vm; false with a NaN but for the last
//   m_first(n)                         lanes below n
//   v_select(m, x, y)                  m ? x : y
//   v_keep(m, x) v_drop(m, x)          m ? x : 0, m ? 0 : x
//   i_set i_add i_sub i_and, i_exponent(x) = x >> 23 with sign, i_select, i_load, i_store
//   i_bits(vf) v_bits(vi)              reinterpreted; v_from_int(vi) converted
//   v_first(x)                         lane 0, a scalar
//   v_fold_add(x) v_fold_max(x)        the fold: lane j + 8 to j, then j + 4, j + 2, j + 1
//   d_zero() d_add(d, x) d_add_product(d, x, y) d_fold(d)    x, y are vf; products are exact
//   transpose_4x4(out, ld_out, x, ld_x)   out[j * ld_out + i] = x[i * ld_x + j]
//   transpose_8x4(...)                 the same for eight rows of x
//
// and, for the tile of gemm.inc.h, its size in rows and in vectors, GEMM_ROWS and GEMM_VECTORS, and
// GEMM_EACH_ROWS(X), which is X(1) .. X(GEMM_ROWS). The types are typedefs, against the house
// style, because for AVX-512 they are the compiler's own.
#ifndef W2S_KERNEL_VEC_H
#define W2S_KERNEL_VEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { LANES = 16 };

#define VEC static inline __attribute__((always_inline))

// Before a loop whose count is a small constant.
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#endif
