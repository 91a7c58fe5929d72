// diag_print.c -- diagnostics for people: a line of source with carets under it; see diag.h.
//
// What is shown comes from a file that may be hostile, so control characters never reach the
// terminal.
#include "diag.h"

#include "base/str.h"

#include <string.h>

enum { EXCERPT_COLUMNS = 100, EXCERPT_LEAD = 40 };

struct paint {
    const char *error, *warning, *frame, *bold, *off;
};

static const struct paint PLAIN = {"", "", "", "", ""};
static const struct paint COLOUR = {"\x1b[1;31m", "\x1b[1;33m", "\x1b[34m", "\x1b[1m", "\x1b[0m"};

struct printer {
    FILE *out;
    const struct source *source;
    const struct paint *paint;
    int gutter; // width of the line numbers of one message
};

// Bytes of the character at p; `shown` tells whether it may be printed as it is. C0 controls, DEL
// and the C1 controls (U+0080..U+009F) may not.
static size_t character(const char *p, size_t left, bool *shown)
{
    const unsigned char *u = (const unsigned char *)p;
    size_t n = 1;
    while (n < left && (u[n] & 0xC0) == 0x80)
        n++;
    bool c1 = n == 2 && u[0] == 0xC2 && u[1] < 0xA0;
    *shown = u[0] >= 0x20 && u[0] != 0x7F && !c1;
    return n;
}

static void print_clean(FILE *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n;) {
        bool shown;
        size_t length = character(text + i, n - i, &shown);
        if (shown)
            fwrite(text + i, 1, length, out);
        else
            fputc(text[i] == '\t' ? ' ' : '?', out);
        i += length;
    }
}

// Bytes that the first `columns` characters of text take.
static size_t bytes_of(const char *text, size_t n, size_t columns)
{
    size_t i = 0;
    bool shown;
    for (; i < n && columns > 0; columns--)
        i += character(text + i, n - i, &shown);
    return i;
}

// One line of source cut to EXCERPT_COLUMNS around the span, and where the carets go.
struct excerpt {
    uint32_t line; // from 1
    const char *text;
    size_t n;
    bool cut_before, cut_after;
    size_t caret, carets; // columns before the first caret, how many
};

static struct excerpt excerpt_of(const struct source *source, struct span span)
{
    struct place place = source_place(source, span.begin);
    const char *text = source->bytes + source->line[place.line - 1];
    size_t n = strcspn(text, "\n");
    while (n > 0 && (text[n - 1] == '\r' || text[n - 1] == ' ' || text[n - 1] == '\t'))
        n--;

    size_t before = (size_t)(source->bytes + span.begin - text);
    size_t marked = span.end - span.begin;
    size_t rest = before < n ? n - before : 0;
    struct excerpt e = {.line = place.line, .text = text, .n = n, .caret = place.column - 1};
    e.carets = text_width(text + before, marked < rest ? marked : rest);
    if (e.carets == 0)
        e.carets = 1;

    size_t width = text_width(text, n);
    if (width <= EXCERPT_COLUMNS)
        return e;
    // A cut side gives one column to the ellipsis.
    size_t first = e.caret + e.carets < EXCERPT_COLUMNS ? 0
                   : e.caret > EXCERPT_LEAD             ? e.caret - EXCERPT_LEAD
                                                        : 0;
    e.cut_before = first > 0;
    size_t room = EXCERPT_COLUMNS - e.cut_before;
    e.cut_after = width - first > room;
    room -= e.cut_after;
    size_t skip = bytes_of(text, n, first);
    e.text += skip;
    e.n = bytes_of(e.text, n - skip, room);
    e.caret -= first;
    if (e.caret + e.carets > room)
        e.carets = e.caret < room ? room - e.caret : 1;
    e.caret += e.cut_before;
    return e;
}

static void print_frame(const struct printer *p, const char *mark)
{
    fprintf(p->out, "%s%*s %s%s", p->paint->frame, p->gutter, "", mark, p->paint->off);
}

