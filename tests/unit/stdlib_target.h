// stdlib_target.h -- the losses of kind target, computed as their papers write them.
#ifndef W2S_TEST_STDLIB_TARGET_H
#define W2S_TEST_STDLIB_TARGET_H

#include "stdlib_world.h"

static double wanted_cross_entropy(const struct world *w, const struct value *call)
{
    struct mat p = probs_mat(w), y = given_mat(w, SOURCE_LABELS, 0);
    double sum = 0;
    (void)call;
    for (size_t b = 0; b < p.rows; b++)
        sum -= log(p.at[b][largest(y.at[b], p.cols)]);
    return sum / (double)p.rows;
}

static double wanted_soft_labels(const struct world *w, const struct value *call)
{
    double T = value_arg_number(call, "temperature"), sum = 0;
    struct mat z = logits_mat(w), p = softened(&z, T), q = teacher_mat(w);
    for (size_t b = 0; b < p.rows; b++)
        sum += cross_entropy_of(q.at[b], p.at[b], p.cols);
    return T * T * sum / (double)p.rows;
}

static double wanted_hard_labels(const struct world *w, const struct value *call)
{
    struct mat p = probs_mat(w), q = teacher_mat(w);
    double sum = 0;
    (void)call;
    for (size_t b = 0; b < p.rows; b++)
        sum -= log(p.at[b][largest(q.at[b], p.cols)]);
    return sum / (double)p.rows;
}

static double divergence(const double *p, const double *q, size_t n)
{
    double sum = 0;
    for (size_t c = 0; c < n; c++)
        sum += p[c] > 0 ? p[c] * log(p[c] / q[c]) : 0;
    return sum;
}

static double wanted_kl(const struct world *w, const struct value *call)
{
    double T = value_arg_number(call, "temperature"), sum = 0;
    struct mat z = logits_mat(w), p = softened(&z, T), q = teacher_mat(w);
    for (size_t b = 0; b < p.rows; b++)
        sum += divergence(q.at[b], p.at[b], p.cols);
    return T * T * sum / (double)p.rows;
}

static double wanted_reverse_kl(const struct world *w, const struct value *call)
{
    double T = value_arg_number(call, "temperature"), floor = value_arg_number(call, "floor");
    struct mat z = logits_mat(w), p = softened(&z, T), q = teacher_mat(w);
    double sum = 0;
    for (size_t b = 0; b < p.rows; b++) {
        for (size_t c = 0; c < p.cols; c++)
            q.at[b][c] = fmax(q.at[b][c], floor);
        sum += divergence(p.at[b], q.at[b], p.cols);
    }
    return T * T * sum / (double)p.rows;
}

static double entropy_of(const double *p, size_t n)
{
    double sum = 0;
    for (size_t c = 0; c < n; c++)
        sum -= p[c] > 0 ? p[c] * log(p[c]) : 0;
    return sum;
}

// The entropy of the mixture less the mean entropy.
static double wanted_jensen_shannon(const struct world *w, const struct value *call)
{
    double T = value_arg_number(call, "temperature"), sum = 0;
    struct mat z = logits_mat(w), p = softened(&z, T), q = teacher_mat(w), m = p;
    for (size_t b = 0; b < p.rows; b++) {
        for (size_t c = 0; c < p.cols; c++)
            m.at[b][c] = (p.at[b][c] + q.at[b][c]) / 2;
        sum += entropy_of(m.at[b], p.cols) -
               (entropy_of(p.at[b], p.cols) + entropy_of(q.at[b], p.cols)) / 2;
    }
    return T * T * sum / (double)p.rows;
}

static double wanted_label_smoothing(const struct world *w, const struct value *call)
{
    double e = value_arg_number(call, "epsilon"), sum = 0;
    struct mat p = probs_mat(w), q = teacher_mat(w);
    for (size_t b = 0; b < p.rows; b++) {
        sum += (1 - e) * cross_entropy_of(q.at[b], p.at[b], p.cols);
        for (size_t c = 0; c < p.cols; c++)
            sum -= e / (double)p.cols * log(p.at[b][c]);
    }
    return sum / (double)p.rows;
}

// numpy.quantile of one column, by insertion sort.
static double quantile_of(const struct mat *x, size_t column, double q)
{
    double sorted[SIDE];
    for (size_t n = 0; n < x->rows; n++) {
        size_t i = n;
        for (; i > 0 && sorted[i - 1] > x->at[n][column]; i--)
            sorted[i] = sorted[i - 1];
        sorted[i] = x->at[n][column];
    }
    double rank = q * (double)(x->rows - 1);
    size_t low = (size_t)rank, high = low + 1 < x->rows ? low + 1 : low;
    return sorted[low] + (rank - (double)low) * (sorted[high] - sorted[low]);
}

