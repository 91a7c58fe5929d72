// gemm.c -- the matrix product around the micro-kernel: blocking for the caches, packing, epilogue.
//
// The loops are those of Goto & van de Geijn 2008: a block of B for the outer cache, of A for the
// second level, a panel of each for one tile. Panels are packed when first used. Blocks of k are
// resumed from the f32 in C, so no cut, here or by the caller, changes a bit. A narrow C is made as
// its transpose.
#include "kernel/kernel.h"

enum {
    K_BLOCK = 512, // a panel of B, K_BLOCK x tile_cols, stays near the first-level cache
    A_BLOCK_FLOATS = 128 << 10, // a block of A: half of a 1 MiB second level
    N_BLOCK = 1024, // a multiple of tile_cols
    K_ONCE = 128, // of a panel of B for a single tile: packed and used in the first-level cache
    VECTOR = 16, // gemm_tile reads B in whole vectors
    // Packing pays when it saves more misses than it costs copies. Below these sizes (floats of the
    // operand, floats of a row, k, tiles that share a panel) the tiles read where A and B are
    // stored. Measured on Zen 4; rows far apart meet in the same few sets of its caches.
    LARGE = 512 << 10,
    LONG_ROW = 896,
    MANY_STEPS = 256,
    FEW_TILES = 3,
    NARROW = 12, // columns, three quarters of a vector: beyond, turning costs more than idle lanes
    TURN = 128,  // rows of a narrow product at a time
};

// How one product is cut. All counts are of the full blocks; the last of each kind is what is left.
struct cut {
    size_t k, m, n; // block sizes
    size_t rows;    // of a tile: at most tile_rows, so that the tiles of a block are alike
    size_t a_width; // of a packed panel of A: tile_rows rounded up to a multiple of 4
    size_t b_panel; // floats from one packed panel of B to the next, 0 when each is used once
};

