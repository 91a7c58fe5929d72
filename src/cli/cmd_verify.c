// cmd_verify.c -- w2s verify: computes a recorded run again, here, and compares every bit with what
// the store says.
#include "replay.h"

#include "base/mem.h"
#include "base/rng.h"
#include "exec/keep.h"
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct verifying {
    struct replay *replay;
    struct store *store;
    struct run run;
    bool *wanted; // by compiled step: computed again
    size_t n_sampled;
    const char *engine; // of the run
};

// The trainings to be computed again: all, or as many as asked for, drawn anew every time.
static bool choose(struct verifying *v, const struct options *options)
{
    const struct plan *plan = &v->replay->compiled.plan;
    uint32_t *train = mem_new(plan->n * sizeof *train);
    size_t n = 0, take;
    for (uint32_t i = 0; i < plan->n; i++)
        if (plan->steps[i].kind == STEP_train)
            train[n++] = i;
    take = n;
    char *end = NULL;
    if (options->sample != NULL) {
        long wanted = strtol(options->sample, &end, 10);
        if (*end != '\0' || end == options->sample || wanted < 1) {
            cli_misuse("--sample wants a number of trainings, found '%s'", options->sample);
            mem_free(train);
            return false;
        }
        take = (size_t)wanted < n ? (size_t)wanted : n;
        struct uid chance = store_new_uid();
        struct rng rng = rng_at(
            rng_key_of((uint64_t)chance.bytes[0] << 32 | chance.bytes[1] << 16 | chance.bytes[2],
                       "sample"),
            0);
        rng_shuffle(&rng, train, n);
    }
    for (size_t i = 0; i < take; i++)
        v->wanted[train[i]] = true;
    v->n_sampled = take;
    mem_free(train);
    return true;
}

// Steps that are computed again for a sample: what it needs, and what needs nothing else.
static void spread(struct verifying *v)
{
    const struct plan *plan = &v->replay->compiled.plan;
    bool *possible = mem_new(plan->n * sizeof *possible);
    for (size_t i = plan->n; i-- > 0;)
        for (uint32_t k = 0; v->wanted[i] && k < plan->steps[i].n_in; k++)
            v->wanted[plan->steps[i].in[k]] = true;
    for (size_t i = 0; i < plan->n; i++) {
        possible[i] = plan->steps[i].kind != STEP_train || v->wanted[i];
        for (uint32_t k = 0; k < plan->steps[i].n_in; k++)
            possible[i] &= possible[plan->steps[i].in[k]];
        v->wanted[i] |= possible[i];
    }
    mem_free(possible);
}

enum verdict { SAME, OTHER, UNKNOWN, SKIPPED };

static enum verdict compare(const struct verifying *v, size_t recorded, struct err *err)
{
    const struct file_step *step = &v->replay->recorded.steps[recorded];
    uint32_t number = v->replay->step_of[recorded];
    struct digest key = keep_key(v->engine, &step->key);
    struct step_record record;
    struct arena arena = {0};
    if (number == STEP_NONE || !keep_records(v->replay->compiled.plan.steps[number].kind))
        return SKIPPED;
    const struct artifact *a = &v->run.artifacts[number];
    if (a->state != ARTIFACT_READY || !a->has_digest)
        return SKIPPED;
    int found = store_find_step(&record, v->store, &key, &arena, err);
    bool same = found == 1 && digest_equal(&record.result, &a->digest);
    arena_release(&arena);
    return found != 1 ? UNKNOWN : same ? SAME : OTHER;
}

static void print_other(const struct file_step *step)
{
    char key[DIGEST_SHORT];
    digest_short(key, &step->key);
    printf("differs first: %s %s", step->kind, step->label);
    if (step->seed != SEED_NONE)
        printf(", seed %lld", (long long)step->seed);
    printf("\n  key %s\n  %s\n", key, step->attrs);
}

