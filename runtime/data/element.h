// element.h -- the types of numbers that arrays in files are made of; elements.def lists them.
#ifndef W2S_ELEMENT_H
#define W2S_ELEMENT_H

#include "base/base.h"

enum { ELEMENT_MOST = 8 }; // bytes

struct element {
    const char *npy, *safetensors;   // what the formats call it; NULL: they do not know it
    unsigned size;                   // bytes
    double (*read)(const uint8_t *); // reads one; exact up to 2^53
    bool whole;                      // whole numbers
};

// NULL when there is none of this name. Of one byte, the order in an npy name does not matter.
const struct element *element_of_npy(const char *name, size_t n);
const struct element *element_of_safetensors(const char *name);

// A byte as it is, 0..255.
bool element_is_byte(const struct element *element);

uint64_t element_little_endian(const uint8_t *p, unsigned size);

#endif
