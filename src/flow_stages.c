// flow_stages.c -- see flow_stages.h.
#include "flow_stages.h"

#include "base/mem.h"

#include <string.h>

const char *flow_stage_kind_name(enum flow_stage_kind kind)
{
    static const char *const name[] = {
        [FLOW_STANDARDIZE] = "standardize",
        [FLOW_TEACHER] = "teacher", [FLOW_STUDENT] = "student",   [FLOW_CEILING] = "ceiling",
        [FLOW_CONTROL] = "control", [FLOW_GUIDANCE] = "guidance", [FLOW_SELECTION] = "selection",
        [FLOW_EVALUATION] = "evaluation",
    };
    return name[kind];
}

// --- what belongs to the place -------------------------------------------------------------------
// Steps that the first point needs for the first seed; one walk backwards finds them.
static void mark_needed(bool *needed, const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_numbers; i++)
        if (plan->numbers[i].step != STEP_NONE && plan->numbers[i].point == 0)
            needed[plan->numbers[i].step] = true;
    for (size_t i = 0; i < plan->n_claims; i++)
        if (plan->claims[i].step != STEP_NONE && plan->claims[i].point == 0)
            needed[plan->claims[i].step] = true;
    for (size_t i = plan->n; i-- > 0;)
        for (uint32_t k = 0; needed[i] && k < plan->steps[i].n_in; k++) {
            const struct step *in = &plan->steps[plan->steps[i].in[k]];
            bool stop_rule = plan->steps[i].kind == STEP_train && in->kind == STEP_evaluate;
            needed[plan->steps[i].in[k]] |=
                !stop_rule && (in->seed == SEED_NONE || in->seed == plan->seeds[0]);
        }
}

static bool is_training(const struct step *step)
{
    return step->kind == STEP_train || step->kind == STEP_weigh;
}

// Which step trained whom, found by the keys.
static void match_trainings(struct flow_stages *s)
{
    const struct plan *plan = s->plan;
    for (uint32_t i = 0; i < plan->n; i++) {
        if (!s->needed[i] || !is_training(&plan->steps[i]))
            continue;
        const struct flow_training *training = flow_find(s->flow, &plan->steps[i].key);
        if (training == NULL)
            BUG("'%s' is in the plan and not in the flow", plan->steps[i].label);
        uint32_t number = (uint32_t)(training - s->flow->items);
        s->training[i] = number + 1;
        for (; number != FLOW_NONE; number = s->flow->items[number].next)
            s->rows[number] =
                s->flow->items[number].no_rows ? STEP_NONE : plan->steps[i].in[0];
    }
}

static const struct flow_training *training_of(const struct flow_stages *s, uint32_t step)
{
    return &s->flow->items[s->training[step] - 1];
}

static uint32_t rows_of(const struct flow_stages *s, const struct flow_training *training)
{
    return s->rows[training - s->flow->items];
}

const char *flow_rows_label(const struct flow_stages *s, const struct flow_training *training)
{
    uint32_t rows = rows_of(s, training);
    return rows != STEP_NONE ? s->plan->steps[rows].label : NULL;
}

// --- stages --------------------------------------------------------------------------------------
static struct flow_stage *add_stage(struct flow_stages *s, enum flow_stage_kind kind,
                                    const char *name, uint32_t rows)
{
    s->items = mem_grow(s->items, &s->cap, s->n + 1, sizeof *s->items);
    struct flow_stage *stage = &s->items[s->n++];
    *stage = (struct flow_stage){.kind = kind, .name = name, .rows = rows};
    return stage;
}

// Adds it to a list in the arena, once. The list has room for the next power of two.
static void add_once(struct flow_stages *s, const struct flow_training ***list, size_t *n,
                     const struct flow_training *training)
{
    for (size_t i = 0; i < *n; i++)
        if ((*list)[i] == training)
            return;
    if ((*n & (*n - 1)) == 0) {
        const struct flow_training **larger =
            arena_array(&s->arena, *n > 0 ? 2 * *n : 1, sizeof *larger);
        if (*n > 0)
            memcpy(larger, *list, *n * sizeof *larger);
        *list = larger;
    }
    (*list)[(*n)++] = training;
}

static void add_behind(struct flow_stages *s, struct flow_stage *stage,
                       const struct flow_training *training)
{
    if (training->gold)
        add_once(s, &stage->through, &stage->n_through, training);
    if (rows_of(s, training) != STEP_NONE &&
        !flow_disjoint(s->plan, rows_of(s, training), stage->rows))
        add_once(s, &stage->seen, &stage->n_seen, training);
}

