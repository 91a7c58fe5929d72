// test_shift_columns.c -- shifts of a table's columns, and label_shift, which chooses rows.
#include "shift_call.h"

#include <math.h>
#include <stdlib.h>

enum { N = 4000, D = 5, CLASSES = 3 };

static float x[N * D];
static uint32_t y[N];
static uint64_t id[N];
static const char *names[D] = {"age", "bmi", "dose", "weight", "pulse"};

// Class 0 on half of the rows, 1 on three eighths, 2 on one eighth.
static struct table patients(void)
{
    fill_random(x, N * D, 2);
    for (uint32_t i = 0; i < N; i++) {
        y[i] = i % 8 < 4 ? 0 : i % 8 < 7 ? 1 : 2;
        id[i] = 7 * (uint64_t)i + 3;
    }
    return (struct table){
        .n = N, .d = D, .classes = CLASSES, .x = x, .y = y, .id = id, .columns = names};
}

static struct value list(const struct value *items, size_t n)
{
    return (struct value){.kind = VALUE_LIST, .n = n, .items = items};
}

static struct call drop(const struct value *items, size_t n)
{
    return with_number(with(bare("drop"), "columns", list(items, n)), "value", -1);
}

// --- columns -------------------------------------------------------------------------------------

static void columns_are_dropped(void **state)
{
    (void)state;
    struct table table = patients(), out;
    struct value wanted[] = {value_number(2), value_text("pulse")};
    apply_to_all(&out, &table, drop(wanted, 2));
    for (size_t i = 0; i < N * D; i++)
        assert_true(out.x[i] == (i % D == 1 || i % D == 4 ? -1 : x[i]));
    table_release(&out);
    changes_nothing(&table, drop(wanted, 0));
}

static void columns_that_are_not_there(void **state)
{
    (void)state;
    struct table table = patients(), out;
    struct value zero = value_number(0), six = value_number(6), near = value_text("bmj");
    struct value far = value_text("blood pressure");
    refuses(&table, drop(&six, 1), "drop() names column 6, and the columns are 1..5");
    refuses(&table, drop(&zero, 1), "drop() names column 0, and the columns are 1..5");
    refuses(&table, drop(&near, 1), "drop() names the column 'bmj', and there is none");

    struct rows all;
    struct err err = {0}, other = {0};
    rows_all(&all, &table);
    assert_int_equal(try_apply(&out, &all, drop(&near, 1), &err), -1);
    assert_string_equal(err.hint, "Did you mean 'bmi'?");
    assert_int_equal(try_apply(&out, &all, drop(&far, 1), &other), -1);
    assert_string_equal(other.hint, "");
    rows_release(&all);
    table.columns = NULL;
    refuses(&table, drop(&near, 1),
            "drop() names the column 'bmj', and these columns have no names");
}

static void column_noise_has_its_moments(void **state)
{
    (void)state;
    struct table table = patients(), out;
    struct value wanted = value_text("dose");
    struct call c = with(call_of("column_noise", "sigma", 0.5), "columns", list(&wanted, 1));
    apply_to_all(&out, &table, c);
    double mean = 0, squares = 0;
    for (size_t i = 0; i < N * D; i++) {
        double z = (out.x[i] - x[i]) / 0.5;
        if (i % D != 2) {
            assert_true(out.x[i] == x[i]);
            continue;
        }
        mean += z / N;
        squares += z * z / N;
    }
    assert_true(fabs(mean) < 5 / sqrt(N));
    assert_true(fabs(squares - 1) < 5 * sqrt(2.0 / N));
    table_release(&out);
    keeps_to_its_row(&table, c);
    changes_nothing(&table, call_of("column_noise", "sigma", 0));
}

static struct call unit(double scale, double offset, const struct value *column)
{
    return with(with_number(call_of("unit_change", "scale", scale), "offset", offset), "columns",
                list(column, 1));
}

static void units_change_and_change_back(void **state)
{
    (void)state;
    struct table table = patients(), there, back;
    struct value weight = value_text("weight");
    apply_to_all(&there, &table, unit(2, 32, &weight));
    apply_to_all(&back, &there, unit(0.5, -16, &weight));
    for (size_t i = 0; i < N * D; i++) {
        assert_true(there.x[i] == (i % D == 3 ? 2 * x[i] + 32 : x[i]));
        assert_true(fabs(back.x[i] - x[i]) < 4e-6);
    }
    table_release(&there);
    table_release(&back);
    changes_nothing(&table, unit(1, 0, &weight));
}

static void values_go_missing(void **state)
{
    (void)state;
    struct table table = patients(), out;
    struct call c = with_number(call_of("missing_at_random", "share", 0.3), "value", 9);
    apply_to_all(&out, &table, c);
    double missing[D] = {0};
    for (size_t i = 0; i < N * D; i++) {
        assert_true(out.x[i] == x[i] || out.x[i] == 9);
        missing[i % D] += out.x[i] == 9;
    }
    for (size_t i = 0; i < D; i++)
        assert_true(fabs(missing[i] / N - 0.3) < 5 * sqrt(0.3 * 0.7 / N));
    table_release(&out);
    keeps_to_its_row(&table, c);
    changes_nothing(&table, with_number(call_of("missing_at_random", "share", 0), "value", 9));
}

// --- label_shift ---------------------------------------------------------------------------------

static struct call label_shift(const struct value *priors, size_t n)
{
    return with(bare("label_shift"), "priors", list(priors, n));
}

static void classes(size_t *count, const struct table *table)
{
    memset(count, 0, CLASSES * sizeof *count);
    for (size_t r = 0; r < table->n; r++)
        count[table->y[r]]++;
}

