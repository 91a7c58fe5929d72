// lower_tests.c -- see lower_tests.h.
#include "lower_tests.h"

#include "base/mem.h"

#include <string.h>

// Which of the block's models is meant; n_models, after a diagnostic, if none is.
static size_t find_model(struct lowering *l, const struct model_ref *models, size_t n_models, struct scoped s)
{
    struct model_ref model;
    if (!lower_model_ref(l, &model, s))
        return n_models;
    for (size_t i = 0; i < n_models; i++)
        if (lower_same_model(&models[i], &model))
            return i;
    struct diag *diag = diag_error(l->diags, DIAG_UNKNOWN_CHOICE, s.expr->span,
                                   "'%s' is not among the models of the block", model.label);
    diag_hint(l->diags, diag, "Tests are between numbers of one evaluate: add it to 'models'.");
    return n_models;
}

static bool compared(struct lowering *l, struct block_tests *out, struct scoped s, const struct model_ref *models,
                     size_t n_models)
{
    if (!lower_follow(l, &s) || s.expr->kind == EXPR_ERROR)
        return false;
    if (s.expr->kind != EXPR_LIST || s.expr->n_args < 2) {
        struct diag *diag = diag_error(l->diags, DIAG_WRONG_TYPE, s.expr->span, "'compare' wants two models or more");
        diag_hint(l->diags, diag, "For example compare = [student, teacher].");
        return false;
    }
    size_t *model = arena_array(l->scratch, s.expr->n_args, sizeof *model);
    bool ok = true;
    for (const struct arg *a = s.expr->args; a != NULL; a = a->next) {
        size_t at = find_model(l, models, n_models, (struct scoped){a->value, s.block});
        bool twice = false;
        for (size_t i = 0; i < out->n_models && at < n_models; i++)
            twice |= model[i] == at;
        if (twice)
            diag_error(l->diags, DIAG_DUPLICATE_ARGUMENT, a->value->span, "'%s' stands twice", models[at].label);
        ok &= !twice && at < n_models;
        model[out->n_models++] = at;
    }
    out->model = model;
    return ok;
}

bool lower_block_tests(struct lowering *l, struct block_tests *out, const struct symbol *block,
                       const struct model_ref *models, size_t n_models)
{
    struct value kind;
    *out = (struct block_tests){0};
    const struct setting *tests = symbol_setting(block, "tests"), *compare = symbol_setting(block, "compare");
    if (!lower_setting(l, &kind, block, "tests"))
        return false;
    if (compare == NULL && tests == NULL)
        return true;
    if (tests == NULL) {
        struct diag *diag = diag_error(l->diags, DIAG_MISSING_SETTING, compare->name_span,
                                       "'compare' says which models, and nothing says by which test");
        diag_hint(l->diags, diag, "Add tests = wilcoxon, t or permutation.");
        return false;
    }
    out->kind = kind.text;
    if (compare != NULL)
        return compared(l, out, (struct scoped){compare->value, compare->block}, models, n_models);
    if (n_models < 2) {
        diag_error(l->diags, DIAG_EMPTY, tests->name_span, "a test is between two models, and the block has one");
        return false;
    }
    size_t *model = arena_array(l->scratch, n_models, sizeof *model);
    for (size_t i = 0; i < n_models; i++)
        model[i] = i;
    out->model = model;
    out->n_models = n_models;
    return true;
}

static void add(struct asked *asked, const struct block_tests *tests, size_t x, size_t y)
{
    const struct asked_number *a = &asked->numbers[x], *b = &asked->numbers[y];
    if (a->is_pgr || b->is_pgr || a->parts == 0 || b->parts == 0 || strcmp(a->model, b->model) == 0)
        return;
    asked->tests = mem_grow(asked->tests, &asked->cap_tests, asked->n_tests + 1, sizeof *asked->tests);
    asked->tests[asked->n_tests++] = (struct asked_test){tests->kind, x, y, tests->family};
}

bool lower_add_tests(struct lowering *l, struct asked *asked, const struct block_tests *tests, size_t first,
                     size_t n_metrics, struct span span)
{
    for (size_t i = 0; i < tests->n_models; i++)
        for (size_t j = i + 1; j < tests->n_models; j++)
            for (size_t k = 0; k < n_metrics; k++) {
                if (!lower_enter(l, span)) // pairs are work, and their number is the file's
                    return false;
                lower_leave(l);
                add(asked, tests, first + tests->model[i] * n_metrics + k, first + tests->model[j] * n_metrics + k);
            }
    return true;
}
