// lower_ask.c -- see lower_ask.h. A lowering of nothing but one prediction.
#include "lower_ask.h"

#include "lower.h"
#include "lower_rules.h"

uint32_t lower_ask(struct plan *plan, uint32_t model, uint32_t rows, const char *folder)
{
    struct arena scratch = {0};
    struct diags diags;
    struct err err = {0};
    diags_init(&diags, &scratch);
    struct lowering l = {.plan = plan,
                         .scratch = &scratch,
                         .diags = &diags,
                         .file = &diags,
                         .command = &diags,
                         .err = &err,
                         .folder = folder,
                         .seed = plan->seeds[0],
                         .rules = rules_cache_new()};
    uint32_t step = lower_predict(&l, model, rows, plan->steps[model].label, (struct span){0});
    rules_cache_free(l.rules);
    diags_release(&diags);
    arena_release(&scratch);
    return step;
}
