// test_row_script.c -- shifts in Lua: against loops in double, keyed by the row and not by its place, the same
// bits from every kernel table, and what is wrong with a script or its result.
#include "shift_call.h"

#include "model/row_script.h"

#include <math.h>
#include <stdio.h>

enum { N = 40, D = 7, CLASSES = 3 };

static float x[N * D];
static uint32_t y[N], group[N];
static uint64_t id[N];
static const char *names[D] = {"a", "b", "c", "d", "e", "f", "g"};

static struct table some_rows(void)
{
    fill_random(x, N * D, 5);
    for (uint32_t i = 0; i < N; i++) {
        y[i] = i % CLASSES;
        group[i] = i % 2;
        id[i] = 11 * (uint64_t)i + 4;
    }
    return (struct table){.n = N, .d = D, .classes = CLASSES, .x = x, .y = y, .group = group,
                          .id = id, .columns = names};
}

static struct loss *load(const char *fields, const char *body)
{
    char text[2000];
    struct err err = {0};
    struct loss *script = NULL;
    snprintf(text, sizeof text, "return { kind = 'shift', title = 't', %s\nshift = function(t)\n%s end }",
             fields, body);
    if (loss_load(&script, "s.lua", text, strlen(text), &err) < 0)
        fail_msg("%s (%s)", err.text, err.hint);
    return script;
}

static int change(float *out, const struct table *rows, struct rng_key key, void *context, struct err *err)
{
    return row_script_run(out, rows, key, context, err);
}

static int try_run(struct table *out, const struct rows *rows, struct loss *script,
                   const struct kernels *kernels, struct err *err)
{
    struct value_arg strength = {"strength", value_number(2)};
    struct value params = {.kind = VALUE_CALL, .text = "s", .n = 1, .args = &strength};
    struct value call = {.kind = VALUE_CALL, .text = "lua"};
    struct row_script of = {script, "s.lua", &params, kernels};
    const struct shift_script work = {change, &of};
    return shift_apply_script(out, rows, &call, 0, &work, err);
}

static void run_on(struct table *out, const struct rows *rows, struct loss *script,
                   const struct kernels *kernels)
{
    struct err err = {0};
    if (try_run(out, rows, script, kernels, &err) < 0)
        fail_msg("%s (%s)", err.text, err.hint);
}

static void run_all(struct table *out, const struct table *table, struct loss *script)
{
    struct rows all;
    rows_all(&all, table);
    run_on(out, &all, script, kernel_tables()[0]);
    rows_release(&all);
}

// --- what is computed ----------------------------------------------------------------------------

static void rows_are_what_a_loop_makes_of_them(void **state)
{
    (void)state;
    struct table table = some_rows(), out;
    struct loss *script =
        load("reads = { 'labels', 'groups' }, params = { strength = { type = 'number', default = 1 } },",
             "local lift = column(t.labels, 2) * 10 + t.groups\n"
             "return t.features * t.params.strength + lift - column(t.features, t.feature('c'))");
    run_all(&out, &table, script);
    for (size_t r = 0; r < N; r++)
        for (size_t i = 0; i < D; i++) {
            double lift = (y[r] == 1 ? 10 : 0) + (double)group[r];
            double expected = 2 * (double)x[r * D + i] + lift - x[r * D + 2];
            assert_true(fabs(out.x[r * D + i] - expected) < 1e-5);
        }
    assert_memory_equal(out.y, y, sizeof y);
    assert_memory_equal(out.group, group, sizeof group);
    assert_string_equal(out.columns[6], "g");
    table_release(&out);
    loss_free(script);
}

static void the_row_alone(void **state)
{
    (void)state;
    struct table table = some_rows(), out;
    struct loss *same = load("", "return t.features"), *mean = load("", "return t.features - mean(t.features)");
    run_all(&out, &table, same);
    assert_memory_equal(out.x, x, sizeof x);
    table_release(&out);
    run_all(&out, &table, mean);
    for (size_t r = 0; r < N; r++) { // the mean is that of the row
        double sum = 0;
        for (size_t i = 0; i < D; i++)
            sum += out.x[r * D + i];
        assert_true(fabs(sum) < 1e-5);
    }
    table_release(&out);
    loss_free(same);
    loss_free(mean);
}

// --- chance --------------------------------------------------------------------------------------

static const char noisy[] = "return t.features + t.random_normal(1, t.n_features) * t.random_uniform(1, 1)";

static void noise_is_that_of_the_stream_of_the_row(void **state)
{
    (void)state;
    struct table table = some_rows(), out;
    struct loss *script = load("", noisy);
    run_all(&out, &table, script);
    struct rng_key key = rng_key_of(0, "shift lua()");
    for (size_t r = 0; r < N; r++) {
        double n[D];
        struct rng rng = rng_at(key, id[r]);
        for (size_t i = 0; i < D; i++)
            n[i] = (float)rng_normal(&rng);
        double u = rng_unit(&rng);
        for (size_t i = 0; i < D; i++)
            assert_true(fabs(out.x[r * D + i] - (x[r * D + i] + n[i] * u)) < 1e-5);
    }
    table_release(&out);
    loss_free(script);
}

static void noise_follows_the_row(void **state)
{
    (void)state;
    struct table table = some_rows(), whole, some;
    struct loss *script = load("", noisy);
    uint32_t chosen[] = {N - 1, 0, N / 2};
    struct rows three = {&table, 3, chosen};
    run_all(&whole, &table, script);
    run_on(&some, &three, script, kernel_tables()[0]);
    for (size_t r = 0; r < 3; r++)
        assert_memory_equal(some.x + r * D, whole.x + chosen[r] * D, D * sizeof(float));
    table_release(&whole);
    table_release(&some);
    loss_free(script);
}

