// tree.h -- decision trees: CART, exact and greedy (Breiman, Friedman, Olshen & Stone 1984).
//
// A row has a share of each class (one-hot for gold labels, a teacher's probabilities for soft
// ones) and a weight. A node that holds W of weight, w_c of it of class c, has the impurity
//     gini     1 - sum_c (w_c / W)^2            entropy  -sum_c (w_c / W) log(w_c / W)
// and is split at the feature and threshold for which W_left impurity_left + W_right impurity_right
// is least: x <= threshold goes left. It becomes a leaf at the largest depth, when it has fewer
// rows than min_split or than two leaves need, when it is pure, and when all its rows are alike. A
// split that gains nothing by itself is made, since those below it may (exclusive or), as
// scikit-learn does. Ties go to the lowest feature, then to the lowest threshold. Sums are in f64:
// over the rows of a node in ascending order of the feature (equal values: in row order), those of
// the right side are the node's less the left's. Nothing depends on threads.
//
// The threshold is the middle of two neighbouring values, rounded down to f32: for features in f32
// it decides exactly like the middle in f64, which is scikit-learn's. Unlike there, values less
// than 1e-7 apart are told apart.
//
// The tree is one f32 array, node after node in preorder, so that the left child of a node follows
// it: TREE_HEAD numbers, then the share of each of the C classes. All whole numbers in it are
// exact, for at most TREE_MAX_ROWS rows.
#ifndef W2S_TREE_H
#define W2S_TREE_H

#include "model/model.h"

enum {
    TREE_FEATURE, // -1: a leaf
    TREE_THRESHOLD,
    TREE_RIGHT, // number of the right child
    TREE_ROWS,  // of the training in this node
    TREE_HEAD
};
enum { TREE_MAX_ROWS = 1 << 23, TREE_MAX_DEPTH = 64 };

static inline size_t tree_width(const struct model *model)
{
    return TREE_HEAD + model->classes;
}

// Rows to learn from. `share` N x C; `weight` N, finite and not negative, or NULL: all 1.
struct tree_rows {
    size_t n;
    const float *column; // D x N: the features, one after the other; finite
    const float *share;
    const float *weight;
};

// Gives the nodes (mem_free) and how many floats they are. Fails for want of memory, on more than
// TREE_MAX_ROWS rows, and with ERR_INTERRUPTED soon after *stop, unless NULL, becomes non-zero.
struct step_context;
W2S_MUST_CHECK int tree_fit(float **nodes, size_t *n_values, const struct model *model,
                            const struct tree_rows *rows, const struct step_context *context,
                            struct err *err);

// Whether an array from outside is a tree of this model: preorder, no deeper than TREE_MAX_DEPTH.
bool tree_is_valid(const struct model *model, const float *nodes, size_t n_values);

// The leaf of a row of D features.
const float *tree_leaf(const struct model *model, const float *nodes, const float *x);

#endif
