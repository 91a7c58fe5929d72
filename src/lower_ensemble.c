// lower_ensemble.c -- ensemble(a, b, …, weights:, …): several teachers as one. From its members to
// the step that knows their weights, and from there to what it says on rows (exec/voters.h).
#include "lower_ensemble.h"

#include "flow.h"
#include "lower_labels.h"
#include "lower_rules.h"

#include "base/mem.h"

#include <string.h>

enum { TRAINED_KINDS = KIND_BIT(DECL_TEACHER) | KIND_BIT(DECL_STUDENT), MAX_MEMBERS = 64 };

struct ensemble {
    const struct symbol *symbol;
    const struct symbol *member[MAX_MEMBERS];
    uint32_t trained[MAX_MEMBERS];
    size_t n;
    const struct expr *bound[CALL_MAX_ARGS];
    const struct schema_row *row;
    struct scoped s;
    struct value args; // by name, without those that refer to something
    struct step_facts facts;
};

static const struct expr *argument(const struct ensemble *e, const char *name)
{
    const struct schema_row *arg;
    for (size_t i = 0; (arg = schema_arg(e->row, i)) != NULL; i++)
        if (strcmp(arg->name, name) == 0)
            return e->bound[i];
    return NULL;
}

static bool is_weighted(const struct value *args, const char *how)
{
    return strcmp(value_arg_text(args, "weights"), how) == 0;
}

// --- members -------------------------------------------------------------------------------------
static bool add_member(struct lowering *l, struct ensemble *e, const struct expr *name)
{
    const struct symbol *member =
        lower_symbol(l, (struct scoped){name, NULL}, TRAINED_KINDS, "a teacher");
    if (member == NULL)
        return false;
    for (size_t i = 0; i < e->n; i++)
        if (e->member[i] == member) {
            diag_error(l->diags, DIAG_DUPLICATE_ARGUMENT, name->span,
                       "'%s' stands twice in the ensemble", member->name);
            return false;
        }
    if (e->n == MAX_MEMBERS) {
        diag_error(l->diags, DIAG_OUT_OF_RANGE, name->span, "an ensemble of more than %d members",
                   MAX_MEMBERS);
        return false;
    }
    e->member[e->n++] = member;
    return true;
}

// The members are what stands without a name; the rest is bound by the schema.
static bool split_arguments(struct lowering *l, struct ensemble *e)
{
    const struct expr *call = e->s.expr;
    struct expr *named = arena_alloc(l->scratch, sizeof *named);
    const struct arg **end = &named->args;
    bool ok = true;
    *named = *call;
    *end = NULL;
    for (const struct arg *a = call->kind == EXPR_CALL ? call->args : NULL; a != NULL;
         a = a->next) {
        if (a->name == NULL) {
            ok &= add_member(l, e, a->value);
            continue;
        }
        struct arg *copy = arena_alloc(l->scratch, sizeof *copy);
        *copy = *a;
        copy->next = NULL;
        *end = copy;
        end = &copy->next;
    }
    if (ok && e->n == 0) {
        struct diag *diag =
            diag_error(l->diags, DIAG_MISSING_ARGUMENT, call->span, "ensemble() needs teachers");
        diag_hint(l->diags, diag, "For example ensemble(stump, rules, weights: label_model).");
        ok = false;
    }
    return lower_bind(l, e->bound, e->row, (struct scoped){named, NULL}) && ok &&
           lower_bound_call(l, &e->args, e->row, e->bound, e->s);
}

static bool same_size(struct lowering *l, const struct ensemble *e, size_t m, uint64_t *known,
                      uint64_t size, const char *noun)
{
    if (*known == 0)
        *known = size;
    if (size == 0 || *known == size)
        return true;
    diag_error(l->diags, DIAG_SHAPE, e->s.expr->span,
               "'%s' is about %llu %s, and other members of '%s' about %llu", e->member[m]->name,
               (unsigned long long)size, noun, e->symbol->name, (unsigned long long)*known);
    return false;
}

