// flow.c -- see flow.h.
#include "flow.h"

#include "base/mem.h"
#include "data/split.h"
#include "lower_shift.h"

#include <string.h>

void flow_release(struct flow *flow)
{
    mem_free(flow->items);
    mem_free(flow->of_step);
    mem_free(flow->reported);
    arena_release(&flow->arena);
    *flow = (struct flow){0};
}

// --- rows that share none ------------------------------------------------------------------------
// Rows are a chain: each step reads those of its first input, down to a source.
static bool has_input(const struct plan *plan, uint32_t step)
{
    return plan->steps[step].n_in > 0;
}

// Labels beside the same features are other labels of the same rows.
static bool is_beside(const char *name)
{
    static const char *const beside[] = {"label", "labels", "group", "groups", "weight", "weights"};
    for (size_t i = 0; i < ARRAY_LEN(beside); i++)
        if (strcmp(name, beside[i]) == 0)
            return true;
    return false;
}

static bool same_source(const struct step *a, const struct step *b)
{
    const struct value *x = value_arg(&a->attrs, "source"), *y = value_arg(&b->attrs, "source");
    if (strcmp(x->text, y->text) != 0 || x->n != y->n)
        return false;
    for (size_t i = 0; i < x->n; i++)
        if (!is_beside(x->args[i].name) && !value_equal(&x->args[i].value, &y->args[i].value))
            return false;
    return true;
}

static bool other_parts(const struct step *a, const struct step *b)
{
    if (a->kind != STEP_split || b->kind != STEP_split || a->in[0] != b->in[0])
        return false;
    bool other = false;
    for (size_t i = 0; i < a->attrs.n; i++) {
        bool equal = value_equal(&a->attrs.args[i].value, &b->attrs.args[i].value);
        if (strcmp(a->attrs.args[i].name, "part") == 0)
            other = !equal;
        else if (!equal)
            return false;
    }
    return other;
}

// Classes that are tried one by one, and their share of the work that a cell may ask for (lower.h).
enum { CLASSES_TRIED = 256, CLASSES_A_UNIT = 64 };

static bool keeps_classes(enum step_kind kind)
{
    return kind == STEP_split || kind == STEP_take || kind == STEP_where || kind == STEP_stride ||
           kind == STEP_standardize;
}

// The lowest rows of the chain, above `base`, that have the classes of `base`: from here on nothing could
// change them.
static uint32_t with_classes_of(const struct plan *plan, uint32_t base, uint32_t rows)
{
    uint32_t from = rows;
    for (uint32_t x = rows; x != base; x = plan->steps[x].in[0])
        if (!keeps_classes(plan->steps[x].kind))
            from = plan->steps[x].in[0];
    return from;
}

// The rows both chains come from, as far down as their classes are those where the chains meet.
static uint32_t base_of(const struct plan *plan, uint32_t meet)
{
    while (has_input(plan, meet) && keeps_classes(plan->steps[meet].kind))
        meet = plan->steps[meet].in[0];
    return meet;
}

// Leaves of `classes` those that every `where` of the chain takes, and counts the tries.
static bool choose_classes(struct rows *classes, const struct plan *plan, uint32_t base,
                           uint32_t rows, unsigned *tries)
{
    bool chosen = false;
    for (uint32_t x = with_classes_of(plan, base, rows); x != base; x = plan->steps[x].in[0]) {
        const struct step *s = &plan->steps[x];
        struct rows left = {0};
        struct err err = {0};
        if (s->kind != STEP_where)
            continue;
        *tries += (unsigned)classes->n;
        if (rows_where(&left, classes, value_arg(&s->attrs, "predicate"), &err) < 0)
            continue; // it looks at more than the class, and may take rows of any
        rows_release(classes);
        *classes = left;
        chosen = true;
    }
    return chosen;
}

