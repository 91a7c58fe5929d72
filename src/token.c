// token.c -- layout: raw tokens in, the tokens of the grammar out.
//
// Three things depend on a token's neighbours and are settled here, so that the grammar stays
// plain: which line ends separate (none inside brackets or after an operator), whether a word is
// a keyword or a name at its place, and where brackets end when the user forgot to close them.
#include "parse.h"

#include "w2s.tab.h"

#include <ctype.h>
#include <string.h>

enum word_place { RESERVED, STATEMENT, CLAUSE };

struct word {
    const char *text;
    int token;
    enum word_place place;
};

static const struct word WORDS[] = {
#define WORD(text, token, place) {text, TOK_##token, place},
#include "../grammar/keywords.def"
#undef WORD
};

struct declaration {
    enum decl_kind kind;
    int token;
};

static const struct declaration DECLARATIONS[] = {
#define DECLARATION(id, token) {DECL_##id, TOK_##token},
#include "../grammar/keywords.def"
#undef DECLARATION
};

static const struct word *find_word(const char *text, size_t n)
{
    for (size_t i = 0; i < ARRAY_LEN(WORDS); i++)
        if (strlen(WORDS[i].text) == n && memcmp(WORDS[i].text, text, n) == 0)
            return &WORDS[i];
    return NULL;
}

static const struct declaration *find_declaration(const char *text)
{
    for (size_t i = 0; i < ARRAY_LEN(DECLARATIONS); i++)
        if (strcmp(decl_keyword(DECLARATIONS[i].kind), text) == 0)
            return &DECLARATIONS[i];
    return NULL;
}

// --- looking ahead in the text ---------------------------------------------------------------

static bool is_word_start(char c)
{
    return isalpha((unsigned char)c) || c == '_';
}

static const char *after_blanks(const char *p)
{
    return p + strspn(p, " \t\r");
}

static size_t word_length(const char *p)
{
    size_t n = 0;
    while (is_word_start(p[n]) || (n > 0 && isdigit((unsigned char)p[n])))
        n++;
    return n;
}

static bool is_assignment(const char *p)
{
    return p[0] == '=' && p[1] != '=';
}

// A word that comes after an operand and so begins none; after a keyword it shows that this was a
// name.
static bool is_infix(const char *p, size_t n)
{
    static const int infix[] = {TOK_AND, TOK_OR, TOK_TAKE, TOK_WHERE, TOK_AT, TOK_WHEN};
    const struct word *word = find_word(p, n);
    for (size_t i = 0; word != NULL && i < ARRAY_LEN(infix); i++)
        if (word->token == infix[i])
            return true;
    return false;
}

// After `plot` at the start of a statement: blanks and an operand. `plot(x)` is a call, `plot - x`
// a difference, `plot -x` a plot.
static bool operand_follows(const char *p)
{
    const char *next = after_blanks(p);
    if (next == p)
        return false;
    if (is_word_start(*next))
        return !is_infix(next, word_length(next));
    if (*next == '-')
        return strchr("> \t\r\n", next[1]) == NULL;
    return *next != '\0' && (isdigit((unsigned char)*next) || strchr("\"([{", *next) != NULL);
}

// After the keyword of a declaration at the start of a line: does the rest look like one? Used
// where the same word may also begin a setting (`model = small`) or an item of a list.
static bool head_follows(const char *p)
{
    const char *next = after_blanks(p);
    if (*next == '{')
        return true;
    if (next == p)
        return false;
    if (*next == '"')
        return true;
    size_t n = word_length(next);
    if (n == 0 || find_word(next, n) != NULL)
        return false; // `model over (x)` may go on with a plot
    const char *after = after_blanks(next + n);
    return is_assignment(after) || *after == '{' || *after == '(';
}

// --- brackets --------------------------------------------------------------------------------

static char innermost(const struct parser *p)
{
    return p->n_open > 0 ? p->open[p->n_open - 1].kind : '\0';
}

bool parse_in_brackets(const struct parser *p)
{
    char kind = innermost(p);
    return kind != '\0' && kind != 'b';
}

static bool in_block(const struct parser *p)
{
    return p->n_open > 0 && p->open[0].kind == 'b';
}

static bool open_bracket(struct parser *p, char kind, struct span span)
{
    if (p->n_open == PARSE_NESTING_MAX) {
        parse_too_deep(p, span);
        return false;
    }
    p->open[p->n_open++] = (struct bracket){.at = span.begin, .kind = kind};
    return true;
}

