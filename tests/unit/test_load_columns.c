// test_load_columns.c -- csv columns that are words, keys, left out, or have no value; and class
// names that the call gives. The numbers are worked out by hand.
#include "load_call.h"

#include <math.h>

// --- calls ---------------------------------------------------------------------------------------

enum { MOST = 8 };
struct csv_call {
    struct value_arg args[2 + MOST];
    struct value items[MOST][4];
    struct value call;
};

// csv("f.csv", label: "y") and more: names and what they are, "a|b" for a list of two.
static const struct value *csv(struct csv_call *c, const char *const more[][2], size_t n)
{
    static char text[MOST][64];
    c->args[0] = (struct value_arg){"path", value_text("f.csv")};
    c->args[1] = (struct value_arg){"label", value_text("y")};
    for (size_t i = 0; i < n; i++) {
        const char *name = more[i][0];
        bool word = strcmp(name, "missing") == 0;
        bool list = !word && strcmp(name, "key") != 0 && strcmp(name, "group") != 0;
        struct value v = word ? value_name(more[i][1]) : value_text(more[i][1]);
        if (list) {
            size_t items = 0;
            strcpy(text[i], more[i][1]);
            for (char *p = strtok(text[i], "|"); p != NULL; p = strtok(NULL, "|"))
                c->items[i][items++] = value_text(p);
            v = (struct value){.kind = VALUE_LIST, .n = items, .items = c->items[i]};
        }
        c->args[2 + i] = (struct value_arg){name, v};
    }
    c->call = (struct value){.kind = VALUE_CALL, .text = "csv", .n = 2 + n, .args = c->args};
    return &c->call;
}

#define CSV(c, ...)                                                                                \
    csv(c, (const char *const[][2]){__VA_ARGS__},                                                  \
        ARRAY_LEN(((const char *const[][2]){__VA_ARGS__})))

static void check_x(const struct table *t, const float *x, size_t n, size_t d)
{
    assert_int_equal(t->n, n);
    assert_int_equal(t->d, d);
    for (size_t i = 0; i < n * d; i++)
        assert_float_equal(t->x[i], x[i], 0);
}

// --- words ---------------------------------------------------------------------------------------

// A feature for each word, in the place of the column and in the order of the words, whatever the
// order of rows.
static void words(void **state)
{
    (void)state;
    struct csv_call c;
    struct table t;
    write_text("f.csv", "a,city,y,b\n1,rome,p,5\n2,oslo,q,6\n3,rome,p,7\n4,\"a, b\",q,8\n");
    load_ok(&t, CSV(&c, {"categorical", "city"}), 2);
    check_x(&t, (float[]){2, 0, 0, 2, 10, 4, 0, 2, 0, 12, 6, 0, 0, 2, 14, 8, 2, 0, 0, 16}, 4, 5);
    static const char *const name[] = {"a", "city.a, b", "city.oslo", "city.rome", "b"};
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(t.columns[i], name[i]);
    table_release(&t);
    struct err err = {0};
    struct table_facts facts;
    assert_int_equal(load_facts(&facts, CSV(&c, {"categorical", "city"}), ".", &err), 0);
    assert_int_equal(facts.d, 0); // only the rows tell

    // whole numbers are one word when they are one number, and stand by value
    write_text("f.csv", "k,y,j\n10,p,u\n9,q,v\n10.0,p,u\n");
    load_ok(&t, CSV(&c, {"categorical", "j|k"}), 1);
    check_x(&t, (float[]){0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0}, 3, 4);
    assert_string_equal(t.columns[0], "k.9");
    assert_string_equal(t.columns[1], "k.10");
    table_release(&t);
}

static void too_many_words(void **state)
{
    (void)state;
    struct csv_call c;
    struct str text = {0};
    struct table t;
    str_add(&text, "y,w\n");
    for (int i = 0; i < 256; i++)
        str_format(&text, "0,n%d\n", i);
    write_text("f.csv", str_text(&text));
    load_ok(&t, CSV(&c, {"categorical", "w"}), 1);
    assert_int_equal(t.d, 256);
    table_release(&t);
    str_add(&text, "0,n256\n");
    write_text("f.csv", str_text(&text));
    str_release(&text);
    refused(CSV(&c, {"categorical", "w"}), ERR_DATA,
            "line 258 of 'f.csv' has the 257th value of column 'w'; is it categorical?");
}

