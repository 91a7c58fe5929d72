// math.inc.h -- template: exp, log, tanh, Phi, erf, lgamma, sin and their kin over one vector. The
// operations and their order are those of ref_math.h, whose comments explain them; constants.h has
// the numbers.
#include "constants.h"

VEC vf v_max_nan(vf x, vf y) { return v_select(v_is_nan(x), x, v_max(x, y)); }
VEC vf v_min_nan(vf x, vf y) { return v_select(v_is_nan(x), x, v_min(x, y)); }
VEC vf v_relu(vf x) { return v_drop(v_less_equal(x, v_set(0)), x); }

// The polynomial's next coefficient: p x + c.
VEC vf v_horner(vf p, vf x, float c)
{
    return v_fma(x, p, v_set(c));
}

VEC vf v_poly(vf x, const float *c, size_t n)
{
    vf p = v_set(c[n - 1]);
    UNROLL for (size_t i = n - 1; i-- > 0;)
        p = v_horner(p, x, c[i]);
    return p;
}

VEC vf v_exp_parts(vf *n, vf x)
{
    *n = v_sub(v_fma(x, v_set(LOG2_E), v_set(ROUND)), v_set(ROUND));

    vf r = v_fma(*n, v_set(-LN2_LOW), v_fma(*n, v_set(-LN2_HIGH), x));
    return v_fma(v_mul(r, r), v_poly(r, exp_poly, 5), r);
}

VEC vf v_exp(vf x)
{
    vf n, p = v_exp_parts(&n, v_max(v_set(EXP_MIN), v_min(v_set(EXP_MAX), x)));
    return v_scale(v_add(v_set(1), p), n);
}

VEC vf v_log_split(vf *e, vf x)
{
    vm small = v_less(x, v_set(0x1p-126f));
    vi i = i_bits(v_select(small, v_mul(x, v_set(0x1p23f)), x));

    i = i_sub(i, i_set(SQRT_HALF_BITS));
    *e = v_sub(v_from_int(i_exponent(i)), v_keep(small, v_set(23)));
    vf f = v_bits(i_add(i_and(i, i_set(0x7fffff)), i_set(SQRT_HALF_BITS)));
    return v_sub(f, v_set(1));
}

VEC vf v_log_tail(vf f)
{
    return v_mul(v_mul(f, f), v_horner(v_poly(f, log_poly, 8), f, -0.5f));
}

VEC vf v_log_join(vf e, vf f)
{
    vf low = v_fma(e, v_set(LN2_LOW), v_log_tail(f));
    return v_fma(e, v_set(LN2_HIGH), v_add(f, low));
}

// y where x > least, `edge` where x = least, NaN below and for NaN.
VEC vf v_above(vf x, float least, vf y, float edge)
{
    const vf limit = v_set(least);
    vf outside = v_select(v_equal(x, limit), v_set(edge), v_set(__builtin_nanf("")));
    return v_select(v_less(limit, x), y, outside);
}

VEC vf v_log(vf x)
{
    const float infinity = __builtin_inff();
    vf e, f = v_log_split(&e, x), y = v_above(x, 0, v_log_join(e, f), -infinity);
    return v_select(v_equal(x, v_set(infinity)), x, y);
}

VEC vf v_log1p_inside(vf x)
{
    vf e, large = v_log_split(&e, v_add(v_set(1), x));
    vf scale = v_power_of_2(v_neg(e)), f = v_fma(x, scale, v_sub(scale, v_set(1)));
    return v_log_join(e, v_select(v_less(v_set(0x1p30f), x), large, f));
}

VEC vf v_log1p(vf x)
{
    const float infinity = __builtin_inff();
    vf y = v_above(x, -1, v_log1p_inside(x), -infinity);
    y = v_select(v_less(v_abs(x), v_set(0x1p-25f)), x, y);
    return v_select(v_equal(x, v_set(infinity)), x, y);
}

VEC vf v_expm1(vf x)
{
    vf n, p = v_exp_parts(&n, v_max(v_set(EXPM1_MIN), v_min(v_set(EXP_MAX), x)));
    vf half = v_power_of_2(v_sub(n, v_set(1)));
    vf t = v_fma(half, p, v_sub(half, v_set(0.5f)));
    return v_select(v_less(v_abs(x), v_set(0x1p-25f)), x, v_add(t, t));
}

VEC vf v_softplus(vf x)
{
    return v_add(v_max(x, v_set(0)), v_log1p_inside(v_exp(v_neg(v_abs(x)))));
}

VEC vf v_tanh(vf x)
{
    vf n, a = v_min(v_set(TANH_MAX), v_abs(x));
    vf p = v_exp_parts(&n, v_add(a, a));
    vf power = v_power_of_2(n);
    vf t = v_fma(power, p, v_sub(power, v_set(1)));
    return v_with_sign(v_div(t, v_add(t, v_set(2))), x);
}

VEC vf v_sigmoid(vf x)
{
    vf e = v_exp(v_neg(v_abs(x))), one = v_set(1);
    return v_div(v_select(v_less_equal(v_set(0), x), one, e), v_add(one, e));
}

VEC vf v_phi(vf *density, vf x)
{
    vf a = v_min(v_set(PHI_MAX), v_abs(x)), one = v_set(1);
    vf t = v_div(one, v_fma(a, v_set(PHI_C), one));
    *density = v_exp(v_mul(v_mul(a, a), v_set(-0.5f)));

    vf tail = v_mul(*density, v_mul(t, v_poly(t, phi_poly, 9)));
    return v_select(v_less(x, v_set(0)), tail, v_sub(one, tail));
}

