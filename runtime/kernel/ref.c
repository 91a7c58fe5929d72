// ref.c -- the reference: every kernel in plain scalar C, straight from kernels.def. It is what the
// vector tables are tested against, and it is kept for ever; it is not meant to be fast.
#include "ref_math.h"
#include "tables.h"

enum { LANES = 16 };

// --- elementwise ---------------------------------------------------------------------------------

#define UNARY(name, expression)                              \
    static void k_##name(float *out, const float *x, size_t n) \
    {                                                        \
        for (size_t i = 0; i < n; i++)                       \
            out[i] = expression;                             \
    }

UNARY(neg, -x[i])
UNARY(abs, f_abs(x[i]))
UNARY(sqrt, __builtin_sqrtf(x[i]))
UNARY(exp, f_exp(x[i]))
UNARY(log, f_log(x[i]))
UNARY(tanh, f_tanh(x[i]))
UNARY(sigmoid, f_sigmoid(x[i]))
UNARY(relu, f_relu(x[i]))
UNARY(gelu, f_gelu(x[i]))
UNARY(step, f_is_nan(x[i]) ? x[i] : x[i] > 0)
UNARY(gelu_slope, f_gelu_slope(x[i]))
UNARY(log1p, f_log1p(x[i]))
UNARY(expm1, f_expm1(x[i]))
UNARY(softplus, f_softplus(x[i]))
UNARY(erf, f_erf(x[i]))
UNARY(lgamma, f_lgamma(x[i]))
UNARY(digamma, f_digamma(x[i]))
UNARY(trigamma, f_trigamma(x[i]))
UNARY(sin, f_sin(x[i]))
UNARY(cos, f_cos(x[i]))

// The three shapes of a function of two numbers: both arrays, the second a scalar, the first a
// scalar.
#define BINARY(name, A, B, expression_of_p_q)    \
    static void k_##name(float *out, A, B, size_t n) \
    {                                            \
        for (size_t i = 0; i < n; i++)           \
            out[i] = expression_of_p_q;          \
    }
#define ARRAYS(name, f) BINARY(name, const float *a, const float *b, f(a[i], b[i]))
#define ARRAY_SCALAR(name, f) BINARY(name, const float *a, float b, f(a[i], b))
#define SCALAR_ARRAY(name, f) BINARY(name, float a, const float *b, f(a, b[i]))

static float f_add(float a, float b) { return a + b; }
static float f_sub(float a, float b) { return a - b; }
static float f_mul(float a, float b) { return a * b; }
static float f_div(float a, float b) { return a / b; }
static float f_greater(float a, float b) { return a > b; }
static float f_greater_equal(float a, float b) { return a >= b; }
static float f_equal(float a, float b) { return a == b; }
static float f_relu_back(float y, float dy) { return y > 0 ? dy : 0; }
static float f_tanh_back(float y, float dy) { return f_fma(-y, y, 1) * dy; }

ARRAYS(add, f_add)
ARRAYS(sub, f_sub)
ARRAYS(mul, f_mul)
ARRAYS(div, f_div)
ARRAYS(max, f_max_nan)
ARRAYS(min, f_min_nan)
ARRAYS(greater, f_greater)
ARRAYS(greater_equal, f_greater_equal)
ARRAYS(equal, f_equal)
ARRAY_SCALAR(add_s, f_add)
ARRAY_SCALAR(sub_s, f_sub)
ARRAY_SCALAR(mul_s, f_mul)
ARRAY_SCALAR(div_s, f_div)
SCALAR_ARRAY(s_sub, f_sub)
SCALAR_ARRAY(s_div, f_div)
ARRAY_SCALAR(max_s, f_max_nan)
ARRAY_SCALAR(min_s, f_min_nan)
ARRAY_SCALAR(greater_s, f_greater)
ARRAY_SCALAR(greater_equal_s, f_greater_equal)
ARRAY_SCALAR(equal_s, f_equal)
SCALAR_ARRAY(s_greater, f_greater)
SCALAR_ARRAY(s_greater_equal, f_greater_equal)
ARRAY_SCALAR(pow_s, f_pow)
ARRAYS(relu_back, f_relu_back)
ARRAYS(tanh_back, f_tanh_back)

#define ROWS(name, f)                                                                              \
    static void k_##name##_rows(float *out, const float *a, const float *b, const struct cover *s) \
    {                                                                                              \
        for (size_t r = 0; r < s->rows; r++) {                                                     \
            for (size_t c = 0; c < s->cols; c++)                                                   \
                out[r * s->cols + c] =                                                             \
                    f(a[r * s->a_row + c * s->a_col], b[r * s->b_row + c * s->b_col]);             \
        }                                                                                          \
    }

ROWS(add, f_add)
ROWS(sub, f_sub)
ROWS(mul, f_mul)
ROWS(div, f_div)
ROWS(max, f_max_nan)
ROWS(min, f_min_nan)
ROWS(greater, f_greater)
ROWS(greater_equal, f_greater_equal)
ROWS(equal, f_equal)

