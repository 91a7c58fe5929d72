// subject.c -- see subject.h.
#include "subject.h"

#include "facts.h"
#include "record.h"
#include "replay.h"

#include <string.h>
#include <unistd.h>

// The store, when a run of this file stands in it.
static enum exit_status find_run(struct run_options *how, struct store *store,
                                 const struct compiled *c, const struct options *options)
{
    struct run_origin origin = {c, options, how->kernels->isa, how->threads};
    struct run run;
    struct err err = {0};
    uint64_t number;
    run_init(&run, &c->plan);
    int status = record_find(&number, &how->id, store, &run, &origin, &err);
    run_release(&run);
    if (status == 0 && number > 0 && store_is_writable(store))
        how->store = store;
    return status < 0 ? cli_fail(&err) : EXIT_DONE;
}

static enum exit_status open_file(struct run_options *how, const struct options *options,
                                  subject_function *function)
{
    struct compiled c;
    struct store *store = NULL;
    struct err err = {0};
    const char *path = cli_store_path(options, true);
    enum exit_status status = compile_file(&c, options->arguments[0], options, false, NULL);
    if (status == EXIT_DONE && path != NULL && access(path, F_OK) == 0) {
        store = store_open(path, STORE_READ, &err);
        status = store != NULL ? find_run(how, store, &c, options) : cli_fail(&err);
    }
    how->folder = c.folder;
    if (status == EXIT_DONE)
        status = function(&c, how, options);
    store_close(store);
    compile_release(&c);
    return status;
}

static enum exit_status open_run(struct run_options *how, const struct options *options,
                                 subject_function *function)
{
    struct runs runs = {0};
    struct replay replay;
    if (options->set != NULL || options->seeds != NULL)
        return cli_misuse("--set and --seeds are for files: a run has its own");
    enum exit_status status = runs_open(&runs, options);
    const struct run_row *row =
        status == EXIT_DONE ? runs_find(&runs, options->arguments[0]) : NULL;
    if (row != NULL) {
        status = replay_open(&replay, runs.store, row, options->folder);
        how->folder = replay.folder;
        how->id = row->run.uid;
        how->store = store_is_writable(runs.store) ? runs.store : NULL;
        if (status == EXIT_DONE)
            status = function(&replay.compiled, how, options);
        replay_release(&replay);
    } else if (status == EXIT_DONE) {
        status = EXIT_MISUSE;
    }
    runs_release(&runs);
    return status;
}

static bool is_file(const char *name)
{
    size_t n = strlen(name);
    return (n > 4 && strcmp(name + n - 4, ".w2s") == 0) || access(name, F_OK) == 0;
}

enum exit_status subject_open(const struct options *options, subject_function *function)
{
    struct run_options how = {0};
    if (!cli_machine(&how, options))
        return EXIT_MISUSE;
    how.stop = cli_catch_signals();
    return is_file(options->arguments[0]) ? open_file(&how, options, function)
                                          : open_run(&how, options, function);
}
