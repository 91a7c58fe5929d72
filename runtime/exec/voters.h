// voters.h -- who votes in an ensemble: each rule of a member made of rules, each annotator of one
// made of labels; any other member is one voter.
//
// The steps of an ensemble (plan/steps.def): `poll` puts the votes of all voters side by side,
// N x (V C), in the form of eval/label_model.h, or of model/mixture.h for a student that learns the
// weights; `weigh` knows the members and, where weights are
// fitted, the parameters; `combine` gives logits. The inputs of a weigh step are, in this order,
// the rows it is fitted on (label_model) or the student that learned the weights (learned), the
// members, and the poll on the rows (label_model).
#ifndef W2S_VOTERS_H
#define W2S_VOTERS_H

#include "base/arena.h"
#include "base/err.h"
#include "plan/plan.h"

// Members of a weigh step, and where they stand among its inputs.
struct members {
    size_t first, n;
};
struct members members_of(const struct step *weigh);

struct voter {
    uint32_t member;  // the step that makes it
    const char *name; // "stump", "clauses.money"
};

// The voters of a weigh step, in the order of their votes, in `arena`. `group` becomes the least of
// the voters that each is not independent of, itself included (label_model.h): by the argument
// `dependent`, lists of members, and by what rules say of each other. Fails with ERR_DATA where
// rules do not load.
struct voters {
    struct voter *item;
    uint32_t *group;
    size_t n;
};
W2S_MUST_CHECK int voters_find(struct voters *out, const struct plan *plan,
                               const struct step *weigh, struct arena *arena, struct err *err);

// A vote (label_model.h) as probabilities: "not k" is uniform over the others. False when it
// abstains.
bool vote_probabilities(double *p, const float *vote, size_t classes);
// exp(-entropy), what `weights: entropy` weighs by: one over the number of classes that are left
// open, as perplexity counts them (Jelinek et al. 1977). A hard vote weighs 1, a uniform one 1 / C.
double vote_certainty(const double *p, size_t classes);

#endif
