// facts.c -- see facts.h.
#include "facts.h"

#include "base/mem.h"
#include "data/load.h"
#include "lower_source.h"
#include "store/pack.h"

#include <string.h>
#include <sys/stat.h>

enum { TRUSTED_SECONDS = 2 };

struct known_source {
    struct str call, identity;
};

struct store *run_store_get(struct run_store *rs)
{
    if (!rs->tried && rs->path != NULL)
        rs->store = store_open(rs->path, STORE_MAKE, &rs->err);
    rs->tried = true;
    return rs->store;
}

void run_store_close(struct run_store *rs)
{
    store_close(rs->store);
    *rs = (struct run_store){0};
}

// --- who a file is -------------------------------------------------------------------------------

static void pack_time(struct str *out, const struct timespec *t)
{
    pack_u64(out, (uint64_t)t->tv_sec);
    pack_u64(out, (uint64_t)t->tv_nsec);
}

// *age: seconds since the youngest change of a file; negative when that lies in the future.
static bool identify(struct str *out, double *age, const struct value *source, const char *folder)
{
    struct str paths[LOAD_FILES] = {{0}};
    struct err ignored = {0};
    size_t n;
    bool ok = load_paths(paths, &n, source, folder, &ignored) == 0;
    double clock = store_clock(), youngest = 0;
    str_clear(out);
    pack_u64(out, ok ? n : 0);
    for (size_t i = 0; ok && i < n; i++) {
        struct stat st;
        ok = stat(str_text(&paths[i]), &st) == 0;
        if (!ok)
            break;
        pack_text(out, str_text(&paths[i]));
        pack_u64(out, (uint64_t)st.st_dev);
        pack_u64(out, (uint64_t)st.st_ino);
        pack_u64(out, (uint64_t)st.st_size);
        pack_time(out, &st.st_mtim);
        pack_time(out, &st.st_ctim);
        double changed =
            (double)(st.st_mtim.tv_sec > st.st_ctim.tv_sec ? st.st_mtim.tv_sec : st.st_ctim.tv_sec);
        youngest = changed > youngest ? changed : youngest;
    }
    *age = clock - youngest;
    for (size_t i = 0; i < LOAD_FILES; i++)
        str_release(&paths[i]);
    return ok;
}

const char *facts_path(struct arena *arena, const uint8_t *bytes, size_t n, size_t file)
{
    struct unpack u = {.at = bytes, .left = n};
    size_t files = unpack_count(&u, 8);
    for (size_t i = 0; i < files; i++) {
        const char *path = unpack_text(&u, arena);
        for (int k = 0; k < 7; k++)
            unpack_u64(&u);
        if (i == file)
            return u.bad ? NULL : path;
    }
    return NULL;
}

static bool same(const struct str *a, const struct str *b)
{
    return a->len == b->len && memcmp(str_text(a), str_text(b), a->len) == 0;
}

// --- facts as bytes ------------------------------------------------------------------------------

static void pack_facts(struct str *out, const struct source_facts *facts)
{
    pack_u64(out, facts->facts.rows);
    pack_u64(out, facts->facts.features);
    pack_u64(out, facts->facts.classes);
    pack_u32(out, facts->facts.height);
    pack_u32(out, facts->facts.width);
    pack_u32(out, facts->facts.channels);
    pack_digest(out, &facts->digest);
}

static bool unpack_facts(struct source_facts *out, const uint8_t *bytes, size_t n)
{
    struct unpack u = {.at = bytes, .left = n};
    struct source_facts facts = {{0}, {{0}}};
    facts.facts.rows = unpack_u64(&u);
    facts.facts.features = unpack_u64(&u);
    facts.facts.classes = unpack_u64(&u);
    facts.facts.height = unpack_u32(&u);
    facts.facts.width = unpack_u32(&u);
    facts.facts.channels = unpack_u32(&u);
    facts.digest = unpack_digest(&u);
    if (!unpack_end(&u))
        return false;
    *out = facts;
    return true;
}

// --- the memory ----------------------------------------------------------------------------------

static void write_call(struct str *out, const struct value *source, const char *folder)
{
    value_write(out, source);
    str_format(out, " in %s", folder);
}

static struct known_source *known(struct facts *f, const struct value *source, const char *folder)
{
    struct str call = {0};
    write_call(&call, source, folder);
    struct known_source *found = NULL;
    for (size_t i = 0; i < f->n && found == NULL; i++)
        if (same(&f->items[i].call, &call))
            found = &f->items[i];
    if (found == NULL) {
        f->items = mem_grow(f->items, &f->cap, f->n + 1, sizeof *f->items);
        found = &f->items[f->n++];
        str_add(&found->call, str_text(&call));
    }
    str_release(&call);
    return found;
}

static bool find(void *data, struct source_facts *out, const struct value *source,
                 const char *folder)
{
    struct facts *f = data;
    struct known_source *k = known(f, source, folder);
    double age;
    if (!identify(&k->identity, &age, source, folder)) {
        str_clear(&k->identity);
        return false;
    }
    struct store *store = run_store_get(f->store);
    struct err ignored = {0};
    uint8_t *bytes = NULL;
    size_t n;
    if (store == NULL || store_find_facts(&bytes, &n, store, str_text(&k->call), &ignored) != 1)
        return false;
    size_t identity = k->identity.len;
    bool found = n >= identity && memcmp(bytes, k->identity.data, identity) == 0 &&
                 unpack_facts(out, bytes + identity, n - identity);
    mem_free(bytes);
    return found;
}

// A failure to remember is no failure: the files are read again next time.
static void keep(void *data, const struct source_facts *facts, const struct value *source,
                 const char *folder)
{
    struct facts *f = data;
    struct known_source *k = known(f, source, folder);
    struct store *store = run_store_get(f->store);
    struct err ignored = {0};
    struct str bytes = {0};
    double age;
    if (store != NULL && identify(&bytes, &age, source, folder) && same(&bytes, &k->identity) &&
        age > TRUSTED_SECONDS) {
        pack_facts(&bytes, facts);
        (void)!store_keep_facts(store, str_text(&k->call), bytes.data, bytes.len, &ignored);
    }
    str_release(&bytes);
}

struct source_memory facts_memory(struct facts *facts)
{
    return (struct source_memory){.find = find, .keep = keep, .data = facts};
}

bool facts_unchanged(void *facts, const struct value *source, const char *folder)
{
    struct facts *f = facts;
    struct str call = {0}, now = {0};
    bool unchanged = true;
    double age;
    write_call(&call, source, folder);
    for (size_t i = 0; i < f->n; i++)
        if (same(&f->items[i].call, &call))
            unchanged = identify(&now, &age, source, folder) && same(&now, &f->items[i].identity);
    str_release(&call);
    str_release(&now);
    return unchanged;
}

void facts_release(struct facts *facts)
{
    for (size_t i = 0; i < facts->n; i++) {
        str_release(&facts->items[i].call);
        str_release(&facts->items[i].identity);
    }
    mem_free(facts->items);
    *facts = (struct facts){0};
}
