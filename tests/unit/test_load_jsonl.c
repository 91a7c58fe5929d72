// test_load_jsonl.c -- rows of JSON: what their fields become, that the same rows as csv are the
// same table, and what is said about files that are wrong.
#include "load_call.h"

#include <math.h>

enum { MOST = 6 };
struct jsonl_call {
    struct value_arg args[2 + MOST];
    struct value item[MOST];
    struct value call;
};

// jsonl("f.jsonl", label: "y") and more, ended by NULL: a name and what it is.
static const struct value *jsonl(struct jsonl_call *c, const char *const *more)
{
    size_t n = 0;
    c->args[n++] = (struct value_arg){"path", value_text("f.jsonl")};
    c->args[n++] = (struct value_arg){"label", value_text("y")};
    for (; more != NULL && *more != NULL; more += 2) {
        struct value v = value_text(more[1]);
        bool single = strcmp(more[0], "key") == 0 || strcmp(more[0], "group") == 0 ||
                      strcmp(more[0], "weight") == 0;
        c->item[n - 2] = v;
        if (strcmp(more[0], "missing") == 0)
            v = value_name(more[1]);
        else if (!single)
            v = (struct value){.kind = VALUE_LIST, .n = 1, .items = &c->item[n - 2]};
        c->args[n++] = (struct value_arg){more[0], v};
    }
    c->call = (struct value){.kind = VALUE_CALL, .text = "jsonl", .n = n, .args = c->args};
    return &c->call;
}

#define JSONL(c, ...) jsonl(c, (const char *const[]){__VA_ARGS__, NULL})

static void lists_and_numbers(void **state)
{
    (void)state;
    struct jsonl_call c;
    struct table t;
    write_text("f.jsonl", "\xEF\xBB\xBF{\"x\": [1, 2.5], \"y\": \"b\", \"a\": true}\r\n"
                          "\n"
                          "{\"a\": false, \"y\": \"a\", \"x\": [-1e2, 3]}");
    load_ok(&t, jsonl(&c, NULL), 2);
    static const float x[] = {2, 5, 2, -200, 6, 0};
    assert_int_equal(t.n, 2);
    assert_int_equal(t.d, 3);
    assert_memory_equal(t.x, x, sizeof x);
    assert_memory_equal(t.y, ((uint32_t[]){1, 0}), 8);
    assert_string_equal(t.class_names[1], "b");
    assert_string_equal(t.columns[0], "x[0]");
    assert_string_equal(t.columns[1], "x[1]");
    assert_string_equal(t.columns[2], "a");
    table_release(&t);
    struct err err = {0};
    struct table_facts facts;
    assert_int_equal(load_facts(&facts, jsonl(&c, NULL), ".", &err), 0);
    assert_int_equal(facts.d, 3);
}

// With `features`, others may be anything, and differ from row to row.
static void fields_chosen(void **state)
{
    (void)state;
    struct jsonl_call c;
    struct table t;
    write_text("f.jsonl", "{\"text\":\"a\",\"x\":[1,2],\"y\":0,\"id\":9007199254740993}\n"
                          "{\"more\":{\"z\":[]},\"x\":[3,4],\"y\":1,\"id\":9007199254740992}\n");
    load_ok(&t, JSONL(&c, "features", "x", "key", "id"), 1);
    static const float x[] = {1, 2, 3, 4};
    assert_int_equal(t.d, 2);
    assert_memory_equal(t.x, x, sizeof x);
    assert_string_equal(t.key[0], "9007199254740993"); // more digits than a double has
    assert_string_equal(t.key[1], "9007199254740992");
    table_release(&t);
    write_text("f.jsonl", "{\"note\":{\"z\":[]},\"x\":3,\"y\":1}\n{\"note\":7,\"x\":4,\"y\":1}\n");
    load_ok(&t, JSONL(&c, "drop", "note"), 1);
    assert_int_equal(t.d, 1);
    assert_true(t.x[1] == 4);
    table_release(&t);
    refused(JSONL(&c, "features", "hidden"), ERR_DATA, "line 1 of 'f.jsonl' has no field 'hidden'");
}

// The same rows, words and gaps included, are the same table from either format.
static void same_as_csv(void **state)
{
    (void)state;
    struct jsonl_call c;
    struct table a, b;
    static const char *const how[] = {"zero", "mean", "drop"};
    write_text("f.jsonl", "{\"x\":0.1,\"w\":\"u\",\"g\":2,\"y\":1,\"v\":0.5,\"k\":\"r0\"}\n"
                          "{\"x\":null,\"w\":\"v\",\"g\":10,\"y\":0,\"v\":2,\"k\":\"r1\"}\n"
                          "{\"w\":\"t\",\"g\":2,\"y\":1,\"v\":0,\"x\":7,\"k\":\"r2\"}\n"
                          "{\"x\":-3,\"g\":2,\"y\":1,\"v\":1e0,\"k\":\"r3\"}\n");
    write_text("f.csv",
               "x,w,g,y,v,k\n.1,u,2,1,.5,r0\nNA,v,10,0,2,r1\n7,t,2,1,0,r2\n-3,,2,1,1,r3\n");
    for (size_t i = 0; i < ARRAY_LEN(how); i++) {
        JSONL(&c, "categorical", "w", "group", "g", "weight", "v", "key", "k", "missing", how[i]);
        load_ok(&a, &c.call, 3);
        c.call.text = "csv";
        c.args[0].value = value_text("f.csv");
        load_ok(&b, &c.call, 3);
        struct digest da = table_digest(&a), db = table_digest(&b);
        assert_true(digest_equal(&da, &db));
        assert_int_equal(a.n, i == 2 ? 2 : 4);
        for (size_t k = 0; k < a.d; k++)
            assert_string_equal(a.columns[k], b.columns[k]);
        for (size_t k = 0; k < a.n; k++)
            assert_string_equal(a.key[k], b.key[k]);
        table_release(&a);
        table_release(&b);
    }
}

