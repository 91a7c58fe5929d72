// lsp_hover.c -- what a name means: its kind, its shapes, the documentation of the schema, in Markdown.
#include "lsp/lsp.h"

#include "hook/loss.h"
#include "hook/stdlib.h"
#include "lsp/lsp_text.h"

#include <string.h>

// --- rows of the schema, shared with completion ----------------------------------------------------
void lsp_row_text(struct str *out, const struct schema_row *row)
{
    const char *type = row->choices[0] != '\0' ? NULL : schema_type_noun(row->type);
    str_add(out, row->doc);
    if (row->choices[0] != '\0') {
        str_add(out, "\n\none of ");
        for (const char *p = row->choices; *p != '\0'; p++)
            str_add(out, *p == '|' ? ", " : (char[]){*p, '\0'});
    } else if (type != NULL) {
        str_format(out, "\n\n%s", type);
        if ((row->type == TYPE_NUMBER || row->type == TYPE_INT) && row->min < row->max &&
            (row->min > -1e30 || row->max < 1e30))
            str_format(out, " in %g..%g", row->min, row->max);
    }
    if (row->fallback[0] != '\0' && row->fallback[0] != '-')
        str_format(out, "; default %s", row->fallback);
    if (row->row != ROW_CALL && row->fallback[0] == '\0')
        str_add(out, "; must be given");
}

void lsp_call_text(struct str *out, const struct schema_row *call)
{
    str_format(out, "**%s(", call->name);
    const struct schema_row *arg;
    for (size_t i = 0; (arg = schema_arg(call, i)) != NULL; i++)
        str_format(out, "%s%s%s%s", i > 0 ? ", " : "", arg->name,
                   arg->fallback[0] != '\0' && arg->fallback[0] != '-' ? ": " : "",
                   arg->fallback[0] != '-' ? arg->fallback : "");
    str_format(out, ")** – %s: %s\n", schema_group_noun(call->group), call->doc);
    for (size_t i = 0; (arg = schema_arg(call, i)) != NULL; i++)
        str_format(out, "\n- `%s`: %s", arg->name, arg->doc);
}

bool lsp_loss_text(struct str *out, const char *name)
{
    const struct stdlib_file *file = stdlib_loss(name);
    struct loss *loss;
    struct err err = {0};
    if (file == NULL || loss_load(&loss, name, file->text, file->size, &err) < 0)
        return false;
    const struct loss_description *d = loss_description(loss);
    str_format(out, "**%s** – a %s loss: %s\n", name, loss_kind_name(d->kind), d->title);
    if (d->formula[0] != '\0')
        str_format(out, "\n    %s\n", d->formula);
    for (size_t i = 0; i < d->n_params; i++)
        str_format(out, "\n- `%s`: %s", d->params[i].name, d->params[i].doc);
    for (size_t i = 0; i < d->n_cite; i++)
        str_format(out, "\n\n%s", d->cite[i]);
    loss_free(loss);
    return true;
}

// --- declarations --------------------------------------------------------------------------------
static const struct step *step_of(const struct lsp_document *d, const char *label, bool trained)
{
    for (size_t i = 0; i < d->plan.n; i++) {
        const struct step *s = &d->plan.steps[i];
        if (strcmp(s->label, label) == 0 && (s->kind == STEP_train) == trained)
            return s;
    }
    return NULL;
}

static void shape(struct str *out, const struct step_facts *f)
{
    if (f->features == 0)
        return;
    if (f->rows > 0)
        str_format(out, "\n\n%llu rows x %llu features", (unsigned long long)f->rows,
                   (unsigned long long)f->features);
    else
        str_format(out, "\n\n%llu features", (unsigned long long)f->features);
    if (f->classes > 0)
        str_format(out, ", %llu classes", (unsigned long long)f->classes);
    if (f->height > 0)
        str_format(out, ", %ux%u images", (unsigned)f->height, (unsigned)f->width);
}

static void symbol_text(struct str *out, const struct lsp_document *d, const struct symbol *symbol)
{
    enum decl_kind kind = symbol->decl->kind;
    str_format(out, "**%s %s**", decl_keyword(kind), symbol->name);
    if (symbol->base != NULL)
        str_format(out, " – made from `%s`", symbol->base->name);
    if (symbol->decl->value != NULL) {
        struct str value = {0};
        expr_format(&value, symbol->decl->value);
        str_format(out, "\n\n    %s", str_text(&value));
        str_release(&value);
    }
    bool trained = kind == DECL_TEACHER || kind == DECL_STUDENT;
    const struct step *step = step_of(d, symbol->name, trained);
    if (step != NULL)
        shape(out, &step->facts);
    if (step != NULL && trained) {
        const struct value *model = value_arg(&step->attrs, "model");
        str_add(out, "\n\n");
        if (model != NULL)
            value_write(out, model);
        str_format(out, ", %llu parameters", (unsigned long long)step->facts.params);
    }
}

static void member_text(struct str *out, const struct lsp_document *d, const struct lsp_found *f)
{
    if (f->symbol == NULL)
        return;
    struct str label = {0};
    str_format(&label, "%s.%s", f->symbol->name, f->name);
    const struct step *step = step_of(d, str_text(&label), false);
    bool is_part = lsp_part(f->symbol, f->name).end > 0;
    if (is_part || step != NULL)
        str_format(out, "**%s** – %s", str_text(&label), is_part ? "a part of data" : "a member");
    if (step != NULL)
        shape(out, &step->facts);
    str_release(&label);
}

static void keyword_text(struct str *out, enum decl_kind kind)
{
    str_format(out, "**%s** – begins %s\n", decl_keyword(kind), decl_noun(kind));
    const struct schema_row *row = NULL;
    while ((row = schema_next_setting(kind, row)) != NULL)
        str_format(out, "\n- `%s`: %s", row->name, row->doc);
}

static void let_text(struct str *out, const struct stmt *let)
{
    struct str value = {0};
    expr_format(&value, let->value);
    str_format(out, "**let %s** = `%s`", let->name, str_text(&value));
    str_release(&value);
}

static void text_of(struct str *out, const struct lsp_document *d, const struct lsp_found *f)
{
    switch (f->thing) {
    case LSP_KEYWORD: keyword_text(out, f->decl->kind); break;
    case LSP_SYMBOL: symbol_text(out, d, f->symbol); break;
    case LSP_LET: let_text(out, f->let); break;
    case LSP_MEMBER: member_text(out, d, f); break;
    case LSP_CALL:
        if (f->row != NULL)
            lsp_call_text(out, f->row);
        else
            lsp_loss_text(out, f->name);
        break;
    case LSP_SETTING:
    case LSP_ARGUMENT:
        if (f->row != NULL) {
            str_format(out, "**%s** – ", f->name);
            lsp_row_text(out, f->row);
        }
        break;
    case LSP_NOTHING: break;
    }
}

json_t *lsp_hover(const struct lsp_document *d, uint32_t offset)
{
    struct lsp_found f = lsp_find(d, offset);
    struct str text = {0};
    text_of(&text, d, &f);
    json_t *json = text.len == 0 ? json_null()
                                 : json_pack("{s:{s:s, s:s}, s:o}", "contents", "kind", "markdown",
                                             "value", str_text(&text), "range",
                                             lsp_range(&d->source, f.span));
    str_release(&text);
    return json;
}
