// loaders.h -- what the loaders share among themselves; nothing outside runtime/data includes this.
//
// A loader turns a source call into a table: it fills *table and leaves clearing up after a failure
// to load_table. Features are (float)value * (float)scale in f32, whatever the format, so the same
// numbers in an IDX, csv or npy file give the same bits.
#ifndef W2S_LOADERS_H
#define W2S_LOADERS_H

#include "data/load.h"
#include "data/stream.h"

enum {
    MAX_FEATURES = 1 << 24, // of a row; beyond this a header is taken for damage
    MAX_CLASSES = 1 << 16,
    SHOWN = 48, // room for a piece of a file in a message
};

int load_idx(struct table *table, const struct value *call, double scale, const char *folder,
             struct err *err);
int load_csv(struct table *table, const struct value *call, double scale, const char *folder,
             struct err *err);
int load_npy(struct table *table, const struct value *call, double scale, const char *folder,
             struct err *err);
int load_npz(struct table *table, const struct value *call, double scale, const char *folder,
             struct err *err);
int load_safetensors(struct table *table, const struct value *call, double scale,
                     const char *folder, struct err *err);
int load_jsonl(struct table *table, const struct value *call, double scale, const char *folder,
               struct err *err);
int load_builtin(struct table *table, const struct value *call, double scale, const char *folder,
                 struct err *err);

int facts_idx(struct table_facts *facts, const struct value *call, const char *folder,
              struct err *err);
int facts_csv(struct table_facts *facts, const struct value *call, const char *folder,
              struct err *err);
int facts_npy(struct table_facts *facts, const struct value *call, const char *folder,
              struct err *err);
int facts_npz(struct table_facts *facts, const struct value *call, const char *folder,
              struct err *err);
int facts_safetensors(struct table_facts *facts, const struct value *call, const char *folder,
                      struct err *err);
int facts_jsonl(struct table_facts *facts, const struct value *call, const char *folder,
                struct err *err);
int facts_builtin(struct table_facts *facts, const struct value *call, const char *folder,
                  struct err *err);

// The csv loader on an open stream, with the columns that the call csv(...) asks for; the builtin data are csv.
int load_csv_stream(struct table *table, struct stream *s, const struct value *call, double scale,
                    struct err *err);

// load_columns, of these two.
int columns_csv(struct table *names, const struct value *call, const char *folder, struct err *err);
int columns_builtin(struct table *names, const struct value *call, struct err *err);

// The same of an open stream, as load_csv_stream.
int csv_columns_stream(struct table *names, struct stream *s, const struct value *call, struct err *err);

// The embedded bytes of a builtin set.
int builtin_bytes(const uint8_t **bytes, size_t *n, const struct value *call, struct err *err);

// Adds the bytes of a file, as they are stored, to a digest; their number first, so that two files cannot be
// cut differently and digest the same.
int digest_file(struct digest_state *state, const char *folder, const char *name, bool or_gz, struct err *err);

// Checks the sizes a header claims: rows, features, and that their product fits; fills facts->n, d.
int check_shape(struct table_facts *facts, uint64_t n, uint64_t d, const char *path,
                struct err *err);

// How many rows and labels there are must agree; the paths say which file is which.
int check_counts(uint64_t rows, const char *features, uint64_t labels, const char *labels_path,
                 struct err *err);

// Bytes of a file made fit for a message: cut when long, control characters as '?'.
const char *shown(char out[SHOWN], const char *text, size_t n);

#endif
