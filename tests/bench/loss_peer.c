// loss_peer.c -- training steps of one network under losses from Lua files, beside the same step with
// cross-entropy built in C from graph ops. Prints medians and ratios; the time to load and trace; how
// often Lua was entered while the steps ran.
#include "base/mem.h"
#include "base/rng.h"
#include "graph/grad.h"
#include "graph/program.h"
#include "graph/rewrite.h"
#include "hook/stdlib.h"
#include "model/forward.h"
#include "model/objective.h"
#include "model/optimiser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 9 };

struct shape {
    size_t rows, features, hidden, classes, steps;
};

struct subject {
    const char *name;
    struct model model;
    struct train_term term;
    struct objective objective;
    struct graph graph;
    struct placement placement;
    struct program program;
    struct optimiser optimiser;
    float *memory;
    double traced; // seconds
    double seconds[ROUNDS];
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void must(int status, const struct err *err)
{
    if (status < 0) {
        fprintf(stderr, "loss_peer: %s\n", err->text);
        exit(70);
    }
}

// mean_b -sum_c t log softmax(z), as an engine without Lua would build it. Input 0: features, 1: targets.
static uint32_t built_in(struct graph *g, const struct model *model, size_t rows)
{
    uint32_t x = graph_input(g, 0, rows, model->features);
    uint32_t target = graph_input(g, 1, rows, model->classes);
    uint32_t z = model_forward(g, &(struct model_pass){.model = model}, x, NULL);
    return graph_mean(g, graph_neg(g, graph_row_sum(g, graph_mul(g, target, graph_log_softmax(g, z)))));
}

static void prepare(struct subject *s, const struct shape *shape, const struct value *call)
{
    struct err err = {0};
    struct value hidden[] = {value_number((double)shape->hidden), value_number((double)shape->hidden)};
    struct value_arg mlp_args[] = {{"hidden", {.kind = VALUE_LIST, .n = 2, .items = hidden}},
                                   {"activation", value_name("relu")}};
    struct value mlp = {.kind = VALUE_CALL, .text = "mlp", .n = 2, .args = mlp_args};
    static struct value_arg adam_args[5];
    static const char *const names[] = {"lr", "beta1", "beta2", "eps", "weight_decay"};
    static const double numbers[] = {1e-5, 0.9, 0.999, 1e-8, 0};
    for (size_t i = 0; i < 5; i++)
        adam_args[i] = (struct value_arg){names[i], value_number(numbers[i])};
    static struct value adam;
    adam = (struct value){.kind = VALUE_CALL, .text = "adam", .n = 5, .args = adam_args};

    must(model_init(&s->model, &mlp, shape->features, shape->classes, &err), &err);
    graph_init(&s->graph, &err);
    uint32_t loss;
    double start = now();
    if (call == NULL) {
        loss = built_in(&s->graph, &s->model, shape->rows);
    } else {
        static const float mark[1];
        s->term = (struct train_term){.weight = value_number(1), .call = *call,
                                      .probs = {mark, shape->classes}};
        must(objective_init(&s->objective, &s->model, &s->term, 1, 0, &err), &err);
        loss = objective_build(&s->objective, &s->graph, shape->rows);
    }
    s->traced = now() - start;
    must(graph_gradient(&s->graph, loss), &err);
    graph_output(&s->graph, loss);
    graph_optimise(&s->graph, s->model.n_params);
    graph_place(&s->placement, &s->graph, false);

    const struct kernels *kernels = kernel_select(getenv("W2S_CPU"));
    size_t n = s->model.n_params, x = shape->rows * shape->features, t = shape->rows * shape->classes;
    size_t workspace = program_workspace(&s->graph, kernels) / sizeof(float) + 64;
    size_t sizes[] = {n, n, 3 * n, x, t, s->placement.block, workspace}, total = 0, at[7];
    for (size_t i = 0; i < 7; i++) {
        at[i] = total;
        total += (sizes[i] + 63) / 64 * 64;
    }
    s->memory = mem_try(total, sizeof(float), "the benchmark", &err);
    must(s->memory != NULL ? 0 : -1, &err);
    struct rng rng = rng_at(rng_key_of(1, "bench"), 0);
    for (size_t i = 0; i < x; i++)
        s->memory[at[3] + i] = (float)rng_unit(&rng);
    for (size_t i = 0; i < t; i++)
        s->memory[at[4] + i] = 1.0f / (float)shape->classes;
    model_start(s->memory, &s->model, 1);
    struct program_memory memory = {
        .params = s->memory + at[0], .gradient = s->memory + at[1],
        .input = (float *[]){s->memory + at[3], s->memory + at[4]},
        .block = s->memory + at[5], .workspace = s->memory + at[6],
        .workspace_bytes = workspace / 64 * 64 * sizeof(float),
    };
    program_compile(&s->program, &s->graph, &s->placement, kernels, &memory);
    must(optimiser_init(&s->optimiser, &adam, &err), &err);
    optimiser_attach(&s->optimiser, &s->program, memory.params, s->memory + at[2], memory.gradient, n);
}

static void run(struct subject *s, size_t steps, size_t round)
{
    double start = now();
    for (size_t i = 0; i < steps; i++) {
        optimiser_step(&s->optimiser, 0);
        program_run(&s->program);
    }
    s->seconds[round] = (now() - start) / (double)steps;
}

static void release(struct subject *s)
{
    program_release(&s->program);
    placement_release(&s->placement);
    graph_release(&s->graph);
    objective_release(&s->objective);
    mem_free(s->memory);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x)
{
    qsort(x, ROUNDS, sizeof *x, by_size);
    return x[ROUNDS / 2];
}

static void compare(const struct shape *shape)
{
    static const char *const names[] = {"soft_labels", "focal_kl", "log_confidence", "symmetric_cross_entropy"};
    static const struct value_arg args[] = {
        {"temperature", {.kind = VALUE_NUMBER, .number = 1}},
        {"gamma", {.kind = VALUE_NUMBER, .number = 2}},
        {"alpha", {.kind = VALUE_NUMBER, .number = 0.5}},
        {"beta", {.kind = VALUE_NUMBER, .number = 1}},
        {"A", {.kind = VALUE_NUMBER, .number = -4}},
        {"warmup", {.kind = VALUE_NUMBER, .number = 0}},
        {"variant", {.kind = VALUE_NAME, .text = "paper"}},
    };
    enum { SUBJECTS = 1 + ARRAY_LEN(names) };
    static struct subject s[SUBJECTS];
    memset(s, 0, sizeof s);
    s[0].name = "built in C";
    prepare(&s[0], shape, NULL);
    for (size_t i = 1; i < SUBJECTS; i++) {
        struct value call = {.kind = VALUE_CALL, .text = names[i - 1], .n = ARRAY_LEN(args), .args = args};
        s[i].name = names[i - 1];
        prepare(&s[i], shape, &call);
    }
    unsigned long calls = loss_lua_calls();
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < SUBJECTS; i++)
            run(&s[i], shape->steps, round);
    calls = loss_lua_calls() - calls;
    printf("%zu-%zu-%zu-%zu, batch %zu: microseconds a step, medians of %d rounds of %zu steps\n", shape->features,
           shape->hidden, shape->hidden, shape->classes, shape->rows, ROUNDS, shape->steps);
    double base = median(s[0].seconds);
    for (size_t i = 0; i < SUBJECTS; i++) {
        double time = median(s[i].seconds);
        printf("  %-24s %9.1f  %.3f x", s[i].name, 1e6 * time, time / base);
        if (i > 0)
            printf("  loaded and traced in %.2f ms", 1e3 * s[i].traced);
        printf("\n");
        release(&s[i]);
    }
    printf("  calls of Lua while training: %lu\n", calls);
}

int main(void)
{
    static const struct shape shapes[] = {{128, 784, 512, 10, 40}, {64, 64, 256, 10, 200}, {32, 64, 32, 10, 2000}};
    kernel_fp_pin();
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        compare(&shapes[i]);
    return 0;
}
