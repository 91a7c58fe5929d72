// stdlib_invariance.h -- the losses of kind invariance, computed as their papers write them.
#ifndef W2S_TEST_STDLIB_INVARIANCE_H
#define W2S_TEST_STDLIB_INVARIANCE_H

#include "stdlib_world.h"

static size_t part_start(const struct world *w, size_t e)
{
    size_t from = 0;
    for (size_t i = 0; i < e; i++)
        from += w->part[i];
    return from;
}

// The mean cross-entropy in environment e when the logits are scaled by s.
static double risk_at(const struct world *w, size_t e, double s)
{
    struct mat z = logits_mat(w), y = given_mat(w, SOURCE_LABELS, 0);
    double sum = 0;
    for (size_t b = part_start(w, e); b < part_start(w, e + 1); b++) {
        double total = 0;
        for (size_t c = 0; c < z.cols; c++)
            total += exp(s * z.at[b][c]);
        sum += log(total) - s * z.at[b][largest(y.at[b], y.cols)];
    }
    return sum / (double)w->part[e];
}

static double annealed(const struct world *w, const struct value *call)
{
    return w->progress < value_arg_number(call, "anneal") ? 1 : value_arg_number(call, "penalty");
}

static double wanted_irm(const struct world *w, const struct value *call)
{
    const double h = 1e-3;
    double sum = 0;
    for (size_t e = 0; e < w->n_parts; e++) {
        double slope = (8 * (risk_at(w, e, 1 + h) - risk_at(w, e, 1 - h)) -
                        (risk_at(w, e, 1 + 2 * h) - risk_at(w, e, 1 - 2 * h))) /
                       (12 * h);
        sum += slope * slope;
    }
    return annealed(w, call) * sum / (double)w->n_parts;
}

// Half the mean squared difference of all ordered pairs is the variance.
static double wanted_vrex(const struct world *w, const struct value *call)
{
    double sum = 0, n = (double)w->n_parts;
    for (size_t e = 0; e < w->n_parts; e++)
        for (size_t f = 0; f < w->n_parts; f++)
            sum += pow(risk_at(w, e, 1) - risk_at(w, f, 1), 2);
    return annealed(w, call) * sum / (2 * n * n);
}

static struct mat layer_in(const struct world *w, const struct value *call, size_t e)
{
    size_t layer = (size_t)value_arg_number(call, "layer");
    struct mat x = layer > 0 ? student_layer(w, features_mat(w), layer) : logits_mat(w);
    struct mat part = {.rows = w->part[e], .cols = x.cols};
    for (size_t b = 0; b < part.rows; b++)
        memcpy(part.at[b], x.at[part_start(w, e) + b], sizeof(part.at[b]));
    return part;
}

// As the paper writes it: (X'X - (1'X)'(1'X) / n) / (n - 1).
static struct mat covariance_of(const struct mat *x)
{
    struct mat c = {.rows = x->cols, .cols = x->cols};
    double n = (double)x->rows;
    for (size_t i = 0; i < x->cols; i++)
        for (size_t j = 0; j < x->cols; j++) {
            double product = 0, left = 0, right = 0;
            for (size_t b = 0; b < x->rows; b++) {
                product += x->at[b][i] * x->at[b][j];
                left += x->at[b][i];
                right += x->at[b][j];
            }
            c.at[i][j] = (product - left * right / n) / (n - 1);
        }
    return c;
}

static double wanted_coral(const struct world *w, const struct value *call)
{
    double sum = 0, n = 0;
    for (size_t e = 0; e < w->n_parts; e++)
        for (size_t f = 0; f < e; f++, n++) {
            struct mat x = layer_in(w, call, e), y = layer_in(w, call, f);
            struct mat a = covariance_of(&x), b = covariance_of(&y);
            for (size_t i = 0; i < a.rows * a.cols; i++)
                sum += pow(a.at[i / a.cols][i % a.cols] - b.at[i / a.cols][i % a.cols], 2) /
                       (4 * (double)(a.cols * a.cols));
        }
    return sum / n;
}

// Of all pairs of rows.
static double mean_kernel(const struct mat *x, const struct mat *y, const struct value *widths)
{
    double sum = 0;
    for (size_t i = 0; i < x->rows; i++)
        for (size_t j = 0; j < y->rows; j++) {
            double d = 0;
            for (size_t k = 0; k < x->cols; k++)
                d += pow(x->at[i][k] - y->at[j][k], 2);
            for (size_t k = 0; k < widths->n; k++)
                sum += exp(-d / (2 * pow(widths->items[k].number, 2))) / (double)widths->n;
        }
    return sum / (double)(x->rows * y->rows);
}

static double wanted_mmd(const struct world *w, const struct value *call)
{
    const struct value *widths = value_arg(call, "widths");
    double sum = 0, n = 0;
    for (size_t e = 0; e < w->n_parts; e++)
        for (size_t f = 0; f < e; f++, n++) {
            struct mat x = layer_in(w, call, e), y = layer_in(w, call, f);
            sum += mean_kernel(&x, &x, widths) + mean_kernel(&y, &y, widths) -
                   2 * mean_kernel(&x, &y, widths);
        }
    return sum / n;
}

#endif
