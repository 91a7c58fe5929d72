// lower_tests.h -- tests between models of an evaluate block: `tests = wilcoxon; compare = [a, b]`. A test is about
// two numbers of the plan; it adds no step and changes no key.
#ifndef W2S_LOWER_TESTS_H
#define W2S_LOWER_TESTS_H

#include "lower.h"

struct block_tests {
    const char *kind;     // the word; NULL: nothing is tested
    const size_t *model;  // which of the block's models, in the order of `compare`
    size_t n_models;      // 2 or more
    uint32_t family;      // the tests of one block, at all points
};

// The settings of the block whose models are `models`. Without `compare`, all of them.
bool lower_block_tests(struct lowering *l, struct block_tests *out, const struct symbol *block,
                       const struct model_ref *models, size_t n_models);

// All pairs, in each metric, of numbers that stand at `first` + model * n_metrics + metric.
bool lower_add_tests(struct lowering *l, struct asked *asked, const struct block_tests *tests, size_t first,
                     size_t n_metrics, struct span span);

#endif
