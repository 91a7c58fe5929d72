// test_load_archive.c -- npz and safetensors: what NumPy wrote (make_archive_fixtures.py), and
// files that are not what they claim, each with the one thing that is said about it.
#include "load_call.h"

#include <limits.h>

// --- calls ---------------------------------------------------------------------------------------

static char fixtures[PATH_MAX];

static int enter(void **state)
{
    return realpath("tests/unit/fixtures", fixtures) == NULL ? -1 : enter_folder(state);
}

struct archive_call {
    struct value_arg args[3];
    struct value call;
};

static const struct value *archive(struct archive_call *c, const char *format, const char *path,
                                   const char *features, const char *labels)
{
    c->args[0] = (struct value_arg){"path", value_text(path)};
    c->args[1] = (struct value_arg){"features", value_text(features)};
    c->args[2] = (struct value_arg){"labels", value_text(labels)};
    c->call = (struct value){.kind = VALUE_CALL, .text = format, .n = 3, .args = c->args};
    return &c->call;
}

static const struct value *npz(struct archive_call *c)
{
    return archive(c, "npz", "f.npz", "x", "y");
}

static const struct value *tensors(struct archive_call *c)
{
    return archive(c, "safetensors", "f.st", "x", "y");
}

// --- what others wrote ---------------------------------------------------------------------------

static void check_fixture(const char *format, const char *file, const char *features)
{
    static const uint32_t y[] = {0, 2, 1, 1, 0, 2, 2, 0};
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", fixtures, file);
    struct archive_call c;
    struct table t;
    struct err err = {0};
    struct table_facts facts;
    load_ok(&t, archive(&c, format, path, features, "y"), 2);
    assert_int_equal(t.n, 8);
    assert_int_equal(t.d, 3);
    assert_int_equal(t.classes, 3);
    for (size_t i = 0; i < 24; i++)
        assert_float_equal(t.x[i], ((float)i - 7.5f) / 2, 0);
    assert_memory_equal(t.y, y, sizeof y);
    table_release(&t);
    assert_int_equal(load_facts(&facts, &c.call, ".", &err), 0);
    assert_int_equal(facts.n, 8);
    assert_int_equal(facts.d, 3);
}

static void what_others_wrote(void **state)
{
    (void)state;
    check_fixture("npz", "archive_stored.npz", "x");
    check_fixture("npz", "archive_stored.npz", "half");
    check_fixture("npz", "archive_deflated.npz", "x");
    check_fixture("safetensors", "archive.safetensors", "f32");
    check_fixture("safetensors", "archive.safetensors", "f16");
    check_fixture("safetensors", "archive.safetensors", "bf16");
    check_fixture("safetensors", "archive.safetensors", "f64");
}

// --- npz -----------------------------------------------------------------------------------------

struct member {
    const char *name;
    const char *bytes;
    size_t n;
    bool deflated;
};

// Lies about the member of the same number; 0 is the truth.
struct lie {
    uint32_t crc, length, stored;
    uint16_t flags, method;
    int32_t at;
    const char *local_name;
};

struct zip_lies {
    struct lie member[3];
    int32_t directory_at, entries;
    const char *comment, *gap; // gap: before the directory
};

static void add(struct str *s, uint64_t x, unsigned size)
{
    for (unsigned i = 0; i < size; i++, x >>= 8)
        str_add_char(s, (char)x);
}

static void add_deflated(struct str *s, const char *bytes, size_t n)
{
    uint8_t out[8192];
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (uint8_t *)(uintptr_t)bytes;
    z.avail_in = (unsigned)n;
    z.next_out = out;
    z.avail_out = sizeof out;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    str_add_bytes(s, out, sizeof out - z.avail_out);
    deflateEnd(&z);
}

// What a local header and an entry of the directory have in common, from the flags on.
static void add_common(struct str *s, const struct member *m, const struct lie *lie, size_t stored)
{
    add(s, lie->flags, 2);
    add(s, lie->method != 0 ? lie->method : m->deflated ? 8 : 0, 2);
    add(s, 0, 4);
    add(s, (uint32_t)crc32(0, (const uint8_t *)m->bytes, (unsigned)m->n) + lie->crc, 4);
    add(s, stored + lie->stored, 4);
    add(s, m->n + lie->length, 4);
    add(s, strlen(m->name), 2);
}

