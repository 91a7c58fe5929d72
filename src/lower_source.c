// lower_source.c -- see lower_source.h.
#include "lower_source.h"

#include "base/mem.h"
#include "data/load.h"
#include "diag.h"
#include "missing.h"

#include <string.h>

struct source_entry {
    char *call;
    bool ok;
    struct source_facts facts;
    struct table names; // of the features (load_columns)
    bool named;         // they were asked for
};

struct source_cache {
    struct source_entry *items;
    size_t n, cap;
};

static struct source_entry *find(struct source_cache *cache, const char *call)
{
    for (size_t i = 0; i < cache->n; i++)
        if (strcmp(cache->items[i].call, call) == 0)
            return &cache->items[i];
    return NULL;
}

static struct step_facts facts_of(const struct table_facts *t)
{
    return (struct step_facts){.rows = t->n, .features = t->d, .classes = t->classes,
                               .height = t->image.height, .width = t->image.width,
                               .channels = t->image.channels};
}

// Headers do not tell the classes, or even the rows, of every format; then the data has to be read.
static int read_facts(struct lowering *l, struct source_facts *out, const struct value *source, struct err *err)
{
    struct table_facts facts;
    const struct source_memory *memory = l->dry ? NULL : l->memory;
    if (memory != NULL && memory->find(memory->data, out, source, l->folder))
        return 0;
    if (load_facts(&facts, source, l->folder, err) < 0)
        return -1;
    out->facts = facts_of(&facts);
    if (l->dry)
        return 0;
    if (facts.n == 0 || facts.d == 0 || facts.classes == 0) {
        struct table table = {0};
        if (load_table(&table, source, 1, l->folder, err) < 0)
            return -1;
        out->facts.rows = table.n;
        out->facts.features = table.d;
        out->facts.classes = table.classes;
        table_release(&table);
    }
    if (load_digest(&out->digest, source, l->folder, err) < 0)
        return -1;
    if (memory != NULL)
        memory->keep(memory->data, out, source, l->folder);
    return 0;
}

bool source_facts(struct lowering *l, struct source_facts *out, const struct value *source)
{
    struct str call = {0};
    value_write(&call, source);
    struct source_entry *entry = find(l->sources, str_text(&call));
    if (entry == NULL) {
        struct source_cache *cache = l->sources;
        cache->items = mem_grow(cache->items, &cache->cap, cache->n + 1, sizeof *cache->items);
        entry = &cache->items[cache->n++];
        entry->call = mem_new(call.len + 1);
        memcpy(entry->call, str_text(&call), call.len + 1);
        struct err err = {0};
        entry->ok = read_facts(l, &entry->facts, source, &err) == 0;
        if (!entry->ok && l->dry && err.kind == ERR_MISSING) {
            entry->ok = true;
        } else if (!entry->ok && !err_is_set(l->err)) {
            if (err.kind == ERR_MISSING)
                missing_hint(&err, source, l->folder);
            *l->err = err;
        }
    }
    str_release(&call);
    *out = entry->facts;
    return entry->ok;
}

// --- columns -------------------------------------------------------------------------------------

const char *const *lower_columns(struct lowering *l, size_t *n, uint32_t rows)
{
    *n = 0;
    while (l->plan->steps[rows].n_in > 0)
        rows = l->plan->steps[rows].in[0];
    if (l->plan->steps[rows].kind != STEP_load)
        BUG("rows of no source");
    const struct value *source = value_arg(&l->plan->steps[rows].attrs, "source");
    struct str call = {0};
    value_write(&call, source);
    struct source_entry *entry = find(l->sources, str_text(&call));
    str_release(&call);
    if (entry == NULL)
        BUG("a source that was not looked at");
    struct err ignored = {0}; // a file that cannot be read was reported, or may be missing still
    if (!entry->named && load_columns(&entry->names, source, l->folder, &ignored) < 0)
        entry->names = (struct table){0};
    entry->named = true;
    *n = entry->names.d;
    return *n > 0 ? entry->names.columns : NULL;
}

bool lower_has_column(struct lowering *l, uint32_t rows, const char *name, struct span span)
{
    size_t n;
    const char *const *names = lower_columns(l, &n, rows);
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    if (n == 0)
        return true;
    struct diag *diag =
        diag_error(l->diags, DIAG_UNKNOWN_NAME, span, "'%s' has no column '%s'", l->plan->steps[rows].label, name);
    const char *nearest = diag_nearest(name, names, n);
    if (nearest != NULL)
        diag_hint(l->diags, diag, "did you mean '%s'?", nearest);
    return false;
}

bool lower_has_columns(struct lowering *l, uint32_t rows, const struct value *of, struct span span)
{
    bool ok = true;
    if (of == NULL)
        return true;
    if (of->kind == VALUE_TEXT)
        return lower_has_column(l, rows, of->text, span);
    for (size_t i = 0; (of->kind == VALUE_LIST || of->kind == VALUE_CALL) && i < of->n; i++)
        ok &= lower_has_columns(l, rows, of->kind == VALUE_LIST ? &of->items[i] : &of->args[i].value, span);
    return ok;
}

struct source_cache *source_cache_new(void)
{
    return mem_new(sizeof(struct source_cache));
}

void source_cache_free(struct source_cache *cache)
{
    for (size_t i = 0; i < cache->n; i++) {
        mem_free(cache->items[i].call);
        table_release(&cache->items[i].names);
    }
    mem_free(cache->items);
    mem_free(cache);
}
