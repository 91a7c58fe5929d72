// test_selection.c -- which epoch is kept: holdouts, scores, the first best; against trainings that
// end earlier, and labels that are counted again here.
#include "cmocka_first.h"

#include "base/mem.h"
#include "compile_text.h"
#include "exec/run.h"
#include "model/holdout.h"
#include "model/selection.h"

#include <math.h>
#include <stdlib.h>

// --- holdouts
// --------------------------------------------------------------------------------------
enum { N = 1000 };

static void all_rows(struct rows *rows, const struct table *table, uint32_t *index, size_t n)
{
    for (size_t i = 0; i < n; i++)
        index[i] = (uint32_t)i;
    *rows = (struct rows){table, n, index};
}

static void test_holdout_belongs_to_the_row(void **state)
{
    static uint32_t index[N], turned[N];
    static bool held[N];
    const struct table table = {.n = N};
    struct rows rows, half;
    struct holdout a, b;
    struct err err = {0};
    (void)state;
    all_rows(&rows, &table, index, N);
    assert_int_equal(holdout_choose(&a, &rows, 0.1, 7, &err), 0);
    assert_int_equal(a.n_held, 100);
    assert_int_equal(a.n_kept, 900);
    for (size_t i = 0; i < a.n_held; i++)
        held[a.held[i]] = true;
    for (size_t i = 0; i < a.n_kept; i++)
        assert_false(held[a.kept[i]]);
    // every second row, backwards: those that are held out here were held out there, or the other
    // way
    for (size_t i = 0; i < N / 2; i++)
        turned[i] = (uint32_t)(N - 2 - 2 * i);
    half = (struct rows){&table, N / 2, turned};
    assert_int_equal(holdout_choose(&b, &half, 0.1, 7, &err), 0);
    assert_int_equal(b.n_held, 50);
    size_t same = 0, there = 0;
    for (size_t i = 0; i < b.n_held; i++)
        same += held[turned[b.held[i]]];
    for (size_t i = 0; i < N / 2; i++)
        there += held[turned[i]];
    assert_int_equal(same, there < 50 ? there : 50);
    holdout_release(&b);
    assert_int_equal(holdout_choose(&b, &rows, 0.1, 8, &err), 0); // another seed: other rows
    same = 0;
    for (size_t i = 0; i < b.n_held; i++)
        same += held[b.held[i]];
    assert_true(same < 30);
    holdout_release(&a);
    holdout_release(&b);
}

static void test_copies_are_on_one_side(void **state)
{
    static uint32_t index[N];
    static uint64_t id[N];
    static bool held[10];
    struct table table = {.n = N, .id = id};
    struct rows rows;
    struct holdout h;
    struct err err = {0};
    (void)state;
    all_rows(&rows, &table, index, N);
    for (size_t i = 0; i < N; i++)
        id[i] = i % 10;
    assert_int_equal(holdout_choose(&h, &rows, 0.25, 1, &err), 0);
    assert_int_equal(h.n_held, 300); // 250, and the rest of the third row's copies
    for (size_t i = 0; i < h.n_held; i++)
        held[id[h.held[i]]] = true;
    for (size_t i = 0; i < h.n_kept; i++)
        assert_false(held[id[h.kept[i]]]);
    holdout_release(&h);
    for (size_t i = 0; i < N; i++)
        id[i] = 3;
    assert_int_equal(holdout_choose(&h, &rows, 0.25, 1, &err), -1);
    assert_string_equal(err.text, "a holdout leaves nothing to train on: the rows are copies");
    err = (struct err){0};
    assert_int_equal(holdout_choose(&h, &rows, 0.0001, 1, &err), -1);
    assert_string_equal(err.text, "a holdout of 0 rows out of 1000 leaves nothing to choose by");
}

// --- the best
// ----------------------------------------------------------------------------------------
struct list {
    const double *score;
    size_t at;
};

static int next_score(void *data, double *out, const float *params, struct err *err)
{
    struct list *list = data;
    (void)params;
    (void)err;
    *out = list->score[list->at++];
    return 0;
}

