// format_expr.c -- expressions in canonical layout: parentheses only where precedence asks for
// them; lists, calls, maps and operators that the user broke over lines stay broken, one item a
// line.
#include "format.h"

#include <string.h>

enum { ITEM_INDENT = 2, CONTINUATION_INDENT = 4 };

// --- parentheses -----------------------------------------------------------------------------

static bool is_operation(const struct expr *expr)
{
    return expr->kind == EXPR_BINARY || expr->kind == EXPR_UNARY;
}

static bool groups_left(enum op op)
{
    int level = op_precedence(op);
    return level < op_precedence(OP_EQ) || level == op_precedence(OP_ADD) ||
           level == op_precedence(OP_MUL);
}

static bool left_needs_parens(enum op op, const struct expr *left)
{
    if (!is_operation(left))
        return false;
    int inner = op_precedence(left->op), outer = op_precedence(op);
    return inner < outer || (inner == outer && !groups_left(op));
}

static bool right_needs_parens(enum op op, const struct expr *right)
{
    if (!is_operation(right))
        return false;
    if (op == OP_POW) // 2^-3 and 2^3^4 read as they stand
        return right->op != OP_NEG && right->op != OP_POW;
    return op_precedence(right->op) <= op_precedence(op);
}

static void write_operand(struct formatter *f, const struct expr *expr, bool parens)
{
    if (parens)
        str_add_char(&f->text, '(');
    format_expr(f, expr);
    if (parens)
        str_add_char(&f->text, ')');
}

// --- operators -------------------------------------------------------------------------------

// 0..4, 2^10 and 1/255 read as one thing.
static bool is_tight(const struct expr *expr)
{
    if (expr->op == OP_POW)
        return true;
    if (expr->op == OP_DIV)
        return expr->left->kind == EXPR_NUMBER && expr->right->kind == EXPR_NUMBER;
    return expr->op == OP_RANGE && expr->left->kind != EXPR_BINARY &&
           expr->right->kind != EXPR_BINARY;
}

static void write_binary(struct formatter *f, const struct expr *expr)
{
    bool broken = expr->broken && f->ast != NULL;
    bool parens = right_needs_parens(expr->op, expr->right);
    write_operand(f, expr->left, left_needs_parens(expr->op, expr->left));
    const char *space = is_tight(expr) && !broken ? "" : " ";
    str_format(&f->text, "%s%s%s", space, op_text(expr->op), broken ? "" : space);
    if (broken) {
        uint32_t end = expr->left->span.end, begin = expr->right->span.begin;
        unsigned indent = f->indent + CONTINUATION_INDENT;
        f->written = end;
        format_comments(f, end, begin, indent);
        format_begin_line(f, indent, false);
        // `model {` at the start of a line would be a declaration.
        parens |= expr->right->kind == EXPR_NAME && decl_is_keyword(expr->right->text);
    }
    write_operand(f, expr->right, parens);
}

static void write_unary(struct formatter *f, const struct expr *expr)
{
    const struct expr *operand = expr->left;
    str_add(&f->text, expr->op == OP_NOT ? "not " : "-");
    write_operand(f, operand,
                  is_operation(operand) && op_precedence(operand->op) < op_precedence(expr->op));
}

// --- items -----------------------------------------------------------------------------------

// Where the items of a call, list or map may begin; they end at the end of its span.
static uint32_t items_begin(const struct expr *expr)
{
    return expr->kind == EXPR_CALL ? expr->left->span.end : expr->span.begin;
}

static void write_item(struct formatter *f, const struct arg *arg)
{
    if (arg->name != NULL)
        str_format(&f->text, "%s: ", arg->name);
    format_expr(f, arg->value);
}

static void write_items_in_line(struct formatter *f, const struct expr *expr)
{
    const char *space = expr->kind == EXPR_MAP && expr->n_args > 0 ? " " : "";
    str_add(&f->text, space);
    for (const struct arg *arg = expr->args; arg != NULL; arg = arg->next) {
        write_item(f, arg);
        str_add(&f->text, arg->next != NULL ? ", " : "");
    }
    str_add(&f->text, space);
}

