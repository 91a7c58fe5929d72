// tile.h -- runs of row-wise work, done a tile of rows at a time, so that what one op makes is still
// in the first-level cache when the next one reads it; what only the run itself reads has memory for
// one tile.
//
//     exp x  ->  e,   e * y  ->  p,   row_sum p  ->  s
//     for each tile of rows:  exp x -> e',   e' * y -> p',   row_sum p' -> s
//
// A run is ops that follow each other, all with the same number of rows, each of whose rows depends
// on the same row of its operands, or on operands of one row. Cutting by rows changes no bit: no
// kernel sums over rows there. What is too small to leave the cache is not cut.
#ifndef W2S_TILE_H
#define W2S_TILE_H

#include "graph/graph.h"

struct tile_run {
    uint32_t first, last; // nodes
    size_t rows;          // of a tile
};

struct tiles {
    uint32_t *of;  // by node: its run, or NODE_NONE
    bool *local;   // by node: of one tile only
    struct tile_run *run;
    size_t n, cap;
};

// Leaves and aliases, which need no code, neither belong to a run nor end one.
void graph_tiles(struct tiles *t, const struct graph *g);
void tiles_release(struct tiles *t);

// Rows of memory that the value of a node has.
size_t tile_rows_of(const struct tiles *t, const struct graph *g, uint32_t id);

#endif
