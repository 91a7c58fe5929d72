// accuracy.c -- the error of the transcendental kernels against libm in double, over floats of
// every exponent. The bounds are those of kernels.def.
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct bound {
    const char *name;
    double (*exact)(double x);
    void (*call)(const struct kernels *kernels, float *out, const float *x, size_t n);
    double ulp, absolute; // |error| <= ulp units of the last place + absolute
};

static double exact_sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double exact_gelu(double x)
{
    return x * 0.5 * erfc(-x * 0.70710678118654752440);
}

static double exact_gelu_slope(double x)
{
    return 0.5 * erfc(-x * 0.70710678118654752440) + x * exp(-0.5 * x * x) * 0.39894228040143267794;
}

static double exact_cube_root(double x)
{
    return x > 0 ? exp(log(x) * (double)0x1.555556p-2f) : x == 0 ? 0 : NAN;
}

#define CALL(name)                                                                             \
    static void call_##name(const struct kernels *k, float *out, const float *x, size_t n) \
    {                                                                                          \
        k->name(out, x, n);                                                                    \
    }
CALL(sqrt)
CALL(exp)
CALL(log)
CALL(tanh)
CALL(sigmoid)
CALL(gelu)
CALL(gelu_slope)

static void call_pow(const struct kernels *k, float *out, const float *x, size_t n)
{
    k->pow_s(out, x, 0x1.555556p-2f, n); // a third: log is scaled down, so the error stays small
}

static const struct bound bounds[] = {
    { "accuracy_sqrt", sqrt, call_sqrt, 0.5001, 0 },
    { "accuracy_exp", exp, call_exp, 1, 0 },
    { "accuracy_log", log, call_log, 1, 0 },
    { "accuracy_tanh", tanh, call_tanh, 3, 0 },
    { "accuracy_sigmoid", exact_sigmoid, call_sigmoid, 3, 0 },
    { "accuracy_gelu", exact_gelu, call_gelu, 4, 5e-8 },
    { "accuracy_gelu_slope", exact_gelu_slope, call_gelu_slope, 4, 3e-7 },
    { "accuracy_pow", exact_cube_root, call_pow, 46, 0 }, // |b log a| <= 29.6
};

// The distance between floats around x, denormals included.
static double ulp_of(double x)
{
    int exponent;
    frexp(x, &exponent);
    return ldexp(1, exponent < -125 ? -149 : exponent - 24);
}

static double error_in_ulp(float got, double exact, double absolute)
{
    float rounded = (float)exact;

    if (same_float(got, rounded))
        return 0;
    if (isnan(got) || isnan(exact))
        return INFINITY;
    if (isinf(got) || isinf(exact)) // near overflow: one unit beyond the largest is allowed
        return fabs(exact) >= 0x1.fffffep127 && isinf(got) ? 0 : INFINITY;
    double error = fabs((double)got - exact) - absolute;
    return error <= 0 ? 0 : error / ulp_of(exact);
}

static bool bound_run(const struct kernels *kernels, const void *what, uint64_t seed)
{
    enum { COUNT = 1024 };
    const struct bound *b = what;
    float x[COUNT], y[COUNT], worst_at = 0;
    double worst = 0;
    uint32_t bits = (uint32_t)seed * 977;

    for (int round = 0; round < 600; round++) {
        for (int i = 0; i < COUNT; i++, bits += 6977) // about 600,000 floats spread over all bits
            memcpy(&x[i], &bits, sizeof bits);
        b->call(kernels, y, x, COUNT);
        for (int i = 0; i < COUNT; i++) {
            double error = error_in_ulp(y[i], b->exact(x[i]), b->absolute);
            if (error > worst) {
                worst = error;
                worst_at = x[i];
            }
        }
    }
    if (kernels == kernel_tables()[0])
        printf("%-20s at most %.3f ULP%s, at %a\n", b->name, worst,
               b->absolute > 0 ? " beyond the absolute bound" : "", (double)worst_at);
    return worst <= b->ulp;
}

void accuracy_run_all(struct tally *t)
{
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        for (const struct kernels *const *k = kernel_tables(); *k; k++)
            tally_run(t, bounds[i].name, *k, bound_run, &bounds[i]);
    }
}
