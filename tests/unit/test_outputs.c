// test_outputs.c -- outputs of a file joined with rows by their numbers: npy, npz and safetensors; and what is
// refused, of the file and of the rows that are asked for.
#include "cmocka_first.h"

#include "base/mem.h"
#include "data/outputs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N = 4, C = 3 };

struct call {
    char path[40];
    struct value_arg args[3];
    struct value value;
};

static void make_call(struct call *c, const char *path, const char *array, const char *kind)
{
    snprintf(c->path, sizeof c->path, "%s", path);
    c->args[0] = (struct value_arg){"file", value_text(c->path)};
    c->args[1] = (struct value_arg){"kind", value_name(kind)};
    c->args[2] = (struct value_arg){"array", array != NULL ? value_text(array) : (struct value){0}};
    c->value = (struct value){.kind = VALUE_CALL, .text = "outputs", .n = array != NULL ? 3 : 2, .args = c->args};
}

// An npy file of f8, to be unlinked.
static void write_npy(struct call *c, const char *shape, const double *x, size_t n, const char *kind)
{
    char path[] = "/tmp/w2s_outputs_XXXXXX", header[128];
    int fd = mkstemp(path);
    FILE *f = fdopen(fd, "wb");
    assert_non_null(f);
    memset(header, ' ', sizeof header);
    memcpy(header, "\x93NUMPY\x01\x00\x76\x00", 10);
    char text[110];
    int length = snprintf(text, sizeof text, "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }", shape);
    memcpy(header + 10, text, (size_t)length);
    header[sizeof header - 1] = '\n';
    assert_int_equal(fwrite(header, 1, sizeof header, f), sizeof header);
    assert_int_equal(fwrite(x, sizeof *x, n, f), n);
    fclose(f);
    make_call(c, path, NULL, kind);
}

// Rows 30 and 10 of a source whose numbers are 10, 20, 30, 40 divided by 10.
static struct rows two_rows(struct table *table)
{
    static const uint64_t id[N] = {1, 2, 3, 4};
    static uint32_t index[] = {2, 0};
    *table = (struct table){.n = N, .classes = C, .id = id};
    return (struct rows){table, 2, index};
}

static void rows_are_found_by_their_number(void **state)
{
    (void)state;
    static const double p[] = {0, 0, 9, 0.5, 0.25, 0.25, NAN, 0, 0, 0, 1, 0, 1e300, -1, 2}; // rows 0 .. 4
    struct call c;
    struct table table;
    struct rows rows = two_rows(&table);
    struct err err = {0};
    struct outputs_facts facts;
    float out[2 * C];
    write_npy(&c, "(5, 3)", p, 15, "probs");
    assert_int_equal(outputs_facts(&facts, &c.value, "", &err), 0);
    assert_int_equal(facts.n, 5);
    assert_int_equal(facts.classes, C);
    if (outputs_read(out, &rows, C, &c.value, "", &err) < 0)
        fail_msg("%s", err.text);
    static const float expected[] = {0, 1, 0, 0.5f, 0.25f, 0.25f}; // row 3, then row 1
    assert_memory_equal(out, expected, sizeof expected);
    unlink(c.path);
}

static void archives(void **state)
{
    (void)state;
    static const char *const path[] = {"tests/unit/fixtures/archive_stored.npz",
                                       "tests/unit/fixtures/archive_deflated.npz"};
    struct table table;
    struct rows rows = two_rows(&table);
    float out[2 * C];
    for (size_t f = 0; f < ARRAY_LEN(path); f++) {
        struct call c;
        struct err err = {0};
        make_call(&c, "", "x", "logits");
        c.args[0].value = value_text(path[f]);
        if (outputs_read(out, &rows, C, &c.value, ".", &err) < 0)
            fail_msg("%s", err.text);
        for (size_t k = 0; k < C; k++) { // element i of the fixture is (i - 7.5) / 4
            assert_true(out[k] == ((float)(3 * C + k) - 7.5f) / 4);
            assert_true(out[C + k] == ((float)(C + k) - 7.5f) / 4);
        }
    }
    struct call c;
    struct err err = {0};
    make_call(&c, "", "f16", "logits");
    c.args[0].value = value_text("tests/unit/fixtures/archive.safetensors");
    if (outputs_read(out, &rows, C, &c.value, ".", &err) < 0)
        fail_msg("%s", err.text);
    assert_true(out[0] == ((float)(3 * C) - 7.5f) / 4);
}

static void refuses(const char *shape, const double *x, size_t n, const char *kind, const char *expected)
{
    struct call c;
    struct table table;
    struct rows rows = two_rows(&table);
    struct err err = {0};
    float out[2 * C];
    write_npy(&c, shape, x, n, kind);
    assert_int_equal(outputs_read(out, &rows, C, &c.value, "", &err), -1);
    unlink(c.path);
    assert_int_equal(err.kind, ERR_DATA);
    if (strstr(err.text, expected) == NULL)
        fail_msg("expected '%s', found '%s'", expected, err.text);
}

static void what_is_refused(void **state)
{
    (void)state;
    const double third = 1.0 / 3;
    const double few[] = {1, 0, 0, 1, 0, 0};
    const double sum[] = {1, 0, 0, third, third, third, 1, 0, 0, 0.5, 0.5, 0.25};
    const double negative[] = {1, 0, 0, 1, 0, 0, 1, 0, 0, -1, 1, 1};
    const double nan_[] = {1, 0, 0, 1, 0, 0, 1, 0, 0, 0, NAN, 0};
    refuses("(2, 3)", few, 6, "probs", "has 2 rows, and none for row 3 of the data");
    refuses("(4, 3)", sum, 12, "probs", "row 3: the probabilities sum to 1.25, expected 1");
    refuses("(4, 3)", negative, 12, "probs", "row 3: class 0 has -1, expected a probability");
    refuses("(4, 3)", nan_, 12, "logits", "row 3: class 1 has no finite number");
    refuses("(6, 2)", sum, 12, "probs", "has 2 classes, and the data has 3");
    refuses("(12,)", sum, 12, "probs", "has 1 dimension, expected 2: rows and classes");
    refuses("(4, 1, 3)", sum, 12, "probs", "has 3 dimensions, expected 2: rows and classes");
}

static void arrays_by_name_and_without(void **state)
{
    (void)state;
    struct call c;
    struct outputs_facts facts;
    struct err err = {0};
    make_call(&c, "", "x", "probs");
    c.value.n = 2;
    c.args[0].value = value_text("tests/unit/fixtures/archive_stored.npz");
    assert_int_equal(outputs_facts(&facts, &c.value, ".", &err), -1);
    assert_non_null(strstr(err.text, "holds arrays by name, and 'array' names none"));
    err = (struct err){0};
    static const double p[] = {1, 0, 0};
    write_npy(&c, "(1, 3)", p, 3, "probs");
    c.args[2] = (struct value_arg){"array", value_text("x")};
    c.value.n = 3;
    assert_int_equal(outputs_facts(&facts, &c.value, "", &err), -1);
    assert_non_null(strstr(err.text, "is one array without a name, and 'array' names one"));
    unlink(c.path);
    err = (struct err){0};
    assert_int_equal(outputs_facts(&facts, &c.value, "", &err), -1);
    assert_int_equal(err.kind, ERR_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_found_by_their_number),
        cmocka_unit_test(archives),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(arrays_by_name_and_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
