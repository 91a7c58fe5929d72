// stdlib_representation.h -- the losses of kind representation, computed as their papers write
// them.
#ifndef W2S_TEST_STDLIB_REPRESENTATION_H
#define W2S_TEST_STDLIB_REPRESENTATION_H

#include "stdlib_world.h"

static double dot_of(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static double distance_of(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum);
}

static double huber_of(double u)
{
    return fabs(u) <= 1 ? u * u / 2 : fabs(u) - 0.5;
}

static struct mat projected(const struct world *w, const char *weight, const char *bias)
{
    struct mat h = hidden_mat(w), by = own_mat(w, weight);
    h = times(&h, &by);
    for (size_t b = 0; bias != NULL && b < h.rows; b++) {
        struct mat shift = own_mat(w, bias);
        for (size_t s = 0; s < h.cols; s++)
            h.at[b][s] += shift.at[0][s];
    }
    return h;
}

static double wanted_hint(const struct world *w, const struct value *call)
{
    struct mat x = source_mat(w), y = projected(w, "projection", "bias");
    double sum = 0;
    (void)call;
    for (size_t b = 0; b < x.rows; b++)
        sum += pow(distance_of(x.at[b], y.at[b], x.cols), 2) / 2 / (double)x.cols;
    return sum / (double)x.rows;
}

// tr(K H L H), from the matrices of inner products K = A A', L = B B' and H = I - 1/n.
static double hsic(const struct mat *a, const struct mat *b)
{
    struct mat k = {.rows = a->rows, .cols = a->rows}, l = k, centring = k;
    for (size_t i = 0; i < k.rows; i++)
        for (size_t j = 0; j < k.rows; j++) {
            k.at[i][j] = dot_of(a->at[i], a->at[j], a->cols);
            l.at[i][j] = dot_of(b->at[i], b->at[j], b->cols);
            centring.at[i][j] = (i == j) - 1 / (double)k.rows;
        }
    struct mat kh = times(&k, &centring), lh = times(&l, &centring), product = times(&kh, &lh);
    double trace = 0;
    for (size_t i = 0; i < k.rows; i++)
        trace += product.at[i][i];
    return trace;
}

static double wanted_cka(const struct world *w, const struct value *call)
{
    struct mat x = source_mat(w), y = hidden_mat(w);
    (void)call;
    return 1 - hsic(&x, &y) / sqrt(hsic(&x, &x) * hsic(&y, &y));
}

static struct mat relative_distances(const struct mat *x)
{
    struct mat d = {.rows = x->rows, .cols = x->rows};
    double sum = 0;
    for (size_t i = 0; i < d.rows; i++)
        for (size_t j = 0; j < d.rows; j++)
            sum += d.at[i][j] = distance_of(x->at[i], x->at[j], x->cols);
    for (size_t i = 0; i < d.rows; i++)
        for (size_t j = 0; j < d.rows; j++)
            d.at[i][j] /= sum / (double)(d.rows * (d.rows - 1));
    return d;
}

static double wanted_rkd_distance(const struct world *w, const struct value *call)
{
    struct mat x = source_mat(w), y = hidden_mat(w);
    struct mat dx = relative_distances(&x), dy = relative_distances(&y);
    double sum = 0;
    (void)call;
    for (size_t i = 0; i < x.rows; i++)
        for (size_t j = 0; j < x.rows; j++)
            sum += i != j ? huber_of(dx.at[i][j] - dy.at[i][j]) : 0;
    return sum / (double)(x.rows * (x.rows - 1));
}

// The cosine of the angle at row j between rows i and k.
static double cosine_at(const struct mat *x, size_t i, size_t j, size_t k)
{
    double a[SIDE], b[SIDE];
    for (size_t c = 0; c < x->cols; c++) {
        a[c] = x->at[i][c] - x->at[j][c];
        b[c] = x->at[k][c] - x->at[j][c];
    }
    return dot_of(a, b, x->cols) / sqrt(dot_of(a, a, x->cols) * dot_of(b, b, x->cols));
}

static double wanted_rkd_angle(const struct world *w, const struct value *call)
{
    struct mat x = source_mat(w), y = hidden_mat(w);
    size_t corners = (size_t)value_arg_number(call, "corners"), n = 0;
    double sum = 0;
    for (size_t j = 0; j < x.rows && (corners == 0 || j < corners); j++)
        for (size_t i = 0; i < x.rows; i++)
            for (size_t k = 0; k < x.rows; k++) {
                if (i == j || k == j || i == k)
                    continue;
                sum += huber_of(cosine_at(&x, i, j, k) - cosine_at(&y, i, j, k));
                n++;
            }
    return sum / (double)n;
}

