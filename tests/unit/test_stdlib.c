// test_stdlib.c -- stdlib/losses: every file against a formula of its own, its gradient against
// central differences (tests/grad/rig.h), and behaviour at the extremes.
//
// A loss has a row here for each of its variants; a file without one fails.
#include "stdlib_call.h"
#include "stdlib_invariance.h"
#include "stdlib_preference.h"
#include "stdlib_regularizer.h"
#include "stdlib_representation.h"
#include "stdlib_target.h"

enum { TWO_CLASSES = 1, SAME_WIDTH = 2 }; // what a loss insists on

static const struct loss_case {
    const char *name, *args;
    double (*wanted)(const struct world *w, const struct value *call);
    unsigned needs;
    size_t min_rows;
} cases[] = {
    {"cross_entropy", "", wanted_cross_entropy, 0, 1},
    {"soft_labels", "", wanted_soft_labels, 0, 1},
    {"soft_labels", "temperature=2.5", wanted_soft_labels, 0, 1},
    {"hard_labels", "", wanted_hard_labels, 0, 1},
    {"kl", "", wanted_kl, 0, 1},
    {"kl", "temperature=0.5", wanted_kl, 0, 1},
    {"reverse_kl", "", wanted_reverse_kl, 0, 1},
    {"reverse_kl", "temperature=3 floor=0.1", wanted_reverse_kl, 0, 1},
    {"jensen_shannon", "", wanted_jensen_shannon, 0, 1},
    {"jensen_shannon", "temperature=2", wanted_jensen_shannon, 0, 1},
    {"label_smoothing", "", wanted_label_smoothing, 0, 1},
    {"label_smoothing", "epsilon=0.75", wanted_label_smoothing, 0, 1},
    {"log_confidence", "", wanted_log_confidence, 0, 1},
    {"log_confidence", "alpha=0.3 warmup=0", wanted_log_confidence, 0, 1},
    {"log_confidence", "alpha=0.75 warmup=0.1", wanted_log_confidence, 0, 1},
    {"log_confidence", "variant=openai2024", wanted_log_confidence, TWO_CLASSES, 1},
    {"log_confidence", "variant=openai2024 warmup=0.1", wanted_log_confidence, TWO_CLASSES, 1},
    {"product_confidence", "", wanted_product_confidence, 0, 1},
    {"product_confidence", "alpha=0 beta=2", wanted_product_confidence, 0, 1},
    {"product_confidence", "alpha=1.5 beta=0", wanted_product_confidence, 0, 1},
    {"adaptive_confidence", "", wanted_adaptive_confidence, 0, 1},
    {"adaptive_confidence", "threshold=0.25", wanted_adaptive_confidence, 0, 1},
    {"entropy", "", wanted_entropy, 0, 1},
    {"window", "", wanted_window, 0, 1},
    {"window", "radius=0.4", wanted_window, 0, 1},
    {"window", "midweak=true", wanted_window, 0, 1},
    {"symmetric_cross_entropy", "", wanted_symmetric, 0, 1},
    {"symmetric_cross_entropy", "alpha=2 beta=0.5 A=-1", wanted_symmetric, 0, 1},
    {"generalized_cross_entropy", "", wanted_generalized, 0, 1},
    {"generalized_cross_entropy", "k=0.01", wanted_generalized, 0, 1},
    {"focal_kl", "", wanted_focal_kl, 0, 1},
    {"focal_kl", "gamma=0", wanted_focal_kl, 0, 1},
    {"focal_kl", "gamma=0.5", wanted_focal_kl, 0, 1},
    {"mixup", "", wanted_mixup, 0, 1},
    {"mixup", "alpha=1", wanted_mixup, 0, 1},
    {"mixup", "alpha=4.5", wanted_mixup, 0, 1},
    {"evidential", "", wanted_evidential, 0, 1},
    {"evidential", "evidence=softplus warmup=0", wanted_evidential, 0, 1},
    {"evidential", "evidence=exp weight=0.5 warmup=0.1", wanted_evidential, 0, 1},
    {"l2_output", "", wanted_l2_output, 0, 1},

    {"bradley_terry", "", wanted_bradley_terry, 0, 1},
    {"plackett_luce", "", wanted_plackett_luce, 0, 1},
    {"plackett_luce", "top=1", wanted_plackett_luce, 0, 1},
    {"margin_ranking", "", wanted_margin_ranking, 0, 1},
    {"margin_ranking", "margin=0.25", wanted_margin_ranking, 0, 1},
    {"dpo", "", wanted_dpo, 0, 1},
    {"dpo", "beta=2", wanted_dpo, 0, 1},
    {"ipo", "", wanted_ipo, 0, 1},
    {"ipo", "tau=0.5", wanted_ipo, 0, 1},
    {"cdpo", "", wanted_cdpo, 0, 1},
    {"cdpo", "beta=1 epsilon=0.3", wanted_cdpo, 0, 1},

    {"hint", "", wanted_hint, 0, 1},
    {"cka", "", wanted_cka, 0, 2},
    {"rkd_distance", "", wanted_rkd_distance, 0, 2},
    {"rkd_angle", "", wanted_rkd_angle, 0, 3},
    {"rkd_angle", "corners=2", wanted_rkd_angle, 0, 3},
    {"rkd_angle", "corners=0", wanted_rkd_angle, 0, 3},
    {"similarity_preserving", "", wanted_similarity, 0, 1},
    {"attention_transfer", "", wanted_attention_transfer, SAME_WIDTH, 1},
    {"pkt", "", wanted_pkt, 0, 2},
    {"vid", "", wanted_vid, 0, 1},
    {"vid", "variance=0.5", wanted_vid, 0, 1},
    {"alignment", "", wanted_alignment, 0, 1},
    {"alignment", "margin=4", wanted_alignment, 0, 1},

    {"l1", "", wanted_l1, 0, 1},
    {"l2", "", wanted_l2, 0, 1},
    {"l2_start", "", wanted_l2_start, 0, 1},
    {"orthogonality", "", wanted_orthogonality, 0, 1},
    {"jacobian", "", wanted_jacobian, 0, 1},
    {"jacobian", "projections=2", wanted_jacobian, 0, 1},
    {"jacobian", "projections=0", wanted_jacobian, 0, 1},
    {"monotone", "increasing=1", wanted_monotone, 0, 1},
    {"monotone", "class=1 decreasing=2,1 increasing=2 margin=1", wanted_monotone, 0, 1},
    {"monotone", "increasing=1 decreasing=2 margin=0.5", wanted_monotone, 0, 1},
    {"semantic", "", wanted_semantic, 0, 1},
    {"logical", "feature=1 classes=2", wanted_logical, 0, 1},
    {"logical", "feature=2 classes=1 threshold=-0.5 side=below rule=excludes", wanted_logical, 0,
     1},
    {"consistency", "", wanted_consistency, 0, 1},
    {"consistency", "sigma=0.5 variant=uda", wanted_consistency, 0, 1},

    {"irm", "", wanted_irm, 0, 1},
    {"irm", "penalty=100 anneal=0.1", wanted_irm, 0, 1},
    {"irm", "penalty=100 anneal=0.2", wanted_irm, 0, 1},
    {"vrex", "penalty=3", wanted_vrex, 0, 1},
    {"vrex", "penalty=100 anneal=0.2", wanted_vrex, 0, 1},
    {"coral", "", wanted_coral, 0, 4},
    {"coral", "layer=1", wanted_coral, 0, 4},
    {"mmd", "", wanted_mmd, 0, 2},
    {"mmd", "layer=1 widths=0.5", wanted_mmd, 0, 2},
};

