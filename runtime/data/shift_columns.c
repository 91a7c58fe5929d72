// shift_columns.c -- drop(columns, value), column_noise(sigma, columns), unit_change(scale, offset,
// columns), missing_at_random(share, value, columns): what happens to the columns of a table.
// Nothing is clipped.
//
// A column is its number, counted from 1, or its name where the columns have names; without
// `columns` all are meant.
#include "data/shift_impl.h"

#include "base/mem.h"
#include "base/str.h"

#include <string.h>

static int find_column(size_t *out, const struct value *wanted, const struct shift_job *job,
                       struct err *err)
{
    const struct table *table = job->table;
    if (wanted->kind == VALUE_TEXT) {
        struct str who = {0};
        str_format(&who, "%s()", job->call->text);
        int status = table_find_column(out, table, wanted->text, str_text(&who), err);
        str_release(&who);
        return status;
    }
    if (!(wanted->number >= 1 && wanted->number <= (double)table->d))
        return err_set(err, ERR_DATA, "%s() names column %.0f, and the columns are 1..%zu",
                       job->call->text, wanted->number, table->d);
    *out = (size_t)wanted->number - 1;
    return 0;
}

// D flags, true for the columns that are meant; to be freed. NULL on failure.
static bool *columns_of(const struct shift_job *job, struct err *err)
{
    const struct value *wanted = value_arg(job->call, "columns");
    bool *chosen = mem_try(job->table->d, sizeof *chosen, "the columns of a shift", err);
    if (chosen == NULL)
        return NULL;
    memset(chosen, wanted == NULL, job->table->d * sizeof *chosen);
    for (size_t i = 0; wanted != NULL && i < wanted->n; i++) {
        size_t at;
        if (find_column(&at, &wanted->items[i], job, err) < 0) {
            mem_free(chosen);
            return NULL;
        }
        chosen[at] = true;
    }
    return chosen;
}

static int change_columns(float *x, const struct shift_job *job, shift_row *change, struct err *err)
{
    bool *chosen = columns_of(job, err);
    if (chosen == NULL)
        return -1;
    int status = shift_each(x, job, change, chosen, err);
    mem_free(chosen);
    return status;
}

static void set(float *out, const float *in, const struct shift_job *job, struct rng *rng,
                const void *context)
{
    (void)in, (void)rng;
    const bool *chosen = context;
    for (size_t i = 0; i < job->table->d; i++)
        if (chosen[i])
            out[i] = (float)value_arg_number(job->call, "value");
}

int shift_drop(float *x, const struct shift_job *job, struct err *err)
{
    return change_columns(x, job, set, err);
}

// Every column draws, chosen or not: which others are chosen changes no column's noise in that
// order.
static void add_noise(float *out, const float *in, const struct shift_job *job, struct rng *rng,
                      const void *context)
{
    const bool *chosen = context;
    for (size_t i = 0; i < job->table->d; i++) {
        double z = rng_normal(rng);
        if (chosen[i])
            out[i] = (float)(in[i] + job->strength * z);
    }
}

int shift_column_noise(float *x, const struct shift_job *job, struct err *err)
{
    return change_columns(x, job, add_noise, err);
}

static void change_unit(float *out, const float *in, const struct shift_job *job, struct rng *rng,
                        const void *context)
{
    (void)rng;
    const bool *chosen = context;
    double offset = value_arg_number(job->call, "offset");
    for (size_t i = 0; i < job->table->d; i++)
        if (chosen[i])
            out[i] = (float)(in[i] * job->strength + offset);
}

int shift_unit_change(float *x, const struct shift_job *job, struct err *err)
{
    return change_columns(x, job, change_unit, err);
}

// Each value is missing by itself, whatever the others are ("completely at random", Rubin 1976).
static void lose(float *out, const float *in, const struct shift_job *job, struct rng *rng,
                 const void *context)
{
    (void)in;
    const bool *chosen = context;
    for (size_t i = 0; i < job->table->d; i++) {
        bool lost = rng_unit(rng) < job->strength;
        if (lost && chosen[i])
            out[i] = (float)value_arg_number(job->call, "value");
    }
}

int shift_missing_at_random(float *x, const struct shift_job *job, struct err *err)
{
    return change_columns(x, job, lose, err);
}
