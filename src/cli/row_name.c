// row_name.c -- see row_name.h.
#include "row_name.h"

#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool gives_rows(enum step_kind kind)
{
    return kind == STEP_load || kind == STEP_split || kind == STEP_take || kind == STEP_where ||
           kind == STEP_stride || kind == STEP_reclass || kind == STEP_noise ||
           kind == STEP_standardize || kind == STEP_shift || kind == STEP_join;
}

// --- where rows come from ------------------------------------------------------------------------
static bool begins(enum step_kind kind)
{
    return kind == STEP_load || kind == STEP_join;
}

// The nearest shift at or above a step, or where the rows begin.
static uint32_t shift_above(const struct plan *plan, uint32_t rows)
{
    while (!begins(plan->steps[rows].kind) && plan->steps[rows].kind != STEP_shift)
        rows = plan->steps[rows].in[0];
    return rows;
}

bool rows_akin(const struct plan *plan, uint32_t a, uint32_t b)
{
    for (;;) {
        a = shift_above(plan, a);
        b = shift_above(plan, b);
        const struct step *x = &plan->steps[a], *y = &plan->steps[b];
        if (x->kind != y->kind || begins(x->kind))
            return a == b;
        if (!value_equal(&x->attrs, &y->attrs) || x->seed != y->seed)
            return false;
        a = x->in[0];
        b = y->in[0];
    }
}

uint32_t rows_frame(const struct plan *plan, uint32_t rows)
{
    while (plan->steps[rows].kind != STEP_standardize && plan->steps[rows].kind != STEP_stride &&
           plan->steps[rows].kind != STEP_load)
        rows = plan->steps[rows].in[0];
    return rows;
}

uint32_t rows_source(const struct plan *plan, uint32_t rows)
{
    while (plan->steps[rows].kind != STEP_load)
        rows = plan->steps[rows].in[0];
    return rows;
}

uint32_t rows_unshifted(const struct plan *plan, uint32_t rows)
{
    while (plan->steps[rows].kind == STEP_shift || plan->steps[rows].kind == STEP_shuffle)
        rows = plan->steps[rows].in[0];
    return rows;
}

// --- which data ----------------------------------------------------------------------------------
// How many steps read these rows for anything but means and deviations to standardise by.
static size_t readers_of(const struct flow_stages *stages, uint32_t rows)
{
    size_t n = 0;
    for (size_t i = 0; i < stages->plan->n; i++) {
        const struct step *step = &stages->plan->steps[i];
        bool reads = stages->needed[i] && step->kind != STEP_standardize;
        for (uint32_t k = 0; reads && k < step->n_in; k++)
            n += step->in[k] == rows;
    }
    return n;
}

// The longest label that fits, and of rows with the same label those that most steps read: rows
// that are only there to standardise by have the label too, and stand before.
static uint32_t find_data(const char **rest, const char *name, const struct flow_stages *stages)
{
    uint32_t best = STEP_NONE;
    size_t best_length = 0, best_readers = 0;
    for (uint32_t i = 0; i < stages->plan->n; i++) {
        const struct step *step = &stages->plan->steps[i];
        size_t length = strlen(step->label);
        bool fits = strncmp(name, step->label, length) == 0 && name[length] == ':';
        if (!stages->needed[i] || !gives_rows(step->kind) || !fits || length < best_length)
            continue;
        size_t readers = readers_of(stages, i);
        if (best != STEP_NONE && length == best_length && readers < best_readers)
            continue;
        best = i;
        best_length = length;
        best_readers = readers;
    }
    *rest = name + best_length + 1;
    return best;
}

static enum exit_status no_data(const char *name, const struct flow_stages *stages)
{
    const char **labels = mem_new((stages->plan->n + 1) * sizeof *labels);
    const char *colon = strrchr(name, ':');
    size_t n = 0, length = colon != NULL ? (size_t)(colon - name) : strlen(name);
    struct str wanted = {0};
    str_add_bytes(&wanted, name, length);
    for (size_t i = 0; i < stages->plan->n; i++)
        if (stages->needed[i] && gives_rows(stages->plan->steps[i].kind))
            labels[n++] = stages->plan->steps[i].label;
    const char *nearest = diag_nearest(str_text(&wanted), labels, n);
    bool exact = nearest != NULL && strcmp(nearest, str_text(&wanted)) == 0;
    if (exact || (colon == NULL && nearest == NULL))
        cli_misuse("'%s' names no row, expected DATA:NUMBER or DATA:key=TEXT", name);
    else
        cli_misuse("the plan reads no data '%s'", str_text(&wanted));
    if (nearest != NULL)
        fprintf(stderr, exact ? "  for example '%s:1'\n" : "  did you mean '%s:1'?\n", nearest);
    str_release(&wanted);
    mem_free(labels);
    return EXIT_MISUSE;
}

// --- which row -----------------------------------------------------------------------------------
static enum exit_status find_key(size_t *at, const char *key, const struct rows *rows,
                                 const char *label)
{
    const struct table *table = rows->table;
    if (table->key == NULL)
        return cli_misuse("'%s' has no keys, its rows have numbers from 1 to %zu", label, rows->n);
    for (size_t i = 0; i < rows->n; i++)
        if (strcmp(table->key[rows->index[i]], key) == 0) {
            *at = i;
            return EXIT_DONE;
        }
    const char **keys = mem_new(rows->n * sizeof *keys);
    for (size_t i = 0; i < rows->n; i++)
        keys[i] = table->key[rows->index[i]];
    const char *nearest = diag_nearest(key, keys, rows->n);
    cli_misuse("'%s' has no row with the key '%s'", label, key);
    if (nearest != NULL)
        fprintf(stderr, "  did you mean '%s:key=%s'?\n", label, nearest);
    mem_free(keys);
    return EXIT_MISUSE;
}

