// test_constraint.c -- constraints: the loss is mean(max(0, broken - slack)) with a right gradient;
// what rows break is measured under networks, fitted models and by logits, as a naive version has
// it; what is wrong with a file is said.
#include "../hook/world.h"

#include "data/split.h"
#include "model/constrain.h"

static const char HEAD[] = "return { kind = 'constraint', title = 't', reads = { 'features' },\n"
                           "broken = function(t)\n";

static struct loss *load_body(const char *body, struct err *err)
{
    struct str text = {0};
    str_format(&text, "%s%s\nend }", HEAD, body);
    struct loss *loss = NULL;
    if (loss_load(&loss, "c.lua", text.data, text.len, err) < 0)
        loss = NULL;
    str_release(&text);
    return loss;
}

// --- the loss ------------------------------------------------------------------------------------

static struct value with_slack(struct value_arg *arg, double slack)
{
    *arg = (struct value_arg){"slack", value_number(slack)};
    return (struct value){.kind = VALUE_CALL, .text = "c", .n = 1, .args = arg};
}

static void test_hinge(void **state)
{
    (void)state;
    struct err err = {0};
    struct loss *loss = load_body("return column(t.features, 1)", &err);
    assert_non_null(loss);
    for (int i = 0; i < 3; i++) {
        static struct world w;
        struct value_arg arg;
        double slack = i == 0 ? 0 : i == 1 ? 0.25 : 5;
        struct value call = with_slack(&arg, slack);
        world_init(&w, 1, 12, 4, 5, 3);
        uint32_t node = loss_trace(loss, i == 0 ? NULL : &call, &w.loss);
        assert_true(node != NODE_NONE);
        double sum = 0;
        for (size_t b = 0; b < w.B; b++)
            sum += fmax(0, w.rig.input[0][b * w.D] - slack);
        double value = rig_loss_at(&w.rig, &w.rig.g, node, w.rig.params, NULL);
        assert_true(fabs(value - sum / (double)w.B) < 1e-7);
        assert_true((value == 0) == (i == 2));
        world_release(&w);
    }
    loss_free(loss);
}

static void test_gradient(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "local raised = t.features + one_hot(fill(t.feature('x'), t.rows, 1), t.n_features)\n"
        "return column(t.student.probs, 1) - column(t.student.forward(raised).probs, 1) + 0.5",
        // semantic loss (Xu et al. 2018) of "one of the classes 1 and 2"
        "return -log(column(t.student.probs, 1) + column(t.student.probs, 2))",
    };
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct err err = {0};
        struct loss *loss = load_body(bodies[i], &err);
        assert_non_null(loss);
        static struct world w;
        world_init(&w, 3, 6, 4, 5, 3);
        uint32_t node = loss_trace(loss, NULL, &w.loss);
        if (node == NODE_NONE)
            fail_msg("%s", w.rig.err.text);
        rig_check_within(&w.rig, node, 1e-4);
        world_release(&w);
        loss_free(loss);
    }
}

// --- measured ------------------------------------------------------------------------------------

enum { N = 300, D = 3, C = 2, H = 5, STORED = 4 };

// Two questions, the second about rows that depend on the answer to the first.
static const char asks[] =
    "local p = t.student.probs\n"
    "local more = t.features + 0.5 * one_hot(fill(t.feature('b'), t.rows, 1), t.n_features)\n"
    "local first = t.student.forward(more).probs\n"
    "local second = t.student.forward(t.features - column(first, 1)).probs\n"
    "return column(p, 2) - column(first, 2) + 2 * column(second, 2)";

struct fixture {
    struct table table;
    struct rows rows;
    float x[N * D], params[STORED * (D + C) + 64];
    uint32_t y[N], group[N];
    struct model model;
};

static const char *columns[D] = {"a", "b", "c"};

static void fixture_init(struct fixture *f, const struct value *call)
{
    struct rng rng = rng_at(rng_key_of(1, "fixture"), 0);
    struct err err = {0};
    for (size_t i = 0; i < N * D; i++)
        f->x[i] = (float)rng_normal(&rng);
    for (size_t i = 0; i < N; i++) {
        f->y[i] = (uint32_t)rng_below(&rng, C);
        f->group[i] = (uint32_t)rng_below(&rng, 3);
    }
    f->table = (struct table){
        .n = N, .d = D, .classes = C, .x = f->x, .y = f->y, .group = f->group, .columns = columns};
    rows_all(&f->rows, &f->table);
    assert_int_equal(model_init(&f->model, call, D, C, &err), 0);
    for (size_t i = 0; i < ARRAY_LEN(f->params); i++)
        f->params[i] = (float)rng_normal(&rng);
}

typedef void probabilities(double *p, const struct fixture *f, const double *x);

static void of_logits(double *p, const double *z)
{
    double sum = 0;
    for (size_t c = 0; c < C; c++)
        sum += p[c] = exp(z[c]);
    for (size_t c = 0; c < C; c++)
        p[c] /= sum;
}

