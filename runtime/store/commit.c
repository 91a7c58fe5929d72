// commit.c -- see store.h: records and content on their way, and the commit that makes them
// durable.
#include "base/mem.h"
#include "store/files.h"
#include "store/store_impl.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void batch_release(struct store_batch *batch)
{
    str_release(&batch->frames);
    *batch = (struct store_batch){0};
}

void batch_add(struct store_batch *batch, enum record_type type, const void *record)
{
    struct str payload = {0};
    record_write(&payload, record_kind(type), record);
    journal_add(&batch->frames, (uint8_t)type, payload.data, payload.len);
    str_release(&payload);
}

int batch_put(struct digest *digest, struct store *store, struct store_batch *batch,
              const void *bytes, size_t n, struct err *err)
{
    *digest = digest_of(bytes, n);
    if (n <= STORE_SMALL) {
        struct blob_record record = {.bytes = {bytes, n}};
        batch_add(batch, RECORD_blob, &record);
        return 0;
    }
    if (blob_write(store, digest, bytes, n, err) < 0) {
        store->failed = true;
        return -1;
    }
    batch->folder[digest->bytes[0]] = true;
    return 0;
}

// The names of new blobs are durable before anything refers to them.
static int sync_folders(struct store *store, const struct store_batch *batch, struct err *err)
{
    for (unsigned i = 0; i < ARRAY_LEN(batch->folder); i++) {
        char name[16] = {0};
        static const char hex[] = "0123456789abcdef";
        if (!batch->folder[i])
            continue;
        memcpy(name, "blobs/", 6);
        name[6] = hex[i >> 4];
        name[7] = hex[i & 15];
        if (files_sync_folder(store->folder, name, err) < 0)
            return -1;
    }
    return 0;
}

static int put_frames(struct store *store, const struct str *frames, uint64_t start,
                      struct err *err)
{
    for (size_t at = 0; at < frames->len;) {
        struct record record;
        at += journal_frame(&record, frames, at, start);
        if (index_put(&store->index, &record, err) < 0)
            return -1;
    }
    return 0;
}

static int put_batch(struct store *store, const struct store_batch *batch, struct err *err)
{
    if (index_begin(&store->index, err) < 0)
        return -1;
    int status = put_frames(store, &batch->frames, store->journal.end - batch->frames.len, err);
    if (status == 0)
        status = index_commit(&store->index, &store->journal, err);
    if (status < 0)
        index_rollback(&store->index);
    return status;
}

// With the writer's lock: knows what other processes have appended since.
static int refresh(struct store *store, struct err *err)
{
    bool foreign;
    if (store_match_index(store, &foreign, err) < 0)
        return -1;
    if (foreign)
        return err_set(err, ERR_DATA, "the journal of '%s' was replaced by another", store->path);
    return store_catch_up(store, err);
}

// First the journal, then the index; if that fails, whoever opens the store next brings it up to
// date.
static int append(struct store *store, struct store_batch *batch, struct run_record *runs, size_t n,
                  struct err *err)
{
    pthread_mutex_lock(&store->lock);
    uint64_t number = 0;
    int status = refresh(store, err);
    if (status == 0 && n > 0)
        status = index_next_run(&number, &store->index, err);
    pthread_mutex_unlock(&store->lock);
    for (size_t i = 0; status == 0 && i < n; i++) {
        runs[i].number = number + i;
        batch_add(batch, RECORD_run, &runs[i]);
    }
    if (status == 0)
        status = journal_append(&store->journal, &batch->frames, err);
    if (status < 0)
        return -1;
    pthread_mutex_lock(&store->lock);
    status = put_batch(store, batch, err);
    pthread_mutex_unlock(&store->lock);
    return status;
}

static int commit_alone(struct store *store, struct store_batch *batch, struct run_record *runs,
                        size_t n, struct err *err)
{
    if (store->failed)
        return err_set(err, ERR_IO, "the store '%s' failed before", store->path);
    if (sync_folders(store, batch, err) < 0)
        return -1;
    if (store_lock_byte(store, F_WRLCK, LOCK_WRITER, true, err) != 1)
        return -1;
    int status = append(store, batch, runs, n, err);
    struct err ignored = {0};
    if (store_lock_byte(store, F_UNLCK, LOCK_WRITER, false, &ignored) != 1)
        BUG("a lock cannot be given up");
    return status;
}

static int commit(struct store *store, struct store_batch *batch, struct run_record *runs, size_t n,
                  struct err *err)
{
    if (!store->writable)
        return err_set(err, ERR_IO, "the store '%s' cannot be written", store->path);
    pthread_mutex_lock(&store->writing);
    int status = commit_alone(store, batch, runs, n, err);
    if (status < 0)
        store->failed = true;
    pthread_mutex_unlock(&store->writing);
    if (status == 0) {
        str_clear(&batch->frames);
        memset(batch->folder, 0, sizeof batch->folder);
    }
    return status;
}

int store_commit(struct store *store, struct store_batch *batch, struct err *err)
{
    return batch->frames.len == 0 ? 0 : commit(store, batch, NULL, 0, err);
}

int store_start_runs(struct store *store, struct store_batch *batch, struct run_record *runs,
                     size_t n, struct err *err)
{
    return commit(store, batch, runs, n, err);
}
