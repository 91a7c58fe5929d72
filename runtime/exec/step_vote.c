// step_vote.c -- rules that vote on rows, and what their votes come to. rules.h has the form of a
// vote.
#include "exec/steps.h"

#include "base/detmath.h"
#include "base/mem.h"
#include "hook/rules.h"
#include "model/fit.h"

#include <string.h>

// Rules have no values: whoever runs them loads them from the attributes. Here they are loaded so
// that a plan from elsewhere fails at once.
static int load(struct rules **out, const struct step *step, struct err *err)
{
    const char *text = value_arg_text(&step->attrs, "text");
    return rules_load(out, value_arg_text(&step->attrs, "file"), text, strlen(text), err);
}

int step_rules(struct artifact *out, const struct step_call *c, struct err *err)
{
    (void)out;
    struct rules *rules;
    if (load(&rules, c->step, err) < 0)
        return -1;
    rules_free(rules);
    return 0;
}

// Raw features: rules are written in the units of the data, whatever is done to rows for a model.
static void gather(float *x, const struct table *table, const uint32_t *index, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = index[i] * table->d;
        for (size_t k = 0; k < table->d; k++)
            x[i * table->d + k] =
                table->x != NULL ? table->x[at + k] : (float)table->x_bytes[at + k] * table->scale;
    }
}

static int vote_on(float *votes, size_t width, struct rules *rules, const struct rows *rows,
                   const atomic_int *stop, struct err *err)
{
    float *x = mem_try(RULES_BLOCK, rows->table->d * sizeof *x, "features", err);
    int status = x != NULL ? 0 : -1;
    for (size_t at = 0; status == 0 && at < rows->n; at += RULES_BLOCK) {
        size_t n = rows->n - at < RULES_BLOCK ? rows->n - at : RULES_BLOCK;
        if (stop != NULL && *stop != 0) {
            status = err_set(err, ERR_INTERRUPTED, "interrupted while rules vote");
            break;
        }
        gather(x, rows->table, rows->index + at, n);
        status = rules_vote(votes + at * width, rules, x, n, err);
    }
    mem_free(x);
    return status;
}

int step_vote(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct rows *rows = &c->in[1]->rows;
    struct rules *rules;
    if (load(&rules, &c->plan->steps[c->step->in[0]], err) < 0)
        return -1;
    const struct table *table = rows->table;
    struct rules_data data = {.features = table->d,
                              .classes = (size_t)value_arg_int(&c->step->attrs, "classes"),
                              .columns = table->columns,
                              .class_names = table->class_names};
    size_t width = 0;
    int status = rules_bind(rules, &data, err);
    if (status == 0 &&
        __builtin_mul_overflow(rules_description(rules)->n, data.classes * sizeof(float), &width))
        status = err_set(err, ERR_DATA, "too many votes a row");
    if (status == 0) {
        out->n = rows->n;
        out->classes = width / sizeof(float);
        out->values = mem_try(rows->n, width, "votes", err);
        out->n_values = out->n * out->classes;
        status = out->values != NULL
                     ? vote_on(out->values, out->classes, rules, rows, c->options->stop, err)
                     : -1;
    }
    rules_free(rules);
    return status;
}

// --- what they come to ---------------------------------------------------------------------------

// Adds a rule's vote to p; false when it abstains. "Not k" is uniform over the others.
static bool add_vote(double *p, const float *vote, size_t classes)
{
    bool cast = false;
    for (size_t k = 0; k < classes; k++) {
        cast |= vote[k] != 0;
        if (vote[k] >= 0)
            p[k] += (double)vote[k];
        for (size_t other = 0; vote[k] < 0 && other < classes; other++)
            p[other] += other != k ? 1 / (double)(classes - 1) : 0;
    }
    return cast;
}

// The mean of the votes that were cast, as logits; all 0 where there is none.
static void tally_row(float *logits, double *p, const float *votes, size_t n_rules, size_t classes)
{
    size_t cast = 0;
    for (size_t k = 0; k < classes; k++)
        p[k] = 0;
    for (size_t r = 0; r < n_rules; r++)
        cast += add_vote(p, votes + r * classes, classes);
    for (size_t k = 0; k < classes; k++) {
        double mean = cast > 0 ? p[k] / (double)cast : 0;
        logits[k] = cast > 0 ? (float)det_log(mean > FIT_FLOOR ? mean : FIT_FLOOR) : 0;
    }
}

int step_tally(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct artifact *votes = c->in[0];
    size_t classes = (size_t)value_arg_int(&c->step->attrs, "classes");
    size_t n_rules = votes->classes / classes;
    double *p = mem_try(classes, sizeof *p, "probabilities", err);
    out->n = votes->n;
    out->classes = classes;
    out->n_values = out->n * classes;
    if (p != NULL)
        out->values = mem_try(out->n, classes * sizeof(float), "logits", err);
    for (size_t i = 0; out->values != NULL && i < out->n; i++)
        tally_row(out->values + i * classes, p, votes->values + i * votes->classes, n_rules,
                  classes);
    mem_free(p);
    return out->values != NULL ? 0 : -1;
}
