// test_parse.c -- the tree of what is right: precedence, words at their places, line ends,
// numbers, spans, limits, and what is kept of a file with mistakes. Messages are golden tests
// (test_lang_syntax.c).
#include "ast.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct arena arena;
static struct source source;
static struct diags diags;
static struct ast ast;

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

static bool parse_bytes(const char *text, size_t n)
{
    struct err err = {0};
    assert_int_equal(source_from_text(&source, &arena, "a.w2s", text, n, &err), 0);
    return ast_parse(&ast, &source, &arena, &diags);
}

static void parse(const char *text)
{
    if (!parse_bytes(text, strlen(text))) {
        diags_print(stderr, &diags, &source, false);
        fail_msg("did not parse: %s", text);
    }
}

// An expression with every operation in parentheses: (a + (b * c)).
static void write_full(struct str *out, const struct expr *expr)
{
    switch (expr->kind) {
    case EXPR_BINARY:
        str_add_char(out, '(');
        write_full(out, expr->left);
        str_format(out, " %s ", op_text(expr->op));
        write_full(out, expr->right);
        str_add_char(out, ')');
        break;
    case EXPR_UNARY:
        str_format(out, "(%s ", op_text(expr->op));
        write_full(out, expr->left);
        str_add_char(out, ')');
        break;
    case EXPR_MEMBER:
        write_full(out, expr->left);
        str_format(out, ".%s", expr->text);
        break;
    case EXPR_INDEX:
        write_full(out, expr->left);
        str_add_char(out, '[');
        write_full(out, expr->right);
        str_add_char(out, ']');
        break;
    case EXPR_CALL:
        write_full(out, expr->left);
        // fall through
    case EXPR_LIST:
    case EXPR_MAP:
        str_add_char(out, expr->kind == EXPR_CALL ? '(' : expr->kind == EXPR_LIST ? '[' : '{');
        for (const struct arg *arg = expr->args; arg != NULL; arg = arg->next) {
            if (arg->name != NULL)
                str_format(out, "%s: ", arg->name);
            write_full(out, arg->value);
            str_add(out, arg->next != NULL ? ", " : "");
        }
        str_add_char(out, expr->kind == EXPR_CALL ? ')' : expr->kind == EXPR_LIST ? ']' : '}');
        break;
    case EXPR_BOOL:
        str_add(out, expr->number != 0 ? "true" : "false");
        break;
    case EXPR_ERROR:
        str_add(out, "<error>");
        break;
    default:
        str_add(out, expr->text);
    }
}

static void expect_expr(const struct expr *expr, const char *expected)
{
    struct str text = {0};
    write_full(&text, expr);
    assert_string_equal(str_text(&text), expected);
    str_release(&text);
}

