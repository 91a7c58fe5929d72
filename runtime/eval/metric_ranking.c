// metric_ranking.c -- auroc and auprc: how well the probability of a class ranks its rows above the
// rest.
//
// Rows are ranked by the f32 probability of the class; equal ones are a tie. Of two classes, class
// 1 is ranked; of more, each in turn against the rest, and the mean is taken over the classes that
// have both rows and a rest (macro average, one against the rest: Fawcett 2006, Pattern Recognition
// Letters 27:861, section 9.2, without weights). `class` ranks one class alone. And ood_auroc, which ranks
// rows, not classes.
#include "metric_impl.h"

#include "base/mem.h"

#include <math.h> // only NAN; no function is called
#include <stdlib.h>

struct scored {
    float score;
    bool positive;
};

static int best_first(const void *a, const void *b)
{
    float x = ((const struct scored *)a)->score, y = ((const struct scored *)b)->score;
    return (x < y) - (x > y);
}

// The rows of one tie: those before it, and its own.
struct tie {
    size_t positive_before, negative_before, positive, negative;
};

typedef double tie_term(const struct tie *tie);

// Sums a term over the ties, best first. Of equal scores only counts are taken, so no order of
// theirs matters.
static double sum_over_ties(const struct scored *rows, size_t n, tie_term *term)
{
    struct tie tie = {0};
    double sum = 0;
    for (size_t i = 0; i < n;) {
        float score = rows[i].score;
        for (; i < n && rows[i].score == score; i++) {
            tie.positive += rows[i].positive;
            tie.negative += !rows[i].positive;
        }
        sum += term(&tie);
        tie = (struct tie){.positive_before = tie.positive_before + tie.positive,
                           .negative_before = tie.negative_before + tie.negative};
    }
    return sum;
}

// Pairs (positive, negative) that the tie adds to the Mann-Whitney statistic (Hanley & McNeil 1982,
// Radiology 143:29): its negatives lie below the positives before it, and tie with its own, which
// counts half. Whole and half numbers, exact in double while there are fewer than 2^52 pairs.
static double pairs_ranked_right(const struct tie *tie)
{
    return (double)tie->negative * ((double)tie->positive_before + 0.5 * (double)tie->positive);
}

// Average precision, sum over thresholds of (recall step) x precision, times the positives: no line
// is drawn between the points, which would flatter (Davis & Goadrich 2006; Boyd et al. 2013).
static double precision_gained(const struct tie *tie)
{
    double positive = (double)(tie->positive_before + tie->positive);
    double all = positive + (double)(tie->negative_before + tie->negative);
    return (double)tie->positive * (positive / all);
}

// Sorts the rows by the probability of `cls` into `rows`; gives how many are of the class.
static size_t rank(struct scored *rows, const struct metric_input *in, uint32_t cls)
{
    size_t positives = 0;
    for (size_t i = 0; i < in->model.n; i++) {
        rows[i] = (struct scored){in->model.p[i * in->model.classes + cls], in->gold[i] == cls};
        positives += rows[i].positive;
    }
    if (positives > 0 && positives < in->model.n)
        qsort(rows, in->model.n, sizeof *rows, best_first);
    return positives;
}

static int macro(double *out, const struct value *call, const struct metric_input *in,
                 tie_term *term, bool per_pair, struct err *err)
{
    size_t n = in->model.n, ranked = 0;
    struct scored *rows = mem_try(n, sizeof *rows, "ranked rows", err);
    if (rows == NULL)
        return -1;
    bool known = !metric_has_nan(&in->model);
    const struct value *only = value_arg(call, "class");
    uint32_t c = only != NULL ? (uint32_t)only->number : in->model.classes == 2 ? 1 : 0;
    uint32_t end = only != NULL && c < in->model.classes ? c + 1 : in->model.classes;
    double sum = 0;
    for (; c < end; c++) {
        size_t positives = rank(rows, in, c);
        if (positives == 0 || positives == n)
            continue;
        double most = (double)positives * (per_pair ? (double)(n - positives) : 1.0);
        sum += known ? sum_over_ties(rows, n, term) / most : NAN;
        ranked++;
    }
    mem_free(rows);
    if (ranked == 0 && only != NULL)
        return err_set(err, ERR_DATA, "%s of class %.0f, of which all rows are, or none", call->text,
                       only->number);
    if (ranked == 0)
        return err_set(err, ERR_DATA, "%s of rows that are all of class %u", call->text,
                       in->gold[0]);
    *out = sum / (double)ranked;
    return 0;
}

int metric_auroc(double *out, const struct value *call, const struct metric_input *in,
                 struct err *err)
{
    return macro(out, call, in, pairs_ranked_right, true, err);
}

int metric_auprc(double *out, const struct value *call, const struct metric_input *in,
                 struct err *err)
{
    return macro(out, call, in, precision_gained, false, err);
}

// --- rows from elsewhere ------------------------------------------------------------------------

// The top probability of each row, as scores of rows that are `positive`.
static void score_confidence(struct scored *rows, const struct predictions *p, bool positive)
{
    for (size_t i = 0; i < p->n; i++) {
        uint32_t top;
        metric_top(&top, p, i);
        rows[i] = (struct scored){p->p[i * p->classes + top], positive};
    }
}

// Hendrycks & Gimpel 2017 (arXiv 1610.02136): the area under the ROC curve of telling the rows measured
// from those of other data by the model's top probability, which should be higher at home.
int metric_ood_auroc(double *out, const struct value *call, const struct metric_input *in,
                     struct err *err)
{
    const struct predictions *home = &in->model, *away = &in->others[0];
    (void)call;
    if (in->n_others != 1)
        BUG("ood_auroc() without predictions of other rows");
    if (away->n == 0)
        return err_set(err, ERR_DATA, "there are no rows to tell from");
    struct scored *rows = mem_try(home->n + away->n, sizeof *rows, "ranked rows", err);
    if (rows == NULL)
        return -1;
    bool known = !metric_has_nan(home) && !metric_has_nan(away);
    score_confidence(rows, home, true);
    score_confidence(rows + home->n, away, false);
    qsort(rows, known ? home->n + away->n : 0, sizeof *rows, best_first);
    double pairs = (double)home->n * (double)away->n;
    *out = known ? sum_over_ties(rows, home->n + away->n, pairs_ranked_right) / pairs : NAN;
    mem_free(rows);
    return 0;
}
