// step_outputs.c -- outputs computed elsewhere as logits of rows. The file is read where it is joined: it may be
// large, and the plan holds only its digest, which must not have changed.
#include "exec/steps.h"

#include "base/detmath.h"
#include "base/mem.h"
#include "data/outputs.h"
#include "model/fit.h"

#include <string.h>

int step_outputs(struct artifact *out, const struct step_call *c, struct err *err)
{
    (void)out;
    (void)c;
    (void)err;
    return 0;
}

static int check_digest(const struct value *attrs, const char *folder, struct err *err)
{
    struct outputs_facts facts;
    char hex[DIGEST_HEX];
    if (outputs_facts(&facts, attrs, folder, err) < 0)
        return -1;
    digest_hex(hex, &facts.digest);
    if (strcmp(hex, value_arg_text(attrs, "digest")) == 0)
        return 0;
    return err_set(err, ERR_DATA, "'%s' changed after the plan was made", value_arg_text(attrs, "file"));
}

// Probabilities become logits as those of a tally do (step_vote.c).
int step_recall(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct value *attrs = &c->plan->steps[c->step->in[0]].attrs;
    const struct rows *rows = &c->in[1]->rows;
    const char *folder = c->options->folder;
    out->n = rows->n;
    out->classes = (size_t)value_arg_int(&c->step->attrs, "classes");
    out->values = mem_try(out->n, out->classes * sizeof *out->values, "logits", err);
    out->n_values = out->values != NULL ? out->n * out->classes : 0;
    if (out->values == NULL || check_digest(attrs, folder, err) < 0 ||
        outputs_read(out->values, rows, out->classes, attrs, folder, err) < 0)
        return -1;
    bool probs = strcmp(value_arg(attrs, "kind")->text, "probs") == 0;
    for (size_t i = 0; probs && i < out->n_values; i++) {
        double p = (double)out->values[i];
        out->values[i] = (float)det_log(p > FIT_FLOOR ? p : FIT_FLOOR);
    }
    return 0;
}
