// schedule.c -- see schedule.h.
#include "model/schedule.h"

#include "base/detmath.h"

#include <string.h>

enum { MAX_DEPTH = 100 };

static double argument(const struct value *call, const char *name, double progress)
{
    return schedule_at(value_arg(call, name), progress);
}

static double share_done(const struct value *call, double progress)
{
    double over = value_arg_number(call, "over");
    return progress >= over ? 1 : progress / over;
}

static double between(const struct value *call, double share)
{
    double from = value_arg_number(call, "from"), to = value_arg_number(call, "to");
    return share == 1 ? to : from + (to - from) * share; // exactly `to` at the end
}

static double at_ramp(const struct value *call, double progress)
{
    return between(call, share_done(call, progress));
}

static double at_cosine(const struct value *call, double progress)
{
    double share = share_done(call, progress), sine, cosine;
    det_sincos(&sine, &cosine, DET_PI * share);
    return between(call, share == 1 ? 1 : (1 - cosine) / 2);
}

static double at_step(const struct value *call, double progress)
{
    return between(call, progress < value_arg_number(call, "at") ? 0 : 1);
}

// Up to `to` and down again within each period (Smith 2017, triangular).
static double at_cyclic(const struct value *call, double progress)
{
    double period = value_arg_number(call, "period");
    double turns = progress / period, within = turns - (double)(int64_t)turns;
    return between(call, within < 0.5 ? 2 * within : 2 - 2 * within);
}

static double at_constant(const struct value *call, double progress)
{
    (void)progress;
    return value_arg_number(call, "value");
}

static double at_neg(const struct value *call, double progress)
{
    return -argument(call, "x", progress);
}

static double at_add(const struct value *call, double progress)
{
    return argument(call, "x", progress) + argument(call, "y", progress);
}

static double at_sub(const struct value *call, double progress)
{
    return argument(call, "x", progress) - argument(call, "y", progress);
}

static double at_mul(const struct value *call, double progress)
{
    return argument(call, "x", progress) * argument(call, "y", progress);
}

static double at_div(const struct value *call, double progress)
{
    return argument(call, "x", progress) / argument(call, "y", progress);
}

struct schedule {
    const char *name;
    double (*at)(const struct value *call, double progress);
    bool nested; // its arguments may be schedules themselves
    const char *argument[3];
};

static const struct schedule schedules[] = {
    {"ramp", at_ramp, false, {"from", "to", "over"}},
    {"cosine", at_cosine, false, {"from", "to", "over"}},
    {"step", at_step, false, {"from", "to", "at"}},
    {"cyclic", at_cyclic, false, {"from", "to", "period"}},
    {"constant", at_constant, false, {"value"}},
    {"neg", at_neg, true, {"x"}},
    {"add", at_add, true, {"x", "y"}},
    {"sub", at_sub, true, {"x", "y"}},
    {"mul", at_mul, true, {"x", "y"}},
    {"div", at_div, true, {"x", "y"}},
};

static const struct schedule *find(const struct value *v)
{
    for (size_t i = 0; v->kind == VALUE_CALL && i < ARRAY_LEN(schedules); i++)
        if (strcmp(schedules[i].name, v->text) == 0)
            return &schedules[i];
    return NULL;
}

static int check(const struct value *v, unsigned depth, struct err *err)
{
    if (v->kind == VALUE_NUMBER)
        return 0;
    const struct schedule *s = find(v);
    if (s == NULL)
        return err_set(err, ERR_DATA, "'%s' is neither a number nor a schedule",
                       v->kind == VALUE_CALL || v->kind == VALUE_NAME ? v->text : "this value");
    if (depth == MAX_DEPTH)
        return err_set(err, ERR_DATA, "a schedule nested more than %d deep", MAX_DEPTH);
    for (size_t i = 0; i < ARRAY_LEN(s->argument) && s->argument[i] != NULL; i++) {
        const struct value *arg = value_arg(v, s->argument[i]);
        if (arg == NULL)
            return err_set(err, ERR_DATA, "%s() has no '%s'", s->name, s->argument[i]);
        if (!s->nested && arg->kind != VALUE_NUMBER)
            return err_set(err, ERR_DATA, "'%s' of %s() is no number", s->argument[i], s->name);
        if (s->nested && check(arg, depth + 1, err) < 0)
            return -1;
    }
    return 0;
}

int schedule_check(const struct value *v, struct err *err)
{
    return check(v, 0, err);
}

double schedule_at(const struct value *v, double progress)
{
    return v->kind == VALUE_NUMBER ? v->number : find(v)->at(v, progress);
}