static void write_zip(const struct member *m, size_t n, const struct zip_lies *lies)
{
    static const struct zip_lies truth;
    struct str file = {0}, directory = {0};
    lies = lies != NULL ? lies : &truth;
    for (size_t i = 0; i < n; i++) {
        const struct lie *lie = &lies->member[i];
        struct str data = {0};
        if (m[i].deflated)
            add_deflated(&data, m[i].bytes, m[i].n);
        else
            str_add_bytes(&data, m[i].bytes, m[i].n);
        size_t at = file.len + (size_t)lie->at;
        str_add_bytes(&file, "PK\3\4\24\0", 6);
        add_common(&file, &m[i], lie, data.len);
        add(&file, 0, 2);
        str_add(&file, lie->local_name != NULL ? lie->local_name : m[i].name);
        str_add_bytes(&file, data.data, data.len);
        str_add_bytes(&directory, "PK\1\2\24\3\24\0", 8);
        add_common(&directory, &m[i], lie, data.len);
        add(&directory, 0, 12); // extra, comment, disk, attributes
        add(&directory, at, 4);
        str_add(&directory, m[i].name);
        str_release(&data);
    }
    str_add(&file, lies->gap != NULL ? lies->gap : "");
    size_t at = file.len;
    str_add_bytes(&file, directory.data, directory.len);
    str_add_bytes(&file, "PK\5\6\0\0\0\0", 8);
    add(&file, n + (size_t)lies->entries, 2);
    add(&file, n + (size_t)lies->entries, 2);
    add(&file, directory.len, 4);
    add(&file, at + (size_t)lies->directory_at, 4);
    const char *comment = lies->comment != NULL ? lies->comment : "";
    add(&file, strlen(comment), 2);
    str_add(&file, comment);
    write_bytes("f.npz", file.data, file.len);
    str_release(&file);
    str_release(&directory);
}

