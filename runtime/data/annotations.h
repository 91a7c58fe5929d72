// annotations.h -- labels that people or another system gave to rows: a csv file with a line for
// each label, joined with data by row.
//
// The call labels(file: "f.csv", key:, label:, annotator:, provenance:) names the columns:
//   key         what names the row: the text in the data's own key column (table.key), or its
//   number in the
//               source, from 0, where the data has none. Without it, line i is about row i.
//   label       one label: the name of a class, or its number. Without it every other column is a
//   class,
//               by name or number, and holds its probability; those of a line sum to 1.
//   annotator   who gave it: each is a voter of his own. Without it there is one.
//   provenance  where it comes from: kept for people.
// A line whose label is empty, or whose probabilities all are, says nothing. A row may have one
// label of each annotator. The file is hostile: sizes are bounded by its own.
#ifndef W2S_ANNOTATIONS_H
#define W2S_ANNOTATIONS_H

#include "base/arena.h"
#include "data/table.h"
#include "plan/value.h"

enum { ANNOTATORS_MOST = 256, PROVENANCES_MOST = 64 };

struct annotation {
    const char *key; // NULL: it is about row `line - 2`
    size_t line;     // in the file, from 1; the header is line 1
    uint32_t annotator;
    const char *label; // NULL: probabilities
    const float *p;    // as many as classes are named; NULL: it says nothing
};

struct annotations {
    struct arena arena;
    const char *path; // for messages
    struct annotation *item;
    size_t n;
    const char **annotator; // sorted by their bytes; one, "", without names
    size_t n_annotators;
    const char **provenance; // the different ones, sorted
    size_t n_provenances;
    const char **class_name; // of the columns of probabilities
    size_t n_classes;
    struct digest digest; // of the bytes of the file
};

// ERR_MISSING when there is no file, ERR_DATA with its line for what is wrong in it.
W2S_MUST_CHECK int annotations_read(struct annotations *out, const struct value *call,
                                    const char *folder, struct err *err);
void annotations_release(struct annotations *a);

// Votes of every annotator on rows, n x (A C) in the form of eval/label_model.h. Fails with
// ERR_DATA: a label that is no class, two labels of one annotator for a row, a key that is none of
// a table which holds all rows of its source.
W2S_MUST_CHECK int annotations_vote(float *votes, const struct annotations *a,
                                    const struct rows *rows, size_t classes, struct err *err);

#endif
