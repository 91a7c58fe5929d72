// split.c -- see split.h. A part is a slice of one keyed permutation; no state passes between
// parts.
#include "data/split.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "data/row_expr.h"

#include <string.h>

// Shares such as 0.1 + 0.2 + 0.7 add up to a hair less than 1. A number of rows closer than this to
// the next whole one counts as that; remainders closer than this are equal.
static const double SLACK = 1e-5;

void split_sizes(size_t *size, size_t n, const struct split_spec *spec)
{
    double sum = 0;
    for (size_t i = 0; i < spec->n_parts; i++)
        sum += spec->share[i];
    double unit = sum > 1 ? (double)n / sum : (double)n;
    size_t left = (size_t)(sum > 1 ? (double)n : (double)n * sum + SLACK);
    if (left > n)
        left = n;

    double *remainder = mem_new(spec->n_parts * sizeof *remainder);
    for (size_t i = 0; i < spec->n_parts; i++) {
        double exact = unit * spec->share[i];
        size[i] = (size_t)exact;
        remainder[i] = exact - (double)size[i];
        left = left > size[i] ? left - size[i] : 0;
    }
    for (; left > 0; left--) {
        size_t best = 0;
        for (size_t i = 1; i < spec->n_parts; i++)
            if (remainder[i] > remainder[best] + SLACK)
                best = i;
        size[best]++;
        remainder[best] = -1;
    }
    mem_free(remainder);
}

static struct rng_key key_of(const struct split_spec *spec)
{
    struct str stage = {0};
    str_format(&stage, "split %s", spec->name);
    struct rng_key key = rng_key_of(spec->seed, str_text(&stage));
    str_release(&stage);
    return key;
}

// Copies the slice that is `part` out of n shuffled rows; returns how many rows that is.
static size_t copy_slice(uint32_t *out, const uint32_t *shuffled, const size_t *size, size_t part)
{
    size_t start = 0;
    for (size_t i = 0; i < part; i++)
        start += size[i];
    if (size[part] > 0)
        memcpy(out, shuffled + start, size[part] * sizeof *out);
    return size[part];
}

// The rows sorted by class, in their order within each. first[k] is where class k starts, first[C]
// is n.
static void group_by_class(uint32_t *grouped, size_t *first, const struct rows *in)
{
    const struct table *table = in->table;
    for (size_t i = 0; i < in->n; i++)
        first[table->y[in->index[i]] + 1]++;
    for (size_t k = 0; k < table->classes; k++)
        first[k + 1] += first[k];
    for (size_t i = 0; i < in->n; i++)
        grouped[first[table->y[in->index[i]]]++] = in->index[i];
    for (size_t k = table->classes; k > 0; k--) // each start has moved to the next class's
        first[k] = first[k - 1];
    first[0] = 0;
}

// Class k is shuffled by the stream at k + 1 and sliced by itself; the part's rows, class after
// class, are then shuffled together by the stream at 0.
static int stratified(struct rows *out, const struct rows *in, const struct split_spec *spec,
                      size_t part, struct err *err)
{
    uint32_t classes = in->table->classes;
    if (in->table->y == NULL)
        return err_set(err, ERR_DATA, "'%s' has no labels to stratify by", spec->name);

    int status = -1;
    size_t *size = mem_new(spec->n_parts * sizeof *size);
    size_t *first = mem_try((size_t)classes + 1, sizeof *first, "the classes of a split", err);
    uint32_t *grouped = mem_try(in->n, sizeof *grouped, "the rows of a split", err);
    if (first == NULL || grouped == NULL)
        goto done;
    group_by_class(grouped, first, in);

    struct rng_key key = key_of(spec);
    for (uint32_t k = 0; k < classes; k++) {
        size_t n = first[k + 1] - first[k];
        struct rng rng = rng_at(key, (uint64_t)k + 1);
        rng_shuffle(&rng, grouped + first[k], n);
        split_sizes(size, n, spec);
        out->n += copy_slice(out->index + out->n, grouped + first[k], size, part);
    }
    struct rng rng = rng_at(key, 0);
    rng_shuffle(&rng, out->index, out->n);
    status = 0;
done:
    mem_free(size);
    mem_free(first);
    mem_free(grouped);
    return status;
}

