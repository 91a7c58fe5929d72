// records.h -- what a store remembers: one struct for each kind of record, its fields listed once.
//
// The lists below make the structs, the bytes in the journal and the rows of the index, in this
// order. A number once given to a kind of record is never used for another; a list that has been in
// a release is not changed: a new kind is added beside it.
#ifndef W2S_RECORDS_H
#define W2S_RECORDS_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/str.h"

struct uid { // random; names a run in every store it is brought to
    uint8_t bytes[16];
};

struct numbers {
    const double *x;
    size_t n;
};

struct bytes {
    const uint8_t *at;
    size_t n;
};

// --- kinds of fields: F(kind, name) --------------------------------------------------------------
// UID, DIGEST (all zero: none), TEXT, WHOLE (uint64_t), REAL (double; a NaN may lose its bits),
// BITS (double, every bit kept), NUMBERS (doubles, every bit kept), BYTES.

// Small content; large content is a file. Its digest is in the index only.
#define BLOB_FIELDS(F) F(BYTES, bytes)

// What a step made. `key` is the step's key with the version of the engine (exec/keep.h).
#define STEP_FIELDS(F)                                                                             \
    F(DIGEST, key)                                                                                 \
    F(TEXT, kind)                                                                                  \
    F(DIGEST, result)  /* of what it computed */                                                   \
    F(BITS, number)    /* of evaluate */                                                           \
    F(DIGEST, payload) /* blob: parameters, curve, logits; zero: made again when needed */         \
    F(REAL, seconds)                                                                               \
    F(UID, run)        /* which run made it */

// A run begins.
#define RUN_FIELDS(F)                                                                              \
    F(UID, uid)                                                                                    \
    F(WHOLE, number) /* 1, 2, ... in this store */                                                 \
    F(REAL, started) /* seconds since 1970 */                                                      \
    F(TEXT, title)                                                                                 \
    F(DIGEST, source) /* blob: the .w2s file */                                                    \
    F(DIGEST, plan)   /* blob: plan_file.h */

#define PROVENANCE_FIELDS(F)                                                                       \
    F(UID, run)                                                                                    \
    F(TEXT, name)                                                                                  \
    F(TEXT, value)

// A point of the sweep.
#define CELL_FIELDS(F)                                                                             \
    F(UID, run)                                                                                    \
    F(WHOLE, point)                                                                                \
    F(TEXT, params)

#define METRIC_FIELDS(F)                                                                           \
    F(UID, run)                                                                                    \
    F(WHOLE, point)                                                                                \
    F(WHOLE, position) /* order in the run */                                                      \
    F(TEXT, model)                                                                                 \
    F(TEXT, on_data)                                                                               \
    F(TEXT, metric)                                                                                \
    F(WHOLE, control)                                                                              \
    F(WHOLE, ratio)                                                                                \
    F(TEXT, refused) /* why there is no number; empty: there is one */                             \
    F(REAL, mean)                                                                                  \
    F(REAL, low)                                                                                   \
    F(REAL, high)                                                                                  \
    F(REAL, level)                                                                                 \
    F(NUMBERS, by_seed)

#define CLAIM_FIELDS(F)                                                                            \
    F(UID, run)                                                                                    \
    F(WHOLE, point)                                                                                \
    F(WHOLE, position)                                                                             \
    F(TEXT, title)                                                                                 \
    F(TEXT, assertion)                                                                             \
    F(TEXT, verdict) /* held, failed, untested */                                                  \
    F(REAL, difference)                                                                            \
    F(REAL, bound)                                                                                 \
    F(REAL, p)                                                                                     \
    F(REAL, level)

// A run ends, well or not. A run without one was killed, or still runs.
#define END_FIELDS(F)                                                                              \
    F(UID, run)                                                                                    \
    F(TEXT, state) /* done, failed, interrupted */                                                 \
    F(REAL, ended)                                                                                 \
    F(REAL, seconds)                                                                               \
    F(DIGEST, digest) /* of all that was computed */                                               \
    F(WHOLE, made)    /* steps carried out */                                                      \
    F(WHOLE, reused)  /* steps taken from the store */                                             \
    F(TEXT, note)     /* what failed */

