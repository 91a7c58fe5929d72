// movement.inc.h -- template: copies, gathers and transposes.

static void k_copy(float *out, const float *x, size_t n)
{
    if (n > 0 && out != x)
        memcpy(out, x, n * sizeof *out);
}

static void k_fill(float *out, float value, size_t n)
{
    const vf v = v_set(value);
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        v_store(out + i, v);
    if (i < n)
        v_store_part(out + i, v, n - i);
}

VEC void broadcast(float *out, const float *x, size_t x_row, bool one, size_t rows, size_t cols)
{
    for (size_t r = rows; r > 0; r--, out += cols, x += x_row) {
        const vf p = v_set(one ? *x : 0);
        size_t c = 0;
        for (; c + LANES <= cols; c += LANES)
            v_store(out + c, one ? p : v_load(x + c));
        if (c < cols)
            v_store_part(out + c, one ? p : v_load_part(x + c, cols - c), cols - c);
    }
}

static void k_broadcast(float *out, const float *x, size_t x_row, size_t x_col, size_t rows,
                        size_t cols)
{
    if (x_col == 0)
        broadcast(out, x, x_row, true, rows, cols);
    else
        broadcast(out, x, x_row, false, rows, cols);
}

static void k_gather(float *out, const float *x, const uint32_t *row, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++)
        k_copy(out + r * cols, x + row[r] * cols, cols);
}

static void k_gather_u8(float *out, const uint8_t *x, float scale, const uint32_t *row, size_t rows,
                        size_t cols)
{
    const vf s = v_set(scale);

    for (size_t r = 0; r < rows; r++, out += cols) {
        const uint8_t *from = x + row[r] * cols;
        size_t c = 0;
        for (; c + LANES <= cols; c += LANES)
            v_store(out + c, v_mul(v_load_u8(from + c), s));
        if (c < cols)
            v_store_part(out + c, v_mul(v_load_u8_part(from + c, cols - c), s), cols - c);
    }
}

static void k_one_hot(float *out, const uint32_t *cls, size_t rows, size_t cols)
{
    k_fill(out, 0, rows * cols);
    for (size_t r = 0; r < rows; r++) {
        if (cls[r] < cols)
            out[r * cols + cls[r]] = 1;
    }
}

// x is rows x cols, out cols x rows. In pieces of 8 or 4 by 4; the last of a side overlaps the one
// before it and writes the same values again. LINE columns go down all rows before the next: long
// enough for steady loops, few enough that what is written stays in the cache until it is whole.
VEC void transpose(float *out, size_t ld_out, const float *x, size_t ld_x, size_t rows, size_t cols)
{
    enum { LINE = 64 };

    if (rows < 4 || cols < 4) {
        for (size_t r = 0; r < rows; r++) {
            for (size_t c = 0; c < cols; c++)
                out[c * ld_out + r] = x[r * ld_x + c];
        }
        return;
    }
    for (size_t line = 0; line < cols; line += LINE) {
        size_t end = line + LINE < cols ? line + LINE : cols;
        size_t r = 0;
        for (; r + 8 <= rows; r += 8) {
            size_t c = line;
            for (; c + 4 <= end; c += 4)
                transpose_8x4(out + c * ld_out + r, ld_out, x + r * ld_x + c, ld_x);
            if (c < end)
                transpose_8x4(out + (cols - 4) * ld_out + r, ld_out, x + r * ld_x + cols - 4, ld_x);
        }
        for (; r < rows; r += 4) {
            size_t i = r + 4 <= rows ? r : rows - 4;
            for (size_t c = line; c < end; c += 4) {
                size_t j = c + 4 <= cols ? c : cols - 4;
                transpose_4x4(out + j * ld_out + i, ld_out, x + i * ld_x + j, ld_x);
            }
        }
    }
}

// In squares, so that the lines of either array are used up while they are in the cache.
static void k_transpose(float *out, const float *x, size_t rows, size_t cols)
{
    enum { SQUARE = 32 };

    for (size_t r = 0; r < rows; r += SQUARE) {
        for (size_t c = 0; c < cols; c += SQUARE) {
            transpose(out + c * rows + r, rows, x + r * cols + c, cols,
                      rows - r < SQUARE ? rows - r : SQUARE, cols - c < SQUARE ? cols - c : SQUARE);
        }
    }
}
