// batch.c -- see batch.h.
#include "model/batch.h"

#include "base/mem.h"

#include <string.h>

static void standardize_batch(float *x, const struct table *table, size_t n)
{
    const float *center = table->center, *factor = table->factor;
    for (size_t i = 0; i < n; i++, x += table->d)
        for (size_t k = 0; k < table->d; k++)
            x[k] = (x[k] - center[k]) * factor[k];
}

void batch_features(float *out, const struct kernels *kernels, const struct table *table,
                    const uint32_t *row, size_t n)
{
    if (table->x != NULL)
        kernels->gather(out, table->x, row, n, table->d);
    else
        kernels->gather_u8(out, table->x_bytes, table->scale, row, n, table->d);
    if (table->center != NULL)
        standardize_batch(out, table, n);
}

int batch_check(const struct model *model, const struct rows *rows, struct err *err)
{
    const struct image_shape *want = &model->image, *have = &rows->table->image;
    if (rows->table->d != model->features)
        return err_set(err, ERR_DATA, "the data have %zu features, the model takes %zu",
                       rows->table->d, model->features);
    if (want->height == 0 || memcmp(want, have, sizeof *want) == 0)
        return 0;
    return err_set(err, ERR_DATA,
                   "the data are images of %u x %u x %u, the model takes %u x %u x %u",
                   (unsigned)have->height, (unsigned)have->width, (unsigned)have->channels,
                   (unsigned)want->height, (unsigned)want->width, (unsigned)want->channels);
}

size_t carve_reserve(struct carve *c, size_t rows, size_t cols)
{
    size_t at = c->size, size;
    if (__builtin_mul_overflow(rows, cols, &size) || __builtin_add_overflow(size, 15, &size) ||
        __builtin_add_overflow(at, size / 16 * 16, &c->size))
        c->overflow = true;
    return at;
}

int carve_allocate(struct carve *c, const char *what, struct err *err)
{
    if (c->overflow)
        return err_set(err, ERR_MEMORY, "%s: too large", what);
    c->block = mem_try(c->size, sizeof(float), what, err);
    return c->block != NULL ? 0 : -1;
}

void carve_release(struct carve *c)
{
    mem_free(c->block);
    *c = (struct carve){0};
}