VEC vf v_gelu(vf x)
{
    vf density;
    return v_mul(v_max(v_set(-PHI_MAX), x), v_phi(&density, x));
}

VEC vf v_gelu_slope(vf x)
{
    vf density, phi = v_phi(&density, x);
    vf limited = v_min(v_set(PHI_MAX), v_max(v_set(-PHI_MAX), x));
    return v_fma(limited, v_mul(density, v_set(INV_SQRT_2PI)), phi);
}

VEC vf v_pow(vf a, vf b)
{
    vf zero = v_set(0), limit = v_select(v_equal(b, zero), v_set(1), v_set(__builtin_inff()));
    return v_exp(v_mul(b, v_max(v_neg(limit), v_min(limit, v_log(a)))));
}

VEC vf v_erf(vf x)
{
    vf a = v_min(v_set(ERF_MAX), v_abs(x));
    vf inside = v_fma(a, v_poly(v_mul(a, a), erf_poly, 6), a);
    vf outside = v_sub(v_set(1), v_exp(v_mul(a, v_poly(a, erfc_poly, 6))));
    return v_with_sign(v_select(v_less(a, v_set(ERF_SPLIT)), inside, outside), x);
}

VEC vf v_log_two(vf *low, vf x)
{
    vf e, f = v_log_split(&e, x), tail = v_log_tail(f);
    vf sum = v_add(f, tail), whole = v_mul(e, v_set(LN2_HIGH)), high = v_add(whole, sum);
    vf part = v_add(v_fma(e, v_set(LN2_HIGH), v_neg(whole)), v_sub(tail, v_sub(sum, f)));
    *low = v_add(v_sub(sum, v_sub(high, whole)), v_fma(e, v_set(LN2_LOW), part));
    return high;
}

VEC vf v_lgamma(vf x)
{
    const float infinity = __builtin_inff();
    const vf one = v_set(1);
    vm below = v_less(x, one);
    vf low, high = v_log_two(&low, x);
    vf d = v_sub(x, v_select(below, one, v_set(2)));
    vf near = v_fma(v_mul(d, v_add(one, d)), v_poly(d, lgamma_poly, 12), v_set(0));
    near = v_select(below, v_sub(v_sub(near, high), low), near);

    vf t = v_div(one, x), a = v_sub(x, v_set(0.5f));
    vf rest = v_fma(t, v_poly(v_mul(t, t), stirling_poly, 3), v_set(HALF_LOG_2PI));
    vf far = v_add(v_fma(a, high, v_neg(x)), v_fma(a, low, rest));

    vf y = v_above(x, 0, v_select(v_less(v_set(3), x), far, near), infinity);
    return v_select(v_equal(x, v_set(infinity)), x, y);
}

VEC vf v_digamma(vf x)
{
    const vf one = v_set(1);
    vm below = v_less(x, one);
    vf y = v_select(below, v_add(x, one), x), t = v_div(one, y);
    vf p = v_horner(v_poly(t, digamma_poly, 7), t, 0.5f);
    vf sum = v_fma(v_neg(t), p, v_log(y));
    return v_above(x, 0, v_select(below, v_sub(sum, v_div(one, x)), sum), -__builtin_inff());
}

VEC vf v_trigamma(vf x)
{
    const vf one = v_set(1);
    vm below = v_less(x, one);
    vf y = v_select(below, v_add(x, one), x), t = v_div(one, y), u = v_div(one, x);
    vf p = v_horner(v_poly(t, trigamma_poly, 8), t, 0.5f);
    vf sum = v_fma(v_mul(t, t), p, t);
    return v_above(x, 0, v_select(below, v_fma(u, u, sum), sum), __builtin_inff());
}

VEC vf v_whole(vf x) // to the nearest
{
    return v_sub(v_add(x, v_set(ROUND)), v_set(ROUND));
}

VEC vf v_sin_turned(vf x, vf n, vf whole)
{
    vf r = v_fma(n, v_set(-PI_HIGH), x);
    r = v_fma(n, v_set(-PI_LOW), v_fma(n, v_set(-PI_MIDDLE), r));
    vf half = v_whole(v_mul(whole, v_set(0.5f))), odd = v_sub(whole, v_mul(v_set(2), half));
    vf square = v_mul(r, r), y = v_fma(v_mul(square, r), v_poly(square, sin_poly, 5), r);
    y = v_mul(y, v_sub(v_set(1), v_mul(v_set(2), v_abs(odd))));
    return v_select(v_less_equal(v_abs(x), v_set(TRIG_MAX)), y, v_set(__builtin_nanf("")));
}

VEC vf v_sin(vf x)
{
    vf n = v_sub(v_fma(x, v_set(INV_PI), v_set(ROUND)), v_set(ROUND));
    return v_select(v_less(v_abs(x), v_set(0x1p-13f)), x, v_sin_turned(x, n, n));
}

VEC vf v_cos(vf x)
{
    vf n = v_whole(v_fma(x, v_set(INV_PI), v_set(-0.5f)));
    return v_sin_turned(x, v_add(n, v_set(0.5f)), v_add(n, v_set(1)));
}
