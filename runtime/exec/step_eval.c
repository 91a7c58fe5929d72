// step_eval.c -- steps that make numbers: of one seed, and over seeds.
#include "exec/steps.h"

#include "base/mem.h"
#include "eval/metric.h"
#include "eval/stat_bootstrap.h"
#include "eval/stat_test.h"

#include <math.h> // NAN only
#include <string.h>

enum { MAX_OTHERS = 4, RESAMPLES = 10000 };

static int softmax_of(struct predictions *out, const struct artifact *logits, const struct kernels *kernels,
                      struct err *err)
{
    float *p = mem_try(logits->n, logits->classes * sizeof *p, "probabilities", err);
    if (p == NULL)
        return -1;
    kernels->softmax(p, logits->values, logits->n, logits->classes);
    *out = (struct predictions){.n = logits->n, .classes = (uint32_t)logits->classes, .p = p};
    return 0;
}

// A column of the table, for the rows; NULL, with the reason in `err`.
static uint32_t *gather(const struct rows *rows, const uint32_t *column, const char *what,
                        struct err *err)
{
    uint32_t *out = mem_try(rows->n, sizeof *out, what, err);
    for (size_t i = 0; out != NULL && i < rows->n; i++)
        out[i] = column[rows->index[i]];
    return out;
}

// Gold labels, and groups where there are any.
static int gather_input(struct metric_input *input, const struct rows *rows, struct err *err)
{
    const struct table *table = rows->table;
    if (table->y == NULL)
        return err_set(err, ERR_DATA, "the rows have no labels to evaluate against");
    input->gold = gather(rows, table->y, "labels", err);
    if (input->gold != NULL && table->group != NULL)
        input->group = gather(rows, table->group, "groups", err);
    return input->gold == NULL || (table->group != NULL && input->group == NULL) ? -1 : 0;
}

// What the metric reads beside the model: the predictions of others, and rankings.
static int gather_others(struct metric_input *input, struct predictions *p,
                         struct rankings *rankings, const struct step_call *c, struct err *err)
{
    for (uint32_t i = 0; i + 1 < c->step->n_in; i++) { // the last input is the rows
        const struct artifact *a = c->in[i];
        if (c->plan->steps[c->step->in[i]].kind == STEP_pair) {
            *rankings = (struct rankings){a->n, a->classes, artifact_lists(a)};
            input->rankings = rankings;
        } else if (softmax_of(&p[i], a, c->context.kernels, err) < 0) {
            return -1;
        }
    }
    return 0;
}

// How much may be due to rounding: probabilities are f32.
static const double TOLERANCE = 1e-6;

// The share of rows that break a constraint by more than the slack; a NaN breaks it.
static int violations(struct artifact *out, const struct artifact *broken, double slack,
                      struct err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < broken->n; i++)
        n += !((double)broken->values[i] <= slack + TOLERANCE);
    if (broken->n == 0)
        return err_set(err, ERR_DATA, "there are no rows");
    out->number = (double)n / (double)broken->n;
    return 0;
}

int step_evaluate(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct value *metric = value_arg(&c->step->attrs, "metric");
    if (value_is_call(metric, "violations"))
        return violations(out, c->in[0], value_arg_number(metric, "slack"), err);
    size_t n_logits = c->step->n_in - 1;
    if (n_logits < 1 || n_logits > MAX_OTHERS)
        BUG("evaluate of %zu predictions", n_logits);
    struct predictions p[MAX_OTHERS] = {{0}};
    struct rankings rankings;
    struct metric_input input = {.others = p + 1};
    int status = gather_input(&input, &c->in[n_logits]->rows, err);
    if (status == 0)
        status = gather_others(&input, p, &rankings, c, err);
    input.model = p[0];
    input.z = c->in[0]->values;
    input.n_others = n_logits - 1 - (input.rankings != NULL); // rankings come last
    if (status == 0)
        status = metric_compute(&out->number, metric, &input, err);
    for (size_t i = 0; i < n_logits; i++)
        mem_free((float *)p[i].p);
    mem_free((uint32_t *)input.gold);
    mem_free((uint32_t *)input.group);
    return status;
}

static bool says(const struct value *attrs, const char *name, const char *word)
{
    const struct value *v = value_arg(attrs, name);
    return v != NULL && strcmp(v->text, word) == 0;
}

// The mean with Student's interval, unless the step says `center: iqm` or `intervals: bca`. The middle half
// has no t distribution, so its interval is always bootstrapped (Agarwal et al. 2021, section 4.3).
static int summarise(struct comparison *c, const struct value *attrs, struct err *err)
{
    bool middle = says(attrs, "center", "iqm");
    c->bootstrapped = middle || says(attrs, "intervals", "bca");
    if (!c->bootstrapped) {
        c->interval = stat_interval(c->value, c->n, c->level);
        return 0;
    }
    const struct bootstrap how = {.function = middle ? stat_interquartile_mean : stat_bootstrap_mean,
                                  .level = c->level,
                                  .resamples = RESAMPLES,
                                  .key = rng_key_of(0, "intervals")};
    return stat_bootstrap(&c->interval, c->value, c->n, &how, err);
}

int step_compare(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct value *attrs = &c->step->attrs;
    bool ratio = strcmp(value_arg_text(attrs, "kind"), "pgr") == 0;
    size_t n = c->step->n_in / (ratio ? 3 : 1);
    double level = value_arg_number(attrs, "level");
    double *x = mem_try(n, 3 * sizeof *x, "numbers", err);
    if (x == NULL)
        return -1;
    out->owned_numbers = x;
    out->comparison = (struct comparison){.is_ratio = ratio, .value = x, .n = n, .level = level};
    for (size_t i = 0; i < n; i++)
        x[i] = c->in[i]->number;
    if (!ratio)
        return summarise(&out->comparison, attrs, err);
    bool more = metric_call_more_is_better(value_arg(&c->plan->steps[c->step->in[0]].attrs, "metric"));
    double *gain = x + n, *gap = x + 2 * n; // over the teacher: the student's, the ceiling's
    for (size_t i = 0; i < n; i++) {
        double student = c->in[i]->number, teacher = c->in[n + i]->number, ceiling = c->in[2 * n + i]->number;
        gain[i] = more ? student - teacher : teacher - student;
        gap[i] = more ? ceiling - teacher : teacher - ceiling;
        x[i] = gap[i] != 0 ? gain[i] / gap[i] : NAN;
    }
    struct ratio *pgr = &out->comparison.ratio;
    *pgr = stat_ratio(gain, gap, n, level);
    if (!(pgr->den_mean > 0)) { // a ceiling below the teacher leaves nothing to recover, however significantly
        pgr->significant = false;
        pgr->low = pgr->high = NAN;
    }
    return 0;
}
