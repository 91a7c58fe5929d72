// gemm.inc.h -- template: the micro-kernel of the matrix product, and its packing and epilogue.
//
// A tile is GEMM_ROWS x GEMM_VECTORS vectors of C in registers. There is one copy of the loop for
// each number of rows, of vectors, and for either stride of A being 1, so edges waste no registers
// and the addresses are simple.

// One loop. `rows`, `vectors` and `packed` (a_row is 1) are constants of the caller.
VEC void tile_loop(float *out, size_t ld_out, const float *a, size_t a_row, size_t a_k,
                   const float *b, size_t b_k, size_t k, size_t rows, size_t vectors, size_t cols,
                   int resume, int packed)
{
    vf sum[GEMM_ROWS][GEMM_VECTORS];
    const size_t last = cols - (vectors - 1) * LANES; // lanes in use of the last vector, 1 .. 16

    UNROLL for (size_t i = 0; i < rows; i++) {
        UNROLL for (size_t v = 0; v < vectors; v++) {
            const float *at = out + i * ld_out + v * LANES;
            sum[i][v] = !resume ? v_set(0)
                        : v + 1 < vectors || last == LANES ? v_load(at) : v_load_part(at, last);
        }
    }
    // C is written at the end: let it come near meanwhile.
    UNROLL for (size_t i = 0; i < rows; i++) {
        __builtin_prefetch(out + i * ld_out, 1);
        __builtin_prefetch(out + i * ld_out + cols - 1, 1);
    }
    for (; k > 0; k--, b += b_k, a += packed ? a_k : 1) {
        vf y[GEMM_VECTORS];
        UNROLL for (size_t v = 0; v < vectors; v++)
            y[v] = v_load(b + v * LANES);
        UNROLL for (size_t i = 0; i < rows; i++) {
            vf x = v_set(packed ? a[i] : a[i * a_row]);
            UNROLL for (size_t v = 0; v < vectors; v++)
                sum[i][v] = v_fma(x, y[v], sum[i][v]);
        }
    }
    UNROLL for (size_t i = 0; i < rows; i++) {
        UNROLL for (size_t v = 0; v < vectors; v++) {
            float *at = out + i * ld_out + v * LANES;
            if (v + 1 < vectors || last == LANES)
                v_store(at, sum[i][v]);
            else
                v_store_part(at, sum[i][v], last);
        }
    }
}

// The switch from numbers to constants. GEMM_EACH_ROWS is the list 1 .. GEMM_ROWS.
VEC void tile_of(float *out, size_t ld_out, const float *a, size_t a_row, size_t a_k,
                 const float *b, size_t b_k, size_t k, size_t rows, size_t vectors, size_t cols,
                 int resume, int packed)
{
    switch (rows) {
#define CASE(constant)                                                                            \
    case constant:                                                                                \
        tile_loop(out, ld_out, a, a_row, a_k, b, b_k, k, constant, vectors, cols, resume, packed); \
        break;
        GEMM_EACH_ROWS(CASE)
#undef CASE
    }
}

static void k_gemm_tile(float *out, size_t ld_out, const float *a, size_t a_row, size_t a_k,
                        const float *b, size_t b_k, size_t k, size_t rows, size_t cols, int resume)
{
    if (cols == 0)
        return;
    if (GEMM_VECTORS == 1 || cols <= LANES) {
        if (a_row == 1)
            tile_of(out, ld_out, a, a_row, a_k, b, b_k, k, rows, 1, cols, resume, 1);
        else
            tile_of(out, ld_out, a, a_row, a_k, b, b_k, k, rows, 1, cols, resume, 0);
    } else {
        if (a_row == 1)
            tile_of(out, ld_out, a, a_row, a_k, b, b_k, k, rows, GEMM_VECTORS, cols, resume, 1);
        else
            tile_of(out, ld_out, a, a_row, a_k, b, b_k, k, rows, GEMM_VECTORS, cols, resume, 0);
    }
}

static void k_gemm_pack(float *out, size_t width, const float *x, size_t ld, size_t k, size_t cols)
{
    for (; k > 0; k--, out += width, x += ld) {
        size_t j = 0;
        for (; j + LANES <= cols; j += LANES)
            v_store(out + j, v_load(x + j));
        for (; j + 4 <= cols; j += 4)
            memcpy(out + j, x + j, 4 * sizeof *out); // of constant size: one register
        for (; j < width; j++)
            out[j] = j < cols ? x[j] : 0;
    }
}

static void k_gemm_pack_transposed(float *out, size_t width, const float *x, size_t ld, size_t k,
                                   size_t cols)
{
    transpose(out, width, x, ld, cols, k);
    if (cols < width) {
        for (size_t l = 0; l < k; l++) {
            for (size_t j = cols; j < width; j++)
                out[l * width + j] = 0;
        }
    }
}

static void k_gemm_finish(float *c, size_t ld_c, const float *bias, size_t rows, size_t cols,
                          int relu)
{
    for (; rows > 0; rows--, c += ld_c) {
        for (size_t j = 0; j < cols; j += LANES) {
            size_t n = cols - j < LANES ? cols - j : LANES;
            vf x = n == LANES ? v_load(c + j) : v_load_part(c + j, n);
            if (bias)
                x = v_add(x, n == LANES ? v_load(bias + j) : v_load_part(bias + j, n));
            x = relu ? v_relu(x) : x;
            if (n == LANES)
                v_store(c + j, x);
            else
                v_store_part(c + j, x, n);
        }
    }
}
