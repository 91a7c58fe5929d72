// test_keep.c -- a run and its store: what is there is not made again, and what was interrupted
// goes on.
#include "cmocka_first.h"

#include "compile_text.h"
#include "base/mem.h"
#include "exec/keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAN(test_noise)                                                                           \
    "experiment \"t\" { seeds = 0..1 }\n"                                                          \
    "data d = builtin(\"digits\") { split = { a: 20%, b: 40%, test: 20% } }\n"                     \
    "teacher t { model = mlp(hidden: [4]); train = d.a; epochs = 5 }\n"                            \
    "student s { model = mlp(hidden: [8]); train = d.b; learn = soft_labels(from: t); epochs = 6;" \
    " using = sgd(momentum: 0.9) }\n"                                                              \
    "student c = s { learn = log_confidence(soft_labels(from: t), alpha: 0.5); using = adamw;"      \
    " select = best(nll, holdout: 20%) }\n"                                                         \
    "evaluate { models = [t, s, c]; on = [d.test, d.test |> gaussian_noise(sigma: " test_noise     \
    ")]; metrics = [accuracy, nll, pgr] }\n"

struct fixture {
    char root[64], store[80];
    struct compiled_text compiled;
    struct digest plain; // of a run without a store
};

struct watch {
    atomic_int stop;
    size_t epochs, stop_at; // stop at the stop_at-th epoch
    size_t trained, finished;
    const struct plan *plan;
};

static void on_event(void *data, const struct run_event *event)
{
    struct watch *w = data;
    if (event->kind == RUN_EPOCH && ++w->epochs == w->stop_at)
        w->stop = 1;
    if (event->kind == RUN_FINISHED) {
        w->finished++;
        w->trained += w->plan->steps[event->step].kind == STEP_train;
    }
}

static int execute(struct run *run, struct watch *w, const struct fixture *f,
                   const struct plan *plan, struct store *store, unsigned threads, struct err *err)
{
    struct run_options how = {.kernels = kernel_select(NULL),
                              .threads = threads,
                              .folder = ".",
                              .stop = &w->stop,
                              .on_event = on_event,
                              .data = w,
                              .store = store};
    (void)f;
    w->plan = plan;
    run_init(run, plan);
    return run_execute(run, &how, err);
}

static struct store *open_store(const struct fixture *f)
{
    struct err err = {0};
    struct store *store = store_open(f->store, STORE_MAKE, &err);
    if (store == NULL)
        fail_msg("%s", err.text);
    return store;
}

static int setup(void **state)
{
    static struct fixture f;
    struct run run;
    struct watch w = {0};
    struct err err = {0};
    f = (struct fixture){0};
    strcpy(f.root, "/tmp/w2s-keep-XXXXXX");
    assert_non_null(mkdtemp(f.root));
    snprintf(f.store, sizeof f.store, "%s/s", f.root);
    compile_right(&f.compiled, PLAN("0.2"));
    assert_int_equal(execute(&run, &w, &f, &f.compiled.plan, NULL, 2, &err), 0);
    f.plain = run_digest(&run);
    run_release(&run);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", f->root);
    assert_int_equal(system(command), 0);
    compile_text_release(&f->compiled);
    return 0;
}

static void check_run(const struct run *run, const struct digest *wanted)
{
    struct digest digest = run_digest(run);
    assert_true(digest_equal(&digest, wanted));
    for (size_t i = 0; i < run->plan->n_numbers; i++)
        if (run->plan->numbers[i].step != STEP_NONE)
            assert_int_equal(run->artifacts[run->plan->numbers[i].step].state, ARTIFACT_READY);
}

static size_t trainings(const struct plan *plan)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->n; i++)
        n += plan->steps[i].kind == STEP_train;
    return n;
}

static void fill(const struct fixture *f)
{
    struct run run;
    struct watch w = {0};
    struct err err = {0};
    struct store *store = open_store(f);
    assert_int_equal(execute(&run, &w, f, &f->compiled.plan, store, 2, &err), 0);
    assert_int_equal(w.trained, trainings(run.plan));
    check_run(&run, &f->plain);
    run_release(&run);
    store_close(store);
}

static void test_nothing_is_made_twice(void **state)
{
    struct fixture *f = *state;
    fill(f);
    struct store *store = open_store(f);
    struct run run;
    struct watch w = {0};
    struct err err = {0};
    assert_int_equal(execute(&run, &w, f, &f->compiled.plan, store, 2, &err), 0);
    assert_int_equal(run.n_made, 0);
    assert_int_equal(w.epochs, 0);
    for (size_t i = 0; i < run.plan->n; i++)
        if (run.duties[i].kind == DUTY_MAKE)
            assert_false(keep_records(run.plan->steps[i].kind));
    check_run(&run, &f->plain);
    run_release(&run);
    store_close(store);
}

