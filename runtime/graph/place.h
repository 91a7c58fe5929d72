// place.h -- where every value of a graph lies, decided before the first run.
//
// A value lives from the node that makes it to its last reader; values that do not live at the same
// time share memory, and an op that may write over a dying operand does (ops.def, in_place).
// Outputs live to the end. A gradient is made where the optimiser reads it, so its STORE needs no
// copy. Within a run of tiles (tile.h) nothing makes room before the run has ended, since its ops
// take turns.
#ifndef W2S_PLACE_H
#define W2S_PLACE_H

#include "graph/tile.h"

enum place_where {
    PLACE_BLOCK,    // the block of temporary values
    PLACE_INPUT,    // whoever runs the program holds it; `offset` is 0
    PLACE_PARAM,    // the parameters
    PLACE_GRADIENT, // the gradient array
    PLACE_CONSTANT, // the program's own constants
};

struct place {
    enum place_where where;
    uint32_t base;   // the node whose memory this is: itself unless an alias
    size_t offset;   // in floats, within `where`
    uint32_t last;   // the last node that reads it (of the base: of all its aliases); n: to the end
};

struct placement {
    struct place *place; // by node
    size_t block;        // floats of the block; all offsets are multiples of 16 (64 bytes)
    size_t constants;    // floats
    struct tiles tiles;   // none when everything is kept
    size_t without_reuse; // floats the block would have if nothing shared memory, for figures
};

// `keep_all`: every value has memory of its own; the yardstick of tests.
void graph_place(struct placement *p, const struct graph *g, bool keep_all);
void placement_release(struct placement *p);

#endif
