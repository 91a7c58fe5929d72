// store.c -- see store.h: opening, the lock file, reading, and committing batches.
#include "store/store.h"

#include "base/mem.h"
#include "store/files.h"
#include "store/store_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

double store_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct uid store_new_uid(void)
{
    struct uid uid;
    if (getentropy(uid.bytes, sizeof uid.bytes) < 0) {
        struct digest d =
            digest_of(&(struct timespec){time(NULL), getpid()}, sizeof(struct timespec));
        memcpy(uid.bytes, d.bytes, sizeof uid.bytes);
    }
    return uid;
}

const char *store_path(const struct store *store)
{
    return store->path;
}

bool store_is_writable(const struct store *store)
{
    return store->writable;
}

// --- locks ---------------------------------------------------------------------------------------

int store_lock_byte(struct store *store, short how, int64_t byte, bool wait, struct err *err)
{
    struct flock lock = {.l_type = how, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    while (fcntl(store->lock_fd, wait ? F_SETLKW : F_SETLK, &lock) < 0) {
        if (errno == EINTR)
            continue;
        if (!wait && (errno == EACCES || errno == EAGAIN))
            return 0;
        return err_set(err, ERR_IO, "cannot lock '%s': %s", store->path, strerror(errno));
    }
    return 1;
}

// A byte for each key. Two keys may share one; then one of them waits a little longer.
static int64_t claim_byte(const struct digest *key)
{
    uint64_t x;
    memcpy(&x, key->bytes, sizeof x);
    return LOCK_CLAIMS + (int64_t)(x >> 2);
}

int store_claim(struct store *store, const struct digest *key, struct err *err)
{
    return store_lock_byte(store, F_WRLCK, claim_byte(key), false, err);
}

void store_unclaim(struct store *store, const struct digest *key)
{
    struct err ignored = {0};
    (void)!store_lock_byte(store, F_UNLCK, claim_byte(key), false, &ignored);
}

// --- opening -------------------------------------------------------------------------------------

// The shared memory of a write-ahead log does not work between hosts. Magic numbers of statfs(2).
static bool is_network(int folder)
{
    static const uint32_t types[] = {
        0x6969 /* nfs */,      0x517B /* smb */,        0xFF534D42 /* cifs */,
        0xFE534D42 /* smb2 */, 0x01021997 /* 9p */,     0x5346414F /* afs */,
        0x00C36400 /* ceph */, 0x0BD00BD0 /* lustre */, 0x47504653 /* gpfs */,
        0x65735546 /* fuse */,
    };
    struct statfs fs;
    if (fstatfs(folder, &fs) < 0)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if ((uint32_t)fs.f_type == types[i])
            return true;
    return false;
}

static const char elsewhere[] = "--store DIR names another one, --no-store does without.";

static int open_folder(struct store *store, const char *path, enum store_mode mode, struct err *err)
{
    if (mode == STORE_MAKE && mkdir(path, 0777) < 0 && errno != EEXIST) {
        err_set(err, ERR_IO, "cannot make the store '%s': %s", path, strerror(errno));
        err_hint(err, "%s", elsewhere);
        return -1;
    }
    store->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->folder < 0 && errno == ENOENT)
        return err_set(err, ERR_MISSING, "there is no store '%s'", path);
    if (store->folder < 0)
        return err_set(err, ERR_IO, "cannot open the store '%s': %s", path, strerror(errno));
    return 0;
}

// The lock file; whether the store can be written follows from it.
static int open_lock(struct store *store, enum store_mode mode, struct err *err)
{
    bool make = mode == STORE_MAKE;
    store->writable = true;
    store->lock_fd = openat(store->folder, "lock", O_RDWR | O_CLOEXEC | (make ? O_CREAT : 0), 0666);
    if (store->lock_fd < 0 && mode == STORE_READ && errno != ENOENT) {
        store->writable = false;
        store->lock_fd = openat(store->folder, "lock", O_RDONLY | O_CLOEXEC);
    }
    if (store->lock_fd < 0 && errno == ENOENT) {
        err_set(err, ERR_MISSING, "'%s' is no store: it has no file 'lock'", store->path);
        return -1;
    }
    if (store->lock_fd < 0) {
        err_set(err, ERR_IO, "cannot write to the store '%s': %s", store->path, strerror(errno));
        if (make)
            err_hint(err, "%s", elsewhere);
        return -1;
    }
    bool alone = mode == STORE_ALONE;
    int got = store_lock_byte(store, alone ? F_WRLCK : F_RDLCK, LOCK_USERS, !alone, err);
    if (got == 0) {
        err_set(err, ERR_IO, "the store '%s' is in use by another process", store->path);
        err_hint(err, "Try again when it has ended.");
    }
    return got == 1 ? 0 : -1;
}

static bool has_file(struct store *store, const char *name)
{
    return faccessat(store->folder, name, F_OK, 0) == 0;
}

static int make_file(struct store *store, const char *name, const void *bytes, size_t n,
                     struct err *err)
{
    char temporary[BLOB_NAME];
    const struct files_part part = {bytes, n};
    temporary_name(temporary, store);
    return files_replace(store->folder, temporary, name, &part, 1, err);
}

