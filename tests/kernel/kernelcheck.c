// kernelcheck.c -- kernelcheck [--seed N] [--only NAME] [--isa NAME] [--digest] [--bench]
//
// Prints what fails, and last "N passed, N failed"; exit status 1 when anything failed. --digest
// prints one hash per table, which must be the same on every machine; --bench measures instead of
// testing.
#include "check.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sigjmp_buf crashed; // where a signal handler can reach it

static void on_signal(int number)
{
    siglongjmp(crashed, number);
}

static void catch_signals(void)
{
    static const int fatal[] = { SIGILL, SIGSEGV, SIGBUS, SIGFPE };
    struct sigaction action = { .sa_handler = on_signal };

    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        sigaction(fatal[i], &action, NULL);
}

bool wanted(const struct tally *t, const char *name, const char *isa)
{
    return (!t->only || strstr(name, t->only)) && (!t->isa || strcmp(isa, t->isa) == 0);
}

void tally_run(struct tally *t, const char *name, const struct kernels *kernels, test_run *test,
               const void *what)
{
    if (!wanted(t, name, kernels->isa))
        return;

    int number = sigsetjmp(crashed, 1);
    bool right = false;
    if (number == 0)
        right = test(kernels, what, t->seed);
    else
        printf("  %s %s: caught signal %d\n", name, kernels->isa, number);

    if (right) {
        t->passed++;
    } else {
        t->failed++;
        printf("failed: %s %s (--seed %llu --only %s)\n", name, kernels->isa,
               (unsigned long long)t->seed, name);
    }
    fflush(stdout);
}

static void test_all(struct tally *t, bool print_digest)
{
    for (size_t i = 0; i < kernel_case_count; i++) {
        for (const struct kernels *const *k = kernel_tables(); *k; k++)
            tally_run(t, kernel_cases[i]->name, *k, trial_run, kernel_cases[i]);
    }
    fma_run_all(t);
    gemm_run_all(t);
    accuracy_run_all(t);
    select_run_all(t);
    digest_run_all(t, print_digest);
}

static int usage(void)
{
    fputs("usage: kernelcheck [--seed N] [--only NAME] [--isa NAME] [--digest] [--bench]\n",
          stderr);
    return 64;
}

int main(int argc, char **argv)
{
    struct tally t = { .seed = 1 };
    bool bench = false, digest = false;

    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (strcmp(argv[i], "--seed") == 0 && more)
            t.seed = strtoull(argv[++i], NULL, 0);
        else if (strcmp(argv[i], "--only") == 0 && more)
            t.only = argv[++i];
        else if (strcmp(argv[i], "--isa") == 0 && more)
            t.isa = argv[++i];
        else if (strcmp(argv[i], "--bench") == 0)
            bench = true;
        else if (strcmp(argv[i], "--digest") == 0)
            digest = true;
        else
            return usage();
    }
    kernel_fp_pin();
    if (bench) {
        bench_run_all(&t);
        return 0;
    }
    catch_signals();
    printf("seed %llu\n", (unsigned long long)t.seed);
    if (digest)
        digest_run_all(&t, true);
    else
        test_all(&t, false);
    printf("%u passed, %u failed\n", t.passed, t.failed);
    return t.failed > 0;
}
