// test_graph.c -- building and its errors, the spec check, what each pass leaves, where values are
// placed, and the ops that run in plain C.
#include "../grad/rig.h"

#include "graph/scalar.h"

// --- building ------------------------------------------------------------------------------------
static void expect_message(struct rig *rig, uint32_t node, const char *text, const char *hint)
{
    assert_int_equal(node, NODE_NONE);
    assert_int_equal(rig->err.kind, ERR_DATA);
    assert_string_equal(rig->err.text, text);
    assert_string_equal(rig->err.hint, hint);
    assert_int_equal(graph_exp(&rig->g, 0), NODE_NONE); // nothing is built after an error
    rig_release(rig);
}

static void test_shape_errors(void **state)
{
    struct rig rig;
    (void)state;
    rig_init(&rig, 1);
    uint32_t a = rig_param(&rig, 4, 3, 0, 1), b = rig_param(&rig, 4, 2, 0, 1);
    expect_message(&rig, graph_add(&rig.g, a, b),
                   "add: a tensor of 4 x 3 does not fit one of 4 x 2",
                   "Each side must be equal, or 1 in one of them.");
    rig_init(&rig, 1);
    a = rig_param(&rig, 4, 3, 0, 1), b = rig_param(&rig, 4, 2, 0, 1);
    expect_message(&rig, graph_matmul(&rig.g, a, false, b, false),
                   "matmul: a tensor of 4 x 3 does not fit one of 4 x 2",
                   "The inner sides of a product must be equal.");
    rig_init(&rig, 1);
    a = rig_param(&rig, 4, 3, 0, 1);
    expect_message(
        &rig, graph_quantile(&rig.g, a, graph_constant(&rig.g, 0.5f)),
        "quantile: expected a single column of at least one row, found a tensor of 4 x 3", "");
    rig_init(&rig, 1);
    a = rig_param(&rig, 4, 3, 0, 1);
    expect_message(&rig, graph_slice(&rig.g, a, 0, 3, 4, 1),
                   "slice: expected a larger tensor, found a tensor of 4 x 3", "");
    rig_init(&rig, 1);
    a = rig_param(&rig, 4, 3, 0, 1);
    expect_message(&rig, graph_pow(&rig.g, a, a),
                   "pow: a tensor of 4 x 3 does not fit one of 4 x 3",
                   "The exponent must be a single number.");
    rig_init(&rig, 1);
    expect_message(&rig, graph_input(&rig.g, 0, SIZE_MAX / 2, 3),
                   "input: 9223372036854775807 x 3 is too large", "");
    rig_init(&rig, 1);
    a = graph_input(&rig.g, 0, (size_t)1 << 30, 1), b = graph_input(&rig.g, 1, 1, (size_t)1 << 30);
    expect_message(&rig, graph_add(&rig.g, a, b),
                   "add: the result of 1073741824 x 1073741824 is too large", "");
}

static void test_equal_nodes_are_one(void **state)
{
    struct rig rig;
    (void)state;
    rig_init(&rig, 2);
    uint32_t a = rig_param(&rig, 4, 3, 0, 1), b = rig_param(&rig, 4, 3, 0, 1);
    assert_int_equal(graph_add(&rig.g, a, b), graph_add(&rig.g, a, b));
    assert_int_not_equal(graph_add(&rig.g, a, b), graph_add(&rig.g, b, a)); // the order is kept
    assert_int_not_equal(graph_constant(&rig.g, 0.0f), graph_constant(&rig.g, -0.0f));
    assert_int_not_equal(graph_slice(&rig.g, a, 0, 0, 4, 1), graph_slice(&rig.g, a, 0, 1, 4, 1));
    assert_int_not_equal(graph_matmul(&rig.g, a, true, b, false),
                         graph_matmul(&rig.g, a, false, b, true));
    rig_release(&rig);
}

// --- the spec ------------------------------------------------------------------------------------
static void expect_fault(struct rig *rig, size_t n_params, const char *text)
{
    struct err err = {0};
    assert_int_equal(graph_verify(&rig->g, n_params, &err), -1);
    assert_string_equal(err.text, text);
}

