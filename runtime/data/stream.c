// stream.c -- see stream.h.
#include "data/stream.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BUFFER = 64 * 1024,
    ONE_READ = 1 << 30,   // zlib counts in unsigned int, read() stops at 2 GiB
    INFLATE_RATIO = 1032, // the most a byte of deflate can become: 258 bytes from 2 bits
    GZIP_ANY_HEADER = 31, // windowBits: 15, plus 16 for the gzip header and checksum
    RAW_DEFLATE = -15,    // windowBits without any header
    GZIP_MIN = 18,        // header and trailer of a gzip member
};

static const uint8_t GZIP_MAGIC[2] = {0x1F, 0x8B};

// zlib asks for its memory here; the sizes are its own, a few tens of kilobytes.
static void *zlib_alloc(void *opaque, unsigned items, unsigned size)
{
    (void)opaque;
    return mem_new((size_t)items * size);
}

static void zlib_free(void *opaque, void *p)
{
    (void)opaque;
    mem_free(p);
}

static void start_inflate(struct stream *s, int window_bits)
{
    s->gzip = true;
    s->z.zalloc = zlib_alloc;
    s->z.zfree = zlib_free;
    if (inflateInit2(&s->z, window_bits) != Z_OK)
        BUG("zlib does not start");
    s->buffer = mem_new(BUFFER);
}

static const char *kind_of_file(mode_t mode)
{
    return S_ISDIR(mode) ? "a directory" : S_ISFIFO(mode) ? "a pipe" : "no regular file";
}

static void set_path(struct str *path, const char *folder, const char *name, const char *suffix)
{
    str_clear(path);
    bool relative =
        name[0] != '/' && folder != NULL && folder[0] != '\0' && strcmp(folder, ".") != 0;
    if (relative)
        str_format(path, "%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/");
    str_format(path, "%s%s", name, suffix);
}

// Opens s->path. A missing file is reported by *missing, not through err.
static int open_path(struct stream *s, bool *missing, struct err *err)
{
    const char *path = str_text(&s->path);
    *missing = false;
    // O_NONBLOCK: a pipe without a writer must not stop us before fstat can refuse it
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        *missing = true;
        return -1;
    }
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    s->fd = fd;
    s->open = true;

    struct stat st;
    if (fstat(fd, &st) < 0)
        return err_set(err, ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_DATA, "'%s' is %s, expected a file", path,
                       kind_of_file(st.st_mode));
    s->stored = s->left = (uint64_t)st.st_size;

    uint8_t magic[2];
    if (pread(fd, magic, sizeof magic, 0) == sizeof magic && memcmp(magic, GZIP_MAGIC, 2) == 0)
        start_inflate(s, GZIP_ANY_HEADER);
    return 0;
}

int stream_open(struct stream *s, const char *folder, const char *name, bool or_gz, struct err *err)
{
    *s = (struct stream){.fd = -1};
    bool missing;
    set_path(&s->path, folder, name, "");
    int status = open_path(s, &missing, err);
    if (missing && or_gz) {
        set_path(&s->path, folder, name, ".gz");
        status = open_path(s, &missing, err);
    }
    if (missing) {
        set_path(&s->path, folder, name, "");
        const char *path = str_text(&s->path);
        if (or_gz)
            err_set(err, ERR_MISSING, "no such file: '%s' (nor '%s.gz')", path, path);
        else
            err_set(err, ERR_MISSING, "no such file: '%s'", path);
    }
    if (status < 0)
        stream_close(s);
    return status;
}

void stream_open_memory(struct stream *s, const char *name, const void *bytes, size_t n)
{
    *s = (struct stream){.open = true, .fd = -1, .memory = bytes, .stored = n, .left = n};
    str_add(&s->path, name);
    if (n >= 2 && memcmp(bytes, GZIP_MAGIC, 2) == 0)
        start_inflate(s, GZIP_ANY_HEADER);
}

void stream_close(struct stream *s)
{
    if (s->open && s->fd >= 0)
        close(s->fd);
    if (s->gzip)
        inflateEnd(&s->z);
    mem_free(s->buffer);
    str_release(&s->path);
    *s = (struct stream){.fd = -1};
}

