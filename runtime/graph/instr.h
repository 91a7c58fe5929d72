// instr.h -- one instruction of a program, and the functions that run them (instr.c; those worth
// sharing among threads: shared.c). Between these and program.c only.
#ifndef W2S_GRAPH_INSTR_H
#define W2S_GRAPH_INSTR_H

#include "graph/program.h"

typedef void (*unary_fn)(float *out, const float *x, size_t n);
typedef void (*binary_fn)(float *out, const float *a, const float *b, size_t n);
typedef void (*array_scalar_fn)(float *out, const float *a, float b, size_t n);
typedef void (*scalar_array_fn)(float *out, float a, const float *b, size_t n);
typedef void (*rows_fn)(float *out, const float *x, size_t rows, size_t cols);
typedef void (*rows_back_fn)(float *dx, const float *y, const float *dy, size_t rows, size_t cols);

struct instr {
    void (*run)(const struct instr *i, const struct program *p);
    float *out;
    const float *a, *b;
    size_t rows,
        cols; // of the result; of the operand where a reduction or a row-wise op works on it
    size_t a_step, b_step; // floats from one row to the next; 0: the row is repeated
    union {
        unary_fn unary;
        binary_fn binary;
        array_scalar_fn array_scalar;
        scalar_array_fn scalar_array;
        rows_fn rows;
        rows_back_fn rows_back;
    } kernel;
    union {
        struct gemm gemm;
        uint32_t column;
        struct {
            float *p, *m, *v; // m: adam only
            const float *g;
            const void *step; // struct adam_step or sgd_step
        } update;
    };
    uint32_t node;
};

#define INSTR(name) void run_##name(const struct instr *i, const struct program *p)
INSTR(unary);
INSTR(binary);
INSTR(array_scalar);
INSTR(scalar_array);
INSTR(rows_binary);       // row by row: array op array
INSTR(rows_array_scalar); // row by row: array op one number
INSTR(rows_scalar_array);
INSTR(broadcast);
INSTR(rows); // reductions to rows or columns, softmax
INSTR(rows_back);
INSTR(sum);
INSTR(mean);
INSTR(quantile);
INSTR(one_hot_argmax);
INSTR(column);
INSTR(put_column);
INSTR(gemm);
INSTR(softmax_xent);
INSTR(copy);
INSTR(adam);
INSTR(sgd);

#endif
