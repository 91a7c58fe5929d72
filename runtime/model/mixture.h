// mixture.h -- guidance by several teachers whose weights are learned with the student: RAVEN (Jeon
// et al. 2025, "Weak-to-strong generalization under distribution shifts").
//
// The target of a row is sum_k w_k p_k over the V voters, w = softmax(rate * a), and `a` are
// parameters of the objective, which start at 0 and are trained with the student by its optimiser.
// The voters whose targets the student can fit gain weight. On rows where a voter abstains the
// weights of the others are scaled up.
//
// During the first `easy` share of the epochs, rounded to whole epochs, only rows on which the
// voters agree are seen (each epoch draws as many rows as ever, the agreeing ones again and again),
// and the weights stay equal: the student first learns what is likely to be right, and judges the
// voters by that. Without such rows there is no such phase.
#ifndef W2S_MIXTURE_H
#define W2S_MIXTURE_H

#include "base/err.h"

// Votes as probabilities, N x V x C: a voter that abstains has zeros; where all abstain, all are
// uniform.
struct mixture {
    const float *votes; // NULL: only the shape is known, for a check
    size_t voters;      // 0: there is no mixture
    double easy, rate;
    double *history; // the weights after each epoch, epochs x V, are written here; or NULL
};

// Writes w, for the parameters a, into the history.
void mixture_note(const struct mixture *m, const float *a, size_t epoch);

static inline size_t mixture_easy_epochs(const struct mixture *m, size_t epochs)
{
    return (size_t)(m->easy * (double)epochs + 0.5);
}

// The rows on which at least two voters have a first class, or the only voter does, and all that
// have one have the same. NULL after an error; to be freed with mem_free.
W2S_MUST_CHECK uint32_t *mixture_agreement(size_t *n_rows, const struct mixture *m, size_t n,
                                           size_t classes, struct err *err);

#endif
