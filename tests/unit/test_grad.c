// test_grad.c -- every op that has a gradient, against central differences in double
// (tests/grad/rig.h).
#include "../grad/rig.h"

// Heights and widths: one row, two classes, ten classes, sizes around a vector.
static const size_t shapes[][2] = {{1, 1}, {1, 2},  {1, 10}, {2, 1},
                                   {5, 2}, {7, 10}, {3, 17}, {33, 3}};

// A loss in which every element of x counts differently.
static uint32_t weighted_sum(struct rig *rig, uint32_t x)
{
    if (x == NODE_NONE)
        return NODE_NONE;
    size_t rows = rig->g.node[x].rows, cols = rig->g.node[x].cols;
    uint32_t w = rig_input(rig, rows, cols, -1, 1);
    return graph_sum(&rig->g, graph_mul(&rig->g, x, w));
}

static void test_unary(void **state)
{
    static const struct {
        enum op op;
        double low, high;
    } unary[] = {
        {OP_NEG, -2, 2},     {OP_ABS, -2, 2},  {OP_SQRT, 0.1, 3},   {OP_EXP, -2, 2},
        {OP_LOG, 0.1, 3},    {OP_RELU, -2, 2}, {OP_TANH, -2, 2},    {OP_SIGMOID, -4, 4},
        {OP_LOG1P, -0.9, 3}, {OP_EXPM1, -2, 2}, {OP_SOFTPLUS, -4, 4}, {OP_ERF, -2, 2}, {OP_SIN, -9, 9}, {OP_COS, -9, 9},
        {OP_LGAMMA, 0.3, 9}, {OP_DIGAMMA, 0.5, 9}, {OP_GELU_SLOPE, -3, 3},
        {OP_GELU, -3, 3},    {OP_STEP, -2, 2}, {OP_SOFTMAX, -3, 3}, {OP_LOG_SOFTMAX, -3, 3},
        {OP_ROW_SUM, -2, 2}, {OP_ROW_MAX, -2, 2}, {OP_COL_SUM, -2, 2}, {OP_SUM, -2, 2},
        {OP_MEAN, -2, 2},    {OP_ONE_HOT_ARGMAX, -2, 2}, {OP_DETACH, -2, 2},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unary); i++)
        for (size_t s = 0; s < ARRAY_LEN(shapes); s++) {
            struct rig rig;
            rig_init(&rig, i * 100 + s);
            uint32_t x = rig_param(&rig, shapes[s][0], shapes[s][1], unary[i].low, unary[i].high);
            rig_check(&rig, weighted_sum(&rig, graph_op1(&rig.g, unary[i].op, x)));
            rig_release(&rig);
        }
}

// Both operands are parameters, over every pair of shapes that broadcasts.
static void check_binary(enum op op, size_t rows, size_t cols, unsigned a_small, unsigned b_small)
{
    struct rig rig;
    bool positive = op == OP_DIV;
    rig_init(&rig, 1000 + op * 16 + a_small * 4 + b_small);
    uint32_t a = rig_param(&rig, a_small & 1 ? 1 : rows, a_small & 2 ? 1 : cols, -2, 2);
    uint32_t b =
        rig_param(&rig, b_small & 1 ? 1 : rows, b_small & 2 ? 1 : cols, positive ? 0.5 : -2, 2);
    rig_check(&rig, weighted_sum(&rig, graph_op2(&rig.g, op, a, b)));
    rig_release(&rig);
}

static void test_binary(void **state)
{
    static const enum op binary[] = {OP_ADD, OP_SUB,   OP_MUL,     OP_DIV,           OP_MAX,
                                     OP_MIN, OP_EQUAL, OP_GREATER, OP_GREATER_EQUAL};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(binary); i++)
        for (size_t s = 0; s < ARRAY_LEN(shapes); s++)
            for (unsigned small = 0; small < 16; small++)
                check_binary(binary[i], shapes[s][0], shapes[s][1], small & 3, small >> 2);
}

static void test_same_operand_twice(void **state)
{
    static const enum op binary[] = {OP_ADD, OP_SUB, OP_MUL, OP_DIV};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(binary); i++) {
        struct rig rig;
        rig_init(&rig, 40 + i);
        uint32_t x = graph_exp(&rig.g, rig_param(&rig, 5, 3, -1, 1));
        rig_check(&rig, weighted_sum(&rig, graph_op2(&rig.g, binary[i], x, x)));
        rig_release(&rig);
    }
}

