// step_labels.c -- labels from a file as votes on rows. The file is read where it is joined: it may
// be large, and the plan holds only its digest, which must not have changed.
#include "exec/steps.h"

#include "base/mem.h"
#include "data/annotations.h"

#include <string.h>

int step_labels(struct artifact *out, const struct step_call *c, struct err *err)
{
    (void)out;
    (void)c;
    (void)err;
    return 0;
}

static int check_digest(const struct annotations *a, const struct value *attrs, struct err *err)
{
    char hex[DIGEST_HEX];
    digest_hex(hex, &a->digest);
    if (strcmp(hex, value_arg_text(attrs, "digest")) == 0)
        return 0;
    return err_set(err, ERR_DATA, "'%s' changed after the plan was made", a->path);
}

int step_annotate(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct value *attrs = &c->plan->steps[c->step->in[0]].attrs;
    const struct rows *rows = &c->in[1]->rows;
    size_t classes = (size_t)value_arg_int(&c->step->attrs, "classes");
    struct annotations a;
    if (annotations_read(&a, attrs, c->options->folder, err) < 0)
        return -1;
    int status = check_digest(&a, attrs, err);
    out->n = rows->n;
    out->classes = a.n_annotators * classes;
    if (status == 0)
        out->values = mem_try(out->n, out->classes * sizeof *out->values, "votes", err);
    out->n_values = out->values != NULL ? out->n * out->classes : 0;
    if (status == 0)
        status = out->values != NULL ? annotations_vote(out->values, &a, rows, classes, err) : -1;
    annotations_release(&a);
    return status;
}