static void test_verify(void **state)
{
    struct rig rig;
    struct err err = {0};
    (void)state;
    rig_init(&rig, 3);
    uint32_t a = rig_param(&rig, 4, 3, 0, 1), x = graph_exp(&rig.g, a),
             y = graph_row_sum(&rig.g, x);
    graph_output(&rig.g, y);
    assert_int_equal(graph_verify(&rig.g, 12, &err), 0);
    expect_fault(&rig, 11, "node 0 (param) lies outside the parameters");
    rig.g.node[y].cols = 2;
    expect_fault(&rig, 12, "node 2 (row_sum) has the wrong shape");
    rig.g.node[y].cols = 1;
    rig.g.node[x].in[0] = y;
    expect_fault(&rig, 12, "node 1 (exp) comes before its operand");
    rig.g.node[x].in[0] = a;
    rig.g.node[x].in[1] = a;
    expect_fault(&rig, 12, "node 1 (exp) has an operand too many");
    rig.g.node[x].in[1] = NODE_NONE;
    rig.g.output[0] = 77;
    expect_fault(&rig, 12, "output 0 is no value");
    rig.g.output[0] = y;
    graph_add_node(&rig.g, &(struct node){.op = OP_STORE, .in = {x}});
    graph_add_node(&rig.g, &(struct node){.op = OP_STORE, .in = {y}, .offset = 7});
    expect_fault(&rig, 12, "two gradients are stored to one place");
    rig_release(&rig);
}

// --- passes --------------------------------------------------------------------------------------
static unsigned count(const struct graph *g, enum op op)
{
    unsigned n = 0;
    for (uint32_t id = 0; id < g->n; id++)
        n += g->node[id].op == op;
    return n;
}

static unsigned work(const struct graph *g) // nodes that need code
{
    unsigned n = 0;
    for (uint32_t id = 0; id < g->n; id++)
        n += op_info[g->node[id].op].arity > 0 && g->node[id].op != OP_VIEW &&
             g->node[id].op != OP_STORE;
    return n;
}

static uint32_t mlp_loss(struct rig *rig, size_t rows, size_t width, size_t classes)
{
    struct graph *g = &rig->g;
    uint32_t x = rig_input(rig, rows, width, -1, 1);
    for (unsigned layer = 0; layer < 3; layer++) {
        size_t out = layer < 2 ? width : classes;
        uint32_t w = rig_param(rig, width, out, -0.5, 0.5), b = rig_param(rig, 1, out, -0.5, 0.5);
        x = graph_add(g, graph_matmul(g, x, false, w, false), b);
        x = layer < 2 ? graph_relu(g, x) : x;
    }
    uint32_t t = rig_distribution(rig, rows, classes);
    uint32_t per_row = graph_row_sum(g, graph_mul(g, t, graph_log_softmax(g, x)));
    return graph_mean(g, graph_neg(g, per_row));
}

// A training step of an MLP is: per layer a product, a bias gradient, and two or one products back
// with relu; and one pass for the loss.
static void test_fused_step(void **state)
{
    struct rig rig;
    (void)state;
    rig_init(&rig, 4);
    uint32_t loss = mlp_loss(&rig, 8, 6, 5);
    assert_int_equal(graph_gradient(&rig.g, loss), 0);
    graph_output(&rig.g, loss);
    graph_optimise(&rig.g, rig.n_params);
    assert_int_equal(count(&rig.g, OP_AFFINE), 3);
    assert_int_equal(count(&rig.g, OP_MATMUL), 5); // 3 dW, 2 dx: the first layer needs no dx
    assert_int_equal(count(&rig.g, OP_RELU_BACK), 2);
    assert_int_equal(count(&rig.g, OP_SOFTMAX_XENT), 1);
    assert_int_equal(count(&rig.g, OP_COL_SUM), 3);
    assert_int_equal(count(&rig.g, OP_BROADCAST), 0);
    assert_int_equal(count(&rig.g, OP_MUL), 1); // dz by 1 / B
    assert_int_equal(work(&rig.g), 3 + 5 + 2 + 1 + 3 + 1 + 1 /* mean */);
    struct rig_program p;
    rig_compile(&p, &rig, &rig.g, kernel_select(NULL), false);
    assert_int_equal(p.program.n_instr, work(&rig.g)); // gradients are made in place: no copies
    rig_program_release(&p);
    rig_release(&rig);
}

