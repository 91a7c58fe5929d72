// cmd_loss.c -- w2s gradcheck and w2s stdlib: losses written in Lua, checked and listed.
#include "cli.h"

#include "hook/stdlib.h"
#include "loss_text.h"
#include "lower_loss.h"
#include "model/gradcheck.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- a loss by its name or by its file -----------------------------------------------------------
// The script behind `what`, to be freed: a loss of the standard library, or a file.
static char *find_script(const char *what, struct err *err)
{
    const struct stdlib_file *file = stdlib_loss(what);
    if (file != NULL)
        return strcpy(mem_new(file->size + 1), file->text);
    struct err why = {0};
    char *text = script_read(what, &why);
    if (text == NULL)
        err_set(err, why.kind, "cannot read '%s': %s", what, why.text);
    return text;
}

// --- gradcheck -----------------------------------------------------------------------------------
// A value as it stands in --set: a number, true or false, a word, a list of numbers in brackets.
static struct value set_value(struct arena *arena, const char *text)
{
    size_t n = 0;
    struct value items[64];
    bool is_list = text[0] == '[';
    const char *p = text + is_list;
    for (char *end; n < ARRAY_LEN(items) && *p != '\0' && *p != ']'; p = end + strspn(end, ", ")) {
        items[n] = value_number(strtod(p, &end));
        if (end == p)
            break;
        n++;
    }
    struct value list = {.kind = VALUE_LIST, .n = n, .items = items};
    if (is_list && strcmp(p, "]") == 0)
        return value_copy(arena, &list);
    if (!is_list && n == 1 && *p == '\0')
        return items[0];
    bool is_bool = strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
    return is_bool ? value_bool(text[0] == 't') : value_name(text);
}

static bool fits_param(const struct value *v, const struct loss_param *p)
{
    static const enum value_kind kind[] = {
        [LOSS_PARAM_NUMBER] = VALUE_NUMBER, [LOSS_PARAM_WHOLE] = VALUE_NUMBER,
        [LOSS_PARAM_BOOL] = VALUE_BOOL,     [LOSS_PARAM_CHOICE] = VALUE_NAME,
        [LOSS_PARAM_NUMBERS] = VALUE_LIST,
    };
    if (v->kind != kind[p->type])
        return false;
    if (v->kind == VALUE_NUMBER)
        return v->number >= p->min && v->number <= p->max &&
               (p->type == LOSS_PARAM_NUMBER || v->number == (double)(int64_t)v->number);
    if (v->kind != VALUE_NAME)
        return true;
    const char *found = strstr(p->choices, v->text);
    size_t n = strlen(v->text);
    return found != NULL && (found == p->choices || found[-1] == '|') && (found[n] == '|' || found[n] == '\0');
}

static int one_param(struct value_arg *out, const struct loss_param *p, struct arena *arena,
                     const struct options *options, struct err *err)
{
    *out = (struct value_arg){p->name, p->has_fallback ? p->fallback : (struct value){0}};
    size_t length = strlen(p->name);
    for (size_t i = 0; i < options->n_set; i++) {
        const char *set = options->set[i];
        if (strncmp(set, p->name, length) != 0 || set[length] != '=')
            continue;
        out->value = set_value(arena, set + length + 1);
        if (!fits_param(&out->value, p))
            return err_set(err, ERR_DATA, "'%s' cannot be '%s'", p->name, set + length + 1);
    }
    if (out->value.kind != VALUE_NONE)
        return 0;
    err_set(err, ERR_DATA, "'%s' has no default", p->name);
    err_hint(err, "Give it a value: --set %s=…", p->name);
    return -1;
}

static int check_names(const struct loss_description *d, const struct options *options, struct err *err)
{
    for (size_t i = 0; i < options->n_set; i++) {
        const char *set = options->set[i];
        size_t length = strcspn(set, "=");
        bool known = false;
        for (size_t k = 0; k < d->n_params; k++)
            known |= strlen(d->params[k].name) == length && strncmp(d->params[k].name, set, length) == 0;
        if (!known || set[length] == '\0')
            return err_set(err, ERR_DATA, "'%s' sets no param of %s", set, d->name);
    }
    return 0;
}

static bool print_report(const struct gradcheck_report *r)
{
    const struct gradcheck_shape *s = &r->shape;
    printf("  %zu row%s, %zu feature%s, %zu classes: ", s->rows, s->rows == 1 ? "" : "s", s->features,
           s->features == 1 ? "" : "s", s->classes);
    if (r->refused) {
        printf("not taken: %s\n", r->refusal.text);
        return false;
    }
    bool ok = r->worst <= GRADCHECK_LIMIT;
    printf("%s, worst %.1e of %zu: %s\n", ok ? "right" : "WRONG", r->worst, r->n, r->where);
    if (!ok)
        printf("    derived %.9g, by differences %.9g\n", r->derived, r->numeric);
    return ok;
}

