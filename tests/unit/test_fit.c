// test_fit.c -- trees, nearest neighbours and logistic regression by L-BFGS against scikit-learn
// (fixtures/model.txt), against rows that are repeated instead of weighted, ties, and arrays that
// are no tree.
#include "cmocka_first.h"

#include "base/mem.h"
#include "base/rng.h"
#include "data/load.h"
#include "model/fit.h"
#include "model/knn.h"
#include "model/tree.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NUMBER(x)                                                                                  \
    {                                                                                              \
        .kind = VALUE_NUMBER, .number = (x)                                                        \
    }

// --- tables --------------------------------------------------------------------------------------
struct lcg { // as in make_model_fixtures.py
    uint64_t s;
};

static uint32_t draw(struct lcg *g)
{
    g->s = g->s * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(g->s >> 40);
}

struct data {
    struct table table;
    struct rows rows; // those to train on
    float *x, *weight;
    uint32_t *y;
};

static void data_new(struct data *d, size_t n, size_t features, uint32_t classes)
{
    *d = (struct data){.x = mem_new(n * features * sizeof(float)),
                       .y = mem_new(n * sizeof(uint32_t))};
    d->table = (struct table){.n = n, .d = features, .classes = classes, .x = d->x, .y = d->y};
    table_own(&d->table, d->x);
    table_own(&d->table, d->y);
}

static void clouds(struct data *data, size_t n)
{
    struct lcg g = {1};
    data_new(data, n, 6, 3);
    for (size_t i = 0; i < n; i++) {
        data->y[i] = draw(&g) % 3;
        for (size_t k = 0; k < 6; k++) {
            uint32_t v = draw(&g);
            v += draw(&g);
            v += draw(&g);
            data->x[i * 6 + k] = (float)((v >> 3) + (k == data->y[i] ? 1u << 21 : 0)) / 0x1p23f;
        }
    }
}

static void mail(struct data *data, size_t n)
{
    struct lcg g = {2};
    data_new(data, n, 20, 2);
    for (size_t i = 0; i < n; i++) {
        uint32_t v[20];
        for (size_t k = 0; k < 20; k++) {
            bool empty = draw(&g) % 4 != 0;
            uint32_t value = draw(&g) >> 4;
            v[k] = empty ? 0 : value;
            data->x[i * 20 + k] = (float)v[k] / 0x1p20f;
        }
        data->y[i] = v[0] + v[1] + (draw(&g) >> 5) > v[2] + v[3] + (1u << 18);
    }
}

static void digits(struct data *data)
{
    static const struct value_arg name[] = {{"name", {.kind = VALUE_TEXT, .text = "digits"}}};
    struct value source = {.kind = VALUE_CALL, .text = "builtin", .n = 1, .args = name};
    struct err err = {0};
    *data = (struct data){0};
    assert_int_equal(load_table(&data->table, &source, 1, ".", &err), 0);
}

static void make(struct data *data, const char *name, size_t n, size_t trained)
{
    if (strcmp(name, "digits") == 0)
        digits(data);
    else if (strcmp(name, "mail") == 0)
        mail(data, n);
    else
        clouds(data, n);
    assert_int_equal(data->table.n, n);
    data->rows = (struct rows){&data->table, trained, mem_new(n * sizeof(uint32_t))};
    for (size_t i = 0; i < n; i++)
        data->rows.index[i] = (uint32_t)i;
    if (strcmp(name, "weighted") != 0)
        return;
    struct lcg g = {3};
    data->weight = table_own(&data->table, mem_new(n * sizeof(float)));
    for (size_t i = 0; i < trained; i++)
        data->weight[i] = (float)(1 + draw(&g) % 4);
    data->table.weight = data->weight;
}

static void data_release(struct data *data)
{
    rows_release(&data->rows);
    table_release(&data->table);
}

// --- fits ----------------------------------------------------------------------------------------
static struct step_context context(void)
{
    return (struct step_context){.kernels = kernel_select(NULL)};
}

