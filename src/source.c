// source.c -- see source.h. Reads bytes, insists on UTF-8 text, finds the lines. A byte order
// mark at the start is skipped: editors on Windows add it unasked.
#include "source.h"

#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

// Length of the well-formed UTF-8 sequence at p (Unicode 15, table 3-7: no overlong form, no
// surrogate, nothing above U+10FFFF), or 0. p[0] >= 0x80.
static size_t utf8_sequence(const unsigned char *p, size_t left)
{
    size_t n;
    unsigned char low = 0x80, high = 0xBF; // bounds of the second byte
    if (p[0] >= 0xC2 && p[0] <= 0xDF) {
        n = 2;
    } else if (p[0] >= 0xE0 && p[0] <= 0xEF) {
        n = 3;
        low = p[0] == 0xE0 ? 0xA0 : 0x80;
        high = p[0] == 0xED ? 0x9F : 0xBF;
    } else if (p[0] >= 0xF0 && p[0] <= 0xF4) {
        n = 4;
        low = p[0] == 0xF0 ? 0x90 : 0x80;
        high = p[0] == 0xF4 ? 0x8F : 0xBF;
    } else {
        return 0;
    }
    if (n > left || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if (p[i] < 0x80 || p[i] > 0xBF)
            return 0;
    return n;
}

// Offset of the first byte that does not belong to UTF-8 text, or n.
static size_t first_bad_byte(const unsigned char *bytes, size_t n)
{
    size_t i = 0;
    while (i < n) {
        size_t length = bytes[i] == 0 ? 0 : 1;
        if (bytes[i] >= 0x80)
            length = utf8_sequence(bytes + i, n - i);
        if (length == 0)
            break;
        i += length;
    }
    return i;
}

static void find_lines(struct source *source, struct arena *arena)
{
    uint32_t n_lines = 1;
    for (uint32_t i = 0; i < source->n; i++)
        n_lines += source->bytes[i] == '\n';
    uint32_t *line = arena_array(arena, n_lines, sizeof *line);
    uint32_t at = 1;
    for (uint32_t i = 0; i < source->n; i++)
        if (source->bytes[i] == '\n')
            line[at++] = i + 1;
    source->line = line;
    source->n_lines = n_lines;
}

int source_from_text(struct source *source, struct arena *arena, const char *path,
                     const char *bytes, size_t n, struct err *err)
{
    if (n > SOURCE_MAX)
        return err_set(err, ERR_DATA, "'%s' is larger than %d MiB", path, SOURCE_MAX >> 20);
    if (n >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
        bytes += 3;
        n -= 3;
    }
    struct source made = {.path = arena_text(arena, path), .n = (uint32_t)n};
    made.bytes = arena_copy(arena, bytes, n);
    find_lines(&made, arena);

    size_t bad = first_bad_byte((const unsigned char *)made.bytes, n);
    if (bad < n) {
        struct place place = source_place(&made, (uint32_t)bad);
        err_set(err, ERR_DATA, "%s:%u:%u: byte 0x%02X is not UTF-8 text", path, place.line,
                place.column, (unsigned char)made.bytes[bad]);
        err_hint(err, "A .w2s file is plain text; save it as UTF-8.");
        return -1;
    }
    *source = made;
    return 0;
}

static int missing_or_io(const char *path, struct err *err)
{
    enum err_kind kind = errno == ENOENT || errno == ENOTDIR ? ERR_MISSING : ERR_IO;
    return err_set(err, kind, "cannot read '%s': %s", path, strerror(errno));
}

int source_read(struct source *source, struct arena *arena, const char *path, struct err *err)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "rb");
    if (file == NULL)
        return missing_or_io(path, err);

    // One byte more than allowed, so that a file that is too large is seen as such.
    char *bytes = NULL;
    size_t n = 0, cap = 0, got;
    do {
        bytes = mem_grow(bytes, &cap, n + 64 * 1024, 1);
        got = fread(bytes + n, 1, 64 * 1024, file);
        n += got;
    } while (got > 0 && n <= SOURCE_MAX);

    int rc;
    if (ferror(file))
        rc = missing_or_io(path, err);
    else
        rc = source_from_text(source, arena, standard ? "standard input" : path, bytes, n, err);
    if (!standard)
        fclose(file);
    mem_free(bytes);
    return rc;
}

struct place source_place(const struct source *source, uint32_t offset)
{
    if (offset > source->n)
        offset = source->n;
    uint32_t low = 0, high = source->n_lines; // line[low] <= offset < line[high]
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (source->line[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    uint32_t column = 1;
    for (uint32_t i = source->line[low]; i < offset; i++)
        column += ((unsigned char)source->bytes[i] & 0xC0) != 0x80;
    return (struct place){.line = low + 1, .column = column};
}

const char *source_folder(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return ".";
    return slash == path ? "/" : arena_copy(arena, path, (size_t)(slash - path));
}