static void test_no_fusion_where_read_twice(void **state)
{
    struct rig rig;
    (void)state;
    rig_init(&rig, 5);
    struct graph *g = &rig.g;
    uint32_t x = rig_input(&rig, 4, 3, -1, 1);
    uint32_t w = rig_param(&rig, 3, 3, -1, 1), b = rig_param(&rig, 1, 3, -1, 1);
    uint32_t product = graph_matmul(g, x, false, w, false), sum = graph_add(g, product, b);
    graph_output(g, graph_relu(g, sum));
    graph_output(g, sum);
    graph_optimise(g, rig.n_params);
    assert_int_equal(count(g, OP_AFFINE), 1);
    assert_int_equal(count(g, OP_RELU), 1); // the sum before relu is an output
    rig_release(&rig);
    rig_init(&rig, 5);
    x = rig_input(&rig, 4, 3, -1, 1);
    w = rig_param(&rig, 3, 3, -1, 1), b = rig_param(&rig, 1, 3, -1, 1);
    product = graph_matmul(g, x, false, w, false);
    graph_output(g, graph_add(g, product, b));
    graph_output(g, product);
    graph_optimise(g, rig.n_params);
    assert_int_equal(count(g, OP_AFFINE), 0);
    rig_release(&rig);
}

static void test_fold(void **state)
{
    struct rig rig;
    (void)state;
    rig_init(&rig, 6);
    struct graph *g = &rig.g;
    uint32_t x = rig_param(&rig, 4, 3, -1, 1), one = graph_constant(g, 1);
    uint32_t c = graph_div(g, graph_sub(g, graph_constant(g, 3), one), graph_constant(g, 2));
    uint32_t y = graph_neg(g, graph_neg(g, graph_mul(g, graph_detach(g, x), c)));
    graph_output(g, graph_broadcast(g, graph_broadcast(g, graph_div(g, y, one), 4, 3), 4, 3));
    graph_optimise(g, rig.n_params);
    assert_int_equal(g->n, 1);
    assert_int_equal(g->node[g->output[0]].op, OP_PARAM);
    rig_release(&rig);
}

// --- placement -----------------------------------------------------------------------------------
static uint32_t root(const struct graph *g, uint32_t id)
{
    while (g->node[id].op == OP_VIEW || g->node[id].op == OP_DETACH)
        id = g->node[id].in[0];
    return id;
}

// The last reader of each value, found from the graph alone.
static uint32_t *last_readers(const struct graph *g)
{
    uint32_t *last = malloc(g->n * sizeof(*last));
    for (uint32_t id = 0; id < g->n; id++)
        last[id] = id;
    for (uint32_t id = 0; id < g->n; id++)
        for (unsigned i = 0; i < op_info[g->node[id].op].arity; i++)
            if (root(g, id) == id)
                last[root(g, g->node[id].in[i])] = id;
    for (uint32_t i = 0; i < g->n_outputs; i++)
        last[root(g, g->output[i])] = g->n;
    return last;
}

static bool is_operand(const struct graph *g, uint32_t id, uint32_t operand)
{
    for (unsigned i = 0; i < op_info[g->node[id].op].arity; i++)
        if (g->node[id].in[i] == operand && (op_info[g->node[id].op].in_place >> i & 1) != 0)
            return true;
    return false;
}

static bool in_block(const struct placement *p, const struct graph *g, uint32_t id)
{
    return root(g, id) == id && p->place[id].where == PLACE_BLOCK;
}

// Floats of a value: of a tile only, for what lives within a run of tiles.
static size_t memory_of(const struct placement *p, const struct graph *g, uint32_t id)
{
    return tile_rows_of(&p->tiles, g, id) * g->node[id].cols;
}

// Where the memory of `a` may be somebody else's: after its last reader; what a run of tiles reads
// lives until the run has ended, since its ops take turns, unless its last reader wrote over it.
static uint32_t life_end(const struct placement *p, const struct graph *g, uint32_t a, uint32_t last)
{
    const struct tiles *t = &p->tiles;
    if (t->of == NULL || last >= g->n || t->of[last] == NODE_NONE)
        return last;
    bool handed_over = in_block(p, g, last) && p->place[last].offset == p->place[a].offset;
    return handed_over ? last : t->run[t->of[last]].last;
}

