// vec_ymm.h -- what AVX2 and AVX-512 share: shuffles that are best in registers of eight.
#ifndef W2S_KERNEL_VEC_YMM_H
#define W2S_KERNEL_VEC_YMM_H

#include <immintrin.h>

// Four floats of each of two rows.
VEC __m256 two_rows(const float *low, const float *high)
{
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low)), _mm_loadu_ps(high), 1);
}

VEC void transpose_8x4(float *out, size_t ld_out, const float *x, size_t ld_x)
{
    const float *y = x + 4 * ld_x;
    __m256 a = two_rows(x, y), b = two_rows(x + ld_x, y + ld_x);
    __m256 c = two_rows(x + 2 * ld_x, y + 2 * ld_x), d = two_rows(x + 3 * ld_x, y + 3 * ld_x);
    __m256 ab = _mm256_unpacklo_ps(a, b), cd = _mm256_unpacklo_ps(c, d);
    __m256 ab_high = _mm256_unpackhi_ps(a, b), cd_high = _mm256_unpackhi_ps(c, d);

    _mm256_storeu_ps(out, _mm256_shuffle_ps(ab, cd, _MM_SHUFFLE(1, 0, 1, 0)));
    _mm256_storeu_ps(out + ld_out, _mm256_shuffle_ps(ab, cd, _MM_SHUFFLE(3, 2, 3, 2)));
    _mm256_storeu_ps(out + 2 * ld_out,
                     _mm256_shuffle_ps(ab_high, cd_high, _MM_SHUFFLE(1, 0, 1, 0)));
    _mm256_storeu_ps(out + 3 * ld_out,
                     _mm256_shuffle_ps(ab_high, cd_high, _MM_SHUFFLE(3, 2, 3, 2)));
}

#endif
