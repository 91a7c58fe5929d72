// optimiser.c -- see optimiser.h.
#include "model/optimiser.h"

#include "base/detmath.h"
#include "model/schedule.h"

#include <string.h>

static const struct {
    const char *name;
    enum optimiser_kind kind;
} optimisers[] = {
    {"adam", OPTIMISER_ADAM},
    {"adamw", OPTIMISER_ADAMW},
    {"sgd", OPTIMISER_SGD},
    {"lbfgs", OPTIMISER_LBFGS},
};

static void init_adam(struct optimiser *o, const struct value *call)
{
    o->beta1 = value_arg_number(call, "beta1");
    o->beta2 = value_arg_number(call, "beta2");
    o->beta1_power = o->beta2_power = 1;
    o->adam = (struct adam_step){
        .beta1 = (float)o->beta1,
        .one_minus_beta1 = (float)(1 - o->beta1),
        .beta2 = (float)o->beta2,
        .one_minus_beta2 = (float)(1 - o->beta2),
        .eps = (float)value_arg_number(call, "eps"),
        .l2 = o->kind == OPTIMISER_ADAM ? (float)o->weight_decay : 0,
        .keep = 1,
    };
}

static void init_sgd(struct optimiser *o, const struct value *call)
{
    o->sgd = (struct sgd_step){
        .momentum = (float)value_arg_number(call, "momentum"),
        .decay = (float)o->weight_decay,
        .nesterov = value_arg_bool(call, "nesterov"),
    };
}

bool optimiser_takes_all(const struct value *call)
{
    return value_is_call(call, "lbfgs");
}

int optimiser_init(struct optimiser *o, const struct value *call, struct err *err)
{
    for (size_t i = 0; call->kind == VALUE_CALL && i < ARRAY_LEN(optimisers); i++) {
        if (strcmp(optimisers[i].name, call->text) != 0)
            continue;
        *o = (struct optimiser){.kind = optimisers[i].kind, .lr = value_arg(call, "lr")};
        if (o->kind == OPTIMISER_LBFGS)
            return 0;
        if (o->lr == NULL)
            BUG("%s() has no argument 'lr'", call->text);
        o->weight_decay = value_arg_number(call, "weight_decay");
        if (o->kind == OPTIMISER_SGD)
            init_sgd(o, call);
        else
            init_adam(o, call);
        return schedule_check(o->lr, err);
    }
    BUG("unknown optimiser '%s'", call->kind == VALUE_CALL ? call->text : "?");
}

size_t optimiser_arrays(const struct optimiser *o)
{
    return o->kind == OPTIMISER_LBFGS ? 0 : o->kind == OPTIMISER_SGD ? 1 : 2;
}

void optimiser_attach(const struct optimiser *o, struct program *program, float *params,
                      float *state, const float *gradient, size_t n)
{
    if (o->kind == OPTIMISER_LBFGS)
        return;
    if (o->kind == OPTIMISER_SGD)
        program_add_sgd(program, params, state, gradient, n, &o->sgd);
    else
        program_add_adam(program, params, state, state + n, gradient, n, &o->adam);
}

void optimiser_step(struct optimiser *o, double progress)
{
    double lr = schedule_at(o->lr, progress);
    if (o->kind == OPTIMISER_SGD) {
        o->sgd.lr = (float)lr;
        return;
    }
    o->beta1_power *= o->beta1;
    o->beta2_power *= o->beta2;
    o->adam.step_size = (float)(lr / (1 - o->beta1_power));
    o->adam.root = (float)(1 / det_sqrt(1 - o->beta2_power));
    if (o->kind == OPTIMISER_ADAMW)
        o->adam.keep = (float)(1 - lr * o->weight_decay);
}
