// lsp.h -- a document as the language server holds it, and what the parts of the server share.
//
// A document is compiled anew at every change, dry: nothing is read but headers of data files, nothing is run.
// All JSON values are jansson's; functions that return json_t * give a new reference.
#ifndef W2S_LSP_H
#define W2S_LSP_H

#include "flow.h"
#include "lower.h"
#include "source.h"

#include <jansson.h>

struct lsp_document {
    char *uri;
    struct arena arena; // of what follows
    struct source source;
    struct ast ast;
    struct program program;
    struct plan plan;
    struct flow flow;
    struct diags diags;
    bool readable; // the bytes are a source: UTF-8, not too large; otherwise only `error` is set
    bool parsed;
    struct err error;
};

struct lsp_document *lsp_document_new(const char *uri); // without a text
// Replaces the text. Never fails: what is wrong is in diags, or in error.
void lsp_document_set(struct lsp_document *d, const char *text, size_t n);
void lsp_document_free(struct lsp_document *d);

// --- places (lsp_place.c): lines from 0; characters in UTF-16 code units, as the protocol has them ---
uint32_t lsp_offset(const struct source *source, const json_t *position); // clamped to the text
json_t *lsp_position(const struct source *source, uint32_t offset);
json_t *lsp_range(const struct source *source, struct span span);

// --- what stands somewhere (lsp_find.c) ---
enum lsp_thing {
    LSP_NOTHING,
    LSP_KEYWORD,  // of a declaration
    LSP_SYMBOL,   // a declared name, where it is declared or used
    LSP_LET,      // a name of `let`, likewise
    LSP_SETTING,  // the name of a setting
    LSP_CALL,     // the name of a call of the language or of a loss
    LSP_ARGUMENT, // the name of an argument
    LSP_MEMBER,   // a part of data, or a layer
};

struct lsp_found {
    enum lsp_thing thing;
    struct span span;
    const struct decl *decl;        // around it
    const struct symbol *symbol;    // SYMBOL; MEMBER: the owner's
    const struct stmt *let;         // LET
    const char *name;               // what is written there
    const struct schema_row *row;   // SETTING, CALL, ARGUMENT when the schema has it
};

struct lsp_found lsp_find(const struct lsp_document *d, uint32_t offset);

// Calls `visit` for every place that means the symbol or the `let`, in order, the declaration included.
typedef void lsp_visit(void *data, struct span span);
void lsp_places(const struct lsp_document *d, const struct lsp_found *of, lsp_visit *visit, void *data);

// The call of the language by this name that may stand at such a place, of any group; or NULL.
const struct schema_row *lsp_call(const char *name);

// The span of part `name` in the split of a data symbol; {0, 0}: there is none.
struct span lsp_part(const struct symbol *data, const char *name);

// --- what is being written (lsp_context.c) ---
struct lsp_context {
    bool at_top;              // outside all blocks, at the start of a declaration
    bool at_statement;        // in a block, where a setting or `let` may begin
    bool in_text, in_comment; // nothing to complete
    int kind;                 // enum decl_kind of the declaration, or -1
    char setting[64];         // whose value is being written, or ""
    char call[64];            // innermost call whose parentheses are open, or ""
    char argument[64];        // whose value is being written, or ""
    char owner[64];           // before the dot, or ""
    bool after_pipe;          // a shift comes next
    uint32_t begin;           // of the word being written
};
struct lsp_context lsp_context(const char *text, uint32_t offset);

// --- answers ---
json_t *lsp_diagnostics(const struct lsp_document *d);
json_t *lsp_hover(const struct lsp_document *d, uint32_t offset);      // null when there is nothing to say
json_t *lsp_complete(const struct lsp_document *d, uint32_t offset);   // a list of items
json_t *lsp_definition(const struct lsp_document *d, uint32_t offset); // null, or a location
json_t *lsp_references(const struct lsp_document *d, uint32_t offset);
json_t *lsp_prepare_rename(const struct lsp_document *d, uint32_t offset);
// NULL with the reason in `err` for a name that cannot be.
json_t *lsp_rename(const struct lsp_document *d, uint32_t offset, const char *name, struct err *err);
json_t *lsp_format(const struct lsp_document *d); // edits; none while the text does not parse
json_t *lsp_symbols(const struct lsp_document *d);
json_t *lsp_fixes(const struct lsp_document *d, struct span range); // "did you mean" as code actions

// Serves until `exit` or the end of the input. 0 after an orderly shutdown, else 1.
int lsp_serve(FILE *in, FILE *out);

#endif