static void test_pow(void **state)
{
    static const float exponents[] = {-1.5f, 0.5f, 1, 2, 3, 2.5f, 9};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(exponents); i++) {
        struct rig rig;
        rig_init(&rig, 50 + i);
        bool whole = exponents[i] >= 1 && exponents[i] <= 8 && exponents[i] == floorf(exponents[i]);
        uint32_t x = rig_param(&rig, 5, 3, whole ? -1.5 : 0.2, 1.5);
        uint32_t e = graph_constant(&rig.g, exponents[i]);
        rig_check_within(&rig, weighted_sum(&rig, graph_pow(&rig.g, x, e)), 2e-5);
        rig_release(&rig);
    }
}

static void test_matmul(void **state)
{
    static const size_t sizes[][3] = {{1, 1, 1}, {1, 2, 7}, {5, 10, 3}, {17, 9, 16}, {33, 2, 20}};
    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
        for (unsigned t = 0; t < 4; t++) {
            size_t m = sizes[s][0], n = sizes[s][1], k = sizes[s][2];
            struct rig rig;
            rig_init(&rig, 60 + s * 4 + t);
            bool ta = t & 1, tb = t & 2;
            uint32_t a = rig_param(&rig, ta ? k : m, ta ? m : k, -1, 1);
            uint32_t b = rig_param(&rig, tb ? n : k, tb ? k : n, -1, 1);
            rig_check(&rig, weighted_sum(&rig, graph_matmul(&rig.g, a, ta, b, tb)));
            rig_release(&rig);
        }
}

// Slices at every place of a 5 x 4 tensor, padded elsewhere into a 6 x 5 one.
static void test_rectangles(void **state)
{
    (void)state;
    for (size_t row = 0; row < 4; row++)
        for (size_t col = 0; col < 3; col++) {
            struct rig rig;
            rig_init(&rig, 80 + row * 10 + col);
            uint32_t x = graph_exp(&rig.g, rig_param(&rig, 5, 4, -1, 1));
            uint32_t part = graph_slice(&rig.g, x, row, col, 2, 2);
            uint32_t y = graph_pad(&rig.g, part, 4 - row, 3 - col, 6, 5);
            rig_check(&rig, weighted_sum(&rig, y));
            rig_release(&rig);
        }
}

static void test_movement(void **state)
{
    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(shapes); s++)
        for (int what = 0; what < 5; what++) {
            struct rig rig;
            size_t rows = shapes[s][0], cols = shapes[s][1];
            rig_init(&rig, 700 + s * 10 + (size_t)what);
            struct graph *g = &rig.g;
            uint32_t x = rig_param(&rig, rows, cols, -1, 1);
            uint32_t mask = graph_step(g, rig_input(&rig, rows, cols, -1, 1));
            uint32_t y = what == 0   ? graph_transpose(g, x)
                         : what == 1 ? graph_reshape(g, graph_exp(g, x), cols, rows)
                         : what == 2 ? graph_cumsum(g, x, false)
                         : what == 3 ? graph_cumsum(g, x, true)
                                     : graph_where(g, mask, graph_exp(g, x), graph_neg(g, x));
            uint32_t scaled = graph_mul(g, y, graph_broadcast(g, graph_iota(g, g->node[y].cols),
                                                              g->node[y].rows, g->node[y].cols));
            rig_check(&rig, weighted_sum(&rig, scaled));
            rig_release(&rig);
        }
}

// Indices that repeat, and some that mean nothing: 0, and one past the end.
static void test_gathers(void **state)
{
    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(shapes); s++)
        for (int by_row = 0; by_row < 2; by_row++) {
            struct rig rig;
            size_t rows = shapes[s][0], cols = shapes[s][1], size = by_row ? rows * 3 : 6;
            rig_init(&rig, 800 + s * 10 + (size_t)by_row);
            uint32_t x = graph_exp(&rig.g, rig_param(&rig, rows, cols, -1, 1));
            uint32_t index = rig_input(&rig, by_row ? rows : 6, by_row ? 3 : 1, 0, 1);
            for (size_t i = 0; i < size; i++)
                rig.input[0][i] = (double)rng_below(&rig.rng, (by_row ? cols : rows) + 2);
            uint32_t y = by_row ? graph_row_gather(&rig.g, x, index)
                                : graph_gather_rows(&rig.g, x, index);
            rig_check(&rig, weighted_sum(&rig, graph_mul(&rig.g, y, y)));
            rig_release(&rig);
        }
}

// Sorted values carry the gradient to where they came from.
static void test_sorting(void **state)
{
    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(shapes); s++) {
        struct rig rig;
        rig_init(&rig, 900 + s);
        struct graph *g = &rig.g;
        uint32_t x = rig_param(&rig, shapes[s][0], shapes[s][1], -1, 1);
        uint32_t sorted = graph_row_gather(g, x, graph_row_argsort(g, x));
        uint32_t most = graph_row_gather(g, x, graph_row_argmax(g, x));
        rig_check(&rig, graph_add(g, weighted_sum(&rig, sorted), weighted_sum(&rig, most)));
        rig_release(&rig);
    }
}

