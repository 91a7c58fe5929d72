// test_crew.c -- the crew: every chunk runs once, no two at a time under one slot, whoever helps.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/crew.h"

enum { CHUNKS = 64, ROUNDS = 2000, THREADS = 4 };

struct loop {
    atomic_uint ran[CHUNKS];
    atomic_uint in_slot[THREADS];
    atomic_uint wrong;
};

static void run_chunk(void *data, size_t chunk, unsigned slot)
{
    struct loop *loop = data;
    if (slot >= THREADS || atomic_fetch_add(&loop->in_slot[slot], 1) != 0)
        atomic_fetch_add(&loop->wrong, 1);
    atomic_fetch_add(&loop->ran[chunk], 1);
    for (volatile int i = 0; i < 50; i++)
        ;
    if (slot < THREADS)
        atomic_fetch_sub(&loop->in_slot[slot], 1);
}

struct pool {
    struct crew crew;
    bool ended;
    unsigned helped;
};

static void *help(void *data)
{
    struct pool *pool = data;
    pthread_mutex_lock(&pool->crew.lock);
    while (!pool->ended) {
        if (crew_help(&pool->crew))
            pool->helped++;
        else
            crew_wait(&pool->crew);
    }
    pthread_mutex_unlock(&pool->crew.lock);
    return NULL;
}

static void test_helpers(void **state)
{
    (void)state;
    struct pool pool = {.ended = false};
    pthread_t threads[THREADS - 1];
    crew_init(&pool.crew, THREADS);
    for (int i = 0; i < THREADS - 1; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, help, &pool), 0);
    unsigned rounds = 0;
    for (bool helped = false; rounds < ROUNDS || (!helped && rounds < 100 * ROUNDS); rounds++) {
        static struct loop loop;
        loop = (struct loop){.wrong = 0};
        crew_run(&pool.crew, CHUNKS, run_chunk, &loop);
        for (int i = 0; i < CHUNKS; i++)
            assert_int_equal(atomic_load(&loop.ran[i]), 1);
        assert_int_equal(atomic_load(&loop.wrong), 0);
        pthread_mutex_lock(&pool.crew.lock);
        helped = pool.helped > 0;
        pthread_mutex_unlock(&pool.crew.lock);
    }
    pthread_mutex_lock(&pool.crew.lock);
    pool.ended = true;
    pthread_cond_broadcast(&pool.crew.changed);
    pthread_mutex_unlock(&pool.crew.lock);
    for (int i = 0; i < THREADS - 1; i++)
        pthread_join(threads[i], NULL);
    assert_true(pool.helped > 0);
    crew_release(&pool.crew);
}

static void test_alone(void **state)
{
    (void)state;
    static struct loop loop;
    crew_run(NULL, CHUNKS, run_chunk, &loop);
    for (int i = 0; i < CHUNKS; i++)
        assert_int_equal(atomic_load(&loop.ran[i]), 1);
    crew_run(NULL, 0, run_chunk, &loop);
    assert_int_equal(crew_size(NULL), 1);
    assert_false(crew_is_idle(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_helpers), cmocka_unit_test(test_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
