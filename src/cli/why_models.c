// why_models.c -- what every model says of one row: rules, annotators and ensembles vote by vote.
#include "why.h"

#include "base/detmath.h"
#include "base/mem.h"
#include "eval/label_model.h"
#include "exec/voters.h"
#include "hook/rules.h"

#include <string.h>

bool why_is_model(enum step_kind kind)
{
    return kind == STEP_train || kind == STEP_weigh || kind == STEP_rules || kind == STEP_labels;
}

// --- one vote ------------------------------------------------------------------------------------
static json_t *numbers(const float *x, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_real((double)x[i]));
    return list;
}

static json_t *vote_json(const struct why *why, const float *vote, size_t C)
{
    uint32_t kind = vote_kind(vote, C);
    if (kind == VOTE_ABSTAINS)
        return json_pack("{ss}", "vote", "abstains");
    if (kind == VOTE_SOFT)
        return json_pack("{ss so}", "vote", "soft", "probabilities", numbers(vote, C));
    json_t *json = why_class(why, kind % C);
    json_object_set_new(json, "vote", json_string(kind < C ? "for" : "against"));
    return json;
}

// The votes that an artifact has on the row, a voter after the other.
static const float *votes_at(const struct why *why, uint32_t step, size_t *width)
{
    const struct artifact *votes = &why->run->artifacts[step];
    *width = votes->classes;
    return votes->values + why->row->at * votes->classes;
}

// --- rules and annotators ------------------------------------------------------------------------
// The script is in the plan, and the run has loaded it.
static void add_rules(json_t *model, const struct why *why, const struct step *step, uint32_t votes)
{
    const char *text = value_arg_text(&step->attrs, "text");
    struct rules *rules;
    struct err err = {0};
    if (rules_load(&rules, value_arg_text(&step->attrs, "file"), text, strlen(text), &err) < 0)
        BUG("%s", err.text);
    const struct rules_description *d = rules_description(rules);
    json_t *list = json_array();
    size_t width;
    const float *vote = votes_at(why, votes, &width);
    for (size_t r = 0; r < d->n; r++) {
        json_t *json = vote_json(why, vote + r * (width / d->n), width / d->n);
        json_object_set_new(json, "name", json_string(d->rule[r].id));
        json_object_set_new(json, "text", json_string(d->rule[r].text));
        if (d->rule[r].cite[0] != '\0')
            json_object_set_new(json, "cite", json_string(d->rule[r].cite));
        json_array_append_new(list, json);
    }
    json_object_set_new(model, "voters", list);
    rules_free(rules);
}

static void add_annotators(json_t *model, const struct why *why, const struct step *step,
                           uint32_t votes)
{
    const struct value *names = value_arg(&step->attrs, "annotators");
    json_t *list = json_array();
    size_t width;
    const float *vote = votes_at(why, votes, &width);
    for (size_t a = 0; a < names->n; a++) {
        json_t *json = vote_json(why, vote + a * (width / names->n), width / names->n);
        json_object_set_new(json, "name", json_string(names->items[a].text));
        json_array_append_new(list, json);
    }
    json_object_set_new(model, "voters", list);
}

// --- ensembles -----------------------------------------------------------------------------------
// The share that each vote has in what the ensemble says, as step_combine.c weighs them; 0 for who
// abstains.
static double *shares_of(const float *vote, size_t V, size_t C, bool by_entropy,
                         const float *learned)
{
    double *share = mem_new((V + 1) * sizeof *share), *p = mem_new((C + 1) * sizeof *p), sum = 0;
    for (size_t v = 0; v < V; v++) {
        if (vote_probabilities(p, vote + v * C, C))
            share[v] = by_entropy        ? vote_certainty(p, C)
                       : learned != NULL ? (double)learned[v]
                                         : 1;
        sum += share[v];
    }
    for (size_t v = 0; v < V; v++)
        share[v] = sum > 0 ? share[v] / sum : 0;
    mem_free(p);
    return share;
}

