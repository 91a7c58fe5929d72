// compile.c -- from a file on disk to a plan, with all that can be wrong printed on the way.
#include "cli.h"

#include <stdio.h>
#include <string.h>

static void print_diags(struct diags *diags, const struct source *source, const struct options *options)
{
    if (options->json)
        diags_print_json(stdout, diags, source);
    else
        diags_print(stderr, diags, source, cli_colour(stderr));
}

// Reads "param NAME = VALUE" from the command line with the parser of the language.
static struct decl *parse_text(struct compiled *c, const char *where, const char *text)
{
    struct source *source = arena_alloc(&c->arena, sizeof *source);
    struct ast ast = {0};
    struct err err = {0};
    struct diags diags;
    struct decl *decl = NULL;
    if (source_from_text(source, &c->arena, where, text, strlen(text), &err) < 0) {
        cli_fail(&err);
        return NULL;
    }
    diags_init(&diags, &c->arena);
    if (!ast_parse(&ast, source, &c->arena, &diags))
        diags_print(stderr, &diags, source, cli_colour(stderr));
    else if (ast.first == NULL || ast.first->next != NULL || ast.first->kind != DECL_PARAM || ast.first->value == NULL ||
             ast.first->block != NULL)
        cli_misuse("%s: expected one value", where);
    else {
        decl = arena_alloc(&c->arena, sizeof *decl);
        *decl = *ast.first;
    }
    diags_release(&diags);
    return decl;
}

static bool is_param(struct compiled *c, const struct decl *decl)
{
    const struct symbol *symbol = program_find(&c->program, decl->name);
    if (symbol != NULL && symbol->decl->kind == DECL_PARAM)
        return true;
    const char **names = arena_array(&c->arena, c->program.n_symbols + 1, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; i < c->program.n_symbols; i++)
        if (c->program.symbols[i].decl->kind == DECL_PARAM)
            names[n++] = c->program.symbols[i].name;
    cli_misuse("--set: %s has no param '%s'", c->source.path, decl->name);
    const char *nearest = diag_nearest(decl->name, names, n);
    if (nearest != NULL)
        fprintf(stderr, "  did you mean '%s'?\n", nearest);
    return false;
}

static bool read_overrides(struct compiled *c, struct ast *overrides, const struct options *options)
{
    const struct decl **end = &overrides->first;
    for (size_t i = 0; i < options->n_set; i++) {
        const char *text = options->set[i], *equals = strchr(text, '=');
        if (equals == NULL || equals == text) {
            cli_misuse("--set wants NAME=VALUE, found '%s'", text);
            return false;
        }
        const char *as_param =
            arena_format(&c->arena, "param %.*s = %s\n", (int)(equals - text), text, equals + 1);
        struct decl *decl = parse_text(c, "--set", as_param);
        if (decl == NULL || !is_param(c, decl))
            return false;
        *end = decl;
        end = &decl->next;
    }
    return true;
}

static const char *folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL || strcmp(path, "-") == 0)
        return ".";
    return slash == path ? "/" : arena_copy(arena, path, (size_t)(slash - path));
}

static enum exit_status lower_file(struct compiled *c, const struct options *options, bool dry)
{
    struct ast overrides = {0};
    struct decl *seeds = NULL;
    if (!read_overrides(c, &overrides, options))
        return EXIT_MISUSE;
    if (options->seeds != NULL) {
        seeds = parse_text(c, "--seeds", arena_format(&c->arena, "param seeds = %s\n", options->seeds));
        if (seeds == NULL)
            return EXIT_MISUSE;
    }
    struct lower_options how = {.folder = c->folder, .dry = dry, .overrides = &overrides,
                                .seeds = seeds != NULL ? seeds->value : NULL};
    struct err err = {0};
    lower_program(&c->plan, &c->program, &how, &c->diags, &err);
    if (c->diags.n > 0)
        print_diags(&c->diags, &c->source, options);
    if (err_is_set(&err))
        return cli_fail(&err);
    return c->diags.n_errors > 0 ? EXIT_SOURCE : EXIT_DONE;
}

enum exit_status compile_file(struct compiled *c, const char *path, const struct options *options, bool dry)
{
    struct err err = {0};
    *c = (struct compiled){0};
    diags_init(&c->diags, &c->arena);
    plan_init(&c->plan);
    if (source_read(&c->source, &c->arena, path, &err) < 0)
        return cli_fail(&err);
    c->folder = folder_of(&c->arena, path);
    bool parsed = ast_parse(&c->ast, &c->source, &c->arena, &c->diags);
    resolve(&c->program, &c->ast, &c->arena, &c->diags);
    if (!parsed) { // what was not understood would only look like further mistakes
        print_diags(&c->diags, &c->source, options);
        return EXIT_SOURCE;
    }
    return lower_file(c, options, dry);
}

void compile_release(struct compiled *c)
{
    plan_release(&c->plan);
    diags_release(&c->diags);
    arena_release(&c->arena);
}
