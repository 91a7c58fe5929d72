// stdlib_regularizer.h -- the losses of kind regularizer, computed as their papers write them;
// derivatives by the features are central differences of the student.
#ifndef W2S_TEST_STDLIB_REGULARIZER_H
#define W2S_TEST_STDLIB_REGULARIZER_H

#include "stdlib_world.h"

static double wanted_l1(const struct world *w, const struct value *call)
{
    double sum = 0;
    (void)call;
    for (size_t l = 0; l < w->shape.layers; l++) {
        struct mat m = node_mat(w, w->weight[l]);
        for (size_t i = 0; i < m.rows * m.cols; i++)
            sum += fabs(m.at[i / m.cols][i % m.cols]);
    }
    return sum;
}

static double wanted_l2(const struct world *w, const struct value *call)
{
    double sum = 0;
    (void)call;
    for (size_t l = 0; l < w->shape.layers; l++) {
        struct mat m = node_mat(w, w->weight[l]);
        for (size_t i = 0; i < m.rows * m.cols; i++)
            sum += pow(m.at[i / m.cols][i % m.cols], 2) / 2;
    }
    return sum;
}

static double squared_between(const struct mat *a, const struct mat *b)
{
    double sum = 0;
    for (size_t i = 0; i < a->rows * a->cols; i++)
        sum += pow(a->at[i / a->cols][i % a->cols] - b->at[i / a->cols][i % a->cols], 2);
    return sum;
}

static double wanted_l2_start(const struct world *w, const struct value *call)
{
    double sum = 0;
    (void)call;
    for (size_t l = 0; l < w->shape.layers; l++) {
        struct mat now = node_mat(w, w->weight[l]), then = given_mat(w, SOURCE_START_WEIGHT, l);
        sum += squared_between(&now, &then) / 2;
        now = node_mat(w, w->bias[l]);
        then = given_mat(w, SOURCE_START_BIAS, l);
        sum += squared_between(&now, &then) / 2;
    }
    return sum;
}

// Pairs of columns, or of rows where there are fewer of them.
static double wanted_orthogonality(const struct world *w, const struct value *call)
{
    double sum = 0;
    (void)call;
    for (size_t l = 0; l < w->shape.layers; l++) {
        struct mat m = node_mat(w, w->weight[l]);
        bool by_rows = m.rows < m.cols;
        size_t n = by_rows ? m.rows : m.cols, length = by_rows ? m.cols : m.rows;
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                double product = i == j ? -1 : 0;
                for (size_t k = 0; k < length; k++)
                    product += by_rows ? m.at[i][k] * m.at[j][k] : m.at[k][i] * m.at[k][j];
                sum += product * product;
            }
    }
    return sum;
}

// d logit / d feature, of all logits of one row: C x D.
static struct mat jacobian_of(const struct world *w, size_t row)
{
    const double h = 1e-4;
    struct mat x = features_mat(w), j = {.rows = w->shape.classes, .cols = x.cols};
    for (size_t d = 0; d < x.cols; d++) {
        double at = x.at[row][d];
        static const double step[] = {2, 1, -1, -2}, factor[] = {-1, 8, -8, 1};
        for (size_t i = 0; i < ARRAY_LEN(step); i++) {
            x.at[row][d] = at + step[i] * h;
            struct mat z = student_logits(w, &x);
            for (size_t c = 0; c < j.rows; c++)
                j.at[c][d] += factor[i] * z.at[row][c] / (12 * h);
        }
        x.at[row][d] = at;
    }
    return j;
}

static double wanted_jacobian(const struct world *w, const struct value *call)
{
    size_t n = (size_t)value_arg_number(call, "projections"), B = w->shape.rows;
    double sum = 0;
    for (size_t b = 0; b < B; b++) {
        struct mat j = jacobian_of(w, b);
        for (size_t c = 0; n == 0 && c < j.rows; c++)
            for (size_t d = 0; d < j.cols; d++)
                sum += j.at[c][d] * j.at[c][d];
        for (size_t i = 0; i < n; i++) {
            struct mat v = node_mat(w, w->random[i]);
            double length = 0;
            for (size_t c = 0; c < j.rows; c++)
                length += v.at[b][c] * v.at[b][c];
            for (size_t d = 0; d < j.cols; d++) {
                double slope = 0;
                for (size_t c = 0; c < j.rows; c++)
                    slope += v.at[b][c] * j.at[c][d];
                sum += slope * slope / length * (double)j.rows / (double)n;
            }
        }
    }
    return sum / (2 * (double)B);
}

