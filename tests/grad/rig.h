// rig.h -- one test case: a graph, values for its leaves, and the checks every graph must pass.
//
// rig_check(loss) compares, for the loss and every parameter:
//   forward      the compiled program against the interpreter
//   derivation   the interpreter on the differentiated graph, before and after the passes, against
//                central differences of the interpreter on the graph as built: the calculus, in
//                double
//   kernels      the compiled gradient against that, within f32; equal bits from every kernel table
// The order of parameters and inputs is the order in which they were made.
#ifndef W2S_TEST_RIG_H
#define W2S_TEST_RIG_H

#include "base/mem.h"
#include "base/rng.h"
#include "graph/grad.h"
#include "graph/interp.h"
#include "graph/program.h"
#include "graph/rewrite.h"

#include <math.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { RIG_MAX_PARAMS = 4096, RIG_MAX_INPUTS = 8 };

struct rig {
    struct graph g;
    struct err err;
    struct rng rng;
    size_t n_params;
    double params[RIG_MAX_PARAMS];
    uint32_t n_inputs;
    double *input[RIG_MAX_INPUTS];
    size_t input_size[RIG_MAX_INPUTS];
};

static inline void rig_init(struct rig *rig, uint64_t seed)
{
    memset(rig, 0, sizeof(*rig));
    graph_init(&rig->g, &rig->err);
    rig->rng = rng_at(rng_key_of(seed, "test"), 0);
}

static inline void rig_release(struct rig *rig)
{
    for (uint32_t i = 0; i < rig->n_inputs; i++)
        free(rig->input[i]);
    graph_release(&rig->g);
}

static inline double rig_draw(struct rig *rig, double low, double high)
{
    return (float)(low + (high - low) * rng_unit(&rig->rng));
}

static inline uint32_t rig_param(struct rig *rig, size_t rows, size_t cols, double low, double high)
{
    size_t at = rig->n_params;
    rig->n_params += rows * cols;
    assert_true(rig->n_params <= RIG_MAX_PARAMS);
    for (size_t i = at; i < rig->n_params; i++)
        rig->params[i] = rig_draw(rig, low, high);
    return graph_param(&rig->g, at, rows, cols);
}

static inline uint32_t rig_input(struct rig *rig, size_t rows, size_t cols, double low, double high)
{
    assert_true(rig->n_inputs < RIG_MAX_INPUTS);
    uint32_t slot = rig->n_inputs++;
    rig->input_size[slot] = rows * cols;
    rig->input[slot] = malloc(rows * cols * sizeof(double) + 1);
    for (size_t i = 0; i < rows * cols; i++)
        rig->input[slot][i] = rig_draw(rig, low, high);
    return graph_input(&rig->g, slot, rows, cols);
}

// Rows that add up to 1, by the rule of the interpreter.
static inline uint32_t rig_distribution(struct rig *rig, size_t rows, size_t cols)
{
    uint32_t id = rig_input(rig, rows, cols, 0.05, 1);
    double *x = rig->input[rig->n_inputs - 1];
    for (size_t r = 0; r < rows; r++) {
        double sum = 0;
        for (size_t c = 0; c < cols; c++)
            sum += x[r * cols + c];
        for (size_t c = 0; c < cols; c++)
            x[r * cols + c] = (float)(x[r * cols + c] / sum);
    }
    return id;
}

// A compiled graph with memory of its own.
struct rig_program {
    struct program program;
    struct placement placement;
    float *params, *gradient, *block, *input[RIG_MAX_INPUTS];
    void *workspace;
};

static inline float *rig_floats(const double *from, size_t n)
{
    float *to = malloc(n * sizeof(float) + 1);
    for (size_t i = 0; i < n; i++)
        to[i] = from != NULL ? (float)from[i] : 0;
    return to;
}

static inline void rig_compile(struct rig_program *p, const struct rig *rig, const struct graph *g,
                               const struct kernels *kernels, bool keep_all)
{
    memset(p, 0, sizeof(*p));
    graph_place(&p->placement, g, keep_all);
    p->params = rig_floats(rig->params, rig->n_params);
    p->gradient = rig_floats(NULL, rig->n_params);
    struct err err = {0};
    p->block = mem_try(p->placement.block, sizeof(float), "test", &err);
    p->workspace = mem_try(program_workspace(g, kernels), 1, "test", &err);
    for (size_t i = 0; i < p->placement.block; i++)
        p->block[i] = NAN; // what is read before it is written shows
    for (uint32_t i = 0; i < rig->n_inputs; i++)
        p->input[i] = rig_floats(rig->input[i], rig->input_size[i]);
    struct program_memory memory = {.params = p->params, .gradient = p->gradient, .input = p->input,
                                    .block = p->block, .workspace = p->workspace};
    program_compile(&p->program, g, &p->placement, kernels, &memory);
}

