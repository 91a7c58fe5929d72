// constants.h -- the numbers of exp, log, gelu, erf, lgamma, sin and their kin, shared by ref and the
// vectors.
//
// The polynomials are ours: weighted least squares on Chebyshev points, iterated towards minimax
// (Lawson), coefficients rounded to f32 one after the other, the rest refitted after each. The
// error stated is that of the rounded polynomial in exact arithmetic, relative to the function.
// An array begins with the constant term.
#ifndef W2S_KERNEL_CONSTANTS_H
#define W2S_KERNEL_CONSTANTS_H

// Cody & Waite 1980: x = n ln 2 + r, ln 2 as the sum of two floats. Adding ROUND, and subtracting
// it again, rounds to the nearest integer.
#define LOG2_E 0x1.715476p+0f
#define LN2_HIGH 0x1.62e430p-1f
#define LN2_LOW -0x1.05c610p-29f
#define ROUND 0x1.8p+23f

// exp(r) = 1 + (r + r^2 E(r)) for |r| <= ln 2 / 2; 2^-26.1 of exp(r) - 1. Beyond the two limits the
// result is 0 or infinity.
#define EXP_MAX 89.0f
#define EXP_MIN -104.5f
#define EXPM1_MIN -20.0f // expm1 is -1 in f32
static const float exp_poly[5] = {
    0x1.fffffep-2f, 0x1.5554b0p-3f, 0x1.55572cp-5f, 0x1.1227c2p-7f, 0x1.6b5a8ep-10f,
};

// tanh is 1 in f32 from here on.
#define TANH_MAX 10.0f

// log(1 + f) = f + f^2 (f L(f) - 1/2) for sqrt(1/2) <= 1 + f < sqrt(2); 2^-27.3.
#define SQRT_HALF_BITS 0x3f3504f3
static const float log_poly[8] = {
    0x1.555554p-2f, -0x1.00022ep-2f, 0x1.99a046p-3f, -0x1.54706ap-3f,
    0x1.22d27ap-3f, -0x1.0d9002p-3f, 0x1.059c76p-3f, -0x1.392818p-4f,
};

// Phi(-x) = exp(-x^2 / 2) T(t), t = 1 / (1 + c x), x >= 0: the form of Hastings 1955 (Abramowitz &
// Stegun 7.1.26) with nine terms instead of five. From 20 on, exp(-x^2 / 2) is 0.
#define PHI_MAX 20.0f
#define PHI_C 0x1.666666p-2f // 0.35; 2^-24.8 of Phi(-x) up to x = 14.6, all that is not 0
static const float phi_poly[9] = {
    0x1.1df1bep-3f, 0x1.1e715ap-3f, 0x1.eac0cep-4f,
    0x1.b07c62p-4f, -0x1.7db494p-6f, 0x1.468c12p-3f,
    -0x1.06188ep-2f, 0x1.271738p-3f, -0x1.ddea6ep-6f,
};
#define INV_SQRT_2PI 0x1.988454p-2f

// erf(x) = x + x E(x^2) for 0 <= x < ERF_SPLIT, 2^-26.1; above, 1 - exp(x G(x)), where the exp is
// erfc(x) to 2^-28.2, absolute. From ERF_MAX on, erf is 1 in f32.
#define ERF_SPLIT 0.875f
#define ERF_MAX 4.0f
static const float erf_poly[6] = {
    0x1.06eba6p-3f, -0x1.8126eep-2f, 0x1.ce1bf4p-4f,
    -0x1.b6a314p-6f, 0x1.47cffcp-8f, -0x1.3c9b7ap-11f,
};
static const float erfc_poly[6] = {
    -0x1.20e6dap+0f, -0x1.45794ep-1f, -0x1.af4c20p-4f,
    0x1.77654ep-6f, -0x1.a64b1cp-9f, 0x1.c27d6cp-13f,
};

// lgamma(2 + d) = d (1 + d) L(d) for -1 <= d <= 1, 2^-25.4: both zeros are factors. For x > 3,
// lgamma(x) = (x - 1/2) log x - x + HALF_LOG_2PI + S(1/x^2) / x (Stirling), 2^-29.4.
#define HALF_LOG_2PI 0x1.d67f1cp-1f
static const float lgamma_poly[12] = {
    0x1.b0ee60p-2f, -0x1.9ae64ap-4f, 0x1.0e0dd4p-5f, -0x1.95d446p-7f,
    0x1.47250cp-8f, -0x1.138cfap-9f, 0x1.eec172p-11f, -0x1.bdc980p-12f,
    0x1.134610p-13f, -0x1.bb005cp-15f, 0x1.46ee1ep-14f, -0x1.43d356p-15f,
};
static const float stirling_poly[3] = { 0x1.55554ap-4f, -0x1.6b3d5ep-9f, 0x1.672f32p-11f };

// For x >= 1 and t = 1/x: digamma(x) = log x - t (1/2 + t D(t)), 2^-27.7 absolute; trigamma(x) =
// t + t^2 (1/2 + t T(t)), 2^-28.4. The leading terms are those of Abramowitz & Stegun 6.3.18 and
// 6.4.12; a polynomial takes the place of the rest of the series, which would need x >= 6.
static const float digamma_poly[7] = {
    0x1.555178p-4f, 0x1.fa19c8p-15f, -0x1.1c990cp-7f, 0x1.c4b3b6p-11f,
    0x1.d8e43cp-9f, -0x1.4ec5cep-9f, 0x1.37456ap-11f,
};
static const float trigamma_poly[8] = {
    0x1.55541ep-3f, 0x1.e82288p-16f, -0x1.10e1bep-5f, -0x1.f7b4e2p-10f,
    0x1.27759cp-5f, -0x1.27c902p-5f, 0x1.10e0e0p-6f, -0x1.9be5f2p-9f,
};

// sin(r) = r + r^3 S(r^2) for |r| <= 1.62, 2^-30.9. pi is the sum of three floats (Cody & Waite), so
// that x - n pi is good to the last bit where it is small; from TRIG_MAX on n itself would be rounded.
#define TRIG_MAX 0x1p17f
#define INV_PI 0x1.45f306p-2f
#define PI_HIGH 0x1.921fb6p+1f
#define PI_MIDDLE -0x1.777a5cp-24f
#define PI_LOW -0x1.ee59dap-49f
static const float sin_poly[5] = {
    -0x1.555556p-3f, 0x1.111134p-7f, -0x1.a022aap-13f, 0x1.729cfap-19f, -0x1.b10fd4p-26f,
};

// Adam and SGD drop state below this, so that it does not fade into slow denormals.
#define TINY_STATE 1e-30f

#endif
