// chain_peer.c -- chains of elementwise and row-wise ops as the engine runs them, beside one loop written by
// hand that keeps everything in registers. For arrays of the size of each cache, and beyond.
#include "base/mem.h"
#include "graph/program.h"
#include "graph/rewrite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 11 };

#if defined(__x86_64__) && !defined(__clang__)
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3")))
#else
#define CLONES
#endif

// ((x y + x) y - x) y + x
CLONES static void chain_by_hand(float *restrict out, const float *restrict x, const float *restrict y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = ((x[i] * y[i] + x[i]) * y[i] - x[i]) * y[i] + x[i];
}

// max(x y, 0) w_c for a number w_c per column
CLONES static void columns_by_hand(float *restrict out, const float *restrict x, const float *restrict y,
                                   const float *restrict w, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++) {
            float p = x[r * cols + c] * y[r * cols + c];
            out[r * cols + c] = (p > 0 ? p : 0) * w[c];
        }
}

static uint32_t chain(struct graph *g, uint32_t x, uint32_t y, uint32_t w)
{
    (void)w;
    uint32_t p = graph_add(g, graph_mul(g, x, y), x);
    p = graph_sub(g, graph_mul(g, p, y), x);
    return graph_add(g, graph_mul(g, p, y), x);
}

static uint32_t columns(struct graph *g, uint32_t x, uint32_t y, uint32_t w)
{
    return graph_mul(g, graph_relu(g, graph_mul(g, x, y)), w);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x)
{
    qsort(x, ROUNDS, sizeof *x, by_size);
    return x[ROUNDS / 2];
}

struct buffers {
    float *x, *y, *w, *out;
    size_t rows, cols;
};

static void compare(const char *name, const char *level, const struct buffers *b, bool by_columns)
{
    struct err err = {0};
    struct graph g;
    struct placement placement;
    struct program program;
    graph_init(&g, &err);
    uint32_t x = graph_input(&g, 0, b->rows, b->cols), y = graph_input(&g, 1, b->rows, b->cols);
    uint32_t w = graph_input(&g, 2, 1, b->cols);
    graph_output(&g, by_columns ? columns(&g, x, y, w) : chain(&g, x, y, w));
    graph_optimise(&g, 0);
    graph_place(&placement, &g, false);
    float *block = mem_try(placement.block + 16, sizeof(float), "the benchmark", &err);
    const struct kernels *kernels = kernel_select(getenv("W2S_CPU"));
    struct program_memory memory = {.input = (float *[]){b->x, b->y, b->w}, .block = block};
    program_compile(&program, &g, &placement, kernels, &memory);
    size_t n = b->rows * b->cols, repeat = 40000000 / n + 1;
    double ours[ROUNDS], hand[ROUNDS];
    for (int r = -1; r < ROUNDS; r++) {
        double start = now();
        for (size_t i = 0; i < repeat; i++)
            program_run(&program);
        double middle = now();
        for (size_t i = 0; i < repeat; i++)
            if (by_columns)
                columns_by_hand(b->out, b->x, b->y, b->w, b->rows, b->cols);
            else
                chain_by_hand(b->out, b->x, b->y, n);
        if (r < 0)
            continue; // warm
        ours[r] = (middle - start) / (double)repeat;
        hand[r] = (now() - middle) / (double)repeat;
    }
    if (memcmp(program.output[0], b->out, n * sizeof(float)) != 0)
        printf("%s: the results differ\n", name);
    double a = median(ours), h = median(hand), bytes = 3.0 * (double)n * sizeof(float);
    printf("  %-24s %-5s %6zu x %-5zu  %6.1f GB/s  by hand %6.1f GB/s  %.2f x\n", name, level, b->rows, b->cols,
           bytes / a / 1e9, bytes / h / 1e9, a / h);
    program_release(&program);
    placement_release(&placement);
    graph_release(&g);
    mem_free(block);
}

int main(void)
{
    static const struct {
        const char *level;
        size_t rows, cols;
    } sizes[] = {{"L1", 32, 64}, {"L2", 512, 128}, {"DRAM", 65536, 256}};
    kernel_fp_pin();
    printf("time of a chain over that of one loop by hand; bytes are those of two inputs and the result\n");
    for (size_t s = 0; s < 3; s++) {
        struct buffers b = {.rows = sizes[s].rows, .cols = sizes[s].cols};
        size_t n = b.rows * b.cols;
        struct err err = {0};
        b.x = mem_try(n, sizeof(float), "x", &err), b.y = mem_try(n, sizeof(float), "y", &err);
        b.out = mem_try(n, sizeof(float), "out", &err), b.w = mem_try(b.cols, sizeof(float), "w", &err);
        if (b.x == NULL || b.y == NULL || b.out == NULL || b.w == NULL)
            return 74;
        for (size_t i = 0; i < n; i++) {
            b.x[i] = (float)(i % 1013) / 1013 - 0.5f;
            b.y[i] = (float)(i % 997) / 997 - 0.5f;
        }
        for (size_t i = 0; i < b.cols; i++)
            b.w[i] = (float)i;
        compare("six ops", sizes[s].level, &b, false);
        compare("product, relu, columns", sizes[s].level, &b, true);
        mem_free(b.x), mem_free(b.y), mem_free(b.out), mem_free(b.w);
    }
    return 0;
}
