// lower_suite.c -- see lower_suite.h.
#include "lower_suite.h"

#include "data/shift.h"

#include <string.h>

enum suite {
#define SUITE(id, name) SUITE_##id,
#define MEMBER(suite, call, argument, x, other, y)
#include "suites.def"
#undef SUITE
#undef MEMBER
    SUITES,
};

static const char *const suite_name[] = {
#define SUITE(id, name) [SUITE_##id] = name,
#define MEMBER(suite, call, argument, x, other, y)
#include "suites.def"
#undef SUITE
#undef MEMBER
};

static const struct member {
    enum suite suite;
    const char *call;
    const char *argument[2];
    double x[2];
} members[] = {
#define SUITE(id, name)
#define MEMBER(suite_, call_, argument_, x_, other, y)                                             \
    {SUITE_##suite_, #call_, {argument_, other}, {x_, y}},
#include "suites.def"
#undef SUITE
#undef MEMBER
};

static unsigned suite_of(const char *name)
{
    for (unsigned i = 0; i < SUITES; i++)
        if (strcmp(suite_name[i], name) == 0)
            return i;
    BUG("no suite '%s'", name);
}

static const struct member *first_of(unsigned suite, size_t *n)
{
    const struct member *first = NULL;
    *n = 0;
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (members[i].suite == suite) {
            if (first == NULL)
                first = &members[i];
            ++*n;
        }
    return first;
}

size_t suite_members(const struct suite_use *use)
{
    size_t n;
    first_of(use->suite, &n);
    return n;
}

// The shift that a name declares, and so on to what is no name.
static struct scoped declared(struct lowering *l, struct scoped s)
{
    for (unsigned depth = 0; depth < LOWER_MAX_DEPTH && lower_follow(l, &s); depth++) {
        const struct symbol *shift =
            s.expr->kind == EXPR_NAME ? program_find(l->program, s.expr->text) : NULL;
        if (shift == NULL || shift->decl->kind != DECL_SHIFT || shift->value == NULL)
            return s;
        s = (struct scoped){shift->value, NULL};
    }
    return s;
}

bool lower_suite_use(struct lowering *l, struct suite_use *out, bool *ok, struct scoped on)
{
    *ok = true;
    if (!lower_follow(l, &on) || on.expr->kind != EXPR_BINARY || on.expr->op != OP_PIPE)
        return false;
    struct scoped right = declared(l, (struct scoped){on.expr->right, on.block});
    const struct expr *callee = right.expr->kind == EXPR_CALL ? right.expr->left : right.expr;
    if (callee->kind != EXPR_NAME || strcmp(callee->text, "suite") != 0)
        return false;
    struct value call;
    *ok = lower_call(l, &call, GROUP_SHIFT, right);
    if (*ok)
        *out =
            (struct suite_use){{on.expr->left, on.block}, suite_of(value_arg_text(&call, "name"))};
    return true;
}

// The call with all its arguments, as if the file had written it.
static struct value member_call(struct lowering *l, const struct member *member, struct span span)
{
    const struct schema_row *call = schema_call(GROUP_SHIFT, member->call);
    const struct expr *bound[CALL_MAX_ARGS] = {0};
    struct expr number[2] = {{.kind = EXPR_NUMBER, .number = member->x[0], .span = span},
                             {.kind = EXPR_NUMBER, .number = member->x[1], .span = span}};
    const struct schema_row *arg;
    for (size_t i = 0; (arg = schema_arg(call, i)) != NULL; i++)
        for (size_t k = 0; k < 2; k++)
            if (strcmp(arg->name, member->argument[k]) == 0)
                bound[i] = &number[k];
    struct value out;
    if (!lower_bound_call(l, &out, call, bound, (struct scoped){&number[0], NULL}))
        BUG("%s() of a suite is wrong", member->call);
    return out;
}

static const char *member_text(struct lowering *l, const struct member *member)
{
    struct str text = {0};
    str_format(&text, "%s(", member->call);
    for (size_t k = 0; k < 2 && member->argument[k][0] != '\0'; k++) {
        str_format(&text, "%s%s: ", k > 0 ? ", " : "", member->argument[k]);
        str_number(&text, member->x[k]);
    }
    str_add(&text, ")");
    const char *copy = arena_text(l->scratch, str_text(&text));
    str_release(&text);
    return copy;
}

uint32_t lower_suite_member(struct lowering *l, const char **label, const struct suite_use *use,
                            size_t i, uint32_t rows, struct span span)
{
    size_t n;
    const struct member *member = first_of(use->suite, &n) + i;
    const char *data =
        use->data.expr != NULL ? lower_label(l, use->data) : l->plan->steps[rows].label;
    *label = arena_format(l->scratch, "%s |> %s", data, member_text(l, member));
    return lower_shifted(l, rows, member_call(l, member, span), *label, span);
}

// --- the mean corruption error -------------------------------------------------------------------

bool is_mce(const struct value *metric)
{
    return value_is_call(metric, "mce") || value_is_call(metric, "relative_mce");
}

// How many members each corruption has, in their order.
static struct value member_counts(struct lowering *l, unsigned suite)
{
    size_t n, groups = 0;
    const struct member *first = first_of(suite, &n);
    struct value *items = arena_array(l->scratch, n, sizeof *items);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || strcmp(first[i].call, first[i - 1].call) != 0)
            items[groups++] = value_number(0);
        items[groups - 1].number++;
    }
    return lower_make_list(l, groups, items);
}