// Rows of one base that share no class: tried on a table that has one row a class.
static bool other_classes(const struct plan *plan, uint32_t a, uint32_t b, uint32_t base,
                          unsigned *tries)
{
    uint64_t n = plan->steps[base].facts.classes;
    if (n == 0 || n > CLASSES_TRIED)
        return false;
    uint32_t y[CLASSES_TRIED];
    for (uint32_t i = 0; i < n; i++)
        y[i] = i;
    struct table table = {.n = n, .classes = (uint32_t)n, .y = y};
    struct rows classes = {0};
    rows_all(&classes, &table);
    bool other = choose_classes(&classes, plan, base, a, tries) &&
                 choose_classes(&classes, plan, base, b, tries) && classes.n == 0;
    rows_release(&classes);
    return other;
}

// Inputs have smaller numbers, so the two chains meet by always going down from the higher step.
static bool disjoint_chains(const struct plan *plan, uint32_t a, uint32_t b, unsigned *tries)
{
    uint32_t x = a, y = b, before_x = a, before_y = b;
    while (x != y) {
        uint32_t *lead = x > y ? &x : &y, *other = x > y ? &y : &x;
        if (!has_input(plan, *lead)) { // a source: the other one leads to another
            while (has_input(plan, *other))
                *other = plan->steps[*other].in[0];
            break;
        }
        *(x > y ? &before_x : &before_y) = *lead;
        *lead = plan->steps[*lead].in[0];
    }
    if (x == y && before_x != x && before_y != y &&
        other_parts(&plan->steps[before_x], &plan->steps[before_y]))
        return true;
    if (x == y)
        return other_classes(plan, a, b, base_of(plan, x), tries);
    return !same_source(&plan->steps[x], &plan->steps[y]);
}

// Joined rows are those of every input. They stand last in their chain, but for a shuffle.
static bool disjoint(const struct plan *plan, uint32_t a, uint32_t b, unsigned *tries)
{
    const struct step *s = &plan->steps[a];
    if (s->kind == STEP_shuffle)
        return disjoint(plan, s->in[0], b, tries);
    bool apart = true;
    for (uint32_t i = 0; s->kind == STEP_join && i < s->n_in && apart; i++)
        apart = disjoint(plan, s->in[i], b, tries);
    if (s->kind == STEP_join)
        return apart;
    enum step_kind other = plan->steps[b].kind;
    return other == STEP_join || other == STEP_shuffle ? disjoint(plan, b, a, tries)
                                                       : disjoint_chains(plan, a, b, tries);
}

bool flow_disjoint(const struct plan *plan, uint32_t a, uint32_t b)
{
    unsigned tries = 0;
    return disjoint(plan, a, b, &tries);
}

static bool share_rows(struct lowering *l, uint32_t a, uint32_t b)
{
    unsigned tries = 0;
    bool apart = disjoint(l->plan, a, b, &tries);
    l->work += tries / CLASSES_A_UNIT;
    l->total += tries / CLASSES_A_UNIT;
    return !apart;
}

// --- what was trained ----------------------------------------------------------------------------
static bool is_first_seed(const struct lowering *l)
{
    return l->plan->n_seeds == 0 || l->seed == l->plan->seeds[0];
}

const struct flow_training *flow_find(const struct flow *flow, const struct digest *key)
{
    for (size_t i = 0; i < flow->n; i++)
        if (digest_equal(&flow->items[i].key, key))
            return &flow->items[i];
    return NULL;
}

static uint32_t first_of(const struct flow *flow, uint32_t step)
{
    return step < flow->cap_steps && flow->of_step[step] != 0 ? flow->of_step[step] - 1 : FLOW_NONE;
}

void flow_name(struct str *out, const struct flow_training *training)
{
    str_format(out, training->how == TRAINING_PLAIN ? "%s%s" : "%s(%s)",
               training_call(training->how), training->symbol->name);
    if (training->generation > 0 && training->how == TRAINING_PLAIN)
        str_format(out, "[%u]", (unsigned)training->generation);
}

// A set of trainings; `has` is by number.
struct numbers {
    uint32_t *item;
    size_t n, cap;
    bool *has;
    size_t cap_has;
};

static void numbers_release(struct numbers *set)
{
    mem_free(set->item);
    mem_free(set->has);
}

