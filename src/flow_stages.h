// flow_stages.h -- the flow of data at one place of a plan: first seed, first point of the sweep.
//
// Life cycle: flow_stages_init, read, flow_stages_release. Plan and flow are borrowed. Rows are
// steps of the plan.
#ifndef W2S_FLOW_STAGES_H
#define W2S_FLOW_STAGES_H

#include "flow.h"

#include <jansson.h>
#include <stdio.h>

enum flow_stage_kind {
    FLOW_STANDARDIZE,
    FLOW_TEACHER,
    FLOW_STUDENT,
    FLOW_CEILING,
    FLOW_CONTROL,
    FLOW_GUIDANCE,
    FLOW_SELECTION,
    FLOW_EVALUATION
};

struct flow_stage {
    enum flow_stage_kind kind;
    const char *call;                    // of a ceiling or a control: how it is written
    const char *name;                    // of the model; of the data that is standardised
    uint32_t rows;                       // whose features it reads
    bool gold;                           // and their gold labels
    bool oracle;                         // a selection: the file says oracle(...)
    double holdout;                      // a selection: by this share of the rows; 0: by all
    const struct flow_training **models; // an evaluation: who is measured
    size_t n_models;
    const struct flow_training **seen; // of those behind it, whose rows these are
    size_t n_seen;
    const struct flow_training **through; // who saw gold labels, and is behind it
    size_t n_through;
};

// Rows that are measured, and rows that a model behind them was trained on.
enum { FLOW_FIRST_TWINS = 3 };
struct flow_twins {
    uint32_t measured, trained;
    size_t n; // rows of the first with the same features as some row of the second
    uint64_t first[FLOW_FIRST_TWINS]; // the lowest numbers of them in their source, from 1
};

struct flow_stages {
    const struct plan *plan;
    const struct flow *flow;
    struct arena arena;
    bool *needed;             // by step: it belongs to this place
    uint32_t *training;       // by step: 1 + the number of its first training
    uint32_t *rows;           // by training: its rows, or STEP_NONE
    struct flow_stage *items; // in the order of the plan, evaluations last
    size_t n, cap;
    struct flow_twins
        *twins; // to be counted by who can read data; shifts at their end are left out
    size_t n_twins, cap_twins;
};

void flow_stages_init(struct flow_stages *stages, const struct plan *plan, const struct flow *flow);
void flow_stages_release(struct flow_stages *stages);

const char *flow_stage_kind_name(enum flow_stage_kind kind);
// NULL: it was trained on none.
const char *flow_rows_label(const struct flow_stages *stages, const struct flow_training *training);

// "2 rows of d.test have a twin in d.gold: the same features (rows 3, 17 of the source)".
void flow_twins_text(struct str *out, const struct flow_stages *stages, const struct flow_twins *twins);

// Text for people, JSON for tools (docs/json.md).
void flow_print(FILE *out, const struct flow_stages *stages);
json_t *flow_json(const struct flow_stages *stages);
void flow_print_json(FILE *out, const struct flow_stages *stages);

#endif
