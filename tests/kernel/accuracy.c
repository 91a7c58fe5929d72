// accuracy.c -- the error of the transcendental kernels against libm in double, over floats of
// every exponent and where functions begin, end or vanish. The bounds are those of kernels.def.
#include "check.h"

#include <float.h>
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
    return x == -INFINITY ? -0.0 : x * 0.5 * erfc(-x * 0.70710678118654752440);
}

static double exact_gelu_slope(double x)
{
    if (isinf(x))
        return x > 0;
    return 0.5 * erfc(-x * 0.70710678118654752440) + x * exp(-0.5 * x * x) * 0.39894228040143267794;
}

static double exact_cube_root(double x)
{
    return x > 0 ? exp(log(x) * (double)0x1.555556p-2f) : x == 0 ? 0 : NAN;
}

static double exact_softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static double exact_lgamma(double x)
{
    return x > 0 ? lgamma(x) : x == 0 ? INFINITY : NAN;
}

// The recurrence up to 20, then the series of Abramowitz & Stegun 6.3.18 and 6.4.12.
static double exact_digamma(double x)
{
    if (!(x > 0))
        return x == 0 ? -INFINITY : NAN;
    double sum = 0;
    for (; x < 20; x++)
        sum -= 1 / x;
    double u = 1 / (x * x);
    return sum + log(x) - 0.5 / x - u * (1.0 / 12 - u * (1.0 / 120 - u * (1.0 / 252 - u / 240)));
}

static double exact_trigamma(double x)
{
    if (!(x > 0))
        return x == 0 ? INFINITY : NAN;
    double sum = 0;
    for (; x < 20; x++)
        sum += 1 / (x * x);
    double u = 1 / (x * x), series = 1.0 / 6 - u * (1.0 / 30 - u * (1.0 / 42 - u / 30));
    return sum + 1 / x + u * (0.5 + series / x);
}

static double exact_sin(double x)
{
    return fabs(x) <= 0x1p17 ? sin(x) : NAN;
}

static double exact_cos(double x)
{
    return fabs(x) <= 0x1p17 ? cos(x) : NAN;
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
CALL(log1p)
CALL(expm1)
CALL(softplus)
CALL(erf)
CALL(lgamma)
CALL(digamma)
CALL(trigamma)
CALL(sin)
CALL(cos)

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
    { "accuracy_log1p", log1p, call_log1p, 2, 0 },
    { "accuracy_expm1", expm1, call_expm1, 2, 0 },
    { "accuracy_softplus", exact_softplus, call_softplus, 2, 0 },
    { "accuracy_erf", erf, call_erf, 2, 0 },
    { "accuracy_lgamma", exact_lgamma, call_lgamma, 3, 0 },
    { "accuracy_digamma", exact_digamma, call_digamma, 2, 1e-7 },
    { "accuracy_trigamma", exact_trigamma, call_trigamma, 3, 0 },
    { "accuracy_sin", exact_sin, call_sin, 3, 0 },
    { "accuracy_cos", exact_cos, call_cos, 3, 0 },
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
    if (got == 0 && exact == 0) // the wrong sign
        return INFINITY;
    if (isnan(got) || isnan(exact))
        return INFINITY;
    if (isinf(got) || isinf(exact)) // near overflow: one unit beyond the largest is allowed
        return fabs(exact) >= 0x1.fffffep127 && isinf(got) ? 0 : INFINITY;
    double error = fabs((double)got - exact) - absolute;
    return error <= 0 ? 0 : error / ulp_of(exact);
}

struct worst {
    double error;
    float at;
};

static void bound_measure(struct worst *worst, const struct bound *b, const struct kernels *kernels,
                          const float *x, size_t n)
{
    float y[1024];

    b->call(kernels, y, x, n);
    for (size_t i = 0; i < n; i++) {
        double error = error_in_ulp(y[i], b->exact(x[i]), b->absolute);
        if (error > worst->error)
            *worst = (struct worst){ error, x[i] };
    }
}

static bool bound_run(const struct kernels *kernels, const void *what, uint64_t seed)
{
    static const float special[] = {
        0.0f, -0.0f, INFINITY, -INFINITY, NAN, 1, -1, 2, 3, -2, 0.5f, FLT_MAX, -FLT_MAX, FLT_MIN,
        0x1p-149f, -0x1p-149f, 0x1.fffffep-1f, -0x1.fffffep-1f, 0x1.000002p+0f, 0x1.fffffep+0f,
        0x1.000002p+1f, 0x1.800002p+1f,
    };
    enum { COUNT = 1024 };
    const struct bound *b = what;
    struct worst worst = { 0, 0 };
    float x[COUNT];
    uint32_t bits = (uint32_t)seed * 977;

    bound_measure(&worst, b, kernels, special, sizeof special / sizeof *special);
    for (int round = 0; round < 600; round++) {
        for (int i = 0; i < COUNT; i++, bits += 6977) // about 600,000 floats spread over all bits
            memcpy(&x[i], &bits, sizeof bits);
        bound_measure(&worst, b, kernels, x, COUNT);
    }
    if (kernels == kernel_tables()[0])
        printf("%-20s at most %.3f ULP%s, at %a\n", b->name, worst.error,
               b->absolute > 0 ? " beyond the absolute bound" : "", (double)worst.at);
    return worst.error <= b->ulp;
}

void accuracy_run_all(struct tally *t)
{
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        for (const struct kernels *const *k = kernel_tables(); *k; k++)
            tally_run(t, bounds[i].name, *k, bound_run, &bounds[i]);
    }
}
