// vec_x86.h -- what the x86 vocabularies share: the end of the folds, once four lanes are left, and
// the 4 x 4 transpose.
#ifndef W2S_KERNEL_VEC_X86_H
#define W2S_KERNEL_VEC_X86_H

#include "vec.h"

#include <emmintrin.h>

VEC __m128 x_select(__m128 m, __m128 x, __m128 y)
{
    return _mm_or_ps(_mm_and_ps(m, x), _mm_andnot_ps(m, y));
}

VEC __m128 x_max_nan(__m128 x, __m128 y)
{
    return x_select(_mm_cmpunord_ps(x, x), x, _mm_max_ps(x, y));
}

VEC void x_store_2(float *p, __m128 x)
{
    _mm_storel_pi((__m64 *)(void *)p, x);
}

VEC float x_fold_add(__m128 x)
{
    x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_add_ss(x, _mm_shuffle_ps(x, x, 1)));
}

VEC float x_fold_max(__m128 x)
{
    x = x_max_nan(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(x_max_nan(x, _mm_shuffle_ps(x, x, 1)));
}

VEC double x_fold_f64(__m128d x)
{
    return _mm_cvtsd_f64(_mm_add_sd(x, _mm_unpackhi_pd(x, x)));
}

VEC void transpose_4x4(float *out, size_t ld_out, const float *x, size_t ld_x)
{
    __m128 a = _mm_loadu_ps(x), b = _mm_loadu_ps(x + ld_x);
    __m128 c = _mm_loadu_ps(x + 2 * ld_x), d = _mm_loadu_ps(x + 3 * ld_x);
    __m128 ab = _mm_unpacklo_ps(a, b), cd = _mm_unpacklo_ps(c, d);
    __m128 ab_high = _mm_unpackhi_ps(a, b), cd_high = _mm_unpackhi_ps(c, d);

    _mm_storeu_ps(out, _mm_movelh_ps(ab, cd));
    _mm_storeu_ps(out + ld_out, _mm_movehl_ps(cd, ab));
    _mm_storeu_ps(out + 2 * ld_out, _mm_movelh_ps(ab_high, cd_high));
    _mm_storeu_ps(out + 3 * ld_out, _mm_movehl_ps(cd_high, ab_high));
}

#endif
