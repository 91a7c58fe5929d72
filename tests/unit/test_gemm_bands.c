// test_gemm_bands.c -- a product cut into bands for threads: the bands cover the whole once, and give
// its bits.
#include "cmocka_first.h"

#include "base/mem.h"
#include "base/rng.h"
#include "kernel/kernel.h"

#include <string.h>

static float *draw(struct rng *rng, size_t n)
{
    float *x = mem_new(n * sizeof(*x) + 1);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(2 * rng_unit(rng) - 1);
    return x;
}

static void check(const struct kernels *kernels, struct rng *rng, size_t m, size_t n, size_t k,
                  bool ta, bool tb)
{
    float *a = draw(rng, m * k), *b = draw(rng, k * n), *bias = draw(rng, n);
    float *whole = draw(rng, m * n), *cut = draw(rng, m * n);
    struct err err = {0};
    void *workspace = mem_try(gemm_workspace(kernels, m, n, k) + 1, 1, "test", &err);
    struct gemm g = {.m = m, .n = n, .k = k, .a = a, .ld_a = ta ? m : k, .a_transposed = ta,
                     .b = b, .ld_b = tb ? k : n, .b_transposed = tb, .c = whole, .ld_c = n,
                     .bias = bias, .act = GEMM_RELU};
    gemm(kernels, &g, workspace);
    for (unsigned threads = 1; threads <= 9; threads++) {
        g.c = cut;
        memset(cut, 0xff, m * n * sizeof(*cut)); // NaN: a gap shows
        struct gemm_bands bands = gemm_bands(kernels, &g, threads);
        size_t covered = 0;
        for (size_t i = bands.n; i-- > 0;) { // in any order
            struct gemm band = gemm_band(&g, &bands, i);
            covered += band.m * band.n;
            gemm(kernels, &band, workspace);
        }
        assert_int_equal(covered, m * n);
        assert_memory_equal(cut, whole, m * n * sizeof(*cut));
    }
    mem_free(a), mem_free(b), mem_free(bias), mem_free(whole), mem_free(cut), mem_free(workspace);
}

static void test_bands(void **state)
{
    static const size_t sizes[][3] = {{128, 512, 784}, {512, 10, 1024}, {784, 512, 128},
                                      {65, 700, 301},  {1, 2048, 1024}, {2048, 1, 1024},
                                      {130, 130, 130}, {3, 5, 7},       {257, 384, 64}};
    struct rng rng = rng_at(rng_key_of(1, "bands"), 0);
    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
        for (unsigned transposed = 0; transposed < 4; transposed++)
            check(kernel_select(NULL), &rng, sizes[s][0], sizes[s][1], sizes[s][2], transposed & 1,
                  transposed >> 1);
}

// What is large is shared, what is small is not.
static void test_sharing(void **state)
{
    (void)state;
    struct gemm large = {.m = 128, .n = 512, .k = 784, .ld_a = 784, .ld_b = 512, .ld_c = 512};
    struct gemm small = {.m = 32, .n = 10, .k = 32, .ld_a = 32, .ld_b = 10, .ld_c = 10};
    assert_true(gemm_bands(kernel_select(NULL), &large, 2).n >= 2);
    assert_int_equal(gemm_bands(kernel_select(NULL), &large, 1).n, 1);
    assert_int_equal(gemm_bands(kernel_select(NULL), &small, 8).n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bands),
        cmocka_unit_test(test_sharing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
