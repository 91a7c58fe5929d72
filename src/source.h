// source.h -- the bytes of one .w2s file and where its lines begin.
#ifndef W2S_SOURCE_H
#define W2S_SOURCE_H

#include "base/arena.h"
#include "base/err.h"

// Byte offsets into the source, end exclusive. The empty span {0, 0} means "no place".
struct span {
    uint32_t begin, end;
};

struct source {
    const char *path; // as the user named it; for messages
    const char *bytes; // NUL-terminated; n does not count the NUL
    uint32_t n;
    const uint32_t *line; // offset of the start of each line
    uint32_t n_lines;
};

enum { SOURCE_MAX = 4 << 20 }; // bytes; larger files are refused

// Reads a file ("-" is standard input) into the arena. Refused: missing (ERR_MISSING), larger than
// SOURCE_MAX, a NUL byte, invalid UTF-8 (ERR_DATA, with the offset's line and column).
W2S_MUST_CHECK int source_read(struct source *source, struct arena *arena, const char *path,
                               struct err *err);
W2S_MUST_CHECK int source_from_text(struct source *source, struct arena *arena, const char *path,
                                    const char *bytes, size_t n, struct err *err);

// Where relative paths start in the file at `path`: its folder. A document without a file starts
// where the process is.
const char *source_folder(struct arena *arena, const char *path);

struct place {
    uint32_t line, column; // from 1; column in code points
};
struct place source_place(const struct source *source, uint32_t offset);

#endif
