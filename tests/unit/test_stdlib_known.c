// test_stdlib_known.c -- stdlib/losses: values known from papers and from what a loss is made for.
#include "stdlib_call.h"

static const struct shape small = {.rows = 8, .classes = 2, .features = 4, .hidden = 5,
                                   .source = 5, .layers = 2};

static void close_to(double got, double want, double within)
{
    if (!(fabs(got - want) <= within))
        fail_msg("got %.9g, want %.9g", got, want);
}

// A target loss where the student says p and the teacher q.
static double between(const char *name, const char *args, size_t n, const double *p,
                      const double *q)
{
    const struct shape shape = {.rows = 1, .classes = n, .features = 1, .layers = 1};
    struct loss *loss = load(name);
    struct call call;
    call_init(&call, loss_description(loss), args);
    struct world w;
    world_init(&w, &shape, LOSS_TARGET, 1);
    uint32_t id = loss_trace(loss, &call.value, &w.view);
    assert_int_not_equal(id, NODE_NONE);
    *world_values(&w, w.features) = 0;
    for (size_t c = 0; c < n; c++) {
        w.rig.params[w.rig.g.node[w.bias[0]].offset + c] = log(p[c]);
        if (q != NULL)
            world_values(&w, w.given[SOURCE_GUIDANCE_PROBS][0])[c] = q[c];
    }
    double value = rig_loss_at(&w.rig, &w.rig.g, id, w.rig.params, NULL);
    world_release(&w);
    loss_free(loss);
    return value;
}

static void test_known_targets(void **state)
{
    static const double even[] = {0.5, 0.5}, uneven[] = {0.75, 0.25}, first[] = {1, 0};
    static const double sure[] = {0.9, 0.1}, surer[] = {0.968, 0.032}, last[] = {1e-30, 1};
    static const double horses[] = {0.5, 0.25, 0.125, 0.125};
    const double bit = log(2);
    (void)state;
    // Cover & Thomas, Elements of information theory, example 2.3.1: 0.2075 and 0.1887 bits; and
    // example 1.1.2's distribution has 7/4 bits.
    close_to(between("kl", "", 2, uneven, even) / bit, 0.2075, 5e-5);
    close_to(between("reverse_kl", "", 2, uneven, even) / bit, 0.1887, 5e-5);
    close_to(between("kl", "", 2, even, uneven) / bit, 0.1887, 5e-5);
    close_to(between("entropy", "", 4, horses, NULL) / bit, 1.75, 1e-6);
    // Lin 1991: bounded by one bit.
    close_to(between("jensen_shannon", "", 2, last, first) / bit, 1, 1e-6);
    // Lin et al. 2017, section 3.2: with gamma = 2, 100 times less than cross-entropy at p = 0.9,
    // about 1000 times at 0.968.
    close_to(between("focal_kl", "gamma=2", 2, sure, first), -log(0.9) / 100, 1e-8);
    close_to(-log(0.968) / between("focal_kl", "", 2, surer, first), 1000, 30);
    // Zhang & Sabuncu 2018: 1 - p at one end, cross-entropy at the other.
    close_to(between("generalized_cross_entropy", "k=1", 2, sure, first), 0.1, 1e-6);
    close_to(between("generalized_cross_entropy", "k=0.001", 2, sure, first),
                        -log(0.9), 1e-5);
    // Sensoy et al. 2018: without evidence, squared error of 1/2 and the variance of the uniform.
    close_to(between("evidential", "", 2, even, first), 0.5 + 1.0 / 6, 1e-6);
    // Wang et al. 2019: reverse cross-entropy is -A (1 - p) for one label.
    close_to(between("symmetric_cross_entropy", "alpha=0", 2, sure, first), 0.4, 1e-6);
}

// Scores of one ranking set by hand: the features are the scores of a linear student.
static double ranked(const char *name, const char *args, size_t k, const double *scores,
                     const double *reference)
{
    const struct shape shape = {.rows = k, .classes = 2, .features = 1, .layers = 1,
                                .rankings = 1, .ranked = k};
    struct loss *loss = load(name);
    struct call call;
    call_init(&call, loss_description(loss), args);
    struct world w;
    world_init(&w, &shape, LOSS_PREFERENCE, 1);
    uint32_t id = loss_trace(loss, &call.value, &w.view);
    assert_int_not_equal(id, NODE_NONE);
    static const double params[] = {0, 1, 0, 0}; // z_0 = 0, z_1 = x
    memcpy(w.rig.params, params, sizeof(params));
    for (size_t i = 0; i < k; i++) {
        world_values(&w, w.features)[i] = scores[i];
        if (reference != NULL)
            world_values(&w, w.given[SOURCE_REFERENCE_SCORES][0])[i] = reference[i];
    }
    double value = rig_loss_at(&w.rig, &w.rig.g, id, w.rig.params, NULL);
    world_release(&w);
    loss_free(loss);
    return value;
}

