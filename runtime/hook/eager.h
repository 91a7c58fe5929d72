// eager.h -- losses that cannot be traced: a Lua function called at every step, with views of plain
// numbers. Slow by nature; for what depends on values in a way no tensor operation expresses.
#ifndef W2S_EAGER_H
#define W2S_EAGER_H

#include "hook/loss.h"
#include "hook/sandbox.h"

#include <lua5.4/lauxlib.h>

// The views' metatable; once a state.
void eager_register(lua_State *L);

// One use of an eager loss in a graph. Programs of the graph point at it, so it lives as long as
// the loss.
struct eager_use {
    struct sandbox *box;
    const struct loss_description *description;
    const void *function; // the registry key of the Lua function
    struct value call;    // params, copied
    size_t rows, cols;    // of the logits
    bool reads_labels, has_guidance;
    struct err *err;      // the first error of a run
};

// Builds the graph's extern for the loss; NODE_NONE after setting the graph's err.
uint32_t eager_build(struct eager_use *use, const struct loss_world *world);

#endif
