// compile_text.h -- from the text of a program to its plan, for tests of what comes after the
// parser.
#ifndef W2S_TEST_COMPILE_TEXT_H
#define W2S_TEST_COMPILE_TEXT_H

#include "lower.h"
#include "source.h"

#include <string.h>

struct compiled_text {
    struct arena arena;
    struct source source, set_source;
    struct diags diags, set_diags;
    struct ast ast, set;
    struct program program;
    struct plan plan;
    struct err err;
    bool ok;
};

// `set` is a list of `param NAME = VALUE` lines that replace the file's, or NULL.
static void compile_text(struct compiled_text *c, const char *text, const char *set)
{
    *c = (struct compiled_text){0};
    diags_init(&c->diags, &c->arena);
    diags_init(&c->set_diags, &c->arena);
    plan_init(&c->plan);
    assert_int_equal(source_from_text(&c->source, &c->arena, "a.w2s", text, strlen(text), &c->err),
                     0);
    c->ok = ast_parse(&c->ast, &c->source, &c->arena, &c->diags);
    if (set != NULL) {
        assert_int_equal(
            source_from_text(&c->set_source, &c->arena, "set", set, strlen(set), &c->err), 0);
        assert_true(ast_parse(&c->set, &c->set_source, &c->arena, &c->set_diags));
    }
    resolve(&c->program, &c->ast, &c->arena, &c->diags);
    struct lower_options how = {.folder = ".", .overrides = &c->set, .command = &c->set_diags};
    c->ok = c->ok && lower_program(&c->plan, &c->program, &how, &c->diags, &c->err);
}

static void compile_right(struct compiled_text *c, const char *text)
{
    compile_text(c, text, NULL);
    diags_print(stderr, &c->diags, &c->source, false);
    assert_true(c->ok);
}

static void compile_text_release(struct compiled_text *c)
{
    plan_release(&c->plan);
    diags_release(&c->diags);
    diags_release(&c->set_diags);
    arena_release(&c->arena);
}

#endif
