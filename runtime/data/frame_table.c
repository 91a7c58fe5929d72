// frame_table.c -- from what was read to a table: rows with missing values go or are filled in,
// names become numbers in order, words become features of their own. See frame.h.
#include "data/frame.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

// --- rows that go --------------------------------------------------------------------------------

static bool is_whole_row(const struct frame *f, size_t row)
{
    const float *x = f->x + row * f->n_inputs;
    for (size_t i = 0; i < f->n_inputs; i++)
        if (x[i] != x[i])
            return false;
    return true;
}

// A word that only dropped rows had is no class, no group and no feature.
static void rename_number(struct label_set *fresh, uint32_t *number, const struct label_set *set)
{
    const char *name = set->name[*number];
    if (label_set_add(number, fresh, name, strlen(name)) < 0)
        BUG("more names than before");
}

static void rename_all(struct frame *f)
{
    for (enum role role = LABEL; role < NAMED; role++) {
        if (f->number[role] == NULL || (role == LABEL && f->classes != NULL))
            continue;
        struct label_set fresh = {0};
        for (size_t row = 0; row < f->n; row++)
            rename_number(&fresh, &f->number[role][row], &f->names[role]);
        label_set_release(&f->names[role]);
        f->names[role] = fresh;
    }
    for (size_t i = 0; i < f->n_columns; i++) {
        struct frame_column *c = &f->column[i];
        struct label_set fresh = {0};
        for (size_t row = 0; row < f->n && c->role == LEVEL; row++) {
            float *x = &f->x[row * f->n_inputs + c->at];
            uint32_t number = (uint32_t)*x;
            rename_number(&fresh, &number, &c->level);
            *x = (float)number;
        }
        label_set_release(&c->level);
        c->level = fresh;
    }
}

// Rows keep the numbers they have in the file, which key their randomness.
static int drop_rows(struct table *table, struct frame *f)
{
    uint64_t *id = table_own(table, mem_try(f->n, sizeof *id, "the row numbers", f->err));
    if (id == NULL)
        return -1;
    size_t kept = 0;
    for (size_t row = 0; row < f->n; row++) {
        if (!is_whole_row(f, row))
            continue;
        memmove(f->x + kept * f->n_inputs, f->x + row * f->n_inputs, f->n_inputs * sizeof *f->x);
        for (enum role role = LABEL; role < NAMED; role++)
            if (f->number[role] != NULL)
                f->number[role][kept] = f->number[role][row];
        if (f->weight != NULL)
            f->weight[kept] = f->weight[row];
        if (f->key != NULL)
            f->key[kept] = f->key[row];
        id[kept++] = row;
    }
    if (kept == 0)
        return err_set(f->err, ERR_DATA, "every row of '%s' has a missing value", f->path);
    f->n = kept;
    table->id = id;
    rename_all(f);
    return 0;
}

// --- names ---------------------------------------------------------------------------------------

// The number of each name in the order of the names, or as `classes` lists them. Returns how many
// there are.
static uint32_t order_of(uint32_t *class_of, const struct frame *f, enum role role)
{
    const struct label_set *names = &f->names[role];
    if (role != LABEL || f->classes == NULL)
        return label_set_classes(class_of, names);
    for (size_t i = 0; i < names->n; i++)
        class_of[i] = (uint32_t)i;
    return (uint32_t)names->n;
}

static bool number_in_order(struct table *table, struct frame *f, enum role role)
{
    const struct label_set *names = &f->names[role];
    uint32_t *class_of = mem_new(names->n * sizeof *class_of);
    uint32_t classes = order_of(class_of, f, role);
    for (size_t i = 0; i < f->n; i++)
        f->number[role][i] = class_of[f->number[role][i]];
    bool ok = true;
    if (role == LABEL) {
        const char **name = mem_new(classes * sizeof *name);
        label_set_names(name, class_of, names);
        table->classes = classes;
        table->class_names = table_own_texts(&ok, table, name, classes, "the class names", f->err);
        mem_free(name);
    }
    mem_free(class_of);
    return ok;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool take_keys(struct table *table, const struct frame *f)
{
    const char **sorted = mem_try(f->n, sizeof *sorted, "the keys", f->err);
    if (sorted == NULL)
        return false;
    memcpy(sorted, f->key, f->n * sizeof *sorted);
    qsort(sorted, f->n, sizeof *sorted, by_text);
    bool ok = true;
    for (size_t i = 1; i < f->n && ok; i++) {
        char show[SHOWN];
        ok = strcmp(sorted[i - 1], sorted[i]) != 0;
        if (!ok)
            err_set(f->err, ERR_DATA, "two rows of '%s' have the key '%s'", f->path,
                    shown(show, sorted[i], strlen(sorted[i])));
    }
    mem_free(sorted);
    if (ok)
        table->key = table_own_texts(&ok, table, f->key, f->n, "the keys", f->err);
    return ok;
}

static bool take_group_name(struct table *table, const struct frame *f)
{
    bool ok = true;
    const char *group = f->asked[GROUP];
    const char **copy = table_own_texts(&ok, table, group != NULL ? &group : NULL, 1,
                                        "the name of the group", f->err);
    table->group_name = copy != NULL ? copy[0] : NULL;
    return ok;
}

// --- features ------------------------------------------------------------------------------------

// How the inputs of a row become features: each its own, or one for each of its words.
struct spread {
    size_t width;       // features of this input
    uint32_t *level_of; // of a word's number, its place in order; NULL for numbers
    float *fill;        // width: what stands for a missing value
};

static void spread_release(struct spread *spread, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        mem_free(spread[i].level_of);
        mem_free(spread[i].fill);
    }
    mem_free(spread);
}