struct mce_inputs {
    struct lowering *l;
    uint32_t *in;
    uint32_t n;
    struct metric_ref accuracy;
};

static bool add_accuracy(struct mce_inputs *inputs, const struct model_ref *model, uint32_t rows)
{
    struct evaluation e;
    if (!lower_enter(inputs->l, model->span))
        return false;
    bool ok = lower_evaluation(inputs->l, &e, &inputs->accuracy, model, rows);
    lower_leave(inputs->l);
    if (ok)
        inputs->in[inputs->n++] = e.step[0];
    return ok;
}

bool lower_mce(struct lowering *l, struct evaluation *out, const struct metric_ref *metric,
               const struct model_ref *model, uint32_t rows)
{
    struct suite_use use = {.suite = suite_of(value_arg_text(&metric->call, "suite"))};
    size_t n = suite_members(&use);
    bool relative = value_is_call(&metric->call, "relative_mce"), ok = true;
    struct mce_inputs inputs = {
        l,
        arena_array(l->scratch, 2 * n + 2, sizeof *inputs.in),
        0,
        {.call = lower_make_call(l, "accuracy", 0, NULL), .lists = STEP_NONE, .outside_rows = STEP_NONE}};
    for (size_t i = 0; ok && i < 2 * n; i++) {
        const char *label;
        uint32_t shifted = lower_suite_member(l, &label, &use, i % n, rows, model->span);
        ok = shifted != STEP_NONE && add_accuracy(&inputs, i < n ? model : &metric->other, shifted);
    }
    for (size_t i = 0; ok && relative && i < 2; i++)
        ok = add_accuracy(&inputs, i == 0 ? model : &metric->other, rows);
    if (!ok)
        return false;
    struct value_arg args[] = {{"members", member_counts(l, use.suite)},
                               {"relative", value_bool(relative)}};
    struct step step = {.kind = STEP_mce,
                        .in = inputs.in,
                        .n_in = inputs.n,
                        .seed = l->seed,
                        .label = arena_format(l->scratch, "%s of %s on %s", metric->label,
                                              model->label, l->plan->steps[rows].label),
                        .attrs = lower_make_call(l, "mce", ARRAY_LEN(args), args)};
    *out = (struct evaluation){.step = {plan_add(l->plan, &step, NULL)}, .n = 1, .outside = STEP_NONE};
    return true;
}
