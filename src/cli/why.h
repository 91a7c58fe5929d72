// why.h -- everything a plan has to say about one row: one JSON object (docs/json.md), which
// why_text.c puts into words, so that people and tools are told the same.
#ifndef W2S_WHY_H
#define W2S_WHY_H

#include "explain.h"
#include "row_name.h"

// What has been asked and answered.
struct why {
    const struct run *run; // with the artifacts that the functions below read
    const struct flow_stages *stages;
    const struct row_name *row;
    const uint32_t *said; // by step of the stages: its logits on the rows of `row`, or STEP_NONE
    size_t n_said;
};

// Whether somebody is trained by this step, or votes by it.
bool why_is_model(enum step_kind kind);

// The row's position among those of a train step; ROW_ABSENT: it is none of them.
size_t why_place(const struct row_name *row, const struct plan *plan, const struct step *train);

void why_add_row(json_t *object, const struct why *why);       // row, gold, features
void why_add_models(json_t *object, const struct why *why);    // models
void why_add_trainings(json_t *object, const struct why *why); // trainings

// {"class": 1, "class_name": "spam"}
json_t *why_class(const struct why *why, size_t cls);

void why_print(FILE *out, const json_t *why);

#endif
