// cli.h -- what the commands share: options, compiling a file, printing failures.
#ifndef W2S_CLI_H
#define W2S_CLI_H

#include "base/mem.h"
#include "flow.h"
#include "lower.h"
#include "source.h"

enum {
    F_RUN = 1 << 0, F_CHECK = 1 << 1, F_PLAN = 1 << 2, F_FMT = 1 << 3, F_HELP = 1 << 4, F_VERSION = 1 << 5,
    F_LIST = 1 << 6, F_SHOW = 1 << 7, F_COMPARE = 1 << 8, F_DIFF = 1 << 9, F_EXPORT = 1 << 10, F_IMPORT = 1 << 11,
    F_GC = 1 << 12, F_FSCK = 1 << 13, F_VERIFY = 1 << 14, F_AUDIT = 1 << 15, F_EXPLAIN = 1 << 16,
    F_WHY = 1 << 17,
    F_STORE = F_LIST | F_SHOW | F_COMPARE | F_DIFF | F_EXPORT | F_IMPORT | F_GC | F_FSCK | F_VERIFY | F_AUDIT |
              F_EXPLAIN | F_WHY,
    F_GRADCHECK = 1 << 20, F_STDLIB = 1 << 21, F_FLOW = 1 << 22,
    F_INIT = 1 << 24, F_DOCTOR = 1 << 25, F_COMPLETION = 1 << 26, F_LSP = 1 << 27, F_REPORT = 1 << 28,
};

struct options {
    struct arena arena;     // of the texts
    const char **arguments; // files, NULL-terminated
    size_t n_arguments;
    const char **set;       // NAME=VALUE
    size_t n_set, cap_set;
    const char *seeds, *threads;
    const char *store, *checkpoint, *as, *output, *folder, *sample;
    bool json, quiet, write, verify, no_store, repair, man, language;
};

typedef enum exit_status command_function(const struct options *options);

struct command {
    const char *name;
    command_function *function;
    const char *arguments;
    unsigned flag;
    const char *help;
};

// A row of options.def.
enum option_kind { FLAG, TEXT, MANY };
struct option_row {
    const char *name;
    char letter; // 0: none
    enum option_kind kind;
    const char *argument; // "N", or NULL
    unsigned commands;
    const char *help;
    size_t offset; // in struct options
};

// All commands and all options in order; each list ends with a NULL name.
extern const struct command cli_commands[];
extern const struct option_row cli_options[];

// By name; suggests a near one on standard error when there is none, and gives NULL.
const struct command *command_find(const char *name);
void command_help(FILE *out, const struct command *command);

// Reads the options of a command. False after a message: the command line is wrong.
bool options_parse(struct options *options, const struct command *command, int argc, const char **argv);
void options_release(struct options *options);

#define COMMAND(name, function, arguments, flag, help) enum exit_status function(const struct options *options);
#include "commands.def"
#undef COMMAND

// "w2s: text" and the hint on standard error; gives the exit status.
enum exit_status cli_fail(const struct err *err);
enum exit_status cli_misuse(const char *format, ...) W2S_PRINTF(1, 2);

// A file on its way to a plan. compile_file prints what is wrong and gives EXIT_DONE or why not;
// compile_release is due in both cases.
struct compiled {
    struct arena arena;
    struct source source;
    struct diags diags, command_diags;
    struct ast ast;
    struct program program;
    struct plan plan;
    struct flow flow;
    const char *folder;
};
enum exit_status compile_file(struct compiled *c, const char *path, const struct options *options, bool dry,
                              const struct source_memory *memory);
// The same for a text that a store kept; `folder` is where its data are.
enum exit_status compile_text(struct compiled *c, const char *name, const char *text, size_t n, const char *folder,
                              const struct options *options);
void compile_release(struct compiled *c);

// The folder of the store: --store, W2S_STORE, or .w2s. For a run NULL is none: --no-store, or W2S_STORE is empty.
const char *cli_store_path(const struct options *options, bool for_run);

bool cli_colour(FILE *out); // a terminal, and no NO_COLOR

#endif
