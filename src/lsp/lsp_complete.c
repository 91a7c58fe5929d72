// lsp_complete.c -- what may be written at an offset. The schema says what a place takes; the file says
// which names there are.
#include "lsp/lsp.h"

#include "base/mem.h"
#include "hook/stdlib.h"
#include "lsp/lsp_text.h"

#include <string.h>

// Kinds of items, as the protocol numbers them.
enum { ITEM_FUNCTION = 3, ITEM_FIELD = 5, ITEM_VARIABLE = 6, ITEM_PROPERTY = 10, ITEM_KEYWORD = 14, ITEM_WORD = 20 };

static void add(json_t *list, const char *label, int kind, const char *detail, const char *insert)
{
    json_t *item = json_pack("{s:s, s:i}", "label", label, "kind", kind);
    if (detail != NULL)
        json_object_set_new(item, "detail", json_string(detail));
    if (insert != NULL)
        json_object_set_new(item, "insertText", json_string(insert));
    json_array_append_new(list, item);
}

static void add_symbols(json_t *list, const struct lsp_document *d, unsigned kinds)
{
    for (size_t i = 0; i < d->program.n_symbols; i++) {
        const struct symbol *s = &d->program.symbols[i];
        if (s->decl->name != NULL && (kinds & KIND_BIT(s->decl->kind)) != 0)
            add(list, s->name, ITEM_VARIABLE, decl_keyword(s->decl->kind), NULL);
    }
}

static void add_calls(json_t *list, enum schema_group group)
{
    const struct schema_row *row = NULL;
    while ((row = schema_next_call(group, row)) != NULL) {
        struct str insert = {0};
        str_format(&insert, "%s%s", row->name, schema_arg(row, 0) != NULL ? "(" : "");
        if (row->state == STATE_READY)
            add(list, row->name, ITEM_FUNCTION, row->doc, str_text(&insert));
        str_release(&insert);
    }
}

static void add_losses(json_t *list)
{
    for (const struct stdlib_file *f = stdlib_losses; f->name != NULL; f++)
        add(list, f->name, ITEM_FUNCTION, "a loss of the standard library", NULL);
}

static void add_choices(json_t *list, const char *choices)
{
    while (*choices != '\0') {
        size_t n = strcspn(choices, "|");
        char word[128];
        if (n < sizeof word && choices[0] != '~') {
            memcpy(word, choices, n);
            word[n] = '\0';
            add(list, word, ITEM_WORD, NULL, NULL);
        }
        choices += n + (choices[n] == '|');
    }
}

// What a value of the row's type may begin with.
static void add_values(json_t *list, const struct lsp_document *d, const struct schema_row *row)
{
    const unsigned trained = KIND_BIT(DECL_TEACHER) | KIND_BIT(DECL_STUDENT);
    add_choices(list, row->choices);
    switch (row->type) {
    case TYPE_BOOL:
        add(list, "true", ITEM_WORD, NULL, NULL);
        add(list, "false", ITEM_WORD, NULL, NULL);
        break;
    case TYPE_LABELS: add(list, "labels", ITEM_WORD, "the gold labels of the rows", NULL); break;
    case TYPE_MODEL:
        add_symbols(list, d, KIND_BIT(DECL_MODEL));
        add_calls(list, GROUP_MODEL);
        break;
    case TYPE_OPTIMISER: add_calls(list, GROUP_OPTIMISER); break;
    case TYPE_WEIGHT: add_calls(list, GROUP_SCHEDULE); break;
    case TYPE_DATA:
    case TYPE_DATAS:
        add_symbols(list, d, KIND_BIT(DECL_DATA));
        add_calls(list, GROUP_DATA);
        break;
    case TYPE_OBJECTIVE:
        add_symbols(list, d, KIND_BIT(DECL_GUIDANCE) | KIND_BIT(DECL_PARAM));
        add_calls(list, GROUP_TERM);
        add_calls(list, GROUP_GUIDANCE);
        add_calls(list, GROUP_SCHEDULE);
        add_losses(list);
        break;
    case TYPE_LOSS: add_losses(list); break;
    case TYPE_GUIDANCE: add_symbols(list, d, KIND_BIT(DECL_GUIDANCE)); break;
    case TYPE_TARGETS: add_symbols(list, d, trained | KIND_BIT(DECL_GUIDANCE)); break;
    case TYPE_TEACHER:
    case TYPE_TEACHER_LAYER:
    case TYPE_FROZEN: add_symbols(list, d, trained); break;
    case TYPE_STUDENT: add_symbols(list, d, KIND_BIT(DECL_STUDENT)); break;
    case TYPE_MODEL_REF:
    case TYPE_MODELS:
        add_symbols(list, d, trained);
        add_calls(list, GROUP_REFERENCE);
        break;
    case TYPE_METRICS: add_calls(list, GROUP_METRIC); break;
    default: add_symbols(list, d, KIND_BIT(DECL_PARAM)); break;
    }
}

