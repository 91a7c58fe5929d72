// vec_quad.h -- the vocabulary for 128-bit registers: sixteen lanes as four registers of four.
// vec_sse2.h and vec_neon.h define the q_ functions of one register and then include this.
#ifndef W2S_KERNEL_VEC_QUAD_H
#define W2S_KERNEL_VEC_QUAD_H

#include "vec.h"

typedef struct { qf a, b, c, d; } vf;
typedef struct { qi a, b, c, d; } vi;
typedef struct { qm a, b, c, d; } vm;
typedef struct { qd part[8]; } vd;

#define LIFT_1(to, name, X)                                        \
    VEC to name(X x)                                               \
    {                                                              \
        return (to){ q_##name(x.a), q_##name(x.b), q_##name(x.c), q_##name(x.d) }; \
    }
#define LIFT_2(to, name, X, Y)                                     \
    VEC to name(X x, Y y)                                          \
    {                                                              \
        return (to){ q_##name(x.a, y.a), q_##name(x.b, y.b), q_##name(x.c, y.c),   \
                     q_##name(x.d, y.d) };                         \
    }
#define LIFT_3(to, name, X, Y, Z)                                  \
    VEC to name(X x, Y y, Z z)                                     \
    {                                                              \
        return (to){ q_##name(x.a, y.a, z.a), q_##name(x.b, y.b, z.b),             \
                     q_##name(x.c, y.c, z.c), q_##name(x.d, y.d, z.d) };           \
    }

LIFT_2(vf, v_add, vf, vf)
LIFT_2(vf, v_sub, vf, vf)
LIFT_2(vf, v_mul, vf, vf)
LIFT_2(vf, v_div, vf, vf)
LIFT_2(vf, v_min, vf, vf)
LIFT_2(vf, v_max, vf, vf)
LIFT_1(vf, v_sqrt, vf)
LIFT_1(vf, v_neg, vf)
LIFT_1(vf, v_abs, vf)
LIFT_3(vf, v_fma, vf, vf, vf)
LIFT_2(vf, v_with_sign, vf, vf)
LIFT_2(vf, v_scale, vf, vf)
LIFT_1(vf, v_power_of_2, vf)
LIFT_2(vm, v_less, vf, vf)
LIFT_2(vm, v_less_equal, vf, vf)
LIFT_2(vm, v_equal, vf, vf)
LIFT_1(vm, v_is_nan, vf)
LIFT_3(vf, v_select, vm, vf, vf)
LIFT_2(vf, v_keep, vm, vf)
LIFT_2(vf, v_drop, vm, vf)
LIFT_2(vi, i_add, vi, vi)
LIFT_2(vi, i_sub, vi, vi)
LIFT_2(vi, i_and, vi, vi)
LIFT_1(vi, i_exponent, vi)
LIFT_3(vi, i_select, vm, vi, vi)
LIFT_1(vi, i_bits, vf)
LIFT_1(vf, v_bits, vi)
LIFT_1(vf, v_from_int, vi)

#undef LIFT_1
#undef LIFT_2
#undef LIFT_3

VEC vf v_load(const float *p)
{
    return (vf){ q_v_load(p), q_v_load(p + 4), q_v_load(p + 8), q_v_load(p + 12) };
}

VEC void v_store(float *p, vf x)
{
    q_v_store(p, x.a);
    q_v_store(p + 4, x.b);
    q_v_store(p + 8, x.c);
    q_v_store(p + 12, x.d);
}

// The ends of rows: whole registers, then two numbers, then one, each where a bit of n says so. The
// rows of a matrix all end alike, so these branches cost less than a copy through memory.
VEC qf q_load_few(const float *p, size_t n) // n < 4
{
    return n == 0 ? q_v_set(0) : n == 1 ? q_load_1(p) : n == 2 ? q_load_2(p) : q_load_3(p);
}

VEC vf v_load_part(const float *p, size_t n)
{
    const qf zero = q_v_set(0), few = q_load_few(p + n / 4 * 4, n % 4);

    switch (n / 4) {
    case 0: return (vf){ few, zero, zero, zero };
    case 1: return (vf){ q_v_load(p), few, zero, zero };
    case 2: return (vf){ q_v_load(p), q_v_load(p + 4), few, zero };
    default: return (vf){ q_v_load(p), q_v_load(p + 4), q_v_load(p + 8), few };
    }
}

VEC void v_store_part(float *p, vf x, size_t n)
{
    if (n & 8) {
        q_v_store(p, x.a);
        q_v_store(p + 4, x.b);
        p += 8;
        x.a = x.c;
        x.b = x.d;
    }
    if (n & 4) {
        q_v_store(p, x.a);
        p += 4;
        x.a = x.b;
    }
    if (n & 2) {
        q_store_2(p, x.a);
        p += 2;
        x.a = q_upper_2(x.a);
    }
    if (n & 1)
        *p = q_v_first(x.a);
}

VEC vf v_load_u8(const uint8_t *p)
{
    float buffer[LANES];
    for (size_t j = 0; j < LANES; j++)
        buffer[j] = p[j];
    return v_load(buffer);
}

VEC vf v_load_u8_part(const uint8_t *p, size_t n)
{
    float buffer[LANES] = { 0 };
    for (size_t j = 0; j < n; j++)
        buffer[j] = p[j];
    return v_load(buffer);
}

VEC vf v_set(float s)
{
    qf q = q_v_set(s);
    return (vf){ q, q, q, q };
}

VEC vi i_set(int32_t s)
{
    qi q = q_i_set(s);
    return (vi){ q, q, q, q };
}

VEC vi i_load(const int32_t *p)
{
    return (vi){ q_i_load(p), q_i_load(p + 4), q_i_load(p + 8), q_i_load(p + 12) };
}

VEC void i_store(int32_t *p, vi x)
{
    q_i_store(p, x.a);
    q_i_store(p + 4, x.b);
    q_i_store(p + 8, x.c);
    q_i_store(p + 12, x.d);
}

VEC vm m_first(size_t n)
{
    static const float lane[LANES] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    return v_less(v_load(lane), v_set((float)n));
}

VEC float v_first(vf x)
{
    return q_v_first(x.a);
}

VEC float v_fold_add(vf x)
{
    return q_v_fold_add(q_v_add(q_v_add(x.a, x.c), q_v_add(x.b, x.d)));
}

VEC float v_fold_max(vf x)
{
    return q_v_fold_max(q_v_max_nan(q_v_max_nan(x.a, x.c), q_v_max_nan(x.b, x.d)));
}

VEC vd d_zero(void)
{
    qd zero = q_d_zero();
    return (vd){ { zero, zero, zero, zero, zero, zero, zero, zero } };
}

VEC vd d_add(vd d, vf x)
{
    return (vd){ { q_d_add(d.part[0], q_d_low(x.a)), q_d_add(d.part[1], q_d_high(x.a)),
                   q_d_add(d.part[2], q_d_low(x.b)), q_d_add(d.part[3], q_d_high(x.b)),
                   q_d_add(d.part[4], q_d_low(x.c)), q_d_add(d.part[5], q_d_high(x.c)),
                   q_d_add(d.part[6], q_d_low(x.d)), q_d_add(d.part[7], q_d_high(x.d)) } };
}

VEC qd q_d_product_low(qf x, qf y)
{
    return q_d_mul(q_d_low(x), q_d_low(y));
}

VEC qd q_d_product_high(qf x, qf y)
{
    return q_d_mul(q_d_high(x), q_d_high(y));
}

VEC vd d_add_product(vd d, vf x, vf y)
{
    return (vd){ { q_d_add(d.part[0], q_d_product_low(x.a, y.a)),
                   q_d_add(d.part[1], q_d_product_high(x.a, y.a)),
                   q_d_add(d.part[2], q_d_product_low(x.b, y.b)),
                   q_d_add(d.part[3], q_d_product_high(x.b, y.b)),
                   q_d_add(d.part[4], q_d_product_low(x.c, y.c)),
                   q_d_add(d.part[5], q_d_product_high(x.c, y.c)),
                   q_d_add(d.part[6], q_d_product_low(x.d, y.d)),
                   q_d_add(d.part[7], q_d_product_high(x.d, y.d)) } };
}

VEC double d_fold(vd d)
{
    for (int w = 4; w > 0; w /= 2) {
        for (int j = 0; j < w; j++)
            d.part[j] = q_d_add(d.part[j], d.part[j + w]);
    }
    return q_d_fold(d.part[0]);
}

VEC void transpose_8x4(float *out, size_t ld_out, const float *x, size_t ld_x)
{
    transpose_4x4(out, ld_out, x, ld_x);
    transpose_4x4(out + 4, ld_out, x + 4 * ld_x, ld_x);
}

#endif
