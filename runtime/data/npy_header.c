// npy_header.c -- see npy_header.h.
#include "data/npy_header.h"

#include "base/mem.h"
#include "data/loaders.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_HEADER = 1 << 16 };

// --- the dict ------------------------------------------------------------------------------------

struct cursor {
    const char *at, *end;
    const char *path;
    struct err *err;
};

static int malformed(const struct cursor *c, const char *expected)
{
    char show[SHOWN];
    size_t left = (size_t)(c->end - c->at);
    return err_set(c->err, ERR_DATA, "'%s' has a malformed npy header: expected %s, found '%s'",
                   c->path, expected, shown(show, c->at, left < 16 ? left : 16));
}

static void skip_space(struct cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n'))
        c->at++;
}

static bool accept(struct cursor *c, const char *text)
{
    size_t n = strlen(text);
    skip_space(c);
    if ((size_t)(c->end - c->at) < n || memcmp(c->at, text, n) != 0)
        return false;
    c->at += n;
    return true;
}

static int expect(struct cursor *c, const char *text)
{
    char quoted[24] = "'";
    return accept(c, text) ? 0 : malformed(c, strcat(strcat(quoted, text), "'"));
}

// A string of printable characters without escapes, in either kind of quote.
static int parse_string(struct cursor *c, const char **text, size_t *n)
{
    skip_space(c);
    char quote = accept(c, "'") ? '\'' : accept(c, "\"") ? '"' : '\0';
    if (quote == '\0')
        return malformed(c, "a string");
    *text = c->at;
    while (c->at < c->end && *c->at != quote && *c->at >= 0x20 && *c->at < 0x7F && *c->at != '\\')
        c->at++;
    *n = (size_t)(c->at - *text);
    if (c->at == c->end || *c->at != quote)
        return malformed(c, "the end of a string");
    c->at++;
    return 0;
}

static int parse_descr(struct npy_header *header, struct cursor *c)
{
    const char *text;
    size_t n;
    if (accept(c, "["))
        return err_set(c->err, ERR_UNSUPPORTED,
                       "'%s' is a structured array, expected one number an element", c->path);
    if (parse_string(c, &text, &n) < 0)
        return -1;
    header->type = element_of_npy(text, n);
    if (header->type != NULL)
        return 0;
    char show[SHOWN];
    err_set(c->err, ERR_UNSUPPORTED,
            "'%s' holds elements of type '%s', expected f2, f4, f8, b1, u1..u8 or i1..i8 "
            "in little-endian order",
            c->path, shown(show, text, n));
    err_hint(c->err, "Save it with x.astype(np.float32), or labels with y.astype(np.int64).");
    return -1;
}

static int parse_order(struct npy_header *header, struct cursor *c)
{
    (void)header;
    if (accept(c, "False"))
        return 0;
    if (!accept(c, "True"))
        return malformed(c, "True or False");
    err_set(c->err, ERR_DATA, "'%s' is in Fortran order (column after column), expected C order",
            c->path);
    err_hint(c->err, "Save it with np.save(path, np.ascontiguousarray(x)).");
    return -1;
}

static int parse_size(uint64_t *size, struct cursor *c)
{
    skip_space(c);
    const char *start = c->at;
    *size = 0;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
        if (__builtin_mul_overflow(*size, (uint64_t)10, size) ||
            __builtin_add_overflow(*size, (uint64_t)(*c->at - '0'), size))
            return err_set(c->err, ERR_DATA, "'%s' claims a size beyond 64 bits", c->path);
    return c->at > start ? 0 : malformed(c, "a size");
}

// (), (5,), (5, 3), (5, 3, 2): a comma ends each size, and may be left out after the last of
// several.
static int parse_shape(struct npy_header *header, struct cursor *c)
{
    if (expect(c, "(") < 0)
        return -1;
    bool comma = true;
    while (!accept(c, ")")) {
        if (!comma)
            return malformed(c, "',' or ')'");
        if (header->rank == NPY_MAX_RANK)
            return err_set(c->err, ERR_UNSUPPORTED, "'%s' has more than %d dimensions", c->path,
                           NPY_MAX_RANK);
        if (parse_size(&header->size[header->rank], c) < 0)
            return -1;
        header->rank++;
        comma = accept(c, ",");
    }
    if (header->rank == 1 && !comma)
        return malformed(c, "',' after the only size");
    if (header->rank == 0)
        return err_set(c->err, ERR_DATA, "'%s' holds a single number, expected an array", c->path);
    return 0;
}

