// compact.h -- a store without what nobody needs: gc, and the repair of damage.
//
// Both need a store opened with STORE_ALONE. The journal is written anew beside the old one and
// takes its name at once; its first record holds the head of the old one. A process killed
// meanwhile leaves the old store, or the new one.
#ifndef W2S_COMPACT_H
#define W2S_COMPACT_H

#include "store/digest_set.h"
#include "store/store.h"

struct compact {
    const struct digest_set *steps; // keys to keep; NULL: all
    const struct digest_set
        *damaged;              // content that is gone: steps that need it go too; may be NULL
    const struct uid *dropped; // runs to drop
    size_t n_dropped;
};

struct compacted {
    uint64_t records, steps, blobs, files, bytes; // what went; bytes of files
};

W2S_MUST_CHECK int store_compact(struct compacted *out, struct store *store,
                                 const struct compact *how, struct err *err);

#endif
