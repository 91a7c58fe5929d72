// lower_source.h -- what lowering knows about data sources: sizes from headers, digests of the files.
// Asked once per source, however many cells there are.
#ifndef W2S_LOWER_SOURCE_H
#define W2S_LOWER_SOURCE_H

#include "lower.h"

struct source_facts {
    struct step_facts facts;
    struct digest digest; // zero in a dry run
};

// False after setting l->err. In a dry run a missing file gives facts of 0, which means unknown.
bool source_facts(struct lowering *l, struct source_facts *out, const struct value *source);

// The names of the features of rows, n of them, where the header of their source tells them; else NULL.
const char *const *lower_columns(struct lowering *l, size_t *n, uint32_t rows);

// Whether the features have this name, or nobody knows yet. Reports one that is not there at `span`.
bool lower_has_column(struct lowering *l, uint32_t rows, const char *name, struct span span);

// The same for every text in a value: the columns of a shift, a condition over rows. NULL has none.
bool lower_has_columns(struct lowering *l, uint32_t rows, const struct value *of, struct span span);

struct source_cache *source_cache_new(void);
void source_cache_free(struct source_cache *cache);

#endif
