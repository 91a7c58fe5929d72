// test_shift_images.c -- shifts of images that move, blur and shade them: against naive versions in
// double, closed forms and what must not change.
#include "shift_call.h"

#include <math.h>
#include <stdlib.h>

enum { H = 9, W = 11, C = 2, N = 7, D = H * W * C };

static const struct image_shape SHAPE = {H, W, C};

// Random images whose features stay in memory as long as the test.
static struct table images(float *x)
{
    fill_random(x, N * D, 5);
    return (struct table){.n = N, .d = D, .x = x, .image = SHAPE};
}

static double pixel_or_zero(const float *x, int row, int column, int channel)
{
    return row < 0 || column < 0 || row >= H || column >= W ? 0
                                                            : x[(row * W + column) * C + channel];
}

static double pixel_or_edge(const float *x, int row, int column, int channel)
{
    row = row < 0 ? 0 : row >= H ? H - 1 : row;
    column = column < 0 ? 0 : column >= W ? W - 1 : column;
    return x[(row * W + column) * C + channel];
}

// Each pixel of each image is what `naive` says.
static void matches(const struct table *table, struct call c,
                    double (*naive)(const float *x, int row, int column, int channel))
{
    struct table out;
    apply_to_all(&out, table, c);
    const float *at = out.x;
    for (size_t r = 0; r < N; r++)
        for (int row = 0; row < H; row++)
            for (int column = 0; column < W; column++)
                for (int channel = 0; channel < C; channel++) {
                    double expected = naive(table->x + r * D, row, column, channel);
                    if (fabs(*at++ - expected) > 2e-6)
                        fail_msg("%s: %g at %d, %d, %d; expected %g", c.value.text, at[-1], row,
                                 column, channel, expected);
                }
    table_release(&out);
}

// --- geometry ------------------------------------------------------------------------------------

static double sampled(const float *x, double row, double column, int channel)
{
    int r = (int)floor(row), c = (int)floor(column);
    double fy = row - r, fx = column - c;
    return (1 - fy) * ((1 - fx) * pixel_or_zero(x, r, c, channel) +
                       fx * pixel_or_zero(x, r, c + 1, channel)) +
           fy * ((1 - fx) * pixel_or_zero(x, r + 1, c, channel) +
                 fx * pixel_or_zero(x, r + 1, c + 1, channel));
}

static double moved_by_pixels(const float *x, int row, int column, int channel)
{
    return pixel_or_zero(x, row + 1, column - 3, channel);
}

static double moved_by_shares(const float *x, int row, int column, int channel)
{
    return sampled(x, row - 0.25, column + 1.5, channel);
}

static double shrunk(const float *x, int row, int column, int channel)
{
    return sampled(x, (row - 4) / 0.7 + 4, (column - 5) / 0.7 + 5, channel);
}

static double sheared(const float *x, int row, int column, int channel)
{
    int height = 4 - row; // above the centre
    return sampled(x, row, column - 0.6 * height, channel);
}

static struct call translate(double dx, double dy)
{
    return with_number(call_of("translate", "dx", dx), "dy", dy);
}

static void images_move(void **state)
{
    (void)state;
    float x[N * D];
    struct table table = images(x);
    matches(&table, translate(3, -1), moved_by_pixels);
    matches(&table, translate(-1.5, 0.25), moved_by_shares);
    matches(&table, call_of("scale", "factor", 0.7), shrunk);
    matches(&table, severe("scale", "factor", 3), shrunk);
    matches(&table, call_of("shear", "slope", 0.6), sheared);
    matches(&table, severe("shear", "slope", 3), sheared);
    changes_nothing(&table, translate(0, 0));
    changes_nothing(&table, call_of("scale", "factor", 1));
    changes_nothing(&table, call_of("shear", "slope", 0));
    grows(&table, severe("scale", "factor", 1));
}

