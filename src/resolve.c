// resolve.c -- see resolve.h.
#include "resolve.h"

#include "hook/stdlib.h"

#include "schema.h"

#include <string.h>

// Far above what people write; they keep the time and the memory of a hostile file small.
enum {
    MAX_DECLARATIONS = 10000,
    MAX_DERIVATIONS = 200,
    MAX_STATEMENTS = 500,
    MAX_SUGGESTIONS = 100
};

struct resolver {
    struct program *program;
    struct arena *arena;
    struct diags *diags;
};

// Open addressing over the names, FNV-1a hashed: where `name` is or would go.
static size_t slot_of(const struct program *program, const char *name)
{
    uint32_t hash = 2166136261u;
    for (const char *p = name; *p != '\0'; p++)
        hash = (hash ^ (unsigned char)*p) * 16777619u;
    size_t at = hash & (program->n_slots - 1);
    while (program->slot[at] != NULL && strcmp(program->slot[at]->name, name) != 0)
        at = (at + 1) & (program->n_slots - 1);
    return at;
}

const struct symbol *program_find(const struct program *program, const char *name)
{
    return program->slot[slot_of(program, name)];
}

const struct setting *symbol_setting(const struct symbol *symbol, const char *name)
{
    for (size_t i = 0; i < symbol->n_settings; i++)
        if (strcmp(symbol->settings[i].name, name) == 0)
            return &symbol->settings[i];
    return NULL;
}

void report_unknown_name(const struct program *program, struct diags *diags, struct span span,
                         const char *name, unsigned kinds)
{
    struct diag *diag = diag_error(diags, DIAG_UNKNOWN_NAME, span, "unknown name '%s'", name);
    if (diags->n_errors > MAX_SUGGESTIONS)
        return;
    const char **names = arena_array(diags->arena, program->n_symbols + 1, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; i < program->n_symbols; i++)
        if (program->symbols[i].decl->name != NULL && (kinds & KIND_BIT(program->symbols[i].decl->kind)))
            names[n++] = program->symbols[i].name;
    const char *nearest = diag_nearest(name, names, n);
    if (nearest != NULL)
        diag_hint(diags, diag, "did you mean '%s'?", nearest);
}

static void declare(struct resolver *r, const struct decl *decl)
{
    const struct symbol *old = decl->name != NULL ? program_find(r->program, decl->name) : NULL;
    if (old != NULL) {
        struct diag *diag = diag_error(r->diags, DIAG_DUPLICATE_NAME, decl->name_span,
                                       "'%s' is declared twice", decl->name);
        diag_other(r->diags, diag, old->decl->name_span, "first declared here");
        return;
    }
    struct symbol *symbol = &r->program->symbols[r->program->n_symbols];
    symbol->number = (unsigned)r->program->n_symbols++;
    symbol->name = decl->name != NULL ? decl->name : decl_keyword(decl->kind);
    symbol->span = decl->name != NULL ? decl->name_span : decl->keyword_span;
    symbol->decl = decl;
    if (decl->name != NULL)
        r->program->slot[slot_of(r->program, decl->name)] = symbol;
}

// Which kinds may stand after `=` as the thing derived from.
static bool may_derive(enum decl_kind kind, enum decl_kind base)
{
    if (kind == DECL_TEACHER)
        return base == DECL_TEACHER || base == DECL_STUDENT;
    return kind == base;
}

// `model m = linear`: a call of the language without its parentheses, which stays the value.
static bool is_bare_call(enum decl_kind kind, const char *word)
{
    static const struct {
        enum decl_kind kind;
        enum schema_group group;
    } made_by[] = {{DECL_DATA, GROUP_SOURCE}, {DECL_SHIFT, GROUP_SHIFT}, {DECL_MODEL, GROUP_MODEL},
                   {DECL_GUIDANCE, GROUP_GUIDANCE}, {DECL_TEACHER, GROUP_TEACHER}};
    for (size_t i = 0; i < ARRAY_LEN(made_by); i++)
        if (made_by[i].kind == kind)
            return schema_call(made_by[i].group, word) != NULL ||
                   (kind == DECL_GUIDANCE && stdlib_loss(word) != NULL);
    return false;
}

static void find_base(struct resolver *r, struct symbol *symbol)
{
    const struct expr *value = symbol->decl->value;
    symbol->value = value;
    bool trained = symbol->decl->kind == DECL_TEACHER || symbol->decl->kind == DECL_STUDENT;
    if (value == NULL || value->kind != EXPR_NAME || symbol->decl->name == NULL || symbol->decl->kind == DECL_PARAM)
        return;
    const struct symbol *base = program_find(r->program, value->text);
    if (base == NULL && is_bare_call(symbol->decl->kind, value->text))
        return;
    if (base == NULL) {
        unsigned kinds = KIND_BIT(symbol->decl->kind);
        if (trained)
            kinds |= KIND_BIT(DECL_TEACHER) | KIND_BIT(DECL_STUDENT);
        report_unknown_name(r->program, r->diags, value->span, value->text, kinds);
        symbol->broken = true;
        return;
    }
    if (!may_derive(symbol->decl->kind, base->decl->kind)) {
        struct diag *diag =
            diag_error(r->diags, DIAG_WRONG_KIND, value->span, "'%s' is %s, expected %s", base->name,
                       decl_noun(base->decl->kind), decl_noun(symbol->decl->kind));
        diag_other(r->diags, diag, base->decl->name_span, "declared here");
        symbol->broken = true;
        return;
    }
    symbol->base = base;
    symbol->value = NULL;
}

