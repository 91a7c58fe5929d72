// parse.c -- ast_parse, and the nodes that the grammar's actions build. Nodes are allocated in the
// arena of the tree and are read-only once linked in.
#include "parse.h"

#include "base/mem.h"
#include "w2s.tab.h"
#include "w2s.lex.h"

#include <string.h>

static struct expr *make_expr(struct parser *p, enum expr_kind kind, struct span span)
{
    struct expr *expr = arena_alloc(p->arena, sizeof *expr);
    expr->kind = kind;
    expr->span = span;
    expr->depth = 1;
    return expr;
}

// Puts `child` below `expr`. A tree that would become too deep is cut there.
static const struct expr *below(struct parser *p, struct expr *expr, const struct expr *child)
{
    if (child->depth >= AST_DEPTH_MAX) {
        parse_too_deep(p, child->span);
        child = make_error(p, child->span);
    }
    if (child->depth >= expr->depth)
        expr->depth = child->depth + 1;
    return child;
}

// Is there a line end in the source between two offsets?
static bool line_ends_between(const struct parser *p, uint32_t begin, uint32_t end)
{
    return begin < end && memchr(p->source->bytes + begin, '\n', end - begin) != NULL;
}

struct expr *make_error(struct parser *p, struct span span)
{
    return make_expr(p, EXPR_ERROR, span);
}

struct expr *make_number(struct parser *p, struct span span, struct lexeme lexeme)
{
    struct expr *expr = make_expr(p, EXPR_NUMBER, span);
    expr->number = lexeme.number;
    expr->text = lexeme.text;
    return expr;
}

struct expr *make_text(struct parser *p, struct span span, enum expr_kind kind, const char *text)
{
    struct expr *expr = make_expr(p, kind, span);
    expr->text = text;
    return expr;
}

struct expr *make_bool(struct parser *p, struct span span, bool value)
{
    struct expr *expr = make_expr(p, EXPR_BOOL, span);
    expr->number = value;
    return expr;
}

struct expr *make_unary(struct parser *p, struct span span, enum op op, const struct expr *left)
{
    struct expr *expr = make_expr(p, EXPR_UNARY, span);
    expr->op = op;
    expr->left = below(p, expr, left);
    return expr;
}

struct expr *make_binary(struct parser *p, struct span span, enum op op, const struct expr *left,
                         const struct expr *right)
{
    struct expr *expr = make_expr(p, EXPR_BINARY, span);
    expr->op = op;
    expr->left = below(p, expr, left);
    expr->right = below(p, expr, right);
    expr->broken = line_ends_between(p, left->span.end, right->span.begin);
    return expr;
}

struct expr *make_member(struct parser *p, struct span span, const struct expr *of,
                         const char *name, struct span name_span)
{
    struct expr *expr = make_expr(p, EXPR_MEMBER, span);
    expr->left = below(p, expr, of);
    expr->text = name;
    expr->name_span = name_span;
    return expr;
}

struct expr *make_index(struct parser *p, struct span span, const struct expr *of,
                        const struct expr *at)
{
    struct expr *expr = make_expr(p, EXPR_INDEX, span);
    expr->left = below(p, expr, of);
    expr->right = below(p, expr, at);
    return expr;
}

struct expr *make_items(struct parser *p, struct span span, enum expr_kind kind,
                        const struct expr *of, struct span open, struct args args)
{
    struct expr *expr = make_expr(p, kind, span);
    if (of != NULL)
        expr->left = below(p, expr, of);
    uint32_t end = open.end; // of what precedes the next item
    for (struct arg *arg = args.first; arg != NULL; arg = (struct arg *)arg->next) {
        arg->value = below(p, expr, arg->value);
        expr->broken |= line_ends_between(p, end, arg->name_span.begin);
        end = arg->value->span.end;
    }
    expr->broken |= line_ends_between(p, end, span.end);
    expr->args = args.first;
    expr->n_args = args.n;
    return expr;
}

struct arg *make_arg(struct parser *p, const char *name, struct span name_span,
                     const struct expr *value)
{
    struct arg *arg = arena_alloc(p->arena, sizeof *arg);
    arg->name = name;
    arg->name_span = name_span;
    arg->value = value;
    return arg;
}

struct args args_add(struct args args, struct arg *arg)
{
    if (args.last == NULL)
        args.first = arg;
    else
        args.last->next = arg;
    args.last = arg;
    args.n++;
    return args;
}

