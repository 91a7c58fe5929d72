// vec_avx2.h -- the vocabulary in AVX2 and FMA: sixteen lanes as two registers of eight.
#ifndef W2S_KERNEL_VEC_AVX2_H
#define W2S_KERNEL_VEC_AVX2_H

#include "vec_x86.h"
#include "vec_ymm.h"

typedef struct { __m256 a, b; } vf, vm;
typedef struct { __m256i a, b; } vi;
typedef struct { __m256d part[4]; } vd;

#define BOTH(f, x) (vf){ f((x).a), f((x).b) }
#define BOTH_2(f, x, y) (vf){ f((x).a, (y).a), f((x).b, (y).b) }
#define BOTH_2I(f, x, y) (vi){ f((x).a, (y).a), f((x).b, (y).b) }
#define COMPARE(x, y, how) \
    (vm){ _mm256_cmp_ps((x).a, (y).a, how), _mm256_cmp_ps((x).b, (y).b, how) }

VEC vf v_load(const float *p) { return (vf){ _mm256_loadu_ps(p), _mm256_loadu_ps(p + 8) }; }

VEC void v_store(float *p, vf x)
{
    _mm256_storeu_ps(p, x.a);
    _mm256_storeu_ps(p + 8, x.b);
}

// Lanes below n, as the masked loads and stores want them.
VEC vi lanes_below(size_t n)
{
    static const int32_t window[2 * LANES] = { -1, -1, -1, -1, -1, -1, -1, -1,
                                               -1, -1, -1, -1, -1, -1, -1, -1 };
    const int32_t *at = window + LANES - n;
    return (vi){ _mm256_loadu_si256((const __m256i *)(const void *)at),
                 _mm256_loadu_si256((const __m256i *)(const void *)(at + 8)) };
}

VEC vf v_load_part(const float *p, size_t n)
{
    vi m = lanes_below(n);
    return (vf){ _mm256_maskload_ps(p, m.a),
                 n > 8 ? _mm256_maskload_ps(p + 8, m.b) : _mm256_setzero_ps() };
}

// Branches, not a masked store: that takes dozens of cycles on many a processor, and the rows of a
// matrix all end alike.
VEC void v_store_part(float *p, vf x, size_t n)
{
    if (n & 8) {
        _mm256_storeu_ps(p, x.a);
        p += 8;
        x.a = x.b;
    }
    __m128 y = _mm256_castps256_ps128(x.a);
    if (n & 4) {
        _mm_storeu_ps(p, y);
        p += 4;
        y = _mm256_extractf128_ps(x.a, 1);
    }
    if (n & 2) {
        x_store_2(p, y);
        p += 2;
        y = _mm_movehl_ps(y, y);
    }
    if (n & 1)
        _mm_store_ss(p, y);
}

VEC vf v_load_u8(const uint8_t *p)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    return (vf){ _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes)),
                 _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_srli_si128(bytes, 8))) };
}

VEC vf v_load_u8_part(const uint8_t *p, size_t n)
{
    uint8_t buffer[LANES] = { 0 };
    memcpy(buffer, p, n);
    return v_load_u8(buffer);
}

VEC vf v_set(float s) { return (vf){ _mm256_set1_ps(s), _mm256_set1_ps(s) }; }
VEC vf v_add(vf x, vf y) { return BOTH_2(_mm256_add_ps, x, y); }
VEC vf v_sub(vf x, vf y) { return BOTH_2(_mm256_sub_ps, x, y); }
VEC vf v_mul(vf x, vf y) { return BOTH_2(_mm256_mul_ps, x, y); }
VEC vf v_div(vf x, vf y) { return BOTH_2(_mm256_div_ps, x, y); }
VEC vf v_min(vf x, vf y) { return BOTH_2(_mm256_min_ps, x, y); }
VEC vf v_max(vf x, vf y) { return BOTH_2(_mm256_max_ps, x, y); }
VEC vf v_sqrt(vf x) { return BOTH(_mm256_sqrt_ps, x); }
VEC vf v_neg(vf x) { return BOTH_2(_mm256_xor_ps, x, v_set(-0.0f)); }
VEC vf v_abs(vf x) { return BOTH_2(_mm256_andnot_ps, v_set(-0.0f), x); }

VEC vf v_fma(vf x, vf y, vf z)
{
    return (vf){ _mm256_fmadd_ps(x.a, y.a, z.a), _mm256_fmadd_ps(x.b, y.b, z.b) };
}

VEC vf v_with_sign(vf x, vf y)
{
    vf sign = BOTH_2(_mm256_and_ps, y, v_set(-0.0f));
    return BOTH_2(_mm256_or_ps, x, sign);
}

VEC vm v_less(vf x, vf y) { return COMPARE(x, y, _CMP_LT_OQ); }
VEC vm v_less_equal(vf x, vf y) { return COMPARE(x, y, _CMP_LE_OQ); }
VEC vm v_equal(vf x, vf y) { return COMPARE(x, y, _CMP_EQ_OQ); }
VEC vm v_is_nan(vf x) { return COMPARE(x, x, _CMP_UNORD_Q); }