static void test_precedence(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"a + b * c", "(a + (b * c))"},
        {"a - b - c", "((a - b) - c)"},
        {"a / b * c", "((a / b) * c)"},
        {"a ^ b ^ c", "(a ^ (b ^ c))"},
        {"-a ^ b", "(- (a ^ b))"},
        {"a ^ -b * c", "((a ^ (- b)) * c)"},
        {"- -a", "(- (- a))"},
        {"a * -b + c", "((a * (- b)) + c)"},
        {"not a == b and c or d", "(((not (a == b)) and c) or d)"},
        {"a and not b or c", "((a and (not b)) or c)"},
        {"a == not b", "(a == (not b))"},
        {"a + 1 .. b", "((a + 1) .. b)"},
        {"0..4", "(0 .. 4)"},
        {"0 -> 0.5 + x", "(0 -> (0.5 + x))"},
        {"0..4 -> 5", "((0 .. 4) -> 5)"},
        {"a -> b < c", "((a -> b) < c)"},
        {"d |> s |> t take 5 where x < 5 or y", "((((d |> s) |> t) take 5) where ((x < 5) or y))"},
        {"a.b[1](x: 2).c", "a.b[1](x: 2).c"},
        {"-a.b", "(- a.b)"},
        {"(a + b).c", "(a + b).c"},
        {"((a))", "a"},
        {"[1, 2,]", "[1, 2]"},
        {"[]", "[]"},
        {"{}", "{}"},
        {"{ a: 25%, b: [x], }", "{a: 25%, b: [x]}"},
        {"f()", "f()"},
        {"f(1, x: 2, true,)", "f(1, x: 2, true)"},
        {"\"a\\\"b\" + 1", "(a\"b + 1)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[256];
        snprintf(text, sizeof text, "param x = %s", cases[i][0]);
        parse(text);
        expect_expr(ast.first->value, cases[i][1]);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"0", 0},           {"12", 12},      {"1.5", 1.5},      {"1e-3", 1e-3},   {"2.5E+3", 2500},
        {"20_000", 20000},  {"1_0.2_5", 10.25}, {"45%", 0.45},  {"57%", 0.57},    {"29%", 0.29},
        {"0.1%", 0.001},    {"1e2%", 1},     {"30s", 30},       {"250ms", 0.25},  {"7ms", 0.007},
        {"5m", 300},        {"2h", 7200},    {"1KiB", 1024},    {"1.5MiB", 1572864},
        {"4GiB", 4294967296.0}, {"007", 7},  {"0e99999999999999999999", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[64];
        snprintf(text, sizeof text, "param x = %s", cases[i].text);
        parse(text);
        assert_int_equal(ast.first->value->kind, EXPR_NUMBER);
        assert_true(ast.first->value->number == cases[i].value);
        assert_string_equal(ast.first->value->text, cases[i].text);
    }
}

static void test_strings(void **state)
{
    (void)state;
    parse("param x = \"a\\n\\t\\\\\\\"\xC3\xA9 # {\"");
    assert_string_equal(ast.first->value->text, "a\n\t\\\"\xC3\xA9 # {");
}

static void test_declarations(void **state)
{
    (void)state;
    parse("experiment \"t\" { a = 1 }\nparam p = 3\ninclude \"f\"\ndata d = x { a = 1 }\nshift s = "
          "x\n"
          "model m = x\nteacher t {}\nguidance g = x\nstudent n = s { a = 1 }\nsweep { a = [1] }\n"
          "evaluate main { a = 1 }\ncontrol f(x)\nclaim \"c\" { a > 1 }\nreport {}\n");
    enum decl_kind kind = DECL_EXPERIMENT;
    for (const struct decl *decl = ast.first; decl != NULL; decl = decl->next)
        assert_int_equal(decl->kind, kind++);
    assert_int_equal(kind, DECL_REPORT + 1);
    assert_string_equal(ast.first->title, "t");
    assert_null(ast.first->name);
    assert_string_equal(ast.first->next->name, "p");
    assert_null(ast.first->next->block);
}

static const struct stmt *first_stmt(void)
{
    return ast.first->block->first;
}

static void test_statements(void **state)
{
    (void)state;
    parse(
        "claim \"c\" { a = 1; let b = 2; x > y at 95% when z == 1; plot m over n by k on d |> s;\n"
        "where q }");
    const struct stmt *stmt = first_stmt();
    assert_int_equal(stmt->kind, STMT_SET);
    assert_string_equal(stmt->name, "a");
    stmt = stmt->next;
    assert_int_equal(stmt->kind, STMT_LET);
    assert_string_equal(stmt->name, "b");
    stmt = stmt->next;
    assert_int_equal(stmt->kind, STMT_EXPR);
    expect_expr(stmt->value, "(x > y)");
    expect_expr(stmt->at, "95%");
    expect_expr(stmt->when, "(z == 1)");
    stmt = stmt->next;
    assert_int_equal(stmt->kind, STMT_PLOT);
    expect_expr(stmt->value, "m");
    expect_expr(stmt->over, "n");
    expect_expr(stmt->by, "k");
    expect_expr(stmt->on, "(d |> s)");
    stmt = stmt->next;
    assert_int_equal(stmt->kind, STMT_WHERE);
    assert_null(stmt->next);
}