static void net_says(double *p, const struct fixture *f, const double *x)
{
    const float *w0 = f->params, *b0 = w0 + D * H, *w1 = b0 + H, *b1 = w1 + H * C;
    double z[C];
    for (size_t c = 0; c < C; c++)
        z[c] = b1[c];
    for (size_t h = 0; h < H; h++) {
        double sum = b0[h];
        for (size_t d = 0; d < D; d++)
            sum += x[d] * w0[d * H + h];
        for (size_t c = 0; c < C; c++)
            z[c] += tanh(sum) * w1[h * C + c];
    }
    of_logits(p, z);
}

static void nearest_says(double *p, const struct fixture *f, const double *x)
{
    size_t best = 0;
    double least = 1e300;
    for (size_t i = 0; i < STORED; i++) {
        double distance = 0;
        for (size_t d = 0; d < D; d++)
            distance += pow(x[d] - f->params[i * D + d], 2);
        if (distance < least) {
            least = distance;
            best = i;
        }
    }
    double z[C];
    for (size_t c = 0; c < C; c++)
        z[c] = log(fmax(f->params[STORED * D + best * C + c], 1e-9));
    of_logits(p, z);
}

static double naive(const struct fixture *f, probabilities *says, size_t row)
{
    double x[D], changed[D], p[C], first[C], second[C];
    for (size_t d = 0; d < D; d++)
        x[d] = f->x[row * D + d];
    says(p, f, x);
    memcpy(changed, x, sizeof x);
    changed[1] += 0.5;
    says(first, f, changed);
    for (size_t d = 0; d < D; d++)
        changed[d] = x[d] - first[0];
    says(second, f, changed);
    return p[1] - first[1] + 2 * second[1];
}

static struct value constraint_call(struct value_arg args[3], const char *text)
{
    static const struct value params = {.kind = VALUE_CALL, .text = "c"};
    args[0] = (struct value_arg){"file", value_text("c.lua")};
    args[1] = (struct value_arg){"text", value_text(text)};
    args[2] = (struct value_arg){"params", params};
    return (struct value){.kind = VALUE_CALL, .text = "lua", .n = 3, .args = args};
}

static int measure(float *broken, const struct constrain_spec *spec, struct err *err)
{
    const struct step_context context = {.kernels = kernel_select(NULL)};
    return constrain(broken, spec, &context, err);
}

static void check_model(struct fixture *f, probabilities *says)
{
    static float broken[N];
    struct str text = {0};
    struct value_arg args[3];
    struct err err = {0};
    str_format(&text, "%s%s\nend }", HEAD, asks);
    struct value call = constraint_call(args, str_text(&text));
    const struct constrain_spec spec = {.call = &call,
                                        .model = &f->model,
                                        .params = f->params,
                                        .rows = &f->rows,
                                        .features = D,
                                        .classes = C};
    if (constrain_check(&spec, &err) < 0 || measure(broken, &spec, &err) < 0)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < N; i++)
        if (fabs((double)broken[i] - naive(f, says, i)) > 1e-5)
            fail_msg("row %zu: %g, expected %g", i, (double)broken[i], naive(f, says, i));
    str_release(&text);
    rows_release(&f->rows);
}

static void test_network(void **state)
{
    (void)state;
    static struct fixture f;
    const struct value units = value_number(H);
    const struct value_arg args[] = {{"hidden", {.kind = VALUE_LIST, .n = 1, .items = &units}},
                                     {"activation", value_name("tanh")}};
    const struct value mlp = {.kind = VALUE_CALL, .text = "mlp", .n = 2, .args = args};
    fixture_init(&f, &mlp);
    check_model(&f, net_says);
}

static void test_fitted(void **state)
{
    (void)state;
    static struct fixture f;
    const struct value_arg args[] = {{"k", value_number(1)}};
    const struct value knn = {.kind = VALUE_CALL, .text = "knn", .n = 1, .args = args};
    fixture_init(&f, &knn);
    f.model.n_params = STORED * (D + C);
    for (size_t i = 0; i < STORED; i++) { // shares of the stored rows
        f.params[STORED * D + i * C] = (float)i / (STORED - 1);
        f.params[STORED * D + i * C + 1] = 1 - (float)i / (STORED - 1);
    }
    check_model(&f, nearest_says);
}

