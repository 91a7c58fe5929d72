// label_model.c -- see label_model.h. One pass over the rows does both steps of EM: the posterior
// of a row, and its counts. Likelihoods come from a table by kind of vote, made anew for each pass.
#include "eval/label_model.h"

#include "base/detmath.h"
#include "base/mem.h"

#include <math.h> // INFINITY only
#include <string.h>

static const double tolerance = 1e-7;
static const double least = 1e-300; // of a probability inside a logarithm

// --- votes ---------------------------------------------------------------------------------------
uint32_t vote_kind(const float *vote, size_t classes)
{
    size_t zeros = 0, ones = 0, at = 0;
    double sum = 0;
    bool negative = false;
    for (size_t c = 0; c < classes; c++) {
        float x = vote[c];
        if (!(x >= -1 && x <= 1)) // NaN too
            return VOTE_WRONG;
        zeros += x == 0;
        ones += x == 1;
        at = x != 0 ? c : at;
        negative |= x < 0;
        sum += x;
    }
    if (zeros == classes)
        return VOTE_ABSTAINS;
    if (zeros == classes - 1 && ones == 1)
        return (uint32_t)at;
    if (negative)
        return zeros == classes - 1 && vote[at] == -1 ? (uint32_t)(classes + at) : VOTE_WRONG;
    return sum > 1 - 1e-3 && sum < 1 + 1e-3 ? VOTE_SOFT : VOTE_WRONG;
}

struct model {
    size_t voters, classes;
    double *params;
    bool abstentions;
    const struct votes *votes;
    uint32_t *kind;    // N x V
    double *table;     // V x (2 C + 1) x C: log-likelihood of each kind of vote, abstention last
    double *counts;    // as params
    double *share;     // V x C: by class, the chance that it has looked at the row at hand
    double *voice;     // V x C: log-likelihood of its vote on this row
    double *most;      // V x C: by group, the largest of these, ...
    double *sum;       // ... and the sum of their exponentials, as multiples of the largest
    bool *counts_here; // V: it says something that counts
    double *row;       // C: log p(y | votes of the row at hand)
    double *chance;    // C: p(y | votes of the row at hand)
    uint32_t *speak;   // V: by group, how many say something
    double *log_prior; // C
};

static double *confusion(double *params, const struct model *m, size_t v, size_t y)
{
    return params + m->classes + (v * m->classes + y) * (m->classes + 1);
}

static double *table_of(const struct model *m, size_t v, size_t kind)
{
    return m->table + (v * (2 * m->classes + 1) + kind) * m->classes;
}

static void release(struct model *m)
{
    mem_free(m->kind);
    mem_free(m->table);
    mem_free(m->counts);
    mem_free(m->share);
    mem_free(m->voice);
    mem_free(m->most);
    mem_free(m->sum);
    mem_free(m->counts_here);
    mem_free(m->row);
    mem_free(m->chance);
    mem_free(m->speak);
    mem_free(m->log_prior);
}

static int read_votes(struct model *m, struct err *err)
{
    const struct votes *votes = m->votes;
    for (size_t i = 0; i < votes->n * m->voters; i++) {
        m->kind[i] = vote_kind(votes->value + i * m->classes, m->classes);
        if (m->kind[i] == VOTE_WRONG)
            return err_set(err, ERR_DATA,
                           "voter %zu gives no vote on row %zu: expected a class, "
                           "probabilities, 'not' a class, or nothing",
                           i % m->voters + 1, i / m->voters);
    }
    return 0;
}