// No two living values share memory, except a result written over an operand that dies.
static void check_no_overlap(const struct placement *p, const struct graph *g)
{
    uint32_t *last = last_readers(g);
    for (uint32_t b = 0; b < g->n; b++)
        for (uint32_t a = 0; in_block(p, g, b) && a < b; a++) {
            size_t a_at = p->place[a].offset, a_size = memory_of(p, g, a);
            size_t b_at = p->place[b].offset, b_size = memory_of(p, g, b);
            bool together = in_block(p, g, a) && life_end(p, g, a, last[a]) >= b;
            if (!together || a_at >= b_at + b_size || b_at >= a_at + a_size)
                continue;
            if (last[a] != b || a_at != b_at || a_size != b_size || !is_operand(g, b, a))
                fail_msg("node %u (%s) overlaps node %u (%s)", a, op_info[g->node[a].op].name, b,
                         op_info[g->node[b].op].name);
        }
    for (uint32_t id = 0; id < g->n; id++)
        if (in_block(p, g, id))
            assert_true(p->place[id].offset % 16 == 0 &&
                        p->place[id].offset + memory_of(p, g, id) <= p->block);
    free(last);
}

// Runs with every float that belongs to no living value set to NaN after each instruction.
static void run_poisoned(struct rig_program *p, const struct graph *g)
{
    uint32_t *last = last_readers(g);
    bool *live = malloc(p->placement.block + 1);
    for (size_t i = 0; i < p->program.n_instr; i = program_next(&p->program, i)) {
        program_run_one(&p->program, i);
        uint32_t now = program_node(&p->program, i);
        memset(live, 0, p->placement.block);
        for (uint32_t id = 0; id <= now; id++)
            if (in_block(&p->placement, g, id) && last[id] > now)
                memset(live + p->placement.place[id].offset, 1, node_size(&g->node[id]));
        for (size_t f = 0; f < p->placement.block; f++)
            p->block[f] = live[f] ? p->block[f] : NAN;
    }
    free(last);
    free(live);
}

static void check_placement(const struct rig *rig)
{
    const struct graph *g = &rig->g;
    struct rig_program shared, separate;
    rig_compile(&shared, rig, g, kernel_select(NULL), false);
    rig_compile(&separate, rig, g, kernel_select(NULL), true);
    check_no_overlap(&shared.placement, g);
    check_no_overlap(&separate.placement, g);
    assert_int_equal(separate.placement.block, shared.placement.without_reuse);
    assert_true(shared.placement.block <= separate.placement.block);
    program_run(&separate.program);
    for (int run = 0; run < 2; run++) { // a run leaves nothing behind that the next one reads
        run_poisoned(&shared, g);
        assert_memory_equal(shared.gradient, separate.gradient, rig->n_params * sizeof(float));
        for (uint32_t i = 0; i < g->n_outputs; i++)
            assert_memory_equal(shared.program.output[i], separate.program.output[i],
                                node_size(&g->node[g->output[i]]) * sizeof(float));
    }
    rig_program_release(&shared);
    rig_program_release(&separate);
}

static void test_placement_of_a_step(void **state)
{
    struct rig rig;
    (void)state;
    rig_init(&rig, 7);
    uint32_t loss = mlp_loss(&rig, 64, 16, 10);
    assert_int_equal(graph_gradient(&rig.g, loss), 0);
    graph_output(&rig.g, loss);
    check_placement(&rig); // as built
    graph_optimise(&rig.g, rig.n_params);
    check_placement(&rig);
    struct placement p;
    graph_place(&p, &rig.g, false);
    assert_true(p.block * 4 <= p.without_reuse * 3);
    placement_release(&p);
    rig_release(&rig);
}

// A random op over nodes made before; NODE_NONE when the draw does not fit.
static uint32_t random_node(struct rig *rig, const uint32_t *made, size_t n)
{
    static const enum op unary[] = {
        OP_NEG,     OP_TANH,    OP_SIGMOID, OP_RELU, OP_GELU,   OP_SOFTMAX,       OP_LOG_SOFTMAX,
        OP_ROW_SUM, OP_ROW_MAX, OP_COL_SUM, OP_MEAN, OP_DETACH, OP_ONE_HOT_ARGMAX};
    static const enum op binary[] = {OP_ADD, OP_SUB, OP_MUL, OP_MAX, OP_MIN, OP_GREATER};
    struct graph *g = &rig->g;
    uint32_t a = made[rng_below(&rig->rng, n)], b = made[rng_below(&rig->rng, n)];
    const struct node *x = &g->node[a], *y = &g->node[b];
    bool fits = (x->rows == y->rows || x->rows == 1 || y->rows == 1) &&
                (x->cols == y->cols || x->cols == 1 || y->cols == 1);
    switch (rng_below(&rig->rng, 4)) {
    case 0:
        return graph_op1(g, unary[rng_below(&rig->rng, ARRAY_LEN(unary))], a);
    case 1:
        return x->cols == y->cols ? graph_matmul(g, a, false, b, true) : NODE_NONE;
    case 2:
        return x->cols == 1 ? graph_pad(g, a, 0, 1, x->rows, 3)
                            : graph_slice(g, a, 0, 0, x->rows, 1);
    default:
        return fits ? graph_op2(g, binary[rng_below(&rig->rng, ARRAY_LEN(binary))], a, b)
                    : NODE_NONE;
    }
}

