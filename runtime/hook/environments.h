// environments.h -- `t.environments` of a loss of kind "invariance": the rows of a batch by the
// environment they come from, each with its logits, hidden layers, labels and risk.
#ifndef W2S_ENVIRONMENTS_H
#define W2S_ENVIRONMENTS_H

#include <lua5.4/lauxlib.h>

// Pushes the list. Raises where the batch has no environments.
void environments_push(lua_State *L);

#endif
