// crew.c -- see crew.h. A job lives on the stack of the thread that published it.
#include "base/crew.h"

#include <sched.h>

// Sleeping and waking cost more than most chunks. So a thread looks at a flag for some
// microseconds, then for some hundreds more giving way to others in between; then it sleeps.
enum { LOOKS = 4000, YIELDS = 600 };

struct crew_job {
    struct crew_job *next;
    crew_work *work;
    void *data;
    size_t n;
    atomic_size_t taken;  // chunks handed out
    unsigned slots;       // handed out, under the lock; 0 is the publisher's
    atomic_uint helpers;  // still at work; grows under the lock
};

void crew_init(struct crew *crew, unsigned size)
{
    *crew = (struct crew){.size = size};
    atomic_init(&crew->published, 0);
    atomic_init(&crew->idle, 0);
    atomic_init(&crew->sleepers, 0);
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->changed, NULL);
    pthread_cond_init(&crew->helped, NULL);
}

void crew_release(struct crew *crew)
{
    pthread_cond_destroy(&crew->helped);
    pthread_cond_destroy(&crew->changed);
    pthread_mutex_destroy(&crew->lock);
}

// Waits until `*flag == value` is what `equal` says. False: patience ended first.
static bool watch(atomic_uint *flag, unsigned value, bool equal)
{
    for (int i = 0; i < LOOKS + YIELDS; i++) {
        if ((atomic_load_explicit(flag, memory_order_acquire) == value) == equal)
            return true;
        if (i >= LOOKS)
            sched_yield();
    }
    return false;
}

// For those in a hurry: the lock is held for moments only.
static void lock(struct crew *crew)
{
    for (int i = 0; i < LOOKS; i++)
        if (pthread_mutex_trylock(&crew->lock) == 0)
            return;
    pthread_mutex_lock(&crew->lock);
}

static void take_chunks(struct crew_job *job, unsigned slot)
{
    for (;;) {
        size_t chunk = atomic_fetch_add_explicit(&job->taken, 1, memory_order_relaxed);
        if (chunk >= job->n)
            return;
        job->work(job->data, chunk, slot);
    }
}

static void withdraw(struct crew *crew, struct crew_job *job)
{
    struct crew_job **at = &crew->jobs;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
}

void crew_run(struct crew *crew, size_t n, crew_work *work, void *data)
{
    if (n < 2 || !crew_is_idle(crew)) {
        for (size_t i = 0; i < n; i++)
            work(data, i, 0);
        return;
    }
    struct crew_job job = {.work = work, .data = data, .n = n, .slots = 1};
    atomic_init(&job.taken, 0);
    atomic_init(&job.helpers, 0);
    lock(crew);
    job.next = crew->jobs;
    crew->jobs = &job;
    atomic_fetch_add(&crew->published, 1);
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
    take_chunks(&job, 0);
    lock(crew);
    withdraw(crew, &job); // nobody can join from here on
    pthread_mutex_unlock(&crew->lock);
    if (watch(&job.helpers, 0, true))
        return;
    pthread_mutex_lock(&crew->lock);
    atomic_fetch_add(&crew->sleepers, 1);
    while (atomic_load(&job.helpers) > 0)
        pthread_cond_wait(&crew->helped, &crew->lock);
    atomic_fetch_sub(&crew->sleepers, 1);
    pthread_mutex_unlock(&crew->lock);
}

bool crew_help(struct crew *crew)
{
    struct crew_job *job = crew->jobs;
    while (job != NULL && (job->slots == crew->size || atomic_load(&job->taken) >= job->n))
        job = job->next;
    if (job == NULL)
        return false;
    unsigned slot = job->slots++, seen = atomic_load(&crew->published);
    atomic_fetch_add(&job->helpers, 1);
    pthread_mutex_unlock(&crew->lock);
    take_chunks(job, slot);
    atomic_fetch_add(&crew->idle, 1); // first, since the publisher may have its next loop at once
    // The job may be gone from here on. Its publisher says that it sleeps, then looks at helpers;
    // here it is the other way round: one of the two sees the other.
    if (atomic_fetch_sub(&job->helpers, 1) == 1 && atomic_load(&crew->sleepers) > 0) {
        pthread_mutex_lock(&crew->lock);
        pthread_cond_broadcast(&crew->helped);
        pthread_mutex_unlock(&crew->lock);
    }
    watch(&crew->published, seen, false);
    atomic_fetch_sub(&crew->idle, 1);
    lock(crew);
    return true;
}

void crew_wait(struct crew *crew)
{
    atomic_fetch_add(&crew->idle, 1);
    pthread_cond_wait(&crew->changed, &crew->lock);
    atomic_fetch_sub(&crew->idle, 1);
}
