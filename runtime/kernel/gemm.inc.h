// gemm.inc.h -- template: the micro-kernel of the matrix product, its epilogue in it; and packing.
//
// A tile is GEMM_ROWS x GEMM_VECTORS vectors of C in registers. There is one copy of the loop for
// each number of rows, of vectors, and for either stride of A being 1, so edges waste no registers
// and the addresses are simple.

// The epilogue: bias, relu, and the stores.
VEC void tile_end(float *out, size_t ld_out, vf sum[][GEMM_VECTORS], const vf *add, size_t rows,
                  size_t vectors, size_t last, int relu)
{
    UNROLL for (size_t i = 0; i < rows; i++, out += ld_out) {
        UNROLL for (size_t v = 0; v < vectors; v++) {
            vf y = v_add(sum[i][v], add[v]);
            if (relu)
                y = v_relu(y);
            if (v + 1 < vectors || last == LANES)
                v_store(out + v * LANES, y);
            else
                v_store_part(out + v * LANES, y, last);
        }
    }
}

// One loop. `rows`, `vectors` and `packed` (a_row is 1) are constants of the caller.
VEC void tile_loop(float *out, size_t ld_out, const float *a, size_t a_row, size_t a_k,
                   const float *b, size_t b_k, size_t k, size_t rows, size_t vectors, size_t cols,
                   int resume, const float *bias, int relu, int packed)
{
    vf sum[GEMM_ROWS][GEMM_VECTORS];
    const size_t last = cols - (vectors - 1) * LANES; // lanes in use of the last vector, 1 .. 16
    const float *from = out;

    UNROLL for (size_t i = 0; i < rows; i++, from += ld_out) {
        UNROLL for (size_t v = 0; v < vectors; v++) {
            sum[i][v] = !resume ? v_set(0)
                        : v + 1 < vectors || last == LANES ? v_load(from + v * LANES)
                                                           : v_load_part(from + v * LANES, last);
        }
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
    vf add[GEMM_VECTORS];
    UNROLL for (size_t v = 0; v < vectors; v++) {
        add[v] = !bias                                ? v_set(-0.0f) // adding it changes nothing
                 : v + 1 < vectors || last == LANES ? v_load(bias + v * LANES)
                                                    : v_load_part(bias + v * LANES, last);
    }
    // One copy for each case: without branches between them the stores of one tile overlap with the
    // first products of the next.
    if (last == LANES && relu)
        tile_end(out, ld_out, sum, add, rows, vectors, LANES, 1);
    else if (last == LANES)
        tile_end(out, ld_out, sum, add, rows, vectors, LANES, 0);
    else
        tile_end(out, ld_out, sum, add, rows, vectors, last, relu);
}

// The switch from numbers to constants. GEMM_EACH_ROWS is the list 1 .. GEMM_ROWS.
VEC void tile_of(float *out, size_t ld_out, const float *a, size_t a_row, size_t a_k,
                 const float *b, size_t b_k, size_t k, size_t rows, size_t vectors, size_t cols,
                 int resume, const float *bias, int relu, int packed)
{
    switch (rows) {
#define CASE(constant)                                                                          \
    case constant:                                                                              \
        tile_loop(out, ld_out, a, a_row, a_k, b, b_k, k, constant, vectors, cols, resume, bias, \
                  relu, packed);                                                                \
        break;
        GEMM_EACH_ROWS(CASE)
#undef CASE
    }
}

static void k_gemm_tile(float *out, size_t ld_out, const float *a, size_t a_row, size_t a_k,
                        const float *b, size_t b_k, size_t k, size_t rows, size_t cols, int resume,
                        const float *bias, int relu)
{
    if (cols == 0)
        return;
    if (GEMM_VECTORS == 1 || cols <= LANES) {
        if (a_row == 1)
            tile_of(out, ld_out, a, a_row, a_k, b, b_k, k, rows, 1, cols, resume,
                    bias, relu, 1);
        else
            tile_of(out, ld_out, a, a_row, a_k, b, b_k, k, rows, 1, cols, resume,
                    bias, relu, 0);
    } else {
        if (a_row == 1)
            tile_of(out, ld_out, a, a_row, a_k, b, b_k, k, rows, GEMM_VECTORS, cols, resume,
                    bias, relu, 1);
        else
            tile_of(out, ld_out, a, a_row, a_k, b, b_k, k, rows, GEMM_VECTORS, cols, resume,
                    bias, relu, 0);
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

static void k_gemm_turn(float *c, size_t ld_c, float *x, size_t ld_x, const float *bias,
                        size_t rows, size_t cols, int relu)
{
    for (size_t j = 0; j < cols && (bias || relu); j++) {
        const vf add = v_set(bias ? bias[j] : 0);
        for (size_t i = 0; i < rows; i += LANES) {
            float *at = x + j * ld_x + i;
            size_t n = rows - i < LANES ? rows - i : LANES;
            vf y = n == LANES ? v_load(at) : v_load_part(at, n);
            y = bias ? v_add(y, add) : y;
            y = relu ? v_relu(y) : y;
            if (n == LANES)
                v_store(at, y);
            else
                v_store_part(at, y, n);
        }
    }
    transpose(c, ld_c, x, ld_x, cols, rows);
}
