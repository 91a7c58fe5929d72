// record.h -- a run written into its store: what it set out to do, where, and what came of it.
#ifndef W2S_RECORD_H
#define W2S_RECORD_H

#include "cli.h"
#include "exec/run.h"

// What a run is besides its plan.
struct run_origin {
    const struct compiled *compiled;
    const struct options *options;
    const char *isa;
    unsigned threads;
};

// A finished run of the same file and plan, whose results are the same by construction: its number,
// or 0. `uid` receives its name.
W2S_MUST_CHECK int record_find(uint64_t *number, struct uid *uid, struct store *store,
                               const struct run *run, const struct run_origin *origin,
                               struct err *err);

// The run begins; gives its number, and `uid` its name.
W2S_MUST_CHECK int record_start(uint64_t *number, struct uid *uid, struct store *store,
                                const struct run *run, const struct run_origin *origin,
                                struct err *err);

// The run is over: its numbers and claims, and how it ended. `why`: what failed, or none.
W2S_MUST_CHECK int record_end(struct store *store, const struct uid *uid, const struct run *run,
                              const struct err *why, struct err *err);

#endif
