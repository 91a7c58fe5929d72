// loss_text.c -- see loss_text.h.
#include "loss_text.h"

#include <string.h>

static void print_param(struct str *out, const struct loss_param *p)
{
    str_format(out, "%s: ", p->name);
    if (p->has_fallback)
        value_write(out, &p->fallback);
    else
        str_add(out, "…");
}

void loss_use_text(struct str *out, const struct loss_description *d)
{
    static const char *const before[] = {
        [LOSS_TARGET] = "%s(from: …",
        [LOSS_PREFERENCE] = "preferences(from: …, pairs: …, loss: %s",
        [LOSS_REPRESENTATION] = "representation(from: …, to: …, match: %s",
        [LOSS_REGULARIZER] = "regularize(%s",
        [LOSS_CONSTRAINT] = "constraint(\"%s.lua\"",
        [LOSS_INVARIANCE] = "%s(",
        [LOSS_SHIFT] = "lua(\"%s.lua\"",
    };
    if (strcmp(d->name, "cross_entropy") == 0) {
        str_add(out, "cross_entropy(labels)");
        return;
    }
    str_format(out, before[d->kind], d->name);
    bool first = d->kind == LOSS_INVARIANCE; // it has no argument of its kind
    if ((d->reads & READS_LABELS) != 0 && !first)
        str_add(out, ", labels: labels");
    for (size_t i = 0; i < d->n_params; i++) {
        if (i > 0 || !first)
            str_add(out, ", ");
        print_param(out, &d->params[i]);
    }
    str_add(out, ")");
}

const char *loss_range_text(struct str *out, const struct loss_param *p)
{
    str_clear(out);
    if (p->type == LOSS_PARAM_CHOICE) {
        str_format(out, " (%s)", p->choices);
    } else if (p->min > -1e30 || p->max < 1e30) {
        str_add(out, " (");
        if (p->min > -1e30)
            str_number(out, p->min);
        str_add(out, "..");
        if (p->max < 1e30)
            str_number(out, p->max);
        str_add(out, ")");
    }
    return str_text(out);
}
