// cmd_store.c -- w2s gc, w2s fsck, w2s import: the store as a whole.
#include "runs.h"

#include "exec/keep.h"
#include "store/fsck.h"
#include "store/compact.h"
#include "store/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void run_keys_add(struct digest_set *keys, const struct plan_file *plan, const char *engine)
{
    for (size_t i = 0; i < plan->n; i++) {
        struct digest key = keep_key(engine, &plan->steps[i].key);
        digest_set_add(keys, &key);
    }
}

int run_keys_read(struct digest_set *keys, struct store *store, const struct run_record *run,
                  struct err *err)
{
    struct run_detail detail;
    struct plan_file plan;
    if (run_detail_read(&detail, store, &run->uid, err) < 0)
        return -1;
    int status = run_plan_read(&plan, store, run, err);
    if (status == 0) {
        run_keys_add(keys, &plan, run_detail_fact(&detail, "engine"));
        plan_file_release(&plan);
    }
    run_detail_release(&detail);
    return status;
}

// --- gc ------------------------------------------------------------------------------------------

static bool is_named(const struct run_row *const *rows, size_t n, const struct run_row *row)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i] == row)
            return true;
    return false;
}

// Drops the named runs, and then everything no run needs.
static int collect(struct compacted *gone, const struct runs *runs,
                   const struct run_row *const *dropped, size_t n, struct err *err)
{
    struct digest_set keys = {0};
    struct uid *uids = mem_new(n * sizeof *uids);
    int status = 0;
    for (size_t i = 0; i < n; i++)
        uids[i] = dropped[i]->run.uid;
    for (size_t i = 0; i < runs->n && status == 0; i++)
        if (!is_named(dropped, n, &runs->items[i]))
            status = run_keys_read(&keys, runs->store, &runs->items[i].run, err);
    const struct compact how = {.steps = &keys, .dropped = uids, .n_dropped = n};
    if (status == 0)
        status = store_compact(gone, runs->store, &how, err);
    digest_set_release(&keys);
    mem_free(uids);
    return status;
}

enum exit_status cmd_gc(const struct options *options)
{
    struct runs runs = {0};
    struct err err = {0};
    struct compacted gone;
    struct store *store = store_open(cli_store_path(options, false), STORE_ALONE, &err);
    if (store == NULL)
        return cli_fail(&err);
    enum exit_status status = runs_read(&runs, store);
    const struct run_row **dropped = mem_new(options->n_arguments * sizeof *dropped);
    for (size_t i = 0; i < options->n_arguments && status == EXIT_DONE; i++) {
        dropped[i] = runs_find(&runs, options->arguments[i]);
        status = dropped[i] != NULL ? EXIT_DONE : EXIT_MISUSE;
    }
    if (status == EXIT_DONE && collect(&gone, &runs, dropped, options->n_arguments, &err) < 0)
        status = cli_fail(&err);
    else if (status == EXIT_DONE)
        printf("%zu run%s dropped; %llu steps and %llu files (%.1f MB) were needed by no run\n",
               options->n_arguments, options->n_arguments == 1 ? "" : "s",
               (unsigned long long)gone.steps, (unsigned long long)gone.files,
               1e-6 * (double)gone.bytes);
    mem_free(dropped);
    runs_release(&runs);
    return status;
}

// --- fsck ----------------------------------------------------------------------------------------

static void tell(void *data, const char *problem)
{
    (void)data;
    printf("%s\n", problem);
}

enum exit_status cmd_fsck(const struct options *options)
{
    struct checked found;
    struct err err = {0};
    char head[DIGEST_HEX];
    if (options->n_arguments != 0)
        return cli_misuse("fsck takes no arguments");
    if (store_check(&found, cli_store_path(options, false), options->repair, tell, NULL, &err) < 0)
        return cli_fail(&err);
    printf("%llu records: %llu runs, %llu steps; %llu contents, %.1f MB in files\n",
           (unsigned long long)found.records, (unsigned long long)found.runs,
           (unsigned long long)found.steps, (unsigned long long)found.blobs,
           1e-6 * (double)found.bytes);
    if (found.strays > 0)
        printf("%zu files belong to nothing; 'w2s gc' removes them\n", found.strays);
    digest_hex(head, &found.head);
    printf("head %s\n", head);
    if (found.problems == 0) {
        puts("sound");
        return EXIT_DONE;
    }
    printf("%zu problem%s%s\n", found.problems, found.problems == 1 ? "" : "s",
           options->repair ? ", repaired as far as can be"
                           : "; 'w2s fsck --repair' forgets what is damaged");
    return EXIT_IO;
}

// --- import --------------------------------------------------------------------------------------

enum exit_status cmd_import(const struct options *options)
{
    struct err err = {0};
    if (options->n_arguments == 0)
        return cli_misuse("import wants at least one file made by 'w2s export --as bundle'");
    struct store *store = store_open(cli_store_path(options, false), STORE_MAKE, &err);
    if (store == NULL)
        return cli_fail(&err);
    enum exit_status status = EXIT_DONE;
    for (size_t i = 0; i < options->n_arguments && status == EXIT_DONE; i++) {
        struct transferred got;
        if (store_import(&got, store, options->arguments[i], &err) < 0)
            status = cli_fail(&err);
        else
            printf("%s: %llu runs and %llu steps are new; %llu runs were there\n",
                   options->arguments[i], (unsigned long long)got.runs,
                   (unsigned long long)got.steps, (unsigned long long)got.known);
    }
    store_close(store);
    return status;
}
