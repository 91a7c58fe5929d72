// matrix.c -- gemm() against one chain of fmaf per output: NN, NT and TN (and TT), odd sizes, sizes
// that cross every block, wide strides, epilogues; and bands computed apart, which must not differ.
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct product {
    struct gemm g;
    size_t a_rows, b_rows; // of what is stored
    float *a, *b, *c, *bias;
    void *workspace;
};

static float *floats_new(size_t n, struct random *r, enum pattern pattern)
{
    float *x = malloc((n + 1) * sizeof *x);
    if (!x)
        abort();
    for (size_t i = 0; i < n; i++)
        x[i] = random_float(r, pattern);
    return x;
}

static void product_init(struct product *p, const struct kernels *kernels, size_t m, size_t n,
                         size_t k, struct random *r, enum pattern pattern)
{
    // One draw a statement: the order of evaluation is the compiler's, and the digest depends on
    // it.
    bool at = random_below(r, 2), bt = random_below(r, 2);
    bool with_bias = random_below(r, 2), with_relu = random_below(r, 2);
    size_t extra = random_below(r, 2) ? random_below(r, 20) : 0;
    size_t ld_a = (at ? m : k) + extra, ld_b = (bt ? k : n) + extra, ld_c = n + extra;

    p->a_rows = at ? k : m;
    p->b_rows = bt ? n : k;
    p->a = floats_new(p->a_rows * ld_a, r, pattern);
    p->b = floats_new(p->b_rows * ld_b, r, pattern);
    p->c = floats_new(m * ld_c, r, PLAIN);
    p->bias = floats_new(n, r, pattern);
    p->workspace = aligned_alloc(64, (gemm_workspace(kernels, m, n, k) + 63) / 64 * 64 + 64);
    if (!p->workspace)
        abort();
    p->g = (struct gemm){
        .m = m,
        .n = n,
        .k = k,
        .a = p->a,
        .ld_a = ld_a,
        .a_transposed = at,
        .b = p->b,
        .ld_b = ld_b,
        .b_transposed = bt,
        .c = p->c,
        .ld_c = ld_c,
        .bias = with_bias ? p->bias : NULL,
        .act = with_relu ? GEMM_RELU : GEMM_NONE,
    };
}

static void product_release(struct product *p)
{
    free(p->a);
    free(p->b);
    free(p->c);
    free(p->bias);
    free(p->workspace);
}

static float one_output(const struct gemm *g, size_t i, size_t j)
{
    float sum = 0;

    for (size_t l = 0; l < g->k; l++) {
        float a = g->a_transposed ? g->a[l * g->ld_a + i] : g->a[i * g->ld_a + l];
        float b = g->b_transposed ? g->b[j * g->ld_b + l] : g->b[l * g->ld_b + j];
        sum = fmaf(a, b, sum);
    }
    if (g->bias)
        sum += g->bias[j];
    return g->act == GEMM_RELU && sum <= 0 ? 0 : sum;
}

static bool complain(const char *isa, const struct gemm *g, const char *what, size_t i, size_t j)
{
    printf("  gemm %s: m %zu n %zu k %zu, a%s b%s, bias %d, act %d: (%zu, %zu) %s\n", isa, g->m,
           g->n, g->k, g->a_transposed ? "'" : "", g->b_transposed ? "'" : "", g->bias != NULL,
           g->act, i, j, what);
    return false;
}

// Every output of a small product, a sample of a large one; and the gaps between rows of C.
static bool product_is_right(const struct product *p, const char *isa, const float *before,
                             struct random *r)
{
    const struct gemm *g = &p->g;
    size_t all = g->m * g->n, step = all * g->k > 400000 ? 1 + all * g->k / 400000 : 1;

    for (size_t at = random_below(r, step); at < all; at += step) {
        size_t i = at / g->n, j = at % g->n;
        if (!same_float(g->c[i * g->ld_c + j], one_output(g, i, j)))
            return complain(isa, g, "is wrong", i, j);
    }
    for (size_t i = 0; i < g->m; i++) {
        for (size_t j = g->n; j < g->ld_c; j++) {
            if (!same_float(p->c[i * g->ld_c + j], before[i * g->ld_c + j]))
                return complain(isa, g, "was overrun", i, j);
        }
    }
    return true;
}

// The same product in bands of rows and columns, as threads would do it.
static bool bands_agree(const struct product *p, const struct kernels *kernels, struct random *r)
{
    const struct gemm *g = &p->g;
    size_t row_cut = random_below(r, g->m + 1), col_cut = random_below(r, g->n + 1);
    float *c = calloc(g->m * g->ld_c + 1, sizeof *c);
    bool agree = true;

    if (!c)
        abort();
    for (int part = 0; part < 4; part++) {
        size_t i = part & 1 ? row_cut : 0, j = part & 2 ? col_cut : 0;
        struct gemm band = *g;
        band.m = part & 1 ? g->m - row_cut : row_cut;
        band.n = part & 2 ? g->n - col_cut : col_cut;
        band.a += i * (g->a_transposed ? 1 : g->ld_a);
        band.b += j * (g->b_transposed ? g->ld_b : 1);
        band.c = c + i * g->ld_c + j;
        band.bias = g->bias ? g->bias + j : NULL;
        gemm(kernels, &band, p->workspace);
    }
    for (size_t i = 0; i < g->m && agree; i++) {
        for (size_t j = 0; j < g->n && agree; j++) {
            if (!same_float(c[i * g->ld_c + j], g->c[i * g->ld_c + j]))
                agree = complain(kernels->isa, g, "differs in bands", i, j);
        }
    }
    free(c);
    return agree;
}

