// random.c -- reproducible inputs for kernelcheck, with the values that break kernels well
// represented.
#include "check.h"

#include <float.h>
#include <math.h>
#include <string.h>

uint64_t random_u64(struct random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

size_t random_below(struct random *r, size_t n)
{
    return (size_t)(random_u64(r) % n);
}

float random_unit(struct random *r)
{
    return (float)((double)(random_u64(r) >> 40) * 0x1p-23 - 1);
}

static float from_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

float random_float(struct random *r, enum pattern pattern)
{
    static const float special[] = {
        0.0f,     -0.0f,          INFINITY,   -INFINITY,        NAN,     FLT_MAX, -FLT_MAX, FLT_MIN,
        -FLT_MIN, 0x1p-149f,      -0x1p-149f, 0x1.fffffcp-127f, 1,       -1,      0.5f,     2,
        88.72f,   88.73f,         -87.4f,     -103.9f,          -104.1f, 9.01f,   -20,      1e-30f,
        0x1p-25f, 0x1.fffffep-1f, 1e10f,
    };

    float x = random_unit(r); // drawn first: an argument's turn is the compiler's choice

    switch (pattern) {
    case WIDE:
        return ldexpf(x, (int)random_below(r, 60) - 30);
    case BITS:
        return from_bits((uint32_t)random_u64(r));
    case SPECIAL:
        if (random_below(r, 3) == 0)
            return special[random_below(r, sizeof special / sizeof *special)];
        return x * 4;
    default:
        return x * 4;
    }
}

size_t array_count(const struct array *a, const struct args *args)
{
    if (a->role == UNUSED)
        return 0;
    switch (a->length) {
    case LEN_N: return args->n;
    case LEN_ROWS: return args->rows;
    case LEN_COLS: return args->cols;
    case LEN_ROWS_COLS: return args->rows * args->cols;
    case LEN_SOURCE: return (args->rows + SOURCE_EXTRA) * args->cols;
    case LEN_ONE: return 1;
    case LEN_4N: return 4 * args->n;
    case LEN_16N: return 16 * args->n;
    case LEN_TILE: return 4 * 16;
    }
    return 0;
}

size_t array_size(const struct array *a)
{
    return a->content == BYTES ? 1 : a->content == DOUBLES ? 8 : 4;
}

bool array_is_written(const struct array *a)
{
    return a->role == OUTPUT || a->role == UPDATED;
}

void array_fill(void *at, const struct array *a, const struct args *args, struct random *r,
                enum pattern pattern)
{
    size_t n = array_count(a, args);
    float *floats = at;
    uint32_t *numbers = at;
    uint8_t *bytes = at;

    for (size_t i = 0; i < n; i++) {
        switch (a->content) {
        case FLOATS: floats[i] = random_float(r, pattern); break;
        case POSITIVE: floats[i] = fabsf(random_float(r, pattern)); break;
        case MASK: floats[i] = random_below(r, 2) ? 0 : random_float(r, pattern); break;
        case ROW_NUMBERS: numbers[i] = (uint32_t)random_below(r, args->rows + SOURCE_EXTRA); break;
        case CLASSES: numbers[i] = (uint32_t)random_below(r, args->cols + 2); break;
        case BYTES: bytes[i] = (uint8_t)random_u64(r); break;
        case DOUBLES: break; // results only
        }
    }
}

void scalars_fill(struct args *args, struct random *r, enum pattern pattern)
{
    static const float usual[] = { 0, 1, 2, -1, 0.5f, 3, -0.0f, 0.9f };

    for (size_t i = 0; i < MAX_SCALARS; i++) {
        args->s[i] = random_below(r, 2) ? usual[random_below(r, sizeof usual / sizeof *usual)]
                                        : random_float(r, pattern);
    }
}
