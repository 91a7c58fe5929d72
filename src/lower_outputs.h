// lower_outputs.h -- teachers that are the outputs of a model which is not here: outputs("f.npy", kind: probs).
// data/outputs.h says what a file holds.
//
// Such a teacher is not trained: its step has no inputs and carries the digest of the file. A prediction reads
// what the file has for the rows, by their numbers in the source.
#ifndef W2S_LOWER_OUTPUTS_H
#define W2S_LOWER_OUTPUTS_H

#include "lower.h"

struct outputs_cache; // files that were looked at; lives as long as the lowering
struct outputs_cache *outputs_cache_new(void);
void outputs_cache_free(struct outputs_cache *cache);

// The step of the file that a teacher's value names; STEP_NONE after a diagnostic, or with l->err.
uint32_t lower_outputs(struct lowering *l, const struct symbol *teacher);

// The logits on rows, N x C. `outputs` is a step of lower_outputs.
uint32_t lower_recall(struct lowering *l, uint32_t outputs, uint32_t rows, const char *who, struct span span);

#endif
