// test_lower.c -- from text to plan: which steps there are, what shares a step, and what a key
// depends on.
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "compile_text.h"

#define HEAD                                                                                       \
    "experiment \"t\" { seeds = 0..1 }\n"                                                          \
    "data d = builtin(\"digits\") { split = { a: 20%, b: 40%, test: 20% } }\n"                     \
    "model m = mlp(hidden: [4])\n"
#define TEACHER     "teacher t { model = m; train = d.a; epochs = 1 }\n"
#define STUDENT     "student s { model = m; train = d.b; learn = soft_labels(from: t); epochs = 1 }\n"
#define ASK(models) "evaluate { models = " models "; on = [d.test] }\n"

static size_t count(const struct plan *plan, enum step_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->n; i++)
        n += plan->steps[i].kind == kind;
    return n;
}

// One digest of all keys that does not depend on the order of the steps.
static struct digest keys_of(const struct plan *plan)
{
    struct digest all = {{0}};
    for (size_t i = 0; i < plan->n; i++) {
        unsigned carry = 0;
        for (size_t b = 0; b < sizeof all.bytes; b++) {
            carry += all.bytes[b] + (unsigned)plan->steps[i].key.bytes[b];
            all.bytes[b] = (uint8_t)carry;
            carry >>= 8;
        }
    }
    return all;
}

static void assert_keys(const struct plan *plan, const char *hex)
{
    char found[DIGEST_HEX];
    struct digest keys = keys_of(plan);
    digest_hex(found, &keys);
    assert_string_equal(found, hex);
}

static void assert_same_keys(const char *one, const char *other)
{
    struct compiled_text a, b;
    compile_right(&a, one);
    compile_right(&b, other);
    struct digest x = keys_of(&a.plan), y = keys_of(&b.plan);
    assert_int_equal(a.plan.n, b.plan.n);
    assert_true(digest_equal(&x, &y));
    compile_text_release(&a);
    compile_text_release(&b);
}

static void assert_refused(const char *text, enum diag_code code, const char *message)
{
    struct compiled_text c;
    compile_text(&c, text, NULL);
    assert_false(c.ok);
    bool found = false;
    for (size_t i = 0; i < c.diags.n; i++)
        found |= c.diags.items[i].code == code && strstr(c.diags.items[i].text, message) != NULL;
    if (!found)
        diags_print(stderr, &c.diags, &c.source, false);
    assert_true(found);
    compile_text_release(&c);
}

// --- sharing
// -------------------------------------------------------------------------------------------

static void test_one_teacher_for_all(void **state)
{
    (void)state;
    struct compiled_text c;
    compile_right(&c, HEAD TEACHER STUDENT "student u = s { epochs = 2 }\n" ASK("[t, s, u]"));
    assert_int_equal(count(&c.plan, STEP_train), 3 * 2);
    assert_int_equal(count(&c.plan, STEP_guide), 2);
    assert_int_equal(count(&c.plan, STEP_load), 1);
    assert_int_equal(count(&c.plan, STEP_init), 2); // one model and one seed, one start
    compile_text_release(&c);
}

static void test_teacher_and_student_of_one_definition(void **state)
{
    (void)state;
    struct compiled_text c;
    compile_right(
        &c, HEAD TEACHER
        "student u { model = m; train = d.a; learn = cross_entropy(labels); epochs = 1 }\n" ASK(
            "[t, u, ceiling(u)]"));
    assert_int_equal(count(&c.plan, STEP_train), 2);
    assert_int_equal(c.plan.n_numbers, 3);
    assert_int_equal(c.plan.numbers[0].step, c.plan.numbers[1].step);
    assert_string_equal(c.plan.numbers[1].model, "u");
    compile_text_release(&c);
}

