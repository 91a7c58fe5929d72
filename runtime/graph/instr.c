// instr.c -- what each kind of instruction does: a kernel call, or one per row where the kernels do not
// broadcast. Operands and sizes were settled by program.c.
#include "graph/instr.h"

#include "graph/scalar.h"

INSTR(unary)
{
    (void)k, (void)workspace;
    i->kernel.unary(i->out, i->a, i->rows * i->cols);
}

INSTR(binary)
{
    (void)k, (void)workspace;
    i->kernel.binary(i->out, i->a, i->b, i->rows * i->cols);
}

INSTR(array_scalar)
{
    (void)k, (void)workspace;
    i->kernel.array_scalar(i->out, i->a, *i->b, i->rows * i->cols);
}

INSTR(scalar_array)
{
    (void)k, (void)workspace;
    i->kernel.scalar_array(i->out, *i->a, i->b, i->rows * i->cols);
}

INSTR(rows_binary)
{
    (void)k, (void)workspace;
    for (size_t r = 0; r < i->rows; r++)
        i->kernel.binary(i->out + r * i->cols, i->a + r * i->a_step, i->b + r * i->b_step, i->cols);
}

INSTR(rows_array_scalar)
{
    (void)k, (void)workspace;
    for (size_t r = 0; r < i->rows; r++)
        i->kernel.array_scalar(i->out + r * i->cols, i->a + r * i->a_step, i->b[r * i->b_step], i->cols);
}

INSTR(rows_scalar_array)
{
    (void)k, (void)workspace;
    for (size_t r = 0; r < i->rows; r++)
        i->kernel.scalar_array(i->out + r * i->cols, i->a[r * i->a_step], i->b + r * i->b_step, i->cols);
}

INSTR(broadcast) // a_step as for the others; b_step: 1 when a has one number per row
{
    (void)workspace;
    for (size_t r = 0; r < i->rows; r++) {
        float *out = i->out + r * i->cols;
        if (i->b_step != 0)
            k->fill(out, i->a[r * i->a_step], i->cols);
        else
            k->copy(out, i->a + r * i->a_step, i->cols);
    }
}

INSTR(rows)
{
    (void)k, (void)workspace;
    i->kernel.rows(i->out, i->a, i->rows, i->cols);
}

INSTR(rows_back)
{
    (void)k, (void)workspace;
    i->kernel.rows_back(i->out, i->a, i->b, i->rows, i->cols);
}

INSTR(sum)
{
    (void)workspace;
    *i->out = (float)k->sum_f64(i->a, i->rows * i->cols);
}

INSTR(mean)
{
    (void)workspace;
    size_t n = i->rows * i->cols;
    *i->out = (float)(k->sum_f64(i->a, n) / (double)n);
}

INSTR(quantile)
{
    (void)k, (void)workspace;
    *i->out = scalar_quantile(i->a, i->rows, *i->b);
}

INSTR(one_hot_argmax) // workspace: rows class numbers
{
    uint32_t *cls = workspace;
    k->row_argmax(cls, i->a, i->rows, i->cols);
    k->one_hot(i->out, cls, i->rows, i->cols);
}

INSTR(column)
{
    (void)k, (void)workspace;
    scalar_column(i->out, i->a, i->column, i->rows, i->cols);
}

INSTR(put_column)
{
    (void)k, (void)workspace;
    scalar_put_column(i->out, i->a, i->column, i->rows, i->cols);
}

INSTR(gemm)
{
    gemm(k, &i->gemm, workspace);
}

INSTR(softmax_xent) // dz, then the losses
{
    (void)workspace;
    k->softmax_xent(i->out + i->rows * i->cols, i->out, i->a, i->b, i->rows, i->cols);
}

INSTR(copy)
{
    (void)workspace;
    k->copy(i->out, i->a, i->rows * i->cols);
}

INSTR(adam)
{
    (void)workspace;
    k->adam(i->update.p, i->update.m, i->update.v, i->update.g, i->rows * i->cols, i->update.step);
}

INSTR(sgd)
{
    (void)workspace;
    const struct sgd_step *s = i->update.step;
    k->sgd(i->update.p, i->update.v, i->update.g, i->rows * i->cols, s->lr, s->momentum, s->decay,
           s->nesterov);
}
