// annotations_join.c -- labels of a file, joined with rows by key; see annotations.h.
#include "base/mem.h"
#include "data/annotations.h"
#include "data/label_set.h"

#include <stdlib.h>
#include <string.h>

struct join {
    const struct annotations *a;
    const struct rows *rows;
    size_t classes;
    uint32_t
        *slot; // open addressing by key: 1 + the first annotation with it; a power of two of them
    size_t n_slots;
    uint32_t *next; // by annotation: 1 + the next with the same key
    bool *used;     // by annotation: its row is in the table
    struct err *err;
};

static int wrong(const struct join *j, const struct annotation *item, const char *what,
                 const char *text)
{
    return err_set(j->err, ERR_DATA, "'%s', line %zu: '%s' %s", j->a->path, item->line, text, what);
}

// --- by key --------------------------------------------------------------------------------------
static uint64_t hash_of(const char *text) // FNV-1a, 64 bits
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * 0x100000001b3u;
    return hash;
}

static const char *key_of(char out[24], const struct annotation *item)
{
    if (item->key != NULL)
        return item->key;
    struct str text = {0};
    str_format(&text, "%zu", item->line - 2);
    memcpy(out, str_text(&text), text.len + 1);
    str_release(&text);
    return out;
}

// Where annotations with this key begin, or would.
static uint32_t *find(const struct join *j, const char *key)
{
    char other[24];
    size_t at = (size_t)hash_of(key) & (j->n_slots - 1);
    while (j->slot[at] != 0 && strcmp(key_of(other, &j->a->item[j->slot[at] - 1]), key) != 0)
        at = (at + 1) & (j->n_slots - 1);
    return &j->slot[at];
}

static int add_all(struct join *j)
{
    char text[24];
    for (size_t i = j->a->n; i-- > 0;) {
        const struct annotation *item = &j->a->item[i];
        uint32_t *first = find(j, key_of(text, item));
        for (uint32_t k = *first; k != 0; k = j->next[k - 1])
            if (j->a->item[k - 1].annotator == item->annotator)
                return wrong(j, &j->a->item[k - 1], "has a second label by the same annotator",
                             key_of(text, item));
        j->next[i] = *first;
        *first = (uint32_t)i + 1;
    }
    return 0;
}

static uint32_t annotations_of(const struct join *j, size_t row)
{
    const struct table *table = j->rows->table;
    char text[24];
    if (table->key != NULL && j->a->item[0].key != NULL)
        return *find(j, table->key[row]);
    struct annotation number = {.line = (size_t)table_id(table, row) + 2};
    return *find(j, key_of(text, &number));
}

// --- classes -------------------------------------------------------------------------------------
static bool find_class(size_t *out, const struct join *j, const char *name)
{
    const struct table *table = j->rows->table;
    for (size_t k = 0; table->class_names != NULL && k < j->classes; k++)
        if (strcmp(table->class_names[k], name) == 0) {
            *out = k;
            return true;
        }
    double number = text_is_decimal(name, strlen(name)) ? strtod(name, NULL) : -1;
    *out = number >= 0 && number < (double)j->classes ? (size_t)number : j->classes;
    return *out < j->classes && (double)*out == number;
}

static int put_vote(float *vote, const struct join *j, const struct annotation *item,
                    const size_t *column)
{
    size_t k;
    for (size_t c = 0; item->p != NULL && c < j->a->n_classes; c++)
        vote[column[c]] = item->p[c];
    if (item->label == NULL)
        return 0;
    if (!find_class(&k, j, item->label))
        return wrong(j, item, "is no class of the data", item->label);
    vote[k] = 1;
    return 0;
}

// The class of each column of probabilities: all classes, each once.
static int find_columns(size_t *column, const struct join *j)
{
    bool *seen = mem_try(j->classes, sizeof *seen, "classes", j->err);
    int status = seen != NULL ? 0 : -1;
    for (size_t c = 0; status == 0 && c < j->a->n_classes; c++) {
        const char *name = j->a->class_name[c];
        if (!find_class(&column[c], j, name) || seen[column[c]])
            status = err_set(j->err, ERR_DATA, "'%s': column '%s' is no class of the data",
                             j->a->path, name);
        else
            seen[column[c]] = true;
    }
    if (status == 0 && j->a->n_classes > 0 && j->a->n_classes != j->classes)
        status = err_set(j->err, ERR_DATA, "'%s' has columns of %zu classes, and there are %zu",
                         j->a->path, j->a->n_classes, j->classes);
    mem_free(seen);
    return status;
}

// --- the whole -----------------------------------------------------------------------------------
static int vote_on(float *votes, const struct join *j, const size_t *column)
{
    size_t A = j->a->n_annotators;
    for (size_t i = 0; i < j->rows->n; i++)
        for (uint32_t k = annotations_of(j, j->rows->index[i]); k != 0; k = j->next[k - 1]) {
            const struct annotation *item = &j->a->item[k - 1];
            if (put_vote(votes + (i * A + item->annotator) * j->classes, j, item, column) < 0)
                return -1;
        }
    return 0;
}

// Rows of a table that still is the whole source have all keys.
static int check_keys(const struct join *j)
{
    const struct table *table = j->rows->table;
    char text[24];
    for (size_t row = 0; row < table->n; row++)
        for (uint32_t k = annotations_of(j, row); k != 0; k = j->next[k - 1])
            j->used[k - 1] = true;
    for (size_t i = 0; table->id == NULL && i < j->a->n; i++)
        if (!j->used[i])
            return wrong(j, &j->a->item[i], "is no row of the data", key_of(text, &j->a->item[i]));
    return 0;
}

int annotations_vote(float *votes, const struct annotations *a, const struct rows *rows,
                     size_t classes, struct err *err)
{
    struct join j = {.a = a, .rows = rows, .classes = classes, .n_slots = 16, .err = err};
    if (classes == 0 || a->n >= UINT32_MAX / 4)
        return err_set(err, ERR_DATA, "'%s': %zu labels over %zu classes", a->path, a->n, classes);
    while (j.n_slots < 2 * a->n)
        j.n_slots *= 2;
    j.slot = mem_try(j.n_slots, sizeof *j.slot, "labels", err);
    j.next = mem_try(a->n, sizeof *j.next, "labels", err);
    j.used = mem_try(a->n, sizeof *j.used, "labels", err);
    size_t *column = mem_new((a->n_classes + 1) * sizeof *column);
    int status = j.slot != NULL && j.next != NULL && j.used != NULL ? 0 : -1;
    if (status == 0)
        status = add_all(&j);
    if (status == 0)
        status = find_columns(column, &j);
    if (status == 0)
        status = check_keys(&j);
    if (status == 0)
        status = vote_on(votes, &j, column);
    mem_free(column);
    mem_free(j.used);
    mem_free(j.next);
    mem_free(j.slot);
    return status;
}
