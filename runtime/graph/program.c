// program.c -- see program.h: from nodes to instructions, and the loop that runs them.
#include "graph/program.h"

#include "base/mem.h"
#include "graph/conv.h"
#include "graph/scalar.h"

#include <string.h>

// The kernels of the elementwise ops, in the shapes ops.def tells apart.
static unary_fn unary_kernel(const struct kernels *k, enum op op)
{
    switch (op) {
#define OP(ID, name, arity, shape, in_place, gradient)
#define UNARY(ID, name, kernel, gradient)                                                          \
    case OP_##ID:                                                                                  \
        return k->kernel;
#define COMMUTATIVE(ID, name, kernel, kernel_s, gradient)
#define ORDERED(ID, name, kernel, kernel_s, s_kernel, gradient)
#include "graph/ops.def"
    default:
        return NULL;
    }
}

struct binary_kernels {
    binary_fn full;
    covered_fn covered; // operands that repeat
    array_scalar_fn array_scalar;
    scalar_array_fn scalar_array; // NULL: commutative
};

static struct binary_kernels binary_kernel(const struct kernels *k, enum op op)
{
    switch (op) {
#define OP(ID, name, arity, shape, in_place, gradient)
#define UNARY(ID, name, kernel, gradient)
#define COMMUTATIVE(ID, name, kernel, kernel_s, gradient)                                          \
    case OP_##ID:                                                                                  \
        return (struct binary_kernels){k->kernel, k->kernel##_rows, k->kernel_s, NULL};
#define ORDERED(ID, name, kernel, kernel_s, s_kernel, gradient)                                    \
    case OP_##ID:                                                                                  \
        return (struct binary_kernels){k->kernel, k->kernel##_rows, k->kernel_s, k->s_kernel};
#include "graph/ops.def"
    default:
        return (struct binary_kernels){0};
    }
}

// --- from a node to its instruction --------------------------------------------------------------
// Floats from one row of an operand to the next, and from one column to the next, where it covers
// `result`: 0 where it repeats.
static size_t row_step(const struct node *n)
{
    return n->rows == 1 ? 0 : n->cols;
}

static size_t col_step(const struct node *n, const struct node *result)
{
    return n->cols == result->cols;
}

static void set_binary(struct instr *i, const struct kernels *k, const struct node *n,
                       const struct node *a, const struct node *b)
{
    struct binary_kernels kernel = binary_kernel(k, n->op);
    bool a_is_whole = node_same_shape(a, n), b_is_whole = node_same_shape(b, n);
    if (a_is_whole && b_is_whole) {
        i->run = run_binary;
        i->kernel.binary = kernel.full;
    } else if (a_is_whole && node_size(b) == 1) {
        i->run = run_array_scalar;
        i->kernel.array_scalar = kernel.array_scalar;
    } else if (b_is_whole && node_size(a) == 1 && kernel.scalar_array != NULL) {
        i->run = run_scalar_array;
        i->kernel.scalar_array = kernel.scalar_array;
    } else if (b_is_whole && node_size(a) == 1) { // commutative
        const float *number = i->a;
        i->a = i->b, i->b = number;
        i->run = run_array_scalar;
        i->kernel.array_scalar = kernel.array_scalar;
    } else {
        i->run = run_covered;
        i->kernel.covered = kernel.covered;
        i->cover = (struct cover){n->rows, n->cols, row_step(a), col_step(a, n), row_step(b),
                                  col_step(b, n)};
    }
}

static void set_gemm(struct instr *i, const struct node *n, const struct node *a,
                     const struct node *b)
{
    i->run = run_gemm;
    i->gemm = (struct gemm){
        .m = n->rows, .n = n->cols, .k = n->transposed[0] ? a->rows : a->cols,
        .a = i->a, .ld_a = a->cols, .a_transposed = n->transposed[0],
        .b = i->b, .ld_b = b->cols, .b_transposed = n->transposed[1],
        .c = i->out, .ld_c = n->cols,
        .bias = i->c, .act = n->relu ? GEMM_RELU : GEMM_NONE,
    };
}

static void set_rows(struct instr *i, rows_fn kernel, const struct node *operand)
{
    i->run = run_rows;
    i->kernel.rows = kernel;
    i->rows = operand->rows;
    i->cols = operand->cols;
}

static void set_back(struct instr *i, rows_back_fn kernel)
{
    i->run = run_rows_back;
    i->kernel.rows_back = kernel;
}

static void set_on_operand(struct instr *i, const struct node *operand,
                           void (*run)(const struct instr *, const struct program *))
{
    i->run = run;
    i->rows = operand->rows;
    i->cols = operand->cols;
}

static void set_elementwise(struct instr *i, const struct kernels *k, const struct node *n,
                            const struct node *a, const struct node *b)
{
    i->kernel.unary = unary_kernel(k, n->op);
    if (i->kernel.unary != NULL)
        i->run = run_unary;
    else
        set_binary(i, k, n, a, b);
}

static void set_rectangle(struct instr *i, const struct node *n, const struct node *whole,
                          const struct node *part)
{
    i->rectangle.row = n->offset;
    i->rectangle.col = n->index;
    i->rectangle.rows = part->rows;
    i->rectangle.cols = part->cols;
    i->rectangle.ld = whole->cols;
}

// rows x cols is what is indexed.
static void set_picked(struct instr *i, picked_fn kernel, const struct node *indexed, size_t picked)
{
    i->run = run_picked;
    i->kernel.picked = kernel;
    i->rows = indexed->rows;
    i->cols = indexed->cols;
    i->picked = picked;
}

// False when the op is none of these.
static bool set_movement(struct instr *i, const struct node *n, const struct node *a,
                         const struct node *b)
{
    switch (n->op) {
    case OP_SLICE:
        i->run = run_slice;
        set_rectangle(i, n, a, n);
        return true;
    case OP_PAD:
        i->run = run_pad;
        set_rectangle(i, n, n, a);
        return true;
    case OP_TRANSPOSE:
        set_on_operand(i, a, run_transpose);
        return true;
    case OP_ROW_GATHER:
        set_picked(i, scalar_gather, a, b->cols);
        return true;
    case OP_ROW_SCATTER:
        set_picked(i, scalar_scatter, n, b->cols);
        return true;
    case OP_GATHER_ROWS:
        set_picked(i, scalar_gather_rows, a, b->rows);
        return true;
    case OP_SCATTER_ROWS:
        set_picked(i, scalar_scatter_rows, n, b->rows);
        return true;
    default:
        return false;
    }
}

// False when the op slides no window. `b` is an operand or NULL.
static bool set_window(struct instr *i, const struct node *n, const struct node *a,
                       const struct node *b)
{
    size_t images = a->rows, outputs = n->cols;
    switch (n->op) {
    case OP_CONV: case OP_CONV_AFFINE:
        i->run = run_conv;
        break;
    case OP_CONV_INPUT:
        i->run = run_conv_input;
        images = n->rows;
        outputs = b->cols;
        break;
    case OP_CONV_WEIGHT:
        i->run = run_conv_weight;
        break;
    case OP_POOL_PICK:
        i->run = run_pool_pick;
        break;
    case OP_POOL_SPREAD:
        i->run = run_pool_spread;
        break;
    case OP_POOL_MEAN:
        i->run = run_pool_mean;
        break;
    case OP_POOL_MEAN_SPREAD:
        i->run = run_pool_mean_spread;
        break;
    default:
        return false;
    }
    i->conv.window = n->window;
    i->conv.images = images;
    i->conv.outputs = outputs;
    i->conv.relu = n->relu;
    return true;
}

static void set_run(struct instr *i, const struct kernels *k, const struct node *n,
                    const struct node *a, const struct node *b)
{
    if (set_movement(i, n, a, b) || set_window(i, n, a, b))
        return;
    switch (n->op) {
    case OP_POW:
        i->run = run_array_scalar;
        i->kernel.array_scalar = k->pow_s;
        break;
    case OP_BROADCAST:
        i->run = run_broadcast;
        i->cover = (struct cover){.a_row = row_step(a), .a_col = col_step(a, n)};
        break;
    case OP_ROW_SUM:
        set_rows(i, k->row_sum, a);
        break;
    case OP_ROW_MAX:
        set_rows(i, k->row_max, a);
        break;
    case OP_COL_SUM:
        set_rows(i, k->col_sum, a);
        break;
    case OP_SOFTMAX:
        set_rows(i, k->softmax, a);
        break;
    case OP_LOG_SOFTMAX:
        set_rows(i, k->log_softmax, a);
        break;
    case OP_SUM:
        set_on_operand(i, a, run_sum);
        break;
    case OP_MEAN:
        set_on_operand(i, a, run_mean);
        break;
    case OP_QUANTILE:
        set_on_operand(i, a, run_quantile);
        break;
    case OP_SOFTMAX_XENT:
        set_on_operand(i, a, run_softmax_xent);
        break;
    case OP_WHERE:
        i->run = run_select;
        i->kernel.select = k->select;
        break;
    case OP_CUMSUM:
        i->run = run_cumsum;
        i->reverse = n->index != 0;
        break;
    case OP_ROW_ARGMAX:
        set_on_operand(i, a, run_row_argmax);
        break;
    case OP_ROW_ARGSORT:
        i->run = run_row_argsort;
        break;
    case OP_ONE_HOT_ARGMAX:
        i->run = run_one_hot_argmax;
        break;
    case OP_RELU_BACK:
        i->run = run_binary;
        i->kernel.binary = k->relu_back;
        break;
    case OP_TANH_BACK:
        i->run = run_binary;
        i->kernel.binary = k->tanh_back;
        break;
    case OP_SOFTMAX_BACK:
        set_back(i, k->softmax_back);
        break;
    case OP_LOG_SOFTMAX_BACK:
        set_back(i, k->log_softmax_back);
        break;
    case OP_MATMUL:
    case OP_AFFINE:
        set_gemm(i, n, a, b);
        break;
    case OP_STORE:
        i->run = run_copy;
        break;
    default:
        set_elementwise(i, k, n, a, b);
    }
}

// --- memory --------------------------------------------------------------------------------------
static float *address(const struct program *program, const struct program_memory *memory,
                      const struct node *n, const struct node *base, const struct place *at)
{
    switch (at->where) {
    case PLACE_BLOCK:
        return memory->block + at->offset;
    case PLACE_INPUT:
        if (memory->input[base->index] == NULL)
            BUG("nothing is bound to input %u", (unsigned)base->index);
        return memory->input[base->index] + at->offset;
    case PLACE_PARAM:
        return memory->params + at->offset;
    case PLACE_GRADIENT:
        return memory->gradient + at->offset;
    case PLACE_CONSTANT:
        return program->constants + at->offset;
    }
    BUG("%s lies nowhere", op_info[n->op].name);
}

size_t program_workspace(const struct graph *g, const struct kernels *kernels)
{
    size_t most = 0;
    for (uint32_t id = 0; id < g->n; id++) {
        const struct node *n = &g->node[id];
        size_t bytes = 0;
        if (n->op == OP_ONE_HOT_ARGMAX || n->op == OP_ROW_ARGMAX)
            bytes = n->rows * sizeof(uint32_t);
        if (n->op == OP_ROW_ARGSORT)
            bytes = n->cols * sizeof(float);
        if (n->op == OP_EXTERN)
            bytes = (2 * node_size(&g->node[n->in[0]]) + node_size(&g->node[n->in[1]]) +
                     node_size(&g->node[n->in[2]])) * sizeof(double);
        if (n->op == OP_MATMUL || n->op == OP_AFFINE) {
            const struct node *a = &g->node[n->in[0]];
            bytes = gemm_workspace(kernels, n->rows, n->cols, n->transposed[0] ? a->rows : a->cols);
        }
        if (n->op == OP_CONV || n->op == OP_CONV_AFFINE || n->op == OP_CONV_WEIGHT)
            bytes = conv_workspace(kernels, &n->window, g->node[n->in[0]].rows, n->cols);
        if (n->op == OP_CONV_INPUT)
            bytes = conv_workspace(kernels, &n->window, n->rows, g->node[n->in[1]].cols);
        most = bytes > most ? bytes : most;
    }
    return most;
}

static struct instr *append(struct program *program)
{
    program->instr =
        mem_grow(program->instr, &program->cap, program->n_instr + 1, sizeof(*program->instr));
    return &program->instr[program->n_instr++];
}

// Leaves and aliases need no code, nor does a gradient that was made in its place.
static bool needs_code(const struct graph *g, const struct placement *placement, uint32_t id)
{
    const struct place *at = &placement->place[id];
    if (op_info[g->node[id].op].arity == 0 || at->base != id)
        return false;
    const struct place *from = &placement->place[g->node[id].in[0]];
    return g->node[id].op != OP_STORE || from->where != at->where || from->offset != at->offset;
}

static void set_foreign(struct instr *i, const struct program *program, const struct node *n,
                        const struct node *const *in)
{
    i->run = run_foreign;
    i->foreign.call = &program->externs[n->index];
    for (size_t k = 0; k < 3; k++)
        i->foreign.size[k] = node_size(in[k]);
}

static void add_instr(struct program *program, const struct graph *g, uint32_t id,
                      float *const *data)
{
    const struct node *n = &g->node[id], *in[NODE_MAX_ARITY] = {NULL};
    const float *from[NODE_MAX_ARITY] = {NULL};
    for (unsigned i = 0; i < op_info[n->op].arity; i++) {
        in[i] = &g->node[n->in[i]];
        from[i] = data[n->in[i]];
    }
    struct instr *i = append(program);
    *i = (struct instr){.out = data[id], .a = from[0], .b = from[1], .c = from[2],
                        .rows = n->rows, .cols = n->cols, .node = id};
    if (n->op == OP_EXTERN)
        set_foreign(i, program, n, in);
    else
        set_run(i, program->kernels, n, in[0], in[1]);
}

// The instruction that stands before the members of a run of tiles.
static void begin_run(struct program *program, const struct graph *g,
                      const struct placement *placement, uint32_t id)
{
    const struct tiles *t = &placement->tiles;
    if (t->of == NULL || t->of[id] == NODE_NONE || t->run[t->of[id]].first != id)
        return;
    const struct tile_run *run = &t->run[t->of[id]];
    uint32_t members = 0;
    for (uint32_t i = run->first; i <= run->last; i++)
        members += t->of[i] == t->of[id];
    *append(program) = (struct instr){.run = run_tiles, .rows = g->node[id].rows, .cols = 1,
                                      .members = members, .tile_rows = run->rows,
                                      .node = run->last};
}

// Floats by which a pointer to the value of a node moves with each row of a run.
static size_t advance(const struct graph *g, const struct placement *placement, uint32_t id)
{
    const struct node *n = &g->node[id];
    return n->rows == 1 || placement->tiles.local[placement->place[id].base] ? 0 : n->cols;
}

static void set_advance(struct instr *i, const struct graph *g, const struct placement *placement,
                        uint32_t id)
{
    const struct node *n = &g->node[id];
    if (placement->tiles.of == NULL || placement->tiles.of[id] == NODE_NONE)
        return;
    size_t step[NODE_MAX_ARITY] = {0};
    for (unsigned k = 0; k < op_info[n->op].arity; k++)
        step[k] = advance(g, placement, n->in[k]);
    bool swapped = op_info[n->op].arity == 2 && i->run == run_array_scalar && step[0] == 0;
    i->out_advance = advance(g, placement, id);
    i->a_advance = step[swapped];
    i->b_advance = step[!swapped];
    i->c_advance = step[2];
}

void program_compile(struct program *program, const struct graph *g,
                     const struct placement *placement, const struct kernels *kernels,
                     const struct program_memory *memory)
{
    *program = (struct program){.kernels = kernels,
                                .crew = memory->crew,
                                .workspace = memory->workspace,
                                .workspace_bytes = memory->workspace_bytes};
    program->constants = mem_new(placement->constants * sizeof(float));
    program->externs = mem_new(g->n_externs * sizeof(*program->externs));
    if (g->n_externs > 0)
        memcpy(program->externs, g->externs, g->n_externs * sizeof(*program->externs));
    program->output = mem_new(g->n_outputs * sizeof(*program->output));
    float **data = mem_new(g->n * sizeof(*data));
    for (uint32_t id = 0; id < g->n; id++) {
        const struct node *n = &g->node[id];
        const struct place *at = &placement->place[id];
        data[id] = address(program, memory, n, &g->node[at->base], at);
        if (n->op == OP_CONSTANT)
            *data[id] = n->value;
        for (size_t i = 0; n->op == OP_IOTA && i < n->cols; i++)
            data[id][i] = (float)(i + 1);
        if (!needs_code(g, placement, id))
            continue;
        begin_run(program, g, placement, id);
        add_instr(program, g, id, data);
        set_advance(&program->instr[program->n_instr - 1], g, placement, id);
    }
    for (uint32_t i = 0; i < g->n_outputs; i++)
        program->output[i] = data[g->output[i]];
    mem_free(data);
}

void program_release(struct program *program)
{
    mem_free(program->instr);
    mem_free(program->constants);
    mem_free(program->externs);
    mem_free(program->output);
    *program = (struct program){0};
}

void program_add_adam(struct program *program, float *p, float *m, float *v, const float *g,
                      size_t n, const struct adam_step *step)
{
    *append(program) = (struct instr){.run = run_adam, .rows = n, .cols = 1, .node = NODE_NONE,
                                      .update = {p, m, v, g, step}};
}

void program_add_sgd(struct program *program, float *p, float *v, const float *g, size_t n,
                     const struct sgd_step *step)
{
    *append(program) = (struct instr){.run = run_sgd, .rows = n, .cols = 1, .node = NODE_NONE,
                                      .update = {p, NULL, v, g, step}};
}

// --- the run -------------------------------------------------------------------------------------
void program_run(const struct program *program)
{
    for (size_t i = 0; i < program->n_instr; i += 1 + program->instr[i].members) // there may be none
        program->instr[i].run(&program->instr[i], program);
}

void program_run_one(const struct program *program, size_t i)
{
    program->instr[i].run(&program->instr[i], program);
}

uint32_t program_node(const struct program *program, size_t i)
{
    return program->instr[i].node;
}

size_t program_next(const struct program *program, size_t i)
{
    return i + 1 + program->instr[i].members;
}
