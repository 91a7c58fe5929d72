// test_load.c -- every loader on good and on hostile files, with the exact text of what it says.
#include "load_call.h"

#include "data/npy_header.h"

#include <float.h>
#include <sys/stat.h>

// --- calls ---------------------------------------------------------------------------------------

struct source {
    struct value_arg args[4];
    struct value call;
};

static const struct value *call2(struct source *s, const char *callee, const char *a,
                                 const char *a_text, const char *b, const char *b_text)
{
    s->args[0] = (struct value_arg){a, value_text(a_text)};
    s->args[1] = (struct value_arg){b, value_text(b_text)};
    s->call = (struct value){.kind = VALUE_CALL, .text = callee, .n = 2, .args = s->args};
    return &s->call;
}

static const struct value *idx(struct source *s)
{
    return call2(s, "idx", "images", "images", "labels", "labels");
}

static const struct value *csv(struct source *s)
{
    return call2(s, "csv", "path", "f.csv", "label", "y");
}

// NULL: an optional argument that was not given, as the lowering leaves it.
static const struct value *csv_with(struct source *s, const char *group, const char *weight)
{
    csv(s);
    s->args[2] = (struct value_arg){"group", group != NULL ? value_text(group) : (struct value){0}};
    s->args[3] =
        (struct value_arg){"weight", weight != NULL ? value_text(weight) : (struct value){0}};
    s->call.n = 4;
    return &s->call;
}

static const struct value *npy(struct source *s)
{
    return call2(s, "npy", "features", "x.npy", "labels", "y.npy");
}

static const struct value *builtin(struct source *s, const char *name)
{
    s->args[0] = (struct value_arg){"name", value_text(name)};
    s->call = (struct value){.kind = VALUE_CALL, .text = "builtin", .n = 1, .args = s->args};
    return &s->call;
}

// --- IDX -----------------------------------------------------------------------------------------

static const uint8_t IMAGES[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3,
                                 0, 1, 2, 3, 4, 5, 255, 254, 253, 252, 251, 250};
static const uint8_t LABELS[] = {0, 0, 8, 1, 0, 0, 0, 2, 7, 3};

static void write_idx(void)
{
    unlink("images.gz");
    unlink("labels.gz");
    write_bytes("images", IMAGES, sizeof IMAGES);
    write_bytes("labels", LABELS, sizeof LABELS);
}

static void check_idx(void)
{
    struct source s;
    struct table t;
    load_ok(&t, idx(&s), 1.0 / 255);
    assert_int_equal(t.n, 2);
    assert_int_equal(t.d, 6);
    assert_int_equal(t.classes, 8);
    assert_int_equal(t.image.height, 2);
    assert_int_equal(t.image.width, 3);
    assert_int_equal(t.image.channels, 1);
    assert_null(t.x);
    assert_true(t.scale == (float)(1.0 / 255));
    assert_memory_equal(t.x_bytes, IMAGES + 16, 12);
    assert_int_equal(t.y[0], 7);
    assert_int_equal(t.y[1], 3);
    table_release(&t);
}

static void idx_plain(void **state)
{
    (void)state;
    write_idx();
    check_idx();
    struct source s;
    struct err err = {0};
    struct table_facts facts;
    assert_int_equal(load_facts(&facts, idx(&s), ".", &err), 0);
    assert_int_equal(facts.n, 2);
    assert_int_equal(facts.d, 6);
    assert_int_equal(facts.classes, 0);
    assert_int_equal(facts.image.width, 3);
}

static void idx_gzip_stands_in(void **state)
{
    (void)state;
    write_idx();
    unlink("images");
    write_gzip("images.gz", IMAGES, sizeof IMAGES, "wb9");
    check_idx();
    // the name does not matter, the bytes do; and members may follow each other
    write_gzip("images", IMAGES, 18, "wb");
    write_gzip("images", IMAGES + 18, sizeof IMAGES - 18, "ab");
    check_idx();
}

static void idx_rows_without_shape(void **state)
{
    (void)state;
    static const uint8_t flat[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 9, 8};
    write_idx();
    write_bytes("images", flat, sizeof flat);
    struct source s;
    struct table t;
    load_ok(&t, idx(&s), 1);
    assert_int_equal(t.d, 1);
    assert_int_equal(t.image.height, 0);
    table_release(&t);
}

// The images with the bytes at `at` replaced.
static void write_changed(size_t at, const void *bytes, size_t n)
{
    uint8_t copy[sizeof IMAGES];
    memcpy(copy, IMAGES, sizeof copy);
    memcpy(copy + at, bytes, n);
    write_idx();
    write_bytes("images", copy, sizeof copy);
}

static void idx_wrong_headers(void **state)
{
    (void)state;
    struct source s;
    write_changed(0, "\x89PNG", 4);
    refused(idx(&s), ERR_DATA,
            "'images' is no IDX file: it starts with 89 50 4e 47, expected 00 00 08 03");
    write_changed(2, "\x0D", 1);
    refused(idx(&s), ERR_UNSUPPORTED, "'images' holds 32-bit floats, expected unsigned bytes");
    write_changed(3, "\x04", 1);
    refused(idx(&s), ERR_DATA, "'images' has 4 dimensions, expected 2 or 3: these are the images");
    write_changed(4, "\0\0\0\0", 4);
    refused(idx(&s), ERR_DATA, "'images' has 12 bytes after the 0 its header promises");
    write_changed(4, "\0\0\0\1", 4);
    refused(idx(&s), ERR_DATA, "'images' has 6 bytes after the 6 its header promises");
    write_changed(4, "\0\0\0\3", 4);
    refused(idx(&s), ERR_DATA,
            "'images' is cut short: its header promises 18 bytes of data, found 12");
    write_changed(4, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12);
    refused(idx(&s), ERR_DATA, "'images' claims sizes whose product overflows");
    write_changed(4, "\x7F\xFF\xFF\xFF\x7F\xFF\xFF\xFF\0\0\0\1", 12);
    refused(idx(&s), ERR_DATA,
            "'images' is cut short: its header promises 4611686014132420609 bytes "
            "of data, found 12");
}

