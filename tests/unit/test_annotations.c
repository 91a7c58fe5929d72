// test_annotations.c -- labels of a file joined with rows: by key, by number, by line; several
// annotators, probabilities, silence; and what is refused, with its line.
#include "cmocka_first.h"

#include "base/mem.h"
#include "data/annotations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N = 4, C = 3, MOST = 4 };

static const char *const keys[N] = {"a", "b", "c", "d"}, *const classes[C] = {"ham", "spam",
                                                                              "other"};

struct world {
    char path[32];
    struct table table;
    uint32_t index[N];
    struct rows rows;
    struct annotations a;
    float votes[N * MOST * C];
    struct err err;
};

// Arguments of the call: a column, or NULL.
struct columns {
    const char *key, *label, *annotator, *provenance;
};

static bool try_join(struct world *w, const char *text, struct columns columns, bool with_keys)
{
    *w = (struct world){.path = "/tmp/w2s_labels_XXXXXX"};
    int fd = mkstemp(w->path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    const char *const given[] = {columns.key, columns.label, columns.annotator, columns.provenance};
    static const char *const name[] = {"key", "label", "annotator", "provenance"};
    struct value_arg args[5] = {{"file", value_text(w->path)}};
    size_t n = 1;
    for (size_t i = 0; i < 4; i++)
        if (given[i] != NULL)
            args[n++] = (struct value_arg){name[i], value_text(given[i])};
    struct value call = {.kind = VALUE_CALL, .text = "labels", .args = args, .n = n};
    w->table = (struct table){.n = N, .classes = C, .class_names = (const char **)classes};
    w->table.key = with_keys ? (const char **)keys : NULL;
    for (size_t i = 0; i < N; i++)
        w->index[i] = (uint32_t)(N - 1 - i); // the rows backwards
    w->rows = (struct rows){&w->table, N, w->index};
    bool ok = annotations_read(&w->a, &call, "", &w->err) == 0;
    assert_true(!ok || w->a.n_annotators <= MOST);
    ok = ok && annotations_vote(w->votes, &w->a, &w->rows, C, &w->err) == 0;
    unlink(w->path);
    return ok;
}

static void join(struct world *w, const char *text, struct columns columns, bool with_keys)
{
    if (!try_join(w, text, columns, with_keys))
        fail_msg("%s", w->err.text);
}

// `want`: a class, or C for silence, of each row in the order of the table.
static void expect(const struct world *w, size_t annotator, const size_t want[N])
{
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < C; k++) {
            size_t row = N - 1 - i;
            float vote = w->votes[(i * w->a.n_annotators + annotator) * C + k];
            assert_true(vote == (k == want[row] ? 1.0f : 0.0f));
        }
}

static void test_by_key(void **state)
{
    (void)state;
    struct world w;
    join(&w, "label,id\nspam,c\nham,a\n2,d\n", (struct columns){.key = "id", .label = "label"},
         true);
    expect(&w, 0, (const size_t[]){0, C, 1, 2});
    assert_int_equal(w.a.n_annotators, 1);
    annotations_release(&w.a);
}

static void test_by_number_and_by_line(void **state)
{
    (void)state;
    struct world w;
    join(&w, "row,l\n3,ham\n0,spam\n", (struct columns){.key = "row", .label = "l"}, false);
    expect(&w, 0, (const size_t[]){1, C, C, 0});
    annotations_release(&w.a);
    join(&w, "l\nham\n\"\"\nspam\n", (struct columns){.label = "l"}, true);
    expect(&w, 0, (const size_t[]){0, C, 1, C});
    annotations_release(&w.a);
    uint64_t id[N] = {7, 0, 1, 9}; // rows of another table keep their numbers in the source
    join(&w, "l\nham\nspam\n", (struct columns){.label = "l"}, false);
    w.table.id = id;
    memset(w.votes, 0, sizeof w.votes);
    assert_int_equal(annotations_vote(w.votes, &w.a, &w.rows, C, &w.err), 0);
    expect(&w, 0, (const size_t[]){C, 0, 1, C});
    annotations_release(&w.a);
}

static void test_annotators(void **state)
{
    (void)state;
    struct world w;
    join(&w, "id,who,l,from\na,zoe,spam,survey\na,\"ann, b\",ham,survey\nb,zoe,ham,phone\n",
         (struct columns){"id", "l", "who", "from"}, true);
    assert_int_equal(w.a.n_annotators, 2);
    assert_string_equal(w.a.annotator[0], "ann, b");
    assert_string_equal(w.a.annotator[1], "zoe");
    assert_int_equal(w.a.n_provenances, 2);
    assert_string_equal(w.a.provenance[0], "phone");
    expect(&w, 0, (const size_t[]){0, C, C, C});
    expect(&w, 1, (const size_t[]){1, 0, C, C});
    annotations_release(&w.a);
}

static void test_probabilities(void **state)
{
    (void)state;
    struct world w;
    join(&w, "id,other,0,spam\nb,0.25,0.5,0.25\nd,,,\n", (struct columns){.key = "id"}, true);
    static const float want[] = {0.5f, 0.25f, 0.25f};
    for (size_t k = 0; k < C; k++) {
        assert_true(w.votes[2 * C + k] == want[k]); // row b is the third from behind
        assert_true(w.votes[0 * C + k] == 0);
    }
    annotations_release(&w.a);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct columns columns;
        const char *message; // after the path
    } cases[] = {
        {"id,l\na,eggs\n", {.key = "id", .label = "l"}, "line 2: 'eggs' is no class of the data"},
        {"id,l\na,3\n", {.key = "id", .label = "l"}, "line 2: '3' is no class of the data"},
        {"id,l\na,ham\nx,ham\n", {.key = "id", .label = "l"}, "line 3: 'x' is no row of the data"},
        {"id,l\na,ham\na,ham\n",
         {.key = "id", .label = "l"},
         "line 3: 'a' has a second label by the same annotator"},
        {"id,l\na,ham,1\n",
         {.key = "id", .label = "l"},
         "line 2: has another number of fields than the header"},
        {"id,l\n,ham\n", {.key = "id", .label = "l"}, "line 2: has no key"},
        {"id,l\na,ham\n", {.key = "key", .label = "l"}, "line 1: there is no column 'key'"},
        {"id,l,l\na,ham,ham\n", {.key = "id", .label = "l"}, "line 1: column 'l' stands twice"},
        {"id,ham,spam,other\na,1,1,0\n",
         {.key = "id"},
         "line 2: the probabilities do not sum to 1"},
        {"id,ham,spam,other\na,nan,1,0\n", {.key = "id"}, "line 2: 'nan' is no probability"},
        {"id,ham,spam\na,1,0\n", {.key = "id"}, "columns of 2 classes, and there are 3"},
        {"id,ham,spam,eggs\na,1,0,0\n", {.key = "id"}, "column 'eggs' is no class of the data"},
        {"id,l\na,\"ham\n", {.key = "id", .label = "l"}, "has a quote in the wrong place"},
        {"id,l\n", {.key = "id", .label = "l"}, "holds no labels"},
        {"", {.key = "id", .label = "l"}, "holds no labels"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        if (try_join(&w, cases[i].text, cases[i].columns, true))
            fail_msg("'%s' is taken", cases[i].text);
        if (strstr(w.err.text, cases[i].message) == NULL)
            fail_msg("'%s', expected '%s'", w.err.text, cases[i].message);
        assert_int_equal(w.err.kind, ERR_DATA);
        annotations_release(&w.a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_key),     cmocka_unit_test(test_by_number_and_by_line),
        cmocka_unit_test(test_annotators), cmocka_unit_test(test_probabilities),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
