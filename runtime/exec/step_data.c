// step_data.c -- steps that give rows.
#include "exec/steps.h"

#include "base/mem.h"
#include "base/rng.h"
#include "data/join.h"
#include "data/load.h"
#include "data/relabel.h"
#include "data/shift.h"
#include "data/split.h"
#include "data/standardize.h"
#include "data/stride.h"
#include "model/row_script.h"

#include <string.h>

int step_load(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct value *source = value_arg(&c->step->attrs, "source");
    double scale = value_arg_number(&c->step->attrs, "scale");
    if (load_table(&out->table, source, scale, c->options->folder, err) < 0)
        return -1;
    rows_all(&out->rows, &out->table);
    return 0;
}

int step_split(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct value *attrs = &c->step->attrs, *parts = value_arg(attrs, "parts");
    double *share = mem_new(parts->n * sizeof *share);
    const struct value **condition = mem_new(parts->n * sizeof *condition);
    bool by_condition = false;
    for (size_t i = 0; i < parts->n; i++) {
        const struct value *of = &parts->args[i].value;
        bool has_share = of->kind == VALUE_NUMBER;
        share[i] = has_share ? of->number : 0;
        condition[i] = has_share ? NULL : of;
        by_condition |= !has_share;
    }
    struct split_spec spec = {
        .name = value_arg_text(attrs, "data"),
        .seed = (uint64_t)value_arg_int(attrs, "seed"),
        .share = share,
        .condition = by_condition ? condition : NULL,
        .n_parts = parts->n,
        .stratify = value_arg_bool(attrs, "stratify"),
    };
    size_t part = (size_t)value_arg_int(attrs, "part");
    int status = split_part(&out->rows, &c->in[0]->rows, &spec, part, err);
    mem_free(condition);
    mem_free(share);
    return status;
}

int step_take(struct artifact *out, const struct step_call *c, struct err *err)
{
    return rows_take(&out->rows, &c->in[0]->rows, (size_t)value_arg_int(&c->step->attrs, "n"), err);
}

int step_where(struct artifact *out, const struct step_call *c, struct err *err)
{
    return rows_where(&out->rows, &c->in[0]->rows, value_arg(&c->step->attrs, "predicate"), err);
}

int step_stride(struct artifact *out, const struct step_call *c, struct err *err)
{
    if (rows_borrow(&out->rows, &out->table, &c->in[0]->rows, err) < 0)
        return -1;
    return stride_images(&out->table, (uint32_t)value_arg_int(&c->step->attrs, "n"), err);
}

int step_reclass(struct artifact *out, const struct step_call *c, struct err *err)
{
    if (rows_borrow(&out->rows, &out->table, &c->in[0]->rows, err) < 0)
        return -1;
    return relabel(&out->table, &out->rows, value_arg(&c->step->attrs, "to"), err);
}

// As a shift, the same for all repetitions: the seed is that of the data.
int step_noise(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct value *attrs = &c->step->attrs;
    if (rows_borrow(&out->rows, &out->table, &c->in[0]->rows, err) < 0)
        return -1;
    return flip_labels(&out->table, &out->rows, value_arg_number(attrs, "share"), value_arg_text(attrs, "data"),
                       (uint64_t)value_arg_int(attrs, "seed"), err);
}

// The rows to learn from are the inputs after the first; all of it when there are none.
int step_standardize(struct artifact *out, const struct step_call *c, struct err *err)
{
    uint32_t first = c->step->n_in > 1 ? 1 : 0, n = c->step->n_in - first;
    const struct rows **from = mem_new(n * sizeof *from);
    for (uint32_t i = 0; i < n; i++)
        from[i] = &c->in[first + i]->rows;
    int status = rows_borrow(&out->rows, &out->table, &c->in[0]->rows, err);
    if (status == 0)
        status = standardize(&out->table, from, n, err);
    mem_free(from);
    return status;
}

static int change_rows(float *x, const struct table *rows, struct rng_key key, void *context, struct err *err)
{
    return row_script_run(x, rows, key, context, err);
}

