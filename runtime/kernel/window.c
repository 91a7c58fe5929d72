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

// A row of a window, short and of any length: blocks of 16, 8 or 4, the last of which may overlap
// the one before. x and out do not overlap.
static void copy_row(float *out, const float *x, size_t n)
{
    if (n >= 16) {
        for (size_t i = 0; i + 16 < n; i += 16)
            memcpy(out + i, x + i, 16 * sizeof(float));
        memcpy(out + n - 16, x + n - 16, 16 * sizeof(float));
    } else if (n >= 8) {
        memcpy(out, x, 8 * sizeof(float));
        memcpy(out + n - 8, x + n - 8, 8 * sizeof(float));
    } else if (n >= 4) {
        memcpy(out, x, 4 * sizeof(float));
        memcpy(out + n - 4, x + n - 4, 4 * sizeof(float));
    } else {
        for (size_t i = 0; i < n; i++)
            out[i] = x[i];
    }
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

// A row of the window at `place` of a line of the image that begins at x; zeros beyond its ends.
static void edge_row(float *out, const float *x, const struct window *w, size_t place)
{
    struct span cols = inside(place, w->width, w);
    size_t left = cols.begin * w->channels, right = cols.end * w->channels;
    zero(out, (size_t)w->size * w->channels);
    if (left < right)
        copy_row(out + left, x + (place * w->stride + cols.begin - w->pad) * w->channels,
                 right - left);
}

// The same row of the windows at all places of a line; they lie `step` apart.
static void line_of_rows(float *out, size_t step, const float *x, const struct window *w)
{
    size_t places = window_out_width(w), run = (size_t)w->size * w->channels, place = 0;
    size_t width = (size_t)w->width + w->pad;
    for (; place < places && place * w->stride < w->pad; place++, out += step)
        edge_row(out, x, w, place);
    for (; place < places && place * w->stride + w->size <= width; place++, out += step)
        copy_row(out, x + (place * w->stride - w->pad) * w->channels, run);
    for (; place < places; place++, out += step)
        edge_row(out, x, w, place);
}

void window_patches(float *out, const float *x, const struct window *w, size_t from, size_t n,
                    size_t first, size_t last)
{
    size_t places = window_out_width(w), run = (size_t)w->size * w->channels;
    size_t step = (last - first) * run;
    for (size_t number = from; number < from + n; number++, out += places * step) {
        struct line line = line_at(number, w);
        for (size_t row = first; row < last; row++) {
            float *to = out + (row - first) * run;
            if (row < line.rows.begin || row >= line.rows.end) {
                for (size_t place = 0; place < places; place++)
                    zero(to + place * step, run);
                continue;
            }
            size_t y = line.y * w->stride + row - w->pad;
            line_of_rows(to, step, x + offset_in(w, line.image, y, 0), w);
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

// A walk over the windows of pooling, image by image, line by line.
struct place {
    size_t left;   // places to come, this one included
    size_t corner; // offset of its first number
    size_t line, column, lines, columns;
};

static struct place first_place(const struct window *w, size_t images)
{
    struct place p = {.lines = window_out_height(w), .columns = window_out_width(w)};
    p.left = images * p.lines * p.columns;
    return p;
}

static void next_place(struct place *p, const struct window *w)
{
    p->left--;
    p->corner += (size_t)w->stride * w->channels;
    if (++p->column < p->columns)
        return;
    p->column = 0;
    p->line++;
    p->corner = offset_in(w, p->line / p->lines, p->line % p->lines * w->stride, 0);
}

enum { BLOCK = 64 }; // channels at a time, in loops that the compiler turns into vectors

// Of two numbers the larger, of equals the first; a NaN is largest.
static int is_larger(float a, float b)
{
    return (a > b) | ((a != a) & (b == b));
}

static int is_same(float a, float b) // a NaN is a NaN
{
    return (a == b) | ((a != a) & (b != b));
}

// best: the largest in the window that begins at x, for each of n channels; out, unless NULL: the
// number of v at its place.
static void largest(float *best, float *out, const float *x, const float *v, const struct window *w,
                    size_t n)
{
    size_t line = (size_t)w->width * w->channels;
    copy(best, x, n);
    if (out != NULL)
        copy(out, v, n);
    for (size_t at = 1; at < (size_t)w->size * w->size; at++) {
        size_t offset = at / w->size * line + at % w->size * w->channels;
        const float *y = x + offset;
        if (out != NULL)
            for (size_t c = 0; c < n; c++)
                out[c] = is_larger(y[c], best[c]) ? v[offset + c] : out[c];
        for (size_t c = 0; c < n; c++)
            best[c] = is_larger(y[c], best[c]) ? y[c] : best[c];
    }
}

static size_t block_at(size_t c, const struct window *w)
{
    return w->channels - c < BLOCK ? w->channels - c : BLOCK;
}

void window_pick(float *out, const float *x, const float *v, const struct window *w, size_t images)
{
    float best[BLOCK];
    for (struct place p = first_place(w, images); p.left > 0; next_place(&p, w))
        for (size_t c = 0, n; c < w->channels; c += n, out += n) {
            n = block_at(c, w);
            if (v == x)
                largest(out, NULL, x + p.corner + c, NULL, w, n);
            else
                largest(best, out, x + p.corner + c, v + p.corner + c, w, n);
        }
}

static size_t size_of(const struct window *w, size_t images)
{
    return images * w->height * w->width * w->channels;
}

// dy to the first number of the window that is the largest.
static void spread(float *out, const float *x, const float *dy, const struct window *w, size_t n)
{
    size_t line = (size_t)w->width * w->channels;
    float best[BLOCK], left[BLOCK]; // left: what no number has got yet
    largest(best, NULL, x, NULL, w, n);
    copy(left, dy, n);
    for (size_t at = 0; at < (size_t)w->size * w->size; at++) {
        size_t offset = at / w->size * line + at % w->size * w->channels;
        const float *restrict y = x + offset;
        float *restrict to = out + offset;
        for (size_t c = 0; c < n; c++) {
            float got = is_same(y[c], best[c]) ? left[c] : 0;
            left[c] = is_same(y[c], best[c]) ? 0 : left[c];
            to[c] += got;
        }
    }
}

void window_spread(float *out, const float *x, const float *dy, const struct window *w,
                   size_t images)
{
    zero(out, size_of(w, images));
    for (struct place p = first_place(w, images); p.left > 0; next_place(&p, w))
        for (size_t c = 0, n; c < w->channels; c += n, dy += n) {
            n = block_at(c, w);
            spread(out + p.corner + c, x + p.corner + c, dy, w, n);
        }
}

void window_mean(float *out, const float *x, const struct window *w, size_t images)
{
    const float count = (float)w->size * (float)w->size;
    size_t line = (size_t)w->width * w->channels;
    for (struct place p = first_place(w, images); p.left > 0; next_place(&p, w)) {
        zero(out, w->channels);
        for (size_t row = 0; row < w->size; row++)
            for (size_t col = 0; col < w->size; col++)
                add(out, x + p.corner + row * line + col * w->channels, w->channels);
        for (size_t c = 0; c < w->channels; c++)
            *out++ /= count;
    }
}

void window_mean_spread(float *out, const float *dy, const struct window *w, size_t images)
{
    const float count = (float)w->size * (float)w->size;
    size_t line = (size_t)w->width * w->channels;
    zero(out, size_of(w, images));
    for (struct place p = first_place(w, images); p.left > 0; next_place(&p, w)) {
        for (size_t row = 0; row < w->size; row++)
            for (size_t col = 0; col < w->size; col++)
                for (size_t c = 0; c < w->channels; c++)
                    out[p.corner + row * line + col * w->channels + c] += dy[c] / count;
        dy += w->channels;
    }
}