int stream_read_stored(struct stream *s, void *out, size_t n, size_t *got, struct err *err)
{
    *got = 0;
    if (s->fd < 0) {
        *got = s->left < n ? (size_t)s->left : n;
        if (*got > 0)
            memcpy(out, s->memory, *got);
        s->memory += *got;
        s->left -= *got;
        return 0;
    }
    if (s->part && n > s->left)
        n = (size_t)s->left;
    while (*got < n) {
        size_t want = n - *got < ONE_READ ? n - *got : ONE_READ;
        ssize_t r = read(s->fd, (uint8_t *)out + *got, want);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return err_set(err, ERR_IO, "cannot read '%s': %s", str_text(&s->path),
                           strerror(errno));
        if (r == 0)
            break;
        *got += (size_t)r;
        s->left = s->left > (uint64_t)r ? s->left - (uint64_t)r : 0;
    }
    return 0;
}

// One step of inflate into s->z.next_out. *ended: the file is over, after a whole number of
// members.
static int inflate_step(struct stream *s, bool *ended, struct err *err)
{
    const char *path = str_text(&s->path);
    if (s->z.avail_in == 0) {
        size_t got;
        if (stream_read_stored(s, s->buffer, BUFFER, &got, err) < 0)
            return -1;
        s->z.next_in = s->buffer;
        s->z.avail_in = (unsigned)got;
    }
    if (s->z.avail_in == 0 || (s->deflate && !s->in_member)) {
        *ended = true;
        if (s->deflate && s->z.avail_in > 0)
            return err_set(err, ERR_DATA, "'%s' has bytes after the end of its data", path);
        return s->in_member ? err_set(err, ERR_DATA, "'%s' ends inside its %s data", path,
                                      s->deflate ? "deflate" : "gzip")
                            : 0;
    }
    s->in_member = true;
    int rc = inflate(&s->z, Z_NO_FLUSH);
    if (rc == Z_STREAM_END) { // another member may follow, as `cat a.gz b.gz` makes them
        s->in_member = false;
        inflateReset(&s->z);
    } else if (rc != Z_OK && rc != Z_BUF_ERROR) {
        return err_set(err, ERR_DATA, "'%s' holds broken %s data (%s)", path,
                       s->deflate ? "deflate" : "gzip",
                       s->z.msg != NULL ? s->z.msg : "a preset dictionary");
    }
    return 0;
}

static int read_inflated(struct stream *s, void *out, size_t n, size_t *got, struct err *err)
{
    bool ended = false;
    *got = 0;
    while (*got < n && !ended) {
        unsigned want = (unsigned)(n - *got < ONE_READ ? n - *got : ONE_READ);
        s->z.next_out = (uint8_t *)out + *got;
        s->z.avail_out = want;
        if (inflate_step(s, &ended, err) < 0)
            return -1;
        *got += want - s->z.avail_out;
    }
    return 0;
}

static int read_some(struct stream *s, void *out, size_t n, size_t *got, struct err *err)
{
    if ((s->gzip ? read_inflated(s, out, n, got, err) : stream_read_stored(s, out, n, got, err)) <
        0)
        return -1;
    if (s->has_crc)
        s->crc = (uint32_t)crc32_z(s->crc, out, *got);
    s->rest -= *got < s->rest ? *got : s->rest;
    return 0;
}

int stream_read_at(const struct stream *s, void *out, size_t n, uint64_t at, const char *part,
                   struct err *err)
{
    uint8_t *to = out;
    for (size_t got = 0; got < n;) {
        ssize_t r =
            pread(s->fd, to + got, n - got < ONE_READ ? n - got : ONE_READ, (off_t)(at + got));
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return err_set(err, ERR_IO, "cannot read '%s': %s", str_text(&s->path),
                           strerror(errno));
        if (r == 0)
            return err_set(err, ERR_DATA, "'%s' ends inside its %s", str_text(&s->path), part);
        got += (size_t)r;
    }
    return 0;
}

