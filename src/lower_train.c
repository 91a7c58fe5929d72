// lower_train.c -- models, and the training of teachers and students.
#include "lower.h"

#include "model/model.h"

#include <string.h>

bool lower_model(struct lowering *l, struct value *out, struct scoped s)
{
    *out = (struct value){0};
    if (!lower_follow(l, &s) || s.expr->kind == EXPR_ERROR)
        return false;
    if (s.expr->kind != EXPR_NAME || lower_is_call(l, GROUP_MODEL, DECL_MODEL, s.expr->text))
        return lower_call(l, out, GROUP_MODEL, s);
    const struct symbol *model = lower_symbol(l, s, KIND_BIT(DECL_MODEL), "a model");
    if (model == NULL || model->broken)
        return false;
    if (model->value == NULL) {
        if (model->decl->value == NULL)
            diag_error(l->diags, DIAG_MISSING_SETTING, model->span,
                       "model '%s' needs a value: model %s = mlp(hidden: [64])", model->name, model->name);
        return false;
    }
    return lower_call(l, out, GROUP_MODEL, (struct scoped){model->value, NULL});
}

struct step_facts lower_model_facts(const struct value *call, uint64_t features, uint64_t classes)
{
    struct step_facts facts = {.features = features, .classes = classes};
    struct model model;
    struct err err = {0};
    if (features == 0 || classes == 0 || model_init(&model, call, features, classes, &err) < 0)
        return facts;
    facts.params = model.n_params;
    facts.flops = model_flops(&model);
    return facts;
}

// Forward, gradient of the parameters, gradient of the inputs of all layers but the first.
static double training_flops(const struct value *call, const struct step_facts *rows, double epochs)
{
    struct model model;
    struct err err = {0};
    if (rows->features == 0 || rows->classes == 0 ||
        model_init(&model, call, rows->features, rows->classes, &err) < 0)
        return 0;
    double first = 2.0 * (double)model.layer[0].in * (double)model.layer[0].out;
    return (3 * model_flops(&model) - first) * (double)rows->rows * epochs;
}

static uint32_t lower_init(struct lowering *l, const struct value *model, uint32_t rows)
{
    const struct step_facts *data = &l->plan->steps[rows].facts;
    struct step_facts facts = lower_model_facts(model, data->features, data->classes);
    facts.flops = 0;
    struct value_arg args[] = {
        {"model", *model},
        {"features", value_number((double)data->features)},
        {"classes", value_number((double)data->classes)},
    };
    struct step step = {.kind = STEP_init, .seed = l->seed, .facts = facts, .label = model->text,
                        .attrs = lower_make_call(l, "init", ARRAY_LEN(args), args)};
    return plan_add(l->plan, &step, NULL);
}

static uint32_t lower_shuffle(struct lowering *l, uint32_t input)
{
    const struct step *from = &l->plan->steps[input];
    struct step_facts facts = from->facts;
    struct step step = {.kind = STEP_shuffle, .in = &input, .n_in = 1, .seed = l->seed, .facts = facts,
                        .label = arena_format(l->scratch, "shuffled %s", from->label),
                        .attrs = lower_make_call(l, "shuffle", 0, NULL)};
    return plan_add(l->plan, &step, NULL);
}

// The objective: as written, or the gold labels for a ceiling and for a teacher without `learn`.
static bool objective(struct lowering *l, struct lowered_terms *out, const struct symbol *symbol,
                      enum training how, uint32_t rows)
{
    const struct setting *learn = symbol_setting(symbol, "learn");
    bool gold = how == TRAINING_CEILING || (learn == NULL && symbol->decl->kind == DECL_TEACHER);
    if (gold) {
        struct lowered_term *term = arena_alloc(l->scratch, sizeof *term);
        term->weight = value_number(1);
        term->call = lower_make_call(l, "cross_entropy", 0, NULL);
        term->target = STEP_NONE;
        *out = (struct lowered_terms){term, 1};
        return true;
    }
    if (learn == NULL) {
        struct diag *diag = diag_error(l->diags, DIAG_NOTHING_TO_LEARN, symbol->span,
                                       "student '%s' needs 'learn'", symbol->name);
        diag_hint(l->diags, diag, "For example learn = soft_labels(from: TEACHER) or learn = cross_entropy(labels).");
        return false;
    }
    return lower_objective(l, out, (struct scoped){learn->value, learn->block}, rows);
}

static struct value term_value(struct lowering *l, const struct lowered_term *term, unsigned input)
{
    struct value_arg args[] = {
        {"weight", term->weight},
        {"loss", term->call},
        {"target", term->target != STEP_NONE ? (struct value){.kind = VALUE_INPUT, .index = input} : (struct value){0}},
    };
    return lower_make_call(l, "term", ARRAY_LEN(args), args);
}

struct recipe {
    struct value model, optimiser, epochs, batch;
    uint32_t rows;
};

static bool lower_recipe(struct lowering *l, struct recipe *r, const struct symbol *symbol)
{
    const struct setting *train = symbol_setting(symbol, "train");
    bool ok = lower_setting(l, &r->model, symbol, "model");
    ok &= lower_setting(l, &r->optimiser, symbol, "using");
    ok &= lower_setting(l, &r->epochs, symbol, "epochs");
    ok &= lower_setting(l, &r->batch, symbol, "batch");
    r->rows = STEP_NONE;
    if (train == NULL)
        lower_missing(l, symbol, "train");
    else
        r->rows = lower_data(l, (struct scoped){train->value, train->block});
    return ok && r->rows != STEP_NONE;
}

