// gemm_peer.c -- products as a program runs them beside OpenBLAS, at training shapes, one process.
//
// The two take turns, sample by sample, so that whatever else the machine does falls on both; what
// counts is the ratio of the medians, on one thread of its processor time. Ours adds bias and relu
// in the forward products (NN), which OpenBLAS is not asked for. On several threads ours are a crew
// (base/crew.h), theirs must be the threaded library, and each side has gone to sleep before the
// other is timed.
//
//   make build/tests/gemm_peer
//   build/tests/gemm_peer [-t THREADS] [PART_OF_A_NAME]   e.g. -t 2 TN; W2S_CPU=avx2 narrows ours
//
// Debian: libopenblas-serial-dev to build. For threads libopenblas0-pthread, and its folder
// /usr/lib/x86_64-linux-gnu/openblas-pthread in LD_LIBRARY_PATH.
#include "graph/instr.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { SAMPLES = 25, SAMPLES_OF_LARGE = 7 };
static const double SAMPLE_SECONDS = 0.0015, LARGE_SECONDS = 0.005;

enum form { NN, NT, TN };
static const char *const form_name[] = { "NN", "NT", "TN" };

struct shape {
    enum form form;
    size_t m, n, k;
};

// Forward X W + b, the gradient of X as dY W', of W as X' dY; hidden layers, then ten classes.
static const struct shape shapes[] = {
    { NN, 32, 32, 784 },      { NN, 32, 512, 784 },    { NN, 128, 32, 784 },
    { NN, 128, 512, 784 },    { NN, 512, 1024, 784 },  { NN, 32, 64, 64 },
    { NN, 128, 256, 128 },    { NN, 128, 512, 512 },   { NN, 512, 256, 1024 },
    { NN, 32, 10, 32 },       { NN, 128, 10, 64 },     { NN, 128, 10, 512 },
    { NN, 512, 10, 1024 },    { NT, 32, 32, 10 },      { NT, 128, 512, 10 },
    { NT, 512, 1024, 10 },    { NT, 32, 64, 64 },      { NT, 128, 512, 512 },
    { NT, 128, 512, 1024 },   { NT, 512, 256, 128 },   { TN, 32, 10, 32 },
    { TN, 512, 10, 128 },     { TN, 512, 10, 512 },    { TN, 64, 64, 32 },
    { TN, 512, 512, 128 },    { TN, 784, 32, 32 },     { TN, 784, 512, 128 },
    { TN, 512, 1024, 512 },   { NN, 1024, 1024, 1024 }, { NN, 2048, 2048, 2048 },
};

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *new_bytes(size_t bytes)
{
    void *p = aligned_alloc(64, (bytes + 64) / 64 * 64);
    if (!p)
        abort();
    memset(p, 0, bytes);
    return p;
}

