// shift.c -- see shift.h: the table of shifts, what their severities stand for, and the copy of the
// rows that a shift then changes.
#include "data/shift.h"

#include "base/mem.h"
#include "base/str.h"
#include "data/shift_impl.h"

#include <string.h>

enum { SEVERITY_LEVELS = 5 };

static const struct shift {
    const char *name;
    int (*apply)(float *x, const struct shift_job *job, struct err *err);
    int (*pick)(struct rows *out, const struct rows *in, const struct shift_job *job,
                struct err *err);
    int (*make)(struct table *made, const struct rows *in, const struct shift_job *job,
                struct err *err);
    enum { ROWS, IMAGES } of;
    double by_severity[SEVERITY_LEVELS]; // all 0: there are no severities
} SHIFTS[] = {
#define SEVERITIES(a, b, c, d, e)                                                                  \
    {                                                                                              \
        a, b, c, d, e                                                                              \
    }
#define NO_SEVERITIES                                                                              \
    {                                                                                              \
        0                                                                                          \
    }
#define SHIFT(name_, of_, severities)                                                              \
    {.name = #name_, .apply = shift_##name_, .of = of_, .by_severity = severities},
#define PICK(name_) {.name = #name_, .pick = pick_##name_},
#define MAKE(name_) {.name = #name_, .make = make_##name_, .of = IMAGES},
#include "data/shifts.def"
#undef SHIFT
#undef PICK
#undef MAKE
};

// Of rows, without severities; what it does is not known here (shift_apply_script).
static const struct shift SCRIPT = {.name = "lua", .of = ROWS};

static const struct shift *shift_of(const struct value *call)
{
    if (value_is_call(call, SCRIPT.name))
        return &SCRIPT;
    for (size_t i = 0; i < ARRAY_LEN(SHIFTS); i++)
        if (value_is_call(call, SHIFTS[i].name))
            return &SHIFTS[i];
    BUG("no shift %s()", call->kind == VALUE_CALL ? call->text : "");
}

static int strength_of(double *out, const struct shift *shift, const struct value *call,
                       struct err *err)
{
    const struct value *severity = value_arg(call, "severity");
    const struct value *first = call->n > 0 ? &call->args[0].value : NULL;
    *out = first != NULL && first->kind == VALUE_NUMBER ? first->number : 0;
    if (shift->by_severity[0] == 0)
        return 0;
    if (first == NULL)
        BUG("%s() without arguments", shift->name); // those left out are there, as VALUE_NONE
    bool named = first != severity && first->kind == VALUE_NUMBER;
    if (named == (severity != NULL))
        return err_set(err, ERR_DATA, "%s() %s '%s' or 'severity'%s", shift->name,
                       named ? "takes" : "needs", call->args[0].name, named ? ", not both" : "");
    if (severity != NULL)
        *out = shift->by_severity[(size_t)severity->number - 1];
    return 0;
}

int shift_check(const struct value *call, struct err *err)
{
    double strength;
    return strength_of(&strength, shift_of(call), call, err);
}

bool shift_needs_images(const struct value *call)
{
    return shift_of(call)->of == IMAGES;
}

const char *shift_groups(const struct value *call)
{
    return shift_of(call)->make != NULL ? "color" : NULL;
}

double shift_number_or(const struct shift_job *job, const char *name, double otherwise)
{
    const struct value *given = value_arg(job->call, name);
    return given != NULL ? given->number : otherwise;
}

int shift_each(float *x, const struct shift_job *job, shift_row *change, const void *context,
               struct err *err)
{
    const struct table *table = job->table;
    float *before = mem_try(table->d, sizeof *before, "a row of a shift", err);
    if (before == NULL)
        return -1;
    for (size_t r = 0; r < table->n; r++) {
        struct rng rng = rng_at(job->key, table_id(table, r));
        float *row = x + r * table->d;
        memcpy(before, row, table->d * sizeof *before);
        change(row, before, job, &rng, context);
    }
    mem_free(before);
    return 0;
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

static int copy_standard(struct table *out, const struct table *from, struct err *err)
{
    if (from->center == NULL)
        return 0;
    float *copy = table_own(out, mem_try(from->d, 2 * sizeof *copy, "the standardisation of a shift", err));
    if (copy == NULL)
        return -1;
    memcpy(copy, from->center, from->d * sizeof *copy);
    memcpy(copy + from->d, from->factor, from->d * sizeof *copy);
    out->center = copy;
    out->factor = copy + from->d;
    return 0;
}

static bool copy_keys(struct table *out, const struct rows *in, struct err *err)
{
    const struct table *table = in->table;
    if (table->key == NULL)
        return true;
    bool ok = true;
    const char **key = mem_try(in->n, sizeof *key, "the keys of a shift", err);
    for (size_t r = 0; r < in->n && key != NULL; r++)
        key[r] = table->key[in->index[r]];
    if (key != NULL)
        out->key = table_own_texts(&ok, out, key, in->n, "the keys of a shift", err);
    mem_free(key);
    return ok && out->key != NULL;
}

// Everything but the features.
static int copy_frame(struct table *out, const struct rows *in, struct err *err)
{
    const struct table *table = in->table;
    *out = (struct table){.n = in->n,
                          .d = table->d,
                          .classes = table->classes,
                          .scale = 1,
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
    // texts too: the result must outlive the table it came from
    out->columns =
        table_own_texts(&ok, out, table->columns, out->d, "the column names of a shift", err);
    out->class_names = table_own_texts(&ok, out, table->class_names, out->classes,
                                       "the class names of a shift", err);
    const char **group_name =
        table_own_texts(&ok, out, table->group_name != NULL ? &table->group_name : NULL, 1,
                        "the group of a shift", err);
    out->group_name = group_name != NULL ? group_name[0] : NULL;
    ok &= copy_keys(out, in, err);
    return ok ? copy_standard(out, table, err) : -1;
}

// The features of the chosen rows, to be changed.
static float *own_features(struct table *made, const struct rows *in, struct err *err)
{
    size_t cells;
    if (__builtin_mul_overflow(made->n, made->d, &cells))
        cells = SIZE_MAX; // mem_try refuses
    float *x = table_own(made, mem_try(cells, sizeof *x, "the features of a shift", err));
    if (x != NULL)
        copy_features(x, in);
    return x;
}

// The features of the chosen rows, then what the shift makes of them.
static int make_features(struct table *made, const struct shift *shift, struct shift_job *job,
                         const struct rows *in, struct err *err)
{
    const struct image_shape *image = &made->image;
    size_t pixels = (size_t)image->height * image->width;
    job->table = made;
    if (shift->of == IMAGES && (pixels == 0 || image->channels == 0))
        return err_set(err, ERR_DATA, "%s() needs images, and these rows have no image shape",
                       shift->name);
    if (shift->of == IMAGES && pixels * image->channels != made->d)
        BUG("images of %zu values in rows of %zu", pixels * image->channels, made->d);
    if (shift->make != NULL)
        return shift->make(made, in, job, err);
    float *x = own_features(made, in, err);
    if (x == NULL || (shift->apply != NULL && shift->apply(x, job, err) < 0))
        return -1;
    made->x = x;
    return 0;
}

int shift_apply(struct table *out, const struct rows *in, const struct value *call, uint64_t seed,
                struct err *err)
{
    const struct shift *shift = shift_of(call);
    struct shift_job job = {.table = in->table, .call = call, .key = key_of(call, seed)};
    if (strength_of(&job.strength, shift, call, err) < 0)
        return -1;
    struct rows picked = {0};
    if (shift->pick != NULL) {
        if (shift->pick(&picked, in, &job, err) < 0)
            return -1;
        in = &picked;
    }
    struct table made;
    int status = copy_frame(&made, in, err);
    if (status == 0)
        status = make_features(&made, shift, &job, in, err);
    if (status == 0)
        *out = made;
    else
        table_release(&made);
    rows_release(&picked);
    return status;
}

int shift_apply_script(struct table *out, const struct rows *in, const struct value *call, uint64_t seed,
                       const struct shift_script *script, struct err *err)
{
    struct table made;
    int status = copy_frame(&made, in, err);
    float *x = status == 0 ? own_features(&made, in, err) : NULL;
    status = x != NULL ? script->change(x, &made, key_of(call, seed), script->context, err) : -1;
    made.x = x;
    if (status == 0)
        *out = made;
    else
        table_release(&made);
    return status;
}
