// row_script.c -- see row_script.h: the world of a row, its graph, and the loop over rows.
#include "model/row_script.h"

#include "base/mem.h"
#include "graph/program.h"
#include "graph/rewrite.h"
#include "model/batch.h"

#include <string.h>

enum { MOST_INPUTS = 64, MOST_NUMBERS = 1 << 24 };

enum input_kind { INPUT_FEATURES, INPUT_LABELS, INPUT_GROUPS, INPUT_UNIFORM, INPUT_NORMAL };

// A tensor that is filled for each row.
struct input {
    enum input_kind kind;
    size_t size, at; // floats; where they lie in the block
};

struct tracing {
    struct graph graph;
    const struct row_shape *shape;
    bool no_labels, no_groups; // of a table that is there
    struct input input[MOST_INPUTS];
    uint32_t n_inputs;
    size_t total;                    // floats of all of them
    uint32_t of_kind[INPUT_UNIFORM]; // 1 + the input that was made, 0: none
    int line;                        // where the function begins
};

static uint32_t add_input(struct tracing *t, enum input_kind kind, size_t rows, size_t cols)
{
    size_t size, total;
    if (t->n_inputs == MOST_INPUTS) {
        err_set(t->graph.err, ERR_DATA, "a shift reads more than %d tensors", MOST_INPUTS);
        return NODE_NONE;
    }
    if (__builtin_mul_overflow(rows, cols, &size) || __builtin_add_overflow(t->total, size, &total) ||
        total > MOST_NUMBERS) {
        err_set(t->graph.err, ERR_DATA, "%zu x %zu numbers more are too many for a row", rows, cols);
        return NODE_NONE;
    }
    t->total = total;
    t->input[t->n_inputs] = (struct input){.kind = kind, .size = size};
    return graph_input(&t->graph, t->n_inputs++, rows, cols);
}

static uint32_t of_row(struct tracing *t, enum input_kind kind, size_t cols)
{
    if (t->of_kind[kind] == 0) {
        uint32_t node = add_input(t, kind, 1, cols);
        if (node == NODE_NONE)
            return node;
        t->of_kind[kind] = node + 1;
    }
    return t->of_kind[kind] - 1;
}

static uint32_t get(void *data, enum loss_source source, size_t index)
{
    (void)index;
    struct tracing *t = data;
    bool labels = source == SOURCE_LABELS;
    if ((labels && t->no_labels) || (source == SOURCE_GROUPS && t->no_groups)) {
        err_set(t->graph.err, ERR_DATA, "the rows have no %s", labels ? "labels" : "groups");
        return NODE_NONE;
    }
    if (source == SOURCE_FEATURES)
        return of_row(t, INPUT_FEATURES, t->shape->features);
    if (labels)
        return of_row(t, INPUT_LABELS, t->shape->classes);
    if (source != SOURCE_GROUPS)
        BUG("a shift reads source %d", (int)source); // fields.def
    return of_row(t, INPUT_GROUPS, 1);
}

static uint32_t random_numbers(void *data, bool normal, size_t rows, size_t cols)
{
    return add_input(data, normal ? INPUT_NORMAL : INPUT_UNIFORM, rows, cols);
}

// The features that the script makes of a row, or NODE_NONE.
static uint32_t trace(struct tracing *t, struct loss *script, const struct value *call)
{
    struct loss_world world = {
        .graph = &t->graph,
        .rows = 1,
        .classes = t->shape->classes,
        .features = t->shape->features,
        .columns = t->shape->columns,
        .names_unknown = t->shape->names_unknown,
        .row_weights = NODE_NONE,
        .data = t,
        .get = get,
        .random = random_numbers,
    };
    return loss_trace_shift(script, &t->line, call, &world);
}

int row_script_check(struct loss *script, const struct value *call, const struct row_shape *shape,
                     struct err *err)
{
    struct tracing t = {.shape = shape};
    graph_init(&t.graph, err);
    int status = trace(&t, script, call) == NODE_NONE ? -1 : 0;
    graph_release(&t.graph);
    return status;
}

// --- all rows ------------------------------------------------------------------------------------

