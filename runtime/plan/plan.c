// plan.c -- see plan.h.
#include "plan/plan.h"

#include "base/mem.h"

#include <string.h>

void plan_init(struct plan *plan)
{
    *plan = (struct plan){0};
}

void plan_release(struct plan *plan)
{
    mem_free(plan->steps);
    mem_free(plan->slot);
    mem_free(plan->points);
    mem_free(plan->numbers);
    mem_free(plan->claims);
    mem_free(plan->plots);
    mem_free(plan->tests);
    arena_release(&plan->arena);
    *plan = (struct plan){0};
}

static struct digest step_key(const struct plan *plan, const struct step *step,
                              const struct digest *content)
{
    struct str text = {0};
    value_write(&text, &step->attrs);
    struct digest_state *state = digest_new();
    digest_add_text(state, "w2s step 1");
    digest_add_text(state, step_kind_name(step->kind));
    digest_add_text(state, str_text(&text));
    digest_add_u64(state, (uint64_t)step->seed);
    if (content != NULL)
        digest_add(state, content->bytes, sizeof content->bytes);
    digest_add_u64(state, step->n_in);
    for (uint32_t i = 0; i < step->n_in; i++)
        digest_add(state, plan->steps[step->in[i]].key.bytes, sizeof step->key.bytes);
    str_release(&text);
    return digest_take(state);
}

static size_t slot_of(const struct plan *plan, const struct digest *key)
{
    uint64_t hash;
    memcpy(&hash, key->bytes, sizeof hash);
    size_t at = (size_t)hash & (plan->n_slots - 1);
    while (plan->slot[at] != STEP_NONE && !digest_equal(&plan->steps[plan->slot[at]].key, key))
        at = (at + 1) & (plan->n_slots - 1);
    return at;
}

static void fill_slots(struct plan *plan)
{
    memset(plan->slot, 0xFF, plan->n_slots * sizeof *plan->slot);
    for (size_t i = 0; i < plan->n; i++)
        plan->slot[slot_of(plan, &plan->steps[i].key)] = (uint32_t)i;
}

static void grow_slots(struct plan *plan)
{
    mem_free(plan->slot);
    plan->n_slots = plan->n_slots > 0 ? plan->n_slots * 2 : 256;
    plan->slot = mem_new(plan->n_slots * sizeof *plan->slot);
    fill_slots(plan);
}

uint32_t plan_add(struct plan *plan, const struct step *step, const struct digest *content)
{
    for (uint32_t i = 0; i < step->n_in; i++)
        if (step->in[i] >= plan->n)
            BUG("step '%s' reads step %u, which does not exist yet", step->label, step->in[i]);
    if (2 * (plan->n + 1) > plan->n_slots)
        grow_slots(plan);
    struct digest key = step_key(plan, step, content);
    size_t at = slot_of(plan, &key);
    if (plan->slot[at] != STEP_NONE)
        return plan->slot[at];
    plan->steps = mem_grow(plan->steps, &plan->cap, plan->n + 1, sizeof *plan->steps);
    struct step *added = &plan->steps[plan->n];
    *added = *step;
    added->key = key;
    added->attrs = value_copy(&plan->arena, &step->attrs);
    uint32_t *in = arena_array(&plan->arena, step->n_in, sizeof *in);
    if (step->n_in > 0)
        memcpy(in, step->in, step->n_in * sizeof *in);
    added->in = in;
    for (uint32_t i = 0; i < step->n_in; i++)
        added->oracle |= plan->steps[step->in[i]].oracle;
    if (step->facts.group != NULL)
        added->facts.group = arena_text(&plan->arena, step->facts.group);
    added->label = arena_text(&plan->arena, step->label);
    plan->slot[at] = (uint32_t)plan->n;
    return (uint32_t)plan->n++;
}

// Inputs stand before the steps that read them, so one walk backwards marks all that is needed.
static void mark_needed(bool *needed, const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_numbers; i++)
        if (plan->numbers[i].step != STEP_NONE)
            needed[plan->numbers[i].step] = true;
    for (size_t i = 0; i < plan->n_claims; i++)
        if (plan->claims[i].step != STEP_NONE)
            needed[plan->claims[i].step] = true;
    for (size_t i = plan->n; i-- > 0;)
        for (uint32_t k = 0; needed[i] && k < plan->steps[i].n_in; k++)
            needed[plan->steps[i].in[k]] = true;
}

void plan_prune(struct plan *plan)
{
    bool *needed = mem_new(plan->n * sizeof *needed);
    uint32_t *number = mem_new(plan->n * sizeof *number); // the new ones
    size_t kept = 0;
    mark_needed(needed, plan);
    for (size_t i = 0; i < plan->n; i++) {
        if (!needed[i])
            continue;
        struct step *step = &plan->steps[kept];
        *step = plan->steps[i];
        uint32_t *in = arena_array(&plan->arena, step->n_in, sizeof *in);
        for (uint32_t k = 0; k < step->n_in; k++)
            in[k] = number[step->in[k]];
        step->in = in;
        number[i] = (uint32_t)kept++;
    }
    for (size_t i = 0; i < plan->n_numbers; i++)
        if (plan->numbers[i].step != STEP_NONE)
            plan->numbers[i].step = number[plan->numbers[i].step];
    for (size_t i = 0; i < plan->n_claims; i++)
        if (plan->claims[i].step != STEP_NONE)
            plan->claims[i].step = number[plan->claims[i].step];
    plan->n = kept;
    if (plan->n_slots > 0)
        fill_slots(plan);
    mem_free(number);
    mem_free(needed);
}

const char *step_kind_name(enum step_kind kind)
{
    static const char *const name[] = {
#define STEP(id, doc) [STEP_##id] = #id,
#include "plan/steps.def"
#undef STEP
    };
    return name[kind];
}

const char *step_kind_doc(enum step_kind kind)
{
    static const char *const text[] = {
#define STEP(id, doc) [STEP_##id] = doc,
#include "plan/steps.def"
#undef STEP
    };
    return text[kind];
}

double plan_flops(const struct plan *plan)
{
    double sum = 0;
    for (size_t i = 0; i < plan->n; i++)
        sum += plan->steps[i].facts.flops;
    return sum;
}
