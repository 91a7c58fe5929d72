// lower_rules.c -- see lower_rules.h.
#include "lower_rules.h"

#include "base/mem.h"
#include "lower_loss.h"

#include <string.h>

struct known_rules {
    char *file, *text;   // text: NULL when it cannot be read
    struct rules *rules; // NULL: they do not load, and `error` says why
    struct err error;
};

struct rules_cache {
    struct known_rules *items;
    size_t n, cap;
};

struct rules_cache *rules_cache_new(void)
{
    return mem_new(sizeof(struct rules_cache));
}

void rules_cache_free(struct rules_cache *cache)
{
    for (size_t i = 0; i < cache->n; i++) {
        rules_free(cache->items[i].rules);
        mem_free(cache->items[i].file);
        mem_free(cache->items[i].text);
    }
    mem_free(cache->items);
    mem_free(cache);
}

// The file, read and loaded when it is first asked for. The next one may move it.
static const struct known_rules *find(struct lowering *l, const char *file)
{
    struct rules_cache *cache = l->rules;
    for (size_t i = 0; i < cache->n; i++)
        if (strcmp(cache->items[i].file, file) == 0)
            return &cache->items[i];
    cache->items = mem_grow(cache->items, &cache->cap, cache->n + 1, sizeof *cache->items);
    struct known_rules *known = &cache->items[cache->n++];
    size_t size = strlen(file) + 1;
    bool relative = file[0] != '/' && l->folder != NULL;
    struct err error = {0};
    *known = (struct known_rules){.file = memcpy(mem_new(size), file, size)};
    known->text =
        script_read(relative ? arena_format(l->scratch, "%s/%s", l->folder, file) : file, &error);
    if (known->text == NULL)
        err_set(&known->error, error.kind, "cannot read '%s': %s", file, error.text);
    else if (rules_load(&known->rules, file, known->text, strlen(known->text), &known->error) < 0)
        known->rules = NULL;
    return known;
}

static const struct known_rules *load(struct lowering *l, const char *file, struct span span)
{
    const struct known_rules *known = find(l, file);
    if (known->rules != NULL)
        return known;
    struct diag *diag = diag_error(l->diags, DIAG_SCRIPT, span, "%s", known->error.text);
    if (known->error.hint[0] != '\0')
        diag_hint(l->diags, diag, "%s", known->error.hint);
    return NULL;
}

// What trained teachers are told has no meaning for one that is not trained.
static bool check_settings(struct lowering *l, const struct symbol *teacher)
{
    if (teacher->n_settings == 0)
        return true;
    const struct setting *first = &teacher->settings[0];
    struct diag *diag = diag_error(l->diags, DIAG_UNKNOWN_SETTING, first->name_span,
                                   "'%s' is made of rules and is not trained: it has no '%s'",
                                   teacher->name, first->name);
    diag_hint(l->diags, diag, "What rules know stands in their file.");
    return false;
}

uint32_t lower_rules(struct lowering *l, const struct symbol *teacher, enum training how)
{
    struct scoped s = {teacher->value, NULL};
    struct value call;
    if (how != TRAINING_PLAIN)
        BUG("rules that are trained");
    if (!check_settings(l, teacher) || !lower_call(l, &call, GROUP_TEACHER, s))
        return STEP_NONE;
    const struct known_rules *known = load(l, value_arg_text(&call, "file"), s.expr->span);
    if (known == NULL)
        return STEP_NONE;
    struct value_arg args[] = {{"file", value_text(known->file)},
                               {"text", value_text(known->text)}};
    struct step step = {.kind = STEP_rules,
                        .seed = SEED_NONE,
                        .label = teacher->name,
                        .attrs = lower_make_call(l, "rules", ARRAY_LEN(args), args),
                        .facts.classes = rules_description(known->rules)->n_classes};
    return plan_add(l->plan, &step, NULL);
}

const struct rules_description *lower_rules_description(struct lowering *l, const struct step *step)
{
    return rules_description(find(l, value_arg_text(&step->attrs, "file"))->rules);
}

uint32_t lower_votes(struct lowering *l, uint32_t rules, uint32_t rows, const char *who,
                     struct span span)
{
    const struct step *teacher = &l->plan->steps[rules], *data = &l->plan->steps[rows];
    uint64_t named = teacher->facts.classes, classes = data->facts.classes;
    if (named != 0 && classes != 0 && named != classes) {
        diag_error(l->diags, DIAG_SHAPE, span, "'%s' votes among %llu classes, and '%s' has %llu",
                   who, (unsigned long long)named, data->label, (unsigned long long)classes);
        return STEP_NONE;
    }
    uint32_t in[] = {rules, rows};
    struct value_arg args[] = {{"classes", value_number((double)classes)}};
    struct step step = {.kind = STEP_vote,
                        .in = in,
                        .n_in = ARRAY_LEN(in),
                        .seed = SEED_NONE,
                        .label = arena_format(l->scratch, "votes of %s on %s", who, data->label),
                        .attrs = lower_make_call(l, "vote", ARRAY_LEN(args), args),
                        .facts = {.rows = data->facts.rows}};
    step.facts.classes = lower_rules_description(l, teacher)->n * classes;
    return plan_add(l->plan, &step, NULL);
}

uint32_t lower_rules_predict(struct lowering *l, uint32_t rules, uint32_t rows, const char *who,
                             struct span span)
{
    uint32_t votes = lower_votes(l, rules, rows, who, span);
    if (votes == STEP_NONE)
        return STEP_NONE;
    const struct step *data = &l->plan->steps[rows];
    struct step_facts facts = data->facts;
    struct value_arg args[] = {{"classes", value_number((double)facts.classes)}};
    struct step step = {.kind = STEP_tally,
                        .in = &votes,
                        .n_in = 1,
                        .seed = SEED_NONE,
                        .label = arena_format(l->scratch, "%s on %s", who, data->label),
                        .attrs = lower_make_call(l, "tally", ARRAY_LEN(args), args),
                        .facts = facts};
    step.facts.flops = 0;
    return plan_add(l->plan, &step, NULL);
}
