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
struct source_cache *source_cache_new(void);
void source_cache_free(struct source_cache *cache);

#endif
