// annotations.c -- see annotations.h: the file, read once, line by line. Joining it with rows is in
// annotations_join.c.
#include "data/annotations.h"

#include "base/mem.h"
#include "data/label_set.h"
#include "data/stream.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MOST = 1 << 16 };
enum role { ROLE_KEY, ROLE_LABEL, ROLE_ANNOTATOR, ROLE_PROVENANCE, ROLE_CLASS, ROLE_NONE };

struct reader {
    struct annotations *out;
    struct err *err;
    bool stop;
    const char *wanted[ROLE_CLASS]; // names of the columns, or NULL
    const char *noun[ROLE_CLASS];
    enum role *role; // by column
    size_t n_columns, cap_columns;
    size_t column, line, cap;
    bool header_done;
    // the line at hand
    const char *text[ROLE_CLASS];
    float *p;
    size_t n_p, n_given;
    const char **annotators, **provenances; // by annotation
    size_t cap_annotators, cap_provenances, cap_classes;
};

static void fail(struct reader *r, const char *format, const char *text)
{
    struct str message = {0};
    if (r->stop)
        return;
    str_format(&message, format, text);
    err_set(r->err, ERR_DATA, "'%s', line %zu: %s", r->out->path, r->line, str_text(&message));
    str_release(&message);
    r->stop = true;
}

static const char *copy(struct reader *r, const char *field, size_t n)
{
    char *text = arena_alloc(&r->out->arena, n + 1);
    memcpy(text, field, n);
    text[n] = '\0';
    return text;
}

// --- the header ----------------------------------------------------------------------------------
static void add_column(struct reader *r, const char *name)
{
    enum role role = ROLE_NONE;
    for (size_t i = 0; i < ROLE_CLASS; i++)
        if (r->wanted[i] != NULL && strcmp(r->wanted[i], name) == 0)
            role = (enum role)i;
    if (role == ROLE_NONE && r->wanted[ROLE_LABEL] == NULL) {
        struct annotations *a = r->out;
        role = ROLE_CLASS;
        a->class_name =
            mem_grow(a->class_name, &r->cap_classes, a->n_classes + 1, sizeof *a->class_name);
        a->class_name[a->n_classes++] = name;
    }
    for (size_t c = 0; role < ROLE_CLASS && c < r->n_columns; c++)
        if (r->role[c] == role)
            fail(r, "column '%s' stands twice", name);
    if (r->n_columns == COLUMNS_MOST)
        fail(r, "has too many columns%s", "");
    r->role = mem_grow(r->role, &r->cap_columns, r->n_columns + 1, sizeof *r->role);
    r->role[r->n_columns++] = role;
}

static void end_header(struct reader *r)
{
    for (size_t i = 0; i < ROLE_CLASS; i++) {
        bool found = r->wanted[i] == NULL;
        for (size_t c = 0; c < r->n_columns; c++)
            found |= r->role[c] == (enum role)i;
        if (!found)
            fail(r, "there is no column '%s'", r->wanted[i]);
    }
    if (r->wanted[ROLE_LABEL] == NULL && r->out->n_classes == 0)
        fail(r, "there is no column of a class%s", "");
    r->header_done = true;
}

// --- lines ---------------------------------------------------------------------------------------
static void take_probability(struct reader *r, const char *text, size_t n)
{
    size_t at = r->n_p++;
    if (r->p == NULL)
        r->p = arena_array(&r->out->arena, r->out->n_classes, sizeof *r->p);
    r->p[at] = 0;
    if (n == 0)
        return;
    double x = text_is_decimal(text, n) ? strtod(text, NULL) : -1;
    if (!(x >= 0 && x <= 1))
        fail(r, "'%s' is no probability", text);
    r->p[at] = (float)x;
    r->n_given++;
}

static void on_field(void *field, size_t n, void *data)
{
    struct reader *r = data;
    if (r->stop)
        return;
    const char *text = copy(r, field, n);
    if (strlen(text) != n)
        fail(r, "a field holds a byte 0%s", "");
    else if (!r->header_done)
        add_column(r, text);
    else if (r->column < r->n_columns && r->role[r->column] == ROLE_CLASS)
        take_probability(r, text, n);
    else if (r->column < r->n_columns && r->role[r->column] < ROLE_CLASS)
        r->text[r->role[r->column]] = text;
    r->column++;
}

static void end_probabilities(struct reader *r)
{
    double sum = 0;
    for (size_t k = 0; k < r->n_p; k++)
        sum += (double)r->p[k];
    if (r->n_given > 0 && !(sum > 1 - 1e-3 && sum < 1 + 1e-3))
        fail(r, "the probabilities do not sum to 1%s", "");
    for (size_t k = 0; k < r->n_p && sum > 0; k++)
        r->p[k] = (float)((double)r->p[k] / sum);
}

