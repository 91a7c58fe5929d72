// plan.h -- the plan: a flat, read-only list of steps, each with a key; what the compiler gives the runtime.
//
// A step's inputs have smaller numbers than the step, so the order of the list is an order of execution.
// A key is a digest of everything that determines the step's result: its kind, its attributes in
// canonical form, its seed and its inputs' keys (and, for `load`, the content of the files). Equal keys
// are one step: a teacher is trained once for all its students. Labels are for people and not in keys.
//
// Life cycle: plan_init, plan_add ..., plan_prune, then read-only; plan_release. State of a run lies beside it
// (exec/run.h), never in it.
#ifndef W2S_PLAN_H
#define W2S_PLAN_H

#include "base/arena.h"
#include "base/digest.h"
#include "plan/value.h"

enum step_kind {
#define STEP(id, doc) STEP_##id,
#include "plan/steps.def"
#undef STEP
    STEP_KINDS,
};

#define STEP_NONE UINT32_MAX
enum { SEED_NONE = -1 };

// Sizes for people and for scheduling; 0 where only the run can tell.
struct step_facts {
    uint64_t rows, features, classes;
    uint32_t height, width, channels; // of images
    const char *group; // what the groups of the rows are called: "color"; NULL: there are none, or nobody says
    uint64_t params;
    double flops;
};

struct step {
    enum step_kind kind;
    uint32_t n_in;
    const uint32_t *in;
    int64_t seed;         // SEED_NONE: the same for all seeds
    const char *label;    // "naive", "digits.test |> noisy"
    struct value attrs;   // a call named after the kind
    struct digest key;
    struct step_facts facts;
    bool oracle; // it depends on a selection on test rows (`oracle(...)`); inherited from inputs
};

// One place of the sweep: the values of the swept parameters. A plan without a sweep has one, with none.
struct plan_point {
    size_t n;
    const char *const *name;
    const struct value *value;
};

// A number that was asked for: the result of a compare step, or none and the reason.
struct plan_number {
    uint32_t step; // STEP_NONE when it has no meaning here
    uint32_t point;
    const char *model, *on, *metric; // labels, as written
    const char *why_none;            // when step is STEP_NONE
    bool control;
};

struct plan_claim {
    uint32_t step; // STEP_NONE when no point of the sweep meets its condition
    uint32_t point;
    const char *title; // may be NULL
    const char *text;  // the assertion as written
    bool all_points;   // it is about all of them, and stands at the last
};

// A plot that the report asks for, over numbers of the plan: which metric on which data (labels, as
// written), over which swept param, and what its lines are: "model", or another swept param.
struct plan_plot {
    const char *metric, *over, *by, *on;
};

// A test between two numbers, of different models at the same point: whether x and y are the same over the
// seeds. Those of one family are adjusted together.
struct plan_test {
    const char *kind; // "t", "wilcoxon", "permutation"
    uint32_t x, y;    // in `numbers`
    uint32_t family;
};

struct plan {
    struct arena arena;
    struct step *steps;
    size_t n, cap;
    uint32_t *slot; // open addressing by key
    size_t n_slots;

    const char *title;
    const int64_t *seeds;
    size_t n_seeds;
    struct plan_point *points;
    size_t n_points, cap_points;
    struct plan_number *numbers;
    size_t n_numbers, cap_numbers;
    struct plan_claim *claims;
    size_t n_claims, cap_claims;
    struct plan_plot *plots;
    size_t n_plots, cap_plots;
    struct plan_test *tests; // of one point after another, there of one family after another
    size_t n_tests, cap_tests;
};

void plan_init(struct plan *plan);
void plan_release(struct plan *plan);

// Adds the step, or finds the one with the same key. `step` needs kind, attrs, in, n_in, seed, label,
// facts and, where it begins with this step, oracle; all of it is copied. `content`, or NULL, is the
// digest of data outside the plan that the step reads.
uint32_t plan_add(struct plan *plan, const struct step *step, const struct digest *content);

// Drops the steps that no number and no claim needs, such as a teacher whose guidance has weight 0 at every
// point. Steps are numbered anew, in the same order.
void plan_prune(struct plan *plan);

const char *step_kind_name(enum step_kind kind);
const char *step_kind_doc(enum step_kind kind);

// Sum of the floating-point operations of all steps.
double plan_flops(const struct plan *plan);

#endif
