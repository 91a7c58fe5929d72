// voters.c -- see voters.h.
#include "exec/voters.h"

#include "base/detmath.h"
#include "base/mem.h"
#include "eval/label_model.h"
#include "hook/rules.h"

#include <string.h>

struct members members_of(const struct step *weigh)
{
    const char *weights = value_arg_text(&weigh->attrs, "weights");
    bool made = strcmp(weights, "label_model") == 0 || strcmp(weights, "learned") == 0;
    return (struct members){made ? 1 : 0, value_arg(&weigh->attrs, "votes")->n};
}

struct finding {
    struct voters *out;
    struct arena *arena;
    size_t cap;
    size_t *first; // by member: its first voter; and of one more
};

static void add(struct finding *f, uint32_t member, const char *name)
{
    struct voters *out = f->out;
    if (out->n == f->cap) {
        size_t cap = f->cap > 0 ? 2 * f->cap : 16;
        struct voter *item = arena_array(f->arena, cap, sizeof *item);
        uint32_t *group = arena_array(f->arena, cap, sizeof *group);
        if (out->n > 0) {
            memcpy(item, out->item, out->n * sizeof *item);
            memcpy(group, out->group, out->n * sizeof *group);
        }
        out->item = item;
        out->group = group;
        f->cap = cap;
    }
    out->group[out->n] = (uint32_t)out->n;
    out->item[out->n++] = (struct voter){member, name};
}

// Two voters, and all that either depends on, become one group.
static void join(struct voters *voters, size_t a, size_t b)
{
    uint32_t *group = voters->group;
    uint32_t low = group[a] < group[b] ? group[a] : group[b];
    uint32_t high = group[a] < group[b] ? group[b] : group[a];
    for (size_t v = 0; v < voters->n; v++)
        group[v] = group[v] == high ? low : group[v];
}

static int add_rules(struct finding *f, const struct step *step, uint32_t number, struct err *err)
{
    const char *text = value_arg_text(&step->attrs, "text");
    struct rules *rules;
    if (rules_load(&rules, value_arg_text(&step->attrs, "file"), text, strlen(text), err) < 0)
        return -1;
    const struct rules_description *d = rules_description(rules);
    size_t first = f->out->n;
    for (size_t r = 0; r < d->n; r++)
        add(f, number, arena_format(f->arena, "%s.%s", step->label, d->rule[r].id));
    for (size_t r = 0; r < d->n; r++)
        for (size_t k = 0; k < d->rule[r].n_depends; k++)
            join(f->out, first + r, first + d->rule[r].depends[k]);
    rules_free(rules);
    return 0;
}

static void add_annotators(struct finding *f, const struct step *step, uint32_t number)
{
    const struct value *names = value_arg(&step->attrs, "annotators");
    for (size_t i = 0; i < names->n; i++)
        add(f, number,
            names->items[i].text[0] != '\0'
                ? arena_format(f->arena, "%s.%s", step->label, names->items[i].text)
                : step->label);
}

// All voters of the members of each list.
static void join_members(struct finding *f, const struct value *lists)
{
    for (size_t i = 0; i < lists->n; i++) {
        const struct value *list = &lists->items[i];
        size_t with = f->first[(size_t)list->items[0].number];
        for (size_t k = 0; k < list->n; k++) {
            size_t m = (size_t)list->items[k].number;
            for (size_t v = f->first[m]; v < f->first[m + 1]; v++)
                join(f->out, with, v);
        }
    }
}

int voters_find(struct voters *out, const struct plan *plan, const struct step *weigh,
                struct arena *arena, struct err *err)
{
    struct members members = members_of(weigh);
    struct finding f = {
        .out = out, .arena = arena, .first = mem_new((members.n + 1) * sizeof *f.first)};
    const struct value *dependent = value_arg(&weigh->attrs, "dependent");
    int status = 0;
    *out = (struct voters){0};
    for (size_t m = 0; status == 0 && m < members.n; m++) {
        uint32_t number = weigh->in[members.first + m];
        const struct step *member = &plan->steps[number];
        if (member->kind == STEP_rules)
            status = add_rules(&f, member, number, err);
        else if (member->kind == STEP_labels)
            add_annotators(&f, member, number);
        else
            add(&f, number, member->label);
        f.first[m + 1] = out->n;
    }
    if (status == 0 && dependent != NULL)
        join_members(&f, dependent);
    mem_free(f.first);
    return status;
}

bool vote_probabilities(double *p, const float *vote, size_t classes)
{
    uint32_t kind = vote_kind(vote, classes);
    bool refuses = kind >= classes && kind < 2 * classes;
    for (size_t k = 0; k < classes; k++)
        p[k] = !refuses ? (double)vote[k] : k == kind - classes ? 0 : 1 / ((double)classes - 1);
    return kind != VOTE_ABSTAINS;
}

double vote_certainty(const double *p, size_t classes)
{
    double sum = 0;
    for (size_t k = 0; k < classes; k++)
        sum += p[k] > 0 ? p[k] * det_log(p[k]) : 0;
    return det_exp(sum);
}
