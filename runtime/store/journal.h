// journal.h -- the truth of a store: records in a file that only grows, each bound to all before
// it.
//
// The file opens with a magic text, a format number and a random id. A record is its length, its
// type, a check of these two, its payload, and a link: SHA-256 over the link before it and all of
// that. The link of the last record, the head, stands for the whole history: whoever changes,
// drops, adds or reorders a record gives the journal another head.
//
// One process appends at a time; the caller holds the lock. What a killed append leaves, a record
// that is cut off, was never reported as stored; reading stops before it and the next append
// removes it. Anything else that does not fit is damage, and an error.
#ifndef W2S_JOURNAL_H
#define W2S_JOURNAL_H

#include "base/digest.h"
#include "base/err.h"
#include "base/str.h"

enum { JOURNAL_FORMAT = 1, JOURNAL_HEADER = 32, JOURNAL_ID = 16 };

struct journal {
    int fd;           // -1: not open
    const char *name; // for messages; borrowed
    uint8_t id[JOURNAL_ID];
    uint64_t end; // bytes read so far, all of them sound
    uint64_t n;   // records among them
    struct digest head;
    bool cut_off; // something incomplete follows
};

struct record {
    uint8_t type;
    const uint8_t *payload;
    size_t n;
    uint64_t at; // where the payload is in the file
};

// The bytes of a new journal: it must never be seen with fewer.
W2S_MUST_CHECK int journal_header(uint8_t header[JOURNAL_HEADER], struct err *err);

W2S_MUST_CHECK int journal_open(struct journal *j, int folder, const char *name, bool writable,
                                struct err *err);
void journal_close(struct journal *j);

// Calls `take` for every record after j->end. A negative return of it ends the walk with that
// failure.
typedef int journal_take(void *data, const struct record *record, struct err *err);
W2S_MUST_CHECK int journal_read(struct journal *j, journal_take *take, void *data, struct err *err);

// Puts a record into a batch; journal_append fills in its link.
void journal_add(struct str *batch, uint8_t type, const void *payload, size_t n);
// The record at a place of a batch that stands, or will stand, at `start` of the file; gives the
// bytes it takes.
size_t journal_frame(struct record *record, const struct str *batch, size_t at, uint64_t start);
// n bytes of the file. ERR_DATA when it has not so many.
W2S_MUST_CHECK int journal_bytes(uint8_t *out, const struct journal *j, uint64_t at, size_t n,
                                 struct err *err);
// Writes the batch after j->end and syncs. After a failure the file is as it was, or ends in a
// record that is cut off.
W2S_MUST_CHECK int journal_append(struct journal *j, struct str *batch, struct err *err);

#endif
