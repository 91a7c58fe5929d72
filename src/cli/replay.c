// replay.c -- see replay.h.
#include "replay.h"

#include "base/mem.h"
#include "store/digest_set.h"

#include <stdio.h>
#include <string.h>

static void read_options(struct replay *r)
{
    const char *seeds = run_detail_fact(&r->detail, "seeds"),
               *set = run_detail_fact(&r->detail, "set");
    r->options.seeds = seeds[0] != '\0' ? seeds : NULL;
    for (const char *at = set; *at != '\0';) {
        size_t n = strcspn(at, "\n");
        r->options.set = mem_grow(r->options.set, &r->options.cap_set, r->options.n_set + 1,
                                  sizeof *r->options.set);
        r->options.set[r->options.n_set++] = arena_copy(&r->options.arena, at, n);
        at += n + (at[n] == '\n');
    }
}

// Both lists are in an order of execution of the same program: the same key stands at the same
// place, or near.
static void match_steps(struct replay *r)
{
    const struct plan *plan = &r->compiled.plan;
    struct digest_set keys = {0};
    r->step_of = mem_new(r->recorded.n * sizeof *r->step_of);
    for (size_t i = 0; i < plan->n; i++)
        digest_set_add(&keys, &plan->steps[i].key);
    for (size_t i = 0; i < r->recorded.n; i++) {
        r->step_of[i] = STEP_NONE;
        bool there = digest_set_has(&keys, &r->recorded.steps[i].key);
        for (size_t k = 0; there && r->step_of[i] == STEP_NONE; k++) {
            size_t at = (i + k) % plan->n;
            if (digest_equal(&plan->steps[at].key, &r->recorded.steps[i].key))
                r->step_of[i] = (uint32_t)at;
        }
        r->n_missing += !there;
    }
    digest_set_release(&keys);
}

static int read_run(struct replay *r, size_t *n, struct store *store, const struct run_row *row,
                    struct err *err)
{
    if (run_detail_read(&r->detail, store, &row->run.uid, err) < 0 ||
        run_plan_read(&r->recorded, store, &row->run, err) < 0)
        return -1;
    return store_get(&r->source, n, store, &row->run.source, err);
}

enum exit_status replay_open(struct replay *r, struct store *store, const struct run_row *row,
                             const char *folder)
{
    struct err err = {0};
    size_t n;
    *r = (struct replay){0};
    if (read_run(r, &n, store, row, &err) < 0)
        return cli_fail(&err);
    read_options(r);
    r->folder = folder != NULL ? folder : run_detail_fact(&r->detail, "folder");
    enum exit_status status = compile_text(&r->compiled, run_detail_fact(&r->detail, "file"),
                                           (const char *)r->source, n, r->folder, &r->options);
    if (status == EXIT_NO_INPUT)
        fprintf(stderr, "  --folder DIR says where the data are.\n");
    if (status == EXIT_DONE)
        match_steps(r);
    return status;
}

void replay_release(struct replay *r)
{
    compile_release(&r->compiled);
    options_release(&r->options);
    run_detail_release(&r->detail);
    plan_file_release(&r->recorded);
    mem_free(r->source);
    mem_free(r->step_of);
    *r = (struct replay){0};
}
