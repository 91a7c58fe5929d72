// label_model.h -- what is true, told from votes alone: the label model of weak supervision.
//
// Dawid & Skene 1979 ("Maximum likelihood estimation of observer error-rates using the EM
// algorithm"), as Ratner et al. 2017 (Snorkel) use it for rules that may abstain. The model, for a
// row with the unknown class y:
//
//   y ~ prior;   voter v votes j with the chance confusion[v][y][j], given that it votes;
//   voters are independent given y, but for declared dependencies.
//
// - A soft vote p counts as p_j votes for each j: sum_j p_j log confusion[y][j].
// - "Not k" is the event that the vote is another class: sum of confusion[y][j] over j != k; EM
//   shares its count among them.
// - An abstention says nothing (it is missing at random), or, when `abstentions` is set, has a
//   chance of its own for each class: abstain[v][y].
// - Dependent voters form groups. Of those of a group that say something on a row, one has looked
// at
//   the row, each with the same chance, and the others' votes say nothing: the group's likelihood
//   is the mean of its voters'. (A mixture of experts inside each group, Jacobs et al. 1991, with
//   fixed and equal gates.) So a voter and its copies count as the one voter.
//
// Fitted by EM for the maximum of the posterior: `smoothing` is added to the count of each class
// and to both counts of each chance to abstain, and C * smoothing to each row of a confusion,
// shared so that a voter without votes is right with the chance LABEL_MODEL_BELIEF. That decides
// where votes do not: fewer than three independent voters say nothing about their accuracies. It
// starts from the mean of the votes, so classes do not swap as long as most voters beat chance.
// Sums run over rows, then voters, in f64 and in this order. The posterior of a row on which nobody
// votes is the prior.
#ifndef W2S_LABEL_MODEL_H
#define W2S_LABEL_MODEL_H

#include "base/err.h"

#include <stdatomic.h>

// Votes of V voters over C classes, N x V x C. A voter's C numbers of a row: all 0 abstains;
// one-hot votes for a class; probabilities are a soft vote; -1 at k and 0 elsewhere is "not class
// k".
struct votes {
    size_t n, voters, classes;
    const float *value;
    const uint32_t
        *group; // V: equal numbers below V are one group of dependent voters; NULL: none are
};

struct label_model_options {
    const double *prior; // C shares that sum to 1; NULL: estimated
    bool abstentions;    // they are informative
    double smoothing;    // > 0: counts added to each cell
};

#define LABEL_MODEL_BELIEF 0.7 // as Snorkel starts from

enum { LABEL_MODEL_ITERATIONS = 1000 }; // at most; ends when no parameter moves by more than 1e-7

struct label_model_fit {
    size_t iterations;
    bool converged;
    double objective; // log posterior, up to a constant: never falls from one iteration to the next
};

// The parameters are one array: prior (C), then for each voter C rows of confusion (C) and, after
// each, the chance to abstain: V x C x (C + 1).
static inline size_t label_model_size(size_t voters, size_t classes)
{
    return classes + voters * classes * (classes + 1);
}

// Share of right votes among those of voter `v`: the mean of confusion[v][y][y] over y, weighted by
// prior[y] (1 - abstain[v][y]).
double label_model_accuracy(const double *params, size_t voters, size_t classes, size_t v);

// A vote that is none of the four kinds is ERR_DATA. `stop` non-zero ends with ERR_INTERRUPTED.
W2S_MUST_CHECK int label_model_fit(double *params, struct label_model_fit *fit,
                                   const struct votes *votes,
                                   const struct label_model_options *options,
                                   const atomic_int *stop, struct err *err);

// log p(y | votes), N x C, normalised.
W2S_MUST_CHECK int label_model_posterior(double *out, const double *params,
                                         const struct votes *votes, bool abstentions,
                                         struct err *err);

// What a voter's C numbers mean: the class (VOTE_FOR), C + the class (not that class), or:
#define VOTE_ABSTAINS UINT32_MAX
#define VOTE_SOFT     (UINT32_MAX - 1)
#define VOTE_WRONG    (UINT32_MAX - 2) // none of these
uint32_t vote_kind(const float *vote, size_t classes);

#endif