static void wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "'f.jsonl' holds no rows"},
        {"\n \n", "'f.jsonl' holds no rows"},
        {"{}\n", "line 1 of 'f.jsonl' has no column of features"},
        {"{\"y\":1}\n", "line 1 of 'f.jsonl' has no column of features"},
        {"{\"x\":1}\n", "'f.jsonl' has no column 'y'"},
        {"[{\"x\":1,\"y\":1}]\n", "line 1 of 'f.jsonl' is no JSON object"},
        {"{\"x\":1,\"y\":1}\n3\n", "line 2 of 'f.jsonl' is no JSON object"},
        {"{\"x\":1,\"y\":1} {}\n", "line 1 of 'f.jsonl' is no JSON: end of file expected near '{'"},
        {"\n{\"x\":NaN,\"y\":1}\n", "line 2 of 'f.jsonl' is no JSON: invalid token near 'NaN'"},
        {"{\"x\":1,\"y\":1,\"x\":2}\n",
         "line 1 of 'f.jsonl' is no JSON: duplicate object key near '\"x\"'"},
        {"{\"x\":1,\"y\":1}\n{\"x\":1,\"y\":1,\"z\":1}\n",
         "line 2 of 'f.jsonl' has a field 'z' that the first line has not"},
        {"{\"x\":1,\"y\":1}\n{\"x\":1}\n", "line 2 of 'f.jsonl' has no label"},
        {"{\"x\":1,\"y\":1}\n{\"y\":1}\n",
         "line 2 of 'f.jsonl' has '' in column 'x', expected a finite number"},
        {"{\"x\":\"red\",\"y\":1}\n",
         "line 1 of 'f.jsonl' has 'red' in column 'x', expected a finite number"},
        {"{\"x\":1e300,\"y\":1}\n",
         "line 1 of 'f.jsonl' has '1e+300' in column 'x', too large for a 32-bit float"},
        {"{\"x\":{\"a\":1},\"y\":1}\n", "line 1 of 'f.jsonl' has a list or an object in 'x', "
                                        "expected a number or a word"},
        {"{\"x\":[1,[2]],\"y\":1}\n", "line 1 of 'f.jsonl' has a list or an object in 'x', "
                                      "expected a number or a word"},
        {"{\"x\":[1,2],\"y\":1}\n{\"x\":[1],\"y\":1}\n",
         "line 2 of 'f.jsonl' has 1 values in 'x', expected 2"},
        {"{\"x\":[1,2],\"y\":1}\n{\"x\":1,\"y\":1}\n", "line 2 of 'f.jsonl' has no list in 'x'"},
        {"{\"x\":[1,2],\"y\":1}\n{\"x\":[1,null],\"y\":1}\n",
         "line 2 of 'f.jsonl' has '' in column 'x[1]', expected a finite number"},
        {"{\"x\":[1],\"x[0]\":2,\"y\":1}\n", "line 1 of 'f.jsonl' has two columns named 'x[0]'"},
        {"{\"\":1,\"y\":1}\n", "line 1 of 'f.jsonl' gives column 1 no name"},
        {"{\"x\":1,\"y\":0.5}\n",
         "'f.jsonl' has the label '0.5', expected a name or a whole number"},
        {"{\"x\":\"\\u0000\",\"y\":1}\n",
         "line 1 of 'f.jsonl' is no JSON: \\u0000 is not allowed without JSON_ALLOW_NUL..."},
    };
    struct jsonl_call c;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        write_text("f.jsonl", cases[i].text);
        refused(jsonl(&c, NULL), ERR_DATA, cases[i].message);
    }
    write_text("f.jsonl", "[]\n");
    hinted(jsonl(&c, NULL),
           "Each row is an object on a line: to_json(path, orient=\"records\", lines=True).");
}

// A first line of many features, then rows that take no bytes: no room is made for what is not
// there.
static void bombs(void **state)
{
    (void)state;
    struct jsonl_call c;
    struct str text = {0};
    str_add(&text, "{\"y\":1,\"x\":[1");
    for (int i = 0; i < 20000; i++)
        str_add(&text, ",1");
    str_add(&text, "]}\n");
    for (int i = 0; i < 20000; i++)
        str_add(&text, "{\"y\":1}\n");
    write_text("f.jsonl", str_text(&text));
    str_clear(&text);
    refused(JSONL(&c, "missing", "zero"), ERR_DATA,
            "'f.jsonl' has up to 20001 rows of 20001 features in 200016 bytes: most are missing");
    str_add(&text, "{\"y\":1,\"x\":");
    str_repeat(&text, '[', 100000);
    write_text("f.jsonl", str_text(&text));
    refused(jsonl(&c, NULL), ERR_DATA,
            "line 1 of 'f.jsonl' is no JSON: maximum parsing depth reached near '['");
    str_clear(&text);
    str_repeat(&text, '[', (1 << 22) + 1);
    write_text("f.jsonl", str_text(&text));
    refused(jsonl(&c, NULL), ERR_DATA, "line 1 of 'f.jsonl' is longer than 4194304 bytes");
    str_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_and_numbers),
        cmocka_unit_test(fields_chosen),
        cmocka_unit_test(same_as_csv),
        cmocka_unit_test(wrong),
        cmocka_unit_test(bombs),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
