// why_trainings.c -- who was trained on the row, and what each term of the objective said of it: a
// target, whether a filter trusts it, its place in rankings.
#include "why.h"

#include "base/mem.h"
#include "exec/voters.h"
#include "exec/steps.h"
#include "model/objective.h"

#include <string.h>

// One training and the row's position among its rows.
struct taught {
    const struct why *why;
    uint32_t number;
    const struct step *step;
    size_t at;
};

static uint32_t input_of(const struct taught *t, const struct value *call, const char *what)
{
    const struct value *input = value_arg(call, what);
    return input != NULL ? t->step->in[input->index] : STEP_NONE;
}

static void add_text(json_t *object, const char *name, const struct value *value)
{
    struct str text = {0};
    value_write(&text, value);
    json_object_set_new(object, name, json_string(str_text(&text)));
    str_release(&text);
}

static void add_numbers(json_t *object, const char *name, const float *x, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_real((double)x[i]));
    json_object_set_new(object, name, list);
}

static void add_guidance(json_t *json, const struct taught *t, uint32_t step)
{
    json_object_set_new(json, "guidance", json_string(t->why->run->plan->steps[step].label));
}

// Of the lists that hold the row: in how many it is the best, and in how many the worst.
static void add_rankings(json_t *json, const struct taught *t, uint32_t step)
{
    const struct artifact *made = &t->why->run->artifacts[step];
    const uint32_t *row = artifact_lists(made);
    size_t k = made->classes, in = 0, first = 0, last = 0;
    for (size_t i = 0; i < made->n; i++)
        for (size_t j = 0; j < k; j++)
            if (row[i * k + j] == t->at) {
                in++;
                first += j == 0;
                last += j + 1 == k;
            }
    add_guidance(json, t, step);
    json_object_set_new(json, "rankings",
                        json_pack("{sI sI sI sI sI}", "all", (json_int_t)made->n, "rows",
                                  (json_int_t)k, "with_row", (json_int_t)in, "best",
                                  (json_int_t)first, "worst", (json_int_t)last));
}

// The target under the weights that the training ended with: those of who votes, scaled up. A
// generation that was taken over from the last has learned none.
static void add_mixture(json_t *json, const struct taught *t, const struct value *mixture)
{
    const struct artifact *trained = &t->why->run->artifacts[t->number];
    uint32_t step = input_of(t, mixture, "votes");
    const struct artifact *poll = &t->why->run->artifacts[step];
    size_t C = trained->model.classes, V = poll->classes / C;
    const float *vote = poll->values + t->at * poll->classes;
    add_guidance(json, t, step);
    if (trained->n_weights < V)
        return;
    float *target = mem_new(C * sizeof *target);
    double total = 0;
    for (size_t k = 0; k < C; k++) {
        double sum = 0;
        for (size_t v = 0; v < V; v++)
            sum += trained->weights[trained->n_weights - V + v] * (double)vote[v * C + k];
        target[k] = (float)sum;
        total += sum;
    }
    for (size_t k = 0; k < C; k++)
        target[k] = total > 0 ? (float)((double)target[k] / total) : 0;
    add_numbers(json, "target", target, C);
    mem_free(target);
}

static json_t *term_json(const struct taught *t, const struct value *term)
{
    const struct artifact *artifacts = t->why->run->artifacts;
    uint32_t target = input_of(t, term, "target"), mask = input_of(t, term, "mask");
    uint32_t lists = input_of(t, term, "lists"), from = input_of(t, term, "from");
    const struct value *mixture = value_arg(term, "mixture");
    json_t *json = json_object();
    add_text(json, "loss", objective_params(value_arg(term, "loss")));
    add_text(json, "weight", value_arg(term, "weight"));
    if (target != STEP_NONE) {
        const struct artifact *a = &artifacts[target];
        add_guidance(json, t, target);
        add_numbers(json, "target", a->values + t->at * a->classes, a->classes);
    } else if (mixture != NULL) {
        add_mixture(json, t, mixture);
    } else if (lists != STEP_NONE) {
        add_rankings(json, t, lists);
    } else if (from != STEP_NONE) {
        add_guidance(json, t, from);
    }
    if (mask != STEP_NONE)
        json_object_set_new(json, "trust", json_real((double)artifacts[mask].values[t->at]));
    return json;
}

// The label that a training on gold labels reads: noise and shuffles included.
static json_t *label_json(const struct taught *t)
{
    const struct flow_training *flow = flow_find(t->why->stages->flow, &t->step->key);
    const struct rows *rows = &t->why->run->artifacts[t->step->in[0]].rows;
    bool reads = flow != NULL && flow->gold && rows->table->y != NULL;
    return reads ? why_class(t->why, rows->table->y[rows->index[t->at]]) : json_null();
}

static json_t *training_json(const struct taught *t)
{
    const struct value *objective = value_arg(&t->step->attrs, "objective");
    const struct plan *plan = t->why->run->plan;
    bool shifted = t->at == ROW_ABSENT && t->why->row->holds[rows_unshifted(plan, t->step->in[0])];
    json_t *json = json_pack("{ss ss so sb}", "name", t->step->label, "rows",
                             plan->steps[t->step->in[0]].label, "row", json_null(), "shifted",
                             shifted);
    json_t *terms = json_array();
    if (t->at != ROW_ABSENT) {
        json_object_set_new(json, "row", json_integer((json_int_t)t->at + 1));
        json_object_set_new(json, "label", label_json(t));
    }
    for (size_t i = 0; t->at != ROW_ABSENT && i < objective->n; i++)
        json_array_append_new(terms, term_json(t, &objective->items[i]));
    json_object_set_new(json, "terms", terms);
    return json;
}

size_t why_place(const struct row_name *row, const struct plan *plan, const struct step *train)
{
    uint32_t rows = train->in[0];
    if (plan->steps[rows].kind == STEP_shuffle) // of labels: the rows stand where they stood
        rows = plan->steps[rows].in[0];
    return row->place[rows];
}

void why_add_trainings(json_t *object, const struct why *why)
{
    const struct plan *plan = why->run->plan;
    json_t *list = json_array();
    for (uint32_t i = 0; i < why->n_said; i++) {
        const struct step *step = &plan->steps[i];
        if (!why->stages->needed[i] || step->kind != STEP_train)
            continue;
        struct taught t = {why, i, step, why_place(why->row, plan, step)};
        json_array_append_new(list, training_json(&t));
    }
    json_object_set_new(object, "trainings", list);
}
