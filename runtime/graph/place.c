// place.c -- see place.h: liveness, then first fit over the free parts of the block, in order of
// execution. The idea of allocating a graph ahead of its run is that of ggml-alloc.
#include "graph/place.h"

#include "base/mem.h"

enum { ALIGN = 16 }; // floats in a cache line

struct hole {
    size_t offset, size;
};

// The free parts of the block, by offset; never adjacent. All beyond `top` is free too.
struct holes {
    struct hole *item;
    size_t n, cap, top, peak;
};

static size_t rounded(size_t size)
{
    return (size + ALIGN - 1) / ALIGN * ALIGN;
}

static void remove_hole(struct holes *h, size_t i)
{
    for (h->n--; i < h->n; i++)
        h->item[i] = h->item[i + 1];
}

static size_t take(struct holes *h, size_t size)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < h->n; i++)
        if (h->item[i].size >= size && (best == SIZE_MAX || h->item[i].size < h->item[best].size))
            best = i;
    size_t offset;
    if (best == SIZE_MAX) {
        offset = h->top;
        h->top += size;
        h->peak = h->top > h->peak ? h->top : h->peak;
        return offset;
    }
    offset = h->item[best].offset;
    h->item[best].offset += size;
    h->item[best].size -= size;
    if (h->item[best].size == 0)
        remove_hole(h, best);
    return offset;
}

static void give(struct holes *h, size_t offset, size_t size)
{
    size_t i = 0;
    while (i < h->n && h->item[i].offset < offset)
        i++;
    bool joins_left = i > 0 && h->item[i - 1].offset + h->item[i - 1].size == offset;
    bool joins_right = i < h->n && offset + size == h->item[i].offset;
    if (joins_left) {
        h->item[i - 1].size += size;
        if (joins_right) {
            h->item[i - 1].size += h->item[i].size;
            remove_hole(h, i);
        }
        i--;
    } else if (joins_right) {
        h->item[i].offset = offset;
        h->item[i].size += size;
    } else if (size > 0) {
        h->item = mem_grow(h->item, &h->cap, h->n + 1, sizeof(*h->item));
        for (size_t j = h->n++; j > i; j--)
            h->item[j] = h->item[j - 1];
        h->item[i] = (struct hole){offset, size};
    } else {
        return;
    }
    if (h->item[i].offset + h->item[i].size == h->top) { // the last one: lower the top instead
        h->top = h->item[i].offset;
        remove_hole(h, i);
    }
}

// --- who lives where, before any offset in the block ---------------------------------------------
static bool is_alias(enum op op)
{
    return op == OP_VIEW || op == OP_DETACH;
}

static void set_homes(struct placement *p, const struct graph *g)
{
    for (uint32_t id = 0; id < g->n; id++) {
        const struct node *n = &g->node[id];
        struct place *at = &p->place[id];
        *at = (struct place){.where = PLACE_BLOCK, .base = id, .last = id};
        if (is_alias(n->op)) {
            at->base = p->place[n->in[0]].base;
        } else if (n->op == OP_INPUT) {
            at->where = PLACE_INPUT;
        } else if (n->op == OP_PARAM || n->op == OP_STORE) {
            at->where = n->op == OP_PARAM ? PLACE_PARAM : PLACE_GRADIENT;
            at->offset = n->offset;
        } else if (n->op == OP_CONSTANT || n->op == OP_IOTA) {
            at->where = PLACE_CONSTANT;
            at->offset = p->constants;
            p->constants += node_size(n);
        }
    }
}

static void set_lives(struct placement *p, const struct graph *g)
{
    for (uint32_t id = 0; id < g->n; id++)
        for (unsigned i = 0; !is_alias(g->node[id].op) && i < op_info[g->node[id].op].arity; i++)
            p->place[p->place[g->node[id].in[i]].base].last = id;
    for (uint32_t i = 0; i < g->n_outputs; i++)
        p->place[p->place[g->output[i]].base].last = g->n;
}

// A value that is stored as a gradient is made there, unless it has a home or is stored twice.
static void set_gradients(struct placement *p, const struct graph *g)
{
    for (uint32_t id = 0; id < g->n; id++) {
        if (g->node[id].op != OP_STORE)
            continue;
        uint32_t x = g->node[id].in[0];
        struct place *at = &p->place[x];
        if (at->where == PLACE_BLOCK && at->base == x) {
            at->where = PLACE_GRADIENT;
            at->offset = g->node[id].offset;
        }
    }
}

// --- the block -----------------------------------------------------------------------------------
struct block {
    struct placement *p;
    const struct graph *g;
    struct holes holes;
    bool *freed; // by node: its memory was given back, or taken over
    bool *askew; // by node: some alias of it has another shape
};

static size_t size_of(const struct block *b, uint32_t id)
{
    return rounded(tile_rows_of(&b->p->tiles, b->g, id) * b->g->node[id].cols);
}

static bool in_run(const struct block *b, uint32_t id)
{
    return b->p->tiles.of != NULL && b->p->tiles.of[id] != NODE_NONE;
}

