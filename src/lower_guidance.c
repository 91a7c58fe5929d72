// lower_guidance.c -- guidance: from a teacher to what a loss reads, and the term that uses it.
#include "lower.h"
#include "lower_ensemble.h"
#include "lower_generation.h"
#include "lower_loss.h"

#include "model/model.h"

#include <string.h>

enum { TRAINED_KINDS = KIND_BIT(DECL_TEACHER) | KIND_BIT(DECL_STUDENT) };

void lowered_term_init(struct lowered_term *term, struct span span)
{
    *term = (struct lowered_term){.target = STEP_NONE, .logits = STEP_NONE, .from = STEP_NONE,
                                  .lists = STEP_NONE, .poll = STEP_NONE, .mask = STEP_NONE,
                                  .span = span};
}

// A call of guidance, bound: its loss, its rows, its arguments.
struct guidance_call {
    const struct known_loss *loss;
    const struct schema_row *row;
    const struct expr *bound[CALL_MAX_ARGS];
    struct scoped s;
    struct value args; // by name, without those that refer to something
    uint32_t rows;     // of the student
};

static const struct expr *argument(const struct guidance_call *c, const char *name)
{
    const struct schema_row *arg;
    for (size_t i = 0; (arg = schema_arg(c->row, i)) != NULL; i++)
        if (strcmp(arg->name, name) == 0)
            return c->bound[i];
    return NULL;
}

static struct scoped scoped_argument(const struct guidance_call *c, const char *name)
{
    return (struct scoped){argument(c, name), c->s.block};
}

// --- teachers -----------------------------------------------------------------------------------------
static uint32_t guide(struct lowering *l, uint32_t logits, struct value how, const char *label)
{
    struct value_arg args[] = {{"target", how}};
    struct step step = {.kind = STEP_guide, .in = &logits, .n_in = 1, .label = label,
                        .seed = l->plan->steps[logits].seed,
                        .attrs = lower_make_call(l, "guide", 1, args),
                        .facts = l->plan->steps[logits].facts};
    step.facts.flops = 0;
    return plan_add(l->plan, &step, NULL);
}

// Targets are softened by the loss's temperature when it has one; hard labels are one-hot.
static struct value how_of(struct lowering *l, const struct value *params)
{
    if (value_is_call(params, "hard_labels"))
        return lower_make_call(l, "hard_labels", 0, NULL);
    const struct value *given = value_arg(params, "temperature");
    bool is_number = given != NULL && given->kind == VALUE_NUMBER;
    struct value_arg args[] = {{"temperature", is_number ? *given : value_number(1)}};
    return lower_make_call(l, "soft_labels", 1, args);
}

// The teacher that `s` names, perhaps as `previous`, and the step that made it.
static bool lower_taught(struct lowering *l, struct taught_by *out, struct scoped s, uint32_t rows,
                         unsigned kinds, const char *noun)
{
    if (!lower_follow(l, &s))
        return false;
    if (lower_is_previous(l, s.expr)) // without rows: guidance by itself, where nobody learns yet
        return rows != STEP_NONE && lower_previous(l, out, s.expr);
    out->teacher = lower_symbol(l, s, kinds, noun);
    if (out->teacher == NULL)
        return false;
    out->name = out->teacher->name;
    out->trained = lower_teaching(l, out->teacher, s.expr->span);
    return out->trained != STEP_NONE;
}

// Logits of the teacher that `from` names.
static uint32_t teacher_logits(struct lowering *l, struct lowered_term *out, struct taught_by *by,
                               const struct guidance_call *c, unsigned kinds, const char *noun)
{
    if (!lower_taught(l, by, scoped_argument(c, "from"), c->rows, kinds, noun) ||
        c->rows == STEP_NONE)
        return STEP_NONE;
    out->teacher = by->teacher;
    return lower_predict(l, by->trained, c->rows, by->name, c->s.expr->span);
}

static bool targets_of_teacher(struct lowering *l, struct lowered_term *out,
                               const struct guidance_call *c)
{
    const struct value *params = &c->args;
    struct taught_by by;
    out->logits = teacher_logits(l, out, &by, c, TRAINED_KINDS | KIND_BIT(DECL_GUIDANCE),
                                 "a teacher or guidance");
    if (out->logits == STEP_NONE)
        return false;
    struct value how = how_of(l, params);
    out->target = guide(l, out->logits, how, arena_format(l->scratch, "%s of %s", how.text, by.name));
    return true;
}