static bool train_members(struct lowering *l, struct ensemble *e)
{
    bool ok = true;
    for (size_t m = 0; m < e->n; m++) {
        e->trained[m] = lower_training(l, e->member[m], TRAINING_PLAIN);
        if (e->trained[m] == STEP_NONE) {
            ok = false;
            continue;
        }
        const struct step_facts *facts = &l->plan->steps[e->trained[m]].facts;
        ok &= same_size(l, e, m, &e->facts.features, facts->features, "features");
        ok &= same_size(l, e, m, &e->facts.classes, facts->classes, "classes");
    }
    return ok;
}

// --- dependent members ---------------------------------------------------------------------------
static bool member_number(struct lowering *l, struct value *out, const struct ensemble *e,
                          const struct expr *name)
{
    const struct symbol *symbol =
        lower_symbol(l, (struct scoped){name, NULL}, TRAINED_KINDS, "a member of the ensemble");
    for (size_t m = 0; symbol != NULL && m < e->n; m++)
        if (e->member[m] == symbol) {
            *out = value_number((double)m);
            return true;
        }
    if (symbol != NULL)
        diag_error(l->diags, DIAG_WRONG_KIND, name->span, "'%s' is no member of the ensemble '%s'",
                   symbol->name, e->symbol->name);
    return false;
}

static bool dependent_list(struct lowering *l, struct value *out, const struct ensemble *e,
                           const struct expr *list)
{
    if (list->kind != EXPR_LIST || list->n_args == 0) {
        struct diag *diag =
            diag_error(l->diags, DIAG_WRONG_TYPE, list->span, "'dependent' wants lists of members");
        diag_hint(l->diags, diag, "For example dependent: [[stump, linear]].");
        return false;
    }
    struct value *items = arena_array(l->scratch, list->n_args, sizeof *items);
    size_t n = 0;
    bool ok = true;
    for (const struct arg *a = list->args; a != NULL; a = a->next)
        ok &= member_number(l, &items[n++], e, a->value);
    *out = (struct value){.kind = VALUE_LIST, .n = n, .items = items};
    return ok;
}

static bool lower_dependent(struct lowering *l, struct value *out, const struct ensemble *e)
{
    const struct expr *lists = argument(e, "dependent");
    *out = (struct value){0};
    if (lists == NULL)
        return true;
    if (lists->kind != EXPR_LIST)
        return dependent_list(l, out, e, lists); // reports
    struct value *items = arena_array(l->scratch, lists->n_args, sizeof *items);
    size_t n = 0;
    bool ok = true;
    for (const struct arg *a = lists->args; a != NULL; a = a->next)
        ok &= dependent_list(l, &items[n++], e, a->value);
    *out = (struct value){.kind = VALUE_LIST, .n = n, .items = items};
    return ok;
}

// --- the rows a label model is fitted on ---------------------------------------------------------
struct search {
    const struct lowering *l;
    const struct symbol *wanted;
    bool direct;  // not through other ensembles
    bool *looked; // by symbol number: it does not lead there
    unsigned depth;
};

// Whether an expression of `learn`, or what it refers to, names the ensemble. What is nested too
// deeply is reported where it is lowered.
static bool leads_to(struct search *s, const struct expr *e)
{
    if (e->kind == EXPR_NAME) {
        const struct symbol *symbol = program_find(s->l->program, e->text);
        if (symbol == NULL || symbol == s->wanted)
            return symbol != NULL;
        bool leads_on = symbol->decl->kind == DECL_GUIDANCE ||
                        (symbol->decl->kind == DECL_TEACHER && !s->direct);
        if (!leads_on || symbol->value == NULL || s->looked[symbol->number] ||
            s->depth == LOWER_MAX_DEPTH)
            return false;
        s->looked[symbol->number] = true;
        s->depth++;
        bool found = leads_to(s, symbol->value);
        s->depth--;
        return found;
    }
    if ((e->left != NULL && leads_to(s, e->left)) || (e->right != NULL && leads_to(s, e->right)))
        return true;
    for (const struct arg *a = e->args; a != NULL; a = a->next)
        if (leads_to(s, a->value))
            return true;
    return false;
}