static void test_placement_of_random_graphs(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct rig rig;
        uint32_t made[60], loss = NODE_NONE;
        size_t n = 0;
        rig_init(&rig, 1000 + seed);
        made[n++] = rig_param(&rig, 6, 5, -1, 1);
        made[n++] = rig_param(&rig, 1, 5, -1, 1);
        made[n++] = rig_param(&rig, 6, 1, -1, 1);
        made[n++] = rig_input(&rig, 6, 5, -1, 1);
        while (n < ARRAY_LEN(made)) {
            uint32_t node = random_node(&rig, made, n);
            if (node != NODE_NONE)
                made[n++] = node;
        }
        for (size_t i = n - 8; i < n; i++) {
            uint32_t part = graph_mean(&rig.g, graph_tanh(&rig.g, made[i]));
            loss = loss == NODE_NONE ? part : graph_add(&rig.g, loss, part);
        }
        assert_int_equal(graph_gradient(&rig.g, loss), 0);
        graph_output(&rig.g, loss);
        graph_output(&rig.g, made[n - 1]);
        check_placement(&rig);
        graph_optimise(&rig.g, rig.n_params);
        check_placement(&rig);
        rig_release(&rig);
    }
}

// Sizes at which runs of row-wise ops are cut into tiles: the same bits as with all values kept, and
// less memory.
static void test_tiles_of_random_graphs(void **state)
{
    size_t runs = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct rig rig;
        uint32_t made[40], loss = NODE_NONE;
        size_t n = 0, rows = seed % 3 == 0 ? 1501 : 900, cols = seed % 2 == 0 ? 5 : 9;
        rig_init(&rig, 5000 + seed);
        made[n++] = graph_mul(&rig.g, rig_input(&rig, rows, cols, -1, 1),
                              rig_param(&rig, 1, cols, -1, 1));
        made[n++] = rig_param(&rig, 1, cols, -1, 1);
        made[n++] = rig_input(&rig, rows, 1, -1, 1);
        made[n++] = rig_input(&rig, rows, cols, -1, 1);
        while (n < ARRAY_LEN(made)) {
            uint32_t node = random_node(&rig, made, n);
            if (node != NODE_NONE && node_size(&rig.g.node[node]) <= rows * cols)
                made[n++] = node;
        }
        for (size_t i = n - 8; i < n; i++) {
            uint32_t part = graph_mean(&rig.g, graph_tanh(&rig.g, made[i]));
            loss = loss == NODE_NONE ? part : graph_add(&rig.g, loss, part);
        }
        assert_int_equal(graph_gradient(&rig.g, loss), 0);
        graph_output(&rig.g, loss);
        graph_output(&rig.g, made[n - 1]);
        graph_optimise(&rig.g, rig.n_params);
        check_placement(&rig);
        struct tiles t;
        graph_tiles(&t, &rig.g);
        runs += t.n;
        tiles_release(&t);
        rig_release(&rig);
    }
    assert_true(runs > 40);
}

static void test_tiles_save_memory(void **state)
{
    struct rig rig;
    struct placement p;
    (void)state;
    rig_init(&rig, 6);
    struct graph *g = &rig.g;
    uint32_t x = rig_input(&rig, 4096, 16, -1, 1), y = x;
    for (int i = 0; i < 5; i++)
        y = graph_mul(g, graph_exp(g, y), graph_tanh(g, x));
    graph_output(g, graph_row_sum(g, y));
    graph_place(&p, g, false);
    assert_int_equal(p.tiles.n, 1);
    assert_true(p.block < 4096 + 8 * 2048 + 16); // the row sums, and tiles
    placement_release(&p);
    check_placement(&rig);
    rig_release(&rig);
}