// Every word that is not reserved is a name where a name can stand.
static void test_words_as_names(void **state)
{
    (void)state;
    static const char *const words[] = {
        "experiment", "param", "include", "data",   "shift",  "model", "teacher", "guidance",
        "student",    "sweep", "evaluate", "control", "claim", "report", "plot", "at", "when",
        "over",       "by",    "on",      "s",      "h",
    };
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        const char *w = words[i];
        char text[512], expected[128];
        snprintf(text, sizeof text,
                 "model %s = f(%s: %s, %s)\nreport {\n%s = 1\nlet %s = %s\n%s > 1\nplot x by %s\n"
                 "y = a.%s + %s\n z = [\n%s,\n%s ]\n}\n",
                 w, w, w, w, w, w, w, w, w, w, w, w, w);
        parse(text);
        snprintf(expected, sizeof expected, "f(%s: %s, %s)", w, w, w);
        assert_string_equal(ast.first->name, w);
        expect_expr(ast.first->value, expected);
        assert_int_equal(ast.first->next->block->first->kind, STMT_SET);
    }
    parse("report { x = a.take; y = b.where.true }");
    expect_expr(first_stmt()->next->value, "b.where.true");
    parse("report {\n plot(x)\n plot [1]\n plot - 1\n plot -1\n plot = 2\n plot == 2\n plot at "
          "95%\n plot plot\n}");
    enum stmt_kind kinds[] = {STMT_EXPR, STMT_PLOT, STMT_EXPR, STMT_PLOT, STMT_SET,
                              STMT_EXPR, STMT_EXPR, STMT_PLOT};
    const struct stmt *stmt = first_stmt();
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++, stmt = stmt->next)
        assert_int_equal(stmt->kind, kinds[i]);
}

static void test_line_ends(void **state)
{
    (void)state;
    parse("\n\n# c\nstudent s { # c\n;;\n a = 1 +\n 2 # c\n\n b = f(\n 1\n , [\n2\n]\n)\n; c =\n "
          "3;;\n"
          " d = {\n x: 1\n }\r\n}\n\n\nparam p = \n 4");
    const struct stmt *stmt = first_stmt();
    expect_expr(stmt->value, "(1 + 2)");
    expect_expr(stmt->next->value, "f(1, [2])");
    expect_expr(stmt->next->next->value, "3");
    expect_expr(stmt->next->next->next->value, "{x: 1}");
    assert_null(stmt->next->next->next->next);
    expect_expr(ast.first->next->value, "4");
    assert_int_equal(ast.n_comments, 3);
    assert_true(ast.comments[0].own_line);
    assert_false(ast.comments[1].own_line);
}

static void expect_span(struct span span, const char *expected)
{
    assert_int_equal(span.end - span.begin, strlen(expected));
    assert_memory_equal(source.bytes + span.begin, expected, strlen(expected));
}

static void test_spans(void **state)
{
    (void)state;
    parse("# x\nstudent s = (a + b).cde(x: 1) {\n  k = -f[2] # c \n  l\n}\n");
    const struct decl *decl = ast.first;
    expect_span(decl->keyword_span, "student");
    expect_span(decl->name_span, "s");
    expect_span(decl->value->span, "(a + b).cde(x: 1)");
    expect_span(decl->value->left->name_span, "cde");
    expect_span(decl->value->left->left->span, "(a + b)");
    expect_span(decl->value->args->name_span, "x");
    expect_span(decl->block->first->span, "k = -f[2]");
    expect_span(decl->block->first->name_span, "k");
    expect_span(decl->block->first->next->span, "l");
    expect_span(ast.comments[1].span, "# c");
    assert_int_equal(decl->span.end, decl->block->span.end);
    assert_int_equal(source.bytes[decl->span.end - 1], '}');
}

