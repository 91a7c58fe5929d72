// rowwise.inc.h -- template: softmax and its relatives, one row at a time, three passes in cache.
// A last vector with n < 16 lanes adds +0 in the others, as the contract of the sums asks.

// exp(x - max) of a part of a row, +0 beyond n.
VEC vf exp_part(const float *x, vf max, size_t n)
{
    return v_keep(m_first(n), v_exp(v_sub(v_load_part(x, n), max)));
}

VEC void softmax_row(float *out, const float *z, size_t n)
{
    vf max = v_set(max_of(z, n)), total = v_set(0);
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        vf e = v_exp(v_sub(v_load(z + i), max));
        v_store(out + i, e);
        total = v_add(total, e);
    }
    vf last = total;
    if (i < n) {
        last = exp_part(z + i, max, n - i);
        total = v_add(total, last);
    }
    vf sum = v_set(v_fold_add(total));
    if (i < n)
        v_store_part(out + i, v_div(last, sum), n - i);
    for (i = 0; i + LANES <= n; i += LANES)
        v_store(out + i, v_div(v_load(out + i), sum));
}

static void k_softmax(float *out, const float *z, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++)
        softmax_row(out + r * cols, z + r * cols, cols);
}

VEC void log_softmax_row(float *out, const float *z, size_t n)
{
    vf max = v_set(max_of(z, n)), total = v_set(0);
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        total = v_add(total, v_exp(v_sub(v_load(z + i), max)));
    if (i < n)
        total = v_add(total, exp_part(z + i, max, n - i));

    vf log_sum = v_log(v_set(v_fold_add(total)));
    for (i = 0; i + LANES <= n; i += LANES)
        v_store(out + i, v_sub(v_sub(v_load(z + i), max), log_sum));
    if (i < n)
        v_store_part(out + i, v_sub(v_sub(v_load_part(z + i, n - i), max), log_sum), n - i);
}

static void k_log_softmax(float *out, const float *z, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++)
        log_softmax_row(out + r * cols, z + r * cols, cols);
}

VEC void log_softmax_back_row(float *dz, const float *y, const float *dy, size_t n)
{
    vf total = v_set(0);
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        total = v_add(total, v_load(dy + i));
    if (i < n)
        total = v_add(total, v_load_part(dy + i, n - i));

    vf sum = v_set(v_fold_add(total));
    for (i = 0; i + LANES <= n; i += LANES)
        v_store(dz + i, v_sub(v_load(dy + i), v_mul(v_exp(v_load(y + i)), sum)));
    if (i < n) {
        vf share = v_mul(v_exp(v_load_part(y + i, n - i)), sum);
        v_store_part(dz + i, v_sub(v_load_part(dy + i, n - i), share), n - i);
    }
}

static void k_log_softmax_back(float *dz, const float *y, const float *dy, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++)
        log_softmax_back_row(dz + r * cols, y + r * cols, dy + r * cols, cols);
}

VEC void softmax_back_row(float *dz, const float *p, const float *dp, size_t n)
{
    vf total = v_set(0);
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        total = v_add(total, v_mul(v_load(dp + i), v_load(p + i)));
    if (i < n)
        total = v_add(total, v_mul(v_load_part(dp + i, n - i), v_load_part(p + i, n - i)));

    vf sum = v_set(v_fold_add(total));
    for (i = 0; i + LANES <= n; i += LANES)
        v_store(dz + i, v_mul(v_load(p + i), v_sub(v_load(dp + i), sum)));
    if (i < n) {
        vf change = v_sub(v_load_part(dp + i, n - i), sum);
        v_store_part(dz + i, v_mul(v_load_part(p + i, n - i), change), n - i);
    }
}

static void k_softmax_back(float *dz, const float *p, const float *dp, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++)
        softmax_back_row(dz + r * cols, p + r * cols, dp + r * cols, cols);
}

// What one row of the cross-entropy adds up: sum exp(z - max), sum t, sum t (z - max).
struct xent_sums {
    vf exps;
    vd weight, cross;
};

VEC void xent_add(struct xent_sums *s, vf e, vf t, vf below)
{
    s->exps = v_add(s->exps, e);
    s->weight = d_add(s->weight, t);
    // No weight, no loss, even where z is -inf: 0 times infinity must not be asked.
    s->cross = d_add_product(s->cross, t, v_drop(v_equal(t, v_set(0)), below));
}

VEC float softmax_xent_row(float *dz, const float *z, const float *target, size_t n)
{
    vf max = v_set(max_of(z, n));
    struct xent_sums s = { v_set(0), d_zero(), d_zero() };
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        vf below = v_sub(v_load(z + i), max), e = v_exp(below);
        xent_add(&s, e, v_load(target + i), below);
        v_store(dz + i, e);
    }
    vf last = max, last_target = max;
    if (i < n) {
        vf below = v_sub(v_load_part(z + i, n - i), max);
        last = v_keep(m_first(n - i), v_exp(below));
        last_target = v_load_part(target + i, n - i);
        xent_add(&s, last, last_target, below);
    }

    float exps = v_fold_add(s.exps);
    double weight = d_fold(s.weight), cross = d_fold(s.cross);
    vf sum = v_set(exps), share = v_set((float)weight);
    if (i < n)
        v_store_part(dz + i, v_sub(v_mul(v_div(last, sum), share), last_target), n - i);
    for (i = 0; i + LANES <= n; i += LANES)
        v_store(dz + i, v_sub(v_mul(v_div(v_load(dz + i), sum), share), v_load(target + i)));

    return (float)(weight * v_first(v_log(sum)) - cross);
}

static void k_softmax_xent(float *loss, float *dz, const float *z, const float *target, size_t rows,
                           size_t cols)
{
    for (size_t r = 0; r < rows; r++)
        loss[r] =
            cols == 0 ? 0 : softmax_xent_row(dz + r * cols, z + r * cols, target + r * cols, cols);
}

// Four rows side by side, since one chain is as slow as its additions are long.
static void k_row_cumsum(float *out, const float *x, size_t rows, size_t cols, int reverse)
{
    const size_t first = reverse ? cols - 1 : 0, step = reverse ? (size_t)-1 : 1;
    size_t r = 0;

    for (; r + 4 <= rows; r += 4, x += 4 * cols, out += 4 * cols) {
        const float *x1 = x + cols, *x2 = x1 + cols, *x3 = x2 + cols;
        float *out1 = out + cols, *out2 = out1 + cols, *out3 = out2 + cols;
        float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        for (size_t i = 0, c = first; i < cols; i++, c += step) {
            out[c] = s0 += x[c];
            out1[c] = s1 += x1[c];
            out2[c] = s2 += x2[c];
            out3[c] = s3 += x3[c];
        }
    }
    for (; r < rows; r++, x += cols, out += cols) {
        float sum = 0;
        for (size_t i = 0, c = first; i < cols; i++, c += step)
            out[c] = sum += x[c];
    }
}