VEC vm m_first(size_t n)
{
    vi m = lanes_below(n);
    return BOTH(_mm256_castsi256_ps, m);
}

VEC vf v_select(vm m, vf x, vf y)
{
    return (vf){ _mm256_blendv_ps(y.a, x.a, m.a), _mm256_blendv_ps(y.b, x.b, m.b) };
}

VEC vf v_keep(vm m, vf x) { return BOTH_2(_mm256_and_ps, m, x); }
VEC vf v_drop(vm m, vf x) { return BOTH_2(_mm256_andnot_ps, m, x); }

VEC vi i_set(int32_t s) { return (vi){ _mm256_set1_epi32(s), _mm256_set1_epi32(s) }; }
VEC vi i_add(vi x, vi y) { return BOTH_2I(_mm256_add_epi32, x, y); }
VEC vi i_sub(vi x, vi y) { return BOTH_2I(_mm256_sub_epi32, x, y); }
VEC vi i_and(vi x, vi y) { return BOTH_2I(_mm256_and_si256, x, y); }
VEC vi i_exponent(vi x) { return (vi){ _mm256_srai_epi32(x.a, 23), _mm256_srai_epi32(x.b, 23) }; }
VEC vi i_bits(vf x) { return (vi){ _mm256_castps_si256(x.a), _mm256_castps_si256(x.b) }; }
VEC vf v_bits(vi x) { return BOTH(_mm256_castsi256_ps, x); }
VEC vf v_from_int(vi x) { return BOTH(_mm256_cvtepi32_ps, x); }
VEC vi i_select(vm m, vi x, vi y) { return i_bits(v_select(m, v_bits(x), v_bits(y))); }

VEC vi i_load(const int32_t *p)
{
    return (vi){ _mm256_loadu_si256((const __m256i *)(const void *)p),
                 _mm256_loadu_si256((const __m256i *)(const void *)(p + 8)) };
}

VEC void i_store(int32_t *p, vi x)
{
    _mm256_storeu_si256((__m256i *)(void *)p, x.a);
    _mm256_storeu_si256((__m256i *)(void *)(p + 8), x.b);
}

VEC __m256 power_of_int(__m256i n)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
}

VEC vf v_power_of_2(vf n)
{
    return (vf){ power_of_int(_mm256_cvtps_epi32(n.a)), power_of_int(_mm256_cvtps_epi32(n.b)) };
}

// In two steps, of which only the last can round: 2^n itself need not be a float.
VEC __m256 scale_8(__m256 x, __m256 n)
{
    __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1);
    return _mm256_mul_ps(_mm256_mul_ps(x, power_of_int(half)),
                         power_of_int(_mm256_sub_epi32(whole, half)));
}

VEC vf v_scale(vf x, vf n) { return BOTH_2(scale_8, x, n); }

VEC __m128 max_halves(__m256 x)
{
    return x_max_nan(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
}

VEC float v_first(vf x) { return _mm256_cvtss_f32(x.a); }

VEC float v_fold_add(vf x)
{
    __m256 y = _mm256_add_ps(x.a, x.b);
    return x_fold_add(_mm_add_ps(_mm256_castps256_ps128(y), _mm256_extractf128_ps(y, 1)));
}

VEC float v_fold_max(vf x)
{
    __m256 larger = _mm256_max_ps(x.a, x.b);
    return x_fold_max(
        max_halves(_mm256_blendv_ps(larger, x.a, _mm256_cmp_ps(x.a, x.a, _CMP_UNORD_Q))));
}

VEC vd d_zero(void)
{
    __m256d zero = _mm256_setzero_pd();
    return (vd){ { zero, zero, zero, zero } };
}

VEC __m256d low(__m256 x) { return _mm256_cvtps_pd(_mm256_castps256_ps128(x)); }
VEC __m256d high(__m256 x) { return _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1)); }

VEC vd d_add(vd d, vf x)
{
    return (vd){ { _mm256_add_pd(d.part[0], low(x.a)), _mm256_add_pd(d.part[1], high(x.a)),
                   _mm256_add_pd(d.part[2], low(x.b)), _mm256_add_pd(d.part[3], high(x.b)) } };
}

// The product is exact, so fused or not is the same.
VEC vd d_add_product(vd d, vf x, vf y)
{
    return (vd){ { _mm256_fmadd_pd(low(x.a), low(y.a), d.part[0]),
                   _mm256_fmadd_pd(high(x.a), high(y.a), d.part[1]),
                   _mm256_fmadd_pd(low(x.b), low(y.b), d.part[2]),
                   _mm256_fmadd_pd(high(x.b), high(y.b), d.part[3]) } };
}

VEC double d_fold(vd d)
{
    __m256d y =
        _mm256_add_pd(_mm256_add_pd(d.part[0], d.part[2]), _mm256_add_pd(d.part[1], d.part[3]));
    return x_fold_f64(_mm_add_pd(_mm256_castpd256_pd128(y), _mm256_extractf128_pd(y, 1)));
}

#undef BOTH
#undef BOTH_2
#undef BOTH_2I
#undef COMPARE

enum { GEMM_ROWS = 6, GEMM_VECTORS = 1 };
#define GEMM_EACH_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6)

#endif
