// syntax_error.c -- what to say about a token that does not fit: what was expected in the user's
// terms, what was found, and the hint that the usual slips deserve.
#include "parse.h"

#include "base/str.h"
#include "w2s.tab.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct diag *parse_report(struct parser *p, enum diag_code code, struct span span,
                          const char *format, ...)
{
    p->lost |= p->n_open == 0 || p->open[0].kind != 'b';
    if (p->stopped)
        return NULL;
    if (p->n_errors == PARSE_ERRORS_MAX) {
        p->stopped = true;
        diag_error(p->diags, DIAG_SYNTAX, span,
                   "too many mistakes; the rest of the file was not read");
        return NULL;
    }
    p->n_errors++;
    va_list args;
    va_start(args, format);
    char text[512];
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return diag_error(p->diags, code, span, "%s", text);
}

void parse_too_deep(struct parser *p, struct span span)
{
    struct diag *diag = parse_report(p, DIAG_TOO_DEEP, span, "nested deeper than %d levels",
                                     PARSE_NESTING_MAX);
    if (diag != NULL)
        diag_hint(p->diags, diag, "give a part of it a name");
    p->stopped = true;
}

const char *parse_nearest_keyword(const char *word)
{
    static const char *const keywords[] = {
#define DECL(id, keyword, noun) [DECL_##id] = keyword,
#include "ast.def"
#undef DECL
    };
    return diag_nearest(word, keywords, ARRAY_LEN(keywords));
}

// Leaves of `expected` what a person would name: one word for all that begins an expression, no
// operators where a bracket has to be closed, no line end where a setting lacks its '='.
static unsigned essential(unsigned expected)
{
    const unsigned closing = EXPECT_RPAREN | EXPECT_RBRACKET | EXPECT_RBRACE;
    if (expected & EXPECT_DECL)
        return EXPECT_DECL;
    if (expected & EXPECT_SETTING)
        return EXPECT_SETTING | (expected & EXPECT_RBRACE);
    if (expected & EXPECT_EXPR)
        return EXPECT_EXPR | (expected & closing);
    if ((expected & EXPECT_NAME) && (expected & EXPECT_LBLOCK))
        return EXPECT_LBLOCK;
    if (expected & EXPECT_ASSIGN)
        return EXPECT_ASSIGN | (expected & EXPECT_LBLOCK);
    if (expected & (closing | EXPECT_COMMA))
        expected &= ~(unsigned)EXPECT_OPERATOR;
    if (expected & (EXPECT_OPERATOR | EXPECT_COMMA))
        expected &= ~(unsigned)EXPECT_COLON;
    return expected;
}

static void describe_expected(struct str *out, unsigned expected)
{
    static const struct {
        enum expect bit;
        const char *text;
    } table[] = {
        {EXPECT_DECL, "a declaration"},
        {EXPECT_SETTING, "a setting"},
        {EXPECT_EXPR, "an expression"},
        {EXPECT_NAME, "a name"},
        {EXPECT_STRING, "a string"},
        {EXPECT_OPERATOR, "an operator"},
        {EXPECT_ASSIGN, "'='"},
        {EXPECT_COLON, "':'"},
        {EXPECT_COMMA, "','"},
        {EXPECT_RPAREN, "')'"},
        {EXPECT_RBRACKET, "']'"},
        {EXPECT_RBRACE, "'}'"},
        {EXPECT_LBLOCK, "'{'"},
        {EXPECT_SEP, "the end of the line"},
    };
    const char *named[ARRAY_LEN(table)];
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (expected & table[i].bit)
            named[n++] = table[i].text;
    for (size_t i = 0; i < n; i++)
        str_format(out, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " or ", named[i]);
}

// The token as the user wrote it, shortened; a separator says itself what it stands for.
static void describe_token(struct str *out, const struct parser *p, const struct token *token)
{
    enum { SHOWN = 40 };
    if (token->kind == TOK_SEP || token->kind == 0) {
        str_add(out, token->kind == 0 ? "the end of the file" : token->lexeme.text);
        return;
    }
    const char *text = p->source->bytes + token->span.begin;
    size_t n = token->span.end - token->span.begin, shown = n;
    if (n > SHOWN)
        for (shown = SHOWN; ((unsigned char)text[shown] & 0xC0) == 0x80; shown--)
            ;
    str_add(out, token->kind == TOK_STRING ? "the string " : "'");
    str_add_bytes(out, text, shown);
    if (shown < n)
        str_add(out, "...");
    str_add(out, token->kind == TOK_STRING ? "" : "'");
}

static bool is_keyword(int kind)
{
    return kind == TOK_NAMED || kind == TOK_TITLED || kind == TOK_PLAIN || kind == TOK_CONTROL;
}

static bool is_comparison(int kind)
{
    return kind >= TOK_EQ && kind <= TOK_GE;
}

static bool is_reserved(int kind)
{
    return kind == TOK_LET || kind == TOK_AND || kind == TOK_OR || kind == TOK_NOT ||
           kind == TOK_TRUE || kind == TOK_FALSE || kind == TOK_TAKE || kind == TOK_WHERE;
}

static bool is_operator(int kind)
{
    return kind >= TOK_PIPE && kind <= TOK_CARET && kind != TOK_NOT;
}

// `.5`, but not the last point of `0...5`.
static bool starts_fraction(const struct parser *p)
{
    const char *point = p->source->bytes + p->last.span.begin;
    return point[1] >= '0' && point[1] <= '9' && p->before.kind != TOK_RANGE;
}

