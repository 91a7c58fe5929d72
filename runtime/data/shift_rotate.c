// shift_rotate.c -- rotate(degrees): turns images counter-clockwise, as seen with row 0 at the top.
//
// About the image's centre ((width - 1) / 2, (height - 1) / 2), bilinear; what comes from outside
// the image is 0. The four pixels behind each pixel of the result are the same for all rows: they
// are found once.
#include "data/shift_impl.h"

#include "base/detmath.h"
#include "base/mem.h"

#include <string.h>

enum { TAPS = 4 };

struct pixel {
    size_t from[TAPS]; // pixel numbers
    double weight[TAPS];
};

// Whole quarter turns are exact, so that 90 degrees moves pixels without blurring them.
static void sincos_degrees(double *sine, double *cosine, double degrees)
{
    double quarters = degrees / 90;
    int64_t q = (int64_t)(quarters + (quarters < 0 ? -0.5 : 0.5));
    double s, c;
    det_sincos(&s, &c, (degrees - 90 * (double)q) * (DET_PI / 180));
    switch (q & 3) {
    case 0: *sine = s; *cosine = c; break;
    case 1: *sine = c; *cosine = -s; break;
    case 2: *sine = -s; *cosine = -c; break;
    default: *sine = -c; *cosine = s; break;
    }
}

static int64_t floor_of(double x)
{
    int64_t i = (int64_t)x;
    return i - ((double)i > x);
}

// The taps around (x, y); a tap outside the image gets weight 0.
static struct pixel bilinear(double x, double y, int64_t width, int64_t height)
{
    struct pixel pixel = {0};
    int64_t left = floor_of(x), top = floor_of(y);
    double right_share = x - (double)left, bottom_share = y - (double)top;
    for (int t = 0; t < TAPS; t++) {
        int64_t column = left + (t & 1), row = top + (t >> 1);
        if (column < 0 || column >= width || row < 0 || row >= height)
            continue;
        pixel.from[t] = (size_t)(row * width + column);
        pixel.weight[t] = (t & 1 ? right_share : 1 - right_share) *
                          (t >> 1 ? bottom_share : 1 - bottom_share);
    }
    return pixel;
}

static void find_pixels(struct pixel *pixel, const struct image_shape *image, double degrees)
{
    double sine, cosine;
    sincos_degrees(&sine, &cosine, degrees);
    double centre_x = ((double)image->width - 1) / 2, centre_y = ((double)image->height - 1) / 2;
    for (uint32_t row = 0; row < image->height; row++) {
        for (uint32_t column = 0; column < image->width; column++) {
            double dx = column - centre_x, dy = row - centre_y; // y grows downwards
            double x = centre_x + (dx * cosine - dy * sine);
            double y = centre_y + (dx * sine + dy * cosine);
            *pixel++ = bilinear(x, y, image->width, image->height);
        }
    }
}

static void turn(float *out, const float *in, const struct pixel *pixel, size_t n_pixels,
                 size_t channels)
{
    for (size_t p = 0; p < n_pixels; p++, pixel++) {
        for (size_t c = 0; c < channels; c++) {
            double sum = 0;
            for (int t = 0; t < TAPS; t++)
                sum += pixel->weight[t] * (double)in[pixel->from[t] * channels + c];
            *out++ = (float)sum;
        }
    }
}

int shift_rotate(float *x, const struct shift_job *job, struct err *err)
{
    const struct table *table = job->table;
    const struct image_shape *image = &table->image;
    size_t n_pixels = (size_t)image->height * image->width;
    if (n_pixels == 0 || image->channels == 0)
        return err_set(err, ERR_DATA, "rotate() needs images, and these rows have no image shape");
    if (n_pixels * image->channels != table->d)
        BUG("images of %zu values in rows of %zu", n_pixels * image->channels, table->d);

    int status = -1;
    struct pixel *pixel = mem_try(n_pixels, sizeof *pixel, "the pixels of rotate()", err);
    float *before = mem_try(table->d, sizeof *before, "an image of rotate()", err);
    if (pixel == NULL || before == NULL)
        goto done;
    find_pixels(pixel, image, value_arg_number(job->call, "degrees"));
    for (size_t r = 0; r < table->n; r++) {
        float *row = x + r * table->d;
        memcpy(before, row, table->d * sizeof *before);
        turn(row, before, pixel, n_pixels, image->channels);
    }
    status = 0;
done:
    mem_free(pixel);
    mem_free(before);
    return status;
}
