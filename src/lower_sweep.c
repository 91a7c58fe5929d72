// lower_sweep.c -- which cells there are: the seeds, and the points of the sweep.
//
// `name = [ … ]` is a dimension; zip(a: [ … ], b: [ … ]) walks several params along one dimension; `where`
// drops points. A param fixed by --set leaves the sweep. Later dimensions change fastest.
#include "lower_sweep.h"

#include "base/mem.h"

#include <string.h>

enum { MAX_POINTS = 100000, MAX_SWEPT = 32 };

struct dimension {
    size_t n_params, length;
    const struct symbol **param;
    const struct expr *const **values; // [param][position]
};

struct sweep {
    struct lowering *l;
    struct dimension *dims;
    size_t n_dims, cap_dims;
    size_t n_params; // of all dimensions
    const struct decl *decl;
};

static const struct symbol *swept_param(struct sweep *w, const char *name, struct span span)
{
    const struct symbol *symbol = program_find(w->l->program, name);
    if (symbol == NULL || symbol->decl->kind != DECL_PARAM) {
        if (symbol == NULL)
            report_unknown_name(w->l->program, w->l->diags, span, name, KIND_BIT(DECL_PARAM));
        else
            diag_error(w->l->diags, DIAG_WRONG_KIND, span, "'%s' is %s, and a sweep walks over params", name,
                       decl_noun(symbol->decl->kind));
        return NULL;
    }
    for (size_t d = 0; d < w->n_dims; d++)
        for (size_t i = 0; i < w->dims[d].n_params; i++)
            if (w->dims[d].param[i] == symbol) {
                diag_error(w->l->diags, DIAG_DUPLICATE_SETTING, span, "'%s' is swept twice", name);
                return NULL;
            }
    if (++w->n_params > MAX_SWEPT) {
        diag_error(w->l->diags, DIAG_OUT_OF_RANGE, span, "a sweep walks over at most %d params",
                   MAX_SWEPT);
        return NULL;
    }
    return symbol;
}

static const struct expr *const *list_of(struct sweep *w, size_t *n, struct scoped s)
{
    struct lowering *l = w->l;
    if (!lower_follow(l, &s))
        return NULL;
    if (s.expr->kind != EXPR_LIST || s.expr->n_args == 0) {
        if (s.expr->kind != EXPR_ERROR)
            diag_error(l->diags, DIAG_WRONG_TYPE, s.expr->span, "a sweep walks over a list: name = [1, 2, 3]");
        return NULL;
    }
    const struct expr **items = arena_array(&l->plan->arena, s.expr->n_args, sizeof *items);
    *n = 0;
    for (const struct arg *a = s.expr->args; a != NULL; a = a->next)
        items[(*n)++] = a->value;
    return items;
}

static struct dimension *new_dimension(struct sweep *w, size_t params)
{
    w->dims = mem_grow(w->dims, &w->cap_dims, w->n_dims + 1, sizeof *w->dims);
    struct dimension *dim = &w->dims[w->n_dims];
    *dim = (struct dimension){.param = arena_array(&w->l->plan->arena, params, sizeof *dim->param),
                              .values = arena_array(&w->l->plan->arena, params, sizeof *dim->values)};
    return dim;
}

static bool is_fixed(const struct ast *overrides, const char *name)
{
    for (const struct decl *d = overrides != NULL ? overrides->first : NULL; d != NULL; d = d->next)
        if (d->name != NULL && strcmp(d->name, name) == 0)
            return true;
    return false;
}

static bool add_walk(struct sweep *w, struct dimension *dim, const struct ast *overrides, const char *name,
                     struct span span, const struct expr *value)
{
    const struct symbol *symbol = swept_param(w, name, span);
    size_t n = 0;
    const struct expr *const *items = list_of(w, &n, (struct scoped){value, w->decl->block});
    if (symbol == NULL || items == NULL)
        return false;
    if (is_fixed(overrides, name))
        return true;
    if (dim->n_params > 0 && dim->length != n) {
        diag_error(w->l->diags, DIAG_WRONG_TYPE, value->span, "zip() walks lists of one length, found %zu and %zu",
                   dim->length, n);
        return false;
    }
    dim->length = n;
    dim->param[dim->n_params] = symbol;
    dim->values[dim->n_params++] = items;
    return true;
}