static inline void rig_program_release(struct rig_program *p)
{
    program_release(&p->program);
    placement_release(&p->placement);
    free(p->params);
    free(p->gradient);
    mem_free(p->block);
    mem_free(p->workspace);
    for (size_t i = 0; i < RIG_MAX_INPUTS; i++)
        free(p->input[i]);
}

static inline void rig_near(const char *what, size_t i, double got, double want, double relative,
                            double scale)
{
    if (isnan(got) || fabs(got - want) > relative * (fabs(want) + scale))
        fail_msg("%s %zu: got %.9g, want %.9g", what, i, got, want);
}

static inline double rig_loss_at(const struct rig *rig, const struct graph *g, uint32_t loss,
                                 const double *params, double *const *frozen)
{
    struct interp t = {.g = g, .params = params, .input = rig->input, .frozen = frozen};
    interp_run(&t);
    double value = *t.value[loss];
    interp_release(&t);
    return value;
}

static inline void rig_differences(double *gradient, const struct rig *rig, const struct graph *g,
                                   uint32_t loss)
{
    const double h = 1e-5;
    struct interp base = {.g = g, .params = rig->params, .input = rig->input};
    interp_run(&base);
    double *params = malloc(rig->n_params * sizeof(double) + 1);
    memcpy(params, rig->params, rig->n_params * sizeof(double));
    for (size_t i = 0; i < rig->n_params; i++) {
        params[i] = rig->params[i] + h;
        double up = rig_loss_at(rig, g, loss, params, base.value);
        params[i] = rig->params[i] - h;
        double down = rig_loss_at(rig, g, loss, params, base.value);
        params[i] = rig->params[i];
        gradient[i] = (up - down) / (2 * h);
    }
    free(params);
    interp_release(&base);
}

static inline void rig_check_program(const struct rig *rig, const struct graph *g, double loss,
                                     const double *gradient, double scale, double relative)
{
    float *first = NULL;
    for (const struct kernels *const *k = kernel_tables(); *k != NULL; k++) {
        struct rig_program p;
        rig_compile(&p, rig, g, *k, false);
        program_run(&p.program);
        rig_near("loss", 0, *p.program.output[0], loss, relative, scale);
        for (size_t i = 0; i < rig->n_params; i++)
            rig_near("gradient", i, p.gradient[i], gradient[i], relative, scale);
        if (first == NULL) {
            first = malloc(rig->n_params * sizeof(float) + 1);
            memcpy(first, p.gradient, rig->n_params * sizeof(float));
        }
        assert_memory_equal(first, p.gradient, rig->n_params * sizeof(float));
        rig_program_release(&p);
    }
    free(first);
}

// `relative`: of the f32 comparisons, to the size of the largest part of the gradient.
static inline void rig_check_within(struct rig *rig, uint32_t loss, double relative)
{
    struct graph *g = &rig->g;
    if (loss == NODE_NONE)
        fail_msg("not built: %s", rig->err.text);
    size_t bytes = rig->n_params * sizeof(double) + 1;
    double *want = malloc(bytes), *derived = calloc(1, bytes);
    rig_differences(want, rig, g, loss);
    double value = rig_loss_at(rig, g, loss, rig->params, NULL);
    if (graph_gradient(g, loss) < 0)
        fail_msg("not differentiated: %s", rig->err.text);
    graph_output(g, loss);
    double scale = fabs(value) > 1 ? fabs(value) : 1;
    for (size_t i = 0; i < rig->n_params; i++)
        scale = fabs(want[i]) > scale ? fabs(want[i]) : scale;
    for (int optimised = 0; optimised < 2; optimised++) {
        struct interp t = {.g = g, .params = rig->params, .input = rig->input, .gradient = derived};
        if (optimised)
            graph_optimise(g, rig->n_params);
        if (graph_verify(g, rig->n_params, &rig->err) < 0)
            fail_msg("%s", rig->err.text);
        interp_run(&t);
        rig_near("derived loss", 0, *t.value[g->output[0]], value, 1e-12, scale);
        for (size_t i = 0; i < rig->n_params; i++)
            rig_near("derived gradient", i, derived[i], want[i], 7e-8, scale); // f32 constants
        interp_release(&t);
        rig_check_program(rig, g, value, derived, scale, relative);
    }
    free(want);
    free(derived);
}

static inline void rig_check(struct rig *rig, uint32_t loss)
{
    rig_check_within(rig, loss, 4e-6);
}

#endif