// The folders of a store, its journal, and a line that keeps it out of version control.
static int make_contents(struct store *store, struct err *err)
{
    static const char *const folders[] = {"tmp", "blobs", "checkpoints"};
    uint8_t header[JOURNAL_HEADER];
    for (size_t i = 0; i < ARRAY_LEN(folders); i++)
        if (files_make_folder(store->folder, folders[i], err) < 0)
            return -1;
    if (has_file(store, "journal"))
        return 0;
    if (has_file(store, "w2s.db"))
        return err_set(err, ERR_DATA, "the store '%s' has lost its journal", store->path);
    if (journal_header(header, err) < 0 || make_file(store, ".gitignore", "*\n", 2, err) < 0 ||
        make_file(store, "journal", header, sizeof header, err) < 0)
        return -1;
    return files_sync_folder(store->folder, ".", err);
}

static int take_record(void *data, const struct record *record, struct err *err)
{
    struct store *store = data;
    return index_put(&store->index, record, err);
}

int store_catch_up(struct store *store, struct err *err)
{
    if (index_begin(&store->index, err) < 0)
        return -1;
    uint64_t before = store->journal.end;
    int status = journal_read(&store->journal, take_record, store, err);
    if (status == 0 && store->journal.end != before)
        return index_commit(&store->index, &store->journal, err);
    index_rollback(&store->index);
    return status;
}

