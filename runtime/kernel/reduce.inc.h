// reduce.inc.h -- template: sums and maxima. Lane j of an accumulator is virtual lane j of the
// contract.

static double k_sum_f64(const float *x, size_t n)
{
    vd sum = d_zero();
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        sum = d_add(sum, v_load(x + i));
    if (i < n)
        sum = d_add(sum, v_load_part(x + i, n - i));
    return d_fold(sum);
}

static double k_dot_f64(const float *x, const float *y, size_t n)
{
    vd sum = d_zero();
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        sum = d_add_product(sum, v_load(x + i), v_load(y + i));
    if (i < n)
        sum = d_add_product(sum, v_load_part(x + i, n - i), v_load_part(y + i, n - i));
    return d_fold(sum);
}

static void k_row_sum(float *out, const float *x, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++)
        out[r] = (float)k_sum_f64(x + r * cols, cols);
}

VEC float max_of(const float *x, size_t n)
{
    const vf least = v_set(-__builtin_inff());
    vf max = least;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        max = v_max_nan(max, v_load(x + i));
    if (i < n)
        max = v_max_nan(max, v_select(m_first(n - i), v_load_part(x + i, n - i), least));
    return v_fold_max(max);
}

static void k_row_max(float *out, const float *x, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++)
        out[r] = max_of(x + r * cols, cols);
}

// A strip of four vectors of columns goes down all rows in registers, then strips of one.
static void k_col_sum(float *out, const float *x, size_t rows, size_t cols)
{
    size_t c = 0;

    for (; c + 4 * LANES <= cols; c += 4 * LANES) {
        vf s0 = v_set(0), s1 = s0, s2 = s0, s3 = s0;
        for (size_t r = 0; r < rows; r++) {
            const float *at = x + r * cols + c;
            s0 = v_add(s0, v_load(at));
            s1 = v_add(s1, v_load(at + LANES));
            s2 = v_add(s2, v_load(at + 2 * LANES));
            s3 = v_add(s3, v_load(at + 3 * LANES));
        }
        v_store(out + c, s0);
        v_store(out + c + LANES, s1);
        v_store(out + c + 2 * LANES, s2);
        v_store(out + c + 3 * LANES, s3);
    }
    for (; c + LANES <= cols; c += LANES) {
        vf sum = v_set(0);
        for (size_t r = 0; r < rows; r++)
            sum = v_add(sum, v_load(x + r * cols + c));
        v_store(out + c, sum);
    }
    if (c < cols) {
        vf sum = v_set(0);
        for (size_t r = 0; r < rows; r++)
            sum = v_add(sum, v_load_part(x + r * cols + c, cols - c));
        v_store_part(out + c, sum, cols - c);
    }
}

// Each lane keeps its largest so far and where it first was; of equal lanes the earliest wins.
VEC uint32_t argmax_of(const float *x, size_t n)
{
    static const int32_t first[LANES] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    const vf least = v_set(-__builtin_inff());
    vf best = least;
    vi where = i_set(0), at = i_load(first);
    size_t i = 0;

    for (; i + LANES <= n; i += LANES, at = i_add(at, i_set(LANES))) {
        vf y = v_load(x + i);
        vm better = v_less(best, y);
        best = v_select(better, y, best);
        where = i_select(better, at, where);
    }
    if (i < n) {
        vf y = v_select(m_first(n - i), v_load_part(x + i, n - i), least);
        vm better = v_less(best, y);
        best = v_select(better, y, best);
        where = i_select(better, at, where);
    }

    float value[LANES];
    int32_t index[LANES];
    v_store(value, best);
    i_store(index, where);
    for (size_t j = 1; j < LANES; j++) {
        bool better = value[j] > value[0] ||
                      (value[j] == value[0] && (uint32_t)index[j] < (uint32_t)index[0]);
        if (better) {
            value[0] = value[j];
            index[0] = index[j];
        }
    }
    return (uint32_t)index[0];
}

static void k_row_argmax(uint32_t *out, const float *x, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++)
        out[r] = argmax_of(x + r * cols, cols);
}
