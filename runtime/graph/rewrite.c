// rewrite.c -- see rewrite.h: what all passes share, and their order.
#include "graph/rewrite.h"

#include "base/mem.h"

// Uses of every node that an output or a store needs; 0 for the others.
static void count_uses(uint32_t *uses, const struct graph *g)
{
    for (uint32_t i = 0; i < g->n_outputs; i++)
        uses[g->output[i]]++;
    for (uint32_t id = g->n; id-- > 0;) {
        const struct node *n = &g->node[id];
        if (n->op == OP_STORE)
            uses[id]++;
        for (unsigned i = 0; uses[id] > 0 && i < op_info[n->op].arity; i++)
            uses[n->in[i]]++;
    }
}

void graph_rewrite(struct graph *g, uint32_t (*rule)(struct rewrite *r, const struct node *n))
{
    struct graph to;
    graph_init(&to, g->err);
    to.externs = g->externs, g->externs = NULL;
    to.n_externs = g->n_externs;
    to.extern_cap = g->extern_cap;
    uint32_t *uses = mem_new(g->n * sizeof(*uses)), *map = mem_new(g->n * sizeof(*map));
    count_uses(uses, g);
    for (uint32_t id = 0; id < g->n; id++) {
        if (uses[id] == 0)
            continue;
        struct node n = g->node[id];
        for (unsigned i = 0; i < op_info[n.op].arity; i++)
            n.in[i] = map[n.in[i]];
        struct rewrite r = {&to, uses, &g->node[id]};
        map[id] = rule != NULL ? rule(&r, &n) : NODE_NONE;
        if (map[id] == NODE_NONE)
            map[id] = graph_add_node(&to, &n);
        if (map[id] == NODE_NONE)
            BUG("a pass made a graph that does not fit: %s", g->err->text);
    }
    for (uint32_t i = 0; i < g->n_outputs; i++)
        graph_output(&to, map[g->output[i]]);
    mem_free(uses);
    mem_free(map);
    graph_release(g);
    *g = to;
}

void graph_optimise(struct graph *g, size_t n_params)
{
    static uint32_t (*const pass[])(struct rewrite *, const struct node *) = {
        rule_fold, rule_broadcast, rule_xent, rule_fold, rule_affine, NULL,
    };
    for (size_t i = 0; i < ARRAY_LEN(pass); i++)
        graph_rewrite(g, pass[i]);
    struct err err = {0};
    if (graph_verify(g, n_params, &err) < 0)
        BUG("%s", err.text);
}
