// lower_loss.c -- see lower_loss.h.
#include "lower_loss.h"

#include "base/mem.h"
#include "hook/stdlib.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SCRIPT_MAX = 1 << 20 };

struct loss_cache {
    struct known_loss **items; // each on its own: pointers to them are handed out
    size_t n, cap;
};

struct loss_cache *loss_cache_new(void)
{
    return mem_new(sizeof(struct loss_cache));
}

void loss_cache_free(struct loss_cache *cache)
{
    for (size_t i = 0; i < cache->n; i++) {
        struct known_loss *known = cache->items[i];
        loss_free(known->loss);
        mem_free((char *)known->name);
        if (known->is_file)
            mem_free((char *)known->text);
        mem_free(known);
    }
    mem_free(cache->items);
    mem_free(cache);
}

// --- found and loaded ---------------------------------------------------------------------------------
static struct known_loss *find(const struct loss_cache *cache, const char *name, bool is_file)
{
    for (size_t i = 0; i < cache->n; i++)
        if (cache->items[i]->is_file == is_file && strcmp(cache->items[i]->name, name) == 0)
            return cache->items[i];
    return NULL;
}

static struct known_loss *append(struct loss_cache *cache, const char *name, bool is_file,
                                 const char *text)
{
    cache->items = mem_grow(cache->items, &cache->cap, cache->n + 1, sizeof *cache->items);
    struct known_loss *known = cache->items[cache->n++] = mem_new(sizeof *known);
    size_t size = strlen(name) + 1;
    *known = (struct known_loss){.name = memcpy(mem_new(size), name, size), .is_file = is_file,
                                 .text = text};
    return known;
}

const struct known_loss *lower_stdlib_loss(struct lowering *l, const char *name)
{
    const struct stdlib_file *file = stdlib_loss(name);
    if (file == NULL)
        return NULL;
    struct known_loss *known = find(l->losses, name, false);
    if (known != NULL)
        return known;
    known = append(l->losses, name, false, file->text);
    const char *shown = arena_format(l->scratch, "%s.lua", name);
    if (loss_load(&known->loss, shown, file->text, file->size, &known->error) < 0)
        BUG("%s", known->error.text);
    return known;
}

char *script_read(const char *path, struct err *error)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        err_set(error, errno == ENOENT ? ERR_MISSING : ERR_IO, "%s", strerror(errno));
        return NULL;
    }
    char *text = mem_new(SCRIPT_MAX + 1);
    size_t n = fread(text, 1, SCRIPT_MAX + 1, file);
    if (ferror(file))
        err_set(error, ERR_IO, "%s", strerror(errno));
    else if (n > SCRIPT_MAX)
        err_set(error, ERR_DATA, "it is longer than %d bytes", SCRIPT_MAX);
    else if (memchr(text, '\0', n) != NULL)
        err_set(error, ERR_DATA, "it is no text: it holds a byte 0");
    fclose(file);
    if (err_is_set(error)) {
        mem_free(text);
        return NULL;
    }
    text[n] = '\0';
    return text;
}

const struct known_loss *lower_loss_file(struct lowering *l, const char *path, struct span span)
{
    struct known_loss *known = find(l->losses, path, true);
    if (known == NULL) {
        bool relative = path[0] != '/' && l->folder != NULL;
        const char *full = relative ? arena_format(l->scratch, "%s/%s", l->folder, path) : path;
        struct err error = {0};
        char *text = script_read(full, &error);
        known = append(l->losses, path, true, text);
        if (text == NULL)
            err_set(&known->error, error.kind, "cannot read '%s': %s", path, error.text);
        else if (loss_load(&known->loss, path, text, strlen(text), &known->error) < 0)
            known->loss = NULL;
    }
    if (known->loss != NULL)
        return known;
    struct diag *diag = diag_error(l->diags, DIAG_SCRIPT, span, "%s", known->error.text);
    if (known->error.hint[0] != '\0')
        diag_hint(l->diags, diag, "%s", known->error.hint);
    return NULL;
}

// --- rows of the schema -------------------------------------------------------------------------------
enum { ROWS_MAX = 1 + CALL_MAX_ARGS };

struct rows {
    struct schema_row *row;
    size_t n;
};

static void add(struct rows *rows, struct schema_row row)
{
    if (rows->n < ROWS_MAX)
        rows->row[rows->n++] = row;
}

static struct schema_row param_row(struct lowering *l, const struct loss_param *p)
{
    static const enum schema_type type[] = {
        [LOSS_PARAM_NUMBER] = TYPE_NUMBER, [LOSS_PARAM_WHOLE] = TYPE_INT,
        [LOSS_PARAM_BOOL] = TYPE_BOOL,     [LOSS_PARAM_CHOICE] = TYPE_CHOICE,
        [LOSS_PARAM_NUMBERS] = TYPE_NUMBERS,
    };
    struct str fallback = {0};
    if (p->has_fallback)
        value_write(&fallback, &p->fallback);
    struct schema_row row = {.row = ROW_ARG, .name = p->name, .type = type[p->type], .min = p->min,
                             .max = p->max, .choices = p->choices, .doc = p->doc};
    row.fallback = arena_text(l->scratch, str_text(&fallback)); // "" when there is none: required
    str_release(&fallback);
    return row;
}

