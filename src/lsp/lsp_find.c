// lsp_find.c -- what stands at an offset, found in the tree, and all places that mean the same.
//
// One walk over everything that has a name serves both: it gives every named place to a visitor.
#include "lsp/lsp.h"

#include "hook/stdlib.h"

#include <string.h>

const struct schema_row *lsp_call(const char *name)
{
    for (int group = 0; group <= GROUP_SELECT; group++) {
        const struct schema_row *row = schema_call((enum schema_group)group, name);
        if (row != NULL)
            return row;
    }
    return NULL;
}

struct span lsp_part(const struct symbol *data, const char *name)
{
    const struct setting *split = symbol_setting(data, "split");
    const struct arg *a = split != NULL && split->value->kind == EXPR_MAP ? split->value->args : NULL;
    for (; a != NULL; a = a->next)
        if (a->name != NULL && strcmp(a->name, name) == 0)
            return a->name_span;
    return (struct span){0, 0};
}

// --- the walk ------------------------------------------------------------------------------------
typedef void place_seen(void *data, const struct lsp_found *place);

struct walk {
    const struct lsp_document *document;
    const struct decl *decl;
    place_seen *seen;
    void *data;
};

static void give(const struct walk *w, struct lsp_found place)
{
    place.decl = w->decl;
    w->seen(w->data, &place);
}

static const struct stmt *find_let(const struct decl *decl, const char *name)
{
    for (const struct stmt *s = decl->block != NULL ? decl->block->first : NULL; s != NULL; s = s->next)
        if (s->kind == STMT_LET && strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

static bool is_loss(const char *name)
{
    return stdlib_loss(name) != NULL;
}

static void give_name(const struct walk *w, const struct expr *e)
{
    struct lsp_found place = {.span = e->span, .name = e->text};
    if ((place.let = find_let(w->decl, e->text)) != NULL)
        place.thing = LSP_LET;
    else if ((place.symbol = program_find(&w->document->program, e->text)) != NULL)
        place.thing = LSP_SYMBOL;
    else if ((place.row = lsp_call(e->text)) != NULL || is_loss(e->text))
        place.thing = LSP_CALL;
    give(w, place);
}

static void give_argument(const struct walk *w, const struct arg *a, const struct schema_row *call)
{
    struct lsp_found place = {.thing = LSP_ARGUMENT, .span = a->name_span, .name = a->name};
    const struct schema_row *row;
    for (size_t i = 0; call != NULL && (row = schema_arg(call, i)) != NULL; i++)
        if (strcmp(row->name, a->name) == 0)
            place.row = row;
    give(w, place);
}

// The tree is no deeper than AST_DEPTH_MAX.
static void walk_expr(const struct walk *w, const struct expr *e)
{
    if (e == NULL)
        return;
    if (e->kind == EXPR_NAME)
        give_name(w, e);
    if (e->kind == EXPR_MEMBER) {
        struct lsp_found place = {.thing = LSP_MEMBER, .span = e->name_span, .name = e->text};
        if (e->left->kind == EXPR_NAME)
            place.symbol = program_find(&w->document->program, e->left->text);
        give(w, place);
    }
    walk_expr(w, e->left);
    walk_expr(w, e->right);
    const struct schema_row *call =
        e->kind == EXPR_CALL && e->left->kind == EXPR_NAME ? lsp_call(e->left->text) : NULL;
    for (const struct arg *a = e->args; a != NULL; a = a->next) {
        if (a->name != NULL && e->kind == EXPR_CALL)
            give_argument(w, a, call);
        walk_expr(w, a->value);
    }
}

static void walk_stmt(const struct walk *w, const struct stmt *s)
{
    struct lsp_found place = {.span = s->name_span, .name = s->name};
    if (s->kind == STMT_LET) {
        place.thing = LSP_LET;
        place.let = find_let(w->decl, s->name);
        give(w, place);
    } else if (s->kind == STMT_SET && w->decl->kind == DECL_SWEEP) {
        place.symbol = program_find(&w->document->program, s->name);
        place.thing = place.symbol != NULL ? LSP_SYMBOL : LSP_NOTHING;
        give(w, place);
    } else if (s->kind == STMT_SET) {
        place.thing = LSP_SETTING;
        place.row = schema_setting(w->decl->kind, s->name);
        give(w, place);
    }
    const struct expr *parts[] = {s->value, s->at, s->when, s->over, s->by, s->on};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        walk_expr(w, parts[i]);
}

static void walk(struct walk *w)
{
    for (const struct decl *d = w->document->ast.first; d != NULL; d = d->next) {
        w->decl = d;
        give(w, (struct lsp_found){.thing = LSP_KEYWORD, .span = d->keyword_span,
                                   .name = decl_keyword(d->kind)});
        if (d->name != NULL)
            give(w, (struct lsp_found){.thing = LSP_SYMBOL, .span = d->name_span, .name = d->name,
                                       .symbol = program_find(&w->document->program, d->name)});
        walk_expr(w, d->value);
        for (const struct stmt *s = d->block != NULL ? d->block->first : NULL; s != NULL; s = s->next)
            walk_stmt(w, s);
    }
}

// --- one offset ----------------------------------------------------------------------------------
struct at {
    uint32_t offset;
    struct lsp_found found;
};

static void take_if_there(void *data, const struct lsp_found *place)
{
    struct at *at = data;
    if (place->thing != LSP_NOTHING && place->span.begin <= at->offset && at->offset <= place->span.end)
        at->found = *place;
}

struct lsp_found lsp_find(const struct lsp_document *d, uint32_t offset)
{
    struct at at = {.offset = offset};
    struct walk w = {.document = d, .seen = take_if_there, .data = &at};
    walk(&w);
    return at.found;
}

// --- all places ----------------------------------------------------------------------------------
struct same {
    const struct lsp_found *of;
    lsp_visit *visit;
    void *data;
};

static void take_if_same(void *data, const struct lsp_found *place)
{
    const struct same *same = data;
    if (place->thing != same->of->thing)
        return;
    if (place->thing == LSP_SYMBOL ? place->symbol == same->of->symbol : place->let == same->of->let)
        same->visit(same->data, place->span);
}

void lsp_places(const struct lsp_document *d, const struct lsp_found *of, lsp_visit *visit, void *data)
{
    struct same same = {of, visit, data};
    struct walk w = {.document = d, .seen = take_if_same, .data = &same};
    if (of->thing == LSP_SYMBOL || of->thing == LSP_LET)
        walk(&w);
}
