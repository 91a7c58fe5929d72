// test_hook_limit.c -- hostile and mistaken scripts: each of tests/limit/*.lua ends in one clear
// line that begins with its name and holds the text of its first line, within a second.
#include "../hook/world.h"

#include <dirent.h>
#include <stdio.h>
#include <time.h>

static const char FOLDER[] = "tests/limit";

static double processor_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// Loads and traces; the error that comes of it.
static void run_text(struct err *err, const char *file, const char *text, size_t size)
{
    struct loss *loss;
    if (loss_load(&loss, file, text, size, err) < 0)
        return;
    static struct world w;
    world_init(&w, 1, 6, 4, 5, 3);
    if (loss_trace(loss, NULL, &w.loss) == NODE_NONE)
        *err = w.rig.err;
    world_release(&w);
    loss_free(loss);
}

static unsigned failures; // of the test that is running; told together

// The error of a script, which must be one clean line that begins with the name of the file.
static void check_text(const char *file, const char *text, size_t size, const char *expected)
{
    struct err err = {0};
    double start = processor_seconds();
    run_text(&err, file, text, size);
    double seconds = processor_seconds() - start;
    const char *wrong = NULL;
    if (!err_is_set(&err))
        wrong = "no error";
    else if (strncmp(err.text, file, strlen(file)) != 0 || err.text[strlen(file)] != ':')
        wrong = "the message does not begin with the file";
    else if (strstr(err.text, expected) == NULL)
        wrong = "another error";
    else if (strstr(err.text, "0x") != NULL)
        wrong = "an address in the message";
    for (const char *p = err.text; *p != '\0'; p++)
        if ((unsigned char)*p < ' ')
            wrong = "a control character in the message";
    if (seconds > 1)
        wrong = "more than a second";
    if (getenv("W2S_SHOW") != NULL)
        print_message("%5.2f s  %s\n         %s\n", seconds, err.text, err.hint);
    if (wrong == NULL)
        return;
    failures++;
    print_error("%s: %s (%.2f s)\n    expected: %s\n    found:    %s\n", file, wrong, seconds,
                expected, err.text);
}

static int start_counting(void **state)
{
    (void)state;
    failures = 0;
    return 0;
}

static void check_file(const char *name)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/%s", FOLDER, name);
    static char text[1 << 16];
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    text[n] = '\0';
    char expected[200] = "";
    assert_memory_equal(text, "--! ", 4);
    sscanf(text + 4, "%199[^\n]", expected);
    check_text(name, text, n, expected);
}

static int only_lua(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > 4 && strcmp(entry->d_name + n - 4, ".lua") == 0;
}

static void test_files(void **state)
{
    (void)state;
    struct dirent **list;
    int n = scandir(FOLDER, &list, only_lua, alphasort);
    assert_true(n > 100);
    for (int i = 0; i < n; i++) {
        check_file(list[i]->d_name);
        free(list[i]);
    }
    free(list);
    assert_int_equal(failures, 0);
}

// --- scripts too long to be files ----------------------------------------------------------------

static void check_repeated(const char *file, const char *before, const char *piece, size_t times,
                           const char *after, const char *expected)
{
    struct str s = {0};
    str_add(&s, before);
    for (size_t i = 0; i < times; i++)
        str_add(&s, piece);
    str_add(&s, after);
    check_text(file, s.data, s.len, expected);
    str_release(&s);
}

static void test_long_scripts(void **state)
{
    (void)state;
    check_repeated("long.lua", "", "local x = 1\n", 100000, "", "at most 128 are read");
    check_repeated("parens.lua", "return ", "(", 50000, "", "C stack overflow");
    check_repeated("braces.lua", "return ", "{", 50000, "", "C stack overflow");
    check_repeated("unary.lua", "return ", "- ", 50000, "1", "C stack overflow");
    check_repeated("powers.lua", "return 2", "^2", 30000, "", "C stack overflow");
    check_repeated("joins.lua", "return ''", "..''", 30000, "", "C stack overflow");
    check_repeated("functions.lua", "", "return function() ", 7000, "", "C stack overflow");
    check_repeated("blocks.lua", "", "do ", 40000, "", "C stack overflow");
    check_repeated("locals.lua", "", "local a ", 300, "", "too many local variables");
    check_repeated("gotos.lua", "", "do goto a end ", 9000, "", "no visible label 'a'");
    check_repeated("comment.lua", "--[==[", "]]", 50000, "", "unfinished long comment");
    check_repeated("brackets.lua", "return ", "[=", 50000, "", "unfinished long string");
    check_repeated("control.lua", "return ", "\x01", 5, "", "unexpected symbol");
    assert_int_equal(failures, 0);
}

// 16,000 labels and as many jumps: the parser compares each with each.
static void test_many_labels(void **state)
{
    (void)state;
    struct str s = {0};
    for (int i = 0; i < 5500; i++)
        str_format(&s, "goto l%d ", i);
    for (int i = 0; i < 5500; i++)
        str_format(&s, "::l%d::x()", i);
    check_text("labels.lua", s.data, s.len, "'x' is not defined");
    str_release(&s);
    assert_int_equal(failures, 0);
}

static void test_compiled_code(void **state)
{
    (void)state;
    static const char header[] = "\x1bLua\x54\x00\x19\x93\r\n\x1a\n";
    check_text("bytecode.lua", header, sizeof(header) - 1, "compiled Lua is not accepted");
    assert_int_equal(failures, 0);
}

// Random bytes, and a good script with bytes changed: never a crash.
static void test_noise(void **state)
{
    (void)state;
    static const char good[] =
        "local a = 2 ^ -1 -- [[ ^ ]]\nlocal b = [==[ ^ ]==] .. 'a\\'^' .. \"\\z\n ^\"\n"
        "return { kind = 'regularizer', title = 'x', loss = function(t)\n"
        "  return mean((t.student.probs - a) ^ 2 ^ 1) end }\n";
    struct rng rng = rng_at(rng_key_of(7, "noise"), 0);
    for (int i = 0; i < 3000; i++) {
        char text[sizeof(good)];
        memcpy(text, good, sizeof(good));
        size_t changes = 1 + rng_below(&rng, i % 3 == 0 ? 100 : 3);
        for (size_t c = 0; c < changes; c++)
            text[rng_below(&rng, sizeof(good) - 1)] = (char)rng_below(&rng, 256);
        struct err err = {0};
        run_text(&err, "noise.lua", text, sizeof(good) - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_files, start_counting),
        cmocka_unit_test_setup(test_long_scripts, start_counting),
        cmocka_unit_test_setup(test_many_labels, start_counting),
        cmocka_unit_test_setup(test_compiled_code, start_counting),
        cmocka_unit_test(test_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
