// mem.c -- see mem.h.
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The lock of stderr is kept to the end, so that nobody else says it again.
void mem_end(const char *format, ...)
{
    va_list args;
    flockfile(stderr);
    fputs("w2s: out of memory (", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputs(")\n", stderr);
    exit(EXIT_IO);
}

static _Noreturn void out_of_memory(size_t size)
{
    mem_end("%zu bytes refused", size);
}

void *mem_new(size_t size)
{
    void *p = calloc(1, size > 0 ? size : 1);
    if (p == NULL)
        out_of_memory(size);
    return p;
}

void *mem_resize(void *p, size_t size)
{
    void *q = realloc(p, size > 0 ? size : 1);
    if (q == NULL)
        out_of_memory(size);
    return q;
}

void mem_free(void *p)
{
    free(p);
}

void *mem_try(size_t count, size_t size, const char *what, struct err *err)
{
    size_t bytes;
    void *p = NULL;
    bool fits = !__builtin_mul_overflow(count, size, &bytes) && bytes <= SIZE_MAX / 2;
    if (fits) {
        size_t rounded = (bytes + 63) / 64 * 64;
        p = aligned_alloc(64, rounded > 0 ? rounded : 64);
    }
    if (p == NULL) {
        err_set(err, ERR_MEMORY, "not enough memory for %s (%zu × %zu bytes)", what, count, size);
        return NULL;
    }
    memset(p, 0, bytes);
    return p;
}

void *mem_grow(void *items, size_t *cap, size_t need, size_t item_size)
{
    if (need <= *cap)
        return items;
    size_t grown = *cap < 8 ? 8 : *cap;
    while (grown < need)
        if (__builtin_mul_overflow(grown, (size_t)2, &grown))
            out_of_memory(SIZE_MAX);
    size_t bytes;
    if (__builtin_mul_overflow(grown, item_size, &bytes))
        out_of_memory(SIZE_MAX);
    char *moved = mem_resize(items, bytes);
    memset(moved + *cap * item_size, 0, (grown - *cap) * item_size);
    *cap = grown;
    return moved;
}
