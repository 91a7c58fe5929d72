// api_run.c -- the half of libw2s that runs a plan and lends out what came of it.
#include "api.h"

#include "base/mem.h"
#include "exec/verdict.h"
#include "kernel/kernel.h"

#include <math.h> // NAN and isnan only
#include <string.h>
#include <unistd.h>

enum { THREADS_MAX = 1024 };

struct w2s_run *w2s_run_new(const struct w2s_experiment *x)
{
    if (x == NULL || !x->right)
        return NULL;
    struct w2s_run *r = mem_new(sizeof *r);
    r->experiment = x;
    r->kernels = "";
    run_init(&r->run, &x->plan);
    return r;
}

void w2s_run_free(struct w2s_run *r)
{
    if (r == NULL)
        return;
    run_release(&r->run);
    mem_free(r->p_holm);
    mem_free(r->tests);
    arena_release(&r->arena);
    mem_free(r);
}

void w2s_run_stop(struct w2s_run *r)
{
    r->stop = 1;
}

// --- carrying it out -----------------------------------------------------------------------------

static void on_event(void *data, const struct run_event *event)
{
    struct w2s_run *r = data;
    const struct step *step = &r->experiment->plan.steps[event->step];
    struct w2s_event told = {
        .kind = event->kind == RUN_STARTED ? W2S_STARTED
                : event->kind == RUN_EPOCH ? W2S_EPOCH
                                           : W2S_FINISHED,
        .step = step_kind_name(step->kind),
        .label = step->label,
        .seed = step->seed,
        .done = event->done,
        .total = event->total,
        .loss = NAN,
    };
    if (event->kind == RUN_EPOCH) {
        told.epoch = event->progress.epoch;
        told.epochs = event->progress.epochs;
        told.loss = event->progress.loss;
    }
    if (r->progress(r->data, &told) != 0)
        r->stop = 1;
}

// What results are asked for later: reasons and adjusted p-values as texts and numbers.
static void judge(struct w2s_run *r)
{
    const struct plan *plan = &r->experiment->plan;
    struct str why = {0};
    r->refused = arena_array(&r->arena, plan->n_numbers, sizeof *r->refused);
    for (size_t i = 0; i < plan->n_numbers; i++) {
        str_clear(&why);
        if (results_refused(&why, &r->run, &plan->numbers[i]))
            r->refused[i] = arena_text(&r->arena, str_text(&why));
    }
    str_release(&why);
    size_t n_tested;
    r->p_holm = results_holm(&n_tested, &r->run);
    r->tests = results_tests(&r->run);
    struct digest digest = run_digest(&r->run);
    digest_hex(r->digest, &digest);
}

static int execute(struct w2s_run *r, const struct w2s_run_options *options, struct err *err)
{
    const struct kernels *kernels = kernel_select(NULL);
    struct store *store = NULL;
    if (options->store != NULL) {
        store = store_open(options->store, STORE_MAKE, err);
        if (store == NULL)
            return -1;
    }
    r->kernels = kernels->isa;
    r->progress = options->progress;
    r->data = options->data;
    const struct run_options how = {
        .kernels = kernels,
        .threads = r->threads,
        .folder = r->experiment->folder,
        .stop = &r->stop,
        .on_event = r->progress != NULL ? on_event : NULL,
        .data = r,
        .store = store,
        .checkpoint_seconds = options->checkpoint_seconds,
    };
    int result = run_execute(&r->run, &how, err);
    judge(r);
    store_close(store);
    return result;
}

static bool options_are_right(const struct w2s_run_options *options, struct w2s_error *error)
{
    if (options->threads > THREADS_MAX)
        api_fail(error, W2S_MISUSE, "threads: more than 1024", "");
    else if (!(options->checkpoint_seconds >= 0 && options->checkpoint_seconds <= 1e6))
        api_fail(error, W2S_MISUSE, "checkpoint_seconds: not from 0 to 1e6", "");
    else if (options->store != NULL && options->store[0] == '\0')
        api_fail(error, W2S_MISUSE, "store: an empty path", "");
    else
        return true;
    return false;
}

enum w2s_status w2s_run_execute(struct w2s_run *r, const struct w2s_run_options *options,
                                struct w2s_error *error)
{
    static const struct w2s_run_options defaults = {0};
    struct err err = {0};
    fenv_t was;
    options = options != NULL ? options : &defaults;
    if (r == NULL || r->executed)
        return api_fail(error, W2S_MISUSE, r == NULL ? "no run was given" : "a run is carried out once",
                        "w2s_run_new makes another.");
    if (!options_are_right(options, error) || !api_enter(&was, error))
        return W2S_MISUSE;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    r->threads = options->threads > 0 ? options->threads
                 : cores > THREADS_MAX ? THREADS_MAX
                 : cores > 0           ? (unsigned)cores
                                       : 1;
    r->executed = true;
    int result = execute(r, options, &err);
    api_leave(&was);
    return result < 0 ? api_failed(error, &err) : W2S_OK;
}

