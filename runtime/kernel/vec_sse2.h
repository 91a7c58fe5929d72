// vec_sse2.h -- the vocabulary in SSE2, the least an x86-64 has: no blend, no fused multiply-add.
#ifndef W2S_KERNEL_VEC_SSE2_H
#define W2S_KERNEL_VEC_SSE2_H

#include "vec_x86.h"

typedef __m128 qf, qm;
typedef __m128i qi;
typedef __m128d qd;

VEC qf q_v_load(const float *p) { return _mm_loadu_ps(p); }
VEC void q_v_store(float *p, qf x) { _mm_storeu_ps(p, x); }
VEC qf q_v_set(float s) { return _mm_set1_ps(s); }
VEC qf q_v_add(qf x, qf y) { return _mm_add_ps(x, y); }
VEC qf q_v_sub(qf x, qf y) { return _mm_sub_ps(x, y); }
VEC qf q_v_mul(qf x, qf y) { return _mm_mul_ps(x, y); }
VEC qf q_v_div(qf x, qf y) { return _mm_div_ps(x, y); }
VEC qf q_v_min(qf x, qf y) { return _mm_min_ps(x, y); }
VEC qf q_v_max(qf x, qf y) { return _mm_max_ps(x, y); }
VEC qf q_v_sqrt(qf x) { return _mm_sqrt_ps(x); }
VEC qf q_v_neg(qf x) { return _mm_xor_ps(x, _mm_set1_ps(-0.0f)); }
VEC qf q_v_abs(qf x) { return _mm_andnot_ps(_mm_set1_ps(-0.0f), x); }
VEC qf q_v_with_sign(qf x, qf y) { return _mm_or_ps(x, _mm_and_ps(y, _mm_set1_ps(-0.0f))); }

VEC qm q_v_less(qf x, qf y) { return _mm_cmplt_ps(x, y); }
VEC qm q_v_less_equal(qf x, qf y) { return _mm_cmple_ps(x, y); }
VEC qm q_v_equal(qf x, qf y) { return _mm_cmpeq_ps(x, y); }
VEC qm q_v_is_nan(qf x) { return _mm_cmpunord_ps(x, x); }
VEC qf q_v_select(qm m, qf x, qf y) { return x_select(m, x, y); }
VEC qf q_v_keep(qm m, qf x) { return _mm_and_ps(m, x); }
VEC qf q_v_drop(qm m, qf x) { return _mm_andnot_ps(m, x); }

VEC qi q_i_set(int32_t s) { return _mm_set1_epi32(s); }
VEC qi q_i_add(qi x, qi y) { return _mm_add_epi32(x, y); }
VEC qi q_i_sub(qi x, qi y) { return _mm_sub_epi32(x, y); }
VEC qi q_i_and(qi x, qi y) { return _mm_and_si128(x, y); }
VEC qi q_i_exponent(qi x) { return _mm_srai_epi32(x, 23); }
VEC qi q_i_bits(qf x) { return _mm_castps_si128(x); }
VEC qf q_v_bits(qi x) { return _mm_castsi128_ps(x); }
VEC qf q_v_from_int(qi x) { return _mm_cvtepi32_ps(x); }
VEC qi q_i_load(const int32_t *p) { return _mm_loadu_si128((const __m128i *)(const void *)p); }
VEC void q_i_store(int32_t *p, qi x) { _mm_storeu_si128((__m128i *)(void *)p, x); }

VEC qi q_i_select(qm m, qi x, qi y)
{
    return q_i_bits(x_select(m, q_v_bits(x), q_v_bits(y)));
}

VEC qf q_v_power_of_int(qi n)
{
    return q_v_bits(_mm_slli_epi32(_mm_add_epi32(n, _mm_set1_epi32(127)), 23));
}

VEC qf q_v_power_of_2(qf n)
{
    return q_v_power_of_int(_mm_cvtps_epi32(n));
}

// In two steps, of which only the last can round: 2^n itself need not be a float.
VEC qf q_v_scale(qf x, qf n)
{
    qi whole = _mm_cvtps_epi32(n), half = _mm_srai_epi32(whole, 1);
    return q_v_mul(q_v_mul(x, q_v_power_of_int(half)),
                   q_v_power_of_int(_mm_sub_epi32(whole, half)));
}