static void test_weight_zero_is_no_guidance(void **state)
{
    (void)state;
    static const char text[] = HEAD TEACHER
        "param w = 0\n"
        "student u { model = m; train = d.b; learn = cross_entropy(labels); epochs = 1 }\n"
        "student v = u { learn = (1 - w) * cross_entropy(labels) + w * soft_labels(from: t) "
        "}\n" ASK("[u, v]");
    struct compiled_text c;
    compile_right(&c, text);
    assert_int_equal(count(&c.plan, STEP_train), 2);
    assert_int_equal(c.plan.numbers[0].step, c.plan.numbers[1].step);
    compile_text_release(&c);
    compile_text(&c, text, "param w = 0.5\n");
    assert_true(c.ok);
    assert_int_equal(count(&c.plan, STEP_train), 6);
    for (size_t i = 0; i < c.plan.n;
         i++) // numbered anew after the pruning: still in an order of execution
        for (uint32_t k = 0; k < c.plan.steps[i].n_in; k++)
            assert_true(c.plan.steps[i].in[k] < i);
    compile_text_release(&c);
}

static void test_ceilings_and_controls(void **state)
{
    (void)state;
    struct compiled_text c;
    compile_right(&c, HEAD TEACHER STUDENT
                  "control shuffled_labels(s)\n"
                  "evaluate { models = [t, s]; on = [d.test]; metrics = [accuracy, pgr] }\n");
    assert_int_equal(count(&c.plan, STEP_train), 4 * 2); // t, s, ceiling(s), shuffled_labels(s)
    assert_int_equal(count(&c.plan, STEP_shuffle), 2);
    assert_int_equal(c.plan.n_numbers, 3 * 2);
    assert_int_equal(c.plan.numbers[1].step, STEP_NONE); // the pgr of a teacher
    assert_string_equal(c.plan.numbers[1].why_none, "a teacher has no gap to recover");
    assert_int_not_equal(c.plan.numbers[3].step, STEP_NONE);
    assert_true(c.plan.numbers[4].control && !c.plan.numbers[3].control);
    compile_text_release(&c);
}

// --- keys
// ----------------------------------------------------------------------------------------------

static void test_keys_are_pinned(void **state)
{
    (void)state;
    struct compiled_text c;
    compile_right(&c, HEAD TEACHER STUDENT ASK("[t, s]"));
    assert_keys(&c.plan, "c1ddb043fffc51519cc20449eac7d6b2ab6bb6e3152bca2f43e3f0a964fe3e79");
    compile_text_release(&c);
}

static void test_layout_changes_no_key(void **state)
{
    (void)state;
    assert_same_keys(HEAD TEACHER STUDENT ASK("[t, s]"),
                     "# a comment\n\n" HEAD "# another\n" TEACHER "\n\n" STUDENT
                     "\n" ASK("[ t ,\n  s ]") "# end");
    assert_same_keys(HEAD TEACHER STUDENT ASK("[t, s]"), ASK("[t, s]") STUDENT TEACHER HEAD);
    assert_same_keys(
        HEAD TEACHER STUDENT ASK("[t, s]"), HEAD TEACHER
        "evaluate { let x = d.test; models = [t, s]; on = x; metrics = accuracy }\n"
        "student s { let half = 1/2; epochs = half + half; learn = 1 * soft_labels(temperature: "
        "1.0, from: t); "
        "train = d.b; model = mlp(activation: relu, hidden: [2^2]); using = adam(lr: 1e-3) }\n");
}

