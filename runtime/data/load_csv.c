// load_csv.c -- csv with a header line: a label column, perhaps a group and a weight column, and
// numeric columns, which are the features. libcsv takes the quoting apart; what a field means, and
// that all rows are alike, is decided here.
//
// The text is given to libcsv line by line, so that a message can name the line; what is reported
// of a field with line breaks inside is the line on which it ends.
#include "data/loaders.h"

#include "base/mem.h"
#include "data/label_set.h"

#include <csv.h>
#include <float.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FIELD = 1 << 16 }; // bytes; longer is taken for a quote left open

// What a column is: one of the ROLES, which csv() asks for by these arguments, or a feature. The
// first NAMED hold names, which become numbers.
enum role { LABEL, GROUP, WEIGHT, FEATURE, NAMED = WEIGHT, ROLES = FEATURE };
static const char *const ROLE[ROLES] = {"label", "group", "weight"};
static const size_t NOWHERE = SIZE_MAX;

struct csv {
    struct csv_parser parser;
    struct err *err;
    const char *path;
    const char *asked[ROLES]; // the column's name, or NULL
    float scale;
    bool header_only;
    bool stop; // failed, or all that was asked for is known
    size_t line;
    size_t field_line; // the line on which the current field begins
    size_t column;     // of the current field
    size_t feature;    // how many of this row came before it

    bool header_done;
    struct arena text;
    const char **name; // of every column
    size_t n_columns, name_cap, n_features;
    size_t at[ROLES]; // the column's number, or NOWHERE

    size_t bytes, lines;     // of the text: bounds for the number of rows
    size_t n, room;          // rows
    float *x;                // room x n_features
    float *weight;           // room, or NULL
    uint32_t *number[NAMED]; // room, or NULL; by first appearance until the end
    struct label_set names[NAMED];
};

W2S_PRINTF(2, 3) static void fail(struct csv *csv, const char *format, ...)
{
    struct str text = {0};
    char message[256];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    str_format(&text, "line %zu of '%s' %s", csv->line, csv->path, message);
    err_set(csv->err, ERR_DATA, "%s", str_text(&text));
    str_release(&text);
    csv->stop = true;
}

// --- the header ----------------------------------------------------------------------------------