// All that were trained on the way to a step.
static void add_trained(struct flow_stages *s, struct flow_stage *stage, uint32_t step)
{
    const struct step *x = &s->plan->steps[step];
    if (!is_training(x)) {
        for (uint32_t i = 0; i < x->n_in; i++)
            add_trained(s, stage, x->in[i]);
        return;
    }
    const struct flow_training *training = training_of(s, step);
    add_behind(s, stage, training);
    for (size_t i = 0; i < training->n_behind; i++)
        add_behind(s, stage, &s->flow->items[training->behind[i]]);
}

// What a training reads of others, on its own rows: targets, rankings, a hidden layer, a reference.
static void guidance_stage(struct flow_stages *s, uint32_t step, uint32_t rows)
{
    const struct step *guidance = &s->plan->steps[step];
    if (guidance->kind == STEP_train || guidance->kind == STEP_evaluate)
        return; // what a generation takes over, and when: its teacher has seen no less
    if (guidance->kind == STEP_predict && s->plan->steps[guidance->in[0]].kind == STEP_init)
        return; // its own start
    for (size_t i = 0; i < s->n; i++)
        if (s->items[i].rows == rows && strcmp(s->items[i].name, guidance->label) == 0)
            return;
    add_trained(s, add_stage(s, FLOW_GUIDANCE, guidance->label, rows), step);
}

// Who selects an epoch looks at rows of its own, or at some of those it could be trained on.
static void selection_stage(struct flow_stages *s, uint32_t step,
                            const struct flow_training *training)
{
    const struct step *train = &s->plan->steps[step];
    const struct value *select = value_arg(&train->attrs, "select");
    if (select == NULL)
        return;
    uint32_t on = flow_selecting(s->plan, step);
    struct str name = {0};
    flow_name(&name, training);
    struct flow_stage *stage = add_stage(s, FLOW_SELECTION, arena_text(&s->arena, str_text(&name)),
                                         on != STEP_NONE ? on : train->in[0]);
    str_release(&name);
    stage->gold = on != STEP_NONE || strcmp(value_arg_text(select, "labels"), "gold") == 0;
    stage->oracle = value_arg(select, "oracle") != NULL;
    stage->holdout = on == STEP_NONE ? value_arg_number(select, "holdout") : 0;
    if (on != STEP_NONE)
        return;
    for (size_t i = 0; i < training->n_behind; i++)
        add_behind(s, stage, &s->flow->items[training->behind[i]]);
}

static void train_stage(struct flow_stages *s, uint32_t step)
{
    const struct flow_training *training = training_of(s, step);
    const struct step *train = &s->plan->steps[step];
    uint32_t rows = train->in[0];
    if (s->plan->steps[rows].kind == STEP_shuffle) // guidance is on the rows as they were
        rows = s->plan->steps[rows].in[0];
    for (uint32_t i = 2; i < train->n_in; i++) // after the rows and the start
        if (train->in[i] != flow_selecting(s->plan, step))
            guidance_stage(s, train->in[i], rows);
    selection_stage(s, step, training);
    for (;; training = &s->flow->items[training->next]) {
        enum flow_stage_kind kind = training->how == TRAINING_CEILING              ? FLOW_CEILING
                                    : training->how != TRAINING_PLAIN              ? FLOW_CONTROL
                                    : training->symbol->decl->kind == DECL_TEACHER ? FLOW_TEACHER
                                                                                   : FLOW_STUDENT;
        const char *name = training->symbol->name;
        if (training->generation > 0 && training->how == TRAINING_PLAIN)
            name = arena_format(&s->arena, "%s[%u]", name, (unsigned)training->generation);
        struct flow_stage *stage = add_stage(s, kind, name, s->plan->steps[step].in[0]);
        stage->gold = training->gold;
        stage->call = training_call(training->how);
        for (size_t i = 0; i < training->n_behind; i++)
            add_behind(s, stage, &s->flow->items[training->behind[i]]);
        if (training->next == FLOW_NONE)
            return;
    }
}

// An ensemble: the rows it is fitted on, if any, and no gold label of them.
static void weigh_stage(struct flow_stages *s, uint32_t step)
{
    const struct flow_training *training = training_of(s, step);
    if (rows_of(s, training) == STEP_NONE)
        return;
    struct flow_stage *stage =
        add_stage(s, FLOW_TEACHER, training->symbol->name, rows_of(s, training));
    for (size_t i = 0; i < training->n_behind; i++)
        add_behind(s, stage, &s->flow->items[training->behind[i]]);
}

