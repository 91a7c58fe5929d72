// main.c -- the command line: finds the command, reads its options, runs it.
#include "cli.h"
#include "generate.h"
#include "reference.h"

#include <errno.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct command cli_commands[] = {
#define COMMAND(name, function, arguments, flag, help) {#name, function, arguments, flag, help},
#include "commands.def"
#undef COMMAND
    {NULL, NULL, NULL, 0, NULL},
};

const struct command *command_find(const char *name)
{
    const char *names[ARRAY_LEN(cli_commands)];
    size_t n = 0;
    for (const struct command *c = cli_commands; c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0)
            return c;
        names[n++] = c->name;
    }
    const char *nearest = diag_nearest(name, names, n);
    fprintf(stderr, "w2s: unknown command '%s'\n", name);
    if (nearest != NULL)
        fprintf(stderr, "  did you mean '%s'?\n", nearest);
    else
        fprintf(stderr, "  'w2s help' lists them.\n");
    return NULL;
}

enum exit_status cli_fail(const struct err *err)
{
    fprintf(stderr, "w2s: %s\n", err->text);
    if (err->hint[0] != '\0')
        fprintf(stderr, "  %s\n", err->hint);
    return err_exit_status(err);
}

enum exit_status cli_misuse(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("w2s: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return EXIT_MISUSE;
}

bool cli_colour(FILE *out)
{
    const char *no = getenv("NO_COLOR");
    return isatty(fileno(out)) && (no == NULL || no[0] == '\0');
}

const char *cli_store_path(const struct options *options, bool for_run)
{
    const char *set = getenv("W2S_STORE");
    if (options->no_store)
        return NULL;
    if (options->store != NULL)
        return options->store;
    if (set != NULL && (for_run || set[0] != '\0'))
        return set[0] != '\0' ? set : NULL;
    return ".w2s";
}

static void usage(FILE *out)
{
    fputs("usage: w2s COMMAND [option]... [FILE]\n\n"
          "w2s runs weak-to-strong generalization experiments described in .w2s files.\n\n", out);
    for (const struct command *c = cli_commands; c->name != NULL; c++)
        fprintf(out, "  %-10s %s\n", c->name, c->help);
    fputs("\n'w2s help COMMAND' shows the options of a command.\n", out);
}

enum exit_status cmd_help(const struct options *options)
{
    if (options->man) {
        print_man(stdout);
        return EXIT_DONE;
    }
    if (options->language) {
        print_reference(stdout);
        return EXIT_DONE;
    }
    if (options->n_arguments == 0) {
        usage(stdout);
        return EXIT_DONE;
    }
    const struct command *command = command_find(options->arguments[0]);
    if (command == NULL)
        return EXIT_MISUSE;
    command_help(stdout, command);
    return EXIT_DONE;
}

// Output that could not be written is a failure, however well the rest went.
static enum exit_status close_output(enum exit_status status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (errno == EPIPE) // the reader has seen enough: w2s plan FILE | head
        return EXIT_IO;
    fprintf(stderr, "w2s: writing to standard output failed: %s\n", strerror(errno));
    return EXIT_IO;
}

// Large blocks are given back when freed. Left alone, glibc stops doing so after the first one.
static void give_memory_back(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}

int main(int argc, char **argv)
{
    give_memory_back();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (argc < 2) {
        usage(stderr);
        return EXIT_MISUSE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0)
        name = "version";
    const struct command *command = command_find(name);
    if (command == NULL)
        return EXIT_MISUSE;
    struct options options = {0};
    enum exit_status status = EXIT_MISUSE;
    if (options_parse(&options, command, argc - 1, (const char **)argv + 1))
        status = command->function(&options);
    options_release(&options);
    return (int)close_output(status);
}
