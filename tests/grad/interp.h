// interp.h -- the oracle: a naive interpreter of graphs in double. It evaluates each op by its
// definition, shares no code with runtime/graph beyond the node itself, and may use libm. Tests
// differentiate it by central differences. Included by test programs; not a module.
#ifndef W2S_TEST_INTERP_H
#define W2S_TEST_INTERP_H

#include "graph/graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct interp {
    const struct graph *g;
    const double *params;
    double *const *input;  // by slot
    double **value;        // by node; owned
    double *gradient;      // STORE writes here; may be NULL when there is none
    double *const *frozen; // by node: DETACH yields these values; NULL: what flows in
};

static inline double interp_in(const struct interp *t, const struct node *n, unsigned k, size_t r,
                               size_t c)
{
    const struct node *x = &t->g->node[n->in[k]];
    r = x->rows == 1 ? 0 : r;
    c = x->cols == 1 ? 0 : c;
    return t->value[n->in[k]][r * x->cols + c];
}

static inline double interp_elementwise(enum op op, double a, double b)
{
    switch (op) {
    case OP_NEG: return -a;
    case OP_ABS: return fabs(a);
    case OP_SQRT: return sqrt(a);
    case OP_EXP: return exp(a);
    case OP_LOG: return log(a);
    case OP_RELU: return a > 0 ? a : 0;
    case OP_TANH: return tanh(a);
    case OP_SIGMOID: return 1 / (1 + exp(-a));
    case OP_GELU: return a / 2 * (1 + erf(a / sqrt(2)));
    case OP_STEP: return a > 0;
    case OP_GELU_SLOPE:
        return (1 + erf(a / sqrt(2))) / 2 + a * exp(-a * a / 2) / sqrt(2 * 3.14159265358979323846);
    case OP_ADD: return a + b;
    case OP_SUB: return a - b;
    case OP_MUL: return a * b;
    case OP_DIV: return a / b;
    case OP_MAX: return a > b ? a : b;
    case OP_MIN: return a < b ? a : b;
    case OP_GREATER: return a > b;
    case OP_GREATER_EQUAL: return a >= b;
    case OP_EQUAL: return a == b;
    case OP_POW: return pow(a, b);
    case OP_BROADCAST: return a;
    case OP_RELU_BACK: return a > 0 ? b : 0;
    case OP_TANH_BACK: return (1 - a * a) * b;
    default: abort();
    }
}

static int interp_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// By sorting, as textbooks define it.
static inline double interp_quantile(const double *x, size_t n, double q)
{
    double *sorted = malloc(n * sizeof(*sorted));
    memcpy(sorted, x, n * sizeof(*sorted));
    qsort(sorted, n, sizeof(*sorted), interp_compare);
    double rank = q * (double)(n - 1);
    size_t low = (size_t)floor(rank), high = low + 1 < n ? low + 1 : low;
    double result = sorted[low] + (sorted[high] - sorted[low]) * (rank - floor(rank));
    free(sorted);
    return result;
}

static inline void interp_reduce(const struct interp *t, const struct node *n, double *out)
{
    const struct node *x = &t->g->node[n->in[0]];
    const double *v = t->value[n->in[0]];
    for (size_t i = 0; i < n->rows * n->cols; i++)
        out[i] = n->op == OP_ROW_MAX ? -INFINITY : 0;
    for (size_t r = 0; r < x->rows; r++)
        for (size_t c = 0; c < x->cols; c++) {
            double e = v[r * x->cols + c];
            if (n->op == OP_ROW_MAX)
                out[r] = e > out[r] ? e : out[r];
            else
                out[n->op == OP_ROW_SUM ? r : n->op == OP_COL_SUM ? c : 0] += e;
        }
    if (n->op == OP_MEAN)
        out[0] /= (double)(x->rows * x->cols);
}

static inline double interp_log_sum_exp(const double *z, size_t n)
{
    double most = -INFINITY, sum = 0;
    for (size_t c = 0; c < n; c++)
        most = z[c] > most ? z[c] : most;
    for (size_t c = 0; c < n; c++)
        sum += exp(z[c] - most);
    return most + log(sum);
}

static inline void interp_row(enum op op, double *out, const double *a, const double *b, size_t n)
{
    double dot = 0, sum = 0, lse = interp_log_sum_exp(a, n);
    size_t best = 0;
    for (size_t c = 0; c < n; c++) {
        dot += b != NULL ? a[c] * b[c] : 0;
        sum += b != NULL ? b[c] : 0;
        best = a[c] > a[best] ? c : best;
    }
    for (size_t c = 0; c < n; c++)
        switch (op) {
        case OP_SOFTMAX: out[c] = exp(a[c] - lse); break;
        case OP_LOG_SOFTMAX: out[c] = a[c] - lse; break;
        case OP_ONE_HOT_ARGMAX: out[c] = c == best; break;
        case OP_SOFTMAX_BACK: out[c] = a[c] * (b[c] - dot); break;
        case OP_LOG_SOFTMAX_BACK: out[c] = b[c] - exp(a[c]) * sum; break;
        case OP_SOFTMAX_XENT: out[c] = exp(a[c] - lse) * sum - b[c]; break;
        default: abort();
        }
}