void clause_add(struct parser *p, const struct expr **clause, struct span word,
                const struct expr *value)
{
    if (*clause != NULL)
        parse_report(p, DIAG_SYNTAX, word, "'%.*s' is given twice", (int)(word.end - word.begin),
                     p->source->bytes + word.begin);
    *clause = value;
}

struct stmt *make_setting(struct parser *p, struct span span, enum stmt_kind kind, const char *name,
                          struct span name_span, const struct expr *value)
{
    struct stmt *stmt = make_stmt(p, span, kind, value, (struct clauses){0});
    stmt->name = name;
    stmt->name_span = name_span;
    return stmt;
}

struct stmt *make_stmt(struct parser *p, struct span span, enum stmt_kind kind,
                       const struct expr *value, struct clauses clauses)
{
    struct stmt *stmt = arena_alloc(p->arena, sizeof *stmt);
    *stmt = (struct stmt){
        .kind = kind,
        .span = span,
        .value = value,
        .at = clauses.at,
        .when = clauses.when,
        .over = clauses.over,
        .by = clauses.by,
        .on = clauses.on,
    };
    return stmt;
}

struct stmts stmts_add(struct stmts stmts, struct stmt *stmt)
{
    if (stmts.last == NULL)
        stmts.first = stmt;
    else
        stmts.last->next = stmt;
    stmts.last = stmt;
    return stmts;
}

struct block *make_block(struct parser *p, struct span span, struct stmts stmts)
{
    struct block *block = arena_alloc(p->arena, sizeof *block);
    block->span = span;
    block->first = stmts.first;
    block->broken = line_ends_between(p, span.begin, span.end);
    return block;
}

struct decl *make_decl(struct parser *p, struct span span, struct lexeme keyword,
                       struct span keyword_span, const char *name, struct span name_span,
                       const struct expr *value, const struct block *block)
{
    struct decl *decl = arena_alloc(p->arena, sizeof *decl);
    *decl = (struct decl){
        .kind = keyword.decl,
        .span = span,
        .keyword_span = keyword_span,
        .name = name,
        .name_span = name != NULL ? name_span : keyword_span,
        .value = value,
        .block = block,
    };
    return decl;
}

struct decl *make_titled(struct parser *p, struct span span, struct lexeme keyword,
                         struct span keyword_span, const char *title, struct span title_span,
                         const struct expr *value, const struct block *block)
{
    struct decl *decl = make_decl(p, span, keyword, keyword_span, NULL, keyword_span, value, block);
    decl->title = title;
    decl->title_span = title_span;
    return decl;
}

void parse_decl(struct parser *p, struct decl *decl)
{
    if (decl == NULL)
        return;
    if (p->last_decl == NULL)
        p->ast->first = decl;
    else
        p->last_decl->next = decl;
    p->last_decl = decl;
}

void parse_comment(struct parser *p, struct span span)
{
    const char *bytes = p->source->bytes;
    uint32_t before = span.begin;
    while (before > 0 && strchr(" \t\r", bytes[before - 1]) != NULL)
        before--;
    while (strchr(" \t\r", bytes[span.end - 1]) != NULL)
        span.end--;
    p->comments = mem_grow(p->comments, &p->cap_comments, p->n_comments + 1, sizeof *p->comments);
    p->comments[p->n_comments++] = (struct comment){
        .span = span,
        .own_line = before == 0 || bytes[before - 1] == '\n',
    };
}

bool ast_parse(struct ast *ast, const struct source *source, struct arena *arena,
               struct diags *diags)
{
    struct parser p = {
        .source = source,
        .arena = arena,
        .diags = diags,
        .ast = ast,
    };
    size_t before = diags->n;
    *ast = (struct ast){.source = source};

    // flex writes into the text it scans and wants two NULs after it.
    char *text = mem_new((size_t)source->n + 2);
    memcpy(text, source->bytes, source->n);
    w2s_raw_lex_init_extra(&p, &p.scanner);
    w2s_raw__scan_buffer(text, (size_t)source->n + 2, p.scanner);
    w2s_parse(&p);
    w2s_raw_lex_destroy(p.scanner);
    mem_free(text);

    struct comment *comments = arena_array(arena, p.n_comments, sizeof *comments);
    if (p.n_comments > 0)
        memcpy(comments, p.comments, p.n_comments * sizeof *comments);
    mem_free(p.comments);
    ast->comments = comments;
    ast->n_comments = p.n_comments;
    return diags->n == before;
}