static bool learns_from(struct search *s, const struct symbol *student)
{
    const struct setting *learn = symbol_setting(student, "learn");
    if (learn == NULL)
        return false;
    if (leads_to(s, learn->value))
        return true;
    for (const struct stmt *let = learn->block != NULL ? learn->block->first : NULL; let != NULL;
         let = let->next)
        if (let->kind == STMT_LET && leads_to(s, let->value))
            return true;
    return false;
}

// The first of the file that learns from the ensemble, itself, through guidance or, unless `direct`,
// another ensemble.
static const struct symbol *first_student(const struct lowering *l, const struct symbol *ensemble,
                                          bool direct)
{
    size_t n = l->program->n_symbols;
    struct search s = {l, ensemble, direct, mem_new(n * sizeof *s.looked), 0};
    const struct symbol *first = NULL;
    for (size_t i = 0; first == NULL && i < n; i++) {
        const struct symbol *symbol = &l->program->symbols[i];
        if ((KIND_BIT(symbol->decl->kind) & TRAINED_KINDS) != 0 && learns_from(&s, symbol))
            first = symbol;
    }
    mem_free(s.looked);
    return first;
}

static bool rows_to_fit(struct lowering *l, const struct ensemble *e, uint32_t *rows,
                        struct flow_training *note)
{
    struct scoped on = {argument(e, "on"), e->s.block};
    if (on.expr == NULL) {
        const struct symbol *student = first_student(l, e->symbol, false);
        const struct setting *train = student != NULL ? symbol_setting(student, "train") : NULL;
        if (student != NULL && train == NULL)
            return false; // reported where the student is looked at
        if (student == NULL) {
            struct diag *diag = diag_error(l->diags, DIAG_MISSING_ARGUMENT, e->s.expr->span,
                                           "the label model of '%s' has no rows to be fitted on: "
                                           "no student learns from it",
                                           e->symbol->name);
            diag_hint(l->diags, diag, "Write on: DATA. Labels of these rows are not read.");
            return false;
        }
        on = (struct scoped){train->value, train->block};
    }
    note->train = on.expr->span;
    *rows = lower_used_data(l, &note->seen, on);
    return *rows != STEP_NONE;
}

// --- what the members say on rows ----------------------------------------------------------------
// Votes where the member has them, one voter or many; else its logits.
static uint32_t ballot(struct lowering *l, uint32_t trained, uint32_t rows, struct span span)
{
    const struct step *member = &l->plan->steps[trained];
    if (member->kind == STEP_rules)
        return lower_votes(l, trained, rows, member->label, span);
    if (member->kind == STEP_labels)
        return lower_annotations(l, trained, rows, member->label);
    return lower_predict(l, trained, rows, member->label, span);
}

// Of which kinds it gives votes, and how many voters it has.
static bool has_votes(const struct step *member)
{
    return member->kind == STEP_rules || member->kind == STEP_labels;
}

static size_t voters_of(struct lowering *l, const struct step *member)
{
    return member->kind == STEP_rules    ? lower_rules_description(l, member)->n
           : member->kind == STEP_labels ? value_arg(&member->attrs, "annotators")->n
                                         : 1;
}

static int64_t seed_of(const struct lowering *l, const uint32_t *in, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (l->plan->steps[in[i]].seed != SEED_NONE)
            return l->seed;
    return SEED_NONE;
}

