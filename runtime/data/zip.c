// zip.c -- see zip.h. Offsets in comments are those of the record that is read.
#include "data/zip.h"

#include "base/mem.h"
#include "data/element.h"
#include "data/loaders.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    END_SIZE = 22,         // the last record, without its comment
    END_MOST = 22 + 65535, // with it
    LOCATOR_SIZE = 20,     // of the zip64 record, right before the last one
    END64_SIZE = 56,
    CENTRAL_SIZE = 46, // an entry of the directory, without its name
    LOCAL_SIZE = 30,   // what stands before the data
    MAX_ENTRIES = 1 << 12,
    MAX_DIRECTORY = 1 << 22,
    INFLATE_RATIO = 1032,
};

struct entry {
    const char *name; // not ended by NUL
    size_t n_name;
    unsigned flags, method;
    uint32_t crc;
    uint64_t stored, length, at; // at: of its local header
    uint64_t end;                // what comes next in the file begins here
};

struct zip {
    const struct stream *s;
    struct err *err;
    uint64_t at, size; // the directory
    size_t n;
    uint8_t *bytes; // of the directory
    struct entry *entry;
};

static uint64_t number(const uint8_t *p, unsigned size)
{
    return element_little_endian(p, size);
}

static int damaged(const struct zip *zip, const char *what)
{
    return err_set(zip->err, ERR_DATA, "'%s' is a broken zip file: %s", str_text(&zip->s->path),
                   what);
}

// --- where the directory is ----------------------------------------------------------------------

static int read_end64(struct zip *zip, uint64_t *end)
{
    uint8_t locator[LOCATOR_SIZE], record[END64_SIZE];
    if (*end < LOCATOR_SIZE + END64_SIZE)
        return damaged(zip, "its zip64 record is missing");
    if (stream_read_at(zip->s, locator, sizeof locator, *end - LOCATOR_SIZE, "directory",
                       zip->err) < 0)
        return -1;
    uint64_t at = number(locator + 8, 8);
    if (memcmp(locator, "PK\6\7", 4) != 0 || at != *end - LOCATOR_SIZE - END64_SIZE)
        return damaged(zip, "its zip64 record is not where it should be");
    if (stream_read_at(zip->s, record, sizeof record, at, "directory", zip->err) < 0)
        return -1;
    if (memcmp(record, "PK\6\6", 4) != 0 || number(record + 4, 8) != END64_SIZE - 12 ||
        number(record + 16, 8) != 0 || number(record + 24, 8) != number(record + 32, 8))
        return damaged(zip, "its zip64 record is malformed");
    zip->n = number(record + 32, 8) > MAX_ENTRIES ? MAX_ENTRIES + 1 : number(record + 32, 8);
    zip->size = number(record + 40, 8);
    zip->at = number(record + 48, 8);
    *end = at;
    return 0;
}

// The last record ends the file; its comment may hold what looks like another one, so the first
// from the end wins.
static int find_end(struct zip *zip)
{
    uint64_t length = zip->s->stored;
    size_t n = length < END_MOST ? (size_t)length : END_MOST;
    uint8_t *tail = mem_new(n);
    int status = stream_read_at(zip->s, tail, n, length - n, "directory", zip->err);
    const uint8_t *record = NULL;
    for (size_t i = n < END_SIZE ? 0 : n - END_SIZE + 1; i-- > 0 && record == NULL;)
        if (memcmp(tail + i, "PK\5\6", 4) == 0 && number(tail + i + 20, 2) == n - END_SIZE - i)
            record = tail + i;
    uint64_t end = record != NULL ? length - n + (uint64_t)(record - tail) : 0;
    bool wide = false;
    if (status == 0 && record == NULL) {
        status = err_set(zip->err, ERR_DATA,
                         "'%s' is no zip file, or is cut short: it does not end like one",
                         str_text(&zip->s->path));
        err_hint(zip->err, "np.savez(path, x=x, y=y) writes one.");
    } else if (status == 0) {
        zip->n = (size_t)number(record + 10, 2);
        zip->size = number(record + 12, 4);
        zip->at = number(record + 16, 4);
        wide = zip->n == 0xFFFF || zip->size == UINT32_MAX || zip->at == UINT32_MAX;
        if (!wide && (number(record + 4, 4) != 0 || number(record + 8, 2) != zip->n))
            status = damaged(zip, "it has several parts");
    }
    mem_free(tail);
    if (status == 0 && wide)
        status = read_end64(zip, &end);
    if (status < 0)
        return -1;
    uint64_t found;
    if (__builtin_add_overflow(zip->at, zip->size, &found) || found != end)
        return damaged(zip, "its directory does not end where its last record begins");
    if (zip->n > MAX_ENTRIES || zip->size > MAX_DIRECTORY)
        return damaged(zip, "its directory is larger than any npz needs");
    return 0;
}

