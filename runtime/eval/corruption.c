// corruption.c -- see corruption.h.
#include "eval/corruption.h"

int corruption_mce(double *out, const struct corruption_errors *errors, struct err *err)
{
    const double *model = errors->model, *baseline = errors->baseline;
    double sum = 0;
    for (size_t c = 0; c < errors->n_corruptions; c++) {
        double of_model = 0, of_baseline = 0;
        for (size_t s = 0; s < errors->members[c]; s++) {
            of_model += *model++ - errors->clean_model;
            of_baseline += *baseline++ - errors->clean_baseline;
        }
        if (!(of_baseline > 0))
            return err_set(
                err, ERR_DATA,
                "the baseline makes no more errors under corruption %zu of %zu than without", c + 1,
                errors->n_corruptions);
        sum += of_model / of_baseline;
    }
    *out = sum / (double)errors->n_corruptions;
    return 0;
}
