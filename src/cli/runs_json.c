// runs_json.c -- see runs_json.h and docs/json.md.
#include "runs_json.h"

#include <math.h>

static json_t *real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

json_t *run_row_json(const struct run_row *row)
{
    char uid[33], source[DIGEST_HEX], plan[DIGEST_HEX], digest[DIGEST_HEX];
    write_uid(uid, &row->run.uid);
    digest_hex(source, &row->run.source);
    digest_hex(plan, &row->run.plan);
    digest_hex(digest, &row->end.digest);
    json_t *json = json_pack("{sI ss ss ss sf ss ss}", "run", (json_int_t)row->run.number, "id",
                             uid, "title", row->run.title, "state", row->state, "started",
                             row->run.started, "source", source, "plan", plan);
    if (row->ended)
        json_object_update_new(json, json_pack("{sf sf ss sI sI ss}", "ended", row->end.ended,
                                               "seconds", row->end.seconds, "digest", digest,
                                               "made", (json_int_t)row->end.made, "reused",
                                               (json_int_t)row->end.reused, "note", row->end.note));
    json_object_update_new(json, json_pack("{sI sI}", "claims", (json_int_t)row->n_claims, "held",
                                           (json_int_t)row->n_held));
    return json;
}

static json_t *metric_json(const struct run_detail *d, const struct metric_record *m)
{
    json_t *values = json_array();
    for (size_t i = 0; i < m->by_seed.n; i++)
        json_array_append_new(values, real(m->by_seed.x[i]));
    json_t *json =
        json_pack("{ss ss ss ss sb so so so so so}", "model", m->model, "on", m->on_data, "metric",
                  m->metric, "params", run_detail_params(d, m->point), "control",
                  (int)(m->control != 0), "mean", real(m->mean), "low", real(m->low), "high",
                  real(m->high), "level", real(m->level), "values", values);
    if (m->refused[0] != '\0')
        json_object_set_new(json, "refused", json_string(m->refused));
    return json;
}

static json_t *claim_json(const struct run_detail *d, const struct claim_record *c)
{
    return json_pack("{ss ss ss ss so so so so}", "title", c->title, "text", c->assertion, "params",
                     run_detail_params(d, c->point), "verdict", c->verdict, "difference",
                     real(c->difference), "bound", real(c->bound), "p", real(c->p), "level",
                     real(c->level));
}

json_t *run_json(const struct run_row *row, const struct run_detail *d)
{
    json_t *json = run_row_json(row), *facts = json_object(), *numbers = json_array(),
           *claims = json_array();
    for (size_t i = 0; i < d->n_provenance; i++)
        json_object_set_new(facts, d->provenance[i].name, json_string(d->provenance[i].value));
    for (size_t i = 0; i < d->n_metrics; i++)
        json_array_append_new(numbers, metric_json(d, &d->metrics[i]));
    for (size_t i = 0; i < d->n_claims; i++)
        json_array_append_new(claims, claim_json(d, &d->claims[i]));
    json_object_set_new(json, "provenance", facts);
    json_object_set_new(json, "results", numbers);
    json_object_set_new(json, "tests", claims);
    return json;
}
