// shift_impl.h -- what a shift implements; shared by shift.c and the shifts, nobody else.
#ifndef W2S_SHIFT_IMPL_H
#define W2S_SHIFT_IMPL_H

#include "base/rng.h"
#include "data/shift.h"

struct shift_job {
    const struct table *table; // the result, complete but for its features
    const struct value *call;  // with all its arguments
    struct rng_key key; // row r draws from rng_at(key, table_id(table, r)), and from nothing else
    double strength;    // the first argument where it is a number, or what the severity stands for
};

// Each changes x in place: N x D, row-major, holding the features before the shift. A row's result
// may depend on the row, its id, the call and the key only, never on its place or its neighbours.
// Shifts of IMAGES are called with images only: height * width * channels == D.
#define SHIFT(name, of, severities)                                                                \
    W2S_MUST_CHECK int shift_##name(float *x, const struct shift_job *job, struct err *err);
// Each lists rows of `in`, whose table job->table is; the caller releases `out`.
#define PICK(name)                                                                                 \
    W2S_MUST_CHECK int pick_##name(struct rows *out, const struct rows *in,                        \
                                   const struct shift_job *job, struct err *err);
// Each fills in the features of `made`, which has all else of the rows `in`, and changes its shape and its
// groups as it must. The caller releases `made`.
#define MAKE(name)                                                                                 \
    W2S_MUST_CHECK int make_##name(struct table *made, const struct rows *in,                      \
                                   const struct shift_job *job, struct err *err);
#include "data/shifts.def"
#undef SHIFT
#undef PICK
#undef MAKE

// Changes row after row: `out` holds the row and `in` a copy of it, D features each, `rng` is at
// the start of the row's stream. `context` is the shift's own.
typedef void shift_row(float *out, const float *in, const struct shift_job *job, struct rng *rng,
                       const void *context);
W2S_MUST_CHECK int shift_each(float *x, const struct shift_job *job, shift_row *change,
                              const void *context, struct err *err);

// An argument that may be left out.
double shift_number_or(const struct shift_job *job, const char *name, double otherwise);

// Pixels live in 0..1; NaN stays.
static inline float shift_clip(double x)
{
    return x < 0 ? 0 : x > 1 ? 1 : (float)x;
}

// Largest whole number that is not above x; |x| < 2^62.
static inline int64_t shift_floor(double x)
{
    int64_t i = (int64_t)x;
    return i - ((double)i > x);
}

// --- images --------------------------------------------------------------------------------------

// A linear map of the plane about the image's centre: the pixel at (x, y) from the centre, y
// downwards, shows what lay at (xx x + xy y + dx, yx x + yy y + dy). Bilinear; 0 comes from outside
// the image.
struct affine {
    double xx, xy, yx, yy, dx, dy;
};

// The four pixels behind a pixel.
enum { SHIFT_TAPS = 4 };
struct shift_pixel {
    size_t from[SHIFT_TAPS]; // pixel numbers
    double weight[SHIFT_TAPS];
};
void shift_find_pixels(struct shift_pixel *pixel, const struct image_shape *image,
                       const struct affine *map);

// Blurs one plane of height x width in place with the normalised Gaussian of sigma >= 1/8, cut off
// at 4 sigma; the edge pixels are repeated outside. `other` is scratch of the plane's size.
void shift_smooth(double *plane, double *other, const struct image_shape *image, double sigma);

#endif
