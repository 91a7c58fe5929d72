// test_split.c -- properties of splits, take and where.
#include "data/split.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { N = 1000, CLASSES = 7 };

static uint32_t y[N];

// Classes of very different sizes: class k has about twice the rows of class k + 1.
static struct table labelled(void)
{
    for (uint32_t i = 0; i < N; i++) {
        uint32_t x = i * 2654435761u >> 25; // 0..127
        y[i] = 0;
        while (y[i] < CLASSES - 1 && x < 64u >> y[i])
            y[i]++;
    }
    return (struct table){.n = N, .d = 1, .classes = CLASSES, .y = y};
}

static void part_ok(struct rows *out, const struct rows *in, const struct split_spec *spec,
                    size_t part)
{
    struct err err = {0};
    if (split_part(out, in, spec, part, &err) < 0)
        fail_msg("%s", err.text);
}

static void check_sizes(size_t n, size_t n_parts, const double *share, const size_t *expected)
{
    struct split_spec spec = {.name = "d", .share = share, .n_parts = n_parts};
    size_t size[8];
    split_sizes(size, n, &spec);
    for (size_t i = 0; i < n_parts; i++)
        assert_int_equal(size[i], expected[i]);
}

static void sizes_by_largest_remainder(void **state)
{
    (void)state;
    check_sizes(1797, 3, (double[]){0.25, 0.5, 0.25}, (size_t[]){449, 899, 449});
    // ties: lower first
    check_sizes(10, 3, (double[]){1.0 / 3, 1.0 / 3, 1.0 / 3}, (size_t[]){4, 3, 3});
    check_sizes(3, 2, (double[]){0.5, 0.5}, (size_t[]){2, 1});
    check_sizes(10, 3, (double[]){0.1, 0.2, 0.7}, (size_t[]){1, 2, 7});
    check_sizes(100, 2, (double[]){0.29, 0.71}, (size_t[]){29, 71});
    check_sizes(100, 1, (double[]){0.29}, (size_t[]){29}); // 0.29 * 100 is a hair below 29
    check_sizes(10, 2, (double[]){0.25, 0.25}, (size_t[]){3, 2}); // floor(10 * 0.5) in all
    check_sizes(0, 2, (double[]){0.5, 0.5}, (size_t[]){0, 0});
    check_sizes(1, 2, (double[]){0.5, 0.5}, (size_t[]){1, 0});
    // rounding above 1 is tolerated
    check_sizes(10, 2, (double[]){0.5, 0.5 + 1e-9}, (size_t[]){5, 5});
    check_sizes(4000000000, 2, (double[]){0.5, 0.5 + 1e-9}, (size_t[]){1999999998, 2000000002});
}

static void sizes_add_up(void **state)
{
    (void)state;
    static const double shares[][4] = {
        {0.1, 0.2, 0.3, 0.4},
        {0.25, 0.25, 0.25, 0.25},
        {0.01, 0.01, 0.97, 0.01},
        {0.7, 0.1, 0.1, 0.1},
    };
    for (size_t s = 0; s < ARRAY_LEN(shares); s++) {
        struct split_spec spec = {.name = "d", .share = shares[s], .n_parts = 4};
        for (size_t n = 0; n < 500; n++) {
            size_t size[4], sum = 0;
            split_sizes(size, n, &spec);
            for (size_t i = 0; i < 4; i++) {
                double exact = shares[s][i] * (double)n;
                assert_true((double)size[i] > exact - 1 && (double)size[i] < exact + 1);
                sum += size[i];
            }
            assert_int_equal(sum, n);
        }
    }
}

// All rows of all parts are different; returns how many there are.
static size_t check_disjoint(const struct rows *part, size_t n_parts)
{
    bool seen[N] = {false};
    size_t total = 0;
    for (size_t p = 0; p < n_parts; p++) {
        for (size_t i = 0; i < part[p].n; i++, total++) {
            assert_true(part[p].index[i] < N);
            assert_false(seen[part[p].index[i]]);
            seen[part[p].index[i]] = true;
        }
    }
    return total;
}