static const struct shape shapes[] = {
    {.rows = 8, .classes = 2, .features = 4, .hidden = 5, .source = 5, .layers = 2,
     .rankings = 4, .ranked = 2},
    {.rows = 9, .classes = 3, .features = 5, .hidden = 4, .source = 6, .layers = 3,
     .rankings = 3, .ranked = 3},
    {.rows = 6, .classes = 5, .features = 3, .hidden = 3, .source = 3, .layers = 2,
     .rankings = 2, .ranked = 5},
    {.rows = 3, .classes = 2, .features = 2, .hidden = 1, .source = 2, .layers = 2,
     .rankings = 1, .ranked = 4},
    {.rows = 2, .classes = 3, .features = 2, .hidden = 2, .source = 3, .layers = 2,
     .rankings = 3, .ranked = 2},
    {.rows = 1, .classes = 2, .features = 3, .hidden = 1, .source = 1, .layers = 1,
     .rankings = 1, .ranked = 2},
};

static const struct loss_case *first_case(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (strcmp(cases[i].name, name) == 0)
            return &cases[i];
    fail_msg("stdlib/losses/%s.lua has no formula in test_stdlib.c", name);
    return NULL;
}

// --- every file ----------------------------------------------------------------------------------
static void test_descriptions(void **state)
{
    (void)state;
    size_t n = 0;
    for (const struct stdlib_file *file = stdlib_losses; file->name != NULL; file++, n++) {
        struct loss *loss = load(file->name);
        const struct loss_description *d = loss_description(loss);
        assert_string_equal(d->name, first_case(file->name)->name);
        assert_true(strlen(d->title) > 0 && strlen(d->formula) > 0 && d->n_cite > 0);
        for (size_t i = 0; i < d->n_params; i++)
            assert_true(strlen(d->params[i].doc) > 0);
        loss_free(loss);
    }
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_non_null(stdlib_loss(cases[i].name));
    assert_true(n >= 42);
}

