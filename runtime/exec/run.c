// run.c -- the scheduler: which step next, on which thread. What a step does is in step_*.c.
//
// Ready steps wait in a heap, the one with the longest way to the end first, so that two threads end close
// together. A thread that finds none helps a step with its large products (base/crew.h). A parameter vector,
// logits or targets are freed when the last step that reads them is done.
#include "exec/run.h"

#include "base/crew.h"
#include "base/mem.h"
#include "exec/steps.h"

#include <string.h>
#include <time.h>

struct node {
    uint32_t waiting;   // inputs not there yet
    uint32_t readers;   // steps that still have to read this one
    uint32_t first_out; // into scheduler.out
    uint32_t n_out;
    double rank;        // floating-point operations from here to the end, along the longest way
};

struct scheduler {
    struct run *run;
    const struct run_options *options;
    struct err *err;
    struct node *nodes;
    uint32_t *out;  // consumers, grouped by step
    uint32_t *heap; // ready steps
    size_t n_heap, done;
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
        mem_free(a->owned_numbers);
        rows_release(&a->rows);
        table_release(&a->table);
    }
    mem_free(run->artifacts);
    *run = (struct run){0};
}

// --- the heap of ready steps ----------------------------------------------------------------------------------

static bool comes_first(const struct scheduler *s, uint32_t a, uint32_t b)
{
    double x = s->nodes[a].rank, y = s->nodes[b].rank;
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

// --- the graph of who waits for whom -----------------------------------------------------------------------------

static void link_steps(struct scheduler *s)
{
    const struct plan *plan = s->run->plan;
    size_t edges = 0;
    for (size_t i = 0; i < plan->n; i++)
        for (uint32_t k = 0; k < plan->steps[i].n_in; k++, edges++)
            s->nodes[plan->steps[i].in[k]].n_out++;
    s->out = mem_new(edges * sizeof *s->out);
    uint32_t at = 0;
    for (size_t i = 0; i < plan->n; i++) {
        s->nodes[i].first_out = at;
        at += s->nodes[i].n_out;
        s->nodes[i].n_out = 0;
    }
    for (size_t i = 0; i < plan->n; i++)
        for (uint32_t k = 0; k < plan->steps[i].n_in; k++) {
            struct node *from = &s->nodes[plan->steps[i].in[k]];
            s->out[from->first_out + from->n_out++] = (uint32_t)i;
        }
    for (size_t i = plan->n; i-- > 0;) {
        struct node *node = &s->nodes[i];
        node->waiting = plan->steps[i].n_in;
        node->readers = node->n_out;
        double longest = 0;
        for (uint32_t k = 0; k < node->n_out; k++)
            if (s->nodes[s->out[node->first_out + k]].rank > longest)
                longest = s->nodes[s->out[node->first_out + k]].rank;
        node->rank = plan->steps[i].facts.flops + longest;
    }
}

// --- one step ---------------------------------------------------------------------------------------------------

static void tell(struct scheduler *s, struct run_event event)
{
    if (s->options->on_event == NULL)
        return;
    event.done = s->done;
    event.total = s->run->plan->n;
    s->options->on_event(s->options->data, &event);
}

struct epoch_note {
    struct scheduler *scheduler;
    uint32_t step;
};

static void on_epoch(void *data, const struct train_progress *progress)
{
    struct epoch_note *note = data;
    pthread_mutex_lock(&note->scheduler->crew.lock);
    tell(note->scheduler, (struct run_event){.kind = RUN_EPOCH, .step = note->step, .progress = *progress});
    pthread_mutex_unlock(&note->scheduler->crew.lock);
}

typedef int step_function(struct artifact *out, const struct step_call *call, struct err *err);

static int execute(struct scheduler *s, uint32_t number, struct err *err)
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
    struct epoch_note note = {s, number};
    struct step_call call = {
        .plan = s->run->plan, .step = step, .in = in, .options = s->options,
        .context = {.kernels = s->options->kernels, .crew = &s->crew, .stop = s->options->stop, .on_epoch = on_epoch,
                    .data = &note}};
    int status = failed ? -1 : functions[step->kind](&s->run->artifacts[number], &call, err);
    if (status < 0 && !failed && !err_is_set(err))
        BUG("%s '%s' failed and does not say why", step_kind_name(step->kind), step->label);
    mem_free(in);
    return status;
}