static void add_number(struct numbers *set, uint32_t number)
{
    set->has = mem_grow(set->has, &set->cap_has, (size_t)number + 1, sizeof *set->has);
    if (set->has[number])
        return;
    set->has[number] = true;
    set->item = mem_grow(set->item, &set->cap, set->n + 1, sizeof *set->item);
    set->item[set->n++] = number;
}

enum { MODELS_A_UNIT = 16 }; // behind another one, as work of a cell

// The trainings that `step` was made with: its own when it trains, and those behind it.
static void collect(struct numbers *set, struct lowering *l, uint32_t step)
{
    const struct step *s = &l->plan->steps[step];
    uint32_t first = first_of(l->flow, step);
    if (first == FLOW_NONE && s->kind == STEP_train)
        BUG("'%s' was trained and not noted", s->label);
    if (first == FLOW_NONE) {
        for (uint32_t i = 0; i < s->n_in; i++)
            collect(set, l, s->in[i]);
        return;
    }
    const struct flow_training *training = &l->flow->items[first];
    l->work += (unsigned)(training->n_behind / MODELS_A_UNIT);
    l->total += (unsigned)(training->n_behind / MODELS_A_UNIT);
    add_number(set, first);
    for (size_t i = 0; i < training->n_behind; i++)
        add_number(set, training->behind[i]);
}

static bool is_known(const struct flow *flow, uint32_t step, const struct flow_training *training)
{
    for (uint32_t i = first_of(flow, step); i != FLOW_NONE; i = flow->items[i].next)
        if (flow->items[i].symbol == training->symbol && flow->items[i].how == training->how &&
            flow->items[i].generation == training->generation)
            return true;
    return false;
}

// Adds the training, as the last name of its step.
static struct flow_training *append(struct flow *flow, uint32_t step,
                                    const struct flow_training *training)
{
    flow->of_step =
        mem_grow(flow->of_step, &flow->cap_steps, (size_t)step + 1, sizeof *flow->of_step);
    uint32_t last = first_of(flow, step);
    while (last != FLOW_NONE && flow->items[last].next != FLOW_NONE)
        last = flow->items[last].next;
    flow->items = mem_grow(flow->items, &flow->cap, flow->n + 1, sizeof *flow->items);
    if (last == FLOW_NONE)
        flow->of_step[step] = (uint32_t)flow->n + 1;
    else
        flow->items[last].next = (uint32_t)flow->n;
    struct flow_training *added = &flow->items[flow->n++];
    *added = *training;
    added->step = step;
    added->next = FLOW_NONE;
    return added;
}

// --- what is wrong -------------------------------------------------------------------------------
static bool same_span(struct span a, struct span b)
{
    return a.begin == b.begin && a.end == b.end;
}

enum { REPORTED_MAX = 1000 }; // nobody reads more

// True the first time.
static bool is_new(struct flow *flow, struct span place, struct span other)
{
    if (flow->n_reported == REPORTED_MAX)
        return false;
    for (size_t i = 0; i < flow->n_reported; i++)
        if (same_span(flow->reported[i].place, place) && same_span(flow->reported[i].other, other))
            return false;
    flow->reported =
        mem_grow(flow->reported, &flow->cap_reported, flow->n_reported + 1, sizeof *flow->reported);
    flow->reported[flow->n_reported++] = (struct flow_pair){place, other};
    return true;
}

static const char *rows_of(const struct lowering *l, const struct flow_training *training)
{
    return l->plan->steps[l->plan->steps[training->step].in[0]].label;
}

static void point_at(struct lowering *l, struct diag *diag, const struct flow_training *training)
{
    if (!same_span(diag->span, training->train))
        diag_other(l->diags, diag, training->train, "'%s' is trained on '%s'",
                   training->symbol->name, rows_of(l, training));
}

// Rule 3.
static void check_words(struct lowering *l, const struct flow_training *training,
                        const struct lowered_terms *terms)
{
    for (size_t i = 0; i < terms->n; i++) {
        const struct lowered_term *term = &terms->items[i];
        if (!term->gold || term->says_labels || !is_new(l->flow, term->span, training->train))
            continue;
        struct diag *diag =
            diag_error(l->diags, DIAG_LEAK, term->span,
                       "a loss of '%s' reads gold labels, and the file does not say so",
                       training->symbol->name);
        diag_hint(l->diags, diag, "Write labels: labels among the arguments of the guidance.");
        point_at(l, diag, training);
    }
}

