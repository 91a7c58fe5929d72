// shift_label_shift.c -- label_shift(priors): as many rows as before, with other shares of the
// classes; what a class looks like stays (Lipton, Wang, Smola 2018, arXiv 1802.03916).
//
// The sizes are by largest remainder, so they differ from prior * N by less than one row. Within a
// class rows come in an order of chance and in turns: none comes a second time before all have come
// once, so a class of fewer rows than wanted repeats its rows and any other has none twice. Chance
// is keyed by row: the stream of its id gives its rank in the class, then the place of each copy
// among all rows.
#include "data/shift_impl.h"

#include "base/mem.h"

#include <stdlib.h>

// One row of the source, or one of its copies in the result.
struct drawn {
    uint64_t rank;
    uint32_t class, index; // index: of the table
    uint32_t copy;
};

static int by_rank(const struct drawn *x, const struct drawn *y)
{
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    return x->copy < y->copy ? -1 : x->copy > y->copy;
}

static int by_class_and_rank(const void *a, const void *b)
{
    const struct drawn *x = a, *y = b;
    if (x->class != y->class)
        return x->class < y->class ? -1 : 1;
    return by_rank(x, y);
}

static int by_place(const void *a, const void *b)
{
    return by_rank(a, b);
}

// Number `at` of a row: its own stream under a key of its own, so that any copy is found at once.
static uint64_t chance(const struct shift_job *job, uint32_t index, uint32_t at)
{
    struct rng_key key = {{job->key.word[0] ^ at, job->key.word[1]}};
    struct rng rng = rng_at(key, table_id(job->table, index));
    uint64_t high = rng_u32(&rng);
    return high << 32 | rng_u32(&rng);
}

// How many of n rows each class gets; `rest` is scratch. Priors are weights: only their ratios
// count.
static void sizes_of(size_t *size, double *rest, size_t n, const struct value *priors)
{
    double sum = 0;
    for (size_t k = 0; k < priors->n; k++)
        sum += priors->items[k].number;
    size_t left = n;
    for (size_t k = 0; k < priors->n; k++) {
        double exact = (double)n * (priors->items[k].number / sum);
        size[k] = (size_t)exact < left ? (size_t)exact : left;
        rest[k] = exact - (double)size[k];
        left -= size[k];
    }
    while (left > 0) {
        size_t most = 0;
        for (size_t k = 1; k < priors->n; k++)
            if (rest[k] > rest[most])
                most = k;
        size[most]++;
        rest[most] -= 1;
        left--;
    }
}

static int check_priors(const struct value *priors, const struct rows *in, struct err *err)
{
    if (in->table->y == NULL)
        return err_set(err, ERR_DATA, "label_shift() needs labels, and these rows have none");
    if (priors->n != in->table->classes)
        return err_set(err, ERR_DATA, "label_shift() has %zu priors, and there are %u classes",
                       priors->n, in->table->classes);
    for (size_t k = 0; k < priors->n; k++)
        if (priors->items[k].number > 0)
            return 0;
    return err_set(err, ERR_DATA, "label_shift() wants a prior above 0");
}

// The copies of the result from `source`, which is sorted by class and rank.
static int draw_copies(struct drawn *copy, const struct drawn *source, const size_t *size,
                       const struct rows *in, const struct shift_job *job, struct err *err)
{
    size_t at = 0;
    for (uint32_t k = 0; k < in->table->classes; k++) {
        size_t first = at;
        while (at < in->n && source[at].class == k)
            at++;
        size_t n_rows = at - first;
        if (n_rows == 0 && size[k] > 0)
            return err_set(err, ERR_DATA,
                           "label_shift() wants rows of class %u, and there are none", k);
        for (size_t i = 0; i < size[k]; i++, copy++) {
            *copy = source[first + i % n_rows];
            copy->copy = (uint32_t)(i / n_rows);
            copy->rank = chance(job, copy->index, copy->copy + 1);
        }
    }
    return 0;
}

int pick_label_shift(struct rows *out, const struct rows *in, const struct shift_job *job,
                     struct err *err)
{
    const struct value *priors = value_arg(job->call, "priors");
    if (check_priors(priors, in, err) < 0)
        return -1;
    int status = -1;
    struct rows rows = {.table = in->table, .n = in->n};
    rows.index = mem_try(in->n, sizeof *rows.index, "the rows of label_shift()", err);
    struct drawn *source = mem_try(in->n, sizeof *source, "the rows of label_shift()", err);
    struct drawn *copy = mem_try(in->n, sizeof *copy, "the rows of label_shift()", err);
    size_t *size = mem_try(priors->n, sizeof *size, "the classes of label_shift()", err);
    double *rest = mem_try(priors->n, sizeof *rest, "the classes of label_shift()", err);
    if (rows.index == NULL || source == NULL || copy == NULL || size == NULL || rest == NULL)
        goto done;
    for (size_t i = 0; i < in->n; i++) {
        uint32_t index = in->index[i];
        source[i] = (struct drawn){chance(job, index, 0), in->table->y[index], index, 0};
    }
    qsort(source, in->n, sizeof *source, by_class_and_rank);
    sizes_of(size, rest, in->n, priors);
    if (draw_copies(copy, source, size, in, job, err) < 0)
        goto done;
    qsort(copy, in->n, sizeof *copy, by_place);
    for (size_t i = 0; i < in->n; i++)
        rows.index[i] = copy[i].index;
    *out = rows;
    rows.index = NULL;
    status = 0;
done:
    rows_release(&rows);
    mem_free(source);
    mem_free(copy);
    mem_free(size);
    mem_free(rest);
    return status;
}
