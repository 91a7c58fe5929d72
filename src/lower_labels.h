// lower_labels.h -- teachers that are labels in a file: labels("f.csv", key: …). data/annotations.h
// says what a file holds.
//
// Such a teacher is not trained: its step has no inputs and carries the digest of the file. A
// prediction is two steps, the votes of all annotators on the rows, and what they come to.
#ifndef W2S_LOWER_LABELS_H
#define W2S_LOWER_LABELS_H

#include "lower.h"

struct labels_cache; // files that were read; lives as long as the lowering
struct labels_cache *labels_cache_new(void);
void labels_cache_free(struct labels_cache *cache);

// The step of the file that a teacher's value names; STEP_NONE after a diagnostic, or with l->err.
uint32_t lower_labels(struct lowering *l, const struct symbol *teacher);

// The votes on rows, N x (A C), and the logits, N x C, of their mean. `labels` is a step of
// lower_labels.
uint32_t lower_annotations(struct lowering *l, uint32_t labels, uint32_t rows, const char *who);
uint32_t lower_labels_predict(struct lowering *l, uint32_t labels, uint32_t rows, const char *who);

#endif