static struct model make_tree(size_t features, size_t classes, size_t depth, size_t min_leaf,
                              bool gini)
{
    return (struct model){.kind = MODEL_TREE,
                          .features = features,
                          .classes = classes,
                          .tree = {depth, min_leaf, 2, gini ? TREE_GINI : TREE_ENTROPY}};
}

static float *fit_gold(struct model *model, const struct rows *rows)
{
    struct train_term term = {.weight = NUMBER(1),
                              .call = {.kind = VALUE_CALL, .text = "cross_entropy"}};
    struct train_spec spec = {.model = model, .rows = rows, .terms = &term, .n_terms = 1};
    struct step_context c = context();
    struct err err = {0};
    float *values = NULL;
    if (fit(&values, &model->n_params, &spec, &c, &err) < 0)
        fail_msg("%s", err.text);
    assert_true(fit_is_valid(model, values, model->n_params));
    return values;
}

// Logits of the rows that were not trained on.
static float *others(const struct data *data, const struct model *model, const float *values)
{
    size_t from = data->rows.n, n = data->table.n - from;
    struct rows rows = {&data->table, n, data->rows.index + from};
    struct step_context c = context();
    struct err err = {0};
    float *logits = mem_new(n * model->classes * sizeof(float));
    assert_int_equal(predict(logits, model, values, &rows, &c, &err), 0);
    return logits;
}

static void check_predictions(FILE *file, const struct data *data, const struct model *model,
                              const float *values)
{
    size_t C = model->classes;
    float *logits = others(data, model, values);
    for (size_t i = 0; i < data->table.n - data->rows.n; i++) {
        size_t most = 0;
        char want;
        for (size_t c = 1; c < C; c++)
            most = logits[i * C + c] > logits[i * C + most] ? c : most;
        assert_int_equal(fscanf(file, " %c", &want), 1);
        assert_int_equal(most, want - '0');
    }
    mem_free(logits);
}

static void check_tree(FILE *file)
{
    char name[16], criterion[16];
    size_t n, trained, depth, min_leaf, nodes;
    struct data data;
    assert_int_equal(fscanf(file, "%15s %zu %zu %zu %zu %15s %zu", name, &n, &trained, &depth,
                            &min_leaf, criterion, &nodes),
                     7);
    make(&data, name, n, trained);
    struct model model = make_tree(data.table.d, data.table.classes, depth, min_leaf,
                                   strcmp(criterion, "gini") == 0);
    float *values = fit_gold(&model, &data.rows);
    assert_int_equal(model.n_params, nodes * tree_width(&model));
    for (size_t i = 0; i < nodes; i++) {
        const float *node = values + i * tree_width(&model);
        float feature, threshold, rows;
        assert_int_equal(fscanf(file, "%f %f %f", &feature, &threshold, &rows), 3);
        assert_true(node[TREE_FEATURE] == feature && node[TREE_THRESHOLD] == threshold);
        assert_true(node[TREE_ROWS] == rows);
    }
    check_predictions(file, &data, &model, values);
    mem_free(values);
    data_release(&data);
}

static void check_knn(FILE *file)
{
    char name[16];
    size_t n, trained, k;
    struct data data;
    assert_int_equal(fscanf(file, "%15s %zu %zu %zu", name, &n, &trained, &k), 4);
    make(&data, name, n, trained);
    size_t C = data.table.classes;
    struct model model = {
        .kind = MODEL_KNN, .features = data.table.d, .classes = C, .neighbours = k};
    float *values = fit_gold(&model, &data.rows);
    float *logits = others(&data, &model, values);
    for (size_t i = 0; i < (n - trained) * C; i++) {
        char votes;
        assert_int_equal(fscanf(file, " %c", &votes), 1);
        double p = votes > '0' ? (votes - '0') / (double)k : FIT_FLOOR;
        assert_true(fabs(exp((double)logits[i]) - p) < 1e-6 * p);
    }
    mem_free(logits);
    mem_free(values);
    data_release(&data);
}