// Rule 2.
static void check_teachers(struct lowering *l, const struct flow_training *training)
{
    uint32_t rows = l->plan->steps[training->step].in[0];
    for (size_t i = 0; i < training->n_behind; i++) {
        const struct flow_training *behind = &l->flow->items[training->behind[i]];
        uint32_t taught = l->plan->steps[behind->step].in[0];
        if (!behind->gold || !share_rows(l, taught, rows) ||
            !is_new(l->flow, training->train, behind->train))
            continue;
        const char *label = l->plan->steps[rows].label;
        struct diag *diag = diag_error(
            l->diags, DIAG_LEAK, training->train,
            "'%s' learns on '%s' from '%s', which was trained on gold labels of these rows",
            training->symbol->name, label, behind->symbol->name);
        if (l->plan->steps[training->step].kind == STEP_weigh)
            diag_hint(l->diags, diag, "Fit it on rows that no member is trained on. If it is on "
                                      "purpose, write on: seen(%s).", label);
        else
            diag_hint(l->diags, diag,
                      "Train them on different parts of one split. If it is on purpose, write "
                      "train = seen(%s), or let 'learn' say cross_entropy(labels).",
                      label);
        point_at(l, diag, behind);
    }
}

uint32_t flow_selecting(const struct plan *plan, uint32_t step)
{
    const struct step *s = &plan->steps[step];
    const struct value *select = value_arg(&s->attrs, "select");
    const struct value *on = select != NULL ? value_arg(select, "on") : NULL;
    return on != NULL ? s->in[on->index] : STEP_NONE;
}

static bool by_oracle(const struct plan *plan, uint32_t step)
{
    const struct value *select = value_arg(&plan->steps[step].attrs, "select");
    return select != NULL && value_arg(select, "oracle") != NULL;
}

// Rule 4, for the rows of the model itself.
static void check_selection(struct lowering *l, const struct flow_training *training)
{
    uint32_t on = flow_selecting(l->plan, training->step);
    if (on == STEP_NONE || by_oracle(l->plan, training->step) ||
        !share_rows(l, on, l->plan->steps[training->step].in[0]) ||
        !is_new(l->flow, training->select, training->train))
        return;
    struct diag *diag =
        diag_error(l->diags, DIAG_LEAK, training->select,
                   "the epoch of '%s' is selected by gold labels of rows that it is trained on",
                   training->symbol->name);
    diag_hint(l->diags, diag,
              "Write holdout: 10%% to take rows out of 'train', or select on another part.");
    point_at(l, diag, training);
}

// Whether a script that shifts these rows reads their gold labels: what learns from them then does too.
static bool rows_tell_gold(struct lowering *l, uint32_t rows)
{
    for (;;) {
        const struct step *s = &l->plan->steps[rows];
        if (s->kind == STEP_shift && shift_reads_labels(l, value_arg(&s->attrs, "shift")))
            return true;
        for (uint32_t i = 1; s->kind == STEP_join && i < s->n_in; i++)
            if (rows_tell_gold(l, s->in[i]))
                return true;
        if (s->n_in == 0)
            return false;
        rows = s->in[0];
    }
}

void flow_note(struct lowering *l, uint32_t step, const struct flow_training *training,
               const struct lowered_terms *terms)
{
    if (!is_first_seed(l) || is_known(l->flow, step, training))
        return;
    const struct step *s = &l->plan->steps[step];
    struct numbers behind = {0};
    for (uint32_t i = training->no_rows ? 0 : 1; i < s->n_in; i++) // after the rows
        collect(&behind, l, s->in[i]);
    uint32_t *kept = arena_array(&l->flow->arena, behind.n, sizeof *kept);
    if (behind.n > 0)
        memcpy(kept, behind.item, behind.n * sizeof *kept);
    struct flow_training *added = append(l->flow, step, training);
    added->key = s->key;
    added->behind = kept;
    added->n_behind = behind.n;
    added->gold = !training->no_rows && rows_tell_gold(l, s->in[0]);
    for (size_t i = 0; i < terms->n; i++)
        added->gold |= terms->items[i].gold;
    numbers_release(&behind);
    check_words(l, added, terms);
    check_selection(l, added);
    if (added->how == TRAINING_PLAIN && !added->gold && !added->seen && !added->no_rows)
        check_teachers(l, added);
}

