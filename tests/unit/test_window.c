// test_window.c -- convolutions and pooling: programs against naive loops in double, gradients and
// gradients of gradients against central differences, in many shapes; products that are resumed.
#include "cmocka_first.h"

#include "../grad/rig.h"

static uint32_t weighted(struct rig *rig, uint32_t x)
{
    size_t rows = rig->g.node[x].rows, cols = rig->g.node[x].cols;
    return graph_sum(&rig->g, graph_mul(&rig->g, x, rig_input(rig, rows, cols, -1, 1)));
}

static const struct window windows[] = {
    // height, width, channels; size, stride, pad
    {5, 6, 2, 3, 1, 1}, {5, 6, 1, 3, 2, 1}, {4, 4, 3, 5, 1, 2},
    {7, 3, 2, 3, 3, 1}, {2, 2, 1, 5, 1, 2}, {1, 1, 4, 3, 1, 1},
    {6, 5, 2, 1, 1, 0}, {6, 5, 2, 2, 2, 0}, {5, 7, 1, 3, 1, 0},
};

static size_t size_of(const struct window *w)
{
    return (size_t)w->height * w->width * w->channels;
}

static void test_conv(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(windows); i++)
        for (int form = 0; form < 3; form++) { // alone; with its bias; and with relu
            const struct window *w = &windows[i];
            size_t outputs = 1 + i % 4, patch = (size_t)w->size * w->size * w->channels;
            static struct rig rig;
            rig_init(&rig, i);
            struct graph *g = &rig.g;
            uint32_t x = rig_param(&rig, 3, size_of(w), -1, 1);
            uint32_t y = graph_conv(g, x, rig_param(&rig, patch, outputs, -1, 1), w);
            if (form > 0)
                y = graph_add(g, y, rig_param(&rig, 1, outputs, -1, 1));
            if (form > 1)
                y = graph_relu(g, y);
            rig_check(&rig, weighted(&rig, y));
            rig_release(&rig);
        }
}

static uint32_t pooled(struct graph *g, uint32_t x, const struct window *w, int mean)
{
    return mean ? graph_pool_mean(g, x, w) : graph_pool_max(g, x, w);
}

static void test_pool(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_LEN(windows); i++) {
        struct window w = windows[i / 2];
        w.pad = 0;
        w.size = w.size > w.height || w.size > w.width ? 1 : w.size;
        static struct rig rig;
        rig_init(&rig, 50 + i);
        uint32_t x = rig_param(&rig, 3, size_of(&w), -1, 1);
        rig_check(&rig, weighted(&rig, pooled(&rig.g, x, &w, i % 2)));
        rig_release(&rig);
    }
}

// The square of what reaches an image, differentiated once more.
static void test_second_order(void **state)
{
    (void)state;
    for (int mean = 0; mean < 2; mean++) {
        static struct rig rig;
        rig_init(&rig, 90 + (uint64_t)mean);
        struct graph *g = &rig.g;
        const struct window w = {4, 6, 2, 3, 1, 1}, pool = {4, 6, 3, 2, 2, 0};
        uint32_t x = rig_param(&rig, 2, size_of(&w), -1, 1);
        uint32_t z = graph_tanh(g, graph_conv(g, x, rig_param(&rig, 18, 3, -1, 1), &w));
        uint32_t y = pooled(g, graph_reshape(g, z, 2, 72), &pool, mean);
        uint32_t loss = weighted(&rig, graph_mul(g, y, y)), dx = graph_derivative(g, loss, x);
        rig_check_within(&rig, graph_sum(g, graph_mul(g, dx, dx)), 1e-5);
        rig_release(&rig);
    }
}

