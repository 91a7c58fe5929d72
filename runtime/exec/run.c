// run.c -- the scheduler: which step next, on which thread. What a step does is in step_*.c.
//
// Ready steps wait in a heap: in the order of the plan, so that what is begun is ended and its
// memory free; among steps that stand close together the one with the longest way to the end first,
// so that two threads end close together. A thread that finds none helps a step with its large
// products (base/crew.h). A parameter vector, logits or targets are freed when the last step that
// reads them is done, and the store has them. What need not be made is in keep.c.
#include "exec/run.h"

#include "base/crew.h"
#include "base/mem.h"
#include "exec/keep.h"
#include "exec/steps.h"
#include "store/files.h"

#include <string.h>
#include <time.h>

enum { STRETCH = 16 }; // steps of the plan for each thread to choose from

struct node {
    uint32_t waiting;   // inputs not there yet
    uint32_t readers;   // steps that still have to read this one
    uint32_t first_out; // into scheduler.out
    uint32_t n_out;
    bool made;   // it was linked to its inputs
    double rank; // floating-point operations from here to the end, along the longest way
};

struct scheduler {
    struct run *run;
    const struct run_options *options;
    struct err *err;
    struct node *nodes;
    uint32_t *out;    // consumers, grouped by step
    uint32_t *heap;   // ready steps
    uint32_t *parked; // steps another process is making
    size_t n_heap, n_parked;
    size_t done, told, total;
    struct keeper *keeper;
    uint32_t first_failed; // the step `err` tells of: the lowest, whichever thread was first
    struct crew crew;
    bool ended; // interrupted
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void run_init(struct run *run, const struct plan *plan)
{
    *run = (struct run){.plan = plan, .artifacts = mem_new(plan->n * sizeof *run->artifacts)};
    engine_name(run->engine);
}

static void release_values(struct artifact *a)
{
    mem_free(a->values);
    a->values = NULL;
}

void run_release(struct run *run)
{
    for (size_t i = 0; i < run->plan->n; i++) {
        struct artifact *a = &run->artifacts[i];
        release_values(a);
        mem_free(a->curve);
        mem_free(a->weights);
        mem_free(a->owned_numbers);
        rows_release(&a->rows);
        table_release(&a->table);
    }
    mem_free(run->artifacts);
    mem_free(run->duties);
    *run = (struct run){0};
}

// --- the heap of ready steps ---------------------------------------------------------------------

// A step that only reads what others made: until it is done, their memory is not free.
static bool is_reader(const struct scheduler *s, uint32_t step)
{
    enum step_kind kind = s->run->plan->steps[step].kind;
    return kind == STEP_predict || kind == STEP_guide || kind == STEP_filter ||
           kind == STEP_relabel || kind == STEP_vote || kind == STEP_tally || kind == STEP_poll ||
           kind == STEP_annotate || kind == STEP_recall ||
           kind == STEP_combine || kind == STEP_constrain || kind == STEP_evaluate;
}

// Stretch by stretch in the order of the plan, so that what is begun is ended, and memory does not
// grow with the plan. Within a stretch the longest way to the end comes first.
static bool comes_first(const struct scheduler *s, uint32_t a, uint32_t b)
{
    uint32_t stretch = STRETCH * s->options->threads;
    bool reads = is_reader(s, a);
    double x = s->nodes[a].rank, y = s->nodes[b].rank;
    if (a / stretch != b / stretch)
        return a < b;
    if (reads != is_reader(s, b))
        return reads;
    return x != y ? x > y : a < b;
}

static void swap(uint32_t *a, uint32_t *b)
{
    uint32_t t = *a;
    *a = *b;
    *b = t;
}

static void push(struct scheduler *s, uint32_t step)
{
    size_t at = s->n_heap++;
    s->heap[at] = step;
    for (; at > 0 && comes_first(s, s->heap[at], s->heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&s->heap[at], &s->heap[(at - 1) / 2]);
}

static uint32_t pop(struct scheduler *s)
{
    uint32_t top = s->heap[0];
    s->heap[0] = s->heap[--s->n_heap];
    for (size_t at = 0;;) {
        size_t best = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
            if (child < s->n_heap && comes_first(s, s->heap[child], s->heap[best]))
                best = child;
        if (best == at)
            return top;
        swap(&s->heap[at], &s->heap[best]);
        at = best;
    }
}

// --- the graph of who waits for whom -------------------------------------------------------------

static bool is_made(const struct scheduler *s, uint32_t step)
{
    return s->run->duties[step].kind == DUTY_MAKE;
}

// A step that is read or known waits for nothing; a step that has to be made, for those inputs that
// are not known.
static bool waits(const struct scheduler *s, uint32_t step, uint32_t input)
{
    return s->nodes[step].made && s->run->duties[input].kind != DUTY_KNOWN;
}

static void link_steps(struct scheduler *s)
{
    const struct plan *plan = s->run->plan;
    size_t edges = 0;
    for (uint32_t i = 0; i < plan->n; i++)
        s->nodes[i].made = is_made(s, i);
    for (uint32_t i = 0; i < plan->n; i++)
        for (uint32_t k = 0; k < plan->steps[i].n_in; k++)
            if (waits(s, i, plan->steps[i].in[k])) {
                s->nodes[plan->steps[i].in[k]].n_out++;
                s->nodes[i].waiting++;
                edges++;
            }
    s->out = mem_new(edges * sizeof *s->out);
    uint32_t at = 0;
    for (size_t i = 0; i < plan->n; i++) {
        s->nodes[i].first_out = at;
        at += s->nodes[i].n_out;
        s->nodes[i].n_out = 0;
    }
    for (uint32_t i = 0; i < plan->n; i++)
        for (uint32_t k = 0; k < plan->steps[i].n_in; k++)
            if (waits(s, i, plan->steps[i].in[k])) {
                struct node *from = &s->nodes[plan->steps[i].in[k]];
                s->out[from->first_out + from->n_out++] = i;
            }
    for (uint32_t i = (uint32_t)plan->n; i-- > 0;) {
        struct node *node = &s->nodes[i];
        node->readers = node->n_out + (s->run->wanted != NULL && s->run->wanted[i]);
        double longest = 0;
        for (uint32_t k = 0; k < node->n_out; k++)
            if (s->nodes[s->out[node->first_out + k]].rank > longest)
                longest = s->nodes[s->out[node->first_out + k]].rank;
        node->rank = (is_made(s, i) ? plan->steps[i].facts.flops : 0) + longest;
    }
}

// --- one step ------------------------------------------------------------------------------------

static void tell(struct scheduler *s, struct run_event event)
{
    if (s->options->on_event == NULL)
        return;
    event.done = s->told;
    event.total = s->total;
    s->options->on_event(s->options->data, &event);
}

struct epoch_note {
    struct scheduler *scheduler;
    uint32_t step;
    double saved; // when the state was saved, or the step began
};

static void on_epoch(void *data, const struct train_progress *progress)
{
    struct epoch_note *note = data;
    pthread_mutex_lock(&note->scheduler->crew.lock);
    tell(note->scheduler,
         (struct run_event){.kind = RUN_EPOCH, .step = note->step, .progress = *progress});
    pthread_mutex_unlock(&note->scheduler->crew.lock);
}

// --- states of long steps ------------------------------------------------------------------------

static bool is_due(void *data)
{
    const struct epoch_note *note = data;
    double period = note->scheduler->options->checkpoint_seconds;
    return period > 0 && now() - note->saved >= period;
}

static struct digest key_of(const struct epoch_note *note)
{
    return keep_key(note->scheduler->run->engine,
                    &note->scheduler->run->plan->steps[note->step].key);
}

static int save_state(void *data, const struct checkpoint_part *parts, size_t n, struct err *err)
{
    struct epoch_note *note = data;
    struct files_part *all = mem_new(n * sizeof *all);
    struct digest key = key_of(note);
    for (size_t i = 0; i < n; i++)
        all[i] = (struct files_part){parts[i].bytes, parts[i].n};
    int status = store_save_checkpoint(note->scheduler->options->store, &key, all, n, err);
    mem_free(all);
    note->saved = now();
    return status;
}

// What does not fit was written by something else, and is as good as nothing.
static int load_state(void *data, const struct checkpoint_part *parts, size_t n, struct err *err)
{
    struct epoch_note *note = data;
    struct digest key = key_of(note);
    uint8_t *bytes = NULL;
    size_t size, expected = 0, at = 0;
    for (size_t i = 0; i < n; i++)
        expected += parts[i].n;
    int status = store_load_checkpoint(&bytes, &size, note->scheduler->options->store, &key, err);
    if (status == 1 && size != expected)
        status = 0;
    for (size_t i = 0; status == 1 && i < n; i++) {
        if (parts[i].n > 0)
            memcpy(parts[i].bytes, bytes + at, parts[i].n);
        at += parts[i].n;
    }
    mem_free(bytes);
    return status;
}

typedef int step_function(struct artifact *out, const struct step_call *call, struct err *err);

static int make(struct scheduler *s, uint32_t number, struct err *err)
{
    static step_function *const functions[] = {
#define STEP(id, doc) [STEP_##id] = step_##id,
#include "plan/steps.def"
#undef STEP
    };
    const struct step *step = &s->run->plan->steps[number];
    const struct artifact **in = mem_new(step->n_in * sizeof *in);
    bool failed = false;
    for (uint32_t i = 0; i < step->n_in; i++) {
        in[i] = &s->run->artifacts[step->in[i]];
        failed |= in[i]->state == ARTIFACT_FAILED;
    }
    struct epoch_note note = {s, number, now()};
    const struct checkpoint checkpoint = {is_due, save_state, load_state, &note};
    struct step_call call = {.plan = s->run->plan,
                             .step = step,
                             .in = in,
                             .options = s->options,
                             .context = {.kernels = s->options->kernels,
                                         .crew = &s->crew,
                                         .stop = s->options->stop,
                                         .on_epoch = on_epoch,
                                         .data = &note,
                                         .checkpoint = s->keeper != NULL ? &checkpoint : NULL}};
    int status = failed ? -1 : functions[step->kind](&s->run->artifacts[number], &call, err);
    if (status < 0 && !failed && !err_is_set(err))
        BUG("%s '%s' failed and does not say why", step_kind_name(step->kind), step->label);
    mem_free(in);
    return status;
}

// A step made again gives what it gave before, or something is wrong with the machine, the engine's
// version or the store; going on would mix two results.
static int check_result(const struct scheduler *s, uint32_t number, struct err *err)
{
    const struct duty *duty = &s->run->duties[number];
    if (!duty->recorded || digest_equal(&duty->result, &s->run->artifacts[number].digest))
        return 0;
    err_set(err, ERR_DATA, "made again, it gave other bits than the store '%s' has",
            store_path(s->options->store));
    err_hint(err, "'w2s verify' compares all steps; --no-store does without the store.");
    return -1;
}

// The key of a step that reads files holds their digest, taken when the plan was made.
static int check_source(const struct scheduler *s, uint32_t number, struct err *err)
{
    const struct step *step = &s->run->plan->steps[number];
    const struct run_options *o = s->options;
    if (step->kind != STEP_load || o->unchanged == NULL ||
        o->unchanged(o->facts, value_arg(&step->attrs, "source"), o->folder))
        return 0;
    return err_set(err, ERR_DATA, "its files changed after the plan was made");
}

static int execute(struct scheduler *s, uint32_t number, struct err *err)
{
    struct artifact *a = &s->run->artifacts[number];
    if (!is_made(s, number))
        return keep_load(a, s->run, number, s->options->store, err);
    if (make(s, number, err) < 0 || check_source(s, number, err) < 0)
        return -1;
    bool stored = s->options->store != NULL;
    keep_seal(a, s->run->plan, number, stored || s->options->seal_all ? s->run->artifacts : NULL);
    return stored && keep_records(s->run->plan->steps[number].kind) ? check_result(s, number, err)
                                                                    : 0;
}

// Tells of the failure, with the seed, since a label is the same for all repetitions.
static void report(struct scheduler *s, uint32_t number, const struct err *err)
{
    const struct step *step = &s->run->plan->steps[number];
    if (number >= s->first_failed || err->kind == ERR_INTERRUPTED)
        return;
    s->first_failed = number;
    *s->err = (struct err){0};
    if (step->seed != SEED_NONE)
        err_set(s->err, err->kind, "%s, seed %lld: %s", step->label, (long long)step->seed,
                err->text);
    else
        err_set(s->err, err->kind, "%s: %s", step->label, err->text);
    if (err->hint[0] != '\0')
        err_hint(s->err, "%s", err->hint);
}

static void drop_reader(struct scheduler *s, uint32_t number)
{
    if (--s->nodes[number].readers == 0)
        release_values(&s->run->artifacts[number]);
}

static void tell_finished(struct scheduler *s, uint32_t number)
{
    s->told++;
    tell(s, (struct run_event){.kind = RUN_FINISHED, .step = number});
}

// From the writer's thread: the step is on the disk.
static void on_durable(void *data, uint32_t number)
{
    struct scheduler *s = data;
    pthread_mutex_lock(&s->crew.lock);
    drop_reader(s, number);
    tell_finished(s, number);
    pthread_mutex_unlock(&s->crew.lock);
}

static bool is_written(const struct scheduler *s, uint32_t number)
{
    return s->keeper != NULL && is_made(s, number) && !s->run->duties[number].recorded &&
           keep_records(s->run->plan->steps[number].kind);
}

static void finish(struct scheduler *s, uint32_t number, int status, const struct err *err)
{
    const struct step *step = &s->run->plan->steps[number];
    struct artifact *a = &s->run->artifacts[number];
    a->state = status == 0 ? ARTIFACT_READY : ARTIFACT_FAILED;
    if (status < 0) {
        s->run->n_failed++;
        if (err_is_set(err))
            report(s, number, err);
        s->ended |= err->kind == ERR_INTERRUPTED;
    }
    bool written = status == 0 && is_written(s, number);
    if (written)
        s->nodes[number].readers++;
    s->run->flops += is_made(s, number) ? step->facts.flops : 0;
    for (uint32_t i = 0; i < step->n_in; i++)
        if (waits(s, number, step->in[i]))
            drop_reader(s, step->in[i]);
    for (uint32_t i = 0; i < s->nodes[number].n_out; i++) {
        uint32_t reader = s->out[s->nodes[number].first_out + i];
        if (--s->nodes[reader].waiting == 0)
            push(s, reader);
    }
    s->done++;
    if (written)
        keeper_add(s->keeper, number);
    else
        tell_finished(s, number);
    pthread_cond_broadcast(&s->crew.changed);
}

// Whether this process may make the step: 1 yes, 0 another one is making it. It may turn out to be
// made.
static int claim(struct scheduler *s, uint32_t number, struct err *err)
{
    if (s->keeper == NULL || !is_made(s, number) || s->run->plan->steps[number].kind != STEP_train)
        return 1;
    struct digest key = keep_key(s->run->engine, &s->run->plan->steps[number].key);
    int got = store_claim(s->options->store, &key, err);
    if (got != 1)
        return got;
    int found = keep_look_again(s->run, number, s->options->store, err);
    if (found == 1)
        store_unclaim(s->options->store, &key);
    return found < 0 ? -1 : 1;
}

// The lock is held, and given up while the step is at work.
static void attend(struct scheduler *s, uint32_t number)
{
    struct err err = {0};
    double start = now();
    tell(s, (struct run_event){.kind = RUN_STARTED, .step = number});
    pthread_mutex_unlock(&s->crew.lock);
    int status = claim(s, number, &err);
    bool elsewhere = status == 0;
    if (status == 1)
        status = execute(s, number, &err);
    if (status < 0 &&
        s->keeper != NULL) { // another process may try; what is made is given up by the writer
        struct digest key = keep_key(s->run->engine, &s->run->plan->steps[number].key);
        store_unclaim(s->options->store, &key);
    }
    if (!kernel_fp_is_pinned())
        BUG("something changed the rounding mode of a thread");
    s->run->artifacts[number].seconds = now() - start;
    pthread_mutex_lock(&s->crew.lock);
    if (elsewhere)
        s->parked[s->n_parked++] = number;
    else
        finish(s, number, status, &err);
}

// Nothing else to do than to look whether the other process is done, or gone.
static void wait_for_others(struct scheduler *s)
{
    pthread_mutex_unlock(&s->crew.lock);
    nanosleep(&(struct timespec){.tv_nsec = 20 * 1000 * 1000}, NULL);
    pthread_mutex_lock(&s->crew.lock);
    while (s->n_parked > 0)
        push(s, s->parked[--s->n_parked]);
}

static void *work(void *data)
{
    struct scheduler *s = data;
    kernel_fp_pin();
    pthread_mutex_lock(&s->crew.lock);
    while (!s->ended && s->done < s->total) {
        bool stop = s->options->stop != NULL && *s->options->stop;
        if (stop || (s->keeper != NULL && keeper_has_failed(s->keeper))) {
            s->ended = true;
            break;
        }
        if (s->n_heap > 0)
            attend(s, pop(s));
        else if (crew_help(&s->crew))
            continue;
        else if (s->n_parked > 0)
            wait_for_others(s);
        else
            crew_wait(&s->crew);
    }
    pthread_cond_broadcast(&s->crew.changed);
    pthread_mutex_unlock(&s->crew.lock);
    return NULL;
}

// Runs `work` on this thread and on as many more as can be had.
static void work_on_all(struct scheduler *s, unsigned threads)
{
    pthread_t *handle = mem_new(threads * sizeof *handle);
    unsigned started = 0;
    while (started + 1 < threads && pthread_create(&handle[started], NULL, work, s) == 0)
        started++;
    work(s);
    for (unsigned i = 0; i < started; i++)
        pthread_join(handle[i], NULL);
    mem_free(handle);
}

int run_decide(struct run *run, struct store *store, struct err *err)
{
    mem_free(run->duties);
    run->duties = NULL;
    return keep_decide(run, store, err);
}

static void prepare(struct scheduler *s)
{
    size_t n = s->run->plan->n;
    s->nodes = mem_new(n * sizeof *s->nodes);
    s->heap = mem_new(n * sizeof *s->heap);
    s->parked = mem_new(n * sizeof *s->parked);
    link_steps(s);
    for (uint32_t i = 0; i < n; i++) {
        enum duty_kind duty = s->run->duties[i].kind;
        if (duty == DUTY_NONE || duty == DUTY_KNOWN)
            continue;
        s->total++;
        if (s->nodes[i].waiting == 0)
            push(s, i);
    }
}

static void unprepare(struct scheduler *s)
{
    mem_free(s->out);
    mem_free(s->parked);
    mem_free(s->heap);
    mem_free(s->nodes);
}

int run_execute(struct run *run, const struct run_options *options, struct err *err)
{
    struct err first = {0}, storing = {0};
    struct scheduler s = {.run = run, .options = options, .err = &first, .first_failed = STEP_NONE};
    double start = now();
    if (run->duties == NULL && run_decide(run, options->store, err) < 0)
        return -1;
    crew_init(&s.crew, options->threads);
    prepare(&s);
    if (options->store != NULL && s.total > 0)
        s.keeper = keeper_new(run, options->store, &options->id, on_durable, &s);
    work_on_all(&s, options->threads);
    if (s.keeper != NULL && keeper_free(s.keeper, &storing) < 0)
        s.ended = false; // what is told is that the store failed
    crew_release(&s.crew);
    unprepare(&s);
    run->seconds = now() - start;
    if (err_is_set(&storing))
        first = storing;
    if (s.ended)
        err_set(err, ERR_INTERRUPTED, "interrupted"); // whatever failed before: the run can go on
    else if (err_is_set(&first) && !err_is_set(err))
        *err = first;
    return run->n_failed > 0 || s.ended || err_is_set(&first) ? -1 : 0;
}

struct digest run_digest(const struct run *run)
{
    struct digest_state *state = digest_new();
    for (size_t i = 0; i < run->plan->n; i++) {
        const struct artifact *a = &run->artifacts[i];
        if (!a->has_digest || !keep_counts(run->plan->steps[i].kind))
            continue;
        digest_add(state, run->plan->steps[i].key.bytes, sizeof run->plan->steps[i].key.bytes);
        digest_add(state, a->digest.bytes, sizeof a->digest.bytes);
    }
    return digest_take(state);
}
