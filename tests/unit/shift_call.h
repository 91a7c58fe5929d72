// shift_call.h -- what the tests of shifts share: calls, tables of random images, application.
#ifndef W2S_SHIFT_CALL_H
#define W2S_SHIFT_CALL_H

#include "base/rng.h"
#include "data/shift.h"
#include "data/split.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { CALL_ROOM = 4 };

struct call {
    struct value_arg arg[CALL_ROOM];
    struct value value;
    uint64_t seed;
};

static inline struct call bare(const char *name)
{
    return (struct call){.value = {.kind = VALUE_CALL, .text = name}};
}

static inline struct call with(struct call c, const char *name, struct value value)
{
    assert_true(c.value.n < CALL_ROOM);
    c.arg[c.value.n++] = (struct value_arg){name, value};
    return c;
}

static inline struct call with_number(struct call c, const char *name, double x)
{
    return with(c, name, value_number(x));
}

// name(first: x)
static inline struct call call_of(const char *name, const char *first, double x)
{
    return with_number(bare(name), first, x);
}

// name(severity: s), the first argument left out.
static inline struct call severe(const char *name, const char *first, int severity)
{
    return with_number(with(bare(name), first, (struct value){.kind = VALUE_NONE}), "severity",
                       severity);
}

static inline int try_apply(struct table *out, const struct rows *in, struct call c,
                            struct err *err)
{
    c.value.args = c.arg;
    return shift_apply(out, in, &c.value, c.seed, err);
}

static inline void apply(struct table *out, const struct rows *in, struct call c)
{
    struct err err = {0};
    if (try_apply(out, in, c, &err) < 0)
        fail_msg("%s", err.text);
}

static inline void apply_to_all(struct table *out, const struct table *table, struct call c)
{
    struct rows all;
    rows_all(&all, table);
    apply(out, &all, c);
    rows_release(&all);
}

static inline void refuses(const struct table *table, struct call c, const char *text)
{
    struct table out;
    struct rows all;
    struct err err = {0};
    rows_all(&all, table);
    assert_int_equal(try_apply(&out, &all, c, &err), -1);
    assert_int_equal(err.kind, ERR_DATA);
    assert_string_equal(err.text, text);
    rows_release(&all);
}

static inline void fill_random(float *x, size_t n, uint64_t stream)
{
    struct rng rng = rng_at(rng_key_of(1, "test"), stream);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)rng_unit(&rng);
}

static inline double mean_squared_change(const struct table *after, const struct table *before)
{
    double sum = 0, cells = (double)before->n * (double)before->d;
    for (size_t i = 0; i < before->n * before->d; i++) {
        double change = (double)after->x[i] - before->x[i];
        sum += change * change / cells;
    }
    return sum;
}

static inline double change_by(const struct table *table, struct call c)
{
    struct table out;
    apply_to_all(&out, table, c);
    double change = mean_squared_change(&out, table);
    table_release(&out);
    return change;
}

// Severities from 1 to 5 change the table more and more; `c` is made by severe().
static inline void grows(const struct table *table, struct call c)
{
    double before = 0;
    for (int severity = 1; severity <= 5; severity++) {
        c.arg[1].value = value_number(severity);
        double change = change_by(table, c);
        if (!(change > before))
            fail_msg("%s(severity: %d) changes by %g, the one before by %g", c.value.text, severity,
                     change, before);
        before = change;
    }
}

// The features stay, bit for bit.
static inline void changes_nothing(const struct table *table, struct call c)
{
    struct table out;
    apply_to_all(&out, table, c);
    assert_memory_equal(out.x, table->x, table->n * table->d * sizeof(float));
    table_release(&out);
}

// A row's result is the same in whatever subset and place it stands.
static inline void keeps_to_its_row(const struct table *table, struct call c)
{
    struct table whole, some;
    uint32_t chosen[] = {(uint32_t)table->n - 1, 0, (uint32_t)table->n / 2};
    struct rows three = {table, 3, chosen};
    apply_to_all(&whole, table, c);
    apply(&some, &three, c);
    for (size_t r = 0; r < 3; r++)
        assert_memory_equal(some.x + r * table->d, whole.x + chosen[r] * table->d,
                            table->d * sizeof(float));
    table_release(&whole);
    table_release(&some);
}

static inline void stays_in_unit_range(const struct table *table, struct call c)
{
    struct table out;
    apply_to_all(&out, table, c);
    for (size_t i = 0; i < table->n * table->d; i++)
        assert_true(out.x[i] >= 0 && out.x[i] <= 1);
    table_release(&out);
}

#endif
