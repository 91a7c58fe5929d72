// explain_votes.c -- teachers that vote and are not trained: rules and annotators, each with the
// table of voters (vote_table.h) on the rows that somebody learns from them, or is measured on.
#include "explain.h"

#include "base/mem.h"
#include "hook/rules.h"
#include "vote_table.h"

#include <string.h>

static bool is_made_of_rules(const struct explained *what)
{
    return what->step != NULL && what->step->kind == STEP_rules;
}

static bool is_made_of_labels(const struct explained *what)
{
    return what->step != NULL && what->step->kind == STEP_labels;
}

// Voters and, where they say so, what they go by; texts in `arena`.
struct voter_text {
    const char *name, *text, *cite;
};

static size_t rules_texts(struct voter_text **out, const struct step *step, struct arena *arena)
{
    const char *text = value_arg_text(&step->attrs, "text");
    struct rules *rules;
    struct err err = {0};
    if (rules_load(&rules, value_arg_text(&step->attrs, "file"), text, strlen(text), &err) < 0)
        BUG("%s", err.text); // the run has loaded them
    const struct rules_description *d = rules_description(rules);
    size_t n = d->n;
    *out = arena_array(arena, n, sizeof **out);
    for (size_t r = 0; r < n; r++)
        (*out)[r] = (struct voter_text){arena_text(arena, d->rule[r].id),
                                        arena_text(arena, d->rule[r].text),
                                        arena_text(arena, d->rule[r].cite)};
    rules_free(rules);
    return n;
}

static size_t voter_texts(struct voter_text **out, const struct step *step, struct arena *arena)
{
    if (step->kind == STEP_rules)
        return rules_texts(out, step, arena);
    const struct value *names = value_arg(&step->attrs, "annotators");
    *out = arena_array(arena, names->n, sizeof **out);
    for (size_t a = 0; a < names->n; a++)
        (*out)[a] = (struct voter_text){names->items[a].text, "", ""};
    return names->n;
}

static struct vote_line *lines_of(const struct explained *what, size_t V)
{
    const struct plan *plan = what->run->plan;
    uint32_t number = explain_votes(plan, (uint32_t)(what->step - plan->steps));
    const struct artifact *votes = &what->run->artifacts[number];
    return vote_table(votes->values, &what->run->artifacts[plan->steps[number].in[1]].rows, V,
                      votes->classes / V);
}

// --- text ----------------------------------------------------------------------------------------
static void print_provenances(FILE *out, const struct step *step)
{
    const struct value *list = value_arg(&step->attrs, "provenances");
    const char *before = "labels from";
    for (size_t i = 0; step->kind == STEP_labels && i < list->n; i++) {
        if (list->items[i].text[0] == '\0')
            continue;
        fprintf(out, "%s %s", before, list->items[i].text);
        before = ",";
    }
    fputs(before[0] == ',' ? "\n\n" : "\n", out);
}

static void print(FILE *out, const struct explained *what)
{
    struct arena arena = {0};
    struct voter_text *voter;
    size_t V = voter_texts(&voter, what->step, &arena);
    struct vote_line *lines = lines_of(what, V);
    int width = 5;
    for (size_t v = 0; v < V; v++)
        width = strlen(voter[v].name) > (size_t)width ? (int)strlen(voter[v].name) : width;
    print_provenances(out, what->step);
    fprintf(out, "%-*s  coverage   overlap  conflict   by gold\n", width, "voter");
    for (size_t v = 0; v < V; v++) {
        fprintf(out, "%-*s", width, voter[v].name);
        vote_share_print(out, lines[v].coverage);
        vote_share_print(out, lines[v].overlap);
        vote_share_print(out, lines[v].conflict);
        vote_share_print(out, lines[v].gold);
        fprintf(out, "%s%s", voter[v].text[0] != '\0' ? "  " : "", voter[v].text);
        fprintf(out, voter[v].cite[0] != '\0' ? " (%s)\n" : "%s\n", voter[v].cite);
    }
    mem_free(lines);
    arena_release(&arena);
}

// --- JSON ----------------------------------------------------------------------------------------
static json_t *share_json(double x)
{
    return x == x ? json_real(x) : json_null();
}

static void add_provenances(json_t *object, const struct step *step)
{
    const struct value *list = value_arg(&step->attrs, "provenances");
    json_t *texts = json_array();
    for (size_t i = 0; i < list->n; i++)
        json_array_append_new(texts, json_string(list->items[i].text));
    json_object_set_new(object, "provenances", texts);
    json_object_set_new(object, "digest", json_string(value_arg_text(&step->attrs, "digest")));
}

static void add_json(json_t *object, const struct explained *what)
{
    struct arena arena = {0};
    struct voter_text *voter;
    size_t V = voter_texts(&voter, what->step, &arena);
    struct vote_line *lines = lines_of(what, V);
    json_t *list = json_array();
    for (size_t v = 0; v < V; v++) {
        json_t *json = json_pack("{ss so so so so}", "name", voter[v].name, "coverage",
                                 share_json(lines[v].coverage), "overlap",
                                 share_json(lines[v].overlap), "conflict",
                                 share_json(lines[v].conflict), "accuracy_by_gold",
                                 share_json(lines[v].gold));
        if (what->step->kind == STEP_rules)
            json_object_set_new(json, "text", json_string(voter[v].text));
        if (voter[v].cite[0] != '\0')
            json_object_set_new(json, "cite", json_string(voter[v].cite));
        json_array_append_new(list, json);
    }
    json_object_set_new(object, "voters", list);
    if (what->step->kind == STEP_labels)
        add_provenances(object, what->step);
    mem_free(lines);
    arena_release(&arena);
}

const struct explain_kind explain_rules = {"rules", is_made_of_rules, print, add_json};
const struct explain_kind explain_labels = {"labels", is_made_of_labels, print, add_json};
