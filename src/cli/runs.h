// runs.h -- the runs of a store, for the commands that look at them.
#ifndef W2S_RUNS_H
#define W2S_RUNS_H

#include "cli.h"
#include "store/plan_file.h"
#include "store/store.h"

struct run_row {
    struct run_record run;
    struct end_record end; // zero until it has ended
    bool ended;
    size_t n_claims, n_held, n_numbers;
    const char *state; // done, failed, interrupted; running, killed
};

struct runs {
    struct arena arena;
    struct store *store;
    struct run_row *items; // in the order of their numbers
    size_t n, cap;
};

// Opens the store for reading and reads its runs. EXIT_DONE, or why not after a message.
enum exit_status runs_open(struct runs *runs, const struct options *options);
enum exit_status runs_read(struct runs *runs, struct store *store); // of an open store
void runs_release(struct runs *runs);                               // closes the store too

// The run named by a number, `last`, or the start of its id. NULL after a message.
const struct run_row *runs_find(const struct runs *runs, const char *name);

// Where a process that lives has the run open, so that others can tell it from one that was killed.
struct digest runs_claim(const struct uid *run);

// Everything about a run; texts in `arena`.
struct run_detail {
    struct arena arena;
    struct provenance_record *provenance;
    struct cell_record *cells;
    struct metric_record *metrics;
    struct claim_record *claims;
    size_t n_provenance, n_cells, n_metrics, n_claims;
    size_t cap[4];
};
W2S_MUST_CHECK int run_detail_read(struct run_detail *out, struct store *store,
                                   const struct uid *run, struct err *err);
void run_detail_release(struct run_detail *detail);
const char *run_detail_fact(const struct run_detail *detail, const char *name); // "" when unknown
const char *run_detail_params(const struct run_detail *detail, uint64_t point);

// The plan of a run.
W2S_MUST_CHECK int run_plan_read(struct plan_file *out, struct store *store,
                                 const struct run_record *run, struct err *err);

// The keys in the store of every step of the run's plan, which some engine made.
struct digest_set;
void run_keys_add(struct digest_set *keys, const struct plan_file *plan, const char *engine);
W2S_MUST_CHECK int run_keys_read(struct digest_set *keys, struct store *store,
                                 const struct run_record *run, struct err *err);

void write_uid(char hex[33], const struct uid *uid);
void write_time(char text[32], double time); // local time, to the second
// "0.8303 ± 0.0914", "0.1154 [-0.0167, 0.3996]", "refused", or "–"
void write_metric(struct str *out, const struct metric_record *metric);

#endif