static bool same_rows(const struct rows *a, const struct rows *b)
{
    return a->n == b->n && memcmp(a->index, b->index, a->n * sizeof *a->index) == 0;
}

static void parts_are_disjoint_and_fixed(void **state)
{
    (void)state;
    struct table table = labelled();
    struct rows all, part[3], again, other;
    rows_all(&all, &table);
    static const double share[] = {0.335, 0.45, 0.215};
    for (int stratify = 0; stratify < 2; stratify++) {
        struct split_spec spec = {"d", 5, share, 3, stratify, NULL};
        size_t size[3];
        split_sizes(size, N, &spec);
        for (size_t p = 0; p < 3; p++) {
            part_ok(&part[p], &all, &spec, p);
            if (!stratify)
                assert_int_equal(part[p].n, size[p]);
        }
        assert_int_equal(check_disjoint(part, 3), N);

        part_ok(&again, &all, &spec, 1);
        assert_true(same_rows(&again, &part[1]));
        rows_release(&again);
        struct split_spec renamed = spec, reseeded = spec;
        renamed.name = "e";
        reseeded.seed = 6;
        part_ok(&other, &all, &renamed, 1);
        assert_false(same_rows(&other, &part[1]));
        rows_release(&other);
        part_ok(&other, &all, &reseeded, 1);
        assert_false(same_rows(&other, &part[1]));
        rows_release(&other);
        for (size_t p = 0; p < 3; p++)
            rows_release(&part[p]);
    }
    rows_release(&all);
}

static void strata_are_kept(void **state)
{
    (void)state;
    struct table table = labelled();
    struct rows all;
    rows_all(&all, &table);
    static const double share[] = {0.1, 0.6, 0.3};
    struct split_spec spec = {"d", 5, share, 3, true, NULL};
    size_t in_class[CLASSES] = {0};
    for (size_t i = 0; i < N; i++)
        in_class[y[i]]++;
    for (size_t p = 0; p < 3; p++) {
        struct rows part;
        part_ok(&part, &all, &spec, p);
        size_t count[CLASSES] = {0}, changes = 0;
        for (size_t i = 0; i < part.n; i++) {
            count[y[part.index[i]]]++;
            changes += i > 0 && y[part.index[i]] != y[part.index[i - 1]];
        }
        for (size_t k = 0; k < CLASSES; k++) {
            double exact = share[p] * (double)in_class[k];
            assert_true((double)count[k] > exact - 1 && (double)count[k] < exact + 1);
        }
        assert_true(changes > part.n / 4); // the classes do not stand in blocks
        rows_release(&part);
    }
    rows_release(&all);
}

// A part of a part: row numbers stay those of the table.
static void splits_of_some_rows(void **state)
{
    (void)state;
    struct table table = labelled();
    struct rows all, half, quarter;
    rows_all(&all, &table);
    static const double share[] = {0.5, 0.5};
    struct split_spec spec = {"d", 5, share, 2, false, NULL};
    part_ok(&half, &all, &spec, 1);
    part_ok(&quarter, &half, &spec, 0);
    assert_int_equal(quarter.n, 250);
    bool in_half[N] = {false};
    for (size_t i = 0; i < half.n; i++)
        in_half[half.index[i]] = true;
    for (size_t i = 0; i < quarter.n; i++)
        assert_true(in_half[quarter.index[i]]);
    rows_release(&quarter);
    rows_release(&half);
    rows_release(&all);
}

static void splits_that_cannot_be(void **state)
{
    (void)state;
    struct table table = {.n = 3, .d = 1};
    struct rows all, out;
    struct err err = {0};
    rows_all(&all, &table);
    static const double share[] = {0.5};
    struct split_spec spec = {"mail", 0, share, 1, true, NULL};
    assert_int_equal(split_part(&out, &all, &spec, 0, &err), -1);
    assert_int_equal(err.kind, ERR_DATA);
    assert_string_equal(err.text, "'mail' has no labels to stratify by");
    rows_release(&all);
}

