// environment_batches.c -- see environment_batches.h.
#include "model/environment_batches.h"

#include "base/rng.h"

static uint32_t position(const struct environment_batches *b, size_t i)
{
    return b->kept != NULL ? b->kept[i] : (uint32_t)i;
}

static size_t environment(const struct environment_batches *b, size_t i)
{
    return b->rows->table->environment[b->rows->index[position(b, i)]];
}

int environment_batches_init(struct environment_batches *b, const struct rows *rows,
                             const uint32_t *kept, size_t n_rows, size_t n, size_t batch,
                             struct err *err)
{
    *b = (struct environment_batches){.rows = rows, .kept = kept, .n_rows = n_rows, .n = n};
    if (rows->table->environment == NULL || n > ENVIRONMENTS_MAX)
        BUG("%zu environments, and the table has%s", n,
            rows->table->environment == NULL ? " none" : " others");
    for (size_t i = 0; i < n_rows; i++) {
        size_t e = environment(b, i);
        if (e >= n)
            BUG("a row of environment %zu among %zu", e, n);
        b->size[e]++;
    }
    for (size_t e = 0; e < n; e++) {
        if (b->size[e] == 0)
            return err_set(err, ERR_DATA, "environment %zu has no rows to train on", e + 1);
        b->part[e] = b->size[e] < batch ? b->size[e] : batch;
        b->batch += b->part[e];
        size_t steps = (b->size[e] + b->part[e] - 1) / b->part[e];
        b->steps = steps > b->steps ? steps : b->steps;
    }
    return 0;
}

void environment_batches_order(uint32_t *order, uint32_t *pool, const struct environment_batches *b,
                               uint64_t seed, size_t epoch)
{
    size_t first[ENVIRONMENTS_MAX] = {0}, filled[ENVIRONMENTS_MAX] = {0};
    for (size_t e = 1; e < b->n; e++)
        first[e] = first[e - 1] + b->size[e - 1];
    for (size_t i = 0; i < b->n_rows; i++) {
        size_t e = environment(b, i);
        pool[first[e] + filled[e]++] = position(b, i);
    }
    struct rng_key key = rng_key_of(seed, "order");
    size_t column = 0;
    for (size_t e = 0; e < b->n; e++) {
        uint32_t *own = pool + first[e];
        struct rng rng = rng_at(key, (uint64_t)e << 48 | epoch);
        rng_shuffle(&rng, own, b->size[e]);
        for (size_t s = 0; s < b->steps; s++)
            for (size_t k = 0; k < b->part[e]; k++)
                order[s * b->batch + column + k] = own[(s * b->part[e] + k) % b->size[e]];
        column += b->part[e];
    }
}