static enum exit_status find_at(size_t *at, const char *rest, const struct rows *rows,
                                const char *label)
{
    if (strncmp(rest, "key=", 4) == 0)
        return find_key(at, rest + 4, rows, label);
    size_t digits = strspn(rest, "0123456789");
    if (digits == 0 || rest[digits] != '\0')
        return cli_misuse("expected the number of a row or key=TEXT behind '%s:', found '%s'",
                          label, rest);
    errno = 0;
    unsigned long long number = strtoull(rest, NULL, 10);
    if (errno != 0 || number == 0 || number > rows->n)
        return cli_misuse("'%s' has no row %s, its rows have numbers from 1 to %zu", label, rest,
                          rows->n);
    *at = (size_t)number - 1;
    return EXIT_DONE;
}

// --- where else ----------------------------------------------------------------------------------
static void mark(bool *only, const struct plan *plan, uint32_t rows)
{
    only[rows] = true;
    if (plan->steps[rows].kind == STEP_join)
        for (uint32_t k = 0; k < plan->steps[rows].n_in; k++)
            only[plan->steps[rows].in[k]] = true;
}

static uint32_t trained_on(const struct flow_stages *stages, uint32_t step)
{
    const struct step *train = &stages->plan->steps[step];
    if (!stages->needed[step] || train->kind != STEP_train)
        return STEP_NONE;
    uint32_t rows = train->in[0];
    return stages->plan->steps[rows].kind == STEP_shuffle ? stages->plan->steps[rows].in[0] : rows;
}

static size_t find_number(const struct rows *in, uint64_t id)
{
    for (size_t i = 0; i < in->n; i++)
        if (table_id(in->table, in->index[i]) == id)
            return i;
    return ROW_ABSENT;
}

static uint64_t number_of(const struct run *run, const struct row_name *name)
{
    const struct rows *from = &run->artifacts[name->rows].rows;
    return table_id(from->table, from->index[name->at]);
}

static size_t find_row(const struct run *run, const struct row_name *name, uint32_t rows)
{
    if (rows == name->rows)
        return name->at;
    return rows_akin(run->plan, name->rows, rows)
               ? find_number(&run->artifacts[rows].rows, number_of(run, name))
               : ROW_ABSENT;
}

// The rows of a join are those of its inputs, one after the other.
static size_t place_in(const struct run *run, const struct row_name *name, uint32_t rows)
{
    const struct step *step = &run->plan->steps[rows];
    size_t before = 0;
    if (step->kind != STEP_join)
        return find_row(run, name, rows);
    for (uint32_t k = 0; k < step->n_in; k++) {
        size_t at = find_row(run, name, step->in[k]);
        if (at != ROW_ABSENT)
            return before + at;
        before += run->artifacts[step->in[k]].rows.n;
    }
    return ROW_ABSENT;
}

static bool holds_one(const struct run *run, const struct row_name *name, uint32_t rows)
{
    return rows_source(run->plan, rows) == rows_source(run->plan, name->rows) &&
           find_number(&run->artifacts[rows].rows, number_of(run, name)) != ROW_ABSENT;
}

// Of one source, whatever the shifts.
static bool holds(const struct run *run, const struct row_name *name, uint32_t rows)
{
    const struct step *step = &run->plan->steps[rows];
    bool found = false;
    for (uint32_t k = 0; step->kind == STEP_join && k < step->n_in; k++)
        found |= holds_one(run, name, step->in[k]);
    return found || (step->kind != STEP_join && holds_one(run, name, rows));
}

static bool *rows_to_make(const struct row_name *name, const struct flow_stages *stages)
{
    const struct plan *plan = stages->plan;
    bool *only = mem_new(plan->n * sizeof *only);
    mark(only, plan, name->rows);
    for (uint32_t i = 0; i < plan->n; i++)
        if (trained_on(stages, i) != STEP_NONE) {
            mark(only, plan, trained_on(stages, i));
            mark(only, plan, rows_unshifted(plan, trained_on(stages, i)));
        }
    for (size_t i = 0; i < stages->n; i++)
        if (stages->items[i].gold)
            mark(only, plan, rows_unshifted(plan, stages->items[i].rows));
    return only;
}

enum exit_status row_name_find(struct row_name *out, const char *name,
                               const struct flow_stages *stages, const struct run_options *how)
{
    const struct plan *plan = stages->plan;
    const char *rest;
    struct err err = {0};
    *out = (struct row_name){.rows = find_data(&rest, name, stages)};
    if (out->rows == STEP_NONE)
        return no_data(name, stages);
    bool *only = rows_to_make(out, stages);
    struct run run;
    run_init(&run, plan);
    run.wanted = run.only = only;
    enum exit_status status = run_execute(&run, how, &err) < 0 ? cli_fail(&err) : EXIT_DONE;
    if (status == EXIT_DONE)
        status = find_at(&out->at, rest, &run.artifacts[out->rows].rows,
                         plan->steps[out->rows].label);
    out->place = mem_new(plan->n * sizeof *out->place);
    out->holds = mem_new(plan->n * sizeof *out->holds);
    for (uint32_t i = 0; i < plan->n; i++) {
        bool made = status == EXIT_DONE && only[i];
        out->place[i] = made ? place_in(&run, out, i) : ROW_ABSENT;
        out->holds[i] = made && holds(&run, out, i);
    }
    run_release(&run);
    mem_free(only);
    return status;
}

void row_name_release(struct row_name *name)
{
    mem_free(name->place);
    mem_free(name->holds);
    *name = (struct row_name){0};
}