static void end_line(struct reader *r)
{
    struct annotations *a = r->out;
    if (r->column != r->n_columns)
        fail(r, "has another number of fields than the header%s", "");
    end_probabilities(r);
    for (size_t i = 0; i < ROLE_LABEL; i++)
        if (r->wanted[i] != NULL && r->text[i][0] == '\0')
            fail(r, "has no %s", r->noun[i]);
    if (r->stop)
        return;
    bool hard = r->wanted[ROLE_LABEL] != NULL;
    a->item = mem_grow(a->item, &r->cap, a->n + 1, sizeof *a->item);
    r->annotators = mem_grow(r->annotators, &r->cap_annotators, a->n + 1, sizeof *r->annotators);
    r->provenances =
        mem_grow(r->provenances, &r->cap_provenances, a->n + 1, sizeof *r->provenances);
    r->annotators[a->n] = r->wanted[ROLE_ANNOTATOR] != NULL ? r->text[ROLE_ANNOTATOR] : "";
    r->provenances[a->n] = r->wanted[ROLE_PROVENANCE] != NULL ? r->text[ROLE_PROVENANCE] : "";
    a->item[a->n++] = (struct annotation){
        .key = r->wanted[ROLE_KEY] != NULL ? r->text[ROLE_KEY] : NULL,
        .line = r->line,
        .label = hard && r->text[ROLE_LABEL][0] != '\0' ? r->text[ROLE_LABEL] : NULL,
        .p = !hard && r->n_given > 0 ? r->p : NULL};
}

static void on_row(int terminator, void *data)
{
    (void)terminator;
    struct reader *r = data;
    if (r->stop)
        return;
    if (!r->header_done)
        end_header(r);
    else
        end_line(r);
    r->column = r->n_p = r->n_given = 0;
    r->p = NULL;
    r->line++;
}

// --- names ---------------------------------------------------------------------------------------
static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The different texts, sorted; equal texts cannot be told apart, so the sort need not be stable.
static const char **distinct(size_t *n_out, const char *const *texts, size_t n)
{
    const char **sorted = mem_new((n + 1) * sizeof *sorted);
    size_t kept = 0;
    if (n > 0)
        memcpy(sorted, texts, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_bytes);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || strcmp(sorted[kept - 1], sorted[i]) != 0)
            sorted[kept++] = sorted[i];
    *n_out = kept;
    return sorted;
}

static uint32_t number_of(const char *const *sorted, size_t n, const char *text)
{
    size_t low = 0, high = n;
    while (low + 1 < high) {
        size_t middle = (low + high) / 2;
        *(strcmp(sorted[middle], text) <= 0 ? &low : &high) = middle;
    }
    return (uint32_t)low;
}

static int number_annotators(struct reader *r)
{
    struct annotations *a = r->out;
    a->annotator = distinct(&a->n_annotators, r->annotators, a->n);
    a->provenance = distinct(&a->n_provenances, r->provenances, a->n);
    if (a->n_annotators > ANNOTATORS_MOST)
        return err_set(r->err, ERR_DATA, "'%s' has %zu annotators, expected at most %d", a->path,
                       a->n_annotators, ANNOTATORS_MOST);
    if (a->n_provenances > PROVENANCES_MOST)
        return err_set(r->err, ERR_DATA, "'%s' has %zu different '%s', expected at most %d",
                       a->path, a->n_provenances, r->wanted[ROLE_PROVENANCE], PROVENANCES_MOST);
    for (size_t i = 0; i < a->n; i++)
        a->item[i].annotator = number_of(a->annotator, a->n_annotators, r->annotators[i]);
    return 0;
}

// --- the file ------------------------------------------------------------------------------------
static int parse(struct reader *r, const char *text, size_t n)
{
    struct csv_parser parser;
    size_t mark = n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL);
    csv_set_realloc_func(&parser, mem_resize);
    csv_set_free_func(&parser, mem_free);
    bool right = csv_parse(&parser, text + mark, n - mark, on_field, on_row, r) == n - mark &&
                 csv_fini(&parser, on_field, on_row, r) == 0;
    csv_free(&parser);
    if (!right)
        fail(r, "has a quote in the wrong place%s", "");
    if (!r->stop && r->out->n == 0)
        err_set(r->err, ERR_DATA, "'%s' holds no labels", r->out->path);
    return r->stop || r->out->n == 0 ? -1 : number_annotators(r);
}

static const char *column_of(const struct value *call, const char *name)
{
    const struct value *given = value_arg(call, name);
    return given != NULL ? given->text : NULL;
}

int annotations_read(struct annotations *out, const struct value *call, const char *folder,
                     struct err *err)
{
    struct stream s;
    size_t n;
    *out = (struct annotations){0};
    if (stream_open(&s, folder, value_arg_text(call, "file"), false, err) < 0)
        return -1;
    out->path = arena_text(&out->arena, str_text(&s.path));
    struct reader r = {.out = out,
                       .err = err,
                       .line = 1,
                       .wanted = {column_of(call, "key"), column_of(call, "label"),
                                  column_of(call, "annotator"), column_of(call, "provenance")},
                       .noun = {"key", "label", "annotator", "provenance"}};
    int status = stream_length(&n, &s, err);
    char *text = status == 0 ? mem_try(n, 1, "a file of labels", err) : NULL;
    status =
        text != NULL && stream_read(&s, text, n, "labels", err) == 0 && stream_end(&s, err) == 0
            ? parse(&r, text, n)
            : -1;
    if (status == 0)
        out->digest = digest_of(text, n);
    mem_free(r.role);
    mem_free(r.annotators);
    mem_free(r.provenances);
    mem_free(text);
    stream_close(&s);
    if (status < 0)
        annotations_release(out);
    return status;
}

void annotations_release(struct annotations *a)
{
    mem_free(a->item);
    mem_free(a->annotator);
    mem_free(a->provenance);
    mem_free(a->class_name);
    arena_release(&a->arena);
    *a = (struct annotations){0};
}
