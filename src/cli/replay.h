// replay.h -- a recorded run's plan, compiled again from the file that the store kept.
//
// The program and the data decide what comes out; that it is the same plan is checked by its keys,
// which hold the digests of the data.
#ifndef W2S_REPLAY_H
#define W2S_REPLAY_H

#include "exec/run.h"
#include "runs.h"

struct replay {
    struct compiled compiled;
    struct options options; // as the run had them
    uint8_t *source;
    struct run_detail detail;
    struct plan_file recorded;
    uint32_t *step_of; // by step of `recorded`: the compiled step with its key, or STEP_NONE
    size_t n_missing;  // recorded steps the compiled plan does not have
    const char *folder;
};

// `folder`: where the data are; NULL: where the run found them. EXIT_DONE, or why not after a
// message. replay_release is due in both cases.
enum exit_status replay_open(struct replay *r, struct store *store, const struct run_row *row,
                             const char *folder);
void replay_release(struct replay *r);

// The kernels and threads of this process into `how`. False after a message. In cmd_run.c, as is
// the next.
bool cli_machine(struct run_options *how, const struct options *options);
// From now on SIGINT and SIGTERM set the flag it gives; a second one kills.
const atomic_int *cli_catch_signals(void);

#endif
