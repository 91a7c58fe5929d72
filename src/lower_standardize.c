// lower_standardize.c -- standardize, and what its statistics may come from: the parts of the data
// that the file trains on, read off the words of every `train`; see lower_prepare.h.
#include "lower_prepare.h"

#include "base/mem.h"

#include <string.h>

// Names of parts, a list for each data symbol.
struct part_name {
    const char *name;
    struct part_name *next;
};

struct trained_data {
    struct arena arena;
    struct trained_of {
        bool visited, whole; // whole: some training names all of its rows
        struct part_name *parts;
    } * of; // by symbol number
};

void trained_data_free(struct trained_data *trained)
{
    if (trained == NULL)
        return;
    arena_release(&trained->arena);
    mem_free(trained->of);
    mem_free(trained);
}

static void add_part(struct trained_data *trained, struct trained_of *of, const char *name)
{
    for (const struct part_name *p = of->parts; p != NULL; p = p->next)
        if (strcmp(p->name, name) == 0)
            return;
    struct part_name *part = arena_alloc(&trained->arena, sizeof *part);
    *part = (struct part_name){name, of->parts};
    of->parts = part;
}

static void find_rows(struct lowering *l, struct trained_data *trained, struct scoped s,
                      unsigned depth);

// The data a name means; what that is made of is trained on too.
static struct trained_of *find_data(struct lowering *l, struct trained_data *trained,
                                    const struct expr *name, unsigned depth)
{
    const struct symbol *data =
        name->kind == EXPR_NAME ? program_find(l->program, name->text) : NULL;
    if (data == NULL || data->decl->kind != DECL_DATA)
        return NULL;
    struct trained_of *of = &trained->of[data->number];
    if (!of->visited) {
        of->visited = true;
        if (data->value != NULL && data->value->kind != EXPR_CALL)
            find_rows(l, trained, (struct scoped){data->value, NULL}, depth + 1);
    }
    return of;
}

// What is wrong with the expression is reported where it is lowered.
static void find_rows(struct lowering *l, struct trained_data *trained, struct scoped s,
                      unsigned depth)
{
    while (depth <= LOWER_MAX_DEPTH && lower_follow(l, &s)) {
        const struct expr *e = s.expr;
        if (e->kind == EXPR_BINARY) { // |>, take, where
            s.expr = e->left;
        } else if (e->kind == EXPR_CALL && e->args != NULL) { // seen()
            s.expr = e->args->value;
        } else if (e->kind == EXPR_LIST || e->kind == EXPR_MAP) {
            for (const struct arg *a = e->args; a != NULL; a = a->next)
                find_rows(l, trained, (struct scoped){a->value, s.block}, depth + 1);
            return;
        } else if (e->kind == EXPR_MEMBER) {
            s.expr = e->left;
            if (lower_follow(l, &s)) {
                struct trained_of *of = find_data(l, trained, s.expr, depth);
                if (of != NULL)
                    add_part(trained, of, e->text);
            }
            return;
        } else {
            struct trained_of *of = find_data(l, trained, e, depth);
            if (of != NULL)
                of->whole = true;
            return;
        }
    }
}

static struct trained_data *find_trained_data(struct lowering *l)
{
    struct trained_data *trained = mem_new(sizeof *trained);
    trained->of = mem_new(l->program->n_symbols * sizeof *trained->of);
    static const char *const settings[] = {"train", "environments"};
    for (size_t i = 0; i < l->program->n_symbols; i++) {
        const struct symbol *symbol = &l->program->symbols[i];
        if (symbol->decl->kind != DECL_TEACHER && symbol->decl->kind != DECL_STUDENT)
            continue;
        for (size_t k = 0; k < ARRAY_LEN(settings); k++) {
            const struct setting *setting = symbol_setting(symbol, settings[k]);
            if (setting != NULL)
                find_rows(l, trained, (struct scoped){setting->value, setting->block}, 0);
        }
    }
    return trained;
}

static bool is_trained(const struct trained_of *of, const char *part)
{
    for (const struct part_name *p = of->parts; p != NULL; p = p->next)
        if (strcmp(p->name, part) == 0)
            return true;
    return false;
}

// The inputs: the rows, then the parts that are trained on, in the order of the split.
// STEP_NONE as the last after a report.
static uint32_t add_inputs(struct lowering *l, uint32_t *in, const struct split *split,
                           const struct trained_of *of)
{
    uint32_t n = 1;
    for (size_t i = 0; !of->whole && i < split->parts.n; i++) {
        const char *part = split->parts.args[i].name;
        if (!is_trained(of, part))
            continue;
        in[n] = lower_split_part(l, split, in[0], i,
                                 arena_format(l->scratch, "%s.%s", split->data->name, part));
        if (in[n++] == STEP_NONE)
            break;
    }
    return n;
}

uint32_t lower_standardize(struct lowering *l, const struct symbol *data, uint32_t rows)
{
    if (l->trained_data == NULL)
        l->trained_data = find_trained_data(l);
    struct split split;
    if (!lower_split(l, &split, data))
        return STEP_NONE;
    uint32_t *in = arena_array(l->scratch, 1 + split.parts.n, sizeof *in);
    in[0] = rows;
    uint32_t n = add_inputs(l, in, &split, &l->trained_data->of[data->number]);
    if (in[n - 1] == STEP_NONE)
        return STEP_NONE;
    struct step step = {.kind = STEP_standardize,
                        .in = in,
                        .n_in = n,
                        .seed = SEED_NONE,
                        .label = data->name,
                        .attrs = lower_make_call(l, "standardize", 0, NULL),
                        .facts = l->plan->steps[rows].facts};
    return plan_add(l->plan, &step, NULL);
}
