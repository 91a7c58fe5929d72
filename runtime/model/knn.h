// knn.h -- k nearest neighbours (Fix & Hodges 1951; Cover & Hart 1967), exact.
//
// The distance of two rows is the sum of squared differences of their features, in f64: sixteen
// lanes, lane j over the features j, j + 16, ..., folded 8, 4, 2, 1 apart. Of rows at the same
// distance the first is the nearer. The probability of a class is its share among the k
// neighbours: votes / k for gold labels. No row is left out of its own neighbours.
//
// What is learned is one f32 array: the features of the rows, N x D, then their class shares, N x
// C.
#ifndef W2S_KNN_H
#define W2S_KNN_H

#include "model/model.h"

// Stored rows of a model that has been fitted: n_params is N (D + C).
static inline size_t knn_rows(const struct model *model)
{
    return model->n_params / (model->features + model->classes);
}

// Whether an array of so many values can be one of this model.
bool knn_is_valid(const struct model *model, size_t n_values);

struct neighbour {
    double distance;
    uint32_t row;
};

// The class shares of a row of D features. `nearest` is room for k, and tells them afterwards, the
// nearest first.
void knn_shares(double *shares, struct neighbour *nearest, const struct model *model,
                const float *values, const float *x);

#endif