static bool same_locality(const struct block *b, uint32_t x, uint32_t id)
{
    const struct tiles *t = &b->p->tiles;
    return t->of == NULL || (t->local[x] == t->local[id] && !(t->of[id] != NODE_NONE && b->askew[x]));
}

// Another operand reads the memory of x elsewhere than x does, through a view of another shape.
static bool read_askew(const struct placement *p, const struct graph *g, const struct node *n,
                       uint32_t x)
{
    for (unsigned i = 0; i < op_info[n->op].arity; i++)
        if (p->place[n->in[i]].base == x && !node_same_shape(&g->node[n->in[i]], &g->node[x]))
            return true;
    return false;
}

// The operand that node `id` may be written over, or NODE_NONE.
static uint32_t overwritable(const struct block *b, uint32_t id)
{
    const struct placement *p = b->p;
    const struct graph *g = b->g;
    const struct node *n = &g->node[id];
    for (unsigned i = 0; i < op_info[n->op].arity; i++) {
        uint32_t x = n->in[i];
        const struct place *at = &p->place[x];
        if ((op_info[n->op].in_place >> i & 1) != 0 && at->where == PLACE_BLOCK && at->base == x &&
            at->last == id && node_same_shape(&g->node[x], n) && !read_askew(p, g, n, x) &&
            same_locality(b, x, id))
            return x;
    }
    return NODE_NONE;
}

static void release(struct block *b, uint32_t x)
{
    if (b->p->place[x].where != PLACE_BLOCK || b->freed[x])
        return;
    give(&b->holes, b->p->place[x].offset, size_of(b, x));
    b->freed[x] = true;
}

// Frees what is read by node `id` for the last time, and what it makes for nobody.
static void free_dying(struct block *b, uint32_t id)
{
    const struct placement *p = b->p;
    const struct node *n = &b->g->node[id];
    for (unsigned i = 0; i < op_info[n->op].arity; i++) {
        uint32_t x = p->place[n->in[i]].base;
        if (p->place[x].last == id)
            release(b, x);
    }
    if (p->place[id].base == id && p->place[id].last == id)
        release(b, id);
}

static void free_after(struct block *b, uint32_t id)
{
    uint32_t first = id;
    if (in_run(b, id)) {
        const struct tile_run *run = &b->p->tiles.run[b->p->tiles.of[id]];
        if (id != run->last)
            return;
        first = run->first;
    }
    for (uint32_t i = first; i <= id; i++)
        free_dying(b, i);
}

static void place_node(struct block *b, uint32_t id, bool keep_all)
{
    struct placement *p = b->p;
    struct place *at = &p->place[id];
    if (at->where == PLACE_BLOCK) {
        uint32_t over = keep_all ? NODE_NONE : overwritable(b, id);
        if (over != NODE_NONE) {
            at->offset = p->place[over].offset;
            b->freed[over] = true;
        } else {
            at->offset = take(&b->holes, size_of(b, id));
        }
        p->without_reuse += rounded(node_size(&b->g->node[id]));
    }
}

static void find_askew(const struct block *b)
{
    for (uint32_t id = 0; id < b->g->n; id++) {
        uint32_t base = b->p->place[id].base;
        if (!node_same_shape(&b->g->node[id], &b->g->node[base]))
            b->askew[base] = true;
    }
}

static void place_block(struct placement *p, const struct graph *g, bool keep_all)
{
    struct block b = {.p = p, .g = g, .freed = mem_new(g->n), .askew = mem_new(g->n)};
    find_askew(&b);
    for (uint32_t id = 0; id < g->n; id++) {
        if (p->place[id].base != id)
            continue;
        place_node(&b, id, keep_all);
        if (!keep_all)
            free_after(&b, id);
    }
    p->block = b.holes.peak;
    mem_free(b.holes.item);
    mem_free(b.freed);
    mem_free(b.askew);
}

// A value that is made in the gradient array, or lies elsewhere than in the block, is whole.
static void keep_gradients_whole(struct placement *p, const struct graph *g)
{
    for (uint32_t id = 0; p->tiles.of != NULL && id < g->n; id++)
        if (p->place[id].where != PLACE_BLOCK)
            p->tiles.local[id] = false;
}

void graph_place(struct placement *p, const struct graph *g, bool keep_all)
{
    *p = (struct placement){.place = mem_new(g->n * sizeof(struct place))};
    set_homes(p, g);
    set_lives(p, g);
    set_gradients(p, g);
    if (!keep_all)
        graph_tiles(&p->tiles, g);
    keep_gradients_whole(p, g);
    place_block(p, g, keep_all);
    for (uint32_t id = 0; id < g->n; id++) {
        struct place *at = &p->place[id];
        if (at->base == id)
            continue;
        at->where = p->place[at->base].where;
        at->offset = p->place[g->node[id].in[0]].offset + g->node[id].offset;
    }
}

void placement_release(struct placement *p)
{
    mem_free(p->place);
    tiles_release(&p->tiles);
    *p = (struct placement){0};
}
