// explain.h -- what was learned, in readable form: one file for each kind of teacher.
//
// To add a kind: a file explain_NAME.c with the two functions of struct explain_kind, which tell
// the same facts, and a row in explain.c.
#ifndef W2S_EXPLAIN_H
#define W2S_EXPLAIN_H

#include "exec/run.h"

#include <jansson.h>
#include <stdio.h>

// One model that a run has made.
struct explained {
    const struct run *run;
    const struct step *step;         // that made it; its label names it; NULL in an audit, which has the store alone
    const struct artifact *artifact; // what it made
    const struct table *table;       // of the rows it was made from, for names and units; or NULL
};

struct explain_kind {
    const char *name;
    bool (*takes)(const struct explained *what);
    void (*print)(FILE *out, const struct explained *what);
    void (*add_json)(json_t *object, const struct explained *what);
};

extern const struct explain_kind explain_tree, explain_knn, explain_linear, explain_net,
    explain_ensemble, explain_rules, explain_labels;

// The rows a step was made from; of rules and labels those of explain_votes. STEP_NONE: none.
uint32_t explain_rows(const struct plan *plan, uint32_t step);
// The votes that rules or labels are explained by: on rows that somebody is trained on, the first
// in the plan, or else the first.
uint32_t explain_votes(const struct plan *plan, uint32_t step);

// Whether `w2s explain` shows what this step makes, and the kind that does.
bool explain_has(enum step_kind kind);
const struct explain_kind *explain_kind_of(const struct explained *what);

// Names and units, the same in all kinds. A feature has its column's name, or a pixel's place, or
// its number from 1; a class its name, or its number.
void explain_feature(struct str *out, const struct table *table, size_t feature);
void explain_class(struct str *out, const struct table *table, size_t cls);
json_t *explain_feature_json(const struct table *table, size_t feature);
json_t *explain_class_json(const struct table *table, size_t cls);
double explain_raw(const struct table *table, size_t feature, double x); // before standardisation
double explain_factor(const struct table *table, size_t feature);        // 1 where there is none

#endif