static int prepare(struct model *m, double *params, const struct votes *votes, bool abstentions,
                   struct err *err)
{
    size_t V = votes->voters, C = votes->classes, cells;
    *m = (struct model){
        .voters = V, .classes = C, .params = params, .abstentions = abstentions, .votes = votes};
    if (V == 0 || C == 0)
        return err_set(err, ERR_DATA, "%zu voters over %zu classes", V, C);
    if (__builtin_mul_overflow(V, C, &cells) || __builtin_mul_overflow(cells, 2 * C + 1, &cells))
        return err_set(err, ERR_DATA, "%zu voters over %zu classes are too many", V, C);
    m->kind = mem_try(votes->n, V * sizeof *m->kind, "votes", err);
    m->table = mem_try(cells, sizeof *m->table, "the label model", err);
    m->counts = mem_try(label_model_size(V, C), sizeof *m->counts, "the label model", err);
    m->share = mem_try(V, C * sizeof *m->share, "the label model", err);
    m->voice = mem_try(V, C * sizeof *m->voice, "the label model", err);
    m->most = mem_try(V, C * sizeof *m->most, "the label model", err);
    m->sum = mem_try(V, C * sizeof *m->sum, "the label model", err);
    m->counts_here = mem_new(V * sizeof *m->counts_here);
    m->row = mem_new(C * sizeof *m->row);
    m->chance = mem_new(C * sizeof *m->chance);
    m->speak = mem_new(V * sizeof *m->speak);
    m->log_prior = mem_new(C * sizeof *m->log_prior);
    for (size_t v = 0; votes->group != NULL && v < V; v++)
        if (votes->group[v] >= V)
            BUG("voter %zu of %zu is in group %u", v, V, (unsigned)votes->group[v]);
    if (m->kind == NULL || m->table == NULL || m->counts == NULL || m->share == NULL ||
        m->voice == NULL || m->most == NULL || m->sum == NULL)
        return -1;
    for (size_t i = 0; i < V * C; i++)
        m->share[i] = 1;
    return read_votes(m, err);
}

// --- likelihoods ---------------------------------------------------------------------------------
static double log_of(double p)
{
    return det_log(p > least ? p : least);
}

// The chance of any class but k.
static double others(const double *row, size_t classes, size_t k)
{
    double sum = 0;
    for (size_t j = 0; j < classes; j++)
        sum += j != k ? row[j] : 0;
    return sum;
}

static void fill_table(struct model *m)
{
    size_t C = m->classes;
    for (size_t y = 0; y < C; y++)
        m->log_prior[y] = log_of(m->params[y]);
    for (size_t v = 0; v < m->voters; v++)
        for (size_t y = 0; y < C; y++) {
            const double *row = confusion(m->params, m, v, y);
            double says = m->abstentions ? log_of(1 - row[C]) : 0;
            for (size_t k = 0; k < C; k++) {
                table_of(m, v, k)[y] = says + log_of(row[k]);
                table_of(m, v, C + k)[y] = says + log_of(others(row, C, k));
            }
            table_of(m, v, 2 * C)[y] = m->abstentions ? log_of(row[C]) : 0;
        }
}

static uint32_t group_of(const struct model *m, size_t v)
{
    return m->votes->group != NULL ? m->votes->group[v] : (uint32_t)v;
}

// Who says something that counts on this row, each of a group with the same share; false when
// nobody does.
static bool fill_shares(struct model *m, const uint32_t *kind)
{
    bool any = false;
    memset(m->speak, 0, m->voters * sizeof *m->speak);
    for (size_t v = 0; v < m->voters; v++) {
        m->counts_here[v] = m->abstentions || kind[v] != VOTE_ABSTAINS;
        m->speak[group_of(m, v)] += m->counts_here[v];
        any |= m->counts_here[v];
    }
    for (size_t v = 0; m->votes->group != NULL && v < m->voters; v++)
        for (size_t y = 0; y < m->classes; y++)
            m->share[v * m->classes + y] = m->counts_here[v] ? 1.0 / m->speak[group_of(m, v)] : 0;
    return any;
}

static void fill_voice(double *voice, const struct model *m, size_t v, uint32_t kind,
                       const float *vote)
{
    size_t C = m->classes;
    if (kind != VOTE_SOFT) {
        memcpy(voice, table_of(m, v, kind == VOTE_ABSTAINS ? 2 * C : kind), C * sizeof *voice);
        return;
    }
    memset(voice, 0, C * sizeof *voice);
    for (size_t k = 0; k < C; k++)
        for (size_t y = 0; vote[k] > 0 && y < C; y++)
            voice[y] += (double)vote[k] * table_of(m, v, k)[y];
}