static uint64_t number_bits(double x)
{
    uint64_t bits;
    if (x != x)
        return 0x7FF8000000000000ull;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

// Digests what the step computed, a NaN always as the same NaN.
static void seal(struct artifact *a, enum step_kind kind)
{
    if (kind != STEP_train && kind != STEP_evaluate)
        return;
    struct digest_state *state = digest_new();
    for (size_t i = 0; kind == STEP_train && i < a->n_values; i++) {
        uint32_t bits;
        memcpy(&bits, &a->values[i], sizeof bits);
        if (a->values[i] != a->values[i])
            bits = 0x7FC00000u;
        uint8_t bytes[4] = {(uint8_t)bits, (uint8_t)(bits >> 8), (uint8_t)(bits >> 16), (uint8_t)(bits >> 24)};
        digest_add(state, bytes, sizeof bytes);
    }
    for (size_t i = 0; i < a->n_curve; i++)
        digest_add_u64(state, number_bits(a->curve[i]));
    digest_add_u64(state, number_bits(a->number));
    a->digest = digest_take(state);
    a->has_digest = true;
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
    for (uint32_t i = 0; i < step->n_in; i++)
        if (--s->nodes[step->in[i]].readers == 0)
            release_values(&s->run->artifacts[step->in[i]]);
    for (uint32_t i = 0; i < s->nodes[number].n_out; i++) {
        uint32_t reader = s->out[s->nodes[number].first_out + i];
        if (--s->nodes[reader].waiting == 0)
            push(s, reader);
    }
    s->done++;
    tell(s, (struct run_event){.kind = RUN_FINISHED, .step = number});
    pthread_cond_broadcast(&s->crew.changed);
}

static void *work(void *data)
{
    struct scheduler *s = data;
    size_t total = s->run->plan->n;
    kernel_fp_pin();
    pthread_mutex_lock(&s->crew.lock);
    while (!s->ended && s->done < total) {
        if (s->options->stop != NULL && *s->options->stop) {
            s->ended = true;
            break;
        }
        if (s->n_heap == 0) {
            if (!crew_help(&s->crew))
                crew_wait(&s->crew);
            continue;
        }
        uint32_t number = pop(s);
        tell(s, (struct run_event){.kind = RUN_STARTED, .step = number});
        pthread_mutex_unlock(&s->crew.lock);
        struct err err = {0};
        double start = now();
        int status = execute(s, number, &err);
        if (!kernel_fp_is_pinned())
            BUG("something changed the rounding mode of a thread");
        struct artifact *a = &s->run->artifacts[number];
        if (status == 0)
            seal(a, s->run->plan->steps[number].kind);
        a->seconds = now() - start;
        pthread_mutex_lock(&s->crew.lock);
        finish(s, number, status, &err);
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

int run_execute(struct run *run, const struct run_options *options, struct err *err)
{
    struct err first = {0};
    struct scheduler s = {.run = run, .options = options, .err = &first, .first_failed = STEP_NONE};
    size_t n = run->plan->n;
    double start = now();
    s.nodes = mem_new(n * sizeof *s.nodes);
    s.heap = mem_new(n * sizeof *s.heap);
    crew_init(&s.crew, options->threads);
    link_steps(&s);
    for (size_t i = 0; i < n; i++)
        if (s.nodes[i].waiting == 0)
            push(&s, (uint32_t)i);
    work_on_all(&s, options->threads);
    crew_release(&s.crew);
    mem_free(s.out);
    mem_free(s.heap);
    mem_free(s.nodes);
    run->seconds = now() - start;
    if (s.ended)
        err_set(err, ERR_INTERRUPTED, "interrupted"); // whatever failed before: the run can go on
    else if (err_is_set(&first) && !err_is_set(err))
        *err = first;
    return run->n_failed > 0 || s.ended ? -1 : 0;
}

struct digest run_digest(const struct run *run)
{
    struct digest_state *state = digest_new();
    for (size_t i = 0; i < run->plan->n; i++) {
        const struct artifact *a = &run->artifacts[i];
        if (!a->has_digest)
            continue;
        digest_add(state, run->plan->steps[i].key.bytes, sizeof run->plan->steps[i].key.bytes);
        digest_add(state, a->digest.bytes, sizeof a->digest.bytes);
    }
    return digest_take(state);
}
