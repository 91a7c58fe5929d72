// robustness.c -- see robustness.h.
#include "eval/robustness.h"

#include "base/base.h"
#include "base/detmath.h"

static double logit(double x)
{
    return det_log(x) - det_log(1 - x);
}

static bool has_logits(const struct accuracies *a)
{
    return a->clean > 0 && a->clean < 1 && a->here > 0 && a->here < 1;
}

static double predicted(double clean, const struct accuracies *others, size_t n, bool *unique)
{
    double x = 0, y = 0, xx = 0, xy = 0;
    for (size_t i = 0; i < n; i++) {
        x += logit(others[i].clean) / (double)n;
        y += logit(others[i].here) / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        double dx = logit(others[i].clean) - x;
        xx += dx * dx;
        xy += dx * (logit(others[i].here) - y);
    }
    *unique = false; // the sum of squares of equal numbers may not be 0
    for (size_t i = 1; i < n; i++)
        *unique |= others[i].clean != others[0].clean;
    return 1 / (1 + det_exp(-(y + xy / xx * (logit(clean) - x))));
}

int robustness_effective(double *out, const struct accuracies *model, const struct accuracies *others, size_t n,
                         struct err *err)
{
    bool sound = model->clean > 0 && model->clean < 1, unique;
    for (size_t i = 0; i < n; i++)
        sound &= has_logits(&others[i]);
    if (!sound)
        return err_set(err, ERR_DATA, "an accuracy of 0 or 1 has no logit, and the line is fitted to logits");
    double expected = predicted(model->clean, others, n, &unique);
    if (!unique)
        return err_set(err, ERR_DATA, "the other models have one clean accuracy, so no line goes through them");
    *out = model->here - expected;
    return 0;
}
