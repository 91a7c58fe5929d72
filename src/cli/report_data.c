// report_data.c -- what the page shows, from the store and, where the data are there, from the plan
// compiled again; see report.h and docs/json.md.
#include "report.h"

#include "replay.h"
#include "results.h"
#include "runs_json.h"

static void note(json_t *notes, const char *text)
{
    json_array_append_new(notes, json_string(text));
}

// --- the plan, as the store has it ---------------------------------------------------------------

static json_t *step_json(const struct file_step *step, size_t id)
{
    char key[DIGEST_HEX];
    json_t *in = json_array();
    digest_hex(key, &step->key);
    for (size_t i = 0; i < step->n_in; i++)
        json_array_append_new(in, json_integer(step->in[i]));
    json_t *json = json_pack("{sI ss ss ss so ss sb}", "id", (json_int_t)id, "kind", step->kind,
                             "label", step->label, "key", key, "in", in, "attrs", step->attrs,
                             "gold", (int)step->reads_gold);
    if (step->seed != SEED_NONE)
        json_object_set_new(json, "seed", json_integer(step->seed));
    return json;
}

// The steps of the first seed and, where there is a sweep, all its points: the others are alike.
static json_t *steps_json(const struct plan_file *plan)
{
    json_t *steps = json_array();
    for (size_t i = 0; i < plan->n; i++) {
        const struct file_step *step = &plan->steps[i];
        if (step->seed == SEED_NONE || plan->n_seeds == 0 || step->seed == plan->seeds[0])
            json_array_append_new(steps, step_json(step, i));
    }
    return steps;
}

static json_t *results_json(const struct file_result *results, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(
            list, json_pack("{sI so}", "point", (json_int_t)results[i].point, "step",
                            results[i].step == STEP_NONE ? json_null()
                                                         : json_integer(results[i].step)));
    return list;
}

static int add_plan(json_t *root, const struct runs *runs, const struct run_row *row, struct err *err)
{
    struct plan_file plan;
    if (run_plan_read(&plan, runs->store, &row->run, err) < 0)
        return -1;
    json_t *seeds = json_array(), *points = json_array();
    for (size_t i = 0; i < plan.n_seeds; i++)
        json_array_append_new(seeds, json_integer(plan.seeds[i]));
    for (size_t i = 0; i < plan.n_points; i++)
        json_array_append_new(points, json_string(plan.points[i]));
    json_object_set_new(root, "seeds", seeds);
    json_object_set_new(root, "plan",
                        json_pack("{so so so so sI}", "points", points, "steps", steps_json(&plan),
                                  "numbers", results_json(plan.numbers, plan.n_numbers), "claims",
                                  results_json(plan.claims, plan.n_claims), "n_steps",
                                  (json_int_t)plan.n));
    plan_file_release(&plan);
    return 0;
}

// --- what the file says --------------------------------------------------------------------------

static int add_source(json_t *root, const struct runs *runs, const struct run_row *row, struct err *err)
{
    uint8_t *source;
    size_t n;
    if (store_get(&source, &n, runs->store, &row->run.source, err) < 0)
        return -1;
    json_object_set_new(root, "file", json_stringn((const char *)source, n));
    mem_free(source);
    return 0;
}

// A plan compiled again has what the store does not keep. It needs the data: without them the page
// has the numbers all the same.
static void add_compiled(json_t *root, json_t *notes, const struct runs *runs,
                         const struct run_row *row, const char *folder)
{
    struct replay replay;
    if (replay_open(&replay, runs->store, row, folder) != EXIT_DONE)
        note(notes, "The data of this run are not where they were: the plots that its file asks "
                    "for are left out.");
    else if (replay.n_missing > 0)
        note(notes, "The data of this run have changed since: the plots that its file asks for "
                    "are left out.");
    else
        json_object_set_new(root, "plots", results_plots_json(&replay.compiled.plan));
    replay_release(&replay);
}

json_t *report_json(const struct runs *runs, const struct run_row *row, const char *folder,
                    struct err *err)
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
    add_compiled(root, notes, runs, row, folder);
    return root;
}
