// format.h -- the canonical layout in the making; internal to format*.c.
//
// The tree is first written as lines (format.c, format_expr.c), each with what is needed to align
// it; then the lines are aligned and joined (format_line.c).
#ifndef W2S_FORMAT_H
#define W2S_FORMAT_H

#include "ast.h"

// Lines next to each other in the same group have their '=' aligned.
enum line_group {
    GROUP_NONE,
    GROUP_SETTING,
    GROUP_LET,
    GROUP_DECL, // + enum decl_kind
};

struct line {
    size_t begin;        // of its text in formatter.text; it ends where the next line begins
    unsigned indent;
    bool blank_before;   // an empty line comes first
    int group;
    size_t align;        // offset in the line of what is aligned in a group
    const struct comment *comment; // at its end, or alone when there is no text
};

struct formatter {
    const struct ast *ast; // NULL: one expression, on one line, without comments
    struct str text;
    struct line *lines;
    size_t n_lines, cap_lines;
    unsigned indent;       // of the statement or item being written
    uint32_t written;      // offset in the source up to which all was written
    bool opened;           // the last line opened a bracket: no empty line follows
    bool *moved;           // comments that got a line before their statement
};

struct line *format_begin_line(struct formatter *f, unsigned indent, bool blank_before);

// Did the user leave an empty line between what was written last and `begin`?
bool format_blank_before(const struct formatter *f, uint32_t begin);

// Writes the comments between two offsets: the first after the last line when it stood there, the
// others on lines of their own.
void format_comments(struct formatter *f, uint32_t begin, uint32_t end, unsigned indent);
bool format_has_comments(const struct formatter *f, uint32_t begin, uint32_t end);

// format_expr.c: writes an expression; marks the comments that will have a line end of their own
// there.
void format_expr(struct formatter *f, const struct expr *expr);
void format_keep_comments(struct formatter *f, const struct expr *expr);
void format_keep_range(struct formatter *f, uint32_t begin, uint32_t end);

// format_line.c
void format_join(struct str *out, const struct formatter *f);

#endif
