// test_base.c -- arenas, errors, growing arrays, text, digests.
#include "cmocka_first.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_arena(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t i = 0; i < 3000; i++) {
        size_t n = i % 97 == 0 ? 70000 : i % 50;
        unsigned char *p = arena_alloc(&arena, n);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t k = 0; k < n; k++)
            assert_int_equal(p[k], 0);
        memset(p, 0xFF, n);
    }
    assert_string_equal(arena_format(&arena, "%s %d", "x", 7), "x 7");
    assert_string_equal(arena_copy(&arena, "abcdef", 3), "abc");
    arena_release(&arena);
    assert_null(arena.head);
}

static void test_err(void **state)
{
    (void)state;
    struct err err = {0};
    assert_false(err_is_set(&err));
    assert_int_equal(err_exit_status(&err), EXIT_DONE);
    assert_int_equal(err_set(&err, ERR_MISSING, "no '%s'", "file"), -1);
    err_hint(&err, "Look for it.");
    assert_int_equal(err_set(&err, ERR_IO, "later"), -1); // the first one wins
    err_hint(&err, "Later.");
    assert_string_equal(err.text, "no 'file'");
    assert_string_equal(err.hint, "Look for it.");
    assert_int_equal(err_exit_status(&err), EXIT_NO_INPUT);
}

static void test_mem(void **state)
{
    (void)state;
    struct err err = {0};
    assert_null(mem_try(SIZE_MAX / 2, 3, "a test", &err));
    assert_int_equal(err.kind, ERR_MEMORY);
    err = (struct err){0};
    unsigned char *p = mem_try(3, 5, "a test", &err);
    assert_int_equal((uintptr_t)p % 64, 0);
    for (int i = 0; i < 15; i++)
        assert_int_equal(p[i], 0);
    mem_free(p);
    p = mem_try(0, 5, "nothing", &err);
    assert_non_null(p);
    mem_free(p);
    uint32_t *items = NULL;
    size_t cap = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        items = mem_grow(items, &cap, i + 1, sizeof *items);
        assert_int_equal(items[i], 0);
        items[i] = i;
    }
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    mem_free(items);
}

// The shortest decimal that reads back, by trying every length.
static void shortest(char *text, double x)
{
    for (int digits = 1; digits <= 17; digits++) {
        sprintf(text, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            return;
    }
}

static void expect_number(double x, const char *text)
{
    struct str s = {0};
    str_number(&s, x);
    assert_string_equal(str_text(&s), text);
    str_release(&s);
}

static void test_numbers(void **state)
{
    (void)state;
    expect_number(0, "0");
    expect_number(-0.0, "0");
    expect_number(0.1, "0.1");
    expect_number(1e-3, "0.001");
    expect_number(1e-5, "1e-05");
    expect_number(20000, "20000");
    expect_number(-2.25, "-2.25");
    expect_number(1.0 / 3, "0.3333333333333333");
    expect_number(1e22, "1e+22");
    expect_number(0.1 + 0.2, "0.30000000000000004");
    expect_number(NAN, "nan");
    expect_number(INFINITY, "inf");
    expect_number(-INFINITY, "-inf");
    struct rng rng = rng_at(rng_key_of(1, "numbers"), 0);
    for (int i = 0; i < 100000; i++) {
        double x;
        uint64_t bits = (uint64_t)rng_u32(&rng) << 32 | rng_u32(&rng);
        memcpy(&x, &bits, sizeof x);
        if (i % 2 == 0)
            x = (double)((int64_t)rng_below(&rng, 2000001) - 1000000) / (double)(1 << rng_below(&rng, 20));
        if (i % 5 == 0)
            x = (double)rng_below(&rng, 1000000) / 1000;
        if (!isfinite(x))
            continue;
        struct str s = {0};
        str_number(&s, x);
        assert_true(strtod(str_text(&s), NULL) == x);
        char text[40];
        shortest(text, x);
        if (fabs(x) < 1e15 && fabs(x) >= 1e-4 && x != floor(x))
            assert_string_equal(str_text(&s), text);
        str_release(&s);
    }
}

static void test_text(void **state)
{
    (void)state;
    struct str s = {0};
    assert_string_equal(str_text(&s), "");
    str_format(&s, "%d-%s", 5, "x");
    str_repeat(&s, '.', 3);
    assert_string_equal(str_text(&s), "5-x...");
    str_clear(&s);
    assert_string_equal(str_text(&s), "");
    str_release(&s);
    assert_int_equal(text_width("aé–b", strlen("aé–b")), 4);
    assert_int_equal(text_distance("kitten", "sitting"), 3);
    assert_int_equal(text_distance("", "abc"), 3);
    assert_int_equal(text_distance("same", "same"), 0);
}

// FIPS 180-4, the examples "abc" and the empty message.
static void test_digest(void **state)
{
    (void)state;
    char hex[DIGEST_HEX], brief[DIGEST_SHORT];
    struct digest d = digest_of("abc", 3);
    digest_hex(hex, &d);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_short(brief, &d);
    assert_string_equal(brief, "ba7816bf8f01");
    struct digest empty = digest_of("", 0);
    digest_hex(hex, &empty);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_false(digest_equal(&d, &empty));
    struct digest_state *one = digest_new(), *two = digest_new();
    digest_add_text(one, "ab");
    digest_add_text(one, "c");
    digest_add_text(two, "a");
    digest_add_text(two, "bc");
    struct digest x = digest_take(one), y = digest_take(two);
    assert_false(digest_equal(&x, &y)); // a text carries its length
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena), cmocka_unit_test(test_err),  cmocka_unit_test(test_mem),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_text), cmocka_unit_test(test_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
