// test_source.c -- what source_read accepts and refuses, and where offsets lie.
#include "source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct source text_source(const char *text, size_t n)
{
    struct source source;
    struct err err = {0};
    assert_int_equal(source_from_text(&source, &arena, "x.w2s", text, n, &err), 0);
    return source;
}

static void test_places(void **state)
{
    (void)state;
    static const char text[] = "ab\n\xC3\xA9\xE2\x86\x92x\n\nend";
    struct source source = text_source(text, sizeof text - 1);
    static const struct {
        uint32_t offset, line, column;
    } cases[] = {
        {0, 1, 1}, {1, 1, 2}, {2, 1, 3}, // the newline belongs to its line
        {3, 2, 1}, {5, 2, 2}, {8, 2, 3}, {9, 2, 4}, {10, 3, 1}, {11, 4, 1}, {14, 4, 4},
        {99, 4, 4}, // past the end is the end
    };
    assert_int_equal(source.n_lines, 4);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct place place = source_place(&source, cases[i].offset);
        assert_int_equal(place.line, cases[i].line);
        assert_int_equal(place.column, cases[i].column);
    }
}

static void test_empty(void **state)
{
    (void)state;
    struct source source = text_source("", 0);
    assert_int_equal(source.n, 0);
    assert_int_equal(source.n_lines, 1);
    assert_string_equal(source.bytes, "");
}

static void test_byte_order_mark_is_skipped(void **state)
{
    (void)state;
    struct source source = text_source("\xEF\xBB\xBFparam", 8);
    assert_string_equal(source.bytes, "param");
    assert_int_equal(source.n, 5);
}

static void test_utf8_is_checked(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *place; // NULL: accepted
    } cases[] = {
        {"\xC2\x80", 2, NULL},
        {"\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80", 9, NULL},
        {"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", 8, NULL},
        {"ab\0c", 4, "x.w2s:1:3: byte 0x00"},
        {"\n\xC3\xA9 \x80", 5, "x.w2s:2:3: byte 0x80"}, // a continuation alone
        {"\xC0\xAF", 2, "x.w2s:1:1: byte 0xC0"},        // overlong
        {"\xE0\x80\xAF", 3, "x.w2s:1:1: byte 0xE0"},
        {"\xF0\x80\x80\xAF", 4, "x.w2s:1:1: byte 0xF0"},
        {"\xED\xA0\x80", 3, "x.w2s:1:1: byte 0xED"},     // a surrogate
        {"\xF4\x90\x80\x80", 4, "x.w2s:1:1: byte 0xF4"}, // above U+10FFFF
        {"\xF5\x80\x80\x80", 4, "x.w2s:1:1: byte 0xF5"},
        {"a\xE2\x86", 3, "x.w2s:1:2: byte 0xE2"}, // cut short by the end
        {"\xE2\x86x", 3, "x.w2s:1:1: byte 0xE2"},
        {"\xFF", 1, "x.w2s:1:1: byte 0xFF"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct source source;
        struct err err = {0};
        int rc = source_from_text(&source, &arena, "x.w2s", cases[i].bytes, cases[i].n, &err);
        if (cases[i].place == NULL) {
            assert_int_equal(rc, 0);
            continue;
        }
        assert_true(rc < 0);
        assert_int_equal(err.kind, ERR_DATA);
        assert_memory_equal(err.text, cases[i].place, strlen(cases[i].place));
    }
}

static void test_size_limit(void **state)
{
    (void)state;
    char *bytes = malloc(SOURCE_MAX + 1);
    memset(bytes, ' ', SOURCE_MAX + 1);
    struct source source;
    struct err err = {0};
    assert_int_equal(source_from_text(&source, &arena, "x.w2s", bytes, SOURCE_MAX, &err), 0);
    assert_true(source_from_text(&source, &arena, "x.w2s", bytes, SOURCE_MAX + 1, &err) < 0);
    assert_string_equal(err.text, "'x.w2s' is larger than 4 MiB");
    free(bytes);
}

static void test_files(void **state)
{
    (void)state;
    struct source source;
    struct err missing = {0}, folder = {0}, fine = {0};
    assert_true(source_read(&source, &arena, "tests/lang/no-such.w2s", &missing) < 0);
    assert_int_equal(missing.kind, ERR_MISSING);
    assert_true(source_read(&source, &arena, "tests", &folder) < 0);
    assert_int_equal(folder.kind, ERR_IO);
    assert_int_equal(source_read(&source, &arena, "examples/digits.w2s", &fine), 0);
    assert_string_equal(source.path, "examples/digits.w2s");
    assert_int_equal(source.n, strlen(source.bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_byte_order_mark_is_skipped),
        cmocka_unit_test(test_utf8_is_checked),
        cmocka_unit_test(test_size_limit),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
