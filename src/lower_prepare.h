// lower_prepare.h -- the settings of data, from rows as their source gives them to rows as they are
// used.
//
// They apply in this order, whatever the order in the file: stride, relabel, noise, standardize,
// then the parts of `split`. Each is a step of its own, and none where it is left out.
#ifndef W2S_LOWER_PREPARE_H
#define W2S_LOWER_PREPARE_H

#include "lower.h"

// stride, relabel and noise of `data` on the step `rows`, which may be STEP_NONE: settings are
// looked at all the same.
uint32_t lower_prepare(struct lowering *l, const struct symbol *data, uint32_t rows);

// standardize: what models see of `rows`, all rows of `data`, by the mean and the deviation of
// those parts of it that any teacher or student is trained on; of all rows, where a training names
// all of them or none does.
uint32_t lower_standardize(struct lowering *l, const struct symbol *data, uint32_t rows);

// The split of a data declaration. parts.kind is VALUE_NONE when it has none.
struct split {
    const struct symbol *data;
    struct value parts, stratify, seed;
};
bool lower_split(struct lowering *l, struct split *out, const struct symbol *data);
uint32_t lower_split_part(struct lowering *l, const struct split *split, uint32_t whole,
                          size_t part, const char *label);

// Which parts of which data are trained on, by the words of the file; found when first asked for.
struct trained_data;
void trained_data_free(struct trained_data *trained);

#endif