// What stays inside comes back: 0 is lost at the edges only.
static void moves_have_inverses(void **state)
{
    (void)state;
    float x[N * D];
    struct table table = images(x), there, back;
    apply_to_all(&there, &table, translate(2, 1));
    apply_to_all(&back, &there, translate(-2, -1));
    for (size_t i = 0; i < N * D; i++) {
        size_t row = i % D / (W * C), column = i / C % W;
        assert_true(back.x[i] == (row < H - 1 && column < W - 2 ? x[i] : 0));
    }
    table_release(&there);
    table_release(&back);
    apply_to_all(&there, &table, call_of("shear", "slope", 1)); // whole pixels
    apply_to_all(&back, &there, call_of("shear", "slope", -1));
    for (size_t i = 0; i < N * D; i++) {
        size_t column = i / C % W;
        if (column >= 4 && column < W - 4)
            assert_true(back.x[i] == x[i]);
    }
    table_release(&there);
    table_release(&back);
}

// --- blur ----------------------------------------------------------------------------------------

static double gaussian_1_3(const float *x, int row, int column, int channel)
{
    double sum = 0, weights = 0;
    for (int dy = -20; dy <= 20; dy++)
        for (int dx = -20; dx <= 20; dx++) {
            if (abs(dy) > 5 || abs(dx) > 5) // 4 sigma
                continue;
            double weight = exp(-(dx * dx + dy * dy) / (2 * 1.3 * 1.3));
            sum += weight * pixel_or_edge(x, row + dy, column + dx, channel);
            weights += weight;
        }
    return sum / weights;
}

static double cross_of_disc(const float *x, int row, int column, int channel)
{
    // of a disc of radius 1: how much of the middle pixel and of its four and eight neighbours it
    // covers, on 8 x 8 points a pixel
    double share[3][3] = {{0}}, sum = 0, all = 0;
    for (int i = 0; i < 24; i++)
        for (int k = 0; k < 24; k++)
            share[i / 8][k / 8] += hypot((i + 0.5) / 8 - 1.5, (k + 0.5) / 8 - 1.5) <= 1;
    for (int i = 0; i < 9; i++) {
        sum += share[i / 3][i % 3] * pixel_or_edge(x, row + i / 3 - 1, column + i % 3 - 1, channel);
        all += share[i / 3][i % 3];
    }
    return sum / all;
}

static double three_across(const float *x, int row, int column, int channel)
{
    // points at -1, -1/2, 0, 1/2, 1
    return (1.5 * pixel_or_edge(x, row, column - 1, channel) +
            2 * pixel_or_edge(x, row, column, channel) +
            1.5 * pixel_or_edge(x, row, column + 1, channel)) /
           5;
}

static double three_down(const float *x, int row, int column, int channel)
{
    return (1.5 * pixel_or_edge(x, row - 1, column, channel) +
            2 * pixel_or_edge(x, row, column, channel) +
            1.5 * pixel_or_edge(x, row + 1, column, channel)) /
           5;
}

static double zoomed_to_1_3(const float *x, int row, int column, int channel)
{
    double sum = 0;
    for (int z = 0; z <= 10; z++) {
        double factor = 1 + 0.03 * z;
        sum += sampled(x, 4 + (row - 4) / factor, 5 + (column - 5) / factor, channel);
    }
    return sum / 11;
}

static struct call motion(double length, double angle)
{
    return with_number(call_of("motion_blur", "length", length), "angle", angle);
}

static void blurs_are_what_they_say(void **state)
{
    (void)state;
    float x[N * D];
    struct table table = images(x);
    matches(&table, call_of("gaussian_blur", "sigma", 1.3), gaussian_1_3);
    matches(&table, call_of("defocus_blur", "radius", 1), cross_of_disc);
    matches(&table, motion(3, 0), three_across);
    matches(&table, motion(3, 90), three_down);
    matches(&table, call_of("zoom_blur", "factor", 1.3), zoomed_to_1_3);
    changes_nothing(&table, call_of("gaussian_blur", "sigma", 0));
    changes_nothing(&table, call_of("gaussian_blur", "sigma", 1e-300));
    changes_nothing(&table, call_of("defocus_blur", "radius", 0));
    changes_nothing(&table, motion(1, 33));
}

