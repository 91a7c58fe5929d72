// cmd_explain.c -- w2s explain: the models of a file or of a recorded run in readable form, those
// of the first seed; or what the code of a message means (explain_diag.c).
//
// What an earlier run of the same file and plan left in the store is taken from there; what is
// missing is computed, and kept only where a run stands for it.
#include "explain.h"
#include "explain_diag.h"
#include "exec/voters.h"
#include "subject.h"

#include <string.h>

// --- which models --------------------------------------------------------------------------------
struct chosen {
    uint32_t *step;
    size_t n, cap;
};

static bool is_first_seed(const struct plan *plan, const struct step *step)
{
    return step->seed == SEED_NONE || step->seed == plan->seeds[0];
}

// Without names: what the file declares, so no ceilings and no controls.
static bool is_asked(const struct program *program, const struct step *step,
                     const struct options *options)
{
    for (size_t i = 1; i < options->n_arguments; i++)
        if (strcmp(options->arguments[i], step->label) == 0)
            return true;
    return options->n_arguments == 1 && program_find(program, step->label) != NULL;
}

static void choose(struct chosen *chosen, const struct compiled *c, const struct options *options)
{
    for (uint32_t i = 0; i < c->plan.n; i++) {
        const struct step *step = &c->plan.steps[i];
        if (!explain_has(step->kind) || !is_first_seed(&c->plan, step) ||
            !is_asked(&c->program, step, options))
            continue;
        chosen->step = mem_grow(chosen->step, &chosen->cap, chosen->n + 1, sizeof *chosen->step);
        chosen->step[chosen->n++] = i;
    }
}

static bool has_label(const struct compiled *c, const struct chosen *chosen, const char *label)
{
    for (size_t i = 0; i < chosen->n; i++)
        if (strcmp(c->plan.steps[chosen->step[i]].label, label) == 0)
            return true;
    return false;
}

static enum exit_status nothing(const struct compiled *c, const char *name)
{
    if (name == NULL)
        return cli_misuse("there is no model to explain in the plan of %s", c->source.path);
    const char **labels = mem_new((c->plan.n + 1) * sizeof *labels);
    size_t n = 0;
    for (size_t i = 0; i < c->plan.n; i++)
        if (explain_has(c->plan.steps[i].kind))
            labels[n++] = c->plan.steps[i].label;
    enum exit_status status =
        cli_misuse("the plan of %s makes no model '%s'", c->source.path, name);
    const char *nearest = diag_nearest(name, labels, n);
    if (nearest != NULL)
        fprintf(stderr, "  did you mean '%s'?\n", nearest);
    mem_free(labels);
    return status;
}

// --- what is shown -------------------------------------------------------------------------------
static struct explained explained_of(const struct run *run, uint32_t number)
{
    const struct step *step = &run->plan->steps[number];
    uint32_t rows = explain_rows(run->plan, number);
    return (struct explained){run, step, &run->artifacts[number],
                              rows != STEP_NONE ? run->artifacts[rows].rows.table : NULL};
}

static bool only_votes(const struct step *step)
{
    return step->kind == STEP_rules || step->kind == STEP_labels;
}

// "linear()"; of an ensemble "ensemble(a, b, weights: uniform)"; of rules "rules(\"f.lua\")".
static void write_model(struct str *out, const struct plan *plan, const struct step *step)
{
    str_clear(out);
    if (only_votes(step)) {
        str_format(out, "%s(", step_kind_name(step->kind));
        value_write(out, value_arg(&step->attrs, "file"));
        str_add(out, ")");
        return;
    }
    if (step->kind != STEP_weigh) {
        value_write(out, value_arg(&step->attrs, "model"));
        return;
    }
    struct members members = members_of(step);
    str_add(out, "ensemble(");
    for (size_t m = 0; m < members.n; m++)
        str_format(out, "%s, ", plan->steps[step->in[members.first + m]].label);
    str_format(out, "weights: %s)", value_arg_text(&step->attrs, "weights"));
}

