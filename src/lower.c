// lower.c -- the whole: every declaration is looked at once, then every cell becomes steps.
#include "lower.h"
#include "flow.h"
#include "lower_loss.h"
#include "lower_labels.h"
#include "lower_outputs.h"
#include "lower_rules.h"

#include "lower_prepare.h"
#include "lower_source.h"
#include "lower_slope.h"
#include "lower_sweep.h"
#include "base/mem.h"

#include <string.h>

// --- declarations that nothing may refer to are checked all the same -----------------------------------------

static void unknown_setting(struct lowering *l, const struct symbol *symbol, const struct setting *setting)
{
    enum decl_kind kind = symbol->decl->kind;
    struct diag *diag = diag_error(l->diags, DIAG_UNKNOWN_SETTING, setting->name_span, "%s has no setting '%s'",
                                   decl_keyword(kind), setting->name);
    const char *names[32];
    size_t n = 0;
    const struct schema_row *row = NULL;
    while ((row = schema_next_setting(kind, row)) != NULL && n < ARRAY_LEN(names))
        names[n++] = row->name;
    const char *nearest = diag_nearest(setting->name, names, n);
    if (nearest != NULL)
        diag_hint(l->diags, diag, "did you mean '%s'?", nearest);
}

static void check_settings(struct lowering *l, const struct symbol *symbol)
{
    bool same_kind = symbol->base != NULL && symbol->base->decl->kind == symbol->decl->kind;
    for (size_t i = 0; i < symbol->n_settings; i++) {
        const struct setting *setting = &symbol->settings[i];
        if (same_kind && setting->block != symbol->decl->block)
            continue; // inherited: looked at where it was written
        const struct schema_row *row = schema_setting(symbol->decl->kind, setting->name);
        if (row == NULL)
            unknown_setting(l, symbol, setting);
        else if (row->state == STATE_LATER)
            diag_error(l->diags, DIAG_UNSUPPORTED, setting->name_span, "'%s' is not supported yet", setting->name);
    }
}

static void check_statements(struct lowering *l, const struct decl *decl)
{
    for (const struct stmt *s = decl->block != NULL ? decl->block->first : NULL; s != NULL; s = s->next)
        if (s->kind != STMT_SET && s->kind != STMT_LET)
            diag_error(l->diags, DIAG_UNKNOWN_SETTING, s->span, "a block of %s holds settings, name = value",
                       decl_keyword(decl->kind));
}

static struct expr name_of(const struct symbol *symbol)
{
    return (struct expr){.kind = EXPR_NAME, .span = symbol->span, .text = symbol->name};
}

static void check_data(struct lowering *l, const struct symbol *symbol)
{
    struct expr whole = name_of(symbol);
    struct value v;
    lower_data(l, (struct scoped){&whole, NULL});
    lower_setting(l, &v, symbol, "split");
    lower_setting(l, &v, symbol, "stratify");
    lower_setting(l, &v, symbol, "seed");
}

static void check_guidance(struct lowering *l, const struct symbol *symbol)
{
    struct expr name = name_of(symbol);
    struct lowered_term term = {.target = STEP_NONE};
    lower_guidance(l, &term, (struct scoped){&name, NULL}, STEP_NONE);
}

static void check_experiment(struct lowering *l, const struct symbol *symbol)
{
    struct value v;
    lower_setting(l, &v, symbol, "about");
}

static void unsupported(struct lowering *l, const struct decl *decl)
{
    diag_error(l->diags, DIAG_UNSUPPORTED, decl->keyword_span, "'%s' is not supported yet", decl_keyword(decl->kind));
}

