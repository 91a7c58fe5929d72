// instr.c -- what each kind of instruction does: a kernel call, mostly. Operands and sizes were
// settled by program.c.
#include "graph/instr.h"

#include "graph/scalar.h"

#include <string.h>

static void run_tile(const struct instr *member, const struct program *p, size_t from, size_t rows)
{
    struct instr tile = *member;
    tile.rows = rows;
    tile.out += from * tile.out_advance;
    tile.a += from * tile.a_advance;
    if (tile.b != NULL)
        tile.b += from * tile.b_advance;
    if (tile.c != NULL)
        tile.c += from * tile.c_advance;
    if (tile.run == run_covered)
        tile.cover.rows = rows;
    else if (tile.run == run_pad)
        tile.rectangle.rows = rows;
    tile.run(&tile, p);
}

INSTR(tiles) // rows: of the whole
{
    for (size_t from = 0; from < i->rows; from += i->tile_rows) {
        size_t left = i->rows - from, rows = left < i->tile_rows ? left : i->tile_rows;
        for (uint32_t m = 1; m <= i->members; m++)
            run_tile(&i[m], p, from, rows);
    }
}

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

INSTR(covered)
{
    (void)p;
    i->kernel.covered(i->out, i->a, i->b, &i->cover);
}

INSTR(broadcast)
{
    p->kernels->broadcast(i->out, i->a, i->cover.a_row, i->cover.a_col, i->rows, i->cols);
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

INSTR(select)
{
    (void)p;
    i->kernel.select(i->out, i->a, i->b, i->c, i->rows * i->cols);
}

INSTR(slice)
{
    (void)p;
    const float *corner = i->a + i->rectangle.row * i->rectangle.ld + i->rectangle.col;
    scalar_slice(i->out, corner, i->rectangle.ld, i->rows, i->cols);
}

INSTR(pad)
{
    (void)p;
    scalar_pad(i->out, i->rows, i->cols, i->rectangle.row, i->rectangle.col, i->a,
               i->rectangle.rows, i->rectangle.cols);
}

INSTR(transpose) // rows x cols is the operand
{
    p->kernels->transpose(i->out, i->a, i->rows, i->cols);
}

INSTR(cumsum)
{
    p->kernels->row_cumsum(i->out, i->a, i->rows, i->cols, i->reverse);
}

INSTR(row_argmax) // workspace: rows class numbers; rows x cols is the operand
{
    uint32_t *cls = (uint32_t *)(void *)p->workspace;
    p->kernels->row_argmax(cls, i->a, i->rows, i->cols);
    scalar_argmax(i->out, cls, i->rows);
}

INSTR(row_argsort) // workspace: cols positions
{
    scalar_argsort(i->out, i->a, i->rows, i->cols, (float *)(void *)p->workspace);
}

INSTR(picked)
{
    (void)p;
    i->kernel.picked(i->out, i->a, i->b, i->rows, i->cols, i->picked);
}

// Workspace: the operands as doubles, then the gradient.
INSTR(foreign)
{
    const float *from[3] = {i->a, i->b, i->c};
    const double *in[3] = {NULL};
    double *at = (double *)(void *)p->workspace, value = 0;
    for (size_t k = 0; k < 3; k++) {
        if (k > 0 && from[k] == i->a)
            continue;
        in[k] = at;
        for (size_t n = 0; n < i->foreign.size[k]; n++)
            *at++ = from[k][n];
    }
    size_t size = i->foreign.size[0];
    memset(at, 0, size * sizeof(*at));
    i->foreign.call->run(i->foreign.call->data, &value, at, in);
    for (size_t n = 0; n < size; n++)
        i->out[n] = (float)at[n];
    i->out[size] = (float)value;
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
