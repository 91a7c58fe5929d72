// runs_json.h -- recorded runs as JSON: one form for list, show and export; docs/json.md describes
// it.
#ifndef W2S_RUNS_JSON_H
#define W2S_RUNS_JSON_H

#include "runs.h"

#include <jansson.h>

json_t *run_row_json(const struct run_row *row); // without its numbers
json_t *run_json(const struct run_row *row, const struct run_detail *detail);

#endif
