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
#include "kernel/window.h"

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
    size_t offset;  // PARAM, STORE, VIEW: in floats; SLICE, PAD: row
    uint32_t index; // INPUT: slot; SLICE, PAD: column; CUMSUM: 1 from the end; EXTERN: which
    float value;    // CONSTANT
    bool transposed[2]; // MATMUL, AFFINE: operands 0 and 1
    bool relu;      // AFFINE, CONV_AFFINE
    struct window window; // CONV and its kin, POOL
};

// A number and its gradient by `in[0]` computed by a function of the caller's at every run: for
// losses that cannot be traced. `gradient` has the shape of in[0], is zero on entry, and is scaled
// by whatever is done with the number. Up to three inputs, as doubles; NULL where there is none.
// What `data` points at must outlive every program of the graph. A program with one runs on the
// thread that owns `data`.
struct graph_extern {
    void (*run)(void *data, double *value, double *gradient, const double *const in[3]);
    void *data;
};

struct graph {
    struct node *node;
    uint32_t n;
    size_t cap;
    uint32_t *output; // nodes whose values are kept to the end of a run
    uint32_t n_outputs;
    size_t output_cap;
    struct graph_extern *externs;
    uint32_t n_externs;
    size_t extern_cap;
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
// Rows of x are images; w is size^2 channels x O. A row of O numbers for each place of each image.
uint32_t graph_conv(struct graph *g, uint32_t x, uint32_t w, const struct window *window);
// Rows of x stay rows; windows without padding.
uint32_t graph_pool_max(struct graph *g, uint32_t x, const struct window *window);
uint32_t graph_pool_mean(struct graph *g, uint32_t x, const struct window *window);
uint32_t graph_view(struct graph *g, uint32_t x, size_t offset, size_t rows, size_t cols);

uint32_t graph_row_sum(struct graph *g, uint32_t x);
uint32_t graph_row_max(struct graph *g, uint32_t x);
uint32_t graph_col_sum(struct graph *g, uint32_t x);
uint32_t graph_sum(struct graph *g, uint32_t x);
uint32_t graph_mean(struct graph *g, uint32_t x);
// Linear interpolation between order statistics at rank q (R - 1), the default of NumPy and
// PyTorch; q is clamped to 0..1.
uint32_t graph_quantile(struct graph *g, uint32_t x, uint32_t q);

uint32_t graph_softmax(struct graph *g, uint32_t z);
uint32_t graph_log_softmax(struct graph *g, uint32_t z);
uint32_t graph_one_hot_argmax(struct graph *g, uint32_t x);
// A rectangle of x, from row and column 0-based; and its reverse, x in rows x cols zeros.
uint32_t graph_slice(struct graph *g, uint32_t x, size_t row, size_t col, size_t rows, size_t cols);
uint32_t graph_pad(struct graph *g, uint32_t x, size_t row, size_t col, size_t rows, size_t cols);
uint32_t graph_transpose(struct graph *g, uint32_t x);
uint32_t graph_reshape(struct graph *g, uint32_t x, size_t rows, size_t cols); // row-major order
uint32_t graph_iota(struct graph *g, size_t n); // 1 x n: 1, 2 .. n
uint32_t graph_cumsum(struct graph *g, uint32_t x, bool reverse); // along each row
// cond != 0 ? a : b; all of one shape.
uint32_t graph_where(struct graph *g, uint32_t cond, uint32_t a, uint32_t b);

// Indices are f32 whole numbers counted from 1; no gradient goes through them. An index that is
// not in 1..C (or in 1..R for rows) reads 0 and adds nothing.
uint32_t graph_row_argmax(struct graph *g, uint32_t x);  // R x 1: the first of the largest
uint32_t graph_row_argsort(struct graph *g, uint32_t x); // R x C: ascending, ties by position
uint32_t graph_row_gather(struct graph *g, uint32_t x, uint32_t index);  // R x C, R x K -> R x K
uint32_t graph_gather_rows(struct graph *g, uint32_t x, uint32_t index); // N x C, P x 1 -> P x C

// dy/dx as a node of the shape of x, which may be differentiated again; y is 1 x 1. x may be any
// node y was built from; zeros where y does not depend on it.
uint32_t graph_derivative(struct graph *g, uint32_t y, uint32_t x);

// The number of `e`, 1 x 1; inputs beyond those there are: NODE_NONE.
uint32_t graph_extern(struct graph *g, const struct graph_extern *e, const uint32_t in[3]);

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
