// window.c -- see window.h.
#include "kernel/window.h"

#include <string.h>

// The part of a row of window that lies in the image: columns begin .. end of the window.
struct span {
    size_t begin, end;
};

static struct span inside(size_t place, uint32_t side, const struct window *w)
{
    size_t at = place * w->stride, last = at + w->size;
    struct span s = {at < w->pad ? w->pad - at : 0, w->size};
    if (last > (size_t)side + w->pad)
        s.end = (size_t)side + w->pad > at ? (size_t)side + w->pad - at : 0;
    if (s.begin > s.end)
        s.begin = s.end;
    return s;
}

static void copy(float *out, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = x[i];
}

static void zero(float *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = 0;
}

static void add(float *out, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] += x[i];
}

// A line: the image it is of, its height in it, and which rows of its windows lie in the image.
struct line {
    size_t image, y;
    struct span rows;
};

static struct line line_at(size_t number, const struct window *w)
{
    size_t height = window_out_height(w), y = number % height;
    return (struct line){number / height, y, inside(y, w->height, w)};
}

static size_t offset_in(const struct window *w, size_t image, size_t y, size_t x)
{
    return ((image * w->height + y) * w->width + x) * w->channels;
}

void window_patches(float *out, const float *x, const struct window *w, size_t from, size_t n,
                    size_t first, size_t last)
{
    size_t places = window_out_width(w), run = (size_t)w->size * w->channels;
    for (size_t number = from; number < from + n; number++) {
        struct line line = line_at(number, w);
        for (size_t place = 0; place < places; place++) {
            struct span cols = inside(place, w->width, w);
            size_t left = cols.begin * w->channels, right = cols.end * w->channels;
            for (size_t row = first; row < last; row++, out += run) {
                if (row < line.rows.begin || row >= line.rows.end || left >= right) {
                    zero(out, run);
                    continue;
                }
                const float *at = x + offset_in(w, line.image, line.y * w->stride + row - w->pad,
                                                place * w->stride + cols.begin - w->pad);
                zero(out, left);
                copy(out + left, at, right - left);
                zero(out + right, run - right);
            }
        }
    }
}

void window_patches_add(float *x, const float *patches, const struct window *w, size_t from,
                        size_t n)
{
    size_t places = window_out_width(w), run = (size_t)w->size * w->channels;
    for (size_t number = from; number < from + n; number++) {
        struct line line = line_at(number, w);
        for (size_t place = 0; place < places; place++, patches += w->size * run) {
            struct span cols = inside(place, w->width, w);
            if (cols.begin == cols.end)
                continue;
            for (size_t row = line.rows.begin; row < line.rows.end; row++)
                add(x + offset_in(w, line.image, line.y * w->stride + row - w->pad,
                                  place * w->stride + cols.begin - w->pad),
                    patches + row * run + cols.begin * w->channels,
                    (cols.end - cols.begin) * w->channels);
        }
    }
}

// Walks over the windows of pooling: `corner` is the offset of the first pixel of each.
#define EACH_PLACE(w, images)                                                                      \
    for (size_t image = 0; image < (images); image++)                                              \
        for (size_t y = 0; y < window_out_height(w); y++)                                          \
            for (size_t place = 0, corner = offset_in(w, image, y * (w)->stride, 0);               \
                 place < window_out_width(w); place++, corner += (size_t)(w)->stride * (w)->channels)

static int is_larger(float a, float b) // a NaN is largest
{
    return a > b || (a != a && b == b);
}

// Where in the window whose channel begins at `at` the first of the largest is.
static size_t largest(const float *at, const struct window *w)
{
    size_t best = 0, line = (size_t)w->width * w->channels;
    for (size_t row = 0; row < w->size; row++)
        for (size_t col = 0; col < w->size; col++) {
            size_t here = row * line + col * w->channels;
            best = is_larger(at[here], at[best]) ? here : best;
        }
    return best;
}

void window_pick(float *out, const float *x, const float *v, const struct window *w, size_t images)
{
    EACH_PLACE(w, images)
        for (size_t c = 0; c < w->channels; c++)
            *out++ = v[corner + c + largest(x + corner + c, w)];
}

static size_t size_of(const struct window *w, size_t images)
{
    return images * w->height * w->width * w->channels;
}

void window_spread(float *out, const float *x, const float *dy, const struct window *w, size_t images)
{
    zero(out, size_of(w, images));
    EACH_PLACE(w, images)
        for (size_t c = 0; c < w->channels; c++)
            out[corner + c + largest(x + corner + c, w)] += *dy++;
}

void window_mean(float *out, const float *x, const struct window *w, size_t images)
{
    const float count = (float)w->size * (float)w->size;
    size_t line = (size_t)w->width * w->channels;
    EACH_PLACE(w, images) {
        zero(out, w->channels);
        for (size_t row = 0; row < w->size; row++)
            for (size_t col = 0; col < w->size; col++)
                add(out, x + corner + row * line + col * w->channels, w->channels);
        for (size_t c = 0; c < w->channels; c++)
            *out++ /= count;
    }
}

void window_mean_spread(float *out, const float *dy, const struct window *w, size_t images)
{
    const float count = (float)w->size * (float)w->size;
    size_t line = (size_t)w->width * w->channels;
    zero(out, size_of(w, images));
    EACH_PLACE(w, images) {
        for (size_t row = 0; row < w->size; row++)
            for (size_t col = 0; col < w->size; col++)
                for (size_t c = 0; c < w->channels; c++)
                    out[corner + row * line + col * w->channels + c] += dy[c] / count;
        dy += w->channels;
    }
}
