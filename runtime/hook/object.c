// object.c -- see object.h.
#include "hook/object.h"

#include "hook/declare.h"
#include "hook/env.h"
#include "hook/environments.h"
#include "hook/sandbox.h"
#include "hook/tensor.h"

#include <stdio.h>
#include <string.h>

static const char TYPE[] = "object";

enum { MAX_NAME = 64 };

enum object_kind { ROOT, STUDENT, GUIDANCE, REFERENCE, START, N_KINDS, HELD = N_KINDS, LIST_OF };

// User value 1 is a table: what was read before, or all there is (HELD).
struct object {
    enum object_kind kind;
    unsigned call;
    char name[MAX_NAME]; // "t.student", for messages
    enum loss_source source; // LIST_OF
    size_t n;
};

static const char *const kind_name[N_KINDS] = {
    [ROOT] = "t", [STUDENT] = "t.student", [GUIDANCE] = "t.guidance",
    [REFERENCE] = "t.reference", [START] = "t.start",
};

static struct object *push_object(lua_State *L, enum object_kind kind, const char *name)
{
    struct object *o = lua_newuserdatauv(L, sizeof(*o), 1);
    *o = (struct object){.kind = kind, .call = sandbox_call(L)};
    snprintf(o->name, sizeof(o->name), "%s", name);
    lua_newtable(L);
    lua_setiuservalue(L, -2, 1);
    luaL_setmetatable(L, TYPE);
    return o;
}

static uint32_t from_world(lua_State *L, enum loss_source source, size_t index)
{
    const struct loss_world *w = tensor_trace(L)->world;
    return w->get(w->data, source, index);
}

// --- what is computed or counted -----------------------------------------------------------------

static void make_rows(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)tensor_trace(L)->world->rows);
}

static void make_classes(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)tensor_trace(L)->world->classes);
}

static void make_n_features(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)tensor_trace(L)->world->features);
}

static void make_layers(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)tensor_trace(L)->world->layers);
}

static void make_probs(lua_State *L)
{
    uint32_t logits = tensor_built(L, from_world(L, SOURCE_LOGITS, 0));
    tensor_push(L, graph_softmax(tensor_graph(L), logits));
}

static void make_log_probs(lua_State *L)
{
    uint32_t logits = tensor_built(L, from_world(L, SOURCE_LOGITS, 0));
    tensor_push(L, graph_log_softmax(tensor_graph(L), logits));
}

static void make_params(lua_State *L)
{
    const struct trace *trace = tensor_trace(L);
    object_push_params(L, trace->description, trace->call);
}

// --- functions of t ------------------------------------------------------------------------------

enum { MAX_SIDE = 1 << 24 };

// t.parameter(name, rows, cols [, start])
static int call_parameter(lua_State *L)
{
    const struct loss_world *w = tensor_trace(L)->world;
    const char *name = luaL_checkstring(L, 1);
    size_t rows = tensor_check_whole(L, 2, 1, MAX_SIDE);
    size_t cols = tensor_check_whole(L, 3, 1, MAX_SIDE);
    size_t length = strlen(name);
    luaL_argcheck(L, length >= 1 && length <= 32, 1, "expected a name of 1 to 32 bytes");
    if (lua_isnoneornil(L, 4))
        return tensor_push(L, w->parameter(w->data, name, rows, cols, NULL));
    double start = luaL_checknumber(L, 4);
    luaL_argcheck(L, start >= -1e30 && start <= 1e30, 4, "expected a number in -1e30..1e30");
    return tensor_push(L, w->parameter(w->data, name, rows, cols, &(float){(float)start}));
}