static float *new_floats(size_t n)
{
    float *x = new_bytes(n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(i * 2654435761u % 2048) / 1024 - 1;
    return x;
}

// --- the two -------------------------------------------------------------------------------------

struct product {
    struct instr instr;
    struct program program;
};

static void run_ours(const struct product *p)
{
    run_gemm(&p->instr, &p->program);
}

static void run_theirs(const struct product *p)
{
    const struct gemm *g = &p->instr.gemm;
    cblas_sgemm(CblasRowMajor, g->a_transposed ? CblasTrans : CblasNoTrans,
                g->b_transposed ? CblasTrans : CblasNoTrans, (int)g->m, (int)g->n, (int)g->k, 1,
                g->a, (int)g->ld_a, g->b, (int)g->ld_b, 0, g->c, (int)g->ld_c);
}

static struct product product_of(const struct kernels *kernels, struct crew *crew,
                                 const struct shape *s)
{
    bool forward = s->form == NN, at = s->form == TN, bt = s->form == NT;
    size_t bytes = (gemm_workspace(kernels, s->m, s->n, s->k) + 63) / 64 * 64;
    return (struct product){
        .program = { .kernels = kernels,
                     .crew = crew,
                     .workspace = new_bytes(bytes * crew_size(crew)),
                     .workspace_bytes = bytes },
        .instr.gemm = { .m = s->m,
                        .n = s->n,
                        .k = s->k,
                        .a = new_floats(s->m * s->k),
                        .ld_a = at ? s->m : s->k,
                        .a_transposed = at,
                        .b = new_floats(s->k * s->n),
                        .ld_b = bt ? s->k : s->n,
                        .b_transposed = bt,
                        .c = new_floats(s->m * s->n),
                        .ld_c = s->n,
                        .bias = forward ? new_floats(s->n) : NULL,
                        .act = forward ? GEMM_RELU : GEMM_NONE },
    };
}

static void product_release(struct product *p)
{
    free((float *)p->instr.gemm.a);
    free((float *)p->instr.gemm.b);
    free((float *)p->instr.gemm.bias);
    free(p->instr.gemm.c);
    free(p->program.workspace);
}

// Threads that do nothing but help, as those of a run do that find no step.
struct helpers {
    struct crew crew;
    bool stop; // under crew.lock
};

static void *help(void *data)
{
    struct helpers *h = data;
    kernel_fp_pin();
    pthread_mutex_lock(&h->crew.lock);
    while (!h->stop)
        if (!crew_help(&h->crew))
            crew_wait(&h->crew);
    pthread_mutex_unlock(&h->crew.lock);
    return NULL;
}

// --- time ----------------------------------------------------------------------------------------

static double sample(void (*run)(const struct product *), const struct product *p, size_t calls)
{
    clockid_t clock = CLOCK_THREAD_CPUTIME_ID; // what else runs on this processor does not count
    if (crew_size(p->program.crew) > 1) { // the other side's threads watch for work a while
        nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
        run(p);
        clock = CLOCK_MONOTONIC;
    }
    double start = now(clock);
    for (size_t i = 0; i < calls; i++)
        run(p);
    return (now(clock) - start) / (double)calls;
}

static int ascending(const void *x, const void *y)
{
    const double *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

static double median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, ascending);
    return x[n / 2];
}

static void compare(const struct kernels *kernels, struct crew *crew, const struct shape *s,
                    const char *name)
{
    struct product p = product_of(kernels, crew, s);
    double ours[SAMPLES], theirs[SAMPLES], once, gflop = 2e-9 * (double)(s->m * s->n * s->k);
    size_t calls, samples;

    run_ours(&p);
    run_theirs(&p);
    once = sample(run_theirs, &p, 1);
    calls = once < SAMPLE_SECONDS ? (size_t)(SAMPLE_SECONDS / once) : 1;
    samples = once < LARGE_SECONDS ? SAMPLES : SAMPLES_OF_LARGE;
    for (size_t i = 0; i < samples; i++) {
        ours[i] = sample(run_ours, &p, calls);
        theirs[i] = sample(run_theirs, &p, calls);
    }
    double a = median(ours, samples), b = median(theirs, samples);
    printf("%-20s %8.1f %8.1f %8.2f\n", name, gflop / a, gflop / b, b / a);
    fflush(stdout);
    product_release(&p);
}

