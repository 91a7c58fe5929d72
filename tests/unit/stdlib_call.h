// stdlib_call.h -- loading a loss of the standard library, and calls written as text:
// "gamma=2 increasing=1,3"; what is not named has its default.
#ifndef W2S_TEST_STDLIB_CALL_H
#define W2S_TEST_STDLIB_CALL_H

#include "stdlib_world.h"

#include <stdio.h>

struct call {
    struct value value;
    struct value_arg args[LOSS_MAX_PARAMS];
    struct value items[LOSS_MAX_PARAMS][SIDE];
    char text[256];
};

static inline struct value parse_value(struct call *call, size_t at,
                                       const struct loss_param *param, char *text)
{
    if (param->type == LOSS_PARAM_BOOL)
        return value_bool(strcmp(text, "true") == 0);
    if (param->type == LOSS_PARAM_CHOICE)
        return value_name(text);
    if (param->type != LOSS_PARAM_NUMBERS)
        return value_number(strtod(text, NULL));
    struct value list = {.kind = VALUE_LIST, .items = call->items[at]};
    for (char *end = text; *text != '\0'; text = end + (*end == ','))
        call->items[at][list.n++] = value_number(strtod(text, &end));
    return list;
}

static inline void call_init(struct call *call, const struct loss_description *d,
                             const char *args)
{
    *call = (struct call){.value = {.kind = VALUE_CALL, .text = d->name, .n = d->n_params}};
    call->value.args = call->args;
    assert_true(d->n_params <= LOSS_MAX_PARAMS && strlen(args) < sizeof(call->text));
    strcpy(call->text, args);
    for (size_t i = 0; i < d->n_params; i++)
        call->args[i] = (struct value_arg){d->params[i].name, d->params[i].fallback};
    char *rest = call->text;
    for (char *word; (word = strtok_r(rest, " ", &rest)) != NULL;) {
        char *equals = strchr(word, '=');
        *equals = '\0';
        size_t i = 0;
        while (i < d->n_params && strcmp(d->params[i].name, word) != 0)
            i++;
        if (i == d->n_params)
            fail_msg("%s has no parameter '%s'", d->name, word);
        call->args[i].value = parse_value(call, i, &d->params[i], equals + 1);
    }
}

static inline struct loss *load(const char *name)
{
    const struct stdlib_file *file = stdlib_loss(name);
    struct loss *loss = NULL;
    struct err err = {0};
    if (file == NULL)
        fail_msg("there is no loss '%s'", name);
    char path[128];
    snprintf(path, sizeof(path), "losses/%s.lua", name);
    if (loss_load(&loss, path, file->text, file->size, &err) < 0)
        fail_msg("%s: %s", name, err.text);
    return loss;
}

#endif
