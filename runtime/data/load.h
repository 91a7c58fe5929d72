// load.h -- data from outside: IDX, csv, npy, and what ships inside w2s. Every byte is hostile.
//
// A source is a call of the language, its arguments already checked and complete:
//   idx(images: "f", labels: "f")    IDX (LeCun, the MNIST format), plain or .gz; if "f" is missing and
//                                    "f.gz" is there, that is read. Images stay bytes; rank 2 or 3.
//   csv(path: "f", label: "name", ...)
//                                    a header line, then rows; the label column holds names or whole numbers;
//                                    classes are numbered in sorted order (numbers by value), groups alike;
//                                    weights are finite, 0 or more. What more it may say is in frame.h
//   npy(features: "f", labels: "f")  NumPy format 1.0-3.0, little-endian f2 f4 f8 b1 u1 i1..i8, C order, rank 1 or 2
//                                    (rank 3 is N images of height x width)
//   npz(path: "f", features: "x", labels: "y")
//                                    two such arrays, by name, in the zip file that np.savez writes
//   safetensors(path: "f", features: "x", labels: "y")
//                                    two such tensors by name; also BF16
//   jsonl(path: "f", label: "name", ...)
//                                    one JSON object a line, its fields as the columns of csv; a list of
//                                    numbers is as many columns (load_jsonl.c)
//   builtin(name: digits)            UCI optical digits, 1,797 rows of 8x8, 0..1
//   builtin(name: spambase)          UCI Spambase, 4,601 rows of 57 named columns, as they are
// Settings come beside it: `scale` multiplies every feature (1 for none), as (float)value * (float)scale
// in f32, so the same numbers give the same bits whatever the file's format. Features must be finite,
// classes at most 65,536. Any file may be gzip, told by its first bytes. npy also takes u2..u8.
// Relative paths start at `folder`. Missing file: ERR_MISSING; bad content: ERR_DATA, with the file's name,
// and line or offset where there is one.
#ifndef W2S_LOAD_H
#define W2S_LOAD_H

#include "data/table.h"
#include "plan/value.h"

// What is known without reading the data itself: the header of the file.
struct table_facts {
    size_t n, d;      // n is 0 when only the whole data can tell (csv)
    uint32_t classes; // 0 when only the whole data can tell (IDX and npy labels, csv)
    struct image_shape image;
};

W2S_MUST_CHECK int load_facts(struct table_facts *facts, const struct value *source, const char *folder,
                              struct err *err);
W2S_MUST_CHECK int load_table(struct table *table, const struct value *source, double scale,
                              const char *folder, struct err *err);

// The names of the features, where a header alone tells them (csv without categorical columns, builtin data that
// are no images): d of them in names->columns, to be released as a table. d is 0 where only the data can tell.
W2S_MUST_CHECK int load_columns(struct table *names, const struct value *source, const char *folder,
                                struct err *err);

// The paths of the files the source names, as they would be opened now; none for builtin data. The caller
// releases the LOAD_FILES texts.
enum { LOAD_FILES = 2 };
struct str;
W2S_MUST_CHECK int load_paths(struct str *paths, size_t *n, const struct value *source,
                              const char *folder, struct err *err);

// Digest of the bytes of all files the source names (as stored), and of its canonical call; of the
// embedded bytes for builtin data. This is what keys a load step.
W2S_MUST_CHECK int load_digest(struct digest *digest, const struct value *source, const char *folder,
                               struct err *err);

#endif
