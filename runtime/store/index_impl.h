// index_impl.h -- what index.c and index_read.c share; nothing else includes it.
#ifndef W2S_INDEX_IMPL_H
#define W2S_INDEX_IMPL_H

#include "store/index.h"

// The failure of SQLite as ours. Always -1.
int index_fail(struct index *x, int code, struct err *err);
W2S_MUST_CHECK int index_prepare(struct sqlite3_stmt **statement, struct index *x, const char *sql,
                                 struct err *err);

// What facts are kept with: a digest over the source and the bytes.
struct digest index_seal(const char *source, const void *bytes, size_t n);

#endif
