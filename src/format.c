// format.c -- the canonical layout of a tree (ast.h): declarations, statements and where their
// comments go. Expressions are written by format_expr.c, lines are aligned and joined by
// format_line.c.
//
// Two promises: no comment is lost, and formatting the result gives the same text. Both rest on
// one rule: a comment stays where a line ends in the canonical layout too; any other comment
// (after `=`, in the middle of an unbroken call) is moved to a line of its own before its
// statement.
#include "format.h"

#include "base/mem.h"

#include <string.h>

enum { INDENT = 2, ONE_LINE_MAX = 120 };

struct line *format_begin_line(struct formatter *f, unsigned indent, bool blank_before)
{
    f->lines = mem_grow(f->lines, &f->cap_lines, f->n_lines + 1, sizeof *f->lines);
    struct line *line = &f->lines[f->n_lines++];
    *line = (struct line){
        .begin = f->text.len,
        .indent = indent,
        .blank_before = blank_before && f->n_lines > 1 && !f->opened,
    };
    f->opened = false;
    return line;
}

bool format_blank_before(const struct formatter *f, uint32_t begin)
{
    unsigned line_ends = 0;
    for (uint32_t i = f->written; i < begin; i++)
        line_ends += f->ast->source->bytes[i] == '\n';
    return line_ends > 1;
}

// --- comments --------------------------------------------------------------------------------

