// report_data.c -- what the page shows, from the store and, where the data are there, from the plan
// compiled again; see report.h and docs/json.md.
#include "report.h"

#include "replay.h"
#include "report_models.h"
#include "results.h"
#include "runs_json.h"
#include "twins.h"

static void note(json_t *notes, const char *text)
{
    json_array_append_new(notes, json_string(text));
}

// --- the plan, as the store has it ---------------------------------------------------------------

// One place of it, as in w2s flow: what the first point of the sweep needs for the first seed.
static bool is_at_place(const struct plan_file *plan, size_t step)
{
    int64_t seed = plan->steps[step].seed;
    return seed == SEED_NONE || plan->n_seeds == 0 || seed == plan->seeds[0];
}

static void mark_results(bool *needed, const struct plan_file *plan,
                         const struct file_result *results, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (results[i].step != STEP_NONE && results[i].point == 0)
            needed[results[i].step] = is_at_place(plan, results[i].step);
}

static void mark_needed(bool *needed, const struct plan_file *plan)
{
    mark_results(needed, plan, plan->numbers, plan->n_numbers);
    mark_results(needed, plan, plan->claims, plan->n_claims);
    for (size_t i = plan->n; i-- > 0;)
        for (size_t k = 0; needed[i] && k < plan->steps[i].n_in; k++)
            if (is_at_place(plan, plan->steps[i].in[k]))
                needed[plan->steps[i].in[k]] = true;
}

static json_t *step_json(const struct plan_file *plan, size_t id)
{
    const struct file_step *step = &plan->steps[id];
    char key[DIGEST_HEX];
    json_t *in = json_array();
    digest_hex(key, &step->key);
    for (size_t i = 0; i < step->n_in; i++)
        if (is_at_place(plan, step->in[i]))
            json_array_append_new(in, json_integer(step->in[i]));
    json_t *json = json_pack("{sI ss ss ss so ss sb}", "id", (json_int_t)id, "kind", step->kind,
                             "label", step->label, "key", key, "in", in, "attrs", step->attrs,
                             "gold", (int)step->reads_gold);
    if (step->seed != SEED_NONE)
        json_object_set_new(json, "seed", json_integer(step->seed));
    return json;
}

static int add_plan(json_t *root, const struct runs *runs, const struct run_row *row,
                    struct err *err)
{
    struct plan_file plan;
    if (run_plan_read(&plan, runs->store, &row->run, err) < 0)
        return -1;
    json_t *seeds = json_array(), *points = json_array(), *steps = json_array();
    for (size_t i = 0; i < plan.n_seeds; i++)
        json_array_append_new(seeds, json_integer(plan.seeds[i]));
    for (size_t i = 0; i < plan.n_points; i++)
        json_array_append_new(points, json_string(plan.points[i]));
    bool *needed = mem_new(plan.n * sizeof *needed);
    mark_needed(needed, &plan);
    for (size_t i = 0; i < plan.n; i++)
        if (needed[i])
            json_array_append_new(steps, step_json(&plan, i));
    mem_free(needed);
    json_object_set_new(root, "seeds", seeds);
    json_object_set_new(
        root, "plan",
        json_pack("{so so sI}", "points", points, "steps", steps, "n_steps", (json_int_t)plan.n));
    plan_file_release(&plan);
    return 0;
}

// --- what the file says --------------------------------------------------------------------------

static int add_source(json_t *root, const struct runs *runs, const struct run_row *row,
                      struct err *err)
{
    uint8_t *source;
    size_t n;
    if (store_get(&source, &n, runs->store, &row->run.source, err) < 0)
        return -1;
    json_object_set_new(root, "file", json_stringn((const char *)source, n));
    mem_free(source);
    return 0;
}

static int add_flow(json_t *root, const struct replay *replay, struct err *err)
{
    struct flow_stages stages;
    flow_stages_init(&stages, &replay->compiled.plan, &replay->compiled.flow);
    int status = twins_find(&stages, replay->folder, err);
    if (status == 0)
        json_object_set_new(root, "flow", flow_json(&stages));
    flow_stages_release(&stages);
    return status;
}

static void add_models(json_t *root, json_t *notes, const struct replay *replay,
                       const struct runs *runs, const struct run_row *row,
                       const struct options *options)
{
    struct run_options how = {.store = runs->store, .folder = replay->folder, .id = row->run.uid};
    struct err err = {0};
    const char *why_not = NULL;
    if (!cli_machine(&how, options))
        why_not = "This machine has no such kernels.";
    else if (report_models(root, &why_not, replay, &how, &err) < 0) {
        cli_fail(&err);
        why_not = "The models of this run cannot be read.";
    }
    if (why_not == NULL)
        return;
    struct str text = {0};
    str_format(&text, "%s So training curves and calibration are left out.", why_not);
    note(notes, str_text(&text));
    str_release(&text);
}

// A plan compiled again has what the store does not keep. It needs the data: without them the page
// has the numbers all the same.
static void add_compiled(json_t *root, json_t *notes, const struct runs *runs,
                         const struct run_row *row, const struct options *options)
{
    struct replay replay;
    struct err err = {0};
    if (replay_open(&replay, runs->store, row, options->folder) != EXIT_DONE) {
        note(notes, "The data of this run are not where they were. So the plots that its file asks "
                    "for, the flow of "
                    "its data, training curves and calibration are left out.");
    } else if (replay.n_missing > 0) {
        note(notes, "The data of this run have changed since. So the plots that its file asks for, "
                    "the flow of its "
                    "data, training curves and calibration are left out.");
    } else {
        json_object_set_new(root, "plots", results_plots_json(&replay.compiled.plan));
        if (add_flow(root, &replay, &err) < 0) {
            note(notes,
                 "The data of this run cannot be read. So the flow of its data is left out.");
            cli_fail(&err);
        }
        add_models(root, notes, &replay, runs, row, options);
    }
    replay_release(&replay);
}

json_t *report_json(const struct runs *runs, const struct run_row *row,
                    const struct options *options, struct err *err)
{
    struct run_detail detail;
    if (run_detail_read(&detail, runs->store, &row->run.uid, err) < 0)
        return NULL;
    json_t *notes = json_array();
    json_t *root = json_pack("{ss ss so so}", "schema", "w2s.report/1", "w2s", W2S_VERSION, "run",
                             run_json(row, &detail), "notes", notes);
    run_detail_release(&detail);
    if (root == NULL)
        BUG("the report is no JSON");
    if (add_source(root, runs, row, err) < 0 || add_plan(root, runs, row, err) < 0) {
        json_decref(root);
        return NULL;
    }
    add_compiled(root, notes, runs, row, options);
    return root;
}
