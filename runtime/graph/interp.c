// interp.c -- see interp.h.
#include "graph/interp.h"

#include "base/mem.h"
#include "graph/interp_window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double interp_in(const struct interp *t, const struct node *n, unsigned k, size_t r,
                               size_t c)
{
    const struct node *x = &t->g->node[n->in[k]];
    r = x->rows == 1 ? 0 : r;
    c = x->cols == 1 ? 0 : c;
    return t->value[n->in[k]][r * x->cols + c];
}

// psi (order 0) or its derivative (1) for x > 0: recurrence to 20, then the asymptotic series
// (Abramowitz & Stegun 1964, 6.3.18 and 6.4.12).
static double polygamma(int order, double x)
{
    double sum = 0;
    if (!(x > 0))
        return x == 0 ? (order == 0 ? -INFINITY : INFINITY) : NAN;
    for (; x < 20; x++)
        sum += order == 0 ? -1 / x : 1 / (x * x);
    double r = 1 / (x * x);
    if (order == 0)
        return sum + log(x) - 1 / (2 * x) -
               r * (1.0 / 12 - r * (1.0 / 120 - r * (1.0 / 252 - r * (1.0 / 240 - r / 132))));
    return sum + 1 / x + r / 2 +
           r / x * (1.0 / 6 - r * (1.0 / 30 - r * (1.0 / 42 - r * (1.0 / 30 - r * 5 / 66))));
}

static double interp_elementwise(enum op op, double a, double b)
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
    case OP_LOG1P: return log1p(a);
    case OP_EXPM1: return expm1(a);
    case OP_SOFTPLUS: return a > 0 ? a + log1p(exp(-a)) : log1p(exp(a));
    case OP_ERF: return erf(a);
    case OP_LGAMMA: return a > 0 ? lgamma(a) : a == 0 ? INFINITY : NAN;
    case OP_DIGAMMA: return polygamma(0, a);
    case OP_TRIGAMMA: return polygamma(1, a);
    case OP_SIN: return sin(a);
    case OP_COS: return cos(a);
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
    default: BUG("%s is not elementwise", op_info[op].name);
    }
}

static int interp_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// By sorting, as textbooks define it.
double interp_quantile(const double *x, size_t n, double q)
{
    double *sorted = mem_new(n * sizeof(*sorted));
    memcpy(sorted, x, n * sizeof(*sorted));
    qsort(sorted, n, sizeof(*sorted), interp_compare);
    double rank = (q < 0 ? 0 : q > 1 ? 1 : q) * (double)(n - 1);
    size_t low = (size_t)floor(rank), high = low + 1 < n ? low + 1 : low;
    double result = sorted[low] + (sorted[high] - sorted[low]) * (rank - floor(rank));
    mem_free(sorted);
    return result;
}

static void interp_reduce(const struct interp *t, const struct node *n, double *out)
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

double interp_log_sum_exp(const double *z, size_t n)
{
    double most = -INFINITY, sum = 0;
    for (size_t c = 0; c < n; c++)
        most = z[c] > most ? z[c] : most;
    for (size_t c = 0; c < n; c++)
        sum += exp(z[c] - most);
    return most + log(sum);
}

static void interp_row(enum op op, double *out, const double *a, const double *b, size_t n)
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
        default: BUG("%s is not row-wise", op_info[op].name);
        }
}

static void interp_rows(const struct interp *t, const struct node *n, double *out)
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

static void interp_product(const struct interp *t, const struct node *n, double *out)
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

static void interp_elements(const struct interp *t, const struct node *n, double *out)
{
    for (size_t r = 0; r < n->rows; r++)
        for (size_t c = 0; c < n->cols; c++) {
            double a = interp_in(t, n, 0, r, c);
            double b = n->in[1] != NODE_NONE ? interp_in(t, n, 1, r, c) : 0;
            out[r * n->cols + c] = interp_elementwise(n->op, a, b);
        }
}

static void interp_order(const struct interp *t, const struct node *n, double *out)
{
    const struct node *x = &t->g->node[n->in[0]];
    for (size_t r = 0; r < x->rows; r++) {
        const double *v = t->value[n->in[0]] + r * x->cols;
        double sum = 0, best = 0;
        for (size_t i = 0; i < x->cols; i++) {
            size_t c = n->op == OP_CUMSUM && n->index != 0 ? x->cols - 1 - i : i;
            size_t rank = 0;
            for (size_t j = 0; j < x->cols; j++)
                rank += v[j] < v[c] || (v[j] == v[c] && j < c);
            sum += v[c];
            best = v[c] > v[(size_t)best] ? (double)c : best;
            if (n->op == OP_CUMSUM)
                out[r * x->cols + c] = sum;
            if (n->op == OP_ROW_ARGSORT)
                out[r * x->cols + rank] = (double)(c + 1);
        }
        if (n->op == OP_ROW_ARGMAX)
            out[r] = best + 1;
    }
}

