// shift_light.c -- contrast(factor), brightness(offset), quantize(bits), pixelate(share),
// stripe(share): pixels changed by value or by place, without chance. Results are clipped to 0..1,
// but for pixelate, which takes means.
#include "data/shift_impl.h"

// About the mean of each channel: Hendrycks and Dietterich 2019.
static void change_contrast(float *out, const float *in, const struct shift_job *job,
                            struct rng *rng, const void *context)
{
    (void)rng, (void)context;
    size_t d = job->table->d, channels = job->table->image.channels;
    for (size_t c = 0; c < channels; c++) {
        double sum = 0;
        for (size_t i = c; i < d; i += channels)
            sum += in[i];
        double mean = sum * (double)channels / (double)d;
        for (size_t i = c; i < d; i += channels)
            out[i] = shift_clip(mean + (in[i] - mean) * job->strength);
    }
}

int shift_contrast(float *x, const struct shift_job *job, struct err *err)
{
    return shift_each(x, job, change_contrast, NULL, err);
}

// With three channels the value of the colour's HSV form moves, which keeps hue and saturation: the
// largest channel becomes v + offset, the others keep their ratio to it.
static void brighten_colour(float *out, const float *in, double offset)
{
    double v = in[0] > in[1] ? in[0] : in[1];
    v = in[2] > v ? in[2] : v;
    double brighter = shift_clip(v + offset);
    for (int c = 0; c < 3; c++)
        out[c] = shift_clip(v > 0 ? in[c] * (brighter / v) : brighter);
}

static void brighten(float *out, const float *in, const struct shift_job *job, struct rng *rng,
                     const void *context)
{
    (void)rng, (void)context;
    size_t d = job->table->d;
    bool colour = job->table->image.channels == 3;
    for (size_t i = 0; i < d; i += colour ? 3 : 1)
        if (colour)
            brighten_colour(out + i, in + i, job->strength);
        else
            out[i] = shift_clip(in[i] + job->strength);
}

int shift_brightness(float *x, const struct shift_job *job, struct err *err)
{
    return shift_each(x, job, brighten, NULL, err);
}

// 2^bits levels from 0 to 1; halves go up.
static void round_to_levels(float *out, const float *in, const struct shift_job *job,
                            struct rng *rng, const void *context)
{
    (void)rng, (void)context;
    double top = (double)((1u << (unsigned)job->strength) - 1);
    for (size_t i = 0; i < job->table->d; i++) {
        double x = shift_clip(in[i]);
        out[i] = x == x ? (float)((double)shift_floor(x * top + 0.5) / top) : in[i];
    }
}

int shift_quantize(float *x, const struct shift_job *job, struct err *err)
{
    return shift_each(x, job, round_to_levels, NULL, err);
}

// n pixels in a line become `cells` cells. Where the borders of cell i lie, in 1/cells of a pixel:
// i * n and (i + 1) * n; those of pixel p are p * cells and (p + 1) * cells.
static uint64_t overlap(uint64_t cell, uint64_t cells, uint64_t p, uint64_t n)
{
    uint64_t from = cell * n > p * cells ? cell * n : p * cells;
    uint64_t to = (cell + 1) * n < (p + 1) * cells ? (cell + 1) * n : (p + 1) * cells;
    return to > from ? to - from : 0;
}

struct grid {
    uint32_t rows, columns;
};

static double cell_mean(const float *in, const struct image_shape *image, const struct grid *grid,
                        size_t row, size_t column)
{
    double sum = 0;
    size_t last_row = ((row + 1) * image->height + grid->rows - 1) / grid->rows;
    size_t last_column = ((column + 1) * image->width + grid->columns - 1) / grid->columns;
    for (size_t r = row * image->height / grid->rows; r < last_row; r++) {
        uint64_t high = overlap(row, grid->rows, r, image->height);
        for (size_t c = column * image->width / grid->columns; c < last_column; c++)
            sum += (double)(high * overlap(column, grid->columns, c, image->width)) *
                   (double)in[(r * image->width + c) * image->channels];
    }
    return sum / ((double)image->height * image->width); // a cell, in those units
}

// A pixel shows the mean of the cell that holds its centre.
static void coarsen(float *out, const float *in, const struct shift_job *job, struct rng *rng,
                    const void *context)
{
    (void)rng;
    const struct grid *grid = context;
    const struct image_shape *image = &job->table->image;
    for (size_t row = 0; row < image->height; row++)
        for (size_t column = 0; column < image->width; column++)
            for (size_t c = 0; c < image->channels; c++)
                *out++ = (float)cell_mean(in + c, image, grid,
                                          (2 * row + 1) * grid->rows / (2 * image->height),
                                          (2 * column + 1) * grid->columns / (2 * image->width));
}

static uint32_t share_of(uint32_t n, double share)
{
    uint32_t some = (uint32_t)(n * share + 1e-9); // 0.3 of 10 is 3
    return some > 0 ? some : 1;
}

int shift_pixelate(float *x, const struct shift_job *job, struct err *err)
{
    const struct image_shape *image = &job->table->image;
    struct grid grid = {share_of(image->height, job->strength),
                        share_of(image->width, job->strength)};
    return shift_each(x, job, coarsen, &grid, err);
}

// Mu and Gilmer 2019: 7 of 28 columns at each side.
static void invert_sides(float *out, const float *in, const struct shift_job *job, struct rng *rng,
                         const void *context)
{
    (void)rng, (void)context;
    const struct image_shape *image = &job->table->image;
    size_t wide = (size_t)(image->width * job->strength + 1e-9);
    for (size_t i = 0; i < job->table->d; i++) {
        size_t column = i / image->channels % image->width;
        if (column < wide || column >= image->width - wide)
            out[i] = shift_clip(1 - in[i]);
    }
}

int shift_stripe(float *x, const struct shift_job *job, struct err *err)
{
    return shift_each(x, job, invert_sides, NULL, err);
}
