// test_shift.c -- rotate() against a naive double implementation, gaussian_noise() against the
// moments it promises, and what every shift owes its rows.
#include "shift_call.h"

#include <math.h>

static struct call rotate(double degrees)
{
    return call_of("rotate", "degrees", degrees);
}

static struct call noise(double sigma)
{
    return call_of("gaussian_noise", "sigma", sigma);
}

// --- rotate --------------------------------------------------------------------------------------

static void no_turn_changes_nothing(void **state)
{
    (void)state;
    float x[3 * 4 * 5 * 2];
    fill_random(x, ARRAY_LEN(x), 0);
    struct table table = {.n = 3, .d = 40, .x = x, .image = {4, 5, 2}}, out;
    static const double none[] = {0, 360, -360, -0.0};
    for (size_t i = 0; i < ARRAY_LEN(none); i++) {
        apply_to_all(&out, &table, rotate(none[i]));
        assert_memory_equal(out.x, x, sizeof x);
        assert_int_equal(out.image.width, 5);
        assert_int_equal(out.image.channels, 2);
        table_release(&out);
    }
}

static void quarter_turns_move_pixels(void **state)
{
    (void)state;
    enum { W = 7 };
    float x[W * W];
    fill_random(x, W * W, 1);
    struct table table = {.n = 1, .d = W * W, .x = x, .image = {W, W, 1}};
    struct table left, half, right;
    apply_to_all(&left, &table, rotate(90));
    apply_to_all(&half, &table, rotate(-180));
    apply_to_all(&right, &table, rotate(270));
    for (size_t row = 0; row < W; row++) {
        for (size_t column = 0; column < W; column++) {
            float pixel = x[row * W + column];
            // counter-clockwise: the right edge becomes the top
            assert_true(left.x[(W - 1 - column) * W + row] == pixel);
            assert_true(half.x[(W - 1 - row) * W + W - 1 - column] == pixel);
            assert_true(right.x[column * W + W - 1 - row] == pixel);
        }
    }
    table_release(&left);
    table_release(&half);
    table_release(&right);
}

static double pixel_or_zero(const float *x, int row, int column, int channel,
                            const struct image_shape *s)
{
    if (row < 0 || column < 0 || row >= (int)s->height || column >= (int)s->width)
        return 0;
    return x[((size_t)row * s->width + (size_t)column) * s->channels + (size_t)channel];
}

// The definition, written another way: complex numbers, the y axis upwards, libm.
static double naive(const float *x, int row, int column, int channel, const struct image_shape *s,
                    double degrees)
{
    double cx = ((double)s->width - 1) / 2, cy = ((double)s->height - 1) / 2;
    double angle = degrees * acos(-1.0) / 180;
    double right = column - cx, up = cy - row;
    double radius = hypot(right, up), before = atan2(up, right) - angle;
    double from_x = cx + radius * cos(before), from_y = cy - radius * sin(before);
    double x0 = floor(from_x), y0 = floor(from_y), fx = from_x - x0, fy = from_y - y0;
    int c = (int)x0, r = (int)y0;
    double top =
        (1 - fx) * pixel_or_zero(x, r, c, channel, s) + fx * pixel_or_zero(x, r, c + 1, channel, s);
    double bottom = (1 - fx) * pixel_or_zero(x, r + 1, c, channel, s) +
                    fx * pixel_or_zero(x, r + 1, c + 1, channel, s);
    return (1 - fy) * top + fy * bottom;
}

static void check_against_naive(struct image_shape shape, double degrees)
{
    enum { ROOM = 3 * 28 * 28 * 3 };
    static float x[ROOM];
    size_t d = (size_t)shape.height * shape.width * shape.channels;
    struct table table = {.n = 3, .d = d, .x = x, .image = shape}, out;
    assert_true(3 * d <= ROOM);
    fill_random(x, 3 * d, 2);
    apply_to_all(&out, &table, rotate(degrees));
    for (size_t r = 0; r < 3; r++) {
        const float *image = out.x + r * d;
        for (int row = 0; row < (int)shape.height; row++)
            for (int column = 0; column < (int)shape.width; column++)
                for (int channel = 0; channel < (int)shape.channels; channel++) {
                    double expected = naive(x + r * d, row, column, channel, &shape, degrees);
                    assert_true(fabs(*image++ - expected) < 1e-6);
                }
    }
    table_release(&out);
}

static void turns_like_the_definition(void **state)
{
    (void)state;
    static const double degrees[] = {20, -20, 45, 133.7, 1e-3, 359};
    for (size_t i = 0; i < ARRAY_LEN(degrees); i++) {
        check_against_naive((struct image_shape){8, 8, 1}, degrees[i]);
        check_against_naive((struct image_shape){28, 28, 3}, degrees[i]);
        check_against_naive((struct image_shape){5, 9, 2}, degrees[i]);
        check_against_naive((struct image_shape){1, 6, 1}, degrees[i]);
        check_against_naive((struct image_shape){1, 1, 1}, degrees[i]);
    }
}

static void turning_needs_images(void **state)
{
    (void)state;
    float x[4] = {0};
    struct table table = {.n = 1, .d = 4, .x = x};
    refuses(&table, rotate(20), "rotate() needs images, and these rows have no image shape");
}

// --- gaussian_noise ------------------------------------------------------------------------------