// Gathers read the place an index means, scatters add to it; both walk over the indices.
static void interp_picked(const struct interp *t, const struct node *n, double *out)
{
    const struct node *x = &t->g->node[n->in[0]], *index = &t->g->node[n->in[1]];
    bool by_row = n->op == OP_ROW_GATHER || n->op == OP_ROW_SCATTER;
    bool adds = n->op == OP_ROW_SCATTER || n->op == OP_SCATTER_ROWS;
    const struct node *whole = adds ? n : x; // what is indexed
    size_t width = by_row ? 1 : whole->cols;
    for (size_t i = 0; adds && i < node_size(n); i++)
        out[i] = 0;
    for (size_t i = 0; i < node_size(index); i++) {
        double at = t->value[n->in[1]][i] - 1;
        bool is_there = at >= 0 && at < (double)(by_row ? whole->cols : whole->rows);
        size_t first = !is_there ? 0 : by_row ? i / index->cols * whole->cols + (size_t)at
                                              : (size_t)at * width;
        for (size_t c = 0; c < width; c++) {
            double *part = out + i * width + c;
            if (adds && is_there)
                out[first + c] += t->value[n->in[0]][i * width + c];
            else if (!adds)
                *part = is_there ? t->value[n->in[0]][first + c] : 0;
        }
    }
}

static void interp_move(const struct interp *t, const struct node *n, double *out)
{
    const struct node *x = &t->g->node[n->in[0]];
    const double *v = t->value[n->in[0]];
    for (size_t i = 0; n->op == OP_PAD && i < node_size(n); i++)
        out[i] = 0;
    size_t rows = n->op == OP_SLICE ? n->rows : x->rows, cols = n->op == OP_SLICE ? n->cols : x->cols;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++) {
            if (n->op == OP_SLICE)
                out[r * cols + c] = v[(n->offset + r) * x->cols + n->index + c];
            else if (n->op == OP_PAD)
                out[(n->offset + r) * n->cols + n->index + c] = v[r * cols + c];
            else
                out[c * n->cols + r] = v[r * cols + c];
        }
}

static void interp_extern(const struct interp *t, const struct node *n, double *out)
{
    const struct graph_extern *e = &t->g->externs[n->index];
    const double *in[3] = {t->value[n->in[0]], NULL, NULL};
    for (unsigned k = 1; k < 3; k++)
        in[k] = n->in[k] != n->in[0] ? t->value[n->in[k]] : NULL;
    memset(out, 0, node_size(n) * sizeof(*out));
    e->run(e->data, &out[n->cols - 1], out, in);
}

static void interp_node(const struct interp *t, uint32_t id)
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
        if (t->gradient != NULL)
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
    case OP_IOTA:
        for (size_t c = 0; c < n->cols; c++)
            out[c] = (double)(c + 1);
        break;
    case OP_WHERE:
        for (size_t i = 0; i < size; i++)
            out[i] = t->value[n->in[t->value[n->in[0]][i] != 0 ? 1 : 2]][i];
        break;
    case OP_CUMSUM: case OP_ROW_ARGMAX: case OP_ROW_ARGSORT: interp_order(t, n, out); break;
    case OP_ROW_GATHER: case OP_ROW_SCATTER: case OP_GATHER_ROWS: case OP_SCATTER_ROWS:
        interp_picked(t, n, out);
        break;
    case OP_SLICE: case OP_PAD: case OP_TRANSPOSE: interp_move(t, n, out); break;
    case OP_EXTERN: interp_extern(t, n, out); break;
    case OP_MATMUL: case OP_AFFINE: interp_product(t, n, out); break;
    case OP_CONV: case OP_CONV_AFFINE: case OP_CONV_INPUT: case OP_CONV_WEIGHT:
    case OP_POOL_PICK: case OP_POOL_SPREAD: case OP_POOL_MEAN: case OP_POOL_MEAN_SPREAD:
        interp_window(out, n, t);
        break;
    default: interp_elements(t, n, out);
    }
}

void interp_run(struct interp *t)
{
    if (t->value == NULL) {
        t->value = mem_new(t->g->n * sizeof(*t->value));
        for (uint32_t id = 0; id < t->g->n; id++)
            t->value[id] = mem_new((node_size(&t->g->node[id]) + 1) * sizeof(double));
    }
    for (uint32_t id = 0; id < t->g->n; id++)
        interp_node(t, id);
}

void interp_release(struct interp *t)
{
    for (uint32_t id = 0; t->value != NULL && id < t->g->n; id++)
        mem_free(t->value[id]);
    mem_free(t->value);
    t->value = NULL;
}
