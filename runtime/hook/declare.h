// declare.h -- the table a loss file returns, checked and turned into a struct loss_description.
//
// Every field is checked: its type, its range, names that are not known (with the one that may have
// been meant), defaults within their own range.
#ifndef W2S_DECLARE_H
#define W2S_DECLARE_H

#include "base/arena.h"
#include "hook/loss.h"

#include <lua5.4/lauxlib.h>

// Reads the table at the top of the stack, and leaves the function `loss` or `eager` there in its
// stead; raises. What the description points at is in the arena; its name is not filled.
void declare_read(lua_State *L, struct loss_description *d, struct arena *arena);

// "labels" for READS_LABELS.
const char *declare_reads_word(unsigned bit);

#endif