static void idx_cut_short(void **state)
{
    (void)state;
    struct source s;
    for (size_t n = 0; n < sizeof IMAGES; n++) {
        write_idx();
        write_bytes("images", IMAGES, n);
        char text[128] = "'images' ends inside its header";
        if (n >= 16)
            snprintf(text, sizeof text,
                     "'images' is cut short: its header promises 12 bytes of data, found %zu",
                     n - 16);
        refused(idx(&s), ERR_DATA, text);
    }
}

static void idx_empty(void **state)
{
    (void)state;
    static const uint8_t none[] = {0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3};
    static const uint8_t thin[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0};
    struct source s;
    write_idx();
    write_bytes("images", none, sizeof none);
    refused(idx(&s), ERR_DATA, "'images' holds no rows");
    write_bytes("images", thin, sizeof thin);
    refused(idx(&s), ERR_DATA, "'images' holds no features: its rows are empty");
}

static void idx_labels(void **state)
{
    (void)state;
    struct source s;
    static const uint8_t three[] = {0, 0, 8, 1, 0, 0, 0, 3, 7, 3, 1};
    write_idx();
    write_bytes("labels", three, sizeof three);
    refused(idx(&s), ERR_DATA, "'labels' holds 3 labels, but 'images' holds 2 rows");
    write_bytes("labels", IMAGES, sizeof IMAGES);
    refused(idx(&s), ERR_DATA, "'labels' has 3 dimensions, expected 1: these are the labels");
    hinted(idx(&s), "The first file of idx() is the images, the second the labels.");
    write_bytes("labels", LABELS, sizeof LABELS - 1);
    refused(idx(&s), ERR_DATA,
            "'labels' is cut short: its header promises 2 bytes of data, found 1");
}

static void idx_hostile_gzip(void **state)
{
    (void)state;
    struct source s;
    uint8_t big[] = {0, 0, 8, 3, 0, 0x10, 0, 0, 0, 0, 0, 0xFF, 0, 0, 0, 0xFF, 1, 2, 3};
    write_idx();
    write_gzip("images", big, sizeof big, "wb");
    struct err err = {0};
    struct table t;
    assert_int_equal(load_table(&t, idx(&s), 1, ".", &err), -1);
    assert_non_null(
        strstr(err.text, "'images' cannot hold the 68183654400 bytes its header promises"));

    write_gzip("images", IMAGES, sizeof IMAGES - 1, "wb"); // whole gzip, content too short
    refused(idx(&s), ERR_DATA, "'images' ends inside its data");
    uint8_t longer[sizeof IMAGES + 1] = {0};
    memcpy(longer, IMAGES, sizeof IMAGES);
    write_gzip("images", longer, sizeof longer, "wb");
    refused(idx(&s), ERR_DATA, "'images' goes on after its data");

    write_gzip("images", IMAGES, sizeof IMAGES, "wb");
    struct stat st;
    assert_int_equal(stat("images", &st), 0);
    assert_int_equal(truncate("images", st.st_size - 4), 0); // the checksum is cut
    refused(idx(&s), ERR_DATA, "'images' ends inside its gzip data");

    write_gzip("images", IMAGES, sizeof IMAGES, "wb");
    FILE *f = fopen("images", "r+b");
    assert_non_null(f);
    fseek(f, -6, SEEK_END);
    fputc(0x55, f);
    fclose(f);
    refused(idx(&s), ERR_DATA, "'images' holds broken gzip data (incorrect data check)");
}

static void files_that_are_none(void **state)
{
    (void)state;
    struct source s;
    write_idx();
    unlink("images");
    refused(idx(&s), ERR_MISSING, "no such file: 'images' (nor 'images.gz')");
    assert_int_equal(mkdir("images", 0700), 0);
    refused(idx(&s), ERR_DATA, "'images' is a directory, expected a file");
    assert_int_equal(rmdir("images"), 0);
    assert_int_equal(mkfifo("images", 0600), 0);
    // and does not wait for a writer
    refused(idx(&s), ERR_DATA, "'images' is a pipe, expected a file");
    unlink("images");
    assert_int_equal(symlink("/dev/zero", "images"), 0);
    refused(idx(&s), ERR_DATA, "'images' is no regular file, expected a file");
    unlink("images");
    unlink("f.csv");
    refused(csv(&s), ERR_MISSING, "no such file: 'f.csv'");

    struct err err = {0};
    struct table t;
    assert_int_equal(load_table(&t, csv(&s), 1, "some/where", &err), -1);
    assert_string_equal(err.text, "no such file: 'some/where/f.csv'");
    err = (struct err){0};
    assert_int_equal(
        load_table(&t, call2(&s, "csv", "path", "/no/f.csv", "label", "y"), 1, "some/where", &err),
        -1);
    assert_string_equal(err.text, "no such file: '/no/f.csv'");
}

// --- csv -----------------------------------------------------------------------------------------

