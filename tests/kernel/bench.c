// bench.c -- how fast: ns and GB/s for the kernels on data in the first-level cache, GFLOP/s for
// gemm at training shapes, next to the peak of fused multiply-adds this core reaches.
#include "check.h"
#include "kernel/vec.h" // UNROLL

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// Seconds of one call: the best of several runs, each of enough calls to be measured.
static double seconds_of(void (*call)(void *), void *with)
{
    double best = 1e9, total = 0;

    for (size_t calls = 1; total < 0.03;) {
        double start = now();
        for (size_t i = 0; i < calls; i++)
            call(with);
        double took = now() - start;
        if (took < 0.001) {
            calls *= 2;
            continue;
        }
        total += took;
        best = took / (double)calls < best ? took / (double)calls : best;
    }
    return best;
}

// --- kernels -------------------------------------------------------------------------------------

struct run {
    const struct kernels *kernels;
    const struct kernel_case *kernel;
    struct args args;
};

static void run_case(void *with)
{
    const struct run *run = with;
    run->kernel->run(run->kernels, &run->args);
}

static void bench_case(const struct tally *tally, const struct kernel_case *kernel)
{
    struct run run = { .kernel = kernel, .args = { .n = 2048, .rows = 64, .cols = 32 } };
    struct random r = { 1 };
    size_t bytes = 0;

    for (int i = 0; i < MAX_SCALARS; i++)
        run.args.s[i] = 0.5f;
    for (int i = 0; i < MAX_ARRAYS; i++) {
        const struct array *a = &kernel->arrays[i];
        size_t n = array_count(a, &run.args) * array_size(a);
        bytes += n * (a->role == UPDATED ? 2 : 1);
        run.args.p[i] = aligned_alloc(64, (n + 64) / 64 * 64);
        if (!run.args.p[i])
            abort();
        array_fill(run.args.p[i], a, &run.args, &r, PLAIN);
    }
    printf("%-22s", kernel->name);
    for (const struct kernels *const *k = kernel_tables(); *k; k++) {
        if (!wanted(tally, kernel->name, (*k)->isa))
            continue;
        run.kernels = *k;
        double s = seconds_of(run_case, &run);
        printf(" %9.0f %6.1f", s * 1e9, (double)bytes / s * 1e-9);
    }
    printf("\n");
    fflush(stdout);
    for (int i = 0; i < MAX_ARRAYS; i++)
        free(run.args.p[i]);
}

// --- gemm ----------------------------------------------------------------------------------------

// Fused multiply-adds on registers alone, with the widest vectors there are: what the core can do.
// More chains than the latency of one instruction hides. 0 where this file does not know how.
#if defined(__x86_64__)

enum { PEAK_CHAINS = 12, PEAK_ROUNDS = 2000 };

__attribute__((target("avx512f"))) static void run_peak_512(void *out)
{
    __m512 sum[PEAK_CHAINS], x = _mm512_set1_ps(0.999f), y = _mm512_set1_ps(0.001f);

    UNROLL for (int i = 0; i < PEAK_CHAINS; i++)
        sum[i] = _mm512_set1_ps((float)i);
    for (int k = 0; k < PEAK_ROUNDS; k++) {
        UNROLL for (int i = 0; i < PEAK_CHAINS; i++)
            sum[i] = _mm512_fmadd_ps(x, sum[i], y);
    }
    UNROLL for (int i = 0; i < PEAK_CHAINS; i++)
        _mm512_storeu_ps((float *)out + i * 16, sum[i]);
}

__attribute__((target("avx2,fma"))) static void run_peak_256(void *out)
{
    __m256 sum[PEAK_CHAINS], x = _mm256_set1_ps(0.999f), y = _mm256_set1_ps(0.001f);

    UNROLL for (int i = 0; i < PEAK_CHAINS; i++)
        sum[i] = _mm256_set1_ps((float)i);
    for (int k = 0; k < PEAK_ROUNDS; k++) {
        UNROLL for (int i = 0; i < PEAK_CHAINS; i++)
            sum[i] = _mm256_fmadd_ps(x, sum[i], y);
    }
    UNROLL for (int i = 0; i < PEAK_CHAINS; i++)
        _mm256_storeu_ps((float *)out + i * 8, sum[i]);
}

static double peak_gflops(void)
{
    float out[PEAK_CHAINS * 16];
    double flops = 2.0 * PEAK_CHAINS * PEAK_ROUNDS;

    if (kernel_select("avx512"))
        return 16 * flops / seconds_of(run_peak_512, out) * 1e-9;
    return kernel_select("avx2") ? 8 * flops / seconds_of(run_peak_256, out) * 1e-9 : 0;
}

#else

static double peak_gflops(void)
{
    return 0;
}

#endif

struct tile {
    const struct kernels *kernels;
    float *a, *b, *c;
};

enum { PEAK_K = 128 }; // panels of both operands fit the first-level cache