// Another noise: the models are read, and nothing is trained.
static void test_only_what_depends_is_made(void **state)
{
    struct fixture *f = *state;
    struct compiled_text other;
    struct run run, plain;
    struct watch w = {0}, v = {0};
    struct err err = {0};
    fill(f);
    compile_right(&other, PLAN("0.3"));
    struct store *store = open_store(f);
    assert_int_equal(execute(&plain, &v, f, &other.plan, NULL, 2, &err), 0);
    assert_int_equal(execute(&run, &w, f, &other.plan, store, 2, &err), 0);
    assert_int_equal(w.epochs, 0);
    assert_true(run.n_made > 0 && run.n_known > 0);
    struct digest wanted = run_digest(&plain);
    check_run(&run, &wanted);
    run_release(&run);
    run_release(&plain);
    store_close(store);
    compile_text_release(&other);
}

// Stopped at every epoch in turn, on one thread: what is left takes exactly the epochs that are
// left, since a training goes on in the epoch in which it was stopped.
static void test_interrupted_goes_on(void **state)
{
    struct fixture *f = *state;
    size_t total = 2 * (5 + 6 + 6 + 6 + 6); // trainings of two seeds, ceilings among them
    for (size_t stop_at = 1; stop_at <= total; stop_at += 3) {
        struct store *store = open_store(f);
        struct run run;
        struct watch w = {.stop_at = stop_at}, v = {0};
        struct err err = {0};
        int status = execute(&run, &w, f, &f->compiled.plan, store, 1, &err);
        run_release(&run);
        if (status == 0)
            fail_msg("it was not interrupted at epoch %zu", stop_at);
        assert_int_equal(err.kind, ERR_INTERRUPTED);
        err = (struct err){0};
        assert_int_equal(execute(&run, &v, f, &f->compiled.plan, store, 1, &err), 0);
        check_run(&run, &f->plain);
        size_t all = 0;
        for (size_t i = 0; i < run.plan->n; i++)
            if (run.plan->steps[i].kind == STEP_train)
                all += (size_t)value_arg_int(&run.plan->steps[i].attrs, "epochs");
        assert_int_equal(w.epochs + v.epochs, all);
        run_release(&run);
        store_close(store);
        char command[128];
        snprintf(command, sizeof command, "rm -rf '%s'", f->store);
        assert_int_equal(system(command), 0);
        if (stop_at + 3 >= all)
            break;
    }
}

static void test_wanted_values_stay(void **state)
{
    struct fixture *f = *state;
    fill(f);
    struct store *store = open_store(f);
    const struct plan *plan = &f->compiled.plan;
    bool *wanted = mem_new(plan->n * sizeof *wanted);
    struct run run;
    struct watch w = {.plan = plan};
    struct err err = {0};
    struct run_options how = {.kernels = kernel_select(NULL),
                              .threads = 2,
                              .folder = ".",
                              .store = store,
                              .on_event = on_event,
                              .data = &w};
    for (size_t i = 0; i < plan->n; i++)
        wanted[i] = plan->steps[i].kind == STEP_train || plan->steps[i].kind == STEP_predict;
    run_init(&run, plan);
    run.wanted = wanted;
    assert_int_equal(run_execute(&run, &how, &err), 0);
    assert_int_equal(w.epochs, 0);
    for (size_t i = 0; i < plan->n; i++)
        if (wanted[i])
            assert_non_null(run.artifacts[i].values);
    run_release(&run);
    mem_free(wanted);
    store_close(store);
}

// A result of another engine, or of nobody, is not found; one that says something else stops the
// run.
static void test_other_bits_are_told(void **state)
{
    struct fixture *f = *state;
    struct store *store = open_store(f);
    struct store_batch batch = {0};
    struct err err = {0};
    const struct plan *plan = &f->compiled.plan;
    char engine[ENGINE_NAME];
    engine_name(engine);
    for (size_t i = 0; i < plan->n; i++) {
        struct step_record record = {.key = keep_key("0.of another time", &plan->steps[i].key),
                                     .kind = step_kind_name(plan->steps[i].kind)};
        if (plan->steps[i].kind == STEP_split) { // needed, and made again since rows are not kept
            record.key = keep_key(engine, &plan->steps[i].key);
            record.result.bytes[0] = 1;
        }
        batch_add(&batch, RECORD_step, &record);
    }
    assert_int_equal(store_commit(store, &batch, &err), 0);
    batch_release(&batch);
    struct run run;
    struct watch w = {0};
    assert_int_equal(execute(&run, &w, f, plan, store, 2, &err), -1);
    assert_int_equal(err.kind, ERR_DATA);
    assert_non_null(strstr(err.text, "other bits"));
    run_release(&run);
    store_close(store);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        TEST(test_nothing_is_made_twice), TEST(test_only_what_depends_is_made),
        TEST(test_interrupted_goes_on),   TEST(test_wanted_values_stay),
        TEST(test_other_bits_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
