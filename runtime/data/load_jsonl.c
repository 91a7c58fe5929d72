// load_jsonl.c -- jsonl(path, label, ...): one JSON object a line, as pandas and Hugging Face
// datasets write it. jansson reads the JSON; frame.c knows what a column is for and what a value
// means.
//
// The first object says what fields there are. A field is a number, a word or a list of numbers,
// which is as many columns: 'field[0]', 'field[1]', ... A field that is absent or null has no
// value. With `features: [...]` only those fields, and those that have another purpose, are read;
// the others may hold anything.
#include "data/frame.h"

#include "base/mem.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum {
    MAX_LINE = 1 << 22, // bytes
    SPARSEST = 64,      // cells a byte of the file: more are never there
};

struct field {
    const char *name;
    size_t column, n; // the first of its columns, and how many
    bool list;
    bool ignored; // dropped: its value may be anything
};

struct jsonl {
    struct frame frame;
    const struct value *features; // the names of the fields, or NULL
    bool header_only, header_done;
    size_t bytes, lines; // of the text: bounds for the number of rows
    struct field *field;
    size_t n_fields, cap;
};

// --- fields --------------------------------------------------------------------------------------

static bool among(const struct value *names, const char *name)
{
    for (size_t i = 0; names != NULL && i < names->n; i++)
        if (strcmp(names->items[i].text, name) == 0)
            return true;
    return false;
}

static bool is_wanted(const struct jsonl *j, const char *name)
{
    bool wanted = j->features == NULL || among(j->features, name) ||
                  among(value_arg(j->frame.call, "drop"), name);
    for (enum role role = LABEL; role < ROLES; role++)
        wanted |= j->frame.asked[role] != NULL && strcmp(j->frame.asked[role], name) == 0;
    return wanted;
}

static void add_field(struct jsonl *j, const char *name, const json_t *value)
{
    struct frame *frame = &j->frame;
    struct field field = {.name = arena_text(&frame->text, name),
                          .column = frame->n_columns,
                          .n = 1,
                          .ignored = among(value_arg(frame->call, "drop"), name)};
    if (json_is_array(value) && !field.ignored) {
        field.list = true;
        field.n = json_array_size(value);
    }
    struct str column = {0};
    for (size_t i = 0; i < field.n && !frame->stop; i++) {
        str_clear(&column);
        str_add(&column, name);
        if (field.list)
            str_format(&column, "[%zu]", i);
        frame_add_column(frame, str_text(&column), column.len);
    }
    str_release(&column);
    j->field = mem_grow(j->field, &j->cap, j->n_fields + 1, sizeof *j->field);
    j->field[j->n_fields++] = field;
}

// Room for a row a line, unless most of the values would be missing ones that take no byte.
static void make_room(struct jsonl *j)
{
    struct frame *frame = &j->frame;
    if (j->lines / SPARSEST > j->bytes / frame->n_inputs) {
        err_set(frame->err, ERR_DATA,
                "'%s' has up to %zu rows of %zu features in %zu bytes: most are missing",
                frame->path, j->lines, frame->n_inputs, j->bytes);
        frame->stop = true;
        return;
    }
    frame_make_room(frame, j->lines);
}

static void add_fields(struct jsonl *j, json_t *object)
{
    const char *name;
    json_t *value;
    struct frame *frame = &j->frame;
    json_object_foreach(object, name, value)
    {
        if (!frame->stop && is_wanted(j, name))
            add_field(j, name, value);
    }
    for (size_t i = 0; j->features != NULL && i < j->features->n && !frame->stop; i++) {
        char show[SHOWN];
        name = j->features->items[i].text;
        if (json_object_get(object, name) == NULL)
            frame_fail(frame, "has no field '%s'", shown(show, name, strlen(name)));
    }
    if (!frame->stop)
        frame_end_columns(frame);
    if (frame->stop)
        return;
    j->header_done = true;
    if (j->header_only)
        frame->stop = true;
    else
        make_room(j);
}

// --- rows ----------------------------------------------------------------------------------------

// A name that is a whole number keeps all its digits; a double would not.
static void take_integer(struct frame *frame, size_t column, json_int_t x)
{
    char text[32];
    if (frame->column[column].role == NUMBER) {
        frame_take_number(frame, column, (double)x);
        return;
    }
    int n = snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, x);
    frame_take_text(frame, column, text, (size_t)n);
}

static void take_value(struct jsonl *j, const struct field *field, size_t column,
                       const json_t *value)
{
    struct frame *frame = &j->frame;
    char show[SHOWN];
    if (value == NULL || json_is_null(value))
        frame_take_text(frame, column, "", 0);
    else if (json_is_string(value))
        frame_take_text(frame, column, json_string_value(value), json_string_length(value));
    else if (json_is_integer(value))
        take_integer(frame, column, json_integer_value(value));
    else if (json_is_real(value) || json_is_boolean(value))
        frame_take_number(frame, column,
                          json_is_boolean(value) ? json_is_true(value) : json_real_value(value));
    else
        frame_fail(frame, "has a list or an object in '%s', expected a number or a word",
                   shown(show, field->name, strlen(field->name)));
}

static void take_list(struct jsonl *j, const struct field *field, const json_t *list)
{
    bool missing = list == NULL || json_is_null(list);
    if (!missing && (!json_is_array(list) || json_array_size(list) != field->n)) {
        char show[SHOWN];
        const char *name = shown(show, field->name, strlen(field->name));
        if (json_is_array(list))
            frame_fail(&j->frame, "has %zu values in '%s', expected %zu", json_array_size(list),
                       name, field->n);
        else
            frame_fail(&j->frame, "has no list in '%s'", name);
        return;
    }
    for (size_t i = 0; i < field->n && !j->frame.stop; i++)
        take_value(j, field, field->column + i, missing ? NULL : json_array_get(list, i));
}

