// run.h -- executes a plan: every step once, as soon as its inputs are there, on all threads.
//
// Life cycle: run_init, run_execute, read the artifacts, run_release. The plan is borrowed and
// never changed; what a run makes lies beside it, one artifact a step. The results do not depend on
// the number of threads or on the order in which steps happen to finish.
//
// With a store, a step whose result is there is not carried out; its values are read only when a
// step that has to be carried out needs them. What a step gave is durable when RUN_FINISHED tells
// of it. A step that another process is making is waited for. An interrupted run goes on where it
// was.
//
// A step that fails (its loss became nan, its data is wrong) takes with it only the steps that need
// it; the others go on. run_execute then returns negative; `err` tells of the failed step that
// stands first in the plan, or that the run was interrupted.
#ifndef W2S_RUN_H
#define W2S_RUN_H

#include "data/table.h"
#include "eval/stat.h"
#include "kernel/kernel.h"
#include "model/train.h"
#include "plan/plan.h"
#include "store/store.h"

// The result of a compare step.
struct comparison {
    bool is_ratio;            // pgr
    struct interval interval; // !is_ratio
    bool bootstrapped;        // the interval is BCa's, and not symmetric
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
    struct table table; // load, shift, shuffle of rows: owned
    struct rows rows;   // all steps that give rows
    struct model model; // init, train
    float *values;      // init, train: parameters; predict: logits; guide, shuffle: targets
    size_t n_values;
    size_t n, classes; // of logits and targets
    double *weights;   // train with a mixture of teachers: epochs x V shares, those after each epoch
    size_t n_weights;
    double *curve;     // train: a mean loss an epoch; with `select`, a score an epoch behind them
    size_t n_curve;
    double number; // evaluate
    struct comparison comparison;
    struct claim_result claim;
    double *owned_numbers; // behind comparison.value
    struct digest digest;  // of parameters and numbers, NaN canonical
    bool has_digest;
    double seconds;
};

// What a run does about a step.
enum duty_kind {
    DUTY_NONE,  // nothing that has to be made needs it
    DUTY_KNOWN, // its record has all that is needed
    DUTY_LOAD,  // from the store
    DUTY_MAKE,
};

struct duty {
    enum duty_kind kind;
    bool needed, whole; // whole: its values are, not only its number
    bool recorded;      // the store knows the step; then:
    struct digest result, payload;
    double number;
};

enum run_event_kind { RUN_STARTED, RUN_EPOCH, RUN_FINISHED };

struct run_event {
    enum run_event_kind kind;
    uint32_t step;
    struct train_progress progress; // RUN_EPOCH
    size_t done, total;             // steps that had to be carried out or read
};

struct run_options {
    const struct kernels *kernels;
    unsigned threads;       // >= 1
    const char *folder;     // where relative paths start
    const atomic_int *stop; // non-zero: end soon with ERR_INTERRUPTED; may be NULL
    void (*on_event)(void *data, const struct run_event *event); // one call at a time; may be NULL
    void *data;
    bool seal_all;       // digest every artifact, also without a store
    struct store *store; // results are taken from it and put into it; NULL: none
    struct uid id;       // of the run in the store
    // False when a source is not what it was when the plan was made; may be NULL.
    bool (*unchanged)(void *facts, const struct value *source, const char *folder);
    void *facts;
    double checkpoint_seconds; // between two states of a long step; 0: only at an interrupt
};

enum { ENGINE_NAME = 32 };

struct run {
    const struct plan *plan;
    char engine[ENGINE_NAME];   // keep.h
    struct artifact *artifacts; // by step
    const bool *wanted;         // by step: values to be kept to the end; borrowed; NULL: none
    const bool *only;           // by step: these, and what they need; borrowed; NULL: all
    struct duty *duties;        // by step; from run_decide
    size_t n_made, n_known;     // steps to be made, and found in the store; rows and numbers alike
    size_t n_failed;
    double flops; // of the steps that were made
    double seconds;
};

void run_init(struct run *run, const struct plan *plan);
void run_release(struct run *run);

// Looks up what is in the store already. run_execute does it unless it has been done.
W2S_MUST_CHECK int run_decide(struct run *run, struct store *store, struct err *err);
W2S_MUST_CHECK int run_execute(struct run *run, const struct run_options *options, struct err *err);

// One digest over everything the run computed: equal on every machine, for any number of threads.
struct digest run_digest(const struct run *run);

#endif