// Rule 4, for a model that is measured, or one behind it.
static void check_selected(struct lowering *l, const struct flow_training *training,
                           const char *who, uint32_t rows, struct span on)
{
    uint32_t selecting = flow_selecting(l->plan, training->step);
    if (selecting == STEP_NONE || by_oracle(l->plan, training->step) ||
        !share_rows(l, selecting, rows) || !is_new(l->flow, on, training->select))
        return;
    struct diag *diag = diag_error(l->diags, DIAG_LEAK, on,
                                   "'%s' is measured on rows that selected the epoch of '%s'", who,
                                   training->symbol->name);
    diag_hint(l->diags, diag, "Select on a holdout or on another part. If it is on purpose, write "
                              "select = oracle(best(…)), and the results will say so.");
    diag_other(l->diags, diag, training->select, "the epoch is selected here");
}

// Rules 1 and 4, for one model and what is behind it. `who` is first in `set`.
static void check_rows(struct lowering *l, const struct numbers *set, uint32_t rows, struct span on)
{
    struct str who = {0};
    flow_name(&who, &l->flow->items[set->item[0]]);
    for (size_t i = 0; i < set->n; i++) {
        const struct flow_training *training = &l->flow->items[set->item[i]];
        check_selected(l, training, str_text(&who), rows, on);
        if (training->no_rows || !share_rows(l, l->plan->steps[training->step].in[0], rows) ||
            !is_new(l->flow, on, training->train))
            continue;
        const char *label = l->plan->steps[rows].label;
        struct diag *diag =
            i == 0
                ? diag_error(l->diags, DIAG_LEAK, on,
                             "'%s' is measured on rows that it was trained on", str_text(&who))
                : diag_error(
                      l->diags, DIAG_LEAK, on,
                      "'%s' is measured on rows that '%s', from which it learned, was trained on",
                      str_text(&who), training->symbol->name);
        diag_hint(l->diags, diag,
                  "Split the data once and measure on a part that nothing is trained on. If it "
                  "is on purpose, write seen(%s).",
                  label);
        point_at(l, diag, training);
    }
    str_release(&who);
}

static void measure(struct lowering *l, uint32_t step, const struct evaluation *evaluation,
                    struct span on, bool seen)
{
    const struct step *s = &l->plan->steps[step];
    if (s->kind == STEP_mce) { // of evaluations
        for (uint32_t k = 0; k < s->n_in; k++)
            measure(l, s->in[k], evaluation, on, seen);
        return;
    }
    if (s->kind == STEP_robustness) { // of evaluations: on clean rows, and here
        for (uint32_t k = 0; k < s->n_in; k++)
            if (k % 2 == 0)
                measure(l, s->in[k], evaluation, evaluation->outside_span, evaluation->outside_seen);
            else
                measure(l, s->in[k], evaluation, on, seen);
        return;
    }
    for (uint32_t k = 0; k + 1 < s->n_in; k++) { // the rows are the last input
        struct numbers set = {0};
        bool outside = evaluation->outside != STEP_NONE && k == 1; // after the model's own rows
        if (outside ? evaluation->outside_seen : seen)
            continue;
        collect(&set, l, s->in[k]);
        if (set.n > 0)
            check_rows(l, &set, outside ? evaluation->outside : s->in[s->n_in - 1],
                       outside ? evaluation->outside_span : on);
        numbers_release(&set);
    }
}

void flow_measure(struct lowering *l, const struct evaluation *evaluation, struct span on,
                  bool seen)
{
    if (!is_first_seed(l))
        return;
    for (size_t i = 0; i < evaluation->n; i++)
        if (evaluation->step[i] != STEP_NONE)
            measure(l, evaluation->step[i], evaluation, on, seen);
}
