// shift.c -- see shift.h: copies the chosen rows into a table of their own and hands them to the
// shift.
#include "data/shift.h"

#include "base/mem.h"
#include "base/str.h"
#include "data/shift_impl.h"

#include <string.h>

static const struct shift {
    const char *name;
    int (*apply)(float *x, const struct shift_job *job, struct err *err);
} SHIFTS[] = {
#define SHIFT(name) {#name, shift_##name},
#include "data/shifts.def"
#undef SHIFT
};

static const struct shift *shift_of(const struct value *call)
{
    for (size_t i = 0; i < ARRAY_LEN(SHIFTS); i++)
        if (value_is_call(call, SHIFTS[i].name))
            return &SHIFTS[i];
    BUG("no shift %s()", call->kind == VALUE_CALL ? call->text : "");
}

static struct rng_key key_of(const struct value *call, uint64_t seed)
{
    struct str stage = {0};
    str_add(&stage, "shift ");
    value_write(&stage, call);
    struct rng_key key = rng_key_of(seed, str_text(&stage));
    str_release(&stage);
    return key;
}

static void copy_features(float *x, const struct rows *in)
{
    const struct table *table = in->table;
    size_t d = table->d;
    for (size_t r = 0; r < in->n; r++) {
        size_t from = (size_t)in->index[r] * d;
        if (table->x != NULL)
            memcpy(x + r * d, table->x + from, d * sizeof *x);
        else
            for (size_t i = 0; i < d; i++)
                x[r * d + i] = (float)table->x_bytes[from + i] * table->scale;
    }
}

// One block: the pointers, then what they point to. The result must outlive the table it came from.
static int copy_columns(struct table *out, const char *const *columns, struct err *err)
{
    size_t bytes = out->d * sizeof(char *);
    for (size_t i = 0; i < out->d; i++)
        bytes += strlen(columns[i]) + 1;
    const char **copy = table_own(out, mem_try(bytes, 1, "the column names of a shift", err));
    if (copy == NULL)
        return -1;
    char *text = (char *)(copy + out->d);
    for (size_t i = 0; i < out->d; i++) {
        size_t n = strlen(columns[i]) + 1;
        copy[i] = memcpy(text, columns[i], n);
        text += n;
    }
    out->columns = copy;
    return 0;
}

// One item of a row each, such as its label: those of the chosen rows, owned by `out`. NULL when
// there are none to copy, and after a failure, which clears *ok.
static void *copy_items(bool *ok, struct table *out, const void *from, size_t size,
                        const struct rows *in, const char *what, struct err *err)
{
    if (from == NULL)
        return NULL;
    uint8_t *copy = table_own(out, mem_try(in->n, size, what, err));
    *ok &= copy != NULL;
    for (size_t r = 0; r < in->n && copy != NULL; r++)
        memcpy(copy + r * size, (const uint8_t *)from + in->index[r] * size, size);
    return copy;
}

// Everything but the features.
static int copy_frame(struct table *out, const struct rows *in, struct err *err)
{
    const struct table *table = in->table;
    *out = (struct table){.n = in->n, .d = table->d, .classes = table->classes, .scale = 1,
                          .image = table->image};
    uint64_t *id = table_own(out, mem_try(in->n, sizeof *id, "the row numbers of a shift", err));
    if (id == NULL)
        return -1;
    for (size_t r = 0; r < in->n; r++)
        id[r] = table_id(table, in->index[r]);
    out->id = id;
    bool ok = true;
    out->y = copy_items(&ok, out, table->y, sizeof *out->y, in, "the labels of a shift", err);
    out->group =
        copy_items(&ok, out, table->group, sizeof *out->group, in, "the groups of a shift", err);
    out->weight =
        copy_items(&ok, out, table->weight, sizeof *out->weight, in, "the weights of a shift", err);
    if (!ok)
        return -1;
    return table->columns != NULL ? copy_columns(out, table->columns, err) : 0;
}

int shift_apply(struct table *out, const struct rows *in, const struct value *shift, uint64_t seed,
                struct err *err)
{
    struct table made;
    size_t cells;
    if (copy_frame(&made, in, err) < 0)
        goto fail;
    if (__builtin_mul_overflow(made.n, made.d, &cells))
        cells = SIZE_MAX; // mem_try refuses
    float *x = table_own(&made, mem_try(cells, sizeof *x, "the features of a shift", err));
    if (x == NULL)
        goto fail;
    copy_features(x, in);
    struct shift_job job = {&made, shift, key_of(shift, seed)};
    if (shift_of(shift)->apply(x, &job, err) < 0)
        goto fail;
    made.x = x;
    *out = made;
    return 0;
fail:
    table_release(&made);
    return -1;
}
