// lower_train.c -- models, and the training of teachers and students.
#include "lower.h"
#include "flow.h"
#include "lower_ensemble.h"
#include "lower_environment.h"
#include "lower_generation.h"
#include "lower_labels.h"
#include "lower_outputs.h"
#include "lower_loss.h"
#include "lower_rules.h"
#include "lower_select.h"

#include "model/objective.h"

#include <string.h>

const char *training_call(enum training how)
{
    static const char *const call[] = {
#define TRAINING(id, call) call,
#include "trainings.def"
#undef TRAINING
    };
    return call[how];
}

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

// Of each row that is `seen`.
static double training_flops(const struct value *call, const struct step_facts *rows, double seen)
{
    struct model model;
    struct err err = {0};
    if (rows->features == 0 || rows->classes == 0 ||
        model_init(&model, call, rows->features, rows->classes, &err) < 0)
        return 0;
    return model_training_flops(&model) * seen;
}

static uint32_t lower_init(struct lowering *l, const struct value *model, uint32_t rows)
{
    int64_t seed = lower_is_fitted(model) ? SEED_NONE : l->seed;
    const struct step_facts *data = &l->plan->steps[rows].facts;
    struct step_facts facts = lower_model_facts(model, data->features, data->classes);
    facts.flops = 0;
    struct value_arg args[] = {
        {"model", *model},
        {"features", value_number((double)data->features)},
        {"classes", value_number((double)data->classes)},
    };
    struct step step = {.kind = STEP_init, .seed = seed, .facts = facts, .label = model->text,
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

// The mean over rows of a teacher's guidance, in every row.
static uint32_t lower_average(struct lowering *l, uint32_t input)
{
    const struct step *from = &l->plan->steps[input];
    struct step step = {.kind = STEP_average, .in = &input, .n_in = 1, .seed = from->seed, .facts = from->facts,
                        .label = arena_format(l->scratch, "mean of %s", from->label),
                        .attrs = lower_make_call(l, "average", 0, NULL)};
    step.facts.flops = 0;
    return plan_add(l->plan, &step, NULL);
}

// The objective: as written, or the gold labels for a ceiling and for a teacher without `learn`.
static bool objective(struct lowering *l, struct lowered_terms *out, const struct symbol *symbol,
                      enum training how, uint32_t rows)
{
    const struct setting *learn = symbol_setting(symbol, "learn");
    bool gold = how == TRAINING_CEILING || how == TRAINING_STAND_IN || (learn == NULL && symbol->decl->kind == DECL_TEACHER);
    if (gold) {
        struct lowered_term *term = arena_alloc(l->scratch, sizeof *term);
        lowered_term_init(term, symbol->span);
        term->weight = value_number(1);
        term->call = lower_make_call(l, "cross_entropy", 0, NULL);
        term->gold = term->says_labels = true;
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

struct recipe {
    struct value model, optimiser, epochs, batch;
    uint32_t rows;
    struct span train; // the rows, as the file says them
    bool seen;         // and it says seen(...)
    size_t environments; // 0: there are none
    struct lowered_select select;
};

// Settings without a meaning for this model or optimiser are refused; inherited ones are passed over.
static bool settle_recipe(struct lowering *l, struct recipe *r, const struct symbol *symbol)
{
    static const char *const names[] = {"using", "epochs", "batch", "select", NULL};
    bool ok = true;
    if (lower_is_fitted(&r->model)) {
        const char *why = arena_format(l->scratch, "%s is not trained by gradient", lower_kind_noun(&r->model));
        ok = lower_refuse_settings(l, symbol, names, "model", why);
    } else if (lower_takes_all(&r->optimiser)) {
        ok = lower_refuse_settings(l, symbol, names + 1, "using", "lbfgs() takes all rows in every iteration");
        ok &= lower_all_rows_fit(l, &r->model, symbol_setting(symbol, "using")->value->span);
        r->epochs = *value_arg(&r->optimiser, "iterations");
    } else {
        return true;
    }
    r->select = (struct lowered_select){.on = STEP_NONE};
    return ok;
}

static bool lower_recipe(struct lowering *l, struct recipe *r, const struct symbol *symbol)
{
    struct training_rows rows;
    bool ok = lower_setting(l, &r->model, symbol, "model");
    ok &= lower_setting(l, &r->optimiser, symbol, "using");
    ok &= lower_setting(l, &r->epochs, symbol, "epochs");
    ok &= lower_setting(l, &r->batch, symbol, "batch");
    ok &= lower_select(l, &r->select, symbol);
    ok &= settle_recipe(l, r, symbol);
    ok &= lower_training_rows(l, &rows, symbol);
    r->rows = rows.rows;
    r->train = rows.span;
    r->seen = rows.seen;
    r->environments = lower_takes_all(&r->optimiser) ? 0 : rows.environments; // it has no batches
    return ok && r->rows != STEP_NONE &&
           lower_model_images(l, &r->model, r->rows, symbol_setting(symbol, "model")->value->span);
}

static const char *training_label(struct lowering *l, const struct symbol *symbol, enum training how)
{
    const struct generation *g = l->generation;
    if (how == TRAINING_PLAIN && g != NULL)
        return arena_format(l->scratch, "%s[%u]", symbol->name, (unsigned)g->number);
    if (how == TRAINING_PLAIN)
        return symbol->name;
    return arena_format(l->scratch, "%s(%s)", training_call(how), symbol->name);
}

// The inputs of a train step as they are found, and its terms.
struct inputs {
    struct lowering *l;
    uint32_t *in;
    uint32_t n;
    enum training how; // of a control: what becomes of targets and labels
};

static struct value as_input(struct inputs *inputs, uint32_t step, bool is_guidance)
{
    if (step == STEP_NONE)
        return (struct value){0};
    if (is_guidance && inputs->how == TRAINING_SHUFFLED)
        step = lower_shuffle(inputs->l, step);
    if (is_guidance && inputs->how == TRAINING_CONSTANT_TEACHER)
        step = lower_average(inputs->l, step);
    uint32_t i = 2; // after the rows and the start
    while (i < inputs->n && inputs->in[i] != step)
        i++;
    if (i == inputs->n)
        inputs->in[inputs->n++] = step;
    return (struct value){.kind = VALUE_INPUT, .index = i};
}

static uint32_t reference_logits(struct lowering *l, const struct lowered_term *term,
                                 uint32_t start, uint32_t rows)
{
    uint32_t trained = start;
    if (term->reference != NULL)
        trained = lower_training(l, term->reference, TRAINING_PLAIN);
    return trained != STEP_NONE
               ? lower_predict(l, trained, rows,
                               term->reference != NULL ? term->reference->name : "the start",
                               term->span)
               : STEP_NONE;
}

static bool reads(const struct lowered_term *term, struct lowering *l, unsigned what)
{
    const struct value *call = &term->call;
    bool is_file = value_is_call(call, "lua");
    const struct known_loss *loss =
        is_file ? lower_loss_file(l, value_arg_text(call, "file"), term->span)
                : lower_stdlib_loss(l, call->text);
    return loss != NULL && (loss_description(loss->loss)->reads & what) != 0;
}

static struct value mixture_value(struct inputs *inputs, const struct lowered_term *term)
{
    if (term->poll == STEP_NONE)
        return (struct value){0};
    struct value_arg args[] = {{"votes", as_input(inputs, term->poll, true)},
                               {"easy", *value_arg(&term->mixture, "easy")},
                               {"rate", *value_arg(&term->mixture, "rate")}};
    return lower_make_call(inputs->l, "mixture", ARRAY_LEN(args), args);
}

static struct value term_value(struct inputs *inputs, const struct lowered_term *term,
                               uint32_t reference)
{
    bool wants_logits = term->logits != STEP_NONE && reads(term, inputs->l, READS_GUIDANCE_LOGITS);
    struct value_arg args[] = {
        {"weight", term->weight},
        {"loss", term->call},
        {"target", as_input(inputs, term->target, true)},
        {"logits", as_input(inputs, wants_logits ? term->logits : STEP_NONE, true)},
        {"from", as_input(inputs, term->from, true)},
        {"to", term->to > 0 ? value_number(term->to) : (struct value){0}},
        {"lists", as_input(inputs, term->lists, true)},
        {"reference", as_input(inputs, reference, false)},
        {"mask", as_input(inputs, term->mask, false)},
        {"mixture", mixture_value(inputs, term)},
    };
    return lower_make_call(inputs->l, "term", ARRAY_LEN(args), args);
}

static size_t width_of(const struct lowering *l, uint32_t step)
{
    return step != STEP_NONE ? l->plan->steps[step].facts.classes : 0;
}

// True when these losses were traced before for this model: a sweep asks again and again.
static bool was_checked(struct lowering *l, const struct lowered_terms *terms,
                        const struct model *model, const struct value *call, size_t batch,
                        size_t environments)
{
    struct str line = {0};
    value_write(&line, call);
    str_format(&line, " %zu %zu %zu %zu", model->features, model->classes, batch, environments);
    for (size_t i = 0; i < terms->n; i++) {
        const struct lowered_term *term = &terms->items[i];
        str_add(&line, " ");
        value_write(&line, &term->call);
        str_format(&line, " %zu %u %d %d %zu", width_of(l, term->from), term->to,
                   term->weight.kind, term->mask != STEP_NONE, width_of(l, term->poll));
    }
    str_add(&line, "\n");
    bool known = strstr(str_text(&l->checked), str_text(&line)) != NULL;
    if (!known)
        str_add(&l->checked, str_text(&line));
    str_release(&line);
    return known;
}

// Traces the objective with the shapes it will have, so that what does not fit is said here.
static bool check_losses(struct lowering *l, const struct recipe *r,
                         const struct lowered_terms *terms)
{
    const struct step_facts *rows = &l->plan->steps[r->rows].facts;
    struct model model;
    struct err err = {0};
    if (rows->features == 0 || rows->classes == 0 ||
        model_init(&model, &r->model, rows->features, rows->classes, &err) < 0)
        return true; // only the run can tell
    bool all = r->batch.kind != VALUE_NUMBER;
    size_t batch = all ? rows->rows : (size_t)r->batch.number;
    if (rows->rows > 0 && rows->rows < batch)
        batch = rows->rows;
    size_t *parts = arena_array(l->scratch, r->environments, sizeof *parts);
    if (r->environments > 0)
        batch = lower_environment_batch(l, parts, r->rows, &r->batch);
    if (batch == 0 || was_checked(l, terms, &model, &r->model, batch, r->environments))
        return true;
    struct train_term *check = arena_array(l->scratch, terms->n, sizeof *check);
    for (size_t i = 0; i < terms->n; i++) {
        const struct lowered_term *term = &terms->items[i];
        check[i] = (struct train_term){
            .weight = term->weight,
            .call = term->call,
            .probs.cols = width_of(l, term->target),
            .logits.cols = width_of(l, term->logits),
            .from.cols = width_of(l, term->from),
            .to = term->to,
            .reference.cols = term->wants_reference ? rows->classes : 0,
            .mask.cols = width_of(l, term->mask),
            .mixture.voters = width_of(l, term->poll) / model.classes,
        };
        if (term->lists != STEP_NONE) {
            const struct value *attrs = &l->plan->steps[term->lists].attrs;
            check[i].lists.k = (size_t)value_arg_int(attrs, "list");
            check[i].lists.cls = (size_t)value_arg_int(attrs, "class");
        }
    }
    size_t at;
    const struct batch_parts environments = {r->environments, parts};
    if (objective_check(&model, check, terms->n, batch, &environments, &at, &err) == 0)
        return true;
    struct diag *diag = diag_error(l->diags, DIAG_SCRIPT, terms->items[at].span, "%s", err.text);
    if (err.hint[0] != '\0')
        diag_hint(l->diags, diag, "%s", err.hint);
    return false;
}

// Rows of rankings that an epoch passes through the student, besides its own.
static double listed_rows(const struct lowering *l, const struct lowered_terms *terms)
{
    double rows = 0;
    for (size_t i = 0; i < terms->n; i++)
        if (terms->items[i].lists != STEP_NONE) {
            const struct value *attrs = &l->plan->steps[terms->items[i].lists].attrs;
            rows += value_arg_number(attrs, "pairs") * value_arg_number(attrs, "list");
        }
    return rows;
}

static uint32_t add_training(struct lowering *l, const struct recipe *r, const struct lowered_terms *terms,
                             const char *label, enum training how)
{
    bool fitted = lower_is_fitted(&r->model), all = fitted || lower_takes_all(&r->optimiser);
    if (!lower_one_mixture(l, terms, all, r->select.best))
        return STEP_NONE;
    const char *no_environments = lower_takes_all(&r->optimiser)
                                      ? "lbfgs() takes all rows as one"
                                      : arena_format(l->scratch, "'%s' has none", label);
    if (fitted && !lower_fitted_terms(l, &r->model, terms))
        return STEP_NONE;
    if (r->environments > 0 && !lower_environments_fit(l, terms))
        return STEP_NONE;
    if (!fitted && ((r->environments == 0 && !lower_needs_no_environments(l, terms, no_environments)) ||
                    !check_losses(l, r, terms) || !lower_select_fits(l, &r->select, terms, r->rows, label)))
        return STEP_NONE;
    uint32_t *in = arena_array(l->scratch, 5 + 7 * terms->n, sizeof *in);
    struct value *items = arena_array(l->scratch, terms->n, sizeof *items);
    struct inputs inputs = {l, in, 2, how};
    in[1] = lower_init(l, &r->model, r->rows);
    bool gold = false;
    for (size_t i = 0; i < terms->n; i++) {
        const struct lowered_term *term = &terms->items[i];
        uint32_t reference =
            term->wants_reference ? reference_logits(l, term, in[1], r->rows) : STEP_NONE;
        if (term->wants_reference && reference == STEP_NONE)
            return STEP_NONE;
        gold |= term->gold;
        items[i] = term_value(&inputs, term, reference);
    }
    in[0] = gold && how == TRAINING_SHUFFLED ? lower_shuffle(l, r->rows) : r->rows;
    struct value on = as_input(&inputs, r->select.on, false);
    struct stop_rule stop;
    if (!lower_stop(l, &stop, r->rows))
        return STEP_NONE;
    struct value_arg rule[] = {{"agreement", as_input(&inputs, stop.agreement, false)},
                               {"last", as_input(&inputs, stop.last, false)},
                               {"share", stop.share}};
    struct value_arg args[] = {
        {"model", r->model},
        {"objective", lower_make_list(l, terms->n, items)},
        {"using", fitted ? (struct value){0} : r->optimiser},
        {"epochs", all ? (struct value){0} : r->epochs},
        {"batch", all ? (struct value){0} : r->batch},
        {"environments", all || r->environments == 0 ? (struct value){0}
                                                     : value_number((double)r->environments)},
        {"select", lower_select_value(l, &r->select, terms, on)},
        {"stop", stop.last != STEP_NONE ? lower_make_call(l, "stop", ARRAY_LEN(rule), rule)
                                        : (struct value){0}},
    };
    struct step_facts facts = l->plan->steps[r->rows].facts;
    facts.params = l->plan->steps[in[1]].facts.params;
    double seen = (double)facts.rows + listed_rows(l, terms);
    facts.flops = fitted ? lower_fitted_flops(&r->model, &facts)
                         : training_flops(&r->model, &facts, seen * r->epochs.number);
    int64_t seed = fitted ? lower_fitted_seed(l, in, inputs.n) : l->seed;
    struct step step = {.kind = STEP_train, .in = in, .n_in = inputs.n, .seed = seed, .label = label, .facts = facts,
                        .oracle = r->select.oracle,
                        .attrs = lower_make_call(l, "train", ARRAY_LEN(args), args)};
    return plan_add(l->plan, &step, NULL);
}

// A teacher that is the value of a call: it is not trained here.
static uint32_t valued_teacher(struct lowering *l, const struct symbol *symbol, enum training how)
{
    const struct schema_row *call =
        lower_callee(l, GROUP_TEACHER, (struct scoped){symbol->value, NULL});
    if (call == NULL)
        return STEP_NONE;
    if (strcmp(call->name, "rules") == 0)
        return lower_rules(l, symbol, how);
    if (strcmp(call->name, "labels") == 0)
        return lower_labels(l, symbol);
    if (strcmp(call->name, "outputs") == 0)
        return lower_outputs(l, symbol);
    if (strcmp(call->name, "ensemble") == 0)
        return lower_ensemble(l, symbol);
    BUG("no teacher by %s()", call->name);
}

// Of a control: whether its word has a meaning for this student. same_size() takes the model of the teacher.
static bool settle_control(struct lowering *l, struct recipe *r, const struct symbol *symbol, enum training how)
{
    if (how <= TRAINING_SHUFFLED || how == TRAINING_STAND_IN)
        return true;
    const char *call = training_call(how);
    const struct symbol *teacher = l->generation == NULL ? lower_teacher_of(l, symbol) : NULL;
    if (l->generation != NULL) {
        diag_error(l->diags, DIAG_UNSUPPORTED, symbol->span, "%s() of a student over generations is not supported yet",
                   call);
        return false;
    }
    if (teacher == NULL) {
        diag_error(l->diags, DIAG_WRONG_KIND, symbol->span, "%s() wants a student that a teacher guides", call);
        return false;
    }
    if (how != TRAINING_SAME_SIZE)
        return true;
    if (teacher->value != NULL) {
        diag_error(l->diags, DIAG_WRONG_KIND, symbol->span, "same_size() wants a teacher with a model, and '%s' has none",
                   teacher->name);
        return false;
    }
    if (!lower_setting(l, &r->model, teacher, "model"))
        return false;
    if (lower_is_fitted(&r->model))
        r->select = (struct lowered_select){.on = STEP_NONE};
    return lower_model_images(l, &r->model, r->rows, symbol_setting(teacher, "model")->value->span);
}

static bool has_lists(const struct lowered_terms *terms)
{
    bool lists = false;
    for (size_t i = 0; i < terms->n; i++)
        lists |= terms->items[i].lists != STEP_NONE;
    return lists;
}

// `usable`: the recipe is whole; otherwise only mistakes are looked for.
static uint32_t train_recipe(struct lowering *l, const struct symbol *symbol, enum training how, struct recipe *r,
                             bool usable)
{
    const struct symbol *outer = l->learner;
    enum training outer_how = l->how;
    struct lowered_terms terms;
    l->learner = symbol;
    l->how = how;
    bool ok = objective(l, &terms, symbol, how, r->rows) && usable; // what is wrong with both is told
    l->learner = outer;
    l->how = outer_how;
    if (ok && how == TRAINING_CONSTANT_TEACHER && has_lists(&terms)) {
        diag_error(l->diags, DIAG_WRONG_KIND, symbol->span, "constant_teacher() ranks no rows, and '%s' learns from rankings",
                   symbol->name);
        ok = false;
    }
    uint32_t step = ok ? add_training(l, r, &terms, training_label(l, symbol, how), how) : STEP_NONE;
    if (step != STEP_NONE) {
        struct flow_training note = {.symbol = symbol, .how = how, .train = r->train, .seen = r->seen,
                                     .select = r->select.on_span,
                                     .generation = l->generation != NULL ? l->generation->number : 0};
        flow_note(l, step, &note, &terms);
    }
    return step;
}

static uint32_t train_once(struct lowering *l, const struct symbol *symbol, enum training how)
{
    struct recipe r;
    bool usable = lower_recipe(l, &r, symbol);
    usable = usable && settle_control(l, &r, symbol, how);
    return train_recipe(l, symbol, how, &r, usable);
}

uint32_t lower_teaching(struct lowering *l, const struct symbol *teacher, struct span span)
{
    bool random = l->how == TRAINING_RANDOM_TEACHER, self = l->how == TRAINING_SELF_TEACHER;
    struct recipe r, own;
    if (!random && !self)
        return lower_training(l, teacher, TRAINING_PLAIN);
    if (teacher->broken)
        return STEP_NONE;
    if (teacher->value != NULL) {
        diag_error(l->diags, DIAG_WRONG_KIND, span, "%s() wants a teacher that is trained, and '%s' is not",
                   training_call(l->how), teacher->name);
        return STEP_NONE;
    }
    if (!lower_recipe(l, &r, teacher) || (self && !lower_recipe(l, &own, l->learner)))
        return STEP_NONE;
    if (random && lower_is_fitted(&r.model)) {
        diag_error(l->diags, DIAG_WRONG_KIND, span, "random_teacher() wants a teacher with parameters, and '%s' is %s",
                   teacher->name, lower_kind_noun(&r.model));
        return STEP_NONE;
    }
    if (random)
        return lower_init(l, &r.model, r.rows);
    own.rows = r.rows;
    own.train = r.train;
    own.seen = r.seen;
    own.environments = r.environments;
    return train_recipe(l, l->learner, TRAINING_STAND_IN, &own, true);
}

// The generations of a student, one after the other; of a control only the last.
static uint32_t train_generations(struct lowering *l, const struct symbol *symbol,
                                  enum training how, const struct generations *all)
{
    struct trained *plain = &l->trained[symbol->number][TRAINING_PLAIN];
    struct generation g = {.student = symbol, .first = all->first, .stop = all->stop};
    if (how != TRAINING_PLAIN && all->n > 1 &&
        lower_training(l, symbol, TRAINING_PLAIN) == STEP_NONE)
        return STEP_NONE;
    g.step = arena_array(l->scratch, all->n, sizeof *g.step);
    if (how != TRAINING_PLAIN && all->n > 1)
        memcpy(g.step, plain->generation, (all->n - 1) * sizeof *g.step);
    if (how != TRAINING_PLAIN)
        g.stop = (struct value){0};
    l->generation = how != TRAINING_CEILING ? &g : NULL;
    g.number = how == TRAINING_PLAIN ? 1 : all->n;
    for (; g.number <= all->n; g.number++)
        if ((g.step[g.number - 1] = train_once(l, symbol, how)) == STEP_NONE)
            break;
    if (g.number > all->n && how == TRAINING_PLAIN) {
        plain->generation = g.step;
        plain->n_generations = all->n;
    }
    if (g.number > all->n && how == TRAINING_PLAIN && !g.says_previous) {
        struct diag *diag = diag_error(l->diags, DIAG_NOTHING_TO_LEARN, symbol->span,
                                       "'%s' has generations and does not learn from 'previous'",
                                       symbol->name);
        diag_hint(l->diags, diag, "For example learn = soft_labels(from: previous).");
        return STEP_NONE;
    }
    return g.number > all->n ? g.step[all->n - 1] : STEP_NONE;
}

static uint32_t training(struct lowering *l, const struct symbol *symbol, enum training how)
{
    struct generations all;
    if (symbol->broken)
        return STEP_NONE;
    if (symbol->value != NULL)
        return valued_teacher(l, symbol, how);
    if (!lower_generations(l, &all, symbol))
        return STEP_NONE;
    struct generation *outer = l->generation;
    l->generation = NULL;
    uint32_t step = all.any ? train_generations(l, symbol, how, &all) : train_once(l, symbol, how);
    l->generation = outer;
    return step;
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