// A value is not overwritten while a view of another shape reads it.
static void test_view_of_a_dying_value(void **state)
{
    struct rig rig;
    (void)state;
    rig_init(&rig, 9);
    struct graph *g = &rig.g;
    uint32_t x = graph_exp(g, rig_input(&rig, 5, 4, -1, 1));
    graph_output(g, graph_mul(g, x, graph_view(g, x, 3, 5, 1)));
    check_placement(&rig);
    rig_release(&rig);
}

// One gradient for two parameters: made once, copied once.
static void test_shared_gradient(void **state)
{
    struct rig rig;
    (void)state;
    rig_init(&rig, 8);
    uint32_t a = rig_param(&rig, 3, 4, -1, 1), b = rig_param(&rig, 3, 4, -1, 1);
    rig_check(&rig, graph_sum(&rig.g, graph_tanh(&rig.g, graph_add(&rig.g, a, b))));
    check_placement(&rig);
    rig_release(&rig);
}

// --- plain C ops ---------------------------------------------------------------------------------
static void test_quantile(void **state)
{
    static const float four[] = {4, 1, 3, 2}, mixed[] = {-1, 5, -3, 0, -0.0f, 5, 2}, one[] = {7};
    static const float pair[] = {1, 2};
    (void)state;
    // numpy.quantile([1, 2, 3, 4], q)
    assert_true(scalar_quantile(four, 4, 0) == 1);
    assert_true(scalar_quantile(four, 4, 0.25f) == 1.75f);
    assert_true(scalar_quantile(four, 4, 0.5f) == 2.5f);
    assert_true(scalar_quantile(four, 4, 0.75f) == 3.25f);
    assert_true(scalar_quantile(four, 4, 1) == 4);
    assert_true(fabsf(scalar_quantile(four, 4, 0.4f) - 2.2f) <= 2.4e-7f);
    assert_true(fabsf(scalar_quantile(pair, 2, 0.1f) - 1.1f) <= 1.2e-7f);
    // sorted: -3 -1 0 0 2 5 5
    assert_true(scalar_quantile(mixed, 7, 0.5f) == 0);
    assert_true(scalar_quantile(mixed, 7, 0.125f) == -1.5f); // rank 0.75
    assert_true(scalar_quantile(mixed, 7, 0.75f) == 3.5f);   // rank 4.5
    assert_true(scalar_quantile(mixed, 7, 0.9375f) == 5);    // rank 5.625
    assert_true(scalar_quantile(one, 1, 0.3f) == 7);
    assert_true(scalar_quantile(four, 4, -1) == 1 && scalar_quantile(four, 4, 2) == 4);
    assert_true(isnan(scalar_quantile(four, 4, NAN)));
    assert_true(isnan(scalar_quantile((const float[]){1, NAN, 2}, 3, 0.5f)));
    const float ends[] = {-INFINITY, 0, INFINITY};
    assert_true(scalar_quantile(ends, 3, 0.5f) == 0);
}

static void test_quantile_of_random_values(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct rng rng = rng_at(rng_key_of(seed, "quantile"), 0);
        size_t n = 1 + rng_below(&rng, 100);
        float x[100];
        double wide[100];
        for (size_t i = 0; i < n; i++)
            wide[i] = x[i] = seed % 2 == 0 ? (float)rng_normal(&rng) : (float)rng_below(&rng, 5);
        float q = (float)rng_unit(&rng), got = scalar_quantile(x, n, q);
        assert_true(fabs(got - interp_quantile(wide, n, q)) <= 2e-5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shape_errors),
        cmocka_unit_test(test_equal_nodes_are_one),
        cmocka_unit_test(test_verify),
        cmocka_unit_test(test_fused_step),
        cmocka_unit_test(test_no_fusion_where_read_twice),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_placement_of_a_step),
        cmocka_unit_test(test_placement_of_random_graphs),
        cmocka_unit_test(test_tiles_of_random_graphs),
        cmocka_unit_test(test_tiles_save_memory),
       
        cmocka_unit_test(test_view_of_a_dying_value),
        cmocka_unit_test(test_shared_gradient),
        cmocka_unit_test(test_quantile),
        cmocka_unit_test(test_quantile_of_random_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