static void write_items_broken(struct formatter *f, const struct expr *expr)
{
    unsigned outer = f->indent, line_indent = f->lines[f->n_lines - 1].indent;
    uint32_t at = items_begin(expr);
    f->indent = line_indent + ITEM_INDENT;
    f->written = at;
    f->opened = true;
    for (const struct arg *arg = expr->args; arg != NULL; arg = arg->next) {
        uint32_t begin = arg->name_span.begin;
        format_comments(f, at, begin, f->indent);
        format_begin_line(f, f->indent, format_blank_before(f, begin));
        write_item(f, arg);
        str_add_char(&f->text, ',');
        at = arg->value->span.end;
        f->written = at;
    }
    format_comments(f, at, expr->span.end, f->indent);
    f->opened = false;
    f->indent = outer;
    format_begin_line(f, line_indent, false);
}

static void write_items(struct formatter *f, const struct expr *expr, char open, char close)
{
    str_add_char(&f->text, open);
    bool broken = f->ast != NULL && expr->broken &&
                  (expr->n_args > 0 || format_has_comments(f, items_begin(expr), expr->span.end));
    if (broken)
        write_items_broken(f, expr);
    else
        write_items_in_line(f, expr);
    str_add_char(&f->text, close);
}

// --- all kinds -------------------------------------------------------------------------------

static void write_string(struct formatter *f, const char *text)
{
    str_add_char(&f->text, '"');
    for (const char *p = text; *p != '\0'; p++) {
        switch (*p) {
        case '"': str_add(&f->text, "\\\""); break;
        case '\\': str_add(&f->text, "\\\\"); break;
        case '\n': str_add(&f->text, "\\n"); break;
        case '\t': str_add(&f->text, "\\t"); break;
        default: str_add_char(&f->text, *p);
        }
    }
    str_add_char(&f->text, '"');
}

void format_expr(struct formatter *f, const struct expr *expr)
{
    switch (expr->kind) {
    case EXPR_NUMBER:
    case EXPR_NAME:
        str_add(&f->text, expr->text);
        break;
    case EXPR_STRING:
        write_string(f, expr->text);
        break;
    case EXPR_BOOL:
        str_add(&f->text, expr->number != 0 ? "true" : "false");
        break;
    case EXPR_MEMBER:
        write_operand(f, expr->left, is_operation(expr->left));
        str_format(&f->text, ".%s", expr->text);
        break;
    case EXPR_INDEX:
        write_operand(f, expr->left, is_operation(expr->left));
        str_add_char(&f->text, '[');
        format_expr(f, expr->right);
        str_add_char(&f->text, ']');
        break;
    case EXPR_CALL:
        write_operand(f, expr->left, is_operation(expr->left));
        write_items(f, expr, '(', ')');
        break;
    case EXPR_LIST:
        write_items(f, expr, '[', ']');
        break;
    case EXPR_MAP:
        write_items(f, expr, '{', '}');
        break;
    case EXPR_UNARY:
        write_unary(f, expr);
        break;
    case EXPR_BINARY:
        write_binary(f, expr);
        break;
    case EXPR_ERROR:
        str_add(&f->text, "...");
        break;
    }
}

// Mirrors the places where the functions above call format_comments.
void format_keep_comments(struct formatter *f, const struct expr *expr)
{
    if (expr->left != NULL)
        format_keep_comments(f, expr->left);
    if (expr->right != NULL)
        format_keep_comments(f, expr->right);
    for (const struct arg *arg = expr->args; arg != NULL; arg = arg->next)
        format_keep_comments(f, arg->value);
    if (!expr->broken)
        return;
    if (expr->kind == EXPR_BINARY) {
        format_keep_range(f, expr->left->span.end, expr->right->span.begin);
        return;
    }
    uint32_t at = items_begin(expr);
    for (const struct arg *arg = expr->args; arg != NULL; arg = arg->next) {
        format_keep_range(f, at, arg->name_span.begin);
        at = arg->value->span.end;
    }
    format_keep_range(f, at, expr->span.end);
}
