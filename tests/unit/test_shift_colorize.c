// test_shift_colorize.c -- colorize(): which colours, and what an image in a colour is.
#include "shift_call.h"

#include <math.h>

enum { N = 6000, C = 3, H = 2, W = 3, D = H * W };

static uint32_t gold[N];
static uint8_t bytes[N * D];

static struct table images(void)
{
    for (uint32_t i = 0; i < N; i++)
        gold[i] = i % C;
    for (size_t i = 0; i < N * D; i++)
        bytes[i] = (uint8_t)(1 + i % 251);
    return (struct table){.n = N,
                          .d = D,
                          .classes = C,
                          .y = gold,
                          .x_bytes = bytes,
                          .scale = 0.5f,
                          .image = {H, W, 1}};
}

static struct call colorize(double agree)
{
    return call_of("colorize", "agree", agree);
}

static void near(size_t n, double of, double p)
{
    assert_true(fabs((double)n - of * p) <= 5 * sqrt(of * p * (1 - p)));
}

static void colours_agree_with_their_chance(void **state)
{
    (void)state;
    struct table table = images(), out;
    static const double agree[] = {0, 0.15, 0.85, 1};
    for (size_t k = 0; k < ARRAY_LEN(agree); k++) {
        apply_to_all(&out, &table, colorize(agree[k]));
        size_t by[C] = {0};
        for (size_t i = 0; i < N; i++)
            by[(out.group[i] + C - gold[i]) % C]++;
        near(by[0], N, agree[k]);
        near(by[1], N, (1 - agree[k]) / 2);
        near(by[2], N, (1 - agree[k]) / 2);
        assert_memory_equal(out.y, gold, sizeof gold);
        assert_string_equal(out.group_name, "color");
        table_release(&out);
    }
}

// The image stands in the channel of its colour, and nothing in the others; bytes stay bytes.
static void an_image_is_in_its_channel(void **state)
{
    (void)state;
    static float x[N * D];
    struct table table = images(), floats = table, of_bytes, of_floats;
    for (size_t i = 0; i < N * D; i++)
        x[i] = (float)bytes[i] * 0.5f;
    floats.x = x;
    floats.x_bytes = NULL;
    apply_to_all(&of_bytes, &table, colorize(0.5));
    apply_to_all(&of_floats, &floats, colorize(0.5));
    assert_non_null(of_bytes.x_bytes);
    assert_int_equal(of_bytes.image.channels, C);
    assert_int_equal(of_bytes.image.width, W);
    assert_int_equal(of_bytes.d, D * C);
    for (size_t r = 0; r < N; r++) {
        assert_int_equal(of_bytes.group[r], of_floats.group[r]);
        for (size_t i = 0; i < D * C; i++) {
            float expected = i % C == of_bytes.group[r] ? x[r * D + i / C] : 0;
            assert_true(table_feature(&of_bytes, r, i) == expected);
            assert_true(table_feature(&of_floats, r, i) == expected);
        }
    }
    table_release(&of_bytes);
    table_release(&of_floats);
}

static void a_row_has_its_colour_anywhere(void **state)
{
    (void)state;
    struct table table = images(), whole, part;
    uint32_t index[] = {5000, 17, 17, 4};
    struct rows some = {&table, ARRAY_LEN(index), index};
    apply_to_all(&whole, &table, colorize(0.5));
    apply(&part, &some, colorize(0.5));
    for (size_t i = 0; i < ARRAY_LEN(index); i++) {
        assert_int_equal(part.group[i], whole.group[index[i]]);
        assert_memory_equal(part.x_bytes + i * D * C, whole.x_bytes + index[i] * D * C, D * C);
    }
    table_release(&whole);
    table_release(&part);
}

// Models see each channel as they saw the pixel.
static void standardisation_is_spread(void **state)
{
    (void)state;
    static const float center[D] = {1, 2, 3, 4, 5, 6}, factor[D] = {7, 8, 9, 10, 11, 12};
    struct table table = images(), out;
    table.center = center;
    table.factor = factor;
    apply_to_all(&out, &table, colorize(0.5));
    for (size_t i = 0; i < D * C; i++)
        assert_true(out.center[i] == center[i / C] && out.factor[i] == factor[i / C]);
    table_release(&out);
}

static void colours_need_images_and_classes(void **state)
{
    (void)state;
    struct table table = images(), flat = table, two = table, one = table, bare = table;
    flat.image = (struct image_shape){0};
    refuses(&flat, colorize(0.5), "colorize() needs images, and these rows have no image shape");
    two.image = (struct image_shape){1, W, H};
    refuses(&two, colorize(0.5), "colorize() needs images of one channel, and these have 2");
    one.classes = 1;
    refuses(&one, colorize(0.5), "colorize() has a colour for each class, and there is only one");
    bare.y = NULL;
    refuses(&bare, colorize(0.5), "colorize() needs labels, and these rows have none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours_agree_with_their_chance),
        cmocka_unit_test(an_image_is_in_its_channel),
        cmocka_unit_test(a_row_has_its_colour_anywhere),
        cmocka_unit_test(standardisation_is_spread),
        cmocka_unit_test(colours_need_images_and_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
