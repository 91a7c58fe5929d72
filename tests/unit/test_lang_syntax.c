// test_lang_syntax.c -- goldens of what the parser says: each tests/lang/syntax/NAME.w2s must give
// exactly the text of NAME.expect. W2S_UPDATE=1 writes the files; read the diff before keeping it.
#include "ast.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char FOLDER[] = "tests/lang/syntax";

static char *said_about(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.w2s", FOLDER, name);
    struct arena arena = {0};
    struct err err = {0};
    struct source source;
    struct diags diags;
    struct ast ast;
    diags_init(&diags, &arena);
    if (source_read(&source, &arena, path, &err) < 0)
        fail_msg("%s", err.text);
    source.path = strrchr(path, '/') + 1; // no folder in a golden
    bool ok = ast_parse(&ast, &source, &arena, &diags);
    assert_int_equal(ok, diags.n == 0);

    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    diags_print(out, &diags, &source, false);
    fclose(out);
    diags_release(&diags);
    arena_release(&arena);
    return text;
}

static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 16);
    if (file != NULL) {
        size_t got = fread(text, 1, (1 << 16) - 1, file);
        text[got] = '\0';
        fclose(file);
    }
    return text;
}

static void test_golden(void **state)
{
    const char *name = *state;
    char path[512];
    snprintf(path, sizeof path, "%s/%s.expect", FOLDER, name);
    char *said = said_about(name);
    if (getenv("W2S_UPDATE") != NULL) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        fputs(said, file);
        fclose(file);
    }
    char *expected = read_whole(path);
    assert_string_equal(said, expected);
    free(said);
    free(expected);
}

static int is_program(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > 4 && strcmp(entry->d_name + n - 4, ".w2s") == 0;
}

int main(void)
{
    struct dirent **entries;
    int n = scandir(FOLDER, &entries, is_program, alphasort);
    if (n <= 0) {
        fprintf(stderr, "no programs in %s; run from the root of the source\n", FOLDER);
        return 1;
    }
    struct CMUnitTest *tests = calloc((size_t)n, sizeof *tests);
    for (int i = 0; i < n; i++) {
        char *name = entries[i]->d_name;
        name[strlen(name) - 4] = '\0';
        tests[i].name = name;
        tests[i].test_func = test_golden;
        tests[i].initial_state = name;
    }
    int failed = _cmocka_run_group_tests("syntax", tests, (size_t)n, NULL, NULL);
    for (int i = 0; i < n; i++)
        free(entries[i]);
    free(entries);
    free(tests);
    return failed;
}
