// fuzz_parse.c -- libFuzzer target: any bytes are parsed without harm; what parses is formatted,
// parses again to the same tree with as many comments, and formats to the same text.
//
// clang -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -g -O1 \
//     -fsanitize=fuzzer,address,undefined -Iruntime -Isrc -Ibuild/gen tests/fuzz/fuzz_parse.c \
//     src/{source,ast,diag,diag_print,lexeme,token,syntax_error,parse}.c src/format*.c \
//     build/gen/w2s.{tab,lex}.c runtime/base/{mem,arena,str,err,bug}.c -lm -o fuzz_parse
// ./fuzz_parse -dict=tests/fuzz/parse.dict -max_total_time=60 tests/fuzz/corpus/parse examples \
//     tests/lang/syntax
#include "../unit/ast_same.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

struct parsed {
    struct arena arena;
    struct source source;
    struct diags diags;
    struct ast ast;
    bool ok;
};

static bool parse(struct parsed *parsed, const char *bytes, size_t n)
{
    struct err err = {0};
    *parsed = (struct parsed){0};
    diags_init(&parsed->diags, &parsed->arena);
    parsed->ok = source_from_text(&parsed->source, &parsed->arena, "fuzz", bytes, n, &err) == 0 &&
                 ast_parse(&parsed->ast, &parsed->source, &parsed->arena, &parsed->diags);
    return parsed->ok;
}

static void release(struct parsed *parsed)
{
    diags_release(&parsed->diags);
    arena_release(&parsed->arena);
}

static void fail(const char *what, const struct str *text)
{
    fprintf(stderr, "%s:\n%s\n", what, str_text(text));
    abort();
}

static void check_format(const struct parsed *first)
{
    struct str text = {0}, again = {0};
    struct parsed second;
    ast_format(&text, &first->ast);
    if (!parse(&second, str_text(&text), text.len)) {
        diags_print(stderr, &second.diags, &second.source, false);
        fail("the formatted text does not parse", &text);
    }
    if (!same_ast(&first->ast, &second.ast))
        fail("the formatted text is another tree", &text);
    if (first->ast.n_comments != second.ast.n_comments)
        fail("a comment was lost", &text);
    ast_format(&again, &second.ast);
    if (strcmp(str_text(&text), str_text(&again)) != 0) {
        fprintf(stderr, "once:\n%s\n", str_text(&text));
        fail("formatting twice is not formatting once; twice", &again);
    }
    release(&second);
    str_release(&text);
    str_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct parsed parsed;
    if (parse(&parsed, (const char *)bytes, n)) {
        check_format(&parsed);
    } else if (parsed.diags.n > 0) {
        FILE *sink = fopen("/dev/null", "w");
        diags_print(sink, &parsed.diags, &parsed.source, true);
        fclose(sink);
    }
    release(&parsed);
    return 0;
}
