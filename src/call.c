// call.c -- calls by the schema: callees found, arguments matched with their names, defaults filled in; and what
// all of lowering shares: depth, circles, `let` names, labels.
#include "lower.h"
#include "lower_loss.h"

#include <string.h>

bool lower_enter(struct lowering *l, struct span span)
{
    if (l->spent)
        return false; // reported
    if (++l->work > LOWER_MAX_WORK || ++l->total > LOWER_MAX_TOTAL) {
        l->spent = true;
        diag_error(l->diags, DIAG_TOO_DEEP, span,
                   "the file asks for too much: more than %d expressions%s",
                   l->work > LOWER_MAX_WORK ? LOWER_MAX_WORK : LOWER_MAX_TOTAL,
                   l->work > LOWER_MAX_WORK ? ", names expanded" : " in all points and seeds");
        return false;
    }
    if (l->depth == LOWER_MAX_DEPTH) {
        diag_error(l->diags, DIAG_TOO_DEEP, span, "nested deeper than %d levels", LOWER_MAX_DEPTH);
        return false;
    }
    l->depth++;
    return true;
}

void lower_leave(struct lowering *l)
{
    l->depth--;
}

bool lower_open(struct lowering *l, const struct symbol *symbol)
{
    if (symbol->broken)
        return false; // reported
    if (l->open[symbol->number]) {
        diag_error(l->diags, DIAG_CYCLE, symbol->span, "'%s' is made from itself", symbol->name);
        return false;
    }
    l->open[symbol->number] = true;
    return true;
}

void lower_close(struct lowering *l, const struct symbol *symbol)
{
    l->open[symbol->number] = false;
}