static uint32_t poll(struct lowering *l, const uint32_t *members, struct value votes, uint32_t rows,
                     bool whole, struct span span)
{
    uint32_t in[MAX_MEMBERS];
    uint64_t voters = 0, classes = l->plan->steps[rows].facts.classes;
    for (size_t m = 0; m < votes.n; m++) {
        in[m] = ballot(l, members[m], rows, span);
        if (in[m] == STEP_NONE)
            return STEP_NONE;
        voters += voters_of(l, &l->plan->steps[members[m]]);
    }
    struct value_arg args[] = {{"votes", votes},
                               {"classes", value_number((double)classes)},
                               {"whole", whole ? value_bool(true) : (struct value){0}}};
    struct step step = {
        .kind = STEP_poll,
        .in = in,
        .n_in = (uint32_t)votes.n,
        .seed = seed_of(l, in, (uint32_t)votes.n),
        .label = arena_format(l->scratch, "%s on %s", whole ? "mixture" : "votes",
                              l->plan->steps[rows].label),
        .attrs = lower_make_call(l, "poll", ARRAY_LEN(args), args),
        .facts = {.rows = l->plan->steps[rows].facts.rows, .classes = voters * classes}};
    return plan_add(l->plan, &step, NULL);
}

// --- the steps -----------------------------------------------------------------------------------
// A label model is about votes: there a trained member votes for its first class, elsewhere with
// its probabilities. `votes: soft | hard` says otherwise.
static struct value kinds_of_votes(struct lowering *l, const struct ensemble *e)
{
    const struct value *given = value_arg(&e->args, "votes");
    bool hard =
        given != NULL ? strcmp(given->text, "hard") == 0 : is_weighted(&e->args, "label_model");
    struct value *items = arena_array(l->scratch, e->n, sizeof *items);
    for (size_t m = 0; m < e->n; m++)
        items[m] = value_name(has_votes(&l->plan->steps[e->trained[m]]) ? "votes"
                              : hard                                    ? "hard"
                                                                        : "soft");
    return (struct value){.kind = VALUE_LIST, .n = e->n, .items = items};
}

static bool check_prior(struct lowering *l, const struct ensemble *e)
{
    const struct value *prior = value_arg(&e->args, "prior");
    double sum = 0;
    if (prior == NULL)
        return true;
    for (size_t i = 0; i < prior->n; i++)
        sum += prior->items[i].number;
    struct span span = argument(e, "prior")->span;
    if (e->facts.classes > 0 && prior->n != e->facts.classes)
        diag_error(l->diags, DIAG_SHAPE, span, "'prior' has %zu shares, and there are %llu classes",
                   prior->n, (unsigned long long)e->facts.classes);
    else if (!(sum > 1 - 1e-6 && sum < 1 + 1e-6))
        diag_error(l->diags, DIAG_SHARES, span, "the shares of 'prior' do not add up to 1");
    else
        return true;
    return false;
}

// Arguments that only other weights read.
static bool refuse_unread(struct lowering *l, const struct ensemble *e)
{
    static const struct {
        const char *name, *reader, *what;
    } rows[] = {
        {"on", "label_model", "a label model is fitted"},
        {"dependent", "label_model", "a label model is fitted"},
        {"abstentions", "label_model", "a label model is fitted"},
        {"smoothing", "label_model", "a label model is fitted"},
        {"prior", "label_model", "a label model is fitted"},
        {"easy", "learned", "weights are learned"},
        {"rate", "learned", "weights are learned"},
    };
    bool ok = true;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct expr *given = argument(e, rows[i].name);
        if (given == NULL || is_weighted(&e->args, rows[i].reader))
            continue;
        diag_error(l->diags, DIAG_UNKNOWN_ARGUMENT, given->span,
                   "'%s' says how %s, and the weights are %s", rows[i].name, rows[i].what,
                   value_arg_text(&e->args, "weights"));
        ok = false;
    }
    return ok;
}

