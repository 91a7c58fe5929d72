// shift_affine.c -- rotate(degrees), translate(dx, dy), scale(factor), shear(slope): images moved
// by a linear map about their centre ((width - 1) / 2, (height - 1) / 2), bilinear; what comes from
// outside the image is 0.
//
// The four pixels behind each pixel of the result are the same for all rows: they are found once.
// Weights are not negative and add up to at most 1, so that pixels in 0..1 stay there.
#include "data/shift_impl.h"

#include "base/detmath.h"
#include "base/mem.h"

// The taps around (x, y); a tap outside the image gets weight 0.
static struct shift_pixel bilinear(double x, double y, int64_t width, int64_t height)
{
    struct shift_pixel pixel = {0};
    int64_t left = shift_floor(x), top = shift_floor(y);
    double right_share = x - (double)left, bottom_share = y - (double)top;
    for (int t = 0; t < SHIFT_TAPS; t++) {
        int64_t column = left + (t & 1), row = top + (t >> 1);
        if (column < 0 || column >= width || row < 0 || row >= height)
            continue;
        pixel.from[t] = (size_t)(row * width + column);
        pixel.weight[t] =
            (t & 1 ? right_share : 1 - right_share) * (t >> 1 ? bottom_share : 1 - bottom_share);
    }
    return pixel;
}

void shift_find_pixels(struct shift_pixel *pixel, const struct image_shape *image,
                       const struct affine *map)
{
    double centre_x = ((double)image->width - 1) / 2, centre_y = ((double)image->height - 1) / 2;
    for (uint32_t row = 0; row < image->height; row++) {
        for (uint32_t column = 0; column < image->width; column++) {
            double dx = column - centre_x, dy = row - centre_y; // y grows downwards
            double x = centre_x + (dx * map->xx + dy * map->xy) + map->dx;
            double y = centre_y + (dx * map->yx + dy * map->yy) + map->dy;
            *pixel++ = bilinear(x, y, image->width, image->height);
        }
    }
}

static void move_pixels(float *out, const float *in, const struct shift_job *job, struct rng *rng,
                        const void *context)
{
    (void)rng;
    const struct shift_pixel *pixel = context;
    const struct image_shape *image = &job->table->image;
    size_t n_pixels = (size_t)image->height * image->width, channels = image->channels;
    for (size_t p = 0; p < n_pixels; p++, pixel++) {
        for (size_t c = 0; c < channels; c++) {
            double sum = 0;
            for (int t = 0; t < SHIFT_TAPS; t++)
                sum += pixel->weight[t] * (double)in[pixel->from[t] * channels + c];
            *out++ = (float)sum;
        }
    }
}

static int move_images(float *x, const struct shift_job *job, const struct affine *map,
                       struct err *err)
{
    const struct image_shape *image = &job->table->image;
    struct shift_pixel *pixel = mem_try((size_t)image->height * image->width, sizeof *pixel,
                                        "the pixels of a moved image", err);
    if (pixel == NULL)
        return -1;
    shift_find_pixels(pixel, image, map);
    int status = shift_each(x, job, move_pixels, pixel, err);
    mem_free(pixel);
    return status;
}

// Counter-clockwise, as seen with row 0 at the top. Whole quarter turns are exact, so that 90
// degrees moves pixels without blurring them.
int shift_rotate(float *x, const struct shift_job *job, struct err *err)
{
    double quarters = job->strength / 90, s, c;
    int64_t q = (int64_t)(quarters + (quarters < 0 ? -0.5 : 0.5));
    det_sincos(&s, &c, (job->strength - 90 * (double)q) * (DET_PI / 180));
    double sine, cosine;
    switch (q & 3) {
    case 0:
        sine = s;
        cosine = c;
        break;
    case 1:
        sine = c;
        cosine = -s;
        break;
    case 2:
        sine = -s;
        cosine = -c;
        break;
    default:
        sine = -c;
        cosine = s;
        break;
    }
    struct affine map = {.xx = cosine, .xy = -sine, .yx = sine, .yy = cosine};
    return move_images(x, job, &map, err);
}

int shift_translate(float *x, const struct shift_job *job, struct err *err)
{
    struct affine map = {.xx = 1,
                         .yy = 1,
                         .dx = -value_arg_number(job->call, "dx"),
                         .dy = -value_arg_number(job->call, "dy")};
    return move_images(x, job, &map, err);
}

int shift_scale(float *x, const struct shift_job *job, struct err *err)
{
    struct affine map = {.xx = 1 / job->strength, .yy = 1 / job->strength};
    return move_images(x, job, &map, err);
}

// Each row moves right by slope times its height above the centre.
int shift_shear(float *x, const struct shift_job *job, struct err *err)
{
    struct affine map = {.xx = 1, .xy = job->strength, .yy = 1};
    return move_images(x, job, &map, err);
}
