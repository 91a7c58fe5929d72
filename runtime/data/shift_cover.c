// shift_cover.c -- occlusion(size, value), spatter(share, size), dotted_line(), zigzag(): things in
// front of the image, each at a place of chance. Results are clipped to 0..1 where something is
// added; occlusion sets `value` as it is.
//
// The lines are those of Mu and Gilmer 2019 for 28x28 pixels, with distances from the line measured
// across it instead of along the pixel's column. spatter is an own form of theirs.
#include "data/shift_impl.h"

#include "base/detmath.h"
#include "base/mem.h"

#include <stdlib.h>

// --- occlusion -----------------------------------------------------------------------------------

static uint32_t side_of(uint32_t n, double share)
{
    return (uint32_t)(n * share + 0.5);
}

// All channels of a rectangle that lies inside the image.
static void cover(float *out, const float *in, const struct shift_job *job, struct rng *rng,
                  const void *context)
{
    (void)in, (void)context;
    const struct image_shape *image = &job->table->image;
    uint32_t height = side_of(image->height, job->strength);
    uint32_t width = side_of(image->width, job->strength);
    size_t top = rng_below(rng, (uint64_t)image->height - height + 1);
    size_t left = rng_below(rng, (uint64_t)image->width - width + 1);
    float value = (float)value_arg_number(job->call, "value");
    for (size_t row = top; row < top + height; row++)
        for (size_t i = 0; i < (size_t)width * image->channels; i++)
            out[(row * image->width + left) * image->channels + i] = value;
}

int shift_occlusion(float *x, const struct shift_job *job, struct err *err)
{
    return shift_each(x, job, cover, NULL, err);
}

// --- spatter -------------------------------------------------------------------------------------

// Mud lies where smooth noise is highest: on `share` of the pixels, rounded to whole pixels. Its
// colour is that of Mu and Gilmer 2019, 63/255.
#define MUD (63.0 / 255)

struct drop {
    double height;
    size_t pixel;
};

struct mud {
    double *plane;     // n_pixels, and as many of scratch
    struct drop *drop; // n_pixels
};

// Higher first; of two of one height the pixel that comes first.
static int by_height(const void *a, const void *b)
{
    const struct drop *x = a, *y = b;
    if (x->height != y->height)
        return x->height > y->height ? -1 : 1;
    return x->pixel < y->pixel ? -1 : x->pixel > y->pixel;
}

static void throw_mud(float *out, const float *in, const struct shift_job *job, struct rng *rng,
                      const void *context)
{
    (void)in;
    const struct mud *mud = context;
    const struct image_shape *image = &job->table->image;
    size_t n_pixels = (size_t)image->height * image->width;
    for (size_t p = 0; p < n_pixels; p++)
        mud->plane[p] = rng_normal(rng);
    shift_smooth(mud->plane, mud->plane + n_pixels, image, value_arg_number(job->call, "size"));
    for (size_t p = 0; p < n_pixels; p++)
        mud->drop[p] = (struct drop){mud->plane[p], p};
    qsort(mud->drop, n_pixels, sizeof *mud->drop, by_height);
    size_t n_covered = (size_t)((double)n_pixels * job->strength + 0.5);
    for (size_t i = 0; i < n_covered; i++)
        for (size_t c = 0; c < image->channels; c++)
            out[mud->drop[i].pixel * image->channels + c] = (float)MUD;
}

int shift_spatter(float *x, const struct shift_job *job, struct err *err)
{
    const struct image_shape *image = &job->table->image;
    size_t n_pixels = (size_t)image->height * image->width;
    struct mud mud = {
        .plane = mem_try(n_pixels, 2 * sizeof(double), "the planes of spatter()", err),
        .drop = mem_try(n_pixels, sizeof(struct drop), "the drops of spatter()", err)};
    int status = -1;
    if (mud.plane != NULL && mud.drop != NULL)
        status = shift_each(x, job, throw_mud, &mud, err);
    mem_free(mud.plane);
    mem_free(mud.drop);
    return status;
}

// --- lines ---------------------------------------------------------------------------------------

struct point {
    double x, y;
};