static void test_what_changes_a_key(void **state)
{
    (void)state;
    static const char *const changed[] = {
        HEAD TEACHER
        "student s { model = m; train = d.b; learn = soft_labels(from: t); epochs = 2 }\n" ASK(
            "[t, s]"),
        HEAD TEACHER "student s { model = m; train = d.b; learn = soft_labels(from: t, "
                     "temperature: 2); epochs = 1 }\n" ASK("[t, s]"),
        HEAD TEACHER
        "student s { model = m; train = d.b; learn = hard_labels(from: t); epochs = 1 }\n" ASK(
            "[t, s]"),
        HEAD TEACHER "student s { model = m; train = d.b; learn = soft_labels(from: t); epochs = "
                     "1; batch = 31 }\n" ASK("[t, s]"),
        HEAD TEACHER
        "student s { model = m; train = d.b take 9; learn = soft_labels(from: t); epochs = 1 }\n" ASK(
            "[t, s]"),
    };
    struct compiled_text one, other;
    compile_right(&one, HEAD TEACHER STUDENT ASK("[t, s]"));
    struct digest x = keys_of(&one.plan);
    for (size_t i = 0; i < ARRAY_LEN(changed); i++) {
        compile_right(&other, changed[i]);
        struct digest y = keys_of(&other.plan);
        assert_false(digest_equal(&x, &y));
        compile_text_release(&other);
    }
    compile_text_release(&one);
}

// --- names
// ---------------------------------------------------------------------------------------------

// `let x` of two blocks may mean two things: the labels tell them apart.
static void test_labels_follow_lets(void **state)
{
    (void)state;
    struct compiled_text c;
    compile_right(&c, HEAD TEACHER
                  "shift n = gaussian_noise(sigma: 3)\n"
                  "evaluate { let x = d.test\n models = [t]; on = [x take 50] }\n"
                  "evaluate { let x = d.test |> n\n models = [t]; on = [x take 50] }\n");
    assert_string_equal(c.plan.numbers[0].on, "d.test take 50");
    assert_string_equal(c.plan.numbers[1].on, "d.test |> n take 50");
    assert_int_not_equal(c.plan.numbers[0].step, c.plan.numbers[1].step);
    compile_text_release(&c);
}

// What a file declares comes before the calls of the language.
static void test_declared_names_come_first(void **state)
{
    (void)state;
    assert_same_keys(
        HEAD
        "model linear = mlp(hidden: [7])\nteacher t { model = linear; train = d.a }\n" ASK("[t]"),
        HEAD "teacher t { model = mlp(hidden: [7]); train = d.a }\n" ASK("[t]"));
    assert_same_keys(
        HEAD TEACHER
        "guidance hard_labels = soft_labels(from: t)\n"
        "student s { model = m; train = d.b; learn = product_confidence(hard_labels) }\n" ASK(
            "[s]"),
        HEAD TEACHER "student s { model = m; train = d.b; learn = "
                     "product_confidence(soft_labels(from: t)) }\n" ASK("[s]"));
}

// A call needs no parentheses when it needs no arguments, and a constant schedule is a number.
static void test_spellings_of_one_thing(void **state)
{
    (void)state;
    assert_same_keys(HEAD "model l = linear\nteacher t { model = l; train = d.a }\n" ASK("[t]"),
                     HEAD "teacher t { model = linear(); train = d.a }\n" ASK("[t]"));
    assert_same_keys(
        HEAD "teacher t { model = m; train = d.a; using = adam(lr: constant(1e-3)) }\n" ASK("[t]"),
        HEAD "teacher t { model = m; train = d.a }\n" ASK("[t]"));
    assert_refused(
        HEAD "teacher t { model = m; train = d.a; using = adam(lr: constant(-1)) }\n" ASK("[t]"),
        DIAG_OUT_OF_RANGE, "'lr' is -1");
    assert_refused(
        HEAD "teacher t { model = m; train = d.a; using = adam(lr: ramp(0 -> -1)) }\n" ASK("[t]"),
        DIAG_OUT_OF_RANGE, "'lr' is -1");
}