// What is minimised, in double, with the parameters as they are.
static double logistic_loss(const struct data *data, const struct model *model, const float *params,
                            double l2)
{
    size_t C = model->classes, D = model->features;
    double *z = mem_new(C * sizeof *z), loss = 0, squares = 0;
    float *x = mem_new(D * sizeof *x);
    for (size_t i = 0; i < data->rows.n; i++) {
        double sum = 0;
        for (size_t d = 0; d < D; d++)
            x[d] = data->table.x != NULL
                       ? data->table.x[i * D + d]
                       : (float)data->table.x_bytes[i * D + d] * data->table.scale;
        for (size_t c = 0; c < C; c++) {
            z[c] = (double)params[D * C + c];
            for (size_t d = 0; d < D; d++)
                z[c] += (double)x[d] * (double)params[d * C + c];
            sum += exp(z[c]);
        }
        loss += log(sum) - z[data->table.y[i]];
    }
    for (size_t i = 0; i < D * C; i++)
        squares += (double)params[i] * (double)params[i];
    mem_free(z);
    mem_free(x);
    return loss / (double)data->rows.n + l2 / 2 * squares;
}

static void check_logistic(FILE *file)
{
    char name[16];
    size_t n, trained;
    double l2, want;
    struct data data;
    assert_int_equal(fscanf(file, "%15s %zu %zu %lf %lf", name, &n, &trained, &l2, &want), 5);
    make(&data, name, n, trained);
    struct value linear = {.kind = VALUE_CALL, .text = "linear"};
    struct model model;
    struct err err = {0};
    assert_int_equal(model_init(&model, &linear, data.table.d, data.table.classes, &err), 0);
    const struct value_arg args[] = {
        {"memory", NUMBER(10)}, {"tolerance", NUMBER(1e-6)}, {"l2", NUMBER(l2)}};
    struct train_term term = {.weight = NUMBER(1),
                              .call = {.kind = VALUE_CALL, .text = "cross_entropy"}};
    struct train_spec spec = {
        .model = &model,
        .rows = &data.rows,
        .terms = &term,
        .n_terms = 1,
        .optimiser = {.kind = VALUE_CALL, .text = "lbfgs", .n = 3, .args = args},
        .epochs = 500,
        .batch = 256};
    struct step_context c = context();
    float *params = mem_new(model.n_params * sizeof *params);
    double curve[500];
    model_start(params, &model, 7);
    assert_int_equal(train(params, curve, &spec, &c, &err), 0);
    double loss = logistic_loss(&data, &model, params, l2);
    if (!(fabs(loss - want) <= 1e-6 * want && fabs(curve[499] - want) <= 1e-6 * want))
        fail_msg("%s: %.9g, %.9g by the curve, expected %.9g", name, loss, curve[499], want);
    mem_free(params);
    data_release(&data);
}

static void test_scikit_learn(void **state)
{
    (void)state;
    FILE *file = fopen("tests/unit/fixtures/model.txt", "r");
    char what[16];
    size_t cases = 0;
    assert_non_null(file);
    for (; fscanf(file, "%15s", what) == 1; cases++)
        if (strcmp(what, "tree") == 0)
            check_tree(file);
        else if (strcmp(what, "knn") == 0)
            check_knn(file);
        else
            check_logistic(file);
    assert_int_equal(cases, 11);
    fclose(file);
}

