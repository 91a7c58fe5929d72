// test_hook_docs.c -- docs/lua.md is true: every block of Lua on the page loads and traces, every
// function of library.def has its row, every field of fields.def is named.
//
// A block marked `lua` is a whole file; one marked `lua KIND` is the body of a loss of that kind; one
// marked `lua rules` is a file of rules.
#include "../hook/world.h"
#include "hook/library.h"
#include "hook/rules.h"

static char page[1 << 17];

static int read_page(void **state)
{
    (void)state;
    FILE *f = fopen("docs/lua.md", "rb");
    if (f == NULL)
        return -1;
    size_t n = fread(page, 1, sizeof(page) - 1, f);
    fclose(f);
    page[n] = '\0';
    return n > 0 && n < sizeof(page) - 1 ? 0 : -1;
}

// Loads and traces; an eager loss is run once, against differences.
static void check_block(const char *text, size_t n)
{
    struct err err = {0};
    struct loss *loss;
    if (loss_load(&loss, "docs/lua.md", text, n, &err) < 0)
        fail_msg("%s (%s)\n%.*s", err.text, err.hint, (int)n, text);
    static struct world w;
    world_init(&w, 8, 6, 4, 5, 3);
    int line;
    uint32_t node = loss_description(loss)->kind == LOSS_SHIFT
                        ? loss_trace_shift(loss, &line, NULL, &w.loss)
                        : loss_trace(loss, NULL, &w.loss);
    if (node == NODE_NONE)
        fail_msg("%s (%s)\n%.*s", w.rig.err.text, w.rig.err.hint, (int)n, text);
    if (loss_description(loss)->kind == LOSS_SHIFT) // no gradient is taken
        assert_int_equal(w.rig.g.node[node].cols, w.loss.features);
    else if (!loss_description(loss)->eager)
        rig_check_within(&w.rig, node, 1e-4);
    else
        assert_false(isnan(rig_loss_at(&w.rig, &w.rig.g, node, w.rig.params, NULL)));
    world_release(&w);
    loss_free(loss);
}

// Loads and votes on a row of ones.
static void check_rules(const char *text, size_t n)
{
    static const char *const columns[] = {"money", "charExclamation", "capitalLong", "meeting"};
    const float x[] = {1, 1, 101, 1};
    const struct rules_data data = {ARRAY_LEN(columns), 2, columns, NULL};
    struct err err = {0};
    struct rules *rules;
    float votes[6];
    if (rules_load(&rules, "docs/lua.md", text, n, &err) < 0)
        fail_msg("%s (%s)", err.text, err.hint);
    assert_int_equal(rules_description(rules)->n, 3);
    if (rules_bind(rules, &data, &err) < 0 || rules_vote(votes, rules, x, 1, &err) < 0)
        fail_msg("%s (%s)", err.text, err.hint);
    static const float said[] = {0, 1, 0.1f, 0.9f, 0, -1};
    assert_memory_equal(votes, said, sizeof said);
    rules_free(rules);
}

static void test_blocks(void **state)
{
    (void)state;
    int blocks = 0;
    for (const char *p = strstr(page, "\n```lua"); p != NULL; p = strstr(p, "\n```lua"), blocks++) {
        char kind[20] = "";
        sscanf(p, "\n```lua%*1[ ]%19[a-z]", kind);
        const char *start = strchr(p + 1, '\n') + 1;
        const char *end = strstr(start, "\n```");
        assert_non_null(end);
        struct str text = {0};
        p = end + 4;
        if (strcmp(kind, "rules") == 0) {
            check_rules(start, (size_t)(end + 1 - start));
            continue;
        }
        if (kind[0] != '\0')
            str_format(&text, "return { kind = '%s', title = 'block', loss = function(t)\n", kind);
        str_add_bytes(&text, start, (size_t)(end + 1 - start));
        if (kind[0] != '\0')
            str_add(&text, "end }");
        check_block(text.data, text.len);
        str_release(&text);
    }
    assert_true(blocks >= 9);
}

static void must_hold(const char *text)
{
    if (strstr(page, text) == NULL)
        fail_msg("docs/lua.md has no: %s", text);
}

static void test_functions(void **state)
{
    (void)state;
    for (const struct library_function *f = library_functions; f->name != NULL; f++) {
        char row[400];
        snprintf(row, sizeof(row), "| `%s(%s)` | %s | %s |\n", f->name, f->arguments, f->result,
                 f->doc);
        must_hold(row);
    }
}

static void test_fields(void **state)
{
    (void)state;
    static const char *const fields[] = {
#define TENSOR(object, name, kinds, reads, source) "." #name,
#define LIST(object, name, kinds, reads, source, less) "." #name "[i]",
#define PART(object, name, kinds, reads, part) "t." #name,
#define OTHER(object, name, kinds, make) "." #name,
#include "hook/fields.def"
    };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        must_hold(fields[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_fields),
    };
    return cmocka_run_group_tests(tests, read_page, NULL);
}