static void add_name(struct csv *csv, const char *field, size_t n)
{
    if (n == 0) {
        fail(csv, "gives column %zu no name", csv->column + 1);
        err_hint(csv->err, "A table index saved by pandas looks so: to_csv(path, index=False).");
        return;
    }
    if (strlen(field) != n) {
        fail(csv, "has a zero byte in a column name");
        return;
    }
    if (csv->column > MAX_FEATURES) {
        fail(csv, "has more than %d columns", MAX_FEATURES);
        return;
    }
    csv->name = mem_grow(csv->name, &csv->name_cap, csv->column + 1, sizeof *csv->name);
    csv->name[csv->column] = arena_copy(&csv->text, field, n);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void check_no_duplicates(struct csv *csv)
{
    const char **sorted = mem_new(csv->n_columns * sizeof *sorted);
    memcpy(sorted, csv->name, csv->n_columns * sizeof *sorted);
    qsort(sorted, csv->n_columns, sizeof *sorted, by_text);
    for (size_t i = 1; i < csv->n_columns && !csv->stop; i++) {
        char show[SHOWN];
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            fail(csv, "has two columns named '%s'", shown(show, sorted[i], strlen(sorted[i])));
    }
    mem_free(sorted);
}

static void fail_no_column(struct csv *csv, const char *asked)
{
    struct str names = {0};
    char show[SHOWN];
    size_t i = 0;
    for (; i < csv->n_columns && names.len < 300; i++)
        str_format(&names, "%s%s", i > 0 ? ", " : "",
                   shown(show, csv->name[i], strlen(csv->name[i])));
    err_set(csv->err, ERR_DATA, "'%s' has no column '%s'", csv->path,
            shown(show, asked, strlen(asked)));
    err_hint(csv->err, "Its columns are %s%s.", str_text(&names),
             i < csv->n_columns ? ", ..." : "");
    str_release(&names);
    csv->stop = true;
}

// NOWHERE when the call does not ask for it.
static size_t find_column(struct csv *csv, const char *asked)
{
    if (asked == NULL)
        return NOWHERE;
    for (size_t column = 0; column < csv->n_columns; column++)
        if (strcmp(csv->name[column], asked) == 0)
            return column;
    fail_no_column(csv, asked);
    return NOWHERE;
}

static enum role role_of(const struct csv *csv, size_t column)
{
    enum role role = LABEL;
    while (role < FEATURE && csv->at[role] != column)
        role++;
    return role;
}

static void find_roles(struct csv *csv)
{
    csv->n_features = csv->n_columns;
    for (enum role role = LABEL; role < FEATURE && !csv->stop; role++) {
        size_t at = find_column(csv, csv->asked[role]);
        if (at == NOWHERE)
            continue;
        enum role taken = role_of(csv, at);
        if (taken != FEATURE) {
            char show[SHOWN];
            err_set(csv->err, ERR_DATA, "column '%s' of '%s' is both %s and %s",
                    shown(show, csv->name[at], strlen(csv->name[at])), csv->path, ROLE[taken],
                    ROLE[role]);
            err_hint(csv->err, "Label, group and weight need a column each.");
            csv->stop = true;
        }
        csv->at[role] = at;
        csv->n_features--;
    }
}

// The product does not overflow: check_shape has seen it.
static void *room_for(struct csv *csv, size_t each, size_t size, const char *what)
{
    void *room = mem_try(csv->room * each, size, what, csv->err);
    csv->stop |= room == NULL;
    return room;
}

// Makes room for the rows. A row is no shorter than two bytes a column, a field and what ends it,
// so the room is bounded by the size of the file, whatever the header says.
static void make_room(struct csv *csv)
{
    size_t by_bytes = csv->bytes / (2 * csv->n_columns) + 1;
    csv->room = csv->lines < by_bytes ? csv->lines : by_bytes;
    struct table_facts facts;
    if (check_shape(&facts, csv->room, csv->n_features, csv->path, csv->err) < 0) {
        csv->stop = true;
        return;
    }
    csv->x = room_for(csv, csv->n_features, sizeof *csv->x, "the features of a csv file");
    csv->number[LABEL] = room_for(csv, 1, sizeof **csv->number, "the labels of a csv file");
    if (csv->asked[GROUP] != NULL)
        csv->number[GROUP] = room_for(csv, 1, sizeof **csv->number, "the groups of a csv file");
    if (csv->asked[WEIGHT] != NULL)
        csv->weight = room_for(csv, 1, sizeof *csv->weight, "the weights of a csv file");
}

static void end_header(struct csv *csv)
{
    csv->n_columns = csv->column;
    check_no_duplicates(csv);
    if (!csv->stop)
        find_roles(csv);
    if (!csv->stop && csv->n_features == 0)
        fail(csv, "has no column of features");
    if (csv->stop)
        return;
    csv->header_done = true;
    if (csv->header_only)
        csv->stop = true;
    else
        make_room(csv);
}

// --- rows ----------------------------------------------------------------------------------------

static void add_named(struct csv *csv, enum role role, const char *field, size_t n)
{
    if (n == 0)
        fail(csv, "has no %s", ROLE[role]);
    else if (strlen(field) != n)
        fail(csv, "has a zero byte in its %s", ROLE[role]);
    else if (label_set_add(&csv->number[role][csv->n], &csv->names[role], field, n) < 0)
        fail(csv, "has the %dth %s; is '%.60s' the right column?", MAX_CLASSES + 1, ROLE[role],
             csv->asked[role]);
}

// Pixels and counts are most of what there is; up to seven digits are exact in f32 without strtof.
static float number_of(const char *field, size_t n)
{
    uint32_t whole = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned digit = (unsigned)field[i] - '0';
        if (digit > 9 || n > 7)
            return strtof(field, NULL);
        whole = whole * 10 + digit;
    }
    return (float)whole;
}