// --- its entries ---------------------------------------------------------------------------------

// Sizes that do not fit 32 bits stand in an extra field, in this order, only those that do not fit.
static int read_wide(struct zip *zip, struct entry *e, const uint8_t *extra, size_t n)
{
    uint64_t *wide[] = {&e->length, &e->stored, &e->at};
    const uint8_t *field = NULL;
    size_t n_field = 0;
    while (n >= 4 && field == NULL) {
        size_t size = (size_t)number(extra + 2, 2);
        if (size > n - 4)
            return damaged(zip, "an extra field is longer than its room");
        if (number(extra, 2) == 1) {
            field = extra + 4;
            n_field = size;
        }
        extra += 4 + size;
        n -= 4 + size;
    }
    for (size_t i = 0; i < ARRAY_LEN(wide); i++) {
        if (*wide[i] != UINT32_MAX)
            continue;
        if (n_field < 8)
            return damaged(zip, "the size of an entry is missing");
        *wide[i] = number(field, 8);
        field += 8;
        n_field -= 8;
    }
    return 0;
}

static int read_entry(struct zip *zip, struct entry *e, const uint8_t **at, const uint8_t *end)
{
    const uint8_t *p = *at;
    size_t left = (size_t)(end - p);
    if (left < CENTRAL_SIZE || memcmp(p, "PK\1\2", 4) != 0)
        return damaged(zip, "its directory has fewer entries than it says");
    size_t n_name = (size_t)number(p + 28, 2), n_extra = (size_t)number(p + 30, 2);
    size_t n_comment = (size_t)number(p + 32, 2);
    if (left - CENTRAL_SIZE < n_name + n_extra + n_comment)
        return damaged(zip, "an entry of its directory is longer than the directory");
    *e = (struct entry){.name = (const char *)p + CENTRAL_SIZE,
                        .n_name = n_name,
                        .flags = (unsigned)number(p + 8, 2),
                        .method = (unsigned)number(p + 10, 2),
                        .crc = (uint32_t)number(p + 16, 4),
                        .stored = number(p + 20, 4),
                        .length = number(p + 24, 4),
                        .at = number(p + 42, 4)};
    *at = p + CENTRAL_SIZE + n_name + n_extra + n_comment;
    return read_wide(zip, e, p + CENTRAL_SIZE + n_name, n_extra);
}

static int check_entry(struct zip *zip, const struct entry *e)
{
    char show[SHOWN];
    const char *path = str_text(&zip->s->path), *name = shown(show, e->name, e->n_name);
    if (e->n_name == 0 || memchr(e->name, 0, e->n_name) != NULL)
        return damaged(zip, "an entry has no proper name");
    if ((e->flags & 1) != 0)
        return err_set(zip->err, ERR_UNSUPPORTED, "'%s' in '%s' is encrypted", name, path);
    if (e->method != 0 && e->method != 8) {
        err_set(zip->err, ERR_UNSUPPORTED,
                "'%s' in '%s' is compressed in a way that npz never is (%u)", name, path,
                e->method);
        err_hint(zip->err, "np.savez and np.savez_compressed write what can be read.");
        return -1;
    }
    if (e->method == 0 && e->length != e->stored)
        return damaged(zip, "an entry that is not compressed has two sizes");
    if (e->length / INFLATE_RATIO > e->stored)
        return err_set(zip->err, ERR_DATA,
                       "'%s' in '%s' cannot hold its %" PRIu64 " bytes: it has %" PRIu64
                       ", and deflate saves at most a factor of %d",
                       name, path, e->length, e->stored, INFLATE_RATIO);
    return 0;
}

