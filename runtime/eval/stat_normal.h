// stat_normal.h -- the standard normal distribution, in double and without libm.
#ifndef W2S_STAT_NORMAL_H
#define W2S_STAT_NORMAL_H

double stat_normal_density(double x);
// Relative error below 1e-12 in both tails as far as they are normal numbers; NaN gives NaN.
double stat_normal_cdf(double x);
double stat_normal_quantile(double p); // p in [0, 1], NaN outside

#endif