// The text of an npy file.
static struct str npy(const char *descr, const char *shape, const void *data, size_t n)
{
    struct str dict = {0}, file = {0};
    str_format(&dict, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n", descr, shape);
    str_add_bytes(&file, "\x93NUMPY\1\0", 8);
    add(&file, dict.len, 2);
    str_add_bytes(&file, dict.data, dict.len);
    str_add_bytes(&file, data, n);
    str_release(&dict);
    return file;
}

static struct str x_npy, y_npy;
static const uint8_t X[] = {1, 2, 3, 4}, Y[] = {1, 0};

static void make_arrays(void)
{
    if (x_npy.len == 0) {
        x_npy = npy("|u1", "(2, 2)", X, 4);
        y_npy = npy("|u1", "(2,)", Y, 2);
    }
}

static void zip_of(const struct zip_lies *lies)
{
    make_arrays();
    const struct member m[] = {{"x.npy", x_npy.data, x_npy.len, false},
                               {"y.npy", y_npy.data, y_npy.len, true}};
    write_zip(m, 2, lies);
}

static void npz_good(void **state)
{
    (void)state;
    struct archive_call c;
    struct table t;
    // a comment that looks like the last record, ended with the wrong length
    static const struct zip_lies comment = {.comment = "PK\5\6 and so on, longer than a record"};
    for (int i = 0; i < 2; i++) {
        zip_of(i == 0 ? NULL : &comment);
        load_ok(&t, npz(&c), 1);
        assert_memory_equal(t.x_bytes, X, 4);
        assert_int_equal(t.y[0], 1);
        table_release(&t);
    }
}

static void npz_refused(void **state)
{
    (void)state;
#define BROKEN "'f.npz' is a broken zip file: "
    static const struct {
        struct zip_lies lies;
        enum err_kind kind;
        const char *message;
    } cases[] = {
        {{.member[0].flags = 1}, ERR_UNSUPPORTED, "'x.npy' in 'f.npz' is encrypted"},
        {{.member[1].method = 12},
         ERR_UNSUPPORTED,
         "'y.npy' in 'f.npz' is compressed in a way that npz never is (12)"},
        {{.member[0].crc = 1}, ERR_DATA, "'f.npz:x' is damaged: its checksum does not fit"},
        {{.member[1].crc = 1}, ERR_DATA, "'f.npz:y' is damaged: its checksum does not fit"},
        {{.member[0].length = 1}, ERR_DATA, BROKEN "an entry that is not compressed has two sizes"},
        {{.member[1].length = 1},
         ERR_DATA,
         "'f.npz:y' has 1 bytes after the 2 its header promises"},
        {{.member[1].length = (uint32_t)-1},
         ERR_DATA,
         "'f.npz:y' is cut short: its header promises 2 bytes of data, found 1"},
        {{.member[1].stored = (uint32_t)-3}, ERR_DATA, "'f.npz:y' ends inside its deflate data"},
        {{.member[1].stored = 1}, ERR_DATA, BROKEN "two of its entries share bytes"},
        {{.member[1].at = -1}, ERR_DATA, BROKEN "two of its entries share bytes"},
        {{.member[0].at = 1}, ERR_DATA, BROKEN "two of its entries share bytes"},
        {{.member[1].at = INT32_MAX / 2}, ERR_DATA, BROKEN "two of its entries share bytes"},
        {{.member[0].local_name = "z.npy"}, ERR_DATA, BROKEN "an entry differs from the directory"},
        {{.directory_at = -1},
         ERR_DATA,
         BROKEN "its directory does not end where its last record begins"},
        {{.entries = 1}, ERR_DATA, BROKEN "its directory has fewer entries than it says"},
        {{.entries = -1}, ERR_DATA, BROKEN "its directory has more entries than it says"},
        {{.entries = 5000}, ERR_DATA, BROKEN "its directory is larger than any npz needs"},
        {{.entries = 65533}, ERR_DATA, BROKEN "its zip64 record is not where it should be"},
    };
    struct archive_call c;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        zip_of(&cases[i].lies);
        refused(npz(&c), cases[i].kind, cases[i].message);
    }
    static const struct zip_lies garbage = {.gap = "bytes of nobody",
                                            .member[1].stored = 10}; // beyond the deflate data
    zip_of(&garbage);
    refused(npz(&c), ERR_DATA, "'f.npz:y' has bytes after the end of its data");
    static const struct zip_lies bomb = {.member[1].length = 1u << 30};
    struct err err = {0};
    struct table table;
    zip_of(&bomb);
    assert_int_equal(load_table(&table, npz(&c), 1, ".", &err), -1);
    assert_non_null(strstr(err.text, "'y.npy' in 'f.npz' cannot hold its 1073741894 bytes"));
}

static void npz_members(void **state)
{
    (void)state;
    struct archive_call c;
    make_arrays();
    const struct member twice[] = {{"x.npy", x_npy.data, x_npy.len, false},
                                   {"y.npy", y_npy.data, y_npy.len, false},
                                   {"x.npy", y_npy.data, y_npy.len, false}};
    write_zip(twice, 3, NULL);
    refused(npz(&c), ERR_DATA, "'f.npz' has two entries named 'x.npy'");
    zip_of(NULL);
    refused(archive(&c, "npz", "f.npz", "hidden", "y"), ERR_DATA, "'f.npz' has no array 'hidden'");
    hinted(archive(&c, "npz", "f.npz", "hidden", "y"), "It has x, y.");
    // a pickle is not read
    struct str object = npy("|O", "(2,)", "\x80\4K\1.", 5);
    const struct member pickle[] = {{"x.npy", object.data, object.len, false},
                                    {"y.npy", y_npy.data, y_npy.len, false}};
    write_zip(pickle, 2, NULL);
    refused(npz(&c), ERR_UNSUPPORTED,
            "'f.npz:x' holds elements of type '|O', expected f2, f4, f8, b1, u1..u8 or i1..i8 in "
            "little-endian order");
    str_release(&object);
    const struct member none[] = {{"x.npy", "PK", 2, false}, {"y.npy", "", 0, false}};
    write_zip(none, 2, NULL);
    refused(npz(&c), ERR_DATA, "'f.npz:x' ends inside its header");
    write_bytes("f.npz", x_npy.data, x_npy.len);
    refused(npz(&c), ERR_DATA, "'f.npz' is no zip file, or is cut short: it does not end like one");
    hinted(npz(&c), "np.savez(path, x=x, y=y) writes one.");
    write_text("f.npz", "");
    refused(npz(&c), ERR_DATA, "'f.npz' is no zip file, or is cut short: it does not end like one");
    write_gzip("f.npz", "PK", 2, "wb");
    refused(npz(&c), ERR_DATA, "'f.npz' is gzip, expected a zip file");
}

