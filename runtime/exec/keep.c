// keep.c -- see keep.h: which steps need not be made, and artifacts from the store.
#include "exec/keep.h"

#include "base/mem.h"
#include "exec/payload.h"
#include "hook/stdlib.h"
#include "model/fit.h"

#include <stdio.h>
#include <string.h>

void engine_name(char name[ENGINE_NAME])
{
    char losses[DIGEST_SHORT];
    struct digest_state *state = digest_new();
    for (const struct stdlib_file *file = stdlib_losses; file->name != NULL; file++) {
        digest_add_text(state, file->name);
        digest_add_text(state, file->text);
    }
    struct digest digest = digest_take(state);
    digest_short(losses, &digest);
    snprintf(name, ENGINE_NAME, "%d.%s", ENGINE_VERSION, losses);
}

struct digest keep_key(const char *engine, const struct digest *step_key)
{
    struct digest_state *state = digest_new();
    digest_add_text(state, "w2s engine");
    digest_add_text(state, engine);
    digest_add(state, step_key->bytes, sizeof step_key->bytes);
    return digest_take(state);
}

bool keep_counts(enum step_kind kind)
{
    return kind == STEP_train || kind == STEP_weigh || kind == STEP_evaluate;
}

bool keep_records(enum step_kind kind)
{
    return kind != STEP_compare && kind != STEP_claim;
}

// Its record is all there is of it.
static bool gives_number(enum step_kind kind)
{
    return kind == STEP_evaluate || kind == STEP_mce || kind == STEP_robustness;
}

// --- what has to be made -------------------------------------------------------------------------

static int find(struct duty *duty, const struct run *run, const struct step *step,
                struct store *store, struct err *err)
{
    struct arena arena = {0};
    struct step_record record;
    struct digest key = keep_key(run->engine, &step->key);
    int found = store_find_step(&record, store, &key, &arena, err);
    if (found == 1 && strcmp(record.kind, step_kind_name(step->kind)) != 0)
        found = err_set(err, ERR_DATA, "the store '%s' has a %s where a %s should be",
                        store_path(store), record.kind, step_kind_name(step->kind));
    if (found == 1 && step->kind == STEP_train)
        store_drop_checkpoint(store, &key); // a kill may have come between the record and this
    if (found == 1) {
        duty->recorded = true;
        duty->result = record.result;
        duty->payload = record.payload;
        duty->number = record.number;
    }
    arena_release(&arena);
    return found;
}

// Of a step that somebody needs. Its inputs are needed whole, unless the number is enough.
static void settle(struct duty *duties, const struct plan *plan, uint32_t number)
{
    const struct step *step = &plan->steps[number];
    struct duty *duty = &duties[number];
    bool loadable = duty->recorded && !digest_is_zero(&duty->payload);
    if (duty->recorded && (gives_number(step->kind) || !duty->whole)) {
        duty->kind = DUTY_KNOWN;
        return;
    }
    if (loadable) {
        duty->kind = DUTY_LOAD;
        return;
    }
    duty->kind = DUTY_MAKE;
    for (uint32_t i = 0; i < step->n_in; i++) {
        duties[step->in[i]].needed = true;
        duties[step->in[i]].whole |= !gives_number(plan->steps[step->in[i]].kind);
    }
}

static void take_record(struct artifact *a, const struct duty *duty)
{
    a->state = ARTIFACT_READY;
    a->number = duty->number;
    a->digest = duty->result;
    a->has_digest = true;
}

int keep_decide(struct run *run, struct store *store, struct err *err)
{
    const struct plan *plan = run->plan;
    struct duty *duties = mem_new(plan->n * sizeof *duties);
    run->duties = duties;
    run->n_made = run->n_known = 0;
    for (size_t i = plan->n; i-- > 0;) {
        const struct step *step = &plan->steps[i];
        struct duty *duty = &duties[i];
        bool asked = run->only == NULL || run->only[i];
        duty->needed |= asked && (store == NULL || keep_counts(step->kind) || !keep_records(step->kind));
        if (run->wanted != NULL && run->wanted[i])
            duty->needed = duty->whole = true;
        if (!duty->needed)
            continue;
        if (store != NULL && keep_records(step->kind) && find(duty, run, step, store, err) < 0)
            return -1;
        settle(duties, plan, (uint32_t)i);
    }
    for (size_t i = 0; i < plan->n; i++) {
        if (duties[i].kind == DUTY_KNOWN)
            take_record(&run->artifacts[i], &duties[i]);
        if (keep_records(plan->steps[i].kind)) {
            run->n_made += duties[i].kind == DUTY_MAKE;
            run->n_known += duties[i].kind == DUTY_KNOWN || duties[i].kind == DUTY_LOAD;
        }
    }
    return 0;
}

int keep_look_again(struct run *run, uint32_t step, struct store *store, struct err *err)
{
    struct duty *duty = &run->duties[step];
    if (duty->recorded)
        return 0;
    int found = find(duty, run, &run->plan->steps[step], store, err);
    if (found == 1 && digest_is_zero(&duty->payload))
        return 0;
    if (found == 1)
        duty->kind = DUTY_LOAD;
    return found;
}

// --- loading -------------------------------------------------------------------------------------

// The model of a training is that of the parameters it starts from.
static int find_model(struct artifact *out, const struct plan *plan, uint32_t number,
                      struct err *err)
{
    const struct step *step = &plan->steps[number];
    for (uint32_t i = 0; i < step->n_in; i++) {
        const struct step *init = &plan->steps[step->in[i]];
        if (init->kind != STEP_init)
            continue;
        const struct value *attrs = &init->attrs;
        return model_init(&out->model, value_arg(attrs, "model"),
                          (size_t)value_arg_int(attrs, "features"),
                          (size_t)value_arg_int(attrs, "classes"), err);
    }
    BUG("a training without initial parameters");
}

int keep_load(struct artifact *out, const struct run *run, uint32_t number, struct store *store,
              struct err *err)
{
    const struct plan *plan = run->plan;
    const struct duty *duty = &run->duties[number];
    uint8_t *bytes;
    size_t n;
    if (store_get(&bytes, &n, store, &duty->payload, err) < 0)
        return -1;
    int status = payload_read(out, bytes, n, err);
    mem_free(bytes);
    bool trained = plan->steps[number].kind == STEP_train;
    if (status == 0 && trained)
        status = find_model(out, plan, number, err);
    if (status == 0 && trained && out->model.kind != MODEL_NET) {
        if (!fit_is_valid(&out->model, out->values, out->n_values))
            return err_set(err, ERR_DATA, "what the store '%s' has for it is no such model",
                           store_path(store));
        out->model.n_params = out->n_values;
    }
    if (status == 0 && (trained ? model_size(&out->model) : out->n * out->classes) != out->n_values)
        status = err_set(err, ERR_DATA, "the store '%s' has %zu values for it, expected %zu",
                         store_path(store), out->n_values,
                         trained ? model_size(&out->model) : out->n * out->classes);
    if (status < 0)
        return -1;
    keep_seal(out, plan, number, run->artifacts);
    if (!digest_equal(&out->digest, &duty->result))
        return err_set(err, ERR_DATA, "what the store '%s' has for it is not what was recorded",
                       store_path(store));
    return 0;
}