// --- what scikit-learn does not have -------------------------------------------------------------
// Class shares are what as many rows of each class would be; weights of terms mix their targets.
static void test_soft_targets(void **state)
{
    (void)state;
    enum { N = 120, TIMES = 4, C = 3 };
    struct data data, repeated;
    float probs[N * C];
    make(&data, "clouds", N, N);
    data_new(&repeated, N * TIMES, 6, C);
    repeated.rows =
        (struct rows){&repeated.table, N * TIMES, mem_new(N * TIMES * sizeof(uint32_t))};
    for (size_t i = 0; i < N * TIMES; i++) { // half of each row its own class, half the next class
        size_t row = i / TIMES;
        repeated.rows.index[i] = (uint32_t)i;
        memcpy(repeated.x + i * 6, data.x + row * 6, 6 * sizeof(float));
        repeated.y[i] = (data.y[row] + (i % TIMES < 2)) % C;
    }
    for (size_t i = 0; i < N * C; i++)
        probs[i] = i % C == (data.y[i / C] + 1) % C ? 2.0f / 3
                   : i % C == data.y[i / C]         ? 1.0f / 3
                                                    : 0;
    struct train_term terms[] = {
        {.weight = NUMBER(1), .call = {.kind = VALUE_CALL, .text = "cross_entropy"}},
        {.weight = NUMBER(3),
         .call = {.kind = VALUE_CALL, .text = "soft_labels"},
         .probs = {probs, C}},
    };
    struct model soft = make_tree(6, C, 5, 1, false), hard = soft;
    struct train_spec spec = {.model = &soft, .rows = &data.rows, .terms = terms, .n_terms = 2};
    struct step_context c = context();
    struct err err = {0};
    float *values;
    assert_int_equal(fit(&values, &soft.n_params, &spec, &c, &err), 0);
    float *want = fit_gold(&hard, &repeated.rows);
    assert_int_equal(soft.n_params, hard.n_params);
    for (size_t i = 0; i < soft.n_params; i++) {
        bool is_rows = i % tree_width(&soft) == TREE_ROWS;
        assert_true(fabs((double)want[i] - (is_rows ? TIMES : 1) * (double)values[i]) < 1e-6);
    }
    mem_free(values);
    mem_free(want);
    data_release(&data);
    data_release(&repeated);
}

// A row that a filter leaves out is as if it were not there; one of weight 2 counts twice.
static void test_filtered_rows(void **state)
{
    (void)state;
    enum { N = 100, C = 3 };
    struct data data, left;
    float mask[N], probs[N * C] = {0};
    make(&data, "clouds", N, N);
    make(&left, "clouds", N, N);
    left.rows.n = 0;
    left.weight = table_own(&left.table, mem_new(N * sizeof(float)));
    left.table.weight = left.weight;
    for (size_t i = 0; i < N; i++) {
        mask[i] = (float)(i % 3);
        probs[i * C + data.y[i]] = 1;
        left.weight[i] = mask[i];
        if (mask[i] > 0)
            left.rows.index[left.rows.n++] = (uint32_t)i;
    }
    struct train_term term = {.weight = NUMBER(0.5), .probs = {probs, C}, .mask = {mask, 1},
                              .call = {.kind = VALUE_CALL, .text = "soft_labels"}};
    struct model masked = make_tree(6, C, 5, 2, true), want = masked;
    struct train_spec spec = {.model = &masked, .rows = &data.rows, .terms = &term, .n_terms = 1};
    struct step_context c = context();
    struct err err = {0};
    float *values, *wanted = fit_gold(&want, &left.rows);
    assert_int_equal(fit(&values, &masked.n_params, &spec, &c, &err), 0);
    assert_int_equal(masked.n_params, want.n_params);
    assert_memory_equal(values, wanted, want.n_params * sizeof(float));
    mem_free(values);
    mem_free(wanted);
    memset(mask, 0, sizeof mask);
    assert_int_equal(fit(&values, &masked.n_params, &spec, &c, &err), -1);
    assert_string_equal(err.text, "no row has a target to learn from");
    data_release(&data);
    data_release(&left);
}

