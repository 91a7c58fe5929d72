// run.h -- executes a plan: every step once, as soon as its inputs are there, on all threads.
//
// Life cycle: run_init, run_execute, read the artifacts, run_release. The plan is borrowed and never
// changed; what a run makes lies beside it, one artifact a step. The results do not depend on the number of
// threads or on the order in which steps happen to finish.
//
// A step that fails (its loss became nan, its data is wrong) takes with it only the steps that need it; the
// others go on. run_execute then returns negative; `err` tells of the failed step that stands first in the plan,
// or that the run was interrupted.
#ifndef W2S_RUN_H
#define W2S_RUN_H

#include "data/table.h"
#include "eval/stat.h"
#include "kernel/kernel.h"
#include "model/train.h"
#include "plan/plan.h"

// The result of a compare step.
struct comparison {
    bool is_ratio;           // pgr
    struct interval interval; // !is_ratio
    struct ratio ratio;       // is_ratio
    const double *value;      // one a seed; for a ratio NaN where the gap of that seed is 0
    size_t n;
    double level;
};

struct claim_result {
    bool held;
    struct paired_test test; // of the difference against 0
    double level;
};

enum artifact_state { ARTIFACT_NONE, ARTIFACT_READY, ARTIFACT_FAILED, ARTIFACT_RELEASED };

// What a step made. Which members are used follows from the kind of the step.
struct artifact {
    enum artifact_state state;
    struct table table;   // load, shift, shuffle of rows: owned
    struct rows rows;     // all steps that give rows
    struct model model;   // init, train
    float *values;        // init, train: parameters; predict: logits; guide, shuffle: targets
    size_t n_values;
    size_t n, classes;    // of logits and targets
    double *curve;        // train: one mean loss an epoch
    size_t n_curve;
    double number;        // evaluate
    struct comparison comparison;
    struct claim_result claim;
    double *owned_numbers; // behind comparison.value
    struct digest digest;  // of parameters and numbers, NaN canonical
    bool has_digest;
    double seconds;
};

enum run_event_kind { RUN_STARTED, RUN_EPOCH, RUN_FINISHED };

struct run_event {
    enum run_event_kind kind;
    uint32_t step;
    struct train_progress progress; // RUN_EPOCH
    size_t done, total;             // steps
};

struct run_options {
    const struct kernels *kernels;
    unsigned threads;            // >= 1
    const char *folder;          // where relative paths start
    const atomic_int *stop;    // non-zero: end soon with ERR_INTERRUPTED; may be NULL
    void (*on_event)(void *data, const struct run_event *event); // one call at a time; may be NULL
    void *data;
};

struct run {
    const struct plan *plan;
    struct artifact *artifacts; // by step
    size_t n_failed;
    double seconds;
};

void run_init(struct run *run, const struct plan *plan);
void run_release(struct run *run);
W2S_MUST_CHECK int run_execute(struct run *run, const struct run_options *options, struct err *err);

// One digest over everything the run computed: equal on every machine, for any number of threads.
struct digest run_digest(const struct run *run);

#endif