static void csv_good(void **state)
{
    (void)state;
    struct source s;
    struct table t;
    // a mark, CRLF, quotes, spaces, a blank line, an exponent, no end of the last line
    write_text("f.csv", "\xEF\xBB\xBF"
                        "a,\"b, c\",y,d\r\n1, 2 ,dog,-.5\r\n\r\n"
                        "\"3\",4e1,\"a \"\"cat\"\"\",+7.\r\n0,0,dog,12345678");
    load_ok(&t, csv(&s), 2);
    static const float x[] = {2, 4, -1, 6, 80, 14, 0, 0, 24691356};
    assert_int_equal(t.n, 3);
    assert_int_equal(t.d, 3);
    assert_int_equal(t.classes, 2);
    assert_memory_equal(t.x, x, sizeof x);
    assert_int_equal(t.y[0], 1);
    assert_int_equal(t.y[1], 0); // 'a "cat"' sorts before 'dog'
    assert_int_equal(t.y[2], 1);
    assert_string_equal(t.columns[0], "a");
    assert_string_equal(t.columns[1], "b, c");
    assert_string_equal(t.columns[2], "d");
    assert_string_equal(t.class_names[0], "a \"cat\"");
    assert_string_equal(t.class_names[1], "dog");
    assert_null(t.group_name);
    table_release(&t);

    struct err err = {0};
    struct table_facts facts;
    assert_int_equal(load_facts(&facts, csv(&s), ".", &err), 0);
    assert_int_equal(facts.d, 3);
    assert_int_equal(facts.n, 0);
}

static void csv_classes(const char *rows, size_t n, const uint32_t *y, uint32_t classes,
                        const char *last)
{
    struct source s;
    struct table t;
    struct str text = {0};
    str_format(&text, "y,x\n%s", rows);
    write_text("f.csv", str_text(&text));
    str_release(&text);
    load_ok(&t, csv(&s), 1);
    assert_int_equal(t.n, n);
    assert_int_equal(t.classes, classes);
    assert_memory_equal(t.y, y, n * sizeof *y);
    if (strncmp(rows, "1.0", 3) == 0)
        assert_string_equal(t.class_names[0], "1"); // of two texts, the first by bytes
    assert_string_equal(t.class_names[classes - 1], last);
    table_release(&t);
}

static void csv_numbers_sort_by_value(void **state)
{
    (void)state;
    csv_classes("10,0\n9,0\n-1,0\n10,0\n", 4, (uint32_t[]){2, 1, 0, 2}, 3, "10");
    csv_classes("1.0,0\n1,0\n2e0,0\n", 3, (uint32_t[]){0, 0, 1}, 2, "2e0");
    csv_classes("10,0\n9,0\nx,0\n", 3, (uint32_t[]){0, 1, 2}, 3, "x"); // names: by bytes
    struct source s;
    write_text("f.csv", "y,x\n1,0\n0.5,0\n");
    refused(csv(&s), ERR_DATA, "'f.csv' has the label '0.5', expected a name or a whole number");
}

static void csv_old_line_ends(void **state)
{
    (void)state;
    struct source s;
    write_text("f.csv", "y,x\r0,1\r0,z\r");
    refused(csv(&s), ERR_DATA, "line 3 of 'f.csv' has 'z' in column 'x', expected a finite number");
}

static void csv_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "'f.csv' holds no rows"},
        {"y,x\n", "'f.csv' holds no rows"},
        {"y,x", "'f.csv' holds no rows"},
        {"a,b\n1,2\n", "'f.csv' has no column 'y'"},
        {"y\n1\n", "line 1 of 'f.csv' has no column of features"},
        {"y,a,a\n1,2,3\n", "line 1 of 'f.csv' has two columns named 'a'"},
        {"y,,a\n1,2,3\n", "line 1 of 'f.csv' gives column 2 no name"},
        {"y,a\n1,2\n1\n", "line 3 of 'f.csv' has 1 field, expected 2"},
        {"y,a\n1,2\n\n\n1,2,3\n", "line 5 of 'f.csv' has 3 fields, expected 2"},
        {"y,a\n1,abc\n", "line 2 of 'f.csv' has 'abc' in column 'a', expected a finite number"},
        {"y,a\n1,\n", "line 2 of 'f.csv' has '' in column 'a', expected a finite number"},
        {"y,a\n1,nan\n", "line 2 of 'f.csv' has 'nan' in column 'a', expected a finite number"},
        {"y,a\n1,-inf\n", "line 2 of 'f.csv' has '-inf' in column 'a', expected a finite number"},
        {"y,a\n1,0x10\n", "line 2 of 'f.csv' has '0x10' in column 'a', expected a finite number"},
        {"y,a\n1,1e\n", "line 2 of 'f.csv' has '1e' in column 'a', expected a finite number"},
        {"y,a\n1,.\n", "line 2 of 'f.csv' has '.' in column 'a', expected a finite number"},
        {"y,a\n1,1e39\n",
         "line 2 of 'f.csv' has '1e39' in column 'a', too large for a 32-bit float"},
        {"y,a\n,1\n", "line 2 of 'f.csv' has no label"},
        {"y,a\n1,2\n1,3\" disk\n", "line 3 of 'f.csv' has a quote in the wrong place"},
        {"y,a\n1,2\n1,\"3\n4\n", "line 3 of 'f.csv' has a quote that is left open"},
        {"y,a\n1,2\n\n\"3\n4\n", "line 4 of 'f.csv' has a quote that is left open"},
        {"y,a\n1,\x1b[31m\n",
         "line 2 of 'f.csv' has '?[31m' in column 'a', expected a finite number"},
        {"\xFF\xFEy", "line 1 of 'f.csv' is UTF-16, expected UTF-8"},
    };
    struct source s;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        write_text("f.csv", cases[i].text);
        refused(csv(&s), ERR_DATA, cases[i].message);
    }
    write_text("f.csv", "age,income\n1,2\n");
    hinted(csv(&s), "Its columns are age, income.");
    write_bytes("f.csv", "y,a\nc\0t,1\n", 10);
    refused(csv(&s), ERR_DATA, "line 2 of 'f.csv' has a zero byte in its label");
}

