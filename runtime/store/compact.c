// compact.c -- see compact.h.
#include "store/compact.h"

#include "base/mem.h"
#include "store/files.h"
#include "store/store_impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 1 << 20 };

struct copying {
    const struct compact *how;
    struct digest_set blobs; // content that what stays refers to
    struct journal to;
    struct str batch;
    struct compacted *out;
    struct arena arena;
};

static bool is_dropped(const struct copying *c, const struct uid *run)
{
    for (size_t i = 0; i < c->how->n_dropped; i++)
        if (memcmp(&c->how->dropped[i], run, sizeof *run) == 0)
            return true;
    return false;
}

static const struct uid *run_of(const union any_record *r, enum record_type type)
{
    switch (type) {
    case RECORD_run:
        return &r->run.uid;
    case RECORD_provenance:
        return &r->provenance.run;
    case RECORD_cell:
        return &r->cell.run;
    case RECORD_metric:
        return &r->metric.run;
    case RECORD_claim:
        return &r->claim.run;
    case RECORD_end:
        return &r->end.run;
    default:
        return NULL; // belongs to none
    }
}

static bool is_kept(const struct copying *c, const union any_record *r, enum record_type type)
{
    const struct uid *run = run_of(r, type);
    if (run != NULL)
        return !is_dropped(c, run);
    if (type == RECORD_step)
        return (c->how->steps == NULL || digest_set_has(c->how->steps, &r->step.key)) &&
               (c->how->damaged == NULL || !digest_set_has(c->how->damaged, &r->step.payload));
    if (type != RECORD_blob)
        return true;
    struct digest digest = digest_of(r->blob.bytes.at, r->blob.bytes.n);
    return digest_set_has(&c->blobs, &digest);
}

static int parse(union any_record *out, struct copying *c, const struct record *record,
                 struct err *err)
{
    const struct record_kind *kind = record_kind(record->type);
    if (kind == NULL)
        return err_set(err, ERR_DATA, "a record of type %u, which w2s %s does not know",
                       record->type, W2S_VERSION);
    if (c->arena.used > PIECE)
        arena_release(&c->arena);
    return record_read(out, kind, record->payload, record->n, &c->arena, err);
}

static int note_blobs(void *data, const struct record *record, struct err *err)
{
    struct copying *c = data;
    union any_record r;
    if (record->type == RECORD_blob)
        return 0;
    if (parse(&r, c, record, err) < 0)
        return -1;
    if (!is_kept(c, &r, record->type))
        return 0;
    if (record->type == RECORD_step)
        digest_set_add(&c->blobs, &r.step.payload);
    if (record->type == RECORD_run) {
        digest_set_add(&c->blobs, &r.run.source);
        digest_set_add(&c->blobs, &r.run.plan);
    }
    return 0;
}

static int flush(struct copying *c, struct err *err)
{
    if (c->batch.len == 0)
        return 0;
    int status = journal_append(&c->to, &c->batch, err);
    str_clear(&c->batch);
    return status;
}

static int copy_record(void *data, const struct record *record, struct err *err)
{
    struct copying *c = data;
    union any_record r;
    if (parse(&r, c, record, err) < 0)
        return -1;
    if (!is_kept(c, &r, record->type)) {
        c->out->records++;
        c->out->steps += record->type == RECORD_step;
        c->out->blobs += record->type == RECORD_blob;
        return 0;
    }
    journal_add(&c->batch, record->type, record->payload, record->n);
    return c->batch.len > PIECE ? flush(c, err) : 0;
}

static int walk(struct store *store, journal_take *take, struct copying *c, struct err *err)
{
    struct journal from;
    if (journal_open(&from, store->folder, "journal", false, err) < 0)
        return -1;
    int status = journal_read(&from, take, c, err);
    journal_close(&from);
    return status;
}

static int write_journal(struct store *store, struct copying *c, struct err *err)
{
    uint8_t header[JOURNAL_HEADER];
    const struct files_part part = {header, sizeof header};
    if (journal_header(header, err) < 0 ||
        files_replace(store->folder, "tmp/journal", "journal.new", &part, 1, err) < 0 ||
        journal_open(&c->to, store->folder, "journal.new", true, err) < 0)
        return -1;
    struct lineage_record lineage = {.head = store->journal.head, .records = store->journal.n};
    struct str payload = {0};
    record_write(&payload, record_kind(RECORD_lineage), &lineage);
    journal_add(&c->batch, RECORD_lineage, payload.data, payload.len);
    str_release(&payload);
    int status = walk(store, copy_record, c, err);
    if (status == 0)
        status = flush(c, err);
    journal_close(&c->to);
    if (status == 0 && renameat(store->folder, "journal.new", store->folder, "journal") < 0)
        status = err_set(err, ERR_IO, "cannot name the new journal: %s", strerror(errno));
    if (status == 0)
        return files_sync_folder(store->folder, ".", err);
    unlinkat(store->folder, "journal.new", 0);
    return -1;
}

// --- files ---------------------------------------------------------------------------------------

static bool names_digest(struct digest *digest, const char *folder, const char *name)
{
    char hex[DIGEST_HEX];
    size_t n = strlen(folder);
    if (n + strlen(name) != DIGEST_HEX - 1)
        return false;
    memcpy(hex, folder, n);
    memcpy(hex + n, name, DIGEST_HEX - n);
    return digest_from_hex(digest, hex);
}

// Files of a folder that `keep` does not hold, or all of them.
static int clean_folder(struct store *store, const char *folder, const char *prefix,
                        const struct digest_set *keep, struct compacted *out, struct err *err)
{
    int fd = openat(store->folder, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return errno == ENOENT || errno == ENOTDIR
                   ? 0
                   : err_set(err, ERR_IO, "cannot read '%s': %s", folder, strerror(errno));
    }
    for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
        struct digest digest;
        struct stat st;
        if (e->d_name[0] == '.')
            continue;
        if (keep != NULL && names_digest(&digest, prefix, e->d_name) &&
            digest_set_has(keep, &digest))
            continue;
        if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
            unlinkat(fd, e->d_name, 0) == 0) {
            out->files++;
            out->bytes += (uint64_t)st.st_size;
        }
    }
    closedir(dir);
    return 0;
}

static int clean_files(struct store *store, const struct copying *c, struct err *err)
{
    for (unsigned i = 0; i < 256; i++) {
        char folder[16], prefix[4];
        snprintf(folder, sizeof folder, "blobs/%02x", i);
        snprintf(prefix, sizeof prefix, "%02x", i);
        if (clean_folder(store, folder, prefix, &c->blobs, c->out, err) < 0)
            return -1;
    }
    if (c->how->steps != NULL &&
        clean_folder(store, "checkpoints", "", c->how->steps, c->out, err) < 0)
        return -1;
    return clean_folder(store, "tmp", "", NULL, c->out, err);
}

int store_compact(struct compacted *out, struct store *store, const struct compact *how,
                  struct err *err)
{
    struct copying c = {.how = how, .out = out, .to = {.fd = -1}};
    *out = (struct compacted){0};
    int status = walk(store, note_blobs, &c, err);
    if (status == 0)
        status = write_journal(store, &c, err);
    if (status == 0)
        status = store_rebuild_index(store, err);
    if (status == 0)
        status = clean_files(store, &c, err);
    digest_set_release(&c.blobs);
    str_release(&c.batch);
    arena_release(&c.arena);
    return status;
}