static double wanted_log_confidence(const struct world *w, const struct value *call)
{
    struct mat p = probs_mat(w), q = teacher_mat(w);
    double alpha = value_arg_number(call, "alpha"), warmup = value_arg_number(call, "warmup");
    bool paper = strcmp(value_arg_text(call, "variant"), "paper") == 0;
    double a = alpha * (warmup > 0 ? fmin(1, w->progress / warmup) : 1);
    if (!paper)
        a = alpha * (w->progress > warmup ? 1 : w->progress);
    double second = 0, sum = 0;
    for (size_t b = 0; b < p.rows; b++)
        second += q.at[b][1] / (double)p.rows;
    for (size_t b = 0; b < p.rows; b++) {
        size_t hard = largest(p.at[b], p.cols);
        if (p.cols == 2 && paper)
            hard = p.at[b][1] > quantile_of(&p, 1, 0.5);
        else if (!paper)
            hard = p.at[b][0] < quantile_of(&p, 0, second);
        sum += (1 - a) * cross_entropy_of(q.at[b], p.at[b], p.cols) - a * log(p.at[b][hard]);
    }
    return sum / (double)p.rows;
}

static double wanted_product_confidence(const struct world *w, const struct value *call)
{
    struct mat p = probs_mat(w), q = teacher_mat(w);
    double alpha = value_arg_number(call, "alpha"), beta = value_arg_number(call, "beta");
    double sum = 0;
    for (size_t b = 0; b < p.rows; b++) {
        double r[SIDE], total = 0;
        for (size_t c = 0; c < p.cols; c++)
            total += r[c] = pow(p.at[b][c], beta) * pow(q.at[b][c], alpha);
        sum += cross_entropy_of(r, p.at[b], p.cols) / total;
    }
    return sum / (double)p.rows;
}

static double wanted_adaptive_confidence(const struct world *w, const struct value *call)
{
    struct mat p = probs_mat(w), q = teacher_mat(w);
    double s = value_arg_number(call, "threshold"), sum = 0;
    for (size_t b = 0; b < p.rows; b++) {
        double own = -log(p.at[b][largest(p.at[b], p.cols)]);
        double teacher = -log(p.at[b][largest(q.at[b], p.cols)]);
        double share = exp(own / s) / (exp(own / s) + exp(teacher / s));
        sum += (1 - share) * cross_entropy_of(q.at[b], p.at[b], p.cols) + share * own;
    }
    return sum / (double)p.rows;
}

static double wanted_entropy(const struct world *w, const struct value *call)
{
    struct mat p = probs_mat(w);
    double sum = 0;
    (void)call;
    for (size_t b = 0; b < p.rows; b++)
        sum += entropy_of(p.at[b], p.cols);
    return sum / (double)p.rows;
}

static double wanted_window(const struct world *w, const struct value *call)
{
    struct mat p = probs_mat(w), q = teacher_mat(w), sure = {.rows = q.rows, .cols = 1};
    double chance = 1 / (double)p.cols, radius = value_arg_number(call, "radius"), sum = 0;
    for (size_t b = 0; b < p.rows; b++)
        sure.at[b][0] = q.at[b][largest(q.at[b], q.cols)] - chance;
    if (value_arg_bool(call, "midweak"))
        radius = quantile_of(&sure, 0, 0.5);
    for (size_t b = 0; b < p.rows; b++)
        if (p.at[b][largest(p.at[b], p.cols)] < chance + radius)
            sum += cross_entropy_of(q.at[b], p.at[b], p.cols);
    return sum / (double)p.rows;
}

static double wanted_symmetric(const struct world *w, const struct value *call)
{
    struct mat p = probs_mat(w), q = teacher_mat(w);
    double alpha = value_arg_number(call, "alpha"), beta = value_arg_number(call, "beta");
    double A = value_arg_number(call, "A"), sum = 0;
    for (size_t b = 0; b < p.rows; b++) {
        sum += alpha * cross_entropy_of(q.at[b], p.at[b], p.cols);
        for (size_t c = 0; c < p.cols; c++) {
            double log_q = q.at[b][c] > 0 ? log(q.at[b][c]) : A;
            sum -= beta * p.at[b][c] * (log_q > A ? log_q : A);
        }
    }
    return sum / (double)p.rows;
}

static double wanted_generalized(const struct world *w, const struct value *call)
{
    struct mat p = probs_mat(w), q = teacher_mat(w);
    double k = value_arg_number(call, "k"), sum = 0;
    for (size_t b = 0; b < p.rows; b++)
        for (size_t c = 0; c < p.cols; c++)
            sum += q.at[b][c] * (1 - pow(p.at[b][c], k)) / k;
    return sum / (double)p.rows;
}