static void refuse_new_field(struct jsonl *j, json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        size_t i = 0;
        while (i < j->n_fields && strcmp(j->field[i].name, name) != 0)
            i++;
        char show[SHOWN];
        if (i == j->n_fields && !j->frame.stop)
            frame_fail(&j->frame, "has a field '%s' that the first line has not",
                       shown(show, name, strlen(name)));
    }
}

static void take_row(struct jsonl *j, json_t *object)
{
    size_t found = 0;
    for (size_t i = 0; i < j->n_fields && !j->frame.stop; i++) {
        const struct field *field = &j->field[i];
        const json_t *value = json_object_get(object, field->name);
        found += value != NULL;
        if (field->ignored)
            continue;
        if (field->list)
            take_list(j, field, value);
        else
            take_value(j, field, field->column, value);
    }
    if (j->frame.stop)
        return;
    if (j->features == NULL && found != json_object_size(object))
        refuse_new_field(j, object);
    else
        frame_end_row(&j->frame);
}

// --- text ----------------------------------------------------------------------------------------

static bool is_blank(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r' && text[i] != '\n')
            return false;
    return true;
}

static void take_line(struct jsonl *j, const char *text, size_t n)
{
    json_error_t why;
    if (is_blank(text, n))
        return;
    if (n > MAX_LINE) {
        frame_fail(&j->frame, "is longer than %d bytes", MAX_LINE);
        return;
    }
    json_t *object = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (object == NULL) {
        char show[SHOWN];
        frame_fail(&j->frame, "is no JSON: %s", shown(show, why.text, strlen(why.text)));
        return;
    }
    if (!json_is_object(object)) {
        frame_fail(&j->frame, "is no JSON object");
        err_hint(j->frame.err,
                 "Each row is an object on a line: to_json(path, orient=\"records\", lines=True).");
    } else {
        if (!j->header_done)
            add_fields(j, object);
        if (!j->frame.stop)
            take_row(j, object);
    }
    json_decref(object);
}

static size_t line_length(const char *text, size_t n)
{
    const char *end = memchr(text, '\n', n);
    return end != NULL ? (size_t)(end - text) + 1 : n;
}

static void parse(struct jsonl *j, const char *text, size_t n)
{
    if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) { // as spreadsheets mark their files
        text += 3;
        n -= 3;
    }
    while (n > 0 && !j->frame.stop) {
        size_t line = line_length(text, n);
        take_line(j, text, line);
        j->frame.line += !j->frame.stop;
        text += line;
        n -= line;
    }
}

static size_t count_lines(const char *text, size_t n)
{
    size_t lines = 0;
    for (; n > 0; lines++) {
        size_t line = line_length(text, n);
        text += line;
        n -= line;
    }
    return lines;
}

// --- the file ------------------------------------------------------------------------------------

static void jsonl_release(struct jsonl *j)
{
    frame_release(&j->frame);
    mem_free(j->field);
}

static void jsonl_start(struct jsonl *j, const struct value *call, const struct stream *s,
                        double scale, struct err *err)
{
    *j = (struct jsonl){.features = value_arg(call, "features")};
    frame_start(&j->frame, call, str_text(&s->path), scale, err);
}

static int read_table(struct table *table, struct stream *s, const struct value *call, double scale,
                      struct err *err)
{
    size_t n;
    if (stream_length(&n, s, err) < 0)
        return -1;
    char *text = mem_try(n, 1, "a jsonl file", err);
    if (text == NULL)
        return -1;
    int status = -1;
    struct jsonl j;
    jsonl_start(&j, call, s, scale, err);
    if (stream_read(s, text, n, "data", err) == 0 && stream_end(s, err) == 0) {
        j.bytes = n;
        j.lines = count_lines(text, n);
        parse(&j, text, n);
        if (!j.frame.stop)
            status = frame_table(table, &j.frame);
    }
    jsonl_release(&j);
    mem_free(text);
    return status;
}

int load_jsonl(struct table *table, const struct value *call, double scale, const char *folder,
               struct err *err)
{
    struct stream s;
    if (stream_open(&s, folder, value_arg_text(call, "path"), false, err) < 0)
        return -1;
    int status = read_table(table, &s, call, scale, err);
    stream_close(&s);
    return status;
}

// The first object tells the columns. It is looked for in the first MAX_LINE bytes alone; a file
// with more blank lines before it has to be read as a whole.
static int read_facts(struct table_facts *facts, struct stream *s, const struct value *call,
                      struct err *err)
{
    size_t n;
    if (stream_length(&n, s, err) < 0)
        return -1;
    size_t head = n < MAX_LINE + 1 ? n : MAX_LINE + 1;
    char *text = mem_new(head);
    int status = stream_read(s, text, head, "data", err);
    struct jsonl j;
    jsonl_start(&j, call, s, 1, err);
    j.header_only = true;
    if (status == 0)
        parse(&j, text, head);
    if (j.header_done) {
        facts->d = frame_known_features(&j.frame);
        facts->classes = (uint32_t)(j.frame.classes != NULL ? j.frame.classes->n : 0);
    } else if (status == 0 && j.frame.stop) {
        status = -1;
    } else if (status == 0 && head == n) {
        status = err_set(err, ERR_DATA, "'%s' holds no rows", j.frame.path);
    }
    jsonl_release(&j);
    mem_free(text);
    return status;
}

int facts_jsonl(struct table_facts *facts, const struct value *call, const char *folder,
                struct err *err)
{
    struct stream s;
    if (stream_open(&s, folder, value_arg_text(call, "path"), false, err) < 0)
        return -1;
    int status = read_facts(facts, &s, call, err);
    stream_close(&s);
    return status;
}
