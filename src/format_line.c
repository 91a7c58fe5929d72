// format_line.c -- aligns the lines of a formatted file and joins them.
//
// Aligned are the '=' of neighbouring one-line settings (or declarations with the same keyword),
// and the comments at the ends of neighbouring lines. An empty line ends a run of neighbours; a
// line that is only a comment does not.
#include "format.h"

#include "base/mem.h"

// Comments stand at least COMMENT_GAP after the text, at columns 39, 55, 71, ... (from 0). A line
// longer than COMMENT_REACH keeps its own and moves no other.
enum { COMMENT_GAP = 2, COMMENT_FIRST = 39, COMMENT_STEP = 16, COMMENT_REACH = 86 };

static const char *line_text(const struct formatter *f, const struct line *line, size_t *n)
{
    bool last = line == &f->lines[f->n_lines - 1];
    *n = (last ? f->text.len : line[1].begin) - line->begin;
    return str_text(&f->text) + line->begin;
}

static bool has_text(const struct formatter *f, const struct line *line)
{
    size_t n;
    line_text(f, line, &n);
    return n > 0;
}

// Blanks to put before the aligned place of each line.
static void align_groups(const struct formatter *f, size_t *padding)
{
    for (size_t i = 0; i < f->n_lines;) {
        const struct line *first = &f->lines[i];
        size_t end = i + 1, widest = first->align;
        for (; end < f->n_lines && !f->lines[end].blank_before; end++) {
            const struct line *line = &f->lines[end];
            if (has_text(f, line) && (line->group != first->group || line->indent != first->indent))
                break;
            if (line->align > widest)
                widest = line->align;
        }
        if (first->group != GROUP_NONE)
            for (size_t j = i; j < end; j++)
                padding[j] = f->lines[j].group == first->group ? widest - f->lines[j].align : 0;
        i = end;
    }
}

static size_t line_width(const struct formatter *f, size_t i, const size_t *padding)
{
    size_t n;
    const char *text = line_text(f, &f->lines[i], &n);
    return f->lines[i].indent + text_width(text, n) + padding[i];
}

// The column of the comments of the lines from `i` up to the next empty line; *end is set to that.
static size_t comment_column(const struct formatter *f, size_t i, const size_t *padding,
                             size_t *end)
{
    size_t widest = 0;
    for (*end = i; *end < f->n_lines && (*end == i || !f->lines[*end].blank_before); *end += 1) {
        size_t width = line_width(f, *end, padding);
        bool counts = f->lines[*end].comment != NULL && has_text(f, &f->lines[*end]);
        if (counts && width <= COMMENT_REACH && width > widest)
            widest = width;
    }
    size_t column = COMMENT_FIRST;
    while (column < widest + COMMENT_GAP)
        column += COMMENT_STEP;
    return column;
}

static void join_line(struct str *out, const struct formatter *f, size_t i, const size_t *padding,
                      size_t column)
{
    const struct line *line = &f->lines[i];
    size_t n;
    const char *text = line_text(f, line, &n);
    if (line->blank_before)
        str_add_char(out, '\n');
    str_repeat(out, ' ', line->indent);
    str_add_bytes(out, text, line->align);
    str_repeat(out, ' ', padding[i]);
    str_add_bytes(out, text + line->align, n - line->align);
    if (line->comment != NULL) {
        size_t width = line_width(f, i, padding);
        if (n > 0)
            str_repeat(out, ' ', width > COMMENT_REACH ? COMMENT_GAP : column - width);
        str_add_bytes(out, f->ast->source->bytes + line->comment->span.begin,
                      line->comment->span.end - line->comment->span.begin);
    }
    str_add_char(out, '\n');
}

void format_join(struct str *out, const struct formatter *f)
{
    size_t *padding = mem_new((f->n_lines + 1) * sizeof *padding);
    align_groups(f, padding);
    for (size_t i = 0; i < f->n_lines;) {
        size_t end;
        size_t column = comment_column(f, i, padding, &end);
        for (; i < end; i++)
            join_line(out, f, i, padding, column);
    }
    mem_free(padding);
}
