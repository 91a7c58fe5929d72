// stride.c -- see stride.h.
#include "data/stride.h"

#include "base/mem.h"

#include <string.h>

static uint32_t fewer(uint32_t pixels, uint32_t n)
{
    return pixels / n + (pixels % n != 0);
}

// Pixels of `size` bytes each, all channels together.
static void copy_pixels(uint8_t *out, const uint8_t *in, size_t rows,
                        const struct image_shape *image, uint32_t n, size_t size)
{
    for (size_t r = 0; r < rows; r++, in += (size_t)image->height * image->width * size)
        for (size_t y = 0; y < image->height; y += n)
            for (size_t x = 0; x < image->width; x += n, out += size)
                memcpy(out, in + (y * image->width + x) * size, size);
}

int stride_images(struct table *table, uint32_t n, struct err *err)
{
    const struct image_shape image = table->image;
    if (image.height == 0 || image.width == 0)
        return err_set(err, ERR_DATA, "'stride' needs images, and these rows have no image shape");
    struct table smaller = *table;
    smaller.image.height = fewer(image.height, n);
    smaller.image.width = fewer(image.width, n);
    smaller.d = (size_t)smaller.image.height * smaller.image.width * image.channels;
    bool bytes = table->x == NULL;
    size_t size = image.channels * (bytes ? 1 : sizeof(float));
    void *x = mem_try(table->n, smaller.d * (bytes ? 1 : sizeof(float)), "the smaller images", err);
    if (x == NULL)
        return -1;
    copy_pixels(x, bytes ? table->x_bytes : (const uint8_t *)table->x, table->n, &image, n, size);
    smaller.x = bytes ? NULL : x;
    smaller.x_bytes = bytes ? x : NULL;
    smaller.columns = NULL;
    smaller.center = smaller.factor = NULL; // of pixels that are not there any more
    *table = smaller;
    table_own(table, x);
    return 0;
}
