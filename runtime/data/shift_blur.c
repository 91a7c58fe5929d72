// shift_blur.c -- gaussian_blur(sigma), defocus_blur(radius), motion_blur(length, angle),
// zoom_blur(factor).
//
// The first three are weighted means with weights that add up to 1; outside the image its edge
// pixels are repeated, so an image of one colour stays as it is. Nothing needs to be clipped: means
// of pixels in 0..1 are in 0..1.
#include "data/shift_impl.h"

#include "base/detmath.h"
#include "base/mem.h"

// The pixel at (column + dx, row + dy) counts `weight`.
struct tap {
    int dx, dy;
    double weight;
};

struct taps {
    size_t n;
    struct tap *tap; // owned
};

static size_t clamp(int64_t i, uint32_t n)
{
    return i < 0 ? 0 : i >= (int64_t)n ? n - 1 : (size_t)i;
}

static void normalise(struct taps *taps)
{
    double sum = 0;
    for (size_t i = 0; i < taps->n; i++)
        sum += taps->tap[i].weight;
    for (size_t i = 0; i < taps->n; i++)
        taps->tap[i].weight /= sum;
}

static void average(float *out, const float *in, const struct shift_job *job, struct rng *rng,
                    const void *context)
{
    (void)rng;
    const struct taps *taps = context;
    const struct image_shape *image = &job->table->image;
    for (int64_t row = 0; row < image->height; row++)
        for (int64_t column = 0; column < image->width; column++)
            for (size_t c = 0; c < image->channels; c++) {
                double sum = 0;
                for (size_t i = 0; i < taps->n; i++) {
                    const struct tap *t = &taps->tap[i];
                    size_t from = clamp(row + t->dy, image->height) * image->width +
                                  clamp(column + t->dx, image->width);
                    sum += t->weight * (double)in[from * image->channels + c];
                }
                *out++ = (float)sum;
            }
}

// --- gaussian_blur -------------------------------------------------------------------------------

// One pass of the separable filter: lines of n items, `step` apart in memory.
static void smooth_line(double *out, const double *in, uint32_t n, size_t step,
                        const double *weight, int radius)
{
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int k = -radius; k <= radius; k++)
            sum += weight[k + radius] * in[clamp(i + k, n) * step];
        out[(size_t)i * step] = sum;
    }
}

enum { MOST_RADIUS = 128 };

void shift_smooth(double *plane, double *other, const struct image_shape *image, double sigma)
{
    double weight[2 * MOST_RADIUS + 1], sum = 0;
    int radius = sigma * 4 < MOST_RADIUS ? (int)(sigma * 4 + 0.5) : MOST_RADIUS;
    for (int k = -radius; k <= radius; k++)
        sum += weight[k + radius] = det_exp(-0.5 * (double)(k * k) / (sigma * sigma));
    for (int k = 0; k <= 2 * radius; k++)
        weight[k] /= sum;
    for (size_t row = 0; row < image->height; row++)
        smooth_line(other + row * image->width, plane + row * image->width, image->width, 1, weight,
                    radius);
    for (size_t column = 0; column < image->width; column++)
        smooth_line(plane + column, other + column, image->height, image->width, weight, radius);
}

static void smooth_channels(float *out, const float *in, const struct shift_job *job,
                            struct rng *rng, const void *context)
{
    (void)rng;
    const struct image_shape *image = &job->table->image;
    size_t n_pixels = (size_t)image->height * image->width;
    double *plane = *(double *const *)context;
    for (size_t c = 0; c < image->channels; c++) {
        for (size_t p = 0; p < n_pixels; p++)
            plane[p] = in[p * image->channels + c];
        shift_smooth(plane, plane + n_pixels, image, job->strength);
        for (size_t p = 0; p < n_pixels; p++)
            out[p * image->channels + c] = (float)plane[p];
    }
}

int shift_gaussian_blur(float *x, const struct shift_job *job, struct err *err)
{
    if (job->strength < 0.125) // the next pixel is four sigma away
        return 0;
    double *planes =
        mem_try(job->table->d, 2 * sizeof *planes, "the planes of gaussian_blur()", err);
    if (planes == NULL)
        return -1;
    int status = shift_each(x, job, smooth_channels, &planes, err);
    mem_free(planes);
    return status;
}

// --- defocus_blur --------------------------------------------------------------------------------

// A disc: a tap counts the share of its pixel that the disc covers, from SUB x SUB samples.
enum { SUB = 8 };

static double covered(int dx, int dy, double radius)
{
    int inside = 0;
    for (int i = 0; i < SUB * SUB; i++) {
        double x = dx - 0.5 + (i % SUB + 0.5) / SUB, y = dy - 0.5 + ((double)(i / SUB) + 0.5) / SUB;
        inside += x * x + y * y <= radius * radius;
    }
    return (double)inside / (SUB * SUB);
}

