// overrides.c -- see overrides.h.
#include "overrides.h"

#include "base/mem.h"
#include "base/str.h"

#include <string.h>

static bool write_declarations(struct str *text, const char *const *set, size_t n,
                               const char *seeds, struct err *err)
{
    if (seeds != NULL)
        str_format(text, "param seeds = %s\n", seeds);
    for (size_t i = 0; i < n; i++) {
        const char *equals = strchr(set[i], '=');
        if (equals == NULL || equals == set[i]) {
            err_set(err, ERR_DATA, "--set wants NAME=VALUE, found '%s'", set[i]);
            return false;
        }
        str_format(text, "param %.*s = %s\n", (int)(equals - set[i]), set[i], equals + 1);
    }
    return true;
}

static bool is_value(const struct decl *decl)
{
    return decl->kind == DECL_PARAM && decl->value != NULL && decl->block == NULL;
}

bool overrides_read(struct overrides *out, struct arena *arena, struct diags *diags,
                    const char *const *set, size_t n, const char *seeds, struct err *err)
{
    struct str text = {0};
    *out = (struct overrides){0};
    bool ok = write_declarations(&text, set, n, seeds, err) &&
              source_from_text(&out->source, arena, "command line", str_text(&text), text.len,
                               err) == 0;
    str_release(&text);
    if (!ok || !ast_parse(&out->ast, &out->source, arena, diags))
        return false;
    size_t found = 0;
    for (const struct decl *d = out->ast.first; d != NULL; d = d->next, found++)
        ok &= is_value(d);
    if (!ok || found != n + (seeds != NULL)) {
        err_set(err, ERR_DATA, "--set and --seeds want one value each");
        return false;
    }
    if (seeds != NULL) {
        out->seeds = out->ast.first->value;
        out->ast.first = out->ast.first->next;
    }
    return true;
}

static bool is_param(const struct symbol *symbol)
{
    return symbol != NULL && symbol->decl->kind == DECL_PARAM;
}

bool overrides_fit(const struct overrides *overrides, const struct program *program,
                   const char *path, struct err *err)
{
    for (const struct decl *d = overrides->ast.first; d != NULL; d = d->next) {
        if (is_param(program_find(program, d->name)))
            continue;
        const char **names = mem_new((program->n_symbols + 1) * sizeof *names);
        size_t n = 0;
        for (size_t i = 0; i < program->n_symbols; i++)
            if (is_param(&program->symbols[i]))
                names[n++] = program->symbols[i].name;
        const char *nearest = diag_nearest(d->name, names, n);
        err_set(err, ERR_DATA, "--set: %s has no param '%s'", path, d->name);
        if (nearest != NULL)
            err_hint(err, "did you mean '%s'?", nearest);
        mem_free(names);
        return false;
    }
    return true;
}
