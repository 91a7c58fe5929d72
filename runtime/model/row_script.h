// row_script.h -- a shift written in Lua (kind "shift", hook/loss.h): traced for one row, run on every row.
//
// The script sees one row, B = 1: t.features (1 x D), t.labels (1 x C, one-hot) and t.groups (1 x 1) where
// `reads` says so, and t.random_normal and t.random_uniform, which are keyed by the row's number in its source.
// So a row's result cannot depend on its place, on its neighbours, or on how rows are cut into batches; and
// what is traced are the kernels of graph/program.h, the same bits everywhere.
#ifndef W2S_ROW_SCRIPT_H
#define W2S_ROW_SCRIPT_H

#include "base/rng.h"
#include "data/table.h"
#include "hook/loss.h"
#include "kernel/kernel.h"
#include "plan/value.h"

// What is known of the rows before they are there. `columns`: D names; or NULL, and then `names_unknown` says
// whether there may be some.
struct row_shape {
    size_t features, classes;
    const char *const *columns;
    bool names_unknown;
};

// Traces it: a Lua error or a result of another shape than t.features, with file and line. `call` has the
// script's params by name.
W2S_MUST_CHECK int row_script_check(struct loss *script, const struct value *call,
                                    const struct row_shape *shape, struct err *err);

// Changes x, the N x D features of `table`, in place; `file` is the script's, for messages. Fails with ERR_DATA
// where a result is not finite, or the rows lack what the script reads.
struct row_script {
    struct loss *script;
    const char *file;
    const struct value *call;
    const struct kernels *kernels;
};
W2S_MUST_CHECK int row_script_run(float *x, const struct table *table, struct rng_key key,
                                  const struct row_script *of, struct err *err);

#endif
