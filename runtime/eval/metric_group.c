// metric_group.c -- worst_group: another metric, in each group of rows by itself.
#include "metric_impl.h"

#include "base/mem.h"

#include <math.h> // only isnan; no function is called
#include <string.h>

// Which rows are of which group: those of group g are row[first[g]] .. row[first[g + 1] - 1].
struct grouping {
    size_t n; // groups, those without rows among them
    size_t *first;
    size_t *row;
};

static int group_rows(struct grouping *out, const uint32_t *group, size_t n, struct err *err)
{
    *out = (struct grouping){0};
    for (size_t i = 0; i < n; i++)
        if (group[i] >= out->n)
            out->n = (size_t)group[i] + 1;
    out->first = mem_try(out->n + 2, sizeof *out->first, "rows by group", err);
    if (out->first != NULL)
        out->row = mem_try(n, sizeof *out->row, "rows by group", err);
    if (out->row == NULL)
        return -1;
    for (size_t i = 0; i < n; i++)
        out->first[group[i] + 2]++;
    for (size_t g = 0; g < out->n; g++)
        out->first[g + 2] += out->first[g + 1];
    for (size_t i = 0; i < n; i++)
        out->row[out->first[group[i] + 1]++] = i;
    return 0;
}

static void grouping_release(struct grouping *grouping)
{
    mem_free(grouping->first);
    mem_free(grouping->row);
}

static int take_rows(struct predictions *out, const struct predictions *from, const size_t *row,
                     size_t n, struct err *err)
{
    float *p = mem_try(n, from->classes * sizeof *p, "predictions of a group", err);
    for (size_t i = 0; p != NULL && i < n; i++)
        memcpy(p + i * from->classes, from->p + row[i] * from->classes, from->classes * sizeof *p);
    *out = (struct predictions){.n = n, .classes = from->classes, .p = p};
    return p != NULL ? 0 : -1;
}

// The metric over the rows given: the model's and the others' predictions of them.
static int over_rows(double *out, const struct value *metric, const struct metric_input *in,
                     const size_t *row, size_t n, struct err *err)
{
    struct metric_input part = {.n_others = in->n_others};
    struct predictions *others = mem_new(in->n_others * sizeof *others);
    uint32_t *gold = mem_try(n, sizeof *gold, "labels of a group", err);
    int status = gold != NULL ? take_rows(&part.model, &in->model, row, n, err) : -1;
    for (size_t i = 0; status == 0 && i < n; i++)
        gold[i] = in->gold[row[i]];
    for (size_t i = 0; status == 0 && i < in->n_others; i++)
        status = take_rows(&others[i], &in->others[i], row, n, err);
    part.gold = gold;
    part.others = others;
    if (status == 0)
        status = metric_compute(out, metric, &part, err);
    mem_free((float *)part.model.p);
    for (size_t i = 0; i < in->n_others; i++)
        mem_free((float *)others[i].p);
    mem_free(others);
    mem_free(gold);
    return status;
}

static int worst(double *out, const struct value *metric, const struct metric_input *in,
                 const struct grouping *groups, struct err *err)
{
    bool more = metric_more_is_better(metric->text), any = false;
    for (size_t g = 0; g < groups->n; g++) {
        size_t n = groups->first[g + 1] - groups->first[g];
        double x = 0;
        struct err why = {0};
        if (n == 0)
            continue;
        if (over_rows(&x, metric, in, groups->row + groups->first[g], n, &why) < 0)
            return err_set(err, why.kind, "in group %zu: %s", g, why.text);
        if (!any || isnan(x) || (more ? x < *out : x > *out))
            *out = x;
        any = true;
        if (isnan(x))
            break;
    }
    return 0;
}

// Sagawa et al. 2020 (arXiv 1911.08731): the worst value of a group, over the groups that have
// rows.
int metric_worst_group(double *out, const struct value *call, const struct metric_input *in,
                       struct err *err)
{
    const struct value *measured = value_arg(call, "metric");
    const struct value plain = {.kind = VALUE_CALL, .text = measured->text};
    bool by_class = strcmp(value_arg_text(call, "by"), "class") == 0;
    if (!by_class && in->group == NULL) {
        err_set(err, ERR_DATA, "worst_group on rows that belong to no groups");
        err_hint(err, "Name the column with 'group:' of the source, or measure 'by: class'.");
        return -1;
    }
    struct grouping groups;
    int status = group_rows(&groups, by_class ? in->gold : in->group, in->model.n, err);
    if (status == 0)
        status = worst(out, measured->kind == VALUE_CALL ? measured : &plain, in, &groups, err);
    grouping_release(&groups);
    return status;
}
