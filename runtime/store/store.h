// store.h -- what runs leave behind: every result once, found by the key of the step that made it.
//
// A store is a folder:
//   journal           the truth: records of steps, runs and numbers, in a chain of digests
//                     (journal.h)
//   blobs/ab/cdef...  content, named by its SHA-256; what is small stands in the journal instead
//   w2s.db            an index of the journal (index.h); it may be deleted at any time
//   checkpoints/KEY   the state of trainings that were interrupted
//   tmp/              files being written
//   lock              nothing in it: its bytes are locked by the kernel, never by being there
// Content is written to tmp/, synced, renamed, its folder synced, and only then named by a record;
// a batch of records is durable when store_commit returns. So a process may be killed at any
// instant: what was reported is there, and what was not is made again.
//
// Any number of processes may use a store. store_claim keeps two of them from making the same step;
// a claim ends with its process. A store that cannot be written (its file system is read-only) is
// opened for reading all the same: its index is then built in memory.
//
// All functions may be called from any thread. Every byte read is checked against its digest.
#ifndef W2S_STORE_H
#define W2S_STORE_H

#include "store/records.h"

struct store;

enum store_mode {
    STORE_MAKE,  // for running: makes the folder when it is not there; must be writable
    STORE_READ,  // must be there; writable or not
    STORE_ALONE, // must be there, writable, and used by nobody else: gc, repairs
};

// NULL after a failure. A missing store is ERR_MISSING.
struct store *store_open(const char *path, enum store_mode mode, struct err *err);
void store_close(struct store *store); // NULL is fine
const char *store_path(const struct store *store);
bool store_is_writable(const struct store *store);
const char *store_sqlite_version(void);

// --- writing -------------------------------------------------------------------------------------

// Records and content on their way; { 0 } is empty.
struct store_batch {
    struct str frames;
    bool folder[256]; // of blobs/, to be synced
};

void batch_release(struct store_batch *batch);
void batch_add(struct store_batch *batch, enum record_type type, const void *record);

// Small content goes into the batch, larger into a file at once. The digest is the content's name.
enum { STORE_SMALL = 16 * 1024 };
W2S_MUST_CHECK int batch_put(struct digest *digest, struct store *store, struct store_batch *batch,
                             const void *bytes, size_t n, struct err *err);

// All of the batch is durable on success, and the batch empty. After a failed write or sync the
// store takes nothing more from this process.
W2S_MUST_CHECK int store_commit(struct store *store, struct store_batch *batch, struct err *err);

// The same with runs, which get their numbers.
W2S_MUST_CHECK int store_start_runs(struct store *store, struct store_batch *batch,
                                    struct run_record *runs, size_t n, struct err *err);

// --- reading -------------------------------------------------------------------------------------

// 1: found, 0: not there, -1: failed. The texts of the record last as long as the arena.
W2S_MUST_CHECK int store_find_step(struct step_record *out, struct store *store,
                                   const struct digest *key, struct arena *arena, struct err *err);
// The content, from mem_try. Missing or damaged content is ERR_DATA, and the message says where.
W2S_MUST_CHECK int store_get(uint8_t **bytes, size_t *n, struct store *store,
                             const struct digest *digest, struct err *err);

typedef int store_take(void *data, const union any_record *record, struct err *err);
// Records of a kind in order, those of one run unless `run` is NULL. `take` must not call the
// store.
W2S_MUST_CHECK int store_each(struct store *store, enum record_type type, const struct uid *run,
                              store_take *take, void *data, struct err *err);

// The chain: digest of the whole history and the number of records.
struct digest store_head(struct store *store, uint64_t *records);

// --- claims: who makes a step ----------------------------------------------------------------------
// 1: ours until store_unclaim or the end of the process, 0: another process has it, -1: failed.
W2S_MUST_CHECK int store_claim(struct store *store, const struct digest *key, struct err *err);
void store_unclaim(struct store *store, const struct digest *key);

// --- checkpoints -----------------------------------------------------------------------------------
// The state of a step that goes on: replaces the one before it. Only the holder of the claim saves.
struct files_part;
W2S_MUST_CHECK int store_save_checkpoint(struct store *store, const struct digest *key,
                                         const struct files_part *parts, size_t n, struct err *err);
// 1: found, 0: there is none, or it is not whole. From mem_try.
W2S_MUST_CHECK int store_load_checkpoint(uint8_t **bytes, size_t *n, struct store *store,
                                         const struct digest *key, struct err *err);
void store_drop_checkpoint(struct store *store, const struct digest *key);

// --- facts ---------------------------------------------------------------------------------------
// What was found out about a source (its digest, its shape), so that files need not be read again;
// the bytes say for which files this holds. Not results: in the index only.
W2S_MUST_CHECK int store_find_facts(uint8_t **bytes, size_t *n, struct store *store,
                                    const char *source, struct err *err);
W2S_MUST_CHECK int store_keep_facts(struct store *store, const char *source, const void *bytes,
                                    size_t n, struct err *err);

double store_clock(void); // seconds since 1970; for people only, since clocks go backwards
struct uid store_new_uid(void);

#endif