static void k_broadcast(float *out, const float *x, size_t x_row, size_t x_col, size_t rows,
                        size_t cols)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < cols; c++)
            out[r * cols + c] = x[r * x_row + c * x_col];
    }
}

static void k_select(float *out, const float *mask, const float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = mask[i] != 0 ? a[i] : b[i];
}

// --- reductions: sixteen lanes, then the fold ----------------------------------------------------

static float fold_add(float lane[LANES])
{
    for (size_t w = LANES / 2; w > 0; w /= 2) {
        for (size_t j = 0; j < w; j++)
            lane[j] += lane[j + w];
    }
    return lane[0];
}

static double fold_add_f64(double lane[LANES])
{
    for (size_t w = LANES / 2; w > 0; w /= 2) {
        for (size_t j = 0; j < w; j++)
            lane[j] += lane[j + w];
    }
    return lane[0];
}

static double k_sum_f64(const float *x, size_t n)
{
    double lane[LANES] = { 0 };
    for (size_t i = 0; i < n; i++)
        lane[i % LANES] += x[i];
    return fold_add_f64(lane);
}

static double k_dot_f64(const float *x, const float *y, size_t n)
{
    double lane[LANES] = { 0 };
    for (size_t i = 0; i < n; i++)
        lane[i % LANES] += (double)x[i] * y[i];
    return fold_add_f64(lane);
}

static void k_row_sum(float *out, const float *x, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++)
        out[r] = (float)k_sum_f64(x + r * cols, cols);
}

static float max_of(const float *x, size_t n)
{
    float lane[LANES];
    for (size_t j = 0; j < LANES; j++)
        lane[j] = -__builtin_inff();
    for (size_t i = 0; i < n; i++)
        lane[i % LANES] = f_max_nan(lane[i % LANES], x[i]);
    for (size_t w = LANES / 2; w > 0; w /= 2) {
        for (size_t j = 0; j < w; j++)
            lane[j] = f_max_nan(lane[j], lane[j + w]);
    }
    return lane[0];
}

static void k_row_max(float *out, const float *x, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++)
        out[r] = max_of(x + r * cols, cols);
}

static void k_col_sum(float *out, const float *x, size_t rows, size_t cols)
{
    for (size_t c = 0; c < cols; c++) {
        float sum = 0;
        for (size_t r = 0; r < rows; r++)
            sum += x[r * cols + c];
        out[c] = sum;
    }
}

static void k_row_argmax(uint32_t *out, const float *x, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++, x += cols) {
        float best = -__builtin_inff();
        out[r] = 0;
        for (size_t c = 0; c < cols; c++) {
            if (x[c] > best) {
                best = x[c];
                out[r] = (uint32_t)c;
            }
        }
    }
}

// --- row-wise ------------------------------------------------------------------------------------

static void k_softmax(float *out, const float *z, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++, z += cols, out += cols) {
        float max = max_of(z, cols), lane[LANES] = { 0 };
        for (size_t c = 0; c < cols; c++) {
            out[c] = f_exp(z[c] - max);
            lane[c % LANES] += out[c];
        }
        float sum = fold_add(lane);
        for (size_t c = 0; c < cols; c++)
            out[c] /= sum;
    }
}

static void k_log_softmax(float *out, const float *z, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++, z += cols, out += cols) {
        float max = max_of(z, cols), lane[LANES] = { 0 };
        for (size_t c = 0; c < cols; c++)
            lane[c % LANES] += f_exp(z[c] - max);
        float log_sum = f_log(fold_add(lane));
        for (size_t c = 0; c < cols; c++)
            out[c] = z[c] - max - log_sum;
    }
}

static void k_log_softmax_back(float *dz, const float *y, const float *dy, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++, dz += cols, y += cols, dy += cols) {
        float lane[LANES] = { 0 };
        for (size_t c = 0; c < cols; c++)
            lane[c % LANES] += dy[c];
        float sum = fold_add(lane);
        for (size_t c = 0; c < cols; c++)
            dz[c] = dy[c] - f_exp(y[c]) * sum;
    }
}

static void k_softmax_back(float *dz, const float *p, const float *dp, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++, dz += cols, p += cols, dp += cols) {
        float lane[LANES] = { 0 };
        for (size_t c = 0; c < cols; c++)
            lane[c % LANES] += dp[c] * p[c];
        float sum = fold_add(lane);
        for (size_t c = 0; c < cols; c++)
            dz[c] = p[c] * (dp[c] - sum);
    }
}

static void k_softmax_xent(float *loss, float *dz, const float *z, const float *target, size_t rows,
                           size_t cols)
{
    for (size_t r = 0; r < rows; r++, dz += cols, z += cols, target += cols) {
        float max = max_of(z, cols), lane[LANES] = { 0 };
        double weight[LANES] = { 0 }, cross[LANES] = { 0 };
        for (size_t c = 0; c < cols; c++) {
            float t = target[c], below = z[c] - max;
            weight[c % LANES] += t;
            cross[c % LANES] += t == 0 ? 0.0 : (double)t * below;
            dz[c] = f_exp(below);
            lane[c % LANES] += dz[c];
        }
        float sum = fold_add(lane);
        double total = fold_add_f64(weight);
        loss[r] = cols == 0 ? 0 : (float)(total * f_log(sum) - fold_add_f64(cross));
        for (size_t c = 0; c < cols; c++)
            dz[c] = dz[c] / sum * (float)total - target[c];
    }
}