static const struct blur {
    const char *name, *first;
} BLURS[] = {{"gaussian_blur", "sigma"},
             {"defocus_blur", "radius"},
             {"motion_blur", "length"},
             {"zoom_blur", "factor"}};

// A bright pixel in the middle is spread and nothing of it is lost; one colour stays one colour.
// The zoom loses what leaves the image.
static void blurs_keep_the_light(void **state)
{
    (void)state;
    enum { SIDE = 41 };
    static float x[SIDE * SIDE], flat[SIDE * SIDE];
    x[20 * SIDE + 20] = 1;
    for (size_t i = 0; i < SIDE * SIDE; i++)
        flat[i] = 0.3f;
    struct table table = {.n = 1, .d = SIDE * SIDE, .x = x, .image = {SIDE, SIDE, 1}}, out;
    struct table grey = table;
    grey.x = flat;
    for (size_t i = 0; i < ARRAY_LEN(BLURS); i++)
        for (int severity = 1; severity <= 4; severity++) {
            double sum = 0;
            struct call c = severe(BLURS[i].name, BLURS[i].first, severity);
            apply_to_all(&out, &table, c);
            for (size_t p = 0; p < SIDE * SIDE; p++) {
                assert_true(out.x[p] >= 0);
                sum += out.x[p];
            }
            if (i < 3)
                assert_true(fabs(sum - 1) < 1e-4);
            table_release(&out);
            apply_to_all(&out, &grey, c);
            for (size_t p = 0; p < SIDE * SIDE; p++)
                assert_true(fabs(out.x[p] - 0.3) < 1e-6);
            table_release(&out);
        }
}

static void blurs_grow_and_keep_to_rows(void **state)
{
    (void)state;
    enum { SIDE = 28, MANY = 12 };
    static float x[MANY * SIDE * SIDE];
    for (size_t i = 0; i < ARRAY_LEN(x); i++) { // discs: noise is as blurred as can be at once
        double column = (double)(i % SIDE) - 13, row = (double)(i / SIDE % SIDE) - 14;
        x[i] = hypot(row, column) < 4 + (double)(i / (SIDE * SIDE)) / 3;
    }
    struct table table = {.n = MANY, .d = SIDE * SIDE, .x = x, .image = {SIDE, SIDE, 1}};
    for (size_t i = 0; i < ARRAY_LEN(BLURS); i++) {
        grows(&table, severe(BLURS[i].name, BLURS[i].first, 1));
        keeps_to_its_row(&table, severe(BLURS[i].name, BLURS[i].first, 2));
        stays_in_unit_range(&table, severe(BLURS[i].name, BLURS[i].first, 5));
    }
}

// Without an angle every row draws its own.
static void motion_has_an_angle_of_chance(void **state)
{
    (void)state;
    float x[2 * D];
    fill_random(x, D, 6);
    memcpy(x + D, x, D * sizeof *x);
    struct table table = {.n = 2, .d = D, .x = x, .image = SHAPE}, out;
    apply_to_all(&out, &table, call_of("motion_blur", "length", 5));
    assert_memory_not_equal(out.x, out.x + D, D * sizeof *x);
    table_release(&out);
    apply_to_all(&out, &table, motion(5, 10));
    assert_memory_equal(out.x, out.x + D, D * sizeof *x);
    table_release(&out);
}

// --- light ---------------------------------------------------------------------------------------

static double half_contrast(const float *x, int row, int column, int channel)
{
    double mean = 0;
    for (int i = 0; i < H * W; i++)
        mean += x[i * C + channel] / (double)(H * W);
    return mean + (pixel_or_zero(x, row, column, channel) - mean) / 2;
}

static double brighter(const float *x, int row, int column, int channel)
{
    return fmin(1, pixel_or_zero(x, row, column, channel) + 0.25);
}

static double darker(const float *x, int row, int column, int channel)
{
    return fmax(0, pixel_or_zero(x, row, column, channel) - 0.25);
}

static double four_levels(const float *x, int row, int column, int channel)
{
    return floor(pixel_or_zero(x, row, column, channel) * 3 + 0.5) / 3;
}