// What the core can do: independent fused multiply-adds on registers alone. 0 where unknown.
#if defined(__x86_64__)
__attribute__((target("avx512f"))) static double peak_gflops(void)
{
    enum { CHAINS = 12, ROUNDS = 20000 };
    double best = 1e9;
    float out[16];

    if (!kernel_select("avx512"))
        return 0;
    for (int repeat = 0; repeat < SAMPLES; repeat++) {
        __m512 sum[CHAINS], x = _mm512_set1_ps(0.999f), y = _mm512_set1_ps(0.001f);
        double start = now(CLOCK_THREAD_CPUTIME_ID);
#pragma GCC unroll 16
        for (int i = 0; i < CHAINS; i++)
            sum[i] = _mm512_set1_ps((float)i);
        for (int k = 0; k < ROUNDS; k++) {
#pragma GCC unroll 16
            for (int i = 0; i < CHAINS; i++)
                sum[i] = _mm512_fmadd_ps(x, sum[i], y);
        }
#pragma GCC unroll 16
        for (int i = 1; i < CHAINS; i++)
            sum[0] = _mm512_add_ps(sum[0], sum[i]);
        _mm512_storeu_ps(out, sum[0]);
        double took = now(CLOCK_THREAD_CPUTIME_ID) - start + 0 * (double)out[0];
        best = took < best ? took : best;
    }
    return 2e-9 * 16 * CHAINS * ROUNDS / best;
}
#else
static double peak_gflops(void)
{
    return 0;
}
#endif

// OpenBLAS reads its environment before main, so what others set in it is removed by starting anew.
// Its threads watch for a tenth of a second otherwise, in which ours would be timed.
static void start_clean(char **argv)
{
    static const char *const unwanted[] = { "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE" };
    static const char timeout[] = "OPENBLAS_THREAD_TIMEOUT";
    bool found = getenv(timeout) == NULL;

    for (size_t i = 0; i < sizeof unwanted / sizeof *unwanted; i++) {
        found |= getenv(unwanted[i]) != NULL;
        unsetenv(unwanted[i]);
    }
    setenv(timeout, "20", 0); // 2^20 clock cycles
    if (found)
        execv("/proc/self/exe", argv);
}

static void compare_all(const struct kernels *kernels, struct crew *crew, const char *part)
{
    printf("GFLOP/s on %u threads, medians; peak of one core %.1f\n%-20s %8s %8s %8s\n",
           crew_size(crew), peak_gflops(), "M x N x K", kernels->isa, openblas_get_corename(),
           "ratio");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const struct shape *s = &shapes[i];
        char name[64];
        snprintf(name, sizeof name, "%s %zux%zux%zu", form_name[s->form], s->m, s->n, s->k);
        if (strstr(name, part))
            compare(kernels, crew, s, name);
    }
}

static void compare_with_helpers(const struct kernels *kernels, unsigned threads, const char *part)
{
    struct helpers h = { .stop = false };
    pthread_t *thread = calloc(threads, sizeof *thread);
    unsigned started = 0;

    crew_init(&h.crew, threads);
    while (thread && started + 1 < threads &&
           pthread_create(&thread[started], NULL, help, &h) == 0)
        started++;
    compare_all(kernels, &h.crew, part);
    pthread_mutex_lock(&h.crew.lock);
    h.stop = true;
    pthread_cond_broadcast(&h.crew.changed);
    pthread_mutex_unlock(&h.crew.lock);
    while (started > 0)
        pthread_join(thread[--started], NULL);
    crew_release(&h.crew);
    free(thread);
}

int main(int argc, char **argv)
{
    start_clean(argv);
    const struct kernels *kernels = kernel_select(getenv("W2S_CPU"));
    bool counted = argc > 2 && strcmp(argv[1], "-t") == 0;
    int threads = counted ? atoi(argv[2]) : 1;
    const char *part = argc > 1 + 2 * counted ? argv[1 + 2 * counted] : "";

    if (!kernels || threads < 1) {
        fprintf(stderr, "gemm_peer: cannot run '%s' on %d threads\n",
                kernels ? kernels->isa : getenv("W2S_CPU"), threads);
        return 1;
    }
    if (threads > 1 && openblas_get_parallel() == 0) {
        fprintf(stderr, "gemm_peer: this OpenBLAS knows one thread only\n");
        return 1;
    }
    openblas_set_num_threads(threads);
    kernel_fp_pin();
    if (threads == 1)
        compare_all(kernels, NULL, part);
    else
        compare_with_helpers(kernels, (unsigned)threads, part);
    return 0;
}
