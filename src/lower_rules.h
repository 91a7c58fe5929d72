// lower_rules.h -- teachers that are rules in a Lua file: rules("rules/spam.lua"). hook/rules.h
// says what a file holds.
//
// Such a teacher is not trained: its step has no inputs and carries the script, so that whatever
// hangs on it follows the script's content. A prediction is two steps, the votes of all rules on
// the rows, and what they come to.
#ifndef W2S_LOWER_RULES_H
#define W2S_LOWER_RULES_H

#include "hook/rules.h"
#include "lower.h"

struct rules_cache; // loaded files; lives as long as the lowering
struct rules_cache *rules_cache_new(void);
void rules_cache_free(struct rules_cache *cache);

// The step of the rules that a teacher's value names; STEP_NONE after a diagnostic.
uint32_t lower_rules(struct lowering *l, const struct symbol *teacher, enum training how);

// The votes on rows, N x (R C), for who combines votes; and the logits, N x C, of their mean.
// `rules` is a step of lower_rules, `who` the teacher's name.
uint32_t lower_votes(struct lowering *l, uint32_t rules, uint32_t rows, const char *who,
                     struct span span);
uint32_t lower_rules_predict(struct lowering *l, uint32_t rules, uint32_t rows, const char *who,
                             struct span span);

// What the script of a rules step says of itself; loaded when it is first asked for.
const struct rules_description *lower_rules_description(struct lowering *l,
                                                        const struct step *step);

#endif