// A statement that a block does not know is an error, also beside statements that it knows.
static void test_nothing_is_ignored(void **state)
{
    (void)state;
    assert_refused(HEAD TEACHER "claim \"c\" { level = 3\n accuracy(t, on: d.test) > 0 }\n",
                   DIAG_UNKNOWN_SETTING, "a claim holds");
    assert_refused(HEAD TEACHER "param a = 1\nsweep { zip(a: [1, 2]) when a == 1 }\n" ASK("[t]"),
                   DIAG_UNKNOWN_SETTING, "a sweep holds");
    assert_refused(HEAD TEACHER "param a\n" ASK("[t]"), DIAG_MISSING_SETTING,
                   "param 'a' needs a value");
    assert_refused(HEAD TEACHER "shift a { }\n" ASK("[t]"), DIAG_MISSING_SETTING,
                   "shift 'a' needs a value");
    assert_refused(HEAD TEACHER "evaluate { let x = t\n let x = d\n models = x; on = d.test }\n",
                   DIAG_DUPLICATE_NAME, "defined twice");
    assert_refused(HEAD TEACHER ASK("[]"), DIAG_EMPTY, "the list is empty");
}

// --- sweeps
// --------------------------------------------------------------------------------------------

#define PARAMS "param a = 1\nparam b = 1\nparam c = 1\n"

static size_t points(const char *sweep, const char *set)
{
    struct compiled_text c;
    struct str text = {0};
    str_format(&text, "%s%s%s%s", HEAD TEACHER PARAMS, sweep, "\n", ASK("[t]"));
    compile_text(&c, str_text(&text), set);
    diags_print(stderr, &c.diags, &c.source, false);
    assert_true(c.ok);
    size_t n = c.plan.n_points;
    assert_int_equal(c.plan.n_numbers, n);
    compile_text_release(&c);
    str_release(&text);
    return n;
}

static void test_points(void **state)
{
    (void)state;
    assert_int_equal(points("", NULL), 1);
    assert_int_equal(points("sweep { }", NULL), 1);
    assert_int_equal(points("sweep { a = [1, 2, 3]; b = [1, 2] }", NULL), 6);
    assert_int_equal(points("sweep { a = [1, 2, 3]; zip(b: [1, 2], c: [3, 4]) }", NULL), 6);
    assert_int_equal(points("sweep { a = [1, 2, 3]; b = [1, 2]; where a != b }", NULL), 4);
    assert_int_equal(
        points("sweep { a = [1, 2, 3]; zip(b: [1, 2], c: [3, 4]); where a < 3; where c == 4 }",
               NULL),
        2);
    assert_int_equal(points("sweep { a = [1, 2, 3]; b = [1, 2] }", "param a = 7\n"), 2);
    assert_int_equal(points("sweep { zip(a: [1, 2], b: [3, 4]) }", "param a = 7\n"), 2);
    assert_int_equal(points("sweep { zip(a: [1, 2], b: [3, 4]) }", "param a = 7\nparam b = 7\n"),
                     1);
}

// A swept param may depend on another, whichever stands first, and `where` sees the point's values.
static void test_swept_params_depend_on_each_other(void **state)
{
    (void)state;
    struct compiled_text c;
    compile_right(&c, HEAD TEACHER
                  "param a = 1\nparam b = 5\nparam c = 2 * b\n"
                  "sweep { a = [c, c + 1]; b = [1, 2]; where c == 2 * b and a < 5 }\n" ASK("[t]"));
    static const double a[] = {2, 4, 3}, b[] = {1, 2, 1};
    assert_int_equal(c.plan.n_points, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(c.plan.points[i].value[0].number == a[i]);
        assert_true(c.plan.points[i].value[1].number == b[i]);
    }
    compile_text_release(&c);
    assert_refused(HEAD TEACHER PARAMS "sweep { a = [b]; b = [a] }\n" ASK("[t]"), DIAG_CYCLE,
                   "depends on itself");
}

// --- what comes from the command line is blamed where it stands
// ------------------------------------------------