// Neither is a feature, wherever it stands; groups are numbered as labels are.
static void csv_groups_and_weights(void **state)
{
    (void)state;
    static const struct {
        const char *group, *weight;
        size_t d;
    } cases[] = {{NULL, NULL, 3}, {NULL, "w", 2}, {"h", "w", 1}, {"h", NULL, 2}};
    static const uint32_t y[] = {1, 0, 1}, group[] = {1, 2, 0};
    static const float weight[] = {0.5f, 0, 2};
    struct source s;
    write_text("f.csv", "w,x,y,h\n.5,7,b,9\n-0,8,a,10\n2,9,b,-1\n");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct value *call = csv_with(&s, cases[i].group, cases[i].weight);
        struct table t;
        struct err err = {0};
        struct table_facts facts;
        load_ok(&t, call, 10); // the scale is of the features alone
        assert_int_equal(load_facts(&facts, call, ".", &err), 0);
        assert_int_equal(facts.d, cases[i].d);
        assert_int_equal(t.d, cases[i].d);
        assert_int_equal(t.n, 3);
        assert_int_equal(t.classes, 2);
        assert_memory_equal(t.y, y, sizeof y);
        size_t at = cases[i].weight == NULL; // of x, the only feature that is always there
        assert_string_equal(t.columns[at], "x");
        assert_true(t.x[at] == 70 && t.x[t.d + at] == 80 && t.x[2 * t.d + at] == 90);
        if (cases[i].group == NULL) {
            assert_null(t.group);
        } else {
            assert_memory_equal(t.group, group, sizeof group);
            assert_string_equal(t.group_name, "h");
        }
        if (cases[i].weight == NULL)
            assert_null(t.weight);
        else
            assert_memory_equal(t.weight, weight, sizeof weight);
        table_release(&t);
    }
}

static void csv_group_numbers(const char *rows, size_t n, const uint32_t *group)
{
    struct source s;
    struct table t;
    struct str text = {0};
    str_format(&text, "h,x,y\n%s", rows);
    write_text("f.csv", str_text(&text));
    str_release(&text);
    load_ok(&t, csv_with(&s, "h", NULL), 1);
    assert_int_equal(t.n, n);
    assert_memory_equal(t.group, group, n * sizeof *group);
    table_release(&t);
}

// A group may be any text: numbers that no class could be are told apart by their bytes.
static void csv_groups_may_be_anything(void **state)
{
    (void)state;
    csv_group_numbers("south,0,0\nnorth,0,0\nsouth,0,0\n", 3, (uint32_t[]){1, 0, 1});
    csv_group_numbers("10,0,0\n9,0,0\n1e1,0,0\n", 3, (uint32_t[]){1, 0, 1});
    csv_group_numbers("0.5,0,0\n10,0,0\n0.25,0,0\n", 3, (uint32_t[]){1, 2, 0});
    csv_group_numbers("12345678901234567891,0,0\n12345678901234567890,0,0\n", 2,
                      (uint32_t[]){1, 0});
}

static void csv_groups_and_weights_refused(void **state)
{
    (void)state;
    static const struct {
        const char *group, *weight, *text, *message;
    } cases[] = {
        {"g", NULL, "y,x\n1,2\n", "'f.csv' has no column 'g'"},
        {NULL, "v", "y,x,w\n1,2,3\n", "'f.csv' has no column 'v'"},
        {"y", NULL, "y,x\n1,2\n", "column 'y' of 'f.csv' is both label and group"},
        {NULL, "y", "y,x\n1,2\n", "column 'y' of 'f.csv' is both label and weight"},
        {"x", "x", "y,x\n1,2\n", "column 'x' of 'f.csv' is both group and weight"},
        {"g", "w", "y,g,w\n1,2,3\n", "line 1 of 'f.csv' has no column of features"},
        {"g", NULL, "y,x,g\n1,2,a\n1,2,\n", "line 3 of 'f.csv' has no group"},
        {NULL, "w", "y,x,w\n1,2,1\n1,2,-.5\n",
         "line 3 of 'f.csv' has '-.5' in column 'w', expected a finite number, 0 or more"},
        {NULL, "w", "y,x,w\n1,2,nan\n",
         "line 2 of 'f.csv' has 'nan' in column 'w', expected a finite number, 0 or more"},
        {NULL, "w", "y,x,w\n1,2,\n",
         "line 2 of 'f.csv' has '' in column 'w', expected a finite number, 0 or more"},
        {NULL, "w", "y,x,w\n1,2,1e39\n",
         "line 2 of 'f.csv' has '1e39' in column 'w', too large for a 32-bit float"},
        {"g", "w", "y,x,g,w\n1,2,a,1\n1,2,a\n", "line 3 of 'f.csv' has 3 fields, expected 4"},
    };
    struct source s;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        write_text("f.csv", cases[i].text);
        refused(csv_with(&s, cases[i].group, cases[i].weight), ERR_DATA, cases[i].message);
    }
    write_text("f.csv", "y,age,hospital\n1,2,3\n");
    hinted(csv_with(&s, "hospitl", NULL), "Its columns are y, age, hospital.");
    hinted(csv_with(&s, "y", NULL), "Label, group, weight and key need a column each.");
    write_bytes("f.csv", "y,x,g\n1,2,c\0t\n", 14);
    refused(csv_with(&s, "g", NULL), ERR_DATA, "line 2 of 'f.csv' has a zero byte in its group");
}

static void csv_huge_lines(void **state)
{
    (void)state;
    struct source s;
    struct str text = {0};
    str_add(&text, "y,a\n1,2\n1,\"");
    str_repeat(&text, '\n', 200000);
    write_text("f.csv", str_text(&text));
    refused(csv(&s), ERR_DATA, "line 3 of 'f.csv' has a field longer than 65536 bytes; "
                               "is a quote left open?");
    // a long row is fine: 100,000 columns
    str_clear(&text);
    str_add(&text, "y");
    for (int i = 0; i < 100000; i++)
        str_format(&text, ",a%d", i);
    str_add(&text, "\n1");
    for (int i = 0; i < 100000; i++)
        str_format(&text, ",%d", i);
    write_text("f.csv", str_text(&text));
    str_release(&text);
    struct table t;
    load_ok(&t, csv(&s), 1);
    assert_int_equal(t.d, 100000);
    assert_true(t.x[99999] == 99999);
    table_release(&t);
    struct err err = {0};
    struct table_facts facts;
    assert_int_equal(load_facts(&facts, csv(&s), ".", &err), 0);
    assert_int_equal(facts.d, 100000);
}