// The arguments of a row of schema.def but for the one that names the loss.
static void add_args(struct rows *rows, const char *call_name)
{
    const struct schema_row *call = schema_call(GROUP_GUIDANCE, call_name), *arg;
    for (size_t i = 0; (arg = schema_arg(call, i)) != NULL; i++)
        if (arg->type != TYPE_LOSS)
            add(rows, *arg);
}

static const struct schema_row from_row = {
    .row = ROW_ARG, .name = "from", .type = TYPE_TARGETS, .fallback = "", .choices = "",
    .doc = "the teacher, or the guidance it is made from",
};
static const struct schema_row reference_row = {
    .row = ROW_ARG, .name = "reference", .type = TYPE_FROZEN, .fallback = "-", .choices = "",
    .doc = "the frozen model it compares with; the student's own start when left out",
};

static const struct schema_row labels_row = {
    .row = ROW_ARG, .name = "labels", .type = TYPE_LABELS, .fallback = "-", .choices = "",
    .doc = "the word `labels`: the loss reads the gold labels of the rows",
};

static void add_kind(struct rows *rows, const struct loss_description *d)
{
    if (d->kind == LOSS_TARGET)
        add(rows, from_row);
    else if (d->kind == LOSS_PREFERENCE)
        add_args(rows, "preferences");
    else if (d->kind == LOSS_REPRESENTATION)
        add_args(rows, "representation");
}

const struct schema_row *lower_loss_rows(struct lowering *l, const struct schema_row *call,
                                         const struct known_loss *known)
{
    const struct loss_description *d = loss_description(known->loss);
    struct rows rows = {arena_array(l->scratch, ROWS_MAX + 1, sizeof(struct schema_row)), 0};
    add(&rows, *call);
    bool is_plumbing = schema_arg(call, 0) != NULL; // of schema.def, so its arguments follow it
    for (size_t i = 0; is_plumbing && schema_arg(call, i) != NULL; i++)
        add(&rows, *schema_arg(call, i));
    if (!is_plumbing || strcmp(call->name, "lua") == 0)
        add_kind(&rows, d);
    if ((d->reads & READS_LABELS) != 0)
        add(&rows, labels_row);
    if ((d->reads & READS_REFERENCE) != 0)
        add(&rows, reference_row);
    for (size_t i = 0; i < d->n_params; i++)
        add(&rows, param_row(l, &d->params[i]));
    rows.row[rows.n] = (struct schema_row){.row = ROW_END};
    return rows.row;
}

const struct expr *lower_naming_argument(const struct expr *expr, const struct schema_row *call)
{
    const struct schema_row *arg;
    size_t at = 0, position = 0;
    while ((arg = schema_arg(call, at)) != NULL && arg->type != TYPE_LOSS && arg->type != TYPE_TEXT)
        at++;
    for (const struct arg *a = expr->kind == EXPR_CALL ? expr->args : NULL; a != NULL; a = a->next) {
        if (a->name == NULL ? position++ == at : strcmp(a->name, arg->name) == 0)
            return a->value;
    }
    return NULL;
}

const char *lower_nearest_loss(const char *name)
{
    const char *names[128];
    size_t n = 0;
    for (const struct stdlib_file *f = stdlib_losses; f->name != NULL && n < ARRAY_LEN(names); f++)
        names[n++] = f->name;
    return diag_nearest(name, names, n);
}

bool guidance_is_known(const char *name)
{
    return schema_call(GROUP_GUIDANCE, name) != NULL || stdlib_loss(name) != NULL;
}

const struct schema_row *lower_guidance_row(struct lowering *l, const char *name)
{
    const struct schema_row *row = schema_call(GROUP_GUIDANCE, name);
    const struct known_loss *known = row == NULL ? lower_stdlib_loss(l, name) : NULL;
    if (known == NULL)
        return row;
    const struct loss_description *d = loss_description(known->loss);
    struct schema_row *bare = arena_array(l->scratch, 2, sizeof *bare);
    bare[0] = (struct schema_row){.row = ROW_CALL, .group = GROUP_GUIDANCE, .fallback = "-",
                                  .name = known->name, .choices = "", .doc = d->title};
    bare[1] = (struct schema_row){.row = ROW_END};
    bool by_name = d->kind == LOSS_TARGET || d->kind == LOSS_INVARIANCE;
    return by_name ? lower_loss_rows(l, bare, known) : bare;
}

struct value lower_loss_value(struct lowering *l, const struct known_loss *known,
                              const struct value *bound)
{
    const struct loss_description *d = loss_description(known->loss);
    struct value_arg params[LOSS_MAX_PARAMS];
    for (size_t i = 0; i < d->n_params; i++) {
        const struct value *given = value_arg(bound, d->params[i].name);
        params[i] = (struct value_arg){d->params[i].name, given != NULL ? *given : (struct value){0}};
    }
    struct value call = lower_make_call(l, d->name, d->n_params, params);
    if (!known->is_file)
        return call;
    struct value_arg args[] = {
        {"file", value_text(known->name)},
        {"text", value_text(known->text)},
        {"params", call},
    };
    return lower_make_call(l, "lua", ARRAY_LEN(args), args);
}