// 400,000 draws: the mean is within 5 standard errors, and so are variance, third and fourth
// moment, and the correlation of the two normals of a pair.
static void noise_has_its_moments(void **state)
{
    (void)state;
    enum { N = 1000, D = 400 };
    static float zero[N * D];
    struct table table = {.n = N, .d = D, .x = zero}, out;
    apply_to_all(&out, &table, noise(0.5));
    double m1 = 0, m2 = 0, m3 = 0, m4 = 0, pair = 0, total = (double)N * D;
    for (size_t i = 0; i < N * D; i++) {
        double z = out.x[i] / 0.5;
        m1 += z / total;
        m2 += z * z / total;
        m3 += z * z * z / total;
        m4 += z * z * z * z / total;
        if (i % 2 == 1)
            pair += z * (out.x[i - 1] / 0.5) / (total / 2);
    }
    double unit = 5 / sqrt(total); // five standard errors of a variance of 1
    assert_true(fabs(m1) < unit);
    assert_true(fabs(m2 - 1) < unit * sqrt(2));
    assert_true(fabs(m3) < unit * sqrt(15));
    assert_true(fabs(m4 - 3) < unit * sqrt(96));
    assert_true(fabs(pair) < unit * sqrt(2));
    table_release(&out);
}

static void noise_keeps_to_its_row(void **state)
{
    (void)state;
    enum { N = 50, D = 7 }; // odd: the last pair is cut
    float x[N * D];
    uint32_t y[N];
    uint64_t id[N];
    uint32_t group[N];
    float weight[N];
    const char *columns[D] = {"a", "b", "c", "d", "e", "f", "g"};
    fill_random(x, N * D, 3);
    for (uint32_t i = 0; i < N; i++) {
        y[i] = i % 3;
        id[i] = 1000 + i;
        group[i] = 2000 + i;
        weight[i] = (float)i / 4;
    }
    struct table table = {
        .n = N, .d = D, .classes = 3, .x = x, .y = y, .group = group, .weight = weight, .id = id,
        .columns = columns};
    struct table whole, some, again;
    struct rows all;
    rows_all(&all, &table);
    apply(&whole, &all, noise(0.2));
    apply(&again, &all, noise(0.2));
    assert_memory_equal(again.x, whole.x, sizeof x);

    uint32_t chosen[] = {41, 3, 17};
    struct rows three = {&table, 3, chosen};
    apply(&some, &three, noise(0.2));
    for (size_t r = 0; r < 3; r++) {
        assert_memory_equal(some.x + r * D, whole.x + chosen[r] * D, D * sizeof(float));
        assert_int_equal(some.y[r], y[chosen[r]]);
        assert_int_equal(some.id[r], 1000 + chosen[r]);
        assert_int_equal(some.group[r], 2000 + chosen[r]);
        assert_true(some.weight[r] == (float)chosen[r] / 4);
    }
    assert_int_equal(some.n, 3);
    assert_int_equal(some.classes, 3);
    assert_string_equal(some.columns[6], "g");
    assert_ptr_not_equal(some.columns[6], columns[6]); // the result outlives the table

    // a shift of a shifted subset still knows its rows
    struct table twice, twice_whole;
    uint32_t second[] = {2};
    struct rows one = {&some, 1, second}, all_whole;
    rows_all(&all_whole, &whole);
    apply(&twice, &one, noise(0.1));
    apply(&twice_whole, &all_whole, noise(0.1));
    assert_memory_equal(twice.x, twice_whole.x + 17 * D, D * sizeof(float));

    table_release(&twice);
    table_release(&twice_whole);
    rows_release(&all_whole);
    table_release(&whole);
    table_release(&some);
    table_release(&again);
    rows_release(&all);
}

static void noise_has_its_own_stream(void **state)
{
    (void)state;
    static float zero[64];
    struct table table = {.n = 1, .d = 64, .x = zero}, a, b, other_seed;
    struct rows all;
    rows_all(&all, &table);
    apply(&a, &all, noise(1));
    apply(&b, &all, noise(2));
    struct call other = noise(1);
    other.seed = 1;
    apply(&other_seed, &all, other);
    for (size_t i = 0; i < 64; i++) {
        assert_true(a.x[i] != b.x[i] / 2); // the call, with its arguments, is part of the key
        assert_true(a.x[i] != other_seed.x[i]);
    }
    table_release(&a);
    table_release(&b);
    table_release(&other_seed);
    rows_release(&all);
}

// Bytes become floats by the rule of table.h; no noise gives them as they are.
static void bytes_are_scaled(void **state)
{
    (void)state;
    uint8_t bytes[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (uint8_t)i;
    struct table table = {.n = 16, .d = 16, .x_bytes = bytes, .scale = 1.0f / 255}, out;
    apply_to_all(&out, &table, noise(0));
    for (int i = 0; i < 256; i++)
        assert_true(out.x[i] == (float)i * (1.0f / 255));
    assert_null(out.x_bytes);
    assert_null(out.y);
    assert_null(out.group);
    assert_null(out.weight);
    table_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_turn_changes_nothing),
        cmocka_unit_test(quarter_turns_move_pixels),
        cmocka_unit_test(turns_like_the_definition),
        cmocka_unit_test(turning_needs_images),
        cmocka_unit_test(noise_has_its_moments),
        cmocka_unit_test(noise_keeps_to_its_row),
        cmocka_unit_test(noise_has_its_own_stream),
        cmocka_unit_test(bytes_are_scaled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