static void test_ties_and_limits_of_trees(void **state)
{
    (void)state;
    struct data d;
    data_new(&d, 4, 3, 2);
    static const float x[] = {5, -0.0f, 1, 5, 0, 1, 5, 1, 0, 5, 1, 0};
    memcpy(d.x, x, sizeof x);
    d.y[2] = d.y[3] = 1;
    d.rows = (struct rows){&d.table, 4, mem_new(4 * sizeof(uint32_t))};
    for (uint32_t i = 0; i < 4; i++)
        d.rows.index[i] = i;
    struct model model = make_tree(3, 2, 3, 1, true);
    float *values =
        fit_gold(&model, &d.rows); // features 1 and 2 split alike: the first; 0 has one value
    assert_int_equal(model.n_params, 3 * tree_width(&model));
    assert_true(values[TREE_FEATURE] == 1 && values[TREE_THRESHOLD] == 0.5f &&
                values[TREE_RIGHT] == 2);
    mem_free(values);
    model = make_tree(3, 2, 3, 3, true); // two leaves of 3 rows do not fit
    values = fit_gold(&model, &d.rows);
    assert_int_equal(model.n_params, tree_width(&model));
    assert_true(values[TREE_HEAD] == 0.5f && values[TREE_HEAD + 1] == 0.5f &&
                values[TREE_ROWS] == 4);
    mem_free(values);
    d.y[1] = 1; // exclusive or of features 1 and 2 gains nothing at the root, and is learned
    d.y[3] = 0;
    static const float both[] = {5, 0, 0, 5, 0, 1, 5, 1, 0, 5, 1, 1};
    memcpy(d.x, both, sizeof both);
    model = make_tree(3, 2, 2, 1, true);
    values = fit_gold(&model, &d.rows);
    assert_int_equal(model.n_params, 7 * tree_width(&model));
    mem_free(values);
    data_release(&d);
}

// The threshold lies below the upper value even where f32 has nothing between the two.
static void test_neighbouring_values(void **state)
{
    (void)state;
    static const float from[] = {1, -1, 0, 0x1p-149f, -0x1p-149f, 3e38f, -3e38f, 1e-30f};
    for (size_t i = 0; i < ARRAY_LEN(from); i++) {
        struct data d;
        data_new(&d, 2, 1, 2);
        d.x[0] = from[i];
        d.x[1] = nextafterf(from[i], HUGE_VALF);
        d.y[1] = 1;
        d.rows = (struct rows){&d.table, 2, mem_new(2 * sizeof(uint32_t))};
        d.rows.index[1] = 1;
        struct model model = make_tree(1, 2, 1, 1, true);
        float *values = fit_gold(&model, &d.rows);
        assert_int_equal(model.n_params, 3 * tree_width(&model));
        assert_true(values[TREE_THRESHOLD] == d.x[0]);
        mem_free(values);
        data_release(&d);
    }
}

static void test_neighbours_at_one_distance(void **state)
{
    (void)state;
    struct data d;
    data_new(&d, 6, 1, 3);
    static const float x[] = {2, 0, 2, 0, 1, 9};
    memcpy(d.x, x, sizeof x);
    for (uint32_t i = 0; i < 6; i++)
        d.y[i] = i % 3;
    d.rows = (struct rows){&d.table, 6, mem_new(6 * sizeof(uint32_t))};
    for (uint32_t i = 0; i < 6; i++)
        d.rows.index[i] = i;
    struct model model = {.kind = MODEL_KNN, .features = 1, .classes = 3, .neighbours = 3};
    float *values = fit_gold(&model, &d.rows);
    struct neighbour nearest[3];
    double shares[3];
    knn_shares(shares, nearest, &model, values, &(float){1});
    assert_int_equal(nearest[0].row, 4);
    assert_int_equal(nearest[1].row, 0);
    assert_int_equal(nearest[2].row, 1);
    assert_true(nearest[1].distance == 1 && shares[0] == 1 / 3.0 && shares[1] == 2 / 3.0);
    struct train_term term = {.weight = NUMBER(1),
                              .call = {.kind = VALUE_CALL, .text = "cross_entropy"}};
    struct train_spec spec = {.model = &model, .rows = &d.rows, .terms = &term, .n_terms = 1};
    struct step_context c = context();
    struct err err = {0};
    float *none;
    size_t n;
    model.neighbours = 7;
    assert_int_equal(fit(&none, &n, &spec, &c, &err), -1);
    assert_string_equal(err.text, "7 neighbours are asked for, and there are 6 rows");
    mem_free(values);
    data_release(&d);
}

