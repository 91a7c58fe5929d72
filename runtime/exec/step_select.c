// step_select.c -- see step_select.h.
#include "exec/step_select.h"

#include "base/mem.h"
#include "model/schedule.h"

#include <string.h>

// --- labels
// ------------------------------------------------------------------------------------------
static int gold_labels(uint32_t *out, const struct rows *rows, size_t classes, struct err *err)
{
    if (rows->table->y == NULL)
        return err_set(err, ERR_DATA, "the rows that select an epoch have no labels");
    for (size_t i = 0; i < rows->n; i++) {
        out[i] = rows->table->y[rows->index[i]];
        if (out[i] >= classes)
            return err_set(err, ERR_DATA,
                           "label %u among the rows that select an epoch, and the model "
                           "knows %zu classes",
                           (unsigned)out[i], classes);
    }
    return 0;
}

// What the targets of a row come to: a class, or SIZE_MAX where they say nothing.
static size_t taught_class(double *sum, const struct train_term *terms, size_t n_terms, size_t row,
                           size_t classes)
{
    memset(sum, 0, classes * sizeof *sum);
    for (size_t t = 0; t < n_terms; t++) {
        if (terms[t].probs.cols == 0)
            continue;
        double weight = schedule_at(&terms[t].weight, 1);
        if (terms[t].mask.cols > 0) // of a filter: what it drops says nothing
            weight *= (double)terms[t].mask.data[row];
        for (size_t k = 0; k < classes; k++)
            sum[k] += weight * (double)terms[t].probs.data[row * classes + k];
    }
    size_t best = 0, least = 0;
    for (size_t k = 1; k < classes; k++) {
        best = sum[k] > sum[best] ? k : best;
        least = sum[k] < sum[least] ? k : least;
    }
    return sum[best] > sum[least] ? best : SIZE_MAX;
}

// Leaves of the rows those that are taught something, and their classes.
static int taught_labels(uint32_t *out, struct scorer *s, const struct train_term *terms,
                         size_t n_terms, struct err *err)
{
    size_t classes = s->model->classes, n = 0;
    double *sum = mem_try(classes, sizeof *sum, "targets", err);
    if (sum == NULL)
        return -1;
    for (size_t i = 0; i < s->rows.n; i++) {
        size_t cls = taught_class(sum, terms, n_terms, s->holdout.held[i], classes);
        if (cls == SIZE_MAX)
            continue;
        s->rows.index[n] = s->rows.index[i];
        out[n++] = (uint32_t)cls;
    }
    s->rows.n = n;
    mem_free(sum);
    return n > 0 ? 0
                 : err_set(err, ERR_DATA,
                           "no row of the holdout has a target, so no epoch can be selected");
}

// --- rows
// --------------------------------------------------------------------------------------------
// `at`: positions, or NULL for all.
static int take_rows(struct rows *out, const struct rows *from, const uint32_t *at, size_t n,
                     struct err *err)
{
    out->index = mem_try(n, sizeof *out->index, "rows that select an epoch", err);
    if (out->index == NULL)
        return -1;
    out->table = from->table;
    out->n = n;
    for (size_t i = 0; i < n; i++)
        out->index[i] = from->index[at != NULL ? at[i] : i];
    return 0;
}

