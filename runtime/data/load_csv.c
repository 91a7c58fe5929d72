// load_csv.c -- csv with a header line. libcsv takes the quoting apart, and frame.c knows what a
// column is for and what a value means; that all rows are alike is decided here.
//
// The text is given to libcsv line by line, so that a message can name the line; what is reported
// of a field with line breaks inside is the line on which it ends.
#include "data/frame.h"

#include "base/mem.h"

#include <csv.h>
#include <string.h>

enum { MAX_FIELD = 1 << 16 }; // bytes; longer is taken for a quote left open

struct csv {
    struct csv_parser parser;
    struct frame frame;
    bool header_only, header_done;
    size_t field_line;   // the line on which the current field begins
    size_t column;       // of the current field
    size_t bytes, lines; // of the text: bounds for the number of rows
};

// --- fields and rows -----------------------------------------------------------------------------

static void on_field(void *field, size_t n, void *data)
{
    struct csv *csv = data;
    struct frame *frame = &csv->frame;
    if (frame->stop)
        return;
    csv->field_line = frame->line;
    if (!csv->header_done)
        frame_add_column(frame, field, n);
    else if (csv->column >= frame->n_columns)
        ; // counted, and refused at the end of the row
    else if (frame->n == frame->room)
        BUG("more csv rows than %zu bytes can hold", csv->bytes);
    else
        frame_take_text(frame, csv->column, field, n);
    csv->column++;
}

// A row is no shorter than two bytes a column, a field and what ends it, so the room is bounded by
// the size of the file, whatever the header says.
static void end_header(struct csv *csv)
{
    struct frame *frame = &csv->frame;
    frame_end_columns(frame);
    if (frame->stop)
        return;
    csv->header_done = true;
    if (csv->header_only) {
        frame->stop = true;
        return;
    }
    size_t by_bytes = csv->bytes / (2 * frame->n_columns) + 1;
    frame_make_room(frame, csv->lines < by_bytes ? csv->lines : by_bytes);
}

static void on_row(int terminator, void *data)
{
    (void)terminator;
    struct csv *csv = data;
    struct frame *frame = &csv->frame;
    if (frame->stop)
        return;
    if (!csv->header_done)
        end_header(csv);
    else if (csv->column != frame->n_columns)
        frame_fail(frame, "has %zu field%s, expected %zu", csv->column, csv->column == 1 ? "" : "s",
                   frame->n_columns);
    else
        frame_end_row(frame);
    csv->column = 0;
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
    while (n > 0 && !csv->frame.stop) {
        bool ends_line;
        size_t piece = piece_length(&ends_line, text, n);
        if (csv->column == 0 && csv->parser.entry_pos == 0) // not inside the first field of a row
            csv->field_line = csv->frame.line;
        if (csv_parse(&csv->parser, text, piece, on_field, on_row, csv) != piece &&
            !csv->frame.stop)
            frame_fail(&csv->frame, "has a quote in the wrong place");
        if (csv->parser.entry_pos > MAX_FIELD && !csv->frame.stop) {
            csv->frame.line = csv->field_line;
            frame_fail(&csv->frame, "has a field longer than %d bytes; is a quote left open?",
                       MAX_FIELD);
        }
        csv->frame.line += ends_line;
        text += piece;
        n -= piece;
    }
}

static void parse_end(struct csv *csv)
{
    if (csv->frame.stop)
        return;
    if (csv_fini(&csv->parser, on_field, on_row, csv) != 0 && !csv->frame.stop) {
        csv->frame.line = csv->field_line;
        frame_fail(&csv->frame, "has a quote that is left open");
    }
}

// Spreadsheets mark their files by a first character that is not part of the text.
static size_t mark_length(struct csv *csv, const char *text, size_t n)
{
    if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        return 3;
    if (n >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0))
        frame_fail(&csv->frame, "is UTF-16, expected UTF-8");
    return 0;
}

static size_t count_lines(const char *text, size_t n)
{
    size_t lines = 1; // the last need not end
    for (size_t i = 0; i < n; i++)
        lines += text[i] == '\n' || text[i] == '\r';
    return lines;
}

