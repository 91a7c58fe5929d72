// lower_shift.c -- see lower_shift.h: calls, declarations, scripts; what a shift makes of the shape of rows.
#include "lower_shift.h"

#include "data/shift.h"
#include "lower_loss.h"
#include "lower_source.h"
#include "model/row_script.h"

#include <string.h>

// --- scripts -------------------------------------------------------------------------------------

static bool is_script(const struct value *shift)
{
    return value_is_call(shift, "lua");
}

static const struct known_loss *script_of(struct lowering *l, const char *path, struct span span)
{
    const struct known_loss *script = lower_loss_file(l, path, span);
    enum loss_kind kind = script != NULL ? loss_description(script->loss)->kind : LOSS_SHIFT;
    if (kind == LOSS_SHIFT)
        return script;
    diag_error(l->diags, DIAG_WRONG_KIND, span, "'%s' is of kind '%s', expected a shift", path,
               loss_kind_name(kind));
    return NULL;
}

// Rule 3 of flow.h: a script that reads gold labels is given the word.
static bool says_labels(struct lowering *l, const struct schema_row *row, const struct expr *const *bound,
                        struct scoped s)
{
    for (size_t i = 0; schema_arg(row, i) != NULL; i++) {
        if (schema_arg(row, i)->type != TYPE_LABELS)
            continue;
        if (bound[i] != NULL && bound[i]->kind == EXPR_NAME && strcmp(bound[i]->text, "labels") == 0)
            continue;
        struct diag *diag = diag_error(l->diags, DIAG_LEAK, bound[i] != NULL ? bound[i]->span : s.expr->span,
                                       "this shift reads gold labels, and the file does not say so");
        diag_hint(l->diags, diag, "Write labels: labels among its arguments.");
        return false;
    }
    return true;
}

// lua("FILE", …): what it is called with follows from the file.
static bool script_call(struct lowering *l, struct value *out, const struct schema_row *row, struct scoped s)
{
    const struct expr *bound[CALL_MAX_ARGS], *name = lower_naming_argument(s.expr, row);
    struct value path, call;
    if (name == NULL) {
        if (lower_bind(l, bound, row, s)) // it says what is missing
            BUG("lua() is bound without a file");
        return false;
    }
    if (!lower_value(l, &path, (struct scoped){name, s.block}, schema_arg(row, 0)))
        return false;
    const struct known_loss *script = script_of(l, path.text, name->span);
    if (script == NULL)
        return false;
    row = lower_loss_rows(l, row, script);
    if (!lower_bind(l, bound, row, s) || !says_labels(l, row, bound, s) ||
        !lower_bound_call(l, &call, row, bound, s))
        return false;
    *out = lower_loss_value(l, script, &call);
    return true;
}

// True when it was traced before with this shape: a sweep asks again and again.
static bool was_traced(struct lowering *l, const struct value *shift, const struct row_shape *shape)
{
    struct str line = {0};
    value_write(&line, shift);
    str_format(&line, " %zu %zu %p %d\n", shape->features, shape->classes, (const void *)shape->columns,
               shape->names_unknown);
    bool known = strstr(str_text(&l->checked), str_text(&line)) != NULL;
    if (!known)
        str_add(&l->checked, str_text(&line));
    str_release(&line);
    return known;
}

// Traces a script with the shape that rows have, so that what does not fit is said here.
static bool check_script(struct lowering *l, const struct value *shift, uint32_t rows, struct span span)
{
    const struct step_facts *facts = &l->plan->steps[rows].facts;
    size_t n;
    const char *const *columns = lower_columns(l, &n, rows);
    const struct known_loss *script = script_of(l, value_arg_text(shift, "file"), span);
    struct row_shape shape = {.features = (size_t)facts->features,
                              .classes = (size_t)facts->classes,
                              .columns = n == facts->features ? columns : NULL,
                              .names_unknown = facts->height == 0};
    bool labels = script != NULL && (loss_description(script->loss)->reads & READS_LABELS) != 0;
    if (shape.features == 0 || (labels && shape.classes == 0) || was_traced(l, shift, &shape))
        return true; // only the run can tell
    struct err err = {0};
    if (row_script_check(script->loss, value_arg(shift, "params"), &shape, &err) == 0)
        return true;
    struct diag *diag = diag_error(l->diags, DIAG_SCRIPT, span, "%s", err.text);
    if (err.hint[0] != '\0')
        diag_hint(l->diags, diag, "%s", err.hint);
    return false;
}

