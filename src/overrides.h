// overrides.h -- params and seeds that are fixed from outside of the file: --set and --seeds.
//
// They are written as declarations, one a line, and read with the parser of the language, so that
// messages about them can show what was given.
#ifndef W2S_OVERRIDES_H
#define W2S_OVERRIDES_H

#include "resolve.h"

struct overrides {
    struct source source;     // "command line"
    struct ast ast;           // `param NAME = VALUE`, one for each
    const struct expr *seeds; // or NULL
};

// `set` are n texts "NAME=VALUE"; `seeds` may be NULL. Memory in `arena`; what is no expression is
// reported in `diags`, whose spans are those of out->source. False after that, or with `err` set.
bool overrides_read(struct overrides *out, struct arena *arena, struct diags *diags,
                    const char *const *set, size_t n, const char *seeds, struct err *err);

// False, with `err` set, where one names no param of the program, which was read from `path`.
bool overrides_fit(const struct overrides *overrides, const struct program *program,
                   const char *path, struct err *err);

#endif