// Closes the innermost bracket of this kind, and those inside it; false when there is none up to
// the block.
static bool close_bracket(struct parser *p, char kind)
{
    for (unsigned i = p->n_open; i > 0 && p->open[i - 1].kind != 'b'; i--)
        if (p->open[i - 1].kind == kind) {
            p->n_open = i - 1;
            return true;
        }
    return false;
}

// Gives up the brackets of this statement. If their closing halves still come they are passed over.
static void abandon_brackets(struct parser *p)
{
    if (parse_in_brackets(p))
        p->abandoned = p->open[p->n_open - 1];
    for (; parse_in_brackets(p); p->n_open--)
        *(innermost(p) == 'm' ? &p->orphan_maps : &p->orphans) += 1;
}

static void forget_orphans(struct parser *p)
{
    p->orphans = p->orphan_maps = 0;
}

// --- what a token is at its place ------------------------------------------------------------

static bool ends_operand(int kind)
{
    switch (kind) {
    case TOK_NAME: case TOK_NUMBER: case TOK_STRING: case TOK_BAD: case TOK_TRUE: case TOK_FALSE:
    case TOK_RPAREN: case TOK_RBRACKET: case TOK_RBRACE:
        return true;
    default:
        return false;
    }
}

// A line end separates, except after what asks for more: an operator, a comma, an opening bracket.
static bool asks_for_more(int kind)
{
    switch (kind) {
    case 0: case TOK_SEP: case TOK_LBLOCK: // nothing was begun yet
    case TOK_ASSIGN: case TOK_COMMA: case TOK_COLON: case TOK_LPAREN: case TOK_LBRACKET:
    case TOK_LMAP: case TOK_PIPE: case TOK_TAKE: case TOK_WHERE: case TOK_OR: case TOK_AND:
    case TOK_NOT: case TOK_EQ: case TOK_NE: case TOK_LT: case TOK_LE: case TOK_GT: case TOK_GE:
    case TOK_ARROW: case TOK_RANGE: case TOK_PLUS: case TOK_MINUS: case TOK_STAR: case TOK_SLASH:
    case TOK_CARET: case TOK_DOT:
        return true;
    default:
        return false;
    }
}

static bool at_statement_start(const struct parser *p)
{
    return p->last.kind == TOK_SEP || p->last.kind == TOK_LBLOCK || p->last.kind == 0;
}

static const char *text_after(const struct parser *p, const struct token *token)
{
    return p->source->bytes + token->span.end;
}

// Outside blocks a line can only begin a declaration, so a misspelt keyword is known for what it
// is.
static void classify_declaration(struct parser *p, struct token *token)
{
    const struct declaration *declaration = find_declaration(token->lexeme.text);
    if (declaration == NULL && head_follows(text_after(p, token))) {
        const char *meant = parse_nearest_keyword(token->lexeme.text);
        if (meant != NULL) {
            struct diag *diag = parse_report(p, DIAG_SYNTAX, token->span,
                                             "unknown declaration '%s'", token->lexeme.text);
            if (diag != NULL)
                diag_hint(p->diags, diag, "did you mean '%s'?", meant);
            declaration = find_declaration(meant);
        }
    }
    if (declaration == NULL)
        return;
    token->kind = declaration->token;
    token->lexeme.decl = declaration->kind;
    p->lost = false;
    forget_orphans(p);
}

static void classify_word(struct parser *p, struct token *token)
{
    if (p->last.kind == TOK_DOT)
        return;
    bool start = at_statement_start(p);
    const struct word *word = find_word(token->lexeme.text, strlen(token->lexeme.text));
    if (word == NULL) {
        if (start && p->n_open == 0)
            classify_declaration(p, token);
        return;
    }
    bool counts = word->place == RESERVED ||
                  (word->place == STATEMENT && start && operand_follows(text_after(p, token))) ||
                  (word->place == CLAUSE && ends_operand(p->last.kind) && !parse_in_brackets(p));
    if (counts)
        token->kind = word->token;
}

// --- the tokens to come ----------------------------------------------------------------------

// Ends a statement; `what` stands there in messages. Without a token of its own it lies where the
// last one ends.
static struct token separator(const struct parser *p, const char *what, const struct token *token)
{
    struct span span =
        token != NULL ? token->span : (struct span){p->last.span.end, p->last.span.end};
    return (struct token){.kind = TOK_SEP, .span = span, .lexeme = {.text = what}};
}

static struct token line_end(const struct parser *p)
{
    return separator(p, "the end of the line", NULL);
}