int shift_defocus_blur(float *x, const struct shift_job *job, struct err *err)
{
    if (job->strength < 0.5) // smaller than a pixel
        return 0;
    int reach = (int)(job->strength + 0.5), side = 2 * reach + 1;
    struct taps taps = {0};
    taps.tap =
        mem_try((size_t)side * (size_t)side, sizeof *taps.tap, "the disc of defocus_blur()", err);
    if (taps.tap == NULL)
        return -1;
    for (int dy = -reach; dy <= reach; dy++)
        for (int dx = -reach; dx <= reach; dx++) {
            double weight = covered(dx, dy, job->strength);
            if (weight > 0)
                taps.tap[taps.n++] = (struct tap){dx, dy, weight};
        }
    normalise(&taps);
    int status = shift_each(x, job, average, &taps, err);
    mem_free(taps.tap);
    return status;
}

// --- motion_blur ---------------------------------------------------------------------------------

// The pixel moved along a line of `length` pixels through its place, and every point of the line
// counts the same. Points are half a pixel apart or less, each shared among the four pixels around
// it.
enum { STEPS_PER_PIXEL = 2, MOST_LENGTH = 64 };

static void add_point(struct taps *taps, double x, double y)
{
    int64_t left = shift_floor(x), top = shift_floor(y);
    double right_share = x - (double)left, bottom_share = y - (double)top;
    for (int t = 0; t < SHIFT_TAPS; t++) {
        double weight =
            (t & 1 ? right_share : 1 - right_share) * (t >> 1 ? bottom_share : 1 - bottom_share);
        if (weight > 0)
            taps->tap[taps->n++] = (struct tap){(int)left + (t & 1), (int)top + (t >> 1), weight};
    }
}

static void move_along(float *out, const float *in, const struct shift_job *job, struct rng *rng,
                       const void *context)
{
    (void)context;
    struct tap room[SHIFT_TAPS * (STEPS_PER_PIXEL * MOST_LENGTH + 1)];
    struct taps taps = {.tap = room};
    double angle = shift_number_or(job, "angle", -45 + 90 * rng_unit(rng));
    double sine, cosine, span = job->strength - 1; // a length of 1 is the pixel itself
    det_sincos(&sine, &cosine, angle * (DET_PI / 180));
    int steps = (int)(span * STEPS_PER_PIXEL + 0.999);
    for (int i = 0; i <= steps; i++) {
        double at = steps > 0 ? span * ((double)i / steps - 0.5) : 0;
        add_point(&taps, at * cosine, -at * sine); // y grows downwards
    }
    normalise(&taps);
    average(out, in, job, rng, &taps);
}

int shift_motion_blur(float *x, const struct shift_job *job, struct err *err)
{
    return shift_each(x, job, move_along, NULL, err);
}

// --- zoom_blur -----------------------------------------------------------------------------------

// The mean of the image zoomed in about its centre by ZOOMS factors from 1 to `factor`.
enum { ZOOMS = 11 };

static void zoom(float *out, const float *in, const struct shift_job *job, struct rng *rng,
                 const void *context)
{
    (void)rng;
    const struct shift_pixel *pixel = context;
    const struct image_shape *image = &job->table->image;
    size_t n_pixels = (size_t)image->height * image->width, channels = image->channels;
    for (size_t p = 0; p < n_pixels; p++)
        for (size_t c = 0; c < channels; c++) {
            double sum = 0;
            for (size_t z = 0; z < ZOOMS; z++)
                for (int t = 0; t < SHIFT_TAPS; t++)
                    sum += pixel[z * n_pixels + p].weight[t] *
                           (double)in[pixel[z * n_pixels + p].from[t] * channels + c];
            *out++ = (float)(sum / ZOOMS);
        }
}

int shift_zoom_blur(float *x, const struct shift_job *job, struct err *err)
{
    const struct image_shape *image = &job->table->image;
    size_t n_pixels = (size_t)image->height * image->width;
    struct shift_pixel *pixel =
        mem_try(n_pixels, ZOOMS * sizeof *pixel, "the pixels of zoom_blur()", err);
    if (pixel == NULL)
        return -1;
    for (size_t z = 0; z < ZOOMS; z++) {
        double factor = 1 + (job->strength - 1) * (double)z / (ZOOMS - 1);
        struct affine map = {.xx = 1 / factor, .yy = 1 / factor};
        shift_find_pixels(pixel + z * n_pixels, image, &map);
    }
    int status = shift_each(x, job, zoom, pixel, err);
    mem_free(pixel);
    return status;
}