// What a missing value becomes: 0, or the mean of the others. False when all are missing.
static bool fill_of(struct spread *s, const struct frame *f, const struct frame_column *c)
{
    s->fill = mem_new(s->width * sizeof *s->fill);
    double *sum = mem_new(s->width * sizeof *sum);
    size_t known = 0;
    for (size_t row = 0; row < f->n; row++) {
        float x = f->x[row * f->n_inputs + c->at];
        if (x != x)
            continue;
        known++;
        if (s->level_of != NULL)
            sum[s->level_of[(uint32_t)x]] += (double)f->scale;
        else
            sum[0] += (double)x;
    }
    for (size_t i = 0; i < s->width && f->missing == MISSING_MEAN && known > 0; i++)
        s->fill[i] = (float)(sum[i] / (double)known);
    mem_free(sum);
    return known > 0;
}

static int spread_of(struct spread *s, const struct frame *f, const struct frame_column *c)
{
    s->width = 1;
    if (c->role == LEVEL) {
        s->level_of = mem_new(c->level.n * sizeof *s->level_of);
        s->width = label_set_classes(s->level_of, &c->level);
    }
    if (f->missing == MISSING_ERROR || f->missing == MISSING_DROP || fill_of(s, f, c))
        return 0;
    char show[SHOWN];
    err_set(f->err, ERR_DATA, "column '%s' of '%s' has no value at all",
            shown(show, c->name, strlen(c->name)), f->path);
    err_hint(f->err, "drop: [\"%.60s\"] leaves it out.", c->name);
    return -1;
}

static void spread_row(float *out, const float *in, const struct frame *f,
                       const struct spread *spread)
{
    for (size_t i = 0; i < f->n_inputs; out += spread[i++].width) {
        const struct spread *s = &spread[i];
        if (in[i] != in[i])
            memcpy(out, s->fill, s->width * sizeof *out);
        else if (s->level_of == NULL)
            *out = in[i];
        else
            out[s->level_of[(uint32_t)in[i]]] = f->scale;
    }
}

static int spread_rows(struct table *table, const struct frame *f, const struct spread *spread)
{
    struct table_facts facts;
    if (check_shape(&facts, f->n, table->d, f->path, f->err) < 0)
        return -1;
    float *x = table_own(table, mem_try(f->n * table->d, sizeof *x, "the features", f->err));
    if (x == NULL)
        return -1;
    for (size_t row = 0; row < f->n; row++)
        spread_row(x + row * table->d, f->x + row * f->n_inputs, f, spread);
    table->x = x;
    return 0;
}

static int name_features(struct table *table, const struct frame *f, const struct spread *spread)
{
    struct arena text = {0};
    const char **name = mem_new(table->d * sizeof *name);
    size_t at = 0;
    for (size_t i = 0; i < f->n_columns; i++) {
        const struct frame_column *c = &f->column[i];
        if (c->role == NUMBER)
            name[at++] = c->name;
        if (c->role != LEVEL)
            continue;
        label_set_names(name + at, spread[c->at].level_of, &c->level);
        for (size_t k = 0; k < spread[c->at].width; k++, at++)
            name[at] = arena_format(&text, "%s.%s", c->name, name[at]);
    }
    bool ok = true;
    table->columns = table_own_texts(&ok, table, name, table->d, "the column names", f->err);
    mem_free(name);
    arena_release(&text);
    return ok ? 0 : -1;
}

static int take_features(struct table *table, struct frame *f)
{
    struct spread *spread = mem_new(f->n_inputs * sizeof *spread);
    int status = 0;
    for (size_t i = 0; i < f->n_columns && status == 0; i++) {
        const struct frame_column *c = &f->column[i];
        if (c->role != NUMBER && c->role != LEVEL)
            continue;
        status = spread_of(&spread[c->at], f, c);
        table->d += spread[c->at].width;
    }
    if (status == 0)
        status = name_features(table, f, spread);
    bool as_read = f->n_levels == 0 && (f->missing == MISSING_ERROR || f->missing == MISSING_DROP);
    if (status == 0 && as_read) {
        table->x = table_own(table, f->x);
        f->x = NULL;
    } else if (status == 0) {
        status = spread_rows(table, f, spread);
    }
    spread_release(spread, f->n_inputs);
    return status;
}

int frame_table(struct table *table, struct frame *f)
{
    if (f->n == 0)
        return err_set(f->err, ERR_DATA, "'%s' holds no rows", f->path);
    *table = (struct table){.scale = 1};
    if (f->missing == MISSING_DROP && drop_rows(table, f) < 0)
        return -1;
    const char *odd = f->classes == NULL ? label_set_odd(&f->names[LABEL]) : NULL;
    if (odd != NULL) {
        char show[SHOWN];
        return err_set(f->err, ERR_DATA,
                       "'%s' has the label '%s', expected a name or a whole number", f->path,
                       shown(show, odd, strlen(odd)));
    }
    table->n = f->n;
    bool ok = number_in_order(table, f, LABEL);
    if (f->number[GROUP] != NULL)
        ok &= number_in_order(table, f, GROUP);
    ok &= take_group_name(table, f);
    if (ok && f->key != NULL)
        ok = take_keys(table, f);
    if (!ok || take_features(table, f) < 0)
        return -1;
    table->y = table_own(table, f->number[LABEL]);
    table->group = table_own(table, f->number[GROUP]);
    table->weight = table_own(table, f->weight);
    f->weight = NULL;
    f->number[LABEL] = f->number[GROUP] = NULL;
    return 0;
}