static bool add_statement(struct sweep *w, const struct stmt *stmt, const struct ast *overrides)
{
    const struct expr *e = stmt->value;
    bool ok = true;
    if (stmt->kind == STMT_LET || stmt->kind == STMT_WHERE)
        return true;
    if (stmt->kind == STMT_SET) {
        struct dimension *dim = new_dimension(w, 1);
        ok = add_walk(w, dim, overrides, stmt->name, stmt->name_span, e);
        w->n_dims += dim->n_params > 0;
        return ok;
    }
    bool zip = stmt->kind == STMT_EXPR && stmt->at == NULL && stmt->when == NULL &&
               e->kind == EXPR_CALL && e->left->kind == EXPR_NAME &&
               strcmp(e->left->text, "zip") == 0 && e->n_args > 0;
    if (!zip) {
        diag_error(w->l->diags, DIAG_UNKNOWN_SETTING, stmt->span, "a sweep holds name = [ … ], zip( … ) and where");
        return false;
    }
    struct dimension *dim = new_dimension(w, e->n_args);
    for (const struct arg *a = e->args; a != NULL; a = a->next) {
        if (a->name == NULL) {
            diag_error(w->l->diags, DIAG_WRONG_TYPE, a->value->span, "zip() wants name: [ … ]");
            ok = false;
        } else {
            ok &= add_walk(w, dim, overrides, a->name, a->name_span, a->value);
        }
    }
    w->n_dims += dim->n_params > 0;
    return ok;
}

static void start_cell(struct lowering *l)
{
    l->total += (unsigned)l->program->n_symbols / 16; // what the clearing costs, in expressions
    memset(l->params, 0, l->program->n_symbols * sizeof *l->params);
    memset(l->trained, 0, l->program->n_symbols * sizeof *l->trained);
    memset(l->open, 0, l->program->n_symbols * sizeof *l->open);
    l->work = 0;
}

// Starts a cell in which the swept params have their expressions of point number `index`. They are evaluated when
// first needed, so that one may depend on another.
static void start_point(struct sweep *w, size_t index)
{
    struct lowering *l = w->l;
    start_cell(l);
    for (size_t d = w->n_dims; d-- > 0;) {
        const struct dimension *dim = &w->dims[d];
        for (size_t i = 0; i < dim->n_params; i++)
            l->params[dim->param[i]->number].swept =
                (struct scoped){dim->values[i][index % dim->length], w->decl->block};
        index /= dim->length;
    }
}

// The values of the swept params in the current cell.
static bool read_point(struct sweep *w, struct plan_point *point)
{
    struct lowering *l = w->l;
    const char **names = arena_array(&l->plan->arena, w->n_params, sizeof *names);
    struct value *values = arena_array(&l->plan->arena, w->n_params, sizeof *values);
    *point = (struct plan_point){.name = names, .value = values};
    for (size_t d = 0; d < w->n_dims; d++)
        for (size_t i = 0; i < w->dims[d].n_params; i++) {
            const struct symbol *param = w->dims[d].param[i];
            struct value v;
            if (!lower_param(l, &v, param))
                return false;
            values[point->n] = value_copy(&l->plan->arena, &v);
            names[point->n++] = arena_text(&l->plan->arena, param->name);
        }
    return true;
}

void lower_enter_point(struct lowering *l, const struct plan_point *point)
{
    start_cell(l);
    for (size_t i = 0; i < point->n; i++) {
        struct param *param = &l->params[program_find(l->program, point->name[i])->number];
        param->value = point->value[i];
        param->state = PARAM_DONE;
    }
}

static bool keep_point(struct sweep *w, bool *keep)
{
    *keep = true;
    for (const struct stmt *s = w->decl->block->first; s != NULL; s = s->next) {
        struct value v;
        if (s->kind != STMT_WHERE)
            continue;
        if (!lower_constant(w->l, &v, (struct scoped){s->value, w->decl->block}))
            return false;
        if (v.kind != VALUE_BOOL) {
            diag_error(w->l->diags, DIAG_WRONG_TYPE, s->value->span, "'where' wants a condition over params");
            return false;
        }
        *keep &= v.number != 0;
    }
    return true;
}

static void add_point(struct plan *plan, struct plan_point point)
{
    plan->points = mem_grow(plan->points, &plan->cap_points, plan->n_points + 1, sizeof *plan->points);
    plan->points[plan->n_points++] = point;
}

static bool enumerate(struct sweep *w)
{
    struct lowering *l = w->l;
    size_t total = 1;
    for (size_t d = 0; d < w->n_dims; d++)
        if (__builtin_mul_overflow(total, w->dims[d].length, &total) || total > MAX_POINTS) {
            diag_error(l->diags, DIAG_OUT_OF_RANGE, w->decl->span, "the sweep has more than %d points", MAX_POINTS);
            return false;
        }
    for (size_t i = 0; i < total; i++) {
        struct plan_point point;
        bool keep;
        start_point(w, i);
        if (!keep_point(w, &keep) || (keep && !read_point(w, &point)))
            return false;
        if (keep)
            add_point(l->plan, point);
    }
    if (l->plan->n_points == 0) {
        diag_error(l->diags, DIAG_EMPTY, w->decl->span, "'where' leaves no point of the sweep");
        return false;
    }
    return true;
}

