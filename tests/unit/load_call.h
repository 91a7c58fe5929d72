// load_call.h -- for tests of the loaders: a folder of their own, so that messages hold plain file names; files
// written into it; and what a call must give or say.
#ifndef W2S_LOAD_CALL_H
#define W2S_LOAD_CALL_H

#include "cmocka_first.h"

#include "data/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static char folder[64];

static inline int enter_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/w2s-test-load-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : chdir(folder);
}

static inline int leave_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return chdir("/") < 0 ? -1 : system(command);
}

static inline void write_bytes(const char *name, const void *bytes, size_t n)
{
    FILE *f = fopen(name, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static inline void write_text(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

static inline void write_gzip(const char *name, const void *bytes, size_t n, const char *mode)
{
    gzFile f = gzopen(name, mode);
    assert_non_null(f);
    assert_int_equal(gzwrite(f, bytes, (unsigned)n), n);
    assert_int_equal(gzclose(f), Z_OK);
}

static inline void load_ok(struct table *table, const struct value *call, double scale)
{
    struct err err = {0};
    if (load_table(table, call, scale, ".", &err) < 0)
        fail_msg("%s", err.text);
}

// Loading fails so; and when the header alone shows it, so do the facts.
static inline void refused(const struct value *call, enum err_kind kind, const char *text)
{
    struct err err = {0};
    struct table table;
    assert_int_equal(load_table(&table, call, 1, ".", &err), -1);
    assert_string_equal(err.text, text);
    assert_int_equal(err.kind, kind);

    struct err again = {0};
    struct table_facts facts;
    if (load_facts(&facts, call, ".", &again) < 0)
        assert_string_equal(again.text, text);
}

static inline void hinted(const struct value *call, const char *hint)
{
    struct err err = {0};
    struct table table;
    assert_int_equal(load_table(&table, call, 1, ".", &err), -1);
    assert_string_equal(err.hint, hint);
}

static inline struct digest digest_ok(const struct value *call, const char *where)
{
    struct err err = {0};
    struct digest d;
    if (load_digest(&d, call, where, &err) < 0)
        fail_msg("%s", err.text);
    return d;
}

#endif
