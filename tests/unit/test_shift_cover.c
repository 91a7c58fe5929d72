// test_shift_cover.c -- what lies in front of images: where it lies, how much it covers, and the
// ink of lines against a naive drawing.
#include "shift_call.h"

#include <math.h>

enum { SIDE = 28, N = 200, D = SIDE * SIDE };

static struct table grey(float *x, float value)
{
    for (size_t i = 0; i < N * D; i++)
        x[i] = value;
    return (struct table){.n = N, .d = D, .x = x, .image = {SIDE, SIDE, 1}};
}

static float pixels[N * D];

static struct call occlusion(double size)
{
    return with_number(call_of("occlusion", "size", size), "value", 0);
}

struct box {
    size_t top, left, bottom, right; // inclusive
    size_t n;                        // changed pixels
};

static struct box changed_box(const float *after, float before)
{
    struct box box = {SIDE, SIDE, 0, 0, 0};
    for (size_t i = 0; i < D; i++) {
        size_t row = i / SIDE, column = i % SIDE;
        if (after[i] == before)
            continue;
        box.n++;
        box.top = row < box.top ? row : box.top;
        box.left = column < box.left ? column : box.left;
        box.bottom = row > box.bottom ? row : box.bottom;
        box.right = column > box.right ? column : box.right;
    }
    return box;
}

// A square of 7 pixels in each image, and every place is as likely as any other.
static void occlusion_covers_a_square(void **state)
{
    (void)state;
    struct table table = grey(pixels, 0.5f), out;
    apply_to_all(&out, &table, occlusion(0.25));
    size_t tops[SIDE] = {0};
    for (size_t r = 0; r < N; r++) {
        struct box box = changed_box(out.x + r * D, 0.5f);
        assert_int_equal(box.n, 49);
        assert_int_equal(box.bottom - box.top, 6);
        assert_int_equal(box.right - box.left, 6);
        tops[box.top]++;
    }
    for (size_t i = 0; i <= 21; i++) // 22 places, 9 rows each on average
        assert_in_range(tops[i], 1, 30);
    table_release(&out);
    changes_nothing(&table, occlusion(0));
    apply_to_all(&out, &table, with_number(call_of("occlusion", "size", 1), "value", -2));
    for (size_t i = 0; i < N * D; i++)
        assert_true(out.x[i] == -2);
    table_release(&out);
}

static struct call spatter(double share)
{
    return with_number(call_of("spatter", "share", share), "size", 1);
}

// Exactly its share of pixels, in spots: a covered pixel has more covered neighbours than by
// chance.
static void spatter_covers_its_share(void **state)
{
    (void)state;
    struct table table = grey(pixels, 1), out;
    apply_to_all(&out, &table, spatter(0.1));
    size_t pairs = 0;
    for (size_t r = 0; r < N; r++) {
        const float *image = out.x + r * D;
        struct box box = changed_box(image, 1);
        assert_int_equal(box.n, 78); // a tenth of 784
        for (size_t i = 0; i + 1 < D; i++)
            if (image[i] < 1) {
                assert_true(fabs(image[i] - 63.0 / 255) < 1e-7);
                pairs += image[i + 1] < 1;
            }
    }
    assert_true(pairs > N * 78 / 3);
    table_release(&out);
    changes_nothing(&table, spatter(0));
}

// --- lines ---------------------------------------------------------------------------------------

static double ink(double distance)
{
    double x = distance < 2.3 ? log(1 - distance / 2.3) + 1 : 0;
    return x > 0 ? x : 0;
}

static double to_line(double x, double y, double x0, double y0, double x1, double y1)
{
    return fabs((x1 - x0) * (y0 - y) - (x0 - x) * (y1 - y0)) / hypot(x1 - x0, y1 - y0);
}

// Some pair of heights explains all pixels of the image.
static bool is_dotted_line(const float *image)
{
    for (int left = 0; left < SIDE; left++)
        for (int right = 0; right < SIDE; right++) {
            size_t i = 0;
            for (; i < D; i++) {
                double x = (double)(i % SIDE), y = (double)(i / SIDE);
                double expected =
                    (i % SIDE) / 2 % 2 == 0 ? 0 : ink(to_line(x, y, 0, left, SIDE - 1, right));
                // beyond its ends the line is a round cap, farther than the line's prolongation
                if (fabs(image[i] - expected) > 1e-5 && i % SIDE > 1 && i % SIDE < SIDE - 2)
                    break;
            }
            if (i == D)
                return true;
        }
    return false;
}