static void refuse(struct csv *csv, const char *field, size_t n, const char *why)
{
    char show[SHOWN], show_name[SHOWN];
    const char *name = csv->name[csv->column];
    fail(csv, "has '%s' in column '%s', %s", shown(show, field, n),
         shown(show_name, name, strlen(name)), why);
}

// 0 after a failure.
static float read_number(struct csv *csv, const char *field, size_t n, float scale,
                         const char *expected)
{
    if (!text_is_decimal(field, n)) {
        refuse(csv, field, n, expected);
        return 0;
    }
    float x = number_of(field, n) * scale;
    if (x >= -FLT_MAX && x <= FLT_MAX)
        return x;
    refuse(csv, field, n, "too large for a 32-bit float");
    return 0;
}

static void add_weight(struct csv *csv, const char *field, size_t n)
{
    static const char EXPECTED[] = "expected a finite number, 0 or more";
    float weight = read_number(csv, field, n, 1, EXPECTED);
    if (weight < 0)
        refuse(csv, field, n, EXPECTED);
    csv->weight[csv->n] = weight > 0 ? weight : 0; // one zero: -0 is 0
}

static void add_feature(struct csv *csv, const char *field, size_t n)
{
    csv->x[csv->n * csv->n_features + csv->feature++] =
        read_number(csv, field, n, csv->scale, "expected a finite number");
}

static void add_field(struct csv *csv, const char *field, size_t n)
{
    enum role role = role_of(csv, csv->column);
    if (role == FEATURE)
        add_feature(csv, field, n);
    else if (role == WEIGHT)
        add_weight(csv, field, n);
    else
        add_named(csv, role, field, n);
}

static void on_field(void *field, size_t n, void *data)
{
    struct csv *csv = data;
    if (csv->stop)
        return;
    csv->field_line = csv->line;
    if (!csv->header_done)
        add_name(csv, field, n);
    else if (csv->column >= csv->n_columns)
        ; // counted, and refused at the end of the row
    else if (csv->n == csv->room)
        BUG("more csv rows than %zu bytes can hold", csv->bytes);
    else
        add_field(csv, field, n);
    csv->column++;
}

static void on_row(int terminator, void *data)
{
    (void)terminator;
    struct csv *csv = data;
    if (csv->stop)
        return;
    if (!csv->header_done)
        end_header(csv);
    else if (csv->column != csv->n_columns)
        fail(csv, "has %zu field%s, expected %zu", csv->column, csv->column == 1 ? "" : "s",
             csv->n_columns);
    else
        csv->n++;
    csv->column = 0;
    csv->feature = 0;
}

// --- text ----------------------------------------------------------------------------------------

// The first line of the text with its end, or as much of it as a field may be long.
static size_t piece_length(bool *ends_line, const char *text, size_t n)
{
    size_t most = n < MAX_FIELD ? n : MAX_FIELD;
    *ends_line = true;
    for (size_t i = 0; i < most; i++) {
        if (text[i] == '\n')
            return i + 1;
        if (text[i] == '\r' && i + 1 < n)
            return text[i + 1] == '\n' ? i + 2 : i + 1;
    }
    *ends_line = false;
    return most;
}

static void parse(struct csv *csv, const char *text, size_t n)
{
    while (n > 0 && !csv->stop) {
        bool ends_line;
        size_t piece = piece_length(&ends_line, text, n);
        if (csv->column == 0 && csv->parser.entry_pos == 0) // not inside the first field of a row
            csv->field_line = csv->line;
        if (csv_parse(&csv->parser, text, piece, on_field, on_row, csv) != piece && !csv->stop)
            fail(csv, "has a quote in the wrong place");
        if (csv->parser.entry_pos > MAX_FIELD && !csv->stop) {
            csv->line = csv->field_line;
            fail(csv, "has a field longer than %d bytes; is a quote left open?", MAX_FIELD);
        }
        csv->line += ends_line;
        text += piece;
        n -= piece;
    }
}

