// tree.c -- see tree.h. The rows of every feature are sorted once; a node is the same range in each
// of these orders, and splitting it partitions all of them, stably. A level costs O(D N).
#include "model/tree.h"

#include "base/detmath.h"
#include "base/mem.h"
#include "model/train.h"

#include <math.h> // INFINITY
#include <string.h>

struct grower {
    const struct model *model;
    const struct tree_rows *rows;
    uint32_t *order;              // D x N: rows by ascending feature
    uint32_t *spare;              // N
    bool *goes_left;              // by row
    double *total, *left, *right; // C: weight of each class
    float *nodes;
    size_t n_nodes, cap; // cap: in floats
};

struct range { // a node to come
    size_t from, to, depth;
    size_t parent; // whose right child it is; SIZE_MAX: a left child, or the root
};

struct split {
    size_t feature, n_left;
    double score; // larger is better
    float threshold;
};

static double row_weight(const struct tree_rows *rows, uint32_t row)
{
    return rows->weight != NULL ? rows->weight[row] : 1;
}

static void add_row(double *sums, const struct grower *g, uint32_t row)
{
    size_t C = g->model->classes;
    double weight = row_weight(g->rows, row);
    for (size_t c = 0; c < C; c++)
        sums[c] += weight * (double)g->rows->share[row * C + c];
}