VEC qd q_d_zero(void) { return _mm_setzero_pd(); }
VEC qd q_d_low(qf x) { return _mm_cvtps_pd(x); }
VEC qd q_d_high(qf x) { return _mm_cvtps_pd(_mm_movehl_ps(x, x)); }
VEC qd q_d_add(qd x, qd y) { return _mm_add_pd(x, y); }
VEC qd q_d_mul(qd x, qd y) { return _mm_mul_pd(x, y); }
VEC double q_d_fold(qd x) { return x_fold_f64(x); }

// x y + z in double, rounded to odd, so that rounding it again to float is harmless; ref_math.h has
// the argument. The error is compared twice because "not equal" is true of the NaN of infinities.
VEC qd q_d_fma_odd(qd x, qd y, qd z)
{
    qd product = _mm_mul_pd(x, y), sum = _mm_add_pd(product, z), part = _mm_sub_pd(sum, product);
    qd error = _mm_add_pd(_mm_sub_pd(product, _mm_sub_pd(sum, part)), _mm_sub_pd(z, part));
    qd zero = _mm_setzero_pd();
    qd inexact = _mm_or_pd(_mm_cmplt_pd(error, zero), _mm_cmpgt_pd(error, zero));

    __m128i one = _mm_and_si128(_mm_castpd_si128(inexact), _mm_set1_epi64x(1));
    __m128i apart = _mm_srli_epi64(_mm_castpd_si128(_mm_xor_pd(sum, error)), 63);
    __m128i bits = _mm_sub_epi64(_mm_castpd_si128(sum), _mm_and_si128(apart, one));
    return _mm_castsi128_pd(_mm_or_si128(bits, one));
}

// Whether the float nearest to any of four doubles may be wrong for having been rounded twice; ref_math.h
// has the argument. Lower and upper words side by side.
VEC int q_d_may_be_halfway(qd low, qd high)
{
    __m128 a = _mm_castpd_ps(low), b = _mm_castpd_ps(high);
    __m128i lower = _mm_castps_si128(_mm_shuffle_ps(a, b, _MM_SHUFFLE(2, 0, 2, 0)));
    __m128i upper = _mm_castps_si128(_mm_shuffle_ps(a, b, _MM_SHUFFLE(3, 1, 3, 1)));
    __m128i tail = _mm_and_si128(lower, _mm_set1_epi32(0x1fffffff));
    __m128i size = _mm_and_si128(upper, _mm_set1_epi32(0x7fffffff));
    __m128i half = _mm_cmpeq_epi32(tail, _mm_set1_epi32(0x10000000));
    __m128i tiny = _mm_and_si128(_mm_cmpgt_epi32(size, _mm_setzero_si128()),
                                 _mm_cmplt_epi32(size, _mm_set1_epi32(0x38100000)));
    return _mm_movemask_epi8(_mm_or_si128(half, tiny));
}

VEC qf q_v_fma(qf x, qf y, qf z)
{
    qd once_low = _mm_add_pd(_mm_mul_pd(q_d_low(x), q_d_low(y)), q_d_low(z));
    qd once_high = _mm_add_pd(_mm_mul_pd(q_d_high(x), q_d_high(y)), q_d_high(z));
    if (q_d_may_be_halfway(once_low, once_high) == 0)
        return _mm_movelh_ps(_mm_cvtpd_ps(once_low), _mm_cvtpd_ps(once_high));
    qd low = q_d_fma_odd(q_d_low(x), q_d_low(y), q_d_low(z));
    qd high = q_d_fma_odd(q_d_high(x), q_d_high(y), q_d_high(z));
    return _mm_movelh_ps(_mm_cvtpd_ps(low), _mm_cvtpd_ps(high));
}

VEC qf q_load_1(const float *p) { return _mm_load_ss(p); }

VEC qf q_load_2(const float *p)
{
    return _mm_castpd_ps(_mm_load_sd((const double *)(const void *)p));
}

VEC qf q_load_3(const float *p) { return _mm_movelh_ps(q_load_2(p), _mm_load_ss(p + 2)); }
VEC void q_store_2(float *p, qf x) { x_store_2(p, x); }
VEC qf q_upper_2(qf x) { return _mm_movehl_ps(x, x); }

VEC float q_v_first(qf x) { return _mm_cvtss_f32(x); }
VEC float q_v_fold_add(qf x) { return x_fold_add(x); }
VEC qf q_v_max_nan(qf x, qf y) { return x_max_nan(x, y); }
VEC float q_v_fold_max(qf x) { return x_fold_max(x); }

#include "vec_quad.h"

enum { GEMM_ROWS = 4, GEMM_VECTORS = 1 };
#define GEMM_EACH_ROWS(X) X(1) X(2) X(3) X(4)

#endif
