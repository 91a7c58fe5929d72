// keeper.c -- the writer of keep.h: a thread between the steps that finish and the disk.
//
// The first step to come is committed at once; while that lasts, and until PAUSE has passed, others
// gather and go together. So a step is durable soon after it is done, and 10,000 small ones cost a
// few syncs.
#include "exec/keep.h"

#include "base/mem.h"
#include "exec/payload.h"

#include <pthread.h>
#include <time.h>

enum { PAUSE_NS = 50 * 1000 * 1000 };

struct keeper {
    struct run *run;
    struct store *store;
    struct uid id;
    keeper_durable *durable;
    void *data;
    pthread_t thread;
    bool threaded;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint32_t *queue;
    size_t n, cap;
    bool closing, failed;
    struct err err;
};

// Reading logits back must be cheaper than a forward pass of the model that made them. Votes are
// always kept: Lua made them. Nearest neighbours are rows of the data, which are never kept.
static bool is_kept(const struct run *run, uint32_t number)
{
    const struct step *step = &run->plan->steps[number];
    const struct artifact *a = &run->artifacts[number];
    if (step->kind == STEP_train || step->kind == STEP_weigh)
        return a->model.kind != MODEL_KNN;
    double bytes = (double)a->n_values * sizeof(float);
    if (step->kind == STEP_vote)
        return bytes <= KEEP_MOST_LOGITS;
    if (step->kind != STEP_predict)
        return false;
    return bytes <= KEEP_MOST_LOGITS && step->facts.flops >= bytes * KEEP_FLOP_PER_BYTE;
}

static int add_step(struct store_batch *batch, struct keeper *k, uint32_t number, struct err *err)
{
    const struct step *step = &k->run->plan->steps[number];
    const struct artifact *a = &k->run->artifacts[number];
    struct step_record record = {.key = keep_key(k->run->engine, &step->key),
                                 .kind = step_kind_name(step->kind),
                                 .result = a->digest,
                                 .number = a->number,
                                 .seconds = a->seconds,
                                 .run = k->id};
    int status = 0;
    if (is_kept(k->run, number)) {
        struct str bytes = {0};
        payload_write(&bytes, a);
        status = batch_put(&record.payload, k->store, batch, bytes.data, bytes.len, err);
        str_release(&bytes);
    }
    if (status == 0)
        batch_add(batch, RECORD_step, &record);
    return status;
}

static int write_steps(struct keeper *k, const uint32_t *steps, size_t n, struct err *err)
{
    struct store_batch batch = {0};
    int status = 0;
    for (size_t i = 0; status == 0 && i < n; i++)
        status = add_step(&batch, k, steps[i], err);
    if (status == 0)
        status = store_commit(k->store, &batch, err);
    batch_release(&batch);
    for (size_t i = 0; status == 0 && i < n; i++) {
        if (k->run->plan->steps[steps[i]].kind == STEP_train) {
            struct digest key = keep_key(k->run->engine, &k->run->plan->steps[steps[i]].key);
            store_drop_checkpoint(k->store, &key);
            store_unclaim(k->store, &key);
        }
        k->durable(k->data, steps[i]);
    }
    return status;
}

// Gathers for a while; closing ends it early.
static void pause_for_more(struct keeper *k)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += PAUSE_NS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    while (!k->closing && pthread_cond_timedwait(&k->changed, &k->lock, &until) == 0)
        ;
}

static void *keep_writing(void *data)
{
    struct keeper *k = data;
    pthread_mutex_lock(&k->lock);
    for (;;) {
        while (k->n == 0 && !k->closing)
            pthread_cond_wait(&k->changed, &k->lock);
        if (k->n == 0)
            break;
        uint32_t *steps = k->queue;
        size_t n = k->n;
        k->queue = NULL;
        k->n = k->cap = 0;
        struct err err = {0};
        bool failed = k->failed;
        pthread_mutex_unlock(&k->lock);
        int status = failed ? 0 : write_steps(k, steps, n, &err);
        mem_free(steps);
        pthread_mutex_lock(&k->lock);
        if (status < 0) {
            k->failed = true;
            k->err = err;
        }
        pause_for_more(k);
    }
    pthread_mutex_unlock(&k->lock);
    return NULL;
}

struct keeper *keeper_new(struct run *run, struct store *store, const struct uid *id,
                          keeper_durable *durable, void *data)
{
    struct keeper *k = mem_new(sizeof *k);
    *k = (struct keeper){.run = run, .store = store, .id = *id, .durable = durable, .data = data};
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&k->lock, NULL);
    pthread_cond_init(&k->changed, &attr);
    pthread_condattr_destroy(&attr);
    k->threaded = pthread_create(&k->thread, NULL, keep_writing, k) == 0;
    return k;
}

void keeper_add(struct keeper *k, uint32_t step)
{
    pthread_mutex_lock(&k->lock);
    k->queue = mem_grow(k->queue, &k->cap, k->n + 1, sizeof *k->queue);
    k->queue[k->n++] = step;
    pthread_cond_signal(&k->changed);
    pthread_mutex_unlock(&k->lock);
}

bool keeper_has_failed(struct keeper *k)
{
    pthread_mutex_lock(&k->lock);
    bool failed = k->failed;
    pthread_mutex_unlock(&k->lock);
    return failed;
}

int keeper_free(struct keeper *k, struct err *err)
{
    pthread_mutex_lock(&k->lock);
    k->closing = true;
    pthread_cond_signal(&k->changed);
    pthread_mutex_unlock(&k->lock);
    if (k->threaded)
        pthread_join(k->thread, NULL);
    else
        keep_writing(k); // no thread could be had: all at the end
    int status = k->failed ? -1 : 0;
    if (status < 0 && !err_is_set(err))
        *err = k->err;
    pthread_cond_destroy(&k->changed);
    pthread_mutex_destroy(&k->lock);
    mem_free(k->queue);
    mem_free(k);
    return status;
}