static inline void interp_rows(const struct interp *t, const struct node *n, double *out)
{
    const struct node *x = &t->g->node[n->in[0]];
    for (size_t r = 0; r < x->rows; r++) {
        const double *a = t->value[n->in[0]] + r * x->cols;
        const double *b = n->in[1] != NODE_NONE ? t->value[n->in[1]] + r * x->cols : NULL;
        interp_row(n->op, out + r * x->cols, a, b, x->cols);
        if (n->op != OP_SOFTMAX_XENT)
            continue;
        double loss = 0;
        for (size_t c = 0; c < x->cols; c++)
            loss -= b[c] * (a[c] - interp_log_sum_exp(a, x->cols));
        out[x->rows * x->cols + r] = loss;
    }
}

static inline void interp_product(const struct interp *t, const struct node *n, double *out)
{
    const struct node *a = &t->g->node[n->in[0]], *b = &t->g->node[n->in[1]];
    size_t inner = n->transposed[0] ? a->rows : a->cols;
    for (size_t r = 0; r < n->rows; r++)
        for (size_t c = 0; c < n->cols; c++) {
            double sum = n->op == OP_AFFINE ? interp_in(t, n, 2, 0, c) : 0;
            for (size_t k = 0; k < inner; k++)
                sum += t->value[n->in[0]][n->transposed[0] ? k * a->cols + r : r * a->cols + k] *
                       t->value[n->in[1]][n->transposed[1] ? c * b->cols + k : k * b->cols + c];
            out[r * n->cols + c] = n->relu && sum < 0 ? 0 : sum;
        }
}

static inline void interp_elements(const struct interp *t, const struct node *n, double *out)
{
    for (size_t r = 0; r < n->rows; r++)
        for (size_t c = 0; c < n->cols; c++) {
            double a = interp_in(t, n, 0, r, c);
            double b = n->in[1] != NODE_NONE ? interp_in(t, n, 1, r, c) : 0;
            out[r * n->cols + c] = interp_elementwise(n->op, a, b);
        }
}

static inline void interp_node(const struct interp *t, uint32_t id)
{
    const struct node *n = &t->g->node[id];
    double *out = t->value[id];
    size_t size = n->rows * n->cols, bytes = size * sizeof(double);
    switch (n->op) {
    case OP_INPUT: memcpy(out, t->input[n->index], bytes); break;
    case OP_PARAM: memcpy(out, t->params + n->offset, bytes); break;
    case OP_CONSTANT: *out = n->value; break;
    case OP_VIEW: memcpy(out, t->value[n->in[0]] + n->offset, bytes); break;
    case OP_DETACH:
        memcpy(out, t->frozen != NULL ? t->frozen[id] : t->value[n->in[0]], bytes);
        break;
    case OP_STORE:
        memcpy(out, t->value[n->in[0]], bytes);
        memcpy(t->gradient + n->offset, out, bytes);
        break;
    case OP_ROW_SUM: case OP_ROW_MAX: case OP_COL_SUM: case OP_SUM: case OP_MEAN:
        interp_reduce(t, n, out);
        break;
    case OP_QUANTILE:
        *out = interp_quantile(t->value[n->in[0]], t->g->node[n->in[0]].rows, *t->value[n->in[1]]);
        break;
    case OP_SOFTMAX: case OP_LOG_SOFTMAX: case OP_ONE_HOT_ARGMAX: case OP_SOFTMAX_BACK:
    case OP_LOG_SOFTMAX_BACK: case OP_SOFTMAX_XENT:
        interp_rows(t, n, out);
        break;
    case OP_COLUMN:
        for (size_t r = 0; r < n->rows; r++)
            out[r] = interp_in(t, n, 0, r, n->index);
        break;
    case OP_PUT_COLUMN:
        for (size_t i = 0; i < size; i++)
            out[i] = i % n->cols == n->index ? t->value[n->in[0]][i / n->cols] : 0;
        break;
    case OP_MATMUL: case OP_AFFINE: interp_product(t, n, out); break;
    default: interp_elements(t, n, out);
    }
}

static inline void interp_run(struct interp *t)
{
    t->value = calloc(t->g->n, sizeof(*t->value));
    for (uint32_t id = 0; id < t->g->n; id++) {
        t->value[id] = calloc(t->g->node[id].rows * t->g->node[id].cols + 1, sizeof(double));
        interp_node(t, id);
    }
}

static inline void interp_release(struct interp *t)
{
    for (uint32_t id = 0; id < t->g->n; id++)
        free(t->value[id]);
    free(t->value);
}

#endif
