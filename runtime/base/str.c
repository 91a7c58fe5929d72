// str.c -- see str.h.
#include "base/str.h"

#include "base/mem.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void str_release(struct str *s)
{
    mem_free(s->data);
    *s = (struct str){0};
}

void str_clear(struct str *s)
{
    s->len = 0;
    if (s->data != NULL)
        s->data[0] = '\0';
}

const char *str_text(const struct str *s)
{
    return s->data != NULL ? s->data : "";
}

void str_add_bytes(struct str *s, const void *bytes, size_t n)
{
    s->data = mem_grow(s->data, &s->cap, s->len + n + 1, 1);
    if (n > 0)
        memcpy(s->data + s->len, bytes, n);
    s->len += n;
    s->data[s->len] = '\0';
}

void str_add(struct str *s, const char *text)
{
    str_add_bytes(s, text, strlen(text));
}

void str_add_char(struct str *s, char c)
{
    str_add_bytes(s, &c, 1);
}

void str_repeat(struct str *s, char c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        str_add_char(s, c);
}

void str_format(struct str *s, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        BUG("unprintable format \"%s\"", format);
    s->data = mem_grow(s->data, &s->cap, s->len + (size_t)n + 1, 1);
    vsnprintf(s->data + s->len, (size_t)n + 1, format, again);
    va_end(again);
    s->len += (size_t)n;
}

// The usual numbers without a search: n / 10^p with few digits, which reads back as x because the
// division is rounded once. The smallest p that fits gives the shortest text.
static bool add_decimal(struct str *s, double x)
{
    double size = x < 0 ? -x : x, power = 1;
    if (size >= 1e15 || (size < 1e-4 && size != 0))
        return false;
    for (int p = 0; p <= 6; p++, power *= 10) {
        double scaled = size * power;
        if (scaled >= 1e15)
            return false;
        uint64_t n = (uint64_t)(scaled + 0.5);
        if ((double)n / power != size)
            continue;
        char digits[24];
        int at = sizeof digits;
        for (int i = 0; n > 0 || i <= p; i++) {
            if (i == p && p > 0)
                digits[--at] = '.';
            digits[--at] = (char)('0' + n % 10);
            n /= 10;
        }
        if (x < 0)
            str_add_char(s, '-');
        str_add_bytes(s, digits + at, sizeof digits - (size_t)at);
        return true;
    }
    return false;
}

void str_number(struct str *s, double x)
{
    if (isnan(x)) {
        str_add(s, "nan");
        return;
    }
    if (isinf(x)) {
        str_add(s, x > 0 ? "inf" : "-inf");
        return;
    }
    if (add_decimal(s, x))
        return;
    char text[40]; // with a point, never a comma: w2s does not call setlocale
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    str_add(s, text);
}

// Bytes of the code point that starts here; 1 where none starts, or one that is cut short.
static size_t code_point_bytes(const char *text, size_t bytes)
{
    unsigned char lead = (unsigned char)text[0];
    size_t n = lead < 0xC2 || lead > 0xF4 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (n > bytes)
        return 1;
    for (size_t i = 1; i < n; i++)
        if (((unsigned char)text[i] & 0xC0) != 0x80)
            return 1;
    return n;
}

size_t text_width(const char *text, size_t bytes)
{
    size_t width = 0;
    for (size_t i = 0; i < bytes; i += code_point_bytes(text + i, bytes - i))
        width++;
    return width;
}

unsigned text_distance(const char *a, const char *b)
{
    enum { MAX = 64 };
    size_t na = strnlen(a, MAX), nb = strnlen(b, MAX);
    unsigned row[MAX + 1];
    for (size_t j = 0; j <= nb; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[nb];
}
