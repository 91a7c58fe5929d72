// compile.c -- from a file on disk to a plan, with all that can be wrong printed on the way.
#include "cli.h"

#include "overrides.h"

#include <stdio.h>

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

static bool read_overrides(struct compiled *c, struct overrides *out, const struct options *options)
{
    struct err err = {0};
    bool ok = overrides_read(out, &c->arena, &c->command_diags, options->set, options->n_set, options->seeds, &err) &&
              overrides_fit(out, &c->program, c->source.path, &err);
    if (err_is_set(&err))
        cli_fail(&err);
    else if (!ok)
        diags_print(stderr, &c->command_diags, &out->source, cli_colour(stderr));
    return ok;
}

static enum exit_status lower_file(struct compiled *c, const struct options *options, bool dry,
                                   const struct source_memory *memory)
{
    struct overrides overrides;
    if (!read_overrides(c, &overrides, options))
        return EXIT_MISUSE;
    struct lower_options how = {.folder = c->folder,
                                .dry = dry,
                                .overrides = &overrides.ast,
                                .seeds = overrides.seeds,
                                .command = &c->command_diags,
                                .memory = memory,
                                .flow = &c->flow};
    struct err err = {0};
    bool ok = lower_program(&c->plan, &c->program, &how, &c->diags, &err);
    print_diags(&c->command_diags, &overrides.source, options);
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
    c->folder = source_folder(&c->arena, path);
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
