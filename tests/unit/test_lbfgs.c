// test_lbfgs.c -- L-BFGS on functions with a known minimum; killed after every evaluation and
// resumed; losses that end, jump or move. Logistic regression against scikit-learn is in
// test_fit.c.
#include "cmocka_first.h"

#include "model/lbfgs.h"

#include <math.h>
#include <string.h>

struct problem {
    const float *x;
    size_t n;
    int (*value)(const struct problem *p, double *loss, double *gradient, double progress);
    size_t evaluations, last; // so far; the one that is interrupted, counted from 1
};

static int evaluate(void *data, double *loss, double *gradient, double progress, struct err *err)
{
    struct problem *p = data;
    if (++p->evaluations == p->last)
        return err_set(err, ERR_INTERRUPTED, "interrupted");
    return p->value(p, loss, gradient, progress);
}

// Rosenbrock 1960, in pairs: the least is 0, at 1.
static int valley(const struct problem *p, double *loss, double *gradient, double progress)
{
    (void)progress;
    *loss = 0;
    for (size_t i = 0; i < p->n; i += 2) {
        double x = (double)p->x[i], y = (double)p->x[i + 1], off = y - x * x;
        *loss += 100 * off * off + (1 - x) * (1 - x);
        gradient[i] = -400 * x * off - 2 * (1 - x);
        gradient[i + 1] = 200 * off;
    }
    return 0;
}

// x - log x: no number at and below 0, least at 1.
static int wall(const struct problem *p, double *loss, double *gradient, double progress)
{
    double x = (double)p->x[0];
    (void)progress;
    *loss = x > 0 ? x - log(x) : NAN;
    gradient[0] = x > 0 ? 1 - 1 / x : NAN;
    return 0;
}

// A bowl whose centre is 4 times the progress.
static int wandering(const struct problem *p, double *loss, double *gradient, double progress)
{
    double x = (double)p->x[0] - 4 * progress;
    *loss = x * x + 1;
    gradient[0] = 2 * x;
    return 0;
}

// The corner of |x|, at 0: never a small gradient.
static int corner(const struct problem *p, double *loss, double *gradient, double progress)
{
    double x = (double)p->x[0];
    (void)progress;
    *loss = fabs(x);
    gradient[0] = x < 0 ? -1 : 1;
    return 0;
}

enum { MOST = 8, ITERATIONS = 200, MEMORY = 10 };

// In memory, saved only when a search is interrupted.
struct saved {
    char bytes[8 * (4 + 2 * MOST + 2 * MEMORY * MOST + MEMORY + ITERATIONS)];
    size_t n;
    bool spoiled;
};

static bool never_due(void *data)
{
    (void)data;
    return false;
}

static int save(void *data, const struct checkpoint_part *parts, size_t n, struct err *err)
{
    struct saved *s = data;
    (void)err;
    s->n = 0;
    for (size_t i = 0; i < n; i++) {
        assert_true(s->n + parts[i].n <= sizeof s->bytes);
        if (parts[i].n > 0)
            memcpy(s->bytes + s->n, parts[i].bytes, parts[i].n);
        s->n += parts[i].n;
    }
    return 0;
}

static int load(void *data, const struct checkpoint_part *parts, size_t n, struct err *err)
{
    struct saved *s = data;
    size_t at = 0;
    (void)err;
    if (s->n == 0)
        return 0;
    if (s->spoiled)
        memset(s->bytes, 0xff, 8);
    for (size_t i = 0; i < n; at += parts[i++].n)
        if (parts[i].n > 0)
            memcpy(parts[i].bytes, s->bytes + at, parts[i].n);
    assert_int_equal(at, s->n);
    return 1;
}

struct outcome {
    float x[MOST];
    double curve[ITERATIONS];
    size_t evaluations;
    int status;
    struct err err;
};

static struct outcome search(const struct problem *of, const float *start, struct saved *saved)
{
    struct outcome o = {0};
    struct problem p = *of;
    memcpy(o.x, start, p.n * sizeof *start);
    p.x = o.x;
    struct lbfgs_settings settings = {ITERATIONS, MEMORY, 1e-7};
    struct lbfgs_function function = {evaluate, &p, p.value == wandering};
    struct checkpoint checkpoint = {never_due, save, load, saved};
    struct step_context context = {.checkpoint = saved != NULL ? &checkpoint : NULL};
    o.status = lbfgs_minimise(o.x, p.n, o.curve, &settings, &function, &context, &o.err);
    o.evaluations = p.evaluations;
    return o;
}

static const float far_away[MOST] = {-1.2f, 1, 2, -3, 0.5f, 4, -2, -2};

static void test_minima(void **state)
{
    (void)state;
    struct outcome o = search(&(struct problem){.n = MOST, .value = valley}, far_away, NULL);
    assert_int_equal(o.status, 0);
    for (size_t i = 0; i < MOST; i++)
        assert_true(fabs((double)o.x[i] - 1) < 1e-4);
    assert_true(o.curve[ITERATIONS - 1] < 1e-9 && o.evaluations < 200); // SciPy takes 133
    for (size_t i = 1; i < ITERATIONS; i++)
        assert_true(o.curve[i] <= o.curve[i - 1] * (1 + 1e-6));
    o = search(&(struct problem){.n = 1, .value = wall}, &(float){30}, NULL);
    assert_true(o.status == 0 && fabs((double)o.x[0] - 1) < 1e-6);
    o = search(&(struct problem){.n = 1, .value = corner}, &(float){3.3f}, NULL);
    assert_true(o.status == 0 && fabs((double)o.x[0]) < 1e-6);
    o = search(&(struct problem){.n = 1, .value = wandering}, &(float){7}, NULL);
    assert_true(o.status == 0 && fabs((double)o.x[0] - 4) < 0.05);
}

static void test_no_number_at_the_start(void **state)
{
    (void)state;
    struct outcome o = search(&(struct problem){.n = 1, .value = wall}, &(float){-1}, NULL);
    assert_int_equal(o.status, -1);
    assert_string_equal(o.err.text, "the loss at the start is not finite");
}

static void test_interrupted_anywhere(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        int (*value)(const struct problem *p, double *loss, double *gradient, double progress);
    } of[] = {{MOST, valley}, {1, wandering}};
    for (size_t f = 0; f < ARRAY_LEN(of); f++) {
        struct problem p = {.n = of[f].n, .value = of[f].value};
        struct outcome whole = search(&p, far_away, NULL);
        assert_int_equal(whole.status, 0);
        for (size_t last = 1; last <= whole.evaluations; last++) {
            struct saved saved = {.n = 0};
            struct problem cut = p;
            cut.last = last;
            struct outcome o = search(&cut, far_away, &saved);
            assert_true(o.status == -1 && o.err.kind == ERR_INTERRUPTED);
            o = search(&p, far_away, &saved);
            assert_int_equal(o.status, 0);
            assert_memory_equal(o.x, whole.x, sizeof o.x);
            assert_memory_equal(o.curve, whole.curve, sizeof o.curve);
        }
    }
}

static void test_spoiled_state(void **state)
{
    (void)state;
    struct saved saved = {.n = 0};
    struct problem p = {.n = MOST, .value = valley, .last = 20};
    search(&p, far_away, &saved);
    saved.spoiled = true;
    p.last = 0;
    struct outcome o = search(&p, far_away, &saved);
    assert_int_equal(o.status, -1);
    assert_string_equal(o.err.text, "a saved state lies beyond the end of the training");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minima),
        cmocka_unit_test(test_no_number_at_the_start),
        cmocka_unit_test(test_interrupted_anywhere),
        cmocka_unit_test(test_spoiled_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
