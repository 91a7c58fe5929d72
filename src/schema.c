// schema.c -- see schema.h. One flat table; a call's arguments are the rows after it.
#include "schema.h"

#include <string.h>

static const struct schema_row rows[] = {
#define SETTING(kind_, name_, state_, type_, default_, min_, max_, choices_, doc_)                     \
    {.row = ROW_SETTING, .kind = DECL_##kind_, .name = #name_, .state = STATE_##state_,               \
     .type = TYPE_##type_, .fallback = default_, .min = min_, .max = max_, .choices = choices_,       \
     .doc = doc_},
#define CALL(group_, name_, state_, doc_)                                                              \
    {.row = ROW_CALL, .group = GROUP_##group_, .name = #name_, .state = STATE_##state_,               \
     .fallback = "-", .choices = "", .doc = doc_},
#define ARG(name_, type_, default_, min_, max_, choices_, doc_)                                        \
    {.row = ROW_ARG, .name = #name_, .state = TYPE_##type_ == TYPE_LATER ? STATE_LATER : STATE_READY, \
     .type = TYPE_##type_, .fallback = default_, .min = min_, .max = max_, .choices = choices_,       \
     .doc = doc_},
#include "schema.def"
#undef SETTING
#undef CALL
#undef ARG
    {.row = ROW_END},
};

static const struct schema_row *const end = rows + ARRAY_LEN(rows) - 1;

const struct schema_row *schema_next_setting(enum decl_kind kind, const struct schema_row *after)
{
    for (const struct schema_row *row = after != NULL ? after + 1 : rows; row < end; row++)
        if (row->row == ROW_SETTING && row->kind == kind)
            return row;
    return NULL;
}

const struct schema_row *schema_setting(enum decl_kind kind, const char *name)
{
    const struct schema_row *row = NULL;
    while ((row = schema_next_setting(kind, row)) != NULL)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

const struct schema_row *schema_next_call(enum schema_group group, const struct schema_row *after)
{
    for (const struct schema_row *row = after != NULL ? after + 1 : rows; row < end; row++)
        if (row->row == ROW_CALL && row->group == group)
            return row;
    return NULL;
}

const struct schema_row *schema_call(enum schema_group group, const char *name)
{
    const struct schema_row *row = NULL;
    while ((row = schema_next_call(group, row)) != NULL)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

const struct schema_row *schema_arg(const struct schema_row *call, size_t i)
{
    const struct schema_row *row = call + 1 + i;
    for (const struct schema_row *r = call + 1; r <= row; r++)
        if (r->row != ROW_ARG)
            return NULL;
    return row;
}

const char *schema_group_noun(enum schema_group group)
{
    static const char *const noun[] = {
        [GROUP_SOURCE] = "a data source",   [GROUP_SHIFT] = "a shift",
        [GROUP_MODEL] = "a model",          [GROUP_OPTIMISER] = "an optimiser",
        [GROUP_SCHEDULE] = "a schedule",    [GROUP_TERM] = "a term of an objective",
        [GROUP_GUIDANCE] = "guidance",      [GROUP_TEACHER] = "a teacher",
        [GROUP_METRIC] = "a metric",        [GROUP_REFERENCE] = "a model to ask",
        [GROUP_CONTROL] = "a control",      [GROUP_DATA] = "a mark on data",
        [GROUP_SELECT] = "a way to select an epoch",
        [GROUP_FUNCTION] = "a function of numbers",
    };
    return noun[group];
}

const char *schema_type_noun(enum schema_type type)
{
    static const char *const noun[] = {
        [TYPE_NUMBER] = "a number",
        [TYPE_INT] = "a whole number",
        [TYPE_SHARE] = "a share, such as 20%",
        [TYPE_BOOL] = "true or false",
        [TYPE_TEXT] = "a string",
        [TYPE_CHOICE] = "a word",
        [TYPE_WORD] = "a word",
        [TYPE_INTS] = "a list of whole numbers",
        [TYPE_NUMBERS] = "a list of numbers",
        [TYPE_TEXTS] = "a list of strings",
        [TYPE_COLUMNS] = "a list of columns",
        [TYPE_SEEDS] = "seeds, such as 0..4",
        [TYPE_PARTS] = "parts by share",
        [TYPE_WEIGHT] = "a number or a schedule",
        [TYPE_LABELS] = "the word labels",
        [TYPE_MODEL] = "a model",
        [TYPE_OPTIMISER] = "an optimiser",
        [TYPE_DATA] = "data",
        [TYPE_OBJECTIVE] = "an objective",
        [TYPE_SELECT] = "last, best(…) or oracle(…)",
        [TYPE_METRIC] = "a metric",
        [TYPE_TEACHER] = "a teacher or a student",
        [TYPE_STUDENT] = "a student",
        [TYPE_TARGETS] = "a teacher, or guidance with targets",
        [TYPE_GUIDANCE] = "guidance",
        [TYPE_TEACHER_LAYER] = "a layer of a teacher",
        [TYPE_LAYER] = "a layer of the student",
        [TYPE_FROZEN] = "a teacher or a student",
        [TYPE_LOSS] = "the name of a loss",
        [TYPE_TEACHERS] = "lists of teachers",
        [TYPE_MODEL_REF] = "a teacher, a student or a ceiling",
        [TYPE_MODELS] = "a list of models",
        [TYPE_DATAS] = "a list of data",
        [TYPE_METRICS] = "a list of metrics",
        [TYPE_ASSERTED] = "arithmetic over metrics",
        [TYPE_ANY] = "a value", // of settings that read theirs in their own way
        [TYPE_LATER] = NULL,
    };
    return (size_t)type < ARRAY_LEN(noun) ? noun[type] : NULL;
}