// Steps stand after their inputs, so the first that differs is a cause and not a consequence.
static enum exit_status report(const struct verifying *v)
{
    size_t count[SKIPPED + 1] = {0};
    struct err err = {0};
    for (size_t i = 0; i < v->replay->recorded.n; i++) {
        enum verdict verdict = compare(v, i, &err);
        if (verdict == OTHER && count[OTHER] == 0)
            print_other(&v->replay->recorded.steps[i]);
        count[verdict]++;
    }
    if (err_is_set(&err))
        return cli_fail(&err);
    printf("%zu steps computed again have the same bits", count[SAME]);
    if (count[OTHER] > 0)
        printf(", %zu have others", count[OTHER]);
    if (count[UNKNOWN] > 0)
        printf(", %zu are not in the store", count[UNKNOWN]);
    putchar('\n');
    if (v->replay->n_missing > 0) {
        for (size_t i = 0; i < v->replay->recorded.n; i++)
            if (v->replay->step_of[i] == STEP_NONE) {
                printf("%zu steps are none of this plan now: the data, or w2s, are not the same. "
                       "The first:\n",
                       v->replay->n_missing);
                print_other(&v->replay->recorded.steps[i]);
                break;
            }
    }
    return count[OTHER] > 0 || v->replay->n_missing > 0 ? EXIT_CLAIM_FAILED : EXIT_DONE;
}

// The numbers of the run against those it recorded: only when all was computed again.
static bool same_digest(const struct verifying *v, const struct run_row *row)
{
    struct digest digest = run_digest(&v->run);
    char hex[DIGEST_HEX];
    if (v->replay->n_missing > 0 || !row->ended || strcmp(row->state, "done") != 0)
        return true;
    if (v->run.n_failed > 0 || v->n_sampled == 0)
        return true;
    for (size_t i = 0; i < v->run.plan->n; i++)
        if (!v->wanted[i])
            return true;
    digest_hex(hex, &digest);
    bool same = digest_equal(&digest, &row->end.digest);
    printf("digest %s, %s\n", hex, same ? "as recorded" : "and another one is recorded");
    return same;
}

static enum exit_status verify(const struct options *options, struct runs *runs,
                               const struct run_row *row, struct replay *replay)
{
    struct verifying v = {.replay = replay, .store = runs->store};
    const struct plan *plan = &replay->compiled.plan;
    struct run_options how = {0};
    struct err err = {0};
    struct progress progress;
    v.engine = run_detail_fact(&replay->detail, "engine");
    if (!cli_machine(&how, options))
        return EXIT_MISUSE;
    v.wanted = mem_new(plan->n * sizeof *v.wanted);
    enum exit_status status = choose(&v, options) ? EXIT_DONE : EXIT_MISUSE;
    if (status == EXIT_DONE) {
        spread(&v);
        run_init(&v.run, plan);
        v.run.only = v.wanted;
        how.seal_all = true;
        how.folder = replay->folder;
        how.stop = cli_catch_signals();
        how.on_event = progress_event;
        how.data = &progress;
        int result = run_decide(&v.run, NULL, &err);
        progress_init(&progress, &v.run, false);
        if (result == 0)
            result = run_execute(&v.run, &how, &err);
        progress_end(&progress);
        status = result < 0 && err.kind == ERR_INTERRUPTED ? cli_fail(&err) : report(&v);
        if (result < 0 && status == EXIT_DONE)
            status = cli_fail(&err);
        if (status == EXIT_DONE && !same_digest(&v, row))
            status = EXIT_CLAIM_FAILED;
        run_release(&v.run);
    }
    mem_free(v.wanted);
    return status;
}

enum exit_status cmd_verify(const struct options *options)
{
    struct runs runs;
    struct replay replay;
    if (options->n_arguments != 1)
        return cli_misuse("verify wants one run");
    enum exit_status status = runs_open(&runs, options);
    const struct run_row *row =
        status == EXIT_DONE ? runs_find(&runs, options->arguments[0]) : NULL;
    if (status == EXIT_DONE && row == NULL)
        status = EXIT_MISUSE;
    if (status == EXIT_DONE) {
        status = replay_open(&replay, runs.store, row, options->folder);
        if (status == EXIT_DONE)
            status = verify(options, &runs, row, &replay);
        replay_release(&replay);
    }
    runs_release(&runs);
    return status;
}
