// schema.h -- the table of all settings, calls and arguments (schema.def), and look-up in it.
#ifndef W2S_SCHEMA_H
#define W2S_SCHEMA_H

#include "ast.h"

enum schema_type {
    TYPE_NUMBER,    // any number in the range
    TYPE_INT,       // a whole number in the range
    TYPE_BATCH,     // a whole number in the range, or the word `all`
    TYPE_SHARE,     // a number 0..1, usually written with %
    TYPE_BOOL,
    TYPE_TEXT,
    TYPE_CHOICE,    // a bare word among the choices
    TYPE_WORD,      // any bare word
    TYPE_INTS,      // a list of whole numbers
    TYPE_NUMBERS,   // a list of numbers
    TYPE_TEXTS,     // a list of texts, no two equal; or one text. A word that names nothing needs no quotes
    TYPE_COLUMNS,   // a list of numbers of columns, from 1, or of their names
    TYPE_SEEDS,     // a whole number, a list of them, or a range
    TYPE_PARTS,     // { name: share, … }
    TYPE_WEIGHT,    // a number or a schedule
    TYPE_LABELS,    // the word `labels`
    TYPE_MODEL,     // the name of a model, or a call that makes one
    TYPE_OPTIMISER, // a call
    TYPE_DATA,      // data, a part of it, or data through shifts
    TYPE_OBJECTIVE, // the algebra of `learn`
    TYPE_SELECT,    // which epoch is kept
    TYPE_METRIC,    // a metric, with its arguments
    TYPE_TEACHER,   // the name of a teacher or of a student
    TYPE_STUDENT,   // the name of a student
    TYPE_TARGETS,   // the name of a teacher or a student, or guidance with targets
    TYPE_GUIDANCE,  // the name of guidance, or a call that makes it
    TYPE_TEACHER_LAYER, // teacher.hidden[i]
    TYPE_LAYER,     // hidden[i]
    TYPE_FROZEN,    // the name of a teacher or a student that is not trained any more
    TYPE_LOSS,      // the name of a loss of the standard library
    TYPE_TEACHERS,  // lists of the names of teachers
    TYPE_MODEL_REF, // a teacher, a student, or ceiling(student)
    TYPE_MODELS, TYPE_DATAS, TYPE_METRICS, // lists of those
    TYPE_ASSERTED,  // what a claim computes with: metrics of models, numbers
    TYPE_ANY,       // belongs to a part of the language that is not built yet
    TYPE_LATER,
};

enum schema_group {
    GROUP_SOURCE, GROUP_DATA, GROUP_SHIFT, GROUP_MODEL, GROUP_OPTIMISER, GROUP_SCHEDULE, GROUP_TERM, GROUP_GUIDANCE,
    GROUP_TEACHER, GROUP_METRIC, GROUP_REFERENCE, GROUP_CONTROL, GROUP_SELECT, GROUP_FUNCTION,
};

enum schema_state { STATE_READY, STATE_LATER };
enum schema_row_kind { ROW_SETTING, ROW_CALL, ROW_ARG, ROW_END };

struct schema_row {
    enum schema_row_kind row;
    enum decl_kind kind;      // SETTING
    enum schema_group group;  // CALL
    const char *name;
    enum schema_state state;
    enum schema_type type;
    const char *fallback; // "" required, "-" absent, else the default as text
    double min, max;
    const char *choices;
    const char *doc;
};

// The settings of a kind in order: NULL-terminated iteration by `after` (NULL for the first).
const struct schema_row *schema_next_setting(enum decl_kind kind, const struct schema_row *after);
const struct schema_row *schema_setting(enum decl_kind kind, const char *name);
const struct schema_row *schema_call(enum schema_group group, const char *name);
const struct schema_row *schema_next_call(enum schema_group group, const struct schema_row *after);

// Argument `i` of a call, or NULL past the last. A table of rows ends with ROW_END.
const struct schema_row *schema_arg(const struct schema_row *call, size_t i);

static inline bool schema_required(const struct schema_row *row)
{
    return row->fallback[0] == '\0';
}

// "a shift", "a metric": for messages.
const char *schema_group_noun(enum schema_group group);

// "a whole number", "a share, such as 20%": for documentation. NULL of what is not built yet.
const char *schema_type_noun(enum schema_type type);

#endif
