// options.c -- the command line, from one table (options.def) through popt.
#include "cli.h"

#include <popt.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

const struct option_row cli_options[] = {
#define OPTION(field, name, letter, kind, argument, commands, help)                                                    \
    {name, letter, kind, argument, commands, help, offsetof(struct options, field)},
#include "options.def"
#undef OPTION
    {0},
};

enum { N_ROWS = ARRAY_LEN(cli_options) - 1, HELP = 1000 };

static void fill_table(struct poptOption *table, const struct command *command)
{
    size_t n = 0;
    for (int i = 0; i < (int)N_ROWS; i++)
        if (cli_options[i].commands & command->flag)
            table[n++] = (struct poptOption){
                .longName = cli_options[i].name, .shortName = cli_options[i].letter, .val = i + 1, .descrip = cli_options[i].help,
                .argInfo = cli_options[i].kind == FLAG ? POPT_ARG_NONE : POPT_ARG_STRING, .argDescrip = cli_options[i].argument};
    table[n++] = (struct poptOption){.longName = "help", .shortName = 'h', .val = HELP, .argInfo = POPT_ARG_NONE,
                                     .descrip = "show this help"};
    table[n] = (struct poptOption)POPT_TABLEEND;
}

static void keep(struct options *options, const struct option_row *row, const char *argument)
{
    char *base = (char *)options + row->offset;
    if (row->kind == FLAG) {
        *(bool *)base = true;
    } else if (row->kind == TEXT) {
        *(const char **)base = argument;
    } else {
        options->set = mem_grow(options->set, &options->cap_set, options->n_set + 1, sizeof *options->set);
        options->set[options->n_set++] = argument;
    }
}

static void wrong_option(poptContext context, int code, const struct command *command)
{
    const char *word = poptBadOption(context, POPT_BADOPTION_NOALIAS);
    const char *names[N_ROWS];
    size_t n = 0;
    for (size_t i = 0; i < N_ROWS; i++)
        if (cli_options[i].commands & command->flag)
            names[n++] = cli_options[i].name;
    const char *bare = word + strspn(word, "-");
    const char *nearest = code == POPT_ERROR_BADOPT && bare[0] != '\0' && bare[1] != '\0' ? diag_nearest(bare, names, n) : NULL;
    fprintf(stderr, "w2s: %s: %s\n", word, code == POPT_ERROR_BADOPT ? "unknown option" : poptStrerror(code));
    if (nearest != NULL)
        fprintf(stderr, "  did you mean '--%s'?\n", nearest);
    else
        fprintf(stderr, "  'w2s help %s' lists them.\n", command->name);
}

bool options_parse(struct options *options, const struct command *command, int argc, const char **argv)
{
    struct poptOption table[N_ROWS + 2];
    fill_table(table, command);
    poptContext context = poptGetContext("w2s", argc, argv, table, 0);
    int code;
    bool ok = true;
    while (ok && (code = poptGetNextOpt(context)) > 0) {
        if (code == HELP) {
            command_help(stdout, command);
            poptFreeContext(context);
            exit(EXIT_DONE);
        }
        char *argument = poptGetOptArg(context);
        keep(options, &cli_options[code - 1], argument != NULL ? arena_text(&options->arena, argument) : NULL);
        mem_free(argument);
    }
    if (code < -1) {
        wrong_option(context, code, command);
        ok = false;
    }
    const char **rest = poptGetArgs(context);
    while (rest != NULL && rest[options->n_arguments] != NULL)
        options->n_arguments++;
    options->arguments = mem_new((options->n_arguments + 1) * sizeof *options->arguments);
    for (size_t i = 0; i < options->n_arguments; i++)
        options->arguments[i] = arena_text(&options->arena, rest[i]);
    poptFreeContext(context);
    return ok;
}

void options_release(struct options *options)
{
    mem_free(options->arguments);
    mem_free(options->set);
    arena_release(&options->arena);
}

void command_help(FILE *out, const struct command *command)
{
    fprintf(out, "usage: w2s %s [option]... %s\n\n%s\n\n", command->name, command->arguments, command->help);
    for (size_t i = 0; i < N_ROWS; i++) {
        const struct option_row *row = &cli_options[i];
        if (!(row->commands & command->flag))
            continue;
        char letter[8] = "    ", name[40];
        if (row->letter != 0)
            snprintf(letter, sizeof letter, "-%c, ", row->letter);
        snprintf(name, sizeof name, "--%s%s%s", row->name, row->argument != NULL ? " " : "",
                 row->argument != NULL ? row->argument : "");
        fprintf(out, "  %s%-20s %s\n", letter, name, row->help);
    }
    fprintf(out, "  -h, %-20s show this help\n", "--help");
}
