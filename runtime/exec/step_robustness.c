// step_robustness.c -- accuracy under a shift beside accuracy on clean rows: what is lost, and what is left
// beyond what other models lead to expect.
#include "exec/steps.h"

#include "base/mem.h"
#include "eval/robustness.h"

// Inputs are pairs, clean and here: of the model, then of the others.
int step_robustness(struct artifact *out, const struct step_call *c, struct err *err)
{
    if (c->step->n_in == 2) { // gap
        out->number = c->in[0]->number - c->in[1]->number;
        return 0;
    }
    size_t n = c->step->n_in / 2;
    struct accuracies *models = mem_new(n * sizeof *models);
    for (size_t i = 0; i < n; i++)
        models[i] = (struct accuracies){c->in[2 * i]->number, c->in[2 * i + 1]->number};
    int status = robustness_effective(&out->number, models, models + 1, n - 1, err);
    mem_free(models);
    return status;
}