int stream_part(struct stream *s, const char *name, const struct stream_part *part, struct err *err)
{
    const char *path = str_text(&s->path);
    uint64_t end;
    if (s->gzip || s->part || s->fd < 0)
        BUG("a part of '%s', which is not read as it is stored", path);
    if (__builtin_add_overflow(part->at, part->stored, &end) || end > s->stored)
        return err_set(err, ERR_DATA, "'%s' ends inside its '%s'", path, name);
    if (lseek(s->fd, (off_t)part->at, SEEK_SET) < 0)
        return err_set(err, ERR_IO, "cannot read '%s': %s", path, strerror(errno));
    str_format(&s->path, ":%s", name);
    s->part = true;
    s->stored = s->left = part->stored;
    s->rest = part->length;
    s->has_crc = part->crc != NULL;
    s->crc_wanted = part->crc != NULL ? *part->crc : 0;
    if (part->deflated) {
        start_inflate(s, RAW_DEFLATE);
        s->deflate = s->in_member = true;
    }
    return 0;
}

int stream_read(struct stream *s, void *out, size_t n, const char *part, struct err *err)
{
    size_t got;
    if (read_some(s, out, n, &got, err) < 0)
        return -1;
    if (got < n)
        return err_set(err, ERR_DATA, "'%s' ends inside its %s", str_text(&s->path), part);
    return 0;
}

// The most that can come out of the file; what was already read is not subtracted for gzip.
static uint64_t most_bytes(const struct stream *s)
{
    return s->stored < UINT64_MAX / INFLATE_RATIO ? s->stored * INFLATE_RATIO : UINT64_MAX;
}

int stream_expect(const struct stream *s, uint64_t n, struct err *err)
{
    const char *path = str_text(&s->path);
    uint64_t left = s->part ? s->rest : s->left;
    bool is_known = s->part || !s->gzip;
    if (!is_known && n > most_bytes(s))
        return err_set(err, ERR_DATA,
                       "'%s' cannot hold the %" PRIu64 " bytes its header promises: it has %" PRIu64
                       ", and gzip saves at most a factor of %d",
                       path, n, s->stored, INFLATE_RATIO);
    if (is_known && n > left)
        return err_set(err, ERR_DATA,
                       "'%s' is cut short: its header promises %" PRIu64
                       " bytes of data, found %" PRIu64,
                       path, n, left);
    if (is_known && n < left)
        return err_set(err, ERR_DATA,
                       "'%s' has %" PRIu64 " bytes after the %" PRIu64 " its header promises", path,
                       left - n, n);
    return 0;
}

int stream_end(struct stream *s, struct err *err)
{
    uint8_t byte;
    size_t got;
    if (read_some(s, &byte, 1, &got, err) < 0)
        return -1;
    if (got > 0)
        return err_set(err, ERR_DATA, "'%s' goes on after its data", str_text(&s->path));
    if (s->has_crc && s->crc != s->crc_wanted)
        return err_set(err, ERR_DATA, "'%s' is damaged: its checksum does not fit",
                       str_text(&s->path));
    return 0;
}

// The last four bytes of a gzip file: the length of its content, modulo 2^32.
static int gzip_length(uint64_t *n, struct stream *s, struct err *err)
{
    uint8_t tail[4] = {0};
    if (s->stored < GZIP_MIN)
        return err_set(err, ERR_DATA, "'%s' ends inside its gzip data", str_text(&s->path));
    if (s->fd < 0)
        memcpy(tail, s->memory + s->stored - 4, 4);
    else if (pread(s->fd, tail, 4, (off_t)(s->stored - 4)) != 4)
        return err_set(err, ERR_IO, "cannot read the end of '%s'", str_text(&s->path));
    *n = (uint32_t)tail[0] | (uint32_t)tail[1] << 8 | (uint32_t)tail[2] << 16 |
         (uint32_t)tail[3] << 24;
    return stream_expect(s, *n, err);
}

int stream_length(size_t *n, struct stream *s, struct err *err)
{
    uint64_t length = s->stored;
    if (s->gzip && gzip_length(&length, s, err) < 0)
        return -1;
    if (length > SIZE_MAX / 2)
        return err_set(err, ERR_DATA, "'%s' is too large", str_text(&s->path));
    *n = (size_t)length;
    return 0;
}
