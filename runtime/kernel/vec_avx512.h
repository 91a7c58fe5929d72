// vec_avx512.h -- the vocabulary in AVX-512 F, DQ, BW, VL: a vector is a register, a truth value a
// bit.
#ifndef W2S_KERNEL_VEC_AVX512_H
#define W2S_KERNEL_VEC_AVX512_H

#include "vec_x86.h"
#include "vec_ymm.h"

typedef __m512 vf;
typedef __m512i vi;
typedef __mmask16 vm;
typedef struct { __m512d a, b; } vd;

VEC vm m_first(size_t n) { return (vm)((1u << n) - 1); }

VEC vf v_load(const float *p) { return _mm512_loadu_ps(p); }
VEC void v_store(float *p, vf x) { _mm512_storeu_ps(p, x); }
VEC vf v_load_part(const float *p, size_t n) { return _mm512_maskz_loadu_ps(m_first(n), p); }
VEC void v_store_part(float *p, vf x, size_t n) { _mm512_mask_storeu_ps(p, m_first(n), x); }

VEC vf v_load_u8(const uint8_t *p)
{
    return _mm512_cvtepi32_ps(
        _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p)));
}

VEC vf v_load_u8_part(const uint8_t *p, size_t n)
{
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(m_first(n), p)));
}

VEC vf v_set(float s) { return _mm512_set1_ps(s); }
VEC vf v_add(vf x, vf y) { return _mm512_add_ps(x, y); }
VEC vf v_sub(vf x, vf y) { return _mm512_sub_ps(x, y); }
VEC vf v_mul(vf x, vf y) { return _mm512_mul_ps(x, y); }
VEC vf v_div(vf x, vf y) { return _mm512_div_ps(x, y); }
VEC vf v_min(vf x, vf y) { return _mm512_min_ps(x, y); }
VEC vf v_max(vf x, vf y) { return _mm512_max_ps(x, y); }
VEC vf v_sqrt(vf x) { return _mm512_sqrt_ps(x); }
VEC vf v_neg(vf x) { return _mm512_xor_ps(x, v_set(-0.0f)); }
VEC vf v_abs(vf x) { return _mm512_abs_ps(x); }
VEC vf v_fma(vf x, vf y, vf z) { return _mm512_fmadd_ps(x, y, z); }
VEC vf v_with_sign(vf x, vf y) { return _mm512_or_ps(x, _mm512_and_ps(y, v_set(-0.0f))); }
VEC vf v_scale(vf x, vf n) { return _mm512_scalef_ps(x, n); }
VEC vf v_power_of_2(vf n) { return _mm512_scalef_ps(v_set(1), n); }

VEC vm v_less(vf x, vf y) { return _mm512_cmp_ps_mask(x, y, _CMP_LT_OQ); }
VEC vm v_less_equal(vf x, vf y) { return _mm512_cmp_ps_mask(x, y, _CMP_LE_OQ); }
VEC vm v_equal(vf x, vf y) { return _mm512_cmp_ps_mask(x, y, _CMP_EQ_OQ); }
VEC vm v_is_nan(vf x) { return _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q); }
VEC vf v_select(vm m, vf x, vf y) { return _mm512_mask_blend_ps(m, y, x); }
VEC vf v_keep(vm m, vf x) { return _mm512_maskz_mov_ps(m, x); }
VEC vf v_drop(vm m, vf x) { return _mm512_maskz_mov_ps((vm)~m, x); }

VEC vi i_set(int32_t s) { return _mm512_set1_epi32(s); }
VEC vi i_add(vi x, vi y) { return _mm512_add_epi32(x, y); }
VEC vi i_sub(vi x, vi y) { return _mm512_sub_epi32(x, y); }
VEC vi i_and(vi x, vi y) { return _mm512_and_si512(x, y); }
VEC vi i_exponent(vi x) { return _mm512_srai_epi32(x, 23); }
VEC vi i_select(vm m, vi x, vi y) { return _mm512_mask_blend_epi32(m, y, x); }
VEC vi i_bits(vf x) { return _mm512_castps_si512(x); }
VEC vf v_bits(vi x) { return _mm512_castsi512_ps(x); }
VEC vf v_from_int(vi x) { return _mm512_cvtepi32_ps(x); }
VEC vi i_load(const int32_t *p) { return _mm512_loadu_si512(p); }
VEC void i_store(int32_t *p, vi x) { _mm512_storeu_si512(p, x); }

VEC __m256 upper(vf x) { return _mm512_extractf32x8_ps(x, 1); }
VEC __m256 lower(vf x) { return _mm512_castps512_ps256(x); }

VEC float v_first(vf x) { return _mm512_cvtss_f32(x); }

VEC float v_fold_add(vf x)
{
    __m256 y = _mm256_add_ps(lower(x), upper(x));
    return x_fold_add(_mm_add_ps(_mm256_castps256_ps128(y), _mm256_extractf128_ps(y, 1)));
}

VEC float v_fold_max(vf x)
{
    __m256 a = lower(x), y = _mm256_max_ps(a, upper(x));
    y = _mm256_mask_mov_ps(y, _mm256_cmp_ps_mask(a, a, _CMP_UNORD_Q), a);
    return x_fold_max(x_max_nan(_mm256_castps256_ps128(y), _mm256_extractf128_ps(y, 1)));
}

VEC vd d_zero(void) { return (vd){ _mm512_setzero_pd(), _mm512_setzero_pd() }; }

VEC vd d_add(vd d, vf x)
{
    return (vd){ _mm512_add_pd(d.a, _mm512_cvtps_pd(lower(x))),
                 _mm512_add_pd(d.b, _mm512_cvtps_pd(upper(x))) };
}

// The product is exact, so fused or not is the same.
VEC vd d_add_product(vd d, vf x, vf y)
{
    return (vd){
        _mm512_fmadd_pd(_mm512_cvtps_pd(lower(x)), _mm512_cvtps_pd(lower(y)), d.a),
        _mm512_fmadd_pd(_mm512_cvtps_pd(upper(x)), _mm512_cvtps_pd(upper(y)), d.b),
    };
}

VEC double d_fold(vd d)
{
    __m512d x = _mm512_add_pd(d.a, d.b);
    __m256d y = _mm256_add_pd(_mm512_castpd512_pd256(x), _mm512_extractf64x4_pd(x, 1));
    return x_fold_f64(_mm_add_pd(_mm256_castpd256_pd128(y), _mm256_extractf128_pd(y, 1)));
}

enum { GEMM_ROWS = 14, GEMM_VECTORS = 2 };
#define GEMM_EACH_ROWS(X) \
    X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)

#endif
