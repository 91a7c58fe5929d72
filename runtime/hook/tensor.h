// tensor.h -- a node of the graph as a Lua value, with its operators.
//
// A tensor is a userdata that holds a node's number; all its arithmetic builds nodes. It belongs to
// the call it was made in: using it later is an error. Numbers stand for 1 x 1 tensors wherever a
// tensor is expected. Control flow on values is refused as far as Lua lets us.
#ifndef W2S_TENSOR_H
#define W2S_TENSOR_H

#include "graph/graph.h"
#include "hook/loss.h"

#include <lua5.4/lauxlib.h>

// What a running loss function builds into; sandbox_set_trace.
struct trace {
    struct graph *graph;
    const struct loss_world *world;
    const struct loss_description *description;
    const struct value *call;
    bool weighed; // a mean over the rows of the batch was taken
};

void tensor_register(lua_State *L); // the metatable; once a state

// The trace that is going on; raises where there is none.
struct trace *tensor_trace(lua_State *L);
struct graph *tensor_graph(lua_State *L);

// Pushes the tensor of `node`, and returns 1; for NODE_NONE raises what the graph's err says, and
// for good.
int tensor_push(lua_State *L, uint32_t node);
// `node` itself, after the same check.
uint32_t tensor_built(lua_State *L, uint32_t node);

// `x`, by the weights of the rows when it has a row for each of a filtered batch (loss_world).
uint32_t tensor_weighed(lua_State *L, uint32_t x);

bool tensor_is(lua_State *L, int at);
// The node of the tensor or number at `at`; raises for anything else, naming the argument.
uint32_t tensor_check(lua_State *L, int at);
uint32_t tensor_constant(lua_State *L, double x); // raises for what f32 cannot hold
const struct node *tensor_node(lua_State *L, uint32_t node); // valid until the next node is built

// An argument that is a whole number in low..high.
size_t tensor_check_whole(lua_State *L, int at, size_t low, size_t high);

// `x` repeated to `rows` x `cols`, unless it has that shape.
uint32_t tensor_broadcast(lua_State *L, uint32_t x, size_t rows, size_t cols);

#endif