static uint32_t add_weigh(struct lowering *l, const struct ensemble *e, const uint32_t *in,
                          uint32_t n_in, struct value votes, struct value dependent)
{
    bool fitted = is_weighted(&e->args, "label_model");
    const struct value none = {0}, *prior = value_arg(&e->args, "prior");
    struct value_arg args[] = {
        {"weights", *value_arg(&e->args, "weights")},
        {"votes", votes},
        {"abstentions", fitted ? *value_arg(&e->args, "abstentions") : none},
        {"smoothing", fitted ? *value_arg(&e->args, "smoothing") : none},
        {"prior", prior != NULL ? *prior : none},
        {"dependent", dependent},
    };
    struct step step = {.kind = STEP_weigh,
                        .in = in,
                        .n_in = n_in,
                        .seed = seed_of(l, in, n_in),
                        .label = e->symbol->name,
                        .facts = e->facts,
                        .attrs = lower_make_call(l, "weigh", ARRAY_LEN(args), args)};
    if (fitted)
        step.facts.rows = l->plan->steps[in[0]].facts.rows;
    return plan_add(l->plan, &step, NULL);
}

// The student whose learning tells the weights; STEP_NONE after a diagnostic.
static uint32_t student_of(struct lowering *l, const struct ensemble *e)
{
    const struct symbol *student = first_student(l, e->symbol, true);
    if (student == NULL) {
        struct diag *diag = diag_error(l->diags, DIAG_MISSING_ARGUMENT, e->s.expr->span,
                                       "the weights of '%s' are learned, and no student learns "
                                       "from it",
                                       e->symbol->name);
        diag_hint(l->diags, diag, "Write learn = soft_labels(from: %s) in a student.",
                  e->symbol->name);
        return STEP_NONE;
    }
    if (l->trained[student->number][TRAINING_PLAIN].state != TRAINED_OPEN)
        return lower_training(l, student, TRAINING_PLAIN);
    struct diag *diag = diag_error(l->diags, DIAG_CYCLE, e->s.expr->span,
                                   "'%s' learns the weights of '%s', and needs to know them before",
                                   student->name, e->symbol->name);
    diag_hint(l->diags, diag, "Weights are learned through targets, such as soft_labels(from: %s).",
              e->symbol->name);
    return STEP_NONE;
}

static uint32_t ensemble(struct lowering *l, struct ensemble *e)
{
    struct value votes = kinds_of_votes(l, e), dependent = {0};
    struct flow_training note = {.symbol = e->symbol, .how = TRAINING_PLAIN};
    const struct lowered_terms none = {0};
    uint32_t in[MAX_MEMBERS + 2], n = 0, first = STEP_NONE;
    bool fitted = is_weighted(&e->args, "label_model"), learned = is_weighted(&e->args, "learned");
    if (!refuse_unread(l, e))
        return STEP_NONE;
    if (fitted && (!rows_to_fit(l, e, &first, &note) || !lower_dependent(l, &dependent, e) ||
                   !check_prior(l, e)))
        return STEP_NONE;
    if (learned)
        first = student_of(l, e);
    if (learned && first == STEP_NONE)
        return STEP_NONE;
    if (first != STEP_NONE)
        in[n++] = first;
    for (size_t m = 0; m < e->n; m++)
        in[n++] = e->trained[m];
    if (fitted) {
        in[n] = poll(l, e->trained, votes, first, false, e->s.expr->span);
        if (in[n++] == STEP_NONE)
            return STEP_NONE;
    }
    note.no_rows = !fitted;
    uint32_t step = add_weigh(l, e, in, n, votes, dependent);
    flow_note(l, step, &note, &none);
    return step;
}

static bool check_settings(struct lowering *l, const struct symbol *symbol)
{
    if (symbol->n_settings == 0)
        return true;
    diag_error(l->diags, DIAG_UNKNOWN_SETTING, symbol->settings[0].name_span,
               "'%s' is an ensemble and is not trained: it has no '%s'", symbol->name,
               symbol->settings[0].name);
    return false;
}