static struct mat similarities(const struct mat *x)
{
    struct mat g = {.rows = x->rows, .cols = x->rows};
    for (size_t i = 0; i < g.rows; i++) {
        for (size_t j = 0; j < g.rows; j++)
            g.at[i][j] = dot_of(x->at[i], x->at[j], x->cols);
        double norm = sqrt(dot_of(g.at[i], g.at[i], g.rows));
        for (size_t j = 0; j < g.rows; j++)
            g.at[i][j] /= norm;
    }
    return g;
}

static double wanted_similarity(const struct world *w, const struct value *call)
{
    struct mat x = source_mat(w), y = hidden_mat(w);
    struct mat gx = similarities(&x), gy = similarities(&y);
    double sum = 0;
    (void)call;
    for (size_t i = 0; i < x.rows; i++)
        sum += pow(distance_of(gx.at[i], gy.at[i], x.rows), 2);
    return sum / (double)(x.rows * x.rows);
}

static void attention_of(double *a, const double *x, size_t n)
{
    double norm = 0;
    for (size_t i = 0; i < n; i++)
        norm += pow(x[i], 4);
    for (size_t i = 0; i < n; i++)
        a[i] = x[i] * x[i] / sqrt(norm);
}

static double wanted_attention_transfer(const struct world *w, const struct value *call)
{
    struct mat x = source_mat(w), y = hidden_mat(w);
    double sum = 0;
    (void)call;
    for (size_t b = 0; b < x.rows; b++) {
        double ax[SIDE], ay[SIDE];
        attention_of(ax, x.at[b], x.cols);
        attention_of(ay, y.at[b], y.cols);
        sum += pow(distance_of(ax, ay, x.cols), 2);
    }
    return sum / (double)x.rows;
}

static double kernel_of(const struct mat *x, size_t i, size_t j)
{
    const double *a = x->at[i], *b = x->at[j];
    double cosine = dot_of(a, b, x->cols) /
                    (sqrt(dot_of(a, a, x->cols)) * sqrt(dot_of(b, b, x->cols)));
    return fmax((cosine + 1) / 2, 1e-7);
}

static double wanted_pkt(const struct world *w, const struct value *call)
{
    struct mat x = source_mat(w), y = hidden_mat(w);
    double sum = 0;
    (void)call;
    for (size_t i = 0; i < x.rows; i++) {
        double all_x = 0, all_y = 0;
        for (size_t j = 0; j < x.rows; j++) {
            all_x += i != j ? kernel_of(&x, i, j) : 0;
            all_y += i != j ? kernel_of(&y, i, j) : 0;
        }
        for (size_t j = 0; j < x.rows; j++) {
            double p = kernel_of(&x, i, j) / all_x, q = kernel_of(&y, i, j) / all_y;
            sum += i != j ? p * log(p / q) : 0;
        }
    }
    return sum / (double)x.rows;
}

// The mean negative log density of N(mu, v), without log(2 pi) / 2.
static double wanted_vid(const struct world *w, const struct value *call)
{
    struct mat x = source_mat(w), mu = projected(w, "mean", "bias"), spread = own_mat(w, "spread");
    double sum = 0;
    (void)call;
    for (size_t b = 0; b < x.rows; b++)
        for (size_t s = 0; s < x.cols; s++) {
            double sigma = sqrt(log(1 + exp(spread.at[0][s])) + 1e-5);
            double z = (x.at[b][s] - mu.at[b][s]) / sigma;
            sum += log(sigma) + z * z / 2;
        }
    return sum / (double)(x.rows * x.cols);
}

static double wanted_alignment(const struct world *w, const struct value *call)
{
    struct mat x = source_mat(w), y = given_mat(w, SOURCE_LABELS, 0);
    struct mat h = w->n_own > 0 ? projected(w, "projection", NULL) : hidden_mat(w);
    double margin = value_arg_number(call, "margin"), together = 0, apart = 0;
    size_t same = 0, other = 0;
    for (size_t i = 0; i < x.rows; i++)
        for (size_t j = 0; j < x.rows; j++) {
            double d = distance_of(x.at[i], h.at[j], x.cols);
            if (largest(y.at[i], y.cols) == largest(y.at[j], y.cols)) {
                together += d * d / 2;
                same++;
            } else {
                apart += pow(fmax(0, margin - d), 2) / 2;
                other++;
            }
        }
    return together / (double)same + (other > 0 ? apart / (double)other : 0);
}

#endif