static double sum_of(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

// W times the impurity of a node with these weights, up to what is the same for all splits,
// negated.
static double score_of(const struct grower *g, const double *sums, double W)
{
    size_t C = g->model->classes;
    double score = 0;
    if (g->model->tree.criterion == TREE_GINI) {
        for (size_t c = 0; c < C; c++)
            score += sums[c] * sums[c];
        return score / W;
    }
    for (size_t c = 0; c < C; c++)
        if (sums[c] > 0)
            score += sums[c] / W * det_log(sums[c] / W);
    return W * score;
}

static bool is_pure(const struct grower *g, const double *sums)
{
    double W = sum_of(sums, g->model->classes), most = 0;
    for (size_t c = 0; c < g->model->classes; c++)
        most = sums[c] > most ? sums[c] : most;
    return W - most <= 0x1p-52 * W;
}

// --- sorting -------------------------------------------------------------------------------------
// Order of floats as unsigned numbers; -0 is 0.
static uint32_t sort_key(float x)
{
    uint32_t bits;
    x += 0.0f;
    memcpy(&bits, &x, sizeof bits);
    return bits >> 31 ? ~bits : bits | 0x80000000u;
}

// Rows by ascending x, equal ones in row order: four stable passes over bytes of the key.
static void sort_rows(uint32_t *order, uint32_t *spare, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    for (unsigned shift = 0; shift < 32; shift += 8) {
        size_t at[257] = {0};
        for (size_t i = 0; i < n; i++)
            at[(sort_key(x[i]) >> shift & 255) + 1]++;
        for (size_t b = 0; b < 256; b++)
            at[b + 1] += at[b];
        for (size_t i = 0; i < n; i++)
            spare[at[sort_key(x[order[i]]) >> shift & 255]++] = order[i];
        memcpy(order, spare, n * sizeof *order);
    }
}

// --- the best split of a node --------------------------------------------------------------------
// The largest float that is not above the middle of a < b.
static float middle(float a, float b)
{
    double mid = (double)a / 2 + (double)b / 2;
    float t = (float)mid;
    if ((double)t <= mid)
        return t;
    uint32_t bits;
    memcpy(&bits, &t, sizeof bits);
    bits = t > 0 ? bits - 1 : t < 0 ? bits + 1 : 0x80000001u;
    memcpy(&t, &bits, sizeof t);
    return t;
}

static void try_feature(struct split *best, const struct grower *g, const struct range *node,
                        size_t feature)
{
    size_t C = g->model->classes, N = g->rows->n, least = g->model->tree.min_leaf;
    const uint32_t *order = g->order + feature * N;
    const float *x = g->rows->column + feature * N;
    memset(g->left, 0, C * sizeof *g->left);
    for (size_t i = node->from; i + 1 < node->to; i++) {
        add_row(g->left, g, order[i]);
        float here = x[order[i]], next = x[order[i + 1]];
        size_t n_left = i + 1 - node->from;
        if (here == next || n_left < least || node->to - i - 1 < least)
            continue;
        for (size_t c = 0; c < C; c++)
            g->right[c] = g->total[c] - g->left[c];
        double w_left = sum_of(g->left, C), w_right = sum_of(g->right, C);
        if (!(w_left > 0 && w_right > 0))
            continue;
        double score = score_of(g, g->left, w_left) + score_of(g, g->right, w_right);
        if (score > best->score)
            *best = (struct split){feature, n_left, score, middle(here, next)};
    }
}

static bool find_split(struct split *best, const struct grower *g, const struct range *node)
{
    const struct tree_settings *tree = &g->model->tree;
    size_t n = node->to - node->from;
    *best = (struct split){.score = -INFINITY};
    if (node->depth >= tree->depth || n < tree->min_split || n / 2 < tree->min_leaf ||
        is_pure(g, g->total))
        return false;
    for (size_t f = 0; f < g->model->features; f++)
        try_feature(best, g, node, f);
    return best->score > -INFINITY;
}

// --- growing -------------------------------------------------------------------------------------
static void sum_node(struct grower *g, const struct range *node)
{
    memset(g->total, 0, g->model->classes * sizeof *g->total);
    for (size_t i = node->from; i < node->to; i++)
        add_row(g->total, g, g->order[i]);
}

static float *add_node(struct grower *g, const struct range *node)
{
    size_t width = tree_width(g->model), C = g->model->classes;
    g->nodes = mem_grow(g->nodes, &g->cap, (g->n_nodes + 1) * width, sizeof *g->nodes);
    if (node->parent != SIZE_MAX)
        g->nodes[node->parent * width + TREE_RIGHT] = (float)g->n_nodes;
    float *out = g->nodes + g->n_nodes++ * width;
    out[TREE_FEATURE] = -1;
    out[TREE_ROWS] = (float)(node->to - node->from);
    double W = sum_of(g->total, C);
    for (size_t c = 0; c < C; c++)
        out[TREE_HEAD + c] = (float)(W > 0 ? g->total[c] / W : 1 / (double)C);
    return out;
}

static void partition(struct grower *g, const struct range *node, const struct split *split)
{
    size_t N = g->rows->n, n = node->to - node->from;
    const uint32_t *by = g->order + split->feature * N + node->from;
    for (size_t i = 0; i < n; i++)
        g->goes_left[by[i]] = i < split->n_left;
    for (size_t f = 0; f < g->model->features; f++) {
        uint32_t *order = g->order + f * N + node->from;
        size_t n_left = 0, n_right = 0;
        for (size_t i = 0; i < n; i++) {
            uint32_t row = order[i];
            if (g->goes_left[row])
                order[n_left++] = row;
            else
                g->spare[n_right++] = row;
        }
        memcpy(order + n_left, g->spare, n_right * sizeof *order);
    }
}

static int grow(struct grower *g, const struct step_context *context, struct err *err)
{
    struct range stack[TREE_MAX_DEPTH + 2] = {{0, g->rows->n, 0, SIZE_MAX}};
    size_t height = 1;
    while (height > 0) {
        struct range node = stack[--height];
        struct split split;
        if (context->stop != NULL && *context->stop != 0)
            return err_set(err, ERR_INTERRUPTED, "interrupted at node %zu of a tree",
                           g->n_nodes + 1);
        sum_node(g, &node);
        float *out = add_node(g, &node);
        if (!find_split(&split, g, &node))
            continue;
        partition(g, &node, &split);
        out[TREE_FEATURE] = (float)split.feature;
        out[TREE_THRESHOLD] = split.threshold;
        size_t middle_row = node.from + split.n_left;
        stack[height++] = (struct range){middle_row, node.to, node.depth + 1, g->n_nodes - 1};
        stack[height++] = (struct range){node.from, middle_row, node.depth + 1, SIZE_MAX};
    }
    return 0;
}

int tree_fit(float **nodes, size_t *n_values, const struct model *model,
             const struct tree_rows *rows, const struct step_context *context, struct err *err)
{
    size_t D = model->features, N = rows->n, C = model->classes;
    if (N > TREE_MAX_ROWS || D > 1 << 24)
        return err_set(err, ERR_DATA, "a tree takes at most %d rows, found %zu of %zu features",
                       TREE_MAX_ROWS, N, D);
    if (model->tree.depth > TREE_MAX_DEPTH)
        BUG("a tree of depth %zu", model->tree.depth);
    struct grower g = {.model = model, .rows = rows};
    g.order = mem_try(D, N * sizeof *g.order, "the order of the rows by feature", err);
    g.spare = mem_try(N, sizeof *g.spare, "rows of a tree", err);
    g.goes_left = mem_try(N, sizeof *g.goes_left, "rows of a tree", err);
    g.total = mem_try(3 * C, sizeof *g.total, "classes of a tree", err);
    int status = -1;
    if (g.order != NULL && g.spare != NULL && g.goes_left != NULL && g.total != NULL) {
        g.left = g.total + C;
        g.right = g.left + C;
        for (size_t f = 0; f < D; f++)
            sort_rows(g.order + f * N, g.spare, rows->column + f * N, N);
        status = grow(&g, context, err);
    }
    mem_free(g.order);
    mem_free(g.spare);
    mem_free(g.goes_left);
    mem_free(g.total);
    if (status < 0) {
        mem_free(g.nodes);
        return -1;
    }
    *nodes = g.nodes;
    *n_values = g.n_nodes * tree_width(model);
    return 0;
}

// --- reading -------------------------------------------------------------------------------------
// A leaf ends the left side of the last node whose right child is still to come: that is the next
// node.
bool tree_is_valid(const struct model *model, const float *nodes, size_t n_values)
{
    struct {
        size_t right, depth; // depth: of the right child
    } open[TREE_MAX_DEPTH];
    size_t width = tree_width(model), n = n_values / width, n_open = 0, depth = 0;
    for (size_t i = 0; i < n && n_values % width == 0; i++) {
        float feature = nodes[i * width + TREE_FEATURE], right = nodes[i * width + TREE_RIGHT];
        if (feature == -1) {
            if (n_open == 0)
                return i + 1 == n;
            depth = open[--n_open].depth;
            if (open[n_open].right != i + 1)
                return false;
            continue;
        }
        if (!(feature >= 0 && feature < (float)model->features &&
              feature == (float)(size_t)feature) ||
            !(right > (float)(i + 1) && right < (float)n && right == (float)(size_t)right) ||
            ++depth > TREE_MAX_DEPTH)
            return false;
        open[n_open].right = (size_t)right;
        open[n_open++].depth = depth;
    }
    return false;
}

const float *tree_leaf(const struct model *model, const float *nodes, const float *x)
{
    size_t width = tree_width(model);
    const float *node = nodes;
    while (node[TREE_FEATURE] >= 0) {
        bool left = x[(size_t)node[TREE_FEATURE]] <= node[TREE_THRESHOLD];
        node = left ? node + width : nodes + (size_t)node[TREE_RIGHT] * width;
    }
    return node;
}
