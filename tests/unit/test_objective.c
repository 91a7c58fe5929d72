// test_objective.c -- what a loss reads is what it was promised: every source of an objective, read
// by a loss that only returns it, against the data; parameters of losses; eager losses; and that no
// Lua runs inside a training.
#include "cmocka_first.h"

#include "base/mem.h"
#include "base/rng.h"
#include "hook/stdlib.h"
#include "model/gradcheck.h"
#include "model/train.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N = 24, D = 3, C = 3, S = 2, LISTS = 10, K = 2 };

#define NUMBER(x) {.kind = VALUE_NUMBER, .number = (x)}

struct fixture {
    float x[N * D], weight[N], probs[N * C], logits[N * C], from[N * S], reference[N * C];
    uint32_t y[N], group[N], index[N], list[LISTS * K];
    struct table table;
    struct rows rows;
    struct value hidden[2];
    struct value_arg model_args[2];
    struct model model;
    float params[256], start[256];
    struct value_arg loss_args[3];
    struct train_term term;
};

static float draw(struct rng *rng)
{
    return (float)(2 * rng_unit(rng) - 1);
}

static void fixture_init(struct fixture *f)
{
    struct rng rng = rng_at(rng_key_of(3, "objective"), 0);
    memset(f, 0, sizeof(*f));
    for (size_t i = 0; i < N * D; i++)
        f->x[i] = draw(&rng);
    for (size_t i = 0; i < N * C; i++) {
        f->probs[i] = (float)rng_unit(&rng);
        f->logits[i] = draw(&rng);
        f->reference[i] = draw(&rng);
    }
    for (size_t i = 0; i < N * S; i++)
        f->from[i] = draw(&rng);
    for (size_t i = 0; i < N; i++) {
        f->y[i] = (uint32_t)rng_below(&rng, C);
        f->group[i] = (uint32_t)rng_below(&rng, 4);
        f->weight[i] = (float)rng_unit(&rng);
        f->index[i] = (uint32_t)(N - 1 - i); // positions are not row numbers
    }
    for (size_t i = 0; i < LISTS * K; i++)
        f->list[i] = (uint32_t)rng_below(&rng, N);
    f->table = (struct table){.n = N, .d = D, .classes = C, .x = f->x, .y = f->y,
                              .group = f->group, .weight = f->weight};
    f->rows = (struct rows){&f->table, N, f->index};
    f->hidden[0] = (struct value)NUMBER(4);
    f->hidden[1] = (struct value)NUMBER(S);
    f->model_args[0] = (struct value_arg){
        "hidden", {.kind = VALUE_LIST, .n = 2, .items = f->hidden}};
    f->model_args[1] = (struct value_arg){"activation", value_name("tanh")};
    struct value call = {.kind = VALUE_CALL, .text = "mlp", .n = 2, .args = f->model_args};
    struct err err = {0};
    assert_int_equal(model_init(&f->model, &call, D, C, &err), 0);
    assert_true(f->model.n_params <= 256);
    model_start(f->start, &f->model, 5);
    f->term = (struct train_term){
        .weight = NUMBER(1),
        .probs = {f->probs, C}, .logits = {f->logits, C}, .from = {f->from, S}, .to = 2,
        .reference = {f->reference, C}, .lists = {f->list, LISTS, K, 1},
    };
}

// The script as a call without params.
static void set_script(struct fixture *f, const char *script)
{
    static const struct value none = {.kind = VALUE_CALL, .text = "test"};
    f->loss_args[0] = (struct value_arg){"file", value_text("test.lua")};
    f->loss_args[1] = (struct value_arg){"text", value_text(script)};
    f->loss_args[2] = (struct value_arg){"params", none};
    f->term.call = (struct value){.kind = VALUE_CALL, .text = "lua", .n = 3, .args = f->loss_args};
}

static int run(double *curve, struct fixture *f, double lr, size_t epochs, size_t batch,
               struct err *err)
{
    struct value_arg sgd[] = {{"lr", NUMBER(lr)}, {"momentum", NUMBER(0)},
                              {"nesterov", {.kind = VALUE_BOOL}}, {"weight_decay", NUMBER(0)}};
    struct train_spec spec = {
        .model = &f->model, .rows = &f->rows, .terms = &f->term, .n_terms = 1,
        .optimiser = {.kind = VALUE_CALL, .text = "sgd", .n = 4, .args = sgd},
        .epochs = epochs, .batch = batch, .seed = 9,
    };
    struct step_context context = {.kernels = kernel_select(NULL)};
    memcpy(f->params, f->start, sizeof(f->params));
    return train(f->params, curve, &spec, &context, err);
}