// d log(p_c / (1 - p_c)) / dx = (dz_c - sum_k p_k dz_k) / (1 - p_c)
static double odds_slope(const struct mat *j, const double *p, size_t class, size_t feature)
{
    double slope = j->at[class][feature];
    for (size_t k = 0; k < j->rows; k++)
        slope -= p[k] * j->at[k][feature];
    return slope / (1 - p[class]);
}

static double wanted_monotone(const struct world *w, const struct value *call)
{
    static const char *const names[] = {"increasing", "decreasing"};
    struct mat p = probs_mat(w);
    size_t class = (size_t)value_arg_number(call, "class") - 1;
    double margin = value_arg_number(call, "margin"), sum = 0;
    for (size_t b = 0; b < p.rows; b++) {
        struct mat j = jacobian_of(w, b);
        for (size_t s = 0; s < 2; s++) {
            const struct value *list = value_arg(call, names[s]);
            for (size_t i = 0; i < list->n; i++) {
                size_t feature = (size_t)list->items[i].number - 1;
                double slope = odds_slope(&j, p.at[b], class, feature);
                sum += fmax(0, margin - (s == 0 ? slope : -slope));
            }
        }
    }
    return sum / (double)p.rows;
}

// Every assignment of the outputs in which exactly one is on.
static double wanted_semantic(const struct world *w, const struct value *call)
{
    struct mat z = logits_mat(w);
    double sum = 0;
    (void)call;
    for (size_t b = 0; b < z.rows; b++) {
        double holds = 0;
        for (size_t world = 0; world < (size_t)1 << z.cols; world++) {
            double chance = 1;
            size_t on = 0;
            for (size_t c = 0; c < z.cols; c++) {
                double p = 1 / (1 + exp(-z.at[b][c]));
                on += world >> c & 1;
                chance *= (world >> c & 1) != 0 ? p : 1 - p;
            }
            holds += on == 1 ? chance : 0;
        }
        sum -= log(holds);
    }
    return sum / (double)z.rows;
}

static double wanted_logical(const struct world *w, const struct value *call)
{
    struct mat x = features_mat(w), p = probs_mat(w);
    size_t feature = (size_t)value_arg_number(call, "feature") - 1;
    double threshold = value_arg_number(call, "threshold"), sum = 0;
    bool above = strcmp(value_arg_text(call, "side"), "above") == 0;
    bool implies = strcmp(value_arg_text(call, "rule"), "implies") == 0;
    const struct value *list = value_arg(call, "classes");
    for (size_t b = 0; b < x.rows; b++) {
        double listed = 0;
        for (size_t i = 0; i < list->n; i++)
            listed += p.at[b][(size_t)list->items[i].number - 1];
        double over = x.at[b][feature] - threshold;
        if (above ? over > 0 : over < 0)
            sum -= log(implies ? listed : 1 - listed);
    }
    return sum / (double)x.rows;
}

static struct mat noisy_probs(const struct world *w, size_t draw, double sigma)
{
    struct mat x = features_mat(w), noise = node_mat(w, w->random[draw]);
    for (size_t b = 0; b < x.rows; b++)
        for (size_t d = 0; d < x.cols; d++)
            x.at[b][d] += sigma * noise.at[b][d];
    struct mat z = student_logits(w, &x);
    return softened(&z, 1);
}

static double wanted_consistency(const struct world *w, const struct value *call)
{
    double sigma = value_arg_number(call, "sigma"), sum = 0;
    bool pi = strcmp(value_arg_text(call, "variant"), "pi") == 0;
    struct mat p = pi ? noisy_probs(w, 1, sigma) : probs_mat(w), q = noisy_probs(w, 0, sigma);
    for (size_t b = 0; b < p.rows; b++)
        for (size_t c = 0; c < p.cols; c++)
            sum += pi ? pow(p.at[b][c] - q.at[b][c], 2) / (double)p.cols
                      : p.at[b][c] * log(p.at[b][c] / q.at[b][c]);
    return sum / (double)p.rows;
}

#endif
