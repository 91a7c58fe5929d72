// tile.c -- see tile.h.
#include "graph/tile.h"

#include "base/mem.h"

// A tile of the widest value of a run, in floats: a handful of them fit a cache of 32 KiB.
enum { TILE_FLOATS = 2048 };

static bool is_alias(enum op op)
{
    return op == OP_VIEW || op == OP_DETACH;
}

static bool has_no_code(enum op op)
{
    return is_alias(op) || op_info[op].arity == 0 || op == OP_STORE;
}

// Ops whose row r is made from row r of their operands.
static bool is_row_wise(const struct node *n, const struct node *first)
{
    switch (n->op) {
#define OP(ID, name, arity, shape, in_place, gradient)
#define UNARY(ID, name, kernel, gradient) case OP_##ID:
#define COMMUTATIVE(ID, name, kernel, kernel_s, gradient) case OP_##ID:
#define ORDERED(ID, name, kernel, kernel_s, s_kernel, gradient) case OP_##ID:
#include "graph/ops.def"
    case OP_POW: case OP_WHERE: case OP_BROADCAST: case OP_CUMSUM:
    case OP_ROW_SUM: case OP_ROW_MAX: case OP_ROW_ARGMAX: case OP_ROW_ARGSORT:
    case OP_ROW_GATHER: case OP_ROW_SCATTER:
    case OP_SOFTMAX: case OP_LOG_SOFTMAX: case OP_ONE_HOT_ARGMAX:
    case OP_RELU_BACK: case OP_TANH_BACK: case OP_SOFTMAX_BACK: case OP_LOG_SOFTMAX_BACK:
        return true;
    case OP_SLICE: case OP_PAD: // of columns
        return n->offset == 0 && n->rows == first->rows;
    default:
        return false;
    }
}

static uint32_t base_of(const struct graph *g, uint32_t id)
{
    while (is_alias(g->node[id].op))
        id = g->node[id].in[0];
    return id;
}

struct search {
    struct tiles *t;
    const struct graph *g;
    uint32_t first, last, n; // of the run that is open; n: its ops
    size_t rows, widest;
};

static bool fits(const struct search *s, uint32_t id)
{
    const struct graph *g = s->g;
    const struct node *n = &g->node[id];
    if (n->rows < 2 || !is_row_wise(n, &g->node[n->in[0]]) || (s->n > 0 && n->rows != s->rows))
        return false;
    for (unsigned i = 0; i < op_info[n->op].arity; i++) {
        const struct node *x = &g->node[n->in[i]];
        uint32_t base = base_of(g, n->in[i]);
        bool made_here = s->n > 0 && base >= s->first;
        if ((x->rows != n->rows && x->rows != 1) ||
            (made_here && !node_same_shape(x, &g->node[base]) && !has_no_code(g->node[base].op)))
            return false;
    }
    return true;
}

static void close_run(struct search *s)
{
    struct tiles *t = s->t;
    size_t rows = s->widest > 0 ? TILE_FLOATS / s->widest : 0;
    rows = rows > 0 ? rows : 1;
    if (s->n >= 2 && rows * 2 <= s->rows) {
        for (uint32_t id = s->first; id <= s->last; id++)
            if (!has_no_code(s->g->node[id].op))
                t->of[id] = (uint32_t)t->n;
        t->run = mem_grow(t->run, &t->cap, t->n + 1, sizeof(*t->run));
        t->run[t->n++] = (struct tile_run){s->first, s->last, rows};
    }
    s->n = 0;
    s->widest = 0;
}

static void add(struct search *s, uint32_t id)
{
    const struct node *n = &s->g->node[id];
    if (s->n == 0)
        s->first = id;
    s->last = id;
    s->rows = n->rows;
    s->n++;
    s->widest = n->cols > s->widest ? n->cols : s->widest;
    for (unsigned i = 0; i < op_info[n->op].arity; i++) {
        size_t cols = s->g->node[n->in[i]].cols;
        s->widest = cols > s->widest ? cols : s->widest;
    }
}

// What nobody outside its run reads.
static void find_local(struct tiles *t, const struct graph *g)
{
    for (uint32_t id = 0; id < g->n; id++)
        t->local[id] = t->of[id] != NODE_NONE;
    for (uint32_t id = 0; id < g->n; id++) {
        const struct node *n = &g->node[id];
        for (unsigned i = 0; !is_alias(n->op) && i < op_info[n->op].arity; i++) {
            uint32_t base = base_of(g, n->in[i]);
            if (t->of[base] != t->of[id])
                t->local[base] = false;
        }
    }
    for (uint32_t i = 0; i < g->n_outputs; i++)
        t->local[base_of(g, g->output[i])] = false;
}

void graph_tiles(struct tiles *t, const struct graph *g)
{
    *t = (struct tiles){.of = mem_new(g->n * sizeof(*t->of)), .local = mem_new(g->n)};
    for (uint32_t id = 0; id < g->n; id++)
        t->of[id] = NODE_NONE;
    struct search s = {.t = t, .g = g};
    for (uint32_t id = 0; id < g->n; id++) {
        if (has_no_code(g->node[id].op))
            continue;
        if (!fits(&s, id)) {
            close_run(&s);
            if (!fits(&s, id))
                continue;
        }
        add(&s, id);
    }
    close_run(&s);
    find_local(t, g);
}

void tiles_release(struct tiles *t)
{
    mem_free(t->of);
    mem_free(t->local);
    mem_free(t->run);
    *t = (struct tiles){0};
}

size_t tile_rows_of(const struct tiles *t, const struct graph *g, uint32_t id)
{
    return t->of != NULL && t->local[id] ? t->run[t->of[id]].rows : g->node[id].rows;
}