static double striped(const float *x, int row, int column, int channel)
{
    double pixel = pixel_or_zero(x, row, column, channel);
    return column < 2 || column >= W - 2 ? 1 - pixel : pixel; // a quarter of 11
}

// Cells by brute force: many points a pixel, which the cell's borders at multiples of 1/4 pixel
// divide exactly (9 / 4 and 11 / 4 pixels a cell).
static double four_by_four(const float *x, int row, int column, int channel)
{
    int cell_row = (int)((row + 0.5) * 4 / 9), cell_column = (int)((column + 0.5) * 4 / 11);
    double sum = 0;
    for (int i = 9 * cell_row; i < 9 * (cell_row + 1); i++)
        for (int k = 11 * cell_column; k < 11 * (cell_column + 1); k++)
            sum += pixel_or_zero(x, i / 4, k / 4, channel);
    return sum / 99;
}

static void light_changes(void **state)
{
    (void)state;
    float x[N * D];
    struct table table = images(x);
    matches(&table, call_of("contrast", "factor", 0.5), half_contrast);
    matches(&table, call_of("brightness", "offset", 0.25), brighter);
    matches(&table, call_of("brightness", "offset", -0.25), darker);
    matches(&table, call_of("quantize", "bits", 2), four_levels);
    matches(&table, call_of("pixelate", "factor", 0.45), four_by_four);
    matches(&table, call_of("stripe", "share", 0.25), striped);
    changes_nothing(&table, call_of("brightness", "offset", 0));
    changes_nothing(&table, call_of("pixelate", "factor", 1));
    changes_nothing(&table, call_of("stripe", "share", 0));
    assert_true(change_by(&table, call_of("contrast", "factor", 1)) < 1e-14);
    grows(&table, severe("contrast", "factor", 1));
    grows(&table, severe("brightness", "offset", 1));
    grows(&table, severe("quantize", "bits", 1));
    grows(&table, severe("pixelate", "factor", 1));
    stays_in_unit_range(&table, call_of("contrast", "factor", 30));
}

// Hue and saturation stay: r : g : b do, until the largest reaches 1; black becomes grey.
static void colours_brighten(void **state)
{
    (void)state;
    const float x[] = {0.5f, 0.25f, 0, 0, 0, 0, 0.2f, 0.8f, 0.4f};
    const double expected[] = {0.8, 0.4, 0, 0.3, 0.3, 0.3, 0.25, 1, 0.5};
    struct table table = {.n = 1, .d = 9, .x = x, .image = {1, 3, 3}}, out;
    apply_to_all(&out, &table, call_of("brightness", "offset", 0.3));
    for (size_t i = 0; i < 9; i++)
        assert_true(fabs(out.x[i] - expected[i]) < 1e-6);
    table_release(&out);
}

static struct call fog(double strength)
{
    return with_number(call_of("fog", "strength", strength), "decay", 2);
}

// Fog is nowhere negative and somewhere missing, and scales back so that its densest place on white
// is white: (x + s f) m / (m + s) with f in 0..1.
static void fog_is_bounded(void **state)
{
    (void)state;
    float x[N * D];
    struct table table = images(x), out;
    changes_nothing(&table, fog(0));
    keeps_to_its_row(&table, fog(1.5));
    apply_to_all(&out, &table, fog(1.5));
    for (size_t r = 0; r < N; r++) {
        double white = 0, thickest = 0;
        for (size_t i = r * D; i < (r + 1) * D; i++)
            white = fmax(white, x[i]);
        for (size_t i = r * D; i < (r + 1) * D; i++) {
            double thick = (out.x[i] * (white + 1.5) / white - x[i]) / 1.5;
            assert_true(thick > -1e-6 && thick < 1 + 1e-6);
            thickest = fmax(thickest, thick);
            if (i % C == 0) // the same cloud for all channels
                assert_true(fabs(thick - (out.x[i + 1] * (white + 1.5) / white - x[i + 1]) / 1.5) <
                            1e-5);
        }
        assert_true(thickest > 0.5);
    }
    table_release(&out);
    enum { MANY = 400 }; // clouds differ more than neighbouring severities: their mean does not
    static float many[MANY * D];
    fill_random(many, MANY * D, 7);
    table.n = MANY;
    table.x = many;
    grows(&table, with_number(severe("fog", "strength", 1), "decay", 2));
}

