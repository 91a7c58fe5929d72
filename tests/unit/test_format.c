// test_format.c -- the canonical layout: the cases by example, the promises (same tree, no
// comment lost, a fixed point) on the examples and on the fuzz corpus, and single expressions.
#include "ast_same.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct parsed {
    struct arena arena;
    struct source source;
    struct diags diags;
    struct ast ast;
};

static void parse(struct parsed *parsed, const char *text)
{
    struct err err = {0};
    *parsed = (struct parsed){0};
    diags_init(&parsed->diags, &parsed->arena);
    assert_int_equal(
        source_from_text(&parsed->source, &parsed->arena, "a.w2s", text, strlen(text), &err), 0);
    if (!ast_parse(&parsed->ast, &parsed->source, &parsed->arena, &parsed->diags)) {
        diags_print(stderr, &parsed->diags, &parsed->source, false);
        fail_msg("did not parse:\n%s", text);
    }
}

static void release(struct parsed *parsed)
{
    diags_release(&parsed->diags);
    arena_release(&parsed->arena);
}

// Formats `text`, which must give `expected` (NULL: itself is not checked), and checks the
// promises.
static void expect_format(const char *text, const char *expected)
{
    struct parsed before, after;
    struct str once = {0}, twice = {0};
    parse(&before, text);
    ast_format(&once, &before.ast);
    if (expected != NULL)
        assert_string_equal(str_text(&once), expected);
    parse(&after, str_text(&once));
    assert_true(same_ast(&before.ast, &after.ast));
    assert_int_equal(before.ast.n_comments, after.ast.n_comments);
    ast_format(&twice, &after.ast);
    assert_string_equal(str_text(&twice), str_text(&once));
    str_release(&once);
    str_release(&twice);
    release(&before);
    release(&after);
}

static void test_layout(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {"\n\n# a\n\n\n\n#b  \n\n", "# a\n\n#b\n"},
        {"param   x=3", "param x = 3\n"},
        {"teacher t{}", "teacher t {}\n"},
        {"teacher t {\n\n}", "teacher t {}\n"},
        {"sweep{a=1;b=2}", "sweep { a = 1; b = 2 }\n"},
        {"sweep {\n\n\na = 1\n\n\n\nb = 2\n\n}\n", "sweep {\n  a = 1\n\n  b = 2\n}\n"},
        {"sweep { a = 1\n}", "sweep {\n  a = 1\n}\n"},
        {"control f( x )\nreport {plot a over b by c on d}",
         "control f(x)\nreport { plot a over b by c on d }\n"},
        {"report { plot a on d by c over b }", "report { plot a over b by c on d }\n"},
        {"claim \"c\" { a > b when x at 95% }", "claim \"c\" { a > b at 95% when x }\n"},
        {"include  \"a\\\\b\\\"\"", "include \"a\\\\b\\\"\"\n"},
        {"param a = 1; param b = 2", "param a = 1\nparam b = 2\n"},
        {"\xEF\xBB\xBFparam a = 1\r\n", "param a = 1\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_format(cases[i][0], cases[i][1]);
}

static void test_long_block_is_broken(void **state)
{
    (void)state;
    char text[300], expected[400];
    char name[101] = "";
    memset(name, 'n', 94);
    snprintf(text, sizeof text, "sweep { %s = [1, 2]; b = 2 }", name); // 120 columns
    snprintf(expected, sizeof expected, "%s\n", text);
    assert_int_equal(strlen(text), 120);
    expect_format(text, expected);
    name[94] = 'n';
    snprintf(text, sizeof text, "sweep { %s = [1, 2]; b = 2 }", name);
    snprintf(expected, sizeof expected, "sweep {\n  %s = [1, 2]\n  b%*s = 2\n}\n", name, 94, "");
    expect_format(text, expected);
}

static void test_alignment(void **state)
{
    (void)state;
    expect_format("student s {\na = 1\nlong = 2\nlet b = 3\nlet cc = 3\n\nlonger = 3\nx = "
                  "[\n1\n]\nyy = 2\nz = 1\n}\n",
                  "student s {\n"
                  "  a    = 1\n"
                  "  long = 2\n"
                  "  let b  = 3\n"
                  "  let cc = 3\n"
                  "\n"
                  "  longer = 3\n"
                  "  x = [\n"
                  "    1,\n"
                  "  ]\n"
                  "  yy = 2\n"
                  "  z  = 1\n"
                  "}\n");
    expect_format("shift a = f()\nshift bcd = g()\n# between\nshift ee { x = 1 }\nmodel m = "
                  "h()\n\nshift z = i()",
                  "shift a   = f()\n"
                  "shift bcd = g()\n"
                  "# between\n"
                  "shift ee  { x = 1 }\n"
                  "model m = h()\n"
                  "\n"
                  "shift z = i()\n");
    expect_format("param a = 1 # one\nparam bb = 2\nparam c = 3# three\n\nparam d = "
                  "\"0123456789012345678901234567890\" # far\n",
                  "param a  = 1                           # one\n"
                  "param bb = 2\n"
                  "param c  = 3                           # three\n"
                  "\n"
                  "param d = \"0123456789012345678901234567890\"            # far\n");
}

static void test_broken_expressions(void **state)
{
    (void)state;
    expect_format(
        "evaluate {\non = [a,\nb]\nm = f(x: 1, y: [1,\n 2], z: 3)\nk = { a: 1,\n\n b: 2,\n}\n"
        "learn = a +\n b * c +\n f(\n1)\np = [\n]\n}",
        "evaluate {\n"
        "  on = [\n"
        "    a,\n"
        "    b,\n"
        "  ]\n"
        "  m = f(x: 1, y: [\n"
        "    1,\n"
        "    2,\n"
        "  ], z: 3)\n"
        "  k = {\n"
        "    a: 1,\n"
        "\n"
        "    b: 2,\n"
        "  }\n"
        "  learn = a +\n"
        "      b * c +\n"
        "      f(\n"
        "        1,\n"
        "      )\n"
        "  p = []\n"
        "}\n");
}

static void test_comments(void **state)
{
    (void)state;
    expect_format(
        "teacher t { # head\n# own\na = 1 # a\n; # late\n   # own too\nb = # moved\n [1, # one\n"
        "  # before two\n 2 # two\n , # after the comma\n # last\n] # closed\n# before the "
        "brace\n} # closing\n# end",
        "teacher t {                            # head\n"
        "  # own\n"
        "  a = 1                                # a\n"
        "  # late\n"
        "  # own too\n"
        "  # moved\n"
        "  b = [\n"
        "    1,                                 # one\n"
        "    # before two\n"
        "    2,                                 # two\n"
        "    # after the comma\n"
        "    # last\n"
        "  ]                                    # closed\n"
        "  # before the brace\n"
        "}                                      # closing\n"
        "# end\n");
    expect_format("data d = # why\n f(x) { # head\n}\nparam p = a + # plus\n # own\n b",
                  "# why\n"
                  "data d = f(x) {                        # head\n"
                  "}\n"
                  "param p = a +                          # plus\n"
                  "    # own\n"
                  "    b\n");
    expect_format("param p = [ # empty\n]\n",
                  "param p = [                            # empty\n]\n");
}

static void test_expressions(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"(a+b)*c", "(a + b) * c"},
        {"a+(b*c)", "a + b * c"},
        {"(a-b)-c", "a - b - c"},
        {"a-(b-c)", "a - (b - c)"},
        {"a/(b*c)", "a / (b * c)"},
        {"(a^b)^c", "(a^b)^c"},
        {"a^(b^c)", "a^b^c"},
        {"(-a)^b", "(-a)^b"},
        {"-(a^b)", "-a^b"},
        {"2^(-3)", "2^-3"},
        {"2^(not a)", "2^(not a)"},
        {"-(a+b)", "-(a + b)"},
        {"-(-a)", "--a"},
        {"not (a and b)", "not (a and b)"},
        {"(not a) and b", "not a and b"},
        {"not (not a)", "not not a"},
        {"a == (not b)", "a == (not b)"},
        {"(a == b) == c", "(a == b) == c"},
        {"(a -> b) -> c", "(a -> b) -> c"},
        {"0 .. 4", "0..4"},
        {"(a+1) .. b", "a + 1 .. b"},
        {"-1 .. (a.b[2])", "-1..a.b[2]"},
        {"1 / 255", "1/255"},
        {"a/255", "a / 255"},
        {"(a |> b) |> c", "a |> b |> c"},
        {"a |> (b |> c)", "a |> (b |> c)"},
        {"(a take 3).b", "(a take 3).b"},
        {"f((a), [ (b) ], c : {x:1})", "f(a, [b], c: { x: 1 })"},
        {"f ( )", "f()"},
        {"20_000 + 45%", "20_000 + 45%"},
        {"\"a\\tb\"", "\"a\\tb\""},
        {"true", "true"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[256], expected[256];
        struct parsed parsed;
        struct str written = {0};
        snprintf(text, sizeof text, "param x = %s", cases[i][0]);
        snprintf(expected, sizeof expected, "param x = %s\n", cases[i][1]);
        expect_format(text, expected);
        parse(&parsed, text);
        expr_format(&written, parsed.ast.first->value);
        assert_string_equal(str_text(&written), cases[i][1]);
        str_release(&written);
        release(&parsed);
    }
}