static void every_kernel_table_gives_the_same_bits(void **state)
{
    (void)state;
    struct table table = some_rows(), first, other;
    struct loss *script = load("", "local n = t.random_normal(t.n_features, t.n_features)\n"
                                   "return softmax(matmul(t.features, n)) * exp(t.features) + mean(n)");
    struct rows all;
    rows_all(&all, &table);
    run_all(&first, &table, script);
    for (const struct kernels *const *k = kernel_tables(); *k != NULL; k++) {
        run_on(&other, &all, script, *k);
        assert_memory_equal(other.x, first.x, sizeof x);
        table_release(&other);
    }
    table_release(&first);
    rows_release(&all);
    loss_free(script);
}

// --- what is wrong -------------------------------------------------------------------------------

static void fails(const struct table *table, const char *fields, const char *body, const char *expected)
{
    struct loss *script = load(fields, body);
    struct table out;
    struct rows all;
    struct err err = {0};
    rows_all(&all, table);
    assert_int_equal(try_run(&out, &all, script, kernel_tables()[0], &err), -1);
    if (strcmp(err.text, expected) != 0)
        fail_msg("expected '%s', found '%s'", expected, err.text);
    assert_int_equal(err.kind, ERR_DATA);
    rows_release(&all);
    loss_free(script);
}

static void results_that_are_none(void **state)
{
    (void)state;
    struct table table = some_rows();
    fails(&table, "", "return log(t.features - 5)", "s.lua:2: the shift gives nan as feature 1 of row 4");
    fails(&table, "", "return t.features / (t.features - t.features)",
          "s.lua:2: the shift gives infinity as feature 1 of row 4");
    fails(&table, "", "return sum(t.features)",
          "s.lua:2: expected the shift to return features as large as t.features, 1 x 7, found a tensor "
          "of 1 x 1");
    fails(&table, "", "return 3", "s.lua:2: expected the shift to return a tensor, found a number");
    fails(&table, "", "return t.features + t.random_normal(1, 9)",
          "s.lua:3: add: a tensor of 1 x 7 does not fit one of 1 x 9");
}

static void what_is_not_there(void **state)
{
    (void)state;
    struct table table = some_rows();
    fails(&table, "", "return t.features + t.groups",
          "s.lua:3: t.groups is not among what the shift reads");
    fails(&table, "", "return t.student.logits",
          "s.lua:3: t.student is not there in a script of kind 'shift'");
    fails(&table, "", "return t.parameter('w', 1, 1)",
          "s.lua:3: t.parameter is not there in a script of kind 'shift'");
    table.group = NULL;
    fails(&table, "reads = { 'groups' },", "return t.features + t.groups", "s.lua:3: the rows have no groups");
    table.y = NULL;
    fails(&table, "reads = { 'labels' },", "return t.features + sum(t.labels)",
          "s.lua:3: the rows have no labels");
    fails(&table, "", "return t.features + t.random_normal(16777216, 16777216)",
          "s.lua:3: 16777216 x 16777216 numbers more are too many for a row");
    fails(&table, "", "local x = t.features for i = 1, 20 do x = x + sum(t.random_normal(1024, 1024)) end return x",
          "s.lua:3: 1024 x 1024 numbers more are too many for a row");
    fails(&table, "", "local x = t.features for i = 1, 70 do x = x + t.random_normal(1, 1) end return x",
          "s.lua:3: a shift reads more than 64 tensors");
}

static void files_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"return { kind = 'shift', title = 't' }", "s.lua: shift: absent"},
        {"return { kind = 'shift', title = 't', shift = function() end, loss = 1 }",
         "s.lua: loss: a shift has 'shift' in its place"},
        {"return { kind = 'target', title = 't', shift = function() end }",
         "s.lua: shift: only a shift has it"},
        {"return { kind = 'shift', title = 't', reads = { 'weights' }, shift = function() end }",
         "s.lua: reads: a shift reads 'labels', 'features' and 'groups' only"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct loss *script = NULL;
        struct err err = {0};
        assert_int_equal(loss_load(&script, "s.lua", cases[i].text, strlen(cases[i].text), &err), -1);
        assert_string_equal(err.text, cases[i].error);
    }
}

static void shapes_are_checked_before_there_are_rows(void **state)
{
    (void)state;
    struct loss *script = load("", "return t.features + fill(1, 1, 7) * t.feature('b')");
    struct row_shape shape = {.features = 7, .classes = 3, .names_unknown = true};
    struct err err = {0};
    assert_int_equal(row_script_check(script, NULL, &shape, &err), 0);
    shape.names_unknown = false;
    assert_int_equal(row_script_check(script, NULL, &shape, &err), -1);
    assert_string_equal(err.text, "s.lua:3: feature: the features have no names, found 'b'");
    err = (struct err){0};
    shape = (struct row_shape){.features = 6, .names_unknown = true};
    assert_int_equal(row_script_check(script, NULL, &shape, &err), -1);
    loss_free(script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_what_a_loop_makes_of_them),
        cmocka_unit_test(the_row_alone),
        cmocka_unit_test(noise_is_that_of_the_stream_of_the_row),
        cmocka_unit_test(noise_follows_the_row),
        cmocka_unit_test(every_kernel_table_gives_the_same_bits),
        cmocka_unit_test(results_that_are_none),
        cmocka_unit_test(what_is_not_there),
        cmocka_unit_test(files_that_are_none),
        cmocka_unit_test(shapes_are_checked_before_there_are_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
