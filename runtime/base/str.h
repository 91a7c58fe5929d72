// str.h -- a growing string. `struct str s = {0};` is empty and valid; s.data is NUL-terminated
// once anything was added (use str_text for the empty case). Allocation never fails (mem.h).
#ifndef W2S_STR_H
#define W2S_STR_H

#include "base/base.h"

struct str {
    char *data;
    size_t len, cap;
};

void str_release(struct str *s);
void str_clear(struct str *s); // empty, keeps the room
const char *str_text(const struct str *s);
void str_add(struct str *s, const char *text);
void str_add_bytes(struct str *s, const void *bytes, size_t n);
void str_add_char(struct str *s, char c);
void str_repeat(struct str *s, char c, size_t n);
void str_format(struct str *s, const char *format, ...) W2S_PRINTF(2, 3);

// The decimal of fewest digits that, correctly rounded, reads back as x: "0.1", "0.001", "20000",
// "1e-05", "1e+22"; "0" for both zeros; "nan", "inf", "-inf". The same text on every machine; plan
// keys are built on it.
void str_number(struct str *s, double x);

// Columns a terminal uses to show UTF-8 `text`, roughly: every code point counts 1, also combining
// marks and wide characters; a byte that belongs to no code point counts 1.
size_t text_width(const char *text, size_t bytes);

// Edit distance (Levenshtein), used by did-you-mean; at most 64 bytes of each are read.
unsigned text_distance(const char *a, const char *b);

#endif