static void test_logits(void **state)
{
    (void)state;
    static struct fixture f;
    static float broken[N], logits[N * C];
    const struct value linear = {.kind = VALUE_CALL, .text = "linear"};
    struct value_arg args[3];
    struct err err = {0};
    fixture_init(&f, &linear);
    for (size_t i = 0; i < N * C; i++)
        logits[i] = f.x[i];
    struct value call = constraint_call(
        args, "return { kind = 'constraint', title = 't', reads = { 'labels', 'groups' },\n"
              "broken = function(t) return column(t.student.logits, 2) * column(t.labels, 2) * "
              "t.groups end }");
    struct constrain_spec spec = {
        .call = &call, .logits = logits, .rows = &f.rows, .features = D, .classes = C};
    if (constrain_check(&spec, &err) < 0 || measure(broken, &spec, &err) < 0)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < N; i++)
        assert_true(broken[i] == (f.y[i] == 1 ? logits[i * C + 1] * (float)f.group[i] : 0));
    f.table.group = NULL;
    assert_int_equal(measure(broken, &spec, &err), -1);
    assert_string_equal(err.text, "the constraint reads groups, and the rows have none");
    f.table.y = NULL;
    err = (struct err){0};
    assert_int_equal(measure(broken, &spec, &err), -1);
    assert_string_equal(err.text, "the constraint reads labels, and the rows have none");
    struct str text = {0};
    str_format(&text, "%s%s\nend }", HEAD, asks);
    call = constraint_call(args, str_text(&text));
    err = (struct err){0};
    assert_int_equal(constrain_check(&spec, &err), -1);
    assert_string_equal(err.text, "c.lua:5: only a trained model can be asked about changed rows");
    str_release(&text);
    rows_release(&f.rows);
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *body, *error, *hint;
    } cases[] = {
        {"return column(t.features, t.feature('d'))", "c.lua:3: there is no feature 'd'",
         "Did you mean 'a'?"},
        {"return column(t.features, t.feature('far off'))",
         "c.lua:3: there is no feature 'far off'", ""},
    };
    static struct fixture f;
    static float broken[N], logits[N * C];
    const struct value linear = {.kind = VALUE_CALL, .text = "linear"};
    fixture_init(&f, &linear);
    for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
        struct str text = {0};
        struct value_arg args[3];
        struct err err = {0};
        bool nameless = i >= ARRAY_LEN(cases);
        f.table.columns = nameless ? NULL : columns;
        str_format(&text, "%s%s\nend }", HEAD, cases[i % ARRAY_LEN(cases)].body);
        struct value call = constraint_call(args, str_text(&text));
        const struct constrain_spec spec = {
            .call = &call, .logits = logits, .rows = &f.rows, .features = D, .classes = C};
        const struct constrain_spec unread = {.call = &call, .features = D, .classes = C};
        assert_int_equal(constrain_check(&unread, &err), 0); // the names are not known yet
        assert_int_equal(measure(broken, &spec, &err), -1);
        if (nameless)
            assert_non_null(strstr(err.text, "c.lua:3: feature: the features have no names"));
        else
            assert_string_equal(err.text, cases[i].error);
        if (!nameless)
            assert_string_equal(err.hint, cases[i].hint);
        str_release(&text);
    }
    rows_release(&f.rows);
}

// --- what is wrong with a file -------------------------------------------------------------------

static void test_wrong_files(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"return { kind = 'constraint', title = 't' }", "c.lua: broken: absent"},
        {"return { kind = 'constraint', title = 't', broken = function() end, loss = 1 }",
         "c.lua: loss: a constraint has 'broken' in its place"},
        {"return { kind = 'constraint', title = 't', broken = function() end, eager = 1 }",
         "c.lua: eager: a constraint has 'broken' in its place"},
        {"return { kind = 'target', title = 't', broken = function() end }",
         "c.lua: broken: only a constraint has it"},
        {"return { kind = 'constraint', title = 't', reads = { 'weights' }, broken = function() "
         "end }",
         "c.lua: reads: a constraint reads 'labels', 'features' and 'groups' only"},
        {"return { kind = 'constraint', title = 't', broken = function() end,\n"
         "params = { slack = { type = 'number' } } }",
         "c.lua: params: every constraint has 'slack'"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        struct loss *loss;
        assert_int_equal(loss_load(&loss, "c.lua", cases[i].text, strlen(cases[i].text), &err), -1);
        assert_string_equal(err.text, cases[i].error);
    }
}

static void test_wrong_results(void **state)
{
    (void)state;
    static const struct {
        const char *body, *error;
    } cases[] = {
        {"return mean(t.student.probs)", "c.lua:2: expected the constraint to return one number a "
                                         "row, 6 x 1, found a tensor of 1 x 1"},
        {"return t.student.probs", "c.lua:2: expected the constraint to return one number a row, "
                                   "6 x 1, found a tensor of 6 x 3"},
        {"return 0", "c.lua:2: expected the constraint to return a tensor, found a number"},
        {"return t.random_normal(6, 1)",
         "c.lua:3: t.random_normal is not there in a loss of kind 'constraint'"},
        {"return t.labels", "c.lua:3: t.labels is not among what the loss reads"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        struct loss *loss = load_body(cases[i].body, &err);
        static struct world w;
        assert_non_null(loss);
        world_init(&w, 1, 6, 4, 5, 3);
        assert_true(loss_trace(loss, NULL, &w.loss) == NODE_NONE);
        assert_string_equal(w.rig.err.text, cases[i].error);
        world_release(&w);
        loss_free(loss);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hinge),       cmocka_unit_test(test_gradient),
        cmocka_unit_test(test_network),     cmocka_unit_test(test_fitted),
        cmocka_unit_test(test_logits),      cmocka_unit_test(test_names),
        cmocka_unit_test(test_wrong_files), cmocka_unit_test(test_wrong_results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