static bool fits(const struct loss_case *c, const struct world *w)
{
    const struct shape *s = &w->shape;
    return s->rows >= c->min_rows && ((c->needs & TWO_CLASSES) == 0 || s->classes == 2) &&
           ((c->needs & SAME_WIDTH) == 0 || s->hidden == s->source);
}

// What a loss cannot be computed on is refused by name.
static void check_refused(const struct world *w, const struct loss_case *c, uint32_t id)
{
    assert_int_equal(id, NODE_NONE);
    if (strstr(w->rig.err.text, c->name) == NULL)
        fail_msg("%s: its name is not in '%s'", c->name, w->rig.err.text);
}

static void check_value(const struct world *w, const struct loss_case *c, const struct call *call,
                        uint32_t id)
{
    double got = rig_loss_at(&w->rig, &w->rig.g, id, w->rig.params, NULL);
    double want = c->wanted(w, &call->value);
    if (!(fabs(got - want) <= 1e-6 * (fabs(want) + 1e-3)))
        fail_msg("%s(%s), %zu rows: got %.9g, want %.9g", c->name, c->args, w->shape.rows, got,
                 want);
}

// The loss's own parameters away from where they start, some of them being 0 there.
static void move_own(struct world *w)
{
    for (size_t i = 0; i < w->n_own; i++) {
        const struct node *n = &w->rig.g.node[w->own[i].node];
        for (size_t k = 0; k < n->rows * n->cols; k++)
            w->rig.params[n->offset + k] += rig_draw(&w->rig, -0.5, 0.5);
    }
}

static void check_case(const struct loss_case *c, const struct shape *shape, bool one_hot,
                       uint64_t seed)
{
    struct loss *loss = load(c->name);
    struct call call;
    call_init(&call, loss_description(loss), c->args);
    struct world w;
    world_init(&w, shape, loss_description(loss)->kind, seed);
    w.one_hot = one_hot;
    if (loss_description(loss)->kind == LOSS_TARGET) // also where its exponent is 0
        world_get(&w, SOURCE_GUIDANCE_PROBS, 0);
    uint32_t id = loss_trace(loss, &call.value, &w.view);
    if (!fits(c, &w)) {
        check_refused(&w, c, id);
    } else {
        if (id == NODE_NONE)
            fail_msg("%s(%s): %s", c->name, c->args, w.rig.err.text);
        check_value(&w, c, &call, id);
        move_own(&w);
        check_value(&w, c, &call, id);
        rig_check(&w.rig, id);
    }
    world_release(&w);
    loss_free(loss);
}

static void test_formulas(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t s = 0; s < ARRAY_LEN(shapes); s++)
            check_case(&cases[i], &shapes[s], s % 2 == 1, i * 10 + s);
}

