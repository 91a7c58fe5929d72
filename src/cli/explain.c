// explain.c -- see explain.h: the kinds, and names of features and classes.
#include "explain.h"

#include <string.h>

static const struct explain_kind *const kinds[] = {
    &explain_ensemble, &explain_rules,  &explain_labels, &explain_tree,
    &explain_knn,      &explain_linear, &explain_net};

bool explain_has(enum step_kind kind)
{
    return kind == STEP_train || kind == STEP_weigh || kind == STEP_rules || kind == STEP_labels;
}

static bool is_trained_on(const struct plan *plan, uint32_t rows)
{
    for (uint32_t i = 0; i < plan->n; i++)
        if (plan->steps[i].kind == STEP_train && plan->steps[i].in[0] == rows)
            return true;
    return false;
}

uint32_t explain_votes(const struct plan *plan, uint32_t number)
{
    uint32_t first = STEP_NONE;
    for (uint32_t i = 0; i < plan->n; i++) {
        const struct step *votes = &plan->steps[i];
        bool are = votes->kind == STEP_vote || votes->kind == STEP_annotate;
        if (!are || votes->in[0] != number)
            continue;
        if (is_trained_on(plan, votes->in[1]))
            return i;
        first = first == STEP_NONE ? i : first;
    }
    return first;
}

uint32_t explain_rows(const struct plan *plan, uint32_t number)
{
    const struct step *step = &plan->steps[number];
    if (step->kind == STEP_rules || step->kind == STEP_labels)
        return plan->steps[explain_votes(plan, number)].in[1];
    enum step_kind first = plan->steps[step->in[0]].kind;
    if (step->kind == STEP_train || first == STEP_train)
        return step->kind == STEP_train ? step->in[0] : STEP_NONE;
    bool fitted = strcmp(value_arg_text(&step->attrs, "weights"), "label_model") == 0;
    return fitted ? step->in[0] : STEP_NONE;
}

const struct explain_kind *explain_kind_of(const struct explained *what)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i]->takes(what))
            return kinds[i];
    BUG("no kind of explanation for '%s'", what->step != NULL ? what->step->label : "a stored model");
}

void explain_feature(struct str *out, const struct table *table, size_t feature)
{
    const struct image_shape *image = &table->image;
    if (table->columns != NULL) {
        str_add(out, table->columns[feature]);
        return;
    }
    if (image->height == 0) {
        str_format(out, "feature %zu", feature + 1);
        return;
    }
    size_t pixel = feature / image->channels, channel = feature % image->channels;
    str_format(out, "pixel %zu,%zu", pixel / image->width + 1, pixel % image->width + 1);
    if (image->channels > 1)
        str_format(out, " channel %zu", channel + 1);
}

void explain_class(struct str *out, const struct table *table, size_t cls)
{
    if (table->class_names != NULL)
        str_add(out, table->class_names[cls]);
    else
        str_format(out, "%zu", cls);
}

json_t *explain_feature_json(const struct table *table, size_t feature)
{
    struct str name = {0};
    explain_feature(&name, table, feature);
    json_t *json = json_string(str_text(&name));
    str_release(&name);
    return json;
}

json_t *explain_class_json(const struct table *table, size_t cls)
{
    struct str name = {0};
    explain_class(&name, table, cls);
    json_t *json = json_string(str_text(&name));
    str_release(&name);
    return json;
}

double explain_factor(const struct table *table, size_t feature)
{
    return table->factor != NULL ? (double)table->factor[feature] : 1;
}

double explain_raw(const struct table *table, size_t feature, double x)
{
    double factor = explain_factor(table, feature);
    if (factor == 0) // a column of one value: the model sees 0
        return (double)table->center[feature];
    return x / factor + (table->center != NULL ? (double)table->center[feature] : 0);
}