// The permutation is part of the language: a change of these numbers changes every published
// result.
static void permutation_is_pinned(void **state)
{
    (void)state;
    struct table table = {.n = 12, .d = 1};
    struct rows all, out;
    rows_all(&all, &table);
    static const double share[] = {1.0};
    struct split_spec spec = {"digits", 0, share, 1, false, NULL};
    part_ok(&out, &all, &spec, 0);
    static const uint32_t pinned[12] = {11, 0, 2, 4, 1, 3, 5, 8, 6, 10, 9, 7};
    assert_memory_equal(out.index, pinned, sizeof pinned);
    rows_release(&out);
    rows_release(&all);
}

static void takes_the_first(void **state)
{
    (void)state;
    struct table table = labelled();
    struct rows all, some;
    struct err err = {0};
    rows_all(&all, &table);
    all.index[0] = 77;
    assert_int_equal(rows_take(&some, &all, 3, &err), 0);
    assert_int_equal(some.n, 3);
    assert_int_equal(some.index[0], 77);
    assert_int_equal(some.index[2], 2);
    rows_release(&some);
    assert_int_equal(rows_take(&some, &all, N + 1, &err), -1);
    assert_int_equal(err.kind, ERR_DATA);
    assert_string_equal(err.text, "cannot take 1001 rows: there are only 1000");
    rows_release(&all);
}

// --- where ---------------------------------------------------------------------------------------

static struct value binary(struct value_arg *args, const char *name, struct value x,
                           struct value y_side)
{
    args[0] = (struct value_arg){"x", x};
    args[1] = (struct value_arg){"y", y_side};
    return (struct value){.kind = VALUE_CALL, .text = name, .n = 2, .args = args};
}

// Which classes satisfy it, as a string of digits.
static void check_where(const struct value *predicate, const char *classes)
{
    struct table table = labelled();
    struct rows all, some;
    struct err err = {0};
    rows_all(&all, &table);
    assert_int_equal(rows_where(&some, &all, predicate, &err), 0);
    size_t at = 0;
    for (size_t i = 0; i < N; i++) {
        if (strchr(classes, (char)('0' + y[i])) == NULL)
            continue;
        assert_true(at < some.n);
        assert_int_equal(some.index[at++], i); // in their order
    }
    assert_int_equal(at, some.n);
    rows_release(&some);
    rows_release(&all);
}