// --- what is a constant to the gradient ----------------------------------------------------------
// The gradient of a cross-entropy by the last biases is mean_b p - target, whatever the target was
// made from, if nothing flows through it.
static void check_flow(const char *name, const char *args,
                       struct mat (*target)(const struct world *w, struct mat *p))
{
    struct loss *loss = load(name);
    struct call call;
    call_init(&call, loss_description(loss), args);
    struct world w;
    world_init(&w, &shapes[1], loss_description(loss)->kind, 11);
    uint32_t id = loss_trace(loss, &call.value, &w.view);
    assert_int_not_equal(id, NODE_NONE);
    assert_true(graph_gradient(&w.rig.g, id) == 0);
    double gradient[RIG_MAX_PARAMS] = {0};
    struct interp t = {.g = &w.rig.g, .params = w.rig.params, .input = w.rig.input,
                       .gradient = gradient};
    interp_run(&t);
    interp_release(&t);
    struct mat p, q = target(&w, &p);
    size_t at = w.rig.g.node[w.bias[w.shape.layers - 1]].offset;
    for (size_t c = 0; c < p.cols; c++) {
        double want = 0;
        for (size_t b = 0; b < p.rows; b++)
            want += (p.at[b][c] - q.at[b][c]) / (double)p.rows;
        rig_near(name, c, gradient[at + c], want, 1e-6, 1e-3);
    }
    world_release(&w);
    loss_free(loss);
}

static struct mat target_of_product(const struct world *w, struct mat *p)
{
    struct mat q = teacher_mat(w);
    *p = probs_mat(w);
    for (size_t b = 0; b < q.rows; b++) {
        double total = dot_of(q.at[b], p->at[b], q.cols);
        for (size_t c = 0; c < q.cols; c++)
            q.at[b][c] *= p->at[b][c] / total;
    }
    return q;
}

static struct mat target_of_adaptive(const struct world *w, struct mat *p)
{
    struct mat q = teacher_mat(w);
    *p = probs_mat(w);
    for (size_t b = 0; b < q.rows; b++) {
        size_t own = largest(p->at[b], q.cols), teacher = largest(q.at[b], q.cols);
        double share = 1 / p->at[b][own] / (1 / p->at[b][own] + 1 / p->at[b][teacher]);
        for (size_t c = 0; c < q.cols; c++)
            q.at[b][c] = (1 - share) * q.at[b][c] + share * (c == own);
    }
    return q;
}

static struct mat target_of_consistency(const struct world *w, struct mat *p)
{
    *p = noisy_probs(w, 0, 0.1);
    return probs_mat(w);
}

static void test_constants(void **state)
{
    (void)state;
    check_flow("product_confidence", "", target_of_product);
    check_flow("adaptive_confidence", "", target_of_adaptive);
    check_flow("consistency", "variant=uda", target_of_consistency);
}

// --- extremes ------------------------------------------------------------------------------------
enum extreme { SATURATED, ZERO_STUDENT, ALL_ZERO, SAME_ROWS, ORDINARY, EXTREMES };

static void make_extreme(struct world *w, enum extreme extreme)
{
    double *x = world_values(w, w->features);
    size_t D = w->shape.features;
    for (size_t i = 0; i < w->rig.n_params && extreme < SAME_ROWS; i++)
        w->rig.params[i] = 0;
    for (size_t b = 0; b < w->shape.rows; b++)
        for (size_t d = 0; d < D; d++)
            if (extreme == SATURATED)
                x[b * D + d] = b % 2 == 0 ? 2 : -2;
            else if (extreme == SAME_ROWS)
                x[b * D + d] = x[d];
    // Logits of -80 and 80; hidden units of -1 and 1.
    for (size_t l = 0; l < w->shape.layers && extreme == SATURATED; l++) {
        const struct node *n = &w->rig.g.node[w->weight[l]];
        double strong = l > 0 ? 80 : 40;
        for (size_t c = 0; c < n->cols; c++)
            w->rig.params[n->offset + c] = c % 2 == 0 ? strong : -strong;
    }
    w->one_hot = extreme != ORDINARY;
    w->scale = extreme == ALL_ZERO ? 0 : extreme == SATURATED ? 40 : 1;
}

