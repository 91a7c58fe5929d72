// step_combine.c -- teachers as one: the votes of all side by side, the weights of an ensemble, and
// what it says with them.
#include "exec/steps.h"

#include "base/detmath.h"
#include "base/mem.h"
#include "eval/label_model.h"
#include "exec/voters.h"

#include <string.h>

static const double FLOOR = 1e-6; // of a probability, in its logarithm

static bool is_word(const struct value *attrs, const char *name, const char *word)
{
    return strcmp(value_arg_text(attrs, name), word) == 0;
}

// --- poll ----------------------------------------------------------------------------------------
struct column { // of one member
    const struct artifact *made;
    const char *as; // votes, soft or hard
    size_t first, width;
};

// Logits of a member that abstains are all 0.
static bool abstains(const float *logits, size_t classes)
{
    for (size_t c = 0; c < classes; c++)
        if (logits[c] != 0)
            return false;
    return true;
}

static int add_column(float *votes, size_t width, const struct column *c, const struct kernels *k,
                      struct err *err)
{
    size_t n = c->made->n, classes = c->width;
    if (strcmp(c->as, "votes") == 0) {
        for (size_t i = 0; i < n; i++)
            memcpy(votes + i * width + c->first, c->made->values + i * classes,
                   classes * sizeof *votes);
        return 0;
    }
    float *p = mem_try(n, classes * sizeof *p, "votes", err);
    uint32_t *top = mem_try(n, sizeof *top, "votes", err);
    if (p != NULL && top != NULL) {
        bool hard = strcmp(c->as, "hard") == 0;
        k->row_argmax(top, c->made->values, n, classes);
        k->softmax(p, c->made->values, n, classes);
        if (hard)
            k->one_hot(p, top, n, classes);
        for (size_t i = 0; i < n; i++)
            if (!abstains(c->made->values + i * classes, classes))
                memcpy(votes + i * width + c->first, p + i * classes, classes * sizeof *votes);
    }
    mem_free(top);
    mem_free(p);
    return p != NULL && top != NULL ? 0 : -1;
}

// For a mixture (model/mixture.h): votes as probabilities; where all abstain, all are uniform.
static int make_whole(float *votes, size_t n, size_t voters, size_t classes, struct err *err)
{
    double *p = mem_try(classes, sizeof *p, "probabilities", err);
    for (size_t i = 0; p != NULL && i < n; i++) {
        float *row = votes + i * voters * classes;
        bool any = false;
        for (size_t v = 0; v < voters; v++) {
            any |= vote_probabilities(p, row + v * classes, classes);
            for (size_t k = 0; k < classes; k++)
                row[v * classes + k] = (float)p[k];
        }
        for (size_t k = 0; !any && k < voters * classes; k++)
            row[k] = 1 / (float)classes;
    }
    mem_free(p);
    return p != NULL ? 0 : -1;
}

int step_poll(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct value *as = value_arg(&c->step->attrs, "votes");
    size_t classes = (size_t)value_arg_int(&c->step->attrs, "classes"), width = 0;
    for (size_t m = 0; m < as->n; m++) {
        if (c->in[m]->n != c->in[0]->n || c->in[m]->classes % classes != 0)
            return err_set(err, ERR_DATA, "votes on %zu rows of %zu meet votes on %zu rows of %zu",
                           c->in[m]->n, c->in[m]->classes, c->in[0]->n, classes);
        width += c->in[m]->classes;
    }
    out->n = c->in[0]->n;
    out->classes = width;
    out->values = mem_try(out->n, width * sizeof(float), "votes", err);
    if (out->values == NULL)
        return -1;
    out->n_values = out->n * width;
    struct column column = {0};
    for (size_t m = 0; m < as->n; m++) {
        column = (struct column){c->in[m], as->items[m].text, column.first + column.width,
                                 c->in[m]->classes};
        if (add_column(out->values, width, &column, c->context.kernels, err) < 0)
            return -1;
    }
    return value_arg(&c->step->attrs, "whole") != NULL
               ? make_whole(out->values, out->n, width / classes, classes, err)
               : 0;
}

// --- weigh ---------------------------------------------------------------------------------------
// Input `at` is a poll.
static struct votes votes_of(const struct step_call *c, uint32_t at, const uint32_t *group)
{
    const struct artifact *poll = c->in[at];
    const struct step *step = &c->plan->steps[c->step->in[at]];
    size_t classes = (size_t)value_arg_int(&step->attrs, "classes");
    return (struct votes){poll->n, poll->classes / classes, classes, poll->values, group};
}

// Who votes, in agreement with the poll that is input `at`.
static int find_voters(struct voters *voters, const struct step_call *c, const struct step *weigh,
                       uint32_t at, struct arena *arena, struct err *err)
{
    if (voters_find(voters, c->plan, weigh, arena, err) < 0) {
        arena_release(arena);
        return -1;
    }
    if (voters->n != votes_of(c, at, NULL).voters)
        BUG("%zu voters, and votes of %zu", voters->n, votes_of(c, at, NULL).voters);
    return 0;
}

