// bug.c -- the road for our own mistakes; see base.h.
#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void bug_at(const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "w2s: internal error at %s:%d: ", file, line);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\nThis is a bug in w2s; please report it with the file that caused it.\n");
    va_end(args);
    exit(EXIT_BUG);
}