static struct flow_stage *evaluation_of(struct flow_stages *s, uint32_t rows)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->items[i].kind == FLOW_EVALUATION && s->items[i].rows == rows)
            return &s->items[i];
    return add_stage(s, FLOW_EVALUATION, s->plan->steps[rows].label, rows);
}

static uint32_t without_shifts(const struct plan *plan, uint32_t rows)
{
    while (plan->steps[rows].kind == STEP_shift || plan->steps[rows].kind == STEP_shuffle)
        rows = plan->steps[rows].in[0];
    return rows;
}

static void add_twins(struct flow_stages *s, uint32_t measured, uint32_t trained)
{
    struct flow_twins pair = {.measured = without_shifts(s->plan, measured),
                              .trained = without_shifts(s->plan, trained)};
    for (size_t i = 0; i < s->n_twins; i++)
        if (s->twins[i].measured == pair.measured && s->twins[i].trained == pair.trained)
            return;
    s->twins = mem_grow(s->twins, &s->cap_twins, s->n_twins + 1, sizeof *s->twins);
    s->twins[s->n_twins++] = pair;
}

// One that is measured: itself, and those behind it.
static void add_measured(struct flow_stages *s, struct flow_stage *stage,
                         const struct flow_training *model)
{
    add_once(s, &stage->models, &stage->n_models, model);
    for (size_t i = 0; i <= model->n_behind; i++) {
        const struct flow_training *t = i == 0 ? model : &s->flow->items[model->behind[i - 1]];
        add_behind(s, stage, t);
        if (rows_of(s, t) != STEP_NONE && flow_disjoint(s->plan, rows_of(s, t), stage->rows))
            add_twins(s, stage->rows, rows_of(s, t));
    }
}

static void evaluation_stage(struct flow_stages *s, uint32_t step)
{
    const struct step *e = &s->plan->steps[step];
    struct flow_stage *stage = evaluation_of(s, e->in[e->n_in - 1]);
    const struct value *metric = value_arg(&e->attrs, "metric");
    stage->gold |= !value_is_call(metric, "agreement") && !value_is_call(metric, "misfit") &&
                   !value_is_call(metric, "coverage");
    for (uint32_t k = 0; k + 1 < e->n_in; k++) {
        const struct step *logits = &s->plan->steps[e->in[k]];
        if (logits->n_in > 0 && is_training(&s->plan->steps[logits->in[0]]))
            add_measured(s, stage, training_of(s, logits->in[0]));
    }
}

// Means and deviations come from the rows after the first, or from all of it.
static void standardize_stages(struct flow_stages *s, const struct step *step)
{
    for (uint32_t i = step->n_in > 1 ? 1 : 0; i < step->n_in; i++)
        add_stage(s, FLOW_STANDARDIZE, step->label, step->in[i]);
}

void flow_stages_init(struct flow_stages *s, const struct plan *plan, const struct flow *flow)
{
    *s = (struct flow_stages){.plan = plan,
                              .flow = flow,
                              .needed = mem_new(plan->n * sizeof *s->needed),
                              .training = mem_new(plan->n * sizeof *s->training),
                              .rows = mem_new(flow->n * sizeof *s->rows)};
    mark_needed(s->needed, plan);
    match_trainings(s);
    for (uint32_t i = 0; i < plan->n; i++)
        if (s->needed[i] && plan->steps[i].kind == STEP_standardize)
            standardize_stages(s, &plan->steps[i]);
    for (uint32_t i = 0; i < plan->n; i++)
        if (s->needed[i] && plan->steps[i].kind == STEP_train)
            train_stage(s, i);
        else if (s->needed[i] && plan->steps[i].kind == STEP_weigh)
            weigh_stage(s, i);
    for (uint32_t i = 0; i < plan->n; i++)
        if (s->needed[i] && plan->steps[i].kind == STEP_evaluate)
            evaluation_stage(s, i);
}

void flow_stages_release(struct flow_stages *s)
{
    mem_free(s->needed);
    mem_free(s->training);
    mem_free(s->rows);
    mem_free(s->items);
    mem_free(s->twins);
    arena_release(&s->arena);
    *s = (struct flow_stages){0};
}