static bool product_run(const struct kernels *kernels, size_t m, size_t n, size_t k,
                        struct random *r, enum pattern pattern)
{
    struct product p;
    size_t bytes = gemm_workspace(kernels, m, n, k);
    bool right = true;

    product_init(&p, kernels, m, n, k, r, pattern);
    float *before = malloc((m * p.g.ld_c + 1) * sizeof *before);
    if (!before)
        abort();
    memcpy(before, p.c, m * p.g.ld_c * sizeof *before);
    memset((char *)p.workspace + bytes, 0xa5, 64);
    gemm(kernels, &p.g, p.workspace);
    right = product_is_right(&p, kernels->isa, before, r) && bands_agree(&p, kernels, r);
    for (size_t i = 0; i < 64 && right; i++) {
        if (((unsigned char *)p.workspace)[bytes + i] != 0xa5)
            right = complain(kernels->isa, &p.g, "workspace was overrun", 0, 0);
    }
    free(before);
    product_release(&p);
    return right;
}

static bool gemm_run(const struct kernels *kernels, const void *what, uint64_t seed)
{
    static const size_t large[][3] = {
        { 128, 10, 512 }, { 32, 96, 300 },  { 61, 70, 784 },  { 3, 1100, 40 }, { 700, 5, 33 },
        { 400, 40, 390 }, { 1, 1, 2000 },   { 100, 1, 385 },  { 1, 100, 769 }, { 15, 1030, 9 },
        { 16, 12, 129 },  { 150, 7, 300 },  { 257, 12, 1025 }, { 14, 60, 300 },
        { 43, 900, 600 }, { 300, 97, 900 },
    };
    enum { LARGE = sizeof large / sizeof *large };
    struct random r = { seed };

    (void)what;
    for (int i = 0; i < 1500; i++) {
        size_t m = random_below(&r, 40), n = random_below(&r, 70), k = random_below(&r, 20);
        if (!product_run(kernels, m, n, k, &r, (enum pattern)(i % PATTERNS)))
            return false;
    }
    for (int i = 0; i < 2 * LARGE - 2; i++) { // the two largest once
        const size_t *s = large[i % LARGE];
        if (!product_run(kernels, s[0], s[1], s[2], &r, i % 2 ? WIDE : PLAIN))
            return false;
    }
    return true;
}

// Panels wider than what is packed into them are padded with zeros.
static bool pack_run(const struct kernels *kernels, const void *what, uint64_t seed)
{
    enum { MOST = 32, K = 21, LD = 40 };
    struct random r = { seed };
    float x[MOST * LD], out[MOST * K + 1];

    (void)what;
    for (size_t i = 0; i < MOST * LD; i++)
        x[i] = random_unit(&r);
    for (size_t width = 4; width <= MOST; width += 4) {
        for (size_t cols = 0; cols <= width * 2; cols++) {
            bool transposed = cols > width;
            size_t n = transposed ? cols - width : cols;
            out[K * width] = 77;
            (transposed ? kernels->gemm_pack_transposed : kernels->gemm_pack)(out, width, x, LD, K,
                                                                              n);
            for (size_t i = 0; i < K * width; i++) {
                size_t l = i / width, j = i % width;
                float expected = j >= n ? 0 : transposed ? x[j * LD + l] : x[l * LD + j];
                if (out[i] != expected)
                    return false;
            }
            if (out[K * width] != 77)
                return false;
        }
    }
    return true;
}

// The bound on the workspace may not shrink as a product grows.
static bool workspace_run(const struct kernels *kernels, const void *what, uint64_t seed)
{
    struct random r = { seed };

    (void)what;
    for (int i = 0; i < 20000; i++) {
        size_t m = random_below(&r, 2500), n = random_below(&r, 2500), k = random_below(&r, 2500);
        size_t smaller = gemm_workspace(kernels, random_below(&r, m + 1), random_below(&r, n + 1),
                                        random_below(&r, k + 1));
        if (smaller > gemm_workspace(kernels, m, n, k))
            return false;
    }
    return true;
}

void gemm_run_all(struct tally *t)
{
    for (const struct kernels *const *k = kernel_tables(); *k; k++) {
        tally_run(t, "gemm", *k, gemm_run, NULL);
        tally_run(t, "gemm_panels", *k, pack_run, NULL);
        tally_run(t, "gemm_workspace", *k, workspace_run, NULL);
    }
}

uint64_t digest_gemm(const struct kernels *kernels, uint64_t hash)
{
    static const size_t sizes[][3] = {
        { 37, 45, 50 }, { 5, 10, 400 }, { 33, 1, 3 }, { 9, 64, 800 }
    };
    struct random r = { 424242 };

    for (int i = 0; i < 16; i++) {
        const size_t *s = sizes[i % 4];
        struct product p;
        product_init(&p, kernels, s[0], s[1], s[2], &r, i < 8 ? PLAIN : WIDE);
        gemm(kernels, &p.g, p.workspace);
        hash = digest_bytes(hash, p.c, s[0] * p.g.ld_c * sizeof *p.c);
        product_release(&p);
    }
    return hash;
}
