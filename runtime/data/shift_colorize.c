// shift_colorize.c -- colorize(agree): a shortcut to the label. C classes have C colours; an image
// of one channel becomes one of C channels, all 0 but that of its colour, which agrees with the
// label with chance `agree` and otherwise is one of the others, all alike (two classes: Arjovsky et
// al. 2019, arXiv 1907.02893).
//
// Rows then belong to the group of their colour. Pixels that were bytes stay bytes.
#include "data/shift_impl.h"

#include "base/mem.h"

#include <string.h>

static uint32_t colour_of(uint32_t label, uint32_t classes, double agree, struct rng rng)
{
    if (rng_unit(&rng) < agree)
        return label;
    return (uint32_t)((label + 1 + rng_below(&rng, classes - 1)) % classes);
}

static int choose_colours(struct table *made, const struct shift_job *job, struct err *err)
{
    uint32_t *colour = table_own(made, mem_try(made->n, sizeof *colour, "colours", err));
    if (colour == NULL)
        return -1;
    for (size_t r = 0; r < made->n; r++)
        colour[r] = colour_of(made->y[r], made->classes, job->strength,
                              rng_at(job->key, table_id(made, r)));
    made->group = colour;
    made->group_name = "color";
    return 0;
}

// Pixel i of row r, `size` bytes, becomes the one of its colour among `channels`; the rest is 0
// already.
static void paint(uint8_t *out, const void *in, const struct rows *rows, size_t pixels, size_t size,
                  const struct table *made)
{
    size_t channels = made->image.channels;
    for (size_t r = 0; r < rows->n; r++) {
        const uint8_t *row = (const uint8_t *)in + (size_t)rows->index[r] * pixels * size;
        uint8_t *to = out + r * pixels * channels * size + made->group[r] * size;
        for (size_t i = 0; i < pixels; i++)
            memcpy(to + i * channels * size, row + i * size, size);
    }
}

// Every channel of a pixel is standardised as the pixel was.
static int spread_standard(struct table *made, const struct table *from, struct err *err)
{
    if (from->center == NULL)
        return 0;
    float *spread =
        table_own(made, mem_try(made->d, 2 * sizeof *spread, "the standardisation", err));
    if (spread == NULL)
        return -1;
    for (size_t i = 0; i < made->d; i++) {
        spread[i] = from->center[i / made->image.channels];
        spread[made->d + i] = from->factor[i / made->image.channels];
    }
    made->center = spread;
    made->factor = spread + made->d;
    return 0;
}

int make_colorize(struct table *made, const struct rows *in, const struct shift_job *job,
                  struct err *err)
{
    const struct table *table = in->table;
    if (made->y == NULL)
        return err_set(err, ERR_DATA, "colorize() needs labels, and these rows have none");
    if (made->classes < 2)
        return err_set(err, ERR_DATA,
                       "colorize() has a colour for each class, and there is only one");
    if (table->image.channels != 1)
        return err_set(err, ERR_DATA, "colorize() needs images of one channel, and these have %u",
                       (unsigned)table->image.channels);
    if (__builtin_mul_overflow(table->d, (size_t)made->classes, &made->d))
        return err_set(err, ERR_MEMORY, "colorize(): too large");
    made->image.channels = made->classes;
    made->columns = NULL;
    bool bytes = table->x == NULL;
    size_t size = bytes ? 1 : sizeof(float), row_bytes;
    if (__builtin_mul_overflow(made->d, size, &row_bytes))
        return err_set(err, ERR_MEMORY, "colorize(): too large");
    if (choose_colours(made, job, err) < 0 || spread_standard(made, table, err) < 0)
        return -1;
    uint8_t *x = table_own(made, mem_try(made->n, row_bytes, "coloured images", err));
    if (x == NULL)
        return -1;
    paint(x, bytes ? (const void *)table->x_bytes : table->x, in, table->d, size, made);
    made->x_bytes = bytes ? x : NULL;
    made->x = bytes ? NULL : (const float *)(void *)x;
    made->scale = bytes ? table->scale : 1;
    return 0;
}