static size_t first_comment_from(const struct formatter *f, uint32_t begin)
{
    size_t low = 0, high = f->ast->n_comments;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (f->ast->comments[middle].span.begin < begin)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void comment_line(struct formatter *f, const struct comment *comment, unsigned indent,
                         bool blank)
{
    format_begin_line(f, indent, blank)->comment = comment;
    f->written = comment->span.end;
}

void format_comments(struct formatter *f, uint32_t begin, uint32_t end, unsigned indent)
{
    size_t last = first_comment_from(f, end);
    bool trailing = f->n_lines > 0;
    for (size_t i = first_comment_from(f, begin); i < last; i++) {
        const struct comment *comment = &f->ast->comments[i];
        if (f->moved[i])
            continue;
        if (trailing && !comment->own_line && f->lines[f->n_lines - 1].comment == NULL) {
            f->lines[f->n_lines - 1].comment = comment;
            f->written = comment->span.end;
        } else {
            bool blank = format_blank_before(f, comment->span.begin);
            comment_line(f, comment, indent, blank);
        }
        trailing = false;
    }
}

bool format_has_comments(const struct formatter *f, uint32_t begin, uint32_t end)
{
    size_t last = first_comment_from(f, end);
    for (size_t i = first_comment_from(f, begin); i < last; i++)
        if (!f->moved[i])
            return true;
    return false;
}

void format_keep_range(struct formatter *f, uint32_t begin, uint32_t end)
{
    size_t last = first_comment_from(f, end);
    for (size_t i = first_comment_from(f, begin); i < last; i++)
        f->moved[i] = false;
}

// Begins the first line of a statement or of a declaration's head, which lies at `span` and holds
// the expressions. Comments inside it that would have no line end to stand at come first.
static void begin_with_comments(struct formatter *f, struct span span, unsigned indent,
                                const struct expr *const *exprs, size_t n_exprs)
{
    bool blank = format_blank_before(f, span.begin);
    size_t first = first_comment_from(f, span.begin), last = first_comment_from(f, span.end);
    for (size_t i = first; i < last; i++)
        f->moved[i] = true;
    for (size_t i = 0; i < n_exprs && first < last; i++)
        if (exprs[i] != NULL)
            format_keep_comments(f, exprs[i]);
    for (size_t i = first; i < last; i++)
        if (f->moved[i]) {
            comment_line(f, &f->ast->comments[i], indent, blank);
            blank = false;
        }
    format_begin_line(f, indent, blank);
    f->indent = indent;
}

// --- statements ------------------------------------------------------------------------------

static void write_clause(struct formatter *f, const char *word, const struct expr *expr)
{
    if (expr == NULL)
        return;
    str_format(&f->text, " %s ", word);
    format_expr(f, expr);
}

// The operand that an expression begins with; of a negation, itself.
static const struct expr *first_operand(const struct expr *expr)
{
    while (expr->left != NULL && expr->kind != EXPR_UNARY)
        expr = expr->left;
    return expr;
}

// `plot at ...` would be the name `plot` with a clause, `control { ...` a control without an
// expression.
static void write_after_keyword(struct formatter *f, const struct expr *expr)
{
    const struct expr *first = first_operand(expr);
    bool clause = first->kind == EXPR_NAME &&
                  (strcmp(first->text, "at") == 0 || strcmp(first->text, "when") == 0);
    bool parens = clause || first->kind == EXPR_MAP;
    str_add(&f->text, parens ? "(" : "");
    format_expr(f, expr);
    str_add(&f->text, parens ? ")" : "");
}

static void write_stmt(struct formatter *f, const struct stmt *stmt)
{
    static const char *const before[] = {
        [STMT_SET] = "", [STMT_LET] = "let ", [STMT_EXPR] = "", [STMT_PLOT] = "plot ",
        [STMT_WHERE] = "where ",
    };
    str_add(&f->text, before[stmt->kind]);
    if (stmt->name != NULL)
        str_format(&f->text, "%s = ", stmt->name);
    if (stmt->kind == STMT_PLOT)
        write_after_keyword(f, stmt->value);
    else
        format_expr(f, stmt->value);
    write_clause(f, "at", stmt->at);
    write_clause(f, "when", stmt->when);
    write_clause(f, "over", stmt->over);
    write_clause(f, "by", stmt->by);
    write_clause(f, "on", stmt->on);
}

// A line that holds the whole of something named can be aligned with its neighbours.
static void align_line(struct formatter *f, size_t line, int group, size_t align)
{
    if (f->n_lines != line + 1)
        return;
    f->lines[line].group = group;
    f->lines[line].align = align;
}

static void write_stmt_lines(struct formatter *f, const struct stmt *stmt, unsigned indent)
{
    const struct expr *exprs[] = {stmt->value, stmt->at, stmt->when,
                                  stmt->over,  stmt->by, stmt->on};
    begin_with_comments(f, stmt->span, indent, exprs, ARRAY_LEN(exprs));
    size_t line = f->n_lines - 1;
    write_stmt(f, stmt);
    if (stmt->kind == STMT_SET)
        align_line(f, line, GROUP_SETTING, strlen(stmt->name) + 1);
    else if (stmt->kind == STMT_LET)
        align_line(f, line, GROUP_LET, strlen("let ") + strlen(stmt->name) + 1);
    f->written = stmt->span.end;
}

// --- blocks and declarations -----------------------------------------------------------------

// ` { a = 1; b = 2 }` after the head; false, with nothing written, when it does not fit.
static bool write_block_in_line(struct formatter *f, const struct block *block)
{
    size_t before = f->text.len;
    const struct line *line = &f->lines[f->n_lines - 1];
    str_add(&f->text, " { ");
    for (const struct stmt *stmt = block->first; stmt != NULL; stmt = stmt->next) {
        write_stmt(f, stmt);
        str_add(&f->text, stmt->next != NULL ? "; " : " }");
    }
    size_t width = text_width(f->text.data + line->begin, f->text.len - line->begin);
    if (line->indent + width <= ONE_LINE_MAX)
        return true;
    f->text.len = before;
    return false;
}

static void write_block(struct formatter *f, const struct block *block)
{
    uint32_t at = block->span.begin + 1, end = block->span.end - 1;
    if (block->first == NULL && !format_has_comments(f, at, end)) {
        str_add(&f->text, " {}");
        return;
    }
    if (!block->broken && write_block_in_line(f, block))
        return;
    str_add(&f->text, " {");
    f->written = at;
    f->opened = true;
    for (const struct stmt *stmt = block->first; stmt != NULL; stmt = stmt->next) {
        format_comments(f, at, stmt->span.begin, INDENT);
        write_stmt_lines(f, stmt, INDENT);
        at = stmt->span.end;
    }
    format_comments(f, at, end, INDENT);
    format_begin_line(f, 0, false);
    str_add(&f->text, "}");
}

static void write_decl(struct formatter *f, const struct decl *decl)
{
    struct span head = decl->span;
    if (decl->block != NULL)
        head.end = decl->block->span.begin;
    begin_with_comments(f, head, 0, &decl->value, 1);
    size_t line = f->n_lines - 1, begin = f->text.len;

    str_add(&f->text, decl_keyword(decl->kind));
    if (decl->name != NULL)
        str_format(&f->text, " %s", decl->name);
    if (decl->title != NULL) {
        str_add_char(&f->text, ' ');
        struct expr title = {.kind = EXPR_STRING, .text = decl->title};
        format_expr(f, &title);
    }
    size_t align = f->text.len - begin + 1;
    if (decl->value != NULL && decl->kind == DECL_CONTROL) {
        str_add_char(&f->text, ' ');
        write_after_keyword(f, decl->value);
    } else if (decl->value != NULL) {
        str_add(&f->text, " = ");
        format_expr(f, decl->value);
    }
    if (decl->block != NULL)
        write_block(f, decl->block);
    if (decl->name != NULL && f->text.len - begin > align)
        align_line(f, line, GROUP_DECL + (int)decl->kind, align);
    f->written = decl->span.end;
}

void ast_format(struct str *out, const struct ast *ast)
{
    struct formatter f = {.ast = ast, .moved = mem_new(ast->n_comments + 1)};
    uint32_t at = 0;
    for (const struct decl *decl = ast->first; decl != NULL; decl = decl->next) {
        format_comments(&f, at, decl->span.begin, 0);
        write_decl(&f, decl);
        at = decl->span.end;
    }
    format_comments(&f, at, ast->source->n, 0);
    format_join(out, &f);
    str_release(&f.text);
    mem_free(f.lines);
    mem_free(f.moved);
}

void expr_format(struct str *out, const struct expr *expr)
{
    struct formatter f = {0};
    format_expr(&f, expr);
    str_add(out, str_text(&f.text));
    str_release(&f.text);
}
