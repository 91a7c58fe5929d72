// lower_kind.c -- models that are not trained by gradient (trees, nearest neighbours) and
// optimisers without batches: which settings and which objectives they take, and what they cost.
#include "lower.h"

#include "model/fit.h"

#include <string.h>

bool lower_is_fitted(const struct value *model)
{
    return value_is_call(model, "tree") || value_is_call(model, "knn");
}

const char *lower_kind_noun(const struct value *model)
{
    return value_is_call(model, "tree") ? "a tree" : "knn";
}

bool lower_takes_all(const struct value *optimiser)
{
    return value_is_call(optimiser, "lbfgs");
}

bool lower_all_rows_fit(struct lowering *l, const struct value *model, struct span span)
{
    const struct value *norm = model->kind == VALUE_CALL ? value_arg(model, "norm") : NULL;
    if (norm == NULL || norm->kind != VALUE_NAME || strcmp(norm->text, "batch") != 0)
        return true;
    struct diag *diag = diag_error(l->diags, DIAG_WRONG_KIND, span,
                                   "lbfgs() does not train models with batch normalisation");
    diag_hint(l->diags, diag, "It has no batches; norm: layer does not need them.");
    return false;
}

// What a derived declaration inherits together with another model or optimiser is passed over.
static bool stands_with(const struct symbol *symbol, const struct setting *setting,
                        const char *cause)
{
    const struct setting *by = symbol_setting(symbol, cause);
    return setting->block == symbol->decl->block || (by != NULL && setting->block == by->block);
}

bool lower_refuse_settings(struct lowering *l, const struct symbol *symbol,
                           const char *const *names, const char *cause, const char *because)
{
    bool ok = true;
    for (; *names != NULL; names++) {
        const struct setting *setting = symbol_setting(symbol, *names);
        if (setting == NULL || !stands_with(symbol, setting, cause))
            continue;
        diag_error(l->diags, DIAG_UNKNOWN_SETTING, setting->name_span,
                   "'%s' has no meaning here: %s", *names, because);
        ok = false;
    }
    return ok;
}

bool lower_fitted_terms(struct lowering *l, const struct value *model,
                        const struct lowered_terms *terms)
{
    bool ok = true;
    for (size_t i = 0; i < terms->n; i++) {
        const char *why = fit_refuses(&terms->items[i].call, &terms->items[i].weight);
        if (why == NULL)
            continue;
        diag_error(l->diags, DIAG_WRONG_KIND, terms->items[i].span, "%s cannot learn from this: %s",
                   lower_kind_noun(model), why);
        ok = false;
    }
    return ok;
}

// Nothing in a fit is drawn by chance: without chance in what it reads it is the same for all
// seeds.
int64_t lower_fitted_seed(const struct lowering *l, const uint32_t *in, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (l->plan->steps[in[i]].seed != SEED_NONE)
            return l->seed;
    return SEED_NONE;
}

double lower_fitted_flops(const struct value *model, const struct step_facts *rows)
{
    if (!value_is_call(model, "tree"))
        return 0;
    double columns = (double)rows->features * (double)rows->rows;
    return columns * 2 * (double)rows->classes * value_arg_number(model, "depth");
}

double lower_fitted_row_flops(const struct value *model, const struct step_facts *train)
{
    if (value_is_call(model, "tree"))
        return value_arg_number(model, "depth");
    return 3 * (double)train->rows * (double)train->features;
}
