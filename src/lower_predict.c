// lower_predict.c -- the logits, or a hidden layer, of a trained model on rows that fit it.
#include "lower.h"
#include "lower_ensemble.h"
#include "lower_labels.h"
#include "lower_outputs.h"
#include "lower_rules.h"

#include "model/model.h"

#include <string.h>

static bool fits(struct lowering *l, const struct step *train, const struct step *data,
                 const char *who, struct span span)
{
    const struct {
        const char *noun;
        uint64_t have, want;
    } sizes[] = {{"features", train->facts.features, data->facts.features},
                 {"classes", train->facts.classes, data->facts.classes}};
    if (!lower_same_images(l, train, data, who, span))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        if (sizes[i].have == 0 || sizes[i].want == 0 || sizes[i].have == sizes[i].want)
            continue;
        diag_error(l->diags, DIAG_SHAPE, span, "'%s' was trained on %llu %s, and '%s' has %llu",
                   who, (unsigned long long)sizes[i].have, sizes[i].noun, data->label,
                   (unsigned long long)sizes[i].want);
        return false;
    }
    return true;
}

// Of what is not trained; fitted models are refused by their call.
static bool has_layers(struct lowering *l, const struct step *teacher, const char *who,
                       struct span span)
{
    const char *made = teacher->kind == STEP_rules     ? "made of rules"
                       : teacher->kind == STEP_labels  ? "made of labels"
                       : teacher->kind == STEP_outputs ? "made of outputs"
                       : teacher->kind == STEP_weigh   ? "an ensemble"
                                                       : NULL;
    if (made == NULL)
        return true;
    diag_error(l->diags, DIAG_OUT_OF_RANGE, span, "'%s' is %s, and has no hidden layers", who, made);
    return false;
}

static uint32_t predict(struct lowering *l, uint32_t trained, unsigned layer, uint32_t rows,
                        const char *who, struct span span)
{
    const struct step *train = &l->plan->steps[trained], *data = &l->plan->steps[rows];
    if (layer > 0 && !has_layers(l, train, who, span))
        return STEP_NONE;
    if (train->kind == STEP_labels)
        return lower_labels_predict(l, trained, rows, who);
    if (train->kind == STEP_outputs)
        return lower_recall(l, trained, rows, who, span);
    if (train->kind == STEP_rules)
        return lower_rules_predict(l, trained, rows, who, span);
    if (!fits(l, train, data, who, span))
        return STEP_NONE;
    if (train->kind == STEP_weigh)
        return lower_combine(l, trained, rows, who, span);
    const char *label = layer > 0
                            ? arena_format(l->scratch, "%s.hidden[%u] on %s", who, layer, data->label)
                            : arena_format(l->scratch, "%s on %s", who, data->label);
    struct value call = *value_arg(&train->attrs, "model");
    bool fitted = lower_is_fitted(&call);
    if (fitted && layer > 0) {
        diag_error(l->diags, DIAG_OUT_OF_RANGE, span, "'%s' is %s and has no hidden layers", who,
                   lower_kind_noun(&call));
        return STEP_NONE;
    }
    struct value_arg args[] = {{"model", call},
                               {"layer", layer > 0 ? value_number(layer) : (struct value){0}}};
    struct step_facts facts = data->facts;
    facts.params = train->facts.params;
    facts.classes = train->facts.classes;
    facts.flops = (fitted ? lower_fitted_row_flops(&call, &train->facts)
                          : lower_model_facts(&call, facts.features, facts.classes).flops) *
                  (double)facts.rows;
    struct model model;
    struct err err = {0};
    if (layer > 0 && facts.features > 0 && facts.classes > 0 &&
        model_init(&model, &call, facts.features, facts.classes, &err) == 0) {
        if (layer >= model.n_layers) {
            diag_error(l->diags, DIAG_OUT_OF_RANGE, span, "'%s' has %zu hidden layer%s, and no hidden[%u]",
                       who, model.n_layers - 1, model.n_layers == 2 ? "" : "s", layer);
            return STEP_NONE;
        }
        facts.classes = model_width(&model, layer);
    }
    uint32_t in[] = {trained, rows};
    int64_t seed = fitted ? lower_fitted_seed(l, in, 2) : l->seed;
    struct step step = {.kind = STEP_predict, .in = in, .n_in = 2, .seed = seed, .label = label, .facts = facts,
                        .attrs = lower_make_call(l, "predict", 2, args)};
    return plan_add(l->plan, &step, NULL);
}

uint32_t lower_predict(struct lowering *l, uint32_t trained, uint32_t rows, const char *who,
                       struct span span)
{
    return predict(l, trained, 0, rows, who, span);
}

uint32_t lower_predict_layer(struct lowering *l, uint32_t trained, unsigned layer, uint32_t rows,
                             const char *who, struct span span)
{
    return predict(l, trained, layer, rows, who, span);
}
