// explain_diag.h -- `w2s explain W2S0301`: what the code of a message means, with a wrong and a
// right example. The text is docs/diagnostics.md, embedded at build; tests/e2e/docs.sh runs it.
#ifndef W2S_EXPLAIN_DIAG_H
#define W2S_EXPLAIN_DIAG_H

#include "cli.h"

bool is_diag_code(const char *word); // W2S and digits, in capitals or not

// All arguments are codes; the first that is none ends it with EXIT_MISUSE.
enum exit_status explain_codes(const struct options *options);

#endif