static void dotted_lines_are_drawn(void **state)
{
    (void)state;
    struct table table = grey(pixels, 0), out;
    apply_to_all(&out, &table, bare("dotted_line"));
    for (size_t r = 0; r < 20; r++)
        assert_true(is_dotted_line(out.x + r * D));
    assert_memory_not_equal(out.x, out.x + D, D * sizeof(float));
    table_release(&out);
}

// The ink of a zigzag lies within 2 + 1.46 pixels of the base line, on both sides of it, and in
// every column from the third to the third last.
static bool is_zigzag(const float *image)
{
    for (int y = 0; y < SIDE; y++)
        for (int dy = -5; dy <= 5; dy++) {
            double above = 0, below = 0, outside = 0;
            bool column[SIDE] = {false};
            for (size_t i = 0; i < D; i++) {
                double row = (double)(i / SIDE), at = (double)(i % SIDE);
                double base = y + dy * (at - 2) / (SIDE - 5);
                double far = to_line(at, row, 2, y, SIDE - 3, y + dy);
                if (image[i] <= 0)
                    continue;
                column[i % SIDE] = true;
                outside += far > 3.46 || at < 0.5 || at > SIDE - 1.5;
                above += row < base - 1.5;
                below += row > base + 1.5;
            }
            size_t n = 2;
            while (n < SIDE - 2 && column[n])
                n++;
            if (outside == 0 && n == SIDE - 2 && above > 0 && below > 0)
                return true;
        }
    return false;
}

static void zigzags_are_drawn(void **state)
{
    (void)state;
    struct table table = grey(pixels, 0), out;
    apply_to_all(&out, &table, bare("zigzag"));
    size_t found = 0, clear = 0;
    for (size_t r = 0; r < 20; r++) {
        struct box box = changed_box(out.x + r * D, 0);
        if (box.top == 0 || box.bottom == SIDE - 1)
            continue; // partly outside the image
        clear++;
        found += is_zigzag(out.x + r * D);
    }
    assert_true(clear > 8);
    assert_int_equal(found, clear);
    table_release(&out);
}

static void covers_keep_to_rows(void **state)
{
    (void)state;
    fill_random(pixels, N * D, 8);
    struct table table = {.n = N, .d = D, .x = pixels, .image = {SIDE, SIDE, 1}};
    const struct call calls[] = {occlusion(0.3), spatter(0.2), bare("dotted_line"), bare("zigzag")};
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        keeps_to_its_row(&table, calls[i]);
        stays_in_unit_range(&table, calls[i]);
    }
    grows(&table, with_number(severe("occlusion", "size", 1), "value", 0));
    grows(&table, with_number(severe("spatter", "share", 1), "size", 1));
}

// One pixel, one row, one column: nothing falls off the edge.
static void small_images_are_taken(void **state)
{
    (void)state;
    static const struct image_shape shapes[] = {
        {1, 1, 1}, {1, 9, 2}, {9, 1, 1}, {2, 2, 3}, {3, 4, 1}};
    const struct call calls[] = {
        occlusion(0.5),
        spatter(0.5),
        bare("dotted_line"),
        bare("zigzag"),
        with_number(severe("fog", "strength", 3), "decay", 2),
        severe("gaussian_blur", "sigma", 5),
        severe("defocus_blur", "radius", 5),
        severe("motion_blur", "length", 5),
        severe("zoom_blur", "factor", 5),
        severe("pixelate", "factor", 5),
        severe("contrast", "factor", 5),
        severe("brightness", "offset", 1),
        call_of("stripe", "share", 0.5),
        severe("shear", "slope", 5),
        with_number(with_number(call_of("canny_edges", "sigma", 1), "low", 0.1), "high", 0.2)};
    float x[27];
    fill_random(x, ARRAY_LEN(x), 1);
    for (size_t s = 0; s < ARRAY_LEN(shapes); s++)
        for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
            size_t d = (size_t)shapes[s].height * shapes[s].width * shapes[s].channels;
            struct table table = {.n = 1, .d = d, .x = x, .image = shapes[s]};
            stays_in_unit_range(&table, calls[i]);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(occlusion_covers_a_square), cmocka_unit_test(spatter_covers_its_share),
        cmocka_unit_test(dotted_lines_are_drawn),    cmocka_unit_test(zigzags_are_drawn),
        cmocka_unit_test(covers_keep_to_rows),       cmocka_unit_test(small_images_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
