// fsck.c -- see fsck.h.
#include "store/fsck.h"

#include "base/mem.h"
#include "store/digest_set.h"
#include "store/files.h"
#include "store/compact.h"
#include "store/store_impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct check {
    struct checked *out;
    check_tell *tell;
    void *data;
    struct store *store;
    struct index truth; // of the whole journal, read anew
    struct journal journal;
    struct digest_set needed, damaged;
    struct arena arena;
};

static void problem(struct check *c, const char *format, ...) W2S_PRINTF(2, 3);
static void problem(struct check *c, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    c->out->problems++;
    c->tell(c->data, text);
}

// --- the journal ---------------------------------------------------------------------------------

// The same step twice is no harm, unless the results differ: then one of them is wrong.
static int compare_step(struct check *c, const struct step_record *step, struct err *err)
{
    struct step_record first;
    int found = index_find_step(&first, &c->truth, &step->key, &c->arena, err);
    if (found == 1 && !digest_equal(&first.result, &step->result)) {
        char hex[DIGEST_SHORT];
        digest_short(hex, &step->key);
        problem(c, "step %s (%s) was made twice with different results", hex, step->kind);
    }
    return found < 0 ? -1 : 0;
}

static int take_record(void *data, const struct record *record, struct err *err)
{
    struct check *c = data;
    union any_record r;
    const struct record_kind *kind = record_kind(record->type);
    if (index_put(&c->truth, record, err) < 0)
        return -1;
    if (c->arena.used > 1 << 20)
        arena_release(&c->arena);
    if (record_read(&r, kind, record->payload, record->n, &c->arena, err) < 0)
        return -1;
    c->out->records++;
    if (record->type == RECORD_blob)
        c->out->blobs++;
    if (record->type == RECORD_run) {
        c->out->runs++;
        digest_set_add(&c->needed, &r.run.source);
        digest_set_add(&c->needed, &r.run.plan);
    }
    if (record->type != RECORD_step)
        return 0;
    c->out->steps++;
    digest_set_add(&c->needed, &r.step.payload);
    return compare_step(c, &r.step, err);
}

// Reads the journal from its start. 1: it is sound, 0: it is damaged, and the problem told.
static int read_journal(struct check *c, int folder, struct err *err)
{
    struct err why = {0};
    bool damaged;
    if (index_open(&c->truth, NULL, false, &damaged, err) < 0)
        return -1;
    if (journal_open(&c->journal, folder, "journal", false, err) < 0)
        return -1;
    if (index_begin(&c->truth, err) < 0)
        return -1;
    int status = journal_read(&c->journal, take_record, c, &why);
    if (index_commit(&c->truth, &c->journal, status < 0 ? &why : err) < 0)
        return -1;
    c->out->head = c->journal.head;
    if (status == 0)
        return 1;
    if (why.kind != ERR_DATA) {
        *err = why;
        return -1;
    }
    problem(c, "%s", why.text);
    return 0;
}

