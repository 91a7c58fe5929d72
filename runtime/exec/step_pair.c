// step_pair.c -- rankings of rows by a teacher's scores, and their shuffling.
//
// A row's score is its log-odds of the ranked class. A list is k rows drawn without repetition, best
// first; each list has a stream of its own, so more pairs change none of the first ones. A list whose
// neighbours do not differ by more than `margin` is drawn anew; after MAX_DRAWS the teacher is taken
// to see no difference, and the step fails. Within groups or classes, a row of chance says which stratum a
// list is drawn from, so larger strata come more often; those of fewer than k rows never do.
#include "exec/steps.h"

#include "base/mem.h"
#include "base/rng.h"
#include "eval/log_odds.h"

#include <string.h>

enum { MAX_DRAWS = 1000 };

struct drawing {
    const double *score; // by row
    size_t n, k;
    double margin;
    struct strata {
        uint32_t *row;   // those of strata of at least k, stratum by stratum; NULL: all rows are one
        uint32_t *begin; // of the stratum of row[i]
        uint32_t *count; // and how many rows it has
        size_t n;
    } strata;
};

// The rows of strata of at least k, by the number `of` each row of the table has. To be released in any case.
static int find_strata(struct strata *out, const struct rows *rows, const uint32_t *of, size_t k,
                       struct err *err)
{
    uint32_t last = 0;
    for (size_t i = 0; i < rows->n; i++)
        if (of[rows->index[i]] > last)
            last = of[rows->index[i]];
    uint32_t *size = mem_try((size_t)last + 2, 3 * sizeof *size, "rankings", err);
    out->row = mem_try(rows->n, sizeof *out->row, "rankings", err);
    out->begin = mem_try(rows->n, sizeof *out->begin, "rankings", err);
    out->count = mem_try(rows->n, sizeof *out->count, "rankings", err);
    if (size == NULL || out->row == NULL || out->begin == NULL || out->count == NULL) {
        mem_free(size);
        return -1;
    }
    uint32_t *begin = size + last + 2, *filled = begin + last + 2;
    for (size_t i = 0; i < rows->n; i++)
        size[of[rows->index[i]]]++;
    for (uint32_t s = 0; s <= last; s++)
        begin[s + 1] = begin[s] + (size[s] >= k ? size[s] : 0);
    out->n = begin[last + 1];
    for (size_t i = 0; i < rows->n; i++) {
        uint32_t s = of[rows->index[i]];
        if (size[s] < k)
            continue;
        size_t at = begin[s] + filled[s]++;
        out->row[at] = (uint32_t)i;
        out->begin[at] = begin[s];
        out->count[at] = size[s];
    }
    mem_free(size);
    return 0;
}

static void strata_release(struct strata *s)
{
    mem_free(s->row);
    mem_free(s->begin);
    mem_free(s->count);
}

// The strata that `within` asks for; none without it.
static int strata_of(struct strata *out, const struct step_call *c, size_t k, struct err *err)
{
    const struct value *within = value_arg(&c->step->attrs, "within");
    if (within == NULL)
        return 0;
    const struct rows *rows = &c->in[1]->rows;
    bool class = strcmp(within->text, "class") == 0;
    const uint32_t *of = class ? rows->table->y : rows->table->group;
    if (of == NULL)
        return err_set(err, ERR_DATA, "the rows have no %s to rank within", class ? "classes" : "groups");
    if (find_strata(out, rows, of, k, err) < 0)
        return -1;
    if (out->n == 0)
        return err_set(err, ERR_DATA, "no %s has the %zu rows of a ranking", within->text, k);
    return 0;
}

// Draws k rows and sorts them, best first. False when two of them are too close, or the same.
static bool draw(uint32_t *list, struct rng *rng, const struct drawing *d)
{
    const struct strata *s = &d->strata;
    size_t at_first = s->row != NULL ? (size_t)rng_below(rng, s->n) : 0;
    for (size_t i = 0; i < d->k; i++) {
        uint32_t row = s->row == NULL ? (uint32_t)rng_below(rng, d->n)
                                      : s->row[s->begin[at_first] + rng_below(rng, s->count[at_first])];
        size_t at = i;
        for (; at > 0 && d->score[list[at - 1]] < d->score[row]; at--)
            list[at] = list[at - 1];
        list[at] = row;
    }
    for (size_t i = 0; i + 1 < d->k; i++)
        if (!(d->score[list[i]] - d->score[list[i + 1]] > d->margin))
            return false;
    return true;
}

static void swap_neighbours(uint32_t *list, struct rng *rng, size_t k)
{
    size_t at = (size_t)rng_below(rng, k - 1);
    uint32_t row = list[at];
    list[at] = list[at + 1];
    list[at + 1] = row;
}

static int draw_all(uint32_t *lists, const struct step_call *c, const struct drawing *d, size_t n,
                    struct err *err)
{
    double noise = value_arg_number(&c->step->attrs, "noise");
    struct rng_key key = rng_key_of((uint64_t)c->step->seed, "pairs");
    for (size_t i = 0; i < n; i++) {
        struct rng rng = rng_at(key, i);
        uint32_t *list = lists + i * d->k;
        int draws = 0;
        while (!draw(list, &rng, d))
            if (++draws == MAX_DRAWS) {
                err_set(err, ERR_DATA, "the teacher's scores hardly differ: no ranking of %zu rows in %d draws",
                        d->k, MAX_DRAWS);
                err_hint(err, "Lower 'margin', or rank fewer rows.");
                return -1;
            }
        if (noise > 0 && rng_unit(&rng) < noise)
            swap_neighbours(list, &rng, d->k);
    }
    return 0;
}

int step_pair(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct value *attrs = &c->step->attrs;
    const struct artifact *logits = c->in[0];
    size_t k = (size_t)value_arg_int(attrs, "list"), n = (size_t)value_arg_int(attrs, "pairs");
    size_t cls = (size_t)value_arg_int(attrs, "class");
    if (cls >= logits->classes || logits->classes < 2)
        return err_set(err, ERR_DATA, "there is no class %zu among %zu to rank by", cls, logits->classes);
    if (logits->n < k)
        return err_set(err, ERR_DATA, "a ranking of %zu rows, and there are %zu", k, logits->n);
    double *score = mem_try(logits->n, sizeof *score, "scores", err);
    out->n = n;
    out->classes = k;
    out->n_values = n * k;
    if (score != NULL)
        out->values = mem_try(n, k * sizeof(uint32_t), "rankings", err);
    int status = -1;
    if (out->values != NULL) {
        for (size_t i = 0; i < logits->n; i++)
            score[i] = log_odds(logits->values + i * logits->classes, logits->classes, cls);
        struct drawing d = {
            .score = score, .n = logits->n, .k = k, .margin = value_arg_number(attrs, "margin")};
        if (strata_of(&d.strata, c, k, err) == 0)
            status = draw_all(artifact_lists(out), c, &d, n, err);
        strata_release(&d.strata);
    }
    mem_free(score);
    return status;
}
