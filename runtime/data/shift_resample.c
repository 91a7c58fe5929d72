// shift_resample.c -- label_shift(priors) and resample(by, weights): other shares of the classes or
// of the groups; what a row of a class or a group looks like stays (label shift: Lipton, Wang,
// Smola 2018, arXiv 1802.03916; subpopulation shift: Koh et al. 2021, arXiv 2012.07421).
//
// The sizes are by largest remainder, so they differ from share * N by less than one row. Within a
// class rows come in an order of chance and in turns: none comes a second time before all have come
// once, so a class of fewer rows than wanted repeats its rows and any other has none twice. Chance
// is keyed by row: the stream of its id gives its rank in the class, then the place of each copy
// among all rows. All this holds for groups alike; below, "class" is either.
#include "data/shift_impl.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

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

// What is asked: N rows, whose classes or groups have these shares.
struct wanted {
    const char *name;       // of the shift
    const char *noun;       // "class", "group"
    const char *share;      // what the call calls a share: "prior", "weight"
    const uint32_t *number; // of each row of the table
    const struct value *shares;
    size_t n;
};

static int check_shares(const struct wanted *wanted, const struct rows *in, struct err *err)
{
    bool above = false;
    for (size_t k = 0; k < wanted->shares->n; k++)
        above |= wanted->shares->items[k].number > 0;
    for (size_t i = 0; i < in->n; i++)
        if (wanted->number[in->index[i]] >= wanted->shares->n)
            return err_set(err, ERR_DATA, "%s() has %zu weights, and there is a row of %s %u",
                           wanted->name, wanted->shares->n, wanted->noun,
                           wanted->number[in->index[i]]);
    return above ? 0
                 : err_set(err, ERR_DATA, "%s() wants a %s above 0", wanted->name, wanted->share);
}

// The copies of the result from `source`, which is sorted by class and rank.
static int draw_copies(struct drawn *copy, const struct drawn *source, const size_t *size,
                       const struct rows *in, const struct wanted *wanted,
                       const struct shift_job *job, struct err *err)
{
    size_t at = 0;
    for (uint32_t k = 0; k < wanted->shares->n; k++) {
        size_t first = at;
        while (at < in->n && source[at].class == k)
            at++;
        size_t n_rows = at - first;
        if (n_rows == 0 && size[k] > 0)
            return err_set(err, ERR_DATA, "%s() wants rows of %s %u, and there are none",
                           wanted->name, wanted->noun, k);
        for (size_t i = 0; i < size[k]; i++, copy++) {
            *copy = source[first + i % n_rows];
            copy->copy = (uint32_t)(i / n_rows);
            copy->rank = chance(job, copy->index, copy->copy + 1);
        }
    }
    return 0;
}

static int draw(struct rows *out, const struct rows *in, const struct wanted *wanted,
                const struct shift_job *job, struct err *err)
{
    if (check_shares(wanted, in, err) < 0)
        return -1;
    int status = -1;
    const char *what = "the rows of a shift of populations";
    struct rows rows = {.table = in->table, .n = wanted->n};
    rows.index = mem_try(wanted->n, sizeof *rows.index, what, err);
    struct drawn *source = mem_try(in->n, sizeof *source, what, err);
    struct drawn *copy = mem_try(wanted->n, sizeof *copy, what, err);
    size_t *size = mem_try(wanted->shares->n, sizeof *size, what, err);
    double *rest = mem_try(wanted->shares->n, sizeof *rest, what, err);
    if (rows.index == NULL || source == NULL || copy == NULL || size == NULL || rest == NULL)
        goto done;
    for (size_t i = 0; i < in->n; i++) {
        uint32_t index = in->index[i];
        source[i] = (struct drawn){chance(job, index, 0), wanted->number[index], index, 0};
    }
    qsort(source, in->n, sizeof *source, by_class_and_rank);
    sizes_of(size, rest, wanted->n, wanted->shares);
    if (draw_copies(copy, source, size, in, wanted, job, err) < 0)
        goto done;
    qsort(copy, wanted->n, sizeof *copy, by_place);
    for (size_t i = 0; i < wanted->n; i++)
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

int pick_label_shift(struct rows *out, const struct rows *in, const struct shift_job *job,
                     struct err *err)
{
    const struct value *priors = value_arg(job->call, "priors");
    if (in->table->y == NULL)
        return err_set(err, ERR_DATA, "label_shift() needs labels, and these rows have none");
    if (priors->n != in->table->classes)
        return err_set(err, ERR_DATA, "label_shift() has %zu priors, and there are %u classes",
                       priors->n, in->table->classes);
    struct wanted wanted = {"label_shift", "class", "prior", in->table->y, priors, in->n};
    return draw(out, in, &wanted, job, err);
}

int pick_resample(struct rows *out, const struct rows *in, const struct shift_job *job,
                  struct err *err)
{
    bool by_class = strcmp(value_arg_text(job->call, "by"), "class") == 0;
    const uint32_t *number = by_class ? in->table->y : in->table->group;
    if (number == NULL)
        return err_set(err, ERR_DATA, "resample() needs %s, and these rows have none",
                       by_class ? "labels" : "groups");
    struct wanted wanted = {"resample",
                            by_class ? "class" : "group",
                            "weight",
                            number,
                            value_arg(job->call, "weights"),
                            (size_t)shift_number_or(job, "rows", (double)in->n)};
    return draw(out, in, &wanted, job, err);
}