static void test_empty(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n", "# only", ";", " ;\n; \n#", "\t \r\n"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        parse(texts[i]);
        assert_null(ast.first);
    }
}

static void expect_first_error(const char *text, size_t n, enum diag_code code)
{
    size_t before = diags.n;
    assert_false(parse_bytes(text, n));
    assert_true(diags.n > before);
    assert_int_equal(diags.items[before].code, code);
}

// `n` times `word`, after "param x = ".
static char *repeated(const char *word, size_t n, size_t *length)
{
    struct str text = {0};
    str_add(&text, "param x = ");
    for (size_t i = 0; i < n; i++)
        str_add(&text, word);
    char *copy = arena_copy(&arena, text.data, text.len);
    *length = text.len;
    str_release(&text);
    return copy;
}

static void test_limits(void **state)
{
    (void)state;
    size_t n;
    static const char *const deep[] = {"(", "[", "{a:", "-", "not ", "1+", "2^", "f(", "x[", "-("};
    for (size_t i = 0; i < ARRAY_LEN(deep); i++) {
        char *text = repeated(deep[i], 100000, &n);
        expect_first_error(text, n, DIAG_TOO_DEEP);
    }
    char *text = repeated("1+", 198, &n);
    text[n - 1] = ' ';
    assert_true(parse_bytes(text, n));
    assert_int_equal(ast.first->value->depth, 198);
    text = repeated("a", 256, &n);
    assert_true(parse_bytes(text, n));
    text = repeated("a", 257, &n);
    expect_first_error(text, n, DIAG_TOO_LONG);
    text = repeated("\"", 1, &n);
    char *string = repeated("x", 65536, &n);
    string[10] = '"';
    string[n - 1] = '"';
    assert_true(parse_bytes(string, n));
    string = repeated("x", 65537, &n);
    string[10] = '"';
    string[n - 1] = '"';
    expect_first_error(string, n, DIAG_TOO_LONG);
}

// Time grows with the size, whatever the text. The bound is generous, for sanitizers and slow
// machines: what is quadratic takes minutes.
static void test_linear_time(void **state)
{
    (void)state;
    static const char *const words[] = {"1_", "1.1", "a", "\"", "\\", "'", "#", "1e+", "\xC3\xA9",
                                        "x.", "f()", "[1],", "\n", "a\n", "x = [\n", "}", "|>|>"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        size_t n;
        char *text = repeated(words[i], (1 << 19) / strlen(words[i]), &n);
        clock_t start = clock();
        parse_bytes(text, n);
        double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
        if (seconds > 5)
            fail_msg("'%s' repeated took %.1f s", words[i], seconds);
    }
}

static void test_what_is_kept(void **state)
{
    (void)state;
    const char *text = "teacher t {\n a = = 1\n b = 2\n let c = )\n x y z\n d = [1 2]\n}\n"
                       "model m = mlp(\nmodel n = linear()\nmodel = 3\ndata d = = 1 { e = 4 }\n";
    assert_false(parse_bytes(text, strlen(text)));
    const struct stmt *stmt = first_stmt();
    static const char *const names[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++, stmt = stmt->next) {
        assert_string_equal(stmt->name, names[i]);
        assert_int_equal(stmt->value->kind, i == 1 ? EXPR_NUMBER : EXPR_ERROR);
    }
    assert_null(stmt);
    const struct decl *decl = ast.first->next;
    assert_string_equal(decl->name, "m");
    assert_int_equal(decl->value->kind, EXPR_ERROR);
    assert_string_equal(decl->next->name, "n");
    assert_string_equal(decl->next->next->name, "d");
    assert_non_null(decl->next->next->block);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_precedence),   TEST(test_numbers),        TEST(test_strings),
        TEST(test_declarations), TEST(test_statements),     TEST(test_words_as_names),
        TEST(test_line_ends),    TEST(test_spans),          TEST(test_empty),
        TEST(test_limits),       TEST(test_linear_time),    TEST(test_what_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
