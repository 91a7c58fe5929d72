// instr.h -- one instruction of a program, and the functions that run them (instr.c; those worth
// sharing among threads: shared.c). Between these and program.c only.
#ifndef W2S_GRAPH_INSTR_H
#define W2S_GRAPH_INSTR_H

#include "graph/program.h"

typedef void (*unary_fn)(float *out, const float *x, size_t n);
typedef void (*binary_fn)(float *out, const float *a, const float *b, size_t n);
typedef void (*covered_fn)(float *out, const float *a, const float *b, const struct cover *cover);
typedef void (*array_scalar_fn)(float *out, const float *a, float b, size_t n);
typedef void (*scalar_array_fn)(float *out, float a, const float *b, size_t n);
typedef void (*rows_fn)(float *out, const float *x, size_t rows, size_t cols);
typedef void (*select_fn)(float *out, const float *mask, const float *a, const float *b, size_t n);
typedef void (*picked_fn)(float *out, const float *x, const float *index, size_t rows, size_t cols,
                          size_t picked);
typedef void (*rows_back_fn)(float *dx, const float *y, const float *dy, size_t rows, size_t cols);

struct instr {
    void (*run)(const struct instr *i, const struct program *p);
    float *out;
    const float *a, *b, *c;
    size_t rows,
        cols; // of the result; of the operand where a reduction or a row-wise op works on it
    union {
        unary_fn unary;
        binary_fn binary;
        covered_fn covered;
        array_scalar_fn array_scalar;
        scalar_array_fn scalar_array;
        rows_fn rows;
        rows_back_fn rows_back;
        select_fn select;
        picked_fn picked;
    } kernel;
    union {
        struct gemm gemm;
        struct cover cover;
        struct {
            size_t row, col, rows, cols; // of the part; ld: columns of the whole
            size_t ld;
        } rectangle;
        struct {
            struct window window;
            size_t images, outputs;
            bool relu;
        } conv; // and pooling
        size_t picked;
        bool reverse;
        struct {
            const struct graph_extern *call; // a copy the program owns
            size_t size[3];
        } foreign;
        struct {
            float *p, *m, *v; // m: adam only
            const float *g;
            const void *step; // struct adam_step or sgd_step
        } update;
    };
    // A run of tiles is an instruction of its own, run_tiles, followed by those it runs.
    uint32_t members;     // of a run
    size_t tile_rows;     // of a run
    size_t out_advance, a_advance, b_advance, c_advance; // of a member: floats from row to row
    uint32_t node;
};

#define INSTR(name) void run_##name(const struct instr *i, const struct program *p)
INSTR(tiles);
INSTR(unary);
INSTR(binary);
INSTR(array_scalar);
INSTR(scalar_array);
INSTR(covered); // two operands, at least one of which repeats
INSTR(broadcast);
INSTR(rows); // reductions to rows or columns, softmax
INSTR(rows_back);
INSTR(sum);
INSTR(mean);
INSTR(quantile);
INSTR(one_hot_argmax);
INSTR(select);
INSTR(slice);
INSTR(pad);
INSTR(transpose);
INSTR(cumsum);
INSTR(row_argmax);
INSTR(row_argsort);
INSTR(picked); // gathers and scatters
INSTR(foreign);
INSTR(gemm);
INSTR(softmax_xent);
INSTR(copy);
INSTR(adam);
INSTR(sgd);

#endif
