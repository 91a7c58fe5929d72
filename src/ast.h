// ast.h -- the syntax tree: exactly what was written, nothing resolved.
//
// The whole language has one shape: a file is declarations; a declaration is a keyword, a name or a
// title, an optional value and an optional block; a block is statements. What a keyword may contain is
// the business of the schema (schema.h), not of the grammar. All nodes live in one arena and are
// read-only after parsing. Spans are byte offsets.
#ifndef W2S_AST_H
#define W2S_AST_H

#include "base/str.h"
#include "diag.h"

enum decl_kind {
#define DECL(id, keyword, noun) DECL_##id,
#include "ast.def"
#undef DECL
};

enum expr_kind {
#define EXPR(id) EXPR_##id,
#include "ast.def"
#undef EXPR
};

enum op {
#define OP(id, text, callee, precedence) OP_##id,
#include "ast.def"
#undef OP
    OP_COUNT,
};

// No expression is deeper than this (the parser refuses it), so passes may recurse over the tree.
enum { AST_DEPTH_MAX = 200 };

struct expr {
    enum expr_kind kind;
    struct span span;
    enum op op;          // UNARY, BINARY
    double number;       // NUMBER: unit applied (45% is 0.45, 4GiB is 4294967296, 30s is 30); BOOL: 0 or 1
    const char *text;    // NAME, STRING (unescaped), MEMBER (the member's name); NUMBER: as written
    struct span name_span; // MEMBER: of the member's name
    const struct expr *left, *right; // BINARY both; UNARY, MEMBER, CALL (callee), INDEX: left; INDEX: right
    const struct arg *args;          // CALL, LIST, MAP: linked in order
    size_t n_args;
    bool broken; // LIST, MAP, CALL, BINARY: a line ends between its own parts; only fmt looks
    unsigned depth; // 1 for a leaf, at most AST_DEPTH_MAX
};

struct arg {
    const struct arg *next;
    const char *name; // NULL when positional or a list item
    struct span name_span;
    const struct expr *value;
};

enum stmt_kind {
    STMT_SET,   // name = value
    STMT_LET,   // let name = value
    STMT_EXPR,  // value [at confidence] [when condition]: claims
    STMT_PLOT,  // plot value [over x] [by y] [on data]
    STMT_WHERE, // where condition: sweeps
};

struct stmt {
    const struct stmt *next;
    enum stmt_kind kind;
    struct span span, name_span;
    const char *name;          // SET, LET
    const struct expr *value;  // all
    const struct expr *at, *when;       // EXPR
    const struct expr *over, *by, *on;  // PLOT
};

struct block {
    struct span span; // with its braces
    const struct stmt *first;
    bool broken; // written over several lines; only fmt looks
};

struct decl {
    const struct decl *next;
    enum decl_kind kind;
    struct span span, name_span, keyword_span;
    const char *name;         // NULL when it has none
    const char *title;        // experiment, claim, include: the string
    struct span title_span;
    const struct expr *value; // or NULL; for `control` the expression after the keyword
    const struct block *block; // or NULL
};

struct comment {
    struct span span;    // from '#' to before the newline
    bool own_line;       // nothing but blanks before it
};

struct ast {
    const struct source *source;
    const struct decl *first;
    const struct comment *comments; // in order
    size_t n_comments;
};

const char *decl_keyword(enum decl_kind kind);
bool decl_is_keyword(const char *word);
const char *decl_noun(enum decl_kind kind); // "a teacher", "data": for messages
const char *op_text(enum op op);     // "+", "|>", "take"
const char *op_callee(enum op op);   // "add", "pipe", "take": the name of the operation in values

int op_precedence(enum op op);       // higher binds tighter

// Parses; always gives a tree, of what could be understood. False when diagnostics were added.
bool ast_parse(struct ast *ast, const struct source *source, struct arena *arena,
               struct diags *diags);

// The canonical layout of a tree that was parsed without diagnostics, comments kept (format.c).
// Formatting the result gives it again.
void ast_format(struct str *out, const struct ast *ast);

// One expression on one line, as written by ast_format; for messages and labels.
void expr_format(struct str *out, const struct expr *expr);

#endif