static void run_tile(void *with)
{
    const struct tile *t = with;
    const struct kernels *k = t->kernels;
    k->gemm_tile(t->c, k->tile_cols, t->a, 1, k->tile_rows, t->b, k->tile_cols, PEAK_K,
                 k->tile_rows, k->tile_cols, 1, NULL, 0);
}

// The tile alone, its operands in the first-level cache: what gemm could reach without any
// overhead.
static double tile_gflops(const struct kernels *kernels)
{
    static float a[PEAK_K * 32], b[PEAK_K * 64], c[32 * 64];
    struct tile t = { kernels, a, b, c };
    double flops = 2.0 * PEAK_K * (double)kernels->tile_rows * (double)kernels->tile_cols;
    return flops / seconds_of(run_tile, &t) * 1e-9;
}

struct shape {
    const struct kernels *kernels;
    struct gemm g;
    void *workspace;
};

static void run_gemm(void *with)
{
    const struct shape *s = with;
    gemm(s->kernels, &s->g, s->workspace);
}

static float *floats_new(size_t n)
{
    struct random r = { n };
    float *x = aligned_alloc(64, (n * sizeof *x + 64) / 64 * 64);
    if (!x)
        abort();
    for (size_t i = 0; i < n; i++)
        x[i] = random_unit(&r);
    return x;
}

static double gemm_gflops(const struct kernels *kernels, size_t m, size_t n, size_t k, bool at,
                          bool bt)
{
    struct shape s = { .kernels = kernels };
    float *a = floats_new(m * k), *b = floats_new(k * n), *c = floats_new(m * n),
          *bias = floats_new(n);

    s.workspace = aligned_alloc(64, (gemm_workspace(kernels, m, n, k) + 64) / 64 * 64);
    if (!s.workspace)
        abort();
    // Bias and activation belong to the forward products, those where nothing is transposed.
    bool forward = !at && !bt;
    s.g = (struct gemm){ .m = m,
                         .n = n,
                         .k = k,
                         .a = a,
                         .ld_a = at ? m : k,
                         .a_transposed = at,
                         .b = b,
                         .ld_b = bt ? k : n,
                         .b_transposed = bt,
                         .c = c,
                         .ld_c = n,
                         .bias = forward ? bias : NULL,
                         .act = forward ? GEMM_RELU : GEMM_NONE };
    double gflops = 2e-9 * (double)m * (double)n * (double)k / seconds_of(run_gemm, &s);
    free(s.workspace);
    free(a);
    free(b);
    free(c);
    free(bias);
    return gflops;
}

static void bench_gemm(const struct tally *t)
{
    static const struct {
        size_t m, n, k;
        bool at, bt;
    } shapes[] = {
        { 128, 512, 784, false, false },    { 128, 512, 512, false, false },
        { 128, 10, 512, false, false },     { 784, 512, 128, true, false },
        { 512, 512, 128, true, false },     { 512, 10, 128, true, false },
        { 128, 512, 512, false, true },     { 128, 512, 10, false, true },
        { 32, 512, 784, false, false },     { 32, 32, 784, false, false },
        { 1024, 1024, 1024, false, false },
    };

    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        size_t m = shapes[i].m, n = shapes[i].n, k = shapes[i].k;
        char name[64];
        snprintf(name, sizeof name, "gemm %zux%zux%zu %c%c", m, n, k, shapes[i].at ? 'T' : 'N',
                 shapes[i].bt ? 'T' : 'N');
        printf("%-22s", name);
        for (const struct kernels *const *table = kernel_tables(); *table; table++) {
            if (!wanted(t, "gemm", (*table)->isa))
                continue;
            if (m == 1024 && (*table)->tile_rows < 6)
                printf(" %16s", "-"); // emulated: seconds
            else
                printf(" %16.2f", gemm_gflops(*table, m, n, k, shapes[i].at, shapes[i].bt));
        }
        printf("\n");
        fflush(stdout);
    }
}

void bench_run_all(const struct tally *t)
{
    printf("%-22s", "");
    for (const struct kernels *const *k = kernel_tables(); *k; k++) {
        if (!t->isa || strcmp(t->isa, (*k)->isa) == 0)
            printf(" %9s   GB/s", (*k)->isa);
    }
    printf("\n");
    for (size_t i = 0; i < kernel_case_count; i++) {
        if (!t->only || strstr(kernel_cases[i]->name, t->only))
            bench_case(t, kernel_cases[i]);
    }
    if (t->only && strcmp("gemm", t->only) != 0)
        return;
    printf("GFLOP/s: peak %.2f\n%-22s", peak_gflops(), "tile in L1");
    for (const struct kernels *const *k = kernel_tables(); *k; k++) {
        if (wanted(t, "gemm", (*k)->isa))
            printf(" %16.2f", tile_gflops(*k));
    }
    printf("\n");
    bench_gemm(t);
}
