// diag_json.c -- diagnostics for programs: one JSON object a line; see diag.h.
#include "diag.h"

#include <jansson.h>

// Adds line, column, end_line, end_column: from 1, columns in code points, the end exclusive. All
// are null where the message has no place.
static void add_place(json_t *object, const struct source *source, struct span span)
{
    static const char *const key[] = {"line", "column", "end_line", "end_column"};
    struct place begin = source_place(source, span.begin), end = source_place(source, span.end);
    uint32_t value[] = {begin.line, begin.column, end.line, end.column};
    bool nowhere = span.begin == 0 && span.end == 0;
    for (size_t i = 0; i < ARRAY_LEN(key); i++)
        json_object_set_new(object, key[i], nowhere ? json_null() : json_integer(value[i]));
}

static json_t *diag_json(const struct diag *diag, const struct source *source)
{
    char code[16];
    snprintf(code, sizeof code, "W2S%04d", (int)diag->code);
    json_t *object = json_object();
    json_object_set_new(object, "severity",
                        json_string(diag->severity == DIAG_ERROR ? "error" : "warning"));
    json_object_set_new(object, "code", json_string(code));
    json_object_set_new(object, "file", json_string(source->path));
    add_place(object, source, diag->span);
    json_object_set_new(object, "message", json_string(diag->text));
    json_object_set_new(object, "hint", diag->hint ? json_string(diag->hint) : json_null());
    if (diag->other_text != NULL) {
        json_t *other = json_object();
        add_place(other, source, diag->other);
        json_object_set_new(other, "message", json_string(diag->other_text));
        json_object_set_new(object, "other", other);
    }
    return object;
}

void diags_print_json(FILE *out, struct diags *diags, const struct source *source)
{
    diags_sort(diags);
    for (size_t i = 0; i < diags->n; i++) {
        json_t *object = diag_json(&diags->items[i], source);
        json_dumpf(object, out, JSON_COMPACT);
        fputc('\n', out);
        json_decref(object);
    }
}
