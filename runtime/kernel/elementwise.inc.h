// elementwise.inc.h -- template: the kernels that treat each element alone, and the optimisers.
// Full vectors, then one masked vector for what is left.

#define UNARY(name, f)                                           \
    static void k_##name(float *out, const float *x, size_t n)   \
    {                                                            \
        size_t i = 0;                                            \
        for (; i + LANES <= n; i += LANES)                       \
            v_store(out + i, f(v_load(x + i)));                  \
        if (i < n)                                               \
            v_store_part(out + i, f(v_load_part(x + i, n - i)), n - i); \
    }

#define ARRAYS(name, f)                                          \
    static void k_##name(float *out, const float *a, const float *b, size_t n) \
    {                                                            \
        size_t i = 0;                                            \
        for (; i + LANES <= n; i += LANES)                       \
            v_store(out + i, f(v_load(a + i), v_load(b + i)));   \
        if (i < n)                                               \
            v_store_part(out + i, f(v_load_part(a + i, n - i), v_load_part(b + i, n - i)), n - i); \
    }

#define ARRAY_SCALAR(name, f)                                    \
    static void k_##name(float *out, const float *a, float b, size_t n) \
    {                                                            \
        const vf q = v_set(b);                                   \
        size_t i = 0;                                            \
        for (; i + LANES <= n; i += LANES)                       \
            v_store(out + i, f(v_load(a + i), q));               \
        if (i < n)                                               \
            v_store_part(out + i, f(v_load_part(a + i, n - i), q), n - i); \
    }

#define SCALAR_ARRAY(name, f)                                    \
    static void k_##name(float *out, float a, const float *b, size_t n) \
    {                                                            \
        const vf p = v_set(a);                                   \
        size_t i = 0;                                            \
        for (; i + LANES <= n; i += LANES)                       \
            v_store(out + i, f(p, v_load(b + i)));               \
        if (i < n)                                               \
            v_store_part(out + i, f(p, v_load_part(b + i, n - i)), n - i); \
    }

// Two operands that repeat: for each row, a row of numbers or one number (`_one`).
#define ROWS(name, f)                                                                            \
    VEC void name##_cover(float *out, const float *a, const float *b, const struct cover *s,     \
                          bool a_one, bool b_one)                                                \
    {                                                                                            \
        const size_t cols = s->cols, a_row = s->a_row, b_row = s->b_row;                         \
        for (size_t r = s->rows; r > 0; r--, out += cols, a += a_row, b += b_row) {              \
            const vf p = v_set(a_one ? *a : 0), q = v_set(b_one ? *b : 0);                       \
            size_t c = 0;                                                                        \
            for (; c + LANES <= cols; c += LANES)                                                \
                v_store(out + c, f(a_one ? p : v_load(a + c), b_one ? q : v_load(b + c)));       \
            if (c < cols)                                                                        \
                v_store_part(out + c,                                                            \
                             f(a_one ? p : v_load_part(a + c, cols - c),                         \
                               b_one ? q : v_load_part(b + c, cols - c)), cols - c);             \
        }                                                                                        \
    }                                                                                            \
    static void k_##name##_rows(float *out, const float *a, const float *b,                      \
                                const struct cover *s)                                           \
    {                                                                                            \
        if (s->b_col == 0)                                                                       \
            name##_cover(out, a, b, s, false, true);                                             \
        else if (s->a_col == 0)                                                                  \
            name##_cover(out, a, b, s, true, false);                                             \
        else                                                                                     \
            name##_cover(out, a, b, s, false, false);                                            \
    }

VEC vf v_step(vf x) { return v_select(v_is_nan(x), x, v_keep(v_less(v_set(0), x), v_set(1))); }
VEC vf v_greater_1(vf a, vf b) { return v_keep(v_less(b, a), v_set(1)); }
VEC vf v_greater_equal_1(vf a, vf b) { return v_keep(v_less_equal(b, a), v_set(1)); }
VEC vf v_equal_1(vf a, vf b) { return v_keep(v_equal(a, b), v_set(1)); }
VEC vf v_relu_back(vf y, vf dy) { return v_keep(v_less(v_set(0), y), dy); }
VEC vf v_tanh_back(vf y, vf dy) { return v_mul(v_fma(v_neg(y), y, v_set(1)), dy); }