static void where_compares(void **state)
{
    (void)state;
    struct value_arg a[2], b[2], c[2];
    struct value class = value_name("class"), three = value_number(3), five = value_number(5);
    static const struct {
        const char *name, *classes, *mirrored;
    } cases[] = {
        {"lt", "012", "456"}, {"le", "0123", "3456"}, {"gt", "456", "012"},
        {"ge", "3456", "0123"}, {"eq", "3", "3"}, {"ne", "012456", "012456"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct value v = binary(a, cases[i].name, class, three);
        check_where(&v, cases[i].classes);
        v = binary(a, cases[i].name, three, class);
        check_where(&v, cases[i].mirrored);
    }
    struct value is_three = binary(a, "eq", class, three), is_five = binary(b, "eq", class, five);
    struct value v = binary(c, "or", is_three, is_five);
    check_where(&v, "35");
    v = binary(c, "and", is_three, is_five);
    check_where(&v, "");
    is_three.text = "ge";
    is_five.text = "le";
    v = binary(c, "and", is_three, is_five);
    check_where(&v, "345");
    struct value_arg d[1] = {{"x", v}};
    struct value not = {.kind = VALUE_CALL, .text = "not", .n = 1, .args = d};
    check_where(&not, "0126");
}

static void where_has_limits(void **state)
{
    (void)state;
    enum { DEPTH = 300 };
    struct value_arg leaf[2], level[DEPTH][1];
    struct value v = binary(leaf, "eq", value_name("class"), value_number(3));
    struct table table = labelled(), unlabelled = {.n = 3, .d = 1};
    struct rows all, some;
    struct err err = {0};
    for (size_t i = 0; i < 198; i++) {
        level[i][0] = (struct value_arg){"x", v};
        v = (struct value){.kind = VALUE_CALL, .text = "not", .n = 1, .args = level[i]};
    }
    check_where(&v, "3");
    for (size_t i = 198; i < DEPTH; i++) {
        level[i][0] = (struct value_arg){"x", v};
        v = (struct value){.kind = VALUE_CALL, .text = "not", .n = 1, .args = level[i]};
    }
    rows_all(&all, &table);
    assert_int_equal(rows_where(&some, &all, &v, &err), -1);
    assert_string_equal(err.text, "the predicate is nested more than 200 levels deep");
    rows_release(&all);

    err = (struct err){0};
    rows_all(&all, &unlabelled);
    assert_int_equal(rows_where(&some, &all, &level[0][0].value, &err), -1);
    assert_string_equal(err.text, "'where' needs labels, and these rows have none");
    rows_release(&all);
}

// --- parts by condition ---------------------------------------------------------------------------

// low: class < 2; then of what is left, few: class == 1 or class == 6; then shares of the rest.
static void conditions_choose_parts(void **state)
{
    (void)state;
    struct value_arg a[2], b[2], c[2], d[2];
    struct value class = value_name("class");
    struct value low = binary(a, "lt", class, value_number(2));
    struct value one = binary(b, "eq", class, value_number(1)), six = binary(c, "eq", class, value_number(6));
    struct value few = binary(d, "or", one, six);
    const struct value *condition[] = {&low, NULL, &few, NULL};
    static const double share[] = {0, 0.75, 0, 0.25};
    struct table table = labelled();
    struct rows all, part[4];
    rows_all(&all, &table);
    for (unsigned stratify = 0; stratify < 2; stratify++) {
        struct split_spec spec = {
            .name = "d", .share = share, .condition = condition, .n_parts = 4, .stratify = stratify};
        size_t count[CLASSES] = {0}, left = 0;
        for (size_t i = 0; i < N; i++)
            count[y[i]]++;
        for (size_t k = 2; k < 6; k++)
            left += count[k];
        for (size_t p = 0; p < 4; p++)
            part_ok(&part[p], &all, &spec, p);
        assert_int_equal(check_disjoint(part, 4), N);
        assert_int_equal(part[0].n, count[0] + count[1]);
        assert_int_equal(part[2].n, count[6]);
        for (size_t i = 0; i < part[0].n; i++)
            assert_true(y[part[0].index[i]] < 2);
        for (size_t i = 0; i < part[2].n; i++)
            assert_int_equal(y[part[2].index[i]], 6);
        assert_in_range(part[1].n, left * 3 / 4 - CLASSES, left * 3 / 4 + CLASSES);
        size_t early = 0; // shuffled: the first half has its share of the rows that came first
        for (size_t i = 0; i < part[0].n / 2; i++)
            early += part[0].index[i] < N / 2;
        assert_in_range(early, part[0].n / 4 - 60, part[0].n / 4 + 60);
        for (size_t p = 0; p < 4; p++)
            rows_release(&part[p]);
    }
    struct value no_group = binary(a, "eq", value_name("group"), value_number(2));
    condition[0] = &no_group;
    struct split_spec spec = {.name = "d", .share = share, .condition = condition, .n_parts = 4};
    struct err err = {0};
    assert_int_equal(split_part(&part[0], &all, &spec, 1, &err), -1);
    assert_string_equal(err.text, "'split' needs groups, and these rows have none");
    rows_release(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_by_largest_remainder),
        cmocka_unit_test(sizes_add_up),
        cmocka_unit_test(parts_are_disjoint_and_fixed),
        cmocka_unit_test(strata_are_kept),
        cmocka_unit_test(splits_of_some_rows),
        cmocka_unit_test(splits_that_cannot_be),
        cmocka_unit_test(permutation_is_pinned),
        cmocka_unit_test(takes_the_first),
        cmocka_unit_test(conditions_choose_parts),
        cmocka_unit_test(where_compares),
        cmocka_unit_test(where_has_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
