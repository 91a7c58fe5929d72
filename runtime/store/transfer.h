// transfer.h -- runs in one file, and back into a store, here or on another machine.
//
// The file is a journal (journal.h) that holds everything the runs need: their records, the steps
// of their plans and all content. It is read like any other hostile file; nothing in it replaces
// what is there.
#ifndef W2S_TRANSFER_H
#define W2S_TRANSFER_H

#include "store/digest_set.h"
#include "store/store.h"

struct transferred {
    uint64_t runs, steps, blobs;
    uint64_t known; // runs that were there already
};

// `steps`: the keys to take along.
W2S_MUST_CHECK int store_export(struct transferred *out, struct store *store, const char *path,
                                const struct run_record *runs, size_t n,
                                const struct digest_set *steps, struct err *err);
W2S_MUST_CHECK int store_import(struct transferred *out, struct store *store, const char *path,
                                struct err *err);

#endif
