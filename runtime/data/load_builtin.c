// load_builtin.c -- builtin(name): data sets that ship inside w2s, gzip csv embedded by builtin.S.
// What they are and where they come from is in stdlib/data/README.md.
#include "data/loaders.h"

#include <string.h>

extern const uint8_t w2s_digits_begin[], w2s_digits_end[];
extern const uint8_t w2s_spambase_begin[], w2s_spambase_end[];

static const struct builtin {
    const char *name;
    const uint8_t *begin, *end;
    const char *label; // the label's column
    double unit;       // on every feature; brings pixels to 0..1
    struct table_facts facts;
} BUILTINS[] = {
    {"digits", w2s_digits_begin, w2s_digits_end, "digit", 1.0 / 16, {1797, 64, 10, {8, 8, 1}}},
    {"spambase", w2s_spambase_begin, w2s_spambase_end, "type", 1, {4601, 57, 2, {0, 0, 0}}},
};

static const struct builtin *builtin_of(const struct value *call, struct err *err)
{
    const char *name = value_arg_text(call, "name");
    for (size_t i = 0; i < ARRAY_LEN(BUILTINS); i++)
        if (strcmp(name, BUILTINS[i].name) == 0)
            return &BUILTINS[i];
    char show[SHOWN];
    err_set(err, ERR_DATA, "there is no builtin data set '%s'", shown(show, name, strlen(name)));
    struct str known = {0};
    for (size_t i = 0; i < ARRAY_LEN(BUILTINS); i++)
        str_format(&known, "%s%s", i > 0 ? ", " : "", BUILTINS[i].name);
    err_hint(err, "There are: %s.", str_text(&known));
    str_release(&known);
    return NULL;
}

int builtin_bytes(const uint8_t **bytes, size_t *n, const struct value *call, struct err *err)
{
    const struct builtin *set = builtin_of(call, err);
    if (set == NULL)
        return -1;
    *bytes = set->begin;
    *n = (size_t)((uintptr_t)set->end - (uintptr_t)set->begin);
    return 0;
}

int facts_builtin(struct table_facts *facts, const struct value *call, const char *folder,
                  struct err *err)
{
    (void)folder;
    const struct builtin *set = builtin_of(call, err);
    if (set == NULL)
        return -1;
    *facts = set->facts;
    return 0;
}

int load_builtin(struct table *table, const struct value *call, double scale, const char *folder,
                 struct err *err)
{
    (void)folder;
    const uint8_t *bytes;
    size_t n;
    const struct builtin *set = builtin_of(call, err);
    if (set == NULL || builtin_bytes(&bytes, &n, call, err) < 0)
        return -1;
    struct stream s;
    stream_open_memory(&s, set->name, bytes, n);
    const struct value_arg label = {"label", value_text(set->label)};
    const struct value csv = {.kind = VALUE_CALL, .text = "csv", .n = 1, .args = &label};
    int status = load_csv_stream(table, &s, &csv, scale * set->unit, err);
    stream_close(&s);
    table->image = set->facts.image;
    return status;
}

int columns_builtin(struct table *names, const struct value *call, struct err *err)
{
    const uint8_t *bytes;
    size_t n;
    const struct builtin *set = builtin_of(call, err);
    if (set == NULL || builtin_bytes(&bytes, &n, call, err) < 0)
        return -1;
    if (set->facts.image.height > 0)
        return 0;
    struct stream s;
    stream_open_memory(&s, set->name, bytes, n);
    const struct value_arg label = {"label", value_text(set->label)};
    const struct value csv = {.kind = VALUE_CALL, .text = "csv", .n = 1, .args = &label};
    int status = csv_columns_stream(names, &s, &csv, err);
    stream_close(&s);
    return status;
}