// t.feature(name): its number, from 1
static int call_feature(lua_State *L)
{
    const struct loss_world *w = tensor_trace(L)->world;
    const char *name = luaL_checkstring(L, 1);
    if (w->columns == NULL && !w->names_unknown)
        sandbox_fail(L, "feature: the features have no names, found '%s'", name);
    for (size_t i = 0; w->columns != NULL && i < w->features; i++)
        if (strcmp(w->columns[i], name) == 0) {
            lua_pushinteger(L, (lua_Integer)i + 1);
            return 1;
        }
    if (w->columns == NULL) { // any feature has the shape of this one
        lua_pushinteger(L, 1);
        return 1;
    }
    lua_newtable(L);
    for (size_t i = 0; i < w->features; i++) {
        lua_pushboolean(L, true);
        lua_setfield(L, -2, w->columns[i]);
    }
    const char *near = env_nearest(L, -1, name);
    if (near != NULL)
        sandbox_fail(L, "there is no feature '%s'\nDid you mean '%s'?", name, near);
    sandbox_fail(L, "there is no feature '%s'", name);
}

static int random_tensor(lua_State *L, bool normal)
{
    const struct loss_world *w = tensor_trace(L)->world;
    size_t rows = tensor_check_whole(L, 1, 1, MAX_SIDE);
    size_t cols = tensor_check_whole(L, 2, 1, MAX_SIDE);
    return tensor_push(L, w->random(w->data, normal, rows, cols));
}

static int call_random_uniform(lua_State *L)
{
    return random_tensor(L, false);
}

static int call_random_normal(lua_State *L)
{
    return random_tensor(L, true);
}

