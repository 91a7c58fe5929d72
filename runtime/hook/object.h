// object.h -- read-only tables for scripts: what is not there is an error that says what is.
//
// `t` and its parts are objects whose fields are made when they are first read (fields.def).
// Params, results of forward and what an eager loss is given are objects that hold a table. All die
// with the call they were made in.
#ifndef W2S_OBJECT_H
#define W2S_OBJECT_H

#include <lua5.4/lauxlib.h>

struct value;

void object_register(lua_State *L); // the metatable; once a state

void object_push_root(lua_State *L); // `t`

// Pops the table on the top of the stack and pushes an object that holds it, called `name` in
// messages.
void object_wrap(lua_State *L, const char *name);

// Where the value at `at` is an object that holds a table, or a list, puts that table in its place.
void object_open(lua_State *L, int at);

// Pushes an object with the params of a description, as `call` has them.
struct loss_description;
void object_push_params(lua_State *L, const struct loss_description *d, const struct value *call);

#endif
