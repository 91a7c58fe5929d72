// scalar.c -- see scalar.h.
#include "graph/scalar.h"

#include <math.h>
#include <string.h>

// Maps floats to integers of the same order (-0 just below +0): ranks are found digit by digit.
static uint32_t ordered_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}

static float from_ordered(uint32_t bits)
{
    float x;
    bits = (bits & 0x80000000u) != 0 ? bits & 0x7fffffffu : ~bits;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

// The value of rank `rank` (0 is the smallest): one byte of it at a time, most significant first.
static uint32_t select_rank(const float *x, size_t n, size_t rank)
{
    uint32_t prefix = 0, mask = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
        size_t count[256] = {0};
        for (size_t i = 0; i < n; i++) {
            uint32_t bits = ordered_bits(x[i]);
            if ((bits & mask) == prefix)
                count[bits >> shift & 255]++;
        }
        uint32_t digit = 0;
        while (rank >= count[digit])
            rank -= count[digit++];
        prefix |= digit << shift;
        mask |= 255u << shift;
    }
    return prefix;
}

// The value of the rank after that of `low`, which has rank `rank`.
static uint32_t next_rank(const float *x, size_t n, size_t rank, uint32_t low)
{
    size_t up_to_low = 0;
    uint32_t above = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = ordered_bits(x[i]);
        up_to_low += bits <= low;
        if (bits > low && bits < above)
            above = bits;
    }
    return rank + 1 < up_to_low ? low : above;
}

float scalar_quantile(const float *x, size_t n, float q)
{
    bool has_nan = q != q;
    for (size_t i = 0; i < n; i++)
        has_nan = has_nan || x[i] != x[i];
    if (has_nan || n == 0)
        return NAN;
    q = q < 0 ? 0 : q > 1 ? 1 : q;
    float rank = q * (float)(n - 1);
    size_t below = (size_t)rank;
    below = below < n ? below : n - 1; // (float)(n - 1) may round up
    float weight = rank - (float)below;
    uint32_t low_bits = select_rank(x, n, below);
    float low = from_ordered(low_bits);
    if (!(weight > 0) || below + 1 >= n)
        return low;
    float high = from_ordered(next_rank(x, n, below, low_bits));
    float gap = high - low;
    return weight < 0.5f ? low + weight * gap : high - gap * (1 - weight);
}

// --- rectangles ----------------------------------------------------------------------------------
void scalar_slice(float *part, const float *x, size_t ld, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++)
        memcpy(part + r * cols, x + r * ld, cols * sizeof(*part));
}

void scalar_pad(float *x, size_t x_rows, size_t ld, size_t row, size_t col, const float *part,
                size_t rows, size_t cols)
{
    memset(x, 0, x_rows * ld * sizeof(*x));
    for (size_t r = 0; r < rows; r++)
        memcpy(x + (row + r) * ld + col, part + r * cols, cols * sizeof(*part));
}

// --- indices -------------------------------------------------------------------------------------
void scalar_argmax(float *out, const uint32_t *cls, size_t rows)
{
    for (size_t r = 0; r < rows; r++)
        out[r] = (float)(cls[r] + 1);
}

// All NaNs are one, behind everything else: which NaN an operation makes depends on the machine.
static uint32_t sort_key(float x)
{
    return x != x ? UINT32_MAX : ordered_bits(x);
}

// Sorts the 1-based positions in `order` by (value, position): merges of doubled length, back and
// forth between `order` and `spare`; returns the one that ends up sorted.
static float *merge_sort(float *order, float *spare, const float *x, size_t n)
{
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t low = 0; low < n; low += 2 * width) {
            size_t middle = low + width < n ? low + width : n;
            size_t high = middle + width < n ? middle + width : n;
            size_t left = low, right = middle;
            for (size_t i = low; i < high; i++) {
                bool take_left = left < middle &&
                                 (right == high || sort_key(x[(size_t)order[left] - 1]) <=
                                                       sort_key(x[(size_t)order[right] - 1]));
                spare[i] = take_left ? order[left++] : order[right++];
            }
        }
        float *swap = order;
        order = spare, spare = swap;
    }
    return order;
}

void scalar_argsort(float *out, const float *x, size_t rows, size_t cols, float *spare)
{
    for (size_t r = 0; r < rows; r++) {
        float *order = out + r * cols;
        for (size_t c = 0; c < cols; c++)
            order[c] = (float)(c + 1);
        const float *sorted = merge_sort(order, spare, x + r * cols, cols);
        if (sorted != order)
            memcpy(order, sorted, cols * sizeof(*order));
    }
}

// The position an index means, counted from 0; n when it means none.
static size_t position(float index, size_t n)
{
    return index >= 1 && index <= (float)n && (size_t)index <= n ? (size_t)index - 1 : n;
}

void scalar_gather(float *out, const float *x, const float *index, size_t rows, size_t cols,
                   size_t picked)
{
    for (size_t r = 0; r < rows; r++, x += cols)
        for (size_t k = 0; k < picked; k++) {
            size_t c = position(*index++, cols);
            *out++ = c < cols ? x[c] : 0;
        }
}

void scalar_scatter(float *out, const float *dy, const float *index, size_t rows, size_t cols,
                    size_t picked)
{
    memset(out, 0, rows * cols * sizeof(*out));
    for (size_t r = 0; r < rows; r++, out += cols)
        for (size_t k = 0; k < picked; k++, dy++) {
            size_t c = position(*index++, cols);
            if (c < cols)
                out[c] += *dy;
        }
}

void scalar_gather_rows(float *out, const float *x, const float *index, size_t rows, size_t cols,
                        size_t picked)
{
    for (size_t p = 0; p < picked; p++) {
        size_t r = position(index[p], rows);
        if (r < rows)
            memcpy(out + p * cols, x + r * cols, cols * sizeof(*out));
        else
            memset(out + p * cols, 0, cols * sizeof(*out));
    }
}

void scalar_scatter_rows(float *out, const float *dy, const float *index, size_t rows, size_t cols,
                         size_t picked)
{
    memset(out, 0, rows * cols * sizeof(*out));
    for (size_t p = 0; p < picked; p++) {
        size_t r = position(index[p], rows);
        for (size_t c = 0; r < rows && c < cols; c++)
            out[r * cols + c] += dy[p * cols + c];
    }
}