// The weights of a mixture are learned through its probabilities.
static bool can_mix(struct lowering *l, const struct guidance_call *c)
{
    if (!value_is_call(&c->args, "hard_labels"))
        return true;
    diag_error(l->diags, DIAG_WRONG_KIND, c->s.expr->span,
               "hard labels tell nothing about the weights of an ensemble, which are learned");
    return false;
}

// Guidance made from guidance takes its targets over.
static bool targets_of_guidance(struct lowering *l, struct lowered_term *out,
                                const struct guidance_call *c, struct scoped from)
{
    struct lowered_term base;
    lowered_term_init(&base, from.expr->span);
    if (!lower_guidance(l, &base, from, c->rows))
        return false;
    if (base.target == STEP_NONE && base.poll == STEP_NONE) {
        diag_error(l->diags, DIAG_WRONG_KIND, from.expr->span,
                   "%s() wants guidance with targets, found %s", c->row->name, base.call.text);
        return false;
    }
    out->target = base.target;
    out->logits = base.logits;
    out->teacher = base.teacher;
    out->poll = base.poll;
    out->mixture = base.mixture;
    out->mask = base.mask;
    return base.poll == STEP_NONE || can_mix(l, c);
}

// `from: weak`, `from: soft`, or a call that makes guidance on the spot.
static bool lower_targets(struct lowering *l, struct lowered_term *out,
                          const struct guidance_call *c)
{
    struct scoped from = scoped_argument(c, "from");
    if (!lower_follow(l, &from) || from.expr->kind == EXPR_ERROR)
        return false;
    const struct symbol *symbol =
        from.expr->kind == EXPR_NAME ? program_find(l->program, from.expr->text) : NULL;
    if (from.expr->kind == EXPR_CALL || (symbol != NULL && symbol->decl->kind == DECL_GUIDANCE))
        return targets_of_guidance(l, out, c, from);
    if (symbol != NULL && lower_is_mixture(symbol)) {
        out->teacher = symbol;
        return lower_mixture(l, out, symbol, c->rows, from.expr->span) && can_mix(l, c);
    }
    return targets_of_teacher(l, out, c);
}

// --- layers -------------------------------------------------------------------------------------------
// `hidden[i]`, alone or as a member of `teacher`: its number, or 0 after a report.
static unsigned layer_number(struct lowering *l, const struct expr *e, const struct block *block,
                             bool of_teacher, const struct expr **owner)
{
    const struct expr *what = e->kind == EXPR_INDEX ? e->left : NULL;
    bool fits = what != NULL && (of_teacher ? what->kind == EXPR_MEMBER : what->kind == EXPR_NAME) &&
                strcmp(what->text, "hidden") == 0;
    if (!fits) {
        if (e->kind != EXPR_ERROR)
            diag_error(l->diags, DIAG_WRONG_TYPE, e->span, "expected a hidden layer, such as %s",
                       of_teacher ? "weak.hidden[1]" : "hidden[1]");
        return 0;
    }
    *owner = what->left;
    double number = 0;
    if (!lower_number(l, &number, (struct scoped){e->right, block}))
        return 0;
    if (number >= 1 && number < MODEL_MAX_LAYERS && number == (double)(unsigned)number)
        return (unsigned)number;
    diag_error(l->diags, DIAG_OUT_OF_RANGE, e->right->span,
               "hidden layers are counted 1, 2, … from the features on");
    return 0;
}

static bool lower_layers(struct lowering *l, struct lowered_term *out,
                         const struct guidance_call *c)
{
    struct scoped from = scoped_argument(c, "from"), to = scoped_argument(c, "to");
    const struct expr *owner = NULL, *none = NULL;
    if (!lower_follow(l, &from) || !lower_follow(l, &to))
        return false;
    unsigned layer = layer_number(l, from.expr, from.block, true, &owner);
    out->to = layer_number(l, to.expr, to.block, false, &none);
    if (layer == 0 || out->to == 0)
        return false;
    struct taught_by by;
    if (!lower_taught(l, &by, (struct scoped){owner, from.block}, c->rows, TRAINED_KINDS,
                      "a teacher") ||
        c->rows == STEP_NONE)
        return false;
    out->teacher = by.teacher;
    out->from = lower_predict_layer(l, by.trained, layer, c->rows, by.name, from.expr->span);
    return out->from != STEP_NONE;
}

