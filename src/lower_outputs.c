// lower_outputs.c -- see lower_outputs.h.
#include "lower_outputs.h"

#include "base/mem.h"
#include "data/outputs.h"

#include <string.h>

struct known_outputs {
    char *call; // canonical
    bool ok;
    struct outputs_facts facts; // zero in a dry run without the file
};

struct outputs_cache {
    struct known_outputs *items;
    size_t n, cap;
};

struct outputs_cache *outputs_cache_new(void)
{
    return mem_new(sizeof(struct outputs_cache));
}

void outputs_cache_free(struct outputs_cache *cache)
{
    for (size_t i = 0; i < cache->n; i++)
        mem_free(cache->items[i].call);
    mem_free(cache->items);
    mem_free(cache);
}

static struct known_outputs *entry_of(struct outputs_cache *cache, const struct value *call)
{
    struct str text = {0};
    value_write(&text, call);
    size_t i = 0;
    while (i < cache->n && strcmp(cache->items[i].call, str_text(&text)) != 0)
        i++;
    if (i == cache->n) {
        cache->items = mem_grow(cache->items, &cache->cap, i + 1, sizeof *cache->items);
        cache->items[cache->n++] = (struct known_outputs){.call = mem_new(text.len + 1)};
        memcpy(cache->items[i].call, str_text(&text), text.len + 1);
    }
    str_release(&text);
    return &cache->items[i];
}

// The file, looked at when it is first asked for. In a dry run one that is not there has any number of classes.
static const struct known_outputs *find(struct lowering *l, const struct value *call)
{
    size_t n = l->outputs->n;
    struct known_outputs *known = entry_of(l->outputs, call);
    if (l->outputs->n == n)
        return known;
    struct err err = {0};
    known->ok = outputs_facts(&known->facts, call, l->folder, &err) == 0;
    if (!known->ok && l->dry && err.kind == ERR_MISSING)
        known->ok = true;
    else if (!known->ok && !err_is_set(l->err))
        *l->err = err;
    return known;
}

static bool check_settings(struct lowering *l, const struct symbol *teacher)
{
    if (teacher->n_settings == 0)
        return true;
    diag_error(l->diags, DIAG_UNKNOWN_SETTING, teacher->settings[0].name_span,
               "'%s' is made of outputs and is not trained: it has no '%s'", teacher->name,
               teacher->settings[0].name);
    return false;
}

uint32_t lower_outputs(struct lowering *l, const struct symbol *teacher)
{
    struct value call;
    if (!check_settings(l, teacher) ||
        !lower_call(l, &call, GROUP_TEACHER, (struct scoped){teacher->value, NULL}))
        return STEP_NONE;
    const struct known_outputs *known = find(l, &call);
    if (!known->ok)
        return STEP_NONE;
    char digest[DIGEST_HEX];
    digest_hex(digest, &known->facts.digest);
    struct value_arg args[CALL_MAX_ARGS + 1];
    memcpy(args, call.args, call.n * sizeof *args);
    args[call.n] = (struct value_arg){"digest", value_text(arena_text(l->scratch, digest))};
    struct step step = {.kind = STEP_outputs,
                        .seed = SEED_NONE,
                        .label = teacher->name,
                        .attrs = lower_make_call(l, "outputs", call.n + 1, args),
                        .facts.classes = known->facts.classes};
    return plan_add(l->plan, &step, NULL);
}

uint32_t lower_recall(struct lowering *l, uint32_t outputs, uint32_t rows, const char *who, struct span span)
{
    const struct step *teacher = &l->plan->steps[outputs], *data = &l->plan->steps[rows];
    uint64_t given = teacher->facts.classes, classes = data->facts.classes;
    if (given != 0 && classes != 0 && given != classes) {
        diag_error(l->diags, DIAG_SHAPE, span, "'%s' has outputs for %llu classes, and '%s' has %llu", who,
                   (unsigned long long)given, data->label, (unsigned long long)classes);
        return STEP_NONE;
    }
    uint32_t in[] = {outputs, rows};
    struct value_arg args[] = {{"classes", value_number((double)(classes != 0 ? classes : given))}};
    struct step step = {.kind = STEP_recall,
                        .in = in,
                        .n_in = ARRAY_LEN(in),
                        .seed = SEED_NONE,
                        .label = arena_format(l->scratch, "%s on %s", who, data->label),
                        .attrs = lower_make_call(l, "recall", ARRAY_LEN(args), args),
                        .facts = data->facts};
    step.facts.flops = 0;
    return plan_add(l->plan, &step, NULL);
}