static void csv_start(struct csv *csv, const struct value *call, const struct stream *s,
                      double scale, struct err *err)
{
    *csv = (struct csv){.field_line = 1};
    frame_start(&csv->frame, call, str_text(&s->path), scale, err);
    csv_init(&csv->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL);
    csv_set_realloc_func(&csv->parser, mem_resize);
    csv_set_free_func(&csv->parser, mem_free);
    csv_set_blk_size(&csv->parser, 4096);
}

static void csv_release(struct csv *csv)
{
    csv_free(&csv->parser);
    frame_release(&csv->frame);
}

// --- the file ------------------------------------------------------------------------------------

int load_csv_stream(struct table *table, struct stream *s, const struct value *call, double scale,
                    struct err *err)
{
    size_t n;
    if (stream_length(&n, s, err) < 0)
        return -1;
    char *text = mem_try(n, 1, "a csv file", err);
    if (text == NULL)
        return -1;
    int status = -1;
    struct csv csv;
    csv_start(&csv, call, s, scale, err);
    if (stream_read(s, text, n, "data", err) < 0 || stream_end(s, err) < 0)
        goto done;
    csv.bytes = n;
    csv.lines = count_lines(text, n);
    size_t mark = mark_length(&csv, text, n);
    parse(&csv, text + mark, n - mark);
    parse_end(&csv);
    if (!csv.frame.stop)
        status = frame_table(table, &csv.frame);
done:
    csv_release(&csv);
    mem_free(text);
    return status;
}

int load_csv(struct table *table, const struct value *call, double scale, const char *folder,
             struct err *err)
{
    struct stream s;
    if (stream_open(&s, folder, value_arg_text(call, "path"), false, err) < 0)
        return -1;
    int status = load_csv_stream(table, &s, call, scale, err);
    stream_close(&s);
    return status;
}

static int read_csv_header(struct csv *csv, struct stream *s, struct err *err)
{
    size_t left;
    if (stream_length(&left, s, err) < 0)
        return -1;
    char *text = mem_new(MAX_FIELD);
    bool first = true;
    while (left > 0 && !csv->frame.stop) {
        size_t n = left < MAX_FIELD ? left : MAX_FIELD;
        if (stream_read(s, text, n, "header", err) < 0) {
            csv->frame.stop = true;
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
    return err_set(err, ERR_DATA, "'%s' holds no rows", csv->frame.path);
}

int facts_csv(struct table_facts *facts, const struct value *call, const char *folder,
              struct err *err)
{
    struct stream s;
    if (stream_open(&s, folder, value_arg_text(call, "path"), false, err) < 0)
        return -1;
    struct csv csv;
    csv_start(&csv, call, &s, 1, err);
    csv.header_only = true;
    int status = read_csv_header(&csv, &s, err);
    if (status == 0) {
        facts->d = frame_known_features(&csv.frame);
        facts->classes = (uint32_t)(csv.frame.classes != NULL ? csv.frame.classes->n : 0);
    }
    csv_release(&csv);
    stream_close(&s);
    return status;
}

// --- names of the features -----------------------------------------------------------------------

int csv_columns_stream(struct table *names, struct stream *s, const struct value *call, struct err *err)
{
    struct csv csv;
    bool ok = true;
    csv_start(&csv, call, s, 1, err);
    csv.header_only = true;
    int status = read_csv_header(&csv, s, err);
    if (status == 0) {
        names->d = frame_known_features(&csv.frame);
        const char **name = mem_new((names->d + 1) * sizeof *name);
        for (size_t i = 0; names->d > 0 && i < csv.frame.n_columns; i++)
            if (csv.frame.column[i].role == NUMBER)
                name[csv.frame.column[i].at] = csv.frame.column[i].name;
        names->columns = table_own_texts(&ok, names, name, names->d, "the names of columns", err);
        mem_free(name);
    }
    csv_release(&csv);
    return ok ? status : -1;
}

int columns_csv(struct table *names, const struct value *call, const char *folder, struct err *err)
{
    struct stream s;
    if (stream_open(&s, folder, value_arg_text(call, "path"), false, err) < 0)
        return -1;
    int status = csv_columns_stream(names, &s, call, err);
    stream_close(&s);
    return status;
}