// The token will be looked at again, after what is put before it.
static void hold(struct parser *p, struct token token)
{
    p->held = token;
    p->has_held = true;
}

static bool is_newline(const struct parser *p, const struct token *token)
{
    return token->kind == TOK_SEP && p->source->bytes[token->span.begin] == '\n';
}

// The next token of the text, line ends included.
static struct token raw(struct parser *p)
{
    if (p->has_held) {
        p->has_held = false;
        return p->held;
    }
    struct token token = {0};
    token.kind = w2s_scan(&token, p->scanner);
    if (token.kind == 0)
        token.span = (struct span){p->offset, p->offset};
    token.first = !p->mid_line;
    p->mid_line = !is_newline(p, &token);
    return token;
}

// `keyword name = ...` or `keyword { ...`: a declaration, wherever it stands.
static bool is_head(const struct parser *p, const struct token *token)
{
    return token->kind == TOK_NAME && decl_is_keyword(token->lexeme.text) &&
           head_follows(text_after(p, token));
}

// The first token of a line, while the statement before it is still open: does it begin something
// new, so that the statement was left unfinished?
static bool begins_anew(const struct parser *p, const struct token *token)
{
    if (is_head(p, token))
        return true;
    if (token->kind != TOK_NAME || !is_assignment(after_blanks(text_after(p, token))))
        return false;
    // In brackets it may be an argument with '=' for ':'; then a comma or the bracket precedes.
    return !parse_in_brackets(p) || ends_operand(p->last.kind);
}

static bool has_map_open(const struct parser *p)
{
    for (unsigned i = p->n_open; i > 0; i--)
        if (p->open[i - 1].kind == 'm')
            return true;
    return false;
}

// After a mistake a '}' at the left margin is taken for the end of the block, whatever else is
// open.
static bool at_margin(const struct parser *p, const struct token *token)
{
    uint32_t begin = token->span.begin;
    return in_block(p) && (begin == 0 || p->source->bytes[begin - 1] == '\n');
}

// Does this token end the statement although brackets are open? Of a ';' it depends on what
// follows: a setting, or an item whose comma was mistyped.
static bool breaks_brackets(const struct parser *p, const struct token *token)
{
    if (token->kind == TOK_SEP) {
        const char *next = after_blanks(text_after(p, token));
        return is_assignment(after_blanks(next + word_length(next)));
    }
    if (token->kind == TOK_RBRACE)
        return !has_map_open(p);
    return token->kind == 0 || (token->first && begins_anew(p, token));
}

// After a mistake inside brackets the rest of them is passed over, so that it costs one message.
static void skip_brackets(struct parser *p)
{
    p->skipping = false;
    while (parse_in_brackets(p) && !p->stopped) {
        struct token token = raw(p);
        if (is_newline(p, &token))
            continue;
        bool margin = token.kind == TOK_RBRACE && at_margin(p, &token);
        if (margin || breaks_brackets(p, &token)) {
            abandon_brackets(p);
            hold(p, token);
            return;
        }
        switch (token.kind) {
        case TOK_LPAREN: open_bracket(p, '(', token.span); break;
        case TOK_LBRACKET: open_bracket(p, '[', token.span); break;
        case TOK_LMAP: open_bracket(p, 'm', token.span); break;
        case TOK_RPAREN: close_bracket(p, '('); break;
        case TOK_RBRACKET: close_bracket(p, '['); break;
        case TOK_RBRACE: close_bracket(p, 'm'); break;
        }
        p->last = token;
    }
}

// Inside a block a declaration, or the end of the file: its '}' was forgotten and is put in.
static struct token close_block_for_user(struct parser *p, struct token token)
{
    struct diag *diag;
    if (token.kind == 0)
        diag = parse_report(p, DIAG_SYNTAX, line_end(p).span,
                            "expected '}' before the end of the file");
    else
        diag = parse_report(p, DIAG_SYNTAX, token.span, "expected '}' before '%s'",
                            token.lexeme.text);
    uint32_t at = p->open[p->n_open - 1].at;
    if (diag != NULL)
        diag_other(p->diags, diag, (struct span){at, at + 1}, "the block that is not closed");
    p->n_open--;
    p->unclosed++;
    forget_orphans(p);
    hold(p, token);
    p->ahead = line_end(p);
    p->has_ahead = true;
    return (struct token){.kind = TOK_RBRACE, .span = line_end(p).span};
}