// Giving a row up early changes nothing: against all distances, in an order of their own.
static void test_neighbours_of_wide_rows(void **state)
{
    (void)state;
    enum { N = 60, D = 203, K = 7 };
    static float values[N * (D + 1)], x[D];
    struct rng rng = rng_at(rng_key_of(3, "wide"), 0);
    struct model model = {
        .kind = MODEL_KNN, .features = D, .classes = 1, .neighbours = K, .n_params = N * (D + 1)};
    for (size_t i = 0; i < N * D; i++)
        values[i] = (float)rng_normal(&rng);
    for (size_t trial = 0; trial < 20; trial++) {
        struct neighbour nearest[K];
        double shares, previous = -1;
        for (size_t k = 0; k < D; k++)
            x[k] = (float)rng_normal(&rng);
        knn_shares(&shares, nearest, &model, values, x);
        size_t nearer = 0;
        for (size_t i = 0; i < N; i++) {
            double d = 0;
            for (size_t k = D; k-- > 0;)
                d += pow((double)values[i * D + k] - (double)x[k], 2);
            nearer += d < nearest[K - 1].distance * (1 + 1e-12);
            for (size_t k = 0; k < K; k++)
                if (nearest[k].row == i)
                    assert_true(fabs(d - nearest[k].distance) < 1e-12 * d);
        }
        assert_int_equal(nearer, K);
        for (size_t k = 0; k < K; previous = nearest[k++].distance)
            assert_true(nearest[k].distance >= previous);
    }
}

static void test_arrays_that_are_no_tree(void **state)
{
    (void)state;
    struct model model = make_tree(2, 2, 3, 1, true);
    enum { W = TREE_HEAD + 2 };
    float good[3 * W] = {0, 0.5f, 2, 2, 0.5f, 0.5f, -1, 0, 0, 1, 1, 0, -1, 0, 0, 1, 0, 1},
                   bad[3 * W];
    assert_true(fit_is_valid(&model, good, 3 * W));
    assert_false(fit_is_valid(&model, good, 3 * W - 1));
    assert_false(fit_is_valid(&model, good, 0));
    const struct {
        size_t at;
        float value;
    } wrong[] = {{TREE_FEATURE, 2},        {TREE_FEATURE, 0.5f}, {TREE_FEATURE, NAN},
                 {TREE_FEATURE, -2},       {TREE_RIGHT, 0},      {TREE_RIGHT, 1},
                 {TREE_RIGHT, 3},          {TREE_RIGHT, NAN},    {TREE_RIGHT, 1e30f},
                 {2 * W + TREE_FEATURE, 0}};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        memcpy(bad, good, sizeof bad);
        bad[wrong[i].at] = wrong[i].value;
        assert_false(fit_is_valid(&model, bad, 3 * W));
    }
    static float chain[(2 * TREE_MAX_DEPTH + 3) * W]; // each left child is a leaf
    for (size_t depth = TREE_MAX_DEPTH; depth <= TREE_MAX_DEPTH + 1; depth++) {
        for (size_t i = 0; i < 2 * depth + 1; i++) {
            chain[i * W + TREE_FEATURE] = i % 2 == 0 && i < 2 * depth ? 0 : -1;
            chain[i * W + TREE_RIGHT] = (float)(i + 2);
        }
        assert_int_equal(fit_is_valid(&model, chain, (2 * depth + 1) * W), depth == TREE_MAX_DEPTH);
    }
    struct model knn = {.kind = MODEL_KNN, .features = 2, .classes = 2, .neighbours = 3};
    assert_true(fit_is_valid(&knn, good, 12));
    assert_false(fit_is_valid(&knn, good, 8));
    assert_false(fit_is_valid(&knn, good, 13));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scikit_learn),
        cmocka_unit_test(test_soft_targets),
        cmocka_unit_test(test_filtered_rows),
        cmocka_unit_test(test_ties_and_limits_of_trees),
        cmocka_unit_test(test_neighbouring_values),
        cmocka_unit_test(test_neighbours_at_one_distance),
        cmocka_unit_test(test_neighbours_of_wide_rows),
        cmocka_unit_test(test_arrays_that_are_no_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
