// lexeme.c -- what one token is worth: numbers with their units, escapes in strings, and what to
// say about characters that begin nothing. Knows nothing of the tokens around it.
#include "parse.h"

#include "base/str.h"
#include "w2s.tab.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct span parse_advance(struct parser *p, uint32_t n)
{
    struct span span = {p->offset, p->offset + n};
    p->offset += n;
    return span;
}

void parse_spoil_line(struct parser *p, struct span span)
{
    p->spoilt_end = span.end + (uint32_t)strcspn(p->source->bytes + span.end, "\n");
}

static bool too_long(struct parser *p, struct span span, size_t n, size_t limit, const char *what)
{
    if (n <= limit)
        return false;
    parse_report(p, DIAG_TOO_LONG, span, "%s is longer than %zu bytes", what, limit);
    return true;
}

int lexeme_word(struct parser *p, struct token *token, const char *text, size_t n)
{
    if (too_long(p, token->span, n, LEXEME_NAME_MAX, "this name"))
        n = LEXEME_NAME_MAX;
    token->lexeme.text = arena_copy(p->arena, text, n);
    return token->kind = TOK_NAME;
}

// --- numbers ---------------------------------------------------------------------------------

// A number cut into its pieces; `tail` is what remains for the unit.
struct number {
    char digits[LEXEME_NAME_MAX + 1]; // mantissa without '_'
    long exponent;
    const char *tail;
    bool malformed;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// Copies digits with single '_' between them; returns the rest.
static const char *take_digits(struct number *number, size_t *used, const char *p)
{
    if (!is_digit(*p))
        number->malformed = true;
    while (is_digit(*p)) {
        number->digits[(*used)++] = *p++;
        if (*p == '_' && is_digit(p[1]))
            p++;
    }
    return p;
}

static struct number cut_number(const char *text)
{
    struct number number = {0};
    size_t used = 0;
    const char *p = take_digits(&number, &used, text);
    if (*p == '.') {
        number.digits[used++] = '.';
        p = take_digits(&number, &used, p + 1);
    }
    if (*p == 'e' || *p == 'E') {
        char *end;
        const char *digits = p + 1 + (p[1] == '+' || p[1] == '-');
        number.malformed |= !is_digit(*digits);
        number.exponent = strtol(p + 1, &end, 10);
        p = is_digit(*digits) ? end : digits;
    }
    if (*p == '_' || *p == '.')
        number.malformed = true;
    number.tail = p;
    return number;
}

struct unit {
    const char *text;
    int exponent;
    double factor;
};

static const struct unit UNITS[] = {
    {"", 0, 1},
#define UNIT(text, exponent, factor) {text, exponent, factor},
#include "../grammar/keywords.def"
#undef UNIT
};

static const struct unit *find_unit(const char *text)
{
    for (size_t i = 0; i < ARRAY_LEN(UNITS); i++)
        if (strcmp(UNITS[i].text, text) == 0)
            return &UNITS[i];
    return NULL;
}

// The unit moves the exponent of the text, so the result is the double nearest to what was written.
static double number_value(const struct number *number, const struct unit *unit)
{
    enum { BEYOND = 100000 }; // any such exponent is 0 or inf
    char text[LEXEME_NAME_MAX + 32];
    long exponent = number->exponent > BEYOND    ? BEYOND
                    : number->exponent < -BEYOND ? -BEYOND
                                                 : number->exponent;
    snprintf(text, sizeof text, "%se%ld", number->digits, exponent + unit->exponent);
    return strtod(text, NULL) * unit->factor;
}

static int bad_number(struct parser *p, struct token *token, const char *text,
                      const struct number *number)
{
    struct diag *diag;
    if (number->malformed) {
        diag = parse_report(p, DIAG_BAD_NUMBER, token->span, "malformed number '%s'", text);
        if (diag != NULL)
            diag_hint(p->diags, diag, "numbers look like 12, 1.5, 1e-3, 20_000, 45%%");
    } else {
        diag = parse_report(p, DIAG_BAD_NUMBER, token->span, "unknown unit '%s' after '%.*s'",
                            number->tail, (int)(number->tail - text), text);
        if (diag != NULL)
            diag_hint(p->diags, diag, "the units are %% ms s m h KiB MiB GiB");
    }
    return token->kind = TOK_BAD;
}

int lexeme_number(struct parser *p, struct token *token, const char *text, size_t n)
{
    if (too_long(p, token->span, n, LEXEME_NAME_MAX, "this number"))
        return token->kind = TOK_BAD;
    struct number number = cut_number(text);
    const struct unit *unit = find_unit(number.tail);
    if (number.malformed || unit == NULL)
        return bad_number(p, token, text, &number);

    token->lexeme.text = arena_copy(p->arena, text, n);
    token->lexeme.number = number_value(&number, unit);
    bool zero = strspn(number.digits, "0.") == strlen(number.digits);
    bool lost = isinf(token->lexeme.number) || (token->lexeme.number == 0 && !zero);
    if (lost) {
        parse_report(p, DIAG_BAD_NUMBER, token->span, "'%s' is too %s for a 64-bit number", text,
                     token->lexeme.number == 0 ? "small" : "large");
        return token->kind = TOK_BAD;
    }
    return token->kind = TOK_NUMBER;
}

// --- strings ---------------------------------------------------------------------------------

static char unescaped(char c)
{
    return c == 'n' ? '\n' : c == 't' ? '\t' : c == '"' || c == '\\' ? c : '\0';
}

static void bad_escape(struct parser *p, struct span string, size_t at, const char *text)
{
    size_t n = 1;
    while (((unsigned char)text[at + 1 + n] & 0xC0) == 0x80)
        n++;
    struct span span = {string.begin + (uint32_t)at, string.begin + (uint32_t)(at + 1 + n)};
    struct diag *diag = parse_report(p, DIAG_BAD_STRING, span, "unknown escape '%.*s'",
                                     (int)(n + 1), text + at);
    if (diag != NULL)
        diag_hint(p->diags, diag, "escapes are \\\" \\\\ \\n \\t; a backslash is written \\\\");
}

int lexeme_string(struct parser *p, struct token *token, const char *text, size_t n)
{
    token->kind = TOK_STRING;
    token->lexeme.text = "";
    if (too_long(p, token->span, n, LEXEME_STRING_MAX, "this string"))
        return token->kind;

    char *out = arena_alloc(p->arena, n + 1);
    token->lexeme.text = out;
    bool one_bad = false;
    size_t i = 1;
    while (i < n && text[i] != '"') {
        if (text[i] != '\\' || i + 1 == n) {
            *out++ = text[i++];
            continue;
        }
        char c = unescaped(text[i + 1]);
        if (c == '\0' && !one_bad)
            bad_escape(p, token->span, i, text);
        one_bad |= c == '\0';
        *out++ = c != '\0' ? c : text[i + 1];
        i += 2;
    }
    if (i >= n) {
        struct diag *diag = parse_report(p, DIAG_BAD_STRING, token->span,
                                         "this string does not end on its line");
        if (diag != NULL)
            diag_hint(p->diags, diag, "close it with \"");
        parse_spoil_line(p, token->span); // it may have taken a closing bracket with it
    }
    return token->kind;
}

// --- characters that begin nothing -----------------------------------------------------------

static uint32_t code_point(const char *text)
{
    const unsigned char *u = (const unsigned char *)text;
    if (u[0] < 0x80)
        return u[0];
    int more = u[0] >= 0xF0 ? 3 : u[0] >= 0xE0 ? 2 : 1;
    uint32_t c = u[0] & (0x3Fu >> more);
    for (int i = 1; i <= more; i++)
        c = c << 6 | (u[i] & 0x3Fu);
    return c;
}

// What the user of another language or of a word processor meant.
static const char *meant(const char *text)
{
    static const struct {
        const char *begins, *hint;
    } table[] = {
        {"'", "strings are written in double quotes"},
        {"\xE2\x80\x9C", "strings are written in straight quotes: \""}, // U+201C, U+201D
        {"\xE2\x80\x9D", "strings are written in straight quotes: \""},
        {"\xC2\xA0", "this is a no-break space; write a plain one"},
        {"\xE2\x88\x92", "write a plain '-'"}, // U+2212
        {"\xE2\x86\x92", "write '->'"},        // U+2192
        {"&", "write 'and'"},
        {"||", "write 'or'"},
        {"!", "write 'not'"},
        {"%", "a unit stands directly after its number: 45%"},
        {"**", "powers are written '^'"},
        {"//", "comments begin with '#'"},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (strncmp(text, table[i].begins, strlen(table[i].begins)) == 0)
            return table[i].hint;
    return NULL;
}

// Letters of other alphabets: somebody meant a name. Below and between lie signs and punctuation.
static bool is_foreign_letter(uint32_t c)
{
    return c >= 0xC0 && (c < 0x2000 || c >= 0x2C00) && c != 0xD7 && c != 0xF7;
}

static struct diag *report_bad(struct parser *p, struct span span, const char *text, size_t n)
{
    enum { SHOWN = 40 };
    uint32_t c = code_point(text);
    size_t shown = n;
    if (n > SHOWN)
        for (shown = SHOWN; ((unsigned char)text[shown] & 0xC0) == 0x80; shown--)
            ; // not inside a character
    if (c < 0x20 || c == 0x7F)
        return parse_report(p, DIAG_BAD_CHARACTER, span, "unexpected control character 0x%02X", c);
    if (c == '\'')
        return parse_report(p, DIAG_BAD_CHARACTER, span, "unexpected single quote");
    if (is_foreign_letter(c) || (c < 0x80 && (isalpha((int)c) || c == '_')))
        return parse_report(p, DIAG_BAD_CHARACTER, span,
                            "'%.*s%s' is not a name: names are made of a-z, A-Z, 0-9 and '_'",
                            (int)shown, text, shown < n ? "..." : "");
    if (c < 0x80)
        return parse_report(p, DIAG_BAD_CHARACTER, span, "unexpected '%.*s'", (int)n, text);
    int length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    return parse_report(p, DIAG_BAD_CHARACTER, span, "unexpected character '%.*s' (U+%04X)", length,
                        text, c);
}

// The grammar resumes at the next line as after any mistake, without a second message.
int lexeme_bad(struct parser *p, struct token *token, const char *text, size_t n)
{
    token->kind = TOK_W2S_error;
    if (token->span.begin < p->spoilt_end)
        return token->kind;
    parse_spoil_line(p, token->span);
    struct diag *diag = report_bad(p, token->span, text, n);
    const char *hint = meant(text);
    if (diag != NULL && hint != NULL)
        diag_hint(p->diags, diag, "%s", hint);
    return token->kind;
}