// The log-likelihoods of groups with more than one voice are added to the row, and the shares of
// their voters become the chances that it was they who looked.
static void add_groups(struct model *m)
{
    size_t C = m->classes;
    for (size_t i = 0; i < m->voters * C; i++) {
        m->most[i] = -INFINITY;
        m->sum[i] = 0;
    }
    for (size_t v = 0; v < m->voters; v++)
        for (size_t y = 0; m->counts_here[v] && y < C; y++) {
            double *most = &m->most[group_of(m, v) * C + y], x = m->voice[v * C + y];
            *most = x > *most ? x : *most;
        }
    for (size_t v = 0; v < m->voters; v++)
        for (size_t y = 0; m->counts_here[v] && y < C; y++) {
            size_t at = group_of(m, v) * C + y;
            m->share[v * C + y] = det_exp(m->voice[v * C + y] - m->most[at]);
            m->sum[at] += m->share[v * C + y];
        }
    for (size_t v = 0; v < m->voters; v++)
        for (size_t y = 0; m->counts_here[v] && y < C; y++)
            m->share[v * C + y] /= m->sum[group_of(m, v) * C + y];
    for (size_t g = 0; g < m->voters; g++)
        for (size_t y = 0; m->speak[g] > 0 && y < C; y++)
            m->row[y] += m->most[g * C + y] + det_log(m->sum[g * C + y] / m->speak[g]);
}

// The row, log p(y, votes), becomes log p(y | votes), and `chance` p(y | votes); log p(votes).
static double normalise(double *row, double *chance, size_t classes)
{
    double most = row[0], sum = 0;
    for (size_t y = 1; y < classes; y++)
        most = row[y] > most ? row[y] : most;
    for (size_t y = 0; y < classes; y++) {
        chance[y] = det_exp(row[y] - most);
        sum += chance[y];
    }
    double total = most + det_log(sum);
    for (size_t y = 0; y < classes; y++) {
        row[y] -= total;
        chance[y] /= sum;
    }
    return total;
}

// m->row becomes log p(y | votes of row i), by the shares and the table; its log-likelihood.
static double log_posterior(struct model *m, size_t i)
{
    const uint32_t *kind = m->kind + i * m->voters;
    const float *vote = m->votes->value + i * m->voters * m->classes;
    memcpy(m->row, m->log_prior, m->classes * sizeof *m->row);
    for (size_t v = 0; v < m->voters; v++) {
        double *voice = m->voice + v * m->classes;
        if (m->counts_here[v])
            fill_voice(voice, m, v, kind[v], vote + v * m->classes);
        for (size_t y = 0; m->counts_here[v] && m->votes->group == NULL && y < m->classes; y++)
            m->row[y] += voice[y];
    }
    if (m->votes->group != NULL)
        add_groups(m);
    return normalise(m->row, m->chance, m->classes);
}

// --- counts --------------------------------------------------------------------------------------
static void count_vote(struct model *m, size_t v, uint32_t kind, const float *vote)
{
    size_t C = m->classes;
    for (size_t y = 0; y < C; y++) {
        double *count = confusion(m->counts, m, v, y), r = m->share[v * C + y] * m->chance[y];
        if (kind == VOTE_ABSTAINS) {
            count[C] += r;
        } else if (kind == VOTE_SOFT) {
            for (size_t k = 0; k < C; k++)
                count[k] += r * (double)vote[k];
        } else if (kind < C) {
            count[kind] += r;
        } else {
            const double *row = confusion(m->params, m, v, y);
            double rest = others(row, C, kind - C);
            for (size_t k = 0; k < C; k++)
                if (k != kind - C && rest > 0)
                    count[k] += r * row[k] / rest;
        }
    }
}