// Cut anywhere, a file is refused.
static void cut(const struct value *call, const char *name)
{
    char bytes[4096];
    FILE *f = fopen(name, "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    for (size_t k = 0; k < n; k++) {
        write_bytes(name, bytes, k);
        struct err err = {0};
        struct table t;
        assert_int_equal(load_table(&t, call, 1, ".", &err), -1);
        assert_int_equal(err.kind, ERR_DATA);
    }
}

static void npz_cut(void **state)
{
    (void)state;
    struct archive_call c;
    zip_of(NULL);
    cut(npz(&c), "f.npz");
}

// --- safetensors ---------------------------------------------------------------------------------

static void write_tensors(const char *header, const void *data, size_t n)
{
    struct str file = {0};
    add(&file, strlen(header), 8);
    str_add(&file, header);
    str_add_bytes(&file, data, n);
    write_bytes("f.st", file.data, file.len);
    str_release(&file);
}

#define GOOD_X "\"x\":{\"dtype\":\"U8\",\"shape\":[2,2],\"data_offsets\":[0,4]}"
#define GOOD_Y "\"y\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[4,6]}"

static void tensors_good(void **state)
{
    (void)state;
    struct archive_call c;
    struct table t;
    // in any order, with metadata, spaces and a tensor without elements
    write_tensors("{" GOOD_Y ",\"e\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,4]},"
                  "\"__metadata__\":{\"a\":\"b\"}," GOOD_X "}   ",
                  "\1\2\3\4\1\0", 6);
    load_ok(&t, tensors(&c), 1);
    assert_memory_equal(t.x_bytes, X, 4);
    assert_int_equal(t.y[0], 1);
    table_release(&t);
}