static void parse_end(struct csv *csv)
{
    if (csv->stop)
        return;
    if (csv_fini(&csv->parser, on_field, on_row, csv) != 0 && !csv->stop) {
        csv->line = csv->field_line;
        fail(csv, "has a quote that is left open");
    }
}

// Spreadsheets mark their files by a first character that is not part of the text.
static size_t mark_length(struct csv *csv, const char *text, size_t n)
{
    if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        return 3;
    if (n >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0))
        fail(csv, "is UTF-16, expected UTF-8");
    return 0;
}

static size_t count_lines(const char *text, size_t n)
{
    size_t lines = 1; // the last need not end
    for (size_t i = 0; i < n; i++)
        lines += text[i] == '\n' || text[i] == '\r';
    return lines;
}

static void csv_start(struct csv *csv, const struct stream *s, const char *const asked[ROLES],
                      struct err *err)
{
    *csv = (struct csv){.err = err, .path = str_text(&s->path), .line = 1, .field_line = 1};
    for (enum role role = LABEL; role < ROLES; role++) {
        csv->asked[role] = asked[role];
        csv->at[role] = NOWHERE;
    }
    csv_init(&csv->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL);
    csv_set_realloc_func(&csv->parser, mem_resize);
    csv_set_free_func(&csv->parser, mem_free);
    csv_set_blk_size(&csv->parser, 4096);
}

static void csv_release(struct csv *csv)
{
    csv_free(&csv->parser);
    arena_release(&csv->text);
    mem_free(csv->name);
    mem_free(csv->x);
    mem_free(csv->weight);
    for (enum role role = LABEL; role < NAMED; role++) {
        label_set_release(&csv->names[role]);
        mem_free(csv->number[role]);
    }
}

// --- the table -----------------------------------------------------------------------------------

// From the order of appearance to the order of the names, which are copied for the classes.
static bool number_in_order(struct table *table, struct csv *csv, enum role role)
{
    struct label_set *names = &csv->names[role];
    uint32_t *class_of = mem_new(names->n * sizeof *class_of);
    uint32_t classes = label_set_classes(class_of, names);
    for (size_t i = 0; i < csv->n; i++)
        csv->number[role][i] = class_of[csv->number[role][i]];
    bool ok = true;
    if (role == LABEL) {
        const char **name = mem_new(classes * sizeof *name);
        label_set_names(name, class_of, names);
        table->classes = classes;
        table->class_names =
            table_own_texts(&ok, table, name, classes, "the class names", csv->err);
        mem_free(name);
    }
    mem_free(class_of);
    return ok;
}

static bool copy_names(struct table *table, const struct csv *csv)
{
    const char **feature = mem_new(table->d * sizeof *feature);
    for (size_t i = 0, column = 0; i < csv->n_columns; i++)
        if (role_of(csv, i) == FEATURE)
            feature[column++] = csv->name[i];
    bool ok = true;
    table->columns = table_own_texts(&ok, table, feature, table->d, "the column names", csv->err);
    mem_free(feature);
    const char *group = csv->asked[GROUP];
    const char **copy = table_own_texts(&ok, table, group != NULL ? &group : NULL, 1,
                                        "the name of the group", csv->err);
    table->group_name = copy != NULL ? copy[0] : NULL;
    return ok;
}

