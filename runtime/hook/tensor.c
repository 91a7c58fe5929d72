// tensor.c -- see tensor.h.
#include "hook/tensor.h"

#include "hook/power.h"
#include "hook/sandbox.h"

#include <math.h> // constants only
#include <string.h>

static const char TYPE[] = "tensor"; // of the metatable in the registry, and in Lua's messages

enum { STEPS_PER_TENSOR = 40 }; // what making one takes, in VM instructions: half a million fit

struct tensor {
    uint32_t node;
    unsigned call;
};

struct trace *tensor_trace(lua_State *L)
{
    struct trace *trace = sandbox_trace(L);
    if (trace == NULL)
        sandbox_fail(L, "tensors exist only while the function 'loss' runs");
    return trace;
}

struct graph *tensor_graph(lua_State *L)
{
    return tensor_trace(L)->graph;
}

uint32_t tensor_built(lua_State *L, uint32_t node)
{
    const struct err *err = tensor_graph(L)->err;
    if (node != NODE_NONE)
        return node;
    if (!err_is_set(err))
        BUG("a node was not built and nobody said why");
    if (err->hint[0] != '\0')
        sandbox_fail_for_good(L, "%s\n%s", err->text, err->hint);
    sandbox_fail_for_good(L, "%s", err->text);
}

uint32_t tensor_weighed(lua_State *L, uint32_t x)
{
    struct trace *trace = tensor_trace(L);
    struct graph *g = trace->graph;
    const struct loss_world *world = trace->world;
    if (!world->filtered || g->node[tensor_built(L, x)].rows != world->rows)
        return x;
    trace->weighed = true;
    return tensor_built(L, graph_mul(g, x, world->row_weights));
}

int tensor_push(lua_State *L, uint32_t node)
{
    tensor_built(L, node);
    sandbox_spend(L, STEPS_PER_TENSOR);
    struct tensor *t = lua_newuserdatauv(L, sizeof(*t), 0);
    *t = (struct tensor){node, sandbox_call(L)};
    luaL_setmetatable(L, TYPE);
    return 1;
}

bool tensor_is(lua_State *L, int at)
{
    return luaL_testudata(L, at, TYPE) != NULL;
}

static uint32_t node_of(lua_State *L, const struct tensor *t)
{
    if (t->call != sandbox_call(L))
        sandbox_fail(L, "a tensor of an earlier call\n"
                        "A tensor lives as long as the call of the loss it was made in; do not "
                        "keep it in a variable outside.");
    return t->node;
}

uint32_t tensor_constant(lua_State *L, double x)
{
    if (x != x)
        sandbox_fail(L, "a number is NaN, which no tensor is made from");
    if ((x > 3.4028234663852886e38 || x < -3.4028234663852886e38) && x != HUGE_VAL &&
        x != -HUGE_VAL)
        sandbox_fail(L, "the number %g is out of range for a tensor\n"
                        "Tensors hold 32-bit numbers, up to 3.4e38.",
                     x);
    return tensor_built(L, graph_constant(tensor_graph(L), (float)x));
}

uint32_t tensor_check(lua_State *L, int at)
{
    const struct tensor *t = luaL_testudata(L, at, TYPE);
    if (t != NULL)
        return node_of(L, t);
    if (lua_type(L, at) != LUA_TNUMBER)
        luaL_typeerror(L, at, "tensor or number");
    return tensor_constant(L, lua_tonumber(L, at));
}

const struct node *tensor_node(lua_State *L, uint32_t node)
{
    return &tensor_graph(L)->node[node];
}

size_t tensor_check_whole(lua_State *L, int at, size_t low, size_t high)
{
    double x = luaL_checknumber(L, at);
    if (x >= (double)low && x <= (double)high && x == (double)(size_t)x)
        return (size_t)x;
    char text[128];
    if (low == high)
        snprintf(text, sizeof(text), "expected %zu, found %g", low, x);
    else
        snprintf(text, sizeof(text), "expected a whole number from %zu to %zu, found %g", low, high,
                 x);
    luaL_argerror(L, at, text);
    return 0;
}

uint32_t tensor_broadcast(lua_State *L, uint32_t x, size_t rows, size_t cols)
{
    const struct node *n = tensor_node(L, x);
    if (n->rows == rows && n->cols == cols)
        return x;
    return tensor_built(L, graph_broadcast(tensor_graph(L), x, rows, cols));
}

