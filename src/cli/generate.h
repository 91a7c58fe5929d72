// generate.h -- what is made from commands.def and options.def for others: the manual page, completion.
#ifndef W2S_GENERATE_H
#define W2S_GENERATE_H

#include <stdbool.h>
#include <stdio.h>

void print_man(FILE *out); // roff, for section 1

// False for a shell that is not known: bash, zsh or fish.
bool print_completion(FILE *out, const char *shell);

#endif
