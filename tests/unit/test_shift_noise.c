// test_shift_noise.c -- Poisson draws against the probabilities they promise, and shot, impulse and
// speckle noise against their moments.
#include "shift_call.h"

#include "data/shift_poisson.h"

#include <math.h>

// --- Poisson
// ---------------------------------------------------------------------------------------

static double probability(double k, double mean)
{
    return exp(k * log(mean) - mean - lgamma(k + 1));
}

// Pearson's chi-square over the counts whose expectation is 20 draws or more, the rest in one bin.
// For many degrees of freedom f it lies within 5 of its deviations, sqrt(2 f), of f. Fixed seeds:
// the test passes always or never.
static void fits(double mean, uint64_t stream)
{
    enum { DRAWS = 200000, BINS = 3000 };
    static double count[BINS];
    memset(count, 0, sizeof count);
    struct rng rng = rng_at(rng_key_of(3, "poisson"), stream);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < DRAWS; i++) {
        double k = shift_poisson(&rng, mean);
        assert_true(k >= 0 && k < BINS && k == floor(k));
        count[(size_t)k]++;
        sum += k / DRAWS;
        squares += (k - mean) * (k - mean) / DRAWS;
    }
    assert_true(fabs(sum - mean) < 5 * sqrt(mean / DRAWS));
    assert_true(fabs(squares - mean) < 5 * sqrt((mean + 2 * mean * mean) / DRAWS));

    double chi = 0, freedom = -1, rest = DRAWS, rest_count = DRAWS;
    for (size_t k = 0; k < BINS; k++) {
        double expected = DRAWS * probability((double)k, mean);
        if (expected < 20)
            continue;
        chi += (count[k] - expected) * (count[k] - expected) / expected;
        freedom++;
        rest -= expected;
        rest_count -= count[k];
    }
    if (rest > 20) {
        chi += (rest_count - rest) * (rest_count - rest) / rest;
        freedom++;
    }
    if (fabs(chi - freedom) > 5 * sqrt(2 * freedom))
        fail_msg("mean %g: chi-square %g with %g degrees of freedom", mean, chi, freedom);
}

static void poisson_has_its_probabilities(void **state)
{
    (void)state;
    static const double means[] = {0.01, 0.5, 1, 3, 7.3, 9.999, 10, 10.5, 12, 25, 60, 300, 2000};
    for (size_t i = 0; i < ARRAY_LEN(means); i++)
        fits(means[i], i);
}

static void great_means_are_taken(void **state)
{
    (void)state;
    struct rng rng = rng_at(rng_key_of(3, "poisson"), 99);
    for (int i = 0; i < 1000; i++) {
        double k = shift_poisson(&rng, 1e9);
        assert_true(fabs(k - 1e9) < 6 * sqrt(1e9));
    }
    assert_true(shift_poisson(&rng, 0) == 0);
}

// --- noise ---------------------------------------------------------------------------------------

enum { N = 500, D = 64 };

static struct table constant(float *x, float value)
{
    for (size_t i = 0; i < N * D; i++)
        x[i] = value;
    return (struct table){.n = N, .d = D, .x = x};
}

static void moments(double *mean, double *variance, const struct table *table)
{
    double n = N * D;
    *mean = *variance = 0;
    for (size_t i = 0; i < N * D; i++)
        *mean += table->x[i] / n;
    for (size_t i = 0; i < N * D; i++)
        *variance += (table->x[i] - *mean) * (table->x[i] - *mean) / n;
}

// Counts over photons: mean x, variance x / photons; multiples of 1 / photons.
static void shots_are_counted(void **state)
{
    (void)state;
    static float x[N * D];
    struct table table = constant(x, 0.25f), out;
    static const double photons[] = {16, 100}; // by inversion and by rejection
    for (size_t i = 0; i < 2; i++) {
        double mean, variance;
        apply_to_all(&out, &table, call_of("shot_noise", "photons", photons[i]));
        moments(&mean, &variance, &out);
        double expected = 0.25 / photons[i];
        assert_true(fabs(mean - 0.25) < 5 * sqrt(expected / (N * D)));
        assert_true(fabs(variance / expected - 1) < 0.05);
        for (size_t k = 0; k < N * D; k++)
            assert_true(fabs(out.x[k] * photons[i] - round(out.x[k] * photons[i])) < 1e-4);
        table_release(&out);
    }
}