static const struct key {
    const char *name;
    int (*parse)(struct npy_header *header, struct cursor *c);
} KEYS[] = {
    {"descr", parse_descr},
    {"fortran_order", parse_order},
    {"shape", parse_shape},
};

static int parse_item(struct npy_header *header, bool seen[static ARRAY_LEN(KEYS)],
                      struct cursor *c)
{
    const char *name;
    char show[SHOWN];
    size_t n;
    if (parse_string(c, &name, &n) < 0 || expect(c, ":") < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(KEYS); i++) {
        if (n != strlen(KEYS[i].name) || memcmp(name, KEYS[i].name, n) != 0)
            continue;
        if (seen[i])
            return err_set(c->err, ERR_DATA, "'%s' has a malformed npy header: '%s' is there twice",
                           c->path, KEYS[i].name);
        seen[i] = true;
        return KEYS[i].parse(header, c);
    }
    return err_set(c->err, ERR_DATA, "'%s' has a malformed npy header: unknown key '%s'", c->path,
                   shown(show, name, n));
}

int npy_header_parse(struct npy_header *header, const char *text, size_t n, const char *path,
                     struct err *err)
{
    struct cursor c = {.at = text, .end = text + n, .path = path, .err = err};
    bool seen[ARRAY_LEN(KEYS)] = {false};
    *header = (struct npy_header){.total = 1};
    if (expect(&c, "{") < 0)
        return -1;
    bool comma = true;
    while (!accept(&c, "}")) {
        if (!comma)
            return malformed(&c, "',' or '}'");
        if (parse_item(header, seen, &c) < 0)
            return -1;
        comma = accept(&c, ",");
    }
    skip_space(&c);
    if (c.at < c.end)
        return malformed(&c, "the end");
    for (size_t i = 0; i < ARRAY_LEN(KEYS); i++)
        if (!seen[i])
            return err_set(err, ERR_DATA, "'%s' has a malformed npy header: '%s' is missing", path,
                           KEYS[i].name);
    for (unsigned i = 0; i < header->rank; i++)
        if (__builtin_mul_overflow(header->total, header->size[i], &header->total))
            return err_set(err, ERR_DATA, "'%s' claims sizes whose product overflows", path);
    return 0;
}

// --- the file ------------------------------------------------------------------------------------

static int read_length(size_t *length, struct stream *s, struct err *err)
{
    static const uint8_t magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
    const char *path = str_text(&s->path);
    uint8_t bytes[8], size[4];
    if (stream_read(s, bytes, sizeof bytes, "header", err) < 0)
        return -1;
    if (memcmp(bytes, magic, sizeof magic) != 0) {
        err_set(err, ERR_DATA, "'%s' is no npy file: it does not start with \\x93NUMPY", path);
        err_hint(err, "np.save(path, x) writes one.");
        return -1;
    }
    unsigned major = bytes[6], minor = bytes[7];
    if (major < 1 || major > 3 || minor != 0)
        return err_set(err, ERR_UNSUPPORTED, "'%s' has npy format %u.%u, expected 1.0, 2.0 or 3.0",
                       path, major, minor);
    unsigned wide = major == 1 ? 2 : 4;
    if (stream_read(s, size, wide, "header", err) < 0)
        return -1;
    *length = (size_t)element_little_endian(size, wide);
    if (*length > MAX_HEADER)
        return err_set(err, ERR_DATA, "'%s' has an npy header of %zu bytes, more than %d", path,
                       *length, MAX_HEADER);
    return 0;
}

int npy_header_read(struct npy_header *header, struct stream *s, struct err *err)
{
    const char *path = str_text(&s->path);
    size_t length = 0;
    if (read_length(&length, s, err) < 0)
        return -1;
    char *text = mem_new(length);
    int status = stream_read(s, text, length, "header", err);
    if (status == 0)
        status = npy_header_parse(header, text, length, path, err);
    mem_free(text);
    if (status < 0)
        return -1;
    uint64_t bytes;
    if (__builtin_mul_overflow(header->total, header->type->size, &bytes))
        return err_set(err, ERR_DATA, "'%s' claims sizes whose product overflows", path);
    return stream_expect(s, bytes, err);
}
