// audit_models.c -- what teachers have learned, from nothing but the store: the kept parameters,
// and the sizes that the plan tells. So columns have numbers instead of names, and features stand
// as the model sees them; `w2s explain`, which reads the data, knows both.
#include "audit.h"

#include "exec/keep.h"
#include "exec/payload.h"
#include "model/fit.h"

#include <stdio.h>
#include <string.h>

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

// From the text of an init step: init(model: tree(depth: 2, …), features: 57, classes: 2).
static bool read_model(struct model *model, const char *init)
{
    static const struct value linear = {.kind = VALUE_CALL, .text = "linear"};
    size_t features, classes;
    struct err ignored = {0};
    const char *sizes = strstr(init, "), features: ");
    if (sizes == NULL ||
        sscanf(sizes, "), features: %zu, classes: %zu)", &features, &classes) != 2 ||
        features == 0 || classes == 0)
        return false;
    *model = (struct model){.kind = MODEL_TREE, .features = features, .classes = classes};
    if (starts(init, "init(model: tree("))
        return true;
    return starts(init, "init(model: linear(), ") &&
           model_init(model, &linear, features, classes, &ignored) == 0;
}

static bool is_whole(struct artifact *a)
{
    if (a->model.kind == MODEL_NET)
        return a->n_values == model_size(&a->model);
    a->model.n_params = a->n_values;
    return fit_is_valid(&a->model, a->values, a->n_values);
}

static int read_payload(struct artifact *out, const struct audit *audit, const struct audit_step *s,
                        struct err *err)
{
    struct digest key = keep_key(run_detail_fact(&audit->detail, "engine"), &s->step->key);
    struct step_record record;
    struct arena arena = {0};
    uint8_t *bytes = NULL;
    size_t n;
    int status = store_find_step(&record, audit->store, &key, &arena, err);
    if (status == 1)
        status = digest_is_zero(&record.payload)
                     ? -1
                     : store_get(&bytes, &n, audit->store, &record.payload, err);
    else
        status = -1;
    if (status == 0)
        status = payload_read(out, bytes, n, err);
    mem_free(bytes);
    arena_release(&arena);
    return status;
}

static bool is_standardised(const struct audit *audit, uint32_t step)
{
    const struct file_step *s = &audit->plan.steps[step];
    while (strcmp(s->kind, step_kind_name(STEP_standardize)) != 0 && s->n_in > 0)
        s = &audit->plan.steps[s->in[0]];
    return strcmp(s->kind, step_kind_name(STEP_standardize)) == 0;
}

bool audit_model(struct audit_model *out, const struct audit *audit, size_t number)
{
    const struct audit_step *s = &audit->steps[number];
    struct err ignored = {0};
    *out = (struct audit_model){0};
    if (strcmp(s->step->kind, step_kind_name(STEP_train)) != 0 || s->step->n_in < 2 || !s->recorded)
        return false;
    const struct file_step *init = &audit->plan.steps[s->step->in[1]];
    struct model *model = &out->artifact.model;
    if (strcmp(init->kind, step_kind_name(STEP_init)) != 0 || !read_model(model, init->attrs) ||
        read_payload(&out->artifact, audit, s, &ignored) < 0 || !is_whole(&out->artifact)) {
        audit_model_release(out);
        return false;
    }
    out->table = (struct table){.d = model->features, .classes = (uint32_t)model->classes};
    out->what = (struct explained){.artifact = &out->artifact, .table = &out->table};
    out->standardised = is_standardised(audit, s->step->in[0]);
    return true;
}

void audit_model_release(struct audit_model *model)
{
    mem_free(model->artifact.values);
    mem_free(model->artifact.curve);
    *model = (struct audit_model){0};
}