static uint64_t best_of(const double *score, size_t n, bool more)
{
    struct list list = {score, 0};
    struct selection by = {.more_is_better = more, .score = next_score, .data = &list};
    struct epoch_choice choice = {0};
    struct err err = {0};
    float best = -1;
    for (size_t i = 0; i < n; i++) {
        float params = (float)i;
        double got;
        assert_int_equal(selection_look(&choice, &best, &got, &by, &params, 1, i, &err), 0);
        assert_true(got == score[i] || (got != got && score[i] != score[i]));
    }
    assert_true(choice.epoch == 0 ? best == -1 : best == (float)(choice.epoch - 1));
    return choice.epoch;
}

static void test_the_first_best_wins(void **state)
{
    (void)state;
    static const double up[] = {0.5, 0.7, 0.6, 0.7}, odd[] = {NAN, 0.5, NAN, 0.6},
                        none[] = {NAN, NAN}, infinite[] = {-INFINITY, -INFINITY};
    assert_int_equal(best_of(up, 4, true), 2);
    assert_int_equal(best_of(up, 4, false), 1);
    assert_int_equal(best_of(odd, 4, true), 4);
    assert_int_equal(best_of(odd, 4, false), 2);
    assert_int_equal(best_of(none, 2, true), 0);
    assert_int_equal(best_of(infinite, 2, true), 1);
}

// --- whole runs
// --------------------------------------------------------------------------------------
#define HEAD                                                                                       \
    "experiment \"t\" { seeds = 3 }\n"                                                             \
    "data d = builtin(\"digits\") { split = { a: 10%, b: 40%, valid: 20%, test: 30% } }\n"         \
    "model m = mlp(hidden: [16])\n"                                                                \
    "teacher t { model = m; train = d.a; epochs = 3 }\n"                                           \
    "student s { model = m; train = d.b; epochs = 8; learn = soft_labels(from: t); using = "       \
    "adam(lr: 3e-2) }\n"

struct made {
    struct compiled_text compiled;
    struct run run;
    bool *wanted;
};

static void make(struct made *made, const char *text)
{
    struct run_options how = {.kernels = kernel_select(NULL), .threads = 1, .folder = "."};
    struct err err = {0};
    compile_right(&made->compiled, text);
    const struct plan *plan = &made->compiled.plan;
    made->wanted = mem_new(plan->n * sizeof *made->wanted);
    for (size_t i = 0; i < plan->n; i++)
        made->wanted[i] = true;
    run_init(&made->run, plan);
    made->run.wanted = made->wanted;
    if (run_execute(&made->run, &how, &err) < 0)
        fail_msg("%s", err.text);
}

static void unmake(struct made *made)
{
    run_release(&made->run);
    mem_free(made->wanted);
    compile_text_release(&made->compiled);
}

static const struct step *training_of(const struct made *made, const char *name,
                                      const struct artifact **out)
{
    const struct plan *plan = &made->compiled.plan;
    for (size_t i = 0; i < plan->n; i++)
        if (plan->steps[i].kind == STEP_train && strcmp(plan->steps[i].label, name) == 0) {
            *out = &made->run.artifacts[i];
            return &plan->steps[i];
        }
    fail_msg("'%s' was not trained", name);
    return NULL;
}

static size_t first_largest(const double *x, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        best = x[i] > x[best] ? i : best;
    return best;
}

// Selecting on rows of their own changes no step of the training: each epoch is as good as the
// training that ends there, and the best of them is kept.
static void test_best_is_a_training_that_ends_there(void **state)
{
    (void)state;
    struct made selected, each;
    const struct artifact *a, *b;
    make(&selected, HEAD "student v = s { select = best(accuracy, on: d.valid) }\n"
                         "evaluate { models = [v]; on = [d.test] }\n");
    training_of(&selected, "v", &a);
    assert_int_equal(a->n_curve, 16);
    size_t best = first_largest(a->curve + 8, 8);
    assert_true(best < 7); // otherwise the test tells nothing
    for (int epochs = 1; epochs <= 8; epochs++) {
        char text[1200];
        snprintf(text, sizeof text,
                 "%sstudent v = s { epochs = %d }\nevaluate { models = [v]; on = [d.valid] }\n",
                 HEAD, epochs);
        make(&each, text);
        training_of(&each, "v", &b);
        assert_true(each.run.artifacts[each.compiled.plan.numbers[0].step].comparison.value[0] ==
                    a->curve[8 + epochs - 1]);
        assert_int_equal(memcmp(a->values, b->values, a->n_values * sizeof(float)) == 0,
                         (size_t)epochs == best + 1);
        assert_memory_equal(a->curve, b->curve, (size_t)epochs * sizeof(double));
        unmake(&each);
    }
    unmake(&selected);
}