// --- edges ---------------------------------------------------------------------------------------

static struct call edges(double sigma)
{
    return with_number(with_number(call_of("canny_edges", "sigma", sigma), "low", 0.1), "high",
                       0.2);
}

// A step between columns is one line of edges beside it; nothing is found in one colour.
static void a_step_is_one_edge(void **state)
{
    (void)state;
    enum { SIDE = 12 };
    float x[2 * SIDE * SIDE];
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        x[i] = i % SIDE >= 6;
        x[SIDE * SIDE + i] = 0.7f;
    }
    struct table table = {.n = 2, .d = SIDE * SIDE, .x = x, .image = {SIDE, SIDE, 1}}, out;
    for (int sigma = 0; sigma <= 1; sigma++) {
        apply_to_all(&out, &table, edges(sigma));
        for (size_t i = 0; i < SIDE * SIDE; i++) {
            size_t row = i / SIDE, column = i % SIDE;
            bool inside = row > 0 && row + 1 < SIDE;
            assert_true(out.x[i] == (inside && column == 5 ? 1 : 0));
            assert_true(out.x[SIDE * SIDE + i] == 0);
        }
        table_release(&out);
    }
}

// A faint edge counts where it touches a clear one, not where it stands alone.
static void faint_edges_follow_clear_ones(void **state)
{
    (void)state;
    enum { SIDE = 12 };
    float x[2 * SIDE * SIDE];
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        bool right = i % SIDE >= 6;
        x[i] = right ? (i / SIDE < 6 ? 1 : 0.3f) : 0; // faint below row 6
        x[SIDE * SIDE + i] = right ? 0.3f : 0;
    }
    struct table table = {.n = 2, .d = SIDE * SIDE, .x = x, .image = {SIDE, SIDE, 1}}, out;
    apply_to_all(&out, &table, edges(0));
    assert_true(out.x[10 * SIDE + 5] == 1);
    for (size_t i = 0; i < SIDE * SIDE; i++)
        assert_true(out.x[SIDE * SIDE + i] == 0);
    table_release(&out);
}

// --- what is refused -----------------------------------------------------------------------------

static void images_are_needed(void **state)
{
    (void)state;
    float x[6] = {0};
    struct table table = {.n = 1, .d = 6, .x = x};
    refuses(&table, call_of("scale", "factor", 2),
            "scale() needs images, and these rows have no image shape");
    refuses(&table, call_of("stripe", "share", 0.25),
            "stripe() needs images, and these rows have no image shape");
    changes_nothing(&table, call_of("quantize", "bits", 3));
}

static void one_strength_is_needed(void **state)
{
    (void)state;
    float x[6] = {0};
    struct table table = {.n = 1, .d = 6, .x = x, .image = {2, 3, 1}};
    struct call both = with_number(call_of("gaussian_blur", "sigma", 2), "severity", 3);
    struct call none = severe("gaussian_blur", "sigma", 3);
    none.arg[1].value = (struct value){.kind = VALUE_NONE};
    refuses(&table, both, "gaussian_blur() takes 'sigma' or 'severity', not both");
    refuses(&table, none, "gaussian_blur() needs 'sigma' or 'severity'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_move),
        cmocka_unit_test(moves_have_inverses),
        cmocka_unit_test(blurs_are_what_they_say),
        cmocka_unit_test(blurs_keep_the_light),
        cmocka_unit_test(blurs_grow_and_keep_to_rows),
        cmocka_unit_test(motion_has_an_angle_of_chance),
        cmocka_unit_test(light_changes),
        cmocka_unit_test(colours_brighten),
        cmocka_unit_test(fog_is_bounded),
        cmocka_unit_test(a_step_is_one_edge),
        cmocka_unit_test(faint_edges_follow_clear_ones),
        cmocka_unit_test(images_are_needed),
        cmocka_unit_test(one_strength_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