// An index that knows more than the journal has is of no use.
static void drop_index(int folder)
{
    static const char *const files[] = {"w2s.db", "w2s.db-wal", "w2s.db-shm", "w2s.db-journal"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        unlinkat(folder, files[i], 0);
}

// Nobody else may have the store open; the lock goes when the file is closed.
static int lock_alone(int folder, const char *path, struct err *err)
{
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_USERS, .l_len = 1};
    int fd = openat(folder, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot write to the store '%s': %s", path, strerror(errno));
    if (fcntl(fd, F_SETLK, &lock) == 0)
        return fd;
    close(fd);
    return err_set(err, ERR_IO, "the store '%s' is in use by another process", path);
}

// Keeps what is sound; the damaged whole stays beside it.
static int cut_journal(struct check *c, int folder, struct err *err)
{
    uint8_t *bytes;
    size_t n;
    if (files_read(&bytes, &n, folder, "journal", SIZE_MAX / 2, err) < 0)
        return -1;
    const struct files_part whole = {bytes, n}, sound = {bytes, (size_t)c->journal.end};
    int status = files_replace(folder, "tmp/repair", "journal.damaged", &whole, 1, err);
    if (status == 0)
        status = files_replace(folder, "tmp/repair", "journal", &sound, 1, err);
    if (status == 0)
        status = files_sync_folder(folder, ".", err);
    mem_free(bytes);
    return status;
}

// A journal that is damaged, or shorter than the index knows. c->journal stands where it is sound
// to.
static int repair_journal(struct check *c, int folder, const char *path, bool damaged,
                          struct err *err)
{
    int lock = lock_alone(folder, path, err);
    if (lock < 0)
        return -1;
    int status = damaged ? cut_journal(c, folder, err) : 0;
    if (status == 0)
        drop_index(folder);
    close(lock);
    c->out->repaired += status == 0;
    return status;
}

// --- content -------------------------------------------------------------------------------------

static void check_needed(struct check *c)
{
    for (size_t i = 0; i < c->needed.n_slots; i++) {
        const struct digest *digest = &c->needed.slot[i];
        struct err why = {0};
        uint8_t *bytes;
        size_t n;
        if (digest_is_zero(digest))
            continue;
        if (store_get(&bytes, &n, c->store, digest, &why) == 0) {
            mem_free(bytes);
            continue;
        }
        problem(c, "%s", why.text);
        digest_set_add(&c->damaged, digest);
    }
}

static void check_file(struct check *c, int folder, const char *name)
{
    struct err why = {0};
    uint8_t *bytes;
    size_t n;
    char hex[DIGEST_HEX];
    struct digest named, found;
    bool is_digest = snprintf(hex, sizeof hex, "%.2s%s", name + 6, name + 9) == DIGEST_HEX - 1 &&
                     digest_from_hex(&named, hex);
    if (!is_digest || !digest_set_has(&c->needed, &named)) {
        c->out->strays++;
        return;
    }
    if (files_read(&bytes, &n, folder, name, SIZE_MAX / 2, &why) < 0)
        return; // told by check_needed
    found = digest_of(bytes, n);
    mem_free(bytes);
    c->out->blobs++;
    c->out->bytes += n;
    if (!digest_equal(&found, &named) && !digest_set_has(&c->damaged, &named))
        problem(c, "'%s' is damaged: its content is not what its name says", name);
}

static void check_files(struct check *c)
{
    for (unsigned i = 0; i < 256; i++) {
        char folder[16], name[BLOB_NAME * 4];
        snprintf(folder, sizeof folder, "blobs/%02x", i);
        int fd = openat(c->store->folder, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
        for (const struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;)
            if (e->d_name[0] != '.' &&
                snprintf(name, sizeof name, "%s/%s", folder, e->d_name) < (int)sizeof name)
                check_file(c, c->store->folder, name);
        if (dir != NULL)
            closedir(dir);
        else if (fd >= 0)
            close(fd);
    }
}

// --- the index -----------------------------------------------------------------------------------

static int check_index(struct check *c, bool repair, struct err *err)
{
    struct digest truth, found;
    struct err why = {0};
    bool sealed = false;
    if (index_digest(&truth, &c->truth, err) < 0)
        return -1;
    if (index_digest(&found, &c->store->index, &why) < 0 || !digest_equal(&truth, &found))
        problem(c, "'w2s.db' is not what the journal says%s%s", err_is_set(&why) ? ": " : "",
                why.text);
    else if (index_check_facts(&sealed, &c->store->index, &why) < 0 || !sealed)
        problem(c, "what 'w2s.db' remembers about data files was edited");
    else
        return 0;
    if (!repair)
        return 0;
    c->out->repaired++;
    return store_rebuild_index(c->store, err);
}

static int repair_content(struct check *c, struct err *err)
{
    struct compact how = {.damaged = &c->damaged};
    struct compacted gone;
    if (c->damaged.n == 0)
        return 0;
    for (size_t i = 0; i < c->damaged.n_slots; i++) { // so that it can be written again
        char name[BLOB_NAME];
        blob_name(name, &c->damaged.slot[i]);
        if (!digest_is_zero(&c->damaged.slot[i]))
            unlinkat(c->store->folder, name, 0);
    }
    if (store_compact(&gone, c->store, &how, err) < 0)
        return -1;
    c->out->repaired += c->damaged.n;
    return 0;
}

static bool has_file(int folder, const char *name)
{
    return faccessat(folder, name, F_OK, 0) == 0;
}

// Whether there is nothing in a folder, or no such folder.
static bool is_bare(int folder, const char *name)
{
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL)
        return fd < 0 && errno == ENOENT;
    size_t n = 0;
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n <= 2; // itself and its parent
}

// A store that was interrupted while it was made, as the next run takes it: nothing was stored in it yet. One that
// has lost its journal has an index, or content.
static bool is_begun(int folder)
{
    return has_file(folder, "lock") && !has_file(folder, "journal") && !has_file(folder, "w2s.db") &&
           is_bare(folder, "blobs");
}

static int check_store(struct check *c, const char *path, bool repair, struct err *err)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return err_set(err, errno == ENOENT ? ERR_MISSING : ERR_IO,
                       "cannot open the store '%s': %s", path, strerror(errno));
    if (is_begun(folder)) {
        close(folder);
        return 0;
    }
    int sound = read_journal(c, folder, err);
    if (sound == 0 && repair)
        sound = repair_journal(c, folder, path, true, err) < 0 ? -1 : 1;
    struct err why = {0};
    if (sound == 1)
        c->store = store_open(path, repair ? STORE_ALONE : STORE_READ, &why);
    if (sound == 1 && c->store == NULL && why.kind == ERR_DATA) {
        problem(c, "%s", why.text);
        sound = !repair ? 0 : repair_journal(c, folder, path, false, err) < 0 ? -1 : 1;
        why = (struct err){0};
        if (sound == 1)
            c->store = store_open(path, STORE_ALONE, &why);
    }
    close(folder);
    if (sound < 1)
        return sound;
    if (c->store == NULL) {
        *err = why;
        return -1;
    }
    if (check_index(c, repair, err) < 0) // first: small content is read through it
        return -1;
    check_needed(c);
    check_files(c);
    return repair ? repair_content(c, err) : 0;
}

int store_check(struct checked *out, const char *path, bool repair, check_tell *tell, void *data,
                struct err *err)
{
    struct check c = {.out = out, .tell = tell, .data = data, .journal = {.fd = -1}};
    *out = (struct checked){0};
    int status = check_store(&c, path, repair, err);
    store_close(c.store);
    if (c.truth.db != NULL)
        index_close(&c.truth);
    journal_close(&c.journal);
    digest_set_release(&c.needed);
    digest_set_release(&c.damaged);
    arena_release(&c.arena);
    return status;
}
