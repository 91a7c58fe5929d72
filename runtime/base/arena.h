// arena.h -- memory freed by lifetime: one arena for source + AST, one for a plan, one for a run.
//
// Allocation never fails (mem.h says how it ends); all memory is zeroed and 16-byte aligned;
// nothing is freed alone. `arena_init` is { 0 }; `arena_release` gives everything back.
#ifndef W2S_ARENA_H
#define W2S_ARENA_H

#include "base/base.h"

#include <stdarg.h>

struct arena_block;

struct arena {
    struct arena_block *head;
    size_t used; // bytes handed out, for figures
};

void arena_release(struct arena *arena);

void *arena_alloc(struct arena *arena, size_t size);
void *arena_array(struct arena *arena, size_t count, size_t size); // checked product
char *arena_copy(struct arena *arena, const void *bytes, size_t n); // adds a NUL after them
char *arena_text(struct arena *arena, const char *text);
char *arena_format(struct arena *arena, const char *format, ...) W2S_PRINTF(2, 3);

#endif
