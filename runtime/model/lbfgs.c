// lbfgs.c -- see lbfgs.h.
#include "model/lbfgs.h"

#include "base/detmath.h"
#include "base/mem.h"

#include <math.h> // isfinite, INFINITY: no functions
#include <string.h>

static const double armijo = 1e-4, wolfe = 0.9, alike = 1e-6;
enum { MOST_TRIALS = 40 };

struct stand { // between two iterations
    uint64_t iteration;
    uint64_t pairs, newest; // kept, and which of them is the last
    double loss;
};

struct search {
    const struct lbfgs_settings *settings;
    const struct lbfgs_function *function;
    const struct step_context *context;
    size_t n;
    float *x, *from; // the numbers, and where a line search begins
    double *gradient, *next, *direction;
    double *s, *y,
        *rho;      // memory x n, memory x n, memory: steps, changes of the gradient, 1 / (s y)
    double *alpha; // memory
    double *curve;
    struct stand stand;
    double *block;
};

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static double largest(const double *x, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        double size = x[i] < 0 ? -x[i] : x[i];
        most = size > most ? size : most;
    }
    return most;
}

static int evaluate(const struct search *z, double *loss, double *gradient, struct err *err)
{
    double progress = (double)z->stand.iteration / (double)z->settings->iterations;
    return z->function->evaluate(z->function->data, loss, gradient, progress, err);
}

// --- the direction -------------------------------------------------------------------------------
static size_t pair(const struct search *z, size_t age)
{
    size_t m = z->settings->memory;
    return ((size_t)z->stand.newest + m - age) % m;
}

// direction = -H gradient, by the two loops of Nocedal 1980.
static void find_direction(const struct search *z)
{
    size_t n = z->n, pairs = (size_t)z->stand.pairs;
    double *d = z->direction;
    for (size_t i = 0; i < n; i++)
        d[i] = -z->gradient[i];
    for (size_t age = 0; age < pairs; age++) {
        size_t p = pair(z, age);
        z->alpha[p] = z->rho[p] * dot(z->s + p * n, d, n);
        for (size_t i = 0; i < n; i++)
            d[i] -= z->alpha[p] * z->y[p * n + i];
    }
    if (pairs > 0) {
        size_t p = pair(z, 0);
        double scale = 1 / (z->rho[p] * dot(z->y + p * n, z->y + p * n, n));
        for (size_t i = 0; i < n; i++)
            d[i] *= scale;
    }
    for (size_t age = pairs; age-- > 0;) {
        size_t p = pair(z, age);
        double beta = z->rho[p] * dot(z->y + p * n, d, n);
        for (size_t i = 0; i < n; i++)
            d[i] += (z->alpha[p] - beta) * z->s[p * n + i];
    }
}

static void remember(struct search *z)
{
    size_t n = z->n, m = z->settings->memory, p = (size_t)(z->stand.newest + 1) % m;
    double *s = z->s + p * n, *y = z->y + p * n;
    for (size_t i = 0; i < n; i++) {
        s[i] = (double)z->x[i] - (double)z->from[i];
        y[i] = z->next[i] - z->gradient[i];
    }
    double sy = dot(s, y, n);
    if (!(sy > 0x1p-52 * dot(y, y, n)))
        return; // rounding to f32 has bent it
    z->rho[p] = 1 / sy;
    z->stand.newest = p;
    z->stand.pairs += z->stand.pairs < m;
}

// --- the step ------------------------------------------------------------------------------------
static bool move(const struct search *z, double length)
{
    bool moved = false;
    for (size_t i = 0; i < z->n; i++) {
        z->x[i] = (float)((double)z->from[i] + length * z->direction[i]);
        moved |= z->x[i] != z->from[i];
    }
    return moved;
}

// Between low, where loss and slope are known, and high: the least of the parabola through the loss
// at high, kept to between a tenth and a half of the way.
static double shorter(double low, double high, double low_loss, double low_slope, double high_loss)
{
    double width = high - low, rise = high_loss - low_loss - low_slope * width;
    double step = isfinite(rise) && rise > 0 ? -low_slope * width * width / (2 * rise) : 0;
    step = step < width / 10 ? width / 10 : step > width / 2 ? width / 2 : step;
    return low + step;
}

// 1: x, *loss and next are those of a step; 0: there is none, x is as before.
static int line_search(struct search *z, double *loss, double length, struct err *err)
{
    double old = z->stand.loss, slope = dot(z->gradient, z->direction, z->n);
    double low = 0, high = INFINITY, noise = alike * (old < 0 ? -old : old);
    double low_loss = old, low_slope = slope;
    memcpy(z->from, z->x, z->n * sizeof *z->x);
    for (int trial = 0; slope < 0 && trial < MOST_TRIALS && move(z, length); trial++) {
        if (evaluate(z, loss, z->next, err) < 0) {
            memcpy(z->x, z->from, z->n * sizeof *z->x);
            return -1;
        }
        double now = isfinite(*loss) ? dot(z->next, z->direction, z->n) : 0;
        bool falls = *loss <= old + armijo * length * slope ||
                     (*loss <= old + noise && now <= (2 * armijo - 1) * slope);
        if (isfinite(*loss) && falls && now >= wolfe * slope)
            return 1;
        if (!isfinite(*loss) || !falls) {
            high = length;
            length = shorter(low, high, low_loss, low_slope, *loss);
            continue;
        }
        low = length;
        low_loss = *loss;
        low_slope = now;
        length = isfinite(high) ? (low + high) / 2 : 2 * length;
    }
    memcpy(z->x, z->from, z->n * sizeof *z->x);
    return 0;
}