static void add_own(struct resolver *r, struct symbol *symbol)
{
    const struct block *block = symbol->decl->block;
    size_t own = symbol->n_settings;
    for (const struct stmt *s = block != NULL ? block->first : NULL; s != NULL; s = s->next) {
        if (s->kind != STMT_SET ||
            symbol->decl->kind == DECL_SWEEP) // a sweep has walks, not settings
            continue;
        const struct setting *twice = NULL;
        for (size_t i = own; i < symbol->n_settings; i++)
            if (strcmp(symbol->settings[i].name, s->name) == 0)
                twice = &symbol->settings[i];
        if (twice != NULL) {
            struct diag *diag = diag_error(r->diags, DIAG_DUPLICATE_SETTING, s->name_span,
                                           "'%s' is set twice", s->name);
            diag_other(r->diags, diag, twice->name_span, "first set here");
            continue;
        }
        symbol->settings[symbol->n_settings++] = (struct setting){
            .name = s->name, .name_span = s->name_span, .value = s->value, .block = block};
    }
}

static size_t count_statements(const struct block *block)
{
    size_t n = 0;
    for (const struct stmt *s = block != NULL ? block->first : NULL; s != NULL; s = s->next)
        n++;
    return n;
}

// The names of `let` in a block, each once.
static void check_lets(struct resolver *r, const struct block *block)
{
    for (const struct stmt *s = block != NULL ? block->first : NULL; s != NULL; s = s->next)
        for (const struct stmt *t = block->first; s->kind == STMT_LET && t != s; t = t->next)
            if (t->kind == STMT_LET && strcmp(s->name, t->name) == 0) {
                struct diag *diag = diag_error(r->diags, DIAG_DUPLICATE_NAME, s->name_span,
                                               "'%s' is defined twice in this block", s->name);
                diag_other(r->diags, diag, t->name_span, "first defined here");
                break;
            }
}

static bool within_limits(struct resolver *r, const struct ast *ast)
{
    size_t n = 0;
    for (const struct decl *d = ast->first; d != NULL; d = d->next) {
        if (++n > MAX_DECLARATIONS) {
            diag_error(r->diags, DIAG_TOO_DEEP, d->keyword_span,
                       "more than %d declarations in one file", MAX_DECLARATIONS);
            return false;
        }
        if (count_statements(d->block) > MAX_STATEMENTS) {
            diag_error(r->diags, DIAG_TOO_DEEP, d->keyword_span,
                       "more than %d statements in one block", MAX_STATEMENTS);
            return false;
        }
    }
    return true;
}

static void merge(struct resolver *r, struct symbol *symbol, unsigned depth)
{
    if (symbol->state == SYMBOL_DONE)
        return;
    if (depth > MAX_DERIVATIONS) {
        symbol->broken = true;
        diag_error(r->diags, DIAG_TOO_DEEP, symbol->span,
                   "'%s' stands at the end of more than %d derivations", symbol->name, MAX_DERIVATIONS);
        return;
    }
    if (symbol->state == SYMBOL_OPEN) {
        diag_error(r->diags, DIAG_CYCLE, symbol->span, "'%s' derives from itself",
                   symbol->name);
        symbol->broken = true;
        return;
    }
    symbol->state = SYMBOL_OPEN;
    find_base(r, symbol);
    size_t inherited = 0;
    if (symbol->base != NULL) {
        struct symbol *base = &r->program->symbols[symbol->base->number];
        merge(r, base, depth + 1);
        symbol->broken |= base->broken;
        inherited = symbol->broken ? 0 : base->n_settings;
    }
    size_t room = inherited + count_statements(symbol->decl->block);
    symbol->settings = arena_array(r->arena, room + 1, sizeof *symbol->settings);
    add_own(r, symbol);
    for (size_t i = 0; i < inherited; i++)
        if (symbol_setting(symbol, symbol->base->settings[i].name) == NULL)
            symbol->settings[symbol->n_settings++] = symbol->base->settings[i];
    if (symbol->base != NULL && !symbol->broken)
        symbol->value = symbol->base->value;
    symbol->state = SYMBOL_DONE;
}

void resolve(struct program *program, const struct ast *ast, struct arena *arena, struct diags *diags)
{
    struct resolver r = {.program = program, .arena = arena, .diags = diags};
    *program = (struct program){.ast = ast};
    size_t n = 0;
    program->too_large = !within_limits(&r, ast);
    for (const struct decl *d = program->too_large ? NULL : ast->first; d != NULL; d = d->next)
        n++;
    program->symbols = arena_array(arena, n + 1, sizeof *program->symbols);
    program->n_slots = 16;
    while (program->n_slots < 2 * n)
        program->n_slots *= 2;
    program->slot = arena_array(arena, program->n_slots, sizeof *program->slot);
    for (const struct decl *d = n > 0 ? ast->first : NULL; d != NULL; d = d->next) {
        declare(&r, d);
        check_lets(&r, d->block);
    }
    for (size_t i = 0; i < program->n_symbols; i++)
        merge(&r, &program->symbols[i], 0);
}