static const char *training_label(struct lowering *l, const struct symbol *symbol, enum training how)
{
    if (how == TRAINING_PLAIN)
        return symbol->name;
    return arena_format(l->scratch, how == TRAINING_CEILING ? "ceiling(%s)" : "shuffled_labels(%s)", symbol->name);
}

static uint32_t add_training(struct lowering *l, const struct recipe *r, const struct lowered_terms *terms,
                             const char *label, bool shuffled)
{
    uint32_t *in = arena_array(l->scratch, terms->n + 2, sizeof *in);
    struct value *items = arena_array(l->scratch, terms->n, sizeof *items);
    uint32_t n_in = 2;
    bool gold = false;
    for (size_t i = 0; i < terms->n; i++) {
        const struct lowered_term *term = &terms->items[i];
        gold |= term->target == STEP_NONE;
        items[i] = term_value(l, term, n_in);
        if (term->target != STEP_NONE)
            in[n_in++] = shuffled ? lower_shuffle(l, term->target) : term->target;
    }
    in[0] = gold && shuffled ? lower_shuffle(l, r->rows) : r->rows;
    in[1] = lower_init(l, &r->model, r->rows);
    struct value_arg args[] = {
        {"model", r->model},
        {"objective", lower_make_list(l, terms->n, items)},
        {"using", r->optimiser},
        {"epochs", r->epochs},
        {"batch", r->batch},
    };
    struct step_facts facts = l->plan->steps[r->rows].facts;
    facts.params = l->plan->steps[in[1]].facts.params;
    facts.flops = training_flops(&r->model, &facts, r->epochs.number);
    struct step step = {.kind = STEP_train, .in = in, .n_in = n_in, .seed = l->seed, .label = label, .facts = facts,
                        .attrs = lower_make_call(l, "train", ARRAY_LEN(args), args)};
    return plan_add(l->plan, &step, NULL);
}

static uint32_t training(struct lowering *l, const struct symbol *symbol, enum training how)
{
    if (symbol->broken)
        return STEP_NONE;
    if (symbol->value != NULL) {
        lower_call(l, &(struct value){0}, GROUP_TEACHER, (struct scoped){symbol->value, NULL});
        return STEP_NONE;
    }
    if (symbol->base != NULL && symbol->base->decl->kind != symbol->decl->kind) {
        diag_error(l->diags, DIAG_UNSUPPORTED, symbol->decl->value->span,
                   "a student as a teacher is not supported yet");
        return STEP_NONE;
    }
    struct recipe r;
    struct lowered_terms terms;
    bool ok = lower_recipe(l, &r, symbol);
    ok &= objective(l, &terms, symbol, how, r.rows);
    if (!ok)
        return STEP_NONE;
    return add_training(l, &r, &terms, training_label(l, symbol, how), how == TRAINING_SHUFFLED);
}

// Once a cell for each symbol and way, so that shared teachers cost nothing and circles are seen.
uint32_t lower_training(struct lowering *l, const struct symbol *symbol, enum training how)
{
    struct trained *trained = &l->trained[symbol->number][how];
    if (trained->state == TRAINED_DONE)
        return trained->step;
    if (trained->state == TRAINED_OPEN) {
        diag_error(l->diags, DIAG_CYCLE, symbol->span, "'%s' learns from itself", symbol->name);
        return STEP_NONE;
    }
    if (!lower_enter(l, symbol->span))
        return STEP_NONE;
    trained->state = TRAINED_OPEN;
    trained->step = training(l, symbol, how);
    trained->state = TRAINED_DONE;
    lower_leave(l);
    return trained->step;
}

static bool fits(struct lowering *l, const struct step *train, const struct step *data,
                 const char *who, struct span span)
{
    const struct {
        const char *noun;
        uint64_t have, want;
    } sizes[] = {{"features", train->facts.features, data->facts.features},
                 {"classes", train->facts.classes, data->facts.classes}};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        if (sizes[i].have == 0 || sizes[i].want == 0 || sizes[i].have == sizes[i].want)
            continue;
        diag_error(l->diags, DIAG_SHAPE, span, "'%s' was trained on %llu %s, and '%s' has %llu",
                   who, (unsigned long long)sizes[i].have, sizes[i].noun, data->label,
                   (unsigned long long)sizes[i].want);
        return false;
    }
    return true;
}

uint32_t lower_predict(struct lowering *l, uint32_t trained, uint32_t rows, const char *who,
                       struct span span)
{
    const struct step *train = &l->plan->steps[trained], *data = &l->plan->steps[rows];
    if (!fits(l, train, data, who, span))
        return STEP_NONE;
    const char *label = arena_format(l->scratch, "%s on %s", who, data->label);
    struct value model = *value_arg(&train->attrs, "model");
    struct value_arg args[] = {{"model", model}};
    struct step_facts facts = data->facts;
    facts.params = train->facts.params;
    facts.classes = train->facts.classes;
    facts.flops = lower_model_facts(&model, facts.features, facts.classes).flops * (double)facts.rows;
    uint32_t in[] = {trained, rows};
    struct step step = {.kind = STEP_predict, .in = in, .n_in = 2, .seed = l->seed, .label = label, .facts = facts,
                        .attrs = lower_make_call(l, "predict", 1, args)};
    return plan_add(l->plan, &step, NULL);
}
