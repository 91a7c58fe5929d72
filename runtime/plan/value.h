// value.h -- evaluated values: what a setting or an argument is after the language is done with it.
//
// A plan carries its parameters as values, already checked: calls have every argument, defaults
// included, in the order of the schema. value_write gives the canonical text, the same for equal
// values everywhere; step keys are digests of it, so its format is part of the key version.
// Values live in an arena; they are read-only once built.
#ifndef W2S_VALUE_H
#define W2S_VALUE_H

#include "base/arena.h"
#include "base/str.h"

enum value_kind {
    VALUE_NONE,   // absent: an optional argument that was not given
    VALUE_NUMBER, // double; whole numbers are exact up to 2^53
    VALUE_BOOL,
    VALUE_TEXT,   // a string
    VALUE_NAME,   // a bare word that is one of a fixed set: cka, uniform, relu
    VALUE_LIST,   // values
    VALUE_CALL,   // name(args): mlp(...), adam(...), gaussian_noise(...), also operators: add, mul
    VALUE_INPUT,  // the step's input number `index`: agreement(weak) names a prediction
};

struct value_arg;

struct value {
    enum value_kind kind;
    double number;           // NUMBER; BOOL: 0 or 1
    const char *text;        // TEXT, NAME; CALL: the callee
    size_t n;                // LIST: items; CALL: arguments
    const struct value *items;   // LIST
    const struct value_arg *args; // CALL
    unsigned index;          // INPUT
};

struct value_arg {
    const char *name;
    struct value value;
};

struct value value_number(double x);
struct value value_bool(bool b);
struct value value_name(const char *name);
struct value value_text(const char *text);
// The same value in memory of `arena` throughout, texts included.
struct value value_copy(struct arena *arena, const struct value *v);
bool value_equal(const struct value *a, const struct value *b);

// Canonical text: numbers as str_number, strings quoted with \ escapes, calls as f(a: 1, b: [2, 3]),
// absent arguments left out, inputs as $0.
void value_write(struct str *out, const struct value *v);

// The first call of `callee` in canonical text, outside of quoted texts; NULL: there is none.
const char *value_written_call(const char *written, const char *callee);
// The text argument `name` of a call in canonical text, in memory of the arena; NULL: it has none.
const char *value_written_text(struct arena *arena, const char *call, const char *name);
// Its list of texts; 0 of them where it has none.
size_t value_written_texts(const char *const **out, struct arena *arena, const char *call,
                           const char *name);

// An argument of a call by name. value_arg gives NULL when absent or NONE; the others BUG() on a
// missing argument or another kind, since the checker has already looked.
const struct value *value_arg(const struct value *call, const char *name);
double value_arg_number(const struct value *call, const char *name);
int64_t value_arg_int(const struct value *call, const char *name);
bool value_arg_bool(const struct value *call, const char *name);
const char *value_arg_text(const struct value *call, const char *name); // TEXT or NAME
bool value_is_call(const struct value *v, const char *callee);

#endif
