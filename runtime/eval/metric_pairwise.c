// metric_pairwise.c -- pairwise_accuracy: does the model rank rows as the teacher does?
#include "metric_impl.h"

#include "eval/log_odds.h"

#include <math.h> // only NAN; no function is called

// The share of concordant pairs, a tie of the model counting half: (tau + 1) / 2 of Kendall 1938,
// Biometrika 30:81, over the pairs that were drawn. A list of k rows, best first, is its
// k (k - 1) / 2 pairs. Halves are exact in double while there are fewer than 2^52 pairs.
int metric_pairwise_accuracy(double *out, const struct value *call, const struct metric_input *in,
                             struct err *err)
{
    const struct rankings *lists = in->rankings;
    size_t cls = (size_t)value_arg_int(call, "class"), classes = in->model.classes;
    if (lists == NULL || in->z == NULL)
        BUG("pairwise_accuracy() without rankings");
    if (cls >= classes || classes < 2)
        return err_set(err, ERR_DATA, "there is no class %zu among %zu to rank by", cls, classes);
    double right = 0;
    for (size_t i = 0; i < lists->n; i++)
        for (size_t a = 0; a < lists->k; a++)
            for (size_t b = a + 1; b < lists->k; b++) {
                const uint32_t *list = lists->row + i * lists->k;
                double better = log_odds(in->z + list[a] * classes, classes, cls);
                double worse = log_odds(in->z + list[b] * classes, classes, cls);
                right += better > worse ? 1 : better == worse ? 0.5 : better < worse ? 0 : NAN;
            }
    *out = right / ((double)lists->n * (double)(lists->k * (lists->k - 1) / 2));
    return 0;
}
