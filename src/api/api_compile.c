// api_compile.c -- the half of libw2s that compiles: from a text to a plan, with all that is wrong
// kept for the caller instead of printed.
#include "api.h"

#include "base/mem.h"
#include "kernel/kernel.h"
#include "plan_print.h"

#include <langinfo.h>
#include <math.h> // NAN only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- failures ------------------------------------------------------------------------------------

enum w2s_status api_fail(struct w2s_error *error, enum w2s_status status, const char *text,
                         const char *hint)
{
    if (error != NULL) {
        error->status = status;
        snprintf(error->text, sizeof error->text, "%s", text);
        snprintf(error->hint, sizeof error->hint, "%s", hint);
    }
    return status;
}

enum w2s_status api_failed(struct w2s_error *error, const struct err *err)
{
    return api_fail(error, (enum w2s_status)err_exit_status(err), err->text, err->hint);
}

bool api_enter(fenv_t *was, struct w2s_error *error)
{
    if (strcmp(nl_langinfo(RADIXCHAR), ".") != 0) {
        api_fail(error, W2S_MISUSE, "LC_NUMERIC is not \"C\": numbers would be misread",
                 "Set LC_NUMERIC to \"C\" before the call.");
        return false;
    }
    fegetenv(was);
    fesetenv(FE_DFL_ENV); // strtod and printf look at the x87's rounding, which the kernels do not use
    kernel_fp_pin();
    return true;
}

void api_leave(const fenv_t *was)
{
    fesetenv(was);
}

// --- compiling -----------------------------------------------------------------------------------

// What a printer of the command line writes, as a text in the arena.
static FILE *begin_text(char **buffer, size_t *n)
{
    FILE *out = open_memstream(buffer, n);
    if (out == NULL)
        BUG("no memory for a text");
    return out;
}

static const char *end_text(struct arena *arena, FILE *out, char **buffer, size_t *n)
{
    fclose(out);
    const char *text = arena_copy(arena, *buffer, *n);
    mem_free(*buffer);
    return text;
}

static void write_messages(struct w2s_experiment *x)
{
    char *buffer;
    size_t n;
    FILE *out = begin_text(&buffer, &n);
    diags_sort(&x->set_diags);
    diags_sort(&x->diags);
    diags_print(out, &x->set_diags, &x->overrides.source, false);
    diags_print(out, &x->diags, &x->source, false);
    x->messages = end_text(&x->arena, out, &buffer, &n);
}

static void write_plan(struct w2s_experiment *x)
{
    char *buffer;
    size_t n;
    FILE *out = begin_text(&buffer, &n);
    plan_print(out, &x->plan);
    x->plan_text = end_text(&x->arena, out, &buffer, &n);
}

static void write_params(struct w2s_experiment *x)
{
    struct str text = {0};
    x->params = arena_array(&x->arena, x->plan.n_points, sizeof *x->params);
    for (size_t i = 0; i < x->plan.n_points; i++) {
        const struct plan_point *point = &x->plan.points[i];
        x->params[i] = arena_array(&x->arena, point->n, sizeof **x->params);
        for (size_t k = 0; k < point->n; k++) {
            const struct value *v = &point->value[k];
            str_clear(&text);
            value_write(&text, v);
            bool plain = v->kind == VALUE_TEXT; // without quotes
            x->params[i][k] = (struct w2s_param){
                .name = point->name[k],
                .value = arena_text(&x->arena, plain ? v->text : str_text(&text)),
                .number = v->kind == VALUE_NUMBER ? v->number : NAN,
            };
        }
    }
    str_release(&text);
}

static void lower(struct w2s_experiment *x, struct err *err)
{
    struct lower_options how = {.folder = x->folder,
                                .overrides = &x->overrides.ast,
                                .seeds = x->overrides.seeds,
                                .command = &x->set_diags,
                                .flow = &x->flow};
    x->right = lower_program(&x->plan, &x->program, &how, &x->diags, err);
}

// False with `err` set, and *status for what is wrong with the arguments rather than with the world.
static bool compile(struct w2s_experiment *x, const char *const *set, const char *seeds,
                    enum w2s_status *status, struct err *err)
{
    size_t n = 0;
    while (set != NULL && set[n] != NULL)
        n++;
    bool parsed = ast_parse(&x->ast, &x->source, &x->arena, &x->diags);
    resolve(&x->program, &x->ast, &x->arena, &x->diags);
    if (parsed &&
        overrides_read(&x->overrides, &x->arena, &x->set_diags, set, n, seeds, err) &&
        overrides_fit(&x->overrides, &x->program, x->source.path, err)) {
        lower(x, err);
        *status = W2S_OK;
    } else {
        *status = W2S_MISUSE;
    }
    if (err_is_set(err))
        return false;
    write_messages(x);
    if (x->right) {
        write_plan(x);
        write_params(x);
    }
    return true;
}

static struct w2s_experiment *experiment_new(void)
{
    struct w2s_experiment *x = mem_new(sizeof *x);
    diags_init(&x->set_diags, &x->arena);
    diags_init(&x->diags, &x->arena);
    plan_init(&x->plan);
    x->plan_text = "";
    return x;
}

