// program.c -- see program.h: from nodes to instructions, and the loop that runs them.
#include "graph/program.h"

#include "base/mem.h"
#include "graph/instr.h"

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
        return (struct binary_kernels){k->kernel, k->kernel_s, NULL};
#define ORDERED(ID, name, kernel, kernel_s, s_kernel, gradient)                                    \
    case OP_##ID:                                                                                  \
        return (struct binary_kernels){k->kernel, k->kernel_s, k->s_kernel};
#include "graph/ops.def"
    default:
        return (struct binary_kernels){0};
    }
}

// --- from a node to its instruction --------------------------------------------------------------
// Floats from one row to the next; 0: the row is repeated.
static size_t step_of(const struct node *n)
{
    return n->rows == 1 ? 0 : n->cols;
}

// One number for all of the result, or one for each of its rows.
static bool is_number(const struct node *operand, const struct node *result)
{
    return operand->cols == 1 && !node_same_shape(operand, result);
}

static void set_binary(struct instr *i, const struct kernels *k, const struct node *n,
                       const struct node *a, const struct node *b)
{
    struct binary_kernels kernel = binary_kernel(k, n->op);
    if (kernel.scalar_array == NULL && is_number(a, n)) {
        const float *data = i->a;
        const struct node *node = a;
        i->a = i->b, i->b = data;
        a = b, b = node;
    }
    i->a_step = step_of(a);
    i->b_step = step_of(b);
    bool at_once = (node_same_shape(a, n) || node_size(a) == 1) &&
                   (node_same_shape(b, n) || node_size(b) == 1);
    if (is_number(b, n)) {
        i->run = at_once ? run_array_scalar : run_rows_array_scalar;
        i->kernel.array_scalar = kernel.array_scalar;
    } else if (is_number(a, n)) {
        i->run = at_once ? run_scalar_array : run_rows_scalar_array;
        i->kernel.scalar_array = kernel.scalar_array;
    } else {
        i->run = at_once ? run_binary : run_rows_binary;
        i->kernel.binary = kernel.full;
    }
}

static void set_gemm(struct instr *i, const struct node *n, const struct node *a,
                     const struct node *b, const float *bias)
{
    i->run = run_gemm;
    i->gemm = (struct gemm){
        .m = n->rows, .n = n->cols, .k = n->transposed[0] ? a->rows : a->cols,
        .a = i->a, .ld_a = a->cols, .a_transposed = n->transposed[0],
        .b = i->b, .ld_b = b->cols, .b_transposed = n->transposed[1],
        .c = i->out, .ld_c = n->cols,
        .bias = bias, .act = n->relu ? GEMM_RELU : GEMM_NONE,
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

static void set_run(struct instr *i, const struct kernels *k, const struct node *n,
                    const struct node *a, const struct node *b, const float *bias)
{
    switch (n->op) {
    case OP_POW:
        i->run = run_array_scalar;
        i->kernel.array_scalar = k->pow_s;
        break;
    case OP_BROADCAST:
        i->run = run_broadcast;
        i->a_step = step_of(a);
        i->b_step = a->cols == 1;
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
    case OP_COLUMN:
        set_on_operand(i, a, run_column);
        i->column = n->index;
        break;
    case OP_PUT_COLUMN:
        i->run = run_put_column;
        i->column = n->index;
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
        set_gemm(i, n, a, b, bias);
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
        if (n->op == OP_ONE_HOT_ARGMAX)
            bytes = n->rows * sizeof(uint32_t);
        if (n->op == OP_MATMUL || n->op == OP_AFFINE) {
            const struct node *a = &g->node[n->in[0]];
            bytes = gemm_workspace(kernels, n->rows, n->cols, n->transposed[0] ? a->rows : a->cols);
        }
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

void program_compile(struct program *program, const struct graph *g,
                     const struct placement *placement, const struct kernels *kernels,
                     const struct program_memory *memory)
{
    *program = (struct program){.kernels = kernels,
                                .crew = memory->crew,
                                .workspace = memory->workspace,
                                .workspace_bytes = memory->workspace_bytes};
    program->constants = mem_new(placement->constants * sizeof(float));
    program->output = mem_new(g->n_outputs * sizeof(*program->output));
    float **data = mem_new(g->n * sizeof(*data));
    for (uint32_t id = 0; id < g->n; id++) {
        const struct node *n = &g->node[id];
        const struct place *at = &placement->place[id];
        data[id] = address(program, memory, n, &g->node[at->base], at);
        if (n->op == OP_CONSTANT)
            *data[id] = n->value;
        if (!needs_code(g, placement, id))
            continue;
        const struct node *in[NODE_MAX_ARITY] = {NULL};
        const float *from[NODE_MAX_ARITY] = {NULL};
        for (unsigned i = 0; i < op_info[n->op].arity; i++) {
            in[i] = &g->node[n->in[i]];
            from[i] = data[n->in[i]];
        }
        struct instr *i = append(program);
        *i = (struct instr){.out = data[id], .a = from[0], .b = from[1],
                            .rows = n->rows, .cols = n->cols, .node = id};
        set_run(i, kernels, n, in[0], in[1], from[2]);
    }
    for (uint32_t i = 0; i < g->n_outputs; i++)
        program->output[i] = data[g->output[i]];
    mem_free(data);
}

void program_release(struct program *program)
{
    mem_free(program->instr);
    mem_free(program->constants);
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
    const struct instr *end = program->instr + program->n_instr;
    for (const struct instr *i = program->instr; i < end; i++)
        i->run(i, program);
}

void program_run_one(const struct program *program, size_t i)
{
    program->instr[i].run(&program->instr[i], program);
}

uint32_t program_node(const struct program *program, size_t i)
{
    return program->instr[i].node;
}
