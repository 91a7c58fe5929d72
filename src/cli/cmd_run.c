// cmd_run.c -- w2s run: compiles, executes, prints the results; its status says whether claims held.
#include "cli.h"
#include "facts.h"
#include "failure.h"
#include "progress.h"
#include "record.h"
#include "replay.h"
#include "results.h"
#include "seeds.h"
#include "twins.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHECKPOINT_SECONDS = 60 };

// The one mutable global: a signal handler has nowhere else to write. Lock-free, so a handler may.
static atomic_int stop_requested;

static void on_signal(int number)
{
    (void)number;
    stop_requested = 1;
}

const atomic_int *cli_catch_signals(void)
{
    // a second ^C kills
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return &stop_requested;
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

bool cli_machine(struct run_options *how, const struct options *options)
{
    const char *wanted = getenv("W2S_CPU");
    how->kernels = kernel_select(wanted);
    if (how->kernels == NULL)
        cli_misuse("W2S_CPU=%s: this machine has no such kernels", wanted);
    return how->kernels != NULL && read_threads(&how->threads, options);
}

static bool all_held(const struct run *run)
{
    for (size_t i = 0; i < run->plan->n_claims; i++) {
        uint32_t step = run->plan->claims[i].step;
        if (step != STEP_NONE &&
            !(run->artifacts[step].state == ARTIFACT_READY && run->artifacts[step].claim.held))
            return false;
    }
    return true;
}

static void summary(const struct run *run, const struct kernels *kernels, unsigned threads,
                    uint64_t number)
{
    if (number > 0)
        fprintf(stderr, "run %llu: ", (unsigned long long)number);
    fprintf(stderr, "%zu steps in %.2f s on %u thread%s (%s)", run->plan->n, run->seconds, threads,
            threads == 1 ? "" : "s", kernels->isa);
    if (run->flops > 0 && run->seconds > 0)
        fprintf(stderr, ", %.1f GFLOPS", 1e-9 * run->flops / run->seconds);
    if (run->n_known > 0)
        fprintf(stderr, "; %zu from the store", run->n_known);
    fputc('\n', stderr);
}

// A run that has nothing to make, and was recorded before, is that run.
static int begin(uint64_t *number, struct run_options *how, bool *recording, struct run *run,
                 const struct run_origin *origin, struct err *err)
{
    *number = 0;
    *recording = false;
    if (run_decide(run, how->store, err) < 0)
        return -1;
    if (how->store == NULL)
        return 0;
    if (run->n_made == 0 && record_find(number, &how->id, how->store, run, origin, err) < 0)
        return -1;
    *recording = *number == 0;
    if (!*recording)
        return 0;
    if (record_start(number, &how->id, how->store, run, origin, err) < 0)
        return -1;
    struct digest claim = runs_claim(&how->id);
    return store_claim(how->store, &claim, err) < 0 ? -1 : 0;
}

static void print(const struct run *run, const struct options *options,
                  const struct kernels *kernels, unsigned threads, uint64_t number)
{
    if (options->json)
        results_print_json(stdout, run, kernels->isa, threads);
    else
        results_print(stdout, run);
    fflush(stdout);
    struct str warning = {0};
    if (!options->quiet && seeds_warning(&warning, run->plan->n_seeds))
        fprintf(stderr, "warning: %s\n", str_text(&warning));
    str_release(&warning);
    if (!options->quiet)
        summary(run, kernels, threads, number);
}

static enum exit_status execute(const struct run_origin *origin, struct run_options *how)
{
    const struct compiled *c = origin->compiled;
    struct run run;
    struct progress progress;
    struct err err = {0}, storing = {0};
    uint64_t number;
    bool recording;
    how->on_event = progress_event;
    how->data = &progress;
    run_init(&run, &c->plan);
    if (begin(&number, how, &recording, &run, origin, &err) < 0) {
        run_release(&run);
        return cli_fail(&err);
    }
    progress_init(&progress, &run, origin->options->quiet);
    int result = run_execute(&run, how, &err);
    progress_end(&progress);
    if (recording && record_end(how->store, &how->id, &run, &err, &storing) < 0 && result == 0) {
        result = -1;
        err = storing;
    }
    if (err.kind != ERR_INTERRUPTED && !origin->options->quiet)
        twins_note(&run, &c->flow);
    if (err.kind != ERR_INTERRUPTED)
        print(&run, origin->options, how->kernels, origin->threads, number);
    else if (how->store != NULL)
        err_hint(&err, "The same command goes on from here.");
    enum exit_status status = result < 0       ? cli_fail(&err)
                              : all_held(&run) ? EXIT_DONE
                                               : EXIT_CLAIM_FAILED;
    struct str where = {0};
    if (result < 0 && err.kind != ERR_INTERRUPTED && failure_points(&where, &run))
        fprintf(stderr, "  It is needed where %s.\n", str_text(&where));
    str_release(&where);
    run_release(&run);
    return status;
}

static bool read_seconds(double *seconds, const struct options *options)
{
    *seconds = CHECKPOINT_SECONDS;
    if (options->checkpoint == NULL)
        return true;
    char *end;
    *seconds = strtod(options->checkpoint, &end);
    if (*end != '\0' || end == options->checkpoint || !(*seconds > 0 && *seconds <= 1e6)) {
        cli_misuse("--checkpoint wants a number of seconds above 0, found '%s'",
                   options->checkpoint);
        return false;
    }
    return true;
}

static enum exit_status compile_and_run(const struct options *options, struct run_options *how,
                                        struct run_store *store)
{
    struct compiled c;
    struct facts facts = {.store = store};
    const struct source_memory memory = facts_memory(&facts);
    enum exit_status status = compile_file(&c, options->arguments[0], options, false,
                                           store->path != NULL ? &memory : NULL);
    if (status == EXIT_DONE && store->path != NULL) {
        how->store = run_store_get(store);
        how->unchanged = facts_unchanged;
        how->facts = &facts;
    }
    if (status == EXIT_DONE && store->path != NULL && how->store == NULL) {
        status = cli_fail(&store->err);
    } else if (status == EXIT_DONE) {
        how->folder = c.folder;
        struct run_origin origin = {&c, options, how->kernels->isa, how->threads};
        status = execute(&origin, how);
    }
    facts_release(&facts);
    compile_release(&c);
    return status;
}

enum exit_status cmd_run(const struct options *options)
{
    struct run_options how = {0};
    if (options->n_arguments != 1)
        return cli_misuse("run wants one file");
    if (!cli_machine(&how, options) || !read_seconds(&how.checkpoint_seconds, options))
        return EXIT_MISUSE;
    struct run_store store = {.path = cli_store_path(options, true)};
    how.stop = cli_catch_signals();
    enum exit_status status = compile_and_run(options, &how, &store);
    run_store_close(&store);
    return status;
}
