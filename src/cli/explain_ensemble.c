// explain_ensemble.c -- several teachers as one: who votes, and with what weight. For a label model
// the table of rules of Ratner et al. 2017 (Snorkel): on how many rows a voter says something, on
// how many others do as well, on how many they disagree, and how often it is right, as the model
// has it and by the gold labels of the rows, which the model has not seen.
#include "explain.h"

#include "base/mem.h"
#include "eval/label_model.h"
#include "exec/voters.h"
#include "vote_table.h"

#include <string.h>

static bool takes(const struct explained *what)
{
    return what->step != NULL && what->step->kind == STEP_weigh;
}

static const char *weights_of(const struct explained *what)
{
    return value_arg_text(&what->step->attrs, "weights");
}

static bool is_weighted(const struct explained *what, const char *how)
{
    return strcmp(weights_of(what), how) == 0;
}

static void find_voters(struct voters *voters, const struct explained *what, struct arena *arena)
{
    struct err err = {0};
    if (voters_find(voters, what->run->plan, what->step, arena, &err) < 0)
        BUG("%s", err.text); // the run has loaded them
}

// --- the label model -----------------------------------------------------------------------------
// A line for each voter, on the rows the model was fitted on; its parameters, in double.
static struct vote_line *lines_of(double **params, size_t *classes, const struct explained *what,
                                  size_t V)
{
    const struct step *step = what->step;
    const struct artifact *poll = &what->run->artifacts[step->in[step->n_in - 1]];
    size_t C = poll->classes / V, size = label_model_size(V, C);
    *params = mem_new(size * sizeof **params);
    for (size_t i = 0; i < size; i++)
        (*params)[i] = (double)what->artifact->values[i];
    *classes = C;
    return vote_table(poll->values, &what->run->artifacts[step->in[0]].rows, V, C);
}

// --- text ----------------------------------------------------------------------------------------
static int name_width(const struct voters *voters)
{
    size_t width = 5;
    for (size_t v = 0; v < voters->n; v++)
        width = strlen(voters->item[v].name) > width ? strlen(voters->item[v].name) : width;
    return (int)width;
}

static void print_label_model(FILE *out, const struct explained *what, const struct voters *voters)
{
    double *params; // the prior first
    size_t C;
    struct vote_line *lines = lines_of(&params, &C, what, voters->n);
    int width = name_width(voters);
    struct str name = {0};
    fprintf(out, "%-*s  coverage   overlap  conflict  accuracy  by gold\n", width, "voter");
    for (size_t v = 0; v < voters->n; v++) {
        fprintf(out, "%-*s", width, voters->item[v].name);
        vote_share_print(out, lines[v].coverage);
        vote_share_print(out, lines[v].overlap);
        vote_share_print(out, lines[v].conflict);
        vote_share_print(out, label_model_accuracy(params, voters->n, C, v));
        vote_share_print(out, lines[v].gold);
        if (voters->group[v] != v)
            fprintf(out, "  depends on %s", voters->item[voters->group[v]].name);
        fputc('\n', out);
    }
    fputs("\nclass shares:", out);
    for (size_t k = 0; k < C; k++) {
        str_clear(&name);
        explain_class(&name, what->table, k);
        fprintf(out, "%s %s %.4f", k > 0 ? "," : "", str_text(&name), params[k]);
    }
    fputc('\n', out);
    str_release(&name);
    mem_free(lines);
    mem_free(params);
}

// The weights after each epoch of the student that learned them.
static void print_learned(FILE *out, const struct explained *what, const struct voters *voters)
{
    const struct artifact *student = &what->run->artifacts[what->step->in[0]];
    fputs("epoch", out);
    for (size_t v = 0; v < voters->n; v++)
        fprintf(out, "  %8s", voters->item[v].name);
    fputc('\n', out);
    for (size_t e = 0; e < student->n_weights / voters->n; e++) {
        fprintf(out, "%5zu", e + 1);
        for (size_t v = 0; v < voters->n; v++) {
            int width = (int)strlen(voters->item[v].name);
            fprintf(out, "  %*.4f", width > 8 ? width : 8, student->weights[e * voters->n + v]);
        }
        fputc('\n', out);
    }
}

static void print(FILE *out, const struct explained *what)
{
    struct arena arena = {0};
    struct voters voters;
    find_voters(&voters, what, &arena);
    fputc('\n', out);
    if (is_weighted(what, "label_model"))
        print_label_model(out, what, &voters);
    else if (is_weighted(what, "learned"))
        print_learned(out, what, &voters);
    for (size_t v = 0; v < voters.n && what->artifact->n_values == 0; v++)
        fprintf(out, "%s\n", voters.item[v].name);
    arena_release(&arena);
}

// --- JSON ----------------------------------------------------------------------------------------
static json_t *share_json(double x)
{
    return x == x ? json_real(x) : json_null();
}

static void add_label_model(json_t *object, json_t *list, const struct explained *what,
                            const struct voters *voters)
{
    double *params; // the prior first
    size_t C;
    struct vote_line *lines = lines_of(&params, &C, what, voters->n);
    json_t *shares = json_array();
    for (size_t v = 0; v < voters->n; v++) {
        json_t *voter = json_array_get(list, v);
        json_object_set_new(voter, "coverage", share_json(lines[v].coverage));
        json_object_set_new(voter, "overlap", share_json(lines[v].overlap));
        json_object_set_new(voter, "conflict", share_json(lines[v].conflict));
        json_object_set_new(voter, "accuracy",
                            json_real(label_model_accuracy(params, voters->n, C, v)));
        json_object_set_new(voter, "accuracy_by_gold", share_json(lines[v].gold));
        json_object_set_new(voter, "group", json_integer(voters->group[v]));
    }
    for (size_t k = 0; k < C; k++)
        json_array_append_new(shares, json_real(params[k]));
    json_object_set_new(object, "class_shares", shares);
    mem_free(lines);
    mem_free(params);
}

static void add_learned(json_t *list, const struct explained *what, const struct voters *voters)
{
    const struct artifact *student = &what->run->artifacts[what->step->in[0]];
    for (size_t v = 0; v < voters->n; v++) {
        json_t *weights = json_array();
        for (size_t i = v; i < student->n_weights; i += voters->n)
            json_array_append_new(weights, json_real(student->weights[i]));
        json_object_set_new(json_array_get(list, v), "weights", weights);
    }
}

static void add_json(json_t *object, const struct explained *what)
{
    struct arena arena = {0};
    struct voters voters;
    json_t *list = json_array();
    find_voters(&voters, what, &arena);
    for (size_t v = 0; v < voters.n; v++)
        json_array_append_new(list, json_pack("{ss}", "name", voters.item[v].name));
    json_object_set_new(object, "weights", json_string(weights_of(what)));
    if (is_weighted(what, "label_model"))
        add_label_model(object, list, what, &voters);
    else if (is_weighted(what, "learned"))
        add_learned(list, what, &voters);
    json_object_set_new(object, "voters", list);
    arena_release(&arena);
}

const struct explain_kind explain_ensemble = {"ensemble", takes, print, add_json};