// --- rankings -----------------------------------------------------------------------------------------
static bool ranked_class(struct lowering *l, struct value *out, const struct guidance_call *c)
{
    uint64_t classes = l->plan->steps[c->rows].facts.classes;
    const struct value *given = value_arg(&c->args, "class");
    if (given == NULL && classes != 2 && classes != 0) {
        struct diag *diag = diag_error(l->diags, DIAG_MISSING_ARGUMENT, c->s.expr->span,
                                       "%s() needs 'class': there are %llu classes", c->row->name,
                                       (unsigned long long)classes);
        diag_hint(l->diags, diag, "Rows are ranked by the log-odds of one class.");
        return false;
    }
    *out = given != NULL ? *given : value_number(1);
    if (classes == 0 || out->number < (double)classes)
        return true;
    diag_error(l->diags, DIAG_OUT_OF_RANGE, argument(c, "class")->span,
               "there is no class %.0f among %llu", out->number, (unsigned long long)classes);
    return false;
}

// Rankings within classes read gold labels: the word `class` says so.
static bool lower_strata(struct lowering *l, struct lowered_term *out, const struct value *within,
                         const struct guidance_call *c)
{
    const struct step *rows = &l->plan->steps[c->rows];
    if (strcmp(within->text, "class") == 0) {
        out->gold = out->says_labels = true;
        return true;
    }
    if (rows->facts.group != NULL)
        return true;
    struct diag *diag = diag_error(l->diags, DIAG_WRONG_KIND, argument(c, "within")->span,
                                   "the rows of '%s' have no groups to rank within", rows->label);
    diag_hint(l->diags, diag, "The data says group = COLUMN.");
    return false;
}

static bool lower_lists(struct lowering *l, struct lowered_term *out, const struct guidance_call *c)
{
    struct taught_by by;
    uint32_t logits = teacher_logits(l, out, &by, c, TRAINED_KINDS, "a teacher");
    struct value cls;
    if (logits == STEP_NONE || !ranked_class(l, &cls, c))
        return false;
    const struct value *within = value_arg(&c->args, "within");
    if (within != NULL && !lower_strata(l, out, within, c))
        return false;
    struct value_arg args[] = {
        {"pairs", *value_arg(&c->args, "pairs")},   {"list", *value_arg(&c->args, "list")},
        {"class", cls},                             {"margin", *value_arg(&c->args, "margin")},
        {"noise", *value_arg(&c->args, "noise")},
        {"within", within != NULL ? *within : (struct value){0}},
    };
    const uint32_t in[] = {logits, c->rows};
    struct step step = {.kind = STEP_pair, .in = in, .n_in = within != NULL ? 2 : 1, .seed = l->seed,
                        .label = arena_format(l->scratch, "rankings of %s", by.name),
                        .attrs = lower_make_call(l, "pair", ARRAY_LEN(args), args),
                        .facts = l->plan->steps[logits].facts};
    step.facts.flops = 0;
    out->lists = plan_add(l->plan, &step, NULL);
    return true;
}

// --- the call -----------------------------------------------------------------------------------------
static bool lower_reference(struct lowering *l, struct lowered_term *out,
                            const struct guidance_call *c)
{
    out->wants_reference = true;
    if (argument(c, "reference") == NULL)
        return true;
    out->reference =
        lower_symbol(l, scoped_argument(c, "reference"), TRAINED_KINDS, "a teacher or a student");
    return out->reference != NULL;
}

static bool says_labels(struct lowering *l, struct lowered_term *out,
                              const struct guidance_call *c)
{
    const struct expr *said = argument(c, "labels");
    out->says_labels = said != NULL;
    if (said == NULL || (said->kind == EXPR_NAME && strcmp(said->text, "labels") == 0))
        return true;
    diag_error(l->diags, DIAG_WRONG_TYPE, said->span,
               "'labels' wants the word 'labels', the gold labels of the rows");
    return false;
}

