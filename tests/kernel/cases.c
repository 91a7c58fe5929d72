// cases.c -- one description for each line of kernels.def.
#include "check.h"

// Calls: p[0] is the first output, and so on, in the order of the kernel's arguments.
#define RUN(name, ...)                                                          \
    static void run_##name(const struct kernels *k, const struct args *a)       \
    {                                                                           \
        k->name(__VA_ARGS__);                                                   \
    }
#define OUT(len, ...) { OUTPUT, len, FLOATS, { __VA_ARGS__ } }
#define IN(len) { INPUT, len, FLOATS, { 0 } }

#define UNARY(name)                                          \
    RUN(name, a->p[0], a->p[1], a->n)                        \
    static const struct kernel_case case_##name = {          \
        #name, false, false, { OUT(LEN_N, 1), IN(LEN_N) }, run_##name,        \
    };
#define ARRAYS(name)                                         \
    RUN(name, a->p[0], a->p[1], a->p[2], a->n)               \
    static const struct kernel_case case_##name = {          \
        #name, false, false, { OUT(LEN_N, 1, 2), IN(LEN_N), IN(LEN_N) }, run_##name, \
    };
#define ARRAY_SCALAR(name)                                   \
    RUN(name, a->p[0], a->p[1], a->s[0], a->n)               \
    static const struct kernel_case case_##name = {          \
        #name, false, false, { OUT(LEN_N, 1), IN(LEN_N) }, run_##name,        \
    };
#define SCALAR_ARRAY(name)                                   \
    RUN(name, a->p[0], a->s[0], a->p[1], a->n)               \
    static const struct kernel_case case_##name = {          \
        #name, false, false, { OUT(LEN_N, 1), IN(LEN_N) }, run_##name,        \
    };
#define MATRIX(name, needs_cols, ...)                        \
    static const struct kernel_case case_##name = {          \
        #name, true, needs_cols, { __VA_ARGS__ }, run_##name, \
    };

UNARY(neg)
UNARY(abs)
UNARY(sqrt)
UNARY(exp)
UNARY(log)
UNARY(tanh)
UNARY(sigmoid)
UNARY(relu)
UNARY(gelu)
UNARY(step)
UNARY(gelu_slope)
UNARY(log1p)
UNARY(expm1)
UNARY(softplus)
UNARY(erf)
UNARY(lgamma)
UNARY(digamma)
UNARY(trigamma)
UNARY(sin)
UNARY(cos)
ARRAYS(add)
ARRAYS(sub)
ARRAYS(mul)
ARRAYS(div)
ARRAYS(max)
ARRAYS(min)
ARRAYS(greater)
ARRAYS(greater_equal)
ARRAYS(equal)
ARRAY_SCALAR(add_s)
ARRAY_SCALAR(sub_s)
ARRAY_SCALAR(mul_s)
ARRAY_SCALAR(div_s)
SCALAR_ARRAY(s_sub)
SCALAR_ARRAY(s_div)
ARRAY_SCALAR(max_s)
ARRAY_SCALAR(min_s)
ARRAY_SCALAR(greater_s)
ARRAY_SCALAR(greater_equal_s)
ARRAY_SCALAR(equal_s)
SCALAR_ARRAY(s_greater)
SCALAR_ARRAY(s_greater_equal)
ARRAY_SCALAR(pow_s)
ARRAYS(relu_back)
ARRAYS(tanh_back)

// An R x C operand, a number per row and a number per column, as chance takes two of them.
#define ROWS(name)                                                                         \
    static void run_##name##_rows(const struct kernels *k, const struct args *args)        \
    {                                                                                      \
        struct cover cover;                                                                \
        const float *a, *b;                                                                \
        operands_that_repeat(&a, &b, &cover, args);                                        \
        k->name##_rows(args->p[0], a, b, &cover);                                          \
    }                                                                                      \
    static const struct kernel_case case_##name##_rows = {                                 \
        #name "_rows", true, false,                                                        \
        { OUT(LEN_ROWS_COLS, 1), IN(LEN_ROWS_COLS), IN(LEN_ROWS), IN(LEN_COLS) },          \
        run_##name##_rows,                                                                 \
    };