bool shift_reads_labels(struct lowering *l, const struct value *shift)
{
    if (!is_script(shift))
        return false;
    const struct known_loss *script = lower_loss_file(l, value_arg_text(shift, "file"), (struct span){0});
    return script != NULL && (loss_description(script->loss)->reads & READS_LABELS) != 0;
}

// --- calls and names -----------------------------------------------------------------------------

static bool shift_call(struct lowering *l, struct value *out, struct scoped s)
{
    const struct schema_row *row = lower_callee(l, GROUP_SHIFT, s);
    const struct expr *bound[CALL_MAX_ARGS];
    if (row == NULL)
        return false;
    if (strcmp(row->name, "lua") == 0)
        return script_call(l, out, row, s);
    if (!lower_bind(l, bound, row, s) || !lower_bound_call(l, out, row, bound, s))
        return false;
    struct err err = {0};
    if (value_is_call(out, "suite") || shift_check(out, &err) == 0)
        return true;
    diag_error(l->diags, DIAG_MISSING_ARGUMENT, s.expr->span, "%s", err.text);
    return false;
}

bool lower_shift(struct lowering *l, struct value *out, struct scoped s)
{
    *out = (struct value){0};
    if (!lower_follow(l, &s))
        return false;
    if (s.expr->kind != EXPR_NAME || lower_is_call(l, GROUP_SHIFT, DECL_SHIFT, s.expr->text))
        return shift_call(l, out, s);
    const struct symbol *shift = lower_symbol(l, s, KIND_BIT(DECL_SHIFT), "a shift");
    if (shift == NULL)
        return false;
    if (shift->value == NULL && shift->decl->value == NULL)
        diag_error(l->diags, DIAG_MISSING_SETTING, shift->span,
                   "shift '%s' needs a value: shift %s = rotate(degrees: 20)", shift->name,
                   shift->name);
    if (shift->value == NULL)
        return false;
    if (!lower_open(l, shift))
        return false;
    bool ok = lower_shift(l, out, (struct scoped){shift->value, NULL});
    lower_close(l, shift);
    return ok;
}

// What a shift makes of the shape of images and of groups.
static bool shifted_facts(struct lowering *l, struct step_facts *facts, const struct value *shift,
                          struct span span)
{
    const char *group = shift_groups(shift);
    const struct value *rows = value_arg(shift, "rows"); // resample
    if (rows != NULL)
        facts->rows = (uint64_t)rows->number;
    if (group == NULL)
        return true;
    facts->group = group;
    if (facts->height == 0) // only the run can tell
        return true;
    if (facts->channels != 1) {
        diag_error(l->diags, DIAG_SHAPE, span, "%s() needs images of one channel, and these have %u",
                   shift->text, (unsigned)facts->channels);
        return false;
    }
    if (facts->classes == 1) {
        diag_error(l->diags, DIAG_SHAPE, span, "%s() has a colour for each class, and there is only one",
                   shift->text);
        return false;
    }
    facts->channels = (uint32_t)facts->classes;
    facts->features *= facts->classes;
    return true;
}

uint32_t lower_shifted(struct lowering *l, uint32_t rows, struct value shift, const char *label, struct span span)
{
    struct step_facts facts = l->plan->steps[rows].facts;
    if (shift_needs_images(&shift) && facts.rows > 0 && facts.height == 0) {
        diag_error(l->diags, DIAG_SHAPE, span, "%s() needs images, and these rows have no image shape", shift.text);
        return STEP_NONE;
    }
    if (!lower_has_columns(l, rows, value_arg(&shift, "columns"), span) || !shifted_facts(l, &facts, &shift, span) ||
        (is_script(&shift) && !check_script(l, &shift, rows, span)))
        return STEP_NONE;
    struct value_arg args[] = {{"shift", shift}};
    struct step step = {.kind = STEP_shift, .in = &rows, .n_in = 1, .seed = SEED_NONE, .label = label,
                        .attrs = lower_make_call(l, "shift", 1, args), .facts = facts};
    return plan_add(l->plan, &step, NULL);
}
