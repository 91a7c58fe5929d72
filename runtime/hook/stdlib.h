// stdlib.h -- the files that ship inside w2s, embedded at build: stdlib/losses/*.lua, and whole experiments,
// stdlib/recipes/*.w2s, docs/diagnostics.md, and the page of reports, stdlib/report/*.
#ifndef W2S_STDLIB_H
#define W2S_STDLIB_H

#include <stddef.h>

struct stdlib_file {
    const char *name; // "focal_kl"
    const char *text;
    size_t size;
};

extern const struct stdlib_file stdlib_losses[]; // by name; ends with a NULL name
extern const struct stdlib_file stdlib_recipes[];
extern const struct stdlib_file stdlib_pages[]; // of Markdown
extern const struct stdlib_file stdlib_report[];
const struct stdlib_file *stdlib_loss(const char *name); // NULL: there is none

#endif
