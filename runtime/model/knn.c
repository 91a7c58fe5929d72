// knn.c -- see knn.h. One pass over the stored rows; a row is given up as soon as the sum of its
// first differences is beyond the k-th nearest so far: sums of squares only grow, in any rounding.
#include "model/knn.h"

#include <string.h>

enum { LANES = 16, LOOK = 4 * LANES }; // features between two looks at the limit

static double fold(const double *lane)
{
    double sum[LANES];
    memcpy(sum, lane, sizeof sum);
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            sum[i] += sum[i + half];
    return sum[0];
}

// The squared distance; when it is beyond `limit`, any number beyond.
static double distance(const float *a, const float *b, size_t n, double limit)
{
    double lane[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) {
            double d = (double)a[i + k] - (double)b[i + k];
            lane[k] += d * d;
        }
        if (i % LOOK == LOOK - LANES && fold(lane) > limit)
            return fold(lane);
    }
    for (size_t k = 0; i + k < n; k++) {
        double d = (double)a[i + k] - (double)b[i + k];
        lane[k] += d * d;
    }
    return fold(lane);
}

// Among the n nearest so far, at most k; after those at the same distance.
static size_t insert(struct neighbour *nearest, size_t n, size_t k, struct neighbour new)
{
    size_t at = n < k ? n : k - 1;
    for (; at > 0 && nearest[at - 1].distance > new.distance; at--)
        nearest[at] = nearest[at - 1];
    nearest[at] = new;
    return n < k ? n + 1 : k;
}

bool knn_is_valid(const struct model *model, size_t n_values)
{
    size_t width = model->features + model->classes, n = n_values / width;
    return n_values % width == 0 && n >= model->neighbours && n <= UINT32_MAX;
}

void knn_shares(double *shares, struct neighbour *nearest, const struct model *model,
                const float *values, const float *x)
{
    size_t D = model->features, C = model->classes, N = knn_rows(model), k = model->neighbours,
           found = 0;
    for (size_t i = 0; i < N; i++) {
        double limit = found < k ? __builtin_inf() : nearest[k - 1].distance;
        double d = distance(values + i * D, x, D, limit);
        if (d < limit || found < k)
            found = insert(nearest, found, k, (struct neighbour){d, (uint32_t)i});
    }
    const float *share = values + N * D;
    double sum = 0;
    for (size_t c = 0; c < C; c++) {
        shares[c] = 0;
        for (size_t i = 0; i < k; i++)
            shares[c] += (double)share[nearest[i].row * C + c];
        sum += shares[c];
    }
    for (size_t c = 0; c < C; c++)
        shares[c] = sum > 0 ? shares[c] / sum : 1 / (double)C;
}
