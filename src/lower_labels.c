// lower_labels.c -- see lower_labels.h.
#include "lower_labels.h"

#include "base/mem.h"
#include "data/annotations.h"

#include <string.h>

struct known_labels {
    char *call; // canonical
    bool ok;
    char digest[DIGEST_HEX];
    struct value annotators, provenances; // lists of texts, in the cache's arena
};

struct labels_cache {
    struct arena arena;
    struct known_labels *items;
    size_t n, cap;
};

struct labels_cache *labels_cache_new(void)
{
    return mem_new(sizeof(struct labels_cache));
}

void labels_cache_free(struct labels_cache *cache)
{
    for (size_t i = 0; i < cache->n; i++)
        mem_free(cache->items[i].call);
    mem_free(cache->items);
    arena_release(&cache->arena);
    mem_free(cache);
}

static struct value texts(struct arena *arena, const char *const *text, size_t n)
{
    struct value *items = arena_array(arena, n, sizeof *items);
    for (size_t i = 0; i < n; i++)
        items[i] = value_text(arena_text(arena, text[i]));
    return (struct value){.kind = VALUE_LIST, .n = n, .items = items};
}

static int read_file(struct lowering *l, struct known_labels *known, const struct value *call,
                     struct err *err)
{
    struct annotations a;
    if (annotations_read(&a, call, l->folder, err) < 0)
        return -1;
    digest_hex(known->digest, &a.digest);
    known->annotators = texts(&l->labels->arena, a.annotator, a.n_annotators);
    known->provenances = texts(&l->labels->arena, a.provenance, a.n_provenances);
    annotations_release(&a);
    return 0;
}

// The file, read when it is first asked for. In a dry run one that is not there has one annotator.
static const struct known_labels *find(struct lowering *l, const struct value *call)
{
    struct labels_cache *cache = l->labels;
    struct str text = {0};
    struct err err = {0};
    value_write(&text, call);
    for (size_t i = 0; i < cache->n; i++)
        if (strcmp(cache->items[i].call, str_text(&text)) == 0) {
            str_release(&text);
            return &cache->items[i];
        }
    cache->items = mem_grow(cache->items, &cache->cap, cache->n + 1, sizeof *cache->items);
    struct known_labels *known = &cache->items[cache->n++];
    *known = (struct known_labels){.call = mem_new(text.len + 1)};
    memcpy(known->call, str_text(&text), text.len + 1);
    str_release(&text);
    known->ok = read_file(l, known, call, &err) == 0;
    if (!known->ok && l->dry && err.kind == ERR_MISSING) {
        static const char *const nobody[] = {""};
        known->annotators = known->provenances = texts(&cache->arena, nobody, 1);
        known->ok = true;
    } else if (!known->ok && !err_is_set(l->err)) {
        *l->err = err;
    }
    return known;
}

static bool check_settings(struct lowering *l, const struct symbol *teacher)
{
    if (teacher->n_settings == 0)
        return true;
    diag_error(l->diags, DIAG_UNKNOWN_SETTING, teacher->settings[0].name_span,
               "'%s' is made of labels and is not trained: it has no '%s'", teacher->name,
               teacher->settings[0].name);
    return false;
}

uint32_t lower_labels(struct lowering *l, const struct symbol *teacher)
{
    struct value call;
    if (!check_settings(l, teacher) ||
        !lower_call(l, &call, GROUP_TEACHER, (struct scoped){teacher->value, NULL}))
        return STEP_NONE;
    const struct known_labels *known = find(l, &call);
    if (!known->ok)
        return STEP_NONE;
    struct value_arg args[CALL_MAX_ARGS + 3];
    size_t n = call.n;
    if (n > 0)
        memcpy(args, call.args, n * sizeof *args);
    args[n++] = (struct value_arg){"digest", value_text(known->digest)};
    args[n++] = (struct value_arg){"annotators", known->annotators};
    args[n++] = (struct value_arg){"provenances", known->provenances};
    struct step step = {.kind = STEP_labels,
                        .seed = SEED_NONE,
                        .label = teacher->name,
                        .attrs = lower_make_call(l, "labels", n, args)};
    return plan_add(l->plan, &step, NULL);
}

uint32_t lower_annotations(struct lowering *l, uint32_t labels, uint32_t rows, const char *who)
{
    const struct step_facts *data = &l->plan->steps[rows].facts;
    uint32_t in[] = {labels, rows};
    struct value_arg args[] = {{"classes", value_number((double)data->classes)}};
    uint64_t voters = value_arg(&l->plan->steps[labels].attrs, "annotators")->n;
    struct step step = {
        .kind = STEP_annotate,
        .in = in,
        .n_in = ARRAY_LEN(in),
        .seed = SEED_NONE,
        .label = arena_format(l->scratch, "labels of %s on %s", who, l->plan->steps[rows].label),
        .attrs = lower_make_call(l, "annotate", ARRAY_LEN(args), args),
        .facts = {.rows = data->rows, .classes = voters * data->classes}};
    return plan_add(l->plan, &step, NULL);
}

uint32_t lower_labels_predict(struct lowering *l, uint32_t labels, uint32_t rows, const char *who)
{
    uint32_t votes = lower_annotations(l, labels, rows, who);
    struct step_facts facts = l->plan->steps[rows].facts;
    struct value_arg args[] = {{"classes", value_number((double)facts.classes)}};
    struct step step = {.kind = STEP_tally,
                        .in = &votes,
                        .n_in = 1,
                        .seed = SEED_NONE,
                        .label =
                            arena_format(l->scratch, "%s on %s", who, l->plan->steps[rows].label),
                        .attrs = lower_make_call(l, "tally", ARRAY_LEN(args), args),
                        .facts = facts};
    step.facts.flops = 0;
    return plan_add(l->plan, &step, NULL);
}