static void test_quantiles(void **state)
{
    static const float q[] = {0, 0.1f, 0.25f, 0.5f, 0.77f, 1, 1.5f};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(q); i++)
        for (size_t rows = 1; rows < 8; rows++) {
            struct rig rig;
            rig_init(&rig, 1400 + i * 10 + rows);
            struct graph *g = &rig.g;
            uint32_t x = rig_param(&rig, rows, 1, -1, 1);
            uint32_t y = graph_quantile(g, graph_exp(g, x), graph_constant(g, q[i]));
            rig_check(&rig, graph_mul(g, y, y));
            rig_release(&rig);
        }
}

// The squared length of a gradient, differentiated again: what penalties on gradients need.
static void test_second_order(void **state)
{
    static const enum op op[] = {OP_RELU, OP_TANH, OP_GELU, OP_SIGMOID, OP_SOFTMAX, OP_LOG_SOFTMAX,
                                 OP_EXP};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(op); i++)
        for (size_t s = 0; s < ARRAY_LEN(shapes); s++) {
            struct rig rig;
            rig_init(&rig, 1100 + i * 10 + s);
            struct graph *g = &rig.g;
            uint32_t x = rig_input(&rig, shapes[s][0], 4, -1, 1);
            uint32_t w = rig_param(&rig, 4, shapes[s][1], -1, 1);
            uint32_t y = graph_op1(g, op[i], graph_matmul(g, x, false, w, false));
            uint32_t dx = graph_derivative(g, weighted_sum(&rig, graph_mul(g, y, y)), x);
            rig_check_within(&rig, graph_sum(g, graph_mul(g, dx, dx)), 2e-5);
            rig_release(&rig);
        }
}

static void test_derivative_of_nothing(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, 1200);
    struct graph *g = &rig.g;
    uint32_t x = rig_param(&rig, 3, 2, -1, 1), other = rig_param(&rig, 3, 2, -1, 1);
    uint32_t y = graph_sum(g, graph_detach(g, graph_mul(g, x, x)));
    uint32_t none = graph_add(g, graph_derivative(g, y, x), graph_derivative(g, y, other));
    rig_check(&rig, graph_add(g, graph_sum(g, none), graph_sum(g, x)));
    assert_true(graph_derivative(g, x, x) == NODE_NONE);
    assert_string_equal(rig.err.text,
                        "what is differentiated must be a single number, found a tensor of 3 x 2");
    rig_release(&rig);
}

// sum z^3 / 3 + b z with its gradient, as a loss that cannot be traced would compute it.
static void cubes(void *data, double *value, double *gradient, const double *const in[3])
{
    const size_t *n = data;
    assert_null(in[2]);
    for (size_t i = 0; i < *n; i++) {
        double z = in[0][i], b = in[1][i];
        *value += z * z * z / 3 + b * z;
        gradient[i] = z * z + b;
    }
}

static void test_extern(void **state)
{
    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(shapes); s++) {
        struct rig rig;
        rig_init(&rig, 1300 + s);
        struct graph *g = &rig.g;
        size_t n = shapes[s][0] * shapes[s][1];
        uint32_t z = graph_tanh(g, rig_param(&rig, shapes[s][0], shapes[s][1], -1, 1));
        uint32_t b = rig_input(&rig, shapes[s][0], shapes[s][1], -1, 1);
        struct graph_extern e = {cubes, &n};
        uint32_t y = graph_extern(g, &e, (uint32_t[]){z, b, NODE_NONE});
        rig_check(&rig, graph_mul(g, y, graph_constant(g, 0.75f)));
        rig_release(&rig);
    }
}

static void test_broadcast(void **state)
{
    (void)state;
    for (unsigned small = 0; small < 4; small++) {
        struct rig rig;
        rig_init(&rig, 90 + small);
        uint32_t x = rig_param(&rig, small & 1 ? 1 : 6, small & 2 ? 1 : 4, -1, 1);
        uint32_t wide = graph_broadcast(&rig.g, x, 6, 4);
        rig_check(&rig, weighted_sum(&rig, graph_tanh(&rig.g, graph_mul(&rig.g, wide, wide))));
        rig_release(&rig);
    }
}

