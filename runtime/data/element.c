// element.c -- see element.h.
#include "data/element.h"

#include <string.h>

uint64_t element_little_endian(const uint8_t *p, unsigned size)
{
    uint64_t x = 0;
    for (unsigned i = 0; i < size; i++)
        x |= (uint64_t)p[i] << (8 * i);
    return x;
}

static double float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

// IEEE 754 binary16: 1 + 5 + 10 bits. The smallest are whole multiples of 2^-24.
static double element_f2(const uint8_t *p)
{
    uint32_t bits = (uint32_t)element_little_endian(p, 2);
    uint32_t exponent = bits >> 10 & 31, fraction = bits & 1023;
    double sign = bits >> 15 != 0 ? -1 : 1;
    if (exponent == 0)
        return sign * fraction * 0x1p-24;
    uint32_t wide = exponent == 31 ? 255 : exponent - 15 + 127;
    return sign * float_of(wide << 23 | fraction << 13);
}

static double element_bf16(const uint8_t *p)
{
    return float_of((uint32_t)element_little_endian(p, 2) << 16);
}

static double element_f4(const uint8_t *p)
{
    return float_of((uint32_t)element_little_endian(p, 4));
}

static double element_f8(const uint8_t *p)
{
    uint64_t bits = element_little_endian(p, 8);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double element_b1(const uint8_t *p)
{
    return p[0] != 0;
}

#define UNSIGNED_ELEMENT(size)                                                                     \
    static double element_u##size(const uint8_t *p)                                                \
    {                                                                                              \
        return (double)element_little_endian(p, size);                                             \
    }
UNSIGNED_ELEMENT(1)
UNSIGNED_ELEMENT(2)
UNSIGNED_ELEMENT(4)
UNSIGNED_ELEMENT(8)

#define SIGNED_ELEMENT(size, type)                                                                 \
    static double element_i##size(const uint8_t *p)                                                \
    {                                                                                              \
        return (double)(type)element_little_endian(p, size);                                       \
    }
SIGNED_ELEMENT(1, int8_t)
SIGNED_ELEMENT(2, int16_t)
SIGNED_ELEMENT(4, int32_t)
SIGNED_ELEMENT(8, int64_t)

static const struct element ELEMENTS[] = {
#define ELEMENT(function, npy_, safetensors_, size_, whole_)                                       \
    {.npy = npy_,                                                                                  \
     .safetensors = safetensors_,                                                                  \
     .size = size_,                                                                                \
     .read = element_##function,                                                                   \
     .whole = whole_},
#include "data/elements.def"
#undef ELEMENT
};

const struct element *element_of_npy(const char *name, size_t n)
{
    for (size_t i = 0; i < ARRAY_LEN(ELEMENTS) && n == 3; i++) {
        const struct element *e = &ELEMENTS[i];
        if (e->npy != NULL && memcmp(name + 1, e->npy + 1, 2) == 0 &&
            (name[0] == e->npy[0] || (e->size == 1 && name[0] == '<')))
            return e;
    }
    return NULL;
}

const struct element *element_of_safetensors(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(ELEMENTS); i++)
        if (strcmp(name, ELEMENTS[i].safetensors) == 0)
            return &ELEMENTS[i];
    return NULL;
}

bool element_is_byte(const struct element *element)
{
    return element->read == element_u1;
}
