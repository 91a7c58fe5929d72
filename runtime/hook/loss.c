// loss.c -- see loss.h.
#include "hook/loss.h"

#include "base/arena.h"
#include "base/mem.h"
#include "graph/graph.h"
#include "hook/declare.h"
#include "hook/eager.h"
#include "hook/env.h"
#include "hook/library.h"
#include "hook/object.h"
#include "hook/power.h"
#include "hook/sandbox.h"
#include "hook/tensor.h"

#include <string.h>

struct loss {
    struct arena arena;
    struct sandbox *box;
    struct loss_description description;
    struct err eager_error;
};

// Its address is the registry key of the function of the file.
static const char function_key;

unsigned long loss_lua_calls(void)
{
    return sandbox_entries();
}

// --- loading -------------------------------------------------------------------------------------

struct loading {
    struct loss *loss;
    const char *text;
    size_t size;
};

static void add_ours(lua_State *L)
{
    library_add(L);
    power_register(L);
}

static int load_in_lua(lua_State *L)
{
    const struct loading *in = lua_touserdata(L, 1);
    tensor_register(L);
    object_register(L);
    eager_register(L);
    sandbox_compile(L, in->text, in->size);
    env_push(L, add_ours);
    env_apply(L);
    lua_call(L, 0, 1);
    declare_read(L, &in->loss->description, &in->loss->arena);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &function_key);
    return 0;
}

// "focal_kl" of "losses/focal_kl.lua".
static const char *name_of(struct arena *arena, const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *name = slash != NULL ? slash + 1 : file;
    size_t n = strlen(name);
    if (n > 4 && strcmp(name + n - 4, ".lua") == 0)
        n -= 4;
    return arena_copy(arena, name, n);
}

int loss_load(struct loss **out, const char *file, const char *text, size_t size, struct err *err)
{
    struct loss *loss = mem_new(sizeof(*loss));
    loss->box = sandbox_new(file, "What repeats for every row belongs into tensor operations, not into "
                                  "a loop.");
    loss->description.name = name_of(&loss->arena, file);
    struct loading in = {loss, text, size};
    if (sandbox_run(loss->box, load_in_lua, &in, err) < 0) {
        loss_free(loss);
        return -1;
    }
    *out = loss;
    return 0;
}

void loss_free(struct loss *loss)
{
    if (loss == NULL)
        return;
    sandbox_free(loss->box);
    arena_release(&loss->arena);
    mem_free(loss);
}

const struct loss_description *loss_description(const struct loss *loss)
{
    return &loss->description;
}

const struct err *loss_eager_error(const struct loss *loss)
{
    return err_is_set(&loss->eager_error) ? &loss->eager_error : NULL;
}

const char *loss_lua_release(void)
{
    return LUA_RELEASE;
}

// --- tracing -------------------------------------------------------------------------------------

struct tracing {
    struct trace trace;
    bool broken;   // wanted of a constraint: what each row gives, not the loss
    uint32_t node; // the result
    int line;      // where the function begins
};

// One number a row of the batch; and the loss that it makes.
static uint32_t check_broken(lua_State *L, const struct tracing *in, uint32_t x, int line)
{
    struct graph *g = tensor_graph(L);
    size_t rows = in->trace.world->rows;
    const struct node *n = tensor_node(L, x);
    if (n->cols != 1 || n->rows != rows)
        sandbox_fail(L,
                     SANDBOX_CHUNK ":%d: expected the constraint to return one number a row, %zu x 1, "
                                   "found a tensor of %zu x %zu",
                     line, rows, n->rows, n->cols);
    if (in->broken)
        return x;
    const struct value *given = in->trace.call != NULL ? value_arg(in->trace.call, "slack") : NULL;
    uint32_t slack = tensor_constant(L, given != NULL ? given->number : 0);
    uint32_t hinge = tensor_built(L, graph_relu(g, graph_sub(g, x, slack)));
    return tensor_built(L, graph_mean(g, tensor_weighed(L, hinge)));
}

// Features in the place of those of the row.
static uint32_t check_shifted(lua_State *L, const struct tracing *in, uint32_t x, int line)
{
    const struct loss_world *w = in->trace.world;
    const struct node *n = tensor_node(L, x);
    if (n->rows != w->rows || n->cols != w->features)
        sandbox_fail(L,
                     SANDBOX_CHUNK ":%d: expected the shift to return features as large as "
                                   "t.features, %zu x %zu, found a tensor of %zu x %zu",
                     line, w->rows, w->features, n->rows, n->cols);
    return x;
}