static bool finish(struct lowering *l, struct lowered_term *out, struct guidance_call *c)
{
    const struct loss_description *d = loss_description(c->loss->loss);
    bool ok = lower_bound_call(l, &c->args, c->row, c->bound, c->s);
    out->call = lower_loss_value(l, c->loss, &c->args);
    out->gold = (d->reads & READS_LABELS) != 0;
    out->invariance = d->kind == LOSS_INVARIANCE;
    if (out->gold)
        ok &= says_labels(l, out, c);
    struct value params = lower_make_call(l, d->name, c->args.n, c->args.args);
    if (!ok)
        return false;
    c->args = params; // by the loss's own name: hard_labels has hard targets
    if (d->kind == LOSS_TARGET)
        ok = lower_targets(l, out, c);
    else if (d->kind == LOSS_REPRESENTATION)
        ok = lower_layers(l, out, c);
    else if (d->kind == LOSS_PREFERENCE)
        ok = lower_lists(l, out, c);
    if ((d->reads & READS_REFERENCE) != 0)
        ok &= lower_reference(l, out, c);
    return ok;
}

static const char *call_for(enum loss_kind kind)
{
    static const char *const call[] = {
        [LOSS_PREFERENCE] = "Write preferences(from: …, pairs: …, loss: %s).",
        [LOSS_REPRESENTATION] = "Write representation(from: …, to: …, match: %s).",
        [LOSS_REGULARIZER] = "Write regularize(%s).",
        [LOSS_TARGET] = "Write %s(from: …).",
        [LOSS_INVARIANCE] = "Write %s() in 'learn', with environments = [DATA, DATA].",
    };
    return call[kind];
}

static bool fits_call(struct lowering *l, const struct schema_row *row, const struct known_loss *loss,
                      struct span span)
{
    const struct loss_description *d = loss_description(loss->loss);
    enum loss_kind wanted = strcmp(row->name, "preferences") == 0      ? LOSS_PREFERENCE
                            : strcmp(row->name, "representation") == 0 ? LOSS_REPRESENTATION
                            : strcmp(row->name, "regularize") == 0     ? LOSS_REGULARIZER
                                                                       : LOSS_TARGET;
    bool by_name = schema_call(GROUP_GUIDANCE, row->name) == NULL;
    if (d->kind == wanted || (by_name && d->kind == LOSS_INVARIANCE))
        return true;
    struct diag *diag =
        diag_error(l->diags, DIAG_WRONG_KIND, span, "'%s' is %s %s loss, expected a %s loss", loss->name,
                   d->kind == LOSS_INVARIANCE ? "an" : "a", loss_kind_name(d->kind), loss_kind_name(wanted));
    if (d->kind == LOSS_REGULARIZER && strcmp(loss->name, "cross_entropy") == 0)
        diag_hint(l->diags, diag, "Write cross_entropy(labels) in 'learn'.");
    else
        diag_hint(l->diags, diag, call_for(d->kind), loss->name);
    return false;
}

// lua() takes losses, constraint() constraints.
static const struct known_loss *file_of(struct lowering *l, const struct schema_row *row,
                                        const char *path, struct span span)
{
    const struct known_loss *loss = lower_loss_file(l, path, span);
    bool wanted = strcmp(row->name, "constraint") == 0;
    if (loss != NULL && loss_description(loss->loss)->kind == LOSS_SHIFT) {
        diag_error(l->diags, DIAG_WRONG_KIND, span, "'%s' is a shift, expected a %s", path,
                   wanted ? "constraint" : "loss");
        return NULL;
    }
    if (loss == NULL || (loss_description(loss->loss)->kind == LOSS_CONSTRAINT) == wanted)
        return loss;
    struct diag *diag = diag_error(l->diags, DIAG_WRONG_KIND, span,
                                   wanted ? "'%s' is a loss, expected a constraint"
                                          : "'%s' is a constraint, expected a loss",
                                   path);
    diag_hint(l->diags, diag, wanted ? "Write lua(\"%s\", …)." : "Write constraint(\"%s\", slack: …).",
              path);
    return NULL;
}