// Cross-entropy in the forms the fusion knows, and near misses: two targets over one log_softmax, a
// target that depends on the parameters, a weight per row, the sign outside of the mean.
static uint32_t xent_form(struct rig *rig, uint32_t z, unsigned form, size_t rows, size_t cols)
{
    struct graph *g = &rig->g;
    uint32_t y = graph_log_softmax(g, z), t = rig_distribution(rig, rows, cols);
    switch (form) {
    case 0:
        return graph_mean(g, graph_neg(g, graph_row_sum(g, graph_mul(g, t, y))));
    case 1:
        return graph_neg(g, graph_mean(g, graph_row_sum(g, graph_mul(g, y, t))));
    case 2: {
        uint32_t u = rig_distribution(rig, rows, cols), w = rig_input(rig, 1, 1, 0.3, 0.9);
        uint32_t a = graph_mean(g, graph_row_sum(g, graph_mul(g, t, y)));
        uint32_t b = graph_mean(g, graph_row_sum(g, graph_mul(g, u, y)));
        return graph_add(g, graph_mul(g, a, w), b);
    }
    case 3: {
        uint32_t own = graph_softmax(g, graph_mul(g, z, t));
        return graph_mean(g, graph_row_sum(g, graph_mul(g, own, y)));
    }
    case 4: {
        uint32_t w = rig_input(rig, rows, 1, 0.2, 1);
        return graph_sum(g, graph_mul(g, graph_row_sum(g, graph_mul(g, t, y)), w));
    }
    default: {
        uint32_t own = graph_detach(g, graph_softmax(g, z));
        uint32_t hard = graph_one_hot_argmax(g, z);
        return graph_mean(g, graph_row_sum(g, graph_mul(g, graph_add(g, own, hard), y)));
    }
    }
}

static void test_cross_entropy(void **state)
{
    (void)state;
    for (unsigned form = 0; form < 6; form++)
        for (size_t s = 0; s < ARRAY_LEN(shapes); s++) {
            size_t rows = shapes[s][0], cols = shapes[s][1];
            struct rig rig;
            rig_init(&rig, 200 + form * 16 + s);
            uint32_t z = rig_param(&rig, rows, cols, -3, 3);
            rig_check(&rig, xent_form(&rig, z, form, rows, cols));
            rig_release(&rig);
        }
}

static void test_layers(void **state)
{
    static uint32_t (*const activation[])(struct graph *, uint32_t) = {graph_relu, graph_tanh,
                                                                       graph_gelu};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(activation); i++) {
        struct rig rig;
        rig_init(&rig, 300 + i);
        struct graph *g = &rig.g;
        uint32_t x = rig_input(&rig, 9, 6, -1, 1);
        for (unsigned layer = 0; layer < 3; layer++) {
            uint32_t w = rig_param(&rig, rig.g.node[x].cols, 5, -1, 1),
                     b = rig_param(&rig, 1, 5, -1, 1);
            x = graph_add(g, graph_matmul(g, x, false, w, false), b);
            x = layer < 2 ? activation[i](g, x) : x;
        }
        rig_check(&rig, xent_form(&rig, x, 0, 9, 5));
        rig_release(&rig);
    }
}

static void expect_error(struct rig *rig, uint32_t loss, const char *text)
{
    assert_int_equal(graph_gradient(&rig->g, loss), -1);
    assert_string_equal(rig->err.text, text);
    rig_release(rig);
}

static void test_errors(void **state)
{
    struct rig rig;
    (void)state;
    rig_init(&rig, 400);
    uint32_t x = rig_param(&rig, 5, 1, 0, 1);
    expect_error(&rig, graph_quantile(&rig.g, x, graph_mean(&rig.g, x)),
                 "quantile has no gradient by its rank");
    rig_init(&rig, 401);
    x = rig_param(&rig, 1, 1, 0, 1);
    expect_error(&rig, graph_sum(&rig.g, graph_pow(&rig.g, x, x)),
                 "pow has no gradient by its exponent");
    rig_init(&rig, 402);
    x = rig_param(&rig, 5, 2, 0, 1);
    expect_error(&rig, x, "a loss must be a single number, found a tensor of 5 x 2");
}

// A loss without parameters has an empty gradient, not an error.
static void test_no_parameters(void **state)
{
    struct rig rig;
    (void)state;
    rig_init(&rig, 500);
    rig_check(&rig, graph_mean(&rig.g, rig_input(&rig, 4, 3, -1, 1)));
    rig_release(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unary),         cmocka_unit_test(test_binary),
        cmocka_unit_test(test_same_operand_twice), cmocka_unit_test(test_pow),
        cmocka_unit_test(test_matmul),        cmocka_unit_test(test_rectangles),
        cmocka_unit_test(test_movement),      cmocka_unit_test(test_gathers),
        cmocka_unit_test(test_sorting),       cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_second_order),
        cmocka_unit_test(test_derivative_of_nothing), cmocka_unit_test(test_extern),
       
        cmocka_unit_test(test_broadcast),     cmocka_unit_test(test_cross_entropy),
        cmocka_unit_test(test_layers),        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_no_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
