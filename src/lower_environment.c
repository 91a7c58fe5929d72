// lower_environment.c -- see lower_environment.h.
#include "lower_environment.h"

#include <string.h>

enum { MAX_ENVIRONMENTS = 64 };

static bool same_shape(struct lowering *l, const struct step *a, const struct step *b,
                       struct span span)
{
    const struct {
        const char *noun;
        uint64_t first, other;
    } sizes[] = {{"features", a->facts.features, b->facts.features},
                 {"classes", a->facts.classes, b->facts.classes}};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        if (sizes[i].first == 0 || sizes[i].other == 0 || sizes[i].first == sizes[i].other)
            continue;
        diag_error(l->diags, DIAG_SHAPE, span, "environment '%s' has %llu %s, and '%s' has %llu",
                   b->label, (unsigned long long)sizes[i].other, sizes[i].noun, a->label,
                   (unsigned long long)sizes[i].first);
        return false;
    }
    return true;
}

static uint32_t join(struct lowering *l, const uint32_t *in, size_t n)
{
    struct step_facts facts = l->plan->steps[in[0]].facts;
    struct str label = {0};
    facts.rows = 0;
    bool known = true;
    for (size_t i = 0; i < n; i++) {
        known &= l->plan->steps[in[i]].facts.rows > 0;
        facts.rows += l->plan->steps[in[i]].facts.rows;
        str_format(&label, "%s%s", i > 0 ? ", " : "", l->plan->steps[in[i]].label);
    }
    facts.rows = known ? facts.rows : 0;
    struct step step = {.kind = STEP_join,
                        .in = in,
                        .n_in = (uint32_t)n,
                        .seed = SEED_NONE,
                        .facts = facts,
                        .label = str_text(&label),
                        .attrs = lower_make_call(l, "join", 0, NULL)};
    uint32_t added = plan_add(l->plan, &step, NULL);
    str_release(&label);
    return added;
}

static bool environments(struct lowering *l, struct training_rows *out,
                         const struct setting *setting)
{
    struct scoped s = {setting->value, setting->block};
    if (!lower_follow(l, &s))
        return false;
    if (s.expr->kind != EXPR_LIST || s.expr->n_args == 0 || s.expr->n_args > MAX_ENVIRONMENTS) {
        diag_error(l->diags, DIAG_WRONG_TYPE, s.expr->span,
                   "'environments' wants a list of data, 1 to %d of them", MAX_ENVIRONMENTS);
        return false;
    }
    uint32_t in[MAX_ENVIRONMENTS];
    bool ok = true;
    for (const struct arg *a = s.expr->args; a != NULL; a = a->next) {
        bool seen;
        uint32_t rows = lower_used_data(l, &seen, (struct scoped){a->value, s.block});
        in[out->environments++] = rows;
        out->seen |= seen;
        ok = ok && rows != STEP_NONE &&
             same_shape(l, &l->plan->steps[in[0]], &l->plan->steps[rows], a->value->span);
    }
    out->rows = ok ? join(l, in, out->environments) : STEP_NONE;
    return ok;
}

static bool is_own(const struct symbol *symbol, const struct setting *setting)
{
    return setting->block == symbol->decl->block;
}

bool lower_training_rows(struct lowering *l, struct training_rows *out, const struct symbol *symbol)
{
    const struct setting *train = symbol_setting(symbol, "train");
    const struct setting *several = symbol_setting(symbol, "environments");
    *out = (struct training_rows){.rows = STEP_NONE};
    if (train != NULL && several != NULL && is_own(symbol, train) == is_own(symbol, several)) {
        struct diag *diag = diag_error(l->diags, DIAG_DUPLICATE_SETTING, several->name_span,
                                       "'%s' has 'train' and 'environments'", symbol->name);
        diag_hint(l->diags, diag, "The rows of all environments are what it is trained on.");
        return false;
    }
    if (several != NULL && (train == NULL || is_own(symbol, several))) {
        out->span = several->value->span;
        return environments(l, out, several);
    }
    if (train == NULL) {
        lower_missing(l, symbol, "train");
        return false;
    }
    out->span = train->value->span;
    out->rows = lower_used_data(l, &out->seen, (struct scoped){train->value, train->block});
    return out->rows != STEP_NONE;
}

bool lower_needs_no_environments(struct lowering *l, const struct lowered_terms *terms,
                                 const char *why)
{
    for (size_t i = 0; i < terms->n; i++) {
        if (!terms->items[i].invariance)
            continue;
        struct diag *diag = diag_error(l->diags, DIAG_MISSING_SETTING, terms->items[i].span,
                                       "a term compares environments, and %s", why);
        diag_hint(l->diags, diag,
                  "Write environments = [DATA, DATA] instead of train.");
        return false;
    }
    return true;
}

bool lower_environments_fit(struct lowering *l, const struct lowered_terms *terms)
{
    for (size_t i = 0; i < terms->n; i++) {
        if (terms->items[i].poll == STEP_NONE)
            continue;
        diag_error(l->diags, DIAG_UNSUPPORTED, terms->items[i].span,
                   "weights that are learned with the student are not supported yet over environments");
        return false;
    }
    return true;
}

size_t lower_environment_batch(struct lowering *l, size_t *rows, uint32_t joined,
                               const struct value *batch)
{
    const struct step *step = &l->plan->steps[joined];
    size_t sum = 0;
    bool known = true;
    for (uint32_t i = 0; i < step->n_in; i++) {
        size_t have = (size_t)l->plan->steps[step->in[i]].facts.rows;
        rows[i] = batch->kind == VALUE_NUMBER && (have == 0 || batch->number < (double)have)
                      ? (size_t)batch->number
                      : have;
        known &= rows[i] > 0;
        sum += rows[i];
    }
    return known ? sum : 0;
}
