// rules_print.h -- the rules of a teacher in words: ids, texts, citations. For who wants to know
// what a student learned from: flow, audit.
#ifndef W2S_RULES_PRINT_H
#define W2S_RULES_PRINT_H

#include "hook/rules.h"

#include <jansson.h>
#include <stdio.h>

// Rules as they stand in a step: the name of the teacher, the file, the text of the script.
struct rules_source {
    const char *teacher, *file, *text;
};

void rules_print(FILE *out, const struct rules_source *source);
json_t *rules_json(const struct rules_source *source); // docs/json.md

#endif