static void shots_of_odd_features(void **state)
{
    (void)state;
    const float x[] = {0, -1, 1e30f, INFINITY, NAN, -INFINITY};
    const float expected[] = {0, 0, 1, 1, NAN, 0};
    struct table table = {.n = 1, .d = 6, .x = x}, out;
    apply_to_all(&out, &table, call_of("shot_noise", "photons", 1e6));
    for (size_t i = 0; i < 6; i++)
        assert_true(isnan(expected[i]) ? isnan(out.x[i]) : out.x[i] == expected[i]);
    table_release(&out);
}

static void impulses_hit_their_share(void **state)
{
    (void)state;
    static float x[N * D];
    struct table table = constant(x, 0.25f), out;
    double salt = 0, pepper = 0, n = N * D;
    apply_to_all(&out, &table, call_of("impulse_noise", "share", 0.1));
    for (size_t i = 0; i < N * D; i++) {
        salt += out.x[i] == 1;
        pepper += out.x[i] == 0;
        assert_true(out.x[i] == 1 || out.x[i] == 0 || out.x[i] == 0.25f);
    }
    assert_true(fabs(salt / n - 0.05) < 5 * sqrt(0.05 * 0.95 / n));
    assert_true(fabs(pepper / n - 0.05) < 5 * sqrt(0.05 * 0.95 / n));
    table_release(&out);
    changes_nothing(&table, call_of("impulse_noise", "share", 0));
    apply_to_all(&out, &table, call_of("impulse_noise", "share", 1));
    for (size_t i = 0; i < N * D; i++)
        assert_true(out.x[i] == 1 || out.x[i] == 0);
    table_release(&out);
}

static void speckles_grow_with_the_feature(void **state)
{
    (void)state;
    static float x[N * D];
    static const float features[] = {0.25f, 0.5f};
    for (size_t i = 0; i < 2; i++) {
        struct table table = constant(x, features[i]), out;
        double mean, variance, expected = 0.2 * features[i];
        apply_to_all(&out, &table, call_of("speckle_noise", "sigma", 0.2));
        moments(&mean, &variance, &out);
        assert_true(fabs(mean - features[i]) < 5 * expected / sqrt(N * D));
        assert_true(fabs(variance / (expected * expected) - 1) < 0.05);
        table_release(&out);
        changes_nothing(&table, call_of("speckle_noise", "sigma", 0));
    }
    struct table nothing = constant(x, 0);
    changes_nothing(&nothing, call_of("speckle_noise", "sigma", 3));
}

static void noise_grows_and_keeps_to_rows(void **state)
{
    (void)state;
    static float x[N * D];
    static const struct noise {
        const char *name, *first;
    } noises[] = {{"gaussian_noise", "sigma"},
                  {"shot_noise", "photons"},
                  {"impulse_noise", "share"},
                  {"speckle_noise", "sigma"}};
    fill_random(x, N * D, 4);
    struct table table = {.n = N, .d = D, .x = x};
    for (size_t i = 0; i < ARRAY_LEN(noises); i++) {
        grows(&table, severe(noises[i].name, noises[i].first, 1));
        keeps_to_its_row(&table, severe(noises[i].name, noises[i].first, 3));
        if (i > 0)
            stays_in_unit_range(&table, severe(noises[i].name, noises[i].first, 5));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(poisson_has_its_probabilities),
        cmocka_unit_test(great_means_are_taken),
        cmocka_unit_test(shots_are_counted),
        cmocka_unit_test(shots_of_odd_features),
        cmocka_unit_test(impulses_hit_their_share),
        cmocka_unit_test(speckles_grow_with_the_feature),
        cmocka_unit_test(noise_grows_and_keeps_to_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
