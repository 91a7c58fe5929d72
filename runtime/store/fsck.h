// fsck.h -- whether a store is what was written: every record against the chain, every file against
// its name, the index against the journal.
#ifndef W2S_FSCK_H
#define W2S_FSCK_H

#include "store/store.h"

struct checked {
    uint64_t records, steps, runs, blobs, bytes; // what was looked at; blobs: files and records
    struct digest head;
    size_t problems, repaired;
    size_t strays; // files that nothing refers to: not damage; gc removes them
};

// Every problem is told once. With `repair` a journal is cut before the first damage (the whole is
// kept as journal.damaged), damaged content is forgotten with the steps that need it, and the index
// is made anew. Negative: it could not be looked at.
typedef void check_tell(void *data, const char *problem);
W2S_MUST_CHECK int store_check(struct checked *out, const char *path, bool repair, check_tell *tell,
                               void *data, struct err *err);

#endif
