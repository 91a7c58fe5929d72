// outputs.h -- what a model gave that is not here: an array of N x C probabilities or logits in a file, joined with
// data by the row's number in its source (table_id).
//
// The call outputs(file: "f", array: "name", kind: probs) names it. Which format the file has is told by its first
// bytes: npy, npz or safetensors; `array` is the name in the last two. A row of probabilities lies in 0..1 and sums
// to 1 within OUTPUTS_SUM; logits are finite. Rows that are not asked for are not looked at. The file is hostile.
#ifndef W2S_OUTPUTS_H
#define W2S_OUTPUTS_H

#include "data/table.h"
#include "plan/value.h"

#define OUTPUTS_SUM 1e-3

struct outputs_facts {
    size_t n, classes;
    struct digest digest; // of the bytes of the file
};

// ERR_MISSING when there is no file, ERR_DATA for what is wrong with its header.
W2S_MUST_CHECK int outputs_facts(struct outputs_facts *facts, const struct value *call, const char *folder,
                                 struct err *err);

// out: n x classes of the rows, as the file has them. Fails with ERR_DATA: another number of classes, a row that
// the file does not have, or that is none of its kind.
W2S_MUST_CHECK int outputs_read(float *out, const struct rows *rows, size_t classes, const struct value *call,
                                const char *folder, struct err *err);

#endif
