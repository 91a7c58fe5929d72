// constants.h -- the numbers of exp, log, tanh, sigmoid and gelu, shared by ref and the vectors.
//
// The polynomials are ours: weighted least squares on Chebyshev points, iterated towards minimax
// (Lawson), coefficients rounded to f32 one after the other, the rest refitted after each. The
// error stated is that of the rounded polynomial in exact arithmetic, relative to the function.
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
#define EXP_0 0x1.fffffep-2f
#define EXP_1 0x1.5554b0p-3f
#define EXP_2 0x1.55572cp-5f
#define EXP_3 0x1.1227c2p-7f
#define EXP_4 0x1.6b5a8ep-10f

// tanh is 1 in f32 from here on.
#define TANH_MAX 10.0f

// log(1 + f) = f + f^2 (f L(f) - 1/2) for sqrt(1/2) <= 1 + f < sqrt(2); 2^-27.3.
#define SQRT_HALF_BITS 0x3f3504f3
#define LOG_0 0x1.555554p-2f
#define LOG_1 -0x1.00022ep-2f
#define LOG_2 0x1.99a046p-3f
#define LOG_3 -0x1.54706ap-3f
#define LOG_4 0x1.22d27ap-3f
#define LOG_5 -0x1.0d9002p-3f
#define LOG_6 0x1.059c76p-3f
#define LOG_7 -0x1.392818p-4f

// Phi(-x) = exp(-x^2 / 2) T(t), t = 1 / (1 + c x), x >= 0: the form of Hastings 1955 (Abramowitz &
// Stegun 7.1.26) with nine terms instead of five. From 20 on, exp(-x^2 / 2) is 0.
#define PHI_MAX 20.0f
#define PHI_C 0x1.666666p-2f // 0.35; 2^-24.8 of Phi(-x) up to x = 14.6, all that is not 0
#define PHI_1 0x1.1df1bep-3f
#define PHI_2 0x1.1e715ap-3f
#define PHI_3 0x1.eac0cep-4f
#define PHI_4 0x1.b07c62p-4f
#define PHI_5 -0x1.7db494p-6f
#define PHI_6 0x1.468c12p-3f
#define PHI_7 -0x1.06188ep-2f
#define PHI_8 0x1.271738p-3f
#define PHI_9 -0x1.ddea6ep-6f
#define INV_SQRT_2PI 0x1.988454p-2f

// Adam and SGD drop state below this, so that it does not fade into slow denormals.
#define TINY_STATE 1e-30f

#endif
