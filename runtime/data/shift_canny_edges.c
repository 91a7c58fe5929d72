// shift_canny_edges.c -- canny_edges(sigma, low, high): the image becomes its edges, 1 on 0; Canny
// 1986, "A computational approach to edge detection", IEEE PAMI 8, as a corruption Mu and Gilmer
// 2019.
//
// Channels are averaged first, and all get the same result. A gradient is Sobel's divided by 8, the
// change per pixel; the thresholds are in that unit and ours. Pixels at the image's border are no
// edges.
#include "data/shift_impl.h"

#include "base/mem.h"

enum mark { NOTHING, MAYBE, EDGE };

struct canny {
    double *grey, *strength; // planes of n_pixels
    uint8_t *mark;
    size_t *stack; // pixels whose neighbours are still to be looked at
};

static void grey_plane(double *grey, const float *in, const struct image_shape *image)
{
    size_t n_pixels = (size_t)image->height * image->width;
    for (size_t p = 0; p < n_pixels; p++) {
        grey[p] = 0;
        for (size_t c = 0; c < image->channels; c++)
            grey[p] += in[p * image->channels + c] / (double)image->channels;
    }
}

struct gradient {
    double x, y;
};

static struct gradient sobel(const double *at, size_t width)
{
    const double *up = at - width, *down = at + width;
    return (struct gradient){
        (up[1] - up[-1] + 2 * (at[1] - at[-1]) + down[1] - down[-1]) / 8,
        (down[-1] - up[-1] + 2 * (down[0] - up[0]) + down[1] - up[1]) / 8,
    };
}

// The neighbour's offset across the edge, in the nearest of four directions: tan 22.5 degrees parts
// them.
static size_t across(struct gradient g, size_t width)
{
    const double tangent = 0.41421356237309503; // sqrt(2) - 1
    double x = g.x < 0 ? -g.x : g.x, y = g.y < 0 ? -g.y : g.y;
    if (y <= tangent * x)
        return 1;
    if (x <= tangent * y)
        return width;
    return (g.x > 0) == (g.y > 0) ? width + 1 : width - 1;
}

// A pixel above `low` stays where it is the strongest of three across the edge; of two equal ones
// the first. Returns how many are above `high`, which wait in the stack.
static size_t mark_ridges(const struct canny *canny, const struct image_shape *image, double low,
                          double high)
{
    size_t width = image->width, n_waiting = 0;
    for (size_t row = 1; row + 1 < image->height; row++)
        for (size_t p = row * width + 1; p + 1 < (row + 1) * width; p++) {
            double own = canny->strength[p];
            size_t step = across(sobel(canny->grey + p, width), width);
            if (!(own >= low * low) || own == 0 || own <= canny->strength[p - step] ||
                own < canny->strength[p + step])
                continue;
            canny->mark[p] = own >= high * high ? EDGE : MAYBE;
            if (canny->mark[p] == EDGE)
                canny->stack[n_waiting++] = p;
        }
    return n_waiting;
}

// What touches an edge and may be one is one.
static void follow(const struct canny *canny, size_t width, size_t n_waiting)
{
    while (n_waiting > 0) {
        size_t p = canny->stack[--n_waiting];
        for (size_t i = 0; i < 9; i++) {
            size_t q = p + (i / 3) * width + i % 3 - width - 1;
            if (canny->mark[q] != MAYBE)
                continue;
            canny->mark[q] = EDGE;
            canny->stack[n_waiting++] = q;
        }
    }
}

static void find_edges(float *out, const float *in, const struct shift_job *job, struct rng *rng,
                       const void *context)
{
    (void)rng;
    const struct canny *canny = context;
    const struct image_shape *image = &job->table->image;
    size_t width = image->width, n_pixels = (size_t)image->height * width;
    grey_plane(canny->grey, in, image);
    if (job->strength >= 0.125)
        shift_smooth(canny->grey, canny->strength, image, job->strength);
    for (size_t p = 0; p < n_pixels; p++) {
        canny->strength[p] = 0;
        canny->mark[p] = NOTHING;
    }
    for (size_t row = 1; row + 1 < image->height; row++)
        for (size_t p = row * width + 1; p + 1 < (row + 1) * width; p++) {
            struct gradient g = sobel(canny->grey + p, width);
            canny->strength[p] = g.x * g.x + g.y * g.y; // squared: only comparisons follow
        }
    size_t n_waiting = mark_ridges(canny, image, value_arg_number(job->call, "low"),
                                   value_arg_number(job->call, "high"));
    follow(canny, width, n_waiting);
    for (size_t i = 0; i < job->table->d; i++)
        out[i] = canny->mark[i / image->channels] == EDGE;
}

int shift_canny_edges(float *x, const struct shift_job *job, struct err *err)
{
    const struct image_shape *image = &job->table->image;
    size_t n = (size_t)image->height * image->width;
    struct canny canny = {.grey = mem_try(n, sizeof(double), "a plane of canny_edges()", err),
                          .strength = mem_try(n, sizeof(double), "a plane of canny_edges()", err),
                          .mark = mem_try(n, 1, "the edges of canny_edges()", err),
                          .stack = mem_try(n, sizeof(size_t), "the edges of canny_edges()", err)};
    int status = -1;
    if (canny.grey != NULL && canny.strength != NULL && canny.mark != NULL && canny.stack != NULL)
        status = shift_each(x, job, find_edges, &canny, err);
    mem_free(canny.grey);
    mem_free(canny.strength);
    mem_free(canny.mark);
    mem_free(canny.stack);
    return status;
}