static void tensors_refused(void **state)
{
    (void)state;
#define X_IS(type, shape, offsets)                                                                 \
    "{\"x\":{\"dtype\":\"" type "\",\"shape\":" shape ",\"data_offsets\":" offsets "}," GOOD_Y "}"
    static const struct {
        const char *header, *message;
    } cases[] = {
        {"{" GOOD_X "," GOOD_Y,
         "'f.st' has a malformed safetensors header: '}' expected near end of file"},
        {"[]", "the header of 'f.st' is no JSON object"},
        {"{" GOOD_X "," GOOD_X "," GOOD_Y "}",
         "'f.st' has a malformed safetensors header: duplicate object key near '\"x\"'"},
        {"{" GOOD_X ",\"y\":4}",
         "tensor 'y' in 'f.st' is not told by its 'dtype', 'shape' and 'data_offsets'"},
        {X_IS("U8", "[2,2]", "[0]"),
         "tensor 'x' in 'f.st' is not told by its 'dtype', 'shape' and 'data_offsets'"},
        {X_IS("U8", "[2,2]", "[4,0]"), "tensor 'x' in 'f.st' lies outside the file"},
        {X_IS("U8", "[2,2]", "[-1,3]"), "tensor 'x' in 'f.st' lies outside the file"},
        {X_IS("U8", "[2,2]", "[0,9223372036854775807]"),
         "tensor 'x' in 'f.st' lies outside the file"},
        {X_IS("U8", "[2,2]", "[0,1e2]"), "tensor 'x' in 'f.st' lies outside the file"},
        {X_IS("U8", "[5]", "[0,5]"), "tensor 'y' in 'f.st' shares bytes with another tensor"},
        {X_IS("U8", "[2,2]", "[1,4]"),
         "tensor 'x' in 'f.st' comes after bytes that belong to no tensor"},
        {X_IS("U8", "[3]", "[0,3]"),
         "tensor 'y' in 'f.st' comes after bytes that belong to no tensor"},
        {X_IS("F32", "[2,2]", "[0,4]"),
         "tensor 'x' in 'f.st' has another number of bytes than its shape asks for"},
        {X_IS("U8", "[2,-2]", "[0,4]"), "tensor 'x' in 'f.st' has a size that is no whole number"},
        {X_IS("U8", "[2,2.0]", "[0,4]"), "tensor 'x' in 'f.st' has a size that is no whole number"},
        {X_IS("U8", "[4294967296,4294967296]", "[0,4]"),
         "tensor 'x' in 'f.st' claims sizes whose product overflows"},
        {X_IS("U8", "[1,1,1,2,2]", "[0,4]"), "tensor 'x' in 'f.st' has more than 4 dimensions"},
        {X_IS("F32", "[]", "[0,4]"), "tensor 'x' in 'f.st' is a single number, expected an array"},
        {X_IS("F8_E4M3", "[2,2]", "[0,4]"),
         "tensor 'x' in 'f.st' is of type 'F8_E4M3', expected F16, BF16, F32, F64, BOOL or whole "
         "numbers"},
        {X_IS("U8", "[4]", "[0,4]"), "'f.st:y' holds 2 labels, but 'f.st:x' holds 4 rows"},
        {"{\"z\":{\"dtype\":\"U8\",\"shape\":[6],\"data_offsets\":[0,6]}}",
         "'f.st' has no tensor 'x'"},
        {"{" GOOD_X "}", "'f.st' has 2 bytes that belong to no tensor"},
    };
    struct archive_call c;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        write_tensors(cases[i].header, "\1\2\3\4\1\0", 6);
        struct err err = {0};
        struct table t;
        assert_int_equal(load_table(&t, tensors(&c), 1, ".", &err), -1);
        assert_string_equal(err.text, cases[i].message);
    }
    struct str deep = {0};
    str_add(&deep, "{\"x\":");
    str_repeat(&deep, '[', 5000);
    write_tensors(str_text(&deep), "", 0);
    str_release(&deep);
    refused(tensors(&c), ERR_DATA,
            "'f.st' has a malformed safetensors header: maximum parsing depth reached near '['");
    write_bytes("f.st", "\0\0\0\0\0\0\0\1{}", 10);
    refused(tensors(&c), ERR_DATA,
            "'f.st' is no safetensors file, or is cut short: its header would take "
            "72057594037927936 bytes, and 2 follow");
    hinted(tensors(&c), "safetensors.numpy.save_file(arrays, path) writes one.");
    struct str huge = {0};
    str_repeat(&huge, ' ', (1 << 22) + 1);
    write_tensors(str_text(&huge), "", 0);
    str_release(&huge);
    refused(tensors(&c), ERR_DATA, "'f.st' has a header of 4194305 bytes, more than 4194304");
    write_gzip("f.st", "{}", 2, "wb");
    refused(tensors(&c), ERR_DATA, "'f.st' is gzip, expected a safetensors file");
}

static void tensors_cut(void **state)
{
    (void)state;
    struct archive_call c;
    write_tensors("{" GOOD_X "," GOOD_Y "}", "\1\2\3\4\1\0", 6);
    cut(tensors(&c), "f.st");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_others_wrote), cmocka_unit_test(npz_good),
        cmocka_unit_test(npz_refused),       cmocka_unit_test(npz_members),
        cmocka_unit_test(npz_cut),           cmocka_unit_test(tensors_good),
        cmocka_unit_test(tensors_refused),   cmocka_unit_test(tensors_cut),
    };
    int failed = cmocka_run_group_tests(tests, enter, leave_folder);
    str_release(&x_npy);
    str_release(&y_npy);
    return failed;
}
