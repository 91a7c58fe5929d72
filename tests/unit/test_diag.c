// test_diag.c -- how diagnostics are ordered and drawn, as text and as JSON, and did-you-mean.
#include "diag.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static struct diags diags;
static struct source source;

static int begin(void **state)
{
    (void)state;
    diags_init(&diags, &arena);
    return 0;
}

static int end(void **state)
{
    (void)state;
    diags_release(&diags);
    arena_release(&arena);
    return 0;
}

static void read_text(const char *text)
{
    struct err err = {0};
    assert_int_equal(source_from_text(&source, &arena, "a.w2s", text, strlen(text), &err), 0);
}

// The span of the first `word` in the source.
static struct span span_of(const char *word)
{
    const char *at = strstr(source.bytes, word);
    assert_non_null(at);
    uint32_t first = (uint32_t)(at - source.bytes);
    return (struct span){first, first + (uint32_t)strlen(word)};
}

static void expect_printed(const char *expected, bool colour)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    diags_print(out, &diags, &source, colour);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void test_one_line(void **state)
{
    (void)state;
    read_text("evaluate {\n  on = [digits.test |> noisey]\n}\n");
    struct diag *diag = diag_error(&diags, DIAG_UNKNOWN_NAME, span_of("noisey"),
                                   "unknown name '%s'", "noisey");
    diag_hint(&diags, diag, "did you mean 'noisy'?");
    expect_printed("error[W2S0301]: unknown name 'noisey'\n"
                   " --> a.w2s:2:24\n"
                   "  |\n"
                   "2 |   on = [digits.test |> noisey]\n"
                   "  |                        ^^^^^^ did you mean 'noisy'?\n",
                   false);
}

static void test_second_place_and_wide_gutter(void **state)
{
    (void)state;
    read_text("model a = x\n\n\n\n\n\n\n\n\nmodel b = y\n");
    struct diag *diag = diag_warning(&diags, DIAG_DUPLICATE_NAME, span_of("b"), "said twice");
    diag_other(&diags, diag, span_of("a"), "first here");
    diag_hint(&diags, diag, "two\nlines");
    expect_printed("warning[W2S0302]: said twice\n"
                   "  --> a.w2s:10:7\n"
                   "   |\n"
                   "10 | model b = y\n"
                   "   |       ^\n"
                   "   = hint: two\n"
                   "           lines\n"
                   "   = note: first here\n"
                   "  --> a.w2s:1:7\n"
                   "   |\n"
                   " 1 | model a = x\n"
                   "   |       ^\n",
                   false);
    assert_int_equal(diags.n_errors, 0);
}

static void test_order_and_repeats(void **state)
{
    (void)state;
    read_text("a b\n");
    diag_error(&diags, DIAG_SYNTAX, span_of("b"), "second");
    diag_error(&diags, DIAG_SYNTAX, span_of("a"), "first");
    diag_error(&diags, DIAG_SYNTAX, span_of("b"), "third");
    diag_error(&diags, DIAG_SYNTAX, span_of("b"), "second");
    diag_error(&diags, DIAG_EMPTY, (struct span){0, 0}, "no place");
    assert_int_equal(diags.n_errors, 5);
    diags_sort(&diags);
    static const char *const order[] = {"first", "no place", "second", "third"};
    assert_int_equal(diags.n, ARRAY_LEN(order));
    assert_int_equal(diags.n_errors, ARRAY_LEN(order));
    for (size_t i = 0; i < diags.n; i++)
        assert_string_equal(diags.items[i].text, order[i]);
}

static void test_no_place(void **state)
{
    (void)state;
    read_text("# nothing\n");
    struct diag *diag = diag_error(&diags, DIAG_EMPTY, (struct span){0, 0}, "nothing asked");
    diag_hint(&diags, diag, "add an evaluate block");
    expect_printed("error[W2S0605]: nothing asked\n"
                   " --> a.w2s\n"
                   "  = hint: add an evaluate block\n",
                   false);
}

static void test_places_at_line_ends(void **state)
{
    (void)state;
    read_text("ab\t= (1,\r\n2)");
    diag_error(&diags, DIAG_SYNTAX, (struct span){4, 12}, "over two lines");
    diag_error(&diags, DIAG_SYNTAX, (struct span){8, 8}, "at a line end");
    diag_error(&diags, DIAG_SYNTAX, (struct span){12, 12}, "at the end");
    expect_printed("error[W2S0201]: over two lines\n"
                   " --> a.w2s:1:5\n"
                   "  |\n"
                   "1 | ab = (1,\n"
                   "  |     ^^^^\n"
                   "\n"
                   "error[W2S0201]: at a line end\n"
                   " --> a.w2s:1:9\n"
                   "  |\n"
                   "1 | ab = (1,\n"
                   "  |         ^\n"
                   "\n"
                   "error[W2S0201]: at the end\n"
                   " --> a.w2s:2:3\n"
                   "  |\n"
                   "2 | 2)\n"
                   "  |   ^\n",
                   false);
}

