// lower_loss.h -- losses written in Lua, as the language sees them: found by name or by file, loaded
// once, their params as rows of the schema.
//
// A loss of the standard library is called by its name when it is of kind target
// (focal_kl(from: weak, gamma: 2)), and named by preferences(loss:), representation(match:) and
// regularize(). A file is called by lua("path", …), whatever its kind.
#ifndef W2S_LOWER_LOSS_H
#define W2S_LOWER_LOSS_H

#include "hook/loss.h"
#include "lower.h"

struct known_loss {
    const char *name; // of the standard library, or the path as written
    bool is_file;
    const char *text; // of the script
    struct loss *loss; // NULL: it does not load, and `error` says why
    struct err error;
};

// The text of a script, to be freed with mem_free; NULL with the bare reason in `error`. A byte 0 is
// refused here: a value is a C string.
char *script_read(const char *path, struct err *error);

struct loss_cache; // lives as long as the lowering
struct loss_cache *loss_cache_new(void);
void loss_cache_free(struct loss_cache *cache);

// NULL when the standard library has no such loss.
const struct known_loss *lower_stdlib_loss(struct lowering *l, const char *name);

// NULL after a diagnostic at `span`: a file that is not there, or does not load.
const struct known_loss *lower_loss_file(struct lowering *l, const char *path, struct span span);

// A call of guidance by its name: a row of the schema, or one made for a target loss of the standard
// library. NULL when there is neither.
const struct schema_row *lower_guidance_row(struct lowering *l, const char *name);
bool guidance_is_known(const char *name); // the same question, without loading anything
const char *lower_nearest_loss(const char *name); // of the standard library; NULL: none is near

// `call` (representation, preferences, regularize, lua or a target loss) with what a loss of this
// kind takes, and the loss's own params after that.
const struct schema_row *lower_loss_rows(struct lowering *l, const struct schema_row *call,
                                         const struct known_loss *loss);

// The argument of `call`, a row, that names the loss or the file: by its name, or the first without one; or NULL.
const struct expr *lower_naming_argument(const struct expr *expr, const struct schema_row *call);

// The loss's params out of a bound call, as a value: NAME(params ...), in lua(...) for a file.
struct value lower_loss_value(struct lowering *l, const struct known_loss *loss,
                              const struct value *bound);

#endif