static void check_declaration(struct lowering *l, const struct symbol *symbol)
{
    const struct decl *decl = symbol->decl;
    struct expr name = name_of(symbol);
    struct scoped s = {&name, NULL};
    struct value v;
    bool own_statements = decl->kind == DECL_CLAIM || decl->kind == DECL_REPORT || decl->kind == DECL_SWEEP;
    if (!own_statements) {
        check_settings(l, symbol);
        check_statements(l, decl);
    }
    switch (decl->kind) {
    case DECL_EXPERIMENT:
        check_experiment(l, symbol);
        break;
    case DECL_PARAM:
        lower_param(l, &v, symbol);
        break;
    case DECL_DATA:
        check_data(l, symbol);
        break;
    case DECL_SHIFT:
        lower_shift(l, &v, s);
        break;
    case DECL_MODEL:
        lower_model(l, &v, s);
        break;
    case DECL_GUIDANCE:
        check_guidance(l, symbol);
        break;
    case DECL_TEACHER:
    case DECL_STUDENT:
        lower_training(l, symbol, TRAINING_PLAIN);
        break;
    case DECL_INCLUDE:
        unsupported(l, decl);
        break;
    case DECL_SWEEP:
    case DECL_EVALUATE:
    case DECL_CONTROL:
    case DECL_CLAIM:
    case DECL_REPORT:
        break; // looked at with the cells
    }
}

static void check_title(struct lowering *l)
{
    const struct decl *first = NULL;
    for (const struct decl *d = l->program->ast->first; d != NULL; d = d->next) {
        if (d->kind != DECL_EXPERIMENT)
            continue;
        if (first != NULL) {
            struct diag *diag = diag_error(l->diags, DIAG_DUPLICATE_NAME, d->keyword_span, "a file has one experiment");
            diag_other(l->diags, diag, first->keyword_span, "the first is here");
            return;
        }
        first = d;
    }
    l->plan->title = first != NULL && first->title != NULL ? arena_text(&l->plan->arena, first->title) : "untitled";
}

static void check_purpose(struct lowering *l)
{
    for (const struct decl *d = l->program->ast->first; d != NULL; d = d->next)
        if (d->kind == DECL_EVALUATE || d->kind == DECL_CLAIM)
            return;
    struct diag *diag = diag_error(l->diags, DIAG_EMPTY, (struct span){0, 0}, "the file asks for nothing");
    diag_hint(l->diags, diag, "Add evaluate { models = [ … ]; on = [ … ]; metrics = [accuracy] }.");
}

// --- cells --------------------------------------------------------------------------------------------------

static bool seeds(struct lowering *l, const struct expr *from_command_line)
{
    if (from_command_line != NULL) {
        l->diags = l->command;
        bool ok = lower_seeds(l, (struct scoped){from_command_line, NULL});
        l->diags = l->file;
        return ok;
    }
    for (size_t i = 0; i < l->program->n_symbols; i++) {
        const struct symbol *symbol = &l->program->symbols[i];
        const struct setting *setting =
            symbol->decl->kind == DECL_EXPERIMENT ? symbol_setting(symbol, "seeds") : NULL;
        if (setting != NULL)
            return lower_seeds(l, (struct scoped){setting->value, setting->block});
    }
    static const struct expr zero = {.kind = EXPR_NUMBER, .number = 0}, four = {.kind = EXPR_NUMBER, .number = 4};
    static const struct expr usual = {.kind = EXPR_BINARY, .op = OP_RANGE, .left = &zero, .right = &four};
    return lower_seeds(l, (struct scoped){&usual, NULL});
}

static bool lower_point(struct lowering *l, uint32_t at)
{
    struct asked asked = {.n_seeds = l->plan->n_seeds};
    bool ok = true;
    for (size_t i = 0; ok && i < l->plan->n_seeds; i++) {
        lower_enter_point(l, &l->plan->points[at]);
        l->seed = l->plan->seeds[i];
        ok &= lower_numbers(l, &asked, i);
        ok &= lower_claims(l, &asked, i);
        if (l->plan->n > LOWER_MAX_STEPS) {
            diag_error(l->diags, DIAG_TOO_DEEP, (struct span){0, 0},
                       "the plan has more than %d steps", LOWER_MAX_STEPS);
            ok = false;
        }
    }
    if (ok)
        lower_results(l, &asked, at);
    asked_release(&asked);
    arena_release(l->scratch);
    return ok;
}

