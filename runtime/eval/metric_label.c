// metric_label.c -- metrics of one model against the gold labels, row by row: accuracy, nll, brier;
// by class: balanced_accuracy, f1; by group: worst_group.
#include "metric_impl.h"

#include "base/detmath.h"
#include "base/mem.h"

#include <math.h> // only NAN; no function is called
#include <string.h>

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

// --- by class or group --------------------------------------------------------------------------

// Of each group: its rows, those predicted right, and (for classes) how often it was predicted.
struct tally {
    size_t rows, right, predicted;
};

// Counts the rows by `group`, whose numbers are below n_groups; `by_class`: the groups are the
// classes.
static struct tally *count(const struct metric_input *in, const uint32_t *group, size_t n_groups,
                           bool by_class, struct err *err)
{
    struct tally *tally = mem_try(n_groups, sizeof *tally, "counts by group", err);
    for (size_t i = 0; tally != NULL && i < in->model.n; i++) {
        uint32_t top;
        bool whole = metric_top(&top, &in->model, i);
        tally[group[i]].rows++;
        tally[group[i]].right += whole && top == in->gold[i];
        if (by_class && whole)
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
    struct tally *tally = count(in, in->gold, in->model.classes, true, err);
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
    struct tally *tally = count(in, in->gold, in->model.classes, true, err);
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

static int groups_of(const uint32_t **group, size_t *n_groups, const struct value *call,
                     const struct metric_input *in, struct err *err)
{
    if (strcmp(value_arg_text(call, "by"), "class") == 0) {
        *group = in->gold;
        *n_groups = in->model.classes;
        return 0;
    }
    if (in->group == NULL) {
        err_set(err, ERR_DATA, "worst_group on rows that belong to no groups");
        err_hint(err, "Name the column with 'group:' of the source, or measure 'by: class'.");
        return -1;
    }
    *group = in->group;
    *n_groups = 0;
    for (size_t i = 0; i < in->model.n; i++)
        if (in->group[i] >= *n_groups)
            *n_groups = (size_t)in->group[i] + 1;
    return 0;
}

// Sagawa et al. 2020 (arXiv 1911.08731): the smallest accuracy of a group, over the groups that
// have rows.
int metric_worst_group(double *out, const struct value *call, const struct metric_input *in,
                       struct err *err)
{
    const uint32_t *group;
    size_t n_groups;
    if (groups_of(&group, &n_groups, call, in, err) < 0)
        return -1;
    struct tally *tally = count(in, group, n_groups, false, err);
    if (tally == NULL)
        return -1;
    *out = 1;
    for (size_t g = 0; g < n_groups; g++) {
        double accuracy = (double)tally[g].right / (double)tally[g].rows;
        if (tally[g].rows > 0 && accuracy < *out)
            *out = accuracy;
    }
    mem_free(tally);
    return 0;
}
