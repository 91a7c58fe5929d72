// fence.c -- arrays that end at a page nobody may touch, with watched bytes around them.
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WATCHED = 256, FILLER = 0xa5 };

static unsigned char *slot_of(unsigned slot)
{
    static unsigned char *slots[MAX_ARRAYS];

    if (!slots[slot]) {
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        unsigned char *p = mmap(NULL, FENCE_BYTES + page, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED || mprotect(p + FENCE_BYTES, page, PROT_NONE) != 0) {
            perror("kernelcheck: mmap");
            exit(1);
        }
        slots[slot] = p;
    }
    return slots[slot];
}

// The watched bytes are those between `from` and `to` that lie in the slot.
static void watched(const unsigned char **from, const unsigned char **to, const unsigned char *base,
                    const unsigned char *at)
{
    const unsigned char *end = base + FENCE_BYTES;
    *from = at - base < WATCHED ? base : at - WATCHED;
    *to = end - at < WATCHED ? end : at + WATCHED;
}

void *fence_place(unsigned slot, size_t bytes, long offset)
{
    unsigned char *base = slot_of(slot);
    unsigned char *at = offset < 0 ? base + FENCE_BYTES - bytes : base + WATCHED + offset;
    const unsigned char *from, *to, *unused;

    watched(&from, &unused, base, at);
    watched(&unused, &to, base, at + bytes);
    memset(base + (from - base), FILLER, (size_t)(to - from));
    return at;
}

bool fence_holds(unsigned slot, const void *place, size_t bytes)
{
    const unsigned char *base = slot_of(slot), *at = place, *from, *to, *unused;

    watched(&from, &unused, base, at);
    watched(&unused, &to, base, at + bytes);
    for (; from < at; from++) {
        if (*from != FILLER)
            return false;
    }
    for (from = at + bytes; from < to; from++) {
        if (*from != FILLER)
            return false;
    }
    return true;
}