bool lower_points(struct lowering *l, const struct ast *overrides)
{
    struct sweep w = {.l = l};
    bool ok = true;
    start_cell(l);
    for (const struct decl *d = l->program->ast->first; d != NULL; d = d->next) {
        if (d->kind != DECL_SWEEP || d->block == NULL)
            continue;
        if (w.decl != NULL) {
            struct diag *diag = diag_error(l->diags, DIAG_DUPLICATE_NAME, d->keyword_span, "a file has one sweep");
            diag_other(l->diags, diag, w.decl->keyword_span, "the first is here");
            ok = false;
            break;
        }
        w.decl = d;
        for (const struct stmt *s = d->block->first; s != NULL; s = s->next)
            ok &= add_statement(&w, s, overrides);
    }
    if (w.decl == NULL)
        add_point(l->plan, (struct plan_point){0});
    else
        ok = ok && enumerate(&w);
    mem_free(w.dims);
    return ok;
}

// --- seeds ------------------------------------------------------------------------------------------------

enum { MAX_SEEDS = 10000 };

static bool one_seed(struct lowering *l, int64_t *seed, struct scoped s)
{
    struct value v;
    if (!lower_constant(l, &v, s))
        return false;
    double x = v.kind == VALUE_NUMBER ? v.number : -1;
    if (!(x >= 0 && x <= 0x1p53) || x != (double)(int64_t)x) {
        diag_error(l->diags, DIAG_OUT_OF_RANGE, s.expr->span, "a seed is a whole number, 0 or more");
        return false;
    }
    *seed = (int64_t)x;
    return true;
}

static bool seed_range(struct lowering *l, struct scoped s)
{
    int64_t first, last;
    if (!one_seed(l, &first, (struct scoped){s.expr->left, s.block}) ||
        !one_seed(l, &last, (struct scoped){s.expr->right, s.block}))
        return false;
    if (last < first || last - first >= MAX_SEEDS) {
        if (last < first)
            diag_error(l->diags, DIAG_OUT_OF_RANGE, s.expr->span, "the range runs backwards");
        else
            diag_error(l->diags, DIAG_OUT_OF_RANGE, s.expr->span, "more than %d seeds", MAX_SEEDS);
        return false;
    }
    int64_t *seeds = arena_array(&l->plan->arena, (size_t)(last - first) + 1, sizeof *seeds);
    for (int64_t i = first; i <= last; i++)
        seeds[l->plan->n_seeds++] = i;
    l->plan->seeds = seeds;
    return true;
}

static bool seed_list(struct lowering *l, struct scoped s)
{
    if (s.expr->n_args == 0) {
        diag_error(l->diags, DIAG_OUT_OF_RANGE, s.expr->span, "no seeds");
        return false;
    }
    if (s.expr->n_args > MAX_SEEDS) {
        diag_error(l->diags, DIAG_OUT_OF_RANGE, s.expr->span, "more than %d seeds", MAX_SEEDS);
        return false;
    }
    int64_t *seeds = arena_array(&l->plan->arena, s.expr->n_args, sizeof *seeds);
    size_t n = 0;
    for (const struct arg *a = s.expr->args; a != NULL; a = a->next) {
        if (!one_seed(l, &seeds[n], (struct scoped){a->value, s.block}))
            return false;
        for (size_t i = 0; i < n; i++)
            if (seeds[i] == seeds[n]) {
                diag_error(l->diags, DIAG_DUPLICATE_ARGUMENT, a->value->span, "a seed stands twice");
                return false;
            }
        n++;
    }
    l->plan->seeds = seeds;
    l->plan->n_seeds = n;
    return true;
}

bool lower_seeds(struct lowering *l, struct scoped s)
{
    l->plan->n_seeds = 0;
    if (!lower_follow(l, &s) || s.expr->kind == EXPR_ERROR)
        return false;
    if (s.expr->kind == EXPR_BINARY && s.expr->op == OP_RANGE)
        return seed_range(l, s);
    if (s.expr->kind == EXPR_LIST)
        return seed_list(l, s);
    int64_t *seed = arena_alloc(&l->plan->arena, sizeof *seed);
    l->plan->seeds = seed;
    l->plan->n_seeds = 1;
    return one_seed(l, seed, s);
}