// --- operators -----------------------------------------------------------------------------------

// The operand of an arithmetic operator; either side may be the one that is no tensor.
static uint32_t operand(lua_State *L, int at, const char *verb)
{
    if (!tensor_is(L, at) && lua_type(L, at) != LUA_TNUMBER)
        sandbox_fail(L, "a tensor cannot be %s %s", verb, sandbox_describe(L, at));
    return tensor_check(L, at);
}

static int binary(lua_State *L, enum op op, const char *verb)
{
    uint32_t a = operand(L, 1, verb), b = operand(L, 2, verb);
    return tensor_push(L, graph_op2(tensor_graph(L), op, a, b));
}

static int meta_add(lua_State *L)
{
    return binary(L, OP_ADD, "added to");
}

static int meta_sub(lua_State *L)
{
    return binary(L, OP_SUB, "subtracted from");
}

static int meta_mul(lua_State *L)
{
    return binary(L, OP_MUL, "multiplied with");
}

static int meta_div(lua_State *L)
{
    return binary(L, OP_DIV, "divided by");
}

static int meta_unm(lua_State *L)
{
    return tensor_push(L, graph_neg(tensor_graph(L), tensor_check(L, 1)));
}

static int meta_order(lua_State *L)
{
    sandbox_fail(L, "tensors cannot be compared with < or >\n"
                    "Their values are not known while the loss is traced. lt, le, gt and ge give a "
                    "tensor of 0 and 1, where(condition, a, b) chooses by it.");
}

static int meta_equal(lua_State *L)
{
    sandbox_fail(L, "tensors cannot be compared with == or ~=\n"
                    "Their values are not known while the loss is traced. eq and ne give a tensor "
                    "of 0 and 1, where(condition, a, b) chooses by it.");
}

static int meta_length(lua_State *L)
{
    sandbox_fail(L, "a tensor has no length\nIt has x.rows and x.cols.");
}

static int meta_concat(lua_State *L)
{
    sandbox_fail(L, "a tensor cannot be joined with ..\n"
                    "concat(a, b) puts columns side by side, stack(a, b) rows below each other.");
}

static int meta_call(lua_State *L)
{
    sandbox_fail(L, "a tensor cannot be called");
}

static int meta_index(lua_State *L)
{
    const struct tensor *t = luaL_checkudata(L, 1, TYPE);
    const struct node *n = tensor_node(L, node_of(L, t));
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
    bool rows = strcmp(name, "rows") == 0;
    if (!rows && strcmp(name, "cols") != 0) {
        if (lua_type(L, 2) == LUA_TNUMBER)
            sandbox_fail(L, "a tensor cannot be indexed\n"
                            "slice, rows and column take parts of it, where chooses by value.");
        sandbox_fail(L, "a tensor has no field '%s'\nIt has x.rows and x.cols; what is done with "
                        "it is a function: sum(x).",
                     luaL_tolstring(L, 2, NULL));
    }
    lua_pushinteger(L, (lua_Integer)(rows ? n->rows : n->cols));
    return 1;
}

static int meta_assign(lua_State *L)
{
    sandbox_fail(L, "a tensor cannot be changed\nwhere(condition, a, b) gives a new one.");
}

static int meta_text(lua_State *L)
{
    const struct tensor *t = luaL_checkudata(L, 1, TYPE);
    if (t->call != sandbox_call(L) || sandbox_trace(L) == NULL) {
        lua_pushliteral(L, "tensor of an earlier call");
        return 1;
    }
    const struct node *n = tensor_node(L, t->node);
    lua_pushfstring(L, "tensor of %I x %I", (LUAI_UACINT)n->rows, (LUAI_UACINT)n->cols);
    return 1;
}

void tensor_register(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"__add", meta_add},        {"__sub", meta_sub},       {"__mul", meta_mul},
        {"__div", meta_div},        {"__unm", meta_unm},       {"__pow", power_operator},
        {"__lt", meta_order},       {"__le", meta_order},      {"__eq", meta_equal},
        {"__len", meta_length},     {"__concat", meta_concat}, {"__call", meta_call},
        {"__index", meta_index},    {"__newindex", meta_assign}, {"__tostring", meta_text},
        {NULL, NULL},
    };
    luaL_newmetatable(L, TYPE); // sets __name, which Lua's messages use
    luaL_setfuncs(L, methods, 0);
    lua_pop(L, 1);
}
