// crew.c -- see crew.h. A job lives on the stack of the thread that published it.
#include "base/crew.h"

struct crew_job {
    struct crew_job *next;
    crew_work *work;
    void *data;
    size_t n;
    atomic_size_t taken;  // chunks handed out
    unsigned slots;       // handed out, under the lock; 0 is the publisher's
    unsigned helpers;     // still at work, under the lock
};

void crew_init(struct crew *crew, unsigned size)
{
    *crew = (struct crew){.size = size};
    atomic_init(&crew->idle, 0);
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
    if (crew == NULL || n < 2 || atomic_load_explicit(&crew->idle, memory_order_relaxed) == 0) {
        for (size_t i = 0; i < n; i++)
            work(data, i, 0);
        return;
    }
    struct crew_job job = {.work = work, .data = data, .n = n, .slots = 1};
    atomic_init(&job.taken, 0);
    pthread_mutex_lock(&crew->lock);
    job.next = crew->jobs;
    crew->jobs = &job;
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
    take_chunks(&job, 0);
    pthread_mutex_lock(&crew->lock);
    withdraw(crew, &job);
    while (job.helpers > 0)
        pthread_cond_wait(&crew->helped, &crew->lock);
    pthread_mutex_unlock(&crew->lock);
}

bool crew_help(struct crew *crew)
{
    struct crew_job *job = crew->jobs;
    while (job != NULL && (job->slots == crew->size || atomic_load(&job->taken) >= job->n))
        job = job->next;
    if (job == NULL)
        return false;
    unsigned slot = job->slots++;
    job->helpers++;
    pthread_mutex_unlock(&crew->lock);
    take_chunks(job, slot);
    pthread_mutex_lock(&crew->lock);
    if (--job->helpers == 0)
        pthread_cond_broadcast(&crew->helped);
    return true;
}

void crew_wait(struct crew *crew)
{
    atomic_fetch_add(&crew->idle, 1);
    pthread_cond_wait(&crew->changed, &crew->lock);
    atomic_fetch_sub(&crew->idle, 1);
}
