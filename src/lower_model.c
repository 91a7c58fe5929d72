// lower_model.c -- models and the rows they see: a call that wants images is told their shape, so
// that the plan holds all that the model is made from; and its sizes are checked.
#include "lower.h"

#include "model/model.h"

#include <string.h>

static struct value list_of_sides(struct lowering *l, const struct step_facts *rows)
{
    struct value side[] = {value_number(rows->height), value_number(rows->width),
                           value_number(rows->channels)};
    return lower_make_list(l, ARRAY_LEN(side), side);
}

// A default that is written out is left out: it is the same model, and has the same key.
static bool is_default(const struct value_arg *arg)
{
    static const char *const words[][2] = {{"input", "flat"}, {"norm", "none"}};
    if (strcmp(arg->name, "dropout") == 0)
        return arg->value.number == 0;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(arg->name, words[i][0]) == 0 && arg->value.kind == VALUE_NAME)
            return strcmp(arg->value.text, words[i][1]) == 0;
    return false;
}

// What only model_init can tell: layers that are too large or too many, images that become too small.
static bool sizes_are_right(struct lowering *l, const struct value *model,
                            const struct step_facts *rows, struct span span)
{
    struct model made;
    struct err err = {0};
    size_t classes = rows->classes > 0 ? rows->classes : 1;
    if (model_init(&made, model, rows->features, classes, &err) == 0)
        return true;
    struct diag *diag = diag_error(l->diags, DIAG_SHAPE, span, "%s", err.text);
    if (err.hint[0] != '\0')
        diag_hint(l->diags, diag, "%s", err.hint);
    return false;
}

bool lower_model_images(struct lowering *l, struct value *model, uint32_t rows, struct span span)
{
    const struct step *data = &l->plan->steps[rows];
    struct value_arg *args = arena_array(l->scratch, model->n + 1, sizeof *args);
    size_t n = 0;
    for (size_t i = 0; i < model->n; i++)
        if (!is_default(&model->args[i]))
            args[n++] = model->args[i];
    if (model_wants_images(model) && data->facts.features > 0) {
        if (data->facts.height == 0) {
            diag_error(l->diags, DIAG_SHAPE, span,
                       "the model wants images, and '%s' has rows of %llu features", data->label,
                       (unsigned long long)data->facts.features);
            return false;
        }
        args[n++] = (struct value_arg){"image", list_of_sides(l, &data->facts)};
    }
    *model = lower_make_call(l, model->text, n, args);
    return data->facts.features == 0 || sizes_are_right(l, model, &data->facts, span);
}

bool lower_same_images(struct lowering *l, const struct step *train, const struct step *data,
                       const char *who, struct span span)
{
    const struct value *model = value_arg(&train->attrs, "model");
    const struct value *image = model != NULL ? value_arg(model, "image") : NULL;
    struct value have = list_of_sides(l, &data->facts);
    if (image == NULL || data->facts.features == 0 || value_equal(image, &have))
        return true;
    diag_error(l->diags, DIAG_SHAPE, span,
               "'%s' was trained on images of %.0f x %.0f x %.0f, and '%s' has %u x %u x %u", who,
               image->items[0].number, image->items[1].number, image->items[2].number, data->label,
               data->facts.height, data->facts.width, data->facts.channels);
    return false;
}
