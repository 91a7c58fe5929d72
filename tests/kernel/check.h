// check.h -- kernelcheck: every kernel on every table this machine can run, against the reference.
//
// A case describes a kernel once: its arrays, their lengths and what may be in them, which output
// may share memory with which input, and how to call it. From that come the tests (cases.c,
// trial.c), the digest (hash.c) and the benchmark (bench.c). cases.c names a case for each line
// of kernels.def, so a kernel without one does not link. Depends on libc and libm only, as the
// kernels do on libc.
#ifndef W2S_TESTS_KERNEL_CHECK_H
#define W2S_TESTS_KERNEL_CHECK_H

#include "kernel/kernel.h"

enum { MAX_ARRAYS = 6, MAX_SCALARS = 8 };

// --- random numbers and inputs (random.c) --------------------------------------------------------

struct random {
    uint64_t state; // SplitMix64 (Steele, Lea, Flood 2014)
};

uint64_t random_u64(struct random *r);
size_t random_below(struct random *r, size_t n); // n >= 1
float random_unit(struct random *r);             // [-1, 1)

// What floats to make: ordinary ones; any exponent; any 32 bits; ordinary ones among special
// values.
enum pattern { PLAIN, WIDE, BITS, SPECIAL, PATTERNS };

float random_float(struct random *r, enum pattern pattern);

// --- a kernel described --------------------------------------------------------------------------

enum role { UNUSED, INPUT, OUTPUT, UPDATED };
enum length {
    LEN_N,
    LEN_ROWS,
    LEN_COLS,
    LEN_ROWS_COLS,
    LEN_SOURCE,
    LEN_ONE,
    LEN_4N,
    LEN_16N,
    LEN_TILE
};
enum content { FLOATS, POSITIVE, MASK, DOUBLES, ROW_NUMBERS, CLASSES, BYTES }; // MASK: half are 0

struct array {
    enum role role;
    enum length length;
    enum content content;
    int shares[3]; // OUTPUT: inputs it may be the same array as; 0 for none
};

struct args {
    void *p[MAX_ARRAYS];
    size_t n, rows, cols; // n for vectors, rows x cols for matrices
    float s[MAX_SCALARS];
};

struct kernel_case {
    const char *name;
    bool is_matrix, needs_cols; // rows x cols instead of n; cols >= 1
    struct array arrays[MAX_ARRAYS];
    void (*run)(const struct kernels *kernels, const struct args *args);
};

extern const struct kernel_case *const kernel_cases[];
extern const size_t kernel_case_count;

enum { SOURCE_EXTRA = 3 }; // a LEN_SOURCE array has rows + SOURCE_EXTRA rows

size_t array_count(const struct array *a, const struct args *args); // elements
size_t array_size(const struct array *a);                           // bytes of one
bool array_is_written(const struct array *a);
void array_fill(void *at, const struct array *a, const struct args *args, struct random *r,
                enum pattern pattern);
void scalars_fill(struct args *args, struct random *r, enum pattern pattern);

// --- results -------------------------------------------------------------------------------------

struct tally {
    unsigned passed, failed;
    uint64_t seed;
    const char *only, *isa; // NULL for all
};

bool wanted(const struct tally *t, const char *name, const char *isa);

// Runs `test` with crashes caught; counts and prints one result. A test prints why it fails.
typedef bool test_run(const struct kernels *kernels, const void *what, uint64_t seed);
void tally_run(struct tally *t, const char *name, const struct kernels *kernels, test_run *test,
               const void *what);

bool same_float(float a, float b); // the same bits, or both NaN

// Memory whose end meets a page that may not be touched. `slot` < MAX_ARRAYS; `offset` bytes from
// the start, or flush with the end when it is negative. fence_holds: nothing around was written.
void *fence_place(unsigned slot, size_t bytes, long offset);
bool fence_holds(unsigned slot, const void *at, size_t bytes);
enum { FENCE_BYTES = 1 << 20 };

// --- the parts -----------------------------------------------------------------------------------

test_run trial_run;                     // `what` is a kernel_case
void accuracy_run_all(struct tally *t); // error in ULP against libm in double
void fma_run_all(struct tally *t);      // the fused multiply-add, hard cases
void gemm_run_all(struct tally *t);     // gemm() and its parts
void select_run_all(struct tally *t);   // dispatch and the control register
void digest_run_all(struct tally *t, bool print);
void bench_run_all(const struct tally *t);

uint64_t digest_gemm(const struct kernels *kernels, uint64_t hash);
uint64_t digest_bytes(uint64_t hash, const void *bytes, size_t n); // FNV-1a, 64 bits

#endif