static void k_row_cumsum(float *out, const float *x, size_t rows, size_t cols, int reverse)
{
    for (size_t r = 0; r < rows; r++, out += cols, x += cols) {
        float sum = 0;
        for (size_t i = 0; i < cols; i++) {
            size_t c = reverse ? cols - 1 - i : i;
            sum += x[c];
            out[c] = sum;
        }
    }
}

// --- movement ------------------------------------------------------------------------------------

static void k_copy(float *out, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = x[i];
}

static void k_fill(float *out, float value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = value;
}

static void k_gather(float *out, const float *x, const uint32_t *row, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < cols; c++)
            out[r * cols + c] = x[row[r] * cols + c];
    }
}

static void k_gather_u8(float *out, const uint8_t *x, float scale, const uint32_t *row, size_t rows,
                        size_t cols)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < cols; c++)
            out[r * cols + c] = (float)x[row[r] * cols + c] * scale;
    }
}

static void k_one_hot(float *out, const uint32_t *cls, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < cols; c++)
            out[r * cols + c] = cls[r] == c;
    }
}

static void k_transpose(float *out, const float *x, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < cols; c++)
            out[c * rows + r] = x[r * cols + c];
    }
}

// --- optimisers ----------------------------------------------------------------------------------

static float settle(float state) // fading state becomes 0
{
    return f_abs(state) < TINY_STATE ? 0.0f : state;
}

static void k_sgd(float *p, float *v, const float *g, size_t n, float lr, float momentum,
                  float decay, int nesterov)
{
    for (size_t i = 0; i < n; i++) {
        float gradient = g[i] + decay * p[i];
        v[i] = settle(momentum * v[i] + gradient);
        p[i] -= lr * (nesterov ? gradient + momentum * v[i] : v[i]);
    }
}

static void k_adam(float *p, float *m, float *v, const float *g, size_t n,
                   const struct adam_step *s)
{
    for (size_t i = 0; i < n; i++) {
        float gradient = g[i] + s->l2 * p[i];
        m[i] = settle(f_fma(s->beta1, m[i], s->one_minus_beta1 * gradient));
        v[i] = settle(f_fma(s->beta2, v[i], s->one_minus_beta2 * gradient * gradient));
        p[i] = p[i] * s->keep -
               s->step_size * m[i] / (__builtin_sqrtf(v[i]) * s->root + s->eps);
    }
}

// --- matrix product ------------------------------------------------------------------------------

enum { TILE_ROWS = 4, TILE_COLS = 16 };

static void k_gemm_tile(float *out, size_t ld_out, const float *a, size_t a_row, size_t a_k,
                        const float *b, size_t b_k, size_t k, size_t rows, size_t cols, int resume,
                        const float *bias, int relu)
{
    for (size_t i = 0; i < rows; i++) { // the chains of a row side by side: each waits for itself only
        float sum[TILE_COLS];
        for (size_t j = 0; j < cols; j++)
            sum[j] = resume ? out[i * ld_out + j] : 0;
        for (size_t l = 0; l < k; l++) {
            for (size_t j = 0; j < cols; j++)
                sum[j] = f_fma(a[i * a_row + l * a_k], b[l * b_k + j], sum[j]);
        }
        for (size_t j = 0; j < cols; j++) {
            float end = bias ? sum[j] + bias[j] : sum[j];
            out[i * ld_out + j] = relu ? f_relu(end) : end;
        }
    }
}

static void k_gemm_pack(float *out, size_t width, const float *x, size_t ld, size_t k, size_t cols)
{
    for (size_t l = 0; l < k; l++) {
        for (size_t j = 0; j < width; j++)
            out[l * width + j] = j < cols ? x[l * ld + j] : 0;
    }
}

static void k_gemm_pack_transposed(float *out, size_t width, const float *x, size_t ld, size_t k,
                                   size_t cols)
{
    for (size_t l = 0; l < k; l++) {
        for (size_t j = 0; j < width; j++)
            out[l * width + j] = j < cols ? x[j * ld + l] : 0;
    }
}

static void k_gemm_turn(float *c, size_t ld_c, float *x, size_t ld_x, const float *bias,
                        size_t rows, size_t cols, int relu)
{
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < cols; j++) {
            float *y = &x[j * ld_x + i];
            *y = bias ? *y + bias[j] : *y;
            *y = relu ? f_relu(*y) : *y;
            c[i * ld_c + j] = *y;
        }
    }
}

const struct kernels kernels_ref = {
    .isa = "ref",
    .tile_rows = TILE_ROWS,
    .tile_cols = TILE_COLS,
#define KERNEL(result, name, arguments) .name = k_##name,
#include "kernels.def"
#undef KERNEL
};
