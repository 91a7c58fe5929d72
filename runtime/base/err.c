// err.c -- see err.h.
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

int err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
    if (err_is_set(err)) {
        err->closed = true;
        return -1;
    }
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    err->hint[0] = '\0';
    err->kind = kind;
    return -1;
}

void err_hint(struct err *err, const char *format, ...)
{
    if (err->closed || err->hint[0] != '\0')
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(err->hint, sizeof err->hint, format, args);
    va_end(args);
}

enum exit_status err_exit_status(const struct err *err)
{
    static const enum exit_status status[] = {
        [ERR_NONE] = EXIT_DONE,          [ERR_MISSING] = EXIT_NO_INPUT,
        [ERR_DATA] = EXIT_SOURCE,        [ERR_IO] = EXIT_IO,
        [ERR_MEMORY] = EXIT_IO,          [ERR_INTERRUPTED] = EXIT_INTERRUPTED,
        [ERR_UNSUPPORTED] = EXIT_SOURCE,
    };
    return status[err->kind];
}
