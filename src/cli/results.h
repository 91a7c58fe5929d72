// results.h -- the results of a run: as tables for people, as JSON for tools. Both read the same artifacts.
#ifndef W2S_RESULTS_H
#define W2S_RESULTS_H

#include "exec/verdict.h"

#include <jansson.h>
#include <stdio.h>

// One table for each data set: a row for each model (and point of the sweep), a column for each metric;
// notes for numbers that are refused; then tests between models, plots, the claims and the digest.
void results_print(FILE *out, const struct run *run);

// One JSON object; docs/json.md describes it.
void results_print_json(FILE *out, const struct run *run, const char *isa, unsigned threads);

// What the report shows: "plots" of that object.
json_t *results_plots_json(const struct plan *plan);

// The plots of the report, as tables; part of results_print.
void results_print_plots(FILE *out, const struct run *run);

// The tests between models, a table for each evaluate block that asks for them; part of results_print.
void results_print_tests(FILE *out, const struct run *run);

// The mean with its interval, as it stands in tables; "refused" or "–" where there is none.
void results_number(struct str *text, const struct run *run, const struct plan_number *number);

#endif
