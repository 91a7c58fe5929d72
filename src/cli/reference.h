// reference.h -- the reference of the language in Markdown, from the lists that drive the compiler:
// schema.def, keywords.def, ast.def, metrics.def, library.def and the losses that ship.
// docs/reference.md is its output.
#ifndef W2S_REFERENCE_H
#define W2S_REFERENCE_H

#include <stdio.h>

void print_reference(FILE *out);

#endif
