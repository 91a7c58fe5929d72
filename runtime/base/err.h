// err.h -- failures of the world: a missing file, bad data, no memory, an interrupt.
//
// A function that can fail takes a `struct err *` last and returns negative (or NULL) on failure.
// On success `err` is untouched; the first error wins: err_set on a set error changes nothing.
// The caller owns the struct; it holds no pointers and needs no release.
#ifndef W2S_ERR_H
#define W2S_ERR_H

#include "base/base.h"

enum err_kind {
    ERR_NONE = 0,
    ERR_MISSING,     // a file that was named is not there          -> exit 66
    ERR_DATA,        // bytes from outside are not what they claim  -> exit 65
    ERR_IO,          // the system refused to read or write         -> exit 74
    ERR_MEMORY,      // an allocation was refused                   -> exit 74
    ERR_INTERRUPTED, // somebody asked us to stop                   -> exit 130
    ERR_UNSUPPORTED, // a known construct that is not built yet      -> exit 65
};

struct err {
    enum err_kind kind;
    char text[512]; // lower case, no full stop, what went wrong first
    char hint[512]; // a sentence that says what to do, or empty
    bool closed;    // a later error was refused, and its hint will be
};

// Fills `err` unless it is already set. Always returns -1, so `return err_set(...)` works.
int err_set(struct err *err, enum err_kind kind, const char *format, ...) W2S_PRINTF(3, 4);

// Adds the sentence that says what to do. Call directly after err_set.
void err_hint(struct err *err, const char *format, ...) W2S_PRINTF(2, 3);

static inline bool err_is_set(const struct err *err)
{
    return err->kind != ERR_NONE;
}

enum exit_status err_exit_status(const struct err *err);

#endif
