// returned.h -- the fields of the table that a file returns, checked one by one.
//
// All of it raises with the file's line and the field's name: a type that is not the expected one,
// a name that is not known (with the one that may have been meant), a text that is too long.
#ifndef W2S_RETURNED_H
#define W2S_RETURNED_H

#include "base/arena.h"

#include <lua5.4/lauxlib.h>

enum { RETURNED_LINE = 200, RETURNED_PROSE = 4000 }; // bytes of a text; only prose has newlines

// The table is on the top of the stack. What is read from it is copied to the arena.
struct returned {
    lua_State *L;
    struct arena *arena;
    const char *of; // "params.gamma.", "" for the whole: what messages put before a field
};

// Every key is one of the set.
void returned_check(const struct returned *r, const char *const *set, size_t n);
// The place of `word` in the set; `what` it is, for messages.
size_t returned_word(const struct returned *r, const char *what, const char *word,
                     const char *const *set, size_t n);

// Pushes a field; false when it is absent, and nothing pushed.
bool returned_push(const struct returned *r, const char *name, int type, const char *expected);
// A field, "" when it is absent.
const char *returned_text(const struct returned *r, const char *name, size_t most);
// The string at `at` on the stack, for the field `name`; no control characters.
const char *returned_copy(const struct returned *r, const char *name, int at, size_t most);

// The number of items where the table is a list; and item i, a string, pushed.
size_t returned_length(const struct returned *r, const char *name, size_t most);
const char *returned_push_word(const struct returned *r, const char *name, size_t i);

// The field `cite`, a list of lines; NULL when it is absent.
const char *const *returned_cite(const struct returned *r, size_t *n);

#endif
