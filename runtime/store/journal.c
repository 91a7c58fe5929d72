// journal.c -- see journal.h.
#include "store/journal.h"

#include "base/mem.h"
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FRAME = 9, LINK = 32, WINDOW = 1 << 20 };

static const char magic[12] = "w2s journal\n";

static void put_u32(uint8_t *out, uint32_t x)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(x >> (8 * i));
}

static uint32_t get_u32(const uint8_t *in)
{
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

// Length and type have a check of their own (FNV-1a), over their place too: with a wrong length,
// damage in the middle would look like the end.
static uint32_t frame_check(const uint8_t *frame, uint64_t at)
{
    uint32_t hash = 2166136261u;
    for (int i = 0; i < 5; i++)
        hash = (hash ^ frame[i]) * 16777619u;
    for (int i = 0; i < 8; i++)
        hash = (hash ^ (uint8_t)(at >> (8 * i))) * 16777619u;
    return hash;
}

static struct digest link_of(const struct digest *before, const uint8_t *frame, size_t n)
{
    struct digest_state *state = digest_new();
    digest_add(state, before->bytes, sizeof before->bytes);
    digest_add(state, frame, n);
    return digest_take(state);
}

int journal_header(uint8_t header[JOURNAL_HEADER], struct err *err)
{
    memcpy(header, magic, sizeof magic);
    put_u32(header + sizeof magic, JOURNAL_FORMAT);
    if (getentropy(header + sizeof magic + 4, JOURNAL_ID) < 0)
        return err_set(err, ERR_IO, "the system gives no random bytes: %s", strerror(errno));
    return 0;
}

static int read_header(struct journal *j, struct err *err)
{
    uint8_t header[JOURNAL_HEADER];
    ssize_t got = pread(j->fd, header, sizeof header, 0);
    if (got < 0)
        return err_set(err, ERR_IO, "cannot read '%s': %s", j->name, strerror(errno));
    if (got != sizeof header || memcmp(header, magic, sizeof magic) != 0)
        return err_set(err, ERR_DATA, "'%s' is no journal of w2s", j->name);
    uint32_t format = get_u32(header + sizeof magic);
    if (format != JOURNAL_FORMAT) {
        err_set(err, ERR_DATA, "'%s' has format %u, and this w2s (%s) knows format %d", j->name,
                (unsigned)format, W2S_VERSION, JOURNAL_FORMAT);
        err_hint(err, "It was written by a newer w2s; use that one, or another store.");
        return -1;
    }
    memcpy(j->id, header + sizeof magic + 4, JOURNAL_ID);
    j->end = sizeof header;
    j->head = digest_of(header, sizeof header);
    return 0;
}

int journal_open(struct journal *j, int folder, const char *name, bool writable, struct err *err)
{
    int flags = (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK;
    *j = (struct journal){.name = name, .fd = -1};
    j->fd = openat(folder, name, flags);
    if (j->fd < 0)
        return err_set(err, errno == ENOENT ? ERR_MISSING : ERR_IO, "cannot open '%s': %s", name,
                       strerror(errno));
    struct stat st;
    int status = 0;
    if (fstat(j->fd, &st) < 0)
        status = err_set(err, ERR_IO, "cannot read '%s': %s", name, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        status = err_set(err, ERR_DATA, "'%s' is no regular file", name);
    if (status == 0)
        status = read_header(j, err);
    if (status < 0)
        journal_close(j);
    return status;
}

void journal_close(struct journal *j)
{
    if (j->fd >= 0)
        close(j->fd);
    j->fd = -1;
}

// --- reading -------------------------------------------------------------------------------------

struct window {
    const struct journal *j;
    uint64_t size; // of the file
    uint64_t from; // where `bytes` starts
    uint8_t *bytes;
    size_t n, cap;
};

// n bytes from `at`, or NULL; there are so many in the file, as it was.
static const uint8_t *look(struct window *w, uint64_t at, size_t n, struct err *err)
{
    if (at >= w->from && at + n <= w->from + w->n)
        return w->bytes + (at - w->from);
    if (n > w->cap) {
        size_t cap = n > WINDOW ? n : WINDOW;
        mem_free(w->bytes);
        w->cap = w->n = 0;
        w->bytes = mem_try(cap, 1, w->j->name, err);
        if (w->bytes == NULL)
            return NULL;
        w->cap = cap;
    }
    uint64_t left = w->size - at;
    size_t want = left < w->cap ? (size_t)left : w->cap;
    w->from = at;
    w->n = 0;
    while (w->n < want) {
        ssize_t got = pread(w->j->fd, w->bytes + w->n, want - w->n, (off_t)(at + w->n));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            err_set(err, ERR_IO, "cannot read '%s': %s", w->j->name, strerror(errno));
        else if (got == 0)
            err_set(err, ERR_IO, "'%s' became shorter while it was read", w->j->name);
        if (got <= 0)
            return NULL;
        w->n += (size_t)got;
    }
    return w->bytes;
}

static int damaged(const struct journal *j, struct err *err)
{
    err_set(err, ERR_DATA, "'%s' is damaged at byte %llu: record %llu is not what was written",
            j->name, (unsigned long long)j->end, (unsigned long long)j->n + 1);
    err_hint(err, "'w2s fsck' tells what is still sound.");
    return -1;
}

// True when only zeros follow: what a file system may leave of an append when the power fails.
static int only_zeros(bool *zeros, struct window *w, uint64_t at, struct err *err)
{
    *zeros = true;
    for (; *zeros && at < w->size; at++) {
        const uint8_t *byte = look(w, at, 1, err);
        if (byte == NULL)
            return -1;
        *zeros = *byte == 0;
    }
    return 0;
}

static int read_record(struct journal *j, struct window *w, journal_take *take, void *data,
                       struct err *err)
{
    uint64_t left = w->size - j->end;
    const uint8_t *frame = left >= FRAME + LINK ? look(w, j->end, FRAME, err) : NULL;
    if (frame == NULL)
        return left < FRAME + LINK ? (j->cut_off = true, 0) : -1;
    if (get_u32(frame + 5) != frame_check(frame, j->end)) {
        bool zeros;
        if (only_zeros(&zeros, w, j->end, err) < 0)
            return -1;
        j->cut_off = zeros;
        return zeros ? 0 : damaged(j, err);
    }
    uint64_t whole = (uint64_t)FRAME + get_u32(frame) + LINK;
    if (whole > left) {
        j->cut_off = true;
        return 0;
    }
    frame = look(w, j->end, (size_t)whole, err);
    if (frame == NULL)
        return -1;
    struct digest link = link_of(&j->head, frame, (size_t)whole - LINK);
    if (memcmp(link.bytes, frame + whole - LINK, LINK) != 0)
        return damaged(j, err);
    struct record record = {frame[4], frame + FRAME, (size_t)whole - FRAME - LINK, j->end + FRAME};
    if (take(data, &record, err) < 0)
        return -1;
    j->end += whole;
    j->head = link;
    j->n++;
    return 0;
}

int journal_read(struct journal *j, journal_take *take, void *data, struct err *err)
{
    struct stat st;
    if (fstat(j->fd, &st) < 0)
        return err_set(err, ERR_IO, "cannot read '%s': %s", j->name, strerror(errno));
    struct window w = {.j = j, .size = (uint64_t)st.st_size};
    if (w.size < j->end)
        return err_set(err, ERR_DATA, "'%s' has lost its end: %llu bytes are left of %llu", j->name,
                       (unsigned long long)w.size, (unsigned long long)j->end);
    int status = 0;
    j->cut_off = false;
    while (status == 0 && !j->cut_off && j->end < w.size)
        status = read_record(j, &w, take, data, err);
    mem_free(w.bytes);
    return status;
}

// --- appending -----------------------------------------------------------------------------------

void journal_add(struct str *batch, uint8_t type, const void *payload, size_t n)
{
    uint8_t frame[FRAME] = {0}, link[LINK] = {0};
    if (n > UINT32_MAX)
        BUG("a record of %zu bytes", n);
    put_u32(frame, (uint32_t)n);
    frame[4] = type;
    str_add_bytes(batch, frame, sizeof frame);
    str_add_bytes(batch, payload, n);
    str_add_bytes(batch, link, sizeof link);
}

size_t journal_frame(struct record *record, const struct str *batch, size_t at, uint64_t start)
{
    const uint8_t *frame = (const uint8_t *)batch->data + at;
    *record = (struct record){frame[4], frame + FRAME, get_u32(frame), start + at + FRAME};
    return FRAME + record->n + LINK;
}

int journal_bytes(uint8_t *out, const struct journal *j, uint64_t at, size_t n, struct err *err)
{
    for (size_t got = 0; got < n;) {
        ssize_t r = pread(j->fd, out + got, n - got, (off_t)(at + got));
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return err_set(err, ERR_IO, "cannot read '%s': %s", j->name, strerror(errno));
        if (r == 0)
            return err_set(err, ERR_DATA, "'%s' ends before the content it should have", j->name);
        got += (size_t)r;
    }
    return 0;
}

int journal_append(struct journal *j, struct str *batch, struct err *err)
{
    struct digest head = j->head;
    uint64_t n = 0;
    for (size_t at = 0; at < batch->len; n++) {
        uint8_t *frame = (uint8_t *)batch->data + at;
        size_t whole = (size_t)FRAME + get_u32(frame);
        put_u32(frame + 5, frame_check(frame, j->end + at));
        head = link_of(&head, frame, whole);
        memcpy(frame + whole, head.bytes, LINK);
        at += whole + LINK;
    }
    if (ftruncate(j->fd, (off_t)j->end) < 0 || lseek(j->fd, (off_t)j->end, SEEK_SET) < 0)
        return err_set(err, ERR_IO, "cannot write '%s': %s", j->name, strerror(errno));
    if (files_write(j->fd, batch->data, batch->len, j->name, err) < 0) {
        if (ftruncate(j->fd, (off_t)j->end) < 0) {
            // what was written so far stays, cut off; readers stop before it
        }
        return -1;
    }
    if (fdatasync(j->fd) < 0)
        return err_set(err, ERR_IO, "cannot sync '%s': %s", j->name, strerror(errno));
    j->end += batch->len;
    j->head = head;
    j->n += n;
    j->cut_off = false;
    return 0;
}