static void csv_too_many_labels(void **state)
{
    (void)state;
    struct source s;
    struct str text = {0};
    str_add(&text, "x,y,z\n");
    for (int i = 0; i < 65537; i++)
        str_format(&text, "0,n%d,0\n", i);
    write_text("f.csv", str_text(&text));
    str_release(&text);
    refused(csv(&s), ERR_DATA,
            "line 65538 of 'f.csv' has the 65537th label; is 'y' the right column?");
    csv_with(&s, "y", NULL);
    s.args[1].value = value_text("z");
    refused(&s.call, ERR_DATA,
            "line 65538 of 'f.csv' has the 65537th group; is 'y' the right column?");
}

// --- npy -----------------------------------------------------------------------------------------

// A file as numpy writes it: format 1.0, the header padded with spaces to a multiple of 64.
static void write_npy(const char *name, const char *dict, const void *data, size_t n)
{
    struct str file = {0};
    size_t length = (10 + strlen(dict) + 1 + 63) / 64 * 64 - 10;
    str_add_bytes(&file, "\x93NUMPY\1\0", 8);
    str_add_char(&file, (char)(length & 255));
    str_add_char(&file, (char)(length >> 8));
    str_add(&file, dict);
    str_repeat(&file, ' ', length - strlen(dict) - 1);
    str_add_char(&file, '\n');
    str_add_bytes(&file, data, n);
    write_bytes(name, file.data, file.len);
    str_release(&file);
}

static void write_labels(void)
{
    static const uint8_t y[] = {2, 0};
    write_npy("y.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", y, 2);
}

static void check_type(const char *descr, const void *data, size_t n, const float *x)
{
    char dict[128];
    snprintf(dict, sizeof dict, "{'descr': '%s', 'fortran_order': False, 'shape': (2, 2), }",
             descr);
    write_npy("x.npy", dict, data, n);
    write_labels();
    struct source s;
    struct table t;
    load_ok(&t, npy(&s), 0.5);
    assert_int_equal(t.n, 2);
    assert_int_equal(t.d, 2);
    assert_int_equal(t.classes, 3);
    assert_int_equal(t.image.width, 0);
    for (size_t i = 0; i < 4; i++)
        assert_true((t.x != NULL ? t.x[i] : (float)t.x_bytes[i] * t.scale) == x[i]);
    assert_int_equal(t.y[0], 2);
    table_release(&t);
}

#define CHECK_TYPE(descr, type, ...)                                                               \
    do {                                                                                           \
        const type data[] = {__VA_ARGS__};                                                         \
        float half[4];                                                                             \
        for (int i = 0; i < 4; i++)                                                                \
            half[i] = (float)data[i] * 0.5f;                                                       \
        check_type(descr, data, sizeof data, half);                                                \
    } while (0)

static void npy_types(void **state)
{
    (void)state;
    CHECK_TYPE("<f4", float, 1.5f, -0.25f, FLT_MAX, 1e-40f);
    CHECK_TYPE("<f8", double, 1.5, -0.1, 1e30, 1e-300);
    CHECK_TYPE("|u1", uint8_t, 0, 1, 128, 255);
    CHECK_TYPE("<u1", uint8_t, 0, 1, 128, 255);
    CHECK_TYPE("<u2", uint16_t, 0, 1, 256, 65535);
    CHECK_TYPE("<u4", uint32_t, 0, 1, 256, 4294967295u);
    CHECK_TYPE("<u8", uint64_t, 0, 1, 256, 1ull << 63);
    CHECK_TYPE("|i1", int8_t, 0, -1, 127, -128);
    CHECK_TYPE("<i2", int16_t, 0, -1, 32767, -32768);
    CHECK_TYPE("<i4", int32_t, 0, -1, 2147483647, INT32_MIN);
    CHECK_TYPE("<i8", int64_t, 0, -1, 1ll << 40, INT64_MIN);
    CHECK_TYPE("|b1", uint8_t, 0, 1, 1, 0);
    // halves: 1.5, -2, the smallest there is, and the largest
    const uint8_t half[] = {0x00, 0x3E, 0x00, 0xC0, 0x01, 0x00, 0xFF, 0x7B};
    check_type("<f2", half, sizeof half, (float[]){0.75f, -1, 0x1p-25f, 32752});
}

static void npy_shapes(void **state)
{
    (void)state;
    static const uint8_t x[12] = {1, 2, 3};
    struct source s;
    struct table t;
    write_labels();
    write_npy("x.npy", "{'shape': (2,), 'fortran_order': False, 'descr': '|u1'}", x, 2);
    load_ok(&t, npy(&s), 1);
    assert_int_equal(t.d, 1);
    table_release(&t);
    write_npy("x.npy", "{\"descr\":'|u1','shape':(2,3,2),'fortran_order':False}", x, 12);
    load_ok(&t, npy(&s), 1);
    assert_int_equal(t.d, 6);
    assert_int_equal(t.image.height, 3);
    assert_int_equal(t.image.width, 2);
    assert_int_equal(t.image.channels, 1);
    table_release(&t);
    write_npy("x.npy", "{'shape': (2, 1, 2, 3), 'fortran_order': False, 'descr': '|u1'}", x, 12);
    load_ok(&t, npy(&s), 1);
    assert_int_equal(t.image.height, 1);
    assert_int_equal(t.image.width, 2);
    assert_int_equal(t.image.channels, 3);
    table_release(&t);
    write_npy("x.npy", "{'shape': (2, 3, 2), 'fortran_order': False, 'descr': '|u1'}", x, 12);

    struct err err = {0};
    struct table_facts facts;
    assert_int_equal(load_facts(&facts, npy(&s), ".", &err), 0);
    assert_int_equal(facts.n, 2);
    assert_int_equal(facts.d, 6);
    assert_int_equal(facts.image.height, 3);
}

