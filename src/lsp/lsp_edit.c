// lsp_edit.c -- where a name is declared and used, and changes to the text: renaming, the canonical layout,
// quick fixes. And the outline of a document.
#include "lsp/lsp.h"

#include "base/mem.h"

#include <ctype.h>
#include <string.h>

static json_t *location(const struct lsp_document *d, struct span span)
{
    return json_pack("{s:s, s:o}", "uri", d->uri, "range", lsp_range(&d->source, span));
}

json_t *lsp_definition(const struct lsp_document *d, uint32_t offset)
{
    struct lsp_found f = lsp_find(d, offset);
    if (f.thing == LSP_SYMBOL)
        return location(d, f.symbol->span);
    if (f.thing == LSP_LET)
        return location(d, f.let->name_span);
    if (f.thing == LSP_MEMBER && f.symbol != NULL) {
        struct span part = lsp_part(f.symbol, f.name);
        return location(d, part.end > 0 ? part : f.symbol->span);
    }
    return json_null();
}

struct gathered {
    const struct lsp_document *d;
    json_t *list;
    const char *text; // an edit to this text, or NULL: locations
};

static void gather(void *data, struct span span)
{
    struct gathered *g = data;
    json_array_append_new(g->list, g->text == NULL
                                       ? location(g->d, span)
                                       : json_pack("{s:o, s:s}", "range", lsp_range(&g->d->source, span),
                                                   "newText", g->text));
}

json_t *lsp_references(const struct lsp_document *d, uint32_t offset)
{
    struct lsp_found f = lsp_find(d, offset);
    struct gathered g = {d, json_array(), NULL};
    lsp_places(d, &f, gather, &g);
    return g.list;
}

json_t *lsp_prepare_rename(const struct lsp_document *d, uint32_t offset)
{
    struct lsp_found f = lsp_find(d, offset);
    return f.thing == LSP_SYMBOL || f.thing == LSP_LET ? lsp_range(&d->source, f.span) : json_null();
}

static bool is_name(const char *text)
{
    static const char *const reserved[] = {
#define WORD(text, token, where) where text,
#define RESERVED
#define STATEMENT "" // words that are names elsewhere
#define CLAUSE ""
#include "../grammar/keywords.def"
#undef WORD
#undef RESERVED
#undef STATEMENT
#undef CLAUSE
    };
    if (!isalpha((unsigned char)text[0]) && text[0] != '_')
        return false;
    for (const char *p = text; *p != '\0'; p++)
        if (!isalnum((unsigned char)*p) && *p != '_')
            return false;
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
        if (strcmp(reserved[i], text) == 0)
            return false;
    return strlen(text) <= 256;
}

json_t *lsp_rename(const struct lsp_document *d, uint32_t offset, const char *name, struct err *err)
{
    struct lsp_found f = lsp_find(d, offset);
    if (f.thing != LSP_SYMBOL && f.thing != LSP_LET) {
        err_set(err, ERR_DATA, "what stands here has no name of its own");
        return NULL;
    }
    if (!is_name(name)) {
        err_set(err, ERR_DATA, "'%s' is no name", name);
        return NULL;
    }
    if (program_find(&d->program, name) != NULL && strcmp(name, f.name) != 0) {
        err_set(err, ERR_DATA, "'%s' is declared already", name);
        return NULL;
    }
    struct gathered g = {d, json_array(), name};
    lsp_places(d, &f, gather, &g);
    return json_pack("{s:{s:o}}", "changes", d->uri, g.list);
}

json_t *lsp_format(const struct lsp_document *d)
{
    if (!d->parsed)
        return json_array();
    struct str text = {0};
    ast_format(&text, &d->ast);
    json_t *edits = json_pack("[{s:o, s:s}]", "range", lsp_range(&d->source, (struct span){0, d->source.n}),
                              "newText", str_text(&text));
    str_release(&text);
    return edits;
}

// --- the outline ---------------------------------------------------------------------------------
enum { SYMBOL_NAMESPACE = 3, SYMBOL_PROPERTY = 7, SYMBOL_VARIABLE = 13 };

static json_t *settings(const struct lsp_document *d, const struct decl *decl)
{
    json_t *list = json_array();
    for (const struct stmt *s = decl->block != NULL ? decl->block->first : NULL; s != NULL; s = s->next)
        if (s->name != NULL)
            json_array_append_new(
                list, json_pack("{s:s, s:i, s:o, s:o}", "name", s->name, "kind", SYMBOL_PROPERTY, "range",
                                lsp_range(&d->source, s->span), "selectionRange",
                                lsp_range(&d->source, s->name_span)));
    return list;
}

json_t *lsp_symbols(const struct lsp_document *d)
{
    json_t *list = json_array();
    for (const struct decl *decl = d->ast.first; decl != NULL; decl = decl->next) {
        const char *name = decl->name != NULL                                ? decl->name
                           : decl->title != NULL && decl->title[0] != '\0' ? decl->title
                                                                             : decl_keyword(decl->kind);
        struct span chosen = decl->name != NULL ? decl->name_span : decl->keyword_span;
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:i, s:o, s:o, s:o}", "name", name, "detail",
                            decl_keyword(decl->kind), "kind",
                            decl->name != NULL ? SYMBOL_VARIABLE : SYMBOL_NAMESPACE, "range",
                            lsp_range(&d->source, decl->span), "selectionRange",
                            lsp_range(&d->source, chosen), "children", settings(d, decl)));
    }
    return list;
}

// --- quick fixes ---------------------------------------------------------------------------------
// The word that a hint offers: did you mean 'x'?
static bool offered(char *word, size_t size, const char *hint)
{
    static const char ask[] = "did you mean '";
    const char *begin = hint != NULL ? strstr(hint, ask) : NULL;
    if (begin == NULL)
        return false;
    begin += sizeof ask - 1;
    size_t n = strcspn(begin, "'");
    if (n == 0 || n >= size || begin[n] != '\'')
        return false;
    memcpy(word, begin, n);
    word[n] = '\0';
    return true;
}

json_t *lsp_fixes(const struct lsp_document *d, struct span range)
{
    json_t *list = json_array();
    for (size_t i = 0; i < d->diags.n; i++) {
        const struct diag *diag = &d->diags.items[i];
        char word[128];
        if (diag->span.begin > range.end || diag->span.end < range.begin ||
            !offered(word, sizeof word, diag->hint))
            continue;
        struct str title = {0};
        str_format(&title, "change to '%s'", word);
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:{s:{s:[{s:o, s:s}]}}}", "title", str_text(&title), "kind", "quickfix",
                            "edit", "changes", d->uri, "range", lsp_range(&d->source, diag->span),
                            "newText", word));
        str_release(&title);
    }
    return list;
}