// The ensemble with its members trained; NULL after a diagnostic.
static struct ensemble *read_ensemble(struct lowering *l, const struct symbol *symbol)
{
    struct ensemble *e = arena_alloc(l->scratch, sizeof *e);
    *e = (struct ensemble){.symbol = symbol,
                           .s = {symbol->value, NULL},
                           .row = schema_call(GROUP_TEACHER, "ensemble")};
    bool ok = check_settings(l, symbol);
    ok &= split_arguments(l, e);
    return train_members(l, e) && ok ? e : NULL;
}

uint32_t lower_ensemble(struct lowering *l, const struct symbol *symbol)
{
    struct ensemble *e = read_ensemble(l, symbol);
    return e != NULL ? ensemble(l, e) : STEP_NONE;
}

// --- a mixture -----------------------------------------------------------------------------------
bool lower_is_mixture(const struct symbol *symbol)
{
    const struct expr *value = symbol->value;
    if (symbol->decl->kind != DECL_TEACHER || value == NULL || value->kind != EXPR_CALL ||
        value->left->kind != EXPR_NAME || strcmp(value->left->text, "ensemble") != 0)
        return false;
    for (const struct arg *a = value->args; a != NULL; a = a->next)
        if (a->name != NULL && strcmp(a->name, "weights") == 0 && a->value->kind == EXPR_NAME &&
            strcmp(a->value->text, "learned") == 0)
            return true;
    return false;
}

bool lower_mixture(struct lowering *l, struct lowered_term *out, const struct symbol *symbol,
                   uint32_t rows, struct span span)
{
    const struct ensemble *e = rows != STEP_NONE ? read_ensemble(l, symbol) : NULL;
    if (e == NULL || !refuse_unread(l, e))
        return false;
    struct value_arg args[] = {{"easy", *value_arg(&e->args, "easy")},
                               {"rate", *value_arg(&e->args, "rate")}};
    out->mixture = lower_make_call(l, "mixture", ARRAY_LEN(args), args);
    out->poll = poll(l, e->trained, kinds_of_votes(l, e), rows, true, span);
    return out->poll != STEP_NONE;
}

bool lower_one_mixture(struct lowering *l, const struct lowered_terms *terms, bool all_rows,
                       bool selects)
{
    const struct lowered_term *first = NULL;
    for (size_t i = 0; i < terms->n; i++) {
        const struct lowered_term *term = &terms->items[i];
        if (term->poll == STEP_NONE)
            continue;
        first = first != NULL ? first : term;
        if (term->poll == first->poll && value_equal(&term->mixture, &first->mixture))
            continue;
        diag_error(l->diags, DIAG_UNSUPPORTED, term->span,
                   "the weights of two ensembles in one objective");
        return false;
    }
    if (first == NULL || (!all_rows && !selects))
        return true;
    diag_error(l->diags, DIAG_UNSUPPORTED, first->span, "the weights of '%s' are learned %s",
               first->teacher->name,
               all_rows ? "epoch by epoch, and this training has none"
                        : "to the last epoch, and 'select' may keep another");
    return false;
}

uint32_t lower_combine(struct lowering *l, uint32_t weigh, uint32_t rows, const char *who,
                       struct span span)
{
    const struct step *step = &l->plan->steps[weigh];
    bool made = is_weighted(&step->attrs, "label_model") || is_weighted(&step->attrs, "learned");
    struct step_facts facts = l->plan->steps[rows].facts;
    facts.flops = 0;
    struct value votes = *value_arg(&step->attrs, "votes");
    uint32_t in[] = {weigh, poll(l, step->in + (made ? 1 : 0), votes, rows, false, span)};
    if (in[1] == STEP_NONE)
        return STEP_NONE;
    struct step combine = {
        .kind = STEP_combine,
        .in = in,
        .n_in = 2,
        .seed = seed_of(l, in, 2),
        .label = arena_format(l->scratch, "%s on %s", who, l->plan->steps[rows].label),
        .attrs = lower_make_call(l, "combine", 0, NULL),
        .facts = facts};
    return plan_add(l->plan, &combine, NULL);
}