// 1: done one iteration, 0: there is nothing left to gain.
static int iterate(struct search *z, struct err *err)
{
    double loss = 0;
    if (z->function->moves && z->stand.iteration > 0) {
        if (evaluate(z, &z->stand.loss, z->gradient, err) < 0)
            return -1;
    }
    if (largest(z->gradient, z->n) <= z->settings->tolerance)
        return 0;
    int found = 0;
    if (z->stand.pairs > 0) {
        find_direction(z);
        found = line_search(z, &loss, 1, err);
    }
    if (found == 0) { // the first step, and the way out when the memory misleads
        z->stand.pairs = 0;
        find_direction(z);
        double size = det_sqrt(dot(z->gradient, z->gradient, z->n));
        found = line_search(z, &loss, size > 1 ? 1 / size : 1, err);
    }
    if (found <= 0)
        return found;
    remember(z);
    z->stand.loss = loss;
    double *swap = z->gradient;
    z->gradient = z->next;
    z->next = swap;
    return 1;
}

// --- the whole -----------------------------------------------------------------------------------
enum { CHECKPOINT_PARTS = 7 };

static void parts_of(struct checkpoint_part parts[CHECKPOINT_PARTS], struct search *z)
{
    size_t n = z->n, m = z->settings->memory;
    parts[0] = (struct checkpoint_part){&z->stand, sizeof z->stand};
    parts[1] = (struct checkpoint_part){z->x, n * sizeof *z->x};
    parts[2] = (struct checkpoint_part){z->gradient, n * sizeof *z->gradient};
    parts[3] = (struct checkpoint_part){z->s, m * n * sizeof *z->s};
    parts[4] = (struct checkpoint_part){z->y, m * n * sizeof *z->y};
    parts[5] = (struct checkpoint_part){z->rho, m * sizeof *z->rho};
    parts[6] = (struct checkpoint_part){
        z->curve, z->curve != NULL ? z->settings->iterations * sizeof *z->curve : 0};
}

static int save(struct search *z, struct err *err)
{
    struct checkpoint_part parts[CHECKPOINT_PARTS];
    const struct checkpoint *checkpoint = z->context->checkpoint;
    parts_of(parts, z);
    return checkpoint->save(checkpoint->data, parts, CHECKPOINT_PARTS, err);
}

// From a checkpoint, or at the start.
static int begin(struct search *z, struct err *err)
{
    struct checkpoint_part parts[CHECKPOINT_PARTS];
    const struct checkpoint *checkpoint = z->context->checkpoint;
    parts_of(parts, z);
    int loaded =
        checkpoint != NULL ? checkpoint->load(checkpoint->data, parts, CHECKPOINT_PARTS, err) : 0;
    if (loaded < 0)
        return -1;
    size_t m = z->settings->memory;
    if (loaded > 0 && (z->stand.iteration > z->settings->iterations || z->stand.pairs > m ||
                       z->stand.newest >= m))
        return err_set(err, ERR_DATA, "a saved state lies beyond the end of the training");
    if (loaded > 0)
        return 0;
    z->stand = (struct stand){0};
    if (evaluate(z, &z->stand.loss, z->gradient, err) < 0)
        return -1;
    return isfinite(z->stand.loss) ? 0
                                   : err_set(err, ERR_DATA, "the loss at the start is not finite");
}

static int run(struct search *z, struct err *err)
{
    const struct step_context *context = z->context;
    int more = begin(z, err) < 0 ? -1 : 1;
    size_t iterations = z->settings->iterations;
    while (more > 0 && z->stand.iteration < iterations) {
        const struct checkpoint *checkpoint = context->checkpoint;
        if (checkpoint != NULL && checkpoint->due(checkpoint->data) && save(z, err) < 0)
            return -1;
        more = iterate(z, err);
        if (more < 0 && err->kind == ERR_INTERRUPTED && checkpoint != NULL && save(z, err) < 0)
            return -1;
        if (more <= 0)
            break;
        if (z->curve != NULL)
            z->curve[z->stand.iteration] = z->stand.loss;
        z->stand.iteration++;
        if (context->on_epoch != NULL)
            context->on_epoch(
                context->data,
                &(struct train_progress){z->stand.loss, (size_t)z->stand.iteration, iterations});
    }
    for (size_t i = (size_t)z->stand.iteration; more >= 0 && z->curve != NULL && i < iterations;
         i++)
        z->curve[i] = z->stand.loss;
    return more < 0 ? -1 : 0;
}

int lbfgs_minimise(float *x, size_t n, double *curve, const struct lbfgs_settings *settings,
                   const struct lbfgs_function *function, const struct step_context *context,
                   struct err *err)
{
    size_t m = settings->memory;
    struct search z = {.settings = settings,
                       .function = function,
                       .context = context,
                       .n = n,
                       .x = x,
                       .curve = curve};
    z.from = mem_try(n, sizeof *z.from, "the start of a step", err);
    z.block = mem_try(n + 1, (2 * m + 3) * sizeof *z.block, "the memory of L-BFGS", err);
    int status = -1;
    if (z.from != NULL && z.block != NULL) {
        z.gradient = z.block;
        z.next = z.gradient + n;
        z.direction = z.next + n;
        z.s = z.direction + n;
        z.y = z.s + m * n;
        z.rho = z.y + m * n;
        z.alpha = z.rho + m;
        status = run(&z, err);
    }
    mem_free(z.from);
    mem_free(z.block);
    return status;
}
