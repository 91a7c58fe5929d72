// step_select.h -- what a training selects its epoch by: the metric of a train step's `select`,
// computed on a holdout of its rows or on other rows.
//
//   select: best(metric: accuracy(), holdout: 0.1, labels: gold)      or labels: guidance
//   select: best(metric: accuracy(), on: $5)                          gold labels of these rows
//
// `labels: guidance` judges by what the student is taught: for each row the class that the targets
// of all terms, weighted as they are at the end of the training, give most to (the lowest of
// equals). Rows that these targets say nothing about (all classes alike) are left out. Selecting on
// weak labels is what Burns et al. 2023 (arXiv 2312.09390) do where gold labels must
// stay unseen.
#ifndef W2S_STEP_SELECT_H
#define W2S_STEP_SELECT_H

#include "eval/metric.h"
#include "exec/steps.h"
#include "model/holdout.h"

struct scorer {
    const struct kernels *kernels;
    struct step_context context;
    const struct model *model;
    const struct value *metric;
    struct rows rows;          // that are scored; the index is owned
    struct metric_input input; // owned
    float *logits, *probs;     // of the rows
    struct holdout holdout;
    const uint32_t **lists; // rankings of kept rows; owned
    size_t n_lists;
    struct selection selection;
};

// The selection of a train step; NULL in *out when it says none. Fill the terms first: their
// rankings of rows that are held out are dropped. The scorer must stay put until scorer_release.
W2S_MUST_CHECK int scorer_init(const struct selection **out, struct scorer *s,
                               const struct step_call *c, const struct model *model,
                               struct train_term *terms, size_t n_terms, struct err *err);
void scorer_release(struct scorer *s);

#endif