// The journal was rewritten without what no run needed.
#define LINEAGE_FIELDS(F)                                                                          \
    F(DIGEST, head) /* of the journal before */                                                    \
    F(WHOLE, records)

// Within a batch records may refer to those after them.
#define LATER " DEFERRABLE INITIALLY DEFERRED"

// R(type in the journal, name, table of the index, fields, constraints)
#define RECORDS(R)                                                                                 \
    R(1, blob, blobs, BLOB_FIELDS, "")                                                             \
    R(2, step, steps, STEP_FIELDS, ", PRIMARY KEY (key)")                                          \
    R(3, run, runs, RUN_FIELDS,                                                                    \
      ", PRIMARY KEY (uid), UNIQUE (number), FOREIGN KEY (title) REFERENCES experiments (title)")  \
    R(4, provenance, provenance, PROVENANCE_FIELDS,                                                \
      ", PRIMARY KEY (run, name), FOREIGN KEY (run) REFERENCES runs (uid)" LATER)               \
    R(5, cell, cells, CELL_FIELDS,                                                                 \
      ", PRIMARY KEY (run, point), FOREIGN KEY (run) REFERENCES runs (uid)" LATER)              \
    R(6, metric, metrics, METRIC_FIELDS,                                                           \
      ", PRIMARY KEY (run, position)"                                                              \
      ", FOREIGN KEY (run, point) REFERENCES cells (run, point)" LATER)                            \
    R(7, claim, claims, CLAIM_FIELDS,                                                              \
      ", PRIMARY KEY (run, position)"                                                              \
      ", FOREIGN KEY (run, point) REFERENCES cells (run, point)" LATER)                            \
    R(8, end, ends, END_FIELDS,                                                                    \
      ", PRIMARY KEY (run), FOREIGN KEY (run) REFERENCES runs (uid)" LATER)                        \
    R(9, lineage, lineage, LINEAGE_FIELDS, ", PRIMARY KEY (head)")

enum field_kind {
    FIELD_UID,
    FIELD_DIGEST,
    FIELD_TEXT,
    FIELD_WHOLE,
    FIELD_REAL,
    FIELD_BITS,
    FIELD_NUMBERS,
    FIELD_BYTES,
};

#define FIELD_TYPE_UID struct uid
#define FIELD_TYPE_DIGEST struct digest
#define FIELD_TYPE_TEXT const char *
#define FIELD_TYPE_WHOLE uint64_t
#define FIELD_TYPE_REAL double
#define FIELD_TYPE_BITS double
#define FIELD_TYPE_NUMBERS struct numbers
#define FIELD_TYPE_BYTES struct bytes

#define MEMBER(kind, name) FIELD_TYPE_##kind name;
#define R(type, name, table, fields, constraints)                                                  \
    struct name##_record {                                                                         \
        fields(MEMBER)                                                                             \
    };
RECORDS(R)
#undef R
#undef MEMBER

enum record_type {
#define R(type, name, table, fields, constraints) RECORD_##name = type,
    RECORDS(R)
#undef R
};

struct field {
    enum field_kind kind;
    const char *name;
    size_t offset;
};

enum { RECORD_MOST_FIELDS = 16 };

struct record_kind {
    enum record_type type;
    const char *name, *table, *constraints;
    size_t size; // of the struct
    const struct field *fields;
    size_t n_fields;
};

// NULL for a type this version does not know.
const struct record_kind *record_kind(unsigned type);
const struct record_kind *record_kinds(size_t *n);

union any_record {
#define R(type, name, table, fields, constraints) struct name##_record name;
    RECORDS(R)
#undef R
};

// A record's payload in the journal and back. `read` borrows from the bytes and from the arena.
void record_write(struct str *out, const struct record_kind *kind, const void *record);
W2S_MUST_CHECK int record_read(union any_record *out, const struct record_kind *kind,
                               const uint8_t *bytes, size_t n, struct arena *arena,
                               struct err *err);

bool digest_is_zero(const struct digest *d);
bool digest_from_hex(struct digest *d, const char *hex); // 64 digits, no capitals

#endif
