// table.h -- rows of data: a feature matrix with labels, and views of some of its rows.
//
// Life cycle: a loader or a shift fills a `struct table` (table_release gives its memory back); splits,
// take and where make `struct rows`, an index into a table that must outlive it (rows_release). Both are
// read-only once made, so any number of threads may read them.
// Shapes: N rows, D features, C classes. Pixels may stay bytes: a feature is then (float)byte * scale,
// computed when rows are gathered into a batch.
#ifndef W2S_TABLE_H
#define W2S_TABLE_H

#include "base/digest.h"
#include "base/err.h"

struct image_shape {
    uint32_t height, width, channels; // all 0 when rows are not images; pixels are row-major, channel last
};

struct table {
    size_t n, d;      // rows, features per row
    uint32_t classes; // C: labels are 0..C-1; 0 when there are no labels
    const float *x;   // N x D, or NULL when the features are bytes
    const uint8_t *x_bytes; // N x D, or NULL when they are floats
    float scale;      // of x_bytes
    const uint32_t *y;  // N labels, or NULL
    const uint32_t *group; // N numbers of the groups the rows belong to, from 0; or NULL
    const float *weight;   // N weights of the rows, finite and not negative; or NULL
    const uint32_t *environment; // N numbers of the environments, from 0 (join.h); or NULL
    const uint64_t *id; // N: the row's number in its source, which keys its randomness; NULL: 0..N-1
    struct image_shape image;
    const char **columns; // D feature names, or NULL
    const char **class_names; // C, or NULL: what the source calls its classes
    const char **key;         // N texts that name the rows, no two equal in a source; or NULL
    const char *group_name;   // what `group` holds, such as the name of a column; or NULL
    // Standardisation: a model sees (x - center) * factor, computed when rows are gathered into a
    // batch. Shifts and rules see x. D each, or both NULL.
    const float *center, *factor;
    void *owned[16];          // what table_release frees with mem_free
    size_t n_owned;
};

void table_release(struct table *table);
static inline uint64_t table_id(const struct table *table, size_t row)
{
    return table->id != NULL ? table->id[row] : row;
}

// A feature, before standardisation.
static inline float table_feature(const struct table *table, size_t row, size_t column)
{
    size_t at = row * table->d + column;
    return table->x != NULL ? table->x[at] : (float)table->x_bytes[at] * table->scale;
}

// The column of that name. `who` asks, for the message: "'where'", "drop()".
W2S_MUST_CHECK int table_find_column(size_t *at, const struct table *table, const char *name, const char *who,
                                     struct err *err);

// Takes ownership of `p` (from mem_*), for table_release. Returns p.
void *table_own(struct table *table, void *p);

// A copy of n texts in one block, owned by the table: n pointers, then what they point to. NULL when there are
// none to copy, and after a failure, which clears *ok; `what` names them in the message.
const char **table_own_texts(bool *ok, struct table *table, const char *const *texts, size_t n,
                             const char *what, struct err *err);

struct rows {
    const struct table *table; // borrowed
    size_t n;
    uint32_t *index; // n row numbers of `table`; owned
};

void rows_release(struct rows *rows);

// The same rows of a table that borrows all of theirs and owns nothing: for other labels or groups beside the
// same features. `in` must outlive `table`. On failure both are as they were.
W2S_MUST_CHECK int rows_borrow(struct rows *out, struct table *table, const struct rows *in, struct err *err);

// Digest of the content: shape, features as f32 bits (NaN canonical), labels, ids, in row order, then
// groups, weights and the standardisation where there are any.
struct digest table_digest(const struct table *table);
// The standardisation alone; adds nothing where there is none.
void table_digest_standard(struct digest_state *state, const struct table *table);

#endif
