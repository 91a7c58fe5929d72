// label_set.c -- see label_set.h.
#include "data/label_set.h"

#include "base/mem.h"
#include "data/loaders.h"

#include <stdlib.h>
#include <string.h>

void label_set_release(struct label_set *set)
{
    arena_release(&set->text);
    mem_free(set->name);
    mem_free(set->sorted);
    *set = (struct label_set){0};
}

// Where `text` stands, or would stand, among the sorted.
static size_t place_of(bool *found, const struct label_set *set, const char *text)
{
    size_t low = 0, high = set->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(set->name[set->sorted[middle]], text);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = false;
    return low;
}

int label_set_add(uint32_t *number, struct label_set *set, const char *text, size_t n)
{
    bool found;
    size_t place = place_of(&found, set, text);
    if (found) {
        *number = set->sorted[place];
        return 0;
    }
    if (set->n == MAX_CLASSES)
        return -1;
    set->name = mem_grow(set->name, &set->cap, set->n + 1, sizeof *set->name);
    set->sorted = mem_grow(set->sorted, &set->sorted_cap, set->n + 1, sizeof *set->sorted);
    memmove(set->sorted + place + 1, set->sorted + place, (set->n - place) * sizeof *set->sorted);
    set->name[set->n] = arena_copy(&set->text, text, n);
    set->sorted[place] = (uint32_t)set->n;
    *number = (uint32_t)set->n++;
    return 0;
}

static size_t skip_digits(const char *text, size_t n, size_t at)
{
    while (at < n && text[at] >= '0' && text[at] <= '9')
        at++;
    return at;
}

bool text_is_decimal(const char *text, size_t n)
{
    size_t at = n > 0 && (text[0] == '+' || text[0] == '-');
    size_t whole = skip_digits(text, n, at);
    size_t digits = whole - at;
    at = whole;
    if (at < n && text[at] == '.') {
        size_t end = skip_digits(text, n, at + 1);
        digits += end - (at + 1);
        at = end;
    }
    if (digits == 0)
        return false;
    if (at < n && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        at += at < n && (text[at] == '+' || text[at] == '-');
        size_t end = skip_digits(text, n, at);
        if (end == at)
            return false;
        at = end;
    }
    return at == n;
}

struct numbered {
    double value;
    uint32_t number;
};

static int by_value(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static bool is_whole(double x)
{
    return x >= -0x1p53 && x <= 0x1p53 && x == (double)(int64_t)x;
}

static uint32_t classes_by_value(uint32_t *class_of, const struct label_set *set)
{
    uint32_t classes = 0;
    struct numbered *label = mem_new(set->n * sizeof *label);
    for (size_t i = 0; i < set->n; i++)
        label[i] = (struct numbered){strtod(set->name[i], NULL), (uint32_t)i};
    qsort(label, set->n, sizeof *label, by_value);
    for (size_t i = 0; i < set->n; i++) {
        if (i == 0 || label[i].value != label[i - 1].value)
            classes++;
        class_of[label[i].number] = classes - 1;
    }
    mem_free(label);
    return classes;
}

static bool all_numbers(const struct label_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        if (!text_is_decimal(set->name[i], strlen(set->name[i])))
            return false;
    return true;
}

const char *label_set_odd(const struct label_set *set)
{
    if (!all_numbers(set))
        return NULL;
    for (size_t i = 0; i < set->n; i++)
        if (!is_whole(strtod(set->name[i], NULL)))
            return set->name[i];
    return NULL;
}

uint32_t label_set_classes(uint32_t *class_of, const struct label_set *set)
{
    if (all_numbers(set) && label_set_odd(set) == NULL)
        return classes_by_value(class_of, set);
    for (size_t i = 0; i < set->n; i++)
        class_of[set->sorted[i]] = (uint32_t)i;
    return (uint32_t)set->n;
}

void label_set_names(const char **name, const uint32_t *class_of, const struct label_set *set)
{
    for (size_t i = set->n; i-- > 0;)
        name[class_of[set->sorted[i]]] = set->name[set->sorted[i]];
}
