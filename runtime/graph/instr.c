// instr.c -- what each kind of instruction does: a kernel call, or one per row where the kernels do
// not broadcast. Operands and sizes were settled by program.c.
#include "graph/instr.h"

#include "graph/scalar.h"

INSTR(unary)
{
    (void)p;
    i->kernel.unary(i->out, i->a, i->rows * i->cols);
}

INSTR(binary)
{
    (void)p;
    i->kernel.binary(i->out, i->a, i->b, i->rows * i->cols);
}

INSTR(array_scalar)
{
    (void)p;
    i->kernel.array_scalar(i->out, i->a, *i->b, i->rows * i->cols);
}

INSTR(scalar_array)
{
    (void)p;
    i->kernel.scalar_array(i->out, *i->a, i->b, i->rows * i->cols);
}

INSTR(rows_binary)
{
    (void)p;
    for (size_t r = 0; r < i->rows; r++)
        i->kernel.binary(i->out + r * i->cols, i->a + r * i->a_step, i->b + r * i->b_step, i->cols);
}

INSTR(rows_array_scalar)
{
    (void)p;
    for (size_t r = 0; r < i->rows; r++)
        i->kernel.array_scalar(i->out + r * i->cols, i->a + r * i->a_step, i->b[r * i->b_step],
                               i->cols);
}

INSTR(rows_scalar_array)
{
    (void)p;
    for (size_t r = 0; r < i->rows; r++)
        i->kernel.scalar_array(i->out + r * i->cols, i->a[r * i->a_step], i->b + r * i->b_step,
                               i->cols);
}

INSTR(broadcast) // a_step as for the others; b_step: 1 when a has one number per row
{
    for (size_t r = 0; r < i->rows; r++) {
        float *out = i->out + r * i->cols;
        if (i->b_step != 0)
            p->kernels->fill(out, i->a[r * i->a_step], i->cols);
        else
            p->kernels->copy(out, i->a + r * i->a_step, i->cols);
    }
}

INSTR(rows)
{
    (void)p;
    i->kernel.rows(i->out, i->a, i->rows, i->cols);
}

INSTR(rows_back)
{
    (void)p;
    i->kernel.rows_back(i->out, i->a, i->b, i->rows, i->cols);
}

INSTR(sum)
{
    *i->out = (float)p->kernels->sum_f64(i->a, i->rows * i->cols);
}

INSTR(mean)
{
    size_t n = i->rows * i->cols;
    *i->out = (float)(p->kernels->sum_f64(i->a, n) / (double)n);
}

INSTR(quantile)
{
    (void)p;
    *i->out = scalar_quantile(i->a, i->rows, *i->b);
}

INSTR(one_hot_argmax) // workspace: rows class numbers
{
    uint32_t *cls = (uint32_t *)(void *)p->workspace;
    p->kernels->row_argmax(cls, i->a, i->rows, i->cols);
    p->kernels->one_hot(i->out, cls, i->rows, i->cols);
}

INSTR(column)
{
    (void)p;
    scalar_column(i->out, i->a, i->column, i->rows, i->cols);
}

INSTR(put_column)
{
    (void)p;
    scalar_put_column(i->out, i->a, i->column, i->rows, i->cols);
}

INSTR(softmax_xent) // dz, then the losses
{
    p->kernels->softmax_xent(i->out + i->rows * i->cols, i->out, i->a, i->b, i->rows, i->cols);
}

INSTR(copy)
{
    p->kernels->copy(i->out, i->a, i->rows * i->cols);
}

INSTR(sgd)
{
    const struct sgd_step *s = i->update.step;
    p->kernels->sgd(i->update.p, i->update.v, i->update.g, i->rows * i->cols, s->lr, s->momentum,
                    s->decay, s->nesterov);
}
