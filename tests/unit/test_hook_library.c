// test_hook_library.c -- every function of library.def, traced from Lua: its values against a
// formula in double written here, its gradient and the kernels by the rig.
//
// x is the student's logits (5 x 4), so that gradients flow through it; q is a constant
// distribution (5 x 4); y is what is tested, and the loss adds up its elements with weights 1, 2,
// 3 and so on.
#include "../hook/world.h"
#include "hook/library.h"

enum { B = 5, C = 4 };

struct in {
    const double *x, *q;
};

#define X(r, c) (in->x[(r) * C + (c)])
#define Q(r, c) (in->q[(r) * C + (c)])

struct value_case {
    const char *body; // Lua, with x and q
    size_t rows, cols;
    double (*want)(const struct in *in, size_t r, size_t c);
};

// --- helpers of the formulas ---------------------------------------------------------------------

static double row_of(const struct in *in, size_t r, double (*f)(double))
{
    double sum = 0;
    for (size_t c = 0; c < C; c++)
        sum += f(X(r, c));
    return sum;
}

static double same(double x)
{
    return x;
}

static double square(double x)
{
    return x * x;
}

static double all_of(const struct in *in, double (*f)(double))
{
    double sum = 0;
    for (size_t r = 0; r < B; r++)
        sum += row_of(in, r, f);
    return sum;
}

