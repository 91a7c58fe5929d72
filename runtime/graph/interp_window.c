// interp_window.c -- convolutions and pooling in double, as their definitions say: every output is
// a loop over its window.
#include "graph/interp_window.h"

#include <string.h>

// The pixel under (row, col) of the window at a place, or -1 outside the image.
static long pixel(const struct window *w, size_t place, size_t row, size_t col)
{
    size_t columns = window_out_width(w);
    long y = (long)(place / columns * w->stride + row) - (long)w->pad;
    long x = (long)(place % columns * w->stride + col) - (long)w->pad;
    bool is_inside = y >= 0 && y < (long)w->height && x >= 0 && x < (long)w->width;
    return is_inside ? y * (long)w->width + x : -1;
}

// One term of a convolution: output (place, o), weight `row`, image number `at`.
struct term {
    size_t output, weight, at;
};

static void conv_terms(const struct window *w, size_t images, size_t outputs,
                       void (*use)(void *data, const struct term *term), void *data)
{
    size_t P = window_out_height(w) * window_out_width(w), C = w->channels;
    for (size_t b = 0; b < images; b++)
        for (size_t place = 0; place < P; place++)
            for (size_t k = 0; k < (size_t)w->size * w->size; k++) {
                long at = pixel(w, place, k / w->size, k % w->size);
                for (size_t c = 0; at >= 0 && c < C; c++)
                    for (size_t o = 0; o < outputs; o++)
                        use(data,
                            &(struct term){(b * P + place) * outputs + o, (k * C + c) * outputs + o,
                                           (b * w->height * w->width + (size_t)at) * C + c});
            }
}

struct conv {
    enum op op;
    double *out;
    const double *a, *b;
};

static void add_term(void *data, const struct term *t)
{
    struct conv *c = data;
    if (c->op == OP_CONV_INPUT)
        c->out[t->at] += c->a[t->output] * c->b[t->weight];
    else if (c->op == OP_CONV_WEIGHT)
        c->out[t->weight] += c->a[t->at] * c->b[t->output];
    else
        c->out[t->output] += c->a[t->at] * c->b[t->weight];
}

static void conv(double *out, const struct node *n, const struct interp *t)
{
    const struct node *x = &t->g->node[n->in[0]], *y = &t->g->node[n->in[1]];
    size_t images = n->op == OP_CONV_INPUT ? n->rows : x->rows;
    size_t outputs = n->op == OP_CONV_INPUT ? y->cols : n->cols;
    memset(out, 0, node_size(n) * sizeof(*out));
    conv_terms(&n->window, images, outputs, add_term,
               &(struct conv){n->op, out, t->value[n->in[0]], t->value[n->in[1]]});
    for (size_t i = 0; n->op == OP_CONV_AFFINE && i < node_size(n); i++) {
        out[i] += t->value[n->in[2]][i % outputs];
        out[i] = n->relu && out[i] < 0 ? 0 : out[i];
    }
}

// A window of one image and channel: where its largest number is, and their mean.
static size_t look(double *mean, const double *x, const struct window *w, size_t place, size_t c)
{
    size_t best = SIZE_MAX;
    *mean = 0;
    for (size_t k = 0; k < (size_t)w->size * w->size; k++) {
        size_t at = (size_t)pixel(w, place, k / w->size, k % w->size) * w->channels + c;
        *mean += x[at] / (w->size * w->size);
        best = best == SIZE_MAX || x[at] > x[best] ? at : best;
    }
    return best;
}

static void pool(double *out, const struct node *n, const struct interp *t)
{
    const struct window *w = &n->window;
    size_t C = w->channels, P = window_out_height(w) * window_out_width(w);
    size_t image = (size_t)w->height * w->width * C, squared = (size_t)w->size * w->size;
    const double *a = t->value[n->in[0]], *b = n->in[1] != NODE_NONE ? t->value[n->in[1]] : NULL;
    memset(out, 0, node_size(n) * sizeof(*out));
    for (size_t i = 0; i < n->rows * P * C; i++) {
        size_t row = i / (P * C), place = i / C % P, c = i % C, best;
        double mean;
        switch (n->op) {
        case OP_POOL_PICK:
            best = look(&mean, a + row * image, w, place, c);
            out[i] = b[row * image + best];
            break;
        case OP_POOL_SPREAD:
            best = look(&mean, a + row * image, w, place, c);
            out[row * image + best] += b[i];
            break;
        case OP_POOL_MEAN:
            look(&out[i], a + row * image, w, place, c);
            break;
        default:
            for (size_t k = 0; k < squared; k++) {
                size_t at = (size_t)pixel(w, place, k / w->size, k % w->size);
                out[row * image + at * C + c] += a[i] / (double)squared;
            }
        }
    }
}

void interp_window(double *out, const struct node *n, const struct interp *t)
{
    bool is_conv = n->op == OP_CONV || n->op == OP_CONV_AFFINE || n->op == OP_CONV_INPUT ||
                   n->op == OP_CONV_WEIGHT;
    (is_conv ? conv : pool)(out, n, t);
}
