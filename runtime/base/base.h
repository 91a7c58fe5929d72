// base.h -- what every file may rely on: attributes, array length, and the road for our own bugs.
//
// Three kinds of failure take three roads. The user's program: diagnostics (src/diag.h). The world
// (files, memory, data): struct err and a negative return (err.h). Our own mistake: BUG(), here.
#ifndef W2S_BASE_H
#define W2S_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define W2S_VERSION "0.1.0"

#define W2S_PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#define W2S_MUST_CHECK __attribute__((warn_unused_result))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

// Prints "file:line: message" with a request to report it and ends the process with status 70.
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void bug_at(const char *file, int line, const char *format, ...) W2S_PRINTF(3, 4);

// The exit statuses of the command line, after sysexits.h where it has a word for it.
enum exit_status {
    EXIT_DONE = 0,
    EXIT_CLAIM_FAILED = 1,
    EXIT_MISUSE = 64,       // the command line is wrong
    EXIT_SOURCE = 65,       // the .w2s file, or data it names, is wrong
    EXIT_NO_INPUT = 66,     // a file is missing
    EXIT_BUG = 70,          // our fault
    EXIT_IO = 74,           // reading or writing failed, or memory ran out
    EXIT_INTERRUPTED = 130, // SIGINT or SIGTERM; a rerun goes on
};

#endif