static void npy_version_2(void **state)
{
    (void)state;
    const char *dict = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n";
    struct str file = {0};
    str_add_bytes(&file, "\x93NUMPY\2\0", 8);
    str_add_bytes(&file, (uint8_t[]){(uint8_t)strlen(dict), 0, 0, 0}, 4);
    str_add(&file, dict);
    str_add(&file, "ab");
    write_bytes("x.npy", file.data, file.len);
    write_labels();
    struct source s;
    struct table t;
    load_ok(&t, npy(&s), 1);
    assert_int_equal(t.x_bytes[1], 'b');
    table_release(&t);
    file.data[6] = 4;
    write_bytes("x.npy", file.data, file.len);
    refused(npy(&s), ERR_UNSUPPORTED, "'x.npy' has npy format 4.0, expected 1.0, 2.0 or 3.0");
    file.data[6] = 2;
    file.data[10] = 1; // a header of 65,536 bytes and more
    write_bytes("x.npy", file.data, file.len);
    refused(npy(&s), ERR_DATA, "'x.npy' has an npy header of 65594 bytes, more than 65536");
    str_release(&file);
}

static void npy_headers_refused(void **state)
{
    (void)state;
#define MALFORMED "'f' has a malformed npy header: "
    static const struct {
        const char *dict, *message;
    } cases[] = {
        {"", MALFORMED "expected '{', found ''"},
        {"{", MALFORMED "expected a string, found ''"},
        {"{}", MALFORMED "'descr' is missing"},
        {"{'descr': '<f4', 'shape': (2,)}", MALFORMED "'fortran_order' is missing"},
        {"{'descr': '<f4' 'shape': (2,)}", MALFORMED "expected ',' or '}', found ''shape': (2,)}'"},
        {"{'descr': '<f4', 'descr': '<f4'}", MALFORMED "'descr' is there twice"},
        {"{'descr': '<f4', 'x': 1}", MALFORMED "unknown key 'x'"},
        {"{'descr: '<f4'}", MALFORMED "expected ':', found '<f4'}'"},
        {"{'descr", MALFORMED "expected the end of a string, found ''"},
        {"{'de\\x73cr': '<f4'}",
         MALFORMED "expected the end of a string, found '\\x73cr': '<f4'}'"},
        {"{'fortran_order': 1}", MALFORMED "expected True or False, found '1}'"},
        {"{'shape': [2]}", MALFORMED "expected '(', found '[2]}'"},
        {"{'shape': (2 3)}", MALFORMED "expected ',' or ')', found '3)}'"},
        {"{'shape': (2)}", MALFORMED "expected ',' after the only size, found '}'"},
        {"{'shape': (-2,)}", MALFORMED "expected a size, found '-2,)}'"},
        {"{'shape': (,)}", MALFORMED "expected a size, found ',)}'"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} 1",
         MALFORMED "expected the end, found '1'"},
        {"{'shape': ()}", "'f' holds a single number, expected an array"},
        {"{'shape': (1, 1, 1, 1, 1)}", "'f' has more than 4 dimensions"},
        {"{'shape': (99999999999999999999,)}", "'f' claims a size beyond 64 bits"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
         "'f' claims sizes whose product overflows"},
        {"{'descr': [('a', '<f4')]}", "'f' is a structured array, expected one number an element"},
        {"{'descr': '>f4'}",
         "'f' holds elements of type '>f4', expected f2, f4, f8, b1, u1..u8 or i1..i8 in "
         "little-endian order"},
        {"{'descr': '|O'}", "'f' holds elements of type '|O', expected f2, f4, f8, b1, u1..u8 or i1..i8 in "
                            "little-endian order"},
        {"{'fortran_order': True}",
         "'f' is in Fortran order (column after column), expected C order"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        struct npy_header header;
        assert_int_equal(
            npy_header_parse(&header, cases[i].dict, strlen(cases[i].dict), "f", &err), -1);
        assert_string_equal(err.text, cases[i].message);
    }
    struct err err = {0};
    struct npy_header header;
    const char *fortran = "{'fortran_order': True}";
    assert_int_equal(npy_header_parse(&header, fortran, strlen(fortran), "f", &err), -1);
    assert_string_equal(err.hint, "Save it with np.save(path, np.ascontiguousarray(x)).");
}

static void npy_files_refused(void **state)
{
    (void)state;
    struct source s;
    static const float x[] = {1, 2, 3, 4};
    const char *dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }";
    write_labels();
    write_text("x.npy", "PK\3\4....................");
    refused(npy(&s), ERR_DATA, "'x.npy' is no npy file: it does not start with \\x93NUMPY");
    write_text("x.npy", "PK");
    refused(npy(&s), ERR_DATA, "'x.npy' ends inside its header");
    write_npy("x.npy", dict, x, sizeof x - 1);
    refused(npy(&s), ERR_DATA,
            "'x.npy' is cut short: its header promises 16 bytes of data, found 15");
    write_npy("x.npy", dict, x, sizeof x);
    assert_int_equal(truncate("x.npy", 40), 0);
    refused(npy(&s), ERR_DATA, "'x.npy' ends inside its header");
    write_npy("x.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }", x, sizeof x);
    refused(npy(&s), ERR_DATA, "'x.npy' has 8 bytes after the 8 its header promises");
    write_npy("x.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 5), }", x, 0);
    refused(npy(&s), ERR_DATA, "'x.npy' holds no rows");
    write_npy("x.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (5, 0), }", x, 0);
    refused(npy(&s), ERR_DATA, "'x.npy' holds no features: its rows are empty");
    write_npy("x.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 1), }", x, sizeof x);
    refused(npy(&s), ERR_DATA, "'y.npy' holds 2 labels, but 'x.npy' holds 4 rows");

    const float bad[] = {1, 2, 3, strtof("nan", NULL)};
    write_npy("x.npy", dict, bad, sizeof bad);
    refused(npy(&s), ERR_DATA,
            "'x.npy' has nan in row 1, feature 1 (counted from 0), expected a finite number");
    const double large[] = {1, 1e300, 3, 4};
    write_npy("x.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }", large,
              sizeof large);
    refused(
        npy(&s), ERR_DATA,
        "'x.npy' has 1e+300 in row 0, feature 1 (counted from 0), too large for a 32-bit float");
}