// The class that the student says of a row: x W1 + b1, ReLU, W2 + b2, in double.
static size_t predicted(const struct model *m, const float *p, const float *x)
{
    double hidden[16], z[10];
    const struct layer *first = &m->layer[0], *second = &m->layer[1];
    for (size_t j = 0; j < 16; j++) {
        hidden[j] = p[first->bias + j];
        for (size_t i = 0; i < m->features; i++)
            hidden[j] += (double)x[i] * p[first->weight + i * 16 + j];
        hidden[j] = hidden[j] > 0 ? hidden[j] : 0;
    }
    for (size_t k = 0; k < 10; k++) {
        z[k] = p[second->bias + k];
        for (size_t j = 0; j < 16; j++)
            z[k] += hidden[j] * p[second->weight + j * 10 + k];
    }
    return first_largest(z, 10);
}

// The share of held-out rows on which the student that was kept says what it was taught.
static void test_weak_labels_select(void **state)
{
    (void)state;
    struct made made;
    const struct artifact *a;
    make(&made,
         HEAD "teacher u = t { epochs = 1 }\n"
              "student v = s { learn = soft_labels(from: t) + ramp(0 -> 2) * hard_labels(from: u); "
              "select = best(accuracy, holdout: 25%) }\n"
              "evaluate { models = [v]; on = [d.test] }\n");
    const struct step *step = training_of(&made, "v", &a);
    const struct rows *rows = &made.run.artifacts[step->in[0]].rows;
    const struct artifact *soft = &made.run.artifacts[step->in[2]],
                          *hard = &made.run.artifacts[step->in[3]];
    struct holdout h;
    struct err err = {0};
    assert_int_equal(holdout_choose(&h, rows, 0.25, 3, &err), 0);
    size_t right = 0;
    for (size_t i = 0; i < h.n_held; i++) {
        double taught[10];
        size_t at = h.held[i];
        for (size_t k = 0; k < 10; k++)
            taught[k] = soft->values[at * 10 + k] + 2.0 * (double)hard->values[at * 10 + k];
        const float *x = rows->table->x + (size_t)rows->index[at] * rows->table->d;
        right += predicted(&a->model, a->values, x) == first_largest(taught, 10);
    }
    double score = a->curve[8 + first_largest(a->curve + 8, 8)];
    assert_true(fabs(score - (double)right / (double)h.n_held) < 1e-12);
    holdout_release(&h);
    unmake(&made);
}

