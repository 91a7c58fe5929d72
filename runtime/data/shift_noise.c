// shift_noise.c -- shot_noise(photons), impulse_noise(share), speckle_noise(sigma): the noise of
// Hendrycks and Dietterich 2019 besides the Gaussian. Results are clipped to 0..1.
#include "data/shift_impl.h"

#include "data/shift_poisson.h"

// A pixel is the share that arrived of the photons a white pixel would send.
static void count_photons(float *out, const float *in, const struct shift_job *job, struct rng *rng,
                          const void *context)
{
    (void)context;
    for (size_t i = 0; i < job->table->d; i++) {
        double mean = in[i] * job->strength;
        if (mean > 1e9) // far above white, and past what the generator takes
            out[i] = 1;
        else if (mean > 0)
            out[i] = shift_clip(shift_poisson(rng, mean) / job->strength);
        else
            out[i] = mean <= 0 ? 0 : in[i]; // NaN stays
    }
}

int shift_shot_noise(float *x, const struct shift_job *job, struct err *err)
{
    return shift_each(x, job, count_photons, NULL, err);
}

// Every feature draws twice, so that the same places are hit whatever the features are.
static void salt_and_pepper(float *out, const float *in, const struct shift_job *job,
                            struct rng *rng, const void *context)
{
    (void)context;
    for (size_t i = 0; i < job->table->d; i++) {
        double hit = rng_unit(rng);
        bool salt = rng_u32(rng) & 1;
        out[i] = hit < job->strength ? (float)salt : shift_clip(in[i]);
    }
}

int shift_impulse_noise(float *x, const struct shift_job *job, struct err *err)
{
    return shift_each(x, job, salt_and_pepper, NULL, err);
}

static void speckle(float *out, const float *in, const struct shift_job *job, struct rng *rng,
                    const void *context)
{
    (void)context;
    for (size_t i = 0; i < job->table->d; i++)
        out[i] = shift_clip(in[i] + in[i] * job->strength * rng_normal(rng));
}

int shift_speckle_noise(float *x, const struct shift_job *job, struct err *err)
{
    return shift_each(x, job, speckle, NULL, err);
}
