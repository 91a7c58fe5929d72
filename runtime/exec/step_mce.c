// step_mce.c -- the mean corruption error of one model against a baseline.
#include "exec/steps.h"

#include "eval/corruption.h"
#include "base/mem.h"

int step_mce(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct value *counts = value_arg(&c->step->attrs, "members");
    size_t *members = mem_new(counts->n * sizeof *members), n = 0;
    for (size_t i = 0; i < counts->n; i++)
        n += members[i] = (size_t)counts->items[i].number;
    bool relative = value_arg_bool(&c->step->attrs, "relative");
    double *error = mem_new(c->step->n_in * sizeof *error);
    for (uint32_t i = 0; i < c->step->n_in; i++)
        error[i] = 1 - c->in[i]->number;
    struct corruption_errors errors = {
        .members = members,
        .n_corruptions = counts->n,
        .model = error,
        .baseline = error + n,
        .clean_model = relative ? error[2 * n] : 0,
        .clean_baseline = relative ? error[2 * n + 1] : 0,
    };
    int status = corruption_mce(&out->number, &errors, err);
    mem_free(members);
    mem_free(error);
    return status;
}