// --- missing values ------------------------------------------------------------------------------

static const char GAPS[] = "a,w,y,b\n1,u,p,NA\n?,v,q,4\n5,u,p,\n6,nan,r,8\n";

static void missing_filled(void **state)
{
    (void)state;
    struct csv_call c;
    struct table t;
    write_text("f.csv", GAPS);
    const float third = (float)(2.0 / 3.0), rest = (float)(1.0 / 3.0);
    load_ok(&t, CSV(&c, {"categorical", "w"}, {"missing", "mean"}), 1);
    check_x(&t, (float[]){1, 1, 0, 6, 4, 0, 1, 4, 5, 1, 0, 6, 6, third, rest, 8}, 4, 4);
    assert_null(t.id);
    table_release(&t);
    load_ok(&t, CSV(&c, {"categorical", "w"}, {"missing", "zero"}), 10);
    check_x(&t, (float[]){10, 10, 0, 0, 0, 0, 10, 40, 50, 10, 0, 0, 60, 0, 0, 80}, 4, 4);
    table_release(&t);
    load_ok(&t, CSV(&c, {"drop", "w"}, {"missing", "mean"}), 1);
    check_x(&t, (float[]){1, 6, 4, 4, 5, 6, 6, 8}, 4, 2);
    table_release(&t);
}

// What only dropped rows had is gone with them: words, classes, groups. The others keep their row
// numbers.
static void missing_dropped(void **state)
{
    (void)state;
    struct csv_call c;
    struct table t;
    write_text("f.csv",
               "a,w,y,g,k\n?,zoo,m,A,r0\n1,v,q,B,r1\n2,N/A,a,C,r2\n3,u,p,D,r3\n4,v,q,D,r4\n");
    load_ok(&t, CSV(&c, {"categorical", "w"}, {"missing", "drop"}, {"group", "g"}, {"key", "k"}),
            1);
    check_x(&t, (float[]){1, 0, 1, 3, 1, 0, 4, 0, 1}, 3, 3);
    assert_string_equal(t.columns[1], "w.u");
    assert_int_equal(t.classes, 2);
    assert_string_equal(t.class_names[0], "p");
    assert_memory_equal(t.y, ((uint32_t[]){1, 0, 1}), 12);
    assert_memory_equal(t.group, ((uint32_t[]){0, 1, 1}), 12);
    assert_string_equal(t.group_name, "g");
    assert_string_equal(t.key[0], "r1");
    assert_string_equal(t.key[2], "r4");
    assert_int_equal(table_id(&t, 0), 1);
    assert_int_equal(table_id(&t, 2), 4);
    table_release(&t);
    refused(CSV(&c, {"categorical", "w|g|k"}), ERR_DATA,
            "line 2 of 'f.csv' has '?' in column 'a', expected a finite number");
    write_text("f.csv", "a,y\n?,1\n,2\n");
    refused(CSV(&c, {"missing", "drop"}), ERR_DATA, "every row of 'f.csv' has a missing value");
    refused(CSV(&c, {"missing", "mean"}), ERR_DATA, "column 'a' of 'f.csv' has no value at all");
    hinted(CSV(&c, {"missing", "mean"}), "drop: [\"a\"] leaves it out.");
}

static void missing_refused(void **state)
{
    (void)state;
    struct csv_call c;
    static const char HINT[] =
        "What a missing value becomes is said by missing: mean, zero or drop.";
    write_text("f.csv", "y,a\np,1\nq,NA\n");
    refused(csv(&c, NULL, 0), ERR_DATA,
            "line 3 of 'f.csv' has 'NA' in column 'a', expected a finite number");
    hinted(csv(&c, NULL, 0), HINT);
    refused(CSV(&c, {"categorical", "a"}), ERR_DATA,
            "line 3 of 'f.csv' has 'NA' in column 'a', expected a word");
    hinted(CSV(&c, {"categorical", "a"}), HINT);
    write_text("f.csv", "y,a\np,1\nq,red\n");
    hinted(csv(&c, NULL, 0),
           "Columns of words are listed: categorical: [\"a\"]; or left out: drop: [...].");
    // a label, a group or a key is never missing
    write_text("f.csv", "y,a,g\n,1,2\n");
    refused(CSV(&c, {"missing", "drop"}), ERR_DATA, "line 2 of 'f.csv' has no label");
    write_text("f.csv", "y,a,g\np,1,\n");
    refused(CSV(&c, {"missing", "drop"}, {"group", "g"}), ERR_DATA,
            "line 2 of 'f.csv' has no group");
}

