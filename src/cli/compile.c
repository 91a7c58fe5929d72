// compile.c -- from a file on disk to a plan, with all that can be wrong printed on the way.
#include "cli.h"

#include <stdio.h>
#include <string.h>

enum { MAX_SHOWN = 200 }; // nobody reads more; thousands may come from one hostile line

static void print_diags(struct diags *diags, const struct source *source, const struct options *options)
{
    diags_sort(diags);
    size_t n = diags->n;
    diags->n = n < MAX_SHOWN ? n : MAX_SHOWN;
    if (n > 0 && options->json)
        diags_print_json(stdout, diags, source);
    else if (n > 0)
        diags_print(stderr, diags, source, cli_colour(stderr));
    if (n > MAX_SHOWN)
        fprintf(stderr, "w2s: %zu more messages are not shown\n", n - MAX_SHOWN);
}

// --seeds and --set as declarations, one a line: the text that messages about them show.
static bool write_command(struct str *text, const struct options *options)
{
    if (options->seeds != NULL)
        str_format(text, "param seeds = %s\n", options->seeds);
    for (size_t i = 0; i < options->n_set; i++) {
        const char *set = options->set[i], *equals = strchr(set, '=');
        if (equals == NULL || equals == set) {
            cli_misuse("--set wants NAME=VALUE, found '%s'", set);
            return false;
        }
        str_format(text, "param %.*s = %s\n", (int)(equals - set), set, equals + 1);
    }
    return true;
}

static bool is_value(const struct decl *decl)
{
    return decl->kind == DECL_PARAM && decl->value != NULL && decl->block == NULL;
}

// Reads them with the parser of the language: the overrides, and the seeds or NULL.
static bool parse_command(struct compiled *c, struct ast *overrides, const struct expr **seeds,
                          const struct options *options)
{
    struct str text = {0};
    struct err err = {0};
    bool ok = write_command(&text, options);
    if (ok && source_from_text(&c->command, &c->arena, "command line", str_text(&text), text.len,
                               &err) < 0) {
        cli_fail(&err);
        ok = false;
    }
    str_release(&text);
    if (!ok)
        return false;
    if (!ast_parse(overrides, &c->command, &c->arena, &c->command_diags)) {
        diags_print(stderr, &c->command_diags, &c->command, cli_colour(stderr));
        return false;
    }
    size_t n = 0, wanted = options->n_set + (options->seeds != NULL);
    for (const struct decl *d = overrides->first; d != NULL; d = d->next, n++)
        ok &= is_value(d);
    if (!ok || n != wanted) {
        cli_misuse("--set and --seeds want one value each");
        return false;
    }
    if (options->seeds != NULL) {
        *seeds = overrides->first->value;
        overrides->first = overrides->first->next;
    }
    return true;
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

static bool read_overrides(struct compiled *c, struct ast *overrides, const struct expr **seeds,
                           const struct options *options)
{
    if (!parse_command(c, overrides, seeds, options))
        return false;
    for (const struct decl *d = overrides->first; d != NULL; d = d->next)
        if (!is_param(c, d))
            return false;
    return true;
}

static const char *folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL || strcmp(path, "-") == 0)
        return ".";
    return slash == path ? "/" : arena_copy(arena, path, (size_t)(slash - path));
}

static enum exit_status lower_file(struct compiled *c, const struct options *options, bool dry,
                                   const struct source_memory *memory)
{
    struct ast overrides = {0};
    const struct expr *seeds = NULL;
    if (!read_overrides(c, &overrides, &seeds, options))
        return EXIT_MISUSE;
    struct lower_options how = {.folder = c->folder,
                                .dry = dry,
                                .overrides = &overrides,
                                .seeds = seeds,
                                .command = &c->command_diags,
                                .memory = memory,
                                .flow = &c->flow};
    struct err err = {0};
    bool ok = lower_program(&c->plan, &c->program, &how, &c->diags, &err);
    print_diags(&c->command_diags, &c->command, options);
    print_diags(&c->diags, &c->source, options);
    if (err_is_set(&err))
        return cli_fail(&err);
    return ok ? EXIT_DONE : EXIT_SOURCE;
}

static enum exit_status compile_source(struct compiled *c, const struct options *options, bool dry,
                                       const struct source_memory *memory)
{
    bool parsed = ast_parse(&c->ast, &c->source, &c->arena, &c->diags);
    resolve(&c->program, &c->ast, &c->arena, &c->diags);
    if (!parsed) { // what was not understood would only look like further mistakes
        print_diags(&c->diags, &c->source, options);
        return EXIT_SOURCE;
    }
    return lower_file(c, options, dry, memory);
}

static void init(struct compiled *c)
{
    *c = (struct compiled){0};
    diags_init(&c->diags, &c->arena);
    diags_init(&c->command_diags, &c->arena);
    plan_init(&c->plan);
}

enum exit_status compile_file(struct compiled *c, const char *path, const struct options *options, bool dry,
                              const struct source_memory *memory)
{
    struct err err = {0};
    init(c);
    if (source_read(&c->source, &c->arena, path, &err) < 0)
        return cli_fail(&err);
    c->folder = folder_of(&c->arena, path);
    return compile_source(c, options, dry, memory);
}

enum exit_status compile_text(struct compiled *c, const char *name, const char *text, size_t n, const char *folder,
                              const struct options *options)
{
    struct err err = {0};
    init(c);
    if (source_from_text(&c->source, &c->arena, name, text, n, &err) < 0)
        return cli_fail(&err);
    c->folder = folder;
    return compile_source(c, options, false, NULL);
}

void compile_release(struct compiled *c)
{
    flow_release(&c->flow);
    plan_release(&c->plan);
    diags_release(&c->diags);
    diags_release(&c->command_diags);
    arena_release(&c->arena);
}