struct runner {
    struct placement placement;
    struct program program;
    struct carve memory;
};

static int compile(struct runner *r, struct tracing *t, const struct kernels *kernels, struct err *err)
{
    graph_optimise(&t->graph, 0);
    graph_place(&r->placement, &t->graph, false);
    for (uint32_t i = 0; i < t->n_inputs; i++)
        t->input[i].at = carve_reserve(&r->memory, t->input[i].size, 1);
    size_t block = carve_reserve(&r->memory, r->placement.block, 1);
    size_t workspace = carve_reserve(
        &r->memory, program_workspace(&t->graph, kernels) / sizeof(float) + 1, 1);
    if (carve_allocate(&r->memory, "a shift", err) < 0)
        return -1;
    float *input[MOST_INPUTS];
    for (uint32_t i = 0; i < t->n_inputs; i++)
        input[i] = r->memory.block + t->input[i].at;
    struct program_memory memory = {
        .input = input,
        .block = r->memory.block + block,
        .workspace = r->memory.block + workspace,
    };
    program_compile(&r->program, &t->graph, &r->placement, kernels, &memory);
    return 0;
}

static void runner_release(struct runner *r)
{
    program_release(&r->program);
    placement_release(&r->placement);
    carve_release(&r->memory);
}

static void fill(float *out, const struct input *input, const float *features,
                 const struct table *table, size_t row, struct rng *rng)
{
    switch (input->kind) {
    case INPUT_FEATURES:
        memcpy(out, features, input->size * sizeof *out);
        break;
    case INPUT_LABELS:
        memset(out, 0, input->size * sizeof *out);
        out[table->y[row]] = 1;
        break;
    case INPUT_GROUPS:
        out[0] = (float)table->group[row];
        break;
    case INPUT_UNIFORM:
        for (size_t i = 0; i < input->size; i++)
            out[i] = (float)rng_unit(rng);
        break;
    case INPUT_NORMAL:
        for (size_t i = 0; i < input->size; i++)
            out[i] = (float)rng_normal(rng);
        break;
    }
}

static int check_finite(const float *x, const struct table *table, size_t row, const struct tracing *t,
                        const struct row_script *of, struct err *err)
{
    for (size_t i = 0; i < table->d; i++)
        if (!(x[i] - x[i] == 0)) // inf and nan are not
            return err_set(err, ERR_DATA, "%s:%d: the shift gives %s as feature %zu of row %llu",
                           of->file, t->line, x[i] != x[i] ? "nan" : "infinity", i + 1,
                           (unsigned long long)table_id(table, row));
    return 0;
}

static int run_rows(float *x, const struct table *table, struct rng_key key, const struct runner *r,
                    const struct tracing *t, const struct row_script *of, struct err *err)
{
    for (size_t row = 0; row < table->n; row++) {
        float *features = x + row * table->d;
        struct rng rng = rng_at(key, table_id(table, row));
        for (uint32_t i = 0; i < t->n_inputs; i++)
            fill(r->memory.block + t->input[i].at, &t->input[i], features, table, row, &rng);
        program_run(&r->program);
        memcpy(features, r->program.output[0], table->d * sizeof *features);
        if (check_finite(features, table, row, t, of, err) < 0)
            return -1;
    }
    return 0;
}

int row_script_run(float *x, const struct table *table, struct rng_key key,
                   const struct row_script *of, struct err *err)
{
    struct row_shape shape = {.features = table->d, .classes = table->classes, .columns = table->columns};
    struct tracing t = {.shape = &shape, .no_labels = table->y == NULL, .no_groups = table->group == NULL};
    struct runner runner = {0};
    graph_init(&t.graph, err);
    uint32_t out = trace(&t, of->script, of->call);
    int status = -1;
    if (out != NODE_NONE)
        graph_output(&t.graph, out);
    if (out != NODE_NONE && !graph_failed(&t.graph) && compile(&runner, &t, of->kernels, err) == 0)
        status = run_rows(x, table, key, &runner, &t, of, err);
    runner_release(&runner);
    graph_release(&t.graph);
    return status;
}
