// load.c -- from a source call to its loader; what the loaders share. See load.h.
#include "data/load.h"

#include "base/mem.h"
#include "data/loaders.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_FILES = LOAD_FILES };

static const struct source {
    const char *name;
    int (*load)(struct table *table, const struct value *call, double scale, const char *folder,
                struct err *err);
    int (*facts)(struct table_facts *facts, const struct value *call, const char *folder,
                 struct err *err);
    const char *files[MAX_FILES]; // the arguments that name files
    bool or_gz;                   // "f.gz" stands in for "f"
} SOURCES[] = {
    {"idx", load_idx, facts_idx, {"images", "labels"}, true},
    {"csv", load_csv, facts_csv, {"path"}, false},
    {"npy", load_npy, facts_npy, {"features", "labels"}, false},
    {"npz", load_npz, facts_npz, {"path"}, false},
    {"safetensors", load_safetensors, facts_safetensors, {"path"}, false},
    {"jsonl", load_jsonl, facts_jsonl, {"path"}, false},
    {"builtin", load_builtin, facts_builtin, {NULL}, false},
};

static const struct source *source_of(const struct value *call)
{
    for (size_t i = 0; i < ARRAY_LEN(SOURCES); i++)
        if (value_is_call(call, SOURCES[i].name))
            return &SOURCES[i];
    BUG("no loader for source %s()", call->kind == VALUE_CALL ? call->text : "");
}

int load_table(struct table *table, const struct value *source, double scale, const char *folder,
               struct err *err)
{
    struct table loaded = {0};
    if (source_of(source)->load(&loaded, source, scale, folder, err) < 0) {
        table_release(&loaded);
        return -1;
    }
    *table = loaded;
    return 0;
}

int load_columns(struct table *names, const struct value *source, const char *folder, struct err *err)
{
    struct table known = {0};
    int status = value_is_call(source, "csv")       ? columns_csv(&known, source, folder, err)
                 : value_is_call(source, "builtin") ? columns_builtin(&known, source, err)
                                                    : 0;
    if (status == 0)
        *names = known;
    else
        table_release(&known);
    return status;
}

int load_facts(struct table_facts *facts, const struct value *source, const char *folder,
               struct err *err)
{
    struct table_facts known = {0};
    if (source_of(source)->facts(&known, source, folder, err) < 0)
        return -1;
    *facts = known;
    return 0;
}

int digest_file(struct digest_state *state, const char *folder, const char *name, bool or_gz,
                       struct err *err)
{
    enum { PIECE = 256 * 1024 };
    struct stream s;
    if (stream_open(&s, folder, name, or_gz, err) < 0)
        return -1;
    uint8_t *bytes = mem_new(PIECE);
    uint64_t total = 0;
    size_t got;
    int status;
    digest_add_u64(state, s.stored);
    while ((status = stream_read_stored(&s, bytes, PIECE, &got, err)) == 0 && got > 0) {
        digest_add(state, bytes, got);
        total += got;
    }
    if (status == 0 && total != s.stored)
        status = err_set(err, ERR_IO, "'%s' changed while it was read", str_text(&s.path));
    mem_free(bytes);
    stream_close(&s);
    return status;
}

static int digest_contents(struct digest_state *state, const struct value *call, const char *folder,
                           struct err *err)
{
    const struct source *source = source_of(call);
    for (size_t i = 0; i < MAX_FILES && source->files[i] != NULL; i++) {
        const char *name = value_arg_text(call, source->files[i]);
        if (digest_file(state, folder, name, source->or_gz, err) < 0)
            return -1;
    }
    if (source->files[0] != NULL)
        return 0;
    const uint8_t *bytes;
    size_t n;
    if (builtin_bytes(&bytes, &n, call, err) < 0)
        return -1;
    digest_add_u64(state, n);
    digest_add(state, bytes, n);
    return 0;
}

int load_paths(struct str *paths, size_t *n, const struct value *call, const char *folder,
               struct err *err)
{
    const struct source *source = source_of(call);
    *n = 0;
    for (size_t i = 0; i < MAX_FILES && source->files[i] != NULL; i++) {
        struct stream s;
        const char *name = value_arg_text(call, source->files[i]);
        if (stream_open(&s, folder, name, source->or_gz, err) < 0)
            return -1;
        str_add(&paths[(*n)++], str_text(&s.path));
        stream_close(&s);
    }
    return 0;
}

int load_digest(struct digest *digest, const struct value *source, const char *folder,
                struct err *err)
{
    struct digest_state *state = digest_new();
    struct str call = {0};
    value_write(&call, source);
    digest_add_text(state, "w2s data");
    digest_add_text(state, str_text(&call));
    str_release(&call);
    int status = digest_contents(state, source, folder, err);
    struct digest d = digest_take(state);
    if (status == 0)
        *digest = d;
    return status;
}

int check_shape(struct table_facts *facts, uint64_t n, uint64_t d, const char *path,
                struct err *err)
{
    uint64_t cells;
    if (n == 0)
        return err_set(err, ERR_DATA, "'%s' holds no rows", path);
    if (d == 0)
        return err_set(err, ERR_DATA, "'%s' holds no features: its rows are empty", path);
    if (n > UINT32_MAX)
        return err_set(err, ERR_DATA, "'%s' claims %" PRIu64 " rows, more than %" PRIu32, path, n,
                       UINT32_MAX);
    if (d > MAX_FEATURES)
        return err_set(err, ERR_DATA, "'%s' claims %" PRIu64 " features a row, more than %d", path,
                       d, MAX_FEATURES);
    // 8: the widest element of a file
    if (__builtin_mul_overflow(n, d, &cells) || cells > (uint64_t)SIZE_MAX / 2 / 8)
        return err_set(err, ERR_DATA, "'%s' claims %" PRIu64 " × %" PRIu64 " features, too many",
                       path, n, d);
    facts->n = (size_t)n;
    facts->d = (size_t)d;
    return 0;
}

int check_counts(uint64_t rows, const char *features, uint64_t labels, const char *labels_path,
                 struct err *err)
{
    if (rows == labels)
        return 0;
    return err_set(err, ERR_DATA, "'%s' holds %" PRIu64 " labels, but '%s' holds %" PRIu64 " rows",
                   labels_path, labels, features, rows);
}

const char *shown(char out[SHOWN], const char *text, size_t n)
{
    enum { ROOM = SHOWN - 4 }; // "..." and NUL
    bool cut = n > ROOM;
    size_t keep = cut ? ROOM : n;
    while (cut && keep > 0 && ((unsigned char)text[keep] & 0xC0) == 0x80)
        keep--; // not inside a UTF-8 character
    for (size_t i = 0; i < keep; i++) {
        unsigned char c = (unsigned char)text[i];
        out[i] = c < 0x20 || c == 0x7F ? '?' : (char)c;
    }
    strcpy(out + keep, cut ? "..." : "");
    return out;
}