// A file may come from anywhere; its escapes must not reach the terminal.
static void test_control_characters(void **state)
{
    (void)state;
    read_text("a \x1b[31m \xC2\x9B \x7F b\n");
    diag_error(&diags, DIAG_SYNTAX, span_of("b"), "found '\x1b'");
    expect_printed("error[W2S0201]: found '?'\n"
                   " --> a.w2s:1:13\n"
                   "  |\n"
                   "1 | a ?[31m ? ? b\n"
                   "  |             ^\n",
                   false);
}

static void test_long_lines(void **state)
{
    (void)state;
    char text[400];
    memset(text, '.', sizeof text);
    text[sizeof text - 1] = '\0';
    memcpy(text + 200, "word", 4);
    read_text(text);
    diag_error(&diags, DIAG_SYNTAX, span_of("word"), "in the middle");
    diag_error(&diags, DIAG_SYNTAX, (struct span){1, 399}, "long");
    char *printed = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&printed, &n);
    diags_print(out, &diags, &source, false);
    fclose(out);
    for (char *line = strtok(printed, "\n"); line != NULL; line = strtok(NULL, "\n"))
        assert_true(text_width(line, strlen(line)) <= 104);
    free(printed);
}

static void test_colour(void **state)
{
    (void)state;
    read_text("a\n");
    diag_error(&diags, DIAG_SYNTAX, span_of("a"), "x");
    expect_printed("\x1b[1;31merror[W2S0201]\x1b[0m: \x1b[1mx\x1b[0m\n"
                   "\x1b[34m -->\x1b[0m a.w2s:1:1\n"
                   "\x1b[34m  |\x1b[0m\n"
                   "\x1b[34m1 |\x1b[0m a\n"
                   "\x1b[34m  |\x1b[0m \x1b[1;31m^\x1b[0m\n",
                   true);
}

static void test_json(void **state)
{
    (void)state;
    read_text("\xC3\xA9 b\nc\n");
    struct diag *diag = diag_error(&diags, DIAG_UNKNOWN_NAME, span_of("b"), "a \"quoted\" text");
    diag_hint(&diags, diag, "try");
    diag_other(&diags, diag, span_of("c"), "there");
    diag_warning(&diags, DIAG_EMPTY, (struct span){0, 0}, "no place");
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    diags_print_json(out, &diags, &source);
    fclose(out);
    assert_string_equal(
        text,
        "{\"severity\":\"warning\",\"code\":\"W2S0605\",\"file\":\"a.w2s\",\"line\":null,"
        "\"column\":null,\"end_line\":null,\"end_column\":null,\"message\":\"no place\","
        "\"hint\":null}\n"
        "{\"severity\":\"error\",\"code\":\"W2S0301\",\"file\":\"a.w2s\",\"line\":1,\"column\":3,"
        "\"end_line\":1,\"end_column\":4,\"message\":\"a \\\"quoted\\\" text\",\"hint\":\"try\","
        "\"other\":{\"line\":2,\"column\":1,\"end_line\":2,\"end_column\":2,"
        "\"message\":\"there\"}}\n");
    free(text);
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const names[] = {"accuracy", "auroc", "brier", "ece", "nll", "pgr",
                                        "soft", "student", "temperature", "x"};
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        {"acuracy", "accuracy"}, {"accruacy", "accuracy"}, {"ACCURACY", "accuracy"},
        {"acc", "accuracy"},     {"temp", "temperature"},  {"sotf", "soft"},
        {"studnet", "student"},  {"ecce", "ece"},          {"prg", "pgr"},
        {"brief", "brier"},      {"zebra", NULL},          {"y", NULL},
        {"", NULL},              {"loss", NULL},           {"te", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *nearest = diag_nearest(cases[i].word, names, ARRAY_LEN(names));
        if (cases[i].nearest == NULL)
            assert_null(nearest);
        else
            assert_string_equal(nearest, cases[i].nearest);
    }
    assert_null(diag_nearest("accuracy", NULL, 0));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_line),
        TEST(test_second_place_and_wide_gutter),
        TEST(test_order_and_repeats),
        TEST(test_no_place),
        TEST(test_places_at_line_ends),
        TEST(test_control_characters),
        TEST(test_long_lines),
        TEST(test_colour),
        TEST(test_json),
        TEST(test_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