// --- classes, keys, columns left out -------------------------------------------------------------

static void classes_given(void **state)
{
    (void)state;
    struct csv_call c;
    struct table t;
    write_text("f.csv", "y,a\nham,1\nspam,2\nham,3\n");
    load_ok(&t, CSV(&c, {"classes", "spam|ham|other"}), 1);
    assert_int_equal(t.classes, 3); // also those that no row has
    assert_memory_equal(t.y, ((uint32_t[]){1, 0, 1}), 12);
    assert_string_equal(t.class_names[2], "other");
    table_release(&t);
    struct err err = {0};
    struct table_facts facts;
    assert_int_equal(load_facts(&facts, CSV(&c, {"classes", "spam|ham|other"}), ".", &err), 0);
    assert_int_equal(facts.classes, 3);
    assert_int_equal(facts.d, 1);
    refused(CSV(&c, {"classes", "spam|Ham"}), ERR_DATA,
            "line 2 of 'f.csv' has the label 'ham', expected one of 'spam', 'Ham'");
}

static void keys(void **state)
{
    (void)state;
    struct csv_call c;
    struct table t;
    write_text("f.csv", "id,y,a,note\n07,p,1,any text\n7,q,2,\n");
    load_ok(&t, CSV(&c, {"key", "id"}, {"drop", "note"}), 1);
    check_x(&t, (float[]){1, 2}, 2, 1);
    assert_string_equal(t.columns[0], "a");
    assert_string_equal(t.key[0], "07");
    assert_string_equal(t.key[1], "7");
    table_release(&t);
    write_text("f.csv", "id,y,a\n7,p,1\n8,q,2\n7,q,3\n");
    refused(CSV(&c, {"key", "id"}), ERR_DATA, "two rows of 'f.csv' have the key '7'");
    write_text("f.csv", "id,y,a\n7,p,1\n,q,2\n");
    refused(CSV(&c, {"key", "id"}), ERR_DATA, "line 3 of 'f.csv' has no key");
    refused(CSV(&c, {"drop", "x"}), ERR_DATA, "'f.csv' has no column 'x'");
    refused(CSV(&c, {"drop", "a|id"}), ERR_DATA, "line 1 of 'f.csv' has no column of features");
    refused(CSV(&c, {"drop", "y"}), ERR_DATA, "column 'y' of 'f.csv' is both label and dropped");
    refused(CSV(&c, {"drop", "a"}, {"categorical", "a"}), ERR_DATA,
            "column 'a' of 'f.csv' is both dropped and categorical");
}

static void check_names(const struct value *source, const char *const *names, size_t n)
{
    struct table found;
    struct err err = {0};
    if (load_columns(&found, source, ".", &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(found.d, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(found.columns[i], names[i]);
    table_release(&found);
}

static void names_from_the_header(void **state)
{
    (void)state;
    struct csv_call c;
    static const char *const both[] = {"b", "a"}, *const one[] = {"b"};
    write_text("f.csv", "b,id,y,a\n");
    check_names(CSV(&c, {"key", "id"}), both, 2);
    check_names(CSV(&c, {"key", "id"}, {"drop", "a"}), one, 1);
    check_names(CSV(&c, {"key", "id"}, {"categorical", "a"}), NULL, 0);

    struct value_arg name = {"name", value_text("spambase")};
    const struct value builtin = {.kind = VALUE_CALL, .text = "builtin", .n = 1, .args = &name};
    struct table mail, names;
    struct err err = {0};
    load_ok(&mail, &builtin, 1);
    assert_int_equal(load_columns(&names, &builtin, ".", &err), 0);
    assert_int_equal(names.d, mail.d);
    for (size_t i = 0; i < names.d; i++)
        assert_string_equal(names.columns[i], mail.columns[i]);
    table_release(&names);
    table_release(&mail);
    name.value = value_text("digits");
    check_names(&builtin, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(too_many_words),
        cmocka_unit_test(missing_filled),
        cmocka_unit_test(missing_dropped),
        cmocka_unit_test(missing_refused),
        cmocka_unit_test(classes_given),
        cmocka_unit_test(keys),
        cmocka_unit_test(names_from_the_header),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
