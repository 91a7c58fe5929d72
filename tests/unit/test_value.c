// test_value.c -- values: their canonical text, on which keys are built, and their arguments.
#include "cmocka_first.h"

#include "plan/value.h"

static void expect_text(const struct value *v, const char *text)
{
    struct str s = {0};
    value_write(&s, v);
    assert_string_equal(str_text(&s), text);
    str_release(&s);
}

static void test_text(void **state)
{
    (void)state;
    const struct value items[] = {value_number(256), value_number(0.5), value_name("cka")};
    const struct value list = {.kind = VALUE_LIST, .n = 3, .items = items};
    const struct value empty = {.kind = VALUE_LIST}, none = {0},
                       input = {.kind = VALUE_INPUT, .index = 2};
    const struct value_arg args[] = {
        {"hidden", list}, {"absent", none}, {"on", value_bool(true)}, {"from", input}};
    const struct value call = {.kind = VALUE_CALL, .text = "mlp", .n = 4, .args = args};
    const struct value quoted = value_text("a \"b\" \\ \n");
    const struct value bare = {.kind = VALUE_CALL, .text = "linear"};
    expect_text(&call, "mlp(hidden: [256, 0.5, cka], on: true, from: $2)");
    expect_text(&bare, "linear()");
    expect_text(&empty, "[]");
    expect_text(&none, "none");
    expect_text(&quoted, "\"a \\\"b\\\" \\\\ \\n\"");
    const struct value_arg outer[] = {{"of", call}, {"by", bare}};
    const struct value nested = {.kind = VALUE_CALL, .text = "mul", .n = 2, .args = outer};
    expect_text(&nested, "mul(of: mlp(hidden: [256, 0.5, cka], on: true, from: $2), by: linear())");
    const struct value numbers[] = {value_number(1e-8), value_number(-3), value_number(0x1p53)};
    const struct value list_of_numbers = {.kind = VALUE_LIST, .n = 3, .items = numbers};
    expect_text(&list_of_numbers, "[1e-08, -3, 9007199254740992]");
}

// No two strings have one canonical text: unquoting gives back what was quoted.
static void test_quoting(void **state)
{
    static const char *const texts[] = {"",   "\\n",  "\n",          "\\", "\\\\",
                                        "\"", "\\\"", "a, b: \"c\"", "é\t"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const struct value v = value_text(texts[i]);
        struct str s = {0};
        value_write(&s, &v);
        char back[40];
        size_t n = 0;
        assert_true(s.data[0] == '"' && s.data[s.len - 1] == '"');
        for (const char *p = s.data + 1; p < s.data + s.len - 1; p++) {
            assert_true(*p != '"' && *p != '\n');
            if (*p == '\\')
                back[n++] = *++p == 'n' ? '\n' : *p;
            else
                back[n++] = *p;
        }
        back[n] = '\0';
        assert_string_equal(back, texts[i]);
        str_release(&s);
    }
}

static void test_arguments(void **state)
{
    (void)state;
    const struct value_arg args[] = {{"x", value_number(3)},   {"none", {0}},
                                     {"b", value_bool(false)}, {"t", value_text("u")},
                                     {"w", value_name("cka")}, {"big", value_number(-0x1p53)}};
    const struct value call = {.kind = VALUE_CALL, .text = "f", .n = ARRAY_LEN(args), .args = args};
    assert_true(value_arg_number(&call, "x") == 3 && value_arg_int(&call, "x") == 3);
    assert_false(value_arg_bool(&call, "b"));
    assert_string_equal(value_arg_text(&call, "t"), "u");
    assert_string_equal(value_arg_text(&call, "w"), "cka");
    assert_true(value_arg_int(&call, "big") == -9007199254740992);
    assert_null(value_arg(&call, "none"));
    assert_null(value_arg(&call, "missing"));
    const struct value name = value_name("f");
    assert_true(value_is_call(&call, "f") && !value_is_call(&call, "g") &&
                !value_is_call(&name, "f"));
}

// A text comes back from canonical text, whatever is in it and before it.
static void test_written_text(void **state)
{
    (void)state;
    struct arena arena = {0};
    const char *const odd = "a \"quote\", text: \"no\"\nline \\n \\";
    const struct value_arg inner_args[] = {{"text", value_text("inner")}};
    const struct value inner = {.kind = VALUE_CALL, .text = "g", .n = 1, .args = inner_args};
    const struct value_arg args[] = {
        {"call", inner}, {"file", value_text("x, text: ")}, {"text", value_text(odd)}};
    const struct value call = {.kind = VALUE_CALL, .text = "f", .n = 3, .args = args};
    struct str written = {0};
    value_write(&written, &call);
    assert_string_equal(value_written_text(&arena, str_text(&written), "text"), odd);
    assert_string_equal(value_written_text(&arena, str_text(&written), "file"), "x, text: ");
    assert_null(value_written_text(&arena, str_text(&written), "call"));
    assert_null(value_written_text(&arena, str_text(&written), "none"));
    assert_null(value_written_text(&arena, "", "text"));
    assert_string_equal(value_written_text(&arena, "f(text: \"cut\\", "text"), "cut\\");
    const char *const g = value_written_call(str_text(&written), "g");
    assert_string_equal(value_written_text(&arena, g, "text"), "inner");
    const char *const *texts;
    const char *lists = "f(a: [\"x, \\\"y\\\"]\", \"\"], b: [], c: [1], d: \"e\", e: [\"cut";
    assert_int_equal(value_written_texts(&texts, &arena, lists, "a"), 2);
    assert_string_equal(texts[0], "x, \"y\"]");
    assert_string_equal(texts[1], "");
    assert_int_equal(value_written_texts(&texts, &arena, lists, "b"), 0);
    assert_int_equal(value_written_texts(&texts, &arena, lists, "c"), 0);
    assert_int_equal(value_written_texts(&texts, &arena, lists, "d"), 0);
    assert_int_equal(value_written_texts(&texts, &arena, lists, "e"), 1);
    assert_string_equal(texts[0], "cut");
    assert_int_equal(value_written_texts(&texts, &arena, lists, "none"), 0);
    assert_null(value_written_call(g + 1, "g"));
    assert_null(value_written_call("xlua(1) \"lua(2)\" lua", "lua"));
    assert_string_equal(value_written_call("[f(lua(1))]", "lua"), "lua(1))]");
    str_release(&written);
    arena_release(&arena);
}

static void test_equal(void **state)
{
    (void)state;
    const struct value a = value_number(0.1), b = value_number(0.1), c = value_text("0.1"),
                       d = value_name("0.1x");
    assert_true(value_equal(&a, &b));
    assert_false(value_equal(&a, &c));
    assert_false(value_equal(&c, &d));
    const struct value minus = value_number(-0.0), plus = value_number(0.0);
    assert_true(value_equal(&minus, &plus)); // one key for both
    // an argument that was not given is one that is not there; the order of arguments is the
    // schema's
    const struct value_arg with[] = {{"x", value_number(1)}, {"y", {0}}},
                           other[] = {{"x", value_number(1 + 0x1p-52)}};
    const struct value f = {.kind = VALUE_CALL, .text = "f", .n = 2, .args = with};
    const struct value g = {.kind = VALUE_CALL, .text = "f", .n = 1, .args = with};
    const struct value h = {.kind = VALUE_CALL, .text = "f", .n = 1, .args = other};
    assert_true(value_equal(&f, &g));
    assert_false(value_equal(&g, &h));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_text), cmocka_unit_test(test_quoting),
                                       cmocka_unit_test(test_arguments),
                                       cmocka_unit_test(test_written_text),
                                       cmocka_unit_test(test_equal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