static void test_known_preferences(void **state)
{
    static const double equal[] = {0.3, 0.3, 0.3, 0.3}, up[] = {6, 1, 0, -1};
    (void)state;
    close_to(ranked("bradley_terry", "", 2, equal, NULL), log(2), 1e-9);
    close_to(ranked("plackett_luce", "", 4, equal, NULL), log(24), 1e-9);
    close_to(ranked("plackett_luce", "top=1", 4, equal, NULL), log(4), 1e-9);
    close_to(ranked("margin_ranking", "", 4, equal, NULL), 1, 1e-9);
    close_to(ranked("margin_ranking", "", 4, up, NULL), 0, 1e-9);
    // A student that is its reference still.
    close_to(ranked("dpo", "", 2, up, up), log(2), 1e-9);
    close_to(ranked("cdpo", "", 2, up, up), log(2), 1e-7);
    close_to(ranked("ipo", "", 2, up, up), 25, 1e-5);
    // IPO rests at a margin of 1 / (2 tau) over the reference, cDPO where sigmoid(h) = 1 - e.
    close_to(ranked("ipo", "tau=0.1", 2, up, equal), 0, 1e-9);
    static const double odds[] = {2.1972245773, 0}, none[] = {0, 0};
    close_to(ranked("cdpo", "beta=1 epsilon=0.1", 2, odds, none),
                        -0.9 * log(0.9) - 0.1 * log(0.1), 1e-7);
}

// What a representation loss does not see: the teacher's layer is scale times the student's, plus
// a shift of each unit.
static double of_copy(const char *name, double scale, double shift)
{
    struct loss *loss = load(name);
    struct call call;
    call_init(&call, loss_description(loss), "");
    struct world w;
    world_init(&w, &small, LOSS_REPRESENTATION, 3);
    uint32_t id = loss_trace(loss, &call.value, &w.view);
    assert_int_not_equal(id, NODE_NONE);
    struct mat h = hidden_mat(&w);
    double *source = world_values(&w, w.given[SOURCE_REPRESENTATION_FROM][0]);
    for (size_t i = 0; i < h.rows * h.cols; i++)
        source[i] = scale * h.at[i / h.cols][i % h.cols] + shift * (double)(i % h.cols);
    double value = rig_loss_at(&w.rig, &w.rig.g, id, w.rig.params, NULL);
    world_release(&w);
    loss_free(loss);
    return value;
}

static void test_invariances(void **state)
{
    static const struct {
        const char *name;
        bool scale, shift;
    } rows[] = {{"cka", true, true},
                {"rkd_distance", true, true},
                {"rkd_angle", true, true},
                {"similarity_preserving", true, false},
                {"attention_transfer", true, false},
                {"pkt", true, false}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        close_to(of_copy(rows[i].name, 1, 0), 0, 1e-9);
        assert_int_equal(fabs(of_copy(rows[i].name, 3, 0)) < 1e-9, rows[i].scale);
        assert_int_equal(fabs(of_copy(rows[i].name, 1, 2)) < 1e-9, rows[i].shift);
    }
}

// VID's variance is what was asked for; softplus undone by hand.
static void test_start_of_vid(void **state)
{
    (void)state;
    struct loss *loss = load("vid");
    struct call call;
    call_init(&call, loss_description(loss), "variance=0.5");
    struct world w;
    world_init(&w, &small, LOSS_REPRESENTATION, 3);
    assert_int_not_equal(loss_trace(loss, &call.value, &w.view), NODE_NONE);
    struct mat spread = own_mat(&w, "spread"), bias = own_mat(&w, "bias");
    for (size_t s = 0; s < spread.cols; s++) {
        close_to(log(1 + exp(spread.at[0][s])), 0.5, 1e-7);
        close_to(bias.at[0][s], 0, 0);
    }
    world_release(&w);
    loss_free(loss);
}

// The shares of mixup are Beta(a, a): mean 1/2, variance 1 / (4 (2 a + 1)), fourth central moment
// 3 / (16 (2 a + 1) (2 a + 3)). test_stdlib compares the loss with beta_from.
static void test_shares_of_mixup(void **state)
{
    static const double shape[] = {0.2, 1, 4.5};
    enum { N = 200000 };
    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(shape); s++) {
        struct rng rng = rng_at(rng_key_of(s, "mixup"), 0);
        double a = shape[s], mean = 0, second = 0, fourth = 0;
        for (size_t i = 0; i < N; i++) {
            double u = rng_unit(&rng), x = rng_normal(&rng), y = rng_normal(&rng);
            double d = beta_from(u, x, y, a) - 0.5;
            mean += d / N;
            second += d * d / N;
            fourth += d * d * d * d / N;
        }
        close_to(mean, 0, 4 * 0.5 / sqrt(N));
        close_to(second, 1 / (4 * (2 * a + 1)), 0.001);
        close_to(fourth, 3 / (16 * (2 * a + 1) * (2 * a + 3)), 0.0005);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_targets), cmocka_unit_test(test_known_preferences),
        cmocka_unit_test(test_invariances),   cmocka_unit_test(test_start_of_vid),
        cmocka_unit_test(test_shares_of_mixup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
