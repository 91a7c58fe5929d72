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
#include <sys/wait.h>
#include <unistd.h>

// The exit status of a child that calls `function`, its stderr thrown away.
static int status_of(void (*function)(void))
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (freopen("/dev/null", "w", stderr) != NULL)
            function();
        _exit(0);
    }
    int status;
    assert_true(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

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
    assert_string_equal(arena_text(&arena, "text"), "text");
    size_t before = arena.used;
    uint32_t *items = arena_array(&arena, 10, sizeof *items);
    assert_true(items[9] == 0 && arena.used - before >= 10 * sizeof *items);
    arena_release(&arena);
    assert_true(arena.head == NULL && arena.used == 0);
    arena_release(&arena); // twice is fine
}

static void overflow_array(void)
{
    struct arena arena = {0};
    arena_array(&arena, SIZE_MAX / 4, 8);
}

static void overflow_alloc(void)
{
    struct arena arena = {0};
    arena_alloc(&arena, SIZE_MAX - 3);
}

static void test_arena_overflow(void **state)
{
    (void)state;
    assert_int_equal(status_of(overflow_array), EXIT_BUG);
    assert_int_equal(status_of(overflow_alloc), EXIT_BUG);
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
    err = (struct err){0};
    assert_int_equal(err_set(&err, ERR_DATA, "first"), -1);
    assert_int_equal(err_set(&err, ERR_IO, "second"), -1);
    err_hint(&err, "For the second."); // whose hint it is, though the first has none
    assert_string_equal(err.text, "first");
    assert_string_equal(err.hint, "");
    char text[1000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    err = (struct err){0};
    assert_int_equal(err_set(&err, ERR_DATA, "%s", text), -1);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static void test_exit_statuses(void **state)
{
    static const struct {
        enum err_kind kind;
        enum exit_status status;
    } table[] = {{ERR_NONE, EXIT_DONE},       {ERR_MISSING, EXIT_NO_INPUT},
                 {ERR_DATA, EXIT_SOURCE},     {ERR_IO, EXIT_IO},
                 {ERR_MEMORY, EXIT_IO},       {ERR_INTERRUPTED, EXIT_INTERRUPTED},
                 {ERR_UNSUPPORTED, EXIT_SOURCE}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        const struct err err = {.kind = table[i].kind};
        assert_int_equal(err_exit_status(&err), table[i].status);
    }
}

static void test_mem(void **state)
{
    (void)state;
    struct err err = {0};
    assert_null(mem_try(SIZE_MAX / 2, 3, "a test", &err)); // the product overflows
    assert_int_equal(err.kind, ERR_MEMORY);
    assert_non_null(strstr(err.text, "not enough memory for a test"));
    err = (struct err){0};
    assert_null(mem_try(SIZE_MAX - 8, 1, "a test", &err)); // rounding up to whole lines would
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
    assert_ptr_equal(mem_grow(items, &cap, 3, sizeof *items), items); // there is room
    mem_free(items);
    assert_false(err_is_set(&err));
}

static void grow_beyond_bytes(void)
{
    size_t cap = 0;
    mem_free(mem_grow(NULL, &cap, SIZE_MAX / 4, 16));
}

static void grow_beyond_items(void)
{
    size_t cap = 0;
    mem_free(mem_grow(NULL, &cap, SIZE_MAX - 1, 1));
}

static void test_grow_overflow(void **state)
{
    (void)state;
    assert_int_equal(status_of(grow_beyond_bytes), EXIT_IO);
    assert_int_equal(status_of(grow_beyond_items), EXIT_IO);
}

// The significant digits of a decimal: without point, exponent, sign, and zeros at both ends.
static size_t digits_of(char digits[40], const char *text)
{
    size_t n = 0;
    for (; *text != '\0' && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && (n > 0 || *text != '0'))
            digits[n++] = *text;
    while (n > 0 && digits[n - 1] == '0')
        n--;
    digits[n] = '\0';
    return n;
}

// Reads back; has the digits that %e gives at the least precision that reads back.
static void check_number(double x)
{
    struct str s = {0};
    str_number(&s, x);
    assert_true(strtod(str_text(&s), NULL) == x);
    char naive[40], wanted[40], got[40];
    int precision = 0;
    do
        snprintf(naive, sizeof naive, "%.*e", precision++, x);
    while (strtod(naive, NULL) != x);
    digits_of(wanted, naive);
    digits_of(got, str_text(&s));
    assert_string_equal(got, wanted);
    str_release(&s);
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
    expect_number(-NAN, "nan");
    expect_number(1e-4, "0.0001");
    expect_number(999999999999999, "999999999999999");
    expect_number(1e15, "1e+15");
    expect_number(0x1p53, "9007199254740992");
    expect_number(0x1p-1074, "5e-324");
    expect_number(0x1.fffffffffffffp1023, "1.7976931348623157e+308");
    expect_number(0x1p-1022, "2.2250738585072014e-308");
}

static void test_random_numbers(void **state)
{
    (void)state;
    struct rng rng = rng_at(rng_key_of(1, "numbers"), 0);
    for (int i = 0; i < 100000; i++) {
        double x;
        uint64_t bits = (uint64_t)rng_u32(&rng) << 32 | rng_u32(&rng);
        memcpy(&x, &bits, sizeof x);
        if (i % 2 == 0)
            x = (double)((int64_t)rng_below(&rng, 2000001) - 1000000) /
                (double)(1 << rng_below(&rng, 20));
        if (i % 5 == 0)
            x = (double)rng_below(&rng, 1000000) / 1000;
        if (isfinite(x))
            check_number(x);
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
    struct str all = {0};
    for (int i = 0; i < 5000; i++)
        str_add_char(&all, (char)('a' + i % 26));
    assert_true(all.len == 5000 && strlen(str_text(&all)) == 5000 &&
                str_text(&all)[4999] == 'a' + 4999 % 26);
    str_clear(&all);
    str_add_bytes(&all, "a\0b", 3);
    assert_true(all.len == 3 && memcmp(all.data, "a\0b", 4) == 0);
    str_release(&all);
    assert_null(all.data);
}

static void expect_width(const char *text, size_t width)
{
    assert_int_equal(text_width(text, strlen(text)), width);
}

static void test_width(void **state)
{
    (void)state;
    expect_width("", 0);
    expect_width("abc", 3);
    expect_width("aé–😀b", 5);  // code points of 1, 2, 3 and 4 bytes
    expect_width("\x80", 1);      // continues nothing
    expect_width("a\xFF\xC0z", 4); // never valid
    expect_width("\xE2\x80", 2);  // cut short by the end
    expect_width("\xE2\x80z", 3); // and by a letter
    assert_int_equal(text_width("é", 1), 1);
}

static void expect_distance(const char *a, const char *b, unsigned distance)
{
    assert_int_equal(text_distance(a, b), distance);
    assert_int_equal(text_distance(b, a), distance);
}

static void test_distance(void **state)
{
    (void)state;
    expect_distance("kitten", "sitting", 3);
    expect_distance("", "abc", 3);
    expect_distance("", "", 0);
    expect_distance("same", "same", 0);
    expect_distance("ab", "ba", 2); // a swap is two edits
    char a[200], b[200];
    memset(a, 'a', sizeof a);
    memset(b, 'a', sizeof b);
    a[199] = b[150] = '\0';
    b[100] = 'x';
    expect_distance(a, b, 0); // alike in the 64 bytes that are read
    b[10] = 'x';
    expect_distance(a, b, 1);
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
    struct digest_state *parts = digest_new();
    digest_add(parts, "a", 1);
    digest_add(parts, NULL, 0);
    digest_add(parts, "bc", 2);
    struct digest joined = digest_take(parts);
    assert_true(digest_equal(&joined, &d));
    struct digest_state *number = digest_new();
    digest_add_u64(number, 0x0102030405060708);
    struct digest little = digest_take(number),
                  bytes = digest_of("\x08\x07\x06\x05\x04\x03\x02\x01", 8);
    assert_true(digest_equal(&little, &bytes));
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
        cmocka_unit_test(test_arena),    cmocka_unit_test(test_arena_overflow),
        cmocka_unit_test(test_err),      cmocka_unit_test(test_exit_statuses),
        cmocka_unit_test(test_mem),      cmocka_unit_test(test_grow_overflow),
        cmocka_unit_test(test_numbers),  cmocka_unit_test(test_random_numbers),
        cmocka_unit_test(test_text),     cmocka_unit_test(test_width),
        cmocka_unit_test(test_distance), cmocka_unit_test(test_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