static void operands_that_repeat(const float **a, const float **b, struct cover *cover,
                                 const struct args *args)
{
    static const int pairs[8][2] = { { 1, 3 }, { 3, 1 }, { 1, 2 }, { 2, 1 },
                                     { 2, 3 }, { 3, 2 }, { 1, 3 }, { 1, 2 } };
    const size_t row[4] = { 0, args->cols, 1, 0 }, col[4] = { 0, 1, 0, 1 };
    int chance = (args->s[0] > 0) + 2 * (args->s[1] > 0) + 4 * (args->s[2] > 0);
    int i = pairs[chance][0], j = pairs[chance][1];

    *a = args->p[i];
    *b = args->p[j];
    *cover = (struct cover){ args->rows, args->cols, row[i], col[i], row[j], col[j] };
}

ROWS(add)
ROWS(sub)
ROWS(mul)
ROWS(div)
ROWS(max)
ROWS(min)
ROWS(greater)
ROWS(greater_equal)
ROWS(equal)

static void run_broadcast(const struct kernels *k, const struct args *a)
{
    bool number = a->s[0] > 0; // one per row, else one per column
    k->broadcast(a->p[0], a->p[number ? 1 : 2], number, !number, a->rows, a->cols);
}

MATRIX(broadcast, false, OUT(LEN_ROWS_COLS, 0), IN(LEN_ROWS), IN(LEN_COLS))

RUN(select, a->p[0], a->p[1], a->p[2], a->p[3], a->n)
static const struct kernel_case case_select = {
    "select",   false, false,
    { OUT(LEN_N, 1, 2, 3), { INPUT, LEN_N, MASK, { 0 } }, IN(LEN_N), IN(LEN_N) },
    run_select,
};

static void run_sum_f64(const struct kernels *k, const struct args *a)
{
    *(double *)a->p[0] = k->sum_f64(a->p[1], a->n);
}

static const struct kernel_case case_sum_f64 = {
    "sum_f64", false, false, { { OUTPUT, LEN_ONE, DOUBLES, { 0 } }, IN(LEN_N) }, run_sum_f64,
};

static void run_dot_f64(const struct kernels *k, const struct args *a)
{
    *(double *)a->p[0] = k->dot_f64(a->p[1], a->p[2], a->n);
}

static const struct kernel_case case_dot_f64 = {
    "dot_f64",   false, false, { { OUTPUT, LEN_ONE, DOUBLES, { 0 } }, IN(LEN_N), IN(LEN_N) },
    run_dot_f64,
};

RUN(row_sum, a->p[0], a->p[1], a->rows, a->cols)
MATRIX(row_sum, false, OUT(LEN_ROWS, 0), IN(LEN_ROWS_COLS))
RUN(row_max, a->p[0], a->p[1], a->rows, a->cols)
MATRIX(row_max, false, OUT(LEN_ROWS, 0), IN(LEN_ROWS_COLS))
RUN(col_sum, a->p[0], a->p[1], a->rows, a->cols)
MATRIX(col_sum, false, OUT(LEN_COLS, 0), IN(LEN_ROWS_COLS))
RUN(row_argmax, a->p[0], a->p[1], a->rows, a->cols)
MATRIX(row_argmax, true, { OUTPUT, LEN_ROWS, CLASSES, { 0 } }, IN(LEN_ROWS_COLS))

RUN(softmax, a->p[0], a->p[1], a->rows, a->cols)
MATRIX(softmax, false, OUT(LEN_ROWS_COLS, 1), IN(LEN_ROWS_COLS))
RUN(log_softmax, a->p[0], a->p[1], a->rows, a->cols)
MATRIX(log_softmax, false, OUT(LEN_ROWS_COLS, 1), IN(LEN_ROWS_COLS))
RUN(log_softmax_back, a->p[0], a->p[1], a->p[2], a->rows, a->cols)
MATRIX(log_softmax_back, false, OUT(LEN_ROWS_COLS, 1, 2), IN(LEN_ROWS_COLS), IN(LEN_ROWS_COLS))
RUN(softmax_back, a->p[0], a->p[1], a->p[2], a->rows, a->cols)
MATRIX(softmax_back, false, OUT(LEN_ROWS_COLS, 1, 2), IN(LEN_ROWS_COLS), IN(LEN_ROWS_COLS))
RUN(softmax_xent, a->p[0], a->p[1], a->p[2], a->p[3], a->rows, a->cols)
MATRIX(softmax_xent, false, OUT(LEN_ROWS, 0), OUT(LEN_ROWS_COLS, 2), IN(LEN_ROWS_COLS),
       IN(LEN_ROWS_COLS))