// A file that is shorter than its own header says was cut: SQLite would see it only when it comes
// to the missing pages.
static bool is_cut(struct store *store)
{
    uint8_t header[100];
    struct stat st;
    int fd = openat(store->folder, "w2s.db", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    ssize_t got = fstat(fd, &st) == 0 ? pread(fd, header, sizeof header, 0) : -1;
    close(fd);
    if (got != sizeof header)
        return got != 0; // an empty one is new
    uint64_t page = (uint64_t)header[16] << 8 | header[17];
    uint64_t pages = (uint64_t)header[28] << 24 | (uint64_t)header[29] << 16 |
                     (uint64_t)header[30] << 8 | header[31];
    page = page == 1 ? 65536 : page;
    return (uint64_t)st.st_size < page * pages;
}

static int open_index(struct store *store, bool *damaged, struct err *err)
{
    char path[INDEX_PATH];
    *damaged = false;
    if (store->in_memory)
        return index_open(&store->index, NULL, false, damaged, err);
    int n = snprintf(path, sizeof path, "%s/w2s.db", store->path);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(err, ERR_IO, "the path of the store is too long");
    if (is_cut(store)) {
        *damaged = true;
        return err_set(err, ERR_DATA, "'w2s.db' was cut off");
    }
    return index_open(&store->index, path, !is_network(store->folder), damaged, err);
}

// The index says how far it has come; an index of another journal, or of one that was longer, is
// not ours.
int store_match_index(struct store *store, bool *foreign, struct err *err)
{
    struct journal known = store->journal;
    *foreign = false;
    if (index_position(&store->index, &known, err) < 0)
        return -1;
    static const uint8_t none[JOURNAL_ID];
    if (memcmp(known.id, none, JOURNAL_ID) == 0)
        return 0;
    *foreign = memcmp(known.id, store->journal.id, JOURNAL_ID) != 0;
    if (!*foreign)
        store->journal = known;
    return 0;
}

int store_rebuild_index(struct store *store, struct err *err)
{
    bool damaged;
    index_close(&store->index);
    if (!store->in_memory) {
        unlinkat(store->folder, "w2s.db", 0);
        unlinkat(store->folder, "w2s.db-wal", 0);
        unlinkat(store->folder, "w2s.db-shm", 0);
        unlinkat(store->folder, "w2s.db-journal", 0);
    }
    journal_close(&store->journal);
    if (journal_open(&store->journal, store->folder, "journal", store->writable, err) < 0 ||
        open_index(store, &damaged, err) < 0)
        return -1;
    return store_catch_up(store, err);
}

// Alone with the store for a moment: an index can only be replaced when nobody has it open.
static int rebuild_alone(struct store *store, enum store_mode mode, struct err *err)
{
    if (store->in_memory)
        return store_rebuild_index(store, err);
    int got = mode == STORE_ALONE ? 1 : store_lock_byte(store, F_WRLCK, LOCK_USERS, false, err);
    if (got == 0)
        err_set(err, ERR_IO, "the index of the store '%s' is damaged, and another process uses it",
                store->path);
    if (got != 1)
        return -1;
    int status = store_rebuild_index(store, err);
    struct err ignored = {0};
    if (mode != STORE_ALONE && store_lock_byte(store, F_RDLCK, LOCK_USERS, false, &ignored) != 1)
        BUG("a lock cannot be weakened");
    return status;
}

static int open_journal_and_index(struct store *store, enum store_mode mode, struct err *err)
{
    bool damaged = false, foreign = false;
    store->in_memory = !store->writable;
    if (mode == STORE_MAKE && make_contents(store, err) < 0)
        return -1;
    if (journal_open(&store->journal, store->folder, "journal", store->writable, err) < 0)
        return -1;
    struct err why = {0};
    int status = open_index(store, &damaged, &why);
    if (status == 0)
        status = store_match_index(store, &foreign, &why);
    damaged |= status < 0 && why.kind == ERR_DATA;
    if (damaged || foreign)
        return rebuild_alone(store, mode, err);
    if (status < 0) {
        *err = why;
        return -1;
    }
    return store_catch_up(store, err);
}

struct store *store_open(const char *path, enum store_mode mode, struct err *err)
{
    struct store *store = mem_new(sizeof *store);
    size_t n = strlen(path) + 1;
    store->path = memcpy(mem_new(n), path, n);
    store->folder = store->lock_fd = store->journal.fd = -1;
    pthread_mutex_init(&store->writing, NULL);
    pthread_mutex_init(&store->lock, NULL);
    int status = open_folder(store, path, mode, err);
    if (status == 0)
        status = open_lock(store, mode, err);
    if (status == 0 && store->writable &&
        store_lock_byte(store, F_WRLCK, LOCK_WRITER, true, err) != 1)
        status = -1;
    if (status == 0) {
        struct err ignored = {0};
        status = open_journal_and_index(store, mode, err);
        if (store->writable && store_lock_byte(store, F_UNLCK, LOCK_WRITER, false, &ignored) != 1)
            BUG("a lock cannot be given up");
    }
    if (status == 0)
        return store;
    store_close(store);
    return NULL;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    index_close(&store->index);
    journal_close(&store->journal);
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    if (store->folder >= 0)
        close(store->folder);
    pthread_mutex_destroy(&store->lock);
    pthread_mutex_destroy(&store->writing);
    mem_free(store->path);
    mem_free(store);
}

// --- reading -------------------------------------------------------------------------------------

int store_find_step(struct step_record *out, struct store *store, const struct digest *key,
                    struct arena *arena, struct err *err)
{
    pthread_mutex_lock(&store->lock);
    int status = index_find_step(out, &store->index, key, arena, err);
    pthread_mutex_unlock(&store->lock);
    return status;
}

// Content that stands in the journal: 1 when there is some.
static int get_small(uint8_t **bytes, size_t *n, struct store *store, const struct digest *digest,
                     struct err *err)
{
    uint64_t at, size;
    struct stat st;
    pthread_mutex_lock(&store->lock);
    int status = index_find_blob(&at, &size, &store->index, digest, err);
    pthread_mutex_unlock(&store->lock);
    if (status != 1)
        return status;
    if (fstat(store->journal.fd, &st) < 0)
        return err_set(err, ERR_IO, "cannot read 'journal': %s", strerror(errno));
    if (size > (uint64_t)st.st_size || at > (uint64_t)st.st_size - size)
        return err_set(err, ERR_DATA, "'w2s.db' is damaged: it knows content beyond the journal");
    *bytes = mem_try((size_t)size, 1, "a result", err);
    if (*bytes == NULL)
        return -1;
    *n = (size_t)size;
    if (journal_bytes(*bytes, &store->journal, at, *n, err) == 0)
        return 1;
    mem_free(*bytes);
    return -1;
}

int store_get(uint8_t **bytes, size_t *n, struct store *store, const struct digest *digest,
              struct err *err)
{
    int status = get_small(bytes, n, store, digest, err);
    if (status == 0)
        status = blob_read(bytes, n, store, digest, err);
    if (status < 0)
        return -1;
    char name[BLOB_NAME];
    blob_name(name, digest);
    if (status == 0) {
        err_set(err, ERR_DATA, "'%s' is missing from the store '%s'", name, store->path);
    } else {
        struct digest found = digest_of(*bytes, *n);
        if (digest_equal(&found, digest))
            return 0;
        mem_free(*bytes);
        err_set(err, ERR_DATA,
                "'%s' in the store '%s' is damaged: its content is not what its name says", name,
                store->path);
    }
    err_hint(err, "'w2s fsck --repair' forgets what needs it; the next run makes it again.");
    return -1;
}

int store_each(struct store *store, enum record_type type, const struct uid *run, store_take *take,
               void *data, struct err *err)
{
    pthread_mutex_lock(&store->lock);
    int status = index_each(&store->index, type, run, take, data, err);
    pthread_mutex_unlock(&store->lock);
    return status;
}

struct digest store_head(struct store *store, uint64_t *records)
{
    pthread_mutex_lock(&store->writing);
    struct digest head = store->journal.head;
    if (records != NULL)
        *records = store->journal.n;
    pthread_mutex_unlock(&store->writing);
    return head;
}

int store_find_facts(uint8_t **bytes, size_t *n, struct store *store, const char *source,
                     struct err *err)
{
    pthread_mutex_lock(&store->lock);
    int status = index_find_facts(bytes, n, &store->index, source, err);
    pthread_mutex_unlock(&store->lock);
    return status;
}

int store_keep_facts(struct store *store, const char *source, const void *bytes, size_t n,
                     struct err *err)
{
    pthread_mutex_lock(&store->lock);
    int status = index_keep_facts(&store->index, source, bytes, n, err);
    pthread_mutex_unlock(&store->lock);
    return status;
}
