// cmd_run.c -- w2s run: compiles, executes, prints the results; the exit status says whether claims held.
#include "cli.h"
#include "progress.h"
#include "results.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// The one mutable global: a signal handler has nowhere else to write. Lock-free, so a handler may.
static atomic_int stop_requested;

static void on_signal(int number)
{
    (void)number;
    stop_requested = 1;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND}; // a second ^C kills
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static bool read_threads(unsigned *threads, const struct options *options)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    *threads = cores > 0 ? (unsigned)cores : 1;
    if (options->threads == NULL)
        return true;
    char *end;
    long n = strtol(options->threads, &end, 10);
    if (*end != '\0' || end == options->threads || n < 1 || n > 1024) {
        cli_misuse("--threads wants a whole number from 1 to 1024, found '%s'", options->threads);
        return false;
    }
    *threads = (unsigned)n;
    return true;
}

static bool all_held(const struct run *run)
{
    for (size_t i = 0; i < run->plan->n_claims; i++) {
        uint32_t step = run->plan->claims[i].step;
        if (step != STEP_NONE && !(run->artifacts[step].state == ARTIFACT_READY && run->artifacts[step].claim.held))
            return false;
    }
    return true;
}

static void summary(const struct run *run, const struct kernels *kernels, unsigned threads)
{
    double flops = plan_flops(run->plan);
    fprintf(stderr, "%zu steps in %.2f s on %u thread%s (%s), %.1f GFLOPS\n", run->plan->n, run->seconds, threads,
            threads == 1 ? "" : "s", kernels->isa, run->seconds > 0 ? 1e-9 * flops / run->seconds : 0);
}

static enum exit_status execute(const struct compiled *c, const struct options *options, const struct kernels *kernels,
                                unsigned threads)
{
    struct run run;
    struct progress progress;
    struct err err = {0};
    struct run_options how = {.kernels = kernels, .threads = threads, .folder = c->folder, .stop = &stop_requested,
                              .on_event = progress_event, .data = &progress};
    run_init(&run, &c->plan);
    progress_init(&progress, &c->plan, options->quiet);
    catch_signals();
    int result = run_execute(&run, &how, &err);
    progress_end(&progress);
    if (err.kind != ERR_INTERRUPTED) {
        if (options->json)
            results_print_json(stdout, &run, kernels->isa, threads);
        else
            results_print(stdout, &run);
        fflush(stdout);
        if (!options->quiet)
            summary(&run, kernels, threads);
    }
    enum exit_status status = result < 0 ? cli_fail(&err) : all_held(&run) ? EXIT_DONE : EXIT_CLAIM_FAILED;
    run_release(&run);
    return status;
}

enum exit_status cmd_run(const struct options *options)
{
    unsigned threads;
    if (options->n_arguments != 1)
        return cli_misuse("run wants one file");
    if (!read_threads(&threads, options))
        return EXIT_MISUSE;
    const char *wanted = getenv("W2S_CPU");
    const struct kernels *kernels = kernel_select(wanted);
    if (kernels == NULL)
        return cli_misuse("W2S_CPU=%s: this machine has no such kernels", wanted);
    struct compiled c;
    enum exit_status status = compile_file(&c, options->arguments[0], options, false);
    if (status == EXIT_DONE)
        status = execute(&c, options, kernels, threads);
    compile_release(&c);
    return status;
}
