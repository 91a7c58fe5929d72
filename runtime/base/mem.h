// mem.h -- the only place that calls malloc.
//
// Two roads. Small sizes, ours to know (nodes, names, tables): mem_new and friends never return
// NULL; when the system refuses, the process ends with one clear line and status 74. Sizes that
// come from outside (rows, features, parameters): mem_try checks the product for overflow and fails
// through err.
#ifndef W2S_MEM_H
#define W2S_MEM_H

#include "base/err.h"

// "w2s: out of memory (why)", once, and the end of the process with status 74; threads that come
// later to the same end wait for it.
_Noreturn void mem_end(const char *format, ...) W2S_PRINTF(1, 2);

void *mem_new(size_t size);                 // zeroed; never NULL
void *mem_resize(void *p, size_t size);     // new bytes are not zeroed; never NULL
void mem_free(void *p);                     // NULL is fine

// count * size bytes, zeroed, 64-byte aligned; `what` names it in the message. Freed by mem_free.
W2S_MUST_CHECK void *mem_try(size_t count, size_t size, const char *what, struct err *err);

// Grows an array so that it holds at least `need` items of `item_size` bytes; doubles, keeps the
// old items, zeroes the new ones. Returns the (moved) array:
//     v->items = mem_grow(v->items, &v->cap, need, sizeof *v->items);
W2S_MUST_CHECK void *mem_grow(void *items, size_t *cap, size_t need, size_t item_size);

#endif
