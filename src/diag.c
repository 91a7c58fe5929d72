// diag.c -- collecting messages about the user's program, and did-you-mean; see diag.h.
// Drawing them is diag_print.c's business.
#include "diag.h"

#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void diags_init(struct diags *diags, struct arena *arena)
{
    *diags = (struct diags){.arena = arena};
}

void diags_release(struct diags *diags)
{
    mem_free(diags->items);
    *diags = (struct diags){0};
}

static const char *format_text(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    if (n < 0)
        BUG("unprintable format \"%s\"", format);
    char *text = arena_alloc(arena, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}

static struct diag *add(struct diags *diags, struct diag diag)
{
    diags->items = mem_grow(diags->items, &diags->cap, diags->n + 1, sizeof *diags->items);
    diag.order = diags->n;
    diags->n_errors += diag.severity == DIAG_ERROR;
    diags->items[diags->n] = diag;
    return &diags->items[diags->n++];
}

struct diag *diag_error(struct diags *diags, enum diag_code code, struct span span,
                        const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = format_text(diags->arena, format, args);
    va_end(args);
    return add(diags,
               (struct diag){.severity = DIAG_ERROR, .code = code, .span = span, .text = text});
}

struct diag *diag_warning(struct diags *diags, enum diag_code code, struct span span,
                          const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = format_text(diags->arena, format, args);
    va_end(args);
    return add(diags,
               (struct diag){.severity = DIAG_WARNING, .code = code, .span = span, .text = text});
}

void diag_hint(struct diags *diags, struct diag *diag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    diag->hint = format_text(diags->arena, format, args);
    va_end(args);
}

void diag_other(struct diags *diags, struct diag *diag, struct span other, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    diag->other = other;
    diag->other_text = format_text(diags->arena, format, args);
    va_end(args);
}

static int by_place(const void *left, const void *right)
{
    const struct diag *a = left, *b = right;
    if (a->span.begin != b->span.begin)
        return a->span.begin < b->span.begin ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool repeats(const struct diag *a, const struct diag *b)
{
    return a->code == b->code && a->severity == b->severity && a->span.begin == b->span.begin &&
           a->span.end == b->span.end && same_text(a->text, b->text) && same_text(a->hint, b->hint);
}

void diags_sort(struct diags *diags)
{
    if (diags->n == 0)
        return;
    qsort(diags->items, diags->n, sizeof *diags->items, by_place);

    // A repeat need not be the neighbour, but it begins at the same place.
    size_t kept = 0, same_place = 0;
    for (size_t i = 0; i < diags->n; i++) {
        struct diag *diag = &diags->items[i];
        if (kept == 0 || diags->items[kept - 1].span.begin != diag->span.begin)
            same_place = kept;
        bool seen = false;
        for (size_t j = same_place; j < kept && !seen; j++)
            seen = repeats(&diags->items[j], diag);
        if (seen)
            diags->n_errors -= diag->severity == DIAG_ERROR;
        else
            diags->items[kept++] = *diag;
    }
    diags->n = kept;
}

// --- did you mean ----------------------------------------------------------------------------

enum { WORD_MAX = 64 };

static size_t lower(char out[WORD_MAX + 1], const char *word)
{
    size_t n = 0;
    for (; n < WORD_MAX && word[n] != '\0'; n++)
        out[n] = (char)tolower((unsigned char)word[n]);
    out[n] = '\0';
    return n;
}

// Two neighbours swapped, the commonest slip of the fingers, is one edit and not two.
static bool is_swap(const char *a, const char *b)
{
    size_t i = 0;
    while (a[i] != '\0' && a[i] == b[i])
        i++;
    return a[i] != '\0' && a[i + 1] != '\0' && a[i] == b[i + 1] && a[i + 1] == b[i] &&
           strcmp(a + i + 2, b + i + 2) == 0;
}

const char *diag_nearest(const char *word, const char *const *names, size_t n)
{
    enum { PREFIX_MIN = 3 };
    char want[WORD_MAX + 1], have[WORD_MAX + 1];
    size_t length = lower(want, word);
    unsigned limit = length < 6 ? 1 : (unsigned)(length / 3);

    const char *best = NULL, *longer = NULL;
    unsigned best_distance = limit + 1;
    for (size_t i = 0; i < n; i++) {
        size_t name_length = lower(have, names[i]);
        unsigned distance = is_swap(want, have) ? 1 : text_distance(want, have);
        // Of a one-letter word nothing would be left: every other one-letter name is one edit away.
        if (distance < best_distance && distance < length && distance < name_length) {
            best = names[i];
            best_distance = distance;
        }
        bool begins = length >= PREFIX_MIN && strncmp(want, have, length) == 0;
        if (begins && longer == NULL)
            longer = names[i];
    }
    return best != NULL ? best : longer;
}
