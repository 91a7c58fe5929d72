// lower_split.c -- the parts of a data declaration, from its settings to steps; see
// lower_prepare.h.
#include "lower_prepare.h"
#include "lower_source.h"

#include "base/mem.h"
#include "data/split.h"

bool lower_split(struct lowering *l, struct split *out, const struct symbol *data)
{
    *out = (struct split){.data = data};
    bool ok = lower_setting(l, &out->parts, data, "split");
    ok &= lower_setting(l, &out->stratify, data, "stratify");
    ok &= lower_setting(l, &out->seed, data, "seed");
    return ok;
}

// 0 where only the run can tell: where any part is chosen by a condition.
static uint64_t part_rows(uint64_t rows, const struct value *parts, size_t at, const char *name)
{
    double *share = mem_new(parts->n * sizeof *share);
    size_t *size = mem_new(parts->n * sizeof *size);
    bool known = rows > 0;
    for (size_t i = 0; i < parts->n; i++) {
        known &= parts->args[i].value.kind == VALUE_NUMBER;
        share[i] = parts->args[i].value.number;
    }
    struct split_spec spec = {.name = name, .share = share, .n_parts = parts->n};
    if (known)
        split_sizes(size, (size_t)rows, &spec);
    uint64_t n = known ? size[at] : 0;
    mem_free(size);
    mem_free(share);
    return n;
}

static const char *column_in(const struct value *v)
{
    const char *found = v->kind == VALUE_TEXT ? v->text : NULL;
    for (size_t i = 0; found == NULL && v->kind == VALUE_CALL && i < v->n; i++)
        found = column_in(&v->args[i].value);
    return found;
}

uint32_t lower_split_part(struct lowering *l, const struct split *split, uint32_t whole,
                          size_t part, const char *label)
{
    const char *name = split->data->name;
    struct step_facts facts = l->plan->steps[whole].facts;
    const char *column = facts.height > 0 ? column_in(&split->parts) : NULL;
    if (column != NULL) {
        diag_error(l->diags, DIAG_UNKNOWN_NAME, symbol_setting(split->data, "split")->value->span,
                   "images have no column '%s'", column);
        return STEP_NONE;
    }
    if (facts.height == 0 && split->parts.kind == VALUE_CALL &&
        !lower_has_columns(l, whole, &split->parts, symbol_setting(split->data, "split")->value->span))
        return STEP_NONE;
    facts.rows = part_rows(facts.rows, &split->parts, part, name);
    struct value_arg args[] = {
        {"data", value_text(arena_text(l->scratch, name))},
        {"parts", split->parts},
        {"part", value_number((double)part)},
        {"stratify", split->stratify},
        {"seed", split->seed},
    };
    struct step step = {.kind = STEP_split,
                        .in = &whole,
                        .n_in = 1,
                        .seed = SEED_NONE,
                        .label = label,
                        .facts = facts,
                        .attrs = lower_make_call(l, "split", ARRAY_LEN(args), args)};
    return plan_add(l->plan, &step, NULL);
}