static double column_of(const struct in *in, size_t c, double (*f)(double))
{
    double sum = 0;
    for (size_t r = 0; r < B; r++)
        sum += f(X(r, c));
    return sum;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// The k-th smallest of n numbers `step` apart, from 0.
static double ranked(const double *x, size_t n, size_t step, size_t k)
{
    double copy[B * C];
    for (size_t i = 0; i < n; i++)
        copy[i] = x[i * step];
    qsort(copy, n, sizeof(*copy), ascending);
    return copy[k];
}

static size_t position(const struct in *in, size_t r, double value)
{
    size_t c = 0;
    while (X(r, c) != value)
        c++;
    return c + 1;
}

static double log_softmax_at(const struct in *in, size_t r, size_t c)
{
    return X(r, c) - log(row_of(in, r, exp));
}

static double squared_at(const struct in *in, size_t a, size_t b)
{
    double sum = 0;
    for (size_t c = 0; c < C; c++)
        sum += square(X(a, c) - Q(b, c));
    return sum;
}

static double cosine_at(const struct in *in, size_t a, size_t b)
{
    double dot = 0, aa = 0, bb = 0;
    for (size_t c = 0; c < C; c++) {
        dot += X(a, c) * Q(b, c);
        aa += square(X(a, c));
        bb += square(Q(b, c));
    }
    return dot / sqrt(aa * bb);
}

static double product_at(const struct in *in, size_t a, size_t b)
{
    double dot = 0;
    for (size_t c = 0; c < C; c++)
        dot += X(a, c) * Q(b, c);
    return dot;
}

static double cross_entropy_of(const struct in *in)
{
    double sum = 0;
    for (size_t r = 0; r < B; r++)
        for (size_t c = 0; c < C; c++)
            sum -= Q(r, c) * log_softmax_at(in, r, c);
    return sum / B;
}

static double digamma_of(double x)
{
    return (lgamma(x + 1e-4) - lgamma(x - 1e-4)) / 2e-4; // good to 1e-8 here
}

// --- the cases -----------------------------------------------------------------------------------

// WANT(name of the function, expression of r and c)
#define WANT(name, expression)                                                                     \
    static double name(const struct in *in, size_t r, size_t c)                                    \
    {                                                                                              \
        (void)in;                                                                                  \
        (void)r;                                                                                   \
        (void)c;                                                                                   \
        return expression;                                                                         \
    }
#define CASES                                                                                      \
    CASE(w_exp, "exp(x)", B, C, exp(X(r, c)))                                                      \
    CASE(w_log, "log(exp(x) + 1)", B, C, log(exp(X(r, c)) + 1))                                    \
    CASE(w_log1p, "log1p(q * exp(x))", B, C, log1p(Q(r, c) * exp(X(r, c))))                        \
    CASE(w_expm1, "expm1(x)", B, C, expm1(X(r, c)))                                                \
    CASE(w_sqrt, "sqrt(x * x + 1)", B, C, sqrt(square(X(r, c)) + 1))                               \
    CASE(w_abs, "abs(x)", B, C, fabs(X(r, c)))                                                     \
    CASE(w_tanh, "tanh(x)", B, C, tanh(X(r, c)))                                                   \
    CASE(w_sigmoid, "sigmoid(x)", B, C, 1 / (1 + exp(-X(r, c))))                                   \
    CASE(w_softplus, "softplus(x)", B, C, log(1 + exp(X(r, c))))                                   \
    CASE(w_relu, "relu(x)", B, C, X(r, c) > 0 ? X(r, c) : 0)                                       \
    CASE(w_gelu, "gelu(x)", B, C, X(r, c) * (1 + erf(X(r, c) / sqrt(2))) / 2)                      \
    CASE(w_erf, "erf(x)", B, C, erf(X(r, c)))                                                      \
    CASE(w_lgamma, "lgamma(exp(x) + 0.5)", B, C, lgamma(exp(X(r, c)) + 0.5))                       \
    CASE(w_sin, "sin(3 * x)", B, C, sin(3 * X(r, c)))                                              \
    CASE(w_cos, "cos(3 * x)", B, C, cos(3 * X(r, c)))                                              \
    CASE(w_digamma, "digamma(exp(x) + 0.5)", B, C, digamma_of(exp(X(r, c)) + 0.5))                 \
    CASE(w_sign, "sign(x) * x", B, C, fabs(X(r, c)))                                               \
    CASE(w_sign_0, "sign(q - q) + x", B, C, X(r, c))                                               \
    CASE(w_pow, "pow(exp(x), 1.5)", B, C, exp(1.5 * X(r, c)))                                      \
    CASE(w_power_2, "x ^ 2", B, C, square(X(r, c)))                                                \
    CASE(w_power_3, "x ^ 3 + 2 ^ -1", B, C, X(r, c) * square(X(r, c)) + 0.5)                       \
    CASE(w_power_11, "x ^ 11", B, C, pow(X(r, c), 11))                                             \
    CASE(w_power_0, "x ^ 0 + x", B, C, 1 + X(r, c))                                                \
    CASE(w_power_m2, "(x + 8) ^ -2", B, C, pow(X(r, c) + 8, -2))                                   \
    CASE(w_power_half, "(x * x + 1) ^ 0.5", B, C, sqrt(square(X(r, c)) + 1))                       \
    CASE(w_power_of, "2 ^ x", B, C, pow(2, X(r, c)))                                               \
    CASE(w_power_right, "x ^ 2 ^ 1", B, C, square(X(r, c)))                                        \
    CASE(w_power_minus, "-x ^ 2 * 2 ^ 2 ^ 1 / 4", B, C, -square(X(r, c)))                          \
    CASE(w_maximum, "maximum(x, q)", B, C, fmax(X(r, c), Q(r, c)))                                 \
    CASE(w_minimum, "minimum(0.25, x)", B, C, fmin(0.25, X(r, c)))                                 \
    CASE(w_clamp, "clamp(x, -0.5, 0.5)", B, C, fmax(-0.5, fmin(0.5, X(r, c))))                     \
    CASE(w_lt, "lt(x, q) + x", B, C, (X(r, c) < Q(r, c)) + X(r, c))                                \
    CASE(w_le, "le(x, x) + x", B, C, 1 + X(r, c))                                                  \
    CASE(w_gt, "gt(x, q) + x", B, C, (X(r, c) > Q(r, c)) + X(r, c))                                \
    CASE(w_ge, "ge(x, x) + x", B, C, 1 + X(r, c))                                                  \
    CASE(w_eq, "eq(x, 1) + x", B, C, X(r, c))                                                      \
    CASE(w_ne, "ne(x, 1) + x", B, C, 1 + X(r, c))                                                  \
    CASE(w_where, "where(gt(x, 0), x * x, q)", B, C, X(r, c) > 0 ? square(X(r, c)) : Q(r, c))      \
    CASE(w_where_1, "where(gt(column(x, 1), 0), 1, x)", B, C, X(r, 0) > 0 ? 1 : X(r, c))           \
    CASE(w_add, "x + column(q, 2) - iota(4) / 4", B, C, X(r, c) + Q(r, 1) - ((double)c + 1) / 4)   \
    CASE(w_div, "1 / (x + 8)", B, C, 1 / (X(r, c) + 8))                                            \
    CASE(w_sum, "sum(x)", 1, 1, all_of(in, same))                                                  \
    CASE(w_sum_r, "sum(x, \"classes\")", B, 1, row_of(in, r, same))                                \
    CASE(w_sum_f, "sum(x, \"features\")", B, 1, row_of(in, r, same))                               \
    CASE(w_sum_b, "sum(x, \"batch\")", 1, C, column_of(in, c, same))                               \
    CASE(w_row_sum, "row_sum(x)", B, 1, row_of(in, r, same))                                       \
    CASE(w_mean, "mean(x)", 1, 1, all_of(in, same) / (B * C))                                      \
    CASE(w_mean_r, "mean(x, \"classes\")", B, 1, row_of(in, r, same) / C)                          \
    CASE(w_mean_b, "mean(x, \"batch\")", 1, C, column_of(in, c, same) / B)                         \
    CASE(w_max, "max(x)", 1, 1, ranked(in->x, B * C, 1, B * C - 1))                                \
    CASE(w_max_r, "max(x, \"classes\")", B, 1, ranked(&X(r, 0), C, 1, C - 1))                      \
    CASE(w_max_b, "max(x, \"batch\")", 1, C, ranked(&X(0, c), B, C, B - 1))                        \
    CASE(w_min, "min(x)", 1, 1, ranked(in->x, B * C, 1, 0))                                        \
    CASE(w_min_r, "min(x, \"classes\")", B, 1, ranked(&X(r, 0), C, 1, 0))                          \
    CASE(w_min_b, "min(x, \"batch\")", 1, C, ranked(&X(0, c), B, C, 0))                            \
    CASE(w_var, "var(x)", 1, 1,                                                                    \
         all_of(in, square) / (B * C) - square(all_of(in, same) / (B * C)))                        \
    CASE(w_var_r, "var(x, \"classes\")", B, 1,                                                     \
         row_of(in, r, square) / C - square(row_of(in, r, same) / C))                              \
    CASE(w_var_b, "var(x, \"batch\")", 1, C,                                                       \
         column_of(in, c, square) / B - square(column_of(in, c, same) / B))                        \
    CASE(w_logsumexp, "logsumexp(x)", B, 1, log(row_of(in, r, exp)))                               \
    CASE(w_quantile, "quantile(q, 0.5) * x", B, C,                                                 \
         X(r, c) * (ranked(in->q, B * C, 1, 9) + ranked(in->q, B * C, 1, 10)) / 2)                 \
    CASE(w_quantile_r, "quantile(x, 0.25, \"classes\")", B, 1,                                     \
         ranked(&X(r, 0), C, 1, 0) * 0.25 + ranked(&X(r, 0), C, 1, 1) * 0.75)                      \
    CASE(w_quantile_b, "quantile(x, 0.5, \"batch\")", 1, C, ranked(&X(0, c), B, C, 2))             \
    CASE(w_quantile_1, "quantile(x, 1, \"classes\")", B, 1, ranked(&X(r, 0), C, 1, 3))             \
    CASE(w_cross_entropy, "cross_entropy(q, x)", 1, 1, cross_entropy_of(in))                       \
    CASE(w_softmax, "softmax(x)", B, C, exp(log_softmax_at(in, r, c)))                             \
    CASE(w_log_softmax, "log_softmax(x)", B, C, log_softmax_at(in, r, c))                          \
    CASE(w_normalize, "normalize(x)", B, C, X(r, c) / sqrt(row_of(in, r, square)))                 \
    CASE(w_normalize_e, "normalize(x, 64)", B, C, X(r, c) / 64)                                    \
    CASE(w_cumsum, "cumsum(x)", B, C,                                                              \
         X(r, 0) + (c > 0) * X(r, 1) + (c > 1) * X(r, 2) + (c > 2) * X(r, 3))                      \
    CASE(w_cumsum_r, "cumsum(x, \"reverse\")", B, C,                                               \
         X(r, 3) + (c < 3) * X(r, 2) + (c < 2) * X(r, 1) + (c < 1) * X(r, 0))                      \
    CASE(w_sort, "sort(x)", B, C, ranked(&X(r, 0), C, 1, c))                                       \
    CASE(w_argsort, "argsort(x) + x", B, C,                                                        \
         (double)position(in, r, ranked(&X(r, 0), C, 1, c)) + X(r, c))                             \
    CASE(w_topk, "topk(x, 3)", B, 3, ranked(&X(r, 0), C, 1, C - 1 - c))                            \
    CASE(w_topk_i, "select(2, topk(x, 2)) * sum(x)", B, 2,                                         \
         all_of(in, same) * (double)position(in, r, ranked(&X(r, 0), C, 1, C - 1 - c)))            \
    CASE(w_argmax, "argmax(x) * sum(x)", B, 1,                                                     \
         all_of(in, same) * (double)position(in, r, ranked(&X(r, 0), C, 1, C - 1)))                \
    CASE(w_one_hot, "one_hot(argmax(x), 4) * x", B, C,                                             \
         X(r, c) == ranked(&X(r, 0), C, 1, C - 1) ? X(r, c) : 0)                                   \
    CASE(w_gather, "gather(x, concat(fill(3, 5, 1), ones(5, 1)))", B, 2, X(r, c == 0 ? 2 : 0))     \
    CASE(w_gather_rows, "gather_rows(x, reshape(iota(2) * 2, 2, 1))", 2, C, X(r * 2 + 1, c))       \
    CASE(w_matmul, "matmul(x, transpose(q))", B, B, product_at(in, r, c))                          \
    CASE(w_matmul_2, "matmul(x, identity(4))", B, C, X(r, c))                                      \
    CASE(w_transpose, "transpose(x)", C, B, X(c, r))                                               \
    CASE(w_transpose_2, "transpose(transpose(x) * 2)", B, C, 2 * X(r, c))                          \
    CASE(w_concat, "concat(x, q, x)", B, 3 * C, c / C == 1 ? Q(r, c % C) : X(r, c % C))            \
    CASE(w_stack, "stack(q, x)", 2 * B, C, r < B ? Q(r, c) : X(r - B, c))                          \
    CASE(w_slice, "slice(x, 2, 3)", B, 2, X(r, c + 1))                                             \
    CASE(w_column, "column(x, 4)", B, 1, X(r, 3))                                                  \
    CASE(w_rows, "rows(x, 2, 4)", 3, C, X(r + 1, c))                                               \
    CASE(w_reshape, "reshape(x, 2, 10)", 2, 10, in->x[r * 10 + c])                                 \
    CASE(w_broadcast, "broadcast(column(x, 1), 5, 7)", B, 7, X(r, 0))                              \
    CASE(w_reverse_rows, "reverse_rows(x)", B, C, X(B - 1 - r, c))                                 \
    CASE(w_iota, "iota(4) * x", B, C, (double)(c + 1) * X(r, c))                                   \
    CASE(w_identity, "identity(4) * sum(x)", C, C, r == c ? all_of(in, same) : 0)                  \
    CASE(w_zeros, "zeros(5, 4) + x", B, C, X(r, c))                                                \
    CASE(w_ones, "ones(5, 4) - x", B, C, 1 - X(r, c))                                              \
    CASE(w_fill, "fill(0.5, 5, 4) * x", B, C, X(r, c) / 2)                                         \
    CASE(w_fill_t, "fill(sum(x), 2, 2)", 2, 2, all_of(in, same))                                   \
    CASE(w_pairwise_squared, "pairwise_squared(x, q)", B, B, squared_at(in, r, c))                 \
    CASE(w_pairwise_distance, "pairwise_distance(x, q)", B, B, sqrt(squared_at(in, r, c)))         \
    CASE(w_cosine, "cosine_similarity(x, q)", B, B, cosine_at(in, r, c))                           \
    CASE(w_detach, "detach(x) * x", B, C, square(X(r, c)))                                         \
    CASE(w_stop, "stop(x) + x", B, C, 2 * X(r, c))                                                 \
    CASE(w_grad, "grad(sum(x ^ 3), x)", B, C, 3 * square(X(r, c)))                                 \
    CASE(w_numbers, "x * math.exp(1) * exp(-1) * pow(2, -1) + #'ab'", B, C, X(r, c) / 2 + 2)

#define CASE(name, body, rows, cols, expression) WANT(name, expression)
CASES
#undef CASE

static const struct value_case cases[] = {
#define CASE(name, body, rows, cols, expression) {body, rows, cols, name},
    CASES
#undef CASE
};

static void check_case(const struct value_case *v, uint64_t seed)
{
    char text[1000];
    snprintf(text, sizeof(text),
             "return { kind = 'target', title = 'test', loss = function(t)\n"
             "local x, q = t.student.logits, t.guidance.probs\nlocal y = %s\n"
             "assert(y.rows == %zu and y.cols == %zu, 'shape ' .. tostring(y))\n"
             "return sum(y * reshape(iota(y.rows * y.cols), y.rows, y.cols)) end }",
             v->body, v->rows, v->cols);
    struct err err = {0};
    struct loss *loss;
    static struct world w;
    world_init(&w, seed, B, 3, 4, C);
    if (loss_load(&loss, "test.lua", text, strlen(text), &err) < 0)
        fail_msg("%s: %s", v->body, err.text);
    uint32_t node = loss_trace(loss, NULL, &w.loss);
    loss_free(loss);
    if (node == NODE_NONE)
        fail_msg("%s: %s", v->body, w.rig.err.text);

    struct interp t = {.g = &w.rig.g, .params = w.rig.params, .input = w.rig.input};
    interp_run(&t);
    struct in in = {t.value[w.made[SOURCE_LOGITS][0] - 1],
                    t.value[world_get(&w, SOURCE_GUIDANCE_PROBS, 0)]};
    double want = 0, scale = 0;
    for (size_t i = 0; i < v->rows * v->cols; i++) {
        double y = v->want(&in, i / v->cols, i % v->cols);
        want += y * (double)(i + 1);
        scale += fabs(y) * (double)(i + 1);
    }
    double got = *t.value[node];
    if (!(fabs(got - want) <= 2e-7 * scale)) // constants of the script are f32
        fail_msg("%s: %.9g, expected %.9g", v->body, got, want);
    interp_release(&t);
    rig_check_within(&w.rig, node, 1e-4);
    world_release(&w);
}

static void test_values_and_gradients(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check_case(&cases[i], 100 + i);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

// A case for every row of library.def.
static void test_all_are_covered(void **state)
{
    (void)state;
    for (const struct library_function *f = library_functions; f->name != NULL; f++) {
        bool found = false;
        char call[40];
        snprintf(call, sizeof(call), "%s(", f->name);
        for (size_t i = 0; i < ARRAY_LEN(cases); i++)
            for (const char *p = strstr(cases[i].body, call); p != NULL; p = strstr(p + 1, call))
                found = found || p == cases[i].body || !is_letter(p[-1]);
        if (!found)
            fail_msg("%s has no case", f->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_and_gradients),
        cmocka_unit_test(test_all_are_covered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