static void unknown_loss(struct lowering *l, const struct expr *name, const struct schema_row *row)
{
    struct diag *diag = diag_error(l->diags, DIAG_UNKNOWN_FUNCTION, name->span,
                                   "the standard library has no loss '%s'", name->text);
    const char *nearest = lower_nearest_loss(name->text);
    if (nearest != NULL)
        diag_hint(l->diags, diag, "did you mean '%s'?", nearest);
    else
        diag_hint(l->diags, diag, "'w2s stdlib' lists those that %s() takes.", row->name);
}

// The loss that preferences(), representation(), regularize(), lua() or constraint() names.
static const struct known_loss *named_loss(struct lowering *l, const struct schema_row *row,
                                           struct scoped s)
{
    const struct expr *name = lower_naming_argument(s.expr, row);
    if (name == NULL) {
        const struct expr *bound[CALL_MAX_ARGS]; // binding says which is missing
        if (lower_bind(l, bound, row, s))
            BUG("%s() is bound without naming a loss", row->name);
        return NULL;
    }
    struct scoped named = {name, s.block};
    if (!lower_follow(l, &named) || named.expr->kind == EXPR_ERROR)
        return NULL;
    if (strcmp(row->name, "lua") == 0 || strcmp(row->name, "constraint") == 0) {
        struct value path;
        return lower_value(l, &path, named, schema_arg(row, 0))
                   ? file_of(l, row, path.text, named.expr->span)
                   : NULL;
    }
    if (named.expr->kind != EXPR_NAME) {
        diag_error(l->diags, DIAG_WRONG_TYPE, named.expr->span, "expected the name of a loss");
        return NULL;
    }
    const struct known_loss *loss = lower_stdlib_loss(l, named.expr->text);
    if (loss == NULL)
        unknown_loss(l, named.expr, row);
    return loss != NULL && fits_call(l, row, loss, named.expr->span) ? loss : NULL;
}

static bool guidance_call(struct lowering *l, struct lowered_term *out, struct scoped s,
                          uint32_t rows)
{
    const struct schema_row *row = lower_callee(l, GROUP_GUIDANCE, s);
    if (row == NULL)
        return false;
    if (strcmp(row->name, "filter") == 0 || strcmp(row->name, "relabel") == 0)
        return lower_filtered(l, out, row, s, rows);
    struct guidance_call c = {.s = s, .rows = rows};
    bool by_name = schema_call(GROUP_GUIDANCE, row->name) == NULL;
    c.loss = by_name ? lower_stdlib_loss(l, row->name) : named_loss(l, row, s);
    if (c.loss == NULL || (by_name && !fits_call(l, row, c.loss, s.expr->span)))
        return false;
    c.row = by_name ? row : lower_loss_rows(l, row, c.loss);
    return lower_bind(l, c.bound, c.row, s) && finish(l, out, &c);
}

static bool guidance(struct lowering *l, struct lowered_term *out, struct scoped s, uint32_t rows)
{
    if (s.expr->kind != EXPR_NAME || lower_is_call(l, GROUP_GUIDANCE, DECL_GUIDANCE, s.expr->text))
        return guidance_call(l, out, s, rows);
    const struct symbol *symbol = lower_symbol(l, s, KIND_BIT(DECL_GUIDANCE), "guidance");
    if (symbol == NULL)
        return false;
    if (symbol->value == NULL) {
        if (symbol->decl->value == NULL)
            diag_error(l->diags, DIAG_MISSING_SETTING, symbol->span,
                       "guidance '%s' needs a value: guidance %s = …", symbol->name, symbol->name);
        return false;
    }
    if (!lower_open(l, symbol))
        return false;
    bool ok = lower_guidance(l, out, (struct scoped){symbol->value, NULL}, rows);
    lower_close(l, symbol);
    return ok;
}

bool lower_guidance(struct lowering *l, struct lowered_term *out, struct scoped s, uint32_t rows)
{
    if (!lower_follow(l, &s) || !lower_enter(l, s.expr->span))
        return false;
    bool ok = guidance(l, out, s, rows);
    lower_leave(l);
    return ok;
}
