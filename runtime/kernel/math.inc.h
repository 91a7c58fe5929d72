// math.inc.h -- template: exp, log, tanh, sigmoid, Phi, power over one vector. The operations and
// their order are those of ref_math.h, whose comments explain them; constants.h has the numbers.
#include "constants.h"

VEC vf v_max_nan(vf x, vf y) { return v_select(v_is_nan(x), x, v_max(x, y)); }
VEC vf v_min_nan(vf x, vf y) { return v_select(v_is_nan(x), x, v_min(x, y)); }
VEC vf v_relu(vf x) { return v_drop(v_less_equal(x, v_set(0)), x); }

// The polynomial's next coefficient: p x + c.
VEC vf v_horner(vf p, vf x, float c)
{
    return v_fma(x, p, v_set(c));
}

VEC vf v_exp_parts(vf *n, vf x)
{
    *n = v_sub(v_fma(x, v_set(LOG2_E), v_set(ROUND)), v_set(ROUND));

    vf r = v_fma(*n, v_set(-LN2_LOW), v_fma(*n, v_set(-LN2_HIGH), x));
    vf p = v_horner(v_set(EXP_4), r, EXP_3);
    p = v_horner(p, r, EXP_2);
    p = v_horner(p, r, EXP_1);
    p = v_horner(p, r, EXP_0);
    return v_fma(v_mul(r, r), p, r);
}

VEC vf v_exp(vf x)
{
    vf n, p = v_exp_parts(&n, v_max(v_set(EXP_MIN), v_min(v_set(EXP_MAX), x)));
    return v_scale(v_add(v_set(1), p), n);
}

VEC vf v_log(vf x)
{
    const vf infinity = v_set(__builtin_inff()), zero = v_set(0);
    vm small = v_less(x, v_set(0x1p-126f));
    vf y = v_select(small, v_mul(x, v_set(0x1p23f)), x);

    vi i = i_sub(i_bits(y), i_set(SQRT_HALF_BITS));
    vf e = v_sub(v_from_int(i_exponent(i)), v_keep(small, v_set(23)));
    vf f = v_bits(i_add(i_and(i, i_set(0x7fffff)), i_set(SQRT_HALF_BITS)));
    f = v_sub(f, v_set(1));
    vf p = v_horner(v_set(LOG_7), f, LOG_6);
    p = v_horner(p, f, LOG_5);
    p = v_horner(p, f, LOG_4);
    p = v_horner(p, f, LOG_3);
    p = v_horner(p, f, LOG_2);
    p = v_horner(p, f, LOG_1);
    p = v_horner(p, f, LOG_0);
    p = v_horner(p, f, -0.5f);
    p = v_fma(e, v_set(LN2_LOW), v_mul(v_mul(f, f), p));
    y = v_fma(e, v_set(LN2_HIGH), v_add(f, p));

    vf outside = v_select(v_equal(x, zero), v_neg(infinity), v_set(__builtin_nanf("")));
    y = v_select(v_less(zero, x), y, outside);
    return v_select(v_equal(x, infinity), x, y);
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
    vf p = v_horner(v_set(PHI_9), t, PHI_8);
    p = v_horner(p, t, PHI_7);
    p = v_horner(p, t, PHI_6);
    p = v_horner(p, t, PHI_5);
    p = v_horner(p, t, PHI_4);
    p = v_horner(p, t, PHI_3);
    p = v_horner(p, t, PHI_2);
    p = v_horner(p, t, PHI_1);
    *density = v_exp(v_mul(v_mul(a, a), v_set(-0.5f)));

    vf tail = v_mul(*density, v_mul(t, p));
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