static void npy_labels_refused(void **state)
{
    (void)state;
    struct source s;
    static const uint8_t x[] = {1, 2};
    write_npy("x.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", x, 2);
    const float real[] = {0, 1};
    write_npy("y.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", real, 8);
    refused(npy(&s), ERR_DATA, "'y.npy' holds labels of type '<f4', expected whole numbers");
    hinted(npy(&s), "Save them with np.save(path, y.astype(np.int64)).");
    write_npy("y.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1), }", x, 2);
    refused(npy(&s), ERR_DATA, "'y.npy' has 2 dimensions, expected 1: these are the labels");
    const int64_t negative[] = {0, -1}, large[] = {0, 65536};
    write_npy("y.npy", "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }", negative, 16);
    refused(npy(&s), ERR_DATA,
            "'y.npy' has the label -1 in row 1 (counted from 0), expected 0 to 65535");
    write_npy("y.npy", "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }", large, 16);
    refused(npy(&s), ERR_DATA,
            "'y.npy' has the label 65536 in row 1 (counted from 0), expected 0 to 65535");
}

// --- builtin data, digests -----------------------------------------------------------------------

static void builtin_digits(void **state)
{
    (void)state;
    struct source s;
    struct table t;
    load_ok(&t, builtin(&s, "digits"), 1);
    assert_int_equal(t.n, 1797);
    assert_int_equal(t.d, 64);
    assert_int_equal(t.classes, 10);
    assert_int_equal(t.image.height, 8);
    assert_int_equal(t.image.width, 8);
    assert_int_equal(t.image.channels, 1);
    unsigned count[10] = {0};
    double sum = 0;
    for (size_t i = 0; i < t.n; i++)
        count[t.y[i]]++;
    for (size_t i = 0; i < t.n * t.d; i++) {
        assert_true(t.x[i] >= 0 && t.x[i] <= 1);
        assert_true(t.x[i] * 16 == (float)(int)(t.x[i] * 16));
        sum += (double)t.x[i] * 16;
    }
    static const unsigned published[10] = {178, 182, 177, 183, 181, 182, 181, 179, 174, 180};
    assert_memory_equal(count, published, sizeof count);
    assert_true(sum == 561718);
    assert_string_equal(t.columns[63], "r7c7");
    table_release(&t);

    struct err err = {0};
    struct table_facts facts;
    assert_int_equal(load_facts(&facts, builtin(&s, "digits"), ".", &err), 0);
    assert_int_equal(facts.n, 1797);
    assert_int_equal(facts.d, 64);
    assert_int_equal(facts.classes, 10);
    refused(builtin(&s, "nope"), ERR_DATA, "there is no builtin data set 'nope'");
    hinted(builtin(&s, "nope"), "There are: digits, spambase.");
}

// Rows, spam and means as the documentation of the data prints them.
static void builtin_spambase(void **state)
{
    (void)state;
    struct source s;
    struct table t;
    load_ok(&t, builtin(&s, "spambase"), 1);
    assert_int_equal(t.n, 4601);
    assert_int_equal(t.d, 57);
    assert_int_equal(t.classes, 2);
    assert_int_equal(t.image.height, 0);
    assert_string_equal(t.class_names[0], "nonspam");
    assert_string_equal(t.class_names[1], "spam");
    size_t spam = 0;
    for (size_t i = 0; i < t.n; i++)
        spam += t.y[i];
    assert_int_equal(spam, 1813);
    static const struct {
        const char *column;
        size_t at;
        const char *mean;
        float max;
    } published[] = {
        {"make", 0, "0.10455", 4.54f},         {"hp", 24, "0.5495", 20.83f},
        {"george", 26, "0.7673", 33.33f},      {"charExclamation", 51, "0.26907", 32.478f},
        {"charDollar", 52, "0.075811", 6.003f}, {"capitalAve", 54, "5.1915", 1102.5f},
        {"capitalLong", 55, "52.173", 9989},   {"capitalTotal", 56, "283.29", 15841},
    };
    for (size_t k = 0; k < ARRAY_LEN(published); k++) {
        size_t at = published[k].at;
        assert_string_equal(t.columns[at], published[k].column);
        double sum = 0;
        float max = 0;
        for (size_t i = 0; i < t.n; i++) {
            float x = t.x[i * t.d + at];
            sum += (double)x;
            max = x > max ? x : max;
        }
        char mean[32];
        snprintf(mean, sizeof mean, "%.5g", sum / 4601);
        assert_string_equal(mean, published[k].mean);
        assert_true(max == published[k].max);
    }
    table_release(&t);

    struct err err = {0};
    struct table_facts facts;
    assert_int_equal(load_facts(&facts, builtin(&s, "spambase"), ".", &err), 0);
    assert_int_equal(facts.n, 4601);
    assert_int_equal(facts.d, 57);
    assert_int_equal(facts.classes, 2);
}

