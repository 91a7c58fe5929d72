// generate.c -- see generate.h.
#include "generate.h"

#include "cli.h"

#include <string.h>

static bool takes(const struct command *command, const struct option_row *row)
{
    return (row->commands & command->flag) != 0;
}

// --- the manual page -----------------------------------------------------------------------------

// Text as roff: a backslash, a hyphen and a dot at the beginning mean themselves.
static void roff(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            fputc(*text, out);
    }
}

static void roff_line(FILE *out, const char *macro, const char *text)
{
    fprintf(out, ".%s \"", macro);
    roff(out, text);
    fputs("\"\n", out);
}

static void man_command(FILE *out, const struct command *command)
{
    char head[256];
    snprintf(head, sizeof head, "w2s %s%s%s", command->name,
             command->arguments[0] != '\0' ? " " : "", command->arguments);
    roff_line(out, "SS", head);
    roff(out, command->help);
    fputs(".\n", out);
    for (const struct option_row *row = cli_options; row->name != NULL; row++) {
        if (!takes(command, row))
            continue;
        fputs(".TP\n", out);
        if (row->letter != 0)
            fprintf(out, "\\fB\\-%c\\fR, ", row->letter);
        fputs("\\fB\\-\\-", out);
        roff(out, row->name);
        fputs("\\fR", out);
        if (row->argument != NULL)
            fprintf(out, " \\fI%s\\fR", row->argument);
        fputc('\n', out);
        roff(out, row->help);
        fputc('\n', out);
    }
}

void print_man(FILE *out)
{
    static const char *const statuses[][2] = {
        {"0", "done"},
        {"1", "a claim failed, or a file is not in the canonical layout"},
        {"64", "the command line is wrong"},
        {"65", "a file is wrong, or its training failed"},
        {"66", "an input is missing"},
        {"70", "a bug in w2s"},
        {"74", "input or output failed"},
        {"130", "interrupted; the same command goes on where it was"},
    };
    static const char *const variables[][2] = {
        {"W2S_STORE", "the folder of the store; empty: none"},
        {"W2S_CPU", "the instruction set to use: ref, sse2, avx2, avx512, neon"},
        {"NO_COLOR", "when set, no colour"},
    };
    fprintf(out, ".TH W2S 1 \"\" \"w2s %s\" \"User Commands\"\n", W2S_VERSION);
    fputs(".SH NAME\nw2s \\- weak\\-to\\-strong generalization experiments\n"
          ".SH SYNOPSIS\n.B w2s\n.I command\n[\\fIoption\\fR]... [\\fIfile\\fR]...\n"
          ".SH DESCRIPTION\nw2s runs experiments that .w2s files describe: teachers, students, the guidance\n"
          "between them, and the shifts under which the result must hold.\n.SH COMMANDS\n",
          out);
    for (const struct command *c = cli_commands; c->name != NULL; c++)
        man_command(out, c);
    fputs(".SH EXIT STATUS\n", out);
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
        fprintf(out, ".TP\n.B %s\n%s\n", statuses[i][0], statuses[i][1]);
    fputs(".SH ENVIRONMENT\n", out);
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        fprintf(out, ".TP\n.B %s\n%s\n", variables[i][0], variables[i][1]);
}

// --- completion ----------------------------------------------------------------------------------

// The text inside single quotes of a shell.
static void quoted(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else
            fputc(*text, out);
    }
}

static void options_words(FILE *out, const struct command *command)
{
    for (const struct option_row *row = cli_options; row->name != NULL; row++)
        if (takes(command, row))
            fprintf(out, "--%s ", row->name);
    fputs("--help", out);
}

static void bash(FILE *out)
{
    fputs("# Completion of w2s for bash: eval \"$(w2s completion bash)\"\n_w2s() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} words\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words='", out);
    for (const struct command *c = cli_commands; c->name != NULL; c++)
        fprintf(out, "%s%s", c == cli_commands ? "" : " ", c->name);
    fputs("'\n    else\n        case ${COMP_WORDS[1]} in\n", out);
    for (const struct command *c = cli_commands; c->name != NULL; c++) {
        fprintf(out, "        %s) words='", c->name);
        options_words(out, c);
        fputs("' ;;\n", out);
    }
    fputs("        esac\n    fi\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
          "    case $word in -*) ;; *) [ \"$COMP_CWORD\" -eq 1 ] ||\n"
          "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;; esac\n}\n"
          "complete -o filenames -F _w2s w2s\n", out);
}

static void zsh(FILE *out)
{
    fputs("#compdef w2s\n# Completion of w2s for zsh: put it as _w2s into a folder of fpath.\n_w2s() {\n"
          "    local -a commands\n    if (( CURRENT == 2 )); then\n        commands=(\n", out);
    for (const struct command *c = cli_commands; c->name != NULL; c++) {
        fprintf(out, "            '%s:", c->name);
        quoted(out, c->help);
        fputs("'\n", out);
    }
    fputs("        )\n        _describe command commands\n        return\n    fi\n    case $words[2] in\n",
          out);
    for (const struct command *c = cli_commands; c->name != NULL; c++) {
        fprintf(out, "    %s)\n        _arguments", c->name);
        for (const struct option_row *row = cli_options; row->name != NULL; row++) {
            if (!takes(c, row))
                continue;
            fprintf(out, " \\\n            '%s--%s%s[", row->kind == MANY ? "*" : "", row->name,
                    row->argument != NULL ? "=" : "");
            for (const char *p = row->help; *p != '\0'; p++) { // brackets and colons end the text
                if (strchr("[]:\\", *p) != NULL)
                    fputc('\\', out);
                if (*p == '\'')
                    fputs("'\\'", out);
                fputc(*p, out);
            }
            fprintf(out, "]%s%s'", row->argument != NULL ? ":" : "",
                    row->argument != NULL ? row->argument : "");
        }
        fputs(" '*:file:_files' ;;\n", out);
    }
    fputs("    esac\n}\n_w2s \"$@\"\n", out);
}

static void fish(FILE *out)
{
    fputs("# Completion of w2s for fish: w2s completion fish | source\n", out);
    for (const struct command *c = cli_commands; c->name != NULL; c++) {
        fprintf(out, "complete -c w2s -n __fish_use_subcommand -f -a %s -d '", c->name);
        quoted(out, c->help);
        fputs("'\n", out);
    }
    for (const struct command *c = cli_commands; c->name != NULL; c++)
        for (const struct option_row *row = cli_options; row->name != NULL; row++) {
            if (!takes(c, row))
                continue;
            fprintf(out, "complete -c w2s -n '__fish_seen_subcommand_from %s' -l %s%s", c->name,
                    row->name, row->argument != NULL ? " -r" : "");
            if (row->letter != 0)
                fprintf(out, " -s %c", row->letter);
            fputs(" -d '", out);
            quoted(out, row->help);
            fputs("'\n", out);
        }
}

bool print_completion(FILE *out, const char *shell)
{
    static const struct {
        const char *name;
        void (*print)(FILE *out);
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    for (size_t i = 0; i < ARRAY_LEN(shells); i++)
        if (strcmp(shells[i].name, shell) == 0) {
            shells[i].print(out);
            return true;
        }
    return false;
}
