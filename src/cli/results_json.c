// results_json.c -- the results for tools; see results.h and docs/json.md.
#include "results.h"
#include "seeds.h"

#include "base/mem.h"
#include "base/str.h"
#include "exec/model_tests.h"

#include <jansson.h>
#include <math.h>

static json_t *real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *reals(const double *x, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, real(x[i]));
    return list;
}

static json_t *params_json(const struct plan_point *point)
{
    json_t *json = json_object();
    for (size_t i = 0; i < point->n; i++) {
        const struct value *v = &point->value[i];
        json_object_set_new(json, point->name[i],
                            v->kind == VALUE_NUMBER ? real(v->number)
                            : v->kind == VALUE_BOOL ? json_boolean(v->number != 0)
                                                    : json_string(v->text));
    }
    return json;
}

static void set_refusal(json_t *json, const struct run *run, const struct plan_number *number)
{
    struct str why = {0};
    if (results_refused(&why, run, number))
        json_object_set_new(json, "refused", json_string(str_text(&why)));
    str_release(&why);
}

static json_t *number_json(const struct run *run, const struct plan_number *number)
{
    json_t *json = json_pack("{ss ss ss so sb}", "model", number->model, "on", number->on, "metric", number->metric,
                             "params", params_json(&run->plan->points[number->point]), "control", (int)number->control);
    set_refusal(json, run, number);
    if (number->step == STEP_NONE || run->artifacts[number->step].state != ARTIFACT_READY)
        return json;
    const struct comparison *c = &run->artifacts[number->step].comparison;
    bool refused = c->is_ratio && !c->ratio.significant;
    json_object_set_new(json, "mean", refused ? json_null() : real(c->is_ratio ? c->ratio.value : c->interval.mean));
    json_object_set_new(json, "low",
                        refused ? json_null() : real(c->is_ratio ? c->ratio.low : c->interval.low));
    json_object_set_new(
        json, "high", refused ? json_null() : real(c->is_ratio ? c->ratio.high : c->interval.high));
    json_object_set_new(json, "level", real(c->level));
    json_object_set_new(json, "interval", json_string(c->is_ratio ? "fieller" : c->bootstrapped ? "bca" : "t"));
    json_object_set_new(json, "values", reals(c->value, c->n));
    return json;
}

static json_t *claim_json(const struct run *run, const struct plan_claim *claim, double together)
{
    static const struct plan_point all = {0};
    json_t *json = json_pack("{ss? ss so}", "title", claim->title, "text", claim->text, "params",
                             params_json(claim->all_points ? &all : &run->plan->points[claim->point]));
    if (claim->step == STEP_NONE || run->artifacts[claim->step].state != ARTIFACT_READY) {
        json_object_set_new(json, "held", json_null());
        return json;
    }
    const struct claim_result *r = &run->artifacts[claim->step].claim;
    json_object_set_new(json, "held", json_boolean(r->held));
    json_object_set_new(json, "difference", real(r->test.mean));
    json_object_set_new(json, "bound", real(r->test.bound));
    json_object_set_new(json, "p", real(r->test.p));
    json_object_set_new(json, "p_holm", real(together));
    json_object_set_new(json, "level", real(r->level));
    return json;
}

static json_t *test_json(const struct run *run, const struct model_test *t)
{
    const struct plan_number *x = &run->plan->numbers[t->test->x], *y = &run->plan->numbers[t->test->y];
    json_t *json = json_pack("{ss s[ss] ss ss so}", "test", t->test->kind, "models", x->model, y->model, "on", x->on,
                             "metric", x->metric, "params", params_json(&run->plan->points[x->point]));
    if (!t->ready) {
        json_object_set_new(json, "refused", json_string("a step it needs failed"));
        return json;
    }
    const struct interval *d = &t->paired.difference;
    json_object_update_new(
        json, json_pack("{so so so so so so sb so}", "difference", real(d->mean), "low", real(d->low), "high",
                        real(d->high), "p_greater", real(t->paired.p.greater), "p", real(t->paired.p.two_sided),
                        "p_holm", real(t->holm), "exact", (int)t->paired.p.exact, "cliffs_delta", real(t->paired.delta)));
    return json;
}

static json_t *tests_json(const struct run *run)
{
    json_t *list = json_array();
    struct model_test *tests = results_tests(run);
    for (size_t i = 0; i < run->plan->n_tests; i++)
        json_array_append_new(list, test_json(run, &tests[i]));
    mem_free(tests);
    return list;
}

json_t *results_plots_json(const struct plan *plan)
{
    json_t *plots = json_array();
    for (size_t i = 0; i < plan->n_plots; i++) {
        const struct plan_plot *plot = &plan->plots[i];
        json_array_append_new(plots, json_pack("{ss ss ss ss}", "metric", plot->metric, "over", plot->over, "by",
                                               plot->by, "on", plot->on));
    }
    return plots;
}

static json_t *warnings_json(const struct plan *plan)
{
    json_t *warnings = json_array();
    struct str text = {0};
    if (seeds_warning(&text, plan->n_seeds))
        json_array_append_new(warnings, json_string(str_text(&text)));
    str_release(&text);
    return warnings;
}

void results_print_json(FILE *out, const struct run *run, const char *isa, unsigned threads)
{
    const struct plan *plan = run->plan;
    json_t *seeds = json_array(), *numbers = json_array(), *claims = json_array();
    for (size_t i = 0; i < plan->n_seeds; i++)
        json_array_append_new(seeds, json_integer(plan->seeds[i]));
    for (size_t i = 0; i < plan->n_numbers; i++)
        json_array_append_new(numbers, number_json(run, &plan->numbers[i]));
    size_t n_tested;
    double *together = results_holm(&n_tested, run);
    for (size_t i = 0; i < plan->n_claims; i++)
        json_array_append_new(claims, claim_json(run, &plan->claims[i], together != NULL ? together[i] : NAN));
    mem_free(together);
    char hex[DIGEST_HEX];
    struct digest digest = run_digest(run);
    digest_hex(hex, &digest);
    json_t *root = json_pack("{ss ss so so so so so so ss s{ss si sf sf}}", "w2s", W2S_VERSION, "experiment", plan->title, "seeds",
                             seeds, "results", numbers, "claims", claims, "tests", tests_json(run), "plots", results_plots_json(plan), "warnings", warnings_json(plan), "digest", hex, "run", "isa", isa, "threads",
                             (int)threads, "seconds", run->seconds, "flop", plan_flops(plan));
    if (root == NULL)
        BUG("the results are no JSON");
    json_dumpf(root, out, JSON_INDENT(1)); // a failed write is seen when the stream is closed
    fputc('\n', out);
    json_decref(root);
}