// Blocks do not nest: the whole of an inner one is one mistake.
static struct token nested_block(struct parser *p, struct token token)
{
    struct diag *diag = parse_report(p, DIAG_SYNTAX, token.span, "a block inside a block");
    if (diag != NULL && p->last.kind == TOK_NAME)
        diag_hint(p->diags, diag, "write a map: %s = { name: value }", p->last.lexeme.text);
    if (open_bracket(p, 'm', token.span))
        skip_brackets(p);
    token.kind = TOK_W2S_error;
    return token;
}

static struct token opening_brace(struct parser *p, struct token token)
{
    if (!parse_in_brackets(p) && in_block(p) && ends_operand(p->last.kind))
        return nested_block(p, token);
    bool block = p->n_open == 0 && (!asks_for_more(p->last.kind) || at_statement_start(p));
    if (block) {
        token.kind = TOK_LBLOCK;
        forget_orphans(p);
    }
    open_bracket(p, block ? 'b' : 'm', token.span);
    return token;
}

// Ends the statement that is open, before `token` is looked at again.
static struct token end_statement(struct parser *p, struct token token)
{
    abandon_brackets(p);
    hold(p, token);
    if (token.kind == 0)
        return separator(p, "the end of the file", NULL);
    if (token.kind == TOK_SEP)
        return separator(p, "';'", &token);
    if (token.kind == TOK_RBRACE && !token.first)
        return separator(p, "'}'", &token);
    return line_end(p);
}

// What a '}' that closes no map is: the end of the block, or the rest of an earlier mistake.
// False when it is passed over.
static bool closing_brace(struct parser *p, struct token *token)
{
    if (close_bracket(p, 'm'))
        return true;
    if (p->orphan_maps > 0 && !at_margin(p, token)) {
        p->orphan_maps--;
        return false;
    }
    if (p->n_open == 0) {
        bool orphan = p->unclosed > 0;
        p->unclosed -= orphan;
        return !orphan;
    }
    if (!at_statement_start(p)) {
        *token = end_statement(p, *token);
        return true;
    }
    p->n_open--;
    forget_orphans(p);
    return true;
}

static bool closing(struct parser *p, char kind)
{
    bool orphan = !close_bracket(p, kind) && !parse_in_brackets(p) && p->orphans > 0;
    p->orphans -= orphan;
    return !orphan;
}

// The token as the grammar is to see it; false when there is nothing to see.
static bool settle(struct parser *p, struct token *token)
{
    switch (token->kind) {
    case TOK_SEP: // a ';'
        if (parse_in_brackets(p))
            token->kind = TOK_W2S_UNDEF;
        else
            *token = separator(p, "';'", token);
        return token->kind != TOK_SEP || !at_statement_start(p);
    case TOK_NAME:
        classify_word(p, token);
        return true;
    case TOK_LPAREN:
        open_bracket(p, '(', token->span);
        return true;
    case TOK_LBRACKET:
        open_bracket(p, '[', token->span);
        return true;
    case TOK_LMAP:
        *token = opening_brace(p, *token);
        return true;
    case TOK_RPAREN:
        return closing(p, '(');
    case TOK_RBRACKET:
        return closing(p, '[');
    case TOK_RBRACE:
        return closing_brace(p, token);
    default:
        return true;
    }
}

static struct token next_token(struct parser *p)
{
    if (p->skipping)
        skip_brackets(p);
    for (;;) {
        if (p->stopped)
            return (struct token){.span = p->last.span};
        if (p->has_ahead) {
            p->has_ahead = false;
            return p->ahead;
        }
        struct token token = raw(p);
        if (is_newline(p, &token)) {
            if (!parse_in_brackets(p) && !asks_for_more(p->last.kind))
                return line_end(p);
            continue;
        }
        bool over = parse_in_brackets(p)
                        ? breaks_brackets(p, &token)
                        : token.kind == 0 || (token.first && begins_anew(p, &token));
        if (over && !at_statement_start(p))
            return end_statement(p, token);
        if (in_block(p) && (token.kind == 0 || (token.first && is_head(p, &token))))
            return close_block_for_user(p, token);
        if (settle(p, &token))
            return token;
    }
}

int w2s_lex(W2S_STYPE *value, struct span *span, struct parser *p)
{
    struct token token = next_token(p);
    if (token.kind != TOK_SEP)
        p->abandoned = (struct bracket){0};
    if (token.kind == TOK_W2S_error)
        p->skipping = parse_in_brackets(p);
    p->before = p->last;
    p->last = token;
    value->lexeme = token.lexeme;
    *span = token.span;
    return token.kind;
}