static int unstratified(struct rows *out, const struct rows *in, const struct split_spec *spec,
                        size_t part, struct err *err)
{
    uint32_t *shuffled = mem_try(in->n, sizeof *shuffled, "the rows of a split", err);
    if (shuffled == NULL)
        return -1;
    if (in->n > 0)
        memcpy(shuffled, in->index, in->n * sizeof *shuffled);
    struct rng rng = rng_at(key_of(spec), 0);
    rng_shuffle(&rng, shuffled, in->n);

    size_t *size = mem_new(spec->n_parts * sizeof *size);
    split_sizes(size, in->n, spec);
    out->n = copy_slice(out->index, shuffled, size, part);
    mem_free(size);
    mem_free(shuffled);
    return 0;
}

// The part with a condition that each row of `in` belongs to, or n_parts for none.
static int find_parts(size_t *part, const struct rows *in, const struct split_spec *spec,
                      struct err *err)
{
    for (size_t i = 0; i < in->n; i++)
        part[i] = spec->n_parts;
    for (size_t p = spec->n_parts; p-- > 0;) { // the first that holds has the last word
        struct row_expr expr;
        if (spec->condition[p] == NULL)
            continue;
        if (row_expr_bind(&expr, spec->condition[p], in->table, "'split'", err) < 0)
            return -1;
        for (size_t i = 0; i < in->n; i++)
            if (row_expr_at(&expr, in->index[i]) != 0)
                part[i] = p;
        row_expr_release(&expr);
    }
    return 0;
}

// The rows of one part that has a condition, or those that belong to none.
static int choose_rows(struct rows *out, const struct rows *in, const struct split_spec *spec,
                       size_t wanted, struct err *err)
{
    size_t *part = mem_try(in->n, sizeof *part, "the rows of a split", err);
    uint32_t *index = mem_try(in->n, sizeof *index, "the rows of a split", err);
    int status = part != NULL && index != NULL ? find_parts(part, in, spec, err) : -1;
    if (status == 0) {
        *out = (struct rows){.table = in->table, .index = index};
        for (size_t i = 0; i < in->n; i++)
            if (part[i] == wanted)
                index[out->n++] = in->index[i];
        index = NULL;
    }
    mem_free(part);
    mem_free(index);
    return status;
}

static int share_part(struct rows *out, const struct rows *in, const struct split_spec *spec,
                      size_t part, struct err *err)
{
    struct rows rows = {.table = in->table};
    rows.index = mem_try(in->n, sizeof *rows.index, "the rows of a split", err);
    if (rows.index == NULL)
        return -1;
    int status = spec->stratify ? stratified(&rows, in, spec, part, err)
                                : unstratified(&rows, in, spec, part, err);
    if (status < 0)
        rows_release(&rows);
    else
        *out = rows;
    return status;
}

int split_part(struct rows *out, const struct rows *in, const struct split_spec *spec, size_t part,
               struct err *err)
{
    if (part >= spec->n_parts)
        BUG("part %zu of a split into %zu", part, spec->n_parts);
    if (spec->condition == NULL)
        return share_part(out, in, spec, part, err);
    struct rows chosen;
    bool has_share = spec->condition[part] == NULL;
    if (choose_rows(&chosen, in, spec, has_share ? spec->n_parts : part, err) < 0)
        return -1;
    if (!has_share) {
        struct rng rng = rng_at(key_of(spec), UINT64_MAX - part);
        rng_shuffle(&rng, chosen.index, chosen.n);
        *out = chosen;
        return 0;
    }
    int status = share_part(out, &chosen, spec, part, err);
    rows_release(&chosen);
    return status;
}

void rows_all(struct rows *out, const struct table *table)
{
    *out = (struct rows){.table = table, .n = table->n};
    out->index = mem_new(table->n * sizeof *out->index);
    for (size_t i = 0; i < table->n; i++)
        out->index[i] = (uint32_t)i;
}

int rows_take(struct rows *out, const struct rows *in, size_t n, struct err *err)
{
    if (n > in->n)
        return err_set(err, ERR_DATA, "cannot take %zu rows: there are only %zu", n, in->n);
    uint32_t *index = mem_try(n, sizeof *index, "the rows taken", err);
    if (index == NULL)
        return -1;
    if (n > 0)
        memcpy(index, in->index, n * sizeof *index);
    *out = (struct rows){.table = in->table, .n = n, .index = index};
    return 0;
}
