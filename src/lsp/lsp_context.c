// lsp_context.c -- what is being written at an offset, from the tokens before it.
//
// The text before a cursor seldom parses: a bracket is open, a value is missing. So this reads it once from the
// beginning: comments, strings, words, and brackets with the word before each.
#include "lsp/lsp.h"

#include <ctype.h>
#include <string.h>

enum { MAX_OPEN = 64, MAX_WORD = 64 };

struct bracket {
    char kind;
    char word[MAX_WORD];     // before it
    char argument[MAX_WORD]; // whose value is being written inside
};

struct scan {
    const char *text;
    uint32_t at, end;
    struct bracket open[MAX_OPEN];
    unsigned n_open, too_deep;
    char last[MAX_WORD];  // the word just read, or "" after anything else
    bool line_begins;     // no token of this statement yet
    bool dot, pipe;       // just read
    char owner[MAX_WORD];
    struct lsp_context c;
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static void keep_word(char *out, const char *text, size_t n)
{
    if (n >= MAX_WORD)
        n = MAX_WORD - 1;
    memcpy(out, text, n);
    out[n] = '\0';
}

static int kind_of(const char *word)
{
    static const struct {
        const char *word;
        int kind;
    } kinds[] = {
#define DECL(id, keyword, noun) {keyword, DECL_##id},
#include "ast.def"
#undef DECL
    };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].word, word) == 0)
            return kinds[i].kind;
    return -1;
}

static void statement_ends(struct scan *s)
{
    s->line_begins = true;
    s->last[0] = '\0';
    s->dot = s->pipe = false;
    s->c.setting[0] = '\0';
    if (s->n_open == 0)
        s->c.kind = -1;
}

static void word(struct scan *s)
{
    uint32_t begin = s->at;
    while (s->at < s->end && is_word(s->text[s->at]))
        s->at++;
    s->c.begin = begin;
    keep_word(s->last, s->text + begin, s->at - begin);
    if (s->n_open == 0 && s->line_begins && s->at < s->end)
        s->c.kind = kind_of(s->last);
    if (s->at < s->end) { // the last word is still being written
        s->line_begins = false;
        s->dot = s->pipe = false;
    }
}

static void opens(struct scan *s, char c)
{
    if (s->n_open == MAX_OPEN) {
        s->too_deep++;
        return;
    }
    struct bracket *b = &s->open[s->n_open++];
    *b = (struct bracket){.kind = c};
    memcpy(b->word, s->last, MAX_WORD);
    s->last[0] = '\0';
    s->pipe = false;
    if (c == '{' && s->n_open == 1)
        s->line_begins = true;
}

static void closes(struct scan *s)
{
    if (s->too_deep > 0)
        s->too_deep--;
    else if (s->n_open > 0)
        s->n_open--;
    s->last[0] = '\0';
    s->pipe = false;
    if (s->n_open == 0)
        s->line_begins = false;
}

static void mark(struct scan *s, char c)
{
    bool in_call = s->n_open > 0 && s->open[s->n_open - 1].kind == '(';
    if (c == '=' && s->text[s->at + 1] != '=' && s->n_open <= 1)
        memcpy(s->c.setting, s->last, MAX_WORD);
    if (c == ':' && in_call)
        memcpy(s->open[s->n_open - 1].argument, s->last, MAX_WORD);
    if (c == ',' && s->n_open > 0)
        s->open[s->n_open - 1].argument[0] = '\0';
    s->dot = c == '.' && s->last[0] != '\0';
    if (s->dot)
        memcpy(s->owner, s->last, MAX_WORD);
    s->pipe = c == '>' && s->at > 0 && s->text[s->at - 1] == '|';
    s->last[0] = '\0';
    s->line_begins = false;
}

static bool line_goes_on(const struct scan *s)
{
    return s->n_open > 1 || (s->n_open == 1 && s->open[0].kind != '{');
}

static void skip_text(struct scan *s)
{
    s->at++;
    while (s->at < s->end && s->text[s->at] != '"' && s->text[s->at] != '\n')
        s->at += s->text[s->at] == '\\' && s->at + 1 < s->end ? 2 : 1;
    if (s->at >= s->end || s->text[s->at] == '\n') {
        s->c.in_text = s->at >= s->end;
        return;
    }
    s->at++;
    s->last[0] = '\0';
    s->line_begins = s->dot = s->pipe = false;
}

static void one(struct scan *s)
{
    char c = s->text[s->at];
    if (is_word(c)) {
        word(s);
        return;
    }
    if (c == '"') {
        skip_text(s);
        return;
    }
    if (c == '#') {
        while (s->at < s->end && s->text[s->at] != '\n')
            s->at++;
        s->c.in_comment = s->at >= s->end;
        return;
    }
    if ((c == '\n' || c == ';') && !line_goes_on(s))
        statement_ends(s);
    else if (strchr("([{", c) != NULL)
        opens(s, c);
    else if (strchr(")]}", c) != NULL)
        closes(s);
    else if (!isspace((unsigned char)c))
        mark(s, c);
    else if (s->last[0] != '\0')
        s->dot = false;
    s->at++;
}

struct lsp_context lsp_context(const char *text, uint32_t offset)
{
    struct scan s = {.text = text, .end = offset, .line_begins = true};
    s.c.kind = -1;
    while (s.at < s.end)
        one(&s);
    struct lsp_context *c = &s.c;
    if (!(offset > 0 && is_word(text[offset - 1])))
        c->begin = offset;
    c->at_top = s.n_open == 0 && s.line_begins;
    c->at_statement = s.n_open == 1 && s.open[0].kind == '{' && s.line_begins;
    const struct bracket *inner = s.n_open > 0 ? &s.open[s.n_open - 1] : NULL;
    if (inner != NULL && inner->kind == '(') {
        memcpy(c->call, inner->word, MAX_WORD);
        memcpy(c->argument, inner->argument, MAX_WORD);
    }
    if (s.dot)
        memcpy(c->owner, s.owner, MAX_WORD);
    c->after_pipe = s.pipe;
    return *c;
}
