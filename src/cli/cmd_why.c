// cmd_why.c -- w2s why: one row of the data, and what every teacher and student has to do with it.
// The first seed and the first point of the sweep, as in `w2s flow`.
//
// Two runs: the first makes rows only, to find the row before anything costs time; the second
// makes, or takes from the store, what the models say of the rows that hold it.
#include "lower_ask.h"
#include "subject.h"
#include "why.h"

#include <string.h>

// --- who can be asked ----------------------------------------------------------------------------
struct asking {
    struct plan *plan; // grows
    const struct flow_stages *stages;
    uint32_t rows; // of the row
    size_t n;      // steps of the plan before it grew
};

// Somebody votes on rows of this source already: rules and labels know its columns and keys.
static bool knows_source(const struct asking *a, uint32_t model)
{
    for (uint32_t i = 0; i < a->n; i++) {
        const struct step *step = &a->plan->steps[i];
        if ((step->kind == STEP_vote || step->kind == STEP_annotate) && step->in[0] == model &&
            rows_source(a->plan, step->in[1]) == rows_source(a->plan, a->rows))
            return true;
    }
    return false;
}

static bool is_predicted(const struct asking *a, uint32_t model)
{
    for (uint32_t i = 0; i < a->n; i++) {
        const struct step *step = &a->plan->steps[i];
        if (step->kind == STEP_predict && step->in[0] == model && step->in[1] == a->rows)
            return true;
    }
    return false;
}

// Features must be what the model was trained on: from one source, standardised alike. An ensemble
// is asked when its members are; its members stand before it in the plan.
static bool can_ask(const struct asking *a, const uint32_t *said, uint32_t model)
{
    const struct step *step = &a->plan->steps[model];
    if (step->kind == STEP_train)
        return is_predicted(a, model) ||
               rows_frame(a->plan, step->in[0]) == rows_frame(a->plan, a->rows);
    if (step->kind == STEP_rules || step->kind == STEP_labels)
        return knows_source(a, model);
    for (uint32_t i = 0; i < step->n_in; i++)
        if (why_is_model(a->plan->steps[step->in[i]].kind) && said[step->in[i]] == STEP_NONE)
            return false;
    return true;
}

static uint32_t *ask_all(const struct asking *a, const char *folder)
{
    uint32_t *said = mem_new((a->n + 1) * sizeof *said);
    for (uint32_t i = 0; i < a->n; i++) {
        bool asked = a->stages->needed[i] && why_is_model(a->plan->steps[i].kind) &&
                     can_ask(a, said, i);
        said[i] = asked ? lower_ask(a->plan, i, a->rows, folder) : STEP_NONE;
    }
    return said;
}

// --- what has to be made -------------------------------------------------------------------------
// The prediction, and the votes behind it.
static void want_said(bool *wanted, const struct plan *plan, uint32_t model, uint32_t said)
{
    const struct step *step = &plan->steps[said];
    wanted[said] = true;
    if (step->kind == STEP_tally)
        wanted[step->in[0]] = true;
    if (step->kind == STEP_combine)
        wanted[model] = wanted[step->in[1]] = true;
}

static bool *wanted_steps(const struct asking *a, const struct row_name *row, const uint32_t *said)
{
    bool *wanted = mem_new(a->plan->n * sizeof *wanted);
    wanted[row->rows] = true;
    for (uint32_t i = 0; i < a->n; i++) {
        const struct step *step = &a->plan->steps[i];
        if (said[i] != STEP_NONE)
            want_said(wanted, a->plan, i, said[i]);
        bool trained = a->stages->needed[i] && step->kind == STEP_train &&
                       why_place(row, a->plan, step) != ROW_ABSENT;
        wanted[i] |= trained;
        for (uint32_t k = 0; trained && k < step->n_in; k++)
            wanted[step->in[k]] = true;
    }
    return wanted;
}

static json_t *classes_json(const struct why *why)
{
    const struct table *table = why->run->artifacts[why->row->rows].rows.table;
    json_t *list = json_array();
    for (uint32_t k = 0; k < table->classes; k++)
        json_array_append_new(list, explain_class_json(table, k));
    return list;
}

static json_t *why_json(const struct why *why)
{
    const struct plan *plan = why->run->plan;
    json_t *object = json_pack("{ss sI}", "schema", "w2s.why/1", "seed",
                               (json_int_t)plan->seeds[0]);
    json_t *params = json_object();
    for (size_t i = 0; plan->n_points > 0 && i < plan->points[0].n; i++) {
        struct str text = {0};
        value_write(&text, &plan->points[0].value[i]);
        json_object_set_new(params, plan->points[0].name[i], json_string(str_text(&text)));
        str_release(&text);
    }
    json_object_set_new(object, "params", params);
    json_object_set_new(object, "classes", classes_json(why));
    why_add_row(object, why);
    why_add_models(object, why);
    why_add_trainings(object, why);
    return object;
}

static enum exit_status tell(struct compiled *c, struct run_options *how,
                             const struct flow_stages *stages, const struct row_name *row,
                             const struct options *options)
{
    struct asking asking = {&c->plan, stages, row->rows, c->plan.n};
    uint32_t *said = ask_all(&asking, c->folder);
    bool *wanted = wanted_steps(&asking, row, said);
    struct run run;
    struct err err = {0};
    run_init(&run, &c->plan);
    run.wanted = run.only = wanted;
    int status = run_execute(&run, how, &err);
    if (status == 0) {
        json_t *json = why_json(&(struct why){&run, stages, row, said, asking.n});
        if (options->json) {
            json_dumpf(json, stdout, JSON_INDENT(1));
            fputc('\n', stdout);
        } else {
            why_print(stdout, json);
        }
        json_decref(json);
    }
    run_release(&run);
    mem_free(wanted);
    mem_free(said);
    return status < 0 ? cli_fail(&err) : EXIT_DONE;
}

static enum exit_status why(struct compiled *c, struct run_options *how,
                            const struct options *options)
{
    struct flow_stages stages;
    struct row_name row;
    flow_stages_init(&stages, &c->plan, &c->flow);
    enum exit_status status = row_name_find(&row, options->arguments[1], &stages, how);
    if (status == EXIT_DONE)
        status = tell(c, how, &stages, &row, options);
    row_name_release(&row);
    flow_stages_release(&stages);
    return status;
}

enum exit_status cmd_why(const struct options *options)
{
    if (options->n_arguments != 2)
        return cli_misuse("why wants a file or a run, and a row: DATA:NUMBER or DATA:key=TEXT");
    return subject_open(options, why);
}
