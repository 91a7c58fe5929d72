// fuzz_load.c -- libFuzzer target: no bytes harm a loader, and what it accepts keeps the promises of
// a table.
//
// An input is a letter (i: idx, c: csv, C: csv with words, a key and missing values, n: npy,
// z: npz, s: safetensors, j: jsonl, J: the same as C), the length of the first file in two bytes
// (little-endian), the first file, the second file.
//
// clang -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -g -O1 \
//     -fsanitize=fuzzer,address,undefined -Iruntime tests/fuzz/fuzz_load.c \
//     runtime/data/*.c runtime/data/builtin.S runtime/plan/value.c \
//     runtime/base/{mem,arena,str,err,bug,digest,detmath,rng}.c -lcsv -ljansson -lz -lcrypto -lm -o fuzz_load
// ./fuzz_load -max_total_time=60 -max_len=8192 -rss_limit_mb=1024 tests/fuzz/corpus/load
#define _GNU_SOURCE // memfd_create
#include "data/load.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { PATH = 32 };

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "broken promise: %s\n", what);
        abort();
    }
}

// A file in memory, with a path to open it by.
static int file_of(char path[PATH], const uint8_t *bytes, size_t n)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    require(fd >= 0 && write(fd, bytes, n) == (ssize_t)n, "a file in memory");
    snprintf(path, PATH, "/proc/self/fd/%d", fd);
    return fd;
}

static void check_table(const struct table *table, const struct table_facts *facts)
{
    require(table->n > 0 && table->d > 0, "rows and features");
    require(facts->n == 0 || facts->n == table->n, "the rows of the header");
    require(facts->d == 0 || facts->d == table->d, "the features of the header");
    require((table->x != NULL) != (table->x_bytes != NULL), "floats or bytes");
    for (size_t i = 0; table->x != NULL && i < table->n * table->d; i++)
        require(table->x[i] >= -FLT_MAX && table->x[i] <= FLT_MAX, "finite features");
    for (size_t i = 0; i < table->n; i++)
        require(table->y[i] < table->classes, "labels below the number of classes");
    const struct image_shape *image = &table->image;
    size_t pixels = (size_t)image->height * image->width * image->channels;
    require(pixels == 0 || pixels == table->d, "an image shape that fits");
    require(memcmp(&facts->image, image, sizeof *image) == 0, "the image shape of the header");
    struct digest d = table_digest(table);
    (void)d;
}

static void load(const struct value *call)
{
    struct table table;
    struct table_facts facts;
    struct digest digest;
    struct err err = {0}, facts_err = {0};
    bool has_facts = load_facts(&facts, call, NULL, &facts_err) == 0;
    if (load_table(&table, call, 0.5, NULL, &err) == 0) {
        require(has_facts, "facts of a table that loads");
        check_table(&table, &facts);
        table_release(&table);
        require(load_digest(&digest, call, NULL, &err) == 0, "a digest of a table that loads");
    } else {
        require(err_is_set(&err) && err.text[0] != '\0', "a reason");
        require(has_facts || facts_err.text[0] != '\0', "a reason from the header");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const struct {
        uint8_t letter;
        const char *callee, *first, *second;
    } formats[] = {
        {'i', "idx", "images", "labels"},
        {'c', "csv", "path", "label"},
        {'C', "csv", "path", "label"},
        {'n', "npy", "features", "labels"},
        {'z', "npz", "path", "labels"},
        {'s', "safetensors", "path", "labels"},
        {'j', "jsonl", "path", "label"},
        {'J', "jsonl", "path", "label"},
    };
    if (n < 3)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        if (bytes[0] != formats[i].letter)
            continue;
        size_t split = bytes[1] | (size_t)bytes[2] << 8;
        size_t n_first = split < n - 3 ? split : n - 3;
        char first[PATH], second[PATH];
        int fd1 = file_of(first, bytes + 3, n_first);
        int fd2 = file_of(second, bytes + 3 + n_first, n - 3 - n_first);
        bool one_file = strcmp(formats[i].first, "path") == 0; // whose label is named y
        struct value word = value_text("w");
        struct value_arg args[] = {
            {formats[i].first, value_text(first)},
            {formats[i].second, value_text(one_file ? "y" : second)},
            {"categorical", {.kind = VALUE_LIST, .n = 1, .items = &word}},
            {"key", value_text("k")},
            {"missing", value_name(n % 3 == 0 ? "drop" : n % 3 == 1 ? "mean" : "zero")},
        };
        size_t n_args = formats[i].letter == 'C' || formats[i].letter == 'J' ? ARRAY_LEN(args) : 2;
        if (formats[i].letter == 'z' || formats[i].letter == 's')
            args[n_args++] = (struct value_arg){"features", value_text("x")};
        struct value call = {
            .kind = VALUE_CALL, .text = formats[i].callee, .n = n_args, .args = args};
        load(&call);
        close(fd1);
        close(fd2);
    }
    return 0;
}
