// frame.h -- rows of named columns while they are read, from csv or JSON: what each column is for,
// the values of the rows, and at the end the table.
//
// Life cycle: frame_start; frame_add_column for each, then frame_end_columns; frame_make_room; for
// each row its values, then frame_end_row; frame_table; frame_release. Whatever fails sets `stop`,
// with the reason in err: then the reader stops too. Which column is what is asked for by the
// source call, all arguments optional but `label`:
//   label, group, weight, key   one column each; a key tells a row from all others
//   classes: [...]              the labels there may be, in the order of their numbers
//   drop: [...]                 columns that are left out
//   categorical: [...]          columns of words, each of which becomes a feature, 1 where it
//                               stands and else 0: 'column.word', in the place of the column, in
//                               the order that labels have
//   missing: mean|zero|drop     what a feature without a value becomes, or its row; an error when
//                               not given. The mean is of the rows that have a value; of a word's
//                               feature, its share of them
// All other columns are features. They are multiplied by the scale.
#ifndef W2S_FRAME_H
#define W2S_FRAME_H

#include "data/label_set.h"
#include "data/loaders.h"

// The first ROLES are asked for by one name each; the first NAMED of them hold names, which become
// numbers.
enum role { LABEL, GROUP, WEIGHT, KEY, NUMBER, LEVEL, DROPPED, NAMED = WEIGHT, ROLES = NUMBER };
enum missing { MISSING_ERROR, MISSING_MEAN, MISSING_ZERO, MISSING_DROP };

enum { MAX_LEVELS = 256 }; // of a categorical column

struct frame_column {
    const char *name;
    enum role role;
    size_t at;              // of features: their place in a row of x
    struct label_set level; // LEVEL: its words; x holds their numbers by appearance
};

struct frame {
    struct err *err;
    const char *path;
    size_t line; // for messages; the reader counts
    bool stop;
    const struct value *call;
    const char *asked[ROLES]; // the column's name, or NULL
    const struct value *classes;
    enum missing missing;
    float scale;

    struct arena text;
    struct frame_column *column;
    size_t n_columns, column_cap;
    size_t n_inputs; // columns that are features, in x
    size_t n_levels; // of them, categorical

    size_t n, room;          // rows
    float *x;                // room x n_inputs; NaN where a value is missing
    float *weight;           // room, or NULL
    const char **key;        // room, or NULL
    uint32_t *number[NAMED]; // room, or NULL; by first appearance until the end
    struct label_set names[NAMED];
};

void frame_start(struct frame *f, const struct value *call, const char *path, double scale,
                 struct err *err);
void frame_release(struct frame *f);

// "line 3 of 'f.csv' " and the message.
void frame_fail(struct frame *f, const char *format, ...) W2S_PRINTF(2, 3);

void frame_add_column(struct frame *f, const char *name, size_t n);
void frame_end_columns(struct frame *f);
// How many features the table will have, when the columns alone tell, else 0.
size_t frame_known_features(const struct frame *f);
// For at most `rows` rows, a bound that the file's size gives.
void frame_make_room(struct frame *f, size_t rows);

// A value of the row that is read. The text ends with NUL after its n bytes; no bytes are no value.
// A number in a column of names is its shortest decimal.
void frame_take_text(struct frame *f, size_t column, const char *text, size_t n);
void frame_take_number(struct frame *f, size_t column, double x);
void frame_end_row(struct frame *f);

// frame_table.c. What was read moves into the table.
W2S_MUST_CHECK int frame_table(struct table *table, struct frame *f);

#endif