// Many chunks of lines: the program against the interpreter, too large for differences.
static void test_chunks(void **state)
{
    const struct window w = {30, 20, 3, 5, 1, 2};
    static struct rig rig;
    (void)state;
    rig_init(&rig, 99);
    struct graph *g = &rig.g;
    uint32_t x = rig_input(&rig, 3, size_of(&w), -1, 1);
    uint32_t z = graph_conv(g, x, rig_param(&rig, 75, 6, -0.3, 0.3), &w); // 90 lines, 43 at a time
    const struct window again = {30, 20, 6, 3, 1, 1};
    z = graph_relu(g, graph_add(g, z, rig_param(&rig, 1, 6, -1, 1)));
    z = graph_conv(g, graph_reshape(g, z, 3, 3600), rig_param(&rig, 54, 4, -0.3, 0.3), &again);
    uint32_t loss = weighted(&rig, graph_tanh(g, z));
    assert_int_equal(graph_gradient(g, loss), 0);
    graph_output(g, loss);
    graph_optimise(g, rig.n_params);
    double gradient[1024], scale = 1;
    struct interp t = {.g = g, .params = rig.params, .input = rig.input, .gradient = gradient};
    interp_run(&t);
    for (size_t i = 0; i < rig.n_params; i++)
        scale = fmax(scale, fabs(gradient[i]));
    rig_check_program(&rig, g, *t.value[g->output[0]], gradient, scale, 1e-5);
    interp_release(&t);
    rig_release(&rig);
}

// The first of equals is taken; a NaN is largest.
static void test_ties(void **state)
{
    const struct window w = {2, 4, 1, 2, 2, 0};
    const float x[8] = {1, 3, 0, NAN, 3, 2, 5, 7}, v[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    const float dy[2] = {10, 20}, want[8] = {0, 10, 0, 20};
    float out[8];
    (void)state;
    window_pick(out, x, v, &w, 1);
    assert_true(out[0] == 1 && out[1] == 3);
    window_spread(out, x, dy, &w, 1);
    assert_memory_equal(out, want, sizeof(want));
}

static void test_shapes_that_do_not_fit(void **state)
{
    struct rig rig;
    (void)state;
    const struct window w = {4, 4, 1, 3, 1, 1}, large = {4, 4, 1, 5, 5, 0};
    rig_init(&rig, 0);
    uint32_t x = rig_input(&rig, 2, 15, -1, 1);
    assert_int_equal(graph_conv(&rig.g, x, rig_input(&rig, 9, 2, -1, 1), &w), NODE_NONE);
    assert_string_equal(
        rig.err.text,
        "conv: expected images, or what a window makes of them, found a tensor of 2 x 15");
    rig_release(&rig);
    rig_init(&rig, 0);
    x = rig_input(&rig, 2, 16, -1, 1);
    assert_int_equal(graph_pool_max(&rig.g, x, &large), NODE_NONE);
    rig_release(&rig);
}

// A product in parts of k is the whole.
static void test_resume(void **state)
{
    enum { M = 21, N = 35, K = 130 };
    float a[M * K], b[K * N], bias[N], whole[M * N], parts[M * N];
    struct rng rng = rng_at(rng_key_of(7, "resume"), 0);
    (void)state;
    for (size_t i = 0; i < M * K; i++)
        a[i] = (float)rng_normal(&rng);
    for (size_t i = 0; i < K * N; i++)
        b[i] = (float)rng_normal(&rng);
    for (size_t i = 0; i < N; i++)
        bias[i] = (float)rng_normal(&rng);
    for (const struct kernels *const *k = kernel_tables(); *k != NULL; k++)
        for (size_t n = 3; n <= N; n += 8) { // narrow ones too
            struct err err = {0};
            void *workspace = mem_try(gemm_workspace(*k, M, N, K), 1, "test", &err);
            struct gemm g = {.m = M,
                             .n = n,
                             .k = K,
                             .a = a,
                             .ld_a = M,
                             .a_transposed = true,
                             .b = b,
                             .ld_b = N,
                             .c = whole,
                             .ld_c = N,
                             .bias = bias,
                             .act = GEMM_RELU};
            gemm(*k, &g, workspace);
            for (size_t from = 0; from < K; from += 40) {
                bool last = from + 40 >= K;
                struct gemm part = g;
                part.k = last ? K - from : 40;
                part.a += from * M;
                part.b += from * N;
                part.c = parts;
                part.bias = last ? bias : NULL;
                part.act = last ? GEMM_RELU : GEMM_NONE;
                part.resume = from > 0;
                gemm(*k, &part, workspace);
            }
            for (size_t i = 0; i < M; i++)
                assert_memory_equal(whole + i * N, parts + i * N, n * sizeof(float));
            mem_free(workspace);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv),         cmocka_unit_test(test_pool),
        cmocka_unit_test(test_second_order), cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_ties),         cmocka_unit_test(test_shapes_that_do_not_fit),
        cmocka_unit_test(test_resume),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
