// join.c -- see join.h.
#include "data/join.h"

#include "base/mem.h"

#include <string.h>

static bool same_numbers(const float *a, const float *b, size_t n)
{
    return a == b || (a != NULL && b != NULL && memcmp(a, b, n * sizeof *a) == 0);
}

static int check(const struct rows *const *in, size_t n, size_t *total, struct err *err)
{
    const struct table *first = in[0]->table;
    *total = 0;
    for (size_t i = 0; i < n; i++) {
        const struct table *t = in[i]->table;
        if (t->d != first->d || memcmp(&t->image, &first->image, sizeof t->image) != 0)
            return err_set(err, ERR_DATA, "environment %zu has %zu features, the first %zu", i + 1,
                           t->d, first->d);
        if (t->y == NULL || t->classes != first->classes)
            return err_set(err, ERR_DATA, "environment %zu has %u classes, the first %u", i + 1,
                           t->y != NULL ? (unsigned)t->classes : 0, (unsigned)first->classes);
        if (!same_numbers(t->center, first->center, t->d) ||
            !same_numbers(t->factor, first->factor, t->d))
            return err_set(err, ERR_DATA,
                           "environment %zu is standardised in another way than the first", i + 1);
        if (__builtin_add_overflow(*total, in[i]->n, total) || *total > UINT32_MAX)
            return err_set(err, ERR_DATA, "the environments have too many rows");
    }
    return 0;
}

static void copy_features(float *x, const struct rows *rows)
{
    const struct table *t = rows->table;
    for (size_t i = 0; i < rows->n; i++, x += t->d) {
        size_t at = (size_t)rows->index[i] * t->d;
        if (t->x != NULL)
            memcpy(x, t->x + at, t->d * sizeof *x);
        for (size_t k = 0; t->x == NULL && k < t->d; k++)
            x[k] = (float)t->x_bytes[at + k] * t->scale;
    }
}

struct columns { // of the joined table
    float *x, *weight;
    uint32_t *y, *environment, *group;
    uint64_t *id;
    const char **key;
};

static void *column(struct table *out, size_t size, struct err *err)
{
    return table_own(out, mem_try(out->n, size, "the rows of the environments", err));
}

static void fill(const struct columns *c, const struct rows *const *in, size_t n)
{
    size_t at = 0;
    for (size_t e = 0; e < n; e++) {
        const struct table *t = in[e]->table;
        copy_features(c->x + at * t->d, in[e]);
        for (size_t i = 0; i < in[e]->n; i++, at++) {
            uint32_t row = in[e]->index[i];
            c->y[at] = t->y[row];
            c->environment[at] = (uint32_t)e;
            c->id[at] = table_id(t, row);
            if (c->group != NULL)
                c->group[at] = t->group[row];
            if (c->key != NULL)
                c->key[at] = t->key[row];
            if (c->weight != NULL)
                c->weight[at] = t->weight[row];
        }
    }
}

int rows_join(struct table *out, const struct rows *const *in, size_t n, struct err *err)
{
    size_t total;
    if (check(in, n, &total, err) < 0)
        return -1;
    bool groups = true, weights = true, keys = true;
    for (size_t i = 0; i < n; i++) {
        groups &= in[i]->table->group != NULL;
        weights &= in[i]->table->weight != NULL;
        keys &= in[i]->table->key != NULL;
    }
    *out = *in[0]->table;
    out->n_owned = 0;
    out->n = total;
    out->x_bytes = NULL;
    size_t row;
    if (__builtin_mul_overflow(out->d, sizeof(float), &row)) {
        *out = (struct table){0};
        return err_set(err, ERR_MEMORY, "the rows of the environments: too large");
    }
    struct columns c = {.x = column(out, row, err),
                        .y = column(out, sizeof *c.y, err),
                        .environment = column(out, sizeof *c.environment, err),
                        .id = column(out, sizeof *c.id, err),
                        .group = groups ? column(out, sizeof *c.group, err) : NULL,
                        .weight = weights ? column(out, sizeof *c.weight, err) : NULL,
                        .key = keys ? column(out, sizeof *c.key, err) : NULL};
    out->x = c.x;
    out->y = c.y;
    out->environment = c.environment;
    out->id = c.id;
    out->group = c.group;
    out->weight = c.weight;
    out->key = c.key;
    if (c.x == NULL || c.y == NULL || c.environment == NULL || c.id == NULL ||
        (groups && c.group == NULL) || (weights && c.weight == NULL) || (keys && c.key == NULL)) {
        table_release(out);
        return -1;
    }
    fill(&c, in, n);
    return 0;
}