static bool is_kept(const struct holdout *holdout, uint32_t position)
{
    size_t low = 0, high = holdout->n_held;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (holdout->held[middle] < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low == holdout->n_held || holdout->held[low] != position;
}

// The rankings without rows that are held out, in memory of their own.
static int keep_lists(struct train_lists *lists, const struct holdout *holdout, struct err *err)
{
    if (lists->k == 0)
        return 0;
    uint32_t *row = mem_try(lists->n, lists->k * sizeof *row, "rankings", err);
    size_t n = 0;
    if (row == NULL)
        return -1;
    for (size_t i = 0; i < lists->n; i++) {
        const uint32_t *list = lists->row + i * lists->k;
        bool kept = true;
        for (size_t k = 0; k < lists->k && kept; k++)
            kept = is_kept(holdout, list[k]);
        if (kept)
            memcpy(row + n++ * lists->k, list, lists->k * sizeof *row);
    }
    if (n == 0) {
        mem_free(row);
        return err_set(err, ERR_DATA, "every ranking has a row that is held out");
    }
    lists->row = row;
    lists->n = n;
    return 0;
}

// Rankings that terms share stay shared: they have slots of their own otherwise.
static int keep_all_lists(struct train_term *terms, size_t n_terms, struct scorer *s,
                          struct err *err)
{
    s->lists = mem_new(n_terms * sizeof *s->lists);
    const uint32_t **before = mem_new(n_terms * sizeof *before);
    int status = 0;
    for (size_t i = 0; i < n_terms && status == 0; i++) {
        before[i] = terms[i].lists.row;
        size_t first = 0;
        while (first < i && (terms[i].lists.k == 0 || before[first] != before[i]))
            first++;
        if (first < i) {
            terms[i].lists = terms[first].lists;
            continue;
        }
        status = keep_lists(&terms[i].lists, &s->holdout, err);
        if (status == 0 && terms[i].lists.k > 0)
            s->lists[s->n_lists++] = terms[i].lists.row;
    }
    mem_free(before);
    return status;
}

// --- the score
// ---------------------------------------------------------------------------------------
static int score(void *data, double *out, const float *params, struct err *err)
{
    struct scorer *s = data;
    size_t n = s->rows.n, classes = s->model->classes;
    if (predict(s->logits, s->model, params, &s->rows, &s->context, err) < 0)
        return -1;
    s->kernels->softmax(s->probs, s->logits, n, classes);
    s->input.model = (struct predictions){.n = n, .classes = (uint32_t)classes, .p = s->probs};
    return metric_compute(out, s->metric, &s->input, err);
}

static int take_groups(struct scorer *s, struct err *err)
{
    if (s->rows.table->group == NULL)
        return 0;
    uint32_t *group = mem_try(s->rows.n, sizeof *group, "groups", err);
    for (size_t i = 0; group != NULL && i < s->rows.n; i++)
        group[i] = s->rows.table->group[s->rows.index[i]];
    s->input.group = group;
    return group != NULL ? 0 : -1;
}

static int fill(struct scorer *s, const struct step_call *c, const struct value *select,
                struct train_term *terms, size_t n_terms, struct err *err)
{
    const struct rows *rows = &c->in[0]->rows;
    const struct value *on = value_arg(select, "on");
    if (on != NULL) {
        const struct rows *others = &c->in[on->index]->rows;
        if (take_rows(&s->rows, others, NULL, others->n, err) < 0)
            return -1;
    } else if (holdout_choose(&s->holdout, rows, value_arg_number(select, "holdout"),
                              (uint64_t)c->step->seed, err) < 0 ||
               take_rows(&s->rows, rows, s->holdout.held, s->holdout.n_held, err) < 0 ||
               keep_all_lists(terms, n_terms, s, err) < 0) {
        return -1;
    }
    size_t n = s->rows.n, classes = s->model->classes;
    uint32_t *labels = mem_try(n, sizeof *labels, "labels", err);
    s->input.gold = labels;
    if (labels == NULL)
        return -1;
    bool gold = on != NULL || strcmp(value_arg_text(select, "labels"), "gold") == 0;
    if ((gold ? gold_labels(labels, &s->rows, classes, err)
              : taught_labels(labels, s, terms, n_terms, err)) < 0)
        return -1;
    s->logits = mem_try(n, classes * sizeof(float), "logits", err);
    s->probs = s->logits != NULL ? mem_try(n, classes * sizeof(float), "probabilities", err) : NULL;
    return s->probs != NULL ? take_groups(s, err) : -1;
}

int scorer_init(const struct selection **out, struct scorer *s, const struct step_call *c,
                const struct model *model, struct train_term *terms, size_t n_terms,
                struct err *err)
{
    const struct value *select = value_arg(&c->step->attrs, "select");
    *s = (struct scorer){.kernels = c->context.kernels, .context = c->context, .model = model};
    *out = NULL;
    if (select == NULL)
        return 0;
    s->context.stop = NULL; // an epoch and its score are one: a stop comes at the next step
    s->metric = value_arg(select, "metric");
    if (fill(s, c, select, terms, n_terms, err) < 0)
        return -1;
    s->selection = (struct selection){.more_is_better = metric_call_more_is_better(s->metric),
                                      .kept = s->holdout.kept,
                                      .n_kept = s->holdout.n_kept,
                                      .score = score,
                                      .data = s};
    *out = &s->selection;
    return 0;
}

void scorer_release(struct scorer *s)
{
    for (size_t i = 0; i < s->n_lists; i++)
        mem_free((uint32_t *)s->lists[i]);
    mem_free(s->lists);
    mem_free((uint32_t *)s->input.gold);
    mem_free((uint32_t *)s->input.group);
    mem_free(s->logits);
    mem_free(s->probs);
    rows_release(&s->rows);
    holdout_release(&s->holdout);
}
