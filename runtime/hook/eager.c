// eager.c -- see eager.h.
#include "hook/eager.h"

#include "base/detmath.h"
#include "graph/graph.h"
#include "hook/env.h"
#include "hook/object.h"

#include <math.h> // constants only
#include <string.h>

static const char TYPE[] = "view";

// Lent for one call: `data` belongs to the running program.
struct view {
    const double *data;
    double *writable; // the gradient, or NULL
    size_t rows, cols, stride; // stride: doubles from one row to the next
    unsigned call;
};

static const struct view *check_view(lua_State *L)
{
    const struct view *v = luaL_checkudata(L, 1, TYPE);
    if (v->call != sandbox_call(L))
        sandbox_fail(L, "a view of an earlier call\n"
                        "Views live as long as the call they are given to; keep numbers instead.");
    return v;
}

static size_t check_side(lua_State *L, int at, const char *what, size_t n)
{
    double x = luaL_checknumber(L, at);
    if (!(x >= 1 && x <= (double)n && x == (double)(size_t)x))
        sandbox_fail(L, "%s %g is not there, it has %zu", what, x, n);
    return (size_t)x - 1;
}

static size_t check_place(lua_State *L, const struct view *v)
{
    size_t r = check_side(L, 2, "row", v->rows), c = check_side(L, 3, "column", v->cols);
    return r * v->stride + c;
}

static int view_get(lua_State *L)
{
    const struct view *v = check_view(L);
    lua_pushnumber(L, v->data[check_place(L, v)]);
    return 1;
}

static double *check_writable(lua_State *L, double *x)
{
    const struct view *v = check_view(L);
    if (v->writable == NULL)
        sandbox_fail(L, "only v.gradient can be written to");
    size_t at = check_place(L, v);
    *x = luaL_checknumber(L, 4);
    if (*x != *x)
        sandbox_fail(L, "a gradient that is NaN");
    return &v->writable[at];
}

static int view_set(lua_State *L)
{
    double x, *place = check_writable(L, &x);
    *place = x;
    return 0;
}

static int view_add(lua_State *L)
{
    double x, *place = check_writable(L, &x);
    *place += x;
    return 0;
}

static int view_index(lua_State *L)
{
    static const luaL_Reg methods[] = {{"get", view_get}, {"set", view_set}, {"add", view_add}};
    const struct view *v = check_view(L);
    const char *name = env_text(L, 2);
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (strcmp(name, methods[i].name) == 0) {
            lua_pushcfunction(L, methods[i].func);
            return 1;
        }
    if (strcmp(name, "rows") != 0 && strcmp(name, "cols") != 0)
        sandbox_fail(L, "a view has no '%s'\nIt has rows, cols and get(r, c); the gradient also "
                        "set(r, c, x) and add(r, c, x).",
                     name);
    lua_pushinteger(L, (lua_Integer)(name[0] == 'r' ? v->rows : v->cols));
    return 1;
}

static int view_assign(lua_State *L)
{
    sandbox_fail(L, "a view is written to by v.gradient:set(r, c, x)");
}

static int view_text(lua_State *L)
{
    const struct view *v = luaL_checkudata(L, 1, TYPE);
    lua_pushfstring(L, "view of %I x %I", (LUAI_UACINT)v->rows, (LUAI_UACINT)v->cols);
    return 1;
}

void eager_register(lua_State *L)
{
    static const luaL_Reg methods[] = {{"__index", view_index},
                                       {"__newindex", view_assign},
                                       {"__tostring", view_text},
                                       {NULL, NULL}};
    luaL_newmetatable(L, TYPE);
    luaL_setfuncs(L, methods, 0);
    lua_pop(L, 1);
}

// --- a step --------------------------------------------------------------------------------------

struct step {
    const struct eager_use *use;
    double *value, *gradient;
    const double *const *in; // logits; guidance and labels side by side; progress
};

// Sets a field of the table on the top of the stack.
static void set_view(lua_State *L, const struct eager_use *use, const char *name,
                     const double *data, double *writable, size_t stride)
{
    struct view *v = lua_newuserdatauv(L, sizeof(*v), 0);
    *v = (struct view){data, writable, use->rows, use->cols, stride, sandbox_call(L)};
    luaL_setmetatable(L, TYPE);
    lua_setfield(L, -2, name);
}

