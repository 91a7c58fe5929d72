// lsp_diagnostics.c -- a document compiled, and what is wrong with it as the protocol says it.
#include "lsp/lsp.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

// "file:///a%20b/c.w2s" -> "/a b/c.w2s"; other schemes as they are.
static const char *path_of(struct arena *arena, const char *uri)
{
    if (strncmp(uri, "file://", 7) != 0)
        return uri;
    const char *from = uri + 7;
    char *path = arena_alloc(arena, strlen(from) + 1), *to = path;
    while (*from != '\0') {
        unsigned byte;
        int used = 0;
        if (*from == '%' && sscanf(from, "%%%2x%n", &byte, &used) == 1 && used == 3 && byte != 0) {
            *to++ = (char)byte;
            from += 3;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
    return path;
}

static void clear(struct lsp_document *d)
{
    flow_release(&d->flow);
    plan_release(&d->plan);
    diags_release(&d->diags);
    arena_release(&d->arena);
    char *uri = d->uri;
    *d = (struct lsp_document){.uri = uri};
    diags_init(&d->diags, &d->arena);
    plan_init(&d->plan);
}

void lsp_document_set(struct lsp_document *d, const char *text, size_t n)
{
    clear(d);
    const char *path = path_of(&d->arena, d->uri);
    d->readable = source_from_text(&d->source, &d->arena, path, text, n, &d->error) == 0;
    if (!d->readable)
        return;
    d->parsed = ast_parse(&d->ast, &d->source, &d->arena, &d->diags);
    resolve(&d->program, &d->ast, &d->arena, &d->diags);
    if (!d->parsed) // what was not understood would only look like further mistakes
        return;
    struct ast none = {0};
    struct diags command;
    diags_init(&command, &d->arena);
    struct lower_options how = {.folder = source_folder(&d->arena, path), .dry = true, .outline = true,
                                .overrides = &none, .command = &command, .flow = &d->flow};
    if (!lower_program(&d->plan, &d->program, &how, &d->diags, &d->error) && !err_is_set(&d->error) &&
        d->diags.n == 0)
        err_set(&d->error, ERR_DATA, "the file cannot be compiled");
    diags_release(&command);
}

struct lsp_document *lsp_document_new(const char *uri)
{
    struct lsp_document *d = mem_new(sizeof *d);
    size_t size = strlen(uri) + 1;
    d->uri = memcpy(mem_new(size), uri, size);
    return d;
}

void lsp_document_free(struct lsp_document *d)
{
    clear(d);
    mem_free(d->uri);
    mem_free(d);
}

static json_t *one(const struct lsp_document *d, const struct diag *diag)
{
    struct str text = {0};
    char code[16];
    snprintf(code, sizeof code, "W2S%04d", (int)diag->code);
    str_add(&text, diag->text);
    if (diag->hint != NULL)
        str_format(&text, "\n%s", diag->hint);
    json_t *json = json_pack("{s:o, s:i, s:s, s:s, s:s}", "range", lsp_range(&d->source, diag->span),
                             "severity", diag->severity == DIAG_ERROR ? 1 : 2, "code", code, "source",
                             "w2s", "message", str_text(&text));
    str_release(&text);
    if (diag->other_text != NULL)
        json_object_set_new(json, "relatedInformation",
                            json_pack("[{s:{s:s, s:o}, s:s}]", "location", "uri", d->uri, "range",
                                      lsp_range(&d->source, diag->other), "message", diag->other_text));
    return json;
}

// What is wrong with no place in the text, such as a file that cannot be read.
static json_t *whole(const struct err *err)
{
    json_t *zero = json_pack("{s:i, s:i}", "line", 0, "character", 0);
    return json_pack("{s:{s:O, s:o}, s:i, s:s, s:s}", "range", "start", zero, "end", zero, "severity", 1,
                     "source", "w2s", "message", err->text);
}

json_t *lsp_diagnostics(const struct lsp_document *d)
{
    json_t *list = json_array();
    if (err_is_set(&d->error))
        json_array_append_new(list, whole(&d->error));
    diags_sort((struct diags *)&d->diags);
    for (size_t i = 0; i < d->diags.n; i++)
        json_array_append_new(list, one(d, &d->diags.items[i]));
    return list;
}