static double *accuracies_of(const struct artifact *weigh, size_t V, size_t C)
{
    size_t size = label_model_size(V, C);
    double *params = mem_new(size * sizeof *params), *accuracy = mem_new(V * sizeof *accuracy);
    for (size_t i = 0; i < size; i++)
        params[i] = (double)weigh->values[i];
    for (size_t v = 0; v < V; v++)
        accuracy[v] = label_model_accuracy(params, V, C, v);
    mem_free(params);
    return accuracy;
}

static void add_ensemble(json_t *model, const struct why *why, uint32_t number, uint32_t poll)
{
    const struct step *step = &why->run->plan->steps[number];
    const struct artifact *weigh = &why->run->artifacts[number];
    const char *weights = value_arg_text(&step->attrs, "weights");
    bool fitted = strcmp(weights, "label_model") == 0;
    struct arena arena = {0};
    struct voters voters;
    struct err err = {0};
    if (voters_find(&voters, why->run->plan, step, &arena, &err) < 0)
        BUG("%s", err.text); // the run has loaded them
    size_t width, V = voters.n;
    const float *vote = votes_at(why, poll, &width);
    size_t C = width / V;
    double *weight =
        fitted ? accuracies_of(weigh, V, C)
               : shares_of(vote, V, C, strcmp(weights, "entropy") == 0,
                           weigh->n_values == V ? weigh->values : NULL);
    json_t *list = json_array();
    for (size_t v = 0; v < V; v++) {
        json_t *json = vote_json(why, vote + v * C, C);
        json_object_set_new(json, "name", json_string(voters.item[v].name));
        bool counts = fitted || vote_kind(vote + v * C, C) != VOTE_ABSTAINS;
        if (counts)
            json_object_set_new(json, fitted ? "accuracy" : "weight", json_real(weight[v]));
        json_array_append_new(list, json);
    }
    json_object_set_new(model, "weights", json_string(weights));
    json_object_set_new(model, "voters", list);
    mem_free(weight);
    arena_release(&arena);
}

// --- the models ----------------------------------------------------------------------------------
// Logits that are all 0 prefer nothing: nobody has voted.
static void add_logits(json_t *model, const struct why *why, uint32_t step)
{
    size_t C, top = 0;
    bool silent = true;
    const float *z = votes_at(why, step, &C);
    for (size_t k = 0; k < C; k++) {
        top = z[k] > z[top] ? k : top;
        silent &= z[k] == 0;
    }
    double sum = 0;
    for (size_t k = 0; k < C; k++)
        sum += det_exp((double)z[k] - (double)z[top]);
    json_t *list = json_array();
    for (size_t k = 0; k < C; k++)
        json_array_append_new(list, json_real(det_exp((double)z[k] - (double)z[top]) / sum));
    json_object_set_new(model, "says", silent ? json_null() : why_class(why, top));
    json_object_set_new(model, "probabilities", list);
}

static const char *role_of(const struct why *why, uint32_t number)
{
    const struct flow_training *t =
        flow_find(why->stages->flow, &why->run->plan->steps[number].key);
    if (t == NULL || t->how == TRAINING_PLAIN)
        return t == NULL || t->symbol->decl->kind == DECL_TEACHER ? "teacher" : "student";
    return t->how == TRAINING_CEILING ? "ceiling" : "control";
}

static json_t *model_json(const struct why *why, uint32_t number)
{
    const struct plan *plan = why->run->plan;
    const struct step *step = &plan->steps[number], *said = &plan->steps[why->said[number]];
    char key[DIGEST_HEX];
    digest_hex(key, &step->key);
    json_t *model = json_pack("{ss ss ss}", "name", step->label, "role", role_of(why, number),
                              "key", key);
    if (step->kind == STEP_rules)
        add_rules(model, why, step, said->in[0]);
    else if (step->kind == STEP_labels)
        add_annotators(model, why, step, said->in[0]);
    else if (step->kind == STEP_weigh)
        add_ensemble(model, why, number, said->in[1]);
    add_logits(model, why, why->said[number]);
    return model;
}

void why_add_models(json_t *object, const struct why *why)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < why->n_said; i++)
        if (why->said[i] != STEP_NONE)
            json_array_append_new(list, model_json(why, i));
    json_object_set_new(object, "models", list);
}
