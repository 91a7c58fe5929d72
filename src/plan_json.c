// plan_json.c -- the plan for tools; see plan_print.h.
#include "plan_print.h"

#include "base/str.h"

#include <jansson.h>

static json_t *value_text_json(const struct value *v)
{
    struct str text = {0};
    value_write(&text, v);
    json_t *json = json_string(str_text(&text));
    str_release(&text);
    return json;
}

static json_t *step_json(const struct step *step, size_t id)
{
    char key[DIGEST_HEX];
    json_t *in = json_array();
    digest_hex(key, &step->key);
    for (uint32_t i = 0; i < step->n_in; i++)
        json_array_append_new(in, json_integer(step->in[i]));
    json_t *json = json_pack("{sI ss ss ss so so}", "id", (json_int_t)id, "kind", step_kind_name(step->kind), "label",
                             step->label, "key", key, "in", in, "attrs", value_text_json(&step->attrs));
    if (step->seed != SEED_NONE)
        json_object_set_new(json, "seed", json_integer(step->seed));
    const struct {
        const char *name;
        uint64_t x;
    } facts[] = {{"rows", step->facts.rows}, {"features", step->facts.features}, {"classes", step->facts.classes},
                 {"parameters", step->facts.params}};
    for (size_t i = 0; i < ARRAY_LEN(facts); i++)
        if (facts[i].x > 0)
            json_object_set_new(json, facts[i].name, json_integer((json_int_t)facts[i].x));
    if (step->facts.flops > 0)
        json_object_set_new(json, "flop", json_real(step->facts.flops));
    return json;
}

static json_t *point_json(const struct plan_point *point)
{
    json_t *json = json_object();
    for (size_t i = 0; i < point->n; i++) {
        const struct value *v = &point->value[i];
        json_object_set_new(json, point->name[i],
                            v->kind == VALUE_NUMBER ? json_real(v->number)
                            : v->kind == VALUE_BOOL ? json_boolean(v->number != 0)
                                                    : json_string(v->text));
    }
    return json;
}

static json_t *step_or_null(uint32_t step)
{
    return step == STEP_NONE ? json_null() : json_integer(step);
}

void plan_print_json(FILE *out, const struct plan *plan)
{
    json_t *seeds = json_array(), *points = json_array(), *steps = json_array();
    json_t *numbers = json_array(), *claims = json_array();
    for (size_t i = 0; i < plan->n_seeds; i++)
        json_array_append_new(seeds, json_integer(plan->seeds[i]));
    for (size_t i = 0; i < plan->n_points; i++)
        json_array_append_new(points, point_json(&plan->points[i]));
    for (size_t i = 0; i < plan->n; i++)
        json_array_append_new(steps, step_json(&plan->steps[i], i));
    for (size_t i = 0; i < plan->n_numbers; i++) {
        const struct plan_number *n = &plan->numbers[i];
        json_array_append_new(numbers, json_pack("{ss ss ss sI so}", "model", n->model, "on", n->on, "metric", n->metric,
                                                 "point", (json_int_t)n->point, "step", step_or_null(n->step)));
    }
    for (size_t i = 0; i < plan->n_claims; i++) {
        const struct plan_claim *c = &plan->claims[i];
        json_array_append_new(claims, json_pack("{ss? ss sI so}", "title", c->title, "text", c->text, "point",
                                                (json_int_t)c->point, "step", step_or_null(c->step)));
    }
    json_t *root = json_pack("{ss so so so so so}", "experiment", plan->title, "seeds", seeds, "points", points, "steps",
                             steps, "numbers", numbers, "claims", claims);
    if (root == NULL)
        BUG("the plan is no JSON"); // only our own labels could be wrong
    json_dumpf(root, out, JSON_INDENT(1)); // a failed write is seen when the stream is closed
    fputc('\n', out);
    json_decref(root);
}
