// blob.c -- content in files named by its digest, and the checkpoints of trainings.
#include "base/mem.h"
#include "store/files.h"
#include "store/store_impl.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void blob_name(char name[BLOB_NAME], const struct digest *digest)
{
    char hex[DIGEST_HEX];
    digest_hex(hex, digest);
    snprintf(name, BLOB_NAME, "blobs/%.2s/%s", hex, hex + 2);
}

// Unique among processes that live, and over the threads of this one.
void temporary_name(char name[BLOB_NAME], struct store *store)
{
    snprintf(name, BLOB_NAME, "tmp/%ld-%llu", (long)getpid(),
             (unsigned long long)store->n_temporary++);
}

static void next_temporary(char name[BLOB_NAME], struct store *store)
{
    pthread_mutex_lock(&store->lock);
    temporary_name(name, store);
    pthread_mutex_unlock(&store->lock);
}

int blob_read(uint8_t **bytes, size_t *n, struct store *store, const struct digest *digest,
              struct err *err)
{
    char name[BLOB_NAME];
    struct err why = {0};
    blob_name(name, digest);
    if (files_read(bytes, n, store->folder, name, SIZE_MAX / 2, &why) == 0)
        return 1;
    if (why.kind == ERR_MISSING)
        return 0;
    if (!err_is_set(err))
        *err = why;
    return -1;
}

// A file of that name and size is taken for the content: it was written by us, whole, or not named.
static bool is_there(struct store *store, const char *name, size_t n)
{
    struct stat st;
    return fstatat(store->folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           (uint64_t)st.st_size == n;
}

int blob_write(struct store *store, const struct digest *digest, const void *bytes, size_t n,
               struct err *err)
{
    char name[BLOB_NAME], folder[BLOB_NAME], temporary[BLOB_NAME];
    blob_name(name, digest);
    if (is_there(store, name, n))
        return 0;
    memcpy(folder, name, 8);
    folder[8] = '\0'; // blobs/ab
    next_temporary(temporary, store);
    int made = files_make_folder(store->folder, folder, err);
    if (made < 0 || (made > 0 && files_sync_folder(store->folder, "blobs", err) < 0))
        return -1;
    const struct files_part part = {bytes, n};
    return files_replace(store->folder, temporary, name, &part, 1, err);
}

// --- checkpoints ---------------------------------------------------------------------------------

static void checkpoint_name(char name[BLOB_NAME], const struct digest *key)
{
    char hex[DIGEST_HEX];
    digest_hex(hex, key);
    snprintf(name, BLOB_NAME, "checkpoints/%s", hex);
}

// The parts, and a digest over key and parts.
int store_save_checkpoint(struct store *store, const struct digest *key,
                          const struct files_part *parts, size_t n, struct err *err)
{
    char name[BLOB_NAME], temporary[BLOB_NAME];
    struct files_part *all = mem_new((n + 1) * sizeof *all);
    struct digest_state *state = digest_new();
    digest_add(state, key->bytes, sizeof key->bytes);
    for (size_t i = 0; i < n; i++) {
        all[i] = parts[i];
        digest_add(state, parts[i].bytes, parts[i].n);
    }
    struct digest digest = digest_take(state);
    all[n] = (struct files_part){digest.bytes, sizeof digest.bytes};
    checkpoint_name(name, key);
    next_temporary(temporary, store);
    int status = files_replace(store->folder, temporary, name, all, n + 1, err);
    if (status == 0)
        status = files_sync_folder(store->folder, "checkpoints", err);
    mem_free(all);
    return status;
}

int store_load_checkpoint(uint8_t **bytes, size_t *n, struct store *store, const struct digest *key,
                          struct err *err)
{
    char name[BLOB_NAME];
    struct err why = {0};
    checkpoint_name(name, key);
    if (files_read(bytes, n, store->folder, name, SIZE_MAX / 2, &why) < 0) {
        if (why.kind != ERR_MISSING && !err_is_set(err))
            *err = why;
        return why.kind == ERR_MISSING ? 0 : -1;
    }
    struct digest found = {{0}};
    if (*n >= sizeof found.bytes) {
        *n -= sizeof found.bytes;
        struct digest_state *state = digest_new();
        digest_add(state, key->bytes, sizeof key->bytes);
        digest_add(state, *bytes, *n);
        found = digest_take(state);
        if (memcmp(found.bytes, *bytes + *n, sizeof found.bytes) == 0)
            return 1;
    }
    mem_free(*bytes);
    *bytes = NULL;
    return 0; // not whole: the training starts again
}

void store_drop_checkpoint(struct store *store, const struct digest *key)
{
    char name[BLOB_NAME];
    checkpoint_name(name, key);
    unlinkat(store->folder, name, 0);
}
