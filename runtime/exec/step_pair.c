// step_pair.c -- rankings of rows by a teacher's scores, and their shuffling.
//
// A row's score is its log-odds of the ranked class. A list is k rows drawn without repetition, best
// first; each list has a stream of its own, so more pairs change none of the first ones. A list whose
// neighbours do not differ by more than `margin` is drawn anew; after MAX_DRAWS the teacher is taken
// to see no difference, and the step fails.
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
};

// Draws k rows and sorts them, best first. False when two of them are too close, or the same.
static bool draw(uint32_t *list, struct rng *rng, const struct drawing *d)
{
    for (size_t i = 0; i < d->k; i++) {
        uint32_t row = (uint32_t)rng_below(rng, d->n);
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
        struct drawing d = {score, logits->n, k, value_arg_number(attrs, "margin")};
        status = draw_all(artifact_lists(out), c, &d, n, err);
    }
    mem_free(score);
    return status;
}
