// label_set.h -- the distinct labels of a csv column, and the classes they become; the same for the
// names of groups.
//
// While a file is read, each label gets the number of its first appearance. When all are known they
// are numbered anew in sorted order: by value when all are whole numbers, else by their bytes. So a
// class does not depend on the order of the rows.
#ifndef W2S_LABEL_SET_H
#define W2S_LABEL_SET_H

#include "base/arena.h"
#include "base/err.h"

struct label_set {
    struct arena text;
    const char **name; // by appearance
    uint32_t *sorted;  // the same, as indices into `name` in the order of the bytes
    size_t n, cap, sorted_cap;
};

void label_set_release(struct label_set *set);

// The number of `text`, by appearance. Fails when there would be more than MAX_CLASSES labels.
W2S_MUST_CHECK int label_set_add(uint32_t *number, struct label_set *set, const char *text,
                                 size_t n);

// class_of[number] for all set->n labels; returns the number of classes, which is smaller than n
// when "1" and "1.0" are both there.
uint32_t label_set_classes(uint32_t *class_of, const struct label_set *set);

// The name of each class, once label_set_classes gave class_of: of several texts for one number, the first
// in the order of the bytes. They belong to the set.
void label_set_names(const char **name, const uint32_t *class_of, const struct label_set *set);

// When all labels are numbers, but not all of them whole, the first that is not: then the column
// holds measurements, and no labels. Else NULL. Whole numbers end at 2^53, where doubles skip some.
const char *label_set_odd(const struct label_set *set);

// True when the text is a decimal number: an optional sign, digits with an optional point, an
// optional exponent. No spaces, no hexadecimal, no "nan" or "inf".
bool text_is_decimal(const char *text, size_t n);

#endif