// "= hint: ..." or "= note: ...", each line of the text on its own.
static void print_remark(const struct printer *p, const char *label, const char *text)
{
    print_frame(p, "= ");
    fprintf(p->out, "%s%s:%s ", p->paint->bold, label, p->paint->off);
    for (;;) {
        size_t n = strcspn(text, "\n");
        print_clean(p->out, text, n);
        fputc('\n', p->out);
        if (text[n] == '\0')
            break;
        text += n + 1;
        fprintf(p->out, "%*s", p->gutter + 9, "");
    }
}

// The place, the line and the carets; `hint` (or NULL) follows the carets. False when it did not
// fit.
static bool print_excerpt(const struct printer *p, struct span span, const char *colour,
                          const char *hint)
{
    struct place place = source_place(p->source, span.begin);
    struct excerpt e = excerpt_of(p->source, span);
    bool fits = hint != NULL && strchr(hint, '\n') == NULL &&
                e.caret + e.carets + 1 + text_width(hint, strlen(hint)) <= EXCERPT_COLUMNS;

    fprintf(p->out, "%s%*s-->%s ", p->paint->frame, p->gutter, "", p->paint->off);
    print_clean(p->out, p->source->path, strlen(p->source->path));
    fprintf(p->out, ":%u:%u\n", place.line, place.column);
    print_frame(p, "|");
    fprintf(p->out, "\n%s%*u |%s%s", p->paint->frame, p->gutter, e.line, p->paint->off,
            e.n > 0 ? " " : "");
    fputs(e.cut_before ? "…" : "", p->out);
    print_clean(p->out, e.text, e.n);
    fputs(e.cut_after ? "…\n" : "\n", p->out);
    print_frame(p, "|");
    fprintf(p->out, "%*s%s", (int)e.caret + 1, "", colour);
    for (size_t i = 0; i < e.carets; i++)
        fputc('^', p->out);
    fputs(p->paint->off, p->out);
    if (fits) {
        fputc(' ', p->out);
        print_clean(p->out, hint, strlen(hint));
    }
    fputc('\n', p->out);
    return fits;
}

static bool has_place(struct span span)
{
    return span.begin != 0 || span.end != 0;
}

static int digits_of(const struct source *source, struct span span)
{
    char text[16];
    return snprintf(text, sizeof text, "%u", source_place(source, span.begin).line);
}

static void print_diag(struct printer *p, const struct diag *diag)
{
    bool error = diag->severity == DIAG_ERROR;
    const char *colour = error ? p->paint->error : p->paint->warning;
    bool other = diag->other_text != NULL && has_place(diag->other);
    p->gutter = digits_of(p->source, diag->span);
    if (other && digits_of(p->source, diag->other) > p->gutter)
        p->gutter = digits_of(p->source, diag->other);

    fprintf(p->out, "%s%s[W2S%04d]%s: %s", colour, error ? "error" : "warning", (int)diag->code,
            p->paint->off, p->paint->bold);
    print_clean(p->out, diag->text, strlen(diag->text));
    fprintf(p->out, "%s\n", p->paint->off);

    bool hinted = false;
    if (has_place(diag->span)) {
        hinted = print_excerpt(p, diag->span, colour, diag->hint);
    } else {
        fprintf(p->out, "%s%*s-->%s ", p->paint->frame, p->gutter, "", p->paint->off);
        print_clean(p->out, p->source->path, strlen(p->source->path));
        fputc('\n', p->out);
    }
    if (diag->hint != NULL && !hinted)
        print_remark(p, "hint", diag->hint);
    if (diag->other_text != NULL)
        print_remark(p, "note", diag->other_text);
    if (other)
        print_excerpt(p, diag->other, p->paint->frame, NULL);
}

void diags_print(FILE *out, struct diags *diags, const struct source *source, bool colour)
{
    struct printer p = {.out = out, .source = source, .paint = colour ? &COLOUR : &PLAIN};
    diags_sort(diags);
    for (size_t i = 0; i < diags->n; i++) {
        if (i > 0)
            fputc('\n', out);
        print_diag(&p, &diags->items[i]);
    }
}