// --set: the param's declaration is replaced by one whose value comes from the command line.
static void apply_overrides(struct lowering *l, struct program *program, const struct ast *overrides)
{
    for (const struct decl *d = overrides != NULL ? overrides->first : NULL; d != NULL; d = d->next) {
        const struct symbol *symbol = program_find(program, d->name);
        if (symbol == NULL || symbol->decl->kind != DECL_PARAM)
            BUG("--set of '%s', which is no param", d->name);
        struct decl *changed = arena_alloc(&l->plan->arena, sizeof *changed);
        *changed = *symbol->decl;
        changed->value = d->value;
        program->symbols[symbol->number].decl = changed;
        program->symbols[symbol->number].fixed = true;
    }
}

// Every declaration, whether or not something refers to it, in a plan of its own that is thrown away.
static void check_all(struct lowering *l)
{
    struct plan *plan = l->plan, scratch;
    struct plan_point first = {0};
    if (plan->n_points > 0)
        first = plan->points[0];
    plan_init(&scratch);
    l->plan = &scratch;
    lower_enter_point(l, &first);
    for (size_t i = 0; i < l->program->n_symbols; i++)
        check_declaration(l, &l->program->symbols[i]);
    struct asked asked = {.n_seeds = 1};
    bool known = lower_numbers(l, &asked, 0);
    lower_report(l, plan, known ? &asked : NULL);
    bool dry = l->dry;
    l->dry = true; // claims are looked at even where their condition does not hold
    lower_claims(l, &asked, 0);
    l->dry = dry;
    asked_release(&asked);
    flow_release(l->flow); // its steps are those of the scratch plan
    l->plan = plan;
    plan_release(&scratch);
}

static bool clean(const struct lowering *l)
{
    return l->file->n_errors == 0 && l->command->n_errors == 0 && !err_is_set(l->err);
}

static bool lower_all(struct lowering *l, const struct lower_options *options)
{
    check_title(l);
    check_purpose(l);
    seeds(l, options->seeds);
    lower_points(l, options->overrides);
    check_all(l);
    if (!clean(l) || (l->dry && !options->outline))
        return clean(l);
    for (size_t i = 0; i < (options->outline ? 1 : l->plan->n_points); i++)
        if (!lower_point(l, (uint32_t)i))
            return false;
    plan_prune(l->plan);
    return true;
}

bool lower_program(struct plan *plan, const struct program *program, const struct lower_options *options,
                   struct diags *diags, struct err *err)
{
    if (program->too_large)
        return false;
    struct program changed = *program;
    struct lowering l = {.program = &changed,
                         .plan = plan,
                         .diags = diags,
                         .file = diags,
                         .err = err,
                         .command = options->command != NULL ? options->command : diags,
                         .folder = options->folder,
                         .memory = options->memory,
                         .dry = options->dry};
    apply_overrides(&l, &changed, options->overrides);
    l.params = mem_new(program->n_symbols * sizeof *l.params);
    l.trained = mem_new(program->n_symbols * sizeof *l.trained);
    l.open = mem_new(program->n_symbols * sizeof *l.open);
    struct arena scratch = {0};
    struct flow own = {0};
    l.scratch = &scratch;
    l.flow = options->flow != NULL ? options->flow : &own;
    l.sources = source_cache_new();
    l.losses = loss_cache_new();
    l.labels = labels_cache_new();
    l.outputs = outputs_cache_new();
    l.rules = rules_cache_new();
    bool ok = lower_all(&l, options);
    source_cache_free(l.sources);
    loss_cache_free(l.losses);
    labels_cache_free(l.labels);
    outputs_cache_free(l.outputs);
    rules_cache_free(l.rules);
    trained_data_free(l.trained_data);
    slope_claims_free(l.slopes);
    flow_release(&own);
    str_release(&l.checked);
    arena_release(&scratch);
    mem_free(l.open);
    mem_free(l.trained);
    mem_free(l.params);
    return ok && clean(&l);
}