UNARY(neg, v_neg)
UNARY(abs, v_abs)
UNARY(sqrt, v_sqrt)
UNARY(exp, v_exp)
UNARY(log, v_log)
UNARY(tanh, v_tanh)
UNARY(sigmoid, v_sigmoid)
UNARY(relu, v_relu)
UNARY(gelu, v_gelu)
UNARY(step, v_step)
UNARY(gelu_slope, v_gelu_slope)
UNARY(log1p, v_log1p)
UNARY(expm1, v_expm1)
UNARY(softplus, v_softplus)
UNARY(erf, v_erf)
UNARY(lgamma, v_lgamma)
UNARY(digamma, v_digamma)
UNARY(trigamma, v_trigamma)
UNARY(sin, v_sin)
UNARY(cos, v_cos)
ARRAYS(add, v_add)
ARRAYS(sub, v_sub)
ARRAYS(mul, v_mul)
ARRAYS(div, v_div)
ARRAYS(max, v_max_nan)
ARRAYS(min, v_min_nan)
ARRAYS(greater, v_greater_1)
ARRAYS(greater_equal, v_greater_equal_1)
ARRAYS(equal, v_equal_1)
ARRAY_SCALAR(add_s, v_add)
ARRAY_SCALAR(sub_s, v_sub)
ARRAY_SCALAR(mul_s, v_mul)
ARRAY_SCALAR(div_s, v_div)
SCALAR_ARRAY(s_sub, v_sub)
SCALAR_ARRAY(s_div, v_div)
ARRAY_SCALAR(max_s, v_max_nan)
ARRAY_SCALAR(min_s, v_min_nan)
ARRAY_SCALAR(greater_s, v_greater_1)
ARRAY_SCALAR(greater_equal_s, v_greater_equal_1)
ARRAY_SCALAR(equal_s, v_equal_1)
SCALAR_ARRAY(s_greater, v_greater_1)
SCALAR_ARRAY(s_greater_equal, v_greater_equal_1)
ARRAY_SCALAR(pow_s, v_pow)
ARRAYS(relu_back, v_relu_back)
ARRAYS(tanh_back, v_tanh_back)
ROWS(add, v_add)
ROWS(sub, v_sub)
ROWS(mul, v_mul)
ROWS(div, v_div)
ROWS(max, v_max_nan)
ROWS(min, v_min_nan)
ROWS(greater, v_greater_1)
ROWS(greater_equal, v_greater_equal_1)
ROWS(equal, v_equal_1)

static void k_select(float *out, const float *mask, const float *a, const float *b, size_t n)
{
    const vf zero = v_set(0);
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        v_store(out + i, v_select(v_equal(v_load(mask + i), zero), v_load(b + i), v_load(a + i)));
    if (i < n) {
        vm other = v_equal(v_load_part(mask + i, n - i), zero);
        vf y = v_select(other, v_load_part(b + i, n - i), v_load_part(a + i, n - i));
        v_store_part(out + i, y, n - i);
    }
}

#undef UNARY
#undef ARRAYS
#undef ARRAY_SCALAR
#undef SCALAR_ARRAY
#undef ROWS

VEC vf v_settle(vf state) // fading state becomes 0
{
    return v_drop(v_less(v_abs(state), v_set(TINY_STATE)), state);
}

VEC void sgd_1(vf *p, vf *v, vf g, vf lr, vf momentum, vf decay, int nesterov)
{
    g = v_add(g, v_mul(decay, *p));
    *v = v_settle(v_add(v_mul(momentum, *v), g));
    vf move = nesterov ? v_add(g, v_mul(momentum, *v)) : *v;
    *p = v_sub(*p, v_mul(lr, move));
}

static void k_sgd(float *p, float *v, const float *g, size_t n, float lr, float momentum,
                  float decay, int nesterov)
{
    const vf vlr = v_set(lr), vmomentum = v_set(momentum), vdecay = v_set(decay);
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        vf vp = v_load(p + i), vv = v_load(v + i);
        sgd_1(&vp, &vv, v_load(g + i), vlr, vmomentum, vdecay, nesterov);
        v_store(p + i, vp);
        v_store(v + i, vv);
    }
    if (i < n) {
        vf vp = v_load_part(p + i, n - i), vv = v_load_part(v + i, n - i);
        sgd_1(&vp, &vv, v_load_part(g + i, n - i), vlr, vmomentum, vdecay, nesterov);
        v_store_part(p + i, vp, n - i);
        v_store_part(v + i, vv, n - i);
    }
}

VEC void adam_1(vf *p, vf *m, vf *v, vf g, const struct adam_step *s)
{
    g = v_add(g, v_mul(v_set(s->l2), *p));
    *m = v_settle(v_fma(v_set(s->beta1), *m, v_mul(v_set(s->one_minus_beta1), g)));
    *v = v_settle(v_fma(v_set(s->beta2), *v, v_mul(v_mul(v_set(s->one_minus_beta2), g), g)));
    vf root = v_add(v_mul(v_sqrt(*v), v_set(s->root)), v_set(s->eps));
    *p = v_sub(v_mul(*p, v_set(s->keep)), v_div(v_mul(v_set(s->step_size), *m), root));
}

static void k_adam(float *p, float *m, float *v, const float *g, size_t n,
                   const struct adam_step *step)
{
    const struct adam_step s = *step; // a copy, so that the stores below cannot change it
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        vf param = v_load(p + i), mean = v_load(m + i), square = v_load(v + i);
        adam_1(&param, &mean, &square, v_load(g + i), &s);
        v_store(p + i, param);
        v_store(m + i, mean);
        v_store(v + i, square);
    }
    if (i < n) {
        size_t left = n - i;
        vf param = v_load_part(p + i, left), mean = v_load_part(m + i, left);
        vf square = v_load_part(v + i, left);
        adam_1(&param, &mean, &square, v_load_part(g + i, left), &s);
        v_store_part(p + i, param, left);
        v_store_part(m + i, mean, left);
        v_store_part(v + i, square, left);
    }
}