// A loss that returns `expression`, of kind `kind`, reading `reads`.
static const char *script_of(char *script, size_t size, const char *kind, const char *reads,
                             const char *expression)
{
    snprintf(script, size,
             "return { kind = '%s', title = 'test', reads = { %s },\n"
             "  loss = function(t) return %s end }\n",
             kind, reads, expression);
    return script;
}

static double value_of(struct fixture *f, const char *kind, const char *reads,
                       const char *expression)
{
    char script[1024];
    double curve = 0;
    struct err err = {0};
    set_script(f, script_of(script, sizeof(script), kind, reads, expression));
    if (run(&curve, f, 0, 1, N, &err) < 0)
        fail_msg("%s: %s", expression, err.text);
    return curve;
}

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-5 * (1 + fabs(want))))
        fail_msg("got %.9g, want %.9g", got, want);
}

static double mean_of(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

// The forward pass in double: logits, and the second hidden layer.
static void forward(double *logits, double *hidden2, const struct fixture *f, const float *x)
{
    double a[4], b[S];
    const struct layer *l = f->model.layer;
    for (size_t j = 0; j < 4; j++) {
        a[j] = f->start[l[0].bias + j];
        for (size_t i = 0; i < D; i++)
            a[j] += x[i] * f->start[l[0].weight + i * 4 + j];
        a[j] = tanh(a[j]);
    }
    for (size_t j = 0; j < S; j++) {
        b[j] = f->start[l[1].bias + j];
        for (size_t i = 0; i < 4; i++)
            b[j] += a[i] * f->start[l[1].weight + i * S + j];
        hidden2[j] = b[j] = tanh(b[j]);
    }
    for (size_t j = 0; j < C; j++) {
        logits[j] = f->start[l[2].bias + j];
        for (size_t i = 0; i < S; i++)
            logits[j] += b[i] * f->start[l[2].weight + i * C + j];
    }
}

static const float *features_of(const struct fixture *f, size_t position)
{
    return f->x + f->index[position] * D;
}

// Arrays are by position, tables by row; the product with the features' first column shows that
// they meet where they belong.
static double with_features(const struct fixture *f, const float *array, size_t cols, bool by_row)
{
    double sum = 0;
    for (size_t i = 0; i < N; i++)
        sum += (double)array[(by_row ? f->index[i] : i) * cols] * features_of(f, i)[0];
    return sum / N;
}

static void test_arrays(void **state)
{
    static struct fixture f;
    (void)state;
    fixture_init(&f);
    static const char x[] = "'features'";
    near(value_of(&f, "target", x, "mean(column(t.guidance.probs, 1) * column(t.features, 1))"),
         with_features(&f, f.probs, C, false));
    near(value_of(&f, "target", "'features', 'guidance.logits'",
                  "mean(column(t.guidance.logits, 1) * column(t.features, 1))"),
         with_features(&f, f.logits, C, false));
    near(value_of(&f, "representation", x, "mean(column(t.source, 1) * column(t.features, 1))"),
         with_features(&f, f.from, S, false));
    near(value_of(&f, "regularizer", "'features', 'reference'",
                  "mean(column(t.reference.logits, 1) * column(t.features, 1))"),
         with_features(&f, f.reference, C, false));
    near(value_of(&f, "regularizer", "'features', 'weights'",
                  "mean(t.weights * column(t.features, 1))"),
         with_features(&f, f.weight, 1, true));
}

static void test_table(void **state)
{
    static struct fixture f;
    double groups = 0, second = 0;
    (void)state;
    fixture_init(&f);
    for (size_t i = 0; i < N; i++) {
        groups += (double)f.group[f.index[i]] * features_of(&f, i)[0] / N;
        second += f.y[f.index[i]] == 1 ? features_of(&f, i)[0] / N : 0;
    }
    near(value_of(&f, "regularizer", "'features', 'groups'",
                  "mean(t.groups * column(t.features, 1))"), groups);
    near(value_of(&f, "regularizer", "'features', 'labels'",
                  "mean(column(t.labels, 2) * column(t.features, 1))"), second);
    near(value_of(&f, "regularizer", "", "mean(fill(t.rows * 100 + t.classes, 1, 1))"),
         N * 100 + C);
}

static void test_student(void **state)
{
    static struct fixture f;
    double logits = 0, hidden = 0, start = 0;
    (void)state;
    fixture_init(&f);
    for (size_t i = 0; i < N; i++) {
        double z[C], h[S];
        forward(z, h, &f, features_of(&f, i));
        logits += z[0] / N;
        hidden += (h[0] + h[1]) / (N * S);
    }
    near(value_of(&f, "regularizer", "", "mean(column(t.student.logits, 1))"), logits);
    near(value_of(&f, "regularizer", "", "mean(t.student.hidden[2])"), hidden);
    near(value_of(&f, "representation", "", "mean(t.hidden)"), hidden);
    near(value_of(&f, "regularizer", "'features'",
                  "mean(column(t.student.forward(t.features).logits, 1))"), logits);
    start = mean_of(f.start + f.model.layer[1].weight, 4 * S);
    near(value_of(&f, "regularizer", "'start'", "mean(t.start.weights[2])"), start);
    near(value_of(&f, "regularizer", "", "mean(t.student.weights[2])"), start);
    near(value_of(&f, "regularizer", "'start'", "mean(t.start.biases[3])"),
         mean_of(f.start + f.model.layer[2].bias, C));
}

static double log_odds(const double *z, size_t cls)
{
    double sum = 0;
    for (size_t c = 0; c < C; c++)
        sum += c != cls ? exp(z[c]) : 0;
    return z[cls] - log(sum);
}

static void test_lists(void **state)
{
    static struct fixture f;
    double student = 0, reference = 0;
    (void)state;
    fixture_init(&f);
    for (size_t i = 0; i < LISTS * K; i++) {
        double z[C], h[S], r[C], sign = i % K == 0 ? 1 : -1;
        size_t at = f.list[i];
        forward(z, h, &f, features_of(&f, at));
        for (size_t c = 0; c < C; c++)
            r[c] = f.reference[at * C + c];
        student += sign * log_odds(z, 1) / LISTS;
        reference += sign * log_odds(r, 1) / LISTS;
    }
    near(value_of(&f, "preference", "", "mean(column(t.scores, 1) - column(t.scores, 2))"), student);
    near(value_of(&f, "preference", "'reference'",
                  "mean(column(t.reference.scores, 1) - column(t.reference.scores, 2))"),
         reference);
}

// 24 rows by 7 are four steps an epoch, so three lists a step: the ten and two that come again.
static void test_lists_are_spread(void **state)
{
    static struct fixture f;
    char script[1024];
    double curve[40], sum = 0;
    struct err err = {0};
    (void)state;
    fixture_init(&f);
    for (size_t i = 0; i < LISTS * K; i++)
        f.list[i] = (uint32_t)(i / K); // the list's number, as its rows
    for (size_t i = 0; i < N * C; i++)
        f.reference[i] = i % C == 1 ? (float)(i / C) : 0;
    set_script(&f, script_of(script, sizeof(script), "preference", "'reference'",
                             "sum(ones(t.reference.scores.rows, 1))"));
    assert_int_equal(run(curve, &f, 0, 2, 7, &err), 0);
    near(curve[0], 3);
    set_script(&f, script_of(script, sizeof(script), "preference", "'reference'",
                             "mean(t.reference.scores)"));
    assert_int_equal(run(curve, &f, 0, 40, 7, &err), 0);
    for (size_t i = 0; i < 40; i++)
        sum += curve[i] / 40;
    assert_true(fabs(sum - (4.5 - log(2))) < 0.3); // all lists alike, but for chance
    assert_true(curve[0] != curve[1]);             // a new order every epoch
}

static void test_progress_and_schedule(void **state)
{
    static struct fixture f;
    static struct value_arg ramp[] = {{"from", NUMBER(0)}, {"to", NUMBER(4)}, {"over", NUMBER(1)}};
    char script[1024];
    double curve[4];
    struct err err = {0};
    (void)state;
    fixture_init(&f);
    set_script(&f, script_of(script, sizeof(script), "regularizer", "", "1 + t.progress"));
    f.term.weight = (struct value){.kind = VALUE_CALL, .text = "ramp", .n = 3, .args = ramp};
    assert_int_equal(run(curve, &f, 0, 4, N, &err), 0);
    for (size_t i = 0; i < 4; i++)
        near(curve[i], (double)i * (1 + (double)i / 4));
}

// --- randomness and parameters ------------------------------------------------------------------
static void test_random(void **state)
{
    static struct fixture f;
    char script[1024];
    double a[50], b[50], mean = 0, square = 0;
    struct err err = {0};
    (void)state;
    fixture_init(&f);
    set_script(&f, script_of(script, sizeof(script), "regularizer", "",
                             "mean(t.random_uniform(t.rows, 8))"));
    assert_int_equal(run(a, &f, 0, 50, N, &err), 0);
    assert_int_equal(run(b, &f, 0, 50, N, &err), 0);
    assert_memory_equal(a, b, sizeof(a)); // keyed
    for (size_t i = 0; i < 50; i++) {
        assert_true(a[i] > 0.4 && a[i] < 0.6);
        assert_true(i == 0 || a[i] != a[i - 1]);
    }
    set_script(&f, script_of(script, sizeof(script), "regularizer", "",
                             "mean(t.random_normal(t.rows, 8) * t.random_normal(t.rows, 8))"));
    assert_int_equal(run(a, &f, 0, 50, N, &err), 0);
    set_script(&f, script_of(script, sizeof(script), "regularizer", "",
                             "mean(t.random_normal(t.rows, 8) ^ 2)"));
    assert_int_equal(run(b, &f, 0, 50, N, &err), 0);
    for (size_t i = 0; i < 50; i++) {
        mean += a[i] / 50; // two streams do not agree
        square += b[i] / 50;
    }
    assert_true(fabs(mean) < 0.05);
    assert_true(fabs(square - 1) < 0.05);
}

// 24 rows by 7 end in a batch of three: other shapes of random tensors, and no lists in them.
static void test_random_of_the_last_batch(void **state)
{
    static struct fixture f;
    static const char *const of[] = {
        "mean(t.random_uniform(1, t.rows))",
        "mean(t.random_uniform(t.rows, t.rows)) + mean(t.random_normal(2, t.rows)) * 0",
        "t.rows == 3 and mean(t.random_uniform(4, 4)) or mean(t.student.logits) * 0 + 0.5",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(of); i++) {
        char script[1024];
        double curve[20], mean = 0;
        struct err err = {0};
        fixture_init(&f);
        set_script(&f, script_of(script, sizeof(script), "regularizer", "", of[i]));
        if (run(curve, &f, 0, 20, 7, &err) < 0)
            fail_msg("%s: %s", of[i], err.text);
        for (size_t e = 0; e < 20; e++)
            mean += curve[e] / 20;
        assert_true(fabs(mean - 0.5) < 0.1);
    }
}

static void test_parameters(void **state)
{
    static struct fixture f;
    char script[1024];
    double curve[100];
    struct err err = {0};
    (void)state;
    fixture_init(&f);
    set_script(&f, script_of(script, sizeof(script), "regularizer", "",
                             "mean((t.parameter('a', 2, 3, 2) - 5) ^ 2)"));
    assert_int_equal(run(curve, &f, 0.5, 100, N, &err), 0);
    near(curve[0], 9); // from its start
    assert_true(curve[99] < 1e-6);
    assert_memory_equal(f.params, f.start, f.model.n_params * sizeof(float)); // the student's stay
    set_script(&f, script_of(script, sizeof(script), "regularizer", "",
                             "mean(t.parameter('a', 400, 50) ^ 2)"));
    assert_int_equal(run(curve, &f, 0, 1, N, &err), 0);
    assert_true(fabs(curve[0] - 1.0 / (3 * 400)) < 1e-4); // uniform in +-1/20
    set_script(&f, script_of(script, sizeof(script), "regularizer", "",
                             "mean(t.parameter('a', t.rows, 2))"));
    assert_int_equal(run(curve, &f, 0, 1, 7, &err), -1);
    assert_non_null(strstr(err.text, "parameter 'a' is 7 x 2, and 3 x 2 is asked for"));
}

// --- Lua, and when it runs -----------------------------------------------------------------------
static void test_no_lua_in_the_loop(void **state)
{
    static struct fixture f;
    char script[1024];
    double curve[50];
    struct err err = {0};
    unsigned long calls[2];
    (void)state;
    fixture_init(&f);
    set_script(&f, script_of(script, sizeof(script), "target", "",
                             "cross_entropy(t.guidance.probs, t.student.logits)"));
    for (size_t i = 0; i < 2; i++) {
        unsigned long before = loss_lua_calls();
        assert_int_equal(run(curve, &f, 0.1, i == 0 ? 1 : 50, 5, &err), 0);
        calls[i] = loss_lua_calls() - before;
    }
    assert_true(calls[0] > 0);
    assert_int_equal(calls[0], calls[1]);
}

static const char traced[] =
    "return { kind = 'target', title = 'traced',\n"
    "  loss = function(t)\n"
    "    return mean(row_sum((t.student.logits - t.guidance.probs) ^ 2)) end }\n";
static const char eager[] =
    "return { kind = 'target', title = 'eager',\n"
    "  eager = function(v)\n"
    "    local sum, n = 0, v.logits.rows\n"
    "    for r = 1, n do for c = 1, v.logits.cols do\n"
    "      local d = v.logits:get(r, c) - v.guidance:get(r, c)\n"
    "      sum = sum + d * d / n\n"
    "      v.gradient:set(r, c, 2 * d / n)\n"
    "    end end\n"
    "    return sum end }\n";
static const char failing[] =
    "local steps = 0\n"
    "return { kind = 'target', title = 'fails at the third step',\n"
    "  eager = function(v)\n"
    "    steps = steps + 1\n"
    "    if steps == 3 then error('no more') end\n"
    "    return 1 end }\n";

static void test_eager(void **state)
{
    static struct fixture f;
    double a[10], b[10];
    float params[256];
    struct err err = {0};
    (void)state;
    fixture_init(&f);
    set_script(&f, traced);
    assert_int_equal(run(a, &f, 0.05, 10, 7, &err), 0);
    memcpy(params, f.params, sizeof(params));
    set_script(&f, eager);
    assert_int_equal(run(b, &f, 0.05, 10, 7, &err), 0);
    for (size_t i = 0; i < 10; i++)
        near(b[i], a[i]);
    for (size_t i = 0; i < f.model.n_params; i++)
        near(f.params[i], params[i]);
    set_script(&f, failing);
    assert_int_equal(run(b, &f, 0.05, 10, 7, &err), -1);
    if (strstr(err.text, "test.lua:5: no more") == NULL)
        fail_msg("%s", err.text);
}

// A wrong gradient is found, a right one is not blamed.
static void test_gradcheck(void **state)
{
    static struct fixture f;
    static const char wrong[] =
        "return { kind = 'target', title = 'half the gradient',\n"
        "  eager = function(v)\n"
        "    local sum = 0\n"
        "    for r = 1, v.logits.rows do\n"
        "      local z = v.logits:get(r, 1)\n"
        "      sum = sum + z * z\n"
        "      v.gradient:set(r, 1, z)\n"
        "    end\n"
        "    return sum end }\n";
    struct gradcheck_report report[GRADCHECK_SHAPES];
    struct err err = {0};
    (void)state;
    fixture_init(&f);
    set_script(&f, wrong);
    assert_int_equal(gradcheck(report, &f.term.call, 1, &err), 0);
    for (size_t i = 0; i < GRADCHECK_SHAPES; i++) {
        assert_false(report[i].refused);
        assert_true(report[i].worst > 0.1);
        near(report[i].derived * 2, report[i].numeric);
    }
    set_script(&f, eager);
    assert_int_equal(gradcheck(report, &f.term.call, 1, &err), 0);
    for (size_t i = 0; i < GRADCHECK_SHAPES; i++)
        assert_true(report[i].worst < GRADCHECK_LIMIT);
}

static void test_refusals(void **state)
{
    static struct fixture f;
    char script[1024];
    double curve;
    struct err err = {0};
    (void)state;
    fixture_init(&f);
    f.table.group = NULL;
    set_script(&f, script_of(script, sizeof(script), "regularizer", "'groups'", "mean(t.groups)"));
    assert_int_equal(run(&curve, &f, 0, 1, N, &err), -1);
    assert_string_equal(err.text, "the objective reads groups, and the data have none");
    err = (struct err){0};
    set_script(&f, script_of(script, sizeof(script), "regularizer", "", "t.student.logits"));
    assert_int_equal(run(&curve, &f, 0, 1, N, &err), -1);
    assert_non_null(strstr(err.text, "24 x 3"));
}

// --- guidance for some of the rows ---------------------------------------------------------------
static void keep_every_third(struct fixture *f)
{
    enum { KEPT = N / 3 };
    static float mask[N];
    struct fixture few = *f;
    for (size_t i = 0; i < N; i++)
        mask[i] = i % 3 == 0 ? (float)N / KEPT : 0;
    few.table.x = few.x, few.table.y = few.y, few.table.group = few.group;
    few.table.weight = few.weight;
    for (size_t i = 0; i < KEPT; i++) {
        few.index[i] = f->index[3 * i];
        memcpy(few.probs + i * C, f->probs + 3 * i * C, C * sizeof(float));
        memcpy(few.logits + i * C, f->logits + 3 * i * C, C * sizeof(float));
        memcpy(few.reference + i * C, f->reference + 3 * i * C, C * sizeof(float));
    }
    few.rows = (struct rows){&few.table, KEPT, few.index};
    few.term.probs.data = few.probs, few.term.logits.data = few.logits;
    few.term.reference.data = few.reference;
    f->term.mask = (struct train_array){mask, 1};
    double all = 0, kept = 0;
    struct err err = {0};
    if (run(&all, f, 0.125, 1, N, &err) < 0 || run(&kept, &few, 0.125, 1, KEPT, &err) < 0)
        fail_msg("%s: %s", f->term.call.text, err.text);
    near(all, kept);
    for (size_t i = 0; i < f->model.n_params; i++) // and the gradient: the parameters after a step
        if (!(fabsf(f->params[i] - few.params[i]) <= 2e-6f))
            fail_msg("%s: parameter %zu: %.9g, expected %.9g", f->term.call.text, i, f->params[i],
                     few.params[i]);
}

// A filtered loss over all rows is the loss over the rows that are kept, whatever the loss; but for
// those that take thresholds from the batch, and one whose own weights are drawn a batch.
static void test_filtered_is_a_subset(void **state)
{
    static const char *const of_the_batch[] = {"log_confidence", "mixup"};
    (void)state;
    size_t n = 0;
    for (const struct stdlib_file *file = stdlib_losses; file->name != NULL; file++) {
        struct fixture f;
        struct loss *loss;
        struct err err = {0};
        bool skip = false;
        assert_int_equal(loss_load(&loss, file->name, file->text, file->size, &err), 0);
        for (size_t i = 0; i < 2; i++)
            skip |= strcmp(file->name, of_the_batch[i]) == 0;
        const struct loss_description *d = loss_description(loss);
        if (d->kind == LOSS_TARGET && !skip) {
            struct value_arg args[LOSS_MAX_PARAMS];
            for (size_t i = 0; i < d->n_params; i++)
                args[i] = (struct value_arg){d->params[i].name, d->params[i].fallback};
            fixture_init(&f);
            f.term.call = (struct value){.kind = VALUE_CALL, .text = file->name, .args = args,
                                         .n = d->n_params};
            keep_every_third(&f);
            n++;
        }
        loss_free(loss);
    }
    assert_true(n >= 12);
}

static void test_filtered_needs_a_mean(void **state)
{
    (void)state;
    static float mask[N];
    struct fixture f;
    char script[1024];
    double curve;
    struct err err = {0};
    fixture_init(&f);
    f.term.mask = (struct train_array){mask, 1};
    set_script(&f, script_of(script, sizeof(script), "target", "",
                             "sum((t.student.probs - t.guidance.probs) ^ 2)"));
    assert_int_equal(run(&curve, &f, 0, 1, N, &err), -1);
    assert_string_equal(err.text, "test.lua:2: the loss takes no mean over the rows of the batch, "
                                  "so it cannot be for some of them");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filtered_is_a_subset),
        cmocka_unit_test(test_filtered_needs_a_mean),
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_student),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_lists_are_spread),
        cmocka_unit_test(test_progress_and_schedule),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_random_of_the_last_batch),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_no_lua_in_the_loop),
        cmocka_unit_test(test_eager),
        cmocka_unit_test(test_gradcheck),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
