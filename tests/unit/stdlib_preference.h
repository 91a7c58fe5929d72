// stdlib_preference.h -- the losses of kind preference, computed as their papers write them.
#ifndef W2S_TEST_STDLIB_PREFERENCE_H
#define W2S_TEST_STDLIB_PREFERENCE_H

#include "stdlib_world.h"

static double sigmoid_of(double x)
{
    return 1 / (1 + exp(-x));
}

// What the student makes of a row beyond the reference.
static struct mat rewards(const struct world *w, double beta)
{
    struct mat s = scores_mat(w), r = given_mat(w, SOURCE_REFERENCE_SCORES, 0);
    for (size_t p = 0; p < s.rows; p++)
        for (size_t k = 0; k < s.cols; k++)
            s.at[p][k] = beta * (s.at[p][k] - r.at[p][k]);
    return s;
}

// The mean of f(gap, x) over all pairs, gap being the better score less the worse one.
static double mean_over_pairs(const struct mat *s, double (*f)(double gap, double x), double x)
{
    double sum = 0;
    size_t n = 0;
    for (size_t p = 0; p < s->rows; p++)
        for (size_t i = 0; i < s->cols; i++)
            for (size_t j = i + 1; j < s->cols; j++, n++)
                sum += f(s->at[p][i] - s->at[p][j], x);
    return sum / (double)n;
}

// The probability of drawing the rows of a ranking in their order, one by one.
static double listwise(const struct mat *s, size_t top)
{
    double sum = 0;
    for (size_t p = 0; p < s->rows; p++) {
        double likelihood = 1;
        for (size_t i = 0; i < s->cols && i < top; i++) {
            double left = 0;
            for (size_t j = i; j < s->cols; j++)
                left += exp(s->at[p][j]);
            likelihood *= exp(s->at[p][i]) / left;
        }
        sum -= log(likelihood);
    }
    return sum / (double)s->rows;
}

static double logistic(double gap, double noise)
{
    return -(1 - noise) * log(sigmoid_of(gap)) - noise * log(sigmoid_of(-gap));
}

static double hinge(double gap, double margin)
{
    return gap < margin ? margin - gap : 0;
}

static double squared_from(double gap, double aim)
{
    return (gap - aim) * (gap - aim);
}

static double wanted_bradley_terry(const struct world *w, const struct value *call)
{
    struct mat s = scores_mat(w);
    (void)call;
    return mean_over_pairs(&s, logistic, 0);
}

static double wanted_plackett_luce(const struct world *w, const struct value *call)
{
    struct mat s = scores_mat(w);
    size_t top = (size_t)value_arg_number(call, "top");
    return listwise(&s, top == 0 ? SIDE : top);
}

static double wanted_margin_ranking(const struct world *w, const struct value *call)
{
    struct mat s = scores_mat(w);
    return mean_over_pairs(&s, hinge, value_arg_number(call, "margin"));
}

static double wanted_dpo(const struct world *w, const struct value *call)
{
    struct mat h = rewards(w, value_arg_number(call, "beta"));
    if (h.cols == 2)
        return mean_over_pairs(&h, logistic, 0);
    return listwise(&h, SIDE);
}

static double wanted_ipo(const struct world *w, const struct value *call)
{
    struct mat h = rewards(w, 1);
    return mean_over_pairs(&h, squared_from, 1 / (2 * value_arg_number(call, "tau")));
}

static double wanted_cdpo(const struct world *w, const struct value *call)
{
    struct mat h = rewards(w, value_arg_number(call, "beta"));
    return mean_over_pairs(&h, logistic, value_arg_number(call, "epsilon"));
}

#endif
