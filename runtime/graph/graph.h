// graph.h -- a graph of tensor ops: built, differentiated, rewritten, then compiled to a program.
//
// Life cycle: graph_init; build nodes; graph_gradient (grad.h); graph_optimise (rewrite.h);
// graph_place (place.h); program_compile (program.h); graph_release. A graph knows shapes and
// nothing of losses or models: a loss is a function that builds nodes, whoever wrote it.
//
// A node is a number; operands come before their users, so the order of numbers is an order of
// execution. Equal nodes are one node. Building never needs a check after each call: the first
// error is kept in the graph's err (shapes that do not fit are ERR_DATA), the failing call and all
// calls that use its result return NODE_NONE.
//
// Shapes: ops.def. Binary elementwise ops broadcast along sides of 1.
#ifndef W2S_GRAPH_H
#define W2S_GRAPH_H

#include "base/err.h"

#define NODE_NONE UINT32_MAX

enum op {
#define OP(ID, name, arity, shape, in_place, gradient) OP_##ID,
#include "graph/ops.def"
    OP_COUNT
};

enum shape_rule {
    SHAPE_GIVEN,
    SHAPE_SAME,
    SHAPE_BROADCAST,
    SHAPE_ROWS,
    SHAPE_COLS,
    SHAPE_SCALAR,
    SHAPE_PRODUCT,
    SHAPE_OTHER,
};

struct op_info {
    const char *name;
    unsigned arity;
    enum shape_rule shape;
    unsigned in_place; // bit i: may be written over operand i
};

extern const struct op_info op_info[OP_COUNT];

enum { NODE_MAX_ARITY = 3, GRAPH_MAX_NODES = 1 << 20 };

struct node {
    enum op op;
    uint32_t in[NODE_MAX_ARITY]; // NODE_NONE beyond the arity
    size_t rows, cols;
    size_t offset;  // PARAM, STORE, VIEW: in floats
    uint32_t index; // INPUT: slot; COLUMN, PUT_COLUMN: column
    float value;    // CONSTANT
    bool transposed[2]; // MATMUL, AFFINE: operands 0 and 1
    bool relu;      // AFFINE
};

struct graph {
    struct node *node;
    uint32_t n;
    size_t cap;
    uint32_t *output; // nodes whose values are kept to the end of a run
    uint32_t n_outputs;
    size_t output_cap;
    uint32_t *chain, *bucket; // equal nodes are found by hash: heads, and the next of each node
    size_t chain_cap;
    struct err *err; // borrowed
};

void graph_init(struct graph *g, struct err *err);
void graph_release(struct graph *g);
bool graph_failed(const struct graph *g);

// Leaves.
uint32_t graph_input(struct graph *g, uint32_t slot, size_t rows, size_t cols);
uint32_t graph_param(struct graph *g, size_t offset, size_t rows, size_t cols);
uint32_t graph_constant(struct graph *g, float value);

// graph_exp(g, x), graph_add(g, a, b): one function per elementwise op.
uint32_t graph_op1(struct graph *g, enum op op, uint32_t x);
uint32_t graph_op2(struct graph *g, enum op op, uint32_t a, uint32_t b);
#define OP(ID, name, arity, shape, in_place, gradient)
#define UNARY(ID, name, kernel, gradient)                                                          \
    static inline uint32_t graph_##name(struct graph *g, uint32_t x)                               \
    {                                                                                              \
        return graph_op1(g, OP_##ID, x);                                                           \
    }
#define COMMUTATIVE(ID, name, kernel, kernel_s, gradient)                                          \
    static inline uint32_t graph_##name(struct graph *g, uint32_t a, uint32_t b)                   \
    {                                                                                              \
        return graph_op2(g, OP_##ID, a, b);                                                        \
    }
#define ORDERED(ID, name, kernel, kernel_s, s_kernel, gradient)                                    \
    COMMUTATIVE(ID, name, kernel, kernel_s, gradient)
#include "graph/ops.def"

// The exponent is 1 x 1. A constant one of 1, 2 .. 8 is multiplied out, so x may be negative there.
uint32_t graph_pow(struct graph *g, uint32_t x, uint32_t exponent);
uint32_t graph_detach(struct graph *g, uint32_t x);
uint32_t graph_matmul(struct graph *g, uint32_t a, bool a_transposed, uint32_t b,
                      bool b_transposed);
uint32_t graph_broadcast(struct graph *g, uint32_t x, size_t rows, size_t cols);
uint32_t graph_view(struct graph *g, uint32_t x, size_t offset, size_t rows, size_t cols);

uint32_t graph_row_sum(struct graph *g, uint32_t x);
uint32_t graph_row_max(struct graph *g, uint32_t x);
uint32_t graph_col_sum(struct graph *g, uint32_t x);
uint32_t graph_sum(struct graph *g, uint32_t x);
uint32_t graph_mean(struct graph *g, uint32_t x);
// Linear interpolation between order statistics at rank q (R - 1), the default of NumPy and
// PyTorch; q is clamped to 0..1. median: q = 0.5.
uint32_t graph_quantile(struct graph *g, uint32_t x, uint32_t q);
uint32_t graph_median(struct graph *g, uint32_t x);

uint32_t graph_softmax(struct graph *g, uint32_t z);
uint32_t graph_log_softmax(struct graph *g, uint32_t z);
uint32_t graph_one_hot_argmax(struct graph *g, uint32_t x);
uint32_t graph_column(struct graph *g, uint32_t x, uint32_t index);
uint32_t graph_put_column(struct graph *g, uint32_t x, uint32_t index, size_t cols);

// Marks a node whose value the caller reads after a run: output number n_outputs - 1.
void graph_output(struct graph *g, uint32_t x);

// Adds a node as it stands, its shape worked out unless the rule is GIVEN; the passes use this.
uint32_t graph_add_node(struct graph *g, const struct node *node);

bool node_same_shape(const struct node *a, const struct node *b);
size_t node_size(const struct node *node); // rows * cols; cannot overflow

// The spec: every node against ops.def and the rules of its op, operands before users, parameters
// within n_params. A graph that breaks it is our own bug; `err` says which node and why.
W2S_MUST_CHECK int graph_verify(const struct graph *g, size_t n_params, struct err *err);

#endif
