// test_prepare.c -- what settings make of data: fewer pixels, other classes, flipped labels, means
// and deviations; and expressions over rows.
#include "base/rng.h"
#include "data/relabel.h"
#include "data/row_expr.h"
#include "data/split.h"
#include "data/standardize.h"
#include "data/stride.h"
#include "kernel/kernel.h"
#include "model/batch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct value call2(struct value_arg *args, const char *name, struct value x, struct value y)
{
    args[0] = (struct value_arg){"x", x};
    args[1] = (struct value_arg){"y", y};
    return (struct value){.kind = VALUE_CALL, .text = name, .n = 2, .args = args};
}

static void borrow(struct rows *out, struct table *table, const struct rows *in)
{
    struct err err = {0};
    assert_int_equal(rows_borrow(out, table, in, &err), 0);
}

// --- expressions over rows -----------------------------------------------------------------------

static void expressions_compute(void **state)
{
    (void)state;
    static const float x[] = {0.5f, -7, 2.25f, 100};
    static const uint32_t y[] = {3, 4}, group[] = {1, 0};
    const char *columns[] = {"age", "dose"};
    struct table table = {
        .n = 2, .d = 2, .classes = 5, .x = x, .y = y, .group = group, .columns = columns};
    const struct value class = value_name("class"), of = value_name("group"),
                       age = value_text("age"), dose = value_text("dose");
    const struct {
        const char *name;
        struct value x, y;
        double first, second; // of the two rows
        bool truth;
    } cases[] = {
        {"add", class, dose, -4, 104, false},
        {"sub", class, age, 2.5, 1.75, false},
        {"mul", age, value_number(4), 2, 9, false},
        {"div", dose, value_number(2), -3.5, 50, false},
        {"mod", class, value_number(2), 1, 0, false},
        {"mod", dose, value_number(4), 1, 0, false},
        {"mod", dose, value_number(-4), -3, 0, false},
        {"eq", of, value_number(1), 1, 0, true},
        {"gt", age, value_number(0.5), 0, 1, true},
        {"and", of, value_bool(true), 1, 0, true},
        {"or", of, value_bool(false), 1, 0, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct value_arg args[2];
        struct value v = call2(args, cases[i].name, cases[i].x, cases[i].y);
        struct row_expr expr;
        struct err err = {0};
        assert_int_equal(row_expr_bind(&expr, &v, &table, "'where'", &err), 0);
        assert_true(row_expr_at(&expr, 0) == cases[i].first);
        assert_true(row_expr_at(&expr, 1) == cases[i].second);
        assert_true(row_expr_is_truth(&v) == cases[i].truth);
        row_expr_release(&expr);
    }
}

static void refuses(const struct value *v, const struct table *table, const char *message)
{
    struct row_expr expr;
    struct err err = {0};
    assert_int_equal(row_expr_bind(&expr, v, table, "'where'", &err), -1);
    assert_string_equal(err.text, message);
}

static void expressions_need_what_they_name(void **state)
{
    (void)state;
    const char *columns[] = {"age"};
    struct table table = {.n = 1, .d = 1};
    struct value_arg args[2];
    struct value v = call2(args, "lt", value_name("group"), value_number(1));
    refuses(&v, &table, "'where' needs groups, and these rows have none");
    v = call2(args, "lt", value_number(1), value_text("agee"));
    refuses(&v, &table, "'where' names the column 'agee', and these columns have no names");
    table.columns = columns;
    refuses(&v, &table, "'where' names the column 'agee', and there is none");
}

// --- classes -------------------------------------------------------------------------------------

static void relabel_makes_classes(void **state)
{
    (void)state;
    static const uint32_t y[] = {0, 9, 4, 5, 7}, below[] = {1, 0, 1, 0, 0},
                          thirds[] = {0, 0, 1, 2, 1};
    struct table table = {.n = 5, .d = 1, .classes = 10, .y = y}, made;
    struct rows all, rows;
    struct err err = {0};
    rows_all(&all, &table);
    struct value_arg args[2];
    struct value to = call2(args, "lt", value_name("class"), value_number(5));
    borrow(&rows, &made, &all);
    assert_int_equal(relabel(&made, &rows, &to, &err), 0);
    assert_int_equal(made.classes, 2);
    assert_memory_equal(made.y, below, sizeof below);
    rows_release(&rows);
    table_release(&made);

    to = call2(args, "mod", value_name("class"), value_number(3));
    borrow(&rows, &made, &all);
    assert_int_equal(relabel(&made, &rows, &to, &err), 0);
    assert_int_equal(made.classes, 3);
    assert_memory_equal(made.y, thirds, sizeof thirds);
    rows_release(&rows);
    table_release(&made);

    uint32_t classes;
    to = call2(args, "sub", value_name("class"), value_number(1));
    assert_int_equal(relabel_classes(&classes, &to, 10, &err), -1);
    assert_string_equal(err.text,
                        "'relabel' makes -1 of class 0, expected a whole number in 0..65535");
    err = (struct err){0};
    to = call2(args, "div", value_name("class"), value_number(2));
    assert_int_equal(relabel_classes(&classes, &to, 10, &err), -1);
    assert_string_equal(err.text,
                        "'relabel' makes 0.5 of class 1, expected a whole number in 0..65535");
    rows_release(&all);
}

// --- noise ---------------------------------------------------------------------------------------

enum { N = 20000, C = 4 };

static uint32_t gold[N];

static struct table labelled(void)
{
    for (uint32_t i = 0; i < N; i++)
        gold[i] = i % C;
    return (struct table){.n = N, .d = 1, .classes = C, .y = gold};
}

static void flip(struct table *out, const struct table *table, double share, const char *name)
{
    struct rows all, rows;
    struct err err = {0};
    rows_all(&all, table);
    borrow(&rows, out, &all);
    assert_int_equal(flip_labels(out, &rows, share, name, 7, &err), 0);
    rows_release(&rows);
    rows_release(&all);
}

// Counts against their expectation: 5 standard deviations of a binomial.
static void near(size_t n, double of, double p)
{
    double sd = sqrt(of * p * (1 - p));
    assert_true(fabs((double)n - of * p) <= 5 * sd);
}

static void noise_flips_a_share(void **state)
{
    (void)state;
    struct table table = labelled(), quarter, tenth, other, none, all;
    flip(&quarter, &table, 0.25, "d");
    flip(&tenth, &table, 0.1, "d");
    flip(&other, &table, 0.25, "e");
    flip(&none, &table, 0, "d");
    flip(&all, &table, 1, "d");
    size_t flips = 0, few = 0, same = 0, by[C] = {0}, every[C] = {0};
    for (size_t i = 0; i < N; i++) {
        assert_true(quarter.y[i] < C && none.y[i] == gold[i]);
        flips += quarter.y[i] != gold[i];
        few += tenth.y[i] != gold[i];
        same += quarter.y[i] != gold[i] && other.y[i] != gold[i];
        by[(quarter.y[i] + C - gold[i]) % C]++;
        every[(all.y[i] + C - gold[i]) % C]++;
        if (tenth.y[i] != gold[i]) // the flips of less noise are among those of more
            assert_int_equal(quarter.y[i], tenth.y[i]);
    }
    near(flips, N, 0.25);
    near(few, N, 0.1);
    near(same, N, 0.0625); // another name, other rows
    assert_int_equal(every[0], 0);
    for (size_t k = 1; k < C; k++) {
        near(by[k], N, 0.25 / (C - 1));
        near(every[k], N, 1.0 / (C - 1));
    }
    table_release(&quarter);
    table_release(&tenth);
    table_release(&other);
    table_release(&none);
    table_release(&all);
}

// A row's flip is its own: the same among fewer rows, in another place, of any table with its id.
static void noise_belongs_to_the_row(void **state)
{
    (void)state;
    struct table table = labelled(), whole, part;
    flip(&whole, &table, 0.5, "d");
    uint64_t id[] = {17, 3, 19999};
    uint32_t y[] = {gold[17], gold[3], gold[19999]};
    struct table few = {.n = 3, .d = 1, .classes = C, .y = y, .id = id};
    flip(&part, &few, 0.5, "d");
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(part.y[i], whole.y[id[i]]);
    table_release(&whole);
    table_release(&part);

    struct table one = {.n = 3, .d = 1, .classes = 1, .y = gold}, bare = {.n = 3, .d = 1};
    struct rows rows = {0};
    struct err err = {0};
    assert_int_equal(flip_labels(&one, &rows, 0.5, "d", 0, &err), -1);
    assert_string_equal(err.text, "'noise' flips a label to another class, and there is only one");
    err = (struct err){0};
    assert_int_equal(flip_labels(&bare, &rows, 0.5, "d", 0, &err), -1);
    assert_string_equal(err.text, "'noise' needs labels, and these rows have none");
}

// --- stride --------------------------------------------------------------------------------------

static void stride_takes_every_nth_pixel(void **state)
{
    (void)state;
    enum { ROWS = 2, H = 5, W = 4, CHANNELS = 3, D = H * W * CHANNELS };
    uint8_t bytes[ROWS * D];
    float floats[ROWS * D];
    for (size_t i = 0; i < ROWS * D; i++) {
        bytes[i] = (uint8_t)(i * 7);
        floats[i] = (float)bytes[i] * 0.5f;
    }
    struct table of_bytes = {
        .n = ROWS, .d = D, .x_bytes = bytes, .scale = 0.5f, .image = {H, W, CHANNELS}};
    struct table of_floats = {
        .n = ROWS, .d = D, .x = floats, .scale = 1, .image = {H, W, CHANNELS}};
    for (uint32_t n = 1; n <= 6; n++) {
        struct table a = of_bytes, b = of_floats;
        struct err err = {0};
        assert_int_equal(stride_images(&a, n, &err), 0);
        assert_int_equal(stride_images(&b, n, &err), 0);
        uint32_t h = (H - 1) / n + 1, w = (W - 1) / n + 1;
        assert_int_equal(a.image.height, h);
        assert_int_equal(a.image.width, w);
        assert_int_equal(a.d, h * w * CHANNELS);
        assert_non_null(a.x_bytes);
        for (size_t row = 0; row < ROWS; row++)
            for (size_t i = 0; i < a.d; i++) {
                size_t c = i % CHANNELS, x = i / CHANNELS % w * n, y = i / CHANNELS / w * n;
                float expected = floats[row * D + (y * W + x) * CHANNELS + c];
                assert_true(table_feature(&a, row, i) == expected);
                assert_true(table_feature(&b, row, i) == expected);
            }
        table_release(&a);
        table_release(&b);
    }
    struct table flat = {.n = ROWS, .d = D, .x = floats};
    struct err err = {0};
    assert_int_equal(stride_images(&flat, 2, &err), -1);
    assert_string_equal(err.text, "'stride' needs images, and these rows have no image shape");
}

// --- standardize ---------------------------------------------------------------------------------

static void statistics_are_those_of_the_rows(void **state)
{
    (void)state;
    enum { ROWS = 97, D = 5 };
    static float x[ROWS * D];
    struct rng rng = rng_at(rng_key_of(0, "test"), 0);
    for (size_t i = 0; i < ROWS * D; i++)
        x[i] = (float)(1000 * (i % D) + rng_normal(&rng) * (double)(1 + i % D));
    for (size_t row = 0; row < ROWS; row++)
        x[row * D + 3] = 0.1f; // constant
    struct table table = {.n = ROWS, .d = D, .x = x}, made;
    uint32_t one[] = {90, 3, 5, 7}, two[] = {5, 11, 3, 96}, together[] = {3, 5, 7, 11, 90, 96};
    struct rows a = {&table, 4, one}, b = {&table, 4, two}, all, rows;
    const struct rows *from[] = {&a, &b};
    struct err err = {0};
    rows_all(&all, &table);
    borrow(&rows, &made, &all);
    assert_int_equal(standardize(&made, from, 2, &err), 0);
    for (size_t k = 0; k < D; k++) {
        long double sum = 0, squares = 0;
        for (size_t i = 0; i < ARRAY_LEN(together); i++) {
            long double v = x[together[i] * D + k];
            sum += v;
            squares += v * v;
        }
        long double n = ARRAY_LEN(together), mean = sum / n, sd = sqrtl(squares / n - mean * mean);
        assert_true(made.center[k] == (float)mean);
        if (k == 3)
            assert_true(made.factor[k] == 1);
        else
            assert_true(fabsl(made.factor[k] * sd - 1) < 1e-6L);
    }
    rows_release(&rows);
    table_release(&made);

    struct rows nobody = {&table, 0, NULL};
    from[0] = &nobody;
    borrow(&rows, &made, &all);
    assert_int_equal(standardize(&made, from, 1, &err), -1);
    assert_string_equal(err.text, "'standardize' has no rows to learn from");
    rows_release(&rows);
    rows_release(&all);
}

// What a model gets of a batch; the table keeps its features.
static void batches_are_standardised(void **state)
{
    (void)state;
    static const float x[] = {1, 2, 3, 4, 5, 6}, center[] = {2, 0.5f}, factor[] = {4, -1};
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6};
    struct table of_floats = {.n = 3, .d = 2, .x = x, .center = center, .factor = factor};
    struct table of_bytes = {
        .n = 3, .d = 2, .x_bytes = bytes, .scale = 1, .center = center, .factor = factor};
    const struct table *tables[] = {&of_floats, &of_bytes};
    const uint32_t row[] = {2, 0};
    for (size_t t = 0; t < 2; t++) {
        float out[4];
        batch_features(out, kernel_select(NULL), tables[t], row, 2);
        for (size_t i = 0; i < 4; i++)
            assert_true(out[i] == (x[row[i / 2] * 2 + i % 2] - center[i % 2]) * factor[i % 2]);
        assert_true(table_feature(tables[t], 1, 1) == 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_compute),
        cmocka_unit_test(expressions_need_what_they_name),
        cmocka_unit_test(relabel_makes_classes),
        cmocka_unit_test(noise_flips_a_share),
        cmocka_unit_test(noise_belongs_to_the_row),
        cmocka_unit_test(stride_takes_every_nth_pixel),
        cmocka_unit_test(statistics_are_those_of_the_rows),
        cmocka_unit_test(batches_are_standardised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
