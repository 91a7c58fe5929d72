// environments.c -- see environments.h.
#include "hook/environments.h"

#include "hook/object.h"
#include "hook/sandbox.h"
#include "hook/tensor.h"

#include <stdio.h>

// Rows of an environment in the batch.
struct part {
    size_t from, n;
};

static uint32_t rows_of(lua_State *L, uint32_t x, const struct part *part)
{
    size_t cols = tensor_node(L, tensor_built(L, x))->cols;
    return graph_slice(tensor_graph(L), x, part->from, 0, part->n, cols);
}

static void set_tensor(lua_State *L, const char *name, uint32_t node)
{
    tensor_push(L, node);
    lua_setfield(L, -2, name);
}

static void set_hidden(lua_State *L, const struct part *part, const char *name)
{
    const struct loss_world *w = tensor_trace(L)->world;
    lua_newtable(L);
    for (size_t i = 0; i + 1 < w->layers; i++) {
        tensor_push(L, rows_of(L, w->get(w->data, SOURCE_HIDDEN, i), part));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    object_wrap(L, name);
    lua_setfield(L, -2, "hidden");
}

// The mean cross-entropy with the gold labels, written as cross_entropy.lua writes it.
static uint32_t risk_of(struct graph *g, uint32_t labels, uint32_t logits)
{
    uint32_t product = graph_mul(g, labels, graph_log_softmax(g, logits));
    return graph_mean(g, graph_neg(g, graph_row_sum(g, product)));
}

static void push_environment(lua_State *L, const struct part *part, size_t number)
{
    const struct trace *trace = tensor_trace(L);
    const struct loss_world *w = trace->world;
    char name[64], hidden[64];
    snprintf(name, sizeof(name), "t.environments[%zu]", number);
    snprintf(hidden, sizeof(hidden), "t.environments[%zu].hidden", number);
    lua_newtable(L);
    uint32_t logits = rows_of(L, w->get(w->data, SOURCE_LOGITS, 0), part);
    set_tensor(L, "logits", logits);
    set_hidden(L, part, hidden);
    lua_pushinteger(L, (lua_Integer)part->n);
    lua_setfield(L, -2, "rows");
    if ((trace->description->reads & READS_LABELS) != 0) {
        uint32_t labels = rows_of(L, w->get(w->data, SOURCE_LABELS, 0), part);
        set_tensor(L, "labels", labels);
        set_tensor(L, "risk", risk_of(tensor_graph(L), labels, logits));
    }
    object_wrap(L, name);
}

void environments_push(lua_State *L)
{
    const struct loss_world *w = tensor_trace(L)->world;
    if (w->n_environments == 0)
        sandbox_fail_for_good(L, "the rows have no environments to compare\n"
                                 "Write environments = [DATA, DATA] instead of train.");
    lua_newtable(L);
    struct part part = {0};
    for (size_t e = 0; e < w->n_environments; e++) {
        part.n = w->environment_rows[e];
        push_environment(L, &part, e + 1);
        lua_rawseti(L, -2, (lua_Integer)e + 1);
        part.from += part.n;
    }
    object_wrap(L, "t.environments");
}
