// lower_robustness.h -- gap(clean:) and effective_robustness(clean:): accuracies on clean rows beside those on the
// rows that are measured, of the model and of the other models of its block.
#ifndef W2S_LOWER_ROBUSTNESS_H
#define W2S_LOWER_ROBUSTNESS_H

#include "lower.h"

bool is_robustness(const struct value *metric);

// Tells the metrics of a block which models they are measured among. False after a report that these are too few
// for a line.
bool lower_robustness_among(struct lowering *l, struct metric_ref *metric, const struct model_ref *models, size_t n);

bool lower_robustness(struct lowering *l, struct evaluation *out, const struct metric_ref *metric,
                      const struct model_ref *model, uint32_t rows);

#endif