static void test_mistakes_in_set(void **state)
{
    (void)state;
    static const char text[] = HEAD TEACHER "param a = 1\nparam b = 2 * a\n" ASK("[t]");
    struct compiled_text c;
    compile_text(&c, text, "param a = nothing\n");
    assert_false(c.ok);
    assert_int_equal(c.diags.n_errors, 0);
    assert_int_equal(c.set_diags.n_errors, 1);
    assert_int_equal(c.set_diags.items[0].span.begin, 10);
    compile_text_release(&c);
    compile_text(&c, text, "param a = b\n"); // the file's own param closes the circle
    assert_false(c.ok);
    assert_int_equal(c.diags.n_errors, 1);
    assert_int_equal(c.diags.items[0].code, DIAG_CYCLE);
    compile_text_release(&c);
}

// --- limits
// --------------------------------------------------------------------------------------------

static void repeat(struct str *text, const char *piece, size_t n)
{
    for (size_t i = 0; i < n; i++)
        str_format(text, piece, (unsigned)i, (unsigned)(i + 1));
}

static void assert_too_large(const char *before, const char *piece, size_t n, const char *after,
                             enum diag_code code, const char *message)
{
    struct str text = {0};
    str_add(&text, before);
    repeat(&text, piece, n);
    str_add(&text, after);
    assert_refused(str_text(&text), code, message);
    str_release(&text);
}

static void test_limits(void **state)
{
    (void)state;
    assert_too_large(HEAD TEACHER, "param p%u = 1\n", 10001, ASK("[t]"), DIAG_TOO_DEEP,
                     "declarations");
    assert_too_large(HEAD TEACHER "evaluate {\n", "let p%u = 1\n", 501, "}\n", DIAG_TOO_DEEP,
                     "statements");
    assert_too_large(HEAD TEACHER
                     "student s { model = m; train = d.a; let a0 = soft_labels(from: t)\n",
                     "let a%2$u = a%1$u + a%1$u\n", 30, "learn = a30 }\n" ASK("[s]"), DIAG_TOO_DEEP,
                     "more than 64 terms");
    assert_too_large(HEAD TEACHER "student s { model = m; train = d.a; let a0 = 1\n",
                     "let a%2$u = a%1$u + a%1$u\n", 30,
                     "learn = a30 * soft_labels(from: t) }\n" ASK("[s]"), DIAG_TOO_DEEP,
                     "asks for too much");
    assert_too_large(HEAD TEACHER "evaluate { models = [", "t, ", 700,
                     "t]; on = [d.test]; metrics = [accuracy] }\n"
                     "teacher u = t { model = mlp(hidden: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, "
                     "1, 1, 1, 1, 1, 1, 1, 1, 1, 1,"
                     " 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, "
                     "1, 1, 1, 1, 1, 1, 1, 1, 1, 1,"
                     " 1, 1, 1, 1, 1, 1]) }\n",
                     DIAG_OUT_OF_RANGE, "expected at most 63");
    assert_too_large("data d = builtin(\"digits\") { split = { ", "p%u: 0.1%%, ", 64, "q: 1% } }\n",
                     DIAG_OUT_OF_RANGE, "65 parts");
    assert_refused(
        HEAD TEACHER
        "student s { model = m; train = d.a; learn = 1e308 * 10 * soft_labels(from: t) }\n" ASK(
            "[s]"),
        DIAG_OUT_OF_RANGE, "not a finite number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_teacher_for_all),
        cmocka_unit_test(test_teacher_and_student_of_one_definition),
        cmocka_unit_test(test_weight_zero_is_no_guidance),
        cmocka_unit_test(test_ceilings_and_controls),
        cmocka_unit_test(test_keys_are_pinned),
        cmocka_unit_test(test_layout_changes_no_key),
        cmocka_unit_test(test_what_changes_a_key),
        cmocka_unit_test(test_labels_follow_lets),
        cmocka_unit_test(test_declared_names_come_first),
        cmocka_unit_test(test_spellings_of_one_thing),
        cmocka_unit_test(test_nothing_is_ignored),
        cmocka_unit_test(test_points),
        cmocka_unit_test(test_swept_params_depend_on_each_other),
        cmocka_unit_test(test_mistakes_in_set),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
