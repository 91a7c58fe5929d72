// trial.c -- one kernel on one table against the reference: every small size, random large ones,
// all placements of the arrays, in place where the contract allows it, ordinary and hostile inputs.
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The arrays of one trial: what goes in, what the reference makes of it, and where the kernel
// works.
struct trial {
    const struct kernel_case *kernel;
    struct args args;
    void *before[MAX_ARRAYS], *expected[MAX_ARRAYS];
    int same_as[MAX_ARRAYS]; // this output is placed on that input; 0: nowhere
};

static size_t bytes_of(const struct trial *t, int i)
{
    const struct array *a = &t->kernel->arrays[i];
    return array_count(a, &t->args) * array_size(a);
}

static void *copy_of(const void *at, size_t bytes)
{
    void *copy = malloc(bytes + 1);
    if (!copy)
        abort();
    memcpy(copy, at, bytes);
    return copy;
}

static void trial_init(struct trial *t, struct random *r, enum pattern pattern)
{
    struct args args = t->args;

    scalars_fill(&t->args, r, pattern);
    memcpy(args.s, t->args.s, sizeof args.s);
    for (int i = 0; i < MAX_ARRAYS; i++) {
        size_t bytes = bytes_of(t, i);
        t->before[i] = calloc(1, bytes + 1);
        if (!t->before[i])
            abort();
        array_fill(t->before[i], &t->kernel->arrays[i], &t->args, r, pattern);
        t->expected[i] = args.p[i] = copy_of(t->before[i], bytes);
    }
    t->kernel->run(kernel_tables()[0], &args);
}

static void trial_release(struct trial *t)
{
    for (int i = 0; i < MAX_ARRAYS; i++) {
        free(t->before[i]);
        free(t->expected[i]);
    }
}

bool same_float(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (a != a && b != b);
}

static bool same_double(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (a != a && b != b);
}

// Where two arrays differ, or their length.
static size_t first_difference(const struct array *a, const void *x, const void *y, size_t n)
{
    size_t size = array_size(a);

    for (size_t i = 0; i < n; i++) {
        const char *p = (const char *)x + i * size, *q = (const char *)y + i * size;
        if (memcmp(p, q, size) == 0)
            continue;
        if ((a->content == FLOATS || a->content == POSITIVE) &&
            same_float(((const float *)x)[i], ((const float *)y)[i]))
            continue;
        if (a->content == DOUBLES && same_double(((const double *)x)[i], ((const double *)y)[i]))
            continue;
        return i;
    }
    return n;
}

static bool complain(const struct trial *t, const char *isa, int array, const char *what)
{
    printf("  %s %s: array %d %s (n %zu, rows %zu, cols %zu)\n", t->kernel->name, isa, array, what,
           t->args.n, t->args.rows, t->args.cols);
    return false;
}

static bool array_is_right(const struct trial *t, const char *isa, int i, const void *got)
{
    const struct array *a = &t->kernel->arrays[i];
    size_t n = array_count(a, &t->args), at = first_difference(a, t->expected[i], got, n);
    char text[160];

    if (at == n)
        return true;
    if (a->content == DOUBLES) {
        snprintf(text, sizeof text, "[%zu] is %a, expected %a", at, ((const double *)got)[at],
                 ((const double *)t->expected[i])[at]);
    } else if (array_size(a) == 4 && a->content != CLASSES && a->content != ROW_NUMBERS) {
        snprintf(text, sizeof text, "[%zu] is %a, expected %a, from %a", at,
                 (double)((const float *)got)[at], (double)((const float *)t->expected[i])[at],
                 (double)((const float *)t->before[i])[at]);
    } else {
        snprintf(text, sizeof text, "[%zu] differs", at);
    }
    return complain(t, isa, i, text);
}

// Runs the kernel on fenced copies and looks at everything it could have written.
static bool trial_place(const struct trial *t, const struct kernels *kernels, struct random *r)
{
    struct args args = t->args;
    bool flush = random_below(r, 2), right = true, overwritten[MAX_ARRAYS] = { false };

    for (int i = MAX_ARRAYS; i-- > 0;) { // inputs first: an output may go onto one of them
        size_t bytes = bytes_of(t, i), size = array_size(&t->kernel->arrays[i]);
        if (t->same_as[i] > 0) {
            args.p[i] = args.p[t->same_as[i]];
            overwritten[t->same_as[i]] = true;
            continue;
        }
        args.p[i] =
            fence_place((unsigned)i, bytes, flush ? -1 : (long)(random_below(r, 17) * size));
        memcpy(args.p[i], t->before[i], bytes);
    }
    t->kernel->run(kernels, &args);

    for (int i = 0; i < MAX_ARRAYS && right; i++) {
        if (t->kernel->arrays[i].role == UNUSED || overwritten[i])
            continue;
        right = array_is_right(t, kernels->isa, i, args.p[i]);
        if (right && t->same_as[i] == 0 && !fence_holds((unsigned)i, args.p[i], bytes_of(t, i)))
            right = complain(t, kernels->isa, i, "was overrun");
    }
    return right;
}

// One size and pattern: placed apart, then on each input it may share.
static bool trial_sizes(const struct kernel_case *kernel, const struct kernels *kernels, size_t n,
                        size_t rows, size_t cols, struct random *r, enum pattern pattern)
{
    struct trial t = { .kernel = kernel, .args = { .n = n, .rows = rows, .cols = cols } };
    bool right;

    trial_init(&t, r, pattern);
    right = trial_place(&t, kernels, r);
    for (int i = 0; i < MAX_ARRAYS; i++) {
        for (int j = 0; j < 3 && right && kernel->arrays[i].shares[j] > 0; j++) {
            t.same_as[i] = kernel->arrays[i].shares[j];
            right = trial_place(&t, kernels, r);
            t.same_as[i] = 0;
        }
    }
    trial_release(&t);
    return right;
}

static bool matrix_sizes(const struct kernel_case *kernel, const struct kernels *kernels,
                         struct random *r)
{
    for (size_t rows = 0; rows < 4; rows++) {
        for (size_t cols = kernel->needs_cols; cols < 70; cols++) {
            if (!trial_sizes(kernel, kernels, 0, rows, cols, r, (enum pattern)(cols % PATTERNS)))
                return false;
        }
    }
    for (int i = 0; i < 24; i++) {
        size_t rows = 1 + random_below(r, 70), cols = 1 + random_below(r, i < 12 ? 80 : 1500);
        if (!trial_sizes(kernel, kernels, 0, rows, cols, r, (enum pattern)(i % PATTERNS)))
            return false;
    }
    return true;
}

static bool vector_sizes(const struct kernel_case *kernel, const struct kernels *kernels,
                         struct random *r)
{
    for (size_t n = 0; n < 70; n++) {
        for (int pattern = 0; pattern < PATTERNS; pattern++) {
            if (!trial_sizes(kernel, kernels, n, 0, 0, r, (enum pattern)pattern))
                return false;
        }
    }
    for (int i = 0; i < 24; i++) {
        if (!trial_sizes(kernel, kernels, random_below(r, 5000), 0, 0, r,
                         (enum pattern)(i % PATTERNS)))
            return false;
    }
    return true;
}

bool trial_run(const struct kernels *kernels, const void *what, uint64_t seed)
{
    const struct kernel_case *kernel = what;
    struct random r = { seed };

    return kernel->is_matrix ? matrix_sizes(kernel, kernels, &r)
                             : vector_sizes(kernel, kernels, &r);
}
