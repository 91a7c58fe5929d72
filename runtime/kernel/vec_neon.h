// vec_neon.h -- the vocabulary in AArch64 NEON. FMIN and FMAX treat NaN and -0 in their own way, so
// min and max compare and select.
#ifndef W2S_KERNEL_VEC_NEON_H
#define W2S_KERNEL_VEC_NEON_H

#include "vec.h"

#include <arm_neon.h>

typedef float32x4_t qf;
typedef int32x4_t qi;
typedef uint32x4_t qm;
typedef float64x2_t qd;

VEC qf q_v_load(const float *p) { return vld1q_f32(p); }
VEC void q_v_store(float *p, qf x) { vst1q_f32(p, x); }
VEC qf q_v_set(float s) { return vdupq_n_f32(s); }
VEC qf q_v_add(qf x, qf y) { return vaddq_f32(x, y); }
VEC qf q_v_sub(qf x, qf y) { return vsubq_f32(x, y); }
VEC qf q_v_mul(qf x, qf y) { return vmulq_f32(x, y); }
VEC qf q_v_div(qf x, qf y) { return vdivq_f32(x, y); }
VEC qf q_v_min(qf x, qf y) { return vbslq_f32(vcltq_f32(x, y), x, y); }
VEC qf q_v_max(qf x, qf y) { return vbslq_f32(vcgtq_f32(x, y), x, y); }
VEC qf q_v_sqrt(qf x) { return vsqrtq_f32(x); }
VEC qf q_v_neg(qf x) { return vnegq_f32(x); }
VEC qf q_v_abs(qf x) { return vabsq_f32(x); }
VEC qf q_v_fma(qf x, qf y, qf z) { return vfmaq_f32(z, x, y); }
VEC qf q_v_with_sign(qf x, qf y) { return vbslq_f32(vdupq_n_u32(0x80000000u), y, x); }

VEC qm q_v_less(qf x, qf y) { return vcltq_f32(x, y); }
VEC qm q_v_less_equal(qf x, qf y) { return vcleq_f32(x, y); }
VEC qm q_v_equal(qf x, qf y) { return vceqq_f32(x, y); }
VEC qm q_v_is_nan(qf x) { return vmvnq_u32(vceqq_f32(x, x)); }
VEC qf q_v_select(qm m, qf x, qf y) { return vbslq_f32(m, x, y); }
VEC qf q_v_keep(qm m, qf x) { return vbslq_f32(m, x, vdupq_n_f32(0)); }
VEC qf q_v_drop(qm m, qf x) { return vbslq_f32(m, vdupq_n_f32(0), x); }

VEC qi q_i_set(int32_t s) { return vdupq_n_s32(s); }
VEC qi q_i_add(qi x, qi y) { return vaddq_s32(x, y); }
VEC qi q_i_sub(qi x, qi y) { return vsubq_s32(x, y); }
VEC qi q_i_and(qi x, qi y) { return vandq_s32(x, y); }
VEC qi q_i_exponent(qi x) { return vshrq_n_s32(x, 23); }
VEC qi q_i_select(qm m, qi x, qi y) { return vbslq_s32(m, x, y); }
VEC qi q_i_bits(qf x) { return vreinterpretq_s32_f32(x); }
VEC qf q_v_bits(qi x) { return vreinterpretq_f32_s32(x); }
VEC qf q_v_from_int(qi x) { return vcvtq_f32_s32(x); }
VEC qi q_i_load(const int32_t *p) { return vld1q_s32(p); }
VEC void q_i_store(int32_t *p, qi x) { vst1q_s32(p, x); }

VEC qf q_v_power_of_int(qi n)
{
    return q_v_bits(vshlq_n_s32(vaddq_s32(n, vdupq_n_s32(127)), 23));
}

VEC qf q_v_power_of_2(qf n)
{
    return q_v_power_of_int(vcvtq_s32_f32(n));
}

// In two steps, of which only the last can round: 2^n itself need not be a float.
VEC qf q_v_scale(qf x, qf n)
{
    qi whole = vcvtq_s32_f32(n), half = vshrq_n_s32(whole, 1);
    return q_v_mul(q_v_mul(x, q_v_power_of_int(half)), q_v_power_of_int(vsubq_s32(whole, half)));
}

VEC qd q_d_zero(void) { return vdupq_n_f64(0); }
VEC qd q_d_low(qf x) { return vcvt_f64_f32(vget_low_f32(x)); }
VEC qd q_d_high(qf x) { return vcvt_high_f64_f32(x); }
VEC qd q_d_add(qd x, qd y) { return vaddq_f64(x, y); }
VEC qd q_d_mul(qd x, qd y) { return vmulq_f64(x, y); }
VEC double q_d_fold(qd x) { return vgetq_lane_f64(x, 0) + vgetq_lane_f64(x, 1); }

VEC qf q_v_max_nan(qf x, qf y)
{
    return vbslq_f32(vceqq_f32(x, x), q_v_max(x, y), x);
}

VEC qf q_load_1(const float *p) { return vld1q_lane_f32(p, vdupq_n_f32(0), 0); }
VEC qf q_load_2(const float *p) { return vcombine_f32(vld1_f32(p), vdup_n_f32(0)); }
VEC qf q_load_3(const float *p) { return vld1q_lane_f32(p + 2, q_load_2(p), 2); }
VEC void q_store_2(float *p, qf x) { vst1_f32(p, vget_low_f32(x)); }
VEC qf q_upper_2(qf x) { return vextq_f32(x, x, 2); }

VEC float q_v_first(qf x) { return vgetq_lane_f32(x, 0); }

VEC float q_v_fold_add(qf x)
{
    x = vaddq_f32(x, vextq_f32(x, x, 2));
    return vgetq_lane_f32(x, 0) + vgetq_lane_f32(x, 1);
}

VEC float q_v_fold_max(qf x)
{
    x = q_v_max_nan(x, vextq_f32(x, x, 2));
    return vgetq_lane_f32(q_v_max_nan(x, vextq_f32(x, x, 1)), 0);
}

VEC void transpose_4x4(float *out, size_t ld_out, const float *x, size_t ld_x)
{
    float32x4x2_t ab = vtrnq_f32(vld1q_f32(x), vld1q_f32(x + ld_x));
    float32x4x2_t cd = vtrnq_f32(vld1q_f32(x + 2 * ld_x), vld1q_f32(x + 3 * ld_x));

    vst1q_f32(out, vcombine_f32(vget_low_f32(ab.val[0]), vget_low_f32(cd.val[0])));
    vst1q_f32(out + ld_out, vcombine_f32(vget_low_f32(ab.val[1]), vget_low_f32(cd.val[1])));
    vst1q_f32(out + 2 * ld_out, vcombine_f32(vget_high_f32(ab.val[0]), vget_high_f32(cd.val[0])));
    vst1q_f32(out + 3 * ld_out, vcombine_f32(vget_high_f32(ab.val[1]), vget_high_f32(cd.val[1])));
}

#include "vec_quad.h"

enum { GEMM_ROWS = 6, GEMM_VECTORS = 1 };
#define GEMM_EACH_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6)

#endif