static int fill_table(struct table *table, struct csv *csv)
{
    if (csv->n == 0)
        return err_set(csv->err, ERR_DATA, "'%s' holds no rows", csv->path);
    const char *odd = label_set_odd(&csv->names[LABEL]);
    if (odd != NULL) {
        char show[SHOWN];
        return err_set(csv->err, ERR_DATA,
                       "'%s' has the label '%s', expected a name or a whole number", csv->path,
                       shown(show, odd, strlen(odd)));
    }
    *table = (struct table){.n = csv->n, .d = csv->n_features, .scale = 1};
    bool ok = number_in_order(table, csv, LABEL);
    if (csv->number[GROUP] != NULL)
        ok &= number_in_order(table, csv, GROUP);
    ok &= copy_names(table, csv);
    if (!ok)
        return -1;
    table->x = table_own(table, csv->x);
    table->y = table_own(table, csv->number[LABEL]);
    table->group = table_own(table, csv->number[GROUP]);
    table->weight = table_own(table, csv->weight);
    csv->x = csv->weight = NULL;
    csv->number[LABEL] = csv->number[GROUP] = NULL;
    return 0;
}

static int read_table(struct table *table, struct stream *s, const char *const asked[ROLES],
                      double scale, struct err *err)
{
    size_t n;
    if (stream_length(&n, s, err) < 0)
        return -1;
    char *text = mem_try(n, 1, "a csv file", err);
    if (text == NULL)
        return -1;
    int status = -1;
    struct csv csv;
    csv_start(&csv, s, asked, err);
    csv.scale = (float)scale;
    if (stream_read(s, text, n, "data", err) < 0 || stream_end(s, err) < 0)
        goto done;
    csv.bytes = n;
    csv.lines = count_lines(text, n);
    size_t mark = mark_length(&csv, text, n);
    parse(&csv, text + mark, n - mark);
    parse_end(&csv);
    if (!csv.stop)
        status = fill_table(table, &csv);
done:
    csv_release(&csv);
    mem_free(text);
    return status;
}

int load_csv_stream(struct table *table, struct stream *s, const char *label, double scale,
                    struct err *err)
{
    return read_table(table, s, (const char *const[ROLES]){[LABEL] = label}, scale, err);
}

// The columns that the call names, each by the argument that is its role.
static void columns_of(const char *asked[ROLES], const struct value *call)
{
    for (enum role role = LABEL; role < ROLES; role++) {
        const struct value *name = value_arg(call, ROLE[role]);
        asked[role] = name != NULL ? name->text : NULL;
    }
}

int load_csv(struct table *table, const struct value *call, double scale, const char *folder,
             struct err *err)
{
    const char *asked[ROLES];
    columns_of(asked, call);
    struct stream s;
    if (stream_open(&s, folder, value_arg_text(call, "path"), false, err) < 0)
        return -1;
    int status = read_table(table, &s, asked, scale, err);
    stream_close(&s);
    return status;
}

static int read_csv_header(struct csv *csv, struct stream *s)
{
    size_t left;
    if (stream_length(&left, s, csv->err) < 0)
        return -1;
    char *text = mem_new(MAX_FIELD);
    bool first = true;
    while (left > 0 && !csv->stop) {
        size_t n = left < MAX_FIELD ? left : MAX_FIELD;
        if (stream_read(s, text, n, "header", csv->err) < 0) {
            csv->stop = true;
            break;
        }
        size_t mark = first ? mark_length(csv, text, n) : 0;
        parse(csv, text + mark, n - mark);
        left -= n;
        first = false;
    }
    mem_free(text);
    parse_end(csv);
    if (csv->header_done)
        return 0;
    return err_set(csv->err, ERR_DATA, "'%s' holds no rows", csv->path);
}

int facts_csv(struct table_facts *facts, const struct value *call, const char *folder,
              struct err *err)
{
    const char *asked[ROLES];
    columns_of(asked, call);
    struct stream s;
    if (stream_open(&s, folder, value_arg_text(call, "path"), false, err) < 0)
        return -1;
    struct csv csv;
    csv_start(&csv, &s, asked, err);
    csv.header_only = true;
    int status = read_csv_header(&csv, &s);
    if (status == 0)
        facts->d = csv.n_features;
    csv_release(&csv);
    stream_close(&s);
    return status;
}
