// step_claim.c -- an assertion over numbers of several seeds: does its difference lie above 0?
//
// A difference that has a value for each seed is tested paired over the seeds. One that sums seeds up,
// mean(x), variance(x) or pgr(…), has one value only; it is tested by the jackknife: t over the pseudo-values
// n f - (n - 1) f_i, with f_i the difference without seed i (Tukey 1958, Ann. Math. Stat. 29:614; Miller
// 1974, Biometrika 61:1). For a mean over the seeds that is the paired test itself.
#include "exec/steps.h"

#include "base/detmath.h"
#include "base/mem.h"
#include "eval/metric.h"

#include <math.h> // NAN only

static const double PGR_LEVEL = 0.95; // of the gap, as in tables

// The seeds the difference is about: all n but `without`, which is n for none.
struct sample {
    const struct step_call *c;
    size_t n, without;
};

static double number_of(const struct value *v, const struct sample *s, size_t seed);

static size_t sample_size(const struct sample *s)
{
    return s->n - (s->without < s->n);
}

static double mean_of(const struct value *v, const struct sample *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->n; i++)
        if (i != s->without)
            sum += number_of(v, s, i);
    return sum / (double)sample_size(s);
}

static double variance_of(const struct value *v, const struct sample *s)
{
    double mean = mean_of(v, s), sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        double miss = i != s->without ? number_of(v, s, i) - mean : 0;
        sum += miss * miss;
    }
    return sum / ((double)sample_size(s) - 1); // 0 / 0 of one seed
}

// The ratio of the means of what the student and the ceiling gain over the teacher. Of all seeds it is NaN where
// a table refuses it: where the ceiling is not significantly better.
static double pgr_of(const struct value *v, const struct sample *s)
{
    const struct value *student = value_arg(v, "student"), *teacher = value_arg(v, "teacher");
    const struct value *ceiling = value_arg(v, "ceiling");
    const struct step *measured = &s->c->plan->steps[s->c->step->in[student->index * s->n]];
    double sign = metric_call_more_is_better(value_arg(&measured->attrs, "metric")) ? 1 : -1;
    double *gain = mem_new(2 * s->n * sizeof *gain), *gap = gain + s->n;
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (i == s->without)
            continue;
        double weak = number_of(teacher, s, i);
        gain[n] = sign * (number_of(student, s, i) - weak);
        gap[n++] = sign * (number_of(ceiling, s, i) - weak);
    }
    struct ratio ratio = stat_ratio(gain, gap, n, PGR_LEVEL);
    mem_free(gain);
    bool refused = s->without == s->n && !(ratio.significant && ratio.den_mean > 0);
    return refused ? NAN : ratio.value;
}

// The slope of the line through y over x by least squares, over the points; NaN where x is the same at all.
static double slope_of(const struct value *xs, const struct value *ys, const struct sample *s, size_t seed)
{
    size_t n = xs->n;
    double *x = mem_new(2 * n * sizeof *x), *y = x + n;
    double mean_x = 0, mean_y = 0, xx = 0, xy = 0;
    bool differ = false;
    for (size_t i = 0; i < n; i++) {
        x[i] = number_of(&xs->items[i], s, seed);
        y[i] = number_of(&ys->items[i], s, seed);
        mean_x += x[i] / (double)n;
        mean_y += y[i] / (double)n;
        differ |= x[i] != x[0]; // equal numbers may still miss their mean by a rounding
    }
    for (size_t i = 0; i < n; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
    }
    mem_free(x);
    return differ ? xy / xx : NAN;
}

// The value for one seed; inputs are numbered by leaf, n seeds each.
static double number_of(const struct value *v, const struct sample *s, size_t seed)
{
    if (v->kind == VALUE_NUMBER)
        return v->number;
    if (v->kind == VALUE_INPUT)
        return s->c->in[v->index * s->n + seed]->number;
    const struct value *of = value_arg(v, "x");
    if (value_is_call(v, "slope"))
        return slope_of(of, value_arg(v, "y"), s, seed);
    if (value_is_call(v, "mean"))
        return mean_of(of, s);
    if (value_is_call(v, "variance"))
        return variance_of(of, s);
    if (value_is_call(v, "pgr"))
        return pgr_of(v, s);
    double x = number_of(of, s, seed);
    if (value_is_call(v, "neg"))
        return -x;
    if (value_is_call(v, "abs"))
        return x < 0 ? -x : x;
    if (value_is_call(v, "log"))
        return det_log(x);
    double y = number_of(value_arg(v, "y"), s, seed);
    if (value_is_call(v, "add"))
        return x + y;
    if (value_is_call(v, "sub"))
        return x - y;
    if (value_is_call(v, "mul"))
        return x * y;
    if (value_is_call(v, "div"))
        return x / y;
    BUG("a claim with %s()", v->text);
}

// Whether it is one number of all seeds: lowering sees to it that then no metric stands outside.
static bool sums_up(const struct value *v)
{
    if (value_is_call(v, "mean") || value_is_call(v, "variance") || value_is_call(v, "pgr"))
        return true;
    for (size_t i = 0; v->kind == VALUE_CALL && i < v->n; i++)
        if (sums_up(&v->args[i].value))
            return true;
    for (size_t i = 0; v->kind == VALUE_LIST && i < v->n; i++)
        if (sums_up(&v->items[i]))
            return true;
    return false;
}

int step_claim(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct value *attrs = &c->step->attrs, *assertion = value_arg(attrs, "difference");
    size_t n = c->plan->n_seeds;
    double *d = mem_try(n, sizeof *d, "numbers", err);
    if (d == NULL)
        return -1;
    struct sample all = {c, n, n};
    bool jackknife = sums_up(assertion);
    double whole = jackknife ? number_of(assertion, &all, 0) : 0;
    for (size_t i = 0; i < n; i++) {
        struct sample others = {c, n, i};
        d[i] = jackknife ? (double)n * whole - (double)(n - 1) * number_of(assertion, &others, 0)
                         : number_of(assertion, &all, i);
    }
    out->claim.level = value_arg_number(attrs, "level");
    out->claim.test = stat_paired_greater(d, n, 0, out->claim.level);
    out->claim.held = out->claim.test.bound > 0; // false for NaN: what cannot be tested has not held
    mem_free(d);
    return 0;
}
