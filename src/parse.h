// parse.h -- what scanner, layout, grammar actions and error messages share; internal to parsing.
//
// The road of a token: grammar/w2s.l cuts the bytes, lexeme.c says what the token is worth, token.c
// decides which line ends count and what a word means at its place, grammar/w2s.y builds the tree
// through the functions of parse.c. All state is in struct parser, which lives for one ast_parse.
#ifndef W2S_PARSE_H
#define W2S_PARSE_H

#include "ast.h"

enum {
    PARSE_NESTING_MAX = 200,   // open brackets
    PARSE_STACK_MAX = 4000,    // entries of the grammar's stack
    PARSE_ERRORS_MAX = 20,     // then the rest of the file is not read
    LEXEME_NAME_MAX = 256,     // bytes; numbers too
    LEXEME_STRING_MAX = 65536,
};

struct lexeme {
    const char *text; // NAME, STRING (unescaped), NUMBER (as written)
    double number;
    enum decl_kind decl; // keywords of declarations
};

struct token {
    int kind; // TOK_..., 0 at the end
    bool first; // on its line
    struct span span;
    struct lexeme lexeme;
};

// An opened bracket: '(' '[' , 'm' for the '{' of a map, 'b' for that of a block.
struct bracket {
    uint32_t at;
    char kind;
};

struct parser {
    const struct source *source;
    struct arena *arena;
    struct diags *diags;
    struct ast *ast;
    struct decl *last_decl;

    void *scanner;
    uint32_t offset; // bytes scanned
    struct comment *comments;
    size_t n_comments, cap_comments;

    struct bracket open[PARSE_NESTING_MAX];
    unsigned n_open;
    struct bracket abandoned; // the innermost that the separator just given left open
    struct token last;   // the token the grammar looks at
    struct token before; // the one before it
    struct token held;   // scanned, to be looked at again
    struct token ahead;  // to be given next as it is
    bool has_held, has_ahead;
    bool mid_line;       // a token of this line was scanned
    bool skipping;      // a mistake was made inside brackets: the rest of them is passed over
    unsigned orphans;      // closing brackets whose opening one was given up
    unsigned orphan_maps;
    unsigned unclosed;     // blocks that were closed for the user

    bool lost;    // a mistake outside blocks: what follows is not judged until the next declaration
    bool stopped; // too many mistakes, or nested too deeply
    uint32_t spoilt_end; // end of a line where a mistake left nothing else to be judged
    unsigned n_errors;
};

// --- scanning: grammar/w2s.l and lexeme.c ---

int w2s_scan(struct token *token, void *scanner);
struct span parse_advance(struct parser *p, uint32_t n);
void parse_comment(struct parser *p, struct span span);
// The rest of the line that the span ends on is not judged any further.
void parse_spoil_line(struct parser *p, struct span span);

// Each fills the token and returns its kind; what is wrong with it has then been reported.
int lexeme_word(struct parser *p, struct token *token, const char *text, size_t n);
int lexeme_number(struct parser *p, struct token *token, const char *text, size_t n);
int lexeme_string(struct parser *p, struct token *token, const char *text, size_t n);
int lexeme_bad(struct parser *p, struct token *token, const char *text, size_t n);

// --- layout: token.c ---

// True inside ( ), [ ] and the { } of a map.
bool parse_in_brackets(const struct parser *p);

// --- messages: syntax_error.c ---

// What may stand at a place, as bits.
enum expect {
    EXPECT_DECL = 1 << 0,
    EXPECT_SETTING = 1 << 1,
    EXPECT_EXPR = 1 << 2,
    EXPECT_OPERATOR = 1 << 3,
    EXPECT_NAME = 1 << 4,
    EXPECT_STRING = 1 << 5,
    EXPECT_ASSIGN = 1 << 6,
    EXPECT_COLON = 1 << 7,
    EXPECT_COMMA = 1 << 8,
    EXPECT_RPAREN = 1 << 9,
    EXPECT_RBRACKET = 1 << 10,
    EXPECT_RBRACE = 1 << 11,
    EXPECT_LBLOCK = 1 << 12,
    EXPECT_SEP = 1 << 13,
};

// Adds a diagnostic, or returns NULL when enough has been said.
struct diag *parse_report(struct parser *p, enum diag_code code, struct span span,
                          const char *format, ...) W2S_PRINTF(4, 5);
void parse_syntax_error(struct parser *p, struct span span, unsigned expected);
void parse_too_deep(struct parser *p, struct span span);

// The keyword of a declaration that `word` is a slip of, or NULL.
const char *parse_nearest_keyword(const char *word);

// --- nodes: parse.c ---

struct args {
    struct arg *first, *last;
    size_t n;
};

struct stmts {
    struct stmt *first, *last;
};

struct clauses {
    const struct expr *at, *when, *over, *by, *on;
};

struct expr *make_error(struct parser *p, struct span span);
struct expr *make_number(struct parser *p, struct span span, struct lexeme lexeme);
struct expr *make_text(struct parser *p, struct span span, enum expr_kind kind, const char *text);
struct expr *make_bool(struct parser *p, struct span span, bool value);
struct expr *make_unary(struct parser *p, struct span span, enum op op, const struct expr *left);
struct expr *make_binary(struct parser *p, struct span span, enum op op, const struct expr *left,
                         const struct expr *right);
struct expr *make_member(struct parser *p, struct span span, const struct expr *of,
                         const char *name, struct span name_span);
struct expr *make_index(struct parser *p, struct span span, const struct expr *of,
                        const struct expr *at);
// CALL (of = the callee), LIST and MAP; `open` is the span of the opening bracket.
struct expr *make_items(struct parser *p, struct span span, enum expr_kind kind,
                        const struct expr *of, struct span open, struct args args);
struct arg *make_arg(struct parser *p, const char *name, struct span name_span,
                     const struct expr *value);
struct args args_add(struct args args, struct arg *arg);

void clause_add(struct parser *p, const struct expr **clause, struct span word,
                const struct expr *value);
struct stmt *make_setting(struct parser *p, struct span span, enum stmt_kind kind, const char *name,
                          struct span name_span, const struct expr *value);
struct stmt *make_stmt(struct parser *p, struct span span, enum stmt_kind kind,
                       const struct expr *value, struct clauses clauses);
struct stmts stmts_add(struct stmts stmts, struct stmt *stmt);
struct block *make_block(struct parser *p, struct span span, struct stmts stmts);

struct decl *make_decl(struct parser *p, struct span span, struct lexeme keyword,
                       struct span keyword_span, const char *name, struct span name_span,
                       const struct expr *value, const struct block *block);
struct decl *make_titled(struct parser *p, struct span span, struct lexeme keyword,
                         struct span keyword_span, const char *title, struct span title_span,
                         const struct expr *value, const struct block *block);
// Appends to the tree; NULL (a declaration that was not understood) is passed over.
void parse_decl(struct parser *p, struct decl *decl);

#endif