// In f32, by the kernels.
static void check_finite(struct world *w, uint32_t loss, const char *what)
{
    struct graph *g = &w->rig.g;
    if (loss == NODE_NONE || graph_gradient(g, loss) < 0)
        fail_msg("%s: %s", what, w->rig.err.text);
    graph_output(g, loss);
    graph_optimise(g, w->rig.n_params);
    struct rig_program p;
    rig_compile(&p, &w->rig, g, *kernel_tables(), false);
    program_run(&p.program);
    if (!isfinite(*p.program.output[0]))
        fail_msg("%s: the loss is %g", what, (double)*p.program.output[0]);
    for (size_t i = 0; i < w->rig.n_params; i++)
        if (!isfinite(p.gradient[i]))
            fail_msg("%s: the gradient by parameter %zu is %g", what, i, (double)p.gradient[i]);
    rig_program_release(&p);
}

static void check_extreme(struct loss *loss, const struct call *call, const struct shape *shape,
                          enum extreme extreme, const char *args)
{
    struct world w;
    world_init(&w, shape, loss_description(loss)->kind, 7);
    make_extreme(&w, extreme);
    char what[160];
    snprintf(what, sizeof(what), "%s(%s), extreme %d", loss_description(loss)->name, args,
             (int)extreme);
    check_finite(&w, loss_trace(loss, &call->value, &w.view), what);
    world_release(&w);
}

static void test_extremes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int e = 0; e < EXTREMES; e++) {
            struct loss *loss = load(cases[i].name);
            struct call call;
            call_init(&call, loss_description(loss), cases[i].args);
            bool any = (cases[i].needs & TWO_CLASSES) == 0;
            check_extreme(loss, &call, &shapes[0], e, cases[i].args);
            if (any)
                check_extreme(loss, &call, &shapes[2], e, cases[i].args);
            loss_free(loss);
        }
}

// Every number at either end of its range.
static void test_ranges(void **state)
{
    (void)state;
    for (const struct stdlib_file *file = stdlib_losses; file->name != NULL; file++) {
        struct loss *loss = load(file->name);
        const struct loss_description *d = loss_description(loss);
        for (size_t i = 0; i < d->n_params; i++)
            for (int high = 0; high < 2 && d->params[i].type == LOSS_PARAM_NUMBER; high++) {
                struct call call;
                call_init(&call, d, first_case(file->name)->args);
                call.args[i].value = value_number(high ? d->params[i].max : d->params[i].min);
                check_extreme(loss, &call, &shapes[0], ORDINARY, d->params[i].name);
            }
        loss_free(loss);
    }
}

// --- refusals ------------------------------------------------------------------------------------
static void test_refusals(void **state)
{
    static const struct {
        const char *name, *args, *says;
    } rows[] = {
        {"log_confidence", "variant=openai2024",
         "log_confidence: variant 'openai2024' is only defined for 2 classes, found 3"},
        {"attention_transfer", "",
         "attention_transfer: the layers must be of one width, found 6 units in the teacher's and "
         "4 in the student's"},
        {"monotone", "", "monotone: no feature is named in increasing or decreasing"},
        {"monotone", "increasing=6", "monotone: no feature 6, expected whole numbers from 1 to 5"},
        {"monotone", "increasing=0", "monotone: no feature 0, expected whole numbers from 1 to 5"},
        {"monotone", "class=4 increasing=1", "monotone: no class 4, there are 3"},
        {"logical", "feature=6 classes=1", "logical: no feature 6, there are 5"},
        {"logical", "feature=1 classes=4",
         "logical: no class 4, expected whole numbers from 1 to 3"},
        {"logical", "feature=1 classes=1.5",
         "logical: no class 1.5, expected whole numbers from 1 to 3"},
        {"logical", "feature=1 classes=1,2,3", "logical: the rule allows every class"},
        {"logical", "feature=1 classes=1,2,3 rule=excludes", "logical: the rule allows no class"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct loss *loss = load(rows[i].name);
        struct call call;
        call_init(&call, loss_description(loss), rows[i].args);
        struct world w;
        world_init(&w, &shapes[1], loss_description(loss)->kind, 1);
        assert_int_equal(loss_trace(loss, &call.value, &w.view), NODE_NONE);
        if (strstr(w.rig.err.text, rows[i].says) == NULL)
            fail_msg("got '%s', want '%s'", w.rig.err.text, rows[i].says);
        world_release(&w);
        loss_free(loss);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_descriptions),   cmocka_unit_test(test_formulas),
        cmocka_unit_test(test_constants),      cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_ranges),         cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