static int shift_by_script(struct artifact *out, const struct step_call *c, const struct value *shift,
                           struct err *err)
{
    const char *file = value_arg_text(shift, "file"), *text = value_arg_text(shift, "text");
    struct row_script script = {
        .file = file, .call = value_arg(shift, "params"), .kernels = c->options->kernels};
    if (loss_load(&script.script, file, text, strlen(text), err) < 0)
        return -1;
    const struct shift_script work = {change_rows, &script};
    int status = shift_apply_script(&out->table, &c->in[0]->rows, shift, 0, &work, err);
    loss_free(script.script);
    return status;
}

// A shift is the same for all repetitions, as a corrupted test set on disk would be: seed 0.
int step_shift(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct value *shift = value_arg(&c->step->attrs, "shift");
    int status = value_is_call(shift, "lua")
                     ? shift_by_script(out, c, shift, err)
                     : shift_apply(&out->table, &c->in[0]->rows, shift, 0, err);
    if (status < 0)
        return -1;
    rows_all(&out->rows, &out->table);
    return 0;
}

int step_join(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct rows **in = mem_new(c->step->n_in * sizeof *in);
    for (uint32_t i = 0; i < c->step->n_in; i++)
        in[i] = &c->in[i]->rows;
    int status = rows_join(&out->table, in, c->step->n_in, err);
    mem_free(in);
    if (status == 0)
        rows_all(&out->rows, &out->table);
    return status;
}

static uint32_t *permutation(size_t n, int64_t seed, struct err *err)
{
    uint32_t *order = mem_try(n, sizeof *order, "a permutation", err);
    if (order == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    struct rng rng = rng_at(rng_key_of((uint64_t)seed, "shuffle"), 0);
    rng_shuffle(&rng, order, n);
    return order;
}

// The same features under labels that belong to other rows. The features are borrowed from the input's
// table, which outlives this artifact.
static int shuffle_labels(struct artifact *out, const struct rows *in, const uint32_t *order, struct err *err)
{
    const struct table *from = in->table;
    if (from->y == NULL)
        return err_set(err, ERR_DATA, "the rows have no labels to shuffle");
    uint32_t *y = mem_try(from->n, sizeof *y, "labels", err);
    if (y == NULL)
        return -1;
    memcpy(y, from->y, from->n * sizeof *y);
    for (size_t i = 0; i < in->n; i++)
        y[in->index[i]] = from->y[in->index[order[i]]];
    if (rows_borrow(&out->rows, &out->table, in, err) < 0) {
        mem_free(y);
        return -1;
    }
    out->table.y = table_own(&out->table, y);
    return 0;
}

static int shuffle_targets(struct artifact *out, const struct artifact *in, const uint32_t *order, struct err *err)
{
    out->n = in->n;
    out->classes = in->classes;
    out->n_values = in->n_values;
    out->values = mem_try(in->n_values, sizeof(float), "targets", err);
    if (out->values == NULL)
        return -1;
    for (size_t i = 0; i < in->n; i++)
        memcpy(out->values + i * in->classes, in->values + order[i] * in->classes, in->classes * sizeof(float));
    return 0;
}

// Rankings: the rows of each list in an order of chance.
static int shuffle_lists(struct artifact *out, const struct artifact *in, int64_t seed, struct err *err)
{
    out->n = in->n;
    out->classes = in->classes;
    out->n_values = in->n_values;
    out->values = mem_try(in->n_values, sizeof(uint32_t), "rankings", err);
    if (out->values == NULL)
        return -1;
    memcpy(artifact_lists(out), artifact_lists(in), in->n_values * sizeof(uint32_t));
    struct rng rng = rng_at(rng_key_of((uint64_t)seed, "shuffle"), 0);
    for (size_t i = 0; i < in->n; i++)
        rng_shuffle(&rng, artifact_lists(out) + i * in->classes, in->classes);
    return 0;
}

int step_shuffle(struct artifact *out, const struct step_call *c, struct err *err)
{
    const struct artifact *in = c->in[0];
    if (c->plan->steps[c->step->in[0]].kind == STEP_pair)
        return shuffle_lists(out, in, c->step->seed, err);
    bool targets = in->values != NULL;
    uint32_t *order = permutation(targets ? in->n : in->rows.n, c->step->seed, err);
    if (order == NULL)
        return -1;
    int status = targets ? shuffle_targets(out, in, order, err) : shuffle_labels(out, &in->rows, order, err);
    mem_free(order);
    return status;
}