static enum exit_status check_call(const struct value *call, const struct loss_description *d, struct err *err)
{
    struct gradcheck_report report[GRADCHECK_SHAPES];
    if (gradcheck(report, call, 0, err) < 0)
        return cli_fail(err);
    size_t taken = 0, right = 0;
    printf("%s: %s %s loss%s\n", d->name, d->kind == LOSS_INVARIANCE ? "an" : "a",
           loss_kind_name(d->kind), d->eager ? ", run by Lua at every step" : "");
    for (size_t i = 0; i < GRADCHECK_SHAPES; i++) {
        right += print_report(&report[i]);
        taken += !report[i].refused;
    }
    if (taken == 0) {
        fprintf(stderr, "w2s: %s takes none of these shapes\n", d->name);
        return EXIT_SOURCE;
    }
    printf("%s\n", right == taken ? "the gradient is right" : "the gradient is WRONG");
    return right == taken ? EXIT_DONE : EXIT_CLAIM_FAILED;
}

enum exit_status cmd_gradcheck(const struct options *options)
{
    if (options->n_arguments != 1)
        return cli_misuse("gradcheck wants one Lua file, or the name of a loss of the standard library");
    const char *what = options->arguments[0];
    struct err err = {0};
    struct arena arena = {0};
    struct loss *loss = NULL;
    enum exit_status status;
    char *text = find_script(what, &err);
    if (text == NULL || loss_load(&loss, what, text, strlen(text), &err) < 0) {
        status = cli_fail(&err);
        goto done;
    }
    const struct loss_description *d = loss_description(loss);
    struct value_arg params[LOSS_MAX_PARAMS];
    if (d->kind == LOSS_SHIFT)
        err_set(&err, ERR_DATA, "%s is a shift, of which no gradient is taken", what);
    int ok = err_is_set(&err) ? -1 : check_names(d, options, &err);
    for (size_t i = 0; ok == 0 && i < d->n_params; i++)
        ok = one_param(&params[i], &d->params[i], &arena, options, &err);
    if (ok < 0) {
        status = cli_fail(&err);
        goto done;
    }
    struct value_arg args[] = {
        {"file", value_text(what)},
        {"text", value_text(text)},
        {"params", {.kind = VALUE_CALL, .text = d->name, .n = d->n_params, .args = params}},
    };
    struct value call = {.kind = VALUE_CALL, .text = "lua", .n = ARRAY_LEN(args), .args = args};
    status = check_call(&call, d, &err);
done:
    loss_free(loss);
    mem_free(text);
    arena_release(&arena);
    return status;
}

// --- stdlib --------------------------------------------------------------------------------------
static struct loss *load_stdlib(const struct stdlib_file *file)
{
    struct loss *loss;
    struct err err = {0};
    if (loss_load(&loss, file->name, file->text, file->size, &err) < 0)
        BUG("%s", err.text);
    return loss;
}

static void list_kind(enum loss_kind kind)
{
    size_t n = 0;
    for (const struct stdlib_file *file = stdlib_losses; file->name != NULL; file++) {
        struct loss *loss = load_stdlib(file);
        const struct loss_description *d = loss_description(loss);
        struct str use = {0};
        if (d->kind == kind) {
            loss_use_text(&use, d);
            if (n++ == 0)
                printf("%s\n", loss_kind_name(kind));
            printf("  %-24s %s\n  %-24s %s\n", d->name, d->title, "", str_text(&use));
        }
        str_release(&use);
        loss_free(loss);
    }
}

static void show(const struct stdlib_file *file)
{
    struct loss *loss = load_stdlib(file);
    const struct loss_description *d = loss_description(loss);
    struct str text = {0};
    loss_use_text(&text, d);
    printf("%s: %s\n\n  %s\n", d->name, d->title, str_text(&text));
    if (d->formula[0] != '\0')
        printf("\n  %s\n", d->formula);
    for (size_t i = 0; i < d->n_params; i++) {
        struct str range = {0};
        printf("%s  %-14s %s%s\n", i == 0 ? "\n" : "", d->params[i].name, d->params[i].doc,
               loss_range_text(&range, &d->params[i]));
        str_release(&range);
    }
    for (size_t i = 0; i < d->n_cite; i++)
        printf("%s  %s\n", i == 0 ? "\n" : "", d->cite[i]);
    printf("\n%s", file->text);
    str_release(&text);
    loss_free(loss);
}

enum exit_status cmd_stdlib(const struct options *options)
{
    if (options->n_arguments == 0)
        for (int kind = 0; kind < LOSS_KINDS; kind++)
            list_kind((enum loss_kind)kind);
    for (size_t i = 0; i < options->n_arguments; i++) {
        const struct stdlib_file *file = stdlib_loss(options->arguments[i]);
        if (file == NULL) {
            const char *nearest = lower_nearest_loss(options->arguments[i]);
            fprintf(stderr, "w2s: the standard library has no loss '%s'\n", options->arguments[i]);
            if (nearest != NULL)
                fprintf(stderr, "  did you mean '%s'?\n", nearest);
            return EXIT_MISUSE;
        }
        show(file);
    }
    return EXIT_DONE;
}