static void digests(void **state)
{
    (void)state;
    struct source s;
    write_idx();
    struct digest a = digest_ok(idx(&s), ".");
    struct digest same = digest_ok(idx(&s), folder); // the folder is no part of it
    assert_true(digest_equal(&a, &same));
    uint8_t changed[sizeof LABELS];
    memcpy(changed, LABELS, sizeof changed);
    changed[9] ^= 1;
    write_bytes("labels", changed, sizeof changed);
    struct digest b = digest_ok(idx(&s), ".");
    assert_false(digest_equal(&a, &b));
    // the same bytes under other arguments
    struct digest c = digest_ok(call2(&s, "idx", "images", "labels", "labels", "images"), ".");
    assert_false(digest_equal(&b, &c));
    struct digest d = digest_ok(builtin(&s, "digits"), ".");
    struct digest e = digest_ok(builtin(&s, "digits"), "elsewhere");
    assert_true(digest_equal(&d, &e));

    struct err err = {0};
    unlink("labels");
    assert_int_equal(load_digest(&d, idx(&s), ".", &err), -1);
    assert_string_equal(err.text, "no such file: 'labels' (nor 'labels.gz')");
    assert_true(digest_equal(&d, &e)); // untouched on failure
}

// The same rows as bytes and as floats are the same content.
static void table_digests(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0, 51, 255, 7};
    float x[4];
    uint32_t y[] = {0, 1}, y2[] = {1, 0};
    uint64_t id[] = {0, 1}, id2[] = {0, 2};
    struct table a = {.n = 2, .d = 2, .classes = 2, .x_bytes = bytes, .scale = 1.0f / 255, .y = y};
    for (int i = 0; i < 4; i++)
        x[i] = (float)bytes[i] * a.scale;
    struct table b = {.n = 2, .d = 2, .classes = 2, .x = x, .scale = 1, .y = y, .id = id};
    struct digest da = table_digest(&a), db = table_digest(&b);
    assert_true(digest_equal(&da, &db));
    b.y = y2;
    db = table_digest(&b);
    assert_false(digest_equal(&da, &db));
    b.y = y;
    b.id = id2;
    db = table_digest(&b);
    assert_false(digest_equal(&da, &db));

    b.id = id;
    uint32_t group[] = {3, 0}, group2[] = {0, 3};
    float weight[] = {1, 0}, weight2[] = {1, 2};
    const struct {
        const uint32_t *group;
        const float *weight;
    } extras[] = {{NULL, NULL},   {group, NULL},   {group2, NULL},
                  {NULL, weight}, {NULL, weight2}, {group, weight}};
    struct digest of_extras[ARRAY_LEN(extras)];
    for (size_t i = 0; i < ARRAY_LEN(extras); i++) {
        b.group = extras[i].group;
        b.weight = extras[i].weight;
        of_extras[i] = table_digest(&b);
        for (size_t k = 0; k < i; k++)
            assert_false(digest_equal(&of_extras[i], &of_extras[k]));
    }
    assert_true(digest_equal(&of_extras[0], &da));
    b.group = NULL;
    b.weight = NULL;

    x[0] = strtof("nan", NULL);
    da = table_digest(&b);
    uint32_t other_nan = 0xFFC12345u;
    memcpy(&x[0], &other_nan, 4);
    db = table_digest(&b);
    assert_true(digest_equal(&da, &db));
}

// The same numbers are the same features to the last bit, whatever file they come from.
static void formats_agree(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0, 51, 255, 7};
    static const double doubles[] = {0, 51, 255, 7};
    struct source s;
    struct digest d[4];
    static const uint8_t images[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 51, 255, 7};
    static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 1, 0}, y[] = {1, 0};
    write_idx();
    write_bytes("images", images, sizeof images);
    write_bytes("labels", labels, sizeof labels);
    write_npy("y.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", y, 2);
    write_text("f.csv", "a,y,b\n0,1,51\n255,0,7\n");
    for (int i = 0; i < 4; i++) {
        struct table t;
        if (i == 2)
            write_npy("x.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }", bytes,
                      4);
        if (i == 3)
            write_npy("x.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }",
                      doubles, 32);
        load_ok(&t, i == 0 ? idx(&s) : i == 1 ? csv(&s) : npy(&s), 1.0 / 255);
        d[i] = table_digest(&t);
        assert_true(digest_equal(&d[i], &d[0]));
        table_release(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idx_plain),
        cmocka_unit_test(idx_gzip_stands_in),
        cmocka_unit_test(idx_rows_without_shape),
        cmocka_unit_test(idx_wrong_headers),
        cmocka_unit_test(idx_cut_short),
        cmocka_unit_test(idx_empty),
        cmocka_unit_test(idx_labels),
        cmocka_unit_test(idx_hostile_gzip),
        cmocka_unit_test(files_that_are_none),
        cmocka_unit_test(csv_good),
        cmocka_unit_test(csv_numbers_sort_by_value),
        cmocka_unit_test(csv_old_line_ends),
        cmocka_unit_test(csv_refused),
        cmocka_unit_test(csv_groups_and_weights),
        cmocka_unit_test(csv_groups_may_be_anything),
        cmocka_unit_test(csv_groups_and_weights_refused),
        cmocka_unit_test(csv_huge_lines),
        cmocka_unit_test(csv_too_many_labels),
        cmocka_unit_test(npy_types),
        cmocka_unit_test(npy_shapes),
        cmocka_unit_test(npy_version_2),
        cmocka_unit_test(npy_headers_refused),
        cmocka_unit_test(npy_files_refused),
        cmocka_unit_test(npy_labels_refused),
        cmocka_unit_test(builtin_digits),
        cmocka_unit_test(builtin_spambase),
        cmocka_unit_test(digests),
        cmocka_unit_test(table_digests),
        cmocka_unit_test(formats_agree),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