// Of the row whose posterior m->chance is.
static void count_row(struct model *m, size_t i)
{
    const uint32_t *kind = m->kind + i * m->voters;
    const float *vote = m->votes->value + i * m->voters * m->classes;
    for (size_t y = 0; y < m->classes; y++)
        m->counts[y] += m->chance[y];
    for (size_t v = 0; v < m->voters; v++)
        if (m->counts_here[v])
            count_vote(m, v, kind[v], vote + v * m->classes);
}

// What smoothing adds to the votes for k of a voter, where y is true.
static double belief(double smoothing, size_t classes, size_t y, size_t k)
{
    double all = smoothing * (double)classes;
    if (classes == 1)
        return all;
    return k == y ? all * LABEL_MODEL_BELIEF
                  : all * (1 - LABEL_MODEL_BELIEF) / ((double)classes - 1);
}

// The maximum of the posterior for the counts; how far the furthest parameter moved. `prior`,
// unless NULL, stays.
static double maximise(struct model *m, const struct label_model_options *o)
{
    size_t C = m->classes;
    double s = o->smoothing, moved = 0, total = 0;
    double *before = m->params;
    for (size_t y = 0; y < C; y++)
        total += m->counts[y] + s;
    for (size_t y = 0; y < C; y++)
        m->counts[y] = o->prior != NULL ? o->prior[y] : (m->counts[y] + s) / total;
    for (size_t v = 0; v < m->voters; v++)
        for (size_t y = 0; y < C; y++) {
            double *count = confusion(m->counts, m, v, y), votes = 0;
            for (size_t k = 0; k < C; k++)
                votes += count[k];
            count[C] = (count[C] + s) / (votes + count[C] + 2 * s);
            for (size_t k = 0; k < C; k++)
                count[k] = (count[k] + belief(s, C, y, k)) / (votes + (double)C * s);
        }
    for (size_t i = 0; i < label_model_size(m->voters, C); i++) {
        double d = m->counts[i] - before[i];
        moved = d > moved ? d : -d > moved ? -d : moved;
        before[i] = m->counts[i];
    }
    return moved;
}

// --- the start -----------------------------------------------------------------------------------
// Everything uniform: counts of "not k" are then shared evenly.
static void start_params(struct model *m, const double *prior)
{
    size_t C = m->classes;
    for (size_t y = 0; y < C; y++)
        m->params[y] = prior != NULL ? prior[y] : 1.0 / (double)C;
    for (size_t v = 0; v < m->voters; v++)
        for (size_t y = 0; y < C; y++) {
            double *row = confusion(m->params, m, v, y);
            for (size_t k = 0; k < C; k++)
                row[k] = 1.0 / (double)C;
            row[C] = 0.5;
        }
}

// The mean of the votes of a row; the prior where there is none.
static void majority(struct model *m, size_t i)
{
    size_t C = m->classes;
    const uint32_t *kind = m->kind + i * m->voters;
    const float *vote = m->votes->value + i * m->voters * C;
    double total = 0;
    memset(m->chance, 0, C * sizeof *m->chance);
    for (size_t v = 0; v < m->voters; v++) {
        if (kind[v] == VOTE_ABSTAINS)
            continue;
        for (size_t y = 0; y < C; y++) {
            bool refused = kind[v] != VOTE_SOFT && kind[v] >= C;
            double p = !refused           ? (double)vote[v * C + y]
                       : y == kind[v] - C ? 0
                                          : 1.0 / (double)(C - 1);
            m->chance[y] += m->share[v * C + y] * p;
            total += m->share[v * C + y] * p;
        }
    }
    for (size_t y = 0; y < C; y++)
        m->chance[y] = total > 0 ? m->chance[y] / total : m->params[y];
}

// --- the whole -----------------------------------------------------------------------------------
// log of the Dirichlet and Beta densities of the parameters, without their constants.
static double log_density(struct model *m, const struct label_model_options *o)
{
    size_t C = m->classes;
    double sum = 0;
    for (size_t y = 0; y < C && o->prior == NULL; y++)
        sum += o->smoothing * m->log_prior[y];
    for (size_t v = 0; v < m->voters; v++)
        for (size_t y = 0; y < C; y++) {
            const double *row = confusion(m->params, m, v, y);
            for (size_t k = 0; k < C; k++)
                sum += belief(o->smoothing, C, y, k) * log_of(row[k]);
            if (m->abstentions)
                sum += o->smoothing * (log_of(row[C]) + log_of(1 - row[C]));
        }
    return sum;
}