// Rows that are held out teach nothing: other labels of theirs change no parameter. A ranking with
// one of them is dropped.
static void test_held_out_rows_are_not_trained_on(void **state)
{
    (void)state;
    struct made made;
    const struct artifact *a;
    make(&made,
         HEAD "student v = s { learn = soft_labels(from: t) + preferences(from: t, pairs: 600, "
              "class: 1, loss: bradley_terry); select = best(nll, holdout: 50%); epochs = 2 }\n"
              "evaluate { models = [v]; on = [d.test] }\n");
    const struct step *step = training_of(&made, "v", &a);
    const struct rows *rows = &made.run.artifacts[step->in[0]].rows;
    struct holdout h;
    struct err err = {0};
    assert_int_equal(holdout_choose(&h, rows, 0.5, 3, &err), 0);
    struct artifact *soft = &made.run.artifacts[step->in[2]];
    for (size_t i = 0; i < h.n_held; i++) // what the held-out rows would teach, spoiled
        for (size_t k = 0; k < 10; k++)
            soft->values[h.held[i] * 10 + k] = k == 3;
    float *again = mem_new(a->n_values * sizeof *again);
    memcpy(again, a->values, a->n_values * sizeof *again);
    // The same training by hand, without a selection, on the kept rows and rankings alone.
    struct train_lists lists = {.k = 2, .cls = 1};
    const uint32_t *row = (const uint32_t *)(const void *)made.run.artifacts[step->in[3]].values;
    uint32_t *kept = mem_new(600 * 2 * sizeof *kept);
    for (size_t i = 0; i < 600; i++) {
        bool ok = true;
        for (size_t k = 0; k < h.n_held; k++)
            ok &= h.held[k] != row[2 * i] && h.held[k] != row[2 * i + 1];
        if (ok)
            memcpy(kept + 2 * lists.n++, row + 2 * i, 2 * sizeof *kept);
    }
    lists.row = kept;
    assert_true(lists.n > 100 && lists.n < 200);
    const struct value *objective = value_arg(&step->attrs, "objective");
    struct train_term terms[] = {{.weight = {.kind = VALUE_NUMBER, .number = 1},
                                  .call = *value_arg(&objective->items[0], "loss"),
                                  .probs = {soft->values, 10}},
                                 {.weight = {.kind = VALUE_NUMBER, .number = 1},
                                  .call = *value_arg(&objective->items[1], "loss"),
                                  .lists = lists}};
    struct list scores = {(const double[]){2, 1}, 0};
    struct selection by = {
        .kept = h.kept, .n_kept = h.n_kept, .score = next_score, .data = &scores};
    struct train_spec spec = {.model = &a->model,
                              .rows = rows,
                              .terms = terms,
                              .n_terms = 2,
                              .optimiser = *value_arg(&step->attrs, "using"),
                              .epochs = 2,
                              .batch = 32,
                              .seed = 3,
                              .selection = &by};
    struct step_context context = {.kernels = kernel_select(NULL)};
    memcpy(again, made.run.artifacts[step->in[1]].values, a->n_values * sizeof *again);
    double curve[4];
    assert_int_equal(train(again, curve, &spec, &context, &err), 0);
    assert_true(a->curve[3] < a->curve[2]); // the second epoch was kept, as here
    assert_memory_equal(again, a->values, a->n_values * sizeof *again);
    assert_memory_equal(curve, a->curve, 2 * sizeof *curve);
    mem_free(again);
    mem_free(kept);
    holdout_release(&h);
    unmake(&made);
}

// What an oracle chose is marked wherever it went.
static void test_oracle_marks(void **state)
{
    (void)state;
    struct compiled_text c;
    compile_right(
        &c, HEAD
        "student o = s { select = oracle(best(accuracy, on: d.test)) }\n"
        "student after = s { learn = soft_labels(from: o) }\n"
        "evaluate { models = [s, o, after]; on = [d.test]; metrics = [accuracy, agreement(o)] }\n"
        "claim \"c\" { accuracy(after, on: d.test) > 0.5; accuracy(s, on: d.test) > 0.5 }\n");
    static const char *const model[] = {"s",         "oracle(s)",     "oracle(o)",
                                        "oracle(o)", "oracle(after)", "oracle(after)"};
    assert_int_equal(c.plan.n_numbers, ARRAY_LEN(model));
    for (size_t i = 0; i < c.plan.n_numbers; i++)
        assert_string_equal(c.plan.numbers[i].model, model[i]);
    assert_string_equal(c.plan.claims[0].text, "accuracy(after, on: d.test) > 0.5 (oracle)");
    assert_string_equal(c.plan.claims[1].text, "accuracy(s, on: d.test) > 0.5");
    compile_text_release(&c);
}

// The setting leaves no trace in a key where it says what holds without it.
static void test_last_is_the_default(void **state)
{
    (void)state;
    struct compiled_text a, b;
    compile_right(&a, HEAD "evaluate { models = [s]; on = [d.test] }\n");
    compile_right(&b, HEAD
                  "student l = s { select = last }\nevaluate { models = [l]; on = [d.test] }\n");
    assert_int_equal(a.plan.n, b.plan.n);
    for (size_t i = 0; i < a.plan.n; i++)
        assert_true(digest_equal(&a.plan.steps[i].key, &b.plan.steps[i].key));
    compile_text_release(&a);
    compile_text_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holdout_belongs_to_the_row),
        cmocka_unit_test(test_copies_are_on_one_side),
        cmocka_unit_test(test_the_first_best_wins),
        cmocka_unit_test(test_best_is_a_training_that_ends_there),
        cmocka_unit_test(test_weak_labels_select),
        cmocka_unit_test(test_held_out_rows_are_not_trained_on),
        cmocka_unit_test(test_oracle_marks),
        cmocka_unit_test(test_last_is_the_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
