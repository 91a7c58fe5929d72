// files.h -- bytes on disk that stay there: whole writes, syncs, names that change hands at once.
//
// Names are relative to an open folder, so a store may be moved while it is in use. `what` names
// the file in messages. A sync that failed is not tried again: the kernel may have dropped the
// pages and would then say that all is well.
#ifndef W2S_FILES_H
#define W2S_FILES_H

#include "base/err.h"

W2S_MUST_CHECK int files_write(int fd, const void *bytes, size_t n, const char *what,
                               struct err *err);
W2S_MUST_CHECK int files_sync(int fd, const char *what, struct err *err);

// 1: made, and the folder above is left to sync; 0: it was there.
W2S_MUST_CHECK int files_make_folder(int folder, const char *name, struct err *err);
W2S_MUST_CHECK int files_sync_folder(int folder, const char *name, struct err *err);

struct files_part {
    const void *bytes;
    size_t n;
};

// The parts, one after the other, under `temporary`, synced, then renamed to `name`. The folder of
// `name` is left for the caller to sync. After a failure nothing is left of it.
W2S_MUST_CHECK int files_replace(int folder, const char *temporary, const char *name,
                                 const struct files_part *parts, size_t n_parts, struct err *err);

// The whole file, from mem_try. ERR_MISSING when it is not there; ERR_DATA when it has more than
// `most` bytes or is no regular file.
W2S_MUST_CHECK int files_read(uint8_t **bytes, size_t *n, int folder, const char *name, size_t most,
                              struct err *err);

#endif