// One pass; the log-likelihood of the parameters it began with.
static double pass(struct model *m, bool first)
{
    double sum = 0;
    memset(m->counts, 0, label_model_size(m->voters, m->classes) * sizeof *m->counts);
    if (!first)
        fill_table(m);
    for (size_t i = 0; i < m->votes->n; i++) {
        if (!fill_shares(m, m->kind + i * m->voters))
            continue;
        if (first) {
            majority(m, i);
        } else {
            sum += log_posterior(m, i);
        }
        count_row(m, i);
    }
    return sum;
}

// How often each abstains, for people, where the model takes no notice of it: by the posterior.
static void count_abstentions(struct model *m, double smoothing)
{
    size_t C = m->classes;
    memset(m->counts, 0, label_model_size(m->voters, C) * sizeof *m->counts);
    fill_table(m);
    for (size_t i = 0; i < m->votes->n; i++) {
        const uint32_t *kind = m->kind + i * m->voters;
        fill_shares(m, kind);
        log_posterior(m, i);
        for (size_t y = 0; y < C; y++) {
            double r = m->chance[y];
            m->counts[y] += r;
            for (size_t v = 0; v < m->voters; v++)
                confusion(m->counts, m, v, y)[C] += kind[v] == VOTE_ABSTAINS ? r : 0;
        }
    }
    for (size_t v = 0; v < m->voters; v++)
        for (size_t y = 0; y < C; y++)
            confusion(m->params, m, v, y)[C] =
                (confusion(m->counts, m, v, y)[C] + smoothing) / (m->counts[y] + 2 * smoothing);
}

int label_model_fit(double *params, struct label_model_fit *fit, const struct votes *votes,
                    const struct label_model_options *options, const atomic_int *stop,
                    struct err *err)
{
    struct model m;
    int status = prepare(&m, params, votes, options->abstentions, err);
    *fit = (struct label_model_fit){0};
    if (status == 0) {
        start_params(&m, options->prior);
        pass(&m, true);
        maximise(&m, options);
    }
    while (status == 0 && !fit->converged && fit->iterations < LABEL_MODEL_ITERATIONS) {
        if (stop != NULL && *stop != 0) {
            status =
                err_set(err, ERR_INTERRUPTED, "interrupted at iteration %zu", fit->iterations + 1);
            break;
        }
        double log_likelihood = pass(&m, false);
        fit->objective = log_likelihood + log_density(&m, options);
        fit->converged = maximise(&m, options) < tolerance;
        fit->iterations++;
    }
    if (status == 0 && !options->abstentions)
        count_abstentions(&m, options->smoothing);
    release(&m);
    return status;
}

int label_model_posterior(double *out, const double *params, const struct votes *votes,
                          bool abstentions, struct err *err)
{
    struct model m;
    int status = prepare(&m, (double *)params, votes, abstentions, err);
    if (status == 0)
        fill_table(&m);
    for (size_t i = 0; status == 0 && i < votes->n; i++) {
        fill_shares(&m, m.kind + i * m.voters);
        log_posterior(&m, i);
        memcpy(out + i * m.classes, m.row, m.classes * sizeof *out);
    }
    release(&m);
    return status;
}

double label_model_accuracy(const double *params, size_t voters, size_t classes, size_t v)
{
    double right = 0, votes = 0;
    if (v >= voters)
        BUG("voter %zu of %zu", v, voters);
    for (size_t y = 0; y < classes; y++) {
        const double *row = params + classes + (v * classes + y) * (classes + 1);
        double says = params[y] * (1 - row[classes]);
        votes += says;
        right += says * row[y];
    }
    return right / votes;
}