static void print(const struct run *run, const struct chosen *chosen)
{
    struct str model = {0};
    for (size_t i = 0; i < chosen->n; i++) {
        struct explained what = explained_of(run, chosen->step[i]);
        const struct step *step = what.step;
        uint32_t rows = explain_rows(run->plan, chosen->step[i]);
        char key[DIGEST_SHORT];
        write_model(&model, run->plan, step);
        digest_short(key, &step->key);
        printf("%s%s  %s\n", i > 0 ? "\n" : "", step->label, str_text(&model));
        if (rows != STEP_NONE)
            printf("%s %zu rows of %s", only_votes(step) ? "on" : "from",
                   run->artifacts[rows].rows.n, run->plan->steps[rows].label);
        else
            fputs("from its members", stdout);
        if (step->seed != SEED_NONE)
            printf(", seed %lld", (long long)step->seed);
        printf("  [%s]\n", key);
        explain_kind_of(&what)->print(stdout, &what);
    }
    str_release(&model);
}

static void print_json(const struct run *run, const struct chosen *chosen)
{
    json_t *list = json_array();
    struct str model = {0};
    for (size_t i = 0; i < chosen->n; i++) {
        struct explained what = explained_of(run, chosen->step[i]);
        const struct step *step = what.step;
        const struct explain_kind *kind = explain_kind_of(&what);
        uint32_t rows = explain_rows(run->plan, chosen->step[i]);
        char key[DIGEST_HEX];
        write_model(&model, run->plan, step);
        digest_hex(key, &step->key);
        json_t *json = json_pack(
            "{ss ss ss sI ss? ss so}", "name", step->label, "kind", kind->name, "model",
            str_text(&model), "trained_rows",
            (json_int_t)(rows != STEP_NONE ? run->artifacts[rows].rows.n : 0), "trained_on",
            rows != STEP_NONE ? run->plan->steps[rows].label : NULL, "key", key, "seed",
            step->seed != SEED_NONE ? json_integer(step->seed) : json_null());
        kind->add_json(json, &what);
        json_array_append_new(list, json);
    }
    json_t *root = json_pack("{ss so}", "schema", "w2s.explain/1", "models", list);
    json_dumpf(root, stdout, JSON_INDENT(1));
    fputc('\n', stdout);
    json_decref(root);
    str_release(&model);
}

// --- making them ---------------------------------------------------------------------------------
static enum exit_status execute(const struct compiled *c, struct run_options *how,
                                const struct chosen *chosen, const struct options *options)
{
    struct run run;
    struct err err = {0};
    bool *wanted = mem_new(c->plan.n * sizeof *wanted);
    for (size_t i = 0; i < chosen->n; i++) {
        const struct step *step = &c->plan.steps[chosen->step[i]];
        if (only_votes(step)) {
            uint32_t votes = explain_votes(&c->plan, chosen->step[i]);
            wanted[chosen->step[i]] = wanted[votes] = wanted[c->plan.steps[votes].in[1]] = true;
            continue;
        }
        wanted[chosen->step[i]] = wanted[step->in[0]] = true; // and its rows, or the student
        wanted[step->in[step->n_in - 1]] |= step->kind == STEP_weigh; // and the votes
    }
    run_init(&run, &c->plan);
    run.wanted = run.only = wanted;
    int status = run_execute(&run, how, &err);
    if (status == 0 && options->json)
        print_json(&run, chosen);
    else if (status == 0)
        print(&run, chosen);
    run_release(&run);
    mem_free(wanted);
    return status < 0 ? cli_fail(&err) : EXIT_DONE;
}

static enum exit_status explain(struct compiled *c, struct run_options *how,
                                const struct options *options)
{
    struct chosen chosen = {0};
    choose(&chosen, c, options);
    enum exit_status status =
        chosen.n == 0 && options->n_arguments == 1 ? nothing(c, NULL) : EXIT_DONE;
    for (size_t i = 1; i < options->n_arguments && status == EXIT_DONE; i++)
        if (!has_label(c, &chosen, options->arguments[i]))
            status = nothing(c, options->arguments[i]);
    if (status == EXIT_DONE)
        status = execute(c, how, &chosen, options);
    mem_free(chosen.step);
    return status;
}

enum exit_status cmd_explain(const struct options *options)
{
    if (options->n_arguments == 0)
        return cli_misuse("explain wants a file or a run, and then names of models; or the code of "
                          "a message");
    if (is_diag_code(options->arguments[0]))
        return explain_codes(options);
    return subject_open(options, explain);
}