static const struct stmt *find_let(const struct block *block, const char *name)
{
    for (const struct stmt *s = block != NULL ? block->first : NULL; s != NULL; s = s->next)
        if (s->kind == STMT_LET && strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

bool lower_follow(struct lowering *l, struct scoped *s)
{
    struct span first = s->expr->span;
    for (int steps = 0; s->expr->kind == EXPR_NAME; steps++) {
        const struct stmt *let = find_let(s->block, s->expr->text);
        if (let == NULL)
            return true;
        if (steps == LOWER_MAX_DEPTH) {
            diag_error(l->diags, DIAG_CYCLE, first, "'%s' is defined by itself", s->expr->text);
            return false;
        }
        s->expr = let->value;
    }
    return true;
}

struct value lower_make_call(struct lowering *l, const char *callee, size_t n, const struct value_arg *args)
{
    struct value_arg *copy = arena_array(l->scratch, n, sizeof *copy);
    if (n > 0)
        memcpy(copy, args, n * sizeof *copy);
    return (struct value){.kind = VALUE_CALL, .text = callee, .n = n, .args = copy};
}

struct value lower_make_list(struct lowering *l, size_t n, const struct value *items)
{
    struct value *copy = arena_array(l->scratch, n, sizeof *copy);
    if (n > 0)
        memcpy(copy, items, n * sizeof *copy);
    return (struct value){.kind = VALUE_LIST, .n = n, .items = copy};
}

static const struct expr *without_lets(struct lowering *l, struct scoped s);

static const struct arg *args_without_lets(struct lowering *l, const struct arg *args,
                                           const struct block *block)
{
    const struct arg *first = NULL, **end = &first;
    for (const struct arg *a = args; a != NULL; a = a->next) {
        struct arg *copy = arena_alloc(l->scratch, sizeof *copy);
        *copy = *a;
        copy->value = without_lets(l, (struct scoped){a->value, block});
        *end = copy;
        end = &copy->next;
    }
    return first;
}

static const struct expr *without_lets(struct lowering *l, struct scoped s)
{
    if (!lower_follow(l, &s) || !lower_enter(l, s.expr->span))
        return s.expr; // reported
    struct expr *copy = arena_alloc(l->scratch, sizeof *copy);
    *copy = *s.expr;
    if (copy->left != NULL && copy->kind != EXPR_CALL) // what is called is no `let` name
        copy->left = without_lets(l, (struct scoped){copy->left, s.block});
    if (copy->right != NULL)
        copy->right = without_lets(l, (struct scoped){copy->right, s.block});
    copy->args = args_without_lets(l, copy->args, s.block);
    lower_leave(l);
    return copy;
}

static bool has_lets(const struct block *block)
{
    for (const struct stmt *s = block != NULL ? block->first : NULL; s != NULL; s = s->next)
        if (s->kind == STMT_LET)
            return true;
    return false;
}

const char *lower_label(struct lowering *l, struct scoped s)
{
    struct str text = {0};
    expr_format(&text, has_lets(s.block) ? without_lets(l, s) : s.expr);
    const char *label = arena_text(l->scratch, str_text(&text));
    str_release(&text);
    return label;
}

// --- calls ----------------------------------------------------------------------------------------------

// The word that is called: of a bare name or of a call of a name.
static const struct expr *callee_name(const struct expr *e)
{
    if (e->kind == EXPR_CALL)
        e = e->left;
    return e->kind == EXPR_NAME ? e : NULL;
}

// A call of the schema, or guidance of the standard library.
static const struct schema_row *find_call(struct lowering *l, enum schema_group group, const char *name)
{
    return group == GROUP_GUIDANCE ? lower_guidance_row(l, name) : schema_call(group, name);
}

static void unknown_function(struct lowering *l, enum schema_group group, const struct expr *name)
{
    struct diag *diag = diag_error(l->diags, DIAG_UNKNOWN_FUNCTION, name->span, "'%s' is not %s",
                                   name->text, schema_group_noun(group));
    const char *names[64];
    size_t n = 0;
    const struct schema_row *row = NULL;
    while ((row = schema_next_call(group, row)) != NULL && n < ARRAY_LEN(names))
        names[n++] = row->name;
    const char *nearest = diag_nearest(name->text, names, n);
    if (nearest == NULL && group == GROUP_GUIDANCE)
        nearest = lower_nearest_loss(name->text);
    if (nearest != NULL)
        diag_hint(l->diags, diag, "did you mean '%s'?", nearest);
}

bool lower_is_call(const struct lowering *l, enum schema_group group, enum decl_kind kind,
                   const char *word)
{
    const struct symbol *symbol = program_find(l->program, word);
    bool known = group == GROUP_GUIDANCE ? guidance_is_known(word) : schema_call(group, word) != NULL;
    return known && (symbol == NULL || symbol->decl->kind != kind);
}

const struct schema_row *lower_callee(struct lowering *l, enum schema_group group, struct scoped s)
{
    if (!lower_follow(l, &s) || s.expr->kind == EXPR_ERROR)
        return NULL;
    const struct expr *name = callee_name(s.expr);
    if (name == NULL) {
        diag_error(l->diags, DIAG_WRONG_TYPE, s.expr->span, "expected %s", schema_group_noun(group));
        return NULL;
    }
    const struct schema_row *call = find_call(l, group, name->text);
    if (call == NULL) {
        unknown_function(l, group, name);
        return NULL;
    }
    if (call->state == STATE_LATER) {
        diag_error(l->diags, DIAG_UNSUPPORTED, name->span, "'%s' is not supported yet", name->text);
        return NULL;
    }
    return call;
}

static const struct schema_row *find_arg(const struct schema_row *call, const char *name, size_t *at)
{
    const struct schema_row *row;
    for (*at = 0; (row = schema_arg(call, *at)) != NULL; ++*at)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

static void unknown_argument(struct lowering *l, const struct schema_row *call, const struct arg *arg)
{
    struct diag *diag = diag_error(l->diags, DIAG_UNKNOWN_ARGUMENT, arg->name_span,
                                   "%s() has no argument '%s'", call->name, arg->name);
    const char *names[CALL_MAX_ARGS];
    size_t n = 0;
    for (const struct schema_row *row; (row = schema_arg(call, n)) != NULL; n++)
        names[n] = row->name;
    const char *nearest = diag_nearest(arg->name, names, n);
    if (nearest != NULL)
        diag_hint(l->diags, diag, "did you mean '%s'?", nearest);
    else if (n == 0)
        diag_hint(l->diags, diag, "It takes none.");
}

// Where argument `arg` goes, or -1 after a report.
static int place_argument(struct lowering *l, const struct expr **bound, const struct schema_row *call,
                          const struct arg *arg, size_t position)
{
    size_t at = position;
    const struct schema_row *row =
        arg->name != NULL ? find_arg(call, arg->name, &at) : schema_arg(call, position);
    if (row == NULL && arg->name != NULL) {
        unknown_argument(l, call, arg);
        return -1;
    }
    if (row == NULL) {
        if (position == 0)
            diag_error(l->diags, DIAG_TOO_MANY_ARGUMENTS, arg->value->span, "%s() takes no arguments", call->name);
        else
            diag_error(l->diags, DIAG_TOO_MANY_ARGUMENTS, arg->value->span, "%s() takes %zu argument%s", call->name,
                       position, position == 1 ? "" : "s");
        return -1;
    }
    if (bound[at] != NULL) {
        diag_error(l->diags, DIAG_DUPLICATE_ARGUMENT, arg->value->span, "'%s' of %s() is given twice",
                   row->name, call->name);
        return -1;
    }
    if (row->state == STATE_LATER) {
        diag_error(l->diags, DIAG_UNSUPPORTED, arg->name != NULL ? arg->name_span : arg->value->span,
                   "'%s' of %s() is not supported yet", row->name, call->name);
        return -1;
    }
    return (int)at;
}

// ramp(0 -> 0.5, …) gives two arguments at once.
static bool is_arrow(const struct schema_row *call, size_t at, const struct expr *value)
{
    const struct schema_row *first = schema_arg(call, at), *second = schema_arg(call, at + 1);
    return value->kind == EXPR_BINARY && value->op == OP_ARROW && first != NULL && second != NULL &&
           strcmp(first->name, "from") == 0 && strcmp(second->name, "to") == 0;
}

bool lower_bind(struct lowering *l, const struct expr **bound, const struct schema_row *call,
                struct scoped s)
{
    memset(bound, 0, CALL_MAX_ARGS * sizeof *bound);
    if (!lower_follow(l, &s))
        return false;
    bool ok = true;
    size_t position = 0;
    const struct expr *e = s.expr;
    for (const struct arg *arg = e->kind == EXPR_CALL ? e->args : NULL; arg != NULL; arg = arg->next) {
        int at = place_argument(l, bound, call, arg, position);
        if (at < 0) {
            ok = false;
            if (arg->name == NULL)
                return false; // one report for the first that is too many
            continue;
        }
        if (arg->name == NULL)
            position++;
        if (is_arrow(call, (size_t)at, arg->value)) {
            bound[at] = arg->value->left;
            bound[at + 1] = arg->value->right;
            if (arg->name == NULL)
                position++;
        } else {
            bound[at] = arg->value;
        }
    }
    const struct schema_row *row;
    for (size_t i = 0; ok && (row = schema_arg(call, i)) != NULL; i++)
        if (bound[i] == NULL && schema_required(row)) {
            diag_error(l->diags, DIAG_MISSING_ARGUMENT, e->span, "%s() needs '%s'", call->name, row->name);
            ok = false;
        }
    return ok;
}

static bool is_reference(enum schema_type type)
{
    static const bool reference[] = {
        [TYPE_LABELS] = true,        [TYPE_TEACHER] = true,
        [TYPE_STUDENT] = true,       [TYPE_TARGETS] = true,  [TYPE_MODEL_REF] = true,
        [TYPE_TEACHER_LAYER] = true, [TYPE_LAYER] = true,    [TYPE_FROZEN] = true,
        [TYPE_LOSS] = true,          [TYPE_GUIDANCE] = true, [TYPE_DATA] = true,
        [TYPE_TEACHERS] = true,      [TYPE_METRIC] = true,   [TYPE_LATER] = false,
    };
    return reference[type];
}

bool lower_bound_call(struct lowering *l, struct value *out, const struct schema_row *call,
                      const struct expr *const *bound, struct scoped s)
{
    struct value_arg args[CALL_MAX_ARGS];
    size_t n = 0;
    bool ok = true;
    const struct schema_row *row;
    for (size_t i = 0; (row = schema_arg(call, i)) != NULL; i++) {
        if (is_reference(row->type) || row->state == STATE_LATER)
            continue;
        args[n].name = row->name;
        struct value *value = &args[n++].value;
        ok &= bound[i] != NULL ? lower_value(l, value, (struct scoped){bound[i], s.block}, row)
                               : lower_fallback(l, value, row);
    }
    *out = lower_make_call(l, call->name, n, args);
    return ok;
}

bool lower_call(struct lowering *l, struct value *out, enum schema_group group, struct scoped s)
{
    *out = (struct value){0};
    if (!lower_follow(l, &s))
        return false;
    const struct schema_row *call = lower_callee(l, group, s);
    const struct expr *bound[CALL_MAX_ARGS];
    return call != NULL && lower_bind(l, bound, call, s) && lower_bound_call(l, out, call, bound, s);
}

const struct symbol *lower_symbol(struct lowering *l, struct scoped s, unsigned kinds, const char *noun)
{
    if (!lower_follow(l, &s) || s.expr->kind == EXPR_ERROR)
        return NULL;
    if (s.expr->kind != EXPR_NAME) {
        diag_error(l->diags, DIAG_WRONG_TYPE, s.expr->span, "expected the name of %s", noun);
        return NULL;
    }
    const struct symbol *symbol = program_find(l->program, s.expr->text);
    if (symbol == NULL) {
        report_unknown_name(l->program, l->diags, s.expr->span, s.expr->text, kinds);
        return NULL;
    }
    if (!(kinds & KIND_BIT(symbol->decl->kind))) {
        struct diag *diag = diag_error(l->diags, DIAG_WRONG_KIND, s.expr->span, "'%s' is %s, expected %s", symbol->name,
                                       decl_noun(symbol->decl->kind), noun);
        diag_other(l->diags, diag, symbol->span, "declared here");
        return NULL;
    }
    return symbol;
}