// t.student.forward(x) -> { logits, probs, log_probs, hidden }
static int call_forward(lua_State *L)
{
    const struct loss_world *w = tensor_trace(L)->world;
    struct graph *g = tensor_graph(L);
    uint32_t x = tensor_check(L, 1);
    if (g->node[x].cols != w->features)
        sandbox_fail_for_good(L,
                              "forward: the student has %zu features, found a tensor of %zu x %zu",
                              w->features, g->node[x].rows, g->node[x].cols);
    size_t n = w->layers > 0 ? w->layers - 1 : 0;
    uint32_t *hidden = lua_newuserdatauv(L, (n + 1) * sizeof(*hidden), 0);
    uint32_t logits = tensor_built(L, w->forward(w->data, x, hidden));
    lua_newtable(L);
    tensor_push(L, logits);
    lua_setfield(L, -2, "logits");
    tensor_push(L, graph_softmax(g, logits));
    lua_setfield(L, -2, "probs");
    tensor_push(L, graph_log_softmax(g, logits));
    lua_setfield(L, -2, "log_probs");
    lua_newtable(L);
    for (size_t i = 0; i < n; i++) {
        tensor_push(L, hidden[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    object_wrap(L, "the student's hidden");
    lua_setfield(L, -2, "hidden");
    object_wrap(L, "the result of forward");
    return 1;
}

static void make_feature(lua_State *L)
{
    lua_pushcfunction(L, call_feature);
}

static void make_parameter(lua_State *L)
{
    lua_pushcfunction(L, call_parameter);
}

static void make_random_uniform(lua_State *L)
{
    lua_pushcfunction(L, call_random_uniform);
}

static void make_random_normal(lua_State *L)
{
    lua_pushcfunction(L, call_random_normal);
}

static void make_forward(lua_State *L)
{
    lua_pushcfunction(L, call_forward);
}

static void make_environments(lua_State *L)
{
    environments_push(L);
}

// --- fields --------------------------------------------------------------------------------------

enum { T = 1 << LOSS_TARGET, P = 1 << LOSS_PREFERENCE, R = 1 << LOSS_REPRESENTATION,
       E = 1 << LOSS_INVARIANCE, S = 1 << LOSS_SHIFT, A = (1 << LOSS_KINDS) - 1 - S,
       N = A - (1 << LOSS_CONSTRAINT) };

struct field {
    enum object_kind of;
    const char *name;
    unsigned kinds, reads;
    enum { IS_TENSOR, IS_LIST, IS_PART, IS_OTHER } is;
    enum loss_source source;
    size_t less;
    enum object_kind part;
    void (*make)(lua_State *L);
};

static const struct field fields[] = {
#define TENSOR(object, name, kinds, reads, source)                                                 \
    {object, #name, kinds, reads, IS_TENSOR, source, 0, 0, NULL},
#define LIST(object, name, kinds, reads, source, less)                                             \
    {object, #name, kinds, reads, IS_LIST, source, less, 0, NULL},
#define PART(object, name, kinds, reads, part)                                                     \
    {object, #name, kinds, reads, IS_PART, 0, 0, part, NULL},
#define OTHER(object, name, kinds, make) {object, #name, kinds, 0, IS_OTHER, 0, 0, 0, make_##make},
#include "hook/fields.def"
};

// The field that may have been meant, also of another kind of loss: reading that says so.
static const char *nearest_field(lua_State *L, const struct object *o, const char *name)
{
    lua_newtable(L);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (fields[i].of == o->kind) {
            lua_pushboolean(L, true);
            lua_setfield(L, -2, fields[i].name);
        }
    return env_nearest(L, -1, name);
}

static void check_field(lua_State *L, const struct object *o, const struct field *f)
{
    const struct loss_description *d = tensor_trace(L)->description;
    if ((f->kinds & 1u << d->kind) == 0)
        sandbox_fail(L, "%s.%s is not there in a %s'%s'", o->name, f->name,
                     d->kind == LOSS_SHIFT ? "script of kind " : "loss of kind ",
                     loss_kind_name(d->kind));
    if (f->reads != 0 && (d->reads & f->reads) == 0)
        sandbox_fail(L, "%s.%s is not among what the %s reads\n"
                        "Add \"%s\" to `reads` in the table the file returns.",
                     o->name, f->name, d->kind == LOSS_SHIFT ? "shift" : "loss",
                     declare_reads_word(f->reads));
}

static void make_field(lua_State *L, const struct object *o, const struct field *f)
{
    check_field(L, o, f);
    char name[2 * MAX_NAME];
    snprintf(name, sizeof(name), "%s.%s", o->name, f->name);
    switch (f->is) {
    case IS_TENSOR:
        tensor_push(L, from_world(L, f->source, 0));
        break;
    case IS_PART:
        push_object(L, f->part, kind_name[f->part]);
        break;
    case IS_OTHER:
        f->make(L);
        break;
    case IS_LIST: {
        size_t layers = tensor_trace(L)->world->layers;
        struct object *list = push_object(L, LIST_OF, name);
        list->source = f->source;
        list->n = layers > f->less ? layers - f->less : 0;
        break;
    }
    }
}

static const struct field *find_field(const struct object *o, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (fields[i].of == o->kind && strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

static _Noreturn void fail_missing(lua_State *L, const struct object *o, int held)
{
    const char *name = env_text(L, 2);
    const char *near = held != 0 ? env_nearest(L, held, name) : nearest_field(L, o, name);
    if (near != NULL)
        sandbox_fail(L, "%s has no '%s'\nDid you mean '%s'?", o->name, name, near);
    sandbox_fail(L, "%s has no '%s'", o->name, name);
}

static void make_item(lua_State *L, const struct object *o, int at)
{
    if (lua_type(L, at) != LUA_TNUMBER)
        sandbox_fail(L, "%s is indexed by a layer, found '%s'", o->name, env_text(L, at));
    double i = lua_tonumber(L, at);
    if (!(i >= 1 && i <= (double)o->n && i == (double)(size_t)i))
        sandbox_fail(L, "%s has no layer %g, it has %zu", o->name, i, o->n);
    tensor_push(L, from_world(L, o->source, (size_t)i - 1));
}

static struct object *check_object(lua_State *L, int at)
{
    struct object *o = luaL_checkudata(L, at, TYPE);
    if (o->call != sandbox_call(L))
        sandbox_fail(L, "%s belongs to an earlier call\n"
                        "What a loss is given lives as long as the call; do not keep it in a "
                        "variable outside.",
                     o->name);
    return o;
}

static int meta_index(lua_State *L)
{
    const struct object *o = check_object(L, 1);
    lua_settop(L, 2);
    lua_getiuservalue(L, 1, 1);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, 3) != LUA_TNIL)
        return 1;
    lua_pop(L, 1);
    if (o->kind == LIST_OF) {
        make_item(L, o, 2);
    } else {
        const struct field *f = lua_type(L, 2) == LUA_TSTRING && o->kind != HELD
                                    ? find_field(o, lua_tostring(L, 2))
                                    : NULL;
        if (f == NULL)
            fail_missing(L, o, o->kind == HELD ? 3 : 0);
        make_field(L, o, f);
    }
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, 3);
    return 1;
}

static int meta_assign(lua_State *L)
{
    sandbox_fail(L, "%s cannot be changed", check_object(L, 1)->name);
}

static int meta_length(lua_State *L)
{
    const struct object *o = check_object(L, 1);
    if (o->kind == LIST_OF) {
        lua_pushinteger(L, (lua_Integer)o->n);
        return 1;
    }
    if (o->kind != HELD)
        sandbox_fail(L, "%s has no length", o->name);
    lua_getiuservalue(L, 1, 1);
    lua_pushinteger(L, (lua_Integer)lua_rawlen(L, -1));
    return 1;
}

static int meta_text(lua_State *L)
{
    const struct object *o = luaL_checkudata(L, 1, TYPE);
    lua_pushstring(L, o->name);
    return 1;
}

void object_register(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"__index", meta_index},   {"__newindex", meta_assign}, {"__len", meta_length},
        {"__tostring", meta_text}, {NULL, NULL},
    };
    luaL_newmetatable(L, TYPE);
    luaL_setfuncs(L, methods, 0);
    lua_pop(L, 1);
}

void object_push_root(lua_State *L)
{
    push_object(L, ROOT, kind_name[ROOT]);
}

void object_wrap(lua_State *L, const char *name)
{
    push_object(L, HELD, name);
    lua_insert(L, -2);
    lua_setiuservalue(L, -2, 1);
}

void object_open(lua_State *L, int at)
{
    if (luaL_testudata(L, at, TYPE) == NULL)
        return;
    const struct object *o = check_object(L, at);
    lua_pushvalue(L, at); // keeps `o` alive
    if (o->kind != HELD && o->kind != LIST_OF)
        sandbox_fail(L, "%s cannot be iterated", o->name);
    lua_getiuservalue(L, at, 1);
    lua_replace(L, at);
    for (size_t i = 1; o->kind == LIST_OF && i <= o->n; i++) {
        if (lua_rawgeti(L, at, (lua_Integer)i) == LUA_TNIL) {
            tensor_push(L, from_world(L, o->source, i - 1));
            lua_rawseti(L, at, (lua_Integer)i);
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

// --- params --------------------------------------------------------------------------------------

static void push_numbers(lua_State *L, const struct value *list, const char *name)
{
    lua_createtable(L, (int)list->n, 0);
    for (size_t i = 0; i < list->n; i++) {
        lua_pushnumber(L, list->items[i].number);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    char text[MAX_NAME];
    snprintf(text, sizeof(text), "t.params.%s", name);
    object_wrap(L, text);
}

static void push_param(lua_State *L, const struct loss_param *p, const struct value *v)
{
    switch (p->type) {
    case LOSS_PARAM_NUMBER:
        lua_pushnumber(L, v->number);
        break;
    case LOSS_PARAM_WHOLE:
        lua_pushinteger(L, (lua_Integer)v->number); // declare.c: within 2^53
        break;
    case LOSS_PARAM_BOOL:
        lua_pushboolean(L, v->number != 0);
        break;
    case LOSS_PARAM_CHOICE:
        lua_pushstring(L, v->text);
        break;
    case LOSS_PARAM_NUMBERS:
        push_numbers(L, v, p->name);
        break;
    }
}

void object_push_params(lua_State *L, const struct loss_description *d, const struct value *call)
{
    lua_newtable(L);
    for (size_t i = 0; i < d->n_params; i++) {
        const struct loss_param *p = &d->params[i];
        const struct value *v = call != NULL ? value_arg(call, p->name) : NULL;
        if (v == NULL && p->has_fallback)
            v = &p->fallback;
        if (v == NULL)
            sandbox_fail(L, "the parameter '%s' has no value", p->name);
        push_param(L, p, v);
        lua_setfield(L, -2, p->name);
    }
    object_wrap(L, "t.params");
}