// The hint for a usual slip, or NULL.
static const char *slip(const struct parser *p, unsigned expected, int found)
{
    char bracket = p->n_open > 0 ? p->open[p->n_open - 1].kind : '\0';
    if (found == TOK_ASSIGN && bracket == '(')
        return "arguments are written 'name: value'";
    if (found == TOK_ASSIGN && bracket == 'm')
        return "entries of a map are written 'name: value'";
    if (found == TOK_ASSIGN && bracket == '\0' && is_keyword(p->before.kind))
        return "a declaration needs a name before the '='";
    if (found == TOK_COLON && bracket == 'b')
        return "settings are written 'name = value'";
    if (found == TOK_NAME && (expected & EXPECT_STRING) && is_keyword(p->before.kind))
        return p->before.lexeme.decl == DECL_INCLUDE ? "write the file's name in double quotes"
                                                     : "this is a title: write it in double quotes";
    if (found == TOK_STRING && (expected & EXPECT_NAME) && is_keyword(p->before.kind))
        return "write the name without quotes";
    if (is_reserved(found) && (expected & (EXPECT_NAME | EXPECT_EXPR)))
        return "this word is reserved and cannot be a name";
    if (is_comparison(found) && (expected & EXPECT_OPERATOR))
        return "join two of them with 'and'";
    if (found == TOK_STRING && bracket == 'm' && (expected & EXPECT_NAME))
        return "names in a map have no quotes";
    if (found == TOK_DOT && (expected & EXPECT_EXPR) && starts_fraction(p))
        return "a number begins with a digit, as in 0.5";
    if (is_operator(found) && (expected & EXPECT_SETTING))
        return "to go on with the line before, end it with the operator";
    if (found == TOK_NAME && (expected & EXPECT_SEP) && decl_is_keyword(p->last.lexeme.text))
        return "a declaration begins on a line of its own";
    if (found == TOK_LBLOCK && (expected & EXPECT_DECL))
        return "the '{' stands on the line of its declaration";
    if (found == TOK_RBRACE && (expected & EXPECT_DECL))
        return "no block is open here";
    return NULL;
}

static void add_context(struct parser *p, struct diag *diag, unsigned expected)
{
    const unsigned closing = EXPECT_RPAREN | EXPECT_RBRACKET | EXPECT_RBRACE;
    const char *hint = slip(p, expected, p->last.kind);
    if (hint != NULL)
        diag_hint(p->diags, diag, "%s", hint);
    else if ((expected & EXPECT_DECL) && p->last.kind == TOK_NAME)
        diag_hint(p->diags, diag,
                  "a declaration begins with a keyword: experiment, param, include,\n"
                  "data, shift, model, teacher, guidance, student, sweep, evaluate,\n"
                  "control, claim or report");
    uint32_t at = p->abandoned.at;
    if (p->last.kind == TOK_SEP && p->abandoned.kind != '\0' && (expected & closing) &&
        source_place(p->source, at).line != source_place(p->source, diag->span.begin).line)
        diag_other(p->diags, diag, (struct span){at, at + 1}, "the bracket that is not closed");
}

// An item of a broken list whose comma is missing: the mistake is at the end of the line before.
static bool lacks_comma(const struct parser *p, unsigned expected)
{
    int found = p->last.kind;
    bool item = found == TOK_NAME || found == TOK_NUMBER || found == TOK_STRING;
    return (expected & EXPECT_COMMA) && item &&
           source_place(p->source, p->before.span.end).line <
               source_place(p->source, p->last.span.begin).line;
}

// Operators that do not group with themselves have a message of their own.
static bool describe_chain(struct str *text, const struct parser *p, unsigned expected)
{
    int found = p->last.kind;
    if (!(expected & EXPECT_OPERATOR))
        return false;
    if (is_comparison(found))
        str_add(text, "comparisons do not chain");
    else if (found == TOK_ARROW || found == TOK_RANGE)
        str_format(text, "'%s' does not chain", op_text(found == TOK_ARROW ? OP_ARROW : OP_RANGE));
    return text->len > 0;
}

static void describe(struct str *text, const struct parser *p, unsigned expected, bool comma)
{
    unsigned named = essential(expected);
    str_add(text, "expected ");
    describe_expected(text, named);
    if (comma || (is_keyword(p->before.kind) && (named & (EXPECT_NAME | EXPECT_STRING)))) {
        str_add(text, " after ");
        describe_token(text, p, &p->before);
    }
    if (!comma) {
        str_add(text, ", found ");
        describe_token(text, p, &p->last);
    }
}

void parse_syntax_error(struct parser *p, struct span span, unsigned expected)
{
    p->skipping = parse_in_brackets(p);
    bool comma = lacks_comma(p, expected);
    if (comma)
        span = (struct span){p->before.span.end, p->before.span.end};
    bool spoilt = p->spoilt_end > 0 && span.begin <= p->spoilt_end;
    if (spoilt || ((expected & EXPECT_DECL) && p->lost))
        return;

    struct str text = {0};
    if (!describe_chain(&text, p, expected))
        describe(&text, p, expected, comma);
    struct diag *diag = parse_report(p, DIAG_SYNTAX, span, "%s", str_text(&text));
    str_release(&text);
    if (diag != NULL)
        add_context(p, diag, expected);
}
