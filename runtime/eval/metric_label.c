// metric_label.c -- metrics of one model against the gold labels, row by row: accuracy, nll, brier;
// by class: balanced_accuracy, f1.
#include "metric_impl.h"

#include "base/detmath.h"
#include "base/mem.h"

#include <math.h> // only NAN; no function is called

int metric_accuracy(double *out, const struct value *call, const struct metric_input *in,
                    struct err *err)
{
    (void)call;
    (void)err;
    size_t right = 0;
    for (size_t i = 0; i < in->model.n; i++)
        right += metric_says(&in->model, i, in->gold[i]);
    *out = (double)right / (double)in->model.n;
    return 0;
}

int metric_nll(double *out, const struct value *call, const struct metric_input *in,
               struct err *err)
{
    (void)call;
    (void)err;
    double sum = 0;
    for (size_t i = 0; i < in->model.n; i++) {
        uint32_t top;
        bool whole = metric_top(&top, &in->model, i);
        double p = whole ? metric_probability(&in->model, i, in->gold[i]) : NAN;
        sum -= det_log(p < 0x1p-126 ? 0x1p-126 : p); // a NaN is not less and stays
    }
    *out = sum / (double)in->model.n;
    return 0;
}

// Brier 1950, Monthly Weather Review 78:1, the sum over classes.
int metric_brier(double *out, const struct value *call, const struct metric_input *in,
                 struct err *err)
{
    (void)call;
    (void)err;
    double sum = 0;
    for (size_t i = 0; i < in->model.n; i++)
        for (uint32_t c = 0; c < in->model.classes; c++) {
            double miss = metric_probability(&in->model, i, c) - (c == in->gold[i]);
            sum += miss * miss;
        }
    *out = sum / (double)in->model.n;
    return 0;
}

// --- by class -----------------------------------------------------------------------------------

// Of each class: its rows, those predicted right, and how often it was predicted.
struct tally {
    size_t rows, right, predicted;
};

static struct tally *count(const struct metric_input *in, struct err *err)
{
    struct tally *tally = mem_try(in->model.classes, sizeof *tally, "counts by class", err);
    for (size_t i = 0; tally != NULL && i < in->model.n; i++) {
        uint32_t top;
        bool whole = metric_top(&top, &in->model, i);
        tally[in->gold[i]].rows++;
        tally[in->gold[i]].right += whole && top == in->gold[i];
        if (whole)
            tally[top].predicted++;
    }
    return tally;
}

// Brodersen et al. 2010, "The balanced accuracy and its posterior distribution" (ICPR): the mean
// recall, over the classes that have rows.
int metric_balanced_accuracy(double *out, const struct value *call, const struct metric_input *in,
                             struct err *err)
{
    (void)call;
    struct tally *tally = count(in, err);
    if (tally == NULL)
        return -1;
    double sum = 0;
    size_t n = 0;
    for (size_t c = 0; c < in->model.classes; c++) {
        if (tally[c].rows == 0)
            continue;
        sum += (double)tally[c].right / (double)tally[c].rows;
        n++;
    }
    *out = sum / (double)n;
    mem_free(tally);
    return 0;
}

// F1 = 2 TP / (2 TP + FP + FN) (van Rijsbergen 1979, with equal weights): of class 1 when there are
// two; otherwise the mean of F1 over classes (Opitz & Burst 2019, arXiv 1911.03347), those
// that occur among the labels or the predictions.
int metric_f1(double *out, const struct value *call, const struct metric_input *in, struct err *err)
{
    (void)call;
    struct tally *tally = count(in, err);
    if (tally == NULL)
        return -1;
    double sum = 0;
    size_t n = 0;
    for (size_t c = in->model.classes == 2 ? 1 : 0; c < in->model.classes; c++) {
        size_t both = tally[c].rows + tally[c].predicted; // TP + FN + TP + FP
        if (both == 0)
            continue;
        sum += 2.0 * (double)tally[c].right / (double)both;
        n++;
    }
    *out = n > 0 ? sum / (double)n : NAN;
    mem_free(tally);
    return 0;
}
