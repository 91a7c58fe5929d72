// crew.h -- idle threads help one that has much to do: a loop whose chunks may run anywhere.
//
// A scheduler owns the crew, and its threads wait on crew.changed under crew.lock; one that finds
// no work of its own calls crew_help. A step in the middle of a large loop calls crew_run; when
// nobody is idle it costs one load and the loop runs on the caller. Which thread runs a chunk must
// not matter to the result.
#ifndef W2S_CREW_H
#define W2S_CREW_H

#include "base/base.h"

#include <pthread.h>
#include <stdatomic.h>

struct crew_job;

struct crew {
    unsigned size;            // threads, the caller of crew_run included
    pthread_mutex_t lock;
    pthread_cond_t changed;   // of anything that a waiting thread may care for
    pthread_cond_t helped;    // a helper has left a job
    struct crew_job *jobs;    // under lock
    atomic_uint published;    // jobs so far
    atomic_uint idle;         // threads with nothing to do
    atomic_uint sleepers;     // in crew_run, until the last helper has left
};

void crew_init(struct crew *crew, unsigned size);
void crew_release(struct crew *crew);

static inline unsigned crew_size(const struct crew *crew)
{
    return crew != NULL ? crew->size : 1;
}

// True when a thread waits for something to do, so that cutting a loop into chunks may pay.
static inline bool crew_is_idle(const struct crew *crew)
{
    return crew != NULL && atomic_load_explicit(&crew->idle, memory_order_relaxed) > 0;
}

// work(data, chunk, slot) for every chunk below n, each once. `slot` is below crew->size, and no
// two chunks run at the same time under one slot: it numbers private memory. Returns when all are
// done. `crew` may be NULL.
typedef void crew_work(void *data, size_t chunk, unsigned slot);
void crew_run(struct crew *crew, size_t n, crew_work *work, void *data);

// For a thread that holds crew->lock and has nothing to do: helps with one job, if there is one,
// and says so. The lock is given up meanwhile. After a job it watches a little while for the next,
// since a step publishes many, a fraction of a millisecond apart; then it returns.
bool crew_help(struct crew *crew);

// Waits for a change, counted as idle; the caller holds the lock.
void crew_wait(struct crew *crew);

#endif
