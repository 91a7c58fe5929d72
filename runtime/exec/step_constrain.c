// step_constrain.c -- how much each row breaks a constraint, under a trained model or by its
// logits.
#include "exec/steps.h"

#include "base/mem.h"
#include "model/constrain.h"

int step_constrain(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct artifact *from = c->in[0];
    const struct rows *rows = &c->in[1]->rows;
    bool trained = c->plan->steps[c->step->in[0]].kind == STEP_train;
    const struct constrain_spec spec = {
        .call = value_arg(&c->step->attrs, "constraint"),
        .model = trained ? &from->model : NULL,
        .params = trained ? from->values : NULL,
        .logits = trained ? NULL : from->values,
        .rows = rows,
        .features = rows->table->d,
        .classes = trained ? from->model.classes : from->classes,
    };
    if (!trained && from->n != rows->n)
        return err_set(err, ERR_DATA, "logits of %zu rows meet %zu rows", from->n, rows->n);
    out->n = rows->n;
    out->classes = 1;
    out->n_values = rows->n;
    out->values = mem_try(rows->n, sizeof(float), "a constraint", err);
    return out->values != NULL ? constrain(out->values, &spec, &c->context, err) : -1;
}
