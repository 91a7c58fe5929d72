// holdout.c -- see holdout.h.
#include "model/holdout.h"

#include "base/mem.h"
#include "base/rng.h"

#include <stdlib.h>

static uint64_t chance(struct rng_key key, uint64_t id)
{
    struct rng rng = rng_at(key, id);
    uint64_t high = rng_u32(&rng);
    return high << 32 | rng_u32(&rng);
}

// Equal numbers are interchangeable, so the order that qsort gives them does not matter.
static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

int holdout_choose(struct holdout *out, const struct rows *rows, double share, uint64_t seed,
                   struct err *err)
{
    *out = (struct holdout){0};
    size_t n = rows->n, wanted = (size_t)(share * (double)n + 0.5);
    if (wanted == 0 || wanted >= n)
        return err_set(err, ERR_DATA, "a holdout of %zu rows out of %zu leaves nothing to %s",
                       wanted, n, wanted == 0 ? "choose by" : "train on");
    uint64_t *number = mem_try(n, sizeof *number, "the holdout", err);
    out->held = number != NULL ? mem_try(n, sizeof *out->held, "the holdout", err) : NULL;
    if (out->held == NULL) {
        mem_free(number);
        return -1;
    }
    struct rng_key key = rng_key_of(seed, "holdout");
    for (size_t i = 0; i < n; i++)
        number[i] = chance(key, table_id(rows->table, rows->index[i]));
    qsort(number, n, sizeof *number, compare_numbers);
    uint64_t last = number[wanted - 1];
    while (wanted < n && number[wanted] == last)
        wanted++;
    mem_free(number);
    out->kept = out->held + wanted; // behind them
    for (size_t i = 0; i < n; i++)
        if (chance(key, table_id(rows->table, rows->index[i])) <= last)
            out->held[out->n_held++] = (uint32_t)i;
        else
            out->kept[out->n_kept++] = (uint32_t)i;
    if (out->n_kept > 0)
        return 0;
    holdout_release(out);
    return err_set(err, ERR_DATA, "a holdout leaves nothing to train on: the rows are copies");
}

void holdout_release(struct holdout *holdout)
{
    mem_free(holdout->held);
    *holdout = (struct holdout){0};
}
