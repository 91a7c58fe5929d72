// index.h -- the records of a journal in SQLite, where they can be found quickly; the only user of
// SQLite.
//
// Everything here but the facts can be made again from the journal. The index knows how much of
// which journal it holds, so one that is behind is brought up to date, and one that belongs to
// another journal, or is damaged, is made anew. Not thread-safe: the store has a lock around it.
#ifndef W2S_INDEX_H
#define W2S_INDEX_H

#include "store/journal.h"
#include "store/records.h"

enum { INDEX_PATH = 4096 };

struct index {
    struct sqlite3 *db;
    const char *name;                                // for messages; borrowed
    struct sqlite3_stmt *insert[RECORD_MOST_FIELDS]; // by type of record
    struct sqlite3_stmt *find_step, *find_blob;
    struct arena scratch;
};

// Opens or makes the database at `path`; NULL: one in memory. `shared_memory` is false where a
// write-ahead log would not work (network file systems). *damaged: it is there and cannot be used.
W2S_MUST_CHECK int index_open(struct index *x, const char *path, bool shared_memory, bool *damaged,
                              struct err *err);
void index_close(struct index *x);

// What the index holds of the journal goes into j->id, end, n and head; id is zero when it is new.
W2S_MUST_CHECK int index_position(struct index *x, struct journal *j, struct err *err);

W2S_MUST_CHECK int index_begin(struct index *x, struct err *err);
W2S_MUST_CHECK int index_put(struct index *x, const struct record *record, struct err *err);
// With the position of the journal after the records that were put.
W2S_MUST_CHECK int index_commit(struct index *x, const struct journal *j, struct err *err);
void index_rollback(struct index *x);

// 1: found, 0: not there, -1: failed. Texts last until the arena is released.
W2S_MUST_CHECK int index_find_step(struct step_record *out, struct index *x,
                                   const struct digest *key, struct arena *arena, struct err *err);
// Where in the journal small content stands.
W2S_MUST_CHECK int index_find_blob(uint64_t *at, uint64_t *n, struct index *x,
                                   const struct digest *digest, struct err *err);

// One more than the highest number of a run.
W2S_MUST_CHECK int index_next_run(uint64_t *number, struct index *x, struct err *err);

// Calls `take` for the records of a kind, those of `run` unless it is NULL, in the order of their
// keys.
typedef int index_take(void *data, const union any_record *record, struct err *err);
W2S_MUST_CHECK int index_each(struct index *x, enum record_type type, const struct uid *run,
                              index_take *take, void *data, struct err *err);

// One digest over all rows but facts: two indexes of one journal have the same.
W2S_MUST_CHECK int index_digest(struct digest *out, struct index *x, struct err *err);

// What is known about sources, by their call: see facts in store.h. Each is sealed by a digest; one
// that was edited since is as if it were not there, and index_check_facts tells of it.
W2S_MUST_CHECK int index_find_facts(uint8_t **bytes, size_t *n, struct index *x, const char *source,
                                    struct err *err);
W2S_MUST_CHECK int index_keep_facts(struct index *x, const char *source, const void *bytes,
                                    size_t n, struct err *err);
W2S_MUST_CHECK int index_check_facts(bool *sound, struct index *x, struct err *err);

#endif
