// window.h -- windows that slide over images: the parts of convolutions and pooling.
//
// In plain C, compiled once for all instruction sets: copies, comparisons and additions in one
// order, so the bits are the same everywhere. The arithmetic of a convolution is gemm() over
// patches.
//
// An image is height x width x channels, row-major, channel last; images lie one after the other. A
// window of size x size stands at every `stride`-th pixel of the image with `pad` zeros around it,
// as often as it fits: out_height x out_width places. A line is the places of one height in one
// image; lines are numbered over all images.
#ifndef W2S_WINDOW_H
#define W2S_WINDOW_H

#include <stddef.h>
#include <stdint.h>

struct window {
    uint32_t height, width, channels;
    uint32_t size, stride, pad;
};

static inline size_t window_places(uint32_t side, const struct window *w) // 0: it does not fit
{
    size_t whole = (size_t)side + 2 * (size_t)w->pad;
    return whole < w->size || w->stride == 0 ? 0 : (whole - w->size) / w->stride + 1;
}

static inline size_t window_out_height(const struct window *w)
{
    return window_places(w->height, w);
}

static inline size_t window_out_width(const struct window *w)
{
    return window_places(w->width, w);
}

// out: for each place of lines from .. from + n, in order, the rows first .. last of its window, a
// row of window (size x channels numbers) after the other; 0 outside the image.
void window_patches(float *out, const float *x, const struct window *w, size_t from, size_t n,
                    size_t first, size_t last);
// The reverse for whole windows: adds every number to where window_patches took it from, in order
// of the places, and in a place from first to last.
void window_patches_add(float *x, const float *patches, const struct window *w, size_t from,
                        size_t n);

// Pooling, without padding: a number for each place and channel.
// pick: v where x is largest in the window, the first of equals; a NaN is largest.
void window_pick(float *out, const float *x, const float *v, const struct window *w, size_t images);
// The reverse: dy added there, 0 elsewhere.
void window_spread(float *out, const float *x, const float *dy, const struct window *w,
                   size_t images);
// The mean, one chain of additions in order, then a division.
void window_mean(float *out, const float *x, const struct window *w, size_t images);
// The reverse: dy / size^2 added to each.
void window_mean_spread(float *out, const float *dy, const struct window *w, size_t images);

#endif
