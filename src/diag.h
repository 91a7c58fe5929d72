// diag.h -- messages about the user's program: collected, sorted, printed in several renderings.
//
// Nothing stops at the first error. Each message has a stable code (diag.def), a place, a text, and
// often a hint and a second place ("first declared here"). Texts follow CONTRIBUTING.md: lower case, no
// full stop, what went wrong first, the user's words in quotes; the hint is a sentence.
#ifndef W2S_DIAG_H
#define W2S_DIAG_H

#include "source.h"

#include <stdio.h>

enum diag_code {
#define DIAG(id, number, title) DIAG_##id = number,
#include "diag.def"
#undef DIAG
};

enum diag_severity { DIAG_ERROR, DIAG_WARNING };

struct diag {
    enum diag_severity severity;
    enum diag_code code;
    struct span span;
    const char *text;
    const char *hint;       // or NULL
    struct span other;      // second place, or {0, 0}
    const char *other_text; // what stands there, or NULL
    size_t order;           // in which it was added: keeps the sort stable
};

struct diags {
    struct arena *arena; // borrowed; texts live there
    struct diag *items;
    size_t n, cap;
    size_t n_errors;
};

void diags_init(struct diags *diags, struct arena *arena);
void diags_release(struct diags *diags);

// Adds a message. The pointer is for diag_hint and diag_other and is valid until the next diag_add.
struct diag *diag_error(struct diags *diags, enum diag_code code, struct span span,
                        const char *format, ...) W2S_PRINTF(4, 5);
struct diag *diag_warning(struct diags *diags, enum diag_code code, struct span span,
                          const char *format, ...) W2S_PRINTF(4, 5);
void diag_hint(struct diags *diags, struct diag *diag, const char *format, ...) W2S_PRINTF(3, 4);
void diag_other(struct diags *diags, struct diag *diag, struct span other, const char *format, ...)
    W2S_PRINTF(4, 5);

// Sorts by place (stable) and drops exact repeats. The printers do it first; harmless to repeat.
void diags_sort(struct diags *diags);

// Prints all, an empty line between two:
//
//   error[W2S0201]: unknown name 'noisey'
//     --> digits.w2s:41:33
//      |
//   41 |   on = [digits.test |> noisey]
//      |                        ^^^^^^ did you mean 'noisy'?
//
// The hint follows the carets when it fits there, else it has lines of its own ("= hint: ..."). The
// second place is a note with its own excerpt. Tabs are shown as one space, other control
// characters as '?'. Colour only when `colour`. Long lines are cut around the span to 100 columns with "…".
void diags_print(FILE *out, struct diags *diags, const struct source *source, bool colour);

// One JSON object a line: {"severity","code","file","line","column","end_line","end_column",
// "message","hint"} and, for a second place, "other" with its own four positions and "message".
void diags_print_json(FILE *out, struct diags *diags, const struct source *source);

// The nearest of `n` names by edit distance, or NULL when none is near enough to be worth a word.
const char *diag_nearest(const char *word, const char *const *names, size_t n);

#endif
