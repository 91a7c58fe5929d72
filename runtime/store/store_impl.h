// store_impl.h -- the inside of a store, for the files of this folder.
#ifndef W2S_STORE_IMPL_H
#define W2S_STORE_IMPL_H

#include "store/index.h"
#include "store/journal.h"
#include "store/store.h"

#include <pthread.h>

struct store {
    char *path;
    int folder;  // open
    int lock_fd; // never closed before the end: closing would give up every lock of the process
    bool writable, failed;
    bool in_memory; // the index
    pthread_mutex_t
        writing; // of the journal; taken before `lock`, so that a sync keeps no reader waiting
    pthread_mutex_t lock; // of the index and of what follows
    struct journal journal;
    struct index index;
    uint64_t n_temporary; // names given so far
};

// Ranges of bytes of the lock file.
enum { LOCK_USERS = 0, LOCK_WRITER = 1, LOCK_CLAIMS = 1 << 20 };

// Takes (F_RDLCK, F_WRLCK) or gives up (F_UNLCK) the lock on a byte. 1: done, 0: another process
// has it and `wait` is false.
W2S_MUST_CHECK int store_lock_byte(struct store *store, short how, int64_t byte, bool wait,
                                   struct err *err);

enum { BLOB_NAME = 80 };
void blob_name(char name[BLOB_NAME], const struct digest *digest);
// 1: there, 0: no such file, -1: failed or damaged.
W2S_MUST_CHECK int blob_read(uint8_t **bytes, size_t *n, struct store *store,
                             const struct digest *digest, struct err *err);
W2S_MUST_CHECK int blob_write(struct store *store, const struct digest *digest, const void *bytes,
                              size_t n, struct err *err);
void temporary_name(char name[BLOB_NAME], struct store *store); // caller holds the lock

// Takes the position in the journal from the index. *foreign: it is an index of another journal.
W2S_MUST_CHECK int store_match_index(struct store *store, bool *foreign, struct err *err);
// Brings the index up to the journal; the caller holds the locks and, where the store is
// writable, LOCK_WRITER.
W2S_MUST_CHECK int store_catch_up(struct store *store, struct err *err);
// Throws the index away and makes it again. Nobody else may use the store.
W2S_MUST_CHECK int store_rebuild_index(struct store *store, struct err *err);

#endif