// Names that would become keywords if parentheses were dropped without looking.
static void test_words(void **state)
{
    (void)state;
    expect_format("report {\n(plot) + 3\n(plot)(x)\nplot (at) over x\nplot (at.y + 1) by by\nplot "
                  "((when))\n}",
                  "report {\n  plot + 3\n  plot(x)\n  plot (at) over x\n  plot (at.y + 1) by by\n"
                  "  plot (when)\n}\n");
    expect_format("param p = a +\n(report) {\n}", "param p = a +\n    (report) {}\n");
    expect_format("control ({ a: 1 }) {}\ncontrol ({}.b)",
                  "control ({ a: 1 }) {}\ncontrol ({}.b)\n");
    expect_format("report { plot (-x) }", "report { plot -x }\n");
    expect_format("report {\nplot a +\nmodel over (x)\n(model)(x)\n(student) take 3\n(data) at "
                  "95%\n(model) == 3\n}",
                  "report {\n  plot a +\n      (model) over x\n  model(x)\n  student take 3\n  "
                  "data at 95%\n  model == 3\n}\n");
}

static void check_file(const char *path)
{
    struct arena arena = {0};
    struct err err = {0};
    struct source source;
    if (source_read(&source, &arena, path, &err) < 0)
        fail_msg("%s", err.text);
    expect_format(source.bytes, NULL);
    arena_release(&arena);
}

static void check_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    unsigned files = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        size_t n = strlen(entry->d_name);
        if (n <= 4 || strcmp(entry->d_name + n - 4, ".w2s") != 0)
            continue;
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        check_file(path);
        files++;
    }
    closedir(dir);
    assert_true(files > 0);
}

static void test_examples(void **state)
{
    (void)state;
    check_folder("examples");
    check_folder("tests/fuzz/corpus/parse");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_long_block_is_broken),
        cmocka_unit_test(test_alignment),
        cmocka_unit_test(test_broken_expressions),
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_expressions),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_examples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