// --- results -------------------------------------------------------------------------------------

static const struct artifact *ready(const struct w2s_run *r, uint32_t step)
{
    if (step == STEP_NONE || r->run.artifacts[step].state != ARTIFACT_READY)
        return NULL;
    return &r->run.artifacts[step];
}

// There are none before the run, and none when it could not begin.
static bool is_judged(const struct w2s_run *r)
{
    return r->refused != NULL;
}

size_t w2s_n_results(const struct w2s_run *r)
{
    return is_judged(r) ? r->experiment->plan.n_numbers : 0;
}

size_t w2s_n_claims(const struct w2s_run *r)
{
    return is_judged(r) ? r->experiment->plan.n_claims : 0;
}

struct w2s_result w2s_run_result(const struct w2s_run *r, size_t i)
{
    if (i >= w2s_n_results(r))
        return (struct w2s_result){0};
    const struct plan_number *number = &r->experiment->plan.numbers[i];
    struct w2s_result out = {
        .model = number->model,
        .on = number->on,
        .metric = number->metric,
        .point = number->point,
        .is_control = number->control,
        .mean = NAN,
        .low = NAN,
        .high = NAN,
        .level = NAN,
        .interval = "",
        .refused = r->refused[i],
    };
    const struct artifact *a = ready(r, number->step);
    if (a == NULL)
        return out;
    const struct comparison *c = &a->comparison;
    out.level = c->level;
    out.interval = c->is_ratio ? "fieller" : c->bootstrapped ? "bca" : "t";
    out.values = c->value;
    out.n_values = c->n;
    if (out.refused != NULL)
        return out;
    out.mean = c->is_ratio ? c->ratio.value : c->interval.mean;
    out.low = c->is_ratio ? c->ratio.low : c->interval.low;
    out.high = c->is_ratio ? c->ratio.high : c->interval.high;
    return out;
}

struct w2s_claim w2s_run_claim(const struct w2s_run *r, size_t i)
{
    if (i >= w2s_n_claims(r))
        return (struct w2s_claim){0};
    const struct plan_claim *claim = &r->experiment->plan.claims[i];
    struct w2s_claim out = {
        .title = claim->title,
        .text = claim->text,
        .point = claim->point,
        .held = W2S_UNKNOWN,
        .difference = NAN,
        .bound = NAN,
        .level = NAN,
        .p = NAN,
        .p_holm = NAN,
    };
    const struct artifact *a = ready(r, claim->step);
    if (a == NULL)
        return out;
    const struct claim_result *result = &a->claim;
    out.held = result->held ? W2S_HELD : W2S_FAILED;
    out.difference = result->test.mean;
    out.bound = result->test.bound;
    out.level = result->level;
    out.p = result->test.p;
    if (r->p_holm != NULL)
        out.p_holm = r->p_holm[i];
    return out;
}

size_t w2s_n_tests(const struct w2s_run *r)
{
    return is_judged(r) ? r->experiment->plan.n_tests : 0;
}

struct w2s_test w2s_run_test(const struct w2s_run *r, size_t i)
{
    if (i >= w2s_n_tests(r))
        return (struct w2s_test){0};
    const struct model_test *t = &r->tests[i];
    const struct plan_number *numbers = r->experiment->plan.numbers;
    const struct plan_number *x = &numbers[t->test->x], *y = &numbers[t->test->y];
    struct w2s_test out = {
        .test = t->test->kind,
        .first = x->model,
        .second = y->model,
        .on = x->on,
        .metric = x->metric,
        .point = x->point,
        .difference = NAN,
        .low = NAN,
        .high = NAN,
        .p_greater = NAN,
        .p = NAN,
        .p_holm = NAN,
        .cliffs_delta = NAN,
        .refused = t->ready ? NULL : "a step it needs failed",
    };
    if (!t->ready)
        return out;
    out.difference = t->paired.difference.mean;
    out.low = t->paired.difference.low;
    out.high = t->paired.difference.high;
    out.p_greater = t->paired.p.greater;
    out.p = t->paired.p.two_sided;
    out.p_holm = t->holm;
    out.is_exact = t->paired.p.exact;
    out.cliffs_delta = t->paired.delta;
    return out;
}

struct w2s_summary w2s_run_summary(const struct w2s_run *r)
{
    struct w2s_summary out = {
        .n_made = r->run.n_made,
        .n_known = r->run.n_known,
        .n_failed = r->run.n_failed,
        .threads = r->threads,
        .kernels = r->kernels,
        .seconds = r->run.seconds,
    };
    memcpy(out.digest, r->digest, sizeof out.digest);
    return out;
}