static size_t ceil_div(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

static size_t round_up(size_t a, size_t b)
{
    return ceil_div(a, b) * b;
}

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

// The size of equal blocks, none above `most`, each a multiple of `unit` (which divides `most`).
static size_t even(size_t total, size_t most, size_t unit)
{
    if (total <= most)
        return total == 0 ? unit : round_up(total, unit);
    return round_up(ceil_div(total, ceil_div(total, most)), unit);
}

static struct cut cut_of(const struct kernels *kernels, size_t m, size_t n, size_t k)
{
    size_t tile_rows = kernels->tile_rows, tile_cols = kernels->tile_cols;
    bool once = m <= tile_rows;
    struct cut cut = { .k = even(k, once ? K_ONCE : K_BLOCK, 8), .m = m };

    if ((m + tile_rows) * cut.k > A_BLOCK_FLOATS) // else no divisions: a small product is soon done
        cut.m = even(m, A_BLOCK_FLOATS / cut.k / tile_rows * tile_rows, tile_rows);
    cut.n = n <= N_BLOCK ? n : even(n, N_BLOCK, tile_cols);
    cut.rows = once ? m : even(min_size(m, cut.m), tile_rows, 1);
    cut.a_width = round_up(tile_rows, 4);
    cut.b_panel = once ? 0 : tile_cols * cut.k;
    return cut;
}

static bool packs_a(const struct kernels *kernels, const struct gemm *g)
{
    bool scattered = !g->a_transposed && g->ld_a > LONG_ROW;
    return g->n > FEW_TILES * kernels->tile_cols && (scattered || g->m * g->k > LARGE);
}

// A panel that ends within a vector is packed in any case, since the tile would read beyond it.
static bool packs_b(const struct kernels *kernels, const struct gemm *g, size_t cols)
{
    bool scattered = g->ld_b > LONG_ROW && g->k > MANY_STEPS;
    bool pays = g->m > FEW_TILES * kernels->tile_rows && (scattered || g->k * g->n > LARGE);
    return g->b_transposed || cols % VECTOR != 0 || pays;
}

static size_t a_floats(const struct cut *cut, size_t m)
{
    return round_up(ceil_div(min_size(m, cut->m), cut->rows) * cut->a_width * cut->k, VECTOR);
}

// Grows with each of m, n and k, though the blocks do not: a short last batch needs no more.
static size_t product_floats(const struct kernels *kernels, size_t m, size_t n, size_t k)
{
    size_t tile_rows = kernels->tile_rows, width = round_up(tile_rows, 4);
    size_t most_k = min_size(round_up(k + (k == 0), 8), K_BLOCK);
    size_t a =
        min_size(ceil_div(m, tile_rows) * width * most_k, A_BLOCK_FLOATS / tile_rows * width);
    size_t b = min_size(round_up(n, kernels->tile_cols), N_BLOCK) * most_k;
    return a + b + VECTOR;
}

size_t gemm_workspace(const struct kernels *kernels, size_t m, size_t n, size_t k)
{
    size_t plain = product_floats(kernels, m, n, k);
    size_t narrow =
        TURN * NARROW + product_floats(kernels, min_size(n, NARROW), min_size(m, TURN), k);
    return (plain > narrow ? plain : narrow) * sizeof(float);
}

// A strip of A or B as the tile wants it: where it starts, and its strides.
struct panel {
    const float *at;
    size_t along, k; // strides over rows of A or columns of B, and over k
};

static struct panel a_panel(const struct kernels *kernels, const struct gemm *g,
                            const struct cut *cut, size_t i, size_t p, size_t rows, size_t k,
                            float *packed, bool fresh)
{
    const float *at = g->a + (g->a_transposed ? p * g->ld_a + i : i * g->ld_a + p);

    if (!packs_a(kernels, g))
        return (struct panel){ at, g->a_transposed ? 1 : g->ld_a, g->a_transposed ? g->ld_a : 1 };
    if (fresh && g->a_transposed)
        kernels->gemm_pack(packed, cut->a_width, at, g->ld_a, k, rows);
    else if (fresh)
        kernels->gemm_pack_transposed(packed, cut->a_width, at, g->ld_a, k, rows);
    return (struct panel){ packed, 1, cut->a_width };
}

static struct panel b_panel(const struct kernels *kernels, const struct gemm *g, size_t j, size_t p,
                            size_t cols, size_t k, float *packed, bool fresh)
{
    const float *at = g->b + (g->b_transposed ? j * g->ld_b + p : p * g->ld_b + j);
    size_t width = round_up(cols, VECTOR);

    if (!packs_b(kernels, g, cols))
        return (struct panel){ at, 1, g->ld_b };
    if (fresh && g->b_transposed)
        kernels->gemm_pack_transposed(packed, width, at, g->ld_b, k, cols);
    else if (fresh)
        kernels->gemm_pack(packed, width, at, g->ld_b, k, cols);
    return (struct panel){ packed, 1, width };
}

// The block of C at (i0, j0), m x n, for k in p .. p + k.
struct block {
    size_t i0, j0, p, m, n, k;
};

static void block_run(const struct kernels *kernels, const struct gemm *g, const struct cut *cut,
                      const struct block *block, float *packed_a, float *packed_b)
{
    bool last = block->p + block->k == g->k, relu = last && g->act == GEMM_RELU;
    const float *bias = last && g->bias ? g->bias + block->j0 : NULL;

    for (size_t j = 0; j < block->n; j += kernels->tile_cols, packed_b += cut->b_panel) {
        size_t cols = min_size(kernels->tile_cols, block->n - j);
        struct panel b = b_panel(kernels, g, block->j0 + j, block->p, cols, block->k, packed_b,
                                 block->i0 == 0);
        float *at = packed_a;

        for (size_t i = 0; i < block->m; i += cut->rows, at += cut->a_width * cut->k) {
            size_t rows = min_size(cut->rows, block->m - i);
            struct panel a = a_panel(kernels, g, cut, block->i0 + i, block->p, rows, block->k, at,
                                     j == 0);
            float *c = g->c + (block->i0 + i) * g->ld_c + block->j0 + j;

            kernels->gemm_tile(c, g->ld_c, a.at, a.along, a.k, b.at, b.k, block->k, rows, cols,
                               block->p > 0 || g->resume, bias ? bias + j : NULL, relu);
        }
    }
}

static void product(const struct kernels *kernels, const struct gemm *g, void *workspace)
{
    struct cut cut = cut_of(kernels, g->m, g->n, g->k);
    float *packed_a = workspace;
    float *packed_b = packed_a + (packs_a(kernels, g) ? a_floats(&cut, g->m) : 0);

    for (size_t j = 0; j < g->n; j += cut.n) {
        size_t p = 0;
        do { // once when k is 0, for the epilogue
            for (size_t i = 0; i < g->m; i += cut.m) {
                struct block block = { .i0 = i, .j0 = j, .p = p };
                block.m = min_size(cut.m, g->m - i);
                block.n = min_size(cut.n, g->n - j);
                block.k = min_size(cut.k, g->k - p);
                block_run(kernels, g, &cut, &block, packed_a, packed_b);
            }
            p += cut.k;
        } while (p < g->k);
    }
}

// Few columns leave most lanes idle. Then C' = B' A' is made instead, TURN columns at a time, and
// turned on the way into C: rows of C fill the vectors, and each output is the same chain.
static bool is_narrow(const struct gemm *g)
{
    return g->n <= NARROW && g->m >= VECTOR && !g->resume;
}

static void narrow_product(const struct kernels *kernels, const struct gemm *g, float *turned)
{
    for (size_t i = 0; i < g->m; i += TURN) {
        size_t rows = min_size(TURN, g->m - i);
        struct gemm band = { .m = g->n,
                             .n = rows,
                             .k = g->k,
                             .a = g->b,
                             .ld_a = g->ld_b,
                             .a_transposed = !g->b_transposed,
                             .b = g->a + i * (g->a_transposed ? 1 : g->ld_a),
                             .ld_b = g->ld_a,
                             .b_transposed = !g->a_transposed,
                             .c = turned,
                             .ld_c = TURN };
        product(kernels, &band, turned + TURN * NARROW);
        kernels->gemm_turn(g->c + i * g->ld_c, g->ld_c, turned, TURN, g->bias, rows, g->n,
                           g->act == GEMM_RELU);
    }
}

void gemm(const struct kernels *kernels, const struct gemm *g, void *workspace)
{
    if (g->m == 0 || g->n == 0)
        return;
    if (is_narrow(g))
        narrow_product(kernels, g, workspace);
    else
        product(kernels, g, workspace);
}

// --- bands ---------------------------------------------------------------------------------------
enum {
    BAND_FLOPS = 1000000,       // at least: some ten microseconds
    LARGE_BAND_FLOPS = 8000000, // where there would be more than MANY_BANDS
    MANY_BANDS = 8,
};

// Floats that each band packs again. Rows of what is transposed on the way cost twice as much.
static size_t repeated(const struct kernels *kernels, const struct gemm *g, bool columns)
{
    if (columns)
        return packs_a(kernels, g) ? g->m * g->k * (g->a_transposed ? 1 : 2) : 0;
    return packs_b(kernels, g, VECTOR) ? g->k * g->n * (g->b_transposed ? 2 : 1) : 0;
}

struct gemm_bands gemm_bands(const struct kernels *kernels, const struct gemm *g, unsigned threads)
{
    double flops = 2.0 * (double)g->m * (double)g->n * (double)g->k, n = flops / BAND_FLOPS;
    size_t by_rows = repeated(kernels, g, false), by_columns = repeated(kernels, g, true);
    bool columns = by_rows != by_columns ? by_rows > by_columns : g->n >= g->m;

    if (is_narrow(g))
        columns = false;
    if (n > MANY_BANDS)
        n = flops > (double)MANY_BANDS * LARGE_BAND_FLOPS ? flops / LARGE_BAND_FLOPS : MANY_BANDS;
    if ((columns ? by_columns : by_rows) > 0 && n > threads)
        n = threads;
    size_t total = columns ? g->n : g->m;
    size_t unit = columns || is_narrow(g) ? kernels->tile_cols : kernels->tile_rows;
    if (n < 2 || threads < 2)
        return (struct gemm_bands){ 1, total, columns };
    size_t size = round_up((size_t)((double)total / n + 0.999), unit);
    return (struct gemm_bands){ ceil_div(total, size), size, columns };
}

struct gemm gemm_band(const struct gemm *g, const struct gemm_bands *bands, size_t number)
{
    size_t from = number * bands->size;
    struct gemm band = *g;

    if (bands->columns) {
        band.n = min_size(bands->size, g->n - from);
        band.b += g->b_transposed ? from * g->ld_b : from;
        band.c += from;
        band.bias = g->bias ? g->bias + from : NULL;
    } else {
        band.m = min_size(bands->size, g->m - from);
        band.a += g->a_transposed ? from : from * g->ld_a;
        band.c += from * g->ld_c;
    }
    return band;
}
