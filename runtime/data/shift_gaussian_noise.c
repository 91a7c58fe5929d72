// shift_gaussian_noise.c -- gaussian_noise(sigma): adds sigma times a standard normal to every
// feature.
//
// Nothing is clipped: pixels may leave 0..1, so that the severity is the same for every pixel
// value.
#include "data/shift_impl.h"

#include "base/detmath.h"

// Box and Muller 1958. Both normals of a pair are used, which halves the work of rng_normal.
static void normal_pair(double *a, double *b, struct rng *rng)
{
    double u = 1.0 - rng_unit(rng); // (0, 1]
    double v = rng_unit(rng);
    double radius = det_sqrt(-2.0 * det_log(u));
    det_sincos(b, a, 2.0 * DET_PI * v);
    *a *= radius;
    *b *= radius;
}

static void add_noise(float *x, size_t d, double sigma, struct rng rng)
{
    for (size_t i = 0; i < d; i += 2) {
        double a, b;
        normal_pair(&a, &b, &rng);
        x[i] = (float)(x[i] + sigma * a);
        if (i + 1 < d)
            x[i + 1] = (float)(x[i + 1] + sigma * b);
    }
}

int shift_gaussian_noise(float *x, const struct shift_job *job, struct err *err)
{
    (void)err;
    const struct table *table = job->table;
    double sigma = job->strength;
    for (size_t r = 0; r < table->n; r++)
        add_noise(x + r * table->d, table->d, sigma, rng_at(job->key, table_id(table, r)));
    return 0;
}