static double distance(struct point p, struct point a, struct point b)
{
    double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
    double along = length > 0 ? ((p.x - a.x) * dx + (p.y - a.y) * dy) / length : 0;
    along = along < 0 ? 0 : along > 1 ? 1 : along;
    double off_x = p.x - a.x - along * dx, off_y = p.y - a.y - along * dy;
    return det_sqrt(off_x * off_x + off_y * off_y);
}

// Ink at a distance in pixels: ln(1 - d / 2.3) + 1 while that is above 0, which is d < 1.454.
static double ink(double d)
{
    if (d >= 2.2)
        return 0;
    double x = det_log(1 - d / 2.3) + 1;
    return x > 0 ? x : 0;
}

static void add_ink(float *out, const float *in, const struct image_shape *image, struct point at,
                    double much)
{
    size_t first = ((size_t)at.y * image->width + (size_t)at.x) * image->channels;
    for (size_t c = 0; c < image->channels; c++)
        out[first + c] = shift_clip(in[first + c] + much);
}

// From the left edge to the right, between heights of chance; two columns without, two with ink.
static void dots(float *out, const float *in, const struct shift_job *job, struct rng *rng,
                 const void *context)
{
    (void)context;
    const struct image_shape *image = &job->table->image;
    struct point a = {0, (double)rng_below(rng, image->height)};
    struct point b = {image->width - 1.0, (double)rng_below(rng, image->height)};
    for (uint32_t row = 0; row < image->height; row++)
        for (uint32_t column = 0; column < image->width; column++) {
            struct point at = {column, row};
            add_ink(out, in, image, at, column / 2 % 2 == 1 ? ink(distance(at, a, b)) : 0);
        }
}

int shift_dotted_line(float *x, const struct shift_job *job, struct err *err)
{
    return shift_each(x, job, dots, NULL, err);
}

// A base line from two pixels inside the left edge to two inside the right, rising or falling by up
// to five pixels; the zigzag crosses it every 2 * REACH pixels and swings REACH to both sides.
enum { REACH = 2, MARGIN = 2, SLANT = 5 };

struct zigzag {
    struct point from, along; // the base line's start and direction, of length 1
    double length;
};

// Corner 0 is the start, 1, 2, ... the swings, the last one the end.
static struct point corner(const struct zigzag *z, size_t i)
{
    double at = i == 0 ? 0 : (2 * (double)i - 1) * REACH, side = i % 2 == 1 ? REACH : -REACH;
    if (i == 0 || at >= z->length) {
        at = i == 0 ? 0 : z->length;
        side = 0;
    }
    return (struct point){z->from.x + at * z->along.x - side * z->along.y,
                          z->from.y + at * z->along.y + side * z->along.x};
}

static double zigzag_ink(const struct zigzag *z, struct point at)
{
    double nearest = 1e9;
    size_t n = (size_t)((z->length / REACH + 1) / 2) + 1;
    for (size_t i = 0; i < n; i++) {
        double d = distance(at, corner(z, i), corner(z, i + 1));
        nearest = d < nearest ? d : nearest;
    }
    return ink(nearest);
}

static void draw_zigzag(float *out, const float *in, const struct shift_job *job, struct rng *rng,
                        const void *context)
{
    (void)context;
    const struct image_shape *image = &job->table->image;
    double dx = image->width > 2 * MARGIN + 1 ? image->width - 2.0 * MARGIN - 1 : 1;
    double y = (double)rng_below(rng, image->height);
    double dy = (double)rng_below(rng, 2 * SLANT + 1) - SLANT;
    double length = det_sqrt(dx * dx + dy * dy);
    struct zigzag z = {{MARGIN, y}, {dx / length, dy / length}, length};
    for (uint32_t row = 0; row < image->height; row++)
        for (uint32_t column = 0; column < image->width; column++)
            add_ink(out, in, image, (struct point){column, row},
                    zigzag_ink(&z, (struct point){column, row}));
}

int shift_zigzag(float *x, const struct shift_job *job, struct err *err)
{
    return shift_each(x, job, draw_zigzag, NULL, err);
}