static double *softmax(lua_State *L, const double *z, size_t rows, size_t cols)
{
    double *p = lua_newuserdatauv(L, rows * cols * sizeof(*p) + 1, 0);
    for (size_t r = 0; r < rows; r++, z += cols) {
        double most = -HUGE_VAL, sum = 0;
        for (size_t c = 0; c < cols; c++)
            most = z[c] > most ? z[c] : most;
        for (size_t c = 0; c < cols; c++)
            sum += p[r * cols + c] = det_exp(z[c] - most);
        for (size_t c = 0; c < cols; c++)
            p[r * cols + c] /= sum;
    }
    return p;
}

// Pushes `v`.
static void push_views(lua_State *L, const struct step *s)
{
    const struct eager_use *use = s->use;
    size_t cols = use->cols;
    const double *beside = s->in[1];
    size_t stride = cols * ((size_t)use->has_guidance + use->reads_labels);
    const double *p = softmax(L, s->in[0], use->rows, cols); // stays on the stack, below `v`
    lua_newtable(L);
    set_view(L, use, "logits", s->in[0], NULL, cols);
    set_view(L, use, "probs", p, NULL, cols);
    set_view(L, use, "gradient", s->gradient, s->gradient, cols);
    if (use->has_guidance)
        set_view(L, use, "guidance", beside, NULL, stride);
    if (use->reads_labels)
        set_view(L, use, "labels", use->has_guidance ? beside + cols : beside, NULL, stride);
    lua_pushnumber(L, s->in[2][0]);
    lua_setfield(L, -2, "progress");
    object_push_params(L, use->description, &use->call);
    lua_setfield(L, -2, "params");
    object_wrap(L, "v");
}

static int run_in_lua(lua_State *L)
{
    const struct step *s = lua_touserdata(L, 1);
    push_views(L, s);
    lua_rawgetp(L, LUA_REGISTRYINDEX, s->use->function);
    lua_pushvalue(L, -2);
    lua_call(L, 1, 1);
    if (lua_type(L, -1) != LUA_TNUMBER)
        sandbox_fail(L, "expected eager to return a number, found %s", sandbox_describe(L, -1));
    *s->value = lua_tonumber(L, -1);
    return 0;
}

static void run(void *data, double *value, double *gradient, const double *const in[3])
{
    struct eager_use *use = data;
    struct step s = {use, value, gradient, in};
    if (!err_is_set(use->err) && sandbox_run(use->box, run_in_lua, &s, use->err) == 0)
        return;
    *value = NAN; // training stops there, and asks for the error
    for (size_t i = 0; i < use->rows * use->cols; i++)
        gradient[i] = 0;
}

// Guidance and labels side by side: an extern has three inputs, and the third is progress.
static uint32_t beside(const struct eager_use *use, const struct loss_world *w, uint32_t logits)
{
    struct graph *g = w->graph;
    if (!use->has_guidance && !use->reads_labels)
        return logits;
    uint32_t a = use->has_guidance ? w->get(w->data, SOURCE_GUIDANCE_PROBS, 0) : NODE_NONE;
    uint32_t b = use->reads_labels ? w->get(w->data, SOURCE_LABELS, 0) : NODE_NONE;
    if (!use->has_guidance || !use->reads_labels)
        return use->has_guidance ? a : b;
    return graph_add(g, graph_pad(g, a, 0, 0, use->rows, 2 * use->cols),
                     graph_pad(g, b, 0, use->cols, use->rows, 2 * use->cols));
}

uint32_t eager_build(struct eager_use *use, const struct loss_world *world)
{
    struct graph *g = world->graph;
    uint32_t logits = world->get(world->data, SOURCE_LOGITS, 0);
    if (logits == NODE_NONE)
        return NODE_NONE;
    use->rows = g->node[logits].rows;
    use->cols = g->node[logits].cols;
    uint32_t in[3] = {logits, beside(use, world, logits),
                      world->get(world->data, SOURCE_PROGRESS, 0)};
    if (in[1] == NODE_NONE || in[2] == NODE_NONE)
        return NODE_NONE;
    return graph_extern(g, &(struct graph_extern){run, use}, in);
}