static int by_place(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

static int by_name(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    size_t n = x->n_name < y->n_name ? x->n_name : y->n_name;
    int order = memcmp(x->name, y->name, n);
    return order != 0 ? order : x->n_name < y->n_name ? -1 : x->n_name > y->n_name;
}

// No two entries share bytes, with each other or with the directory.
static int check_places(struct zip *zip)
{
    qsort(zip->entry, zip->n, sizeof *zip->entry, by_place);
    for (size_t i = 0; i < zip->n; i++) {
        struct entry *e = &zip->entry[i];
        uint64_t least; // the local header may be longer
        e->end = i + 1 < zip->n ? zip->entry[i + 1].at : zip->at;
        if (__builtin_add_overflow(e->stored, LOCAL_SIZE + (uint64_t)e->n_name, &least) ||
            e->at > e->end || least > e->end - e->at)
            return damaged(zip, "two of its entries share bytes");
    }
    return 0;
}

static int check_names(struct zip *zip)
{
    qsort(zip->entry, zip->n, sizeof *zip->entry, by_name);
    for (size_t i = 1; i < zip->n; i++) {
        const struct entry *e = &zip->entry[i];
        char show[SHOWN];
        if (by_name(e - 1, e) == 0)
            return err_set(zip->err, ERR_DATA, "'%s' has two entries named '%s'",
                           str_text(&zip->s->path), shown(show, e->name, e->n_name));
    }
    return 0;
}

static int read_directory(struct zip *zip)
{
    if (find_end(zip) < 0)
        return -1;
    zip->bytes = mem_new((size_t)zip->size);
    zip->entry = mem_new(zip->n * sizeof *zip->entry);
    if (stream_read_at(zip->s, zip->bytes, (size_t)zip->size, zip->at, "directory", zip->err) < 0)
        return -1;
    const uint8_t *at = zip->bytes, *end = zip->bytes + zip->size;
    for (size_t i = 0; i < zip->n; i++)
        if (read_entry(zip, &zip->entry[i], &at, end) < 0 || check_entry(zip, &zip->entry[i]) < 0)
            return -1;
    if (at != end)
        return damaged(zip, "its directory has more entries than it says");
    return check_places(zip) < 0 ? -1 : check_names(zip);
}

// --- one of them ---------------------------------------------------------------------------------

static int no_entry(const struct zip *zip, const char *name, const char *suffix)
{
    struct str names = {0};
    char show[SHOWN];
    size_t n_suffix = strlen(suffix);
    for (size_t i = 0; i < zip->n && names.len < 300; i++) {
        const struct entry *e = &zip->entry[i];
        if (e->n_name > n_suffix && memcmp(e->name + e->n_name - n_suffix, suffix, n_suffix) == 0)
            str_format(&names, "%s%s", names.len > 0 ? ", " : "",
                       shown(show, e->name, e->n_name - n_suffix));
    }
    err_set(zip->err, ERR_DATA, "'%s' has no array '%s'", str_text(&zip->s->path),
            shown(show, name, strlen(name)));
    if (names.len > 0)
        err_hint(zip->err, "It has %s.", str_text(&names));
    str_release(&names);
    return -1;
}

// What stands before the data must agree with the directory.
static int place_data(struct stream_part *part, const struct zip *zip, const struct entry *e)
{
    uint8_t local[LOCAL_SIZE];
    if (stream_read_at(zip->s, local, sizeof local, e->at, "entry", zip->err) < 0)
        return -1;
    uint64_t n_name = number(local + 26, 2), n_extra = number(local + 28, 2);
    if (memcmp(local, "PK\3\4", 4) != 0 || number(local + 8, 2) != e->method ||
        n_name != e->n_name || ((number(local + 6, 2) ^ e->flags) & 1) != 0)
        return damaged(zip, "an entry differs from the directory");
    char *name = mem_new(e->n_name);
    int status = stream_read_at(zip->s, name, e->n_name, e->at + LOCAL_SIZE, "entry", zip->err);
    if (status == 0 && memcmp(name, e->name, e->n_name) != 0)
        status = damaged(zip, "an entry differs from the directory");
    mem_free(name);
    part->at = e->at + LOCAL_SIZE + n_name + n_extra;
    if (status == 0 && (part->at > e->end || e->stored > e->end - part->at))
        status = damaged(zip, "two of its entries share bytes");
    return status;
}

static int open_entry(struct stream *s, struct zip *zip, const char *name, const char *suffix)
{
    if (read_directory(zip) < 0)
        return -1;
    size_t n = strlen(name), n_suffix = strlen(suffix);
    const struct entry *e = zip->entry, *end = zip->entry + zip->n;
    while (e < end && (e->n_name != n + n_suffix || memcmp(e->name, name, n) != 0 ||
                       memcmp(e->name + n, suffix, n_suffix) != 0))
        e++;
    if (e == end)
        return no_entry(zip, name, suffix);
    struct stream_part part = {
        .stored = e->stored, .length = e->length, .deflated = e->method == 8, .crc = &e->crc};
    if (place_data(&part, zip, e) < 0)
        return -1;
    char show[SHOWN];
    return stream_part(s, shown(show, name, n), &part, zip->err);
}

int zip_open(struct stream *s, const char *name, const char *suffix, struct err *err)
{
    if (s->gzip)
        return err_set(err, ERR_DATA, "'%s' is gzip, expected a zip file", str_text(&s->path));
    struct zip zip = {.s = s, .err = err};
    int status = open_entry(s, &zip, name, suffix);
    mem_free(zip.entry);
    mem_free(zip.bytes);
    return status;
}