RUN(row_cumsum, a->p[0], a->p[1], a->rows, a->cols, a->s[0] > 0)
MATRIX(row_cumsum, false, OUT(LEN_ROWS_COLS, 1), IN(LEN_ROWS_COLS))

UNARY(copy)
RUN(fill, a->p[0], a->s[0], a->n)
static const struct kernel_case case_fill = { "fill", false, false, { OUT(LEN_N, 0) }, run_fill };
RUN(gather, a->p[0], a->p[1], a->p[2], a->rows, a->cols)
MATRIX(gather, false, OUT(LEN_ROWS_COLS, 0), IN(LEN_SOURCE),
       { INPUT, LEN_ROWS, ROW_NUMBERS, { 0 } })
RUN(gather_u8, a->p[0], a->p[1], a->s[0], a->p[2], a->rows, a->cols)
MATRIX(gather_u8, false, OUT(LEN_ROWS_COLS, 0), { INPUT, LEN_SOURCE, BYTES, { 0 } },
       { INPUT, LEN_ROWS, ROW_NUMBERS, { 0 } })
RUN(one_hot, a->p[0], a->p[1], a->rows, a->cols)
MATRIX(one_hot, false, OUT(LEN_ROWS_COLS, 0), { INPUT, LEN_ROWS, CLASSES, { 0 } })
RUN(transpose, a->p[0], a->p[1], a->rows, a->cols)
MATRIX(transpose, false, OUT(LEN_ROWS_COLS, 0), IN(LEN_ROWS_COLS))

RUN(sgd, a->p[0], a->p[1], a->p[2], a->n, a->s[0], a->s[1], a->s[2], a->s[3] > 0)
static const struct kernel_case case_sgd = {
    "sgd",   false, false,
    { { UPDATED, LEN_N, FLOATS, { 0 } }, { UPDATED, LEN_N, FLOATS, { 0 } }, IN(LEN_N) },
    run_sgd,
};

static void run_adam(const struct kernels *k, const struct args *a)
{
    const struct adam_step step = {
        a->s[0], 1 - a->s[0], a->s[1], 1 - a->s[1], a->s[2], a->s[3], 1e-8f, a->s[4], a->s[5],
    };
    k->adam(a->p[0], a->p[1], a->p[2], a->p[3], a->n, &step);
}

static const struct kernel_case case_adam = {
    "adam",   false, false,
    { { UPDATED, LEN_N, FLOATS, { 0 } },
      { UPDATED, LEN_N, FLOATS, { 0 } },
      { UPDATED, LEN_N, POSITIVE, { 0 } },
      IN(LEN_N) },
    run_adam,
};

// The parts of gemm as the general trials see them: a tile of 4 x 10, which fits every table, k
// being n. matrix.c tests them, and gemm(), in full.
RUN(gemm_tile, a->p[0], 16, a->p[1], a->s[0] > 0 ? 1 : a->n, a->s[0] > 0 ? 4 : 1, a->p[2], 16, a->n,
    4, 10, a->s[1] > 0, a->s[2] > 0 ? a->p[3] : NULL, a->s[3] > 0)
static const struct kernel_case case_gemm_tile = {
    "gemm_tile", false, false,
    { { UPDATED, LEN_TILE, FLOATS, { 0 } }, IN(LEN_4N), IN(LEN_16N), IN(LEN_TILE) },
    run_gemm_tile,
};
RUN(gemm_pack, a->p[0], a->cols, a->p[1], a->cols, a->rows, a->cols)
MATRIX(gemm_pack, false, OUT(LEN_ROWS_COLS, 0), IN(LEN_ROWS_COLS))
RUN(gemm_pack_transposed, a->p[0], a->cols, a->p[1], a->rows, a->rows, a->cols)
MATRIX(gemm_pack_transposed, false, OUT(LEN_ROWS_COLS, 0), IN(LEN_ROWS_COLS))
RUN(gemm_turn, a->p[0], a->cols, a->p[1], a->rows, a->s[0] > 0 ? a->p[2] : NULL, a->rows, a->cols,
    a->s[1] > 0)
MATRIX(gemm_turn, false, OUT(LEN_ROWS_COLS, 0), { UPDATED, LEN_ROWS_COLS, FLOATS, { 0 } },
       IN(LEN_COLS))

const struct kernel_case *const kernel_cases[] = {
#define KERNEL(result, name, arguments) &case_##name,
#include "kernel/kernels.def"
#undef KERNEL
};
const size_t kernel_case_count = sizeof kernel_cases / sizeof *kernel_cases;