// Raises unless it is one number, or one a row; `line` is where the function begins.
static uint32_t check_result(lua_State *L, const struct tracing *in, int line)
{
    enum loss_kind kind = in->trace.description->kind;
    if (!tensor_is(L, -1))
        sandbox_fail(L, SANDBOX_CHUNK ":%d: expected the %s to return a tensor, found %s", line,
                     kind == LOSS_CONSTRAINT || kind == LOSS_SHIFT ? loss_kind_name(kind) : "loss",
                     sandbox_describe(L, -1));
    uint32_t x = tensor_check(L, -1);
    if (kind == LOSS_CONSTRAINT)
        return check_broken(L, in, x, line);
    if (kind == LOSS_SHIFT)
        return check_shifted(L, in, x, line);
    const struct node *n = tensor_node(L, x);
    if (n->cols != 1 || n->rows == 0)
        sandbox_fail(L,
                     SANDBOX_CHUNK ":%d: expected the loss to return 1 x 1, or one number a row, "
                                   "found a tensor of %zu x %zu\n"
                                   "sum, mean or row_sum make fewer numbers.",
                     line, n->rows, n->cols);
    if (n->rows > 1)
        x = tensor_built(L, graph_mean(tensor_graph(L), tensor_weighed(L, x)));
    const struct trace *trace = tensor_trace(L);
    if (trace->world->filtered && !trace->weighed)
        sandbox_fail(L, SANDBOX_CHUNK ":%d: the loss takes no mean over the rows of the batch, so "
                                      "it cannot be for some of them", line);
    return x;
}

static int trace_in_lua(lua_State *L)
{
    struct tracing *in = lua_touserdata(L, 1);
    lua_Debug ar;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &function_key);
    lua_pushvalue(L, -1);
    lua_getinfo(L, ">S", &ar);
    object_push_root(L);
    lua_call(L, 1, 1);
    in->line = ar.linedefined;
    in->node = check_result(L, in, ar.linedefined);
    return 0;
}

static uint32_t trace_eager(struct loss *loss, const struct value *call,
                            const struct loss_world *world)
{
    struct eager_use *use = arena_alloc(&loss->arena, sizeof(*use));
    const struct loss_description *d = &loss->description;
    if (world->filtered) {
        err_set(world->graph->err, ERR_DATA, "%s: an eager loss cannot be for some of the rows",
                d->name);
        return NODE_NONE;
    }
    *use = (struct eager_use){.box = loss->box,
                              .description = d,
                              .function = &function_key,
                              .has_guidance = d->kind == LOSS_TARGET,
                              .reads_labels = (d->reads & READS_LABELS) != 0,
                              .err = &loss->eager_error};
    use->call = call != NULL ? value_copy(&loss->arena, call) : (struct value){.kind = VALUE_CALL};
    return eager_build(use, world);
}

static uint32_t trace(struct loss *loss, int *line, const struct value *call,
                      const struct loss_world *world, bool broken)
{
    struct err *err = world->graph->err;
    if (err_is_set(err))
        return NODE_NONE;
    if (loss->description.eager)
        return trace_eager(loss, call, world);
    struct tracing in = {
        .trace = {.graph = world->graph, .world = world, .description = &loss->description,
                  .call = call},
        .broken = broken,
        .node = NODE_NONE};
    struct err told = {0};
    sandbox_set_trace(loss->box, &in.trace);
    int status = sandbox_run(loss->box, trace_in_lua, &in, &told);
    sandbox_set_trace(loss->box, NULL);
    *line = in.line;
    if (status == 0)
        return in.node;
    // A shape that does not fit has set the graph's err already; `told` is the same and says where.
    if (err_is_set(err))
        told.kind = err->kind;
    *err = told;
    return NODE_NONE;
}

uint32_t loss_trace(struct loss *loss, const struct value *call, const struct loss_world *world)
{
    int line = 0;
    return trace(loss, &line, call, world, false);
}

uint32_t loss_trace_shift(struct loss *loss, int *line, const struct value *call,
                          const struct loss_world *world)
{
    if (loss->description.kind != LOSS_SHIFT)
        BUG("'%s' is no shift", loss->description.name);
    return trace(loss, line, call, world, false);
}

uint32_t loss_trace_broken(struct loss *loss, const struct value *call,
                           const struct loss_world *world)
{
    if (loss->description.kind != LOSS_CONSTRAINT)
        BUG("'%s' is no constraint", loss->description.name);
    int line = 0;
    return trace(loss, &line, call, world, true);
}