static int fit(struct artifact *out, const struct step_call *c, const uint32_t *group,
               struct err *err)
{
    const struct value *attrs = &c->step->attrs, *given = value_arg(attrs, "prior");
    const struct votes votes = votes_of(c, c->step->n_in - 1, group);
    size_t size = label_model_size(votes.voters, votes.classes);
    if (given != NULL && given->n != votes.classes)
        return err_set(err, ERR_DATA, "a prior of %zu classes meets %zu", given->n, votes.classes);
    double *params = mem_try(size, sizeof *params, "the label model", err);
    double *prior = given != NULL ? mem_new(given->n * sizeof *prior) : NULL;
    for (size_t k = 0; given != NULL && k < given->n; k++)
        prior[k] = given->items[k].number;
    struct label_model_options options = {.prior = prior,
                                          .abstentions =
                                              is_word(attrs, "abstentions", "informative"),
                                          .smoothing = value_arg_number(attrs, "smoothing")};
    struct label_model_fit fitted;
    int status = params != NULL
                     ? label_model_fit(params, &fitted, &votes, &options, c->context.stop, err)
                     : -1;
    if (status == 0)
        out->values = mem_try(size, sizeof *out->values, "the label model", err);
    for (size_t i = 0; out->values != NULL && i < size; i++)
        out->values[i] = (float)params[i];
    out->n = 1;
    out->classes = out->n_values = out->values != NULL ? size : 0;
    mem_free(prior);
    mem_free(params);
    return out->values != NULL ? status : -1;
}

// The weights that the student ended with; none where it did not learn them.
static int take_learned(struct artifact *out, const struct step_call *c, struct err *err)
{
    struct arena arena = {0};
    struct voters voters;
    const struct artifact *student = c->in[0];
    int status = voters_find(&voters, c->plan, c->step, &arena, err);
    size_t n = student->n_weights > 0 ? voters.n : 0;
    if (status == 0 && n > student->n_weights)
        status = err_set(err, ERR_DATA, "%zu weights meet %zu voters", student->n_weights, n);
    if (status == 0)
        out->values = mem_try(n, sizeof *out->values, "weights", err);
    for (size_t v = 0; out->values != NULL && v < n; v++)
        out->values[v] = (float)student->weights[student->n_weights - n + v];
    out->n = 1;
    out->classes = out->n_values = n;
    arena_release(&arena);
    return out->values != NULL ? status : -1;
}

int step_weigh(struct artifact *out, const struct step_call *c, struct err *err)
{
    if (is_word(&c->step->attrs, "weights", "learned"))
        return take_learned(out, c, err);
    if (!is_word(&c->step->attrs, "weights", "label_model"))
        return 0; // nothing is fitted
    struct arena arena = {0};
    struct voters voters;
    int status = find_voters(&voters, c, c->step, c->step->n_in - 1, &arena, err);
    if (status == 0)
        status = fit(out, c, voters.group, err);
    arena_release(&arena);
    return status;
}

// --- combine -------------------------------------------------------------------------------------
static void log_of(float *logits, const double *p, double total, size_t classes)
{
    for (size_t k = 0; k < classes; k++) {
        double share = total > 0 ? p[k] / total : 0;
        logits[k] = total > 0 ? (float)det_log(share > FLOOR ? share : FLOOR) : 0;
    }
}

// The weighted mean of the votes that were cast, as logits; all 0 where there is none. `learned`:
// the weights, or NULL.
static int average(float *logits, const struct votes *votes, bool by_entropy, const float *learned,
                   struct err *err)
{
    size_t C = votes->classes;
    double *sum = mem_try(2 * C, sizeof *sum, "probabilities", err);
    if (sum == NULL)
        return -1;
    double *p = sum + C;
    for (size_t i = 0; i < votes->n; i++) {
        double total = 0;
        memset(sum, 0, C * sizeof *sum);
        for (size_t v = 0; v < votes->voters; v++) {
            if (!vote_probabilities(p, votes->value + (i * votes->voters + v) * C, C))
                continue;
            double weight = by_entropy        ? vote_certainty(p, C)
                            : learned != NULL ? (double)learned[v]
                                              : 1;
            total += weight;
            for (size_t k = 0; k < C; k++)
                sum[k] += weight * p[k];
        }
        log_of(logits + i * C, sum, total, C);
    }
    mem_free(sum);
    return 0;
}

static int apply_label_model(float *logits, const struct artifact *weigh, const struct value *attrs,
                             const struct votes *votes, struct err *err)
{
    size_t size = label_model_size(votes->voters, votes->classes), C = votes->classes;
    if (weigh->n_values != size)
        return err_set(err, ERR_DATA, "a label model of %zu numbers, expected %zu", weigh->n_values,
                       size);
    double *params = mem_try(size, sizeof *params, "the label model", err);
    double *log_p = mem_try(votes->n, C * sizeof *log_p, "the label model", err);
    int status = params != NULL && log_p != NULL ? 0 : -1;
    for (size_t i = 0; status == 0 && i < size; i++)
        params[i] = (double)weigh->values[i];
    if (status == 0)
        status = label_model_posterior(log_p, params, votes,
                                       is_word(attrs, "abstentions", "informative"), err);
    for (size_t i = 0; status == 0 && i < votes->n * C; i++)
        logits[i] = (float)(log_p[i] > det_log(FLOOR) ? log_p[i] : det_log(FLOOR));
    mem_free(log_p);
    mem_free(params);
    return status;
}

int step_combine(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct step *weigh = &c->plan->steps[c->step->in[0]];
    const struct value *attrs = &weigh->attrs;
    struct arena arena = {0};
    struct voters voters;
    if (find_voters(&voters, c, weigh, 1, &arena, err) < 0)
        return -1;
    const struct votes votes = votes_of(c, 1, voters.group);
    out->n = votes.n;
    out->classes = votes.classes;
    out->values = mem_try(out->n, out->classes * sizeof *out->values, "logits", err);
    out->n_values = out->values != NULL ? out->n * out->classes : 0;
    int status = out->values != NULL ? 0 : -1;
    if (status == 0 && is_word(attrs, "weights", "label_model"))
        status = apply_label_model(out->values, c->in[0], attrs, &votes, err);
    else if (status == 0)
        status = average(out->values, &votes, is_word(attrs, "weights", "entropy"),
                         c->in[0]->n_values == votes.voters ? c->in[0]->values : NULL, err);
    arena_release(&arena);
    return status;
}