void w2s_experiment_free(struct w2s_experiment *x)
{
    if (x == NULL)
        return;
    flow_release(&x->flow);
    plan_release(&x->plan);
    diags_release(&x->diags);
    diags_release(&x->set_diags);
    arena_release(&x->arena);
    mem_free(x);
}

// Takes x. `read`: whether its source could be read.
static struct w2s_experiment *compile_or_fail(struct w2s_experiment *x, int read,
                                              const char *const *set, const char *seeds,
                                              struct err *err, struct w2s_error *error)
{
    enum w2s_status status = W2S_OK;
    if (read == 0 && compile(x, set, seeds, &status, err))
        return x;
    if (read == 0 && status != W2S_OK)
        api_fail(error, status, err->text, err->hint);
    else
        api_failed(error, err);
    w2s_experiment_free(x);
    return NULL;
}

struct w2s_experiment *w2s_compile_file(const char *path, const char *const *set,
                                        const char *seeds, struct w2s_error *error)
{
    fenv_t was;
    struct err err = {0};
    if (path == NULL) {
        api_fail(error, W2S_MISUSE, "no path was given", "");
        return NULL;
    }
    if (!api_enter(&was, error))
        return NULL;
    struct w2s_experiment *x = experiment_new();
    int read = source_read(&x->source, &x->arena, path, &err);
    x->folder = source_folder(&x->arena, path);
    x = compile_or_fail(x, read, set, seeds, &err, error);
    api_leave(&was);
    return x;
}

struct w2s_experiment *w2s_compile_text(const char *name, const char *text, size_t n,
                                        const char *folder, const char *const *set,
                                        const char *seeds, struct w2s_error *error)
{
    fenv_t was;
    struct err err = {0};
    if (name == NULL || (text == NULL && n > 0) || folder == NULL) {
        api_fail(error, W2S_MISUSE, "no name, text or folder was given", "");
        return NULL;
    }
    if (!api_enter(&was, error))
        return NULL;
    struct w2s_experiment *x = experiment_new();
    int read = source_from_text(&x->source, &x->arena, name, n > 0 ? text : "", n, &err);
    x->folder = arena_text(&x->arena, folder);
    x = compile_or_fail(x, read, set, seeds, &err, error);
    api_leave(&was);
    return x;
}

// --- reading -------------------------------------------------------------------------------------

const char *w2s_version(void)
{
    return W2S_VERSION;
}

const char *w2s_kernels(void)
{
    return kernel_select(NULL)->isa;
}

int w2s_is_right(const struct w2s_experiment *x)
{
    return x->right;
}

size_t w2s_n_diagnostics(const struct w2s_experiment *x)
{
    return x->set_diags.n + x->diags.n;
}

static struct w2s_span span_of(const struct source *source, struct span span)
{
    if (span.begin == 0 && span.end == 0)
        return (struct w2s_span){0};
    struct place begin = source_place(source, span.begin), end = source_place(source, span.end);
    return (struct w2s_span){begin.line, begin.column, end.line, end.column};
}

static const char *code_text(enum diag_code code)
{
    switch (code) {
#define DIAG(id, number, title)                                                                    \
    case DIAG_##id:                                                                                \
        return "W2S0" #number;
#include "diag.def"
#undef DIAG
    }
    return "";
}

struct w2s_diagnostic w2s_diagnostic(const struct w2s_experiment *x, size_t i)
{
    if (i >= w2s_n_diagnostics(x))
        return (struct w2s_diagnostic){0};
    bool set = i < x->set_diags.n;
    const struct diag *d = set ? &x->set_diags.items[i] : &x->diags.items[i - x->set_diags.n];
    const struct source *source = set ? &x->overrides.source : &x->source;
    return (struct w2s_diagnostic){
        .is_error = d->severity == DIAG_ERROR,
        .code = code_text(d->code),
        .file = source->path,
        .message = d->text,
        .hint = d->hint,
        .span = span_of(source, d->span),
        .other = d->other_text,
        .other_span = span_of(source, d->other),
    };
}

const char *w2s_messages(const struct w2s_experiment *x)
{
    return x->messages;
}

const char *w2s_plan_text(const struct w2s_experiment *x)
{
    return x->plan_text;
}

struct w2s_plan w2s_plan(const struct w2s_experiment *x)
{
    const struct plan *plan = &x->plan;
    if (!x->right)
        return (struct w2s_plan){.title = ""};
    return (struct w2s_plan){
        .title = plan->title,
        .n_steps = plan->n,
        .n_points = plan->n_points,
        .n_results = plan->n_numbers,
        .n_claims = plan->n_claims,
        .n_seeds = plan->n_seeds,
        .seeds = plan->seeds,
        .flop = plan_flops(plan),
    };
}

size_t w2s_n_params(const struct w2s_experiment *x, size_t point)
{
    return x->right && point < x->plan.n_points ? x->plan.points[point].n : 0;
}

struct w2s_param w2s_param(const struct w2s_experiment *x, size_t point, size_t i)
{
    return i < w2s_n_params(x, point) ? x->params[point][i] : (struct w2s_param){0};
}
