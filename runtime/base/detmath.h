// detmath.h -- exp, log, sine and cosine in double, the same bits on every machine.
//
// libm differs between systems and versions, so nothing that reaches a result may call it. These
// are plain IEEE operations in a fixed order, compiled without contraction. Errors are below 1 ULP,
// of sine and cosine below 3, in the ranges given: tests/unit/test_detmath.c measures them against
// long double.
#ifndef W2S_DETMATH_H
#define W2S_DETMATH_H

#define DET_PI 3.14159265358979323846
#define DET_LN2 0.69314718055994530942

double det_sqrt(double x);                          // exact rounding (IEEE)
double det_exp(double x);                           // all x; 0 below -745.2, inf above 709.79
double det_log(double x);                           // x > 0; -inf at 0, NaN below
double det_pow(double x, double y);                 // x >= 0: exp(y log x), the error grows with y
void det_sincos(double *sine, double *cosine, double x); // |x| <= 1e5 radians

#endif