static void add_members(json_t *list, const struct lsp_document *d, const char *owner)
{
    const struct symbol *symbol = program_find(&d->program, owner);
    if (symbol == NULL)
        return;
    const struct setting *split = symbol_setting(symbol, "split");
    const struct arg *a = split != NULL && split->value->kind == EXPR_MAP ? split->value->args : NULL;
    for (; a != NULL; a = a->next)
        if (a->name != NULL)
            add(list, a->name, ITEM_FIELD, "a part of the split", NULL);
    if (symbol->decl->kind == DECL_TEACHER || symbol->decl->kind == DECL_STUDENT)
        add(list, "hidden", ITEM_FIELD, "a hidden layer: hidden[1]", "hidden[");
}

static void add_arguments(json_t *list, const struct schema_row *call)
{
    const struct schema_row *arg;
    for (size_t i = 0; call != NULL && (arg = schema_arg(call, i)) != NULL; i++) {
        struct str insert = {0};
        str_format(&insert, "%s: ", arg->name);
        add(list, arg->name, ITEM_PROPERTY, arg->doc, str_text(&insert));
        str_release(&insert);
    }
}

// Inside the parentheses of a call: values of the argument that is named, or of the first, and names.
static void in_call(json_t *list, const struct lsp_document *d, const struct lsp_context *c)
{
    const struct schema_row *call = lsp_call(c->call), *arg, *wanted = NULL;
    for (size_t i = 0; call != NULL && (arg = schema_arg(call, i)) != NULL; i++)
        if (c->argument[0] == '\0' ? i == 0 : strcmp(arg->name, c->argument) == 0)
            wanted = arg;
    if (wanted != NULL)
        add_values(list, d, wanted);
    else if (stdlib_loss(c->call) != NULL)
        add_symbols(list, d, KIND_BIT(DECL_TEACHER) | KIND_BIT(DECL_STUDENT) | KIND_BIT(DECL_GUIDANCE));
    if (c->argument[0] == '\0')
        add_arguments(list, call);
    if (c->argument[0] == '\0' && call == NULL)
        add(list, "from", ITEM_PROPERTY, "the teacher, or the guidance it is made from", "from: ");
}

static void settings(json_t *list, enum decl_kind kind)
{
    const struct schema_row *row = NULL;
    while ((row = schema_next_setting(kind, row)) != NULL) {
        struct str insert = {0};
        str_format(&insert, "%s = ", row->name);
        if (row->state == STATE_READY)
            add(list, row->name, ITEM_PROPERTY, row->doc, str_text(&insert));
        str_release(&insert);
    }
    add(list, "let", ITEM_KEYWORD, "a name for an expression in this block", "let ");
}

// The value of a declaration: data d = …, guidance g = ….
static void declared(json_t *list, const struct lsp_document *d, int kind)
{
    static const struct {
        enum decl_kind kind;
        int group;
    } made_by[] = {{DECL_DATA, GROUP_SOURCE},         {DECL_SHIFT, GROUP_SHIFT},
                   {DECL_MODEL, GROUP_MODEL},         {DECL_TEACHER, GROUP_TEACHER},
                   {DECL_GUIDANCE, GROUP_GUIDANCE},   {DECL_STUDENT, -1}};
    for (size_t i = 0; i < ARRAY_LEN(made_by); i++) {
        if ((int)made_by[i].kind != kind)
            continue;
        if (made_by[i].group >= 0)
            add_calls(list, (enum schema_group)made_by[i].group);
        add_symbols(list, d, KIND_BIT(made_by[i].kind));
    }
    if (kind == DECL_GUIDANCE)
        add_losses(list);
    if (kind == DECL_CONTROL)
        add_calls(list, GROUP_CONTROL);
}

static void fill(json_t *list, const struct lsp_document *d, const struct lsp_context *c)
{
    const struct schema_row *row =
        c->kind >= 0 ? schema_setting((enum decl_kind)c->kind, c->setting) : NULL;
    if (c->owner[0] != '\0') {
        add_members(list, d, c->owner);
    } else if (c->after_pipe) {
        add_symbols(list, d, KIND_BIT(DECL_SHIFT));
        add_calls(list, GROUP_SHIFT);
    } else if (c->at_top) {
        for (int kind = DECL_EXPERIMENT; kind <= DECL_REPORT; kind++)
            add(list, decl_keyword((enum decl_kind)kind), ITEM_KEYWORD, decl_noun((enum decl_kind)kind), NULL);
    } else if (c->call[0] != '\0') {
        in_call(list, d, c);
    } else if (c->at_statement && c->kind >= 0) {
        settings(list, (enum decl_kind)c->kind);
    } else if (row != NULL) {
        add_values(list, d, row);
    } else if (c->kind >= 0) {
        declared(list, d, c->kind);
    }
    if (c->at_statement && c->kind == DECL_CLAIM)
        add_calls(list, GROUP_METRIC);
}

json_t *lsp_complete(const struct lsp_document *d, uint32_t offset)
{
    json_t *list = json_array();
    struct lsp_context c = lsp_context(d->source.bytes, offset);
    if (!c.in_text && !c.in_comment)
        fill(list, d, &c);
    return list;
}
