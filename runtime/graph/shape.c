// shape.c -- the shape of a node from those of its operands, and what is said when they do not fit.
#include "graph/shape.h"

const struct op_info op_info[OP_COUNT] = {
#define OP(ID, name, arity, shape, in_place, gradient)                                             \
    [OP_##ID] = {#name, arity, SHAPE_##shape, in_place},
#include "graph/ops.def"
};

// 2^40 floats are 4 TiB: past any use, and small enough that byte counts cannot overflow.
static const size_t MAX_SIZE = (size_t)1 << 40;

static const struct node *operand(const struct graph *g, const struct node *n, unsigned i)
{
    return &g->node[n->in[i]];
}

static int fail_pair(const struct graph *g, const struct node *n, const char *hint)
{
    const struct node *a = operand(g, n, 0), *b = operand(g, n, 1);
    err_set(g->err, ERR_DATA, "%s: a tensor of %zu x %zu does not fit one of %zu x %zu",
            op_info[n->op].name, a->rows, a->cols, b->rows, b->cols);
    err_hint(g->err, "%s", hint);
    return -1;
}

static int fail_single(const struct graph *g, const struct node *n, const char *expected)
{
    const struct node *a = operand(g, n, 0);
    return err_set(g->err, ERR_DATA, "%s: expected %s, found a tensor of %zu x %zu",
                   op_info[n->op].name, expected, a->rows, a->cols);
}

static bool broadcast_side(size_t *side, size_t a, size_t b)
{
    *side = a == 1 ? b : a;
    return a == b || a == 1 || b == 1;
}

static int broadcast_shape(struct node *n, const struct graph *g)
{
    const struct node *a = operand(g, n, 0), *b = operand(g, n, 1);
    if (n->op == OP_POW && node_size(b) != 1)
        return fail_pair(g, n, "The exponent must be a single number.");
    if (!broadcast_side(&n->rows, a->rows, b->rows) || !broadcast_side(&n->cols, a->cols, b->cols))
        return fail_pair(g, n, "Each side must be equal, or 1 in one of them.");
    return 0;
}

static int product_shape(struct node *n, const struct graph *g)
{
    const struct node *a = operand(g, n, 0), *b = operand(g, n, 1);
    size_t a_inner = n->transposed[0] ? a->rows : a->cols;
    size_t b_inner = n->transposed[1] ? b->cols : b->rows;
    n->rows = n->transposed[0] ? a->cols : a->rows;
    n->cols = n->transposed[1] ? b->rows : b->cols;
    if (a_inner != b_inner)
        return fail_pair(g, n, "The inner sides of a product must be equal.");
    if (n->op != OP_AFFINE)
        return 0;
    const struct node *bias = operand(g, n, 2);
    return bias->rows == 1 && bias->cols == n->cols ? 0 : fail_single(g, n, "a bias that fits");
}

// The rectangle of a slice within `whole`.
static bool rectangle_fits(const struct node *part, const struct node *whole)
{
    return part->offset <= whole->rows && part->rows <= whole->rows - part->offset &&
           part->index <= whole->cols && part->cols <= whole->cols - part->index;
}

static bool rows_indexed(const struct node *rows, const struct node *index)
{
    return index->cols == 1 && index->rows == rows->rows;
}

static int given_shape(const struct node *n, const struct graph *g)
{
    size_t size = node_size(n);
    switch (n->op) {
    case OP_BROADCAST: {
        const struct node *a = operand(g, n, 0);
        bool fits = (a->rows == n->rows || a->rows == 1) && (a->cols == n->cols || a->cols == 1);
        return fits ? 0 : fail_single(g, n, "sides that are 1 or those of the result");
    }
    case OP_VIEW: {
        size_t have = node_size(operand(g, n, 0));
        return n->offset <= have && size <= have - n->offset ? 0
                                                             : fail_single(g, n, "a larger tensor");
    }
    case OP_SLICE:
        return rectangle_fits(n, operand(g, n, 0)) ? 0 : fail_single(g, n, "a larger tensor");
    case OP_PAD: {
        const struct node *a = operand(g, n, 0);
        struct node part = {.offset = n->offset, .index = n->index, .rows = a->rows, .cols = a->cols};
        return rectangle_fits(&part, n) ? 0 : fail_single(g, n, "a tensor that fits the result");
    }
    case OP_ROW_SCATTER:
        return node_same_shape(operand(g, n, 0), operand(g, n, 1)) &&
                       operand(g, n, 0)->rows == n->rows
                   ? 0
                   : fail_pair(g, n, "A value for each index, and as many rows as the result.");
    case OP_SCATTER_ROWS:
        return rows_indexed(operand(g, n, 0), operand(g, n, 1)) && operand(g, n, 0)->cols == n->cols
                   ? 0
                   : fail_pair(g, n, "A row for each index, as wide as the result.");
    default:
        return 0;
    }
}

static int same_shape(struct node *n, const struct graph *g)
{
    for (unsigned i = 1; i < op_info[n->op].arity; i++)
        if (!node_same_shape(operand(g, n, 0), operand(g, n, i)))
            return fail_pair(g, n, "Both must have the same shape.");
    n->rows = operand(g, n, 0)->rows;
    n->cols = operand(g, n, 0)->cols;
    return 0;
}

static int scalar_shape(struct node *n, const struct graph *g)
{
    n->rows = n->cols = 1;
    if (n->op == OP_QUANTILE) {
        if (operand(g, n, 0)->cols != 1 || operand(g, n, 0)->rows == 0)
            return fail_single(g, n, "a single column of at least one row");
        if (node_size(operand(g, n, 1)) != 1)
            return fail_pair(g, n, "The quantile must be a single number.");
    }
    return 0;
}

// Of an image, and of what a window makes of it a channel; 0 where the window does not fit. Neither
// overflows: a side is 32 bits, and pixels that come from a tensor are its columns.
static size_t image_size(const struct window *w)
{
    size_t pixels = (size_t)w->height * w->width, size;
    return __builtin_mul_overflow(pixels, (size_t)w->channels, &size) ? 0 : size;
}

static size_t places(const struct window *w)
{
    return window_out_height(w) * window_out_width(w);
}

static int window_shape(struct node *n, const struct graph *g)
{
    const struct window *w = &n->window;
    const struct node *a = operand(g, n, 0);
    const struct node *b = op_info[n->op].arity > 1 ? operand(g, n, 1) : NULL;
    size_t image = image_size(w), P = places(w), patch = (size_t)w->size * w->size * w->channels;
    bool fits = image > 0 && P > 0;
    switch (n->op) {
    case OP_CONV: case OP_CONV_AFFINE:
        n->rows = a->rows * P, n->cols = b->cols;
        fits = fits && a->cols == image && b->rows == patch;
        break;
    case OP_CONV_INPUT:
        n->rows = P > 0 ? a->rows / P : 0, n->cols = image;
        fits = fits && a->rows % P == 0 && a->cols == b->cols && b->rows == patch;
        break;
    case OP_CONV_WEIGHT:
        n->rows = patch, n->cols = b->cols;
        fits = fits && a->cols == image && b->rows == a->rows * P;
        break;
    case OP_POOL_PICK: case OP_POOL_MEAN:
        n->rows = a->rows, n->cols = P * w->channels;
        fits = fits && w->pad == 0 && a->cols == image && (b == NULL || node_same_shape(a, b));
        break;
    case OP_POOL_SPREAD:
        n->rows = a->rows, n->cols = image;
        fits = fits && w->pad == 0 && a->cols == image && b->rows == a->rows &&
               b->cols == P * w->channels;
        break;
    default:
        n->rows = a->rows, n->cols = image;
        fits = fits && w->pad == 0 && a->cols == P * w->channels;
    }
    return fits ? 0 : fail_single(g, n, "images, or what a window makes of them");
}

static int other_shape(struct node *n, const struct graph *g)
{
    const struct node *a = operand(g, n, 0);
    switch (n->op) {
    case OP_TRANSPOSE:
        n->rows = a->cols;
        n->cols = a->rows;
        return 0;
    case OP_ROW_GATHER:
        n->rows = a->rows;
        n->cols = operand(g, n, 1)->cols;
        return operand(g, n, 1)->rows == a->rows
                   ? 0
                   : fail_pair(g, n, "The indices must have as many rows as the tensor.");
    case OP_GATHER_ROWS:
        n->rows = operand(g, n, 1)->rows;
        n->cols = a->cols;
        return operand(g, n, 1)->cols == 1 ? 0 : fail_pair(g, n, "The indices must be one column.");
    case OP_EXTERN: // its size was checked with operand 0
        n->rows = 1;
        n->cols = node_size(a) + 1;
        return 0;
    case OP_SOFTMAX_XENT:
        if (same_shape(n, g) < 0)
            return -1;
        n->cols++;
        return 0;
    case OP_CONV: case OP_CONV_AFFINE: case OP_CONV_INPUT: case OP_CONV_WEIGHT:
    case OP_POOL_PICK: case OP_POOL_SPREAD: case OP_POOL_MEAN: case OP_POOL_MEAN_SPREAD:
        if (n->op == OP_CONV_AFFINE && operand(g, n, 2)->cols != operand(g, n, 1)->cols)
            return fail_pair(g, n, "A bias for each output.");
        return window_shape(n, g);
    default:
        BUG("%s has no shape", op_info[n->op].name);
    }
}

static int infer(struct node *n, const struct graph *g)
{
    switch (op_info[n->op].shape) {
    case SHAPE_GIVEN:
        return given_shape(n, g);
    case SHAPE_SAME:
        return same_shape(n, g);
    case SHAPE_BROADCAST:
        return broadcast_shape(n, g);
    case SHAPE_ROWS:
        n->rows = operand(g, n, 0)->rows;
        n->cols = 1;
        return 0;
    case SHAPE_COLS:
        n->rows = 1;
        n->cols = operand(g, n, 0)->cols;
        return 0;
    case SHAPE_SCALAR:
        return scalar_shape(n, g);
    case SHAPE_PRODUCT:
        return product_shape(n, g);
    case SHAPE_OTHER:
        return other_shape(n, g);
    }
    BUG("op %d has no shape rule", (int)n->op);
}

int node_infer_shape(struct node *n, const struct graph *g)
{
    size_t size;
    if (op_info[n->op].shape == SHAPE_GIVEN &&
        (__builtin_mul_overflow(n->rows, n->cols, &size) || size > MAX_SIZE))
        return err_set(g->err, ERR_DATA, "%s: %zu x %zu is too large", op_info[n->op].name, n->rows,
                       n->cols);
    if (infer(n, g) < 0)
        return -1;
    if (__builtin_mul_overflow(n->rows, n->cols, &size) || size > MAX_SIZE)
        return err_set(g->err, ERR_DATA, "%s: the result of %zu x %zu is too large",
                       op_info[n->op].name, n->rows, n->cols);
    return 0;
}

bool node_same_shape(const struct node *a, const struct node *b)
{
    return a->rows == b->rows && a->cols == b->cols;
}

size_t node_size(const struct node *node)
{
    return node->rows * node->cols;
}