// Times each row of `table` is in `out`; a row is known by its id.
static void times(size_t *count, const struct table *out, const struct table *table)
{
    memset(count, 0, table->n * sizeof *count);
    for (size_t r = 0; r < out->n; r++) {
        size_t row = (size_t)(out->id[r] - 3) / 7;
        assert_true(out->id[r] == id[row] && out->y[r] == y[row]);
        assert_memory_equal(out->x + r * D, x + row * D, D * sizeof(float));
        count[row]++;
    }
}

static void priors_are_met(void **state)
{
    (void)state;
    struct table table = patients(), out;
    const struct value priors[] = {value_number(1), value_number(0), value_number(2)};
    static size_t count[N];
    size_t size[CLASSES];
    apply_to_all(&out, &table, label_shift(priors, 3));
    assert_int_equal(out.n, N);
    classes(size, &out);
    assert_int_equal(size[0], 1333); // a third of 4000, largest remainder
    assert_int_equal(size[1], 0);
    assert_int_equal(size[2], 2667);
    times(count, &out, &table);
    for (size_t i = 0; i < N; i++) {
        if (y[i] == 0) // 1333 of 2000
            assert_in_range(count[i], 0, 1);
        if (y[i] == 2) // 2667 from 500
            assert_in_range(count[i], 5, 6);
    }
    size_t early = 0; // places are of chance: the first half of the rows has half of class 0
    for (size_t r = 0; r < N / 2; r++)
        early += out.y[r] == 0;
    assert_in_range(early, 1333 / 2 - 80, 1333 / 2 + 80);
    table_release(&out);
}

// What is drawn does not depend on the order of the rows; priors that are there already keep all
// rows.
static void draws_are_keyed_by_row(void **state)
{
    (void)state;
    struct table table = patients(), forward, backward;
    const struct value priors[] = {value_number(1), value_number(1), value_number(1)};
    static uint32_t reversed[N];
    static size_t count[N];
    for (uint32_t i = 0; i < N; i++)
        reversed[i] = N - 1 - i;
    struct rows rows = {&table, N, reversed};
    apply_to_all(&forward, &table, label_shift(priors, 3));
    apply(&backward, &rows, label_shift(priors, 3));
    assert_memory_equal(forward.id, backward.id, N * sizeof *id);
    table_release(&forward);
    table_release(&backward);

    const struct value same[] = {value_number(4), value_number(3), value_number(1)};
    apply_to_all(&forward, &table, label_shift(same, 3));
    times(count, &forward, &table);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(count[i], 1);
    table_release(&forward);
}

static void priors_that_cannot_be_met(void **state)
{
    (void)state;
    struct table table = patients();
    const struct value priors[] = {value_number(1), value_number(1), value_number(1)};
    const struct value none[] = {value_number(0), value_number(0), value_number(0)};
    refuses(&table, label_shift(priors, 2), "label_shift() has 2 priors, and there are 3 classes");
    refuses(&table, label_shift(none, 3), "label_shift() wants a prior above 0");
    for (size_t i = 0; i < N; i++)
        y[i] = 0;
    refuses(&table, label_shift(priors, 3),
            "label_shift() wants rows of class 1, and there are none");
    table.y = NULL;
    refuses(&table, label_shift(priors, 3), "label_shift() needs labels, and these rows have none");
}

// --- resample ------------------------------------------------------------------------------------

static struct call resample(const char *by, const struct value *weights, size_t n, double rows)
{
    struct call c = with(with(bare("resample"), "by", value_name(by)), "weights", list(weights, n));
    return rows > 0 ? with_number(c, "rows", rows) : with(c, "rows", (struct value){0});
}

static void groups_are_resampled(void **state)
{
    (void)state;
    static uint32_t group[N];
    static size_t count[N];
    for (uint32_t i = 0; i < N; i++)
        group[i] = i % 10 == 0; // a tenth
    struct table table = patients(), out;
    table.group = group;
    const struct value weights[] = {value_number(1), value_number(3)};
    apply_to_all(&out, &table, resample("group", weights, 2, 1001));
    assert_int_equal(out.n, 1001);
    times(count, &out, &table);
    size_t rare = 0;
    for (size_t r = 0; r < out.n; r++)
        rare += out.group[r];
    assert_int_equal(rare, 751); // 750.75, largest remainder
    for (size_t i = 0; i < N; i++)
        assert_in_range(count[i], group[i] == 1, group[i] == 1 ? 2 : 1); // 751 of 400, 250 of 3600
    table_release(&out);
    table.group = NULL;
    refuses(&table, resample("group", weights, 2, 0),
            "resample() needs groups, and these rows have none");
}

static void classes_are_resampled(void **state)
{
    (void)state;
    struct table table = patients(), out;
    const struct value weights[] = {value_number(1), value_number(0), value_number(2)};
    size_t size[CLASSES];
    apply_to_all(&out, &table, resample("class", weights, 3, 0));
    assert_int_equal(out.n, N);
    classes(size, &out);
    assert_int_equal(size[0], 1333);
    assert_int_equal(size[1], 0);
    table_release(&out);
    refuses(&table, resample("class", weights, 2, 0),
            "resample() has 2 weights, and there is a row of class 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_dropped),
        cmocka_unit_test(columns_that_are_not_there),
        cmocka_unit_test(column_noise_has_its_moments),
        cmocka_unit_test(units_change_and_change_back),
        cmocka_unit_test(values_go_missing),
        cmocka_unit_test(priors_are_met),
        cmocka_unit_test(draws_are_keyed_by_row),
        cmocka_unit_test(groups_are_resampled),
        cmocka_unit_test(classes_are_resampled),
        cmocka_unit_test(priors_that_cannot_be_met), // last: it changes the labels
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