static double wanted_focal_kl(const struct world *w, const struct value *call)
{
    struct mat p = probs_mat(w), q = teacher_mat(w);
    double gamma = value_arg_number(call, "gamma"), sum = 0;
    for (size_t b = 0; b < p.rows; b++) {
        double more = 0; // what q has above p, which is what p has above q
        for (size_t c = 0; c < p.cols; c++)
            more += fmax(0, q.at[b][c] - p.at[b][c]);
        sum += pow(more, gamma) * divergence(q.at[b], p.at[b], p.cols);
    }
    return sum / (double)p.rows;
}

static double wanted_mixup(const struct world *w, const struct value *call)
{
    struct mat order = node_mat(w, w->random[0]), u = node_mat(w, w->random[1]);
    struct mat a = node_mat(w, w->random[2]), b = node_mat(w, w->random[3]);
    struct mat x = features_mat(w), q = teacher_mat(w), mixed = x, target = q;
    for (size_t i = 0; i < x.rows; i++) {
        size_t partner = 0; // the row with the i-th smallest number
        for (size_t j = 0; j < x.rows; j++) {
            size_t below = 0;
            for (size_t k = 0; k < x.rows; k++)
                below += order.at[k][0] < order.at[j][0];
            partner = below == i ? j : partner;
        }
        double share = beta_from(u.at[i][0], a.at[i][0], b.at[i][0],
                                 value_arg_number(call, "alpha"));
        for (size_t d = 0; d < x.cols; d++)
            mixed.at[i][d] = share * x.at[i][d] + (1 - share) * x.at[partner][d];
        for (size_t c = 0; c < q.cols; c++)
            target.at[i][c] = share * q.at[i][c] + (1 - share) * q.at[partner][c];
    }
    struct mat z = student_logits(w, &mixed), p = softened(&z, 1);
    double sum = 0;
    for (size_t i = 0; i < x.rows; i++)
        sum += cross_entropy_of(target.at[i], p.at[i], p.cols);
    return sum / (double)x.rows;
}

static double digamma_of(double x)
{
    const double h = 1e-4;
    return (8 * (lgamma(x + h) - lgamma(x - h)) - (lgamma(x + 2 * h) - lgamma(x - 2 * h))) /
           (12 * h);
}

static double evidence_of(const char *kind, double z)
{
    if (strcmp(kind, "relu") == 0)
        return fmax(z, 0);
    return strcmp(kind, "softplus") == 0 ? log(1 + exp(z)) : exp(z);
}

// KL(Dir(a) || Dir(1 .. 1)) as the expectation of the difference of the log densities.
static double dirichlet_divergence(const double *a, size_t n)
{
    double total = 0, log_beta = 0;
    for (size_t c = 0; c < n; c++) {
        total += a[c];
        log_beta += lgamma(a[c]);
    }
    log_beta -= lgamma(total);
    double sum = -log_beta - lgamma((double)n);
    for (size_t c = 0; c < n; c++)
        sum += (a[c] - 1) * (digamma_of(a[c]) - digamma_of(total));
    return sum;
}

// E ||q - p||^2 from the first two moments of the Dirichlet.
static double wanted_evidential(const struct world *w, const struct value *call)
{
    struct mat z = logits_mat(w), q = teacher_mat(w);
    double warmup = value_arg_number(call, "warmup"), sum = 0;
    double weight = value_arg_number(call, "weight") *
                    (warmup > 0 ? fmin(1, w->progress / warmup) : 1);
    for (size_t b = 0; b < z.rows; b++) {
        double a[SIDE], left[SIDE], S = 0;
        for (size_t c = 0; c < z.cols; c++) {
            a[c] = 1 + evidence_of(value_arg_text(call, "evidence"), z.at[b][c]);
            S += a[c];
            left[c] = q.at[b][c] + (1 - q.at[b][c]) * a[c];
        }
        for (size_t c = 0; c < z.cols; c++)
            sum += q.at[b][c] * q.at[b][c] - 2 * q.at[b][c] * a[c] / S +
                   a[c] * (a[c] + 1) / (S * (S + 1));
        sum += weight * dirichlet_divergence(left, z.cols);
    }
    return sum / (double)z.rows;
}

static double wanted_l2_output(const struct world *w, const struct value *call)
{
    struct mat z = logits_mat(w), v = given_mat(w, SOURCE_GUIDANCE_LOGITS, 0);
    double sum = 0;
    (void)call;
    for (size_t b = 0; b < z.rows; b++)
        for (size_t c = 0; c < z.cols; c++)
            sum += (z.at[b][c] - v.at[b][c]) * (z.at[b][c] - v.at[b][c]) / 2;
    return sum / (double)z.rows;
}

#endif
